package lab.live;

import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.KafkaFuture;

/** The kinds of groups: the words for them on the page, and the request that describes one. */
enum GroupKind {
    CONSUMER("group", "consumer") {
        @Override
        KafkaFuture<GroupNow> describe(Admin admin, String name) {
            var described = admin.describeConsumerGroups(List.of(name)).describedGroups();
            return described.get(name).thenApply(GroupNow::of);
        }
    },
    /** Its members are never listed: they commit offsets, and choose their partitions themselves. */
    SIMPLE("group", "consumer") {
        @Override
        KafkaFuture<GroupNow> describe(Admin admin, String name) {
            return CONSUMER.describe(admin, name);
        }
    },
    SHARE("share group", "consumer") {
        @Override
        KafkaFuture<GroupNow> describe(Admin admin, String name) {
            var described = admin.describeShareGroups(List.of(name)).describedGroups();
            return described.get(name).thenApply(GroupNow::of);
        }
    },
    STREAMS("Streams group", "member") {
        @Override
        KafkaFuture<GroupNow> describe(Admin admin, String name) {
            var described = admin.describeStreamsGroups(List.of(name)).describedGroups();
            return described.get(name).thenApply(GroupNow::of);
        }
    },
    CONNECT("Connect group", "worker") {
        @Override
        KafkaFuture<GroupNow> describe(Admin admin, String name) {
            return OTHER.describe(admin, name);
        }
    },
    /** A classic group with a protocol of its own, such as a schema registry's. */
    OTHER("classic group", "member") {
        @Override
        KafkaFuture<GroupNow> describe(Admin admin, String name) {
            var described = admin.describeClassicGroups(List.of(name)).describedGroups();
            return described.get(name).thenApply(GroupNow::of);
        }
    };

    final String words;
    final String member;

    GroupKind(String words, String member) {
        this.words = words;
        this.member = member;
    }

    abstract KafkaFuture<GroupNow> describe(Admin admin, String name);

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
