package lab.report;

import static lab.report.Svg.MARGIN;
import static lab.report.Svg.WIDTH;
import static lab.report.TextWidth.fit;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import lab.report.Trial.State;

/** What is above a plot: text, the verdict, the legend, a table. */
record Heading(Svg svg) {
    void paragraph(String style, String text, int lines) {
        paragraph(style, text, lines, MARGIN);
    }

    /** Text in at most so many lines. */
    private void paragraph(String style, String text, int lines, double left) {
        if (text.isBlank()) return;
        double size = style.equals("title") ? 22 : style.equals("small") ? 12 : 14;
        boolean bold = List.of("title", "bold").contains(style);
        double room = (WIDTH - MARGIN - left) * (bold ? 0.94 : 1); // a long bold text is wider than estimated
        // A number stays on the line of its unit.
        String rest = text.strip().replaceAll("(\\d|nothing) (s|ms|lost|acknowledged|records)\\b", "$1\u00a0$2");
        for (int line = 1; line <= lines && !rest.isEmpty(); line++) {
            String first = rest;
            if (line < lines)
                while (TextWidth.of(first, size) > room && first.lastIndexOf(' ') > 0)
                    first = first.substring(0, first.lastIndexOf(' ')).strip();
            svg.y += size * 1.35;
            svg.text(style, left, svg.y, fit(first, room, size));
            rest = rest.substring(first.length()).strip();
        }
        svg.y += 3;
    }

    /** The verdict as a badge, and beside it a text. */
    void verdict(String fullVerdict, String text) {
        String verdict = fit(fullVerdict, 200, 14);
        double width = TextWidth.of(verdict, 14) + 12;
        String colour = verdict.equals("PASS") ? "good" : verdict.equals("FAIL") ? "bad" : "open";
        svg.rect(colour, MARGIN, svg.y + 5, width, 21);
        svg.text("on middle", MARGIN + width / 2, svg.y + 20, verdict);
        paragraph("bold", text, 2, MARGIN + width + 12);
        svg.y += 5;
    }

    void legend(List<Trial> trials) {
        double x = MARGIN;
        svg.y += 20;
        for (int broker : leaders(trials)) {
            if (x > 420) break; // the bars below name all leaders
            svg.rect("area " + Svg.colour(broker), x, svg.y - 10, 18, 11);
            x = explain(x, "acknowledged, broker " + broker + " leads");
        }
        if (trials.stream().anyMatch(Trial::hasLost)) {
            String area = "<rect class='lost' fill='%s' x='%s' y='%s' width='18' height='11'/>";
            svg.add(area, svg.hatching(), x, svg.y - 10);
            x = explain(x, "and lost");
        }
        svg.path("read", "M", x, svg.y - 4, "h", 18);
        x = explain(x, "read");
        if (trials.stream().anyMatch(trial -> trial.downNodes() > 0)) {
            svg.rect("down", x, svg.y - 11, 18, 13);
            explain(x, "a broker is down");
        }
        svg.y += 6;
    }

    private double explain(double x, String text) {
        svg.text("", x + 24, svg.y, text);
        return x + 34 + TextWidth.of(text, 14);
    }

    private static Set<Integer> leaders(List<Trial> trials) {
        var leaders = new TreeSet<Integer>();
        for (Trial trial : trials)
            for (int partition : trial.worst(Picture.MOST_STRIPS))
                for (State state : trial.states(partition)) leaders.add(state.leader());
        leaders.remove(-1);
        return leaders;
    }

    /** A table whose first column takes the room that is left. */
    void table(Table table) {
        svg.y += 14;
        row(table, table.head(), "cell bold");
        for (List<String> row : table.rows()) row(table, row, "cell");
        svg.y += 12;
    }

    private void row(Table table, List<String> row, String style) {
        svg.y += 22;
        double right = WIDTH - MARGIN;
        for (int column = row.size() - 1; column > 0; column--) {
            svg.text(style + " end", right, svg.y, row.get(column));
            double widest = TextWidth.of(table.head().get(column), 15); // bold
            for (List<String> other : table.rows()) widest = Math.max(widest, TextWidth.of(other.get(column), 13));
            right -= widest + 8;
        }
        svg.text(style, MARGIN, svg.y, fit(row.get(0), right - MARGIN, 13));
        svg.path("grid", "M", MARGIN, svg.y + 7, "H", WIDTH - MARGIN);
    }
}
