package test;

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * failover.java, for real: the guide in one command, faults and settings, and runs that must not pass. The runs on a
 * cluster of somebody else's use the tests' own cluster, with commands to stop and start its brokers.
 */
class FailoverTest {
    private static final Duration LONG = Duration.ofMinutes(6);

    @TempDir
    private static Path shared;

    private static String servers;
    private static Admin admin;
    private static volatile boolean ended;
    private static Run production; // a second cluster: 3 brokers, 3 controllers

    @TempDir
    private Path directory;

    // ---- the cluster of somebody else, and the commands that harm it ----

    @BeforeAll
    static void relayCommands() throws Exception {
        servers = SharedCluster.servers();
        admin = SharedCluster.admin();
        for (String fifo : List.of("in", "out"))
            new ProcessBuilder("mkfifo", shared.resolve(fifo).toString())
                    .start()
                    .waitFor();
        Files.writeString(shared.resolve("tell"), """
                echo "$1" > '%1$s/in'
                read -r answer < '%1$s/out'
                echo "$answer"
                case $answer in error*) exit 1 ;; esac
                """.formatted(shared));
        var relay = new Thread(FailoverTest::relay);
        relay.setDaemon(true);
        relay.start();
    }

    /** Passes what a command of failover.java says on to the cluster, and its answer back. */
    private static void relay() {
        try (var in = new RandomAccessFile(shared.resolve("in").toFile(), "rw");
                var out = new RandomAccessFile(shared.resolve("out").toFile(), "rw")) {
            while (!ended) {
                String answer = "";
                for (String command : in.readLine().split("; ")) answer = answer(command);
                out.write((answer + "\n").getBytes(StandardCharsets.UTF_8));
            }
        } catch (Exception over) {
            // the test that waits for it will say so
        }
    }

    private static String answer(String command) {
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

    /** failover.java on the tests' cluster; what is not said is to stop and start the broker. */
    private static Run failover(String... arguments) {
        return harming("stop kafka-{id}", "start kafka-{id}", arguments);
    }

    private static Run harming(String harm, String heal, String... arguments) {
        var all = new ArrayList<>(List.of("-b", servers, "--stop-command", tell(harm), "--start-command", tell(heal)));
        all.addAll(List.of(arguments));
        for (String option : List.of("--before", "--after"))
            if (!all.contains(option)) all.addAll(List.of(option, "1s"));
        return Run.script("failover.java", all.toArray(String[]::new));
    }

    // ---- the guide ----

    @Test
    @DisplayName("without arguments: the three scenarios on its own cluster, all proven, nothing left")
    void guide() throws Exception {
        Path events = directory.resolve("run.jsonl");
        try (Run run = Run.jbang("failover.java", "--events", events.toString())) {
            run.awaitLine("Scenario 3: ", LONG);
            run.signal("0"); // remembers what it has started
            run.expectExit(0, LONG);
            run.awaitNothingLeft();
            assertThat(run.out())
                    .filteredOn(line -> line.endsWith("  PASS") && line.startsWith("Scenario"))
                    .hasSize(3);
            assertThat(run.out()).noneMatch(line -> line.contains("\u001b") || line.startsWith("  FAIL"));
            assertThat(run.out()).noneMatch(line -> line.contains("this script did not"));
            assertThat(run.out().get(0)).contains("cluster.java -X broker.session.timeout.ms=5000");
            assertThat(String.join("\n", run.out()))
                    .contains("PASS  only one consumer receives messages, the other is idle")
                    .contains("PASS  the idle one is a standby: it takes over where the other stopped")
                    .contains("PASS  messages are load-balanced across both consumers")
                    .contains("PASS  partition 0 is unavailable while its broker is away")
                    .contains("PASS  it resumes when its broker is back")
                    .contains("PASS  partition 1, on the other broker, goes on")
                    .contains("PASS  partition 0 gets a new leader while kafka-1 is away")
                    .contains("PASS  a brief pause, then it recovers by itself");
        }
        expectEvents(events);
    }

    @Test
    @DisplayName("where a broker is killed, its own cluster has Kafka's sessions; SIGTERM ends it while it starts")
    void usualSessions() throws Exception {
        try (Run run = Run.jbang("failover.java", "3", "--fault", "kill")) {
            run.awaitLine("Starting one: ", LONG);
            run.terminate();
            run.awaitNothingLeft();
            assertThat(run.out().get(0)).endsWith("Starting one: cluster.java");
        }
    }

    /** The lines of each trial: its head, what happened, the flow, the verdict; and they add up. */
    private static void expectEvents(Path file) throws Exception {
        var types = new ArrayList<String>();
        var acknowledged = new HashMap<Boolean, Long>(); // in the flow, in the verdict
        for (String line : Files.readAllLines(file)) {
            JsonObject it = JsonParser.object().from(line);
            types.add(it.getString("type"));
            if (it.getString("type").equals("verdict")) {
                acknowledged.merge(false, it.getLong("acknowledged"), Long::sum);
                assertThat(it.getString("verdict")).isEqualTo("PASS");
                assertThat(it.getLong("lost")).isZero();
            }
            if (it.getString("type").equals("flow")) acknowledged.merge(true, it.getLong("acknowledged"), Long::sum);
        }
        assertThat(types.get(0)).isEqualTo("trial");
        assertThat(types).containsOnly("trial", "event", "flow", "verdict");
        assertThat(types.stream().filter("verdict"::equals)).hasSize(3);
        assertThat(acknowledged.get(true)).isEqualTo(acknowledged.get(false)).isPositive();
    }

    // ---- what really loses, and what really repeats ----

    @Test
    @DisplayName(
            "pause loses acknowledged records with acks=1 and acks=0, none with acks=all; an independent count agrees")
    void pauseLoses() throws Exception {
        String topic = topic("loses", Map.of());
        try (Run run = harming(
                "pause kafka-{id}",
                "resume kafka-{id}",
                topic,
                "--fault",
                "pause",
                "--acks",
                "all,1,0",
                "--rate",
                "500",
                "--down",
                "13s",
                "--json",
                "--strict")) {
            run.expectExit(1, LONG); // strict: also a loss that the settings allow is a failure
            JsonArray trials = json(run).getArray("trials");
            assertThat(trials).hasSize(3);
            for (int i = 0; i < 3; i++) {
                JsonObject it = trials.getObject(i);
                boolean all = it.getString("settings").equals("acks=all");
                assertThat(it.getString("verdict")).isEqualTo(all ? "PASS" : "ALLOWED");
                assertThat(it.getLong("lost") > 0)
                        .as("lost with " + it.getString("settings"))
                        .isEqualTo(!all);
                assertThat(it.getLong("in_log"))
                        .as("in the log with " + it.getString("settings"))
                        .isEqualTo(idsInLog(topic, it.getString("run")).size());
            }
        }
    }

    @Test
    @DisplayName("kill with short requests repeats records without idempotence, and none with it")
    void repeats() throws Exception {
        String topic = topic("repeats", Map.of());
        try (Run run = harming(
                "kill kafka-{id}",
                "start kafka-{id}",
                topic,
                "--fault",
                "kill",
                "--json",
                "--down",
                "12s",
                "--try",
                "plain:enable.idempotence=false,request.timeout.ms=1000",
                "--try",
                "idempotent:enable.idempotence=true,request.timeout.ms=1000")) {
            run.expectExit(0, LONG);
            JsonArray trials = json(run).getArray("trials");
            assertThat(trials.getObject(0).getLong("duplicates")).isPositive();
            assertThat(trials.getObject(0).getString("verdict")).isEqualTo("ALLOWED");
            assertThat(trials.getObject(1).getLong("duplicates")).isZero();
            assertThat(trials.getObject(1).getString("verdict")).isEqualTo("PASS");
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
                "failover.java", Stream.of(nothing, options).flatMap(Stream::of).toArray(String[]::new))) {
            run.expectExit(1);
            run.awaitLine("INCONCLUSIVE  broker 1 went away");
            run.awaitLine("INCONCLUSIVE  broker 1 went away");
            assertThat(run.out().get(run.out().size() - 1))
                    .startsWith(topic)
                    .containsPattern("\\d\\.\\d\\d s \\(\\d\\.\\d\\d s\\)")
                    .endsWith("INCONCLUSIVE");
        }
        assertThat(values(topic))
                .isNotEmpty()
                .allSatisfy(value -> assertThat(value).hasSize(500));
    }

    @Test
    @DisplayName("a broker that hands a partition over in an election, and never was away: INCONCLUSIVE")
    void onlyElected() throws Exception {
        String topic = topic("elected", Map.of());
        String unlessOne = "test {id} = 1 || ";
        String steps = "stop 2, 2s, start 2, whole, kill 1, 1s, elect, 2s, start 1";
        try (Run run = Run.script(
                "failover.java",
                topic,
                "-b",
                servers,
                "--before",
                "1s",
                "--after",
                "1s",
                "--stop-command",
                unlessOne + tell("stop kafka-{id}"),
                "--start-command",
                unlessOne + tell("start kafka-{id}"),
                "--steps",
                steps)) {
            run.expectExit(1, LONG);
            run.awaitLine("partition 1: broker 2 leads now; it was broker 1");
            run.awaitLine("PASS  broker 2 went away");
            run.awaitLine("INCONCLUSIVE  broker 1 went away");
        }
    }

    @Test
    @DisplayName("a controller that is back before a dead broker is given up: INCONCLUSIVE, as nobody would be elected")
    void controllerBackSoon() throws Exception {
        String topic = topic("backsoon", Map.of());
        String steps = "kill controller, 6s, kill 1, 2s, start controller, 14s, start 1";
        try (Run run = harming("kill {name}", "start {name}", topic, "--steps", steps)) {
            run.expectExit(1, LONG);
            run.awaitLine("PASS  controller went away");
            run.awaitLine("INCONCLUSIVE  partition 0 gets no new leader while the controller is away");
        }
    }

    @Test
    @DisplayName("a controller that never was away: INCONCLUSIVE, as it answered")
    void noControllerFault() throws Exception {
        String topic = topic("answering", Map.of());
        String[] options = {topic, "--target", "controller", "--fault", "kill", "--down", "6s"};
        try (Run run = harming("status", "status", options)) {
            run.expectExit(1, LONG);
            run.awaitLine("INCONCLUSIVE  controller went away");
            run.awaitLine("no three questions to it in a row stayed without an answer");
        }
    }

    @Test
    @DisplayName("a fault that hits another broker is no evidence: neither is the election of the preferred leaders")
    void anotherBroker() throws Exception {
        String topic = topic("another", Map.of());
        try (Run run = harming("stop kafka-2", "start kafka-2", topic, "--down", "1s")) {
            run.expectExit(1, LONG);
            run.awaitLine("partition 1: broker 2 leads now; it was broker 1");
            run.awaitLine("INCONCLUSIVE  broker 1 went away");
        }
    }

    @Test
    @DisplayName("a broker that is away for less than the cluster needs to notice: INCONCLUSIVE, not FAIL")
    void tooShort() throws Exception {
        topics();
        try (Run run = harming("pause kafka-{id}", "resume kafka-{id}", "3", "--fault", "pause", "--down", "2s")) {
            run.expectExit(1, LONG);
            run.awaitLine("INCONCLUSIVE  broker 1 went away");
            run.awaitLine("INCONCLUSIVE  partition 0 gets a new leader while broker 1 is away");
            run.awaitLine("INCONCLUSIVE  a brief pause, then it recovers by itself");
            assertThat(run.out()).noneMatch(line -> line.startsWith("  FAIL"));
        }
    }

    @Test
    @DisplayName("records that were lost, overwritten by others and deleted: nobody can tell, and it says so")
    void lostAndDeleted() throws Exception {
        String topic = topic("lostdeleted", Map.of("unclean.leader.election.enable", "true"));
        try (Run run = Run.script("failover.java", topic, "-b", servers, "--observe", "20s")) {
            run.awaitLine("the producer begins");
            SharedCluster.command("stop kafka-2"); // what comes now is on broker 1 only
            run.awaitLine("partition 0: in sync 1");
            SharedCluster.command("kill kafka-1");
            SharedCluster.command("start kafka-2"); // broker 2 never had those records, and leads
            run.awaitLine("partition 0: broker 2 leads");
            var zero = new TopicPartition(topic, 0);
            write(zero, 2_000);
            long end = SharedCluster.end(topic, 0);
            admin.deleteRecords(Map.of(zero, RecordsToDelete.beforeOffset(end)))
                    .all()
                    .get();
            SharedCluster.command("start kafka-1");
            run.expectExit(1, LONG);
            run.awaitLine("expired or lost ");
            assertThat(run.out()).noneMatch(line -> line.contains("PASS  no acknowledged record is lost"));
        }
    }

    @Test
    @DisplayName("records that somebody deletes have expired: they are counted, and not called lost")
    void recordsDeleted() throws Exception {
        String topic = topic("deletes", Map.of());
        try (Run run = failover(topic, "--down", "1s", "--after", "4s")) {
            run.awaitLine("the preferred leaders lead again");
            var zero = new TopicPartition(topic, 0);
            admin.deleteRecords(Map.of(zero, RecordsToDelete.beforeOffset(100)))
                    .all()
                    .get();
            run.expectExit(0, LONG);
            run.awaitLine("partition 0: the log starts at offset 100 now; 100 records have expired, or were deleted");
            run.awaitLine("expired 100: ");
            run.awaitLine("PASS  no acknowledged record is lost");
        }
    }

    @Test
    @DisplayName("a topic that is deleted in mid-run: no hang, and everything is lost")
    void topicDeleted() throws Exception {
        String topic = topic("gone", Map.of());
        String[] quickly = {"-X", "delivery.timeout.ms=8000", "-X", "request.timeout.ms=3000", "-X", "linger.ms=0"};
        try (Run run = failover(Stream.concat(Stream.of(topic, "--down", "1s", "--after", "4s"), Stream.of(quickly))
                .toArray(String[]::new))) {
            run.awaitLine("the preferred leaders lead again");
            admin.deleteTopics(List.of(topic)).all().get();
            run.expectExit(1, LONG);
            run.awaitLine("topic " + topic + " does not exist any more");
            run.awaitLine("FAIL  no acknowledged record is lost");
        }
    }

    @Test
    @DisplayName("a later trial that cannot begin: one line, and the table of those before it")
    void laterTrial() throws Exception {
        admin.createTopics(List.of(new NewTopic("shapeless", 2, (short) 2)))
                .all()
                .get();
        try (Run run = Run.script("failover.java", "shapeless", "-b", servers, "--observe", "3s", "--runs", "2")) {
            run.awaitLine("the producer ends");
            admin.deleteTopics(List.of("shapeless")).all().get();
            run.expectExit(1, LONG);
            assertThat(run.err()).singleElement().asString().contains("Topic 'shapeless' does not exist.");
            assertThat(run.out()).last().asString().startsWith("shapeless ");
        }
    }

    @Test
    @DisplayName("a topic that is deleted while a broker is away is not called in sync again, nor the brokers silent")
    void topicDeletedMeanwhile() throws Exception {
        String topic = topic("meanwhile", Map.of());
        try (Run run = failover(topic, "--down", "4s")) {
            run.awaitLine("partition 0: broker 2 leads now");
            admin.deleteTopics(List.of(topic)).all().get();
            run.expectExit(1, LONG);
            run.awaitLine("FAIL  no acknowledged record is lost");
            assertThat(run.out()).noneMatch(line -> line.contains("all replicas are in sync again"));
            assertThat(run.out()).noneMatch(line -> line.contains("no broker answers"));
        }
    }

    @Test
    @DisplayName("a partition that somebody moves to another broker in mid-run is told, and whole is what it has then")
    void moved() throws Exception {
        String topic = topic("moved", Map.of());
        try (Run run = failover(topic, "--down", "4s")) {
            run.awaitLine("partition 0: broker 2 leads now");
            var only = Optional.of(new NewPartitionReassignment(List.of(2)));
            admin.alterPartitionReassignments(Map.of(new TopicPartition(topic, 0), only))
                    .all()
                    .get();
            run.awaitLine("partition 0: its replicas are 2 now, not 1, 2, and this script did not do it");
            run.awaitLine("the preferred leaders lead again", LONG);
            run.awaitLine("PASS  no acknowledged record is lost", LONG);
        }
    }

    @Test
    @DisplayName("a topic that somebody makes anew: its records are lost, and acks=1 does not explain that")
    void topicMadeAnew() throws Exception {
        String topic = topic("anew", Map.of());
        try (Run run = Run.script("failover.java", topic, "-b", servers, "--observe", "15s", "--acks", "1")) {
            run.awaitLine("the producer begins");
            awaitRecords(topic, 50);
            admin.deleteTopics(List.of(topic)).all().get();
            run.awaitLine("topic " + topic + " does not exist any more");
            topic("anew", Map.of());
            run.expectExit(1, LONG);
            run.awaitLine("INCONCLUSIVE  the topic is there to the end");
            run.awaitLine("FAIL  no acknowledged record is lost");
            assertThat(run.out()).noneMatch(line -> line.contains("ALLOWED  lost "));
            assertThat(run.out()).noneMatch(line -> line.contains("FAIL  each record is in the log once"));
        }
    }

    @Test
    @DisplayName(
            "unclean leader election loses records in spite of acks=all: ALLOWED, by the topic's setting; FAIL if strict")
    void uncleanElection() throws Exception {
        String topic = topic("unclean", Map.of("unclean.leader.election.enable", "true"));
        // The follower leaves the in-sync replicas; then the leader dies, the only replica that has all records.
        String harm = "stop kafka-2; kill kafka-1; start kafka-2";
        try (Run run = harming(harm, "start kafka-1", topic, "--fault", "kill", "--down", "14s", "--strict")) {
            run.expectExit(1, LONG);
            run.awaitLine("unclean.leader.election.enable allows it");
        }
    }

    @Test
    @DisplayName("a second broker that somebody else kills is told; the pause is not called brief")
    void secondBroker() throws Exception {
        topics();
        try (Run run = failover("3", "--down", "32s")) {
            run.awaitLine("partition 0: broker 2 leads now");
            run.awaitLine("in sync 2");
            SharedCluster.command("kill kafka-2");
            Thread.sleep(16_000); // the length of the second outage, not a wait for something
            SharedCluster.command("start kafka-2");
            run.expectExit(1, LONG);
            assertThat(run.out()).noneMatch(line -> line.contains("PASS  a brief pause"));
            assertThat(run.out()).anyMatch(line -> line.contains("PASS  no acknowledged record is lost"));
        }
    }

    @Test
    @DisplayName("a script that was frozen saw nothing: INCONCLUSIVE, not FAIL, and not PASS")
    void frozen() throws Exception {
        topics();
        try (Run run = harming("kill kafka-{id}", "start kafka-{id}", "3", "--fault", "kill", "--down", "20s")) {
            run.awaitLine("kill kafka-1");
            run.signal("STOP");
            Thread.sleep(16_000); // how long the script does not run
            run.signal("CONT");
            run.awaitLine("this script did not run for ");
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
        try (Run run = failover(Stream.concat(Stream.of(topic, "--down", "9s"), Stream.of(quickly))
                .toArray(String[]::new))) {
            run.expectExit(0, LONG);
            run.awaitLine("(fewer than min.insync.replicas=2)");
            run.awaitLine("PASS  with fewer in sync than min.insync.replicas=2 nothing is acknowledged");
            run.awaitLine("ALLOWED  not delivered ");
            run.awaitLine("in sync, min.insync.replicas is 2; delivery.timeout.ms is 4 s");
        }
    }

    @Test
    @DisplayName(
            "a command that fails: INCONCLUSIVE, the log is read, the events are written, nothing is called broken")
    void harmFails() throws Exception {
        String topic = topic("harmless", Map.of());
        Path events = directory.resolve("events.jsonl");
        String[] options = {"-b", servers, "--stop-command", "echo cannot >&2; exit 3", "--start-command", "true"};
        var all = new ArrayList<>(List.of(options));
        all.addAll(List.of(topic, "--before", "1s", "--after", "1s", "--events", events.toString()));
        try (Run run = Run.script("failover.java", all.toArray(String[]::new))) {
            run.expectExit(1, LONG);
            run.awaitLine("failed (exit status 3): cannot");
            run.awaitLine("INCONCLUSIVE  the trial came to its end");
            run.awaitLine("PASS  no acknowledged record is lost");
            assertThat(run.err()).isEmpty();
        }
        assertThat(Files.readAllLines(events)).anyMatch(line -> line.startsWith("{\"type\":\"verdict\""));
    }

    // ---- the drill: nobody harmed, any order, limits ----

    @Test
    @DisplayName("--observe: somebody else stops a broker; that is noticed, and nothing is lost")
    void observe() throws Exception {
        String topic = topic("observed", Map.of());
        String[] wanted = {topic, "-b", servers, "--observe", "25s", "--max-pause", "20s", "--max-latency", "100ms"};
        try (Run run = Run.script("failover.java", wanted)) {
            run.awaitLine("the producer begins");
            SharedCluster.command("stop kafka-1");
            run.awaitLine("partition 0: broker 2 leads now; it was broker 1");
            SharedCluster.command("start kafka-1");
            run.awaitExit(LONG);
            run.awaitLine("PASS  no acknowledged record is lost");
            run.awaitLine("PASS  no pause is longer than 20.0 s");
        }
    }

    @Test
    @DisplayName("--target controller: records flow on while it is away")
    void controller() throws Exception {
        String topic = topic("controlled", Map.of());
        String[] wanted = {topic, "--target", "controller", "--fault", "kill", "--down", "8s"};
        try (Run run = harming("kill {name}", "start {name}", wanted)) {
            run.expectExit(0, LONG);
            run.awaitLine("PASS  controller went away");
            run.awaitLine("PASS  records flow on while the controller is away");
            run.awaitLine("PASS  no acknowledged record is lost");
            // Both brokers are there: a question that waits for the controller must not hold up those about leaders.
            assertThat(run.out()).noneMatch(line -> line.contains("no broker answers"));
        }
    }

    @Test
    @DisplayName("without a controller a dead broker gets no successor; its return brings one")
    void noSuccessor() throws Exception {
        String topic = topic("successor", Map.of());
        String steps = "kill controller, kill 1, 10s, start controller, 14s, start 1";
        try (Run run = harming("kill {name}", "start {name}", topic, "--steps", steps)) {
            run.expectExit(0, LONG);
            run.awaitLine("PASS  broker 1 went away");
            run.awaitLine("PASS  partition 0 gets no new leader while the controller is away");
            run.awaitLine("PASS  no acknowledged record is lost");
        }
    }

    @Test
    @DisplayName(
            "production's shape: without its active controller nothing pauses; with two brokers away no writes, no loss")
    void production() throws Exception {
        int port = SharedCluster.freePort();
        String[] shape = {"--port", "" + port, "--brokers", "3", "--controllers", "3"};
        try (Run cluster = Run.script("cluster.java", shape)) {
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
            run.addAll(List.of("--stop-command", tell.formatted(shared, "stop", node)));
            run.addAll(List.of("--start-command", tell.formatted(shared, "start", node)));
            run.addAll(List.of(
                    "--steps", "stop controller, 3s, start controller, whole, stop 1, stop 2, 8s, start 1, start 2"));
            try (Run trial = Run.script("failover.java", run.toArray(String[]::new))) {
                trial.expectExit(0, LONG);
                trial.awaitLine("(fewer than min.insync.replicas=2)");
                trial.awaitLine("PASS  controller went away");
                trial.awaitLine("PASS  broker 1 went away");
                trial.awaitLine("PASS  broker 2 went away");
                trial.awaitLine("PASS  records flow on while the controller is away");
                trial.awaitLine("PASS  no acknowledged record is lost");
                trial.awaitLine("PASS  with fewer in sync than min.insync.replicas=2 nothing is acknowledged");
            }
        }
    }

    @Test
    @DisplayName("--steps: any order of events; a limit of yours that does not hold is a FAIL")
    void steps() throws Exception {
        String topic = topic("steps", Map.of());
        String steps = "stop 1, 2s, stop 2, 3s, start 2, start 1";
        String harm = "stop kafka-{id}";
        try (Run run = harming(harm, "start kafka-{id}", topic, "--steps", steps, "--max-pause", "1s")) {
            run.expectExit(1, LONG);
            run.awaitLine("PASS  broker 1 went away");
            run.awaitLine("PASS  broker 2 went away");
            run.awaitLine("PASS  no acknowledged record is lost");
            run.awaitLine("FAIL  no pause is longer than 1.0 s");
        }
    }

    @Test
    @DisplayName("properties files of other programs work: what the script owns is not taken from them")
    void propertiesFile() throws Exception {
        Path file = Files.writeString(directory.resolve("client.properties"), """
                group.id=test-consumer-group
                enable.auto.commit=true
                transactional.id=mine
                key.deserializer=org.apache.kafka.common.serialization.StringDeserializer
                value.serializer=org.apache.kafka.common.serialization.StringSerializer
                retries=5
                acks=all\s
                """);
        String topic = topic("file", Map.of());
        try (Run run = failover(topic, "--down", "1s", "--command-config", file.toString())) {
            run.expectExit(0, LONG);
            assertThat(run.err()).isEmpty();
            assertThat(run.out()).anyMatch(line -> line.contains("in group failover-"));
        }
    }

    @Test
    @DisplayName("on a terminal it ends, with 12 partitions, too; and Ctrl-C ends it")
    void terminal() throws Exception {
        admin.createTopics(List.of(new NewTopic("screen-12p-rf2", 12, (short) 2)))
                .all()
                .get();
        var here = Run.here().terminal(100, 10);
        String[] options = {"screen-12p-rf2", "-b", servers, "--stop-command", tell("stop kafka-{id}")};
        var all = new ArrayList<>(List.of(options));
        all.addAll(List.of(
                "--start-command", tell("start kafka-{id}"), "--before", "3s", "--down", "3s", "--after", "1s"));
        try (Run run = here.script("failover.java", all.toArray(String[]::new))) {
            run.expectExit(0, LONG);
        }
        try (Run run = here.script("failover.java", all.toArray(String[]::new))) {
            run.awaitLine("in sync");
            run.interrupt();
            run.awaitLine("putting back what was broken: ");
            run.expectExit(1);
        }
    }

    @Test
    @DisplayName("on a terminal of 80 columns no line is wider: it is broken between words")
    void narrow() {
        try (Run run = Run.here().terminal(80, 40).script("failover.java", "1", "-b", servers)) {
            run.expectExit(0, LONG);
            List<String> lines = run.out().stream()
                    .map(line -> line.replaceAll("\u001b\\[[0-9;]*m", ""))
                    .toList();
            assertThat(lines).allMatch(line -> line.length() <= 80);
            String whole = String.join("\n", lines).replaceAll("\n +", " ");
            assertThat(whole).contains("The other is idle because there is only one partition.");
            assertThat(lines)
                    .noneMatch(line -> line.contains("The other is idle because there is only one partition."));
        }
    }

    @Test
    @DisplayName("a stranger in the group takes records away: unseen, FAIL")
    void stranger() throws Exception {
        try (Run run = failover("3", "--down", "1s", "--before", "8s")) {
            run.awaitLine("the producer begins");
            Map<String, Object> settings = Map.of(
                    "bootstrap.servers",
                    servers,
                    "group.id",
                    "group3",
                    "key.deserializer",
                    StringDeserializer.class,
                    "value.deserializer",
                    StringDeserializer.class);
            try (var stranger = new KafkaConsumer<String, String>(settings)) {
                stranger.subscribe(List.of("test-2p-rf2"));
                int taken = 0;
                while (taken < 50)
                    taken += stranger.poll(Duration.ofMillis(100)).count();
                stranger.commitSync();
            }
            run.expectExit(1, LONG);
            run.awaitLine("FAIL  the group received all that is in the log");
        }
    }

    // ---- it puts back what it broke ----

    @Test
    @DisplayName("SIGTERM while a broker is away: the broker is started again, and all is in sync")
    void putsBack() throws Exception {
        String topic = topic("putsback", Map.of());
        try (Run run = failover(topic, "--down", "10m")) { // Ctrl-C: see DockerTest
            run.awaitLine("in sync 2");
            run.terminate();
            run.awaitLine("putting back what was broken: ");
            run.expectExit(1);
            assertThat(run.out()).noneMatch(line -> line.contains("PASS  no acknowledged record is lost"));
            assertThat(run.err()).anyMatch(line -> line.startsWith("Interrupted: "));
        }
        var partitions = admin.describeTopics(List.of(topic))
                .allTopicNames()
                .get()
                .get(topic)
                .partitions();
        assertThat(partitions).allSatisfy(it -> assertThat(it.isr()).hasSize(2));
    }

    @Test
    @DisplayName("what it cannot put back it names, with the command that mends it")
    void cannotPutBack() throws Exception {
        String topic = topic("cannot", Map.of());
        try (Run run = harming("stop kafka-{id}", "start nobody", topic, "--down", "1s")) {
            run.expectExit(1, LONG);
            assertThat(run.err()).anyMatch(line -> line.startsWith("Broker 1 is still broken. Mend it: sh "));
        }
    }

    // ---- other ways ----

    @Test
    @DisplayName("--manual: a person stops the broker when asked, and starts it again")
    void manual() throws Exception {
        String topic = topic("manual", Map.of());
        try (Run run = Run.script("failover.java", topic, "-b", servers, "--manual", "--down", "1s")) {
            run.awaitLine("now stop broker 1");
            SharedCluster.command("stop kafka-1");
            run.awaitLine("now heal broker 1");
            SharedCluster.command("start kafka-1");
            run.expectExit(0, LONG);
            run.awaitLine("PASS  broker 1 went away");
        }
    }

    @Test
    @DisplayName("all-in-turn: a rolling restart loses nothing")
    void rolling() throws Exception {
        String topic = topic("rolling", Map.of());
        try (Run run = failover(topic, "--target", "all-in-turn", "--down", "1s")) {
            run.expectExit(0, LONG);
            run.awaitLine("PASS  broker 1 went away");
            run.awaitLine("PASS  broker 2 went away");
            run.awaitLine("PASS  no acknowledged record is lost");
        }
    }

    // ---- words for the user ----

    @Nested
    @DisplayName("wrong use")
    class WrongUse {
        @Test
        @DisplayName("of an option: exit status 2, and one line")
        void options() {
            for (String wrong : List.of(
                    "--fault=burn",
                    "--before=x",
                    "--down=3h",
                    "--rate=0",
                    "--rate=many",
                    "--acks=2",
                    "--runs=0",
                    "--size=-1",
                    "--target=nobody",
                    "--steps=stop",
                    "--size=2147483647",
                    "--report=out.png",
                    "--report=/no/such/directory/out.svg",
                    "--try=x:sasl.jaas.config",
                    "--manual --observe=5s",
                    "t --observe=5s --fault=kill",
                    "t --observe=5s --steps=1s",
                    "t --steps=1s --target=2",
                    "1 --fault=kill",
                    "2 4 --target=2",
                    "3 --steps=1s",
                    "2 --observe=5s",
                    "--try=nameless",
                    "--try=a:no.such.setting=1",
                    "--stop-command=only",
                    "--events=/no/such/directory/file",
                    "--nonsense")) expectRefusal(2, "", wrong.split(" "));
            expectRefusal(2, "There is no Scenario 7", "7");
            expectRefusal(2, "Kafka's own", "__consumer_offsets");
            expectRefusal(2, "at least 1 partition", "-b", servers, "--manual", "orders-0p-rf2");
            expectRefusal(2, "--rate 50 or more", "-b", servers, "--manual", "x-50p-rf2", "--rate", "10");
            expectRefusal(2, "transactional.id", "-b", servers, "-X", "transactional.id=x");
            expectRefusal(2, "Invalid value many for configuration linger.ms", "-b", servers, "-X", "linger.ms=many");
        }

        @Test
        @DisplayName("of a topic that is compacted: exit status 2, before anything is harmed")
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
            try (Run run = here.script("failover.java", "3", "-b", servers)) {
                run.expectExit(2);
                assertThat(run.err()).singleElement().asString().contains("permission denied");
            }
        }

        @Test
        @DisplayName("no password is shown, neither in an error nor in the events")
        void secrets() throws Exception {
            expectRefusal(2, "[hidden]", "--try", "x:no.such=1,sasl.jaas.config=a.B required password=\"s3cret\";");
            Path events = directory.resolve("secrets.jsonl");
            String login = "x:sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required"
                    + " username=\"u\" password=\"s3cret\";";
            String topic = topic("secret", Map.of());
            try (Run run = failover(topic, "--down", "1s", "--events", events.toString(), "--try", login)) {
                run.awaitExit(LONG);
                assertThat(run.toString().replaceAll("(?s)^.*?\n", "")).doesNotContain("s3cret");
            }
            assertThat(Files.readString(events)).contains("[hidden]").doesNotContain("s3cret");
        }

        @Test
        @DisplayName("a named cluster that does not answer: exit status 3, and one line")
        void noCluster() {
            expectRefusal(3, "No cluster answers at localhost:1 ", "-b", "localhost:1");
        }

        @Test
        @DisplayName("no cluster and no cluster.java: exit status 3, and what to do")
        void alone() throws Exception {
            Files.copy(Run.ROOT.resolve("failover.java"), directory.resolve("failover.java"));
            var alone = Run.here().in(directory).without("JBANG_LAUNCH_CMD"); // beside it would be a cluster.java
            try (Run run = alone.script("failover.java")) {
                run.expectExit(3);
                assertThat(run.err())
                        .last()
                        .asString()
                        .startsWith(
                                "No cluster answers at localhost:9092,localhost:9095, and there is no cluster.java here");
            }
        }

        @Test
        @DisplayName("a cluster that nobody said how to harm: exit status 2, and the options that say so")
        void unknownEngine() {
            expectRefusal(2, "--manual", "-b", servers, "3");
        }

        @Test
        @DisplayName("a topic that does not exist and has no shape in its name: exit status 1")
        void unknownTopic() {
            expectRefusal(1, "Topic 'nowhere' does not exist. Create it: ", "-b", servers, "--manual", "nowhere");
        }

        @Test
        @DisplayName("a broker that does not exist: exit status 2")
        void unknownBroker() {
            expectRefusal(2, "There is no broker 7", "-b", servers, "--manual", "wrong-1p-rf1", "--target", "7");
        }

        private void expectRefusal(int status, String words, String... arguments) {
            try (Run run = Run.script("failover.java", arguments)) {
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

    /** The guide's topics. */
    private static void topics() {
        try (Run run = SharedCluster.script("topics.java")) {
            run.expectExit(0);
        }
    }

    private static String topic(String name, Map<String, String> config) throws Exception {
        String topic = name + "-2p-rf2";
        admin.createTopics(List.of(new NewTopic(topic, Map.of(0, List.of(1, 2), 1, List.of(2, 1))).configs(config)))
                .all()
                .get();
        return topic;
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
