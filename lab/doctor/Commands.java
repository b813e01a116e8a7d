package lab.doctor;

import java.nio.file.Path;
import java.util.*;
import java.util.stream.*;
import lab.prediction.PartitionId;

/**
 * Kafka's own command line tools, as text for a shell (bash).
 *
 * @param servers as --bootstrap-server takes them
 * @param configFile the client properties; null: none are needed
 */
record Commands(String servers, Path configFile) {

    private String tool(String name) {
        String config = configFile == null ? "" : " --command-config " + quoted(configFile.toString());
        return name + " --bootstrap-server " + servers + config;
    }

    /** Sets a topic's own settings. */
    String topicConfig(String topic, String settings) {
        return tool("kafka-configs.sh") + " --alter --entity-type topics --entity-name " + topic + " --add-config "
                + settings;
    }

    /**
     * Without --additional, Kafka refuses this while any other partition is being moved.
     *
     * @param replicas the new ones, by partition
     */
    String reassign(SortedMap<PartitionId, List<Integer>> replicas) {
        return tool("kafka-reassign-partitions.sh") + " --execute --additional --reassignment-json-file <(echo '"
                + replicas.entrySet().stream()
                        .map(it -> "{\"topic\":\"%s\",\"partition\":%d,\"replicas\":[%s]}"
                                .formatted(
                                        it.getKey().topic(),
                                        it.getKey().number(),
                                        it.getValue().stream()
                                                .map(Object::toString)
                                                .collect(Collectors.joining(","))))
                        .collect(Collectors.joining(",", "{\"version\":1,\"partitions\":[", "]}"))
                + "')";
    }

    /** Lists the partitions that are being moved. */
    String moves() {
        return tool("kafka-reassign-partitions.sh") + " --list";
    }

    /** Gives leadership back to the first replicas. */
    String elect(Collection<PartitionId> partitions) {
        return tool("kafka-leader-election.sh") + " --election-type preferred --path-to-json-file <(echo '"
                + partitions.stream()
                        .map(it -> "{\"topic\":\"%s\",\"partition\":%d}".formatted(it.topic(), it.number()))
                        .collect(Collectors.joining(",", "{\"partitions\":[", "]}"))
                + "')";
    }

    /**
     * Sets a group's committed offset to the first record that the log has. For a group of Connect's workers, Kafka's
     * tool resets nothing, so the offset is deleted: the workers do not use it.
     */
    String toEarliest(StrayOffset it) {
        boolean streams = it.kind().equals("Streams group");
        boolean connect = it.kind().equals("Connect group");
        return tool(streams ? "kafka-streams-groups.sh" : "kafka-consumer-groups.sh")
                + (connect ? " --delete-offsets" : " --reset-offsets") + " --group " + quoted(it.group())
                + (streams ? " --input-topic " : " --topic ")
                + it.partition().topic() + ":"
                + it.partition().number() + (connect ? "" : " --to-earliest --execute");
    }

    /** Writes the end of a transaction that no coordinator will end. */
    String abort(HangingTransaction it) {
        return tool("kafka-transactions.sh") + " abort --topic "
                + it.partition().topic() + " --partition " + it.partition().number() + " --start-offset " + it.start();
    }

    /** Creates one of Kafka's own topics by hand: the brokers use it as it is. */
    String createInternal(String topic, int partitions, int replicas, String settings) {
        return tool("kafka-topics.sh") + " --create --topic " + topic + " --partitions " + partitions
                + " --replication-factor " + replicas
                + Stream.of(settings.split(",")).map(it -> " --config " + it).collect(Collectors.joining());
    }

    /** As one word of a shell. */
    private static String quoted(String word) {
        return word.matches("[\\w./:=@,-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
