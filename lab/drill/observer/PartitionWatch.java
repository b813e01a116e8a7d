package lab.drill.observer;

import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.*;
import lab.drill.recording.Recording;
import lab.history.Seen;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.*;

/**
 * Who leads each partition, which replicas are in sync, and where they are, as far as the answers of the cluster are
 * confirmed. Fed by one thread; may be asked by any.
 */
public class PartitionWatch {
    /** Brokers learn of a change at different times: so many answers in a row must agree. */
    static final int AGREEING = 3;

    /** A broker that was frozen, or cut off, reports for a while what was true before. */
    private static final int AGREEING_ON_OLD_NEWS = 50;

    private final Recording recording;
    private final boolean patient;
    private final AtomicReferenceArray<State> states; // confirmed, by partition
    private final Seen.State[] candidates; // seen, and not confirmed yet, by partition
    private final int[] agreeing; // how many answers in a row report the candidate
    private final double[] confirmedAt; // the last answer that reported the confirmed state, by partition
    private final Map<Integer, Set<State>> former = new HashMap<>(); // states that were confirmed once, by partition
    private volatile double changedAt; // the latest change; 0: none

    /** The confirmed state of a partition. */
    private record State(int leader, List<Integer> inSync, List<Integer> replicas) {}

    /** @param patient brokers may report old news: what was true once before is confirmed later */
    PartitionWatch(int partitions, Recording recording, boolean patient) {
        this.recording = recording;
        this.patient = patient;
        states = new AtomicReferenceArray<>(partitions);
        candidates = new Seen.State[partitions];
        agreeing = new int[partitions];
        confirmedAt = new double[partitions];
    }

    void see(TopicDescription description) {
        for (TopicPartitionInfo it : description.partitions()) {
            if (it.partition() >= states.length()) continue; // added during the run: no record is sent there
            int leader = it.leader() == null ? Seen.NONE : it.leader().id();
            List<Integer> inSync = it.isr().stream().map(Node::id).sorted().toList();
            List<Integer> replicas = it.replicas().stream().map(Node::id).toList();
            see(it.partition(), new State(leader, inSync, replicas));
        }
    }

    /**
     * A state is confirmed when three answers in a row report it; 50, if it was true once before and brokers may be
     * behind. Its time is that of the first of them.
     */
    private void see(int partition, State now) {
        State believed = states.get(partition);
        double t = recording.now();
        if (believed == null) believe(partition, now, entry(t, Double.NaN, partition, now));
        else if (now.equals(believed)) {
            confirmedAt[partition] = t;
            candidates[partition] = null;
        } else {
            Seen.State candidate = candidates[partition];
            if (candidate == null || !now.equals(stateOf(candidate))) {
                candidates[partition] = entry(t, confirmedAt[partition], partition, now);
                agreeing[partition] = 0;
            }
            boolean oldNews =
                    patient && former.getOrDefault(partition, Set.of()).contains(now);
            if (++agreeing[partition] < (oldNews ? AGREEING_ON_OLD_NEWS : AGREEING)) return;
            former.computeIfAbsent(partition, it -> new HashSet<>()).add(believed);
            changedAt = Math.max(changedAt, candidates[partition].t());
            believe(partition, now, candidates[partition]);
        }
    }

    private static Seen.State entry(double t, double after, int partition, State now) {
        return new Seen.State(t, after, partition, now.leader, now.inSync, now.replicas);
    }

    private static State stateOf(Seen.State entry) {
        return new State(entry.leader(), entry.inSync(), entry.replicas());
    }

    private void believe(int partition, State now, Seen.State entry) {
        states.set(partition, now);
        candidates[partition] = null;
        confirmedAt[partition] = recording.now();
        recording.write(entry);
    }

    /** Whether something is known of each partition. */
    boolean isComplete() {
        return all().allMatch(it -> states.get(it) != null);
    }

    public int leader(int partition) {
        return states.get(partition).leader;
    }

    public boolean isInSync(int partition, int broker) {
        return states.get(partition).inSync.contains(broker);
    }

    public boolean whole() {
        return all().allMatch(it -> leader(it) >= 0
                && states.get(it).inSync.size() == states.get(it).replicas.size());
    }

    public boolean preferred() {
        return all().allMatch(it -> leader(it) == states.get(it).replicas.get(0));
    }

    /** When a partition changed for the last time; 0: none did. */
    public double changedAt() {
        return changedAt;
    }

    private IntStream all() {
        return IntStream.range(0, states.length());
    }
}
