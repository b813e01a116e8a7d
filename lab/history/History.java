package lab.history;

import java.util.List;
import java.util.Map;

/**
 * A file as it was read.
 *
 * @param header the first line's fields, such as {@code instrument}
 * @param runs in the order of the file; the last one may be incomplete
 * @param missing what the file should have and does not, such as runs that were planned; null if it has all
 */
public record History(Map<String, String> header, List<RunHistory> runs, String missing) {}
