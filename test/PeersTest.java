package test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With clients that nobody here wrote: kcat, and the guide's Python scripts, on the same topics and in the same groups. */
class PeersTest {
    private static final Pattern ID = Pattern.compile("\"event_id\": (\\d+)");

    /** As the guide calls it: {@code python producer.py TOPIC}. */
    private static final String PRODUCER = """
            import json, sys
            from kafka import KafkaProducer
            producer = KafkaProducer(bootstrap_servers=sys.argv[2], value_serializer=lambda it: json.dumps(it).encode())
            for i in range(1, 21):
                event = {"event_id": i, "key": "test", "message": f"This is event number {i}"}
                producer.send(sys.argv[1], value=event, partition=(i - 1) % 2)
            producer.flush()
            """;

    /** As the guide calls it: {@code python consumer.py TOPIC GROUP}. */
    private static final String CONSUMER = """
            import json, sys
            from kafka import KafkaConsumer
            consumer = KafkaConsumer(sys.argv[1], group_id=sys.argv[2], bootstrap_servers=sys.argv[3],
                                     auto_offset_reset="earliest", value_deserializer=json.loads)
            for message in consumer:
                print(f"Consumer p (group: {sys.argv[2]}) received: {json.dumps(message.value)}", flush=True)
            """;

    @TempDir
    private Path directory;

    @Test
    @DisplayName("kcat reads what producer.java sends, and consumer.java what kcat sends")
    void kcat() throws Exception {
        assumeTrue(has("kcat", "-V"), "kcat is not installed");
        String topic = SharedCluster.topic("2p-rf2");
        try (Run producer = SharedCluster.script("producer.java", topic, "-n", "20", "-r", "100")) {
            producer.expectExit(0);
        }
        String servers = SharedCluster.servers();
        try (Run kcat = Run.command("kcat", "-b", servers, "-C", "-t", topic, "-e", "-q")) {
            kcat.expectExit(0);
            assertThat(kcat.out()).containsExactlyInAnyOrderElementsOf(ProducerTest.events(20));
        }
        Path foreign = Files.writeString(directory.resolve("foreign"), "plain text\n{\"event_id\": 99}\n");
        try (Run kcat = Run.command("kcat", "-b", servers, "-P", "-t", topic, "-l", foreign.toString())) {
            kcat.expectExit(0);
        }
        try (Run consumer = SharedCluster.script("consumer.java", topic, "after-kcat", "-n", "22")) {
            consumer.expectExit(0);
            assertThat(consumer.out()).anyMatch(line -> line.endsWith("  plain text"));
            assertThat(consumer.out()).contains("received 22");
            assertThat(consumer.out())
                    .filteredOn(line -> line.contains("  received "))
                    .hasSize(2)
                    .allMatch(line -> line.endsWith("; 10 event ids: 0 missing, 0 twice"));
        }
    }

    @Test
    @DisplayName("the guide's Python producer and consumer share topic and group with ours: all 40 arrive, none twice")
    void python() throws Exception {
        assumeTrue(has("/usr/bin/python3", "-c", "import kafka"), "python3-kafka is not installed");
        String topic = SharedCluster.topic("2p-rf2");
        String servers = SharedCluster.servers();
        try (Run ours = SharedCluster.script("consumer.java", topic, "mixed")) {
            ours.awaitLine("assigned: partitions [0, 1]");
            try (Run theirs = python(CONSUMER, topic, "mixed", servers)) {
                ours.awaitLine(Pattern.compile("assigned: partitions \\[[01]\\]"));
                try (Run producer = python(PRODUCER, topic, servers)) {
                    producer.expectExit(0);
                }
                try (Run producer = SharedCluster.script("producer.java", topic, "-n", "20", "-r", "50")) {
                    producer.expectExit(0);
                }
                SharedCluster.await("all 40 read", () -> ids(ours, theirs).size() >= 40);
                var twice = new ArrayList<>(
                        ProducerTest.events(20).stream().map(PeersTest::id).toList());
                twice.addAll(List.copyOf(twice));
                assertThat(ids(ours, theirs)).containsExactlyInAnyOrderElementsOf(twice);
                assertThat(ids(ours)).hasSize(20);
            }
        }
    }

    @Test
    @DisplayName("copied alone into an empty directory, with Kafka's client 4.1.0, the scripts do their work")
    void olderClient() throws Exception {
        String topic = SharedCluster.topic("2p-rf2");
        try (Run producer = copied("producer.java", topic, "-n", "6", "-r", "50")) {
            producer.expectExit(0);
            assertThat(producer.out()).last().asString().startsWith("sent 6, acknowledged 6,");
        }
        try (Run consumer = copied("consumer.java", topic, "older", "-n", "6")) {
            consumer.expectExit(0);
            assertThat(consumer.out()).contains("received 6");
        }
        try (Run queue = copied("queue.java", topic, "older-queue", "-n", "6")) {
            queue.expectExit(0);
            assertThat(queue.out()).anyMatch(line -> line.startsWith("received 6, accepted 6,"));
        }
        try (Run topics = copied("topics.java", "list")) {
            topics.expectExit(0);
            assertThat(topics.out()).anyMatch(line -> line.startsWith(topic + " "));
        }
    }

    private Run copied(String script, String... arguments) throws Exception {
        Path alone = Files.createDirectory(directory.resolve(script.replace(".java", "")));
        String text = Files.readString(Run.ROOT.resolve(script));
        Files.writeString(alone.resolve(script), text.replace("kafka-clients:4.4.0", "kafka-clients:4.1.0"));
        return SharedCluster.here().in(alone).script(script, arguments);
    }

    private Run python(String script, String... arguments) throws Exception {
        var command = new ArrayList<>(List.of("/usr/bin/python3"));
        command.add(Files.writeString(Files.createTempFile(directory, "script", ".py"), script)
                .toString());
        command.addAll(List.of(arguments));
        return Run.command(command.toArray(String[]::new));
    }

    private static List<Integer> ids(Run... runs) {
        var ids = new ArrayList<Integer>();
        for (Run run : runs)
            run.out().stream().filter(it -> it.contains("\"event_id\": ")).forEach(it -> ids.add(id(it)));
        return ids;
    }

    private static int id(String text) {
        var id = ID.matcher(text);
        assertThat(id.find()).as(text).isTrue();
        return Integer.parseInt(id.group(1));
    }

    private static boolean has(String... command) {
        try (Run run = Run.command(command)) {
            return run.awaitExit() == 0;
        } catch (java.io.UncheckedIOException missing) {
            return false;
        }
    }
}
