package lab.drill.recording;

import lab.common.Script;

/**
 * Prints lines for people.
 *
 * @param quiet prints nothing: standard output is for JSON
 */
public record Printer(boolean quiet) {
    public void print(String format, Object... values) {
        if (!quiet) Script.say(format, values);
    }

    /**
     * The text behind so many columns. A terminal breaks a line that is too long in the middle of a word: instead, the
     * text continues in a line of its own.
     */
    public static String wrapped(int columns, String text) {
        int room = Script.columns() - columns;
        int end = room < 20 || text.length() <= room ? -1 : text.lastIndexOf(' ', room);
        if (end < 1) return text;
        return text.substring(0, end) + "\n" + " ".repeat(columns) + wrapped(columns, text.substring(end + 1));
    }
}
