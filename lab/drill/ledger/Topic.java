package lab.drill.ledger;

import java.util.*;
import org.apache.kafka.common.Uuid;

/**
 * The topic of a trial, as it was before.
 *
 * @param ends by partition, the offset after the last record
 * @param minInSync replicas that must be in sync for acks=all; 0 if that must not be read
 */
public record Topic(
        String name,
        Uuid id,
        List<List<Integer>> replicas,
        List<Long> ends,
        int minInSync,
        boolean allowsUncleanElection) {

    public int partitions() {
        return replicas.size();
    }

    /**
     * With what these properties allow as well.
     *
     * @param capped the brokers take no more than all replicas (KAFKA-15583)
     */
    public Topic allowing(Map<String, String> properties, boolean capped) {
        int min = Integer.parseInt(properties.getOrDefault("min.insync.replicas", "0"));
        int fewest = replicas.stream().mapToInt(List::size).min().orElse(1);
        if (capped) min = Math.min(min, fewest);
        boolean unclean = "true".equals(properties.get("unclean.leader.election.enable"));
        return new Topic(name, id, replicas, ends, Math.max(minInSync, min), allowsUncleanElection || unclean);
    }

    /** The first replica is the preferred leader. */
    public int preferredLeader(int partition) {
        return replicas.get(partition).get(0);
    }
}
