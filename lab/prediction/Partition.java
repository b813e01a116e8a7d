package lab.prediction;

import java.util.*;

/**
 * A partition, as the cluster's metadata describe it.
 *
 * @param internal it is part of a topic of Kafka's own, such as __consumer_offsets
 * @param leader null: none
 * @param replicas in order of preference; while the partition is being moved, both the old and the new ones
 * @param inSync the replicas that are in sync, also if their broker is down: without a controller they stay in the set
 * @param eligible replicas that are out of sync and have all records (eligible leader replicas, KIP-966)
 * @param minInSync the configured min.insync.replicas; 0: not known
 * @param unclean unclean.leader.election.enable: a replica without all records may lead
 * @param moving its replicas are being changed
 * @param failed replicas whose log directory has failed: their broker may be up, and they cannot lead
 */
public record Partition(
        PartitionId id,
        boolean internal,
        Integer leader,
        List<Integer> replicas,
        Set<Integer> inSync,
        Set<Integer> eligible,
        int minInSync,
        boolean unclean,
        boolean moving,
        Set<Integer> failed) {

    /** The same partition, with these replicas in failed log directories. */
    public Partition withFailed(Set<Integer> failed) {
        return new Partition(id, internal, leader, replicas, inSync, eligible, minInSync, unclean, moving, failed);
    }

    /** Whether the configured minimum is larger than the number of replicas: its effect depends on Kafka's version. */
    public boolean minIsAboveReplicas() {
        return minInSync > replicas.size();
    }

    /**
     * With fewer replicas in sync, acks=all is refused. Brokers count min.insync.replicas only up to the number of
     * replicas since Kafka 3.7 (KAFKA-15583; Partition.effectiveMinIsr).
     *
     * @param capped whether the leader's version does so
     */
    public int effectiveMin(boolean capped) {
        return capped ? Math.min(minInSync, replicas.size()) : minInSync;
    }
}
