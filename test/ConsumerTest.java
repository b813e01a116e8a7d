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
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** consumer.java, on a real cluster: what it prints, what it commits, how it ends. */
class ConsumerTest {
    private static final Pattern RECEIVED =
            Pattern.compile("partition (\\d+)  offset (\\d+)  \\{\"event_id\": (\\d+),");

    private static final int INTERRUPTED = 130; // the JVM's exit status after SIGINT

    @BeforeAll
    static void useCluster() {
        SharedCluster.soonBack();
    }

    @Test
    @DisplayName(
            "prints each record with its partition and offset, and goes on where the group's last member has ended")
    void goesOn() throws Exception {
        String topic = topic(1);
        produce(topic, 7);
        try (Run run = SharedCluster.script("consumer.java", topic, "my group", "-n", "4")) {
            run.expectExit(0);
            assertThat(run.out())
                    .containsExactly(
                            "assigned: partitions [0]",
                            "partition 0  offset 0  " + ProducerTest.event(1),
                            "partition 0  offset 1  " + ProducerTest.event(2),
                            "partition 0  offset 2  " + ProducerTest.event(3),
                            "partition 0  offset 3  " + ProducerTest.event(4),
                            "received 4",
                            "partition 0  received 4, offsets 0 to 3; 4 event ids: 0 missing, 0 twice");
            assertThat(run.err()).isEmpty();
        }
        assertThat(SharedCluster.committed("my group", topic)).isEqualTo(4);
        try (Run run = SharedCluster.script("consumer.java", topic, "my group", "-n", "3")) {
            run.expectExit(0);
            assertThat(ids(run)).containsExactly(5, 6, 7);
        }
    }

    @Test
    @DisplayName("two members share two partitions: of any ten events in a row, five each; the first keeps partition 0")
    void balance() throws Exception {
        String topic = topic(2);
        try (Run a = SharedCluster.script("consumer.java", topic, "balance")) {
            a.awaitLine("assigned: partitions [0, 1]");
            try (Run b = SharedCluster.script("consumer.java", topic, "balance")) {
                b.awaitLine("assigned: partitions [1]");
                try (Run producer = SharedCluster.script("producer.java", topic, "-n", "30", "-r", "100")) {
                    producer.expectExit(0);
                }
                a.awaitLine("\"event_id\": 29,");
                b.awaitLine("\"event_id\": 30,");
                assertThat(ids(a)).hasSize(15).allMatch(id -> id % 2 == 1);
                assertThat(ids(b)).hasSize(15).allMatch(id -> id % 2 == 0);
            }
        }
    }

    @Test
    @DisplayName(
            "one partition, two members: one says why it is idle; when the other ends, it goes on at the next record")
    void idle() throws Exception {
        String topic = topic(1);
        try (Run producer = SharedCluster.script("producer.java", topic, "-r", "5");
                Run a = SharedCluster.script("consumer.java", topic, topic)) {
            a.awaitLine("offset 3");
            try (Run b = SharedCluster.script("consumer.java", topic, topic)) {
                b.awaitLine("idle (Stable): %1$s has 2 members and %1$s has 1 partition".formatted(topic));
                a.interrupt();
                a.expectExit(INTERRUPTED);
                b.awaitLine("assigned: partitions [0]");
                b.awaitLine("partition 0  offset");
                assertThat(ids(b).get(0)).isEqualTo(ids(a).get(ids(a).size() - 1) + 1);
                assertThat(b.out()).noneMatch(line -> line.contains("nothing read")); // it had read nothing before
                producer.awaitLine("acknowledged");
            }
        }
    }

    @Test
    @DisplayName("| head: what nobody read is not committed, and comes again")
    void closedOutput() throws Exception {
        String topic = topic(1);
        try (Run producer = SharedCluster.script("producer.java", topic, "-r", "20")) {
            producer.awaitLine("offset 20");
            Run.build("consumer.java");
            String command = "'%s' consumer.java %s head | head -5".formatted(Run.JBANG, topic);
            try (Run run = SharedCluster.here().command("bash", "-c", command)) {
                run.expectExit(0);
                assertThat(run.err()).isEmpty();
            }
        }
        long committed = SharedCluster.committed("head", topic);
        try (Run run = SharedCluster.script("consumer.java", topic, "head", "-n", "1")) {
            run.expectExit(0);
            assertThat(ids(run)).containsExactly((int) committed + 1);
        }
    }

    @Test
    @DisplayName("Ctrl-C and SIGTERM: it commits what it has printed, leaves the group, and prints its summary")
    void signals() throws Exception {
        String topic = topic(1);
        produce(topic, 5);
        for (String signal : List.of("INT", "TERM"))
            try (Run run = SharedCluster.script("consumer.java", topic, "signal-" + signal)) {
                run.awaitLine("\"event_id\": 5,");
                run.signal(signal);
                run.expectExit(signal.equals("INT") ? INTERRUPTED : 143);
                assertThat(run.out()).contains("received 5");
                assertThat(run.err()).isEmpty();
                assertThat(SharedCluster.committed("signal-" + signal, topic)).isEqualTo(5);
            }
    }

    @Test
    @DisplayName("its broker stops, the other one dies: it prints leaders, that none responds, and that they are back")
    void bothBrokersDie() throws Exception {
        String topic = SharedCluster.topic("2p-rf2");
        produce(topic, 4);
        try (Run run = SharedCluster.script("consumer.java", topic, "deaths")) {
            run.awaitLine("\"event_id\": 4,");
            SharedCluster.command("stop kafka-1");
            run.awaitLine("partition 0  leader: broker 2 (was broker 1)");
            SharedCluster.command("kill kafka-2");
            run.awaitLine("no broker responds, or " + topic + " was deleted");
            SharedCluster.command("start kafka-1");
            SharedCluster.command("start kafka-2");
            run.awaitLine(Pattern.compile("^partition 0  leader: .* \\(was unknown\\)$"));
            SharedCluster.heal();
            send(topic, "0:b2:5", "1:b2:6");
            run.awaitLine("\"event_id\": 5,");
            run.interrupt();
            run.expectExit(INTERRUPTED);
        } finally {
            SharedCluster.heal();
        }
    }

    @Test
    @DisplayName("all brokers freeze: Ctrl-C ends it all the same, with its summary")
    void interruptedWhileFrozen() throws Exception {
        String topic = topic(1);
        produce(topic, 2);
        try (Run run = SharedCluster.script("consumer.java", topic, "freezes")) {
            run.awaitLine("\"event_id\": 2,");
            SharedCluster.command("pause kafka-1");
            SharedCluster.command("pause kafka-2");
            run.interrupt();
            run.expectExit(INTERRUPTED, Duration.ofSeconds(20)); // 3 s, and the machine may be busy
            assertThat(run.out()).contains("received 2");
        } finally {
            SharedCluster.heal();
        }
    }

    @Test
    @DisplayName(
            "a topic that is deleted, and created with the same name: it says so, reads on, and counts what it missed")
    void topicAnew() throws Exception {
        String topic = topic(1);
        produce(topic, 20);
        try (Run run = SharedCluster.script("consumer.java", topic, "anew")) {
            run.awaitLine("\"event_id\": 20,");
            SharedCluster.admin().deleteTopics(List.of(topic)).all().get();
            run.awaitLine("no broker responds, or " + topic + " was deleted");
            create(topic, 1);
            produce(topic, 30);
            run.awaitLine("\"event_id\": 30,");
            var back = Pattern.compile("^partition 0  leader: broker [12] \\(was (unknown|none)\\)$");
            SharedCluster.await("the leader is back", () -> run.out().stream().anyMatch(back.asPredicate()));
            run.interrupt();
            run.expectExit(INTERRUPTED);
            // Kafka's consumer reads on at its old offset, 20, or where the new topic ended when it looked.
            int received = ids(run).size();
            assertThat(received).isBetween(30, 50);
            String counts = "%1$d, offsets 0 to 29; %1$d event ids: %2$d missing, 0 twice";
            assertThat(run.out())
                    .contains(
                            "received " + received,
                            "partition 0  received " + counts.formatted(received, 50 - received));
        }
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
                assertThat(run.out()).contains("received " + count);
                assertThat(run.out())
                        .filteredOn(line -> line.contains("  received "))
                        .isNotEmpty()
                        .allMatch(line -> line.endsWith(": 0 missing, 0 twice"));
            }
    }

    /**
     * What the partitions of one topic hold, each as RUN:ID, where the run's digit is by how much its ids rise; how
     * many ids there are, how many are missing, and how many are there twice.
     */
    private static final String[][] IDS = {
        {"3 is not there", "a1:1 a1:2 a1:4", "3 event ids: 1 missing, 0 twice"},
        {"of two partitions, 3 and 7 are not there", "a2:1 a2:5 a2:9", "3 event ids: 2 missing, 0 twice"},
        {"two runs at the same time", "a1:1 b1:1 a1:2 b1:3 a1:3", "5 event ids: 1 missing, 0 twice"},
        {"a run's first two", "a1:1 b1:3 a1:2 b1:4", "4 event ids: 2 missing, 0 twice"},
        {"of three partitions, 2 and 5 are not there", "a3:8", "1 event ids: 2 missing, 0 twice"},
        {"the first ones are late", "a1:3 a1:1 a1:2", "3 event ids: 0 missing, 0 twice"},
        {"one run after another", "a1:1 a1:2 b2:2 b2:4", "4 event ids: 0 missing, 0 twice"},
        {"a late one", "a1:1 a1:3 a1:2 a1:4", "4 event ids: 0 missing, 0 twice"},
        {"two late ones, and one missing", "a1:1 a1:5 a1:2 a1:3 a1:6", "5 event ids: 1 missing, 0 twice"},
        {"the same twice", "a1:1 a1:2 a1:2 a1:3", "4 event ids: 0 missing, 1 twice"},
        {"a batch twice", "a1:1 a1:2 a1:3 a1:2 a1:3", "5 event ids: 0 missing, 2 twice"},
        {"others sent something, too", "a1:1 - a1:2 -", "2 event ids: 0 missing, 0 twice"},
        {"ids above an int", "a1:4294967297 a1:4294967299", "2 event ids: 4,294,967,297 missing, 0 twice"},
        {"2^32 apart is not the same", "a1:1 b1:4294967297 a1:2", "3 event ids: 4,294,967,296 missing, 0 twice"},
        {"an aborted transaction between", "a1:1 a1:!2 a1:3", "2 event ids: 0 missing, 0 twice"}
    };

    @Test
    @DisplayName("what is missing, twice, or neither, is counted for each partition")
    void ids() throws Exception {
        String topic = topic(IDS.length);
        int count = 0;
        for (int partition = 0; partition < IDS.length; partition++) {
            String records = partition + ":" + IDS[partition][1].replace(" ", " " + partition + ":");
            count += send(topic, records.split(" "));
        }
        String level = "isolation.level=read_committed";
        try (Run run = SharedCluster.script("consumer.java", topic, topic, "-q", "-n", "" + count, "-X", level)) {
            run.expectExit(0);
            for (int partition = 0; partition < IDS.length; partition++) {
                String start = "partition " + partition + "  received ";
                String end = "; " + IDS[partition][2];
                assertThat(run.out())
                        .as(IDS[partition][0])
                        .anyMatch(line -> line.startsWith(start) && line.endsWith(end));
            }
        }
    }

    @Test
    @DisplayName("headers and values of other applications never crash it, also those with the same header's name")
    void foreignHeaders() throws Exception {
        String topic = topic(1);
        String[] headers = {
            "", "x", "3f2a91bc", "3f2a91bc/", "3f2a91bc/0", "3f2a91bc/x", "3f2a91bc/99999999999999999999"
        };
        String[] values = {
            "", "plain", "{\"event_id\": x", "{\"event_id\": 99999999999999999999, ", ProducerTest.event(1)
        };
        int sent = 0;
        try (var producer = producer(Map.of())) {
            for (String name : List.of("producer.java", "producer"))
                for (String value : values) {
                    for (String header : headers) {
                        var record = new ProducerRecord<byte[], byte[]>(topic, value.getBytes(UTF_8));
                        record.headers().add(name, header.getBytes(UTF_8));
                        producer.send(record);
                    }
                    var record = new ProducerRecord<byte[], byte[]>(topic, null, (byte[]) null);
                    record.headers().add(name, null);
                    producer.send(record);
                    sent += headers.length + 1;
                }
        }
        try (Run run = SharedCluster.script("consumer.java", topic, topic, "-n", "" + sent)) {
            run.expectExit(0);
            assertThat(run.err()).isEmpty();
            assertThat(run.out()).contains("received " + sent);
        }
        assertThat(SharedCluster.committed(topic, topic)).isEqualTo(sent);
    }

    @Test
    @DisplayName("a settings file of another program: its group, deserializers and auto-commit are not taken")
    void settingsFile(@TempDir Path directory) throws Exception {
        String topic = topic(1);
        produce(topic, 3);
        Path file = Files.writeString(directory.resolve("consumer.properties"), """
                group.id=test-consumer-group
                key.deserializer=org.apache.kafka.common.serialization.LongDeserializer
                value.deserializer=org.apache.kafka.common.serialization.LongDeserializer
                enable.auto.commit=false
                acks=all
                """);
        try (Run run =
                SharedCluster.script("consumer.java", topic, "own", "-n", "2", "--command-config", file.toString())) {
            run.expectExit(0);
            assertThat(run.err()).isEmpty();
            assertThat(ids(run)).containsExactly(1, 2);
        }
        assertThat(SharedCluster.committed("own", topic)).isEqualTo(2);
        assertThat(SharedCluster.committed("test-consumer-group", topic)).isZero();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "partition.assignment.strategy=org.apache.kafka.clients.consumer.RangeAssignor",
                "partition.assignment.strategy=org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
                "group.protocol=consumer"
            })
    @DisplayName("it prints what it has now, when another one comes and goes:")
    void assignedNow(String protocol) throws Exception {
        String topic = topic(2);
        produce(topic, 2);
        try (Run a = SharedCluster.script("consumer.java", topic, topic, "-X", protocol)) {
            a.awaitLine("assigned: partitions [0, 1]");
            a.awaitLine("\"event_id\": 1,");
            try (Run b = SharedCluster.script("consumer.java", topic, topic, "-X", protocol)) {
                a.awaitLine(Pattern.compile("^assigned: partitions \\[[01]\\]"));
                b.awaitLine(Pattern.compile("^assigned: partitions \\[[01]\\]$"));
                b.interrupt();
                b.expectExit(INTERRUPTED);
            }
            a.awaitLine("assigned: partitions [0, 1]");
        }
    }

    @Test
    @DisplayName("a consumer is killed and started again: with range the other one waits, and prints for how long")
    void killedAndStartedAgain() throws Exception {
        String topic = topic(2);
        String[] words = {topic, topic, "-X", "session.timeout.ms=20000"}; // the second one must join before its end
        try (Run producer = SharedCluster.script("producer.java", topic, "-r", "5");
                Run a = SharedCluster.script("consumer.java", words)) {
            producer.awaitLine("acknowledged");
            a.awaitLine("  offset ");
            try (Run b = SharedCluster.script("consumer.java", words)) {
                b.awaitLine("assigned: partitions [1]");
                a.awaitLine("assigned: partitions [0]");
                b.signal("KILL");
                b.awaitExit();
            }
            try (Run b = SharedCluster.script("consumer.java", words)) {
                a.awaitLine("assigned: no partition");
                var pause = a.awaitLine(Pattern.compile("^assigned: .*  \\(nothing read for (\\d+\\.\\d) s\\)$"));
                assertThat(Double.parseDouble(pause.group(1))).isPositive();
                b.awaitLine("assigned: partitions [1]");
                b.awaitLine("  offset ");
                a.awaitLine("  offset ");
            }
        }
    }

    @Test
    @DisplayName("partitions are added while it reads: it reads them, too")
    void morePartitions() throws Exception {
        String topic = topic(1);
        produce(topic, 3);
        try (Run run = SharedCluster.script("consumer.java", topic, "more")) {
            run.awaitLine("\"event_id\": 3,");
            SharedCluster.admin()
                    .createPartitions(Map.of(topic, NewPartitions.increaseTo(2)))
                    .all()
                    .get();
            run.awaitLine("assigned: partitions [0, 1]");
            produce(topic, 4);
            run.awaitLine("\"event_id\": 4,");
        }
    }

    @Test
    @DisplayName("control characters, bytes that are no UTF-8, and no value: one line each, which no terminal obeys")
    void values() throws Exception {
        String topic = topic(1);
        byte[][] values = {
            "a\nb\r\t\u001b[2J\u007f\u009b\u2028\u2029".getBytes(UTF_8),
            null,
            {},
            {(byte) 0xff, 'x', (byte) 0x9b, 'J', (byte) 0xc3},
            "m\u00fcller \u65e5\u672c \\n".getBytes(UTF_8)
        };
        try (var producer = producer(Map.of())) {
            for (byte[] value : values) producer.send(new ProducerRecord<>(topic, 0, null, value));
        }
        try (Run run = SharedCluster.here()
                .with("LC_ALL", "C")
                .script("consumer.java", topic, topic, "-n", "" + values.length)) {
            run.expectExit(0);
            assertThat(run.out())
                    .filteredOn(line -> line.contains("  offset "))
                    .containsExactly(
                            "partition 0  offset 0  a?b???[2J????",
                            "partition 0  offset 1  null",
                            "partition 0  offset 2  ",
                            "partition 0  offset 3  \ufffdx\ufffdJ\ufffd",
                            "partition 0  offset 4  m\u00fcller \u65e5\u672c \\n");
        }
    }

    @Test
    @DisplayName("on a terminal a record is one line, which begins with partition and offset")
    void terminal() throws Exception {
        String topic = topic(1);
        produce(topic, 3);
        try (Run run = SharedCluster.here().terminal(40, 20).script("consumer.java", topic, topic, "-n", "3")) {
            run.expectExit(0);
            for (int id = 1; id <= 3; id++) // ?7l: do not wrap
            assertThat(run.out())
                        .contains("\u001b[?7lpartition 0  offset " + (id - 1) + "  " + ProducerTest.event(id)
                                + "\u001b[?7h");
        }
    }

    @Test
    @DisplayName("a share group's name is refused with Kafka's reason: exit status 1, nothing is read")
    void otherKindOfGroup() throws Exception {
        String topic = topic(1);
        produce(topic, 1);
        try (Run queue = SharedCluster.script("queue.java", topic, "a-queue")) {
            queue.awaitLine("\"event_id\": 1,");
            try (Run run = SharedCluster.script("consumer.java", topic, "a-queue")) {
                run.expectExit(1);
                assertThat(run.out()).containsExactly("received 0");
                assertThat(run.err()).hasSize(1);
            }
        }
    }

    /** The event ids in the lines, in their order. */
    static List<Integer> ids(Run run) {
        var ids = new ArrayList<Integer>();
        for (String line : run.out()) {
            var received = RECEIVED.matcher(line);
            if (received.find()) ids.add(Integer.valueOf(received.group(3)));
        }
        return ids;
    }

    private static int topics;

    /** Creates a topic that no other test has. */
    static String topic(int partitions) throws Exception {
        String name = "consumed-%d".formatted(++topics);
        create(name, partitions);
        return name;
    }

    static void create(String topic, int partitions) throws Exception {
        var created = SharedCluster.admin().createTopics(List.of(new NewTopic(topic, partitions, (short) 2)));
        var id = created.topicId(topic).get(); // a broker may still know one that had this name before
        SharedCluster.awaitEach(
                "can use " + topic,
                topic,
                it -> it.topicId().equals(id) && SharedCluster.partitions(it, one -> one.leaderId() >= 0));
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
        String run = (char) ('a' + ++topics % 6) + "" + partitions;
        send(
                topic,
                IntStream.rangeClosed(1, count)
                        .mapToObj(id -> "%d:%s:%d".formatted((id - 1) % partitions, run, id))
                        .toArray(String[]::new));
    }

    /**
     * Sends records, each given as {@code PARTITION:RUN:ID}, or as {@code PARTITION:-} without run and id. A run is a
     * letter and by how much its ids rise within a partition. With {@code !} before the id, all are sent in
     * transactions of one record each, and this one is aborted. Returns how many there are to read.
     */
    static int send(String topic, String... records) throws Exception {
        boolean transactions = Stream.of(records).anyMatch(it -> it.contains("!"));
        int aborted = 0;
        try (var producer = producer(transactions ? Map.of("transactional.id", topic) : Map.of())) {
            if (transactions) producer.initTransactions();
            for (String each : records) {
                String[] words = each.split("[:!]+");
                boolean numbered = words.length == 3;
                String value = numbered ? ProducerTest.event(Long.parseLong(words[2])) : "foreign";
                var record = new ProducerRecord<byte[], byte[]>(
                        topic, Integer.parseInt(words[0]), null, value.getBytes(UTF_8));
                if (numbered) {
                    String run = words[1].substring(0, 1).repeat(8) + "/" + words[1].substring(1);
                    record.headers().add("producer.java", run.getBytes(UTF_8));
                }
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
