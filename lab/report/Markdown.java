package lab.report;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The summary in Markdown: for a pull request, or for the job summary of GitHub Actions. */
record Markdown(List<Trial> trials) {
    private static final int MOST_ROWS = 60; // a comment on GitHub takes 65,536 characters

    String text() {
        var run = new Names(trials);
        Map<Trial, String> names = run.each();
        int partitions = trials.size() == 1 ? Picture.MOST_STRIPS : 2;
        var first = new Story(trials.get(0));
        var text = new StringBuilder(markdown("## %s\n\n", run.title()));
        text.append(markdown("%s\n\n", trials.size() == 1 ? first.about() : run.common()));
        text.append(table(Tables.claims("What does not hold, or could not be observed", names, false)));
        text.append(table(Tables.overview(names)));
        names.forEach((trial, name) -> {
            var story = new Story(trial);
            List<Integer> shown = trial.worst(partitions);
            Table pauses = Tables.pauses(trial, shown);
            text.append(table(pauses.called(pauses.caption() + ": " + name)));
            for (String more : List.of(story.leftOut(shown.size()), story.lostIds()))
                if (!more.isEmpty()) text.append(markdown("%s\n\n", more));
        });
        text.append(table(Tables.claims("What holds", names, true)));
        return text.append(markdown("%s\n", first.origin())).toString();
    }

    private static String table(Table full) {
        if (full.rows().isEmpty()) return "";
        Table table = full.first(MOST_ROWS);
        var text = new StringBuilder(markdown("**%s**\n\n", table.caption()));
        var lines = new ArrayList<List<String>>(table.rows());
        lines.add(0, table.head());
        lines.add(1, Collections.nCopies(table.head().size(), null));
        for (var line : lines) {
            for (String cell : line) text.append(cell == null ? "|---" : markdown("| %s ", Words.shortened(cell, 300)));
            text.append("|\n");
        }
        return text.append('\n').toString();
    }

    /** Fills in texts. No character in them is read as Markdown, and no name notifies a person on GitHub. */
    private static String markdown(String format, Object... values) {
        return format.formatted(Stream.of(values)
                .map(value -> Words.printable(value.toString())
                        .replaceAll("[\\\\`*_\\[\\]#~$]", "\\\\$0")
                        .replace("&", "&amp;")
                        .replace("<", "&lt;")
                        .replace(">", "&gt;")
                        .replace("|", "&#124;")
                        .replace("@", "@\u2060"))
                .toArray());
    }
}
