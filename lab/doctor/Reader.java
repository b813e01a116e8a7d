package lab.doctor;

import static lab.doctor.Questions.PATIENCE_MS;

import java.util.*;
import java.util.stream.Collectors;
import lab.common.Connection;
import lab.prediction.*;
import lab.prediction.Cluster;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.*;

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
        var quorumReader = new QuorumReader(clients, questions);
        var topicReader = new TopicReader(admin, questions);
        SortedMap<String, TopicDescription> topics = topicReader.read(only);
        var groupReader = new GroupReader(clients, admin, questions, topics, only);
        Collection<GroupListing> groups = groupReader.groups();
        List<Keeper> keepers = groupReader.keepers(groups);
        SortedMap<Integer, Broker> listed = brokerReader.read(TopicReader.brokers(topics));
        Quorum quorum = quorumReader.read(listed);
        SortedMap<Integer, Broker> judged = quorumReader.judged(listed, quorum);
        var directories = new LogDirectoryReader(admin, questions, judged);
        SortedMap<Integer, Broker> brokers = directories.marked(judged);
        SortedMap<PartitionId, Partition> partitions = topicReader.partitions(topics, moving(quorum));
        directories.markFailed(partitions);
        if (partitions.isEmpty())
            questions.note(
                    true,
                    new NotSeen("any topic", List.of(), ". There is none, or this client may not see one (DESCRIBE)."));
        var cluster = new Cluster(brokers, quorum, partitions);
        Map<String, Map<TopicPartition, OffsetAndMetadata>> committed = groupReader.committedNow(groups, cluster);
        SortedMap<Integer, Map<String, String>> settings = brokerReader.settings(brokers.values().stream()
                .filter(Broker::responds)
                .map(Broker::id)
                .collect(Collectors.toSet()));
        boolean coordinators = seesCoordinators(cluster);
        if (!only.isEmpty()) {
            Set<PartitionId> kept = keepers.stream().map(Keeper::partition).collect(Collectors.toSet());
            partitions.keySet().removeIf(id -> !only.contains(id.topic()) && !kept.contains(id));
        }
        noteSilentBrokers(cluster);
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

    /** Whether __transaction_state is seen, and each of its partitions has a leader that responds. */
    static boolean seesCoordinators(Cluster cluster) {
        List<Partition> coordinators = cluster.partitions().values().stream()
                .filter(it -> it.id().topic().equals(GroupReader.TRANSACTIONS))
                .toList();
        return !coordinators.isEmpty() && coordinators.stream().allMatch(it -> isReadable(cluster, it));
    }

    /** Whether it has a leader that responds. */
    static boolean isReadable(Cluster cluster, Partition it) {
        Integer leader = new Prediction(cluster).now(it).leader();
        return leader != null && cluster.responds(leader);
    }

    private List<HangingTransaction> hanging(Cluster cluster, boolean coordinators) throws InterruptedException {
        List<TopicPartition> readable = cluster.partitions().values().stream()
                .filter(it -> isReadable(cluster, it))
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
        return new OffsetReader(admin).read(kinds, committed, at -> {
            Partition it = cluster.partitions().get(new PartitionId(at.topic(), at.partition()));
            boolean wanted = only.isEmpty() || only.contains(at.topic());
            return wanted && it != null && isReadable(cluster, it);
        });
    }

    /** What they lead cannot be read, and their settings and versions are not seen. */
    private void noteSilentBrokers(Cluster cluster) {
        for (Broker it : cluster.brokers().values()) {
            if (!it.isUp() || it.responds()) continue;
            boolean runs = it.state() == Broker.State.UNREACHABLE;
            questions.note(
                    true,
                    new NotSeen(
                            "broker",
                            List.of("" + it.id()),
                            ": no answer from %s within %d s.".formatted(it.address(), PATIENCE_MS / 1000)
                                    + (runs
                                            ? " The controllers hear from it, so the predictions take it as up."
                                            : " The metadata list it as running, and whether that is so is not known.")));
        }
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

    /** A controller answers this question. */
    private Set<TopicPartition> moving(Quorum quorum) throws InterruptedException {
        if (quorum.state() == Quorum.State.NO_LEADER) return Set.of();
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
