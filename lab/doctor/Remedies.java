package lab.doctor;

import java.util.*;
import java.util.function.Function;
import java.util.stream.Collectors;
import lab.prediction.*;

/**
 * The remedies. Each makes its finding disappear and makes no other. None deletes a record, none raises
 * min.insync.replicas or sets it below 1, and none makes a topic refuse records that it accepts now: where replicas are
 * added, min.insync.replicas is lowered first to what it amounts to today.
 */
class Remedies {
    /** In one command: more partitions that are copied at once are a burden to a cluster. */
    private static final int AT_ONCE = 50;

    private static final String THREE_CONTROLLERS =
            "run three controllers, none of them on a broker (process.roles=controller)";

    private final Cluster cluster;
    private final Commands commands;

    Remedies(Cluster cluster, Commands commands) {
        this.cluster = cluster;
        this.commands = commands;
    }

    String threeControllers() {
        return THREE_CONTROLLERS;
    }

    /** One replica more for each. */
    String moreReplicas(List<Partition> partitions) {
        var placement = new Placement(cluster);
        return changed(partitions, placement::oneMore, "start one more broker, and run this again");
    }

    /** One replica of each moves to another rack. */
    String spread(List<Partition> partitions) {
        var placement = new Placement(cluster);
        return changed(partitions, placement::spread, "start a broker in another rack, and run this again");
    }

    /** Replicas on brokers that are no longer registered move to others. */
    String withoutUnregistered(List<Partition> partitions) {
        var placement = new Placement(cluster);
        return changed(partitions, placement::withoutUnregistered, "start one more broker, and run this again");
    }

    /** For partitions all of whose replicas must be in sync: one more replica, otherwise one fewer that must. */
    String spareReplica(List<Partition> partitions) {
        var placement = new Placement(cluster);
        boolean thereIsRoom = partitions.stream().noneMatch(it -> placement.oneMore(it) == null);
        return thereIsRoom ? moreReplicas(partitions) : fewerInSync(partitions);
    }

    /** For partitions that have too few replicas for min.insync.replicas. */
    String fewerInSync(List<Partition> partitions) {
        return lowered(partitions, it -> it.replicas().size() - 1);
    }

    /** For replicas that are not in sync. */
    String bringInSync(List<Partition> partitions) {
        var remedies = new ArrayList<String>();
        Set<Integer> out = new TreeSet<>();
        partitions.forEach(it -> out.addAll(cluster.missing(it)));
        Set<Integer> down = out.stream().filter(id -> !cluster.isUp(id)).collect(Collectors.toCollection(TreeSet::new));
        List<Partition> abandoned =
                partitions.stream().filter(this::isAbandoned).toList();
        if (!abandoned.isEmpty()) remedies.add(withoutUnregistered(abandoned));
        down.removeIf(id -> cluster.brokers().get(id).state() == Broker.State.UNREGISTERED);
        out.removeIf(id -> !cluster.isUp(id));
        if (!down.isEmpty()) remedies.add("start broker " + joined(down));
        if (!out.isEmpty()) remedies.add("find out why broker " + joined(out) + " lags");
        return String.join("; ", remedies);
    }

    /** Whether a replica is on a broker that is no longer registered. */
    boolean isAbandoned(Partition it) {
        return it.replicas().stream().anyMatch(id -> cluster.brokers().get(id).state() == Broker.State.UNREGISTERED);
    }

    /** For partitions that are not led by their first replica. An election succeeds only where that one is in sync. */
    String elect(List<Partition> partitions) {
        var missing = new TreeSet<Integer>();
        var ready = new ArrayList<PartitionId>();
        for (Partition it : partitions) {
            int first = it.replicas().get(0);
            if (cluster.missing(it).contains(first)) missing.add(first);
            else ready.add(it.id());
        }
        String start = missing.isEmpty() ? "" : "bring broker " + joined(missing) + " in sync, and run this again";
        if (ready.isEmpty()) return start;
        String elect = run(more(ready.size()) + commands.elect(ready.subList(0, Math.min(AT_ONCE, ready.size()))));
        return start.isEmpty() ? elect : start + "; for the others: " + elect;
    }

    String cleanElection(List<String> topics) {
        var settings = new TreeMap<String, String>();
        topics.forEach(it -> settings.put(it, "unclean.leader.election.enable=false"));
        return run(configs(settings));
    }

    String moves() {
        return "wait until it has been moved: " + commands.moves();
    }

    String toEarliest(List<StrayOffset> offsets) {
        return "stop the group's members, then: "
                + offsets.stream().limit(AT_ONCE).map(commands::toEarliest).collect(Collectors.joining("; "));
    }

    String abort(List<HangingTransaction> hanging) {
        return more(hanging.size())
                + hanging.stream().limit(AT_ONCE).map(commands::abort).collect(Collectors.joining("; "));
    }

    String createInternal(String topic, int partitions, int replicas, String settings) {
        return run(commands.createInternal(topic, partitions, replicas, settings));
    }

    /** Each of these commands needs a controller. */
    private String run(String command) {
        boolean led = cluster.quorum().state() != Quorum.State.NO_LEADER;
        return led ? command : "start the controllers; then: " + command;
    }

    private String changed(List<Partition> partitions, Function<Partition, List<Integer>> change, String otherwise) {
        var replicas = new TreeMap<PartitionId, List<Integer>>();
        var minInSync = new TreeMap<String, Integer>();
        for (Partition it : partitions) {
            List<Integer> changed = replicas.size() < AT_ONCE ? change.apply(it) : null;
            if (changed == null) continue;
            replicas.put(it.id(), changed);
            if (it.minIsAboveReplicas())
                minInSync.merge(it.id().topic(), it.replicas().size(), Math::min);
        }
        if (replicas.isEmpty()) return otherwise;
        String first = minInSync.isEmpty() ? "" : configs(minInSyncs(minInSync)) + "; ";
        return run(more(partitions.size()) + first + commands.reassign(replicas));
    }

    /** @param to the value that a partition needs; the topic's is not raised, and never below 1 */
    private String lowered(List<Partition> partitions, Function<Partition, Integer> to) {
        var minInSync = new TreeMap<String, Integer>();
        for (Partition it : partitions)
            minInSync.merge(it.id().topic(), Math.max(1, Math.min(it.minInSync(), to.apply(it))), Math::min);
        return run(configs(minInSyncs(minInSync)));
    }

    private static SortedMap<String, String> minInSyncs(SortedMap<String, Integer> values) {
        var settings = new TreeMap<String, String>();
        values.forEach((topic, value) -> settings.put(topic, "min.insync.replicas=" + value));
        return settings;
    }

    private String configs(SortedMap<String, String> settings) {
        return settings.entrySet().stream()
                .limit(AT_ONCE)
                .map(it -> commands.topicConfig(it.getKey(), it.getValue()))
                .collect(Collectors.joining("; "));
    }

    private static String more(int size) {
        return size > AT_ONCE ? "for the first %d; run this again for the others: ".formatted(AT_ONCE) : "";
    }

    static String joined(Collection<?> items) {
        return items.stream().map(Object::toString).collect(Collectors.joining(", "));
    }
}
