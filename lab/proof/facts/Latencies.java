package lab.proof.facts;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import lab.history.Flow;
import lab.history.RunHistory;

/** How many records were acknowledged after which time, in ms. */
public class Latencies {
    private final TreeMap<Double, Long> records = new TreeMap<>();

    /** Of the records in such lines. */
    static Latencies of(RunHistory run, Predicate<Flow> wanted) {
        var latencies = new Latencies();
        for (Flow flow : run.flows(Flow.Kind.ACKNOWLEDGED))
            if (wanted.test(flow))
                for (Flow.Latency it : flow.latencies())
                    latencies.records.merge(it.ms(), (long) it.records(), Long::sum);
        return latencies;
    }

    /** Acknowledged before the first fault; sent after the last recovery; and all between. */
    static Map<String, Latencies> byTime(RunHistory run, List<Outage> outages, Flows flows) {
        double first = outages.stream().mapToDouble(Outage::from).min().orElse(Outage.NEVER);
        double last = outages.stream().mapToDouble(Outage::preferredAt).max().orElse(Outage.NEVER);
        int sentByThen = last == Outage.NEVER ? Integer.MAX_VALUE : flows.lastSent(last);
        Predicate<Flow> before = it -> it.to() < first;
        Predicate<Flow> after = it -> it.t() >= last && it.records().lowestId() > sentByThen;
        var byTime = new LinkedHashMap<String, Latencies>();
        byTime.put("before", of(run, before));
        byTime.put("during", of(run, it -> !before.test(it) && !after.test(it)));
        byTime.put("after", of(run, after));
        return byTime;
    }

    public long count() {
        return records.values().stream().mapToLong(it -> it).sum();
    }

    /** In ms: the latency at an index, if all stand in order; infinite behind the last. */
    public double at(long index) {
        long behind = index;
        for (var each : records.entrySet()) {
            behind -= each.getValue();
            if (behind < 0) return each.getKey();
        }
        return Double.POSITIVE_INFINITY;
    }

    /** In ms: {@code share} of the records were acknowledged within this time. */
    public double percentile(double share) {
        return at((long) (share * count()));
    }

    public double longest() {
        return records.isEmpty() ? 0 : records.lastKey();
    }
}
