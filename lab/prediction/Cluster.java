package lab.prediction;

import java.util.*;
import java.util.stream.*;

/** Everything that a prediction is made from. */
public record Cluster(SortedMap<Integer, Broker> brokers, Quorum quorum, SortedMap<PartitionId, Partition> partitions) {

    /** The ids of the brokers that are up. */
    public SortedSet<Integer> up() {
        return brokers.values().stream()
                .filter(Broker::isUp)
                .map(Broker::id)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Whether this broker is up. */
    public boolean isUp(int id) {
        return brokers.containsKey(id) && brokers.get(id).isUp();
    }

    /** Whether the controller accepts an assignment that names this broker. */
    public boolean takesReplicas(int id) {
        return !brokers.containsKey(id) || brokers.get(id).takesReplicas();
    }

    /** Whether this client can ask this broker. */
    public boolean responds(int id) {
        return brokers.containsKey(id) && brokers.get(id).responds();
    }

    /** The partition's replicas that are down, in a failed log directory, or not in sync. */
    public SortedSet<Integer> missing(Partition it) {
        var missing = new TreeSet<>(it.replicas());
        missing.removeIf(
                id -> isUp(id) && it.inSync().contains(id) && !it.failed().contains(id));
        return missing;
    }
}
