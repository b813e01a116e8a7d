package lab.history;

import java.util.Map;

/**
 * One line of a history. Times are in seconds since the run began, from a monotonic clock. docs/history.md shows each
 * type with an example.
 */
public sealed interface Entry permits Experiment, Action, Seen, Flow, Audit {
    /** When it happened, or began. */
    double t();

    /** The line's type, such as {@code state}. */
    String type();

    /** The line's other fields, in the order in which they are written; null values are left out. */
    Map<String, Object> fields();
}
