package lab.doctor;

import java.util.*;
import java.util.function.Function;
import java.util.stream.*;
import lab.prediction.*;
import lab.prediction.Outcome.Cause;

/** What has stopped already, and what would stop if a broker failed. What has stopped already is not counted again. */
class Stops {
    /** What stores its state in Kafka's own topics. */
    static final List<String> KEEPERS =
            List.of("group", "Connect group", "Streams group", "transactional id", "share group");

    private final Snapshot seen;
    private final Cluster cluster;
    private final Prediction prediction;
    private final Remedies remedies;

    Stops(Snapshot seen, Remedies remedies) {
        this.seen = seen;
        cluster = seen.cluster();
        prediction = new Prediction(cluster);
        this.remedies = remedies;
    }

    // ---- what has stopped already ----

    List<Finding> now() {
        var found = new Findings();
        if (!prediction.elects(Set.of()))
            found.add(
                    "no controller",
                    "controller",
                    List.of(),
                    whyNoController() + " No leader is elected, no in-sync set changes, no topic can be created.",
                    "start the controller, or more than half of the controllers");
        new InternalTopics(seen, remedies).offsets(found);
        found.partitions(
                "no leader",
                stopped(Fate.NO_LEADER, Cause.NO_REPLICA),
                "Nothing can be written or read: no replica that has all records is up.",
                remedies::startLeaders);
        found.partitions(
                "no leader",
                stopped(Fate.NO_LEADER, Cause.NO_CONTROLLER),
                "Nothing can be written or read: the leader is down, and no controller elects another one.",
                it -> "");
        found.partitions(
                "no leader",
                stopped(Fate.NO_LEADER, Cause.NOT_ELECTED_YET),
                "Nothing can be written or read: the leader does not respond, and no other one has been elected yet.",
                it -> "wait for broker.session.timeout.ms (9 s by default), and run this again");
        found.partitions(
                "no acks=all",
                stopped(Fate.NO_WRITES, Cause.TOO_FEW_IN_SYNC),
                "Producers with acks=all are refused: fewer replicas are in sync than min.insync.replicas.",
                it -> remedies.onceInSync(it, remedies::fewerInSync));
        found.partitions(
                "no acks=all",
                stopped(Fate.NO_WRITES, Cause.NO_CONTROLLER),
                "Producers with acks=all wait in vain: a replica is down, and no controller takes it out of the in-sync"
                        + " set.",
                it -> "");
        if (!seen.hanging().isEmpty())
            found.add(
                    "hanging transaction",
                    "partition",
                    seen.hanging().stream().map(HangingTransaction::toString).toList(),
                    "Consumers with isolation.level=read_committed wait there for ever: the transaction is open in the"
                            + " log, and no coordinator will end it. An unclean election can remove a transaction's end"
                            + " (KAFKA-20716). The command aborts it: these consumers never receive its records, also if"
                            + " it had been committed.",
                    remedies.abort(seen.hanging()));
        return found.all();
    }

    private String whyNoController() {
        Quorum quorum = cluster.quorum();
        return quorum.state() == Quorum.State.NO_LEADER
                ? "No controller responded within %d s.".formatted(Questions.PATIENCE_MS / 1000)
                : "Fewer than %d of %d controllers are up."
                        .formatted(quorum.majority(), quorum.voters().size());
    }

    private List<Partition> stopped(Fate fate, Cause cause) {
        return cluster.partitions().values().stream()
                .filter(it -> {
                    Outcome now = prediction.now(it);
                    return now.fate() == fate && now.cause() == cause;
                })
                .toList();
    }

    // ---- what would stop ----

    /** @param broken the broker that fails */
    List<Finding> after(int broken) {
        var found = new Findings();
        boolean electedNow = prediction.elects(Set.of());
        if (electedNow && !prediction.elects(Set.of(broken)))
            found.nodes(
                    "no controller",
                    "broker",
                    List.of(broken),
                    "It is a controller as well, and fewer than %d of %d would be left: no leader would be elected."
                            .formatted(
                                    cluster.quorum().majority(),
                                    cluster.quorum().voters().size()),
                    remedies.moreControllers());
        found.partitions(
                "no leader",
                becoming(broken, Fate.NO_LEADER, Cause.NO_REPLICA),
                "Nothing could be written or read: no other replica is in sync. Acknowledged records are only in this"
                        + " machine's page cache and on its disk.",
                it -> remedies.onceInSync(it, remedies::moreReplicas));
        found.partitions(
                "no leader",
                becoming(broken, Fate.NO_LEADER, Cause.NO_CONTROLLER),
                "Nothing could be written or read: no controller would elect another leader.",
                it -> "");
        found.partitions(
                "records lost",
                becoming(broken, Fate.LOSSY, Cause.NO_REPLICA),
                "unclean.leader.election.enable: a replica without the newest records would lead at once, and those"
                        + " records would be lost.",
                it -> remedies.onceInSync(it, remedies::moreReplicas));
        found.partitions(
                "no acks=all",
                becoming(broken, Fate.NO_WRITES, Cause.TOO_FEW_IN_SYNC),
                "Producers with acks=all would be refused: fewer replicas in sync than min.insync.replicas.",
                it -> remedies.onceInSync(it, remedies::spareReplica));
        found.partitions(
                "no acks=all",
                becoming(broken, Fate.NO_WRITES, Cause.NO_CONTROLLER),
                "Producers with acks=all would wait in vain: no controller would take this broker out of the in-sync"
                        + " set.",
                it -> "");
        for (String kind : KEEPERS) {
            keepers(found, broken, kind, "out of reach", Fate.NO_LEADER, "No coordinator: its state cannot be read.");
            keepers(found, broken, kind, "state lost", Fate.LOSSY, "The newest part of its state would be lost.");
            keepers(
                    found,
                    broken,
                    kind,
                    "cannot store its state",
                    Fate.NO_WRITES,
                    "Its coordinator runs, and cannot store anything: no commit, no rebalance, no end of a"
                            + " transaction.");
        }
        return found.all();
    }

    private List<Partition> becoming(int broken, Fate fate, Cause cause) {
        return cluster.partitions().values().stream()
                .filter(it -> becomes(it, broken, fate)
                        && prediction.after(it, Set.of(broken)).cause() == cause)
                .toList();
    }

    /** Not if it will, as soon as the cluster notices what is down already. */
    private boolean becomes(Partition it, int broken, Fate fate) {
        return it != null
                && prediction.after(it, Set.of(broken)).fate() == fate
                && prediction.after(it, Set.of()).fate() != fate
                && prediction.now(it).fate() != fate;
    }

    private void keepers(Findings found, int broken, String kind, String what, Fate fate, String means) {
        List<Keeper> keepers = seen.keepers().stream()
                .filter(it ->
                        it.kind().equals(kind) && becomes(cluster.partitions().get(it.partition()), broken, fate))
                .toList();
        if (keepers.isEmpty()) return;
        List<String> names = keepers.stream().map(Keeper::name).distinct().toList();
        List<Partition> in = keepers.stream()
                .map(Keeper::partition)
                .distinct()
                .sorted()
                .map(cluster.partitions()::get)
                .toList();
        List<Partition> byReplicas = in.stream()
                .filter(it -> prediction.after(it, Set.of(broken)).cause() != Cause.NO_CONTROLLER)
                .toList();
        String mend = byReplicas.isEmpty()
                ? ""
                : remedies.onceInSync(
                        byReplicas, fate == Fate.NO_WRITES ? remedies::spareReplica : remedies::moreReplicas);
        found.add(what, kind, names, means + " It is in " + Remedies.joined(idsOf(in)) + ".", mend);
    }

    private static List<PartitionId> idsOf(List<Partition> partitions) {
        return partitions.stream().map(Partition::id).toList();
    }
}
