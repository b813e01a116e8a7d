package lab.proof.facts;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import lab.history.Seen;
import lab.prediction.Broker;
import lab.prediction.Cluster;
import lab.prediction.Outcome;
import lab.prediction.Partition;
import lab.prediction.PartitionId;
import lab.prediction.Prediction;
import lab.prediction.Quorum;

/**
 * What an outage of one broker should do to each partition: the doctor's prediction, made from what was observed when
 * the fault came.
 */
public class Expectation {
    /** What becomes of a partition while the broker is down. */
    public enum Fate {
        NEW_LEADER, // it led, and another in-sync replica takes over
        REFUSED, // a leader is there, and acks=all needs more in-sync replicas than are left
        UNAVAILABLE, // it led, and no other replica was in sync
        FOLLOWER_LOST, // another broker leads, and continues when the broker has left the in-sync replicas
        UNTOUCHED, // it has no replica on this broker
        NOT_PREDICTED // other faults at the same time, it was not seen, or the effective minimum is not known
    }

    private final Setup setup;
    private final Observed observed;
    private final List<Outage> outages;

    Expectation(Setup setup, Observed observed, List<Outage> outages) {
        this.setup = setup;
        this.observed = observed;
        this.outages = outages;
    }

    public Fate of(Outage outage, int partition) {
        Seen.State state = observed.stateAt(partition, outage.from());
        if (state == null || state.leader() < 0 || outage.isController()) return Fate.NOT_PREDICTED;
        List<Integer> replicas = replicas(state);
        boolean entangled = outages.stream()
                .anyMatch(it -> it.overlaps(outage) && (it.isController() || replicas.contains(it.node())));
        if (entangled) return Fate.NOT_PREDICTED;
        if (!replicas.contains(outage.node())) return Fate.UNTOUCHED;
        boolean led = state.leader() == outage.node();
        Fate goesOn = led ? Fate.NEW_LEADER : Fate.FOLLOWER_LOST;
        Outcome outcome = predicted(outage, partition, state);
        return switch (outcome.fate()) {
            case FINE -> goesOn;
            case NOT_KNOWN -> setup.acksAll() ? Fate.NOT_PREDICTED : goesOn;
            case NO_WRITES ->
                !setup.acksAll()
                        ? goesOn
                        : outcome.cause() == Outcome.Cause.TOO_FEW_IN_SYNC ? Fate.REFUSED : Fate.NOT_PREDICTED;
            case NO_LEADER -> outcome.cause() == Outcome.Cause.NO_REPLICA ? Fate.UNAVAILABLE : Fate.NOT_PREDICTED;
            case LOSSY -> Fate.NOT_PREDICTED;
        };
    }

    private Outcome predicted(Outage outage, int partition, Seen.State state) {
        var it = new Partition(
                new PartitionId(setup.topic().name(), partition),
                false,
                state.leader(),
                replicas(state),
                Set.copyOf(state.inSync()),
                Set.of(),
                setup.topic().effectiveMinInSync(),
                setup.topic().uncleanElection(),
                false,
                Set.of());
        var brokers = new TreeMap<Integer, Broker>();
        for (int id : replicas(state)) {
            boolean down = outages.stream()
                    .anyMatch(other -> other.n() != outage.n() && other.node() == id && other.covers(outage.from()));
            brokers.put(id, new Broker(id, null, null, down ? Broker.State.DOWN : Broker.State.UP, true));
        }
        var partitions = new TreeMap<PartitionId, Partition>();
        partitions.put(it.id(), it);
        return new Prediction(new Cluster(brokers, quorum(outage), partitions)).after(it, Set.of(outage.node()));
    }

    /** The controllers as they were when the fault came. */
    private Quorum quorum(Outage outage) {
        Seen.Controller last = null;
        for (Seen.Controller it : observed.controllers()) if (it.t() <= outage.from() || last == null) last = it;
        if (last == null) return Quorum.unseen(Quorum.State.NOT_KNOWN);
        var down = new HashSet<Integer>();
        for (Outage it : outages) if (it.n() != outage.n() && it.covers(outage.from())) down.add(it.node());
        var voters = new TreeMap<Integer, Boolean>();
        for (int id : last.voters()) voters.put(id, !down.contains(id));
        return new Quorum(last.id() < 0 ? Quorum.State.NO_LEADER : Quorum.State.LED, voters);
    }

    private List<Integer> replicas(Seen.State state) {
        return state.replicas().isEmpty() ? setup.replicas(state.partition()) : state.replicas();
    }

    /** The partitions that the broker led when it went down, and that get a new leader, even if they then refuse. */
    public List<Integer> successions(Outage outage) {
        return led(outage).stream()
                .filter(it -> List.of(Fate.NEW_LEADER, Fate.REFUSED).contains(of(outage, it)))
                .toList();
    }

    public List<Integer> partitions(Outage outage, Fate... fates) {
        return IntStream.range(0, setup.partitions())
                .filter(it -> List.of(fates).contains(of(outage, it)))
                .boxed()
                .toList();
    }

    /** The partitions that the node led when it went down. */
    public List<Integer> led(Outage outage) {
        var led = new TreeSet<Integer>();
        for (int partition = 0; partition < setup.partitions(); partition++) {
            Seen.State state = observed.stateAt(partition, outage.from());
            if (state != null && state.leader() == outage.node()) led.add(partition);
        }
        return List.copyOf(led);
    }
}
