package lab.report;

import static lab.report.Markup.markup;

import java.util.StringJoiner;

/** An SVG that is drawn from the top down. Lengths are in its own pixels; all times are on one axis. */
class Svg {
    static final double WIDTH = 900;
    static final double MARGIN = 20;
    static final double LEFT = 128; // where the time axis begins
    static final double RIGHT = 872; // and where it ends

    final String id; // different for each picture of a page
    final double end; // of the time axis, in ms
    double y = 8; // everything above is drawn
    private final String head;
    private final StringBuilder elements = new StringBuilder();
    private int plotIndex; // in elements
    private double plotTop;

    Svg(String id, String title, String description, double end) {
        this.id = id;
        this.end = end;
        String names = "<title id='%st'>%s</title>\n<desc id='%sd'>%s</desc>\n";
        String hatch = "<pattern id='%sh' width='5' height='5' patternUnits='userSpaceOnUse'"
                + " patternTransform='rotate(45)'><rect class='hatch' width='2.5' height='5'/></pattern>\n";
        head = markup(names, id, title, id, description) + markup(hatch, id);
    }

    /** The whole picture. On a page, the style is the page's, and "" here. */
    String whole(String style) {
        String open = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %s %s' width='%s'"
                + " height='%s' role='img' aria-labelledby='%st %sd'>\n";
        double height = Math.round(y + 14);
        return markup(open, WIDTH, height, WIDTH, height, id, id)
                + head
                + (style.isEmpty() ? "" : "<style>\n" + style + "</style>\n")
                + markup("<rect class='paper' width='%s' height='%s'/>\n", WIDTH, height)
                + elements
                + "</svg>\n";
    }

    /** The fill of the area of lost records. */
    String hatching() {
        return "url(#" + id + "h)";
    }

    double x(double ms) {
        return LEFT + (RIGHT - LEFT) * Math.min(1, ms / end);
    }

    // ---- elements ----

    void add(String element, Object... values) {
        elements.append(markup(element, values)).append('\n');
    }

    void text(String style, double x, double y, String text) {
        add("<text class='%s' x='%s' y='%s'>%s</text>", style, x, y, text);
    }

    void rect(String style, double x, double y, double width, double height) {
        add("<rect class='%s' x='%s' y='%s' width='%s' height='%s'/>", style, x, y, width, height);
    }

    /** A path of commands and numbers. */
    void path(String style, Object... parts) {
        var path = new StringJoiner(" ");
        for (Object part : parts) path.add(part instanceof Number n ? Words.decimal(n.doubleValue()) : part.toString());
        add("<path class='%s' d='%s'/>", style, path);
    }

    /** The elements that follow, up to an endGroup, have this title. */
    void group(String title) {
        add("<g><title>%s</title>", title);
    }

    void endGroup() {
        add("</g>");
    }

    // ---- the plot: all its parts have the same time axis ----

    void beginPlot() {
        y += 8;
        plotIndex = elements.length();
        plotTop = y;
    }

    /** The axis; and behind everything else the grid, and the times in which a node was down. */
    void endPlot(Trial trial) {
        y += 6;
        String plot = elements.substring(plotIndex);
        elements.setLength(plotIndex);
        for (Trial.Outage outage : trial.outages) {
            if (!outage.seen()) continue;
            double width = Math.max(1, x(outage.to()) - x(outage.from()));
            rect("down", x(outage.from()), plotTop, width, y - plotTop);
        }
        double step = Columns.roundUp(end / 12, 1, 2, 5);
        for (double ms = 0; ms <= end; ms += step) path("grid", "M", x(ms), plotTop, "V", y);
        elements.append(plot);
        text("small", MARGIN, y + 16, "since the start");
        for (double ms = 0; ms <= end; ms += step) text("small middle", x(ms), y + 16, Words.number(ms / 1_000) + " s");
        y += 22;
    }

    // ---- colours ----

    private static final int COLOURS = 6; // of brokers, in picture.css

    /** The style of a broker. Brokers 1 to 5 have colours of their own. */
    static String colour(int broker) {
        return broker < 0 ? "none" : "b" + broker % COLOURS;
    }
}
