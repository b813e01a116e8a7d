///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Runs one of Kafka's own command line tools: the tests run remedies that lab/doctor.java prints
//JAVA 17+
//DEPS org.apache.kafka:kafka-tools:4.4.0
//DEPS org.slf4j:slf4j-nop:2.0.17

import java.util.Arrays;
import java.util.Map;

/** {@code ./jbang test/tool.java kafka-configs.sh --bootstrap-server ...}. */
class tool {
    /** As in the scripts of Kafka's bin directory. */
    private static final Map<String, String> CLASSES = Map.of(
            "kafka-configs.sh", "org.apache.kafka.tools.ConfigCommand",
            "kafka-dump-log.sh", "org.apache.kafka.tools.DumpLogSegments",
            "kafka-topics.sh", "org.apache.kafka.tools.TopicCommand",
            "kafka-reassign-partitions.sh", "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
            "kafka-leader-election.sh", "org.apache.kafka.tools.LeaderElectionCommand",
            "kafka-consumer-groups.sh", "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
            "kafka-features.sh", "org.apache.kafka.tools.FeatureCommand",
            "kafka-metadata-quorum.sh", "org.apache.kafka.tools.MetadataQuorumCommand",
            "kafka-transactions.sh", "org.apache.kafka.tools.TransactionsCommand",
            "kafka-streams-groups.sh", "org.apache.kafka.tools.streams.StreamsGroupCommand");

    public static void main(String... arguments) throws Exception {
        Class<?> tool = Class.forName(CLASSES.get(arguments[0]));
        Object rest = Arrays.copyOfRange(arguments, 1, arguments.length);
        tool.getMethod("main", String[].class).invoke(null, rest);
    }
}
