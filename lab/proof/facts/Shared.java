package lab.proof.facts;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lab.history.Flow;
import lab.history.Processing;
import lab.history.RunHistory;
import lab.history.Sharing;
import lab.proof.facts.Account.Kind;

/** What became of the records of a share group: by id, to whom they were delivered, and what the members answered. */
public class Shared {
    /** @param count the delivery count: how often Kafka reports that it has delivered the record */
    public record Delivery(double t, int member, int count) {}

    /**
     * @param kind accepted, released, rejected or refused
     * @param error why it was refused
     */
    record Answer(double t, int member, Flow.Kind kind, String error) {}

    private static final double STALE = 5; // s: so long a resumed member may report what it had fetched before
    private static final double FETCHES = 6; // s: so long what a frozen member had asked for may still be answered
    private static final double NOTICED = 1; // s: a member may notice a new leader before the observer does
    private static final double TICK = 0.2; // s: lines have records of up to 0.1 s

    private final Facts facts;
    private final RunHistory run;
    private final Sharing.Queue setup;
    private final List<Processing.Process> processes;
    private final Map<Integer, List<Delivery>> deliveries = new TreeMap<>();
    private final Map<Integer, List<Answer>> byId = new HashMap<>();
    private final Map<Flow.Kind, Map<Integer, Integer>> answers = new HashMap<>(); // how many, by id

    private Shared(Facts facts, Sharing.Queue setup) {
        this.facts = facts;
        this.run = facts.run();
        this.setup = setup;
        processes = run.all(Processing.Process.class);
        for (Flow flow : run.flows(Flow.Kind.DELIVERED))
            flow.records()
                    .forEach((id, offset) -> deliveries
                            .computeIfAbsent(id, it -> new ArrayList<>())
                            .add(new Delivery(flow.t(), flow.consumer(), flow.epoch())));
        for (Flow.Kind kind : List.of(
                Flow.Kind.ACCEPTED, Flow.Kind.RELEASED, Flow.Kind.REJECTED, Flow.Kind.REFUSED, Flow.Kind.DEAD_LETTER)) {
            var counts = new HashMap<Integer, Integer>();
            for (Flow flow : run.flows(kind))
                flow.records().forEach((id, offset) -> {
                    counts.merge(id, 1, Integer::sum);
                    byId.computeIfAbsent(id, it -> new ArrayList<>())
                            .add(new Answer(flow.t(), flow.consumer(), kind, flow.error()));
                });
            answers.put(kind, counts);
        }
    }

    /** Null if the run has no share group. */
    public static Shared of(Facts facts) {
        List<Sharing.Queue> all = facts.run().all(Sharing.Queue.class);
        return all.isEmpty() ? null : new Shared(facts, all.get(0));
    }

    public Sharing.Queue setup() {
        return setup;
    }

    /** The ids in the log. */
    public BitSet inputs() {
        return facts.account().of(Kind.IN_LOG);
    }

    /** In the order of time. */
    public List<Delivery> deliveries(int id) {
        return deliveries.getOrDefault(id, List.of());
    }

    /** Ids for which so many answers of a kind were confirmed, or more. */
    public BitSet with(Flow.Kind kind, int atLeast) {
        var ids = new BitSet();
        answers.get(kind).forEach((id, count) -> {
            if (count >= atLeast) ids.set(id);
        });
        return ids;
    }

    public int count(Flow.Kind kind, int id) {
        return answers.get(kind).getOrDefault(id, 0);
    }

    /** Ids that were delivered as often as the group's limit allows, and that no member accepted. */
    public BitSet givenUp() {
        var ids = new BitSet();
        deliveries.forEach((id, all) -> {
            if (all.stream().anyMatch(it -> it.count() >= setup.limit())) ids.set(id);
        });
        return Account.minus(ids, with(Flow.Kind.ACCEPTED, 1));
    }

    /** Whether a delivery of a record has no confirmed answer. Then it is not known which answer the broker has. */
    public boolean isOpen(int id) {
        int confirmed = 0;
        for (Flow.Kind kind : List.of(Flow.Kind.ACCEPTED, Flow.Kind.RELEASED, Flow.Kind.REJECTED))
            confirmed += count(kind, id);
        return deliveries(id).size() > confirmed;
    }

    /** Records that were delivered to a member that ran, not about the time of its freeze or kill, and that it did not answer. */
    public BitSet unanswered() {
        var ids = new BitSet();
        deliveries.forEach((id, all) -> {
            var left = new HashMap<Integer, Integer>(); // by member
            for (Delivery it : all) if (!isAboutFreeze(it)) left.merge(it.member(), 1, Integer::sum);
            for (Answer it : answered(id)) left.merge(it.member(), -1, Integer::sum);
            if (left.values().stream().anyMatch(it -> it > 0)) ids.set(id);
        });
        return ids;
    }

    /** Whether a member was frozen or killed soon after a delivery, or was frozen then, or resumed just before. */
    private boolean isAboutFreeze(Delivery it) {
        double since = Double.POSITIVE_INFINITY; // it did not run
        for (Processing.Process each : processes) {
            if (each.process() != it.member()) continue;
            boolean stops = each.what().equals("freeze") || each.what().equals("kill");
            if (stops) since = Math.min(since, each.t());
            else if (each.what().equals("resume") && it.t() > each.t() + STALE) since = Double.POSITIVE_INFINITY;
        }
        return it.t() >= since - STALE;
    }

    /**
     * How many members may have been given a record without a line of it: they were frozen or killed before, and the record was there
     * when they still fetched.
     */
    public long unseenBefore(int id, double time) {
        return frozen().stream()
                .filter(it -> it.t() <= time && id <= facts.flows().lastSent(it.t() + FETCHES))
                .map(Processing.Process::process)
                .distinct()
                .count();
    }

    public Refusals refusals() {
        return new Refusals(facts, this);
    }

    /** For how long a member may hold a record, in seconds. */
    public double lock() {
        return setup.lockMs() / 1e3;
    }

    /** The deliveries of a record, without what a resumed member had fetched before. */
    public List<Delivery> fresh(int id) {
        return deliveries(id).stream().filter(it -> !isStale(it)).toList();
    }

    /** Records in the log that were neither accepted, rejected nor given up, and all of whose answers are known. */
    public BitSet lost() {
        BitSet lost = unfinished();
        for (int id = lost.nextSetBit(0); id >= 0; id = lost.nextSetBit(id + 1)) if (isOpen(id)) lost.clear(id);
        return lost;
    }

    BitSet unfinished() {
        BitSet ids = (BitSet) inputs().clone();
        for (Flow.Kind kind : List.of(Flow.Kind.ACCEPTED, Flow.Kind.REJECTED, Flow.Kind.DEAD_LETTER))
            ids.andNot(with(kind, 1));
        ids.andNot(givenUp());
        return ids;
    }

    /** Members that were frozen or killed in the run, and when. */
    public List<Processing.Process> frozen() {
        return processes.stream()
                .filter(it -> it.what().equals("freeze") || it.what().equals("kill"))
                .toList();
    }

    /** How many deliveries of a record were held by a member when it was frozen or killed: delivered, and not answered. */
    public long heldByFrozen(int id) {
        return frozen().stream()
                .map(Processing.Process::process)
                .distinct()
                .mapToLong(member -> frozen().stream()
                        .filter(it -> it.process() == member)
                        .mapToLong(it -> Math.max(0, held(id, it)))
                        .max()
                        .orElse(0))
                .sum();
    }

    /** How many deliveries of a record a member held when it was frozen or killed. */
    public long held(int id, Processing.Process frozen) {
        long given = deliveries(id).stream()
                .filter(it -> it.member() == frozen.process() && it.t() <= frozen.t())
                .count();
        return given
                - answered(id).stream()
                        .filter(it -> it.member() == frozen.process() && it.t() <= frozen.t())
                        .count();
    }

    List<Answer> answered(int id) {
        return byId.getOrDefault(id, List.of());
    }

    /**
     * Whether a delivery is to a member that was frozen and has just been resumed: it reports what it had fetched before,
     * which other members may have received meanwhile.
     */
    public boolean isStale(Delivery it) {
        double frozen = Double.POSITIVE_INFINITY;
        double resumed = Double.POSITIVE_INFINITY;
        for (Processing.Process each : processes)
            if (each.process() == it.member()) {
                if (each.what().equals("freeze")) frozen = each.t();
                if (each.what().equals("resume")) resumed = each.t();
            }
        return it.t() >= frozen && it.t() <= resumed + STALE;
    }

    /** Whether a member had accepted or rejected a record, and the broker had confirmed it, well before a time. */
    public boolean isFinished(int id, double before) {
        return answered(id).stream()
                .anyMatch(it ->
                        it.t() < before - TICK && (it.kind() == Flow.Kind.ACCEPTED || it.kind() == Flow.Kind.REJECTED));
    }

    /** How many new leaders the partition got in a window: a new leader does not know earlier deliveries. */
    public long newLeaders(double from, double to) {
        return facts.observed().changes().stream()
                .filter(it -> it.leaderChanged()
                        && it.now().leader() >= 0
                        && it.t() >= from - NOTICED
                        && it.t() <= to + NOTICED)
                .count();
    }

    /** The first delivery of a record to another member after a time; null if there was none. */
    public Delivery nextTo(int id, int otherThan, double after) {
        return deliveries(id).stream()
                .filter(it -> it.member() != otherThan && it.t() > after)
                .min(Comparator.comparingDouble(Delivery::t))
                .orElse(null);
    }

    public Map<Integer, List<Delivery>> all() {
        return deliveries;
    }

    /** Why not all deliveries could be observed; null if they could. */
    public String unseen() {
        List<Sharing.Drained> drained = run.all(Sharing.Drained.class);
        if (drained.isEmpty()) return "the group was not watched to the end of the topic";
        Sharing.Drained it = drained.get(drained.size() - 1);
        if (it.start() < 0) return "it is not known how far the group was";
        if (it.start() < it.end())
            return Text.of("the group had finished the records up to offset %,d of %,d", it.start(), it.end());
        if (setup.deadLetters() != null && it.deadTo() < 0) return "the dead letters were not read";
        if (it.deadTo() < it.deadEnd())
            return Text.of("the dead letters were read up to offset %,d of %,d", it.deadTo(), it.deadEnd());
        return inputs().isEmpty() ? "there were no records" : facts.observed().blindAt(processes);
    }
}
