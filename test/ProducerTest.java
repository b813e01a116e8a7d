package test;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.*;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.*;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** producer.java, on a real cluster: what it sends, what it prints, how it ends. */
class ProducerTest {
    private static final int INTERRUPTED = 130; // the JVM's exit status after SIGINT

    /** What a machine that stalls for 2 s makes it print. */
    private static final Pattern SILENCE =
            Pattern.compile("^partition \\S+( \\S+)*  (no acknowledgement for \\d|acknowledged after \\d)");

    @Test
    @DisplayName("the guide's five records, byte for byte, to the partitions in turn, each printed when acknowledged")
    void fiveRecords() throws Exception {
        String topic = SharedCluster.topic("2p-rf2");
        try (Run run = SharedCluster.script("producer.java", topic, "-n", "5", "-r", "10")) {
            run.expectExit(0);
            assertThat(run.err()).isEmpty();
            assertThat(without(run, SILENCE)).hasSize(6).noneMatch(line -> line.contains("\u001b"));
            for (int id = 1; id <= 5; id++)
                assertThat(run.out())
                        .contains("partition %d  offset %d  acknowledged  ".formatted((id - 1) % 2, (id - 1) / 2)
                                + event(id));
            assertThat(run.out()).last().asString().startsWith("sent 5, acknowledged 5, failed 0, unknown 0; longest ");
        }
        var inLog = SharedCluster.records(topic).stream()
                .map(it -> it.partition() + " " + it.value())
                .toList();
        assertThat(inLog)
                .containsExactly("0 " + event(1), "0 " + event(3), "0 " + event(5), "1 " + event(2), "1 " + event(4));
    }

    @Test
    @DisplayName("-k: the key is the record's, and Kafka's own partitioner decides; in JSON it is escaped")
    void key() throws Exception {
        String topic = SharedCluster.topic("3p-rf1");
        Run.build("producer.java");
        for (String key : List.of("a", "\"quoted\"", "m\u00fcller", "a\tb\nc\u0001\\d\u009b")) {
            // In a locale that has only ASCII, and through the wrapper: the key is the same.
            var here = SharedCluster.here().with("LC_ALL", "C");
            try (Run run = key.equals("m\u00fcller")
                    ? here.command(Run.JBANG, "producer.java", topic, "-n", "2", "-k", key)
                    : SharedCluster.script("producer.java", topic, "-n", "2", "-r", "50", "-k", key)) {
                run.expectExit(0);
                assertThat(without(run, SILENCE)).hasSize(3); // whatever is in the key, a record is one line
                assertThat(run.out()).noneMatch(line -> line.chars().anyMatch(Character::isISOControl));
            }
            byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
            String shown = key.replaceAll("\\p{Cc}", "?"); // a terminal might obey the others
            assertThat(SharedCluster.records(topic))
                    .filteredOn(it -> key.equals(it.key()))
                    .hasSize(2)
                    .allMatch(it -> it.partition() == Utils.toPositive(Utils.murmur2(bytes)) % 3)
                    .allMatch(it -> shown.equals(parsed(it.value()).getString("key")));
        }
    }

    @Test
    @DisplayName("the topic is deleted and created again in mid-run: it goes on, and says that the offsets start over")
    void createdAgain() throws Exception {
        String topic = SharedCluster.topic("1p-rf2");
        try (Run run = SharedCluster.script("producer.java", topic, "-r", "10")) {
            run.awaitLine("partition 0  offset 9  acknowledged  ");
            for (String command : List.of("delete", "create"))
                try (Run topics = SharedCluster.script("topics.java", command, topic)) {
                    topics.expectExit(0);
                }
            run.awaitLine("partition 0  offsets start over: records were lost, or this is a new topic");
            run.awaitLine("acknowledged  ");
            run.interrupt();
            run.expectExit(INTERRUPTED);
            assertThat(run.out()).filteredOn(it -> it.contains("start over")).hasSize(1);
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
            assertThat(run.out()).noneMatch(line -> line.contains("  acknowledged  "));
            assertThat(run.out()).last().asString().startsWith("sent 100,000, acknowledged 100,000, ");
        }
        var records = SharedCluster.records(topic);
        assertThat(records).hasSize(100_000);
        assertThat(records.stream().map(ConsumerRecord::value).distinct().count())
                .isEqualTo(100_000);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "too large           | max.message.bytes=60   | larger than",
                "compacted, no key   | cleanup.policy=compact | without key"
            })
    @DisplayName("a record that the cluster rejects has failed; with -q 10 of 15 are printed; status 1:")
    void failed(String what, String config, String reason) throws Exception {
        String topic = SharedCluster.name("rejects");
        create(topic, 1, config);
        try (Run run = SharedCluster.script("producer.java", topic, "-n", "15", "-r", "100", "-q")) {
            run.expectExit(1);
            List<String> out = without(run, SILENCE);
            assertThat(out).hasSize(11);
            // In any order: Kafka's client splits a batch that is too large, so a later record may fail first.
            List<String> lines = out.subList(0, 10);
            assertThat(lines).doesNotHaveDuplicates().allMatch(line -> line.contains(reason));
            for (String line : lines)
                assertThat(events(15)).anyMatch(event -> line.startsWith("partition 0  failed  " + event + "  "));
            assertThat(out.get(10)).startsWith("sent 15, acknowledged 0, failed 15, unknown 0;");
        }
    }

    @Test
    @DisplayName("Ctrl-C and SIGTERM: what was sent is waited for, then the summary")
    void signals() throws Exception {
        String topic = SharedCluster.topic("1p-rf1");
        long sent = 0;
        for (String signal : List.of("INT", "TERM"))
            try (Run run = SharedCluster.script("producer.java", topic, "-r", "50")) {
                run.awaitLine("offset");
                run.signal(signal);
                run.expectExit(signal.equals("INT") ? INTERRUPTED : 143);
                Matcher summary = summaryOf(run, "sent (\\d+), acknowledged (\\d+), failed 0, unknown 0;");
                assertThat(summary.group(1)).isEqualTo(summary.group(2));
                assertThat(run.err()).isEmpty();
                sent += Long.parseLong(summary.group(1));
            }
        assertThat(SharedCluster.end(topic, 0)).isEqualTo(sent);
    }

    @ParameterizedTest(name = "{0} columns")
    @ValueSource(ints = {80, 40})
    @DisplayName("on a terminal a record is one line, which begins with partition and offset:")
    void oneLine(int columns) {
        String topic = SharedCluster.topic("2p-rf1");
        try (Run run =
                SharedCluster.here().terminal(columns, 20).script("producer.java", topic, "-n", "4", "-r", "20")) {
            run.expectExit(0);
            for (int id = 1; id <= 4; id++) {
                String start = "\u001b[?7lpartition %d  offset %d  acknowledged  "; // ?7l: do not wrap
                String line = start.formatted((id - 1) % 2, (id - 1) / 2) + event(id) + "\u001b[?7h";
                assertThat(run.out()).contains(line);
            }
        }
    }

    @Test
    @DisplayName("colours on a terminal only; never with NO_COLOR")
    void colours() {
        String topic = SharedCluster.topic("1p-rf1");
        try (Run colours = SharedCluster.here().terminal(100, 12).script("producer.java", topic, "-n", "1");
                Run none = SharedCluster.here()
                        .terminal(100, 12)
                        .with("NO_COLOR", "1")
                        .script("producer.java", topic, "-n", "1")) {
            for (Run run : List.of(colours, none)) run.expectExit(0);
            assertThat(colours.out()).last().asString().startsWith("\u001b[1msent 1, ");
            assertThat(none.out()).noneMatch(line -> line.contains("\u001b"));
        }
    }

    @Test
    @DisplayName("| head -1: it ends as soon as nobody reads its lines")
    void closedOutput() {
        String topic = SharedCluster.topic("1p-rf1");
        Run.build("producer.java");
        String command = "'%s' producer.java %s -r 20 | head -1".formatted(Run.JBANG, topic);
        try (Run run = SharedCluster.here().command("bash", "-c", command)) {
            run.expectExit(0);
            assertThat(run.out()).hasSize(1);
            assertThat(run.err()).isEmpty();
        }
    }

    @ParameterizedTest(name = "-r {0}")
    @ValueSource(strings = {"NaN", "Infinity", "1e-10", "-1"})
    @DisplayName("a rate that cannot be kept is wrong usage:")
    void rates(String rate) {
        try (Run run = Run.script("producer.java", "t", "-r", rate)) {
            run.expectExit(2);
            assertThat(run.out()).isEmpty();
            assertThat(run.err()).containsExactly("-n takes 1 or more, -r takes 0.001 or more, or max.");
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"producer.java nowhere", "consumer.java nowhere group", "queue.java nowhere group"})
    @DisplayName("an unknown topic is not created: exit status 1, and one line that says how to create it:")
    void unknownTopic(String command) throws Exception {
        try (Run run = SharedCluster.here().command(commandOf(command))) {
            run.expectExit(1);
            assertThat(run.out()).isEmpty();
            assertThat(run.err())
                    .containsExactly("This topic does not exist. Create it: jbang topics.java create NAME");
        }
        assertThat(SharedCluster.admin().listTopics().names().get()).doesNotContain("nowhere");
    }

    /** All wait at the same time. */
    @TestFactory
    @DisplayName("a server that takes connections and never answers: one line, status 3:")
    Stream<DynamicTest> silentServer() throws Exception {
        var server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        String address = "localhost:" + server.getLocalPort();
        var runs = new LinkedHashMap<String, Run>();
        for (String command : List.of("producer.java t", "consumer.java t g", "queue.java t g", "topics.java list"))
            runs.put(
                    command, Run.here().with("KAFKA_BOOTSTRAP_SERVERS", address).command(commandOf(command)));
        Stream<DynamicTest> tests = runs.entrySet().stream()
                .map(it -> DynamicTest.dynamicTest(it.getKey(), () -> expectNoAnswer(it.getValue(), address)));
        return tests.onClose(() -> close(server));
    }

    private static void expectNoAnswer(Run started, String address) {
        try (Run run = started) {
            run.expectExit(3, Duration.ofSeconds(60)); // a busy machine's 10 s
            assertThat(run.out()).isEmpty();
            assertThat(run.err()).singleElement().asString().startsWith("No answer from " + address + ": ");
        }
    }

    private static void close(ServerSocket server) {
        try {
            server.close();
        } catch (IOException closed) {
            throw new UncheckedIOException(closed);
        }
    }

    @Test
    @DisplayName("acks=0 in a file of other programs: sent, not acknowledged; -X comes before the file, a pipe is read")
    void sent(@TempDir Path directory) throws Exception {
        String topic = SharedCluster.topic("2p-rf1");
        Path file = Files.writeString(directory.resolve("client.properties"), """
                acks=0
                retries=0
                key.serializer=org.apache.kafka.common.serialization.LongSerializer
                value.serializer=org.apache.kafka.common.serialization.LongSerializer
                transactional.id=of-another-program
                group.id=for-consumers
                bootstrap.servers=localhost:1
                """);
        String servers = SharedCluster.servers();
        try (Run run = Run.script(
                "producer.java", topic, "-n", "4", "-r", "50", "--command-config", "" + file, "-b", servers)) {
            run.expectExit(0);
            for (int id = 1; id <= 4; id++)
                assertThat(run.out()).contains("partition " + (id - 1) % 2 + "  sent  " + event(id));
            assertThat(without(run, SILENCE)).hasSize(5).noneMatch(line -> line.contains("offset"));
            assertThat(run.out()).last().asString().startsWith("sent 4, acknowledged 0, failed 0, unknown 0;");
            assertThat(run.err()).isEmpty();
        }
        String pipe = "'%s' producer.java %s -n 1 -b %s --command-config <(cat '%s') -X acks=all";
        try (Run run = Run.command("bash", "-c", pipe.formatted(Run.JBANG, topic, servers, file))) {
            run.expectExit(0);
            assertThat(run.out()).last().asString().startsWith("sent 1, acknowledged 1,");
        }
    }

    @Test
    @DisplayName("its broker stops: no leader, how long nothing is acknowledged, leader again; nothing is missing")
    void outage() throws Exception {
        String topic = SharedCluster.topic("2p-rf1");
        try (Run run = SharedCluster.script("producer.java", topic, "-r", "10")) {
            run.awaitLine("partition 0  offset");
            SharedCluster.command("stop kafka-1");
            run.awaitLine("partition 0  leader: none (was broker 1)");
            // The first line comes after 2 s or more, the next one after twice as long.
            for (int lines = 0; lines < 2; lines++)
                run.awaitLine(Pattern.compile("^partition 0  no acknowledgement for \\d+ s, \\d+ waiting$"));
            run.awaitLine("partition 1  offset");
            SharedCluster.heal();
            run.awaitLine(Pattern.compile("^partition 0  acknowledged after \\d+\\.\\d s of silence$"));
            // An acknowledgement can come before the next look at the leaders.
            SharedCluster.await(
                    "the leader is back", () -> run.out().contains("partition 0  leader: broker 1 (was none)"));
            run.interrupt();
            run.expectExit(INTERRUPTED);
            Matcher summary = summaryOf(run, "sent (\\d+), acknowledged (\\d+), failed 0, unknown 0;");
            assertThat(summary.group(1)).isEqualTo(summary.group(2));
            assertThat(longestPause(run)).isGreaterThanOrEqualTo(4);
            assertThat(SharedCluster.end(topic, 0) + SharedCluster.end(topic, 1))
                    .isEqualTo(Long.parseLong(summary.group(1)));
        } finally {
            SharedCluster.heal();
        }
    }

    @Test
    @DisplayName(
            "a frozen broker and a short delivery.timeout.ms: unknown; one pause, though records expire; Ctrl-C ends")
    void unknown() throws Exception {
        String topic = SharedCluster.topic("2p-rf1");
        String options = " -r 10 -X delivery.timeout.ms=4000 -X request.timeout.ms=2000";
        try (Run run = SharedCluster.here().command(commandOf("producer.java " + topic + options));
                Run keyed = SharedCluster.here().command(commandOf("producer.java " + topic + " -k d -q" + options))) {
            run.awaitLine("partition 0  offset");
            SharedCluster.command("pause kafka-1");
            run.awaitLine("partition 0  unknown  {\"event_id\": ");
            run.awaitLine(Pattern.compile("^partition 0  no acknowledgement for ([89]|\\d\\d) s"));
            run.interrupt();
            run.expectExit(INTERRUPTED, Duration.ofSeconds(20)); // 3 s, and the machine may be busy
            Matcher summary = summaryOf(run, "sent (\\d+), acknowledged (\\d+), failed 0, unknown (\\d+);");
            long known = Long.parseLong(summary.group(2)) + Long.parseLong(summary.group(3));
            assertThat(known).isEqualTo(Long.parseLong(summary.group(1)));
            assertThat(longestPause(run)).isGreaterThanOrEqualTo(8); // it was still open, and did not begin again
            keyed.interrupt();
            keyed.expectExit(INTERRUPTED, Duration.ofSeconds(20));
            assertThat(keyed.out())
                    .filteredOn(line -> line.contains("  unknown  "))
                    .hasSizeLessThanOrEqualTo(10);
            assertThat(keyed.out()).noneMatch(line -> line.contains("partition -1"));
        } finally {
            SharedCluster.heal();
        }
    }

    @Test
    @DisplayName("of two brokers the first is frozen: what starts meanwhile contacts the other one")
    void frozen() throws Exception {
        String topic = SharedCluster.topic("1p-rf2");
        SharedCluster.command("pause kafka-1");
        try (Run none = SharedCluster.script("producer.java", "nowhere")) {
            none.expectExit(1); // the answer of the other broker, not 'No answer'
        } finally {
            SharedCluster.heal();
        }
        try (Run run = SharedCluster.script("producer.java", topic, "-n", "1")) {
            run.expectExit(0);
        }
    }

    /** The script and its arguments, as one types them. */
    private static String[] commandOf(String command) {
        String[] words = command.split(" ");
        return Run.commandOf(words[0], List.of(words).subList(1, words.length).toArray(String[]::new));
    }

    private static void create(String topic, int partitions, String config) throws Exception {
        String[] setting = config.split("=");
        var it = new NewTopic(topic, partitions, (short) 2).configs(Map.of(setting[0], setting[1]));
        SharedCluster.admin().createTopics(List.of(it)).all().get();
        SharedCluster.awaitKnown(topic);
    }

    /** All that it printed but the lines with a pattern. */
    private static List<String> without(Run run, Pattern pattern) {
        return run.out().stream().filter(pattern.asPredicate().negate()).toList();
    }

    /** The summary, in which the pattern is found. */
    private static Matcher summaryOf(Run run, String pattern) {
        Matcher summary =
                Pattern.compile(pattern).matcher(run.out().get(run.out().size() - 1));
        assertThat(summary.find()).as(run.toString()).isTrue();
        return summary;
    }

    /** In seconds, as the summary has it. */
    private static double longestPause(Run run) {
        return Double.parseDouble(
                summaryOf(run, "longest pause ([0-9]+[.][0-9]) s$").group(1));
    }

    private static JsonObject parsed(String value) {
        try {
            return JsonParser.object().from(value);
        } catch (JsonParserException broken) {
            throw new AssertionError(value, broken);
        }
    }

    static String event(long id) {
        return "{\"event_id\": %d, \"key\": \"test\", \"message\": \"This is event number %d\"}".formatted(id, id);
    }

    static List<String> events(int count) {
        return LongStream.rangeClosed(1, count).mapToObj(ProducerTest::event).toList();
    }
}
