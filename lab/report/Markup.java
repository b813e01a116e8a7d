package lab.report;

import java.util.stream.Stream;

/** Fills values into SVG, HTML or XML. */
class Markup {
    /** Texts are escaped; a double has at most one decimal. */
    static String markup(String format, Object... values) {
        return format.formatted(Stream.of(values)
                .map(value -> value instanceof Double d ? Words.decimal(d) : escaped(value.toString()))
                .toArray());
    }

    private static String escaped(String text) {
        return Words.printable(text)
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("'", "&#39;")
                .replace("\"", "&quot;");
    }

    static String paragraph(String text) {
        return text.isEmpty() ? "" : markup("<p>%s</p>\n", text);
    }
}
