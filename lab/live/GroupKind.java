package lab.live;

import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.KafkaFuture;

/** The kinds of groups: the words for them on the page, and the request that describes one. */
enum GroupKind {
    CONSUMER("group", "consumer", GroupKind::consumerGroup),
    /** Its members are never listed: they commit offsets, and choose their partitions themselves. */
    SIMPLE("group", "consumer", GroupKind::consumerGroup),
    SHARE("share group", "consumer", GroupKind::shareGroup),
    STREAMS("Streams group", "member", GroupKind::streamsGroup),
    CONNECT("Connect group", "worker", GroupKind::classicGroup),
    /** A classic group with a protocol of its own, such as a schema registry's. */
    OTHER("classic group", "member", GroupKind::classicGroup);

    final String words;
    final String member;
    private final BiFunction<Admin, String, KafkaFuture<GroupNow>> request;

    GroupKind(String words, String member, BiFunction<Admin, String, KafkaFuture<GroupNow>> request) {
        this.words = words;
        this.member = member;
        this.request = request;
    }

    KafkaFuture<GroupNow> describe(Admin admin, String name) {
        return request.apply(admin, name);
    }

    private static KafkaFuture<GroupNow> consumerGroup(Admin admin, String name) {
        return admin.describeConsumerGroups(List.of(name))
                .describedGroups()
                .get(name)
                .thenApply(GroupNow::of);
    }

    private static KafkaFuture<GroupNow> shareGroup(Admin admin, String name) {
        return admin.describeShareGroups(List.of(name))
                .describedGroups()
                .get(name)
                .thenApply(GroupNow::of);
    }

    private static KafkaFuture<GroupNow> streamsGroup(Admin admin, String name) {
        return admin.describeStreamsGroups(List.of(name))
                .describedGroups()
                .get(name)
                .thenApply(GroupNow::of);
    }

    private static KafkaFuture<GroupNow> classicGroup(Admin admin, String name) {
        return admin.describeClassicGroups(List.of(name))
                .describedGroups()
                .get(name)
                .thenApply(GroupNow::of);
    }

    /** Brokers before Kafka 3.8 do not report a type: then the protocol decides. */
    static GroupKind of(GroupListing listed) {
        Optional<GroupType> type = listed.type();
        if (type.equals(Optional.of(GroupType.SHARE))) return SHARE;
        if (type.equals(Optional.of(GroupType.STREAMS))) return STREAMS;
        if (type.equals(Optional.of(GroupType.CONSUMER))) return CONSUMER;
        return switch (listed.protocol()) {
            case "" -> SIMPLE;
            case "consumer" -> CONSUMER;
            case "share" -> SHARE;
            case "connect" -> CONNECT;
            default -> OTHER;
        };
    }

    /** Whether the group commits an offset for each partition. In a share group each record is acknowledged. */
    boolean commits() {
        return this == CONSUMER || this == SIMPLE || this == STREAMS;
    }
}
