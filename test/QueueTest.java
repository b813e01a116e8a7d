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
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** queue.java, on a real cluster: who receives what, how often, and what comes again. */
class QueueTest {
    private static final Pattern RECEIVED = Pattern.compile(
            "^Consumer \\w+ \\(share group: .*\\) received: \\{\"event_id\": (\\d+),.*, delivery (\\d+)$");

    @Test
    @DisplayName("two consumers of one partition both receive; the events of one that is killed come to the other")
    void twoOfOnePartition() throws Exception {
        String topic = ConsumerTest.topic(1);
        ConsumerTest.produce(topic, 5); // before the group is there: earliest
        try (Run a = SharedCluster.script("queue.java", topic, "both", "--name", "a", "--hold", "0.05s");
                Run b = SharedCluster.script("queue.java", topic, "both", "--name", "b", "--hold", "0.05s")) {
            SharedCluster.await("two members", () -> members("both") == 2);
            ConsumerTest.produce(topic, 200);
            SharedCluster.await("all are read", () -> deliveries(a, b).size() == 205 - 5);
            assertThat(ids(a)).hasSizeGreaterThan(10);
            assertThat(ids(b)).hasSizeGreaterThan(10);
            assertThat(ids(a).size() + ids(b).size()).isEqualTo(205);
            try (Run c = SharedCluster.script("queue.java", topic, "both", "--name", "c", "--hold", "10m")) {
                SharedCluster.await("three members", () -> members("both") == 3);
                int sent = 200;
                while (ids(c).isEmpty()) produceOne(topic, ++sent);
                c.signal("KILL");
                int held = ids(c).get(0);
                SharedCluster.await("it comes again", () -> deliveries(a, b).getOrDefault(held, 0) == 2);
            }
            for (Run each : List.of(a, b)) {
                each.interrupt();
                each.expectExit(0);
                assertThat(each.out()).anyMatch(line -> line.startsWith("received "));
            }
            assertThat(List.of(a, b))
                    .anyMatch(it -> it.out()
                            .contains("set for both: share.auto.offset.reset=earliest (a new group begins"
                                    + " at the topic's beginning)"));
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
                            "received 10 (4 of them again)   accepted 4   released 5   rejected 1",
                            "  delivery 1: 6",
                            "  delivery 5: 1")
                    .contains("rejected: partition 0, offset 2, delivery 1")
                    .contains("released: partition 0, offset 1, delivery 5");
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
                SharedCluster.script("queue.java", topic, "ends", "--hold", "10m", "-X", "max.poll.records=10")) {
            run.awaitLine("\"event_id\": 1,");
            run.interrupt();
            run.expectExit(0);
            assertThat(run.out()).contains("received 1 (none of them again)   accepted 1   released 2   rejected 0");
        }
        Run.build("queue.java");
        String command = "set -o pipefail; '%s' queue.java %s ends | head -1".formatted(Run.JBANG, topic);
        try (Run run = SharedCluster.here().command("bash", "-c", command)) {
            run.expectExit(1);
            assertThat(ids(run)).containsExactly(2);
            assertThat(run.err()).containsExactly("Standard output was closed.");
        }
        try (Run run = SharedCluster.script("queue.java", topic, "ends", "-q", "-n", "1")) {
            run.expectExit(0);
            assertThat(run.out())
                    .noneMatch(line -> line.startsWith("Consumer "))
                    .contains("received 1 (1 of them again)   accepted 1   released 0   rejected 0");
        }
    }

    @Test
    @DisplayName("an answer that comes after the lock's time is no answer: it says so, and counts nothing as accepted")
    void tooLate() throws Exception {
        String topic = ConsumerTest.topic(1);
        ConsumerTest.produce(topic, 2);
        var group = new ConfigResource(ConfigResource.Type.GROUP, "late");
        var lock =
                new AlterConfigOp(new ConfigEntry("share.record.lock.duration.ms", "15000"), AlterConfigOp.OpType.SET);
        SharedCluster.admin()
                .incrementalAlterConfigs(Map.of(group, List.of(lock)))
                .all()
                .get();
        try (Run run = SharedCluster.script("queue.java", topic, "late", "--hold", "20s", "-n", "1")) {
            run.expectExit(0);
            assertThat(run.out())
                    .anyMatch(line -> line.startsWith("not acknowledged: partition 0, offset 0: "))
                    .contains("received 1 (none of them again)   accepted 0   released 0   rejected 0"
                            + "   not acknowledged 1");
        }
        try (Run run = SharedCluster.script("queue.java", topic, "late", "-n", "2")) {
            run.expectExit(0);
            assertThat(deliveries(run)).containsEntry(1, 2).containsEntry(2, 1);
            assertThat(run.out()).contains("received 2 (1 of them again)   accepted 2   released 0   rejected 0");
        }
    }

    @Test
    @DisplayName("a broker is stopped in between: every event is received; a topic that is deleted is missed")
    void brokerStopped() throws Exception {
        String topic = ConsumerTest.topic(2);
        try (Run a = SharedCluster.script("queue.java", topic, "outage", "--name", "a");
                Run b = SharedCluster.script("queue.java", topic, "outage", "--name", "b");
                Run producer = SharedCluster.script("producer.java", topic, "-r", "50")) {
            producer.awaitLine("offset 10");
            SharedCluster.command("stop kafka-1");
            producer.awaitLine("acknowledged: ");
            SharedCluster.heal();
            producer.awaitLine("acknowledged: ");
            producer.interrupt();
            producer.awaitExit(); // what was waiting for the broker may be unknown: the log tells how many there are
            long sent = SharedCluster.end(topic, 0) + SharedCluster.end(topic, 1);
            SharedCluster.await(
                    "all " + sent + " are read", () -> deliveries(a, b).size() == sent);
            SharedCluster.admin().deleteTopics(List.of(topic)).all().get();
            a.awaitLine("waiting: Topic '" + topic + "' does not exist.");
            for (Run each : List.of(a, b)) {
                each.interrupt();
                each.expectExit(0);
                long again = ids(each).size() - firstDeliveries(each);
                assertThat(each.out())
                        .anyMatch(line -> line.startsWith("received ")
                                && line.contains("(%s of them again)".formatted(again == 0 ? "none" : again)));
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "t g --release abc            | Invalid value for option '--release': 'abc' is not a long",
                "t g --release 3 --reject 3   | Event 3 is to be released and rejected",
                "t g --hold soon              | takes a time, such as 0.5s or 2m, not 'soon'",
                "t g -n 0                     | -n takes 1 or more",
                "t g -X group.protocol=x      | -X group.protocol: ",
                "TOPIC consumers              | Group 'consumers' exists already, and is no share group",
                "__consumer_offsets g         | is Kafka's own"
            })
    @DisplayName("wrong usage: exit status 2, and one line:")
    void wrongUsage(String arguments, String says) throws Exception {
        String topic = ConsumerTest.topic(1);
        if (arguments.startsWith("TOPIC"))
            SharedCluster.admin()
                    .alterConsumerGroupOffsets(
                            "consumers",
                            Map.of(
                                    new org.apache.kafka.common.TopicPartition(topic, 0),
                                    new org.apache.kafka.clients.consumer.OffsetAndMetadata(0)))
                    .all()
                    .get();
        String[] words = arguments.replace("TOPIC", topic).split(" ");
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
                    highest.merge(Integer.valueOf(received.group(1)), Integer.valueOf(received.group(2)), Math::max);
            }
        return highest;
    }

    /** How many events came as delivery 1, and had not come to this consumer before. */
    private static long firstDeliveries(Run run) {
        return run.out().stream()
                .map(RECEIVED::matcher)
                .filter(it -> it.find() && it.group(2).equals("1"))
                .map(it -> it.group(1))
                .distinct()
                .count();
    }

    private static List<Integer> ids(Run run) {
        var ids = new ArrayList<Integer>();
        for (String line : run.out()) {
            var received = RECEIVED.matcher(line);
            if (received.find()) ids.add(Integer.valueOf(received.group(1)));
        }
        return ids;
    }

    private static int members(String group) {
        try {
            var described = SharedCluster.admin().describeShareGroups(List.of(group));
            return described.all().get().get(group).members().size();
        } catch (ExecutionException | InterruptedException notYet) {
            return 0;
        }
    }

    private static void produceOne(String topic, int id) throws Exception {
        ConsumerTest.send(topic, "0:one:" + id);
        Thread.sleep(200); // one of the consumers takes it
    }
}
