package lab.doctor;

import static lab.doctor.Questions.PATIENCE_MS;

import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import lab.prediction.*;
import lab.prediction.Cluster;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.*;

/** Reads groups of all kinds and transactional ids, and finds the partitions in which Kafka stores their state. */
class GroupReader {
    static final String OFFSETS = "__consumer_offsets";
    static final String TRANSACTIONS = "__transaction_state";
    static final String SHARES = "__share_group_state";

    private static final int MORE_CLIENTS = 20;

    private final Clients more;
    private final Admin admin;
    private final Questions questions;
    private final Map<String, TopicDescription> topics;
    private final Set<String> only; // topics; empty: all

    GroupReader(
            Clients more, Admin admin, Questions questions, Map<String, TopicDescription> topics, Set<String> only) {
        this.more = more;
        this.admin = admin;
        this.questions = questions;
        this.topics = topics;
        this.only = only;
    }

    List<Keeper> keepers(Collection<GroupListing> groups) throws InterruptedException {
        var keepers = new ArrayList<Keeper>();
        if (has(OFFSETS)) {
            Map<String, Set<TopicPartition>> reads = readByShareGroups(groups);
            if (!only.isEmpty()) reads.putAll(readByGroups(groups));
            for (GroupListing group : groups)
                keepers.addAll(keepersOf(group, reads.getOrDefault(group.groupId(), Set.of())));
        }
        if (has(TRANSACTIONS) && only.isEmpty()) {
            var options = new ListTransactionsOptions().timeoutMs(PATIENCE_MS);
            KafkaFuture<Collection<TransactionListing>> all =
                    admin.listTransactions(options).all();
            for (TransactionListing it : questions.ask("transactions", all, List.<TransactionListing>of(), true))
                keepers.add(keeper("transactional id", it.transactionalId(), TRANSACTIONS, it.transactionalId()));
        }
        keepers.sort(Comparator.comparing(Keeper::name));
        return keepers;
    }

    Collection<GroupListing> groups() throws InterruptedException {
        if (!has(OFFSETS)) return List.of();
        ListGroupsResult asked = admin.listGroups(new ListGroupsOptions().timeoutMs(PATIENCE_MS));
        Collection<Throwable> refused = questions.ask("groups", asked.errors(), List.of(), true);
        if (!refused.isEmpty()) {
            String why = ": "
                    + Questions.reason(new ExecutionException(refused.iterator().next()));
            questions.note(true, new NotSeen("groups of %d brokers".formatted(refused.size()), List.of(), why));
        }
        return questions.ask("groups", asked.valid(), List.of(), true);
    }

    /** What the group is, in words. Brokers before Kafka 3.8 do not report its type. */
    static String kindOf(GroupListing group) {
        if (isShare(group)) return "share group";
        if (group.type().filter(GroupType.STREAMS::equals).isPresent()) return "Streams group";
        return group.protocol().equals("connect") ? "Connect group" : "group";
    }

    /** The offsets or the membership of a group; and a share group's state, for each partition that it reads. */
    private List<Keeper> keepersOf(GroupListing group, Set<TopicPartition> reads) {
        String id = group.groupId();
        if (!only.isEmpty() && reads.stream().map(TopicPartition::topic).noneMatch(only::contains)) return List.of();
        var keepers = new ArrayList<>(List.of(keeper(kindOf(group), id, OFFSETS, id)));
        if (isShare(group) && has(SHARES))
            for (TopicPartition at : reads)
                if (has(at.topic())) {
                    Uuid topic = topics.get(at.topic()).topicId();
                    String key = id + ":" + topic + ":" + at.partition(); // as SharePartitionKey.asCoordinatorKey
                    keepers.add(keeper(kindOf(group), id, SHARES, key));
                }
        return keepers;
    }

    private static boolean isShare(GroupListing group) {
        return group.type().filter(GroupType.SHARE::equals).isPresent();
    }

    /**
     * A broker answers a connection's requests one after the other, and does not answer for a group whose state is out
     * of reach. So while there may be such a group, no other group waits on its connection. The broker asks other
     * brokers for the state, which takes seconds while one of them is down.
     */
    private Map<String, Set<TopicPartition>> readByShareGroups(Collection<GroupListing> groups)
            throws InterruptedException {
        boolean outOfReach =
                has(SHARES) && topics.get(SHARES).partitions().stream().anyMatch(it -> it.leader() == null);
        var clients = new ArrayList<Admin>();
        var answers = new TreeMap<String, KafkaFuture<Set<TopicPartition>>>();
        for (String id : groups.stream()
                .filter(GroupReader::isShare)
                .map(GroupListing::groupId)
                .toList()) {
            if (outOfReach && clients.size() < MORE_CLIENTS) clients.add(more.another(PATIENCE_MS));
            Admin client = outOfReach ? clients.get(answers.size() % clients.size()) : admin;
            var options = new ListShareGroupOffsetsOptions().timeoutMs(PATIENCE_MS);
            var asked = client.listShareGroupOffsets(Map.of(id, new ListShareGroupOffsetsSpec()), options);
            answers.put(id, asked.all().thenApply(states -> states.get(id).keySet()));
        }
        return questions.askEach("state", "share groups", answers, "", true);
    }

    private Map<String, Set<TopicPartition>> readByGroups(Collection<GroupListing> groups) throws InterruptedException {
        Set<String> ids = groups.stream()
                .filter(it -> !isShare(it))
                .map(GroupListing::groupId)
                .collect(Collectors.toSet());
        var reads = new HashMap<String, Set<TopicPartition>>();
        questions
                .askEach("offsets", "groups", committed(ids), "", true)
                .forEach((id, offsets) -> reads.put(id, offsets.keySet()));
        return reads;
    }

    private SortedMap<String, KafkaFuture<Map<TopicPartition, OffsetAndMetadata>>> committed(Set<String> ids) {
        var all = new HashMap<String, ListConsumerGroupOffsetsSpec>();
        for (String id : ids) all.put(id, new ListConsumerGroupOffsetsSpec());
        var options = new ListConsumerGroupOffsetsOptions().timeoutMs(PATIENCE_MS);
        ListConsumerGroupOffsetsResult asked = admin.listConsumerGroupOffsets(all, options);
        var answers = new TreeMap<String, KafkaFuture<Map<TopicPartition, OffsetAndMetadata>>>();
        ids.forEach(id -> answers.put(id, asked.partitionsToOffsetAndMetadata(id)));
        return answers;
    }

    /** The committed offsets of all groups whose coordinator responds; without notes about those that fail. */
    Map<String, Map<TopicPartition, OffsetAndMetadata>> committedNow(Collection<GroupListing> groups, Cluster cluster)
            throws InterruptedException {
        Set<String> ids = groups.stream()
                .filter(it -> !isShare(it))
                .map(GroupListing::groupId)
                .filter(id -> {
                    Partition at = cluster.partitions().get(partitionOf(OFFSETS, id));
                    return at != null && Reader.isReadable(cluster, at);
                })
                .collect(Collectors.toSet());
        return new Questions().askEach("offsets", "groups", committed(ids), "", false);
    }

    private boolean has(String topic) {
        return topics.containsKey(topic);
    }

    private Keeper keeper(String kind, String name, String topic, String key) {
        return new Keeper(kind, name, partitionOf(topic, key));
    }

    private PartitionId partitionOf(String topic, String key) {
        return PartitionId.ofKey(topic, key, topics.get(topic).partitions().size());
    }
}
