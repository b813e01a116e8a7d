package lab.doctor;

import java.util.*;
import java.util.stream.*;
import lab.prediction.PartitionId;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.serialization.StringSerializer;
import test.GroupMember;

/** One group of each kind and a transactional id, without members, and with state that can be compared. */
class Keepers {
    static final List<String> TOPICS = List.of(GroupReader.OFFSETS, GroupReader.TRANSACTIONS, GroupReader.SHARES);

    private static final String SHARE = "share group";
    private static final String TRANSACTIONAL = "transactional id";

    private final Nodes nodes;
    private final TopicPartition at;
    private final Map<String, String> names = new TreeMap<>(); // by kind
    private final Map<String, Integer> sizes = new TreeMap<>(); // of Kafka's own topics

    /** @param at what the groups read; a topic that no other keepers have */
    Keepers(Nodes nodes, TopicPartition at) throws Exception {
        this.nodes = nodes;
        this.at = at;
        for (String topic : TOPICS)
            sizes.put(topic, Tries.partitions(nodes.admin(), topic).size());
        // the three kinds with their state in partitions of their own
        names.put("group", name("group", 0));
        names.put("Connect group", name("connect", 1));
        names.put("Streams group", name("streams", 2));
        names.put(SHARE, at.topic() + "-share");
        names.put(TRANSACTIONAL, at.topic() + "-id");
        try (var connect = new GroupMember(nodes.servers(), names.get("Connect group"));
                var streams = new GroupMember(nodes.servers(), names.get("Streams group"))) {
            connect.joinConnect();
            streams.joinStreams(at.topic());
            connect.leave();
            streams.leave();
        }
        store(1);
    }

    private String name(String prefix, int partition) {
        int size = sizes.get(GroupReader.OFFSETS);
        return IntStream.iterate(0, it -> it + 1)
                .mapToObj(it -> at.topic() + "-" + prefix + it)
                .filter(it -> PartitionId.ofKey(GroupReader.OFFSETS, it, size).number() == partition)
                .findFirst()
                .orElseThrow();
    }

    /** The findings that name them, one of each kind, such as "broker 1: group out of reach: [g, h]". */
    List<String> findings(Said said, String part, String what) {
        var all = new ArrayList<String>();
        names.forEach((kind, name) ->
                said.finding("%s: %s %s".formatted(part, kind, what), name).ifPresent(all::add));
        return all;
    }

    /** The first answer that has such a finding of each kind, and these others. */
    Said await(String part, String what, Set<String> others) throws Exception {
        return Said.await(
                nodes.servers(),
                what + " " + names + " " + others,
                it -> findings(it, part, what).size() == names.size()
                        && it.findings().containsAll(others));
    }

    /** Where their state is. */
    SortedSet<PartitionId> partitions() throws Exception {
        var all = new TreeSet<PartitionId>();
        for (String kind : names.keySet())
            if (!kind.equals(TRANSACTIONAL)) all.add(in(GroupReader.OFFSETS, names.get(kind)));
        all.add(in(GroupReader.TRANSACTIONS, names.get(TRANSACTIONAL)));
        Uuid topic = nodes.admin()
                .describeTopics(List.of(at.topic()))
                .allTopicNames()
                .get()
                .get(at.topic())
                .topicId();
        all.add(in(GroupReader.SHARES, names.get(SHARE) + ":" + topic + ":" + at.partition()));
        return all;
    }

    private PartitionId in(String topic, String key) {
        return PartitionId.ofKey(topic, key, sizes.get(topic));
    }

    /** By kind; the coordinators are waited for. */
    Map<String, Long> stored() throws Exception {
        var all = new TreeMap<String, Long>();
        for (String kind : names.keySet()) all.put(kind, stored(kind, names.get(kind)));
        return all;
    }

    private long stored(String kind, String name) throws Exception {
        return switch (kind) {
            case SHARE ->
                nodes.admin()
                        .listShareGroupOffsets(Map.of(name, new ListShareGroupOffsetsSpec()))
                        .partitionsToOffsetInfo(name)
                        .get()
                        .get(at)
                        .startOffset();
            case TRANSACTIONAL ->
                nodes.admin()
                        .describeTransactions(List.of(name))
                        .description(name)
                        .get()
                        .producerEpoch();
            default ->
                nodes.admin()
                        .listConsumerGroupOffsets(name)
                        .partitionsToOffsetAndMetadata()
                        .get()
                        .get(at)
                        .offset();
        };
    }

    /** The offset, or a transactional id's next epoch. */
    void store(long offset) throws Exception {
        for (String kind : names.keySet()) store(kind, names.get(kind), offset);
    }

    private void store(String kind, String name, long offset) throws Exception {
        switch (kind) {
            case SHARE ->
                nodes.admin()
                        .alterShareGroupOffsets(name, Map.of(at, offset))
                        .all()
                        .get();
            case TRANSACTIONAL -> {
                var settings = Map.<String, Object>of("bootstrap.servers", nodes.servers(), "transactional.id", name);
                try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
                    producer.initTransactions();
                }
            }
            default ->
                nodes.admin()
                        .alterConsumerGroupOffsets(name, Map.of(at, new OffsetAndMetadata(offset)))
                        .all()
                        .get();
        }
    }

    /** They and what they have stored are deleted, so no later finding names them. */
    void delete() throws Exception {
        var groups = new TreeMap<>(names);
        groups.remove(TRANSACTIONAL);
        String share = groups.remove(SHARE);
        nodes.admin().deleteShareGroups(List.of(share)).all().get();
        nodes.admin().deleteConsumerGroups(groups.values()).all().get();
    }
}
