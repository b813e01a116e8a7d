package lab.doctor;

import static lab.doctor.Questions.PATIENCE_MS;

import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import lab.common.Connection;
import lab.prediction.*;
import lab.prediction.Cluster;
import lab.prediction.Quorum.State;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.*;
import org.apache.kafka.common.errors.UnsupportedVersionException;

/** Asks for everything that a report needs, in few requests. */
class Reader {
    private final Clients clients;
    private final Admin admin;
    private final Set<String> only;
    private final Questions questions = new Questions();

    /** @param only the topics to report; empty: all */
    Reader(Connection connection, Set<String> only) throws InterruptedException {
        clients = new Clients(connection);
        admin = connection.connect();
        this.only = only;
    }

    Snapshot read() throws Exception {
        // asked first, because these take longest where something is down
        var brokerReader = new BrokerReader(admin, questions);
        KafkaFuture<QuorumInfo> quorumAsked = clients.another(2_000)
                .describeMetadataQuorum(new DescribeMetadataQuorumOptions().timeoutMs(PATIENCE_MS))
                .quorumInfo();
        var topicReader = new TopicReader(admin, questions);
        SortedMap<String, TopicDescription> topics = topicReader.read(only);
        var groupReader = new GroupReader(clients, admin, questions, topics, only);
        Collection<GroupListing> groups = groupReader.groups();
        List<Keeper> keepers = groupReader.keepers(groups);
        Quorum quorum = quorum(quorumAsked);
        SortedMap<PartitionId, Partition> partitions = topicReader.partitions(topics, moving(quorum));
        if (partitions.isEmpty())
            questions.note(
                    true,
                    new NotSeen("any topic", List.of(), ". There is none, or this client may not see one (DESCRIBE)."));
        SortedMap<Integer, Broker> brokers = brokerReader.read(partitions.values().stream()
                .flatMap(it -> it.replicas().stream())
                .collect(Collectors.toSet()));
        var cluster = new Cluster(brokers, quorum, partitions);
        Map<String, Map<TopicPartition, OffsetAndMetadata>> committed = groupReader.committedNow(groups, cluster);
        SortedMap<Integer, Map<String, String>> settings = brokerReader.settings(cluster.up());
        boolean coordinators = seesCoordinators(cluster);
        if (!only.isEmpty()) {
            Set<PartitionId> kept = keepers.stream().map(Keeper::partition).collect(Collectors.toSet());
            partitions.keySet().removeIf(id -> !only.contains(id.topic()) && !kept.contains(id));
        }
        noteUnknownFates(cluster);
        noteUnknownRacks(cluster);
        return new Snapshot(
                cluster,
                topics.keySet(),
                brokerReader.uses("share.version"),
                keepers,
                settings,
                stray(groups, committed, cluster),
                hanging(cluster, coordinators),
                questions.notSeen(),
                questions.seesEnough());
    }

    /** Whether __transaction_state is seen, and each of its partitions has a leader. */
    static boolean seesCoordinators(Cluster cluster) {
        var prediction = new Prediction(cluster);
        List<Partition> coordinators = cluster.partitions().values().stream()
                .filter(it -> it.id().topic().equals(GroupReader.TRANSACTIONS))
                .toList();
        return !coordinators.isEmpty()
                && coordinators.stream().allMatch(it -> prediction.now(it).leader() != null);
    }

    private List<HangingTransaction> hanging(Cluster cluster, boolean coordinators) throws InterruptedException {
        var prediction = new Prediction(cluster);
        List<TopicPartition> readable = cluster.partitions().values().stream()
                .filter(it -> prediction.now(it).leader() != null)
                .map(Partition::id)
                .filter(it -> only.isEmpty() || only.contains(it.topic()))
                .map(it -> new TopicPartition(it.topic(), it.number()))
                .toList();
        return new TransactionReader(admin, questions).read(readable, coordinators);
    }

    private List<StrayOffset> stray(
            Collection<GroupListing> groups,
            Map<String, Map<TopicPartition, OffsetAndMetadata>> committed,
            Cluster cluster)
            throws InterruptedException {
        Map<String, String> kinds = groups.stream()
                .collect(Collectors.toMap(GroupListing::groupId, GroupReader::kindOf, (one, other) -> one));
        var prediction = new Prediction(cluster);
        return new OffsetReader(admin).read(kinds, committed, at -> {
            Partition it = cluster.partitions().get(new PartitionId(at.topic(), at.partition()));
            boolean wanted = only.isEmpty() || only.contains(at.topic());
            return wanted && it != null && prediction.now(it).leader() != null;
        });
    }

    /** Whether acks=all is refused where min.insync.replicas is above the number of replicas depends on the version. */
    private void noteUnknownFates(Cluster cluster) {
        var prediction = new Prediction(cluster);
        List<String> unknown = cluster.partitions().values().stream()
                .filter(it -> it.minInSync() > 0 && prediction.now(it).fate() == Fate.NOT_KNOWN)
                .map(it -> it.id().toString())
                .toList();
        if (!unknown.isEmpty())
            questions.note(
                    true,
                    new NotSeen(
                            "whether acks=all is accepted, because the leader's version is not known, of",
                            unknown,
                            ". Before Kafka 3.7, min.insync.replicas above the number of replicas refuses it."));
    }

    private void noteUnknownRacks(Cluster cluster) {
        List<Integer> without = cluster.up().stream()
                .filter(id -> cluster.brokers().get(id).rack() == null)
                .toList();
        if (without.isEmpty()) return;
        boolean all = without.size() == cluster.up().size();
        String whose =
                all ? "no broker has a broker.rack" : "broker " + Remedies.joined(without) + " has no broker.rack";
        questions.note(
                false,
                new NotSeen(
                        "racks",
                        List.of(),
                        ": " + whose + ". So which replicas one power failure can take at once is not known."));
    }

    private Quorum quorum(KafkaFuture<QuorumInfo> asked) throws InterruptedException {
        try {
            QuorumInfo quorum = asked.get();
            long newest = quorum.voters().stream()
                    .mapToLong(it -> it.lastCaughtUpTimestamp().orElse(0))
                    .max()
                    .orElse(0);
            var voters = new TreeMap<Integer, Boolean>();
            // In ms. A controller that follows asks its leader every 0.5 s, and becomes a candidate after 2 s without
            // it.
            long behind = newest - 5_000;
            for (QuorumInfo.ReplicaState it : quorum.voters())
                voters.put(it.replicaId(), it.lastCaughtUpTimestamp().orElse(0) > behind);
            return new Quorum(State.LED, voters);
        } catch (ExecutionException failed) {
            boolean late = Questions.isLate(failed);
            String why = failed.getCause() instanceof UnsupportedVersionException
                    ? ": the brokers do not know this request (ZooKeeper, or before Kafka 3.3)."
                    : ": " + Questions.reason(failed);
            if (!late) why += " The predictions assume that a controller leads after each failure.";
            questions.note(true, new NotSeen("controllers", List.of(), why));
            return Quorum.unseen(late ? State.NO_LEADER : State.NOT_KNOWN);
        }
    }

    /** A controller answers this question. */
    private Set<TopicPartition> moving(Quorum quorum) throws InterruptedException {
        if (quorum.state() == State.NO_LEADER) return Set.of();
        var options = new ListPartitionReassignmentsOptions().timeoutMs(PATIENCE_MS);
        Map<TopicPartition, PartitionReassignment> none = Map.of();
        return questions
                .ask(
                        "partitions that are being moved",
                        admin.listPartitionReassignments(options).reassignments(),
                        none,
                        false)
                .keySet();
    }
}
