import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** consumer.java, on a real cluster: what it prints, what it commits, how it ends. */
class ConsumerTest {
    private static final Pattern RECEIVED =
            Pattern.compile("^Consumer (\\w+) \\(group: .*\\) received: \\{\"event_id\": (\\d+),");

    @Test
    @DisplayName("prints the guide's line, and goes on where the group's last member has ended")
    void goesOn() throws Exception {
        String topic = SharedCluster.topic("1p-rf1");
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
    void balance() {
        String topic = SharedCluster.topic("2p-rf1");
        try (Run a = SharedCluster.script("consumer.java", topic, "balance", "--name", "a")) {
            a.awaitLine("assigned: partitions 0, 1");
            try (Run b = SharedCluster.script("consumer.java", topic, "balance", "--name", "b")) {
                b.awaitLine("assigned: partition 1");
                produce(topic, 30);
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
    void groupNames() {
        String topic = SharedCluster.topic("1p-rf1");
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
        String topic = SharedCluster.topic("1p-rf1");
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
        String topic = SharedCluster.topic("1p-rf1");
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
    @DisplayName("a topic that is deleted under its feet: it says so")
    void topicDeleted() throws Exception {
        String topic = SharedCluster.topic("1p-rf1");
        produce(topic, 3);
        try (Run run = SharedCluster.script("consumer.java", topic, "deleted")) {
            run.awaitLine("\"event_id\": 3,");
            SharedCluster.admin().deleteTopics(List.of(topic)).all().get();
            run.awaitLine("topic " + topic + " does not exist any more");
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

    private static void produce(String topic, int count) {
        try (Run run = SharedCluster.script("producer.java", topic, "-n", "" + count, "-r", "100")) {
            run.expectExit(0);
        }
    }
}
