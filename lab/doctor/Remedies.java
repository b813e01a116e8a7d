package lab.doctor;

import java.util.*;
import java.util.function.Function;
import java.util.stream.Collectors;
import lab.prediction.*;

/**
 * The remedies. Each makes its finding disappear and makes no other. None deletes a record, none raises
 * min.insync.replicas or sets it below 1, and none makes a topic refuse records that it accepts now: where replicas are
 * added, min.insync.replicas is lowered first to what it amounts to today. If it was not seen, no replica is changed.
 */
class Remedies {
    /** In one command: more partitions that are copied at once are a burden to a cluster. */
    private static final int AT_ONCE = 50;

    private final Cluster cluster;
    private final Commands commands;

    Remedies(Cluster cluster, Commands commands) {
        this.cluster = cluster;
        this.commands = commands;
    }

    /** For controllers that are too few after one more failure. */
    String moreControllers() {
        SortedMap<Integer, Boolean> voters = cluster.quorum().voters();
        List<Integer> down = controllersDown();
        return voters.size() > 2 && !down.isEmpty()
                ? "start controller " + joined(down)
                : "run three controllers, none of them on a broker (process.roles=controller)";
    }

    /** The controllers that do not follow the others. */
    List<Integer> controllersDown() {
        SortedMap<Integer, Boolean> voters = cluster.quorum().voters();
        return voters.keySet().stream().filter(id -> !voters.get(id)).toList();
    }

    /** Waits for moves, then brings replicas in sync, and changes only what is in sync already. */
    String onceInSync(List<Partition> partitions, Function<List<Partition>, String> change) {
        var parts = new ArrayList<String>();
        List<Partition> still = partitions.stream().filter(it -> !it.moving()).toList();
        if (still.size() < partitions.size()) parts.add(moves());
        Map<Boolean, List<Partition>> whole = still.stream()
                .collect(Collectors.partitioningBy(it -> cluster.missing(it).isEmpty()));
        if (!whole.get(false).isEmpty()) parts.add(bringInSync(whole.get(false)));
        if (!whole.get(true).isEmpty()) parts.add(change.apply(whole.get(true)));
        return String.join("; ", parts);
    }

    /**
     * For partitions without a leader. Those that were in sync last, or are eligible, have all records. A broker that was
     * killed may not lead when it comes back (KIP-966), so one of several may not be enough.
     */
    String startLeaders(List<Partition> partitions) {
        var down = new TreeSet<Integer>();
        var failed = new TreeSet<Integer>();
        boolean price = false;
        for (Partition it : partitions) {
            var complete = new TreeSet<>(it.inSync());
            complete.addAll(it.eligible());
            if (complete.isEmpty()) complete.addAll(it.replicas());
            var inFailed = new TreeSet<>(complete);
            inFailed.removeIf(id -> !cluster.isUp(id) || !it.failed().contains(id));
            complete.removeIf(cluster::isUp);
            price |= complete.isEmpty() && inFailed.isEmpty();
            failed.addAll(inFailed);
            down.addAll(complete);
        }
        var parts = new ArrayList<String>();
        if (!failed.isEmpty()) parts.add(repair(failed));
        if (!down.isEmpty()) parts.add("start broker " + joined(down));
        if (price)
            parts.add("no replica is known to have all records, and an unclean election loses those that the new"
                    + " leader does not have: that is your decision");
        return String.join("; ", parts);
    }

    private static String repair(SortedSet<Integer> brokers) {
        return "repair the failed log directory of broker " + joined(brokers) + ", and restart it";
    }

    /** One replica more for each. */
    String moreReplicas(List<Partition> partitions) {
        var placement = new Placement(cluster);
        return changed(partitions, placement::oneMore, "start one more broker, and run this again");
    }

    /** One replica of each moves to another rack. */
    String spread(List<Partition> partitions) {
        var placement = new Placement(cluster);
        Set<String> racks = cluster.up().stream()
                .map(id -> cluster.brokers().get(id).rack())
                .collect(Collectors.toSet());
        List<Integer> elsewhere = cluster.brokers().values().stream()
                .filter(it -> !it.isUp() && it.rack() != null && !racks.contains(it.rack()))
                .map(Broker::id)
                .toList();
        String start = elsewhere.isEmpty() ? "a broker" : "broker " + joined(elsewhere) + ", or one";
        return changed(partitions, placement::spread, "start " + start + " in another rack, and run this again");
    }

    /** Replicas on brokers that are no longer registered move to others. */
    String withoutUnregistered(List<Partition> partitions) {
        var placement = new Placement(cluster);
        return changed(partitions, placement::withoutUnregistered, "start one more broker, and run this again");
    }

    /** For partitions all of whose replicas must be in sync: one more replica, otherwise one fewer that must. */
    String spareReplica(List<Partition> partitions) {
        var placement = new Placement(cluster);
        Map<Boolean, List<Partition>> room =
                partitions.stream().collect(Collectors.partitioningBy(it -> placement.oneMore(it) != null));
        var parts = new ArrayList<String>();
        if (!room.get(false).isEmpty()) parts.add(fewerInSync(room.get(false)));
        if (!room.get(true).isEmpty()) parts.add(moreReplicas(room.get(true)));
        return String.join("; ", parts);
    }

    /** For partitions that have too few replicas for min.insync.replicas. */
    String fewerInSync(List<Partition> partitions) {
        return lowered(partitions, it -> it.replicas().size() - 1);
    }

    /** For replicas that are not in sync. */
    String bringInSync(List<Partition> partitions) {
        var remedies = new ArrayList<String>();
        var down = new TreeSet<Integer>();
        var lagging = new TreeSet<Integer>();
        var failed = new TreeSet<Integer>();
        List<Partition> abandoned =
                partitions.stream().filter(this::isAbandoned).toList();
        for (Partition it : partitions)
            for (int id : cluster.missing(it)) {
                if (cluster.isUp(id)) (it.failed().contains(id) ? failed : lagging).add(id);
                else if (!isUnregistered(id) || !isAbandoned(it)) down.add(id);
            }
        if (!abandoned.isEmpty()) remedies.add(withoutUnregistered(abandoned));
        if (!down.isEmpty()) remedies.add("start broker " + joined(down));
        if (!failed.isEmpty()) remedies.add(repair(failed));
        if (!lagging.isEmpty()) remedies.add("find out why broker " + joined(lagging) + " lags");
        return String.join("; ", remedies);
    }

    /** Whether a replica is on a broker that is no longer registered, and can be copied from another one. */
    boolean isAbandoned(Partition it) {
        return it.replicas().stream().anyMatch(this::isUnregistered)
                && it.inSync().stream().anyMatch(id -> !cluster.missing(it).contains(id));
    }

    private boolean isUnregistered(int id) {
        return cluster.brokers().get(id).state() == Broker.State.UNREGISTERED;
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

    String cleanElection(List<Partition> partitions) {
        var settings = new TreeMap<String, String>();
        partitions.forEach(it -> settings.put(it.id().topic(), "unclean.leader.election.enable=false"));
        return run(more(settings.size()) + configs(settings));
    }

    String moves() {
        return "wait until it has been moved: " + commands.moves();
    }

    String toEarliest(List<StrayOffset> offsets) {
        return "stop the group's members, then: "
                + more(offsets.size())
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
        return new Prediction(cluster).elects(Set.of()) ? command : "start the controllers; then: " + command;
    }

    private String changed(List<Partition> partitions, Function<Partition, List<Integer>> change, String otherwise) {
        var replicas = new TreeMap<PartitionId, List<Integer>>();
        var minInSync = new TreeMap<String, Integer>();
        var notSeen = new TreeSet<String>(); // topics
        var cordoned = new TreeSet<Integer>(); // brokers
        boolean all = true;
        for (Partition it : partitions) {
            if (replicas.size() == AT_ONCE) break;
            if (it.minInSync() == 0) {
                notSeen.add(it.id().topic());
                continue;
            }
            List<Integer> changed = change.apply(it);
            if (changed == null) {
                List<Integer> refused = it.replicas().stream()
                        .filter(id -> !cluster.takesReplicas(id))
                        .toList();
                cordoned.addAll(refused);
                all &= !refused.isEmpty();
                continue;
            }
            replicas.put(it.id(), changed);
            if (it.minIsAboveReplicas())
                minInSync.merge(it.id().topic(), it.replicas().size(), Math::min);
        }
        var parts = new ArrayList<String>();
        if (!all) parts.add(otherwise);
        if (!cordoned.isEmpty())
            parts.add("let broker %s take replicas again (cordoned.log.dirs), and run this again"
                    .formatted(joined(cordoned)));
        if (!notSeen.isEmpty())
            parts.add("let this client see min.insync.replicas of " + joined(notSeen)
                    + " (DESCRIBE_CONFIGS), and run this again");
        String others = String.join("; ", parts);
        if (replicas.isEmpty()) return others;
        if (!others.isEmpty()) others += "; for the others: ";
        String first = minInSync.isEmpty() ? "" : configs(minInSyncs(minInSync)) + "; ";
        return others + again(minInSync) + run(more(partitions.size()) + first + commands.reassign(replicas));
    }

    /** A lower min.insync.replicas also protects partitions less that need not be changed. */
    private String again(SortedMap<String, Integer> lowered) {
        var before = new TreeMap<String, Integer>();
        for (Partition it : cluster.partitions().values())
            if (lowered.containsKey(it.id().topic()) && it.replicas().size() > it.minInSync())
                before.put(it.id().topic(), it.minInSync());
        return before.entrySet().stream()
                .map(it -> "when all replicas of %s are in sync, set min.insync.replicas=%d again; now: "
                        .formatted(it.getKey(), it.getValue()))
                .collect(Collectors.joining());
    }

    /** @param to the value that a partition needs; the topic's is not raised, and never below 1 */
    private String lowered(List<Partition> partitions, Function<Partition, Integer> to) {
        var minInSync = new TreeMap<String, Integer>();
        for (Partition it : partitions)
            minInSync.merge(it.id().topic(), Math.max(1, Math.min(it.minInSync(), to.apply(it))), Math::min);
        return run(more(minInSync.size()) + configs(minInSyncs(minInSync)));
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
