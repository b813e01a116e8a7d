package lab.history;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes what happens in a run. Records are collected for {@link Flow#TICK} and written as ranges; every other entry is
 * written at once, and what was collected before it first. Times are in seconds since the run began; the caller's clock
 * gives them. All methods may be called from any thread.
 */
public class Recorder {
    private final HistoryWriter writer;
    private final Map<Key, Open> open = new LinkedHashMap<>();
    private boolean ended;

    public Recorder(HistoryWriter writer) {
        this.writer = writer;
    }

    /** What the records of one line have in common. */
    private record Key(Flow.Kind kind, int partition, int consumer, int epoch, String error) {}

    /** To be called before the producer's {@code send}. */
    public void sent(double t, int partition, int id) {
        add(t, new Key(Flow.Kind.SENT, partition, 0, 0, null), id, Ranges.UNKNOWN, Double.NaN);
    }

    /**
     * A success response.
     *
     * @param offset {@link Ranges#UNKNOWN} if the broker gave none
     * @param latency in seconds, since the call of {@code send}
     */
    public void acknowledged(double t, int partition, int id, long offset, double latency) {
        add(t, new Key(Flow.Kind.ACKNOWLEDGED, partition, 0, 0, null), id, offset, latency);
    }

    /** Rejected for good. */
    public void failed(double t, int partition, int id, String error) {
        add(t, new Key(Flow.Kind.FAILED, partition, 0, 0, error), id, Ranges.UNKNOWN, Double.NaN);
    }

    /** No definite response. */
    public void unknown(double t, int partition, int id, String error) {
        add(t, new Key(Flow.Kind.UNKNOWN, partition, 0, 0, error), id, Ranges.UNKNOWN, Double.NaN);
    }

    /** A consumer of the group, counted from 1, received a record. */
    public void received(double t, int consumer, int partition, int id, long offset) {
        add(t, new Key(Flow.Kind.RECEIVED, partition, consumer, 0, null), id, offset, Double.NaN);
    }

    /**
     * A record is in the log. To be called in the log's order for each partition: the lines keep it.
     *
     * @param epoch the leader epoch of its batch; -1 if not known
     */
    public synchronized void found(double t, int partition, int epoch, int id, long offset) {
        open.keySet().stream()
                .filter(it -> it.kind == Flow.Kind.FOUND && it.partition == partition && it.epoch != epoch)
                .findFirst()
                .ifPresent(before -> put(open.remove(before).flow(before)));
        add(t, new Key(Flow.Kind.FOUND, partition, 0, epoch, null), id, offset, Double.NaN);
    }

    /** An output of the pipeline, for a reader with read_committed, or for any. */
    public void output(double t, boolean committed, int partition, int id, long offset) {
        Flow.Kind kind = committed ? Flow.Kind.PROCESSED : Flow.Kind.WRITTEN;
        add(t, new Key(kind, partition, 0, 0, null), id, offset, Double.NaN);
    }

    /**
     * What happened to a record in a share group.
     *
     * @param kind from {@link Flow.Kind#DELIVERED} on
     * @param delivery its delivery count; 0 for other kinds
     * @param error why an answer was refused; null for other kinds
     */
    public void shared(
            Flow.Kind kind, double t, int member, int partition, int id, long offset, int delivery, String error) {
        add(t, new Key(kind, partition, member, delivery, error), id, offset, Double.NaN);
    }

    /** Any other entry. */
    public synchronized void write(Entry entry) {
        if (ended) return;
        flush(Double.POSITIVE_INFINITY);
        put(entry);
    }

    /** Writes the records whose tick is over. To be called several times a second. */
    public synchronized void flush(double now) {
        var over = new ArrayList<Key>();
        open.forEach((key, it) -> {
            if (now >= it.from + Flow.TICK) over.add(key);
        });
        for (Key key : over) put(open.remove(key).flow(key));
    }

    /** Ends the run. What comes later, from a client that is still closing, belongs to no run, and is not written. */
    public synchronized void end() {
        flush(Double.POSITIVE_INFINITY);
        ended = true;
        try {
            writer.end();
        } catch (IOException full) {
            throw new UncheckedIOException(full);
        }
    }

    private synchronized void add(double seconds, Key key, int id, long offset, double latency) {
        if (ended) return;
        double t = Math.round(seconds * 1e4) / 1e4;
        Open now = open.get(key);
        if (now != null && t >= now.from + Flow.TICK) {
            put(open.remove(key).flow(key));
            now = null;
        }
        if (now == null) open.put(key, now = new Open(t));
        now.add(t, id, offset, latency);
    }

    private void put(Entry entry) {
        try {
            writer.write(entry);
        } catch (IOException full) {
            throw new UncheckedIOException(full);
        }
    }

    /** A line that still takes records. */
    private static class Open {
        final double from;
        private double to;
        private double gapFrom;
        private double gapTo;
        private final Ranges records = new Ranges();
        private final TreeMap<Double, Integer> latencies = new TreeMap<>();

        Open(double t) {
            this.from = this.to = this.gapFrom = this.gapTo = t;
        }

        void add(double t, int id, long offset, double latency) {
            if (t - to > gapTo - gapFrom) {
                gapFrom = to;
                gapTo = t;
            }
            to = Math.max(to, t);
            records.add(id, offset);
            if (!Double.isNaN(latency)) latencies.merge(roundedUp(latency * 1e3), 1, Integer::sum);
        }

        Flow flow(Key key) {
            List<Flow.Latency> all = new ArrayList<>();
            latencies.forEach((ms, records) -> all.add(new Flow.Latency(ms, records)));
            return new Flow(
                    key.kind,
                    from,
                    to,
                    gapFrom,
                    gapTo,
                    key.partition,
                    key.consumer,
                    key.epoch,
                    key.error,
                    records,
                    all);
        }
    }

    /** In ms: up to the next 0.1, and to three significant digits; so a limit of three digits is never rounded over. */
    static double roundedUp(double ms) {
        double step = 0.1;
        while (ms > 1000 * step) step *= 10;
        double steps = Math.ceil(ms / step - 1e-6);
        return Math.round(steps * step * 10) / 10.0;
    }
}
