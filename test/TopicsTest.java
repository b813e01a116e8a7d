package test;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.*;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** topics.java: every replica where the guide needs it, and a table that is true. */
class TopicsTest {
    private static final String HEADER = "TOPIC +PARTITION  LEADER  REPLICAS  IN SYNC  OFFSETS";

    private static Run topics(String... arguments) {
        return SharedCluster.script("topics.java", arguments);
    }

    /** Runs it to its end. */
    private static Run finished(int status, String... arguments) {
        try (Run run = topics(arguments)) {
            run.expectExit(status);
            return run;
        }
    }

    private static void expectError(int status, String line, String... arguments) {
        Run run = finished(status, arguments);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).singleElement().asString().contains(line);
    }

    /** Each partition's replicas, the leader first. */
    private static List<List<Integer>> placement(Admin admin, String topic) throws Exception {
        return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().stream()
                .map(partition -> partition.replicas().stream().map(Node::id).toList())
                .toList();
    }

    private static List<List<Integer>> placement(String topic) throws Exception {
        return placement(SharedCluster.admin(), topic);
    }

    private static long endOf(String topic) {
        try {
            return SharedCluster.end(topic, 0);
        } catch (Exception notNow) {
            return -1;
        }
    }

    /** Gives partition 0 other replicas, the preferred leader first. */
    private static void reassign(String topic, List<Integer> replicas) throws Exception {
        var to = Optional.of(new NewPartitionReassignment(replicas));
        SharedCluster.admin()
                .alterPartitionReassignments(Map.of(new TopicPartition(topic, 0), to))
                .all()
                .get();
    }

    /** Always false. */
    private static boolean reassigned(String topic, int broker) {
        try {
            reassign(topic, List.of(broker));
            return false;
        } catch (Exception refused) {
            throw new IllegalStateException(refused);
        }
    }

    private static void forget(String topic) throws Exception {
        if (existing().contains(topic))
            SharedCluster.admin().deleteTopics(List.of(topic)).all().get();
        SharedCluster.awaitGone(topic);
    }

    private static Set<String> existing() throws Exception {
        return SharedCluster.admin().listTopics().names().get();
    }

    private static void send(String topic, int count) throws Exception {
        try (var producer = producer(Map.of())) {
            for (int i = 0; i < count; i++) producer.send(new ProducerRecord<>(topic, "v"));
        }
    }

    private static KafkaProducer<String, String> producer(Map<String, Object> more) {
        var settings = new HashMap<>(more);
        settings.put("bootstrap.servers", SharedCluster.servers());
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    // ---- create, list, delete ----

    @Test
    @DisplayName("create: the shape of the name, and properties; list; delete; a name twice is one; Kafka's own stay")
    void create() throws Exception {
        for (String left : List.of("orders-3p-rf2", "plain", "x-2p-rf1", "many-0011p-rf01"))
            forget(left); // by a first run
        Run create = finished(0, "create", "orders-3p-rf2", "plain", "x-2p-rf1", "plain");
        assertThat(create.err()).isEmpty();
        assertThat(create.out())
                .containsExactly(
                        "TOPIC          PARTITION  LEADER  REPLICAS  IN SYNC  OFFSETS",
                        "orders-3p-rf2          0       1  1,2       1,2      empty",
                        "orders-3p-rf2          1       2  2,1       1,2      empty",
                        "orders-3p-rf2          2       1  1,2       1,2      empty",
                        "plain                  0       1  1         1        empty",
                        "x-2p-rf1               0       1  1         1        empty",
                        "x-2p-rf1               1       2  2         2        empty");
        for (String each : List.of("orders-3p-rf2", "plain", "x-2p-rf1")) SharedCluster.awaitKnown(each);
        assertThat(placement("orders-3p-rf2")).isEqualTo(List.of(List.of(1, 2), List.of(2, 1), List.of(1, 2)));
        assertThat(placement("plain")).isEqualTo(List.of(List.of(1)));
        finished(0, "create", "many-0011p-rf01", "-c", "retention.ms=3600000", "-c", "segment.ms=60000");
        SharedCluster.awaitKnown("many-0011p-rf01");
        assertThat(placement("many-0011p-rf01")).hasSize(11);
        send("plain", 3);
        SharedCluster.committed("any", "plain"); // creates __consumer_offsets
        SharedCluster.awaitKnown("__consumer_offsets");
        assertThat(finished(0, "list").out())
                .anyMatch(it -> it.matches("plain +0 +1  1 +1 +0 to 2"))
                .noneMatch(it -> it.startsWith("__"));
        assertThat(finished(0, "list", "__consumer_offsets").out()).hasSize(51);

        expectError(1, "There is no topic never", "delete", "plain", "never", "x-2p-rf1");
        expectError(1, "There is no topic __consumer_offsets", "delete", "__consumer_offsets");
        assertThat(existing()).contains("plain", "x-2p-rf1"); // what exists stays, if something is misspelt
        assertThat(finished(0, "delete", "x-2p-rf1", "plain", "x-2p-rf1").out())
                .containsExactlyInAnyOrder("deleted plain", "deleted x-2p-rf1");
        for (String each : List.of("plain", "x-2p-rf1")) SharedCluster.awaitGone(each);
        assertThat(existing()).contains("orders-3p-rf2").doesNotContain("plain", "x-2p-rf1");
    }

    @Test
    @DisplayName("what the cluster refuses: one line, exit status 1, and nothing is created")
    void errors() throws Exception {
        String there = SharedCluster.topic("1p-rf1");
        expectError(1, "'" + there + "' already exists", "create", "beside-" + there, there);
        expectError(1, "t-1p-rf3 needs more brokers than these: [1, 2]", "create", "t-1p-rf1", "t-1p-rf3");
        expectError(1, "Invalid value soon for configuration retention.ms", "create", "t", "-c", "retention.ms=soon");
        expectError(1, "This topic does not exist", "list", "never");
        expectError(1, "This topic does not exist", "list", "--watch", "never");
        expectError(1, "This topic does not exist", "elect", "never");
        assertThat(existing()).doesNotContain("beside-" + there, "t-1p-rf1", "t");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "x-99999999999p-rf1",
                "x-10000p-rf1",
                "x-0p-rf1",
                "x-00p-rf00",
                "x-2p-rf0",
                "x-1p-rf99999999999",
                "__consumer_offsets",
                "no/topic",
                "..",
                "",
            })
    @DisplayName("a name that cannot be is wrong usage:")
    void wrongNames(String name) throws Exception {
        Run run = finished(2, "create", "beside", name);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).singleElement().asString().contains(name);
        assertThat(existing()).doesNotContain("beside");
    }

    @Test
    @DisplayName("offsets are no number of records: transactions, also aborted ones, and deleted records")
    void offsets() throws Exception {
        String topic = SharedCluster.topic("1p-rf1");
        try (var producer = producer(Map.of("transactional.id", topic))) {
            producer.initTransactions();
            for (int i = 0; i < 10; i++) {
                producer.beginTransaction();
                producer.send(new ProducerRecord<>(topic, "v")).get();
                if (i % 2 == 0) producer.commitTransaction();
                else producer.abortTransaction();
            }
        }
        SharedCluster.await("the last control record", () -> endOf(topic) == 20); // it is written later
        assertThat(finished(0, "list", topic).out().get(1)).endsWith(" 0 to 19");
        var partition = new TopicPartition(topic, 0);
        for (long before : List.of(7, 20)) {
            SharedCluster.admin()
                    .deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(before)))
                    .all()
                    .get();
            assertThat(finished(0, "list", topic).out().get(1)).endsWith(before == 7 ? " 7 to 19" : " empty");
        }
    }

    @Test
    @DisplayName("the offsets of 200 partitions, asked for together")
    void manyPartitions() throws Exception {
        String topic = SharedCluster.topic("200p-rf1");
        SharedCluster.await("every leader answers", () -> {
            List<String> rows = finished(0, "list", topic).out();
            return rows.size() == 201 && rows.subList(1, 201).stream().allMatch(it -> it.endsWith(" empty"));
        });
    }

    // ---- a cluster that does not do at once what it is told ----

    @Test
    @DisplayName("no answer to the question which brokers are down: nothing is created as if none were")
    void unansweredQuestion(@TempDir Path directory) throws Exception {
        String text = Files.readString(Run.ROOT.resolve("topics.java"));
        String question = "new DescribeClusterOptions().includeFencedBrokers(true)";
        assertThat(text).contains(question);
        Path copy = directory.resolve("topics.java");
        Files.writeString(copy, text.replace(question, question + ".timeoutMs(0)"));
        try (Run run = SharedCluster.script("" + copy, "create", "unanswered-2p-rf2")) {
            run.expectExit(3);
            assertThat(run.out()).isEmpty();
        }
        assertThat(existing()).doesNotContain("unanswered-2p-rf2");
    }

    @Test
    @DisplayName(
            "a controller that is slow is waited for, and the repeated request is no error; one that hangs: exit 3")
    void controller() throws Exception {
        String toDelete = SharedCluster.topic("1p-rf1");
        try {
            // On a machine that stalls the script may have given up before the controller answers.
            int status = createsSlowly();
            for (int tries = 1; tries < 3 && status == 3; tries++) status = createsSlowly();
            assertThat(status).isZero();
            SharedCluster.command("pause controller");
            try (Run delete = topics("delete", toDelete)) {
                delete.expectExit(3);
                assertThat(delete.out()).isEmpty();
                assertThat(delete.err()).singleElement().asString().startsWith("No answer from ");
            }
        } finally {
            SharedCluster.command("resume controller");
            SharedCluster.heal();
        }
    }

    private static int createsSlowly() throws Exception {
        SharedCluster.command("pause controller");
        try (Run create = topics("create", SharedCluster.name("1p-rf1"))) {
            create.awaitIn("topics.create");
            TimeUnit.MILLISECONDS.sleep(2_200); // longer than a request waits, shorter than the script
            SharedCluster.command("resume controller");
            int status = create.awaitExit();
            if (status == 3) return 3;
            create.expectExit(0);
            assertThat(create.err()).isEmpty();
            assertThat(create.out()).hasSize(2);
            return 0;
        }
    }

    @Test
    @DisplayName("one of two brokers is frozen: the other one answers, and the row of its partition has no offsets")
    void frozen() throws Exception {
        String topic = SharedCluster.topic("2p-rf1");
        SharedCluster.command("pause kafka-1");
        try {
            // A client asks one of two servers first, by chance. A request that it gives up a moment too late starts
            // the
            // silent server's time anew, so without connections.max.idle.ms it may never ask the other one.
            for (int i = 0; i < 3; i++) {
                Run list = finished(0, "list", topic);
                assertThat(list.err()).isEmpty();
                assertThat(list.out().get(1)).matches(topic + " +0 .* -");
                assertThat(list.out().get(2)).matches(topic + " +1 .* empty");
            }
        } finally {
            SharedCluster.heal();
        }
    }

    @Test
    @DisplayName("a cluster that dies costs no minutes, and is no success")
    void dies() throws Exception {
        String topic = SharedCluster.topic("1p-rf2");
        try {
            reassign(topic, List.of(2, 1)); // broker 1 still leads
            SharedCluster.awaitEach(
                    "knows it",
                    topic,
                    it -> SharedCluster.partitions(it, one -> one.replicaNodes().equals(List.of(2, 1))));
            assertThat(SharedCluster.leader(topic, 0)).isEqualTo(1);
            SharedCluster.command("pause controller"); // it elects
            try (Run elect = topics("elect", topic)) {
                elect.awaitExit(Duration.ofSeconds(60));
                elect.expectExit(3);
                assertThat(elect.err()).singleElement().asString().startsWith("No answer from ");
            }
        } finally {
            SharedCluster.command("resume controller");
            SharedCluster.heal();
        }
    }

    // ---- list --watch ----

    @Test
    @DisplayName("list --watch: the table, then a row when it changes, and none without a change")
    void watch() throws Exception {
        String topic = SharedCluster.topic("1p-rf2");
        try (Run watch = topics("list", "--watch", topic);
                Run all = topics("list", "--watch")) {
            watch.awaitLine(Pattern.compile("^TIME      " + HEADER));
            watch.awaitLine(Pattern.compile("^\\d\\d:\\d\\d:\\d\\d  " + topic + " +0 +1  1,2 +1,2 +empty$"));
            all.awaitLine(topic);
            send(topic, 3); // no row
            SharedCluster.command("stop kafka-1");
            watch.awaitLine(Pattern.compile(topic + " +0 +2  1,2 +2 +0 to 2$"));
            SharedCluster.command("start kafka-1");
            watch.awaitLine(Pattern.compile(topic + " +0 +2  1,2 +1,2 +0 to 2$"));
            finished(0, "create", topic + "-new");
            all.awaitLine(Pattern.compile(topic + "-new +0 +1  1 +1 +empty$"));
            finished(0, "delete", topic + "-new");
            SharedCluster.awaitGone(topic + "-new");
            finished(0, "create", topic + "-new"); // another topic of this name: its row again
            all.awaitLine(Pattern.compile(topic + "-new +0 +1  1 +1 +empty$"));
            for (Run run : List.of(watch, all)) {
                run.interrupt();
                run.expectExit(130);
                assertThat(run.err()).isEmpty();
            }
            // Leader and replicas in sync may change one after the other, but no row stands twice in a row.
            List<String> rows = watch.out().stream().map(it -> it.substring(8)).toList();
            for (int i = 1; i < rows.size(); i++) assertThat(rows.get(i)).isNotEqualTo(rows.get(i - 1));
        } finally {
            SharedCluster.heal();
        }
    }

    @Test
    @DisplayName("list --watch goes on while no broker answers, and shows what comes then")
    void watchWithoutBrokers() throws Exception {
        String topic = SharedCluster.topic("1p-rf2");
        try (Run watch = topics("list", "--watch", topic)) {
            watch.awaitLine(Pattern.compile(topic + " +0 +1  1,2 +1,2 +empty$"));
            SharedCluster.command("stop kafka-1");
            watch.awaitLine(Pattern.compile(topic + " +0 +2  1,2 +2 +empty$"));
            SharedCluster.command("stop kafka-2");
            watch.awaitLine(Pattern.compile("^\\d\\d:\\d\\d:\\d\\d  no answer: .*"));
            SharedCluster.command("start kafka-2");
            SharedCluster.command("start kafka-1");
            watch.awaitLine(Pattern.compile(topic + " +0 +2  1,2 +1,2 +empty$"));
            assertThat(watch.isRunning()).isTrue();
        } finally {
            SharedCluster.heal();
        }
    }

    @Test
    @DisplayName("a reader that ends, as head does: no stack trace, and the watch ends")
    void closedOutput() throws Exception {
        String topic = SharedCluster.topic("2p-rf2");
        Run.build("topics.java");
        String command = "'%s' topics.java list --watch %s -b %s | head -n 2";
        try (Run run = Run.command("bash", "-c", command.formatted(Run.JBANG, topic, SharedCluster.servers()))) {
            run.awaitLine(topic);
            var broker = new AtomicInteger();
            // Gives it something to print, again and again: a pipe takes what is printed until head has ended.
            SharedCluster.await(
                    "it ends", () -> !run.isRunning() || reassigned(topic, 1 + broker.getAndIncrement() % 2));
            run.expectExit(0);
            assertThat(run.err()).isEmpty();
        }
    }

    // ---- leaders ----

    @Test
    @DisplayName("elect: the preferred replica leads again; one that is not in sync cannot, and that is no success")
    void elect() throws Exception {
        String topic = SharedCluster.topic("2p-rf2");
        String down = SharedCluster.name("1p-rf1");
        assertThat(finished(0, "elect", topic).out()).hasSize(3);
        try {
            SharedCluster.command("stop kafka-1");
            SharedCluster.awaitLeader(topic, 0, 2);
            Run cannot = finished(1, "elect", topic);
            assertThat(cannot.out().get(1)).matches(topic + " +0 +2  1,2 +2 +empty");
            assertThat(cannot.err()).singleElement().asString().contains("down or not in sync");
            expectError(1, down + ": broker 1 is down", "create", down);
            assertThat(existing()).doesNotContain(down);
            SharedCluster.command("start kafka-1");
            SharedCluster.awaitInSync();
            assertThat(SharedCluster.leader(topic, 0)).isEqualTo(2);
            assertThat(finished(0, "elect", topic).out().get(1)).matches(topic + " +0 +1  1,2 +1,2 +empty");
            SharedCluster.awaitLeader(topic, 0, 1);
        } finally {
            SharedCluster.heal();
        }
    }

    @Test
    @DisplayName("with a broker down: no topic that needs it is placed on the other one for good")
    void brokerDown() throws Exception {
        String one = SharedCluster.name("1p-rf1");
        String two = SharedCluster.name("2p-rf1");
        try {
            SharedCluster.command("stop kafka-2"); // kafka-1 is down in elect()
            expectError(1, two + ": broker 2 is down", "create", one, two);
            assertThat(existing()).doesNotContain(one, two);
            finished(0, "create", one); // needs only broker 1
            assertThat(placement(one)).isEqualTo(List.of(List.of(1)));
        } finally {
            SharedCluster.heal();
        }
    }

    // ---- without a command ----

    @Test
    @DisplayName("without a command, on any other cluster: only the table")
    void elsewhere() throws Exception {
        String topic = SharedCluster.topic("1p-rf1");
        Set<String> before = existing();
        Run run = finished(0);
        assertThat(run.out().get(0)).matches(HEADER);
        assertThat(run.out()).anyMatch(it -> it.startsWith(topic + " "));
        assertThat(existing()).isEqualTo(before);
    }

    @Test
    @DisplayName("without a command, on the default servers: the guide's topics, their leaders, their placement")
    void guide() throws Exception {
        try (Run cluster = Run.script("cluster.java");
                var admin = Admin.create(Map.of("bootstrap.servers", "localhost:9095"))) {
            cluster.awaitLine("ready: ");
            for (int i = 0; i < 2; i++) {
                Run run = onDefault(0);
                assertThat(run.err()).isEmpty();
                assertThat(run.out())
                        .containsExactly(
                                "TOPIC        PARTITION  LEADER  REPLICAS  IN SYNC  OFFSETS",
                                "test-1p-rf1          0       1  1         1        empty",
                                "test-2p-rf1          0       1  1         1        empty",
                                "test-2p-rf1          1       2  2         2        empty",
                                "test-2p-rf2          0       1  1,2       1,2      empty",
                                "test-2p-rf2          1       2  2,1       1,2      empty");
            }
            command(cluster, "stop kafka-1", "kafka-1 stopped");
            assertThat(onDefault(1).out()).hasSize(6); // the table, and what does not lead
            admin.deleteTopics(List.of("test-1p-rf1")).all().get();
            SharedCluster.await("kafka-2 knows it", () -> {
                try {
                    return admin.listTopics().names().get().size() == 2;
                } catch (Exception notNow) {
                    return false;
                }
            });
            Run down = onDefault(1);
            assertThat(down.out()).isEmpty();
            assertThat(down.err()).singleElement().asString().contains("broker 1 is down");
            command(cluster, "start kafka-1", "kafka-1 started");
            SharedCluster.await("kafka-1 leads again", () -> {
                try (Run run = Run.script("topics.java")) { // once it is in sync
                    return run.awaitExit() == 0 && run.out().get(4).matches("test-2p-rf2 +0 +1 .*");
                }
            });
            admin.deleteTopics(List.of("test-2p-rf1")).all().get();
            admin.createTopics(List.of(new NewTopic("test-2p-rf1", Map.of(0, List.of(2), 1, List.of(2)))))
                    .all()
                    .get();
            String complaint = onDefault(1).err().get(0);
            assertThat(complaint).startsWith("test-2p-rf1: wrong replicas for the guide.");
            for (String fix : complaint.substring(complaint.indexOf("jbang ")).split("; "))
                try (Run run = Run.script(
                        "topics.java",
                        fix.replaceFirst("jbang topics.java ", "").split(" "))) {
                    run.expectExit(0);
                }
            onDefault(0);
            assertThat(placement(admin, "test-2p-rf1")).isEqualTo(List.of(List.of(1), List.of(2)));
            cluster.type("quit");
            cluster.expectExit(0);
        }
    }

    private static Run onDefault(int status) {
        try (Run run = Run.script("topics.java")) {
            run.expectExit(status);
            return run;
        }
    }

    private static void command(Run cluster, String command, String answer) {
        cluster.type(command);
        cluster.awaitLine(answer);
    }

    @Test
    @DisplayName("no cluster: one line with what was asked and what finds out why, exit status 3, within seconds")
    void noCluster() {
        try (Run run = Run.script("topics.java", "list", "-b", "localhost:1")) {
            run.expectExit(3);
            assertThat(run.out()).isEmpty();
            assertThat(run.err())
                    .singleElement()
                    .asString()
                    .startsWith("No answer from localhost:1: ")
                    .endsWith(" Why: jbang lab/doctor.java -b localhost:1");
        }
    }
}
