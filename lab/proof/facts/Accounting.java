package lab.proof.facts;

import java.util.BitSet;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.TreeSet;
import lab.history.Audit;
import lab.history.Flow;
import lab.history.Ranges;
import lab.history.RunHistory;
import lab.history.Seen;
import lab.proof.facts.Account.Kind;

/** Goes through a history once, and gives each record its fate. */
class Accounting {
    private static final String UNORDERED = "the records were not sent in the order of their ids";

    private final RunHistory run;
    private final Setup setup;
    private final Observed observed;
    private final Map<Kind, BitSet> sets = new EnumMap<>(Kind.class);
    private final Map<Integer, Audit> audits = new HashMap<>();
    private final Map<Integer, Integer> highest = new HashMap<>(); // acknowledged id in the log so far, by partition
    private final Map<Integer, Long> lastOffset = new HashMap<>(); // in the log so far, by partition
    private final TreeSet<String> contradictions = new TreeSet<>();
    private final Ids ids;

    Accounting(RunHistory run, Setup setup, Observed observed) {
        this.run = run;
        this.setup = setup;
        this.observed = observed;
        for (Kind kind : Kind.values()) sets.put(kind, new BitSet());
        ids = new Ids(
                setup.topic().partitions().stream().mapToLong(it -> it.end()).toArray());
        for (Audit audit : run.all(Audit.class)) audits.put(audit.partition(), audit);
    }

    Account account() {
        each(Flow.Kind.SENT, this::sent);
        if (!areSentInTurn()) contradictions.add(UNORDERED);
        each(Flow.Kind.ACKNOWLEDGED, this::acknowledged);
        each(Flow.Kind.FAILED, (flow, id, offset) -> fate(Kind.FAILED, flow, id));
        each(Flow.Kind.UNKNOWN, (flow, id, offset) -> expectSent("unknown", flow, id));
        each(Flow.Kind.RECEIVED, this::received); // after all acknowledgements: it is compared with them
        each(Flow.Kind.FOUND, this::found); // in the order of the file, which is that of the log
        notToBeSeen();
        return new Account(sets, ids);
    }

    /** What cannot be, such as a record that was acknowledged and never sent. Empty for a sound history. */
    List<String> contradictions() {
        return List.copyOf(contradictions);
    }

    Map<Integer, Audit> audits() {
        return new TreeMap<>(audits);
    }

    private interface Visitor {
        void visit(Flow flow, int id, long offset);
    }

    private void each(Flow.Kind kind, Visitor visitor) {
        for (var entry : run.entries())
            if (entry instanceof Flow flow && flow.kind() == kind)
                flow.records().forEach((id, offset) -> visitor.visit(flow, id, offset));
    }

    private void sent(Flow flow, int id, long none) {
        if (flow.partition() >= setup.partitions())
            contradictions.add("a record was sent to a partition that is not there");
        else if (sets.get(Kind.SENT).get(id)) contradictions.add("a record was sent twice");
        else ids.sent(id, flow.partition());
        sets.get(Kind.SENT).set(id);
    }

    /** Whether the ids go up with time, and in each partition. Lines of two partitions may overlap. */
    private boolean areSentInTurn() {
        var last = new HashMap<Integer, Integer>(); // id, by partition
        var inTurn = new boolean[] {true};
        var open = new PriorityQueue<>(Comparator.comparingDouble(Flow::to));
        int highest = 0;
        for (Flow flow : run.flows(Flow.Kind.SENT)) {
            flow.records().forEach((id, none) -> {
                Integer before = last.put(flow.partition(), id);
                inTurn[0] &= before == null || before <= id; // the same one twice is another contradiction
            });
            while (!open.isEmpty() && open.peek().to() < flow.t())
                highest = Math.max(highest, open.poll().records().highestId());
            inTurn[0] &= highest <= flow.records().lowestId();
            open.add(flow);
        }
        return inTurn[0];
    }

    private void acknowledged(Flow flow, int id, long offset) {
        fate(Kind.ACKNOWLEDGED, flow, id);
        boolean below = flow.partition() < setup.partitions() && offset < setup.firstOffset(flow.partition());
        if (offset != Ranges.UNKNOWN && below)
            contradictions.add("a record was acknowledged below the run's first offset");
        ids.acknowledged(id, flow.partition(), offset);
    }

    private void fate(Kind kind, Flow flow, int id) {
        if (!expectSent(kind.lowerCase(), flow, id)) return;
        if (sets.get(Kind.ACKNOWLEDGED).get(id) || sets.get(Kind.FAILED).get(id))
            contradictions.add("a record has two fates");
        sets.get(kind).set(id);
    }

    private boolean expectSent(String what, Flow flow, int id) {
        if (ids.partition(id) == flow.partition()) return true;
        contradictions.add(
                ids.partition(id) < 0
                        ? "a record was " + what + " and never sent"
                        : "a record was " + what + " in another partition than it was sent to");
        return false;
    }

    private void received(Flow flow, int id, long offset) {
        if (ids.partition(id) < 0) {
            contradictions.add("a record was received and never sent");
            return;
        }
        if (sets.get(Kind.RECEIVED).get(id)) sets.get(Kind.RECEIVED_AGAIN).set(id);
        sets.get(Kind.RECEIVED).set(id);
        boolean elsewhere = ids.offset(id) != Ranges.UNKNOWN && ids.offset(id) != offset;
        if (elsewhere || ids.partition(id) != flow.partition())
            sets.get(Kind.RECEIVED_ELSEWHERE).set(id);
        expectSent("received", flow, id);
    }

    private void found(Flow flow, int id, long offset) {
        if (ids.partition(id) < 0) {
            contradictions.add("a record is in the log and was never sent");
            return;
        }
        expectSent("found", flow, id);
        BitSet inLog = sets.get(Kind.IN_LOG);
        BitSet elsewhere = sets.get(Kind.ELSEWHERE);
        boolean atItsPlace = ids.partition(id) == flow.partition()
                && (ids.offset(id) == Ranges.UNKNOWN || offset == Ranges.UNKNOWN || ids.offset(id) == offset);
        if (inLog.get(id)) {
            sets.get(Kind.IN_LOG_AGAIN).set(id);
            if (atItsPlace) elsewhere.clear(id); // the copy before was the other one
        } else {
            boolean behind = id < highest.getOrDefault(flow.partition(), 0);
            if (behind && sets.get(Kind.ACKNOWLEDGED).get(id))
                sets.get(Kind.REORDERED).set(id);
            if (!atItsPlace) elsewhere.set(id);
        }
        inLog.set(id);
        Long before = offset == Ranges.UNKNOWN ? null : lastOffset.put(flow.partition(), offset);
        if (before != null && before >= offset) contradictions.add("the log was not written down in its order");
        // The order of a record that was not acknowledged is not promised: it may have been given up, and arrive later.
        if (sets.get(Kind.ACKNOWLEDGED).get(id)) highest.merge(flow.partition(), id, Math::max);
    }

    /** Of the records that were not found: those whose place in the log was not read. */
    private void notToBeSeen() {
        BitSet missing = Account.minus(sets.get(Kind.SENT), sets.get(Kind.IN_LOG));
        for (int id = missing.nextSetBit(0); id >= 0; id = missing.nextSetBit(id + 1)) {
            int partition = ids.partition(id);
            if (partition < 0 || partition >= setup.partitions() || !toBeSeen(partition, ids.offset(id)))
                sets.get(Kind.NOT_TO_BE_SEEN).set(id);
        }
    }

    private boolean toBeSeen(int partition, long offset) {
        Audit audit = audits.get(partition);
        if (audit == null || isAnotherTopic(audit)) return false;
        long first = setup.firstOffset(partition);
        if (offset == Ranges.UNKNOWN) return isWhole(audit, first) && audit.logStart() <= first;
        if (offset < Math.max(audit.from(), audit.logStart())) return false;
        if (offset < audit.to()) return true;
        return isWhole(audit, first) && isWholeBehind(partition, audit);
    }

    boolean isAnotherTopic(Audit audit) {
        return setup.topicGone()
                || audit.topicId() != null
                        && !audit.topicId().equals(setup.topic().id());
    }

    /** Whether the log was read from the run's first offset, or its start, to its end. */
    static boolean isWhole(Audit audit, long first) {
        return audit.error() == null && audit.to() >= audit.end() && audit.from() <= Math.max(first, audit.logStart());
    }

    /**
     * Records behind the end that readers see are not lost while too few replicas are in sync: the high watermark waits
     * for them (KIP-966, since Kafka 4.1).
     */
    private boolean isWholeBehind(int partition, Audit audit) {
        Seen.State state = observed.stateAt(partition, audit.t());
        return state != null
                && state.leader() >= 0
                && state.inSync().size() >= Math.max(1, setup.topic().effectiveMinInSync());
    }
}
