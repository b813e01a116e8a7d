package lab.report;

import java.text.DecimalFormat;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import lab.common.Script;

/** Numbers, times and lists as text for people. */
class Words {
    /** Control characters, halves of surrogate pairs, marks of direction, and two characters that XML forbids. */
    private static final Pattern STEERING =
            Pattern.compile("[\\p{Cc}\\p{Cs}\\x{202a}-\\x{202e}\\x{2066}-\\x{2069}\\x{fffe}\\x{ffff}]");

    /** One line, without passwords, and without characters that steer a terminal or reverse the text. */
    static String printable(String text) {
        String shown = text.indexOf('=') < 0 ? text : Script.hidden(text);
        return STEERING.matcher(shown.replaceAll("[\t\r\n]+", " ")).replaceAll("\ufffd");
    }

    static String shortened(String text, int length) {
        return text.length() <= length ? text : text.substring(0, length - 1) + "\u2026";
    }

    /** At most one decimal, as SVG takes it. */
    static String decimal(double value) {
        return new DecimalFormat("0.#").format(value);
    }

    static String number(Object value) {
        if (value instanceof Collection<?> several) return joined(several);
        if (value instanceof Number number) return new DecimalFormat("#,##0.##").format(number);
        return value == null ? "" : value.toString();
    }

    static String seconds(double ms) {
        return (Math.abs(ms) < 1_000 ? "%.2f s" : "%,.1f s").formatted(ms / 1_000);
    }

    /** A latency, in the unit that suits it. */
    static String latency(double ms) {
        if (ms < 0.1) return decimal(ms * 1_000) + " \u00b5s";
        return ms < 1_000 ? decimal(ms) + " ms" : decimal(ms / 1_000) + " s";
    }

    static String broker(int id) {
        return id < 0 ? "none" : "broker " + id;
    }

    /** Such as: partitions 0-3, 7. */
    static String partitions(Collection<Integer> numbers) {
        String ranges = ranges(new TreeSet<>(numbers));
        if (ranges.split(",").length > 4) return numbers.size() + " partitions";
        return (numbers.size() == 1 ? "partition " : "partitions ") + ranges;
    }

    /** Such as: 0-3, 7, 8. */
    static String ranges(Collection<? extends Number> sortedNumbers) {
        List<Long> sorted = sortedNumbers.stream().map(Number::longValue).toList();
        var ranges = new ArrayList<String>();
        for (int i = 0, next; i < sorted.size(); i = next) {
            for (next = i + 1; next < sorted.size(); next++) if (sorted.get(next) != sorted.get(i) + next - i) break;
            String upTo = next == i + 1 ? "" : (next == i + 2 ? ", " : "-") + sorted.get(next - 1);
            ranges.add(sorted.get(i) + upTo);
        }
        return String.join(", ", ranges);
    }

    static String and(Collection<?> several) {
        return joined(several).replaceFirst(", (?=[^,]*$)", " and ");
    }

    static String joined(Collection<?> several) {
        return several.stream().map(Words::number).collect(Collectors.joining(", "));
    }

    static String dotted(List<String> several) {
        return several.stream().filter(text -> !text.isBlank()).collect(Collectors.joining(" \u00b7 "));
    }

    static String capitalized(String text) {
        return text.isEmpty() ? text : text.substring(0, 1).toUpperCase() + text.substring(1);
    }
}
