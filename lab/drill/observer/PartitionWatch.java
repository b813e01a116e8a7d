package lab.drill.observer;

import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.*;
import lab.common.Json;
import lab.drill.ledger.*;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.*;

/**
 * Who leads each partition, and which replicas are in sync, as far as the answers of the cluster are believed. Fed by one
 * thread; may be asked by any.
 */
public class PartitionWatch {
    /** Brokers learn of a change at different times: so many answers in a row must agree. */
    static final int AGREEING = 3;

    /** A broker that was frozen, or cut off, reports for a while what was true before. */
    private static final int AGREEING_ON_OLD_NEWS = 50;

    private final Topic topic;
    private final Journal journal;
    private final boolean patient;
    private final AtomicReferenceArray<State> states; // believed, by partition
    private final List<List<Integer>> replicas; // now, by partition; the preferred leader first
    private final Map<Integer, Integer> othersInARow = new HashMap<>(); // answers with other replicas, by partition
    private final Set<Integer> moved = ConcurrentHashMap.newKeySet();
    private final State[] first;
    private final Change[] candidates; // seen, and not believed yet, by partition
    private final int[] agreeing; // how many answers in a row report the candidate
    private final List<Change> changes = new CopyOnWriteArrayList<>();

    /** @param patient brokers may report old news: what was true once before is believed later */
    PartitionWatch(Topic topic, Journal journal, boolean patient) {
        this.topic = topic;
        this.journal = journal;
        this.patient = patient;
        states = new AtomicReferenceArray<>(topic.partitions());
        replicas = new CopyOnWriteArrayList<>(topic.replicas());
        first = new State[topic.partitions()];
        candidates = new Change[topic.partitions()];
        agreeing = new int[topic.partitions()];
    }

    /** @return what somebody else did: partitions that were moved to other brokers */
    List<OutsideEvent> see(TopicDescription description) {
        var outside = new ArrayList<OutsideEvent>();
        for (TopicPartitionInfo it : description.partitions()) {
            if (it.partition() >= states.length()) continue; // added in mid-run: no record is sent there
            int leader = it.leader() == null ? -1 : it.leader().id();
            see(
                    it.partition(),
                    new State(leader, it.isr().stream().map(Node::id).sorted().toList()));
            OutsideEvent move = seeReplicas(
                    it.partition(), it.replicas().stream().map(Node::id).toList());
            if (move != null) outside.add(move);
        }
        return outside;
    }

    /**
     * A state is believed when three answers in a row report it; 50, if it was true once before and brokers may be
     * behind. Its time is that of the first of them.
     */
    private void see(int partition, State now) {
        State believed = states.get(partition);
        if (believed == null) first[partition] = now;
        if (believed == null || now.equals(believed)) {
            states.set(partition, now);
            candidates[partition] = null;
            return;
        }
        if (candidates[partition] == null || !now.equals(candidates[partition].now())) {
            candidates[partition] = new Change(journal.now(), partition, believed, now);
            agreeing[partition] = 0;
        }
        Change candidate = candidates[partition];
        boolean oldNews = patient
                && changes.stream()
                        .anyMatch(
                                it -> it.partition() == partition && it.before().equals(now));
        if (++agreeing[partition] < (oldNews ? AGREEING_ON_OLD_NEWS : AGREEING)) return;
        states.set(partition, now);
        candidates[partition] = null;
        changes.add(candidate);
        note(candidate);
    }

    /** Somebody may move a partition to other brokers in mid-run. */
    private OutsideEvent seeReplicas(int partition, List<Integer> now) {
        List<Integer> before = replicas.get(partition);
        int answers = now.equals(before) ? 0 : othersInARow.merge(partition, 1, Integer::sum);
        if (answers == 0) othersInARow.remove(partition);
        if (answers < AGREEING) return null;
        replicas.set(partition, now);
        moved.add(partition);
        String text = "partition %d: its replicas are %s now, not %s; this script did not move it";
        return new OutsideEvent(journal.now(), before.get(0), text.formatted(partition, ids(now), ids(before)));
    }

    private void note(Change change) {
        int partition = change.partition();
        State before = change.before();
        State now = change.now();
        if (change.leaderChanged()) {
            String text = now.leader() < 0
                    ? "no leader; it was broker " + before.leader()
                    : "broker " + now.leader() + " leads"
                            + (before.leader() < 0 ? "" : " now; it was broker " + before.leader());
            var details = Json.object("partition", partition, "leader", now.leader(), "before", before.leader());
            journal.addAt(change.tick(), "leader", details, "partition %d: %s", partition, text);
        }
        if (now.inSync().equals(before.inSync())) return;
        String few = !now.inSync().isEmpty() && now.inSync().size() < topic.minInSync()
                ? " (fewer than min.insync.replicas=" + topic.minInSync() + ")"
                : "";
        var details = Json.object("partition", partition, "in_sync", now.inSync());
        journal.addAt(
                change.tick(), "in_sync", details, "partition %d: in sync %s%s", partition, ids(now.inSync()), few);
    }

    private static String ids(List<Integer> ids) {
        if (ids.isEmpty()) return "none";
        return ids.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    // -- now --

    /** Null before the first answer. */
    public State state(int partition) {
        return states.get(partition);
    }

    public List<State> states() {
        return all().mapToObj(this::state).toList();
    }

    public int leader(int partition) {
        return state(partition).leader();
    }

    public boolean whole() {
        return all().allMatch(it ->
                leader(it) >= 0 && state(it).inSync().size() == replicas.get(it).size());
    }

    public boolean preferred() {
        return all().allMatch(it -> leader(it) == replicas.get(it).get(0));
    }

    private IntStream all() {
        return IntStream.range(0, states.length());
    }

    // -- since the beginning --

    public List<Change> changesSince(int tick) {
        return changes.stream().filter(it -> it.tick() >= tick).toList();
    }

    /** Whether somebody moved a partition in mid-run. */
    public boolean wasMoved(int partition) {
        return moved.contains(partition);
    }

    /** When a partition was in such a state, as far as was seen; a time that is still open is left out. */
    public List<Gap> times(int partition, java.util.function.Predicate<State> wanted) {
        var times = new ArrayList<Gap>();
        int since = first[partition] != null && wanted.test(first[partition]) ? 1 : 0;
        for (Change change : changes) {
            if (change.partition() != partition) continue;
            boolean now = wanted.test(change.now());
            if (now && since == 0) since = change.tick();
            if (now || since == 0) continue;
            times.add(new Gap(since, change.tick()));
            since = 0;
        }
        return times;
    }

    /** What was believed of a partition at a tick. */
    public State stateAt(int partition, int tick) {
        return changes.stream()
                .filter(it -> it.partition() == partition && it.tick() <= tick)
                .reduce((one, later) -> later)
                .map(Change::now)
                .orElse(first[partition]);
    }

    public int leaderAt(int partition, int tick) {
        return stateAt(partition, tick).leader();
    }

    /** Whether a replica that was not in sync became the leader, as far as was seen. */
    boolean changedUncleanly(int partition) {
        List<Integer> inSync = first[partition].inSync(); // the latest that was not empty
        for (Change change : changes) {
            if (change.partition() != partition) continue;
            if (change.leaderChanged()
                    && change.now().leader() >= 0
                    && !inSync.contains(change.now().leader())) return true;
            if (!change.now().inSync().isEmpty()) inSync = change.now().inSync();
        }
        return false;
    }

    public boolean changedLeader(int partition) {
        return changes.stream().anyMatch(it -> it.partition() == partition && it.leaderChanged());
    }
}
