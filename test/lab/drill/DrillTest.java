package lab.drill;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import lab.common.Failure;
import lab.drill.faults.OwnCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import test.Run;
import picocli.CommandLine;
import test.SharedCluster;

/**
 * lab/drill.java on real clusters: what only a cluster can show. What a history proves is tested without one, in
 * test/histories. Most runs use the tests' shared cluster, with commands that stop and start its brokers.
 */
public class DrillTest {
    private static final Duration LONG = Duration.ofMinutes(6);

    @TempDir
    private static Path shared;

    private static String servers;
    private static Admin admin;
    private static volatile boolean ended;
    private static Run production; // a second cluster: 3 brokers, 3 controllers
    private static volatile Meanwhile meanwhile; // what the command of this name does

    @TempDir
    private Path directory;

    // ---- the cluster of somebody else, and the commands that harm it ----

    /** What a test does as a part of a command of the drill, which waits for it. So no time decides what comes first. */
    private interface Meanwhile {
        void take() throws Exception;
    }

    @BeforeAll
    static void relayCommands() throws Exception {
        ended = false; // the class may run once more
        SharedCluster.soonBack();
        servers = SharedCluster.servers();
        admin = SharedCluster.admin();
        new ProcessBuilder("mkfifo", shared.resolve("in").toString()).start().waitFor();
        // Each has a pipe of its own for the answer: one that was killed leaves none behind for the next. It ends when
        // this process does, however that ends.
        Files.writeString(shared.resolve("tell"), """
                mkfifo '%1$s'/out.$$
                exec 3<> '%1$s'/out.$$ 4<> '%1$s/in'
                (while kill -0 %2$d; do sleep 1; done 2>/dev/null; echo 'error: the test has ended' >&3) &
                echo "out.$$ $1" >&4
                read -r answer <&3
                kill $!
                echo "$answer"
                case $answer in error*) exit 1 ;; esac
                """.formatted(
                        shared, ProcessHandle.current().pid()));
        var relay = new Thread(DrillTest::relay);
        relay.setDaemon(true);
        relay.start();
    }

    /** Passes what a command of the drill says on to the cluster, and its answer back. */
    private static void relay() {
        try (var in = new RandomAccessFile(shared.resolve("in").toFile(), "rw")) {
            while (!ended) {
                String[] line = in.readLine().split(" ", 2);
                String answer = "";
                for (String command : line[1].split("; ")) answer = answer(command);
                try (var out = new RandomAccessFile(shared.resolve(line[0]).toFile(), "rw")) {
                    out.write((answer + "\n").getBytes(StandardCharsets.UTF_8));
                }
            }
        } catch (Exception over) {
            // the test that waits for it will say so
        }
    }

    private static String answer(String command) {
        if (command.equals("meanwhile"))
            try {
                meanwhile.take();
                return "done";
            } catch (Exception | AssertionError failed) {
                return "error: the test failed: "
                        + failed.toString().lines().findFirst().orElseThrow();
            }
        if (!command.startsWith("production ")) return SharedCluster.command(command);
        production.type(command.substring("production ".length()));
        return production.awaitLine("");
    }

    @AfterEach
    void heal() throws Exception {
        SharedCluster.heal();
    }

    @AfterAll
    static void endRelay() {
        ended = true;
    }

    private static String tell(String command) {
        return "sh '%s/tell' '%s'".formatted(shared, command);
    }

    private static boolean leads(String topic, int broker) {
        try {
            return SharedCluster.leader(topic, 0) == broker;
        } catch (Exception notNow) {
            return false;
        }
    }

    private static void awaitLeader(String topic, int broker) throws Exception {
        SharedCluster.await("broker %d leads %s-0".formatted(broker, topic), () -> leads(topic, broker));
    }

    /** The drill on the tests' cluster; what is not said is to stop and start the broker. */
    private static Run drill(String... arguments) {
        return harming("stop kafka-{id}", "start kafka-{id}", arguments);
    }

    private static Run harming(String harm, String heal, String... arguments) {
        var all = new ArrayList<>(List.of("-b", servers, "--stop-command", tell(harm), "--start-command", tell(heal)));
        all.addAll(List.of(arguments));
        for (String option : List.of("--before", "--after"))
            if (!all.contains(option)) all.addAll(List.of(option, "1s"));
        return Run.script("lab/drill.java", all.toArray(String[]::new));
    }

    // ---- its own cluster ----

    @Test
    @DisplayName(
            "on its own cluster: with a second replica it goes on, without one it waits; judged again, nothing left")
    void ownCluster() throws Exception {
        Path history = directory.resolve("run.jsonl");
        String[] arguments = {"orders-2p-rf2", "orders-2p-rf1", "--before", "1s", "--history", history.toString()};
        List<String> text;
        try (Run run = Run.jbang("lab/drill.java", arguments)) {
            run.awaitLine("Topic orders-2p-rf1: ", LONG);
            run.signal("0"); // remembers what it has started
            run.expectExit(0, LONG);
            run.awaitNothingLeft();
            assertThat(run.out().get(0)).contains("cluster.java -X broker.session.timeout.ms=5000");
            assertThat(run.out()).noneMatch(line -> line.contains("\u001b"));
            assertThat(String.join("\n", run.out()))
                    .contains("partition 0 gets a new leader while kafka-1 is down")
                    .contains("a brief pause, then it goes on by itself")
                    .contains("partition 0 is unavailable while kafka-1 is down")
                    .contains("partition 0 resumes when kafka-1 is back")
                    .contains("partition 1, not on kafka-1, goes on")
                    .doesNotContain("FAIL ");
            text = run.out().stream()
                    .dropWhile(line -> !line.startsWith("Topic orders-2p-rf2"))
                    .toList();
        }
        try (Run again = Run.script("lab/drill.java", "--judge", history.toString())) {
            again.expectExit(0);
            assertThat(again.out().subList(1, again.out().size())).isEqualTo(text);
        }
    }

    @Test
    @DisplayName("where a broker is killed, its own cluster has Kafka's sessions; SIGTERM ends it while it starts")
    void usualSessions() throws Exception {
        try (Run run = Run.jbang("lab/drill.java", "orders-2p-rf2", "--fault", "kill")) {
            run.awaitLine("Starting one: ", LONG);
            run.terminate();
            run.awaitNothingLeft();
            assertThat(run.out().get(0)).endsWith("Starting one: cluster.java");
        }
    }

    @Test
    @DisplayName("power: both brokers lose exactly what was acknowledged, and the group its committed offsets")
    void power() throws Exception {
        Path history = directory.resolve("power.jsonl");
        String[] arguments = {"orders-2p-rf2", "--target", "1,2", "--down", "1s", "--history", history.toString()};
        try (Run run = powerCut("cluster.java", arguments)) {
            run.expectExit(0, LONG);
            JsonObject trial = json(run).getArray("trials").getObject(0);
            assertThat(verdict(trial, "PowerCut")).isEqualTo("ALLOWED");
            assertThat(verdict(trial, "NoneLost")).isEqualTo("ALLOWED");
            assertThat(trial.getLong("lost")).isPositive();
            assertThat(trial.getLong("acknowledged") - trial.getLong("lost")).isEqualTo(trial.getLong("in_log"));
        }
        assertThat(Files.readString(history))
                .containsPattern("\"type\":\"cut\".*\"dead\":true.*\"before\":\\d+,\"after\":0")
                .contains("committed offsets are lost: partition 0 ");
    }

    @Test
    @DisplayName("power: three brokers in three racks, min.insync.replicas=2: one rack without power loses nothing")
    void threeRacks() throws Exception {
        String three = "cluster.java --brokers 3 -X broker.rack=room-{id} -X min.insync.replicas=2";
        // A dead broker has a successor within 7.5 s, 1.5 times its session, and later on a machine that stalls.
        try (Run run = powerCut(three, "rooms-1p-rf3", "--down", "12s")) {
            run.expectExit(0, LONG);
            JsonObject trial = json(run).getArray("trials").getObject(0);
            assertThat(verdict(trial, "PowerCut")).isEqualTo("PASS");
            assertThat(verdict(trial, "NoneLost")).isEqualTo("PASS");
            assertThat(trial.getArray("claims").toString()).contains("acknowledged and cut away: kafka-1 ");
            assertThat(trial.getLong("in_log")).isEqualTo(trial.getLong("acknowledged"));
        }
    }

    private static Run powerCut(String cluster, String... arguments) {
        String sessions = String.join(" ", OwnCluster.SHORT_SESSIONS);
        var all = new ArrayList<>(List.of("--fault", "power", "--cluster", cluster + " " + sessions));
        all.addAll(List.of("--before", "1s", "--json"));
        all.addAll(List.of(arguments));
        return Run.jbang("lab/drill.java", all.toArray(String[]::new));
    }

    // ---- what really loses, and what really repeats ----

    @Test
    @DisplayName("pause loses acknowledged records with acks=1 and acks=0, none with acks=all; an independent count"
            + " agrees. With short requests it repeats records without idempotence, and none with it")
    void pauseLosesAndRepeats() throws Exception {
        String topic = topic("loses", Map.of());
        meanwhile = () -> awaitLeader(topic, 2); // until then kafka-2 answers nothing in partition 1, which it leads
        String[] options = {topic, "--fault", "pause", "--rate", "500", "--down", "1s", "--json", "--strict"};
        String[] tries = {
            "idempotent:enable.idempotence=true,request.timeout.ms=1000",
            "plain:enable.idempotence=false,request.timeout.ms=1000",
            "one:acks=1",
            "none:acks=0"
        };
        var all = new ArrayList<>(List.of(options));
        for (String each : tries) all.addAll(List.of("--try", each));
        try (Run run = harming("pause kafka-{id}; meanwhile", "resume kafka-{id}", all.toArray(String[]::new))) {
            run.expectExit(1, LONG); // strict: also a loss that the settings allow is a failure
            JsonArray trials = json(run).getArray("trials");
            assertThat(trials).hasSize(4);
            for (int i = 0; i < 4; i++) {
                JsonObject it = trials.getObject(i);
                boolean waitsForAll = i < 2;
                assertThat(verdict(it, "NoneLost")).as(tries[i]).isEqualTo(waitsForAll ? "PASS" : "ALLOWED");
                assertThat(it.getLong("lost") > 0).as("lost with " + tries[i]).isEqualTo(!waitsForAll);
                assertThat(it.getLong("in_log"))
                        .as("in the log with " + tries[i])
                        .isEqualTo(idsInLog(topic, it.getString("run")).size());
            }
            assertThat(trials.getObject(0).getLong("duplicates")).isZero();
            assertThat(verdict(trials.getObject(0), "OnceInOrder")).isEqualTo("PASS");
            assertThat(trials.getObject(1).getLong("duplicates")).isPositive();
            assertThat(verdict(trials.getObject(1), "OnceInOrder")).isEqualTo("ALLOWED");
        }
    }

    // ---- runs that must not pass ----

    @Test
    @DisplayName("a fault that never happened is INCONCLUSIVE; --runs: the median pause and the longest; --size pads")
    void noFault() throws Exception {
        String topic = topic("nofault", Map.of());
        String[] nothing = {"-b", servers, "--stop-command", "true", "--start-command", "true", "--before", "1s"};
        String[] options = {topic, "--runs", "2", "--size", "500", "--down", "1s", "--after", "1s"};
        try (Run run = Run.script(
                "lab/drill.java",
                Stream.of(nothing, options).flatMap(Stream::of).toArray(String[]::new))) {
            run.expectExit(1);
            assertThat(run.out())
                    .filteredOn(line -> line.matches("  INCONCLUSIVE +broker 1 was down"))
                    .hasSize(2);
            assertThat(run.out().get(run.out().size() - 1))
                    .startsWith(topic)
                    .containsPattern("\\d\\.\\d\\d s \\(\\d+\\.\\d\\d s\\)")
                    .endsWith("INCONCLUSIVE");
        }
        assertThat(values(topic))
                .isNotEmpty()
                .allSatisfy(value -> assertThat(value).hasSize(500));
    }

    @Test
    @DisplayName("a topic that is deleted in mid-run: no hang; nothing is in sync again, nothing proven, nothing lost")
    void topicDeleted() throws Exception {
        String topic = topic("gone", Map.of());
        String[] quickly = {"-X", "delivery.timeout.ms=8000", "-X", "request.timeout.ms=3000", "-X", "linger.ms=0"};
        meanwhile = () -> {
            awaitLeader(topic, 2);
            admin.deleteTopics(List.of(topic)).all().get();
        };
        String harm = "stop kafka-{id}; meanwhile";
        String[] options = Stream.concat(Stream.of(topic, "--down", "1s"), Stream.of(quickly))
                .toArray(String[]::new);
        try (Run run = harming(harm, "start kafka-{id}", options)) {
            run.expectExit(1, LONG);
            run.awaitLine("topic " + topic + " does not exist any more");
            assertThat(run.out())
                    .noneMatch(line -> line.contains("all replicas are in sync again"))
                    .noneMatch(line -> line.contains("no broker answered"))
                    .noneMatch(line -> line.startsWith("  FAIL"))
                    .noneMatch(line -> line.contains("PASS") && line.contains("no acknowledged record is lost"));
        }
    }

    @Test
    @DisplayName("a later trial that cannot begin: one line, and the table of those before it. In their history"
            + " min.insync.replicas counts as the brokers count; versions and group are recorded")
    void laterTrial() throws Exception {
        String topic = topic("capped", Map.of("min.insync.replicas", "3"));
        Path history = directory.resolve("capped.jsonl");
        String[] wanted = {topic, "shapeless", "-b", servers, "--observe", "2s", "--history", history.toString()};
        try (Run run = Run.script("lab/drill.java", wanted)) {
            run.expectExit(1, LONG);
            assertThat(run.err()).singleElement().asString().contains("Topic 'shapeless' does not exist.");
            assertThat(run.out())
                    .anyMatch(line -> line.matches(topic + " .* PASS"))
                    .last()
                    .isEqualTo("INCONCLUSIVE  the history is incomplete: it has 1 of 2 runs");
        }
        assertThat(Files.readAllLines(history))
                .anyMatch(line -> line.contains("\"min_insync_replicas\":3,\"effective_min_insync\":2"))
                .anyMatch(line ->
                        line.contains("\"type\":\"cluster\"") && line.contains("\"version\":\"metadata.version "))
                .anyMatch(
                        line -> line.matches(
                                ".*\"type\":\"cluster\".*\"implementation\":\"not told; features: [^\"]*metadata.version \\d+.*"))
                .anyMatch(line ->
                        line.contains("\"type\":\"group\"") && line.contains("\"state\":\"Stable\",\"members\":1"));
    }

    @Test
    @DisplayName(
            "somebody moves a partition to another broker, and deletes records: both are noted; whole is what it has"
                    + " then, and what was deleted is neither seen nor lost")
    void movedAndDeleted() throws Exception {
        String topic = topic("moved", Map.of());
        var zero = new TopicPartition(topic, 0);
        var down = new AtomicBoolean();
        meanwhile = () -> {
            if (down.compareAndSet(false, true)) {
                var only = Optional.of(new NewPartitionReassignment(List.of(2)));
                admin.alterPartitionReassignments(Map.of(zero, only)).all().get();
            } else {
                awaitRecords(topic, 100);
                admin.deleteRecords(Map.of(zero, RecordsToDelete.beforeOffset(100)))
                        .all()
                        .get();
            }
        };
        try (Run run = harming("stop kafka-{id}; meanwhile", "start kafka-{id}; meanwhile", topic, "--down", "1s")) {
            run.awaitLine("partition 0: its replicas are 2 now, not 1, 2; this script did not move it");
            run.awaitLine("the preferred leaders lead again", LONG);
            run.awaitLine("partition 0: the log starts at offset 100 now", LONG);
            run.awaitLine("no acknowledged record is lost", LONG);
            run.awaitExit(LONG);
            assertThat(run.out())
                    .noneMatch(line -> line.contains("not in the log: "))
                    .anyMatch(line -> line.contains("acknowledged") && line.endsWith(" 100")); // not seen
        }
    }

    @Test
    @DisplayName("a topic that somebody makes anew: what became of its records cannot be known")
    void topicMadeAnew() throws Exception {
        String topic = topic("anew", Map.of());
        try (Run run = Run.script("lab/drill.java", topic, "-b", servers, "--observe", "15s", "--acks", "1")) {
            run.awaitLine("the producer begins");
            awaitRecords(topic, 50);
            admin.deleteTopics(List.of(topic)).all().get();
            run.awaitLine("topic " + topic + " does not exist any more");
            create(topic, Map.of());
            run.expectExit(1, LONG);
            assertThat(run.out())
                    .noneMatch(line -> line.startsWith("  FAIL"))
                    .anyMatch(line -> line.startsWith("  INCONCLUSIVE  the topic is the same to the end"));
        }
    }

    @Test
    @DisplayName(
            "unclean leader election loses records in spite of acks=all: ALLOWED, by the topic's setting; FAIL if strict")
    void uncleanElection() throws Exception {
        String topic = topic("unclean", Map.of("unclean.leader.election.enable", "true"));
        // The follower leaves the in-sync replicas; then the leader dies, the only replica that has all records.
        String harm = "stop kafka-2; meanwhile; kill kafka-1; start kafka-2; meanwhile";
        var alone = new AtomicBoolean();
        meanwhile = () -> {
            if (alone.compareAndSet(false, true)) awaitRecords(topic, SharedCluster.end(topic, 0) + 10);
            else awaitLeader(topic, 2);
        };
        try (Run run = harming(harm, "start kafka-1", topic, "--fault", "kill", "--down", "1s", "--strict")) {
            run.expectExit(1, LONG);
            expect(run, "ALLOWED", "no acknowledged record is lost: not promised by unclean.leader.election.enable");
        }
    }

    @Test
    @DisplayName("a script that was frozen saw nothing: INCONCLUSIVE, not FAIL, and not PASS")
    void frozen() throws Exception {
        String topic = topic("frozen", Map.of());
        var drill = new CompletableFuture<Run>();
        meanwhile = () -> {
            drill.get().signal("STOP");
            Thread.sleep(3_000); // how long the script does not run; it is blind after 2 s
            drill.get().signal("CONT");
        };
        try (Run run = harming("stop kafka-{id}; meanwhile", "start kafka-{id}", topic, "--down", "1s")) {
            drill.complete(run);
            run.awaitLine("this program did not run for ", LONG);
            run.expectExit(1, LONG);
            assertThat(run.out()).noneMatch(line -> line.startsWith("  FAIL"));
            assertThat(run.out()).anyMatch(line -> line.startsWith("  INCONCLUSIVE"));
        }
    }

    @Test
    @DisplayName("records that the cluster could not take in time are a claim of their own: ALLOWED, with the reason")
    void notDelivered() throws Exception {
        String topic = topic("min2", Map.of("min.insync.replicas", "2"));
        String[] quickly = {"-X", "delivery.timeout.ms=4000", "-X", "request.timeout.ms=2000", "-X", "linger.ms=0"};
        try (Run run = drill(Stream.concat(Stream.of(topic, "--down", "6s"), Stream.of(quickly))
                .toArray(String[]::new))) {
            run.expectExit(0, LONG);
            run.awaitLine("(fewer than min.insync.replicas=2)");
            expect(run, "PASS", "with fewer in sync than 2 nothing is acknowledged");
            expect(run, "ALLOWED", "every record that was sent is delivered: not promised by delivery.timeout.ms, 4 s");
            assertThat(run.out()).anyMatch(line -> line.contains("in sync, min.insync.replicas is 2"));
        }
    }

    @Test
    @DisplayName(
            "a command that fails: INCONCLUSIVE, the log is read, the history is written, nothing is called broken")
    void harmFails() throws Exception {
        String topic = topic("harmless", Map.of());
        Path history = directory.resolve("history.jsonl");
        String[] options = {"-b", servers, "--stop-command", "echo cannot >&2; exit 3", "--start-command", "true"};
        var all = new ArrayList<>(List.of(options));
        all.addAll(List.of(topic, "--before", "1s", "--after", "1s", "--history", history.toString()));
        try (Run run = Run.script("lab/drill.java", all.toArray(String[]::new))) {
            run.expectExit(1, LONG);
            run.awaitLine("failed: exit status 3: cannot");
            expect(run, "INCONCLUSIVE", "the run came to its end");
            expect(run, "PASS", "no acknowledged record is lost");
            assertThat(run.err()).isEmpty();
        }
        assertThat(Files.readAllLines(history)).last().asString().startsWith("{\"type\":\"end\"");
    }

    // ---- no fault, any order, limits ----

    @Test
    @DisplayName("--observe: somebody else stops a broker; that is noted, and nothing is lost")
    void observe() throws Exception {
        String topic = topic("observed", Map.of());
        String[] wanted = {topic, "-b", servers, "--observe", "18s", "--max-pause", "20s", "--max-latency", "100ms"};
        try (Run run = Run.script("lab/drill.java", wanted)) {
            run.awaitLine("the producer begins");
            SharedCluster.command("stop kafka-1");
            run.awaitLine("partition 0: broker 2 leads now; it was broker 1");
            SharedCluster.command("start kafka-1");
            run.awaitExit(LONG);
            expect(run, "PASS", "no acknowledged record is lost");
            expect(run, "PASS", "no pause is longer than 20");
        }
    }

    @Test
    @DisplayName("--target controller: records flow on while it is down")
    void controller() throws Exception {
        String topic = topic("controlled", Map.of());
        String[] wanted = {topic, "--target", "controller", "--fault", "kill", "--down", "8s"};
        try (Run run = harming("kill {name}", "start {name}", wanted)) {
            run.expectExit(0, LONG);
            expect(run, "PASS", "controller was down");
            expect(run, "PASS", "records flow on while the controller is down");
            expect(run, "PASS", "no acknowledged record is lost");
            // Both brokers are there: a question that waits for the controller must not hold up those about leaders.
            assertThat(run.out()).noneMatch(line -> line.contains("no broker answers"));
        }
    }

    @Test
    @DisplayName("without a controller a dead broker gets no successor; its return brings one")
    void noSuccessor() throws Exception {
        String topic = topic("successor", Map.of());
        // The dead broker's session, 5 s, has ended before the controller starts. It begins again with that start, and
        // kafka-1 cannot rejoin before its end.
        String steps = "kill controller, kill 1, 6s, start controller, start 1";
        try (Run run = harming("kill {name}", "start {name}", topic, "--steps", steps)) {
            run.expectExit(0, LONG);
            expect(run, "PASS", "broker 1 was down");
            expect(run, "PASS", "partition 0 gets no new leader while the controller is down");
            assertThat(run.out()).anyMatch(line -> line.endsWith("partition 0: broker 2 leads now; it was broker 1"));
            expect(run, "PASS", "no acknowledged record is lost");
        }
    }

    @Test
    @DisplayName(
            "production's shape, --steps: without its active controller nothing pauses; with two brokers away no writes, no"
                    + " loss")
    void production() throws Exception {
        int port = SharedCluster.freePort();
        var shape = new ArrayList<>(List.of("--port", "" + port, "--brokers", "3", "--controllers", "3"));
        shape.addAll(OwnCluster.SHORT_SESSIONS);
        // A machine that stalls for 2 s would have the controllers elect another one among themselves.
        shape.addAll(List.of("-X", "controller.quorum.fetch.timeout.ms=20000"));
        try (Run cluster = Run.script("cluster.java", shape.toArray(String[]::new))) {
            cluster.awaitLine("ready: ");
            production = cluster;
            String here = "localhost:" + port;
            try (Run run =
                    Run.script("topics.java", "create", "orders-6p-rf3", "-c", "min.insync.replicas=2", "-b", here)) {
                run.expectExit(0);
            }
            // The three controllers have the numbers 101 to 103, and the names controller-1 to controller-3.
            String node = "$(test {id} -gt 100 && echo controller-$(({id} - 100)) || echo kafka-{id})";
            String tell = "sh '%s/tell' \"production %s %s\"";
            var run = new ArrayList<>(List.of("orders-6p-rf3", "-b", here, "--before", "2s", "--after", "1s"));
            // Few enough for six nodes on two cores: a controller that starves does not answer.
            run.addAll(List.of("--rate", "60"));
            run.addAll(List.of("--stop-command", tell.formatted(shared, "stop", node)));
            run.addAll(List.of("--start-command", tell.formatted(shared, "start", node)));
            run.addAll(List.of(
                    "--steps", "stop controller, 3s, start controller, whole, stop 1, stop 2, 5s, start 1, start 2"));
            try (Run trial = Run.script("lab/drill.java", run.toArray(String[]::new))) {
                trial.expectExit(0, LONG);
                trial.awaitLine("(fewer than min.insync.replicas=2)");
                expect(trial, "PASS", "controller was down");
                expect(trial, "PASS", "broker 1 was down");
                expect(trial, "PASS", "broker 2 was down");
                expect(trial, "PASS", "records flow on while the controller is down");
                expect(trial, "PASS", "no acknowledged record is lost");
                expect(trial, "PASS", "with fewer in sync than 2 nothing is acknowledged");
            }
            goneForGood(cluster, here);
        }
    }

    /** A replica on a broker that was unregistered: named at once. A drill that only observes begins all the same. */
    private static void goneForGood(Run cluster, String here) throws Exception {
        try (Admin owner = Admin.create(Map.of("bootstrap.servers", here))) {
            var placed = new NewTopic("left-1p-rf2", Map.of(0, List.of(1, 3)));
            owner.createTopics(List.of(placed)).all().get();
            cluster.type("stop kafka-3");
            cluster.awaitLine("kafka-3 stopped");
            owner.unregisterBroker(3).all().get();
            var also = new DescribeClusterOptions().includeFencedBrokers(true);
            for (int times = 0; times < 5; times++) // one of two brokers answers
            SharedCluster.await("kafka-3 is unregistered", () -> {
                try {
                    return owner.describeCluster(also).nodes().get().size() == 2;
                } catch (Exception notNow) {
                    return false;
                }
            });
            try (Run run = Run.script("lab/drill.java", "left-1p-rf2", "-b", here, "--manual")) {
                run.expectExit(1);
                assertThat(run.err())
                        .singleElement()
                        .asString()
                        .contains("replicas on broker 3, which does not exist any more");
            }
            try (Run run = Run.script("lab/drill.java", "left-1p-rf2", "-b", here, "--observe", "2s")) {
                run.expectExit(0, LONG);
            }
        }
    }

    @Test
    @DisplayName("on a terminal Ctrl-C ends it")
    void terminal() throws Exception {
        String[] options = {topic("screen", Map.of()), "-b", servers, "--stop-command", tell("stop kafka-{id}")};
        var all = new ArrayList<>(List.of(options));
        all.addAll(List.of("--start-command", tell("start kafka-{id}"), "--before", "1s", "--down", "10m"));
        try (Run run = Run.here().terminal(100, 10).script("lab/drill.java", all.toArray(String[]::new))) {
            run.awaitLine("in sync");
            run.interrupt();
            run.awaitLine("restoring: start kafka-1");
            run.expectExit(1);
        }
    }

    @Test
    @DisplayName("on a terminal of 80 columns no line is wider: it is broken between words; 12 partitions")
    void narrow() throws Exception {
        String topic = "narrow-12p-rf2";
        try (Run run = Run.here().terminal(80, 10).script("lab/drill.java", topic, "-b", servers, "--observe", "3s")) {
            run.expectExit(0, LONG);
            List<String> lines = run.out().stream()
                    .map(line -> line.replaceAll("\u001b\\[[0-9;]*m", ""))
                    .toList();
            assertThat(lines).allMatch(line -> line.length() <= 80);
            String whole = String.join("\n", lines).replaceAll("\n +", " ");
            assertThat(whole).contains("every record that was sent is delivered");
        }
    }

    @Test
    @DisplayName(
            "a stranger in the group takes records away: unseen, FAIL; and so is a limit of yours that does not hold")
    void stranger() throws Exception {
        String topic = topic("stranger", Map.of());
        var drill = new CompletableFuture<Run>();
        meanwhile = () -> takeRecords(topic, drill.get());
        String[] options = {topic, "--down", "1s", "--max-pause", "10ms"};
        try (Run run = harming("meanwhile", "start kafka-{id}", options)) { // the broker is not stopped
            drill.complete(run);
            run.expectExit(1, LONG);
            expect(run, "FAIL", "the group received every record in the log");
            expect(run, "FAIL", "no pause is longer than 0.01");
        }
    }

    /** As a member of the drill's group. */
    private static void takeRecords(String topic, Run drill) {
        String group =
                drill.awaitLine(Pattern.compile("in group (drill-\\w+),")).group(1);
        Map<String, Object> settings = Map.of(
                "bootstrap.servers",
                servers,
                "group.id",
                group,
                "key.deserializer",
                StringDeserializer.class,
                "value.deserializer",
                StringDeserializer.class);
        try (var stranger = new KafkaConsumer<String, String>(settings)) {
            stranger.subscribe(List.of(topic));
            int taken = 0;
            while (taken < 50) taken += stranger.poll(Duration.ofMillis(100)).count();
            stranger.commitSync();
        }
    }

    // ---- it restores what it took down ----

    @Test
    @DisplayName("SIGTERM while a broker is down: the broker is started again, and all is in sync")
    void restores() throws Exception {
        String topic = topic("restores", Map.of());
        try (Run run = drill(topic, "--down", "10m")) { // Ctrl-C: see DockerTest
            run.awaitLine("in sync 2");
            run.terminate();
            run.expectExit(1);
            assertThat(run.err())
                    .anyMatch(line -> line.startsWith("  restoring: start kafka-1"))
                    .anyMatch(line -> line.startsWith("Interrupted: "));
            assertThat(run.out()).last().asString().endsWith("INCONCLUSIVE");
        }
        SharedCluster.awaitInSync();
    }

    @Test
    @DisplayName("SIGKILL while a broker is down: it is started again, and the history says that it is not complete")
    void killed() throws Exception {
        String topic = topic("killed", Map.of());
        Path history = directory.resolve("killed.jsonl");
        try (Run run = drill(topic, "--down", "10m", "--history", history.toString())) {
            run.awaitLine("broker 2 leads now; it was broker 1");
            run.awaitLine("in sync 2");
            run.kill();
            run.awaitNothingLeft(); // the child of the drill ends when it has started kafka-1
        }
        SharedCluster.awaitInSync();
        try (Run judge = Run.script("lab/drill.java", "--judge", history.toString())) {
            judge.expectExit(1);
            judge.awaitLine("broker 2 leads now; it was broker 1");
            judge.awaitLine("INCONCLUSIVE  the history is incomplete: run 1 has no end");
        }
    }

    @Test
    @DisplayName("what it cannot restore it names, with the command")
    void cannotRestore() throws Exception {
        String topic = topic("cannot", Map.of());
        try (Run run = harming("stop kafka-{id}", "start nobody", topic, "--down", "1s")) {
            run.expectExit(1, LONG);
            String fix = "Broker 1 is still down. Fix: " + tell("start nobody");
            assertThat(run.err()).anyMatch(line -> line.startsWith(fix));
        }
    }

    // ---- other ways ----

    @Test
    @DisplayName("--manual: a person stops the broker when asked, and starts it again")
    void manual() throws Exception {
        String topic = topic("manual", Map.of());
        try (Run run = Run.script("lab/drill.java", topic, "-b", servers, "--manual", "--down", "1s")) {
            run.awaitLine("now stop broker 1");
            SharedCluster.command("stop kafka-1");
            run.awaitLine("now start broker 1");
            SharedCluster.command("start kafka-1");
            run.expectExit(0, LONG);
            expect(run, "PASS", "broker 1 was down");
        }
    }

    @Test
    @DisplayName("all-in-turn: a rolling restart loses nothing; also with another program's properties file, of which"
            + " nothing is taken that is the drill's own, and with a password, which nothing shows")
    void rolling() throws Exception {
        Path file = Files.writeString(directory.resolve("client.properties"), """
                group.id=test-consumer-group
                enable.auto.commit=true
                transactional.id=mine
                key.deserializer=org.apache.kafka.common.serialization.StringDeserializer
                value.serializer=org.apache.kafka.common.serialization.StringSerializer
                retries=5
                group.instance.id=x
                acks=all\s
                """);
        String login = "x:sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required"
                + " username=\"u\" password=\"s3cret\";";
        Path history = directory.resolve("rolling.jsonl");
        var options = new ArrayList<>(List.of(topic("rolling", Map.of()), "--target", "all-in-turn", "--down", "1s"));
        options.addAll(List.of("--command-config", file.toString(), "--history", history.toString(), "--try", login));
        try (Run run = drill(options.toArray(String[]::new))) {
            run.expectExit(0, LONG);
            expect(run, "PASS", "broker 1 was down");
            expect(run, "PASS", "broker 2 was down");
            expect(run, "PASS", "no acknowledged record is lost");
            assertThat(run.err()).isEmpty();
            assertThat(run.out()).anyMatch(line -> line.contains("in group drill-"));
            assertThat(run.toString().replaceAll("(?s)^.*?\n", "")).doesNotContain("s3cret");
        }
        assertThat(Files.readString(history)).contains("[hidden]").doesNotContain("s3cret");
    }

    // ---- words for the user ----

    @Nested
    @DisplayName("wrong use")
    class WrongUse {
        @Test
        @DisplayName("of an option: exit status 2, and one line")
        void options() {
            for (String wrong : List.of(
                    "t --fault=burn",
                    "t --before=x",
                    "t --down=3h",
                    "t --rate=0",
                    "t --rate=many",
                    "t --acks=2",
                    "t --runs=0",
                    "t --size=-1",
                    "t --target=nobody",
                    "t --target=1,1",
                    "t --fault=power --target=controller",
                    "--scenario=power-cut --target=1",
                    "t --steps=stop",
                    "t --size=2147483647",
                    "t --report=out.png",
                    "t --report=/no/such/directory/out.svg",
                    "t --try=x:sasl.jaas.config",
                    "t --manual --observe=5s",
                    "t --observe=5s --fault=kill",
                    "t --observe=5s --steps=1s",
                    "t --steps=1s --target=2",
                    "t --scenario=last-replica",
                    "--scenario=last-replica --fault=kill",
                    "--scenario=nothing",
                    "t --pipeline={input}{output}{group}",
                    "--scenario=queue --pipeline={input}{output}{group}",
                    "--scenario=exactly-once --pipeline={input}",
                    "--scenario=exactly-once:mistake --pipeline={input}{output}{group}",
                    "--scenario=power-cut:nothing",
                    "--scenario=last-replica --steps=1s",
                    "--scenario=last-replica --observe=5s",
                    "--judge=/no/such/file",
                    "t --try=nameless",
                    "t --try=a:no.such.setting=1",
                    "t --stop-command=only",
                    "t --history=/no/such/directory/file",
                    "t --nonsense")) expectWrongUsage(("-b localhost:1 " + wrong).split(" "));
            expectWords("Name a topic");
            expectWords("Scenario 4 is --scenario last-replica", "4");
            expectWords("Kafka's own", "__consumer_offsets");
            expectWords("transactional.id", "t", "-b", "localhost:1", "-X", "transactional.id=x");
            expectWords("delivery.timeout.ms", "t", "-b", "localhost:1", "-X", "delivery.timeout.ms=1000");
            String many = "Invalid value many for configuration linger.ms";
            expectWords(many, "t", "-b", "localhost:1", "-X", "linger.ms=many");
            String power =
                    "A power cut takes what was not fsynced from all topics of a broker, and nothing restores it.";
            expectWords(power, "-b", servers, "--manual", "x-1p-rf1", "--fault", "power");
            expectWords(power, "-b", servers, "--scenario", "power-cut:one");
            expectRefusal(2, "at least 1 partition", "-b", servers, "--manual", "orders-0p-rf2");
            expectRefusal(2, "--rate 50 or more", "-b", servers, "--manual", "x-50p-rf2", "--rate", "10");
            String secret = "x:no.such=1,sasl.jaas.config=a.B required password=\"s3cret\";";
            expectRefusal(2, "[hidden]", "t", "--try", secret);
        }

        @Test
        @DisplayName("of a topic that is compacted: exit status 2, before anything is taken down")
        void compacted() throws Exception {
            String topic = topic("compacted", Map.of("cleanup.policy", "compact"));
            expectRefusal(2, "cleanup.policy=compact", "-b", servers, "--manual", topic);
        }

        @Test
        @DisplayName("a Docker that refuses says so itself")
        void dockerRefuses() throws Exception {
            Path docker =
                    Files.writeString(directory.resolve("docker"), "#!/bin/sh\necho permission denied >&2\nexit 1\n");
            docker.toFile().setExecutable(true);
            var here = Run.here().with("PATH", directory + ":" + System.getenv("PATH"));
            try (Run run = here.script("lab/drill.java", "t-1p-rf1", "-b", servers)) {
                run.expectExit(2);
                assertThat(run.err()).singleElement().asString().contains("permission denied");
            }
        }

        @Test
        @DisplayName("a named cluster that does not answer: exit status 3, and one line")
        void noCluster() {
            expectRefusal(3, "localhost:1", "t", "-b", "localhost:1");
        }

        @Test
        @DisplayName("no cluster and no cluster.java: exit status 3, and what to do")
        void alone() throws Exception {
            var alone = Run.here().in(directory).without("JBANG_LAUNCH_CMD"); // beside it would be a cluster.java
            try (Run run = alone.script(Run.ROOT.resolve("lab/drill.java").toString(), "t-1p-rf1")) {
                run.expectExit(3);
                assertThat(run.err())
                        .last()
                        .asString()
                        .startsWith(
                                "No cluster answers at localhost:9092,localhost:9095, and there is no cluster.java here");
            }
        }

        @Test
        @DisplayName("a cluster without a known way to stop its brokers: exit status 2, and the options that say so")
        void unknownEngine() {
            expectWords("--manual", "-b", servers, "t-1p-rf1");
        }

        @Test
        @DisplayName("a topic that does not exist and has no shape in its name: exit status 1")
        void unknownTopic() {
            expectRefusal(1, "Topic 'nowhere' does not exist. Create it: ", "-b", servers, "--manual", "nowhere");
        }

        @Test
        @DisplayName("a broker that does not exist: exit status 2")
        void unknownBroker() {
            expectWords("There is no broker 7", "-b", servers, "--manual", "wrong-1p-rf1", "--target", "7");
        }

        /** Without a process for each. */
        private void expectWrongUsage(String... arguments) {
            assertThat(errorOf(arguments))
                    .as(String.join(" ", arguments))
                    .isNotNull()
                    .satisfies(it -> {
                        if (it instanceof Failure)
                            assertThat(it).extracting("exitStatus").isEqualTo(2);
                        else assertThat(it).isInstanceOf(CommandLine.ParameterException.class);
                    });
        }

        /** The same, and the error has these words. */
        private void expectWords(String words, String... arguments) {
            expectWrongUsage(arguments);
            assertThat(errorOf(arguments)).hasMessageContaining(words);
        }

        private static Exception errorOf(String... arguments) {
            var error = new AtomicReference<Exception>();
            new CommandLine(new Drill())
                    .setParameterExceptionHandler((wrong, given) -> set(error, wrong))
                    .setExecutionExceptionHandler((wrong, command, parsed) -> set(error, wrong))
                    .execute(arguments);
            return error.get();
        }

        private static int set(AtomicReference<Exception> error, Exception wrong) {
            error.set(wrong);
            return 2;
        }

        private void expectRefusal(int status, String words, String... arguments) {
            try (Run run = Run.script("lab/drill.java", arguments)) {
                run.expectExit(status);
                assertThat(run.err())
                        .as(run.toString())
                        .singleElement()
                        .asString()
                        .contains(words);
            }
        }
    }

    // ---- details ----

    /** A claim with its verdict is among the lines, after the run. */
    private static void expect(Run run, String verdict, String claim) {
        assertThat(run.out()).anyMatch(line -> line.matches("  " + verdict + " +" + Pattern.quote(claim) + ".*"));
    }

    /** The worst verdict of the claims of a check; PASS if there is none. */
    private static String verdict(JsonObject trial, String check) {
        var order = List.of("PASS", "ALLOWED", "INCONCLUSIVE", "FAIL");
        return trial.getArray("claims").stream()
                .map(JsonObject.class::cast)
                .filter(it -> it.getString("check").equals(check))
                .map(it -> it.getString("verdict"))
                .max(java.util.Comparator.comparingInt(order::indexOf))
                .orElseThrow();
    }

    private static String topic(String name, Map<String, String> config) throws Exception {
        String topic = SharedCluster.name(name + "-2p-rf2");
        create(topic, config);
        return topic;
    }

    private static void create(String topic, Map<String, String> config) throws Exception {
        admin.createTopics(List.of(new NewTopic(topic, Map.of(0, List.of(1, 2), 1, List.of(2, 1))).configs(config)))
                .all()
                .get();
        SharedCluster.awaitKnown(topic);
    }

    private static JsonObject json(Run run) throws Exception {
        assertThat(run.out()).hasSize(1);
        return JsonParser.object().from(run.out().get(0));
    }

    private static Set<String> idsInLog(String topic, String run) throws Exception {
        var ids = new TreeSet<String>();
        read(topic, (header, value) -> {
            if (run.equals(header)) ids.add(value.substring("{\"event_id\": ".length(), value.indexOf(',')));
        });
        return ids;
    }

    private static List<String> values(String topic) throws Exception {
        var values = new ArrayList<String>();
        read(topic, (header, value) -> values.add(value));
        return values;
    }

    private static void awaitRecords(String topic, long records) throws Exception {
        for (long start = System.nanoTime(); SharedCluster.end(topic, 0) < records; Thread.sleep(50))
            assertThat(System.nanoTime() - start).as("ns").isLessThan(Run.LIMIT.toNanos());
    }

    /** Records of somebody else. */
    private static void write(TopicPartition to, int records) {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers",
                servers,
                "key.serializer",
                StringSerializer.class,
                "value.serializer",
                StringSerializer.class);
        try (var producer = new KafkaProducer<String, String>(settings)) {
            for (int i = 0; i < records; i++)
                producer.send(new ProducerRecord<>(to.topic(), to.partition(), null, "somebody else's"));
        }
    }

    private interface Visitor {
        void visit(String run, String value);
    }

    private static void read(String topic, Visitor visitor) throws Exception {
        var partitions = List.of(new TopicPartition(topic, 0), new TopicPartition(topic, 1));
        var ends = admin.listOffsets(
                        Map.of(partitions.get(0), OffsetSpec.latest(), partitions.get(1), OffsetSpec.latest()))
                .all()
                .get();
        Map<String, Object> settings = Map.of(
                "bootstrap.servers",
                servers,
                "key.deserializer",
                StringDeserializer.class,
                "value.deserializer",
                StringDeserializer.class);
        try (var consumer = new KafkaConsumer<String, String>(settings)) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            for (TopicPartition each : partitions)
                while (consumer.position(each) < ends.get(each).offset())
                    for (var record : consumer.poll(Duration.ofMillis(100))) {
                        var header = record.headers().lastHeader("run");
                        visitor.visit(
                                header == null ? null : new String(header.value(), StandardCharsets.UTF_8),
                                record.value());
                    }
        }
    }
}
