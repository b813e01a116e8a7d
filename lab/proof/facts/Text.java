package lab.proof.facts;

import java.util.Collection;
import java.util.Locale;
import java.util.stream.Collectors;

/** Sentences with numbers that are the same in every locale. */
public class Text {
    private Text() {}

    public static String of(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    /** Such as {@code 1, 2}. */
    public static String joined(Collection<?> values) {
        return values.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    /** Such as {@code partition 0} or {@code partitions 0, 1}. */
    public static String partitions(Collection<Integer> partitions) {
        return (partitions.size() == 1 ? "partition " : "partitions ") + joined(partitions);
    }
}
