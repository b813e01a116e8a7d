package lab.report;

import static lab.report.Svg.LEFT;
import static lab.report.Svg.RIGHT;

import java.util.ArrayList;
import java.util.List;

/** Labels, each at its time, in as many rows as are needed so that no label touches another. */
class Lane {
    private static final double SIZE = 13;

    /** A text in a lane. It begins at start, and belongs to the time between from and to; all three are x. */
    private record Label(String style, double from, double to, double start, int row, String text) {
        boolean isInside() {
            return start > from && start < to;
        }

        double end() {
            return start + width();
        }

        /** Only a mark's text is not bold. */
        double width() {
            return TextWidth.of(text, style.equals("mark") ? SIZE : SIZE * 1.1);
        }

        boolean touches(Label other) {
            return row == other.row
                    && Math.min(from, start) - 6 < Math.max(other.to, other.end()) + 6
                    && Math.min(other.from, other.start) - 6 < Math.max(to, end()) + 6;
        }

        /** A bracket has two lines that go down through the rows below. */
        boolean isCrossedBy(Label above) {
            return row > above.row && above.style.equals("bracket") && (has(above.from) || has(above.to));
        }

        private boolean has(double x) {
            return x > start - 3 && x < end() + 3;
        }
    }

    private final Svg svg;
    private final List<Label> labels = new ArrayList<>();
    private int rows;

    Lane(Svg svg) {
        this.svg = svg;
    }

    /**
     * Puts the first of the texts for which there is room: between the two times if possible, otherwise right of them,
     * or left.
     */
    void put(String style, double fromMs, double toMs, String... texts) {
        double from = svg.x(fromMs);
        double to = Math.max(svg.x(toMs), from + 1);
        double room = Math.max(to - from, Math.max(RIGHT - to, from - LEFT)) - 12;
        for (String fullText : texts) {
            String text = TextWidth.fit(fullText, room, SIZE * 1.1);
            double width = new Label(style, from, to, from, 0, text).width();
            double[] starts = {to + 8, from - 8 - width};
            if (to - from > width + 10) starts = new double[] {(from + to - width) / 2, from + 5, to - 5 - width};
            for (int row = 0; row < 99; row++)
                for (double start : starts) {
                    var label = new Label(style, from, to, start, row, text);
                    if (start < LEFT || label.end() > RIGHT || !isFree(label)) continue;
                    labels.add(label);
                    rows = Math.max(rows, row + 1);
                    return;
                }
        }
    }

    private boolean isFree(Label label) {
        return labels.stream().noneMatch(other -> label.touches(other) || label.isCrossedBy(other));
    }

    /** Draws the labels. Brackets go down so far below the lane. */
    void draw(String name, double below) {
        if (rows == 0) return;
        if (!name.isEmpty()) svg.text("bold", Svg.MARGIN, svg.y + 13, name);
        double foot = svg.y + rows * 18 + 4 + below;
        for (Label label : labels) {
            double top = svg.y + label.row * 18;
            String style = "alarm";
            switch (label.style) {
                case "fault" -> {
                    svg.rect("fault", label.from, top, label.to - label.from, 16);
                    if (label.isInside()) style = "on";
                }
                case "bracket" -> svg.path("bracket", "M", label.from, foot, "V", top + 17, "H", label.to, "V", foot);
                default -> {
                    svg.path("mark", "M", label.from, top + 4, "l 4 5 l -4 5 l -4 -5 Z");
                    style = "label";
                }
            }
            svg.text(style, label.start, top + 13, label.text);
        }
        svg.y += rows * 18 + 4;
    }
}
