package test;

import java.io.FilterReader;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a person sees in a terminal's window: the text at its places, after all that was printed. It knows what
 * scripts print: text, line ends, tabs, and the control sequences that move the cursor and erase. Colours are not
 * kept, and a wide character takes one place.
 */
public final class Screen {
    /** ESC [ parameters, and a letter that says what to do. */
    private static final Pattern SEQUENCE = Pattern.compile("\u001b\\[([0-9;?]*)([A-Za-z])");

    private final StringBuilder unfinished = new StringBuilder(); // the beginning of a control sequence
    private final List<StringBuilder> scrolledAway = new ArrayList<>();
    private final List<StringBuilder> rows = new ArrayList<>();
    private int columns;
    private int height;
    private int row;
    private int column;
    private int savedRow;
    private int savedColumn;

    Screen(int columns, int height) {
        resize(columns, height);
    }

    /** Another size, as in a real terminal: rows below the cursor go first, then those at the top. */
    public synchronized void resize(int columns, int height) {
        this.columns = columns;
        this.height = height;
        while (rows.size() > height && rows.size() - 1 > row) rows.remove(rows.size() - 1);
        while (rows.size() > height) scroll();
        while (rows.size() < height) rows.add(new StringBuilder());
    }

    /** The rows of the window, without blanks at their ends. */
    public synchronized List<String> rows() {
        return rows.stream().map(it -> it.toString().stripTrailing()).toList();
    }

    /** How many rows have left the window at its top. */
    public synchronized int scrolledAway() {
        return scrolledAway.size();
    }

    /** The same characters, and they are drawn here as they are read. */
    public Reader watching(Reader output) {
        return new FilterReader(output) {
            @Override
            public int read(char[] buffer, int from, int length) throws IOException {
                int count = super.read(buffer, from, length);
                if (count > 0) draw(new String(buffer, from, count));
                return count;
            }
        };
    }

    public synchronized void draw(String text) {
        for (char c : text.toCharArray()) {
            if (unfinished.isEmpty() && c != '\u001b') {
                put(c);
                continue;
            }
            unfinished.append(c);
            Matcher sequence = SEQUENCE.matcher(unfinished);
            boolean known = sequence.matches();
            if (known) move(sequence.group(1), sequence.group(2).charAt(0));
            if (known || unfinished.length() == 2 && c != '[' || unfinished.length() > 20) unfinished.setLength(0);
        }
    }

    private void put(char c) {
        switch (c) {
            case '\r' -> column = 0;
            case '\n' -> down();
            case '\b' -> column = Math.max(0, column - 1);
            case '\t' -> column = Math.min(columns - 1, column / 8 * 8 + 8);
            default -> {
                if (c < ' ') return;
                if (column >= columns) { // the line before was full: this character begins the next
                    column = 0;
                    down();
                }
                StringBuilder line = rows.get(row);
                while (line.length() <= column) line.append(' ');
                line.setCharAt(column++, c);
            }
        }
    }

    private void down() {
        if (row == height - 1) scroll();
        else row++;
    }

    private void scroll() {
        scrolledAway.add(rows.remove(0));
        if (rows.size() < height) rows.add(new StringBuilder());
        else row = Math.max(0, row - 1);
    }

    private void move(String parameters, char command) {
        String[] numbers = parameters.replace("?", "").split(";");
        int first = numbers[0].isEmpty() ? 0 : Integer.parseInt(numbers[0]);
        int second = numbers.length < 2 ? 1 : Integer.parseInt(numbers[1]);
        switch (command) {
            case 'A' -> row = Math.max(0, row - Math.max(1, first));
            case 'B' -> row = Math.min(height - 1, row + Math.max(1, first));
            case 'C' -> column = Math.min(columns - 1, column + Math.max(1, first));
            case 'D' -> column = Math.max(0, column - Math.max(1, first));
            case 'G' -> column = Math.max(1, first) - 1;
            case 'H', 'f' -> {
                row = Math.min(height, Math.max(1, first)) - 1;
                column = Math.min(columns, Math.max(1, second)) - 1;
            }
            case 'J' -> erase(first);
            case 'K' -> eraseInRow(first);
            case 's' -> {
                savedRow = row;
                savedColumn = column;
            }
            case 'u' -> {
                row = savedRow;
                column = savedColumn;
            }
            case 'h', 'l' -> {
                if (first == 1049) erase(2); // the other screen, or back: its text is not kept here
            }
            default -> {} // colours, and what changes no text
        }
    }

    private void erase(int what) {
        if (what == 3) return; // only what has left the window
        for (int i = 0; i < height; i++)
            if (what == 2 || (what == 0 ? i > row : i < row)) rows.get(i).setLength(0);
        if (what < 2) eraseInRow(what);
    }

    private void eraseInRow(int what) {
        StringBuilder line = rows.get(row);
        if (what != 1) line.setLength(what == 2 ? 0 : Math.min(line.length(), column));
        else for (int i = 0; i <= Math.min(column, line.length() - 1); i++) line.setCharAt(i, ' ');
    }
}
