package lab.history;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Records of one partition that were sent, acknowledged, failed, unknown, received, found in the log, or found in the
 * output of a pipeline, within at most 0.1 s.
 *
 * @param t when the first of them was
 * @param to when the last of them was
 * @param gapFrom where the longest time within the line begins in which there was none; to {@code gapTo}
 * @param consumer who received them; 0 for other kinds
 * @param epoch the leader epoch of records that were found in the log, -1 if not known; 0 for other kinds
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

    /** What happened to the records. */
    public enum Kind {
        SENT,
        ACKNOWLEDGED,
        FAILED, // rejected for good: they must not be in the log
        UNKNOWN, // no definite response: they may be in the log
        RECEIVED,
        FOUND, // in the log, which is read after the run without the group
        PROCESSED, // in the pipeline's output, for a reader with read_committed
        WRITTEN; // in the pipeline's output, also in aborted transactions

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
        if (kind == Kind.RECEIVED) fields.put("consumer", consumer);
        fields.put("partition", partition);
        if (kind == Kind.FOUND && epoch >= 0) fields.put("epoch", epoch);
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
        List<Double> gap = line.numbers("gap", List.of(t, to));
        if (gap.size() != 2 || gap.get(0) < t || gap.get(1) > to || gap.get(0) > gap.get(1))
            throw line.wrong("'gap' is not within 't' and 'to'");
        var latencies = new ArrayList<Latency>();
        for (List<Double> each : line.lists("latency_ms"))
            latencies.add(new Latency(each.get(0), each.get(1).intValue()));
        return new Flow(
                kind,
                t,
                to,
                gap.get(0),
                gap.get(1),
                line.whole("partition"),
                kind == Kind.RECEIVED ? line.whole("consumer") : 0,
                kind == Kind.FOUND ? line.whole("epoch", -1) : 0,
                line.text("error", null),
                line.ranges("records"),
                List.copyOf(latencies));
    }
}
