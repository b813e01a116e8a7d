package lab.proof.facts;

import java.util.BitSet;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lab.history.Action;
import lab.history.Audit;
import lab.history.Entry;
import lab.history.Experiment;
import lab.history.Flow;
import lab.history.RunHistory;
import lab.history.Seen;
import lab.proof.facts.Account.Kind;

/** Lines that cannot be in a history, or that contradict each other: some were lost, or the writer was wrong. */
class Contradictions {
    private static final double STOPPING = 0.5; // seconds: the last records before a pause of the producer
    private static final double EXACT = 0.001; // seconds: times are rounded
    private static final double RARELY = 5; // seconds between two answers of the cluster

    private static final Set<Flow.Kind> IN_ORDER =
            EnumSet.of(Flow.Kind.SENT, Flow.Kind.ACKNOWLEDGED, Flow.Kind.FAILED, Flow.Kind.UNKNOWN, Flow.Kind.RECEIVED);

    private final RunHistory run;
    private final Setup setup;
    private final Account account;
    private final Complaints complaints = new Complaints();

    private Contradictions(RunHistory run, Setup setup, Account account) {
        this.run = run;
        this.setup = setup;
        this.account = account;
    }

    /** Empty for a sound history. */
    static Set<String> of(RunHistory run, Setup setup, Account account) {
        var it = new Contradictions(run, setup, account);
        it.experiment();
        it.load();
        it.ids();
        it.order();
        it.consumers();
        it.faults();
        it.cuts();
        it.log();
        it.observations();
        new Recoveries(run, setup, it.complaints).find();
        var workers = new Workers(run, it.complaints);
        new PipelineContradictions(run, setup, account, workers, it.complaints).find();
        new QueueContradictions(run, setup, account, workers, it.complaints).find();
        return it.complaints.all();
    }

    private void check(boolean sound, String otherwise, Object... values) {
        complaints.check(sound, otherwise, values);
    }

    /** Lines that are written once, at the beginning. */
    private void experiment() {
        for (Class<? extends Entry> kind :
                List.of(Experiment.Cluster.class, Experiment.Producer.class, Experiment.Limits.class))
            check(run.all(kind).size() <= 1, "two lines begin the run: %s", kind.getSimpleName());
        long groups = run.all(Experiment.Group.class).stream()
                .filter(it -> it.state() == null)
                .count();
        check(groups <= 1, "two lines begin the run: Group");
        double sent = firstSent();
        for (Experiment.Topic first :
                run.all(Experiment.Topic.class).stream().limit(1).toList())
            check(first.t() <= sent, "the topic was not looked at before the first record was sent");
        for (Experiment.Topic it : run.all(Experiment.Topic.class)) if (it.exists()) topic(it);
    }

    private void topic(Experiment.Topic it) {
        check(
                it.name().equals(setup.topic().name()),
                "the topic was '%s' and is '%s'",
                setup.topic().name(),
                it.name());
        int fewest = it.partitions().stream()
                .mapToInt(each -> each.replicas().size())
                .min()
                .orElse(0);
        List<Integer> possible = List.of(0, it.minInSync(), Math.min(it.minInSync(), fewest)); // 0: not known
        check(
                possible.contains(it.effectiveMinInSync()),
                "min.insync.replicas is %d, and %d are needed",
                it.minInSync(),
                it.effectiveMinInSync());
    }

    private double firstSent() {
        return run.flows(Flow.Kind.SENT).stream().mapToDouble(Flow::t).min().orElse(Outage.NEVER);
    }

    private void load() {
        List<Action.Load> loads = run.all(Action.Load.class);
        List<Action.Load> ends =
                loads.stream().filter(it -> it.what().equals("end")).toList();
        check(ends.size() <= 1, "the load ended twice");
        double end = ends.isEmpty() ? Outage.NEVER : ends.get(0).t();
        for (Flow flow : run.flows(Flow.Kind.SENT))
            check(flow.t() <= end, "a record was sent after the load had ended");
        if (!ends.isEmpty()) {
            boolean early = run.all(Audit.class).stream().anyMatch(it -> it.t() < end)
                    || run.flows(Flow.Kind.FOUND).stream().anyMatch(it -> it.t() < end);
            check(!early, "the log was read before the load had ended");
        }
        long pauses = loads.stream().filter(it -> it.what().equals("pause")).count();
        long cuts = run.all(Action.Fault.class).stream()
                .filter(it -> it.fault().equals("power"))
                .count();
        check(pauses <= cuts, "the producer paused without a power cut");
        for (Gap quiet : Flows.quiet(run))
            for (Flow flow : run.flows(Flow.Kind.SENT))
                check(
                        flow.t() <= quiet.from() + STOPPING || flow.t() >= quiet.to(),
                        "a record was sent while the producer paused");
    }

    /** The producer counts the ids up from 1. */
    private void ids() {
        BitSet sent = account.of(Kind.SENT);
        int lost = Math.max(0, sent.length() - 1) - sent.cardinality();
        check(lost == 0, "%,d records are missing among those that were sent", lost);
    }

    /** No record is acknowledged, refused or received before it was sent. */
    private void order() {
        var sent = new BitSet();
        run.entries().stream()
                .filter(it -> it instanceof Flow flow && IN_ORDER.contains(flow.kind()))
                .map(Flow.class::cast)
                .sorted(Comparator.comparingDouble((Flow it) -> isSent(it) ? it.t() : it.to())
                        .thenComparing(it -> !isSent(it)))
                .forEach(flow -> flow.records().forEach((id, offset) -> {
                    if (isSent(flow)) sent.set(id);
                    else if (!sent.get(id) && account.ids().partition(id) >= 0)
                        check(false, "a record was %s before it was sent", flow.type());
                }));
        check(Delays.fit(run), "records were acknowledged earlier or later than their latencies say");
    }

    private static boolean isSent(Flow flow) {
        return flow.kind() == Flow.Kind.SENT;
    }

    private void consumers() {
        for (Flow it : run.flows(Flow.Kind.RECEIVED)) consumer(it.consumer(), "received records");
        for (Seen.Assigned it : run.all(Seen.Assigned.class)) consumer(it.consumer(), "was given partitions");
        for (Seen.Consumer it : run.all(Seen.Consumer.class)) consumer(it.consumer(), "began or ended");
        for (Action.Leave it : run.all(Action.Leave.class)) consumer(it.consumer(), "was to leave");
    }

    private void consumer(int it, String what) {
        check(it >= 1 && it <= setup.consumers(), "consumer %d %s, and the run has %d", it, what, setup.consumers());
    }

    private void faults() {
        Map<Integer, Double> begun = new HashMap<>();
        for (Action.Fault it : run.all(Action.Fault.class))
            check(begun.put(it.n(), it.t()) == null, "fault %d was injected twice", it.n());
        String asked = run.begin().fault();
        Map<Integer, String> kinds = new HashMap<>();
        for (Action.Fault it : run.all(Action.Fault.class)) kinds.put(it.n(), it.fault());
        for (Action.Fault it : run.all(Action.Fault.class))
            check(asked == null || it.fault().equals(asked), "the fault is '%s', not '%s'", it.fault(), asked);
        Map<Integer, Double> done = new HashMap<>();
        for (Action.FaultDone it : run.all(Action.FaultDone.class)) {
            follows("the command of fault", it.n(), it.t(), begun, done);
            check(it.ok(), "the command of fault %d failed, and the run went on", it.n());
            check(
                    !it.controlled() || kinds.getOrDefault(it.n(), "stop").equals("stop"),
                    "fault %d was a controlled shutdown, and no stop",
                    it.n());
        }
        if (run.complete()) begun.keySet().forEach(n -> check(done.containsKey(n), "fault %d is not done", n));
        Map<Integer, Double> restored = new HashMap<>();
        for (Action.Restore it : run.all(Action.Restore.class))
            follows("the end of fault", it.n(), it.t(), begun, restored);
        Map<Integer, Double> back = new HashMap<>();
        for (Action.RestoreDone it : run.all(Action.RestoreDone.class)) {
            follows("the restore of fault", it.n(), it.t(), restored, back);
            check(it.ok(), "the restore of fault %d failed, and the run went on", it.n());
        }
        if (run.complete())
            restored.keySet().forEach(n -> check(back.containsKey(n), "the restore of fault %d is not done", n));
    }

    private void follows(String what, int n, double t, Map<Integer, Double> before, Map<Integer, Double> seen) {
        check(before.getOrDefault(n, Outage.NEVER) <= t, "%s %d comes before its beginning", what, n);
        check(seen.put(n, t) == null, "%s %d is there twice", what, n);
    }

    private void cuts() {
        Set<Integer> seen = new HashSet<>();
        List<Outage> outages = Outage.of(run);
        for (Action.Cut cut : run.all(Action.Cut.class)) {
            boolean fits = outages.stream()
                    .anyMatch(it -> it.n() == cut.n()
                            && it.node() == cut.node()
                            && it.fault().equals("power")
                            && it.from() <= cut.t()
                            && cut.t() <= it.restoredAt());
            check(fits, "logs of broker %d were cut without a power cut", cut.node());
            check(seen.add(cut.n()), "the logs of broker %d were cut twice", cut.node());
            Set<String> names = new HashSet<>();
            for (Action.Cut.Log it : cut.logs()) {
                check(it.after() <= it.before(), "%s was longer after it was cut", it.log());
                check(names.add(it.log()), "%s was cut twice", it.log());
            }
        }
    }

    private void log() {
        Map<Integer, Audit> audits = new HashMap<>();
        for (Audit it : run.all(Audit.class)) {
            check(audits.put(it.partition(), it) == null, "the log of partition %d was read twice", it.partition());
            check(it.from() <= it.to(), "the log of partition %d was read backwards", it.partition());
            check(it.partition() >= 0 && it.partition() < setup.partitions(), "a log was read that is not there");
        }
        Set<Integer> over = new HashSet<>();
        Map<Integer, Integer> epochs = new HashMap<>();
        for (Entry entry : run.entries()) { // in the order of the file, which is that of the log
            if (entry instanceof Audit audit) over.add(audit.partition());
            if (!(entry instanceof Flow flow) || flow.kind() != Flow.Kind.FOUND) continue;
            int partition = flow.partition();
            check(!over.contains(partition), "a record was found in partition %d after its log was read", partition);
            Audit audit = audits.get(partition);
            var read = new boolean[] {true};
            if (audit != null)
                flow.records().forEach((id, offset) -> read[0] &= offset >= audit.from() && offset < audit.to());
            check(read[0], "a record was found in partition %d where it was not read", partition);
            boolean before = audit == null || flow.t() <= audit.t() + EXACT;
            check(before, "a record was found in partition %d later than its log was read", partition);
            Integer last = flow.epoch() < 0 ? null : epochs.put(partition, flow.epoch());
            check(last == null || last <= flow.epoch(), "the leader epochs of partition %d go back", partition);
        }
    }

    private int leaderAt(int partition, double t) {
        return run.all(Seen.State.class).stream()
                .filter(it -> it.partition() == partition && it.t() <= t)
                .reduce((one, later) -> later)
                .map(Seen.State::leader)
                .orElse(0);
    }

    private void observations() {
        double sent = firstSent();
        Set<Integer> seen = new HashSet<>();
        for (Seen.State it : run.all(Seen.State.class)) {
            check(it.partition() < setup.partitions(), "a partition was looked at that is not there");
            if (seen.add(it.partition()))
                check(
                        it.t() <= sent,
                        "partition %d was not looked at before the first record was sent",
                        it.partition());
            List<Integer> replicas = it.replicas();
            check(
                    it.leader() < 0 || it.inSync().contains(it.leader()),
                    "broker %d led partition %d and was not in sync",
                    it.leader(),
                    it.partition());
            boolean known = replicas.isEmpty() || it.leader() < 0 || replicas.contains(it.leader());
            check(known, "broker %d led partition %d without a replica", it.leader(), it.partition());
            check(
                    replicas.isEmpty() || replicas.containsAll(it.inSync()),
                    "a broker was in sync in partition %d without a replica",
                    it.partition());
            check(!(it.after() > it.t()), "partition %d was seen changed before it was seen unchanged", it.partition());
        }
        for (int partition : seen)
            check(
                    setup.isScenario("observe") || leaderAt(partition, sent) >= 0,
                    "partition %d had no leader when the first record was sent",
                    partition);
        double blind = run.begin().blindS();
        double late = run.all(Seen.Observer.class).stream()
                .mapToDouble(Seen.Observer::lateS)
                .max()
                .orElse(0);
        check(late <= Math.min(blind, RARELY) && blind <= RARELY, "the cluster was observed too rarely");
    }
}
