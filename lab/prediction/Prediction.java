package lab.prediction;

import java.util.*;
import lab.prediction.Outcome.Cause;

/**
 * What becomes of each partition while some brokers are down, as Kafka's controller and leaders decide it
 * (PartitionChangeBuilder, Partition.maybeIncrementLeaderHW). It describes the time after the cluster has noticed:
 * broker.session.timeout.ms after a crash, at once after a controlled shutdown.
 */
public final class Prediction {
    private final Cluster cluster;
    private final Set<Integer> downNow = new HashSet<>(); // brokers

    public Prediction(Cluster cluster) {
        this.cluster = cluster;
        cluster.partitions().values().forEach(it -> downNow.addAll(it.replicas()));
        downNow.addAll(cluster.brokers().keySet());
        downNow.removeAll(cluster.up());
    }

    /** The partition now. A leader that is about to be elected does not count yet. */
    public Outcome now(Partition it) {
        Set<Integer> down = downWith(it, Set.of());
        if (it.leader() != null && !down.contains(it.leader())) return after(it, Set.of());
        if (candidate(it, down) == null) return noLeader(Cause.NO_REPLICA);
        return noLeader(elects(Set.of()) ? Cause.NOT_ELECTED_YET : Cause.NO_CONTROLLER);
    }

    /** Each partition while these brokers are down, besides those that are down already. */
    public SortedMap<PartitionId, Outcome> after(Set<Integer> broken) {
        var all = new TreeMap<PartitionId, Outcome>();
        cluster.partitions().forEach((id, it) -> all.put(id, after(it, broken)));
        return all;
    }

    /** The partition while these brokers are down, besides those that are down already. */
    public Outcome after(Partition it, Set<Integer> broken) {
        Set<Integer> down = downWith(it, broken);
        boolean led = it.leader() != null && !down.contains(it.leader());
        var inSync = new TreeSet<>(it.inSync());
        inSync.removeAll(down);
        Integer next = led ? it.leader() : candidate(it, down);
        if (!elects(broken)) {
            if (!led) return noLeader(next == null ? Cause.NO_REPLICA : Cause.NO_CONTROLLER);
            // The leader cannot take a replica out of the in-sync set, so it waits for it before it acknowledges.
            if (inSync.size() < it.inSync().size())
                return new Outcome(Fate.NO_WRITES, Cause.NO_CONTROLLER, next, inSync);
        }
        if (next != null) {
            inSync.add(next); // it may only have been eligible
            return accepting(it, next, inSync);
        }
        next = firstUp(it.replicas(), it.replicas(), down);
        if (next == null || !it.unclean()) return noLeader(Cause.NO_REPLICA);
        return new Outcome(Fate.LOSSY, Cause.NO_REPLICA, next, new TreeSet<>(Set.of(next)));
    }

    /**
     * Whether leaders are elected while these brokers are down, besides those that are down already. Which controllers
     * are down now, the quorum knows: a broker that cannot be reached from here, or recovers its logs, may be one that
     * votes.
     */
    public boolean elects(Set<Integer> broken) {
        return cluster.quorum().elects(broken);
    }

    /** The brokers of which this partition has nothing. */
    private Set<Integer> downWith(Partition it, Set<Integer> broken) {
        var down = new HashSet<>(downNow);
        down.addAll(broken);
        down.addAll(it.failed());
        return down;
    }

    /** The replica that the controller elects: the first one that is in sync, otherwise one that has all records. */
    private static Integer candidate(Partition it, Set<Integer> down) {
        Integer inSync = firstUp(it.replicas(), it.inSync(), down);
        return inSync != null ? inSync : firstUp(it.replicas(), it.eligible(), down);
    }

    private static Integer firstUp(List<Integer> replicas, Collection<Integer> among, Set<Integer> down) {
        return replicas.stream()
                .filter(id -> among.contains(id) && !down.contains(id))
                .findFirst()
                .orElse(null);
    }

    private Outcome accepting(Partition it, int leader, SortedSet<Integer> inSync) {
        if (it.minInSync() == 0) return new Outcome(Fate.NOT_KNOWN, Cause.NONE, leader, inSync);
        Broker broker = cluster.brokers().get(leader);
        Boolean caps = broker == null ? null : broker.capsMinInSync();
        boolean refusedIfCapped = inSync.size() < it.effectiveMin(true);
        boolean refusedIfNot = inSync.size() < it.effectiveMin(false);
        if (caps == null && refusedIfCapped != refusedIfNot)
            return new Outcome(Fate.NOT_KNOWN, Cause.NONE, leader, inSync);
        boolean refused = Boolean.TRUE.equals(caps) ? refusedIfCapped : refusedIfNot;
        return refused
                ? new Outcome(Fate.NO_WRITES, Cause.TOO_FEW_IN_SYNC, leader, inSync)
                : new Outcome(Fate.FINE, Cause.NONE, leader, inSync);
    }

    private static Outcome noLeader(Cause cause) {
        return new Outcome(Fate.NO_LEADER, cause, null, new TreeSet<>());
    }
}
