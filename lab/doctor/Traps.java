package lab.doctor;

import java.util.*;
import java.util.function.Predicate;
import java.util.stream.*;
import lab.prediction.*;

/** What works now, and would not after one more failure. */
class Traps {
    private static final String START_ELSEWHERE = "start a broker in another rack (broker.rack), and run this again";

    private final Snapshot seen;
    private final Cluster cluster;
    private final Remedies remedies;
    private final Placement placement;

    Traps(Snapshot seen, Remedies remedies) {
        this.seen = seen;
        cluster = seen.cluster();
        this.remedies = remedies;
        placement = new Placement(cluster);
    }

    List<Finding> findings() {
        var found = new Findings();
        brokers(found);
        replicas(found);
        settings(found);
        racks(found);
        controllers(found);
        offsets(found);
        return found.all();
    }

    private void brokers(Findings found) {
        List<Partition> abandoned = such(remedies::isAbandoned);
        String startWithDisk = "start it with its disk";
        found.nodes(
                "down",
                "broker",
                in(Broker.State.DOWN),
                "It has replicas, and the metadata do not list it as running: it is down, it hangs, or it does not reach"
                        + " the controllers.",
                start(Broker.State.DOWN) + "; if it runs, restart it");
        boolean led = cluster.quorum().state() != Quorum.State.NO_LEADER;
        String correct = "correct the address in its advertised.listeners";
        String silent = "It did not respond within %d s, and ".formatted(Questions.PATIENCE_MS / 1000);
        found.nodes(
                "unresponsive",
                "broker",
                in(Broker.State.UNRESPONSIVE),
                "The metadata list it as running. " + silent
                        + (led
                                ? "no controller hears from it: it is down, or it hangs."
                                : "no controller can tell whether it runs: it is down, it hangs, or its address cannot be"
                                        + " reached from here (advertised.listeners).")
                        + " The predictions take it as down.",
                start(Broker.State.UNRESPONSIVE) + "; if it runs, restart it" + (led ? "" : ", or " + correct));
        List<Integer> unreachable = in(Broker.State.UNREACHABLE);
        found.nodes(
                "unreachable from here",
                "broker",
                unreachable,
                silent
                        + "the controllers hear from it: its address cannot be reached from here (advertised.listeners), or"
                        + " it hangs. Clients here cannot use what it leads. The predictions take it as up.",
                correct + " (%s), and restart it".formatted(addresses(unreachable)));
        found.nodes(
                "unregistered",
                "broker",
                in(Broker.State.UNREGISTERED),
                "It has replicas, and the cluster has no registration of it.",
                abandoned.isEmpty()
                        ? startWithDisk
                        : startWithDisk + ", or move its replicas: " + remedies.withoutUnregistered(abandoned));
    }

    /** Those that have replicas: a broker that was taken out of service may still be registered. */
    private List<Integer> in(Broker.State state) {
        Set<Integer> withReplicas = cluster.partitions().values().stream()
                .flatMap(it -> it.replicas().stream())
                .collect(Collectors.toSet());
        return cluster.brokers().values().stream()
                .filter(it -> it.state() == state && withReplicas.contains(it.id()))
                .map(Broker::id)
                .toList();
    }

    private String addresses(List<Integer> ids) {
        return ids.stream().map(id -> cluster.brokers().get(id).address()).collect(Collectors.joining(", "));
    }

    private String start(Broker.State state) {
        return "start broker " + Remedies.joined(in(state));
    }

    private void replicas(Findings found) {
        found.partitions(
                "being moved",
                cluster.partitions().values().stream().filter(Partition::moving).toList(),
                "Its replicas are being changed. Predictions count the old and the new ones as they are now.",
                it -> remedies.moves());
        found.partitions(
                "out of sync",
                such(it -> !cluster.missing(it).isEmpty()),
                "Fewer replicas have the newest records than intended.",
                remedies::bringInSync);
        found.partitions(
                "one replica",
                such(it -> it.replicas().size() == 1 && !it.internal()),
                "It stops with its broker, and is lost with its broker's disk.",
                it -> remedies.onceInSync(it, remedies::moreReplicas));
        found.partitions(
                "one replica of Kafka's own topics",
                such(it -> it.replicas().size() == 1 && it.internal()),
                "Groups, transactions or share groups stop with one broker, and their state is lost with its disk.",
                it -> remedies.onceInSync(it, remedies::moreReplicas));
        found.partitions(
                "another leader",
                such(it ->
                        it.leader() != null && !it.leader().equals(it.replicas().get(0))),
                "Its first replica does not lead, so one broker has more work than intended. " + howLong(),
                remedies::elect);
    }

    /** leader.imbalance.check.interval.seconds: how often the controller itself elects the first replicas. */
    private String howLong() {
        String seconds = seen.setting("leader.imbalance.check.interval.seconds");
        if (seconds == null) return "How long this lasts is not known.";
        boolean byItself = "true".equals(seen.setting("auto.leader.rebalance.enable"));
        return byItself
                ? "The controller changes that within " + seconds + " s, if the first replica is in sync."
                : "It lasts until an election: auto.leader.rebalance.enable is false.";
    }

    private void settings(Findings found) {
        found.topics(
                "unclean election",
                such(Partition::unclean),
                "A replica without the newest records may lead: acknowledged records can be lost.",
                it -> remedies.onceInSync(it, remedies::cleanElection));
        found.topics(
                "min.insync.replicas 1",
                such(it -> it.replicas().size() > 2 && it.minInSync() == 1 && !it.internal()),
                "acks=all is acknowledged when one broker has the record, although there are three replicas or more. A"
                        + " higher min.insync.replicas protects more, and refuses records while too few replicas are in"
                        + " sync: decide which of the two the topic needs.",
                it -> "");
        found.topics(
                "all must be in sync",
                such(it -> it.replicas().size() > 1
                        && it.minInSync() >= it.replicas().size()),
                "min.insync.replicas is the number of replicas, or more: while one is down, acks=all is refused.",
                it -> remedies.onceInSync(it, remedies::spareReplica));
        new InternalTopics(seen, remedies).others(found);
    }

    private void racks(Findings found) {
        Set<String> racks = cluster.brokers().values().stream()
                .map(Broker::rack) // also of those that are down
                .filter(Objects::nonNull)
                .collect(Collectors.toCollection(TreeSet::new));
        String means = "One power failure can take all replicas at once, and with them acknowledged records that are"
                + " only in the machines' page caches.";
        boolean unknown = cluster.brokers().values().stream().anyMatch(it -> it.isUp() && it.rack() == null);
        if (racks.size() > 1 || unknown)
            found.partitions(
                    "one rack",
                    such(it -> placement.isInOneRack(it.replicas())),
                    means,
                    it -> remedies.onceInSync(it, remedies::spread));
        if (racks.size() == 1 && !unknown && cluster.up().size() > 1)
            found.add("one rack", "rack", List.copyOf(racks), "All brokers are in it. " + means, START_ELSEWHERE);
    }

    private void controllers(Findings found) {
        SortedMap<Integer, Boolean> voters = cluster.quorum().voters();
        int majority = cluster.quorum().majority();
        if (voters.size() == 1)
            found.nodes(
                    "one controller",
                    "controller",
                    voters.keySet(),
                    "While it is down, no partition gets a new leader.",
                    remedies.moreControllers());
        if (voters.size() == 2)
            found.nodes(
                    "two controllers",
                    "controller",
                    voters.keySet(),
                    "While one of them is down, no partition gets a new leader.",
                    remedies.moreControllers());
        List<Integer> behind = remedies.controllersDown();
        found.nodes(
                "down",
                "controller",
                behind,
                "It does not follow the others. With fewer than %d of %d, no partition gets a new leader."
                        .formatted(majority, voters.size()),
                "start controller " + Remedies.joined(behind));
    }

    private void offsets(Findings found) {
        for (boolean beyond : List.of(true, false))
            for (String kind : Stops.KEEPERS) {
                List<StrayOffset> stray = seen.offsets().stream()
                        .filter(it -> it.isBeyondEnd() == beyond && it.kind().equals(kind))
                        .toList();
                if (stray.isEmpty()) continue;
                found.add(
                        beyond ? "offset beyond the end" : "offset below the start",
                        kind,
                        stray.stream().map(StrayOffset::toString).toList(),
                        (beyond
                                        ? "The log is shorter than what the group has read: records were lost, or the"
                                                + " topic was deleted and created again."
                                        : "Records were deleted before the group read them.")
                                + " auto.offset.reset decides where its members go on: with latest, they skip records.",
                        remedies.toEarliest(stray));
            }
    }

    /** The partitions that match, without those that are being moved: these have a finding of their own. */
    private List<Partition> such(Predicate<Partition> matches) {
        return cluster.partitions().values().stream()
                .filter(it -> !it.moving() && matches.test(it))
                .toList();
    }
}
