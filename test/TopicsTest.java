import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.regex.Pattern;

/** topics.java: every replica where the guide needs it, and a table that is true. */
class TopicsTest {
    private static Run topics(String... arguments) {
        return SharedCluster.script("topics.java", arguments);
    }

    private static void expectError(int status, String line, String... arguments) {
        try (Run run = topics(arguments)) {
            run.expectExit(status);
            assertThat(run.err()).singleElement().asString().contains(line);
        }
    }

    /** Each partition's replicas, the leader first. */
    private static List<List<Integer>> placement(String topic) throws Exception {
        TopicDescription it = SharedCluster.admin()
                .describeTopics(List.of(topic))
                .allTopicNames()
                .get()
                .get(topic);
        return it.partitions().stream()
                .map(partition -> partition.replicas().stream().map(Node::id).toList())
                .toList();
    }

    @Test
    @DisplayName("without a command: the guide's topics, as often as one likes")
    void guide() throws Exception {
        for (int i = 0; i < 2; i++) {
            try (Run run = topics()) {
                run.expectExit(0);
                assertThat(run.err()).isEmpty();
                assertThat(run.out())
                        .containsExactly(
                                "TOPIC        PARTITION  LEADER  REPLICAS    IN SYNC         RECORDS",
                                "test-1p-rf1          0       1  1           1                     0",
                                "test-2p-rf1          0       1  1           1                     0",
                                "test-2p-rf1          1       2  2           2                     0",
                                "test-2p-rf2          0       1  1,2         1,2                   0",
                                "test-2p-rf2          1       2  2,1         1,2                   0");
            }
        }
        assertThat(placement("test-1p-rf1")).isEqualTo(List.of(List.of(1)));
        assertThat(placement("test-2p-rf1")).isEqualTo(List.of(List.of(1), List.of(2)));
        assertThat(placement("test-2p-rf2")).isEqualTo(List.of(List.of(1, 2), List.of(2, 1)));
    }

    @Test
    @DisplayName("create: the shape of the name, or of -p and -r, and properties; list; delete")
    void create() throws Exception {
        try (Run run = topics("create", "orders-3p-rf2", "plain", "x-2p-rf1")) {
            run.expectExit(0);
            assertThat(run.out()).hasSize(1 + 3 + 1 + 2);
        }
        assertThat(placement("orders-3p-rf2")).isEqualTo(List.of(List.of(1, 2), List.of(2, 1), List.of(1, 2)));
        assertThat(placement("plain")).isEqualTo(List.of(List.of(1)));
        try (Run run = topics("create", "own-1p-rf1", "-p", "2", "-r", "2", "-c", "retention.ms=3600000")) {
            run.expectExit(0);
        }
        assertThat(placement("own-1p-rf1")).isEqualTo(List.of(List.of(1, 2), List.of(2, 1)));
        try (Run run = topics("list")) {
            run.expectExit(0);
            assertThat(run.out())
                    .anyMatch(it -> it.matches("orders-3p-rf2 +3 partitions, 2 replicas"))
                    .anyMatch(it -> it.matches("plain +1 partition, 1 replica"))
                    .noneMatch(it -> it.startsWith("__"));
        }
        try (Run run = topics("delete", "orders-3p-rf2", "x-2p-rf1", "never")) {
            run.expectExit(1);
            assertThat(run.out()).containsExactly("deleted orders-3p-rf2", "deleted x-2p-rf1");
            assertThat(run.err()).singleElement().asString().contains("'never' does not exist");
        }
        assertThat(SharedCluster.admin().listTopics().names().get())
                .contains("plain", "own-1p-rf1")
                .doesNotContain("orders-3p-rf2", "x-2p-rf1");
    }

    @Test
    @DisplayName("what cannot be: one line, and the status that says whose fault it is")
    void errors() {
        String there = SharedCluster.topic("1p-rf1");
        expectError(1, "Topic '" + there + "' exists already: 1 partition, 1 replica", "create", there);
        expectError(2, "Topic 'no/topic' cannot be created", "create", "no/topic");
        expectError(2, "1 or more partitions, not 0", "create", "t", "-p", "0");
        expectError(2, "1 or more replicas, not -1", "create", "t", "-r", "-1");
        expectError(1, "needs 3 brokers for its replicas, and 2 answer", "create", "t-1p-rf3");
        expectError(1, "Topic 't' cannot be created", "create", "t", "-c", "retention.ms=soon");
        expectError(1, "Topic 'never' does not exist", "describe", "never");
        expectError(1, "Topic 'never' does not exist", "describe", "--watch", "never");
        expectError(1, "Topic 'never' does not exist", "reset", "never");
        expectError(1, "Topic 'never' does not exist", "delete", "never");
    }

    @Test
    @DisplayName("reset: empty, in the same shape, with the properties that it had")
    void reset() throws Exception {
        try (Run run = topics("create", "again", "-p", "2", "-c", "retention.ms=3600000")) {
            run.expectExit(0);
        }
        try (Run run = SharedCluster.script("producer.java", "again", "-n", "6", "-r", "max")) {
            run.expectExit(0);
        }
        try (Run run = topics("describe", "again")) {
            run.expectExit(0);
            assertThat(run.out().get(2)).matches("again +1 +2 +2 +2 +3");
        }
        try (Run run = topics("reset", "again")) {
            run.expectExit(0);
            assertThat(run.out().get(2)).matches("again +1 +2 +2 +2 +0");
        }
        assertThat(SharedCluster.records("again")).isEmpty();
        var topic = new ConfigResource(ConfigResource.Type.TOPIC, "again");
        assertThat(SharedCluster.admin()
                        .describeConfigs(List.of(topic))
                        .all()
                        .get()
                        .get(topic)
                        .get("retention.ms")
                        .value())
                .isEqualTo("3600000");
    }

    @Test
    @DisplayName("describe --watch, piped: the table, then a line for each change of a leader")
    void watch() throws Exception {
        String topic = SharedCluster.topic("1p-rf2");
        try (Run watch = topics("describe", "--watch", topic)) {
            watch.awaitLine(Pattern.compile("^" + topic + " +0 +1 +1,2 +1,2 +0$"));
            SharedCluster.command("stop kafka-1");
            watch.awaitLine(Pattern.compile(
                    "^\\d\\d:\\d\\d:\\d\\d  " + topic + " partition 0: leader 1 -> 2, in sync 1,2 -> 2$"));
            SharedCluster.command("start kafka-1");
            watch.awaitLine(topic + " partition 0: leader 2 -> 2, in sync 2 -> 1,2");
            watch.interrupt();
            watch.expectExit(0);
            assertThat(String.join("\n", watch.out())).doesNotContain("\033");
            assertThat(watch.err()).isEmpty();
        } finally {
            SharedCluster.heal();
        }
    }

    @Test
    @DisplayName("on a terminal of 80 columns each line of the table fits, also with a long name")
    void longName() throws Exception {
        String name = "a-name-that-is-longer-than-the-window-is-wide-less-the-other-columns-2p-rf2";
        try (Run run = topics("create", name)) {
            run.expectExit(0);
            assertThat(run.out().get(1)).startsWith(name + " "); // a pipe has no width
        }
        Run.build("topics.java");
        String command = "stty cols 80; '%s' topics.java describe %s".formatted(Run.JBANG, name);
        Run.Surroundings here = SharedCluster.here().with("TERM", "xterm");
        try (Run run = here.command("script", "-qec", command, "/dev/null")) {
            run.expectExit(0);
            List<String> lines = run.out().stream()
                    .map(it -> it.replaceAll("\033\\[[0-9;]*m", ""))
                    .toList();
            assertThat(lines).hasSize(3).allMatch(line -> line.length() <= 80);
            assertThat(lines.get(1)).startsWith("a-name-that").containsPattern("\\.\\.\\S*-2p-rf2 ");
        }
    }

    @Test
    @DisplayName("a leader that is not the preferred one leads again after the guide's command")
    void preferredLeaders() throws Exception {
        try (Run run = topics()) {
            run.expectExit(0);
        }
        try {
            SharedCluster.command("stop kafka-1");
            SharedCluster.command("start kafka-1");
            assertThat(SharedCluster.leader("test-2p-rf2", 0)).isEqualTo(2);
            SharedCluster.awaitInSync();
            try (Run run = topics()) {
                run.expectExit(0);
            }
            assertThat(SharedCluster.leader("test-2p-rf2", 0)).isEqualTo(1);
        } finally {
            SharedCluster.heal();
        }
    }
}
