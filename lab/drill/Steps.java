package lab.drill;

import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.Collectors;
import lab.common.*;
import lab.drill.clients.Load;
import lab.drill.faults.*;
import lab.drill.faults.Executor;
import lab.drill.observer.Observer;
import lab.drill.recording.*;
import lab.drill.scenarios.Actions;
import lab.history.*;
import org.apache.kafka.common.ElectionType;

/** Carries out the steps of a trial. */
class Steps implements Actions {
    private final Cluster cluster;
    private final Experiment.Topic topic;
    private final int rate;
    private final Recording recording;
    private final Progress progress;
    private final Observer observer;
    private final List<Outage> outages = new ArrayList<>();
    private Pipelines pipelines; // null: the scenario has none
    private Queues queues; // the same
    private final List<Action.Cut> cuts = new ArrayList<>();
    Load load; // set when it begins

    Steps(
            Cluster cluster,
            Experiment.Topic topic,
            int rate,
            Recording recording,
            Progress progress,
            Observer observer) {
        this.cluster = cluster;
        this.topic = topic;
        this.rate = rate;
        this.recording = recording;
        this.progress = progress;
        this.observer = observer;
    }

    void with(Pipelines some) {
        pipelines = some;
    }

    void with(Queues some) {
        queues = some;
    }

    @Override
    public Queues queue() {
        return queues;
    }

    @Override
    public Pipelines pipeline() {
        return pipelines;
    }

    /** While a node is down, records need not flow: without any broker send() waits. */
    @Override
    public void flow(Duration time) throws Exception {
        boolean mustFlow = down().isEmpty();
        int goal = progress.sent() + Math.max(1, (int) (time.toMillis() / 1e3 * rate * 0.5));
        if (Script.stopsWithin(time.toNanos())) throw new Unobserved("interrupted");
        if (!mustFlow) return;
        await("fewer than half of %,d records/s (--rate) were sent".formatted(rate), 60, () -> progress.sent() >= goal);
        // On a busy machine the first acknowledgement may come later; a partition without a leader has none.
        int partitions = topic.partitions().size();
        Cluster.holdsWithin(10, () -> progress.acknowledgedInEach(partitions) || observer.topicGone());
    }

    /** The outages that are not over. */
    List<Outage> down() {
        return outages.stream().filter(it -> it.wholeAt == Outage.NEVER).toList();
    }

    @Override
    public void takeDown(Fault fault, String word) throws Exception {
        if (Script.stopping()) throw new Unobserved("interrupted");
        Target node = node(word);
        Executor executor = cluster.executor;
        double asked = recording.now();
        Outage outage = begin(fault, word, node, asked);
        String answer = execute(
                fault.name(),
                node,
                failed -> new Action.FaultDone(recording.now(), outage.n, false, false, failed, Double.NaN));
        double since = executor instanceof ByHand ? awaitPerson(asked) : Double.NaN;
        if (!Double.isNaN(since)) outage.since = since;
        boolean controlled = executor.isKnown() && fault.isControlled(answer);
        recording.write(new Action.FaultDone(recording.now(), outage.n, true, controlled, answer, since));
    }

    private Outage begin(Fault fault, String word, Target node, double asked) {
        Executor executor = cluster.executor;
        var outage = new Outage(outages.size() + 1, word, node, fault, asked);
        outages.add(outage);
        Script.mending = !executor.endsWithDrill(); // Ctrl-C then waits until it is restored
        recording.write(new Action.Fault(
                asked,
                outage.n,
                node.isController() ? observer.nodes().controller() : node.id(),
                node.isController() ? "controller" : "broker",
                executor.nameOf(node),
                fault.name(),
                executor instanceof ByHand ? "person" : executor.about(),
                executor.shown(fault.name(), node)));
        return outage;
    }

    @Override
    public void cutPower(List<String> words) throws Exception {
        load.pause(true);
        await("records are still on their way", 150, progress::allAnswered);
        if (Script.stopsWithin(RemainingLogs.QUIET.toNanos())) throw new Unobserved("interrupted");
        var nodes = new ArrayList<Target>();
        for (String word : words) nodes.add(node(word));
        var remaining = new RemainingLogs(cluster, topic, nodes);
        var off = new ArrayList<Outage>();
        double asked = recording.now();
        for (Target node : nodes) off.add(begin(Fault.power, words.get(off.size()), node, asked));
        try {
            String answer = cluster.executor.cutPower(nodes);
            double done = recording.now();
            for (Outage it : off) recording.write(new Action.FaultDone(done, it.n, true, false, "", Double.NaN));
            for (Outage it : off) cuts.add(remaining.of(it, answer, done));
            cuts.subList(cuts.size() - off.size(), cuts.size()).forEach(recording::write);
        } catch (Failure | java.io.IOException failed) {
            String why = Script.oneLine(failed);
            for (Outage it : off)
                recording.write(new Action.FaultDone(recording.now(), it.n, false, false, why, Double.NaN));
            throw new Unobserved(why);
        }
        load.pause(false);
    }

    /** What power cuts have left of the logs. */
    List<Action.Cut> cuts() {
        return cuts;
    }

    private Target node(String word) throws Exception {
        if (word.equals("controller")) {
            int id = observer.nodes().controller();
            return Target.controller(id < 0 ? "" : "" + id);
        }
        if (pipelines != null && word.matches("output|coordinator")) return cluster.broker(pipelines.node(word));
        List<Integer> replicas = topic.partitions().get(0).replicas(); // the preferred leader first
        int follower = replicas.size() > 1 ? replicas.get(1) : Seen.NONE;
        int id = word.equals("leader")
                ? observer.partitions().leader(0)
                : word.equals("follower") ? follower : Integer.parseInt(word);
        if (id < 0) throw new Unobserved("partition 0 has no " + word);
        return cluster.broker(id);
    }

    private interface Failed {
        Entry entry(String why);
    }

    /** A command that fails ends the trial. */
    private String execute(String command, Target node, Failed entry) throws Exception {
        try {
            return cluster.executor.execute(command, node);
        } catch (Failure | java.io.IOException failed) {
            recording.write(entry.entry(Script.oneLine(failed)));
            throw new Unobserved(Script.oneLine(failed));
        }
    }

    /** A person is slower than the script: the fault is when the cluster shows it. */
    private double awaitPerson(double asked) throws Exception {
        await("nothing happened to a broker", 600, () -> observer.partitions().changedAt() > asked);
        return observer.partitions().changedAt();
    }

    @Override
    public void stayDown(String node, Duration time) throws Exception {
        double since = recording.now() - outage(node).since;
        flow(Duration.ofMillis((long) Math.max(0, time.toMillis() - since * 1e3)));
    }

    @Override
    public void restore(String node) throws Exception {
        restore(outage(node));
    }

    private void restore(Outage outage) throws Exception {
        String command = outage.fault.restore;
        outage.restoredAt = recording.now();
        recording.write(new Action.Restore(outage.restoredAt, outage.n, cluster.executor.shown(command, outage.node)));
        String answer = execute(
                command, outage.node, failed -> new Action.RestoreDone(recording.now(), outage.n, false, failed));
        recording.write(new Action.RestoreDone(recording.now(), outage.n, true, answer));
    }

    /** The latest outage of a node that is called so. */
    private Outage outage(String node) throws Unobserved {
        return outages.stream()
                .filter(it -> it.calledAs.equals(node) || (it.node.id() + "").equals(node))
                .reduce((one, later) -> later)
                .orElseThrow(() -> new Unobserved("'%s' was not taken down, so it cannot be restored".formatted(node)));
    }

    @Override
    public void awaitOutOfSync(String node) throws Exception {
        int id = outage(node).node.id();
        await(node + " stayed in sync", 60, () -> !observer.partitions().isInSync(0, id));
    }

    @Override
    public void awaitGivenUp(String node) throws Exception {
        int id = outage(node).node.id();
        await(
                "the cluster did not give up broker " + id,
                90,
                () -> observer.partitions().leader(0) != id && observer.knowsAsDown(id));
    }

    /** The cluster reports it, and each broker answers for itself: a single answer may be old news. */
    @Override
    public void awaitWhole() throws Exception {
        for (Outage outage : outages) if (outage.restoredAt == Outage.NEVER) restore(outage);
        await(
                "not all replicas were in sync again",
                cluster.executor instanceof ByHand ? 600 : 180,
                () -> seemsWhole() && cluster.allAnswer(topic) && seemsWhole()); // to ask all may take 5 s
        double now = recording.now();
        recording.write(new Action.Whole(now));
        for (Outage outage : down()) outage.wholeAt = now;
        Script.mending = false;
    }

    /** As the observer sees it. A controller that was down must have answered a question asked after its start. */
    private boolean seemsWhole() {
        boolean controllerAnswers = down().stream()
                .filter(it -> it.node.isController())
                .allMatch(it -> observer.nodes().controllerAskedAt() > it.restoredAt);
        Set<Integer> brokers = down().stream()
                .filter(it -> !it.node.isController())
                .map(it -> it.node.id())
                .collect(Collectors.toSet());
        return observer.partitions().whole()
                && controllerAnswers
                && !observer.nodes().controllerIsDown()
                && brokers.stream().noneMatch(observer::knowsAsDown);
    }

    @Override
    public void electPreferred() throws Exception {
        for (int tries = 0; tries < 60 && !observer.partitions().preferred(); tries++) {
            cluster.elect(ElectionType.PREFERRED, topic.name());
            if (Cluster.holdsWithin(1, observer.partitions()::preferred)) break;
            if (Script.stopping()) throw new Unobserved("interrupted");
        }
        if (!observer.partitions().preferred())
            throw new Unobserved("the preferred leaders did not return (waited 60 s)");
        recording.write(new Action.Preferred(recording.now()));
    }

    @Override
    public void electUnclean() throws Exception {
        recording.write(new Action.Elect(recording.now(), "unclean"));
        for (int tries = 0; tries < 30 && observer.partitions().leader(0) < 0; tries++) {
            cluster.elect(ElectionType.UNCLEAN, topic.name());
            if (Cluster.holdsWithin(1, () -> observer.partitions().leader(0) >= 0)) return;
            if (Script.stopping()) throw new Unobserved("interrupted");
        }
        if (observer.partitions().leader(0) < 0)
            throw new Unobserved("the unclean election gave no leader (waited 30 s)");
    }

    /** Waits for a condition. Every wait has a limit, and ends with Ctrl-C and with the topic. */
    void await(String complaint, int limitSeconds, Callable<Boolean> condition) throws Exception {
        long start = System.nanoTime();
        while (true) {
            // First: what is known of a topic that does not exist any more is old news.
            if (observer.topicGone()) throw new Unobserved("topic %s was deleted in mid-run".formatted(topic.name()));
            if (recording.failure() != null)
                throw new Unobserved("the history cannot be written: " + recording.failure());
            if (condition.call()) return;
            if (System.nanoTime() - start > limitSeconds * 1e9)
                throw new Unobserved("%s (waited %d s)".formatted(complaint, limitSeconds));
            if (Script.stopsWithin(10_000_000)) throw new Unobserved("interrupted");
        }
    }
}
