package test;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.*;
import java.nio.file.*;
import java.util.List;
import java.util.regex.*;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** producer.java, on a real cluster: what it sends, what it says, how it ends. */
class ProducerTest {
    @Test
    @DisplayName("the guide's five records, byte for byte, to the partitions in turn, each printed when acknowledged")
    void fiveRecords() throws Exception {
        String topic = SharedCluster.topic("2p-rf2");
        try (Run run = SharedCluster.script("producer.java", topic, "-n", "5", "-r", "10")) {
            run.expectExit(0);
            assertThat(run.err()).isEmpty();
            assertThat(run.out()).hasSize(6).noneMatch(line -> line.contains("\u001b"));
            for (int id = 1; id <= 5; id++)
                assertThat(run.out())
                        .contains("acknowledged: " + event(id)
                                + "  partition %d, offset %d".formatted((id - 1) % 2, (id - 1) / 2));
            assertThat(run.out().get(5))
                    .startsWith("sent 5   acknowledged 5   not delivered 0   unknown 0   longest pause ");
        }
        var inLog = SharedCluster.records(topic).stream()
                .map(it -> it.partition() + " " + it.value())
                .toList();
        assertThat(inLog)
                .containsExactly("0 " + event(1), "0 " + event(3), "0 " + event(5), "1 " + event(2), "1 " + event(4));
    }

    @Test
    @DisplayName("-k: the key is the record's, and decides on the partition as Kafka's own partitioner does")
    void key() throws Exception {
        String topic = SharedCluster.topic("3p-rf1");
        Run.build("producer.java");
        for (String key : List.of("a", "b", "\"quoted\"", "\u00e9t\u00e9", "m\u00fcller", "a\tb\nc\u0001\\d")) {
            // In a locale that has only ASCII, and through the wrapper: the key is the same.
            var here = SharedCluster.here().with("LC_ALL", "C");
            try (Run run = key.equals("m\u00fcller")
                    ? here.command(Run.JBANG, "producer.java", topic, "-n", "2", "-k", key)
                    : SharedCluster.script("producer.java", topic, "-n", "2", "-r", "50", "-k", key)) {
                run.expectExit(0);
                assertThat(run.out()).hasSize(3); // whatever is in the key, a record is one line
            }
            byte[] bytes = key.getBytes(java.nio.charset.StandardCharsets.UTF_8);
            assertThat(SharedCluster.records(topic))
                    .filteredOn(it -> key.equals(it.key()))
                    .hasSize(2)
                    .allMatch(it -> it.partition() == Utils.toPositive(Utils.murmur2(bytes)) % 3)
                    .allMatch(it -> key.equals(parsed(it.value()).getString("key")));
        }
    }

    @Test
    @DisplayName("-r max: as fast as it goes, quietly, and every one of 100,000 is in the log once")
    void max() throws Exception {
        String topic = SharedCluster.topic("2p-rf2");
        // Numbers and the choice of a garbage collector: as the user's JVM has them elsewhere.
        String options = "-Duser.language=ar -Duser.country=EG -XX:+UseG1GC";
        try (Run run = SharedCluster.here()
                .with("JAVA_TOOL_OPTIONS", options)
                .script("producer.java", topic, "-r", "max", "-n", "100000")) {
            run.expectExit(0);
            assertThat(longestPause(run)).isNotNegative();
            assertThat(run.out()).noneMatch(line -> line.startsWith("acknowledged:"));
            assertThat(run.out()).last().asString().startsWith("sent 100,000   acknowledged 100,000   ");
        }
        var records = SharedCluster.records(topic);
        assertThat(records).hasSize(100_000);
        assertThat(records.stream().map(ConsumerRecord::value).distinct().count())
                .isEqualTo(100_000);
    }

    @Test
    @DisplayName("a record that the cluster refuses is named with the reason: exit status 1")
    void refused() {
        String topic = SharedCluster.topic("1p-rf1") + "-small";
        try (Run create = SharedCluster.script("topics.java", "create", topic, "-c", "max.message.bytes=60")) {
            create.expectExit(0);
        }
        try (Run run = SharedCluster.script("producer.java", topic, "-n", "1")) {
            run.expectExit(1);
            assertThat(run.out().get(0))
                    .startsWith("not delivered: " + event(1) + "  partition 0: ")
                    .contains("larger");
            assertThat(run.out().get(1)).startsWith("sent 1   acknowledged 0   not delivered 1   unknown 0 ");
        }
    }

    @Test
    @DisplayName("Ctrl-C and SIGTERM: what is under way is waited for, then the summary; exit status 0")
    void signals() throws Exception {
        String topic = SharedCluster.topic("1p-rf1");
        long sent = 0;
        for (String signal : List.of("INT", "TERM"))
            try (Run run = SharedCluster.script("producer.java", topic, "-r", "50")) {
                run.awaitLine("offset");
                run.signal(signal);
                run.expectExit(0);
                var summary = java.util.regex.Pattern.compile("sent (\\d+)   acknowledged (\\d+) ")
                        .matcher(run.out().get(run.out().size() - 1));
                assertThat(summary.find()).isTrue();
                assertThat(summary.group(1)).isEqualTo(summary.group(2));
                sent += Long.parseLong(summary.group(1));
            }
        assertThat(SharedCluster.end(topic, 0)).isEqualTo(sent);
    }

    @ParameterizedTest(name = "{0} columns")
    @ValueSource(ints = {100, 80, 60})
    @DisplayName("on a terminal a record is one line, cut to the window, with id, partition and offset:")
    void oneLine(int columns) {
        String topic = SharedCluster.topic("2p-rf1");
        try (Run run =
                SharedCluster.here().terminal(columns, 12).script("producer.java", topic, "-n", "4", "-r", "20")) {
            run.expectExit(0);
            assertThat(run.out()).hasSize(5).allMatch(line -> line.length() <= columns || line.contains("sent 4 "));
            for (int id = 1; id <= 4; id++) {
                String start = "acknowledged: {\"event_id\": " + id + ",";
                String end = "\u2026  partition %d, offset %d".formatted((id - 1) % 2, (id - 1) / 2);
                assertThat(run.out()).anyMatch(line -> line.startsWith(start) && line.endsWith(end));
            }
        }
    }

    @Test
    @DisplayName("a terminal's window that is made smaller: the next records fit it; Ctrl-C ends it with its summary")
    void resized() {
        String topic = SharedCluster.topic("1p-rf1");
        try (Run run = SharedCluster.here().terminal(120, 12).script("producer.java", topic, "-r", "5")) {
            run.awaitLine(event(1) + "  partition 0, offset 0");
            run.resize(70, 12);
            run.awaitLine("\u2026  partition 0, offset ");
            run.interrupt();
            run.awaitLine("sent ");
            run.expectExit(0);
        }
    }

    @Test
    @DisplayName("colours on a terminal only; never with NO_COLOR, never where TERM is dumb")
    void colours() {
        String topic = SharedCluster.topic("1p-rf1");
        String bold = "\u001b[1m";
        try (Run colours = SharedCluster.here().terminal(100, 12).script("producer.java", topic, "-n", "1");
                Run none = SharedCluster.here()
                        .terminal(100, 12)
                        .with("NO_COLOR", "1")
                        .script("producer.java", topic, "-n", "1");
                Run dumb = SharedCluster.here()
                        .terminal(100, 12)
                        .with("TERM", "dumb")
                        .script("producer.java", topic, "-n", "1");
                Run forced =
                        SharedCluster.here().with("CLICOLOR_FORCE", "1").script("producer.java", topic, "-n", "1")) {
            for (Run run : List.of(colours, none, dumb, forced)) run.expectExit(0);
            for (Run run : List.of(colours, forced))
                assertThat(run.out()).last().asString().startsWith(bold + "sent 1 ");
            for (Run run : List.of(none, dumb)) assertThat(run.out()).noneMatch(line -> line.contains("\u001b"));
            assertThat(forced.out()).noneMatch(line -> line.matches(".*\u001b\\[[0-9;?]*[^m0-9;?].*"));
        }
    }

    @Test
    @DisplayName("the cluster hangs: Ctrl-C ends it with its summary all the same; a second Ctrl-C at once")
    void interruptedWhileWaiting() throws Exception {
        String topic = SharedCluster.topic("1p-rf1");
        try (Run once = SharedCluster.here().terminal(100, 12).script("producer.java", topic, "-r", "5");
                Run twice = SharedCluster.here().terminal(100, 12).script("producer.java", topic, "-r", "5")) {
            once.awaitLine("offset");
            twice.awaitLine("offset");
            SharedCluster.command("pause kafka-1");
            once.awaitLine("partition 0: no acknowledgement for 2 s");
            once.interrupt();
            twice.interruptUntilEnded(); // two signals at the same moment would be one
            twice.expectExit(130);
            once.awaitLine("unknown:");
            once.awaitLine("sent ");
            once.expectExit(1);
            assertThat(longestPause(once)).isGreaterThanOrEqualTo(2); // it was still open
        } finally {
            SharedCluster.heal();
        }
    }

    @Test
    @DisplayName("| head -1: one line on standard error, exit status 1, and it has ended")
    void closedOutput() {
        String topic = SharedCluster.topic("1p-rf1");
        Run.build("producer.java");
        String command = "set -o pipefail; '%s' producer.java %s -r 20 | head -1".formatted(Run.JBANG, topic);
        try (Run run = SharedCluster.here().command("bash", "-c", command)) {
            run.expectExit(1);
            assertThat(run.out()).hasSize(1);
            assertThat(run.err()).containsExactly("Standard output was closed.");
        }
    }

    @Test
    @DisplayName("an unknown topic: exit status 1, and one line that says how to create it")
    void unknownTopic() {
        for (String script : List.of("producer.java nowhere", "consumer.java nowhere group")) {
            String[] words = script.split(" ");
            try (Run run = SharedCluster.script(
                    words[0], List.of(words).subList(1, words.length).toArray(String[]::new))) {
                run.expectExit(1);
                assertThat(run.out()).isEmpty();
                assertThat(run.err())
                        .containsExactly("Topic 'nowhere' does not exist. Create it: jbang topics.java create nowhere");
            }
        }
    }

    @Test
    @DisplayName(
            "acks=0 in a file of other programs: sent, not acknowledged; what the script owns is not taken from it")
    void sent(@TempDir Path directory) throws Exception {
        String topic = SharedCluster.topic("2p-rf1");
        Path file = Files.writeString(directory.resolve("client.properties"), """
                \ufeffacks=0\s
                key.serializer=org.apache.kafka.common.serialization.StringSerializer
                value.serializer=org.apache.kafka.common.serialization.StringSerializer
                transactional.id=of-another-program
                group.id=for-consumers
                bootstrap.servers=localhost:1
                """);
        String servers = SharedCluster.servers();
        try (Run run = Run.script(
                "producer.java", topic, "-n", "4", "-r", "50", "--command-config", "" + file, "-b", servers)) {
            run.expectExit(0);
            for (int id = 1; id <= 4; id++)
                assertThat(run.out()).contains("sent: " + event(id) + "  partition " + (id - 1) % 2);
            assertThat(run.out()).hasSize(5).noneMatch(line -> line.contains("offset"));
            assertThat(run.out())
                    .last()
                    .asString()
                    .startsWith(
                            "sent 4   acknowledged none (acks=0 asks for no answer)   not delivered 0   unknown 0 ");
            assertThat(run.err()).containsExactly(file + ":1: the byte order mark at its beginning is ignored.");
        }
    }

    @Test
    @DisplayName(
            "fewer in sync than min.insync.replicas: that is named as the reason for waiting, and for each unknown")
    void minInSync() throws Exception {
        String topic = SharedCluster.topic("1p-rf2") + "-min";
        try (Run create = SharedCluster.script(
                "topics.java", "create", topic, "-p", "1", "-r", "2", "-c", "min.insync.replicas=2")) {
            create.expectExit(0);
        }
        SharedCluster.command("stop kafka-2");
        try (Run run = SharedCluster.here()
                .command(Run.commandOf(
                        "producer.java",
                        (topic + " -n 3 -r 5 -X delivery.timeout.ms=5000 -X request.timeout.ms=2000").split(" ")))) {
            run.expectExit(1);
            String reason = " (in sync: 1; min.insync.replicas is 2)";
            assertThat(run.out())
                    .anyMatch(line -> line.matches(
                            "partition 0: no acknowledgement for \\d+ s, 3 waiting" + Pattern.quote(reason)));
            assertThat(run.out())
                    .filteredOn(line -> line.startsWith("unknown: "))
                    .hasSize(3)
                    .allMatch(line -> line.endsWith(reason));
            assertThat(longestPause(run)).isGreaterThanOrEqualTo(2); // nothing was acknowledged after it
        } finally {
            SharedCluster.heal();
        }
    }

    @Test
    @DisplayName("a frozen broker and a short delivery.timeout.ms: unknown, as a time-out is not a no; exit status 1")
    void unknown() throws Exception {
        String topic = SharedCluster.topic("2p-rf1");
        String options = " -r 10 -n 60 -X delivery.timeout.ms=4000 -X request.timeout.ms=2000";
        try (Run run = SharedCluster.here().command(Run.commandOf("producer.java", (topic + options).split(" ")))) {
            run.awaitLine("offset");
            SharedCluster.command("pause kafka-1");
            Thread.sleep(700); // a pause, but none that is worth a line
            SharedCluster.command("resume kafka-1");
            run.awaitLine("partition 0, offset");
            SharedCluster.command("pause kafka-1");
            run.awaitLine("partition 0: no acknowledgement for ");
            // Another one that starts now finds the broker that answers.
            try (Run second = SharedCluster.script("producer.java", topic)) {
                run.awaitLine("unknown: {\"event_id\": ");
                second.awaitLine("partition 1, offset ");
                second.interrupt();
                second.awaitExit();
            }
            SharedCluster.command("resume kafka-1");
            run.expectExit(1);
            assertThat(run.out()).last().asString().startsWith("sent 60 ").doesNotContain("unknown 0 ");
            boolean said = false;
            for (String line : run.out()) {
                if (line.startsWith("partition 0: no acknowledgement for ")) said = true;
                if (!line.startsWith("partition 0: back after ")) continue;
                assertThat(said).as(run.toString()).isTrue();
                said = false;
            }
        } finally {
            SharedCluster.heal();
        }
    }

    /** In seconds, as the summary has it. */
    private static double longestPause(Run run) {
        Matcher summary = Pattern.compile("longest pause ([0-9]+[.][0-9]) s \\(partition ")
                .matcher(run.out().get(run.out().size() - 1));
        assertThat(summary.find()).as(run.toString()).isTrue();
        return Double.parseDouble(summary.group(1));
    }

    private static JsonObject parsed(String value) {
        try {
            return JsonParser.object().from(value);
        } catch (JsonParserException broken) {
            throw new AssertionError(value, broken);
        }
    }

    static String event(int id) {
        return "{\"event_id\": %d, \"key\": \"test\", \"message\": \"This is event number %d\"}".formatted(id, id);
    }

    static List<String> events(int count) {
        return IntStream.rangeClosed(1, count).mapToObj(ProducerTest::event).toList();
    }
}
