package lab.drill.verdict;

import java.util.*;
import java.util.function.*;
import java.util.stream.*;
import lab.common.*;
import lab.drill.ledger.*;

/** How many records had which latency: a list of 10 million latencies would need 40 MB. */
public class Latencies {
    private final TreeMap<Integer, Integer> records = new TreeMap<>(); // by latency, in ticks

    public void add(int ticks) {
        records.merge(ticks, 1, Integer::sum);
    }

    public int records() {
        return records.values().stream().mapToInt(it -> it).sum();
    }

    /** In ms: the latency at an index, where all latencies stand in order. */
    public double at(int index) {
        int behind = index;
        for (var each : records.entrySet()) {
            behind -= each.getValue();
            if (behind < 0) return each.getKey() / Ticks.PER_MS;
        }
        throw new IndexOutOfBoundsException(index);
    }

    public Latency summary() {
        int n = records();
        return n == 0 ? new Latency(0, 0, 0, 0) : new Latency(at(n / 2), at((int) (n * 0.99)), at(n - 1), n);
    }
}
