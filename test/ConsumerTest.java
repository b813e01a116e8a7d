package test;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** consumer.java, on a real cluster: what it prints, what it commits, how it ends. */
class ConsumerTest {
    private static final Pattern RECEIVED =
            Pattern.compile("^Consumer (\\w+) \\(group: .*\\) received: \\{\"event_id\": (\\d+),");

    @Test
    @DisplayName("prints the guide's line, and goes on where the group's last member has ended")
    void goesOn() throws Exception {
        String topic = topic(1);
        produce(topic, 7);
        try (Run run = SharedCluster.script("consumer.java", topic, "goes-on", "-n", "4")) {
            run.expectExit(0);
            assertThat(run.out())
                    .contains(
                            "assigned: partition 0",
                            "Consumer c (group: goes-on) received: " + ProducerTest.event(1)
                                    + "  partition 0, offset 0",
                            "received 4 (event ids: none missing, none twice)",
                            "  partition 0: 4, offsets 0 to 3");
            assertThat(run.out()).noneMatch(line -> line.contains("\u001b"));
            assertThat(run.err()).isEmpty();
        }
        assertThat(SharedCluster.committed("goes-on", topic)).isEqualTo(4);
        try (Run run = SharedCluster.script("consumer.java", topic, "goes-on", "-n", "3")) {
            run.expectExit(0);
            assertThat(idsBy(run).get("c")).containsExactly(5, 6, 7);
        }
    }

    @Test
    @DisplayName("two members share two partitions: of any ten events in a row, five each, with default options")
    void balance() throws Exception {
        String topic = topic(2);
        try (Run a = SharedCluster.script("consumer.java", topic, "balance", "--name", "a")) {
            a.awaitLine("assigned: partitions 0, 1");
            try (Run b = SharedCluster.script("consumer.java", topic, "balance", "--name", "b")) {
                b.awaitLine("assigned: partition 1");
                try (Run producer = SharedCluster.script("producer.java", topic, "-n", "30", "-r", "100")) {
                    producer.expectExit(0);
                }
                a.awaitLine("\"event_id\": 29,");
                b.awaitLine("\"event_id\": 30,");
                var owner = new TreeMap<Integer, String>();
                for (Run run : List.of(a, b)) idsBy(run).forEach((name, ids) -> ids.forEach(id -> owner.put(id, name)));
                assertThat(owner).hasSize(30);
                for (int first = 1; first <= 21; first++) {
                    var ten = owner.subMap(first, first + 10).values();
                    assertThat(ten).filteredOn("a"::equals).hasSize(5);
                }
            }
        }
    }

    @Test
    @DisplayName("a group may have a blank in its name; an empty name is refused")
    void groupNames() throws Exception {
        String topic = topic(1);
        produce(topic, 1);
        try (Run run = SharedCluster.script("consumer.java", topic, "my group", "-n", "1")) {
            run.expectExit(0);
            run.awaitLine("Consumer c (group: my group) received: ");
        }
        try (Run run = SharedCluster.script("consumer.java", topic, "")) {
            run.expectExit(2);
            assertThat(run.err()).singleElement().asString().contains("group is empty");
        }
    }

    @Test
    @DisplayName("| head: what nobody read is not committed, and comes again")
    void closedOutput() throws Exception {
        String topic = topic(1);
        try (Run producer = SharedCluster.script("producer.java", topic, "-r", "20")) {
            producer.awaitLine("offset 20");
            Run.build("consumer.java");
            String command = "set -o pipefail; '%s' consumer.java %s head | head -5".formatted(Run.JBANG, topic);
            try (Run run = SharedCluster.here().command("bash", "-c", command)) {
                run.expectExit(1);
                assertThat(run.err()).containsExactly("Standard output was closed.");
            }
        }
        long committed = SharedCluster.committed("head", topic);
        try (Run run = SharedCluster.script("consumer.java", topic, "head", "-n", "1")) {
            run.expectExit(0);
            assertThat(idsBy(run).get("c")).containsExactly((int) committed + 1);
        }
    }

    @Test
    @DisplayName("Ctrl-C and SIGTERM: it commits, leaves the group, and prints its summary; exit status 0")
    void signals() throws Exception {
        String topic = topic(1);
        produce(topic, 5);
        for (String signal : List.of("INT", "TERM"))
            try (Run run = SharedCluster.script("consumer.java", topic, "signal-" + signal)) {
                run.awaitLine("\"event_id\": 5,");
                run.signal(signal);
                run.expectExit(0);
                assertThat(run.out()).contains("received 5 (event ids: none missing, none twice)");
                assertThat(SharedCluster.committed("signal-" + signal, topic)).isEqualTo(5);
            }
    }

    @Test
    @DisplayName("both brokers die: a topic that the consumer forgets then is not called deleted; it reads on")
    void bothBrokersDie() throws Exception {
        String topic = topic(1);
        produce(topic, 5);
        try (Run run = SharedCluster.script("consumer.java", topic, "both")) {
            run.awaitLine("\"event_id\": 5,");
            SharedCluster.command("kill kafka-2");
            SharedCluster.command("kill kafka-1");
            run.awaitLine(Pattern.compile("^waiting"));
            SharedCluster.command("start kafka-1");
            SharedCluster.command("start kafka-2");
            SharedCluster.heal();
            produce(topic, 5);
            SharedCluster.await(
                    "the second five events",
                    () -> run.out().stream()
                                    .filter(line -> line.contains("\"event_id\": 5,"))
                                    .count()
                            == 2);
            assertThat(run.out()).noneMatch(line -> line.contains("does not exist any more"));
        } finally {
            SharedCluster.heal();
        }
    }

    @Test
    @DisplayName(
            "a topic that is deleted, and created anew: it says so, and none of the new events is a redelivered one")
    void topicAnew() throws Exception {
        String topic = topic(1);
        produce(topic, 20);
        try (Run run = SharedCluster.script("consumer.java", topic, "anew")) {
            run.awaitLine("\"event_id\": 20,");
            SharedCluster.admin().deleteTopics(List.of(topic)).all().get();
            run.awaitLine("topic " + topic + " does not exist any more");
            create(topic, 1);
            produce(topic, 30);
            run.awaitLine("topic " + topic + " was created anew");
            run.awaitLine("\"event_id\": 30,");
            run.interrupt();
            run.expectExit(0);
            assertThat(run.out())
                    .contains(
                            "received 50 (event ids: none missing, none twice)",
                            "  partition 0: 20, offsets 0 to 19",
                            "  partition 0: 30, offsets 0 to 29");
        }
        assertThat(SharedCluster.committed("anew", topic)).isEqualTo(30);
    }

    @Test
    @DisplayName(
            "ids are missing only where it read without a gap: not what another consumer read, or had not yet read")
    void noneMissing() throws Exception {
        String topic = topic(2);
        produce(topic, 20);
        for (String count : List.of("3", "2", "15"))
            try (Run run = SharedCluster.script("consumer.java", topic, "parts", "-n", count)) {
                run.expectExit(0);
                assertThat(run.out()).contains("received " + count + " (event ids: none missing, none twice)");
            }
    }

    /** By name: what a partition of one, or the two partitions of a topic hold, and what the summary says. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "one partition, 3 is not there          | 1 | 0:a:1 0:a:2 0:a:4                      | 1 missing (3), none twice",
                "two partitions, 3 and 7 are not there  | 2 | 0:a:1 0:a:5 0:a:9 1:a:2 1:a:4            | 2 missing (3, 7), none twice",
                "a key: all ids in one partition        | 2 | 1:a:1 1:a:2 1:a:3 1:a:5                 | 1 missing (4), none twice",
                "two runs at the same time              | 1 | 0:a:1 0:b:7 0:a:2 0:b:9 0:a:3            | 1 missing (8), none twice",
                "sent when the topic had one partition  | 2 | 0:a:1 0:a:2 0:a:3 1:b:2 1:b:4            | none missing, none twice",
                "a late one                             | 1 | 0:a:1 0:a:3 0:a:2 0:a:4                 | none missing, none twice",
                "the same twice                         | 1 | 0:a:1 0:a:2 0:a:2 0:a:3                 | none missing, 1 twice (2)",
                "others sent something, too             | 1 | 0:a:1 0:- 0:a:2 0:-                   | none missing, none twice; 2 not from producer.java",
                "an aborted transaction between         | 1 | 0:a:1 0:a:!2 0:a:3                      | none missing, none twice",
            })
    @DisplayName("what is missing, twice, or neither:")
    void ids(String what, int partitions, String records, String says) throws Exception {
        String topic = topic(partitions);
        int count = send(topic, records.split(" "));
        String level = "isolation.level=read_committed";
        try (Run run = SharedCluster.script("consumer.java", topic, topic, "-q", "-n", "" + count, "-X", level)) {
            run.expectExit(0);
            assertThat(run.out()).contains("received %d (event ids: %s)".formatted(count, says));
        }
    }

    @Test
    @DisplayName("a settings file of another program: its group, deserializers and auto-commit are not taken")
    void settingsFile(@TempDir Path directory) throws Exception {
        String topic = topic(1);
        produce(topic, 3);
        Path file = Files.writeString(directory.resolve("consumer.properties"), """
                group.id=test-consumer-group
                key.deserializer=org.apache.kafka.common.serialization.StringDeserializer
                value.deserializer=org.apache.kafka.common.serialization.StringDeserializer
                enable.auto.commit=true
                auto.commit.interval.ms=10
                acks=all
                """);
        try (Run run =
                SharedCluster.script("consumer.java", topic, "own", "-n", "2", "--command-config", file.toString())) {
            run.expectExit(0);
            assertThat(run.err()).isEmpty();
            assertThat(idsBy(run).get("c")).containsExactly(1, 2);
        }
        assertThat(SharedCluster.committed("own", topic)).isEqualTo(2);
        assertThat(SharedCluster.committed("test-consumer-group", topic)).isZero();
        for (String key : List.of("group.id", "enable.auto.commit", "key.deserializer", "value.deserializer"))
            try (Run run = SharedCluster.script("consumer.java", topic, "own", "-X", key + "=x")) {
                run.expectExit(2);
                assertThat(run.err()).singleElement().asString().startsWith("-X " + key + ": ");
            }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "partition.assignment.strategy=org.apache.kafka.clients.consumer.RangeAssignor",
                "partition.assignment.strategy=org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
                "group.protocol=consumer"
            })
    @DisplayName("it says what it has now, and how long it read nothing:")
    void assignedNow(String protocol) throws Exception {
        String topic = topic(2);
        produce(topic, 2);
        try (Run a = SharedCluster.script("consumer.java", topic, topic, "-X", protocol)) {
            a.awaitLine(Pattern.compile("^assigned: partitions 0, 1$"));
            a.awaitLine("\"event_id\": 1,");
            try (Run b = SharedCluster.script("consumer.java", topic, topic, "--name", "b", "-X", protocol)) {
                boolean eager = protocol.contains("Range");
                a.awaitLine(eager ? "revoked: partitions 0, 1" : "revoked: partition ");
                String nothing = eager ? "  \\(nothing read for \\d+\\.\\d s\\)" : "";
                a.awaitLine(Pattern.compile("^assigned: partition [01]" + nothing + "$"));
                b.awaitLine(Pattern.compile("^assigned: partition [01]$"));
                b.interrupt();
                b.expectExit(0);
            }
            a.awaitLine(Pattern.compile("^assigned: partitions 0, 1"));
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"RangeAssignor", "CooperativeStickyAssignor"})
    @DisplayName("a consumer is killed and started again: range makes the other wait for the dead one, and it says so:")
    void killedAndStartedAgain(String assignor) throws Exception {
        boolean eager = assignor.equals("RangeAssignor");
        String topic = topic(2);
        String strategy = "partition.assignment.strategy=org.apache.kafka.clients.consumer." + assignor;
        String[] words = {topic, topic, "-X", strategy, "-X", "session.timeout.ms=30000"};
        try (Run producer = SharedCluster.script("producer.java", topic, "-r", "5");
                Run a = SharedCluster.script("consumer.java", words)) {
            producer.awaitLine("acknowledged: ");
            a.awaitLine("received: ");
            try (Run b = SharedCluster.script("consumer.java", words)) {
                b.awaitLine(Pattern.compile("^assigned: partition [01]$"));
                a.awaitLine(Pattern.compile("^assigned: partition [01](  \\(|$)"));
                b.signal("KILL");
                b.awaitExit();
            }
            int before = a.out().size();
            try (Run b = SharedCluster.script("consumer.java", words)) {
                String rebalancing = "waiting: %s is rebalancing; a consumer that died is given up".formatted(topic);
                b.awaitLine(rebalancing);
                a.awaitLine(eager ? rebalancing : topic + " is rebalancing, commits wait; a consumer that died");
                b.awaitLine(Pattern.compile("^assigned: partition [01]$"));
                b.awaitLine("received: ");
                a.awaitLine("received: ");
            }
            assertThat(a.out().subList(before, a.out().size()).toString())
                    .matches(
                            eager ? ".*revoked: partition .*nothing read for \\d.*" : "(?!.*(revoked|nothing read)).*");
        }
    }

    @Test
    @DisplayName("partitions are added while it reads: it reads them, too, and knows of no other consumer")
    void morePartitions() throws Exception {
        String topic = topic(1);
        produce(topic, 3);
        try (Run run = SharedCluster.script("consumer.java", topic, "more")) {
            run.awaitLine("\"event_id\": 3,");
            SharedCluster.admin()
                    .createPartitions(Map.of(topic, NewPartitions.increaseTo(2)))
                    .all()
                    .get();
            run.awaitLine(Pattern.compile("^assigned: partitions 0, 1  \\(nothing read for "));
            produce(topic, 4);
            run.awaitLine("\"event_id\": 4,");
            run.interrupt();
            run.expectExit(0);
            assertThat(run.out()).contains("received 7 (event ids: none missing, none twice)");
        }
    }

    @Test
    @DisplayName("control characters, bytes that are no UTF-8, and no value: one line each, none like another's")
    void values() throws Exception {
        String topic = topic(1);
        byte[][] values = {
            "a\nb\r\t\u001b[2J\u009b\u2028".getBytes(UTF_8),
            null,
            "null".getBytes(UTF_8),
            {},
            {(byte) 0xff, 'x', '\\', (byte) 0xc3},
            "\\xff".getBytes(UTF_8),
            "m\u00fcller \u65e5\u672c \\n".getBytes(UTF_8)
        };
        try (var producer = producer(Map.of())) {
            for (byte[] value : values) producer.send(new ProducerRecord<>(topic, 0, null, value));
        }
        try (Run run = SharedCluster.script("consumer.java", topic, "g\u001b", "-n", "" + values.length)) {
            run.expectExit(0);
            String head = "Consumer c (group: g\\u001b) received: ";
            assertThat(run.out())
                    .filteredOn(line -> line.contains("received: "))
                    .containsExactly(
                            head + "a\\nb\\r\\t\\u001b[2J\\u009b\\u2028  partition 0, offset 0, escaped",
                            head + "  partition 0, offset 1, no value",
                            head + "null  partition 0, offset 2",
                            head + "  partition 0, offset 3",
                            head + "\\xffx\\\\\\xc3  partition 0, offset 4, escaped",
                            head + "\\xff  partition 0, offset 5",
                            head + "m\u00fcller \u65e5\u672c \\n  partition 0, offset 6");
            assertThat(run.out()).contains("received 7 (7 not from producer.java)");
        }
    }

    @ParameterizedTest(name = "{0} columns")
    @ValueSource(ints = {80, 120})
    @DisplayName("on a terminal an event is one line; id, partition and offset are always seen:")
    void terminal(int columns) throws Exception {
        String topic = topic(1);
        produce(topic, 12);
        Run.Surroundings here = SharedCluster.here().terminal(columns, 40);
        try (Run run = here.script("consumer.java", topic, "a-group-of-mine", "-n", "12")) {
            run.expectExit(0);
            var events =
                    run.out().stream().filter(it -> it.contains("received: ")).toList();
            assertThat(events).hasSize(12).allMatch(line -> line.length() <= columns);
            for (int id = 1; id <= 12; id++)
                assertThat(events.get(id - 1))
                        .contains("received: {\"event_id\": " + id + ", ")
                        .endsWith("\u2026  partition 0, offset " + (id - 1));
        }
    }

    @Test
    @DisplayName("a topic of Kafka's own is refused: the consumer would feed itself with its commits")
    void internalTopic() throws Exception {
        String topic = topic(1);
        produce(topic, 1);
        try (Run run = SharedCluster.script("consumer.java", topic, "makes-the-topic", "-n", "1")) {
            run.expectExit(0);
        }
        try (Run run = SharedCluster.script("consumer.java", "__consumer_offsets", "eats-itself")) {
            run.expectExit(2);
            assertThat(run.out()).isEmpty();
            assertThat(run.err()).singleElement().asString().contains("__consumer_offsets", "Kafka's own");
        }
    }

    @Test
    @DisplayName(
            "the group's coordinator is away: it says which broker, and once that events will come again; Ctrl-C ends it")
    void coordinatorAway() throws Exception {
        String port = "" + SharedCluster.freePort();
        try (Run cluster = Run.script("cluster.java", "--port", port, "-X", "offsets.topic.replication.factor=1")) {
            cluster.awaitLine("ready: ");
            String servers = "localhost:" + port + ",localhost:" + (Integer.parseInt(port) + 3);
            Run.Surroundings here = Run.here().with("KAFKA_BOOTSTRAP_SERVERS", servers);
            try (Run create = here.script("topics.java")) {
                create.expectExit(0);
            }
            String group = groupOfBroker1(servers);
            try (Run run = here.script("consumer.java", "test-2p-rf2", group);
                    Run producer = here.script("producer.java", "test-2p-rf2", "-r", "20")) {
                run.awaitLine("offset 3");
                cluster.type("stop kafka-1");
                cluster.awaitLine("kafka-1 stopped");
                String waiting = "waiting for the coordinator of " + group + ": broker 1 is away";
                run.awaitLine(waiting);
                try (Run late = here.script("consumer.java", "test-2p-rf2", group)) {
                    late.awaitLine(waiting);
                    late.interrupt();
                    late.expectExit(0);
                }
                producer.interrupt();
                producer.expectExit(0);
                run.interrupt();
                run.expectExit(0);
                assertThat(run.out())
                        .filteredOn(line -> line.startsWith("not committed, the last events will come again: "))
                        .hasSize(1);
                assertThat(run.out()).anyMatch(line -> line.startsWith("received "));
            }
            try (Run run = here.script("consumer.java", "test-2p-rf2", group)) {
                run.awaitLine("waiting for the coordinator of " + group);
                for (String broker : List.of("start kafka-1", "pause kafka-1", "pause kafka-2")) cluster.type(broker);
                cluster.awaitLine("kafka-2 paused");
                run.interrupt();
                run.expectExit(0, Duration.ofSeconds(10)); // 3 s, and the machine may be busy
                assertThat(run.out()).anyMatch(line -> line.startsWith("received "));
            }
        }
    }

    /** The event ids in the lines of each consumer, in the order of the lines. */
    static Map<String, List<Integer>> idsBy(Run run) {
        var ids = new TreeMap<String, List<Integer>>();
        for (String line : run.out()) {
            var received = RECEIVED.matcher(line);
            if (received.find())
                ids.computeIfAbsent(received.group(1), it -> new ArrayList<>()).add(Integer.valueOf(received.group(2)));
        }
        return ids;
    }

    /** A group whose coordinator is broker 1. */
    private static String groupOfBroker1(String servers) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            for (int i = 0; ; i++) {
                String group = "group-" + i;
                var listed = admin.listConsumerGroupOffsets(group);
                listed.partitionsToOffsetAndMetadata().get(); // creates __consumer_offsets
                var offsets = admin.describeTopics(List.of("__consumer_offsets"))
                        .allTopicNames()
                        .get()
                        .get("__consumer_offsets")
                        .partitions();
                if (offsets.get(Utils.abs(group.hashCode()) % offsets.size())
                                .leader()
                                .id()
                        == 1) return group;
            }
        }
    }

    private static int topics;

    /** Creates a topic that no other test has. */
    static String topic(int partitions) throws Exception {
        String name = "consumed-%d".formatted(++topics);
        create(name, partitions);
        return name;
    }

    private static void create(String topic, int partitions) throws Exception {
        var created = SharedCluster.admin().createTopics(List.of(new NewTopic(topic, partitions, (short) 2)));
        created.all().get();
        SharedCluster.await(topic + " can be used", () -> {
            try {
                return SharedCluster.leader(topic, partitions - 1) >= 0;
            } catch (Exception notYet) {
                return false;
            }
        });
    }

    /** Sends events 1, 2, 3 and so on as producer.java does: of one run, to the partitions in turn. */
    static void produce(String topic, int count) throws Exception {
        int partitions = SharedCluster.admin()
                .describeTopics(List.of(topic))
                .allTopicNames()
                .get()
                .get(topic)
                .partitions()
                .size();
        String run = "run-" + ++topics;
        send(
                topic,
                IntStream.rangeClosed(1, count)
                        .mapToObj(id -> "%d:%s:%d".formatted((id - 1) % partitions, run, id))
                        .toArray(String[]::new));
    }

    /**
     * Sends records, each given as {@code PARTITION:RUN:ID}, or as {@code PARTITION:-} without run and id. With
     * {@code !} before the id, all are sent in transactions of one record each, and this one is aborted. Returns how
     * many there are to read.
     */
    static int send(String topic, String... records) throws Exception {
        boolean transactions = Stream.of(records).anyMatch(it -> it.contains("!"));
        int aborted = 0;
        try (var producer = producer(transactions ? Map.of("transactional.id", topic) : Map.of())) {
            if (transactions) producer.initTransactions();
            for (String each : records) {
                String[] words = each.split("[:!]+");
                boolean numbered = words.length == 3;
                String value = numbered ? ProducerTest.event(Integer.parseInt(words[2])) : "foreign";
                var record = new ProducerRecord<byte[], byte[]>(
                        topic, Integer.parseInt(words[0]), null, value.getBytes(UTF_8));
                if (numbered) record.headers().add("run", words[1].getBytes(UTF_8));
                if (transactions) producer.beginTransaction();
                producer.send(record);
                if (!transactions) continue;
                producer.flush();
                if (each.contains("!")) aborted++;
                if (each.contains("!")) producer.abortTransaction();
                else producer.commitTransaction();
            }
        }
        return records.length - aborted;
    }

    private static KafkaProducer<byte[], byte[]> producer(Map<String, Object> more) {
        var settings = new HashMap<>(more);
        settings.put("bootstrap.servers", SharedCluster.servers());
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }
}
