package lab.history;

import java.util.Locale;
import java.util.Map;

/**
 * One line of a history. Times are in seconds since the run began, from a monotonic clock. docs/history.md shows each
 * type with an example.
 */
public sealed interface Entry permits Experiment, Action, Seen, Processing, Sharing, Flow, Audit {
    /** When it happened, or began. */
    double t();

    /** The line's type: the entry's name, such as {@code gave_up} for {@link Action.GaveUp}. */
    default String type() {
        String name = getClass().getSimpleName();
        return name.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
    }

    /** The line's other fields, in the order in which they are written; null values are left out. */
    Map<String, Object> fields();
}
