package lab.report;

import static lab.report.Markup.markup;
import static lab.report.Markup.paragraph;

import java.util.List;

/** The page: the picture, and all numbers as tables. */
record HtmlPage(List<Trial> trials) {
    private static final int MOST_ROWS = 1_000; // of a table

    String text() {
        var names = new Names(trials);
        var text = new StringBuilder(Picture.of(trials).whole(""));
        names.each().forEach((trial, name) -> {
            if (trials.size() > 1) {
                text.append(markup("<h1>%s</h1>\n", name));
                String id = "t" + text.length(); // different for each trial
                text.append(Picture.single(trial, id).whole(""));
            }
            add(text, trial);
        });
        return Style.PAGE.replace("TITLE", markup("%s", names.title())).replace("TRIALS", text);
    }

    private static void add(StringBuilder text, Trial trial) {
        var story = new Story(trial);
        text.append(markup("<h2>Verdict: %s</h2>\n", trial.verdict));
        text.append(table(Tables.claims(trial)));
        text.append(paragraph(story.lostIds()));
        trial.tables.forEach(it -> text.append(table(it)));
        List<Integer> shown = trial.worst(MOST_ROWS);
        text.append(table(Tables.pauses(trial, shown)) + paragraph(story.leftOut(shown.size())));
        text.append(table(trial.settings));
        text.append(table(Tables.events(trial)));
    }

    private static String table(Table full) {
        if (full.rows().isEmpty()) return "";
        Table table = full.first(MOST_ROWS);
        var html = new StringBuilder(markup("<table>\n<caption>%s</caption>\n<tr>", table.caption()));
        for (String name : table.head()) html.append(markup("<th>%s</th>", name));
        for (var row : table.rows()) {
            html.append("</tr>\n<tr>");
            for (String cell : row) html.append(markup("<td>%s</td>", cell));
        }
        return html.append("</tr>\n</table>\n").toString();
    }
}
