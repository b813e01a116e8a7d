package lab.proof.facts;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import lab.history.Flow;
import lab.history.RunHistory;

/** Whether each acknowledgement came as long after its record was sent as its latency says. */
class Delays {
    private static final double INEXACT = 0.01; // s
    private static final double ROUNDED_UP = 0.99; // to three digits

    private final Map<Integer, TreeMap<Integer, Flow>> sent = new HashMap<>(); // by partition and lowest id

    private Delays(RunHistory run) {
        for (Flow it : run.flows(Flow.Kind.SENT))
            sent.computeIfAbsent(it.partition(), partition -> new TreeMap<>())
                    .put(it.records().lowestId(), it);
    }

    /** Lines without latencies say nothing. */
    static boolean fit(RunHistory run) {
        var delays = new Delays(run);
        return run.flows(Flow.Kind.ACKNOWLEDGED).stream().allMatch(delays::fits);
    }

    private boolean fits(Flow it) {
        int known = it.latencies().stream().mapToInt(Flow.Latency::records).sum();
        if (known == 0 || known < it.records().size()) return true;
        Flow first = sentWith(it.partition(), it.records().lowestId());
        Flow last = sentWith(it.partition(), it.records().highestId());
        if (first == null || last == null) return true; // another contradiction
        double longest =
                it.latencies().stream().mapToDouble(Flow.Latency::ms).max().orElse(0) / 1e3;
        double shortest =
                it.latencies().stream().mapToDouble(Flow.Latency::ms).min().orElse(0) / 1e3;
        return it.t() - first.to() <= longest + INEXACT && it.to() - last.t() >= ROUNDED_UP * shortest - INEXACT;
    }

    /** The line in which a record was sent: each has higher ids than those before. */
    private Flow sentWith(int partition, int id) {
        var line = sent.getOrDefault(partition, new TreeMap<>()).floorEntry(id);
        return line == null ? null : line.getValue();
    }
}
