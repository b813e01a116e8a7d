package lab.doctor;

import java.util.*;
import java.util.stream.*;
import lab.prediction.*;

/**
 * Chooses brokers for replicas: in another rack where there is one, and those that have the fewest replicas. Null also
 * where a replica would stay on a broker that takes none: the controller refuses such an assignment.
 */
class Placement {
    private final Cluster cluster;
    private final Map<Integer, Integer> load = new HashMap<>(); // replicas by broker

    Placement(Cluster cluster) {
        this.cluster = cluster;
        cluster.partitions().values().forEach(it -> it.replicas().forEach(id -> load.merge(id, 1, Integer::sum)));
    }

    /** The replicas and one more; null: no other broker is up. */
    List<Integer> oneMore(Partition it) {
        return allowed(with(it.replicas(), it.replicas()));
    }

    /** The last replica is replaced by one in another rack; null: no broker in another rack is up. */
    List<Integer> spread(Partition it) {
        List<Integer> rest = it.replicas().subList(0, it.replicas().size() - 1);
        List<Integer> replicas = allowed(with(rest, it.replicas()));
        return replicas == null || racks(replicas).size() < 2 ? null : replicas;
    }

    /**
     * Each replica on a broker that is not registered is replaced, or left out where no other broker is up; null: too
     * few would be left for min.insync.replicas and one failure.
     */
    List<Integer> withoutUnregistered(Partition it) {
        List<Integer> replicas = it.replicas().stream()
                .filter(id -> cluster.brokers().get(id).state() != Broker.State.UNREGISTERED)
                .toList();
        while (replicas.size() < it.replicas().size()) {
            List<Integer> more = with(replicas, it.replicas());
            if (more == null) return replicas.size() > Math.max(1, it.minInSync()) ? allowed(replicas) : null;
            replicas = more;
        }
        return allowed(replicas);
    }

    private List<Integer> allowed(List<Integer> replicas) {
        return replicas != null && replicas.stream().allMatch(cluster::takesReplicas) ? replicas : null;
    }

    /** Whether all of these brokers have the same rack. A broker without a rack is not known to share one. */
    boolean isInOneRack(List<Integer> replicas) {
        return replicas.size() > 1
                && replicas.stream().allMatch(id -> rackOf(id) != null)
                && racks(replicas).size() == 1;
    }

    /** Those that are known. */
    private Set<String> racks(List<Integer> replicas) {
        return replicas.stream().map(this::rackOf).filter(Objects::nonNull).collect(Collectors.toSet());
    }

    /** Not on a broker that cannot be reached from here: it may not reach the others either. */
    private List<Integer> with(List<Integer> replicas, List<Integer> not) {
        Set<String> racks = racks(replicas);
        var others = cluster.brokers().values().stream()
                .filter(it -> it.responds() && it.takesReplicas())
                .map(Broker::id)
                .filter(id -> !not.contains(id) && !replicas.contains(id))
                .min(Comparator.<Integer, Boolean>comparing(id -> racks.contains(rackOf(id)))
                        .thenComparing(id -> rackOf(id) == null)
                        .thenComparing(id -> load.getOrDefault(id, 0))
                        .thenComparing(id -> id));
        others.ifPresent(id -> load.merge(id, 1, Integer::sum));
        return others.map(id -> Stream.concat(replicas.stream(), Stream.of(id)).toList())
                .orElse(null);
    }

    private String rackOf(int id) {
        Broker broker = cluster.brokers().get(id);
        return broker == null ? null : broker.rack();
    }
}
