package lab.history;

import java.util.Map;
import lab.common.Json;

/**
 * How far the log of a partition was read after the run. What was found is in {@link Flow} entries before it.
 *
 * @param from the first offset that was asked for
 * @param to the offset behind the last one that was read
 * @param end the end of the log when reading began
 * @param logStart the start of the log after reading
 * @param topicId of the topic that was read; null if not known
 * @param settled whether nothing can still be on its way into the log
 * @param error why it could not be read to its end; null if it could
 */
public record Audit(
        double t,
        int partition,
        long from,
        long to,
        long end,
        long logStart,
        String topicId,
        boolean settled,
        String error)
        implements Entry {
    @Override
    public Map<String, Object> fields() {
        var fields = Json.object("partition", partition, "from", from, "to", to, "end", end, "log_start", logStart);
        fields.putAll(Json.object("topic_id", topicId, "settled", settled, "error", error));
        return fields;
    }

    static Audit read(Fields line) {
        return new Audit(
                line.seconds("t"),
                line.whole("partition"),
                line.offset("from"),
                line.offset("to"),
                line.offset("end"),
                line.offset("log_start"),
                line.text("topic_id", null),
                line.yes("settled", false),
                line.text("error", null));
    }
}
