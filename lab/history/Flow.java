package lab.history;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Records of one partition to which the same happened within at most 0.1 s, such as that they were acknowledged.
 *
 * @param t when the first of them was
 * @param to when the last of them was
 * @param gapFrom where the longest time within the line begins in which there was none; to {@code gapTo}
 * @param consumer who received them, or which member of a share group; 0 for other kinds
 * @param epoch the leader epoch of records that were found in the log, -1 if not known; the delivery count of records that
 *     were delivered; 0 for other kinds
 * @param error why they failed or are unknown; null for other kinds
 * @param latencies how many of the acknowledged records had which latency
 */
public record Flow(
        Kind kind,
        double t,
        double to,
        double gapFrom,
        double gapTo,
        int partition,
        int consumer,
        int epoch,
        String error,
        Ranges records,
        List<Latency> latencies)
        implements Entry {
    /** In seconds: no line has records of a longer time. */
    public static final double TICK = 0.1;

    /** What happened to the records. */
    public enum Kind {
        SENT,
        ACKNOWLEDGED,
        FAILED, // rejected for good: they must not be in the log
        UNKNOWN, // no definite response: they may be in the log
        RECEIVED,
        FOUND, // in the log, which is read after the run without the group
        PROCESSED, // in the pipeline's output, for a reader with read_committed
        WRITTEN, // in the pipeline's output, also in aborted transactions
        DELIVERED, // to a member of the share group
        ACCEPTED, // the broker confirmed the member's answer
        RELEASED, // the same
        REJECTED, // the same
        REFUSED, // the broker did not confirm the member's answer
        DEAD_LETTER; // in the dead-letter topic

        /** Whether its lines name a consumer: one of the group, or a member of the share group. */
        boolean hasConsumer() {
            return this == RECEIVED || ordinal() >= DELIVERED.ordinal() && this != DEAD_LETTER;
        }

        /** Whether its lines have a number for all of their records: the leader epoch, or the delivery count. */
        String number() {
            return this == FOUND ? "epoch" : this == DELIVERED ? "delivery" : null;
        }

        String lowerCase() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** How many records were acknowledged so many milliseconds after the call of {@code send}. */
    public record Latency(double ms, int records) {}

    @Override
    public String type() {
        return kind.lowerCase();
    }

    @Override
    public Map<String, Object> fields() {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("to", to);
        boolean hasGap = to > t && (kind == Kind.ACKNOWLEDGED || kind == Kind.RECEIVED);
        if (hasGap) fields.put("gap", List.of(gapFrom, gapTo));
        if (kind.hasConsumer()) fields.put("consumer", consumer);
        fields.put("partition", partition);
        if (kind.number() != null && epoch >= 0) fields.put(kind.number(), epoch);
        fields.put("records", records.asLists());
        fields.put("error", error);
        if (!latencies.isEmpty())
            fields.put(
                    "latency_ms",
                    latencies.stream().map(it -> List.of(it.ms, it.records)).toList());
        return fields;
    }

    static Flow read(Kind kind, Fields line) {
        double t = line.seconds("t");
        double to = line.seconds("to");
        if (to < t) throw line.wrong("'to' is less than 't'");
        if (to > t + TICK + 1e-6) throw line.wrong("a line of more than 0.1 s");
        List<Double> gap = line.numbers("gap", List.of(t, to));
        if (gap.size() != 2 || gap.get(0) < t || gap.get(1) > to || gap.get(0) > gap.get(1))
            throw line.wrong("'gap' is not within 't' and 'to'");
        Ranges records = line.ranges("records");
        if (kind.ordinal() >= Kind.RECEIVED.ordinal() && records.lacksOffsets())
            throw line.wrong("records without an offset");
        int partition = line.whole("partition");
        int consumer = kind.hasConsumer() ? line.whole("consumer") : 0;
        int number = kind.number() != null ? line.least(0, kind.number(), -1) : 0;
        if (kind == Kind.DELIVERED && number < 1) throw line.wrong("'delivery' is less than 1");
        if (partition < 0 || consumer < 0) throw line.wrong("'partition' or 'consumer' is less than 0");
        return new Flow(
                kind,
                t,
                to,
                gap.get(0),
                gap.get(1),
                partition,
                consumer,
                number,
                line.text("error", null),
                records,
                latencies(line, records.size()));
    }

    private static List<Latency> latencies(Fields line, int records) {
        var latencies = new ArrayList<Latency>();
        double sum = 0;
        for (List<Double> each : line.lists("latency_ms")) {
            double ms = each.get(0);
            double count = each.get(1);
            sum += count;
            if (ms < 0 || count < 1 || count != Math.rint(count) || sum > records)
                throw line.wrong("'latency_ms' is not that of these records");
            latencies.add(new Latency(ms, (int) count));
        }
        return List.copyOf(latencies);
    }
}
