package lab.drill;

import java.time.Duration;
import java.util.*;
import java.util.concurrent.Callable;
import lab.common.*;
import lab.drill.faults.*;
import lab.drill.ledger.*;
import lab.drill.observer.Observer;
import lab.drill.scenarios.Actions;
import lab.drill.verdict.Facts;
import org.apache.kafka.common.ElectionType;

/** Carries out the steps of a trial. */
class Steps implements Actions {
    private final Cluster cluster;
    private final Facts facts;
    private final Observer observer;
    private final Journal journal;

    Steps(Cluster cluster, Facts facts) {
        this.cluster = cluster;
        this.facts = facts;
        this.observer = facts.observer;
        this.journal = facts.journal;
    }

    /** While a node is down, records need not flow: without any broker send() waits. */
    @Override
    public void flow(Duration time) throws Exception {
        boolean mustFlow = facts.down().isEmpty();
        double records = time.toMillis() / 1e3 * facts.producing.rate();
        int goal = facts.ledger.last() + Math.max(1, (int) (records * 0.5));
        if (Script.stopsWithin(time.toNanos())) throw new Unobserved("interrupted");
        if (mustFlow) await("the records do not flow", 60, () -> facts.ledger.last() >= goal);
    }

    @Override
    public void takeDown(Fault fault, String word) throws Exception {
        if (Script.stopping()) throw new Unobserved("interrupted");
        Target node = node(word);
        Executor executor = cluster.executor;
        String command = executor.shown(fault.name(), node);
        var outage = new Outage(
                word, node, executor.nameOf(node), fault, observer.partitions().states());
        facts.outages.add(outage);
        Script.mending = !executor.endsWithDrill(); // Ctrl-C then waits until it is restored
        outage.harmedAt = journal.add("fault", outage.details(), "%s", command);
        String answer = execute(fault.name(), node);
        if (executor instanceof ByHand) awaitPerson(outage);
        outage.doneAt = journal.now();
        outage.controlled = fault == Fault.stop && executor.isKnown() && !answer.contains("SIGKILL");
        if (!answer.isEmpty()) journal.note("%s", answer);
    }

    private Target node(String word) throws Unobserved {
        if (word.equals("controller")) return Target.controller(observer.nodes().controller());
        List<Integer> replicas = facts.topic.replicas().get(0); // the preferred leader first
        int follower = replicas.size() > 1 ? replicas.get(1) : -1;
        int id = word.equals("leader")
                ? observer.partitions().leader(0)
                : word.equals("follower") ? follower : Integer.parseInt(word);
        if (id < 0) throw new Unobserved("partition 0 has no " + word);
        return cluster.broker(id);
    }

    /** A command that fails ends the trial. */
    private String execute(String command, Target node) throws Exception {
        try {
            return cluster.executor.execute(command, node);
        } catch (Failure | java.io.IOException failed) {
            throw new Unobserved(Script.oneLine(failed));
        }
    }

    /** A person is slower than the script: the fault is when the cluster shows it. */
    private void awaitPerson(Outage outage) throws Exception {
        int asked = outage.harmedAt;
        await(
                "nothing happened to a broker",
                600,
                () -> !observer.partitions().changesSince(asked).isEmpty());
        outage.harmedAt = observer.partitions().changesSince(asked).get(0).tick();
    }

    @Override
    public void stayDown(String node, Duration time) throws Exception {
        int since = journal.now() - outage(node).harmedAt;
        Duration rest = time.minusMillis((long) (since / Ticks.PER_MS));
        flow(rest.isNegative() ? Duration.ZERO : rest);
    }

    @Override
    public void restore(String node) throws Exception {
        restore(outage(node));
    }

    private void restore(Outage outage) throws Exception {
        String command = outage.fault.restore;
        outage.healedAt = journal.add("heal", outage.details(), "%s", cluster.executor.shown(command, outage.node));
        String answer = execute(command, outage.node);
        if (!answer.isEmpty()) journal.note("%s", answer);
    }

    /** The latest outage of a node that is called so. */
    private Outage outage(String node) throws Unobserved {
        return facts.outages.stream()
                .filter(outage -> outage.calledAs.equals(node) || (outage.id + "").equals(node))
                .reduce((one, later) -> later)
                .orElseThrow(() -> new Unobserved("'%s' was not taken down, so it cannot be restored".formatted(node)));
    }

    @Override
    public void awaitOutOfSync(String node) throws Exception {
        int id = outage(node).id;
        await(
                node + " stayed in sync",
                60,
                () -> !observer.partitions().state(0).inSync().contains(id));
    }

    @Override
    public void awaitGivenUp(String node) throws Exception {
        int id = outage(node).id;
        await(
                "the cluster did not give up broker " + id,
                90,
                () -> observer.partitions().leader(0) != id && observer.knowsAsDown(id));
    }

    /** The cluster reports it, and each broker answers for itself: a single answer may be old news. */
    @Override
    public void awaitWhole() throws Exception {
        for (Outage outage : facts.outages) if (outage.healedAt == 0) restore(outage);
        await(
                "not all replicas were in sync again",
                cluster.executor instanceof ByHand ? 600 : 180,
                () -> seemsWhole() && cluster.allAnswer(facts.topic) && seemsWhole()); // to ask all may take 5 s
        int now = journal.add("whole", Map.of(), "all replicas are in sync again");
        for (Outage outage : facts.outages) if (outage.wholeAt == 0) outage.wholeAt = now;
        Script.mending = false;
    }

    /** As the observer sees it. A controller that was down must have answered a question asked after its start. */
    private boolean seemsWhole() {
        boolean controllerAnswers = facts.outages.stream()
                .filter(it -> it.node.isController() && it.wholeAt == 0)
                .allMatch(it -> observer.nodes().controllerAskedAt() > it.healedAt);
        return observer.partitions().whole()
                && controllerAnswers
                && !observer.nodes().controllerIsDown()
                && facts.down().stream().noneMatch(id -> id != Target.CONTROLLER && observer.knowsAsDown(id));
    }

    @Override
    public void electPreferred() throws Exception {
        for (int tries = 0; tries < 60 && !observer.partitions().preferred(); tries++) {
            cluster.elect(ElectionType.PREFERRED, facts.topic.name());
            if (Cluster.holdsWithin(1, observer.partitions()::preferred)) break;
            if (Script.stopping()) throw new Unobserved("interrupted");
        }
        if (!observer.partitions().preferred())
            throw new Unobserved("the preferred leaders did not return (waited 60 s)");
        int now = journal.add("preferred", Map.of(), "the preferred leaders lead again");
        for (Outage outage : facts.outages) if (outage.preferredAt == 0) outage.preferredAt = now;
    }

    @Override
    public void electUnclean() throws Exception {
        journal.add("elect", Map.of(), "unclean election, an operator's choice");
        for (int tries = 0; tries < 30 && observer.partitions().leader(0) < 0; tries++) {
            cluster.elect(ElectionType.UNCLEAN, facts.topic.name());
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
            if (observer.topicGone())
                throw new Unobserved("topic %s was deleted in mid-run".formatted(facts.topic.name()));
            if (condition.call()) return;
            if (System.nanoTime() - start > limitSeconds * 1e9)
                throw new Unobserved("%s (waited %d s)".formatted(complaint, limitSeconds));
            if (Script.stopsWithin(10_000_000)) throw new Unobserved("interrupted");
        }
    }
}
