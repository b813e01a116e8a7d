package test;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** queue.java, on a real cluster: who receives what, how often, and what comes again. */
class QueueTest {
    private static final Pattern RECEIVED =
            Pattern.compile("^partition \\d+  offset \\d+  delivery (\\d+)  \\{\"event_id\": (\\d+),");

    @BeforeAll
    static void useCluster() {
        SharedCluster.soonBack();
    }

    @Test
    @DisplayName("two consumers of one partition both receive; the events of one that is killed come to the other")
    void twoOfOnePartition() throws Exception {
        String topic = ConsumerTest.topic(1);
        String both = "both-" + topic;
        ConsumerTest.produce(topic, 5); // before the group is there: earliest
        try (Run a = SharedCluster.script("queue.java", topic, both, "--hold", "0.05");
                Run b = SharedCluster.script("queue.java", topic, both, "--hold", "0.05")) {
            SharedCluster.await("two members", () -> members(both) == 2);
            ConsumerTest.produce(topic, 200);
            SharedCluster.await("all are read", () -> ids(a).size() + ids(b).size() >= 205);
            assertThat(deliveries(a, b)).hasSize(205 - 5); // two have the ids 1 to 5
            assertThat(ids(a)).hasSizeGreaterThan(10);
            assertThat(ids(b)).hasSizeGreaterThan(10);
            assertThat(ids(a).size() + ids(b).size()).isEqualTo(205);
            try (Run c = SharedCluster.script("queue.java", topic, both, "--hold", "600")) {
                SharedCluster.await("three members", () -> members(both) == 3);
                int sent = 200;
                while (ids(c).isEmpty()) produceOne(topic, ++sent);
                c.signal("KILL");
                int held = ids(c).get(0);
                SharedCluster.await("it comes again", () -> deliveries(a, b).getOrDefault(held, 0) == 2);
            }
            for (Run each : List.of(a, b)) {
                each.interrupt();
                each.expectExit(130);
                assertThat(each.out()).anyMatch(line -> line.startsWith("received "));
            }
            assertThat(List.of(a, b))
                    .anyMatch(it -> it.out().contains("set for " + both + ": share.auto.offset.reset=earliest"));
        }
    }

    @Test
    @DisplayName("released each time, an event comes 5 times and no more; rejected, once; the others flow on")
    void releaseAndReject() throws Exception {
        String topic = ConsumerTest.topic(1);
        ConsumerTest.produce(topic, 6);
        try (Run run =
                SharedCluster.script("queue.java", topic, "back", "--release", "2", "--reject", "3", "-n", "10")) {
            run.expectExit(0);
            assertThat(ids(run)).hasSize(10).containsOnlyOnce(1, 3, 4, 5, 6);
            assertThat(deliveries(run)).containsEntry(2, 5).containsEntry(3, 1);
            assertThat(run.out())
                    .contains(
                            "received 10, accepted 4, released 5, rejected 1, not acknowledged 0",
                            "delivery 1: 6",
                            "delivery 5: 1")
                    .contains("partition 0  offset 2  delivery 1  rejected")
                    .contains("partition 0  offset 1  delivery 5  released");
        }
        produceOne(topic, 7);
        try (Run run = SharedCluster.script("queue.java", topic, "back", "-n", "1")) {
            run.expectExit(0);
            assertThat(ids(run)).containsExactly(7);
        }
    }

    @Test
    @DisplayName("Ctrl-C while it works on an event: the event is accepted; one that is not printed comes to another")
    void endsInGoodOrder() throws Exception {
        String topic = ConsumerTest.topic(1);
        ConsumerTest.produce(topic, 3);
        try (Run run =
                SharedCluster.script("queue.java", topic, "ends", "--hold", "600", "-X", "max.poll.records=10")) {
            run.awaitLine("\"event_id\": 1,");
            run.interrupt();
            run.expectExit(130);
            assertThat(run.out()).contains("received 1, accepted 1, released 2, rejected 0, not acknowledged 0");
        }
        Run.build("queue.java");
        // A pipe takes what is printed until its reader has closed it: only event 4 is surely printed to nobody.
        String command = "'%s' queue.java %s ends | { head -1; exec <&-; echo closed; }".formatted(Run.JBANG, topic);
        try (Run run = SharedCluster.here().command("bash", "-c", command)) {
            run.awaitLine("\"event_id\": 2,");
            run.awaitLine("closed");
            ConsumerTest.send(topic, "0:f1:4");
            run.expectExit(0);
            assertThat(run.out()).hasSize(2);
            assertThat(run.err()).isEmpty();
        }
        try (Run run = SharedCluster.script("queue.java", topic, "ends", "-q", "-n", "1")) {
            run.expectExit(0);
            assertThat(run.out())
                    .noneMatch(line -> line.contains("  offset "))
                    .contains("received 1, accepted 1, released 0, rejected 0, not acknowledged 0");
        }
    }

    @Test
    @DisplayName("an answer that comes after the lock's time is no answer: it says so, and counts nothing as accepted")
    void tooLate() throws Exception {
        String topic = ConsumerTest.topic(1);
        ConsumerTest.produce(topic, 2);
        var group = new ConfigResource(ConfigResource.Type.GROUP, "late");
        var lock =
                new AlterConfigOp(new ConfigEntry("share.record.lock.duration.ms", "3000"), AlterConfigOp.OpType.SET);
        SharedCluster.admin()
                .incrementalAlterConfigs(Map.of(group, List.of(lock)))
                .all()
                .get();
        try (Run run = SharedCluster.script("queue.java", topic, "late", "--hold", "8", "-n", "1")) {
            run.expectExit(0);
            assertThat(run.out())
                    .anyMatch(line -> line.startsWith("partition 0  offset 0  not acknowledged  "))
                    .contains("received 1, accepted 0, released 0, rejected 0, not acknowledged 1");
        }
        try (Run run = SharedCluster.script("queue.java", topic, "late", "-n", "2")) {
            run.expectExit(0);
            // The client of the first run may have fetched event 2 as well, so that this is its second delivery.
            assertThat(deliveries(run)).containsOnlyKeys(1, 2).containsEntry(1, 2);
            assertThat(run.out()).contains("received 2, accepted 2, released 0, rejected 0, not acknowledged 0");
        }
    }

    @Test
    @DisplayName("a broker is stopped in between: every event is received; a topic that is deleted is missed")
    void brokerStopped() throws Exception {
        String topic = ConsumerTest.topic(2);
        try (Run a = SharedCluster.script("queue.java", topic, "outage");
                Run b = SharedCluster.script("queue.java", topic, "outage");
                Run producer = SharedCluster.script("producer.java", topic, "-r", "50")) {
            SharedCluster.await("both read, and know who leads", () -> ids(a).size() > 50 && ids(b).size() > 50);
            SharedCluster.command("stop kafka-1");
            producer.awaitLine("acknowledged");
            a.awaitLine(Pattern.compile("^partition \\d  leader: broker 2 \\(was broker 1\\)$"));
            SharedCluster.heal();
            producer.awaitLine("acknowledged");
            producer.interrupt();
            producer.awaitExit(); // what was waiting for the broker may be unknown, and may still come into the log
            SharedCluster.await(
                    "all in the log are read", () -> deliveries(a, b).size() == inLog(topic));
            SharedCluster.admin().deleteTopics(List.of(topic)).all().get();
            a.awaitLine("no broker responds, or " + topic + " was deleted");
            for (Run each : List.of(a, b)) {
                each.interrupt();
                each.expectExit(130);
                assertThat(each.out()).contains("received " + ids(each).size() + summaryOf(each));
            }
        } finally {
            SharedCluster.heal();
        }
    }

    @Test
    @DisplayName("a consumer group's name is refused with Kafka's reason: exit status 1, nothing is read")
    void otherKindOfGroup() throws Exception {
        String topic = ConsumerTest.topic(1);
        ConsumerTest.produce(topic, 1);
        try (Run consumer = SharedCluster.script("consumer.java", topic, "consumers")) {
            consumer.awaitLine("\"event_id\": 1,");
            try (Run run = SharedCluster.script("queue.java", topic, "consumers")) {
                run.expectExit(1);
                assertThat(ids(run)).isEmpty();
                assertThat(run.err()).hasSize(1);
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "t g --release abc | '--release'",
                "t g --hold soon   | '--hold'",
                "t g --hold -1     | --hold takes seconds",
                "t g --hold NaN    | --hold takes seconds",
                "t ''              | GROUP is not blank",
                "t g -X group.id=x | -X group.id"
            })
    @DisplayName("wrong usage: exit status 2, and one line:")
    void wrongUsage(String arguments, String says) {
        String[] words = arguments.replace("''", "").split(" ", -1);
        try (Run run = SharedCluster.script("queue.java", words)) {
            run.expectExit(2);
            assertThat(run.out()).isEmpty();
            assertThat(run.err()).singleElement().asString().contains(says);
        }
    }

    /** How often each event id was received. */
    private static Map<Integer, Integer> deliveries(Run... runs) {
        var highest = new TreeMap<Integer, Integer>();
        for (Run run : runs)
            for (String line : run.out()) {
                var received = RECEIVED.matcher(line);
                if (received.find())
                    highest.merge(Integer.valueOf(received.group(2)), Integer.valueOf(received.group(1)), Math::max);
            }
        return highest;
    }

    /** What follows the number of received records in the summary. */
    private static String summaryOf(Run run) {
        return run.out().stream()
                .filter(line -> line.startsWith("received "))
                .map(line -> line.substring(line.indexOf(", accepted")))
                .findFirst()
                .orElseThrow();
    }

    private static List<Integer> ids(Run run) {
        var ids = new ArrayList<Integer>();
        for (String line : run.out()) {
            var received = RECEIVED.matcher(line);
            if (received.find()) ids.add(Integer.valueOf(received.group(2)));
        }
        return ids;
    }

    private static long inLog(String topic) {
        try {
            return SharedCluster.end(topic, 0) + SharedCluster.end(topic, 1);
        } catch (Exception notNow) {
            return -1;
        }
    }

    /** How many members have a partition. */
    private static long members(String group) {
        try {
            var described = SharedCluster.admin().describeShareGroups(List.of(group));
            return described.all().get().get(group).members().stream()
                    .filter(it -> !it.assignment().topicPartitions().isEmpty())
                    .count();
        } catch (ExecutionException | InterruptedException notYet) {
            return 0;
        }
    }

    private static void produceOne(String topic, int id) throws Exception {
        ConsumerTest.send(topic, "0:f1:" + id);
        Thread.sleep(200); // one of the consumers takes it
    }
}
