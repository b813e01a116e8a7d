package test;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lab.history.HistoryReader;
import lab.history.RunHistory;
import lab.proof.Proof;
import lab.proof.facts.Account;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * failover.java, for real: the guide in one command, and runs that must not pass. Most runs use a cluster of the tests:
 * a stand-in for cluster.java passes each command to the test, which may do more with the cluster than it was told.
 *
 * <p>failover.java judges what it has measured itself, so each of its verdicts needs a run. What a history proves is
 * tested without a cluster, in test/histories.
 */
class FailoverTest {
    private static final Duration LONG = Duration.ofMinutes(4);
    private static final Path ORIGINAL = Run.ROOT.resolve("failover.java");
    private static final String SERVERS = "localhost:9092,localhost:9095";
    private static final String[] SHORT_SESSIONS = {
        "-X", "broker.session.timeout.ms=5000", "-X", "broker.heartbeat.interval.ms=500"
    };

    @TempDir
    private static Path shared;

    private static Run cluster; // null: the ports are free
    private static volatile Commands commands;

    /**
     * What the {@linkplain #mutant() changed copy} of the script does if its variable MUTATIONS has the name: of a text,
     * what stands in its place.
     */
    private static final String[][] MUTATIONS = {
        {
            "class failover implements Callable<Integer> {\n",
            "class failover implements Callable<Integer> {\n"
                    + "    static boolean is(String name) { return System.getenv(\"MUTATIONS\").contains(name); }\n"
                    + "    static boolean late;\n"
        },
        // deaf: 9 records are not received; seventh: one, in Scenario 1
        {
            "if (it == null) return;\n                double now",
            "if (it == null || is(\"deaf\") && it.id % 10 == 4 && it.id < 90) return;\n"
                    + "if (is(\"seventh\") && it.id == 7 && title.startsWith(\"Scenario 1\")) return;\n"
                    + "double now"
        },
        {"did not receive the log\", 60,", "did not receive the log\", is(\"seventh\") ? 5 : 60,"},
        // silent: one record of ten has no response
        {
            "private void answered(Entry it, RecordMetadata at, Exception error) {\n",
            "private void answered(Entry it, RecordMetadata at, Exception error) {\n"
                    + "if (is(\"silent\") && it.id % 10 == 3) error = new Exception(\"no response\");\n"
        },
        // impatient: a shorter delivery.timeout.ms
        {
            "settings.put(\"buffer.memory\", 128 << 20);",
            "settings.put(\"buffer.memory\", 128 << 20);\n"
                    + "if (is(\"impatient\"))"
                    + " settings.putAll(Map.of(\"delivery.timeout.ms\", 6000, \"request.timeout.ms\", 3000));"
        },
        {
            "Map.of(\"acks\", acks, ",
            "Map.of(\"delivery.timeout.ms\", is(\"impatient\") ? 6000 : 120000, \"acks\", acks, "
        },
        {">= 120", ">= (is(\"impatient\") ? 6 : 120)"},
        // hurried: it does not wait for long until the cluster notices the fault
        {"now() > down + 20", "now() > down + (is(\"hurried\") ? 3 : 20)"},
        // wrong: measures something else, so that each claim of a scenario fails
        {
            "it.receivedBy = number;",
            "it.receivedBy = !is(\"wrong\") ? number : members == 2 && replicas.size() == 1"
                    + " ? 1 + it.id % 2 : 1 + it.id / 2 % 3 % 2;"
        },
        {"lastId = it.id;", "lastId = it.id + (is(\"wrong\") ? 2 : 0);"},
        {
            "it.receivedAt = now;",
            "it.receivedAt = is(\"wrong\") && title.startsWith(\"Scenario 2\") ? it.id / (double) rate + 1 : now;"
        },
        {
            "it.acknowledgedAt = now;",
            "it.acknowledgedAt = is(\"wrong\") && title.startsWith(\"Scenario 2\")"
                    + " ? it.id / (double) rate + 1 : now;"
        },
        {"longest > down / 2", "longest > down / (is(\"wrong\") ? 20_000 : 2)"},
        {"Math.max(2, down / 10)", "is(\"wrong\") ? down / 100_000 : Math.max(2, down / 10)"},
        {"outage.controlled ? 5 :", "outage.controlled ? is(\"wrong\") ? -11 : 5 :"},
        {"it -> it.leader == 2", "it -> it.leader == (is(\"wrong\") && !late ? 3 : 2)"},
        // and judges Scenario 3 before as if the records of partition 1 waited from the end of kafka-1 to its start
        {
            "if (asPlanned && isProof()) claims();",
            "if (asPlanned && isProof()) {\n"
                    + "if (is(\"wrong\") && title.startsWith(\"Scenario 3\")) claimsIfLate();\n"
                    + "claims();\n"
                    + "}"
        },
        {
            "private void judgeRecords() {",
            "private void claimsIfLate() {\n"
                    + "var times = new HashMap<Entry, Double>();\n"
                    + "all(IN_1).filter(it -> it.acknowledgedAt > outage.restored - 2"
                    + " && it.acknowledgedAt < outage.restored).forEach(it -> times.put(it, it.acknowledgedAt));\n"
                    + "times.keySet().forEach(it -> it.acknowledgedAt = outage.restored);\n"
                    + "late = true;\n"
                    + "claims();\n"
                    + "late = false;\n"
                    + "times.forEach((it, time) -> it.acknowledgedAt = time);\n"
                    + "}\n"
                    + "private void judgeRecords() {"
        },
    };

    private static Path mutant; // null: not yet written

    @TempDir
    private Path directory;

    /** What is done when failover.java gives a command, and the answer that it gets. */
    private interface Commands {
        String execute(String command) throws Exception;
    }

    // ---- stand-ins for cluster.java and docker ----

    /** The cluster of the tests, and failover.java's way to it. */
    private static Run.Surroundings onOurCluster() throws Exception {
        if (cluster == null) {
            Run starting =
                    Run.script("cluster.java", all(List.of("--dir", "" + shared.resolve("data")), SHORT_SESSIONS));
            starting.awaitLine("ready: ");
            cluster = starting;
        }
        commands = FailoverTest::toCluster;
        return withoutDocker().with("JBANG_LAUNCH_CMD", shared.resolve("stand-in"));
    }

    /** Where no container runs; else other tests' containers would be taken. */
    private static Run.Surroundings withoutDocker() {
        return Run.here().with("PATH", shared.resolve("no-docker") + ":" + System.getenv("PATH"));
    }

    private static String toCluster(String command) {
        cluster.type(command);
        return cluster.awaitLine("kafka-"); // each answer names the node
    }

    @BeforeAll
    static void standIns() throws Exception {
        for (String fifo : List.of("in", "out"))
            new ProcessBuilder("mkfifo", "" + shared.resolve(fifo)).start().waitFor();
        executable("tell", """
                echo "$1" > '%1$s/in'
                read -r answer < '%1$s/out'
                echo "$answer"
                """.formatted(shared));
        executable("stand-in", """
                echo 'ready: the cluster of the test'
                while read -r command; do '%1$s/tell' "$command"; done
                """.formatted(shared));
        executable("no-docker/docker", "exit 1");
        executable("with-docker/docker", """
                case $1 in
                  ps) printf 'kafka-deploy-kafka-1\\nkafka-deploy-kafka-2\\n' ;;
                  inspect) echo '143 2026-11-30T00:00:00Z' ;;
                  logs) echo 'The controller has asked us to exit controlled shutdown.' ;;
                  *) '%1$s/tell' "$1 ${2#kafka-deploy-}" ;;
                esac
                """.formatted(shared));
        executable("half-docker/docker", "echo kafka-deploy-kafka-2");
        mutant = null; // the class may run once more, in another directory
        var relay = new Thread(FailoverTest::relay);
        relay.setDaemon(true);
        relay.start();
    }

    private static void executable(String name, String script) throws IOException {
        Path file = shared.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + script);
        file.toFile().setExecutable(true);
    }

    private static void relay() {
        try (var in = new RandomAccessFile(shared.resolve("in").toFile(), "rw");
                var out = new RandomAccessFile(shared.resolve("out").toFile(), "rw")) {
            while (true) {
                String answer;
                try {
                    String command = in.readLine();
                    answer = commands.execute(command); // the handler of the test that runs now
                } catch (Exception | AssertionError failed) {
                    answer = "error: the test failed: "
                            + failed.toString().lines().findFirst().orElseThrow();
                }
                out.write((answer + "\n").getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException over) {
            // the test that waits for an answer fails
        }
    }

    @AfterEach
    void heal() throws Exception {
        if (cluster == null) return;
        for (String broker : List.of("kafka-1", "kafka-2")) toCluster("start " + broker);
    }

    @AfterAll
    static void end() {
        freePorts();
    }

    private static void freePorts() {
        if (cluster == null) return;
        cluster.endInput();
        cluster.expectExit(0);
        cluster = null;
    }

    private static String[] all(List<String> some, String... more) {
        return Stream.concat(some.stream(), Arrays.stream(more)).toArray(String[]::new);
    }

    // ---- what was printed, and what lab/proof says of the same run ----

    /** All claims: text and verdict; of several scenarios the last one's. */
    private static Map<String, String> claims(Run run) {
        return claims(run.out());
    }

    /** The claims of one of several scenarios. */
    private static Map<String, String> claims(Run run, int scenario) {
        return claims(run.out().stream()
                .dropWhile(line -> !line.startsWith("Scenario " + scenario + ": "))
                .takeWhile(line -> !line.startsWith("Scenario ") || line.startsWith("Scenario " + scenario + ": "))
                .toList());
    }

    private static Map<String, String> claims(List<String> lines) {
        var claims = new LinkedHashMap<String, String>();
        for (String line : lines)
            if (line.matches("  (PASS|ALLOWED|INCONCLUSIVE|FAIL)  .*"))
                claims.put(line.strip().replaceFirst("\\S+  ", ""), line.strip().split(" ")[0]);
        return claims;
    }

    /** The verdict in the table at the end. */
    private static String verdict(Run run) {
        String last = run.out().get(run.out().size() - 1);
        assertThat(last).startsWith("Scenario ");
        return last.replaceFirst(".* ", "");
    }

    /** Both checkers count the same, and come to the same verdict for each claim that both know. */
    private static void expectAgreement(Run run, Path history) throws IOException {
        RunHistory recorded = HistoryReader.read(history).runs().get(0);
        Proof proof = Proof.of(recorded);
        assertThat(verdict(run)).as("%s%n%s", run, proof.claims()).isEqualTo("" + proof.verdict());
        Account account = proof.facts().account();
        assertThat(row(run, "acknowledged|sent"))
                .isEqualTo(Arrays.stream(account.crossed(Account.Kind.ACKNOWLEDGED))
                        .boxed()
                        .toList());
        assertThat(row(run, "unknown"))
                .isEqualTo(Arrays.stream(account.crossed(Account.Kind.UNKNOWN))
                        .boxed()
                        .toList());
        Map<String, String> ours = claims(run);
        int common = 0;
        for (Proof.Judged theirs : proof.claims()) {
            String text = theirs.claim().text().replaceFirst(": not promised by .*", "");
            if (!ours.containsKey(text)) continue;
            common++;
            assertThat(ours.get(text))
                    .as("%s%n%s%n%s", text, run, theirs.claim().evidence())
                    .isEqualTo("" + theirs.verdict());
        }
        assertThat(common)
                .as("claims that both know: %s%n%s", ours, proof.claims())
                .isGreaterThanOrEqualTo(3);
    }

    /** In the log once, twice or more, not in it, not visible. */
    private static List<Integer> row(Run run, String fate) {
        String line = run.out().stream()
                .filter(it -> it.matches("  (" + fate + ") .*"))
                .findFirst()
                .orElseThrow();
        String[] words = line.replace(",", "").strip().split(" +");
        return Stream.of(words).skip(2).map(Integer::valueOf).toList();
    }

    // ---- on its own cluster ----

    @Test
    @Order(1)
    @DisplayName(
            "without arguments: the three scenarios on its own cluster, all proven, nothing left; lab/proof agrees")
    void guide() throws Exception {
        Path history = directory.resolve("run.jsonl");
        try (Run run = withoutDocker().script("failover.java", "--history", "" + history)) {
            run.awaitLine("Scenario 3: ", LONG);
            run.signal("0"); // remembers what it has started
            run.expectExit(0, LONG);
            run.awaitNothingLeft();
            assertThat(run.out())
                    .filteredOn(line -> line.matches("Scenario \\d .* PASS"))
                    .hasSize(3);
            assertThat(run.out()).noneMatch(line -> line.contains("\u001b"));
            assertThat(run.out().get(0)).contains("cluster.java -X broker.session.timeout.ms=5000");
            assertThat(claims(run))
                    .allSatisfy((claim, verdict) -> assertThat(verdict).isEqualTo("PASS"));
            assertThat(claims(run))
                    .containsKeys(
                            "only one consumer receives records, the other is idle",
                            "the idle one is a standby: it takes over where the other stopped",
                            "the records are balanced across the consumers",
                            "partition 0 is unavailable while kafka-1 is down",
                            "message flow halts for one consumer",
                            "partition 0 resumes when kafka-1 is back",
                            "partition 1, not on kafka-1, goes on",
                            "partition 0 gets a new leader while kafka-1 is down",
                            "producer and consumer pause briefly",
                            "then they recover automatically",
                            "no acknowledged record is lost");
            for (RunHistory each : HistoryReader.read(history).runs()) {
                Proof proof = Proof.of(each);
                assertThat("" + proof.verdict()).as("%s", proof.claims()).isEqualTo("PASS");
            }
        }
    }

    @Test
    @Order(2)
    @DisplayName("a signal while the cluster starts, while kafka-1 is down, while it starts: nothing is left")
    void signals() throws Exception {
        String[][] moments = {
            {"Starting a cluster", "INT", "stop"}, {"kafka-1 killed", "KILL", "kill"}, {"start kafka-1", "TERM", "stop"}
        };
        for (String[] moment : moments) {
            Path temporary = Files.createDirectory(directory.resolve(moment[1]));
            try (Run run = withoutDocker()
                    .with("TMPDIR", temporary)
                    .with("JDK_JAVA_OPTIONS", "-Djava.io.tmpdir=" + temporary)
                    .script("failover.java", "3", "--fault", moment[2])) {
                run.awaitLine(moment[0], LONG);
                if (moment[1].equals("INT")) SharedCluster.await("a node", () -> nodes(run) > 0);
                run.signal(moment[1]);
                run.awaitNothingLeft();
                assertThat(run.err()).noneMatch(line -> line.contains("\tat "));
            }
            SharedCluster.await(
                    "no directory is left after " + moment[1],
                    () -> Stream.of(temporary.toFile().list()).noneMatch(it -> it.startsWith("kafka-cluster")));
        }
    }

    private static long nodes(Run run) {
        return ProcessHandle.of(run.pid()).stream()
                .flatMap(ProcessHandle::descendants)
                .filter(it -> SharedCluster.commandLine(it).endsWith(".properties"))
                .count();
    }

    @Test
    @Order(3)
    @DisplayName("wrong usage is found before anything is started")
    void usage() {
        String[][] wrong = {
            {"4"}, {"--acks", "2"}, {"--rate", "1"}, {"--fault", "pause"}, {"--history", "/no/such/directory/file"}
        };
        for (String[] arguments : wrong)
            try (Run run = withoutDocker().script("failover.java", arguments)) {
                run.expectExit(2);
                assertThat(run.out()).isEmpty();
                assertThat(run.err()).isNotEmpty().noneMatch(line -> line.contains("\tat "));
            }
    }

    @Test
    @Order(4)
    @DisplayName("a program that reads its output ends: so does failover.java")
    void closedOutput() {
        try (Run run =
                withoutDocker().command("sh", "-c", "\"$@\" | head -n 3", "sh", Run.JBANG, "failover.java", "1")) {
            run.awaitLine("Starting a cluster", LONG);
            run.signal("0");
            run.expectExit(0, LONG);
            run.awaitNothingLeft();
        }
    }

    // ---- on the cluster of the tests ----

    @Test
    @Order(10)
    @DisplayName("another cluster has the ports: one line says so; one container of two: likewise")
    void noCluster() throws Exception {
        onOurCluster();
        try (Run run = withoutDocker().script("failover.java", "1")) {
            run.expectExit(3, LONG);
            assertThat(run.err()).anyMatch(line -> line.contains("9092") && line.contains("in use"));
            assertThat(run.err()).hasSizeLessThanOrEqualTo(2);
        }
        try (Run run = withDocker("half-docker").script("failover.java", "1")) {
            run.expectExit(3);
            assertThat(run.err()).singleElement().asString().contains("docker compose up -d --wait");
        }
    }

    @Test
    @Order(11)
    @DisplayName(
            "with containers: after SIGKILL at the stop and SIGTERM at the start kafka-1 runs again; DockerTest has the"
                    + " other moments")
    void containers() throws Exception {
        onOurCluster();
        String[][] moments = {{"  stop kafka-1", "KILL"}, {"  start kafka-1", "TERM"}};
        for (String[] moment : moments) {
            var given = Collections.synchronizedList(new ArrayList<String>());
            commands = command -> {
                given.add(command);
                return toCluster(command);
            };
            try (Run run = withDocker("with-docker").script("failover.java", "2")) {
                run.awaitLine(moment[0], LONG);
                run.signal(moment[1]);
                run.awaitNothingLeft();
            }
            SharedCluster.await(
                    "kafka-1 is started after " + moment[1],
                    () -> !given.isEmpty() && given.get(given.size() - 1).equals("start kafka-1"));
        }
    }

    private static Run.Surroundings withDocker(String name) {
        return Run.here().with("PATH", shared.resolve(name) + ":" + System.getenv("PATH"));
    }

    @Test
    @Order(12)
    @DisplayName("SIGKILL of kafka-1: no acknowledgement until the session has ended, nothing lost")
    void kill() throws Exception {
        Path history = directory.resolve("run.jsonl");
        try (Run run = onOurCluster().script("failover.java", "3", "--fault", "kill", "--history", "" + history)) {
            run.expectExit(0, LONG);
            assertThat(verdict(run)).isEqualTo("PASS");
            expectAgreement(run, history);
        }
    }

    @Test
    @Order(13)
    @DisplayName("acks=0: records are sent, and none is acknowledged")
    void sent() throws Exception {
        try (Run run = onOurCluster().script("failover.java", "1", "--acks", "0")) {
            run.expectExit(0, LONG);
            assertThat(run.out()).anyMatch(line -> line.contains(" SENT ") && !line.contains("ACKED"));
            assertThat(claims(run)).containsEntry("no sent record is lost", "PASS");
            assertThat(run.out()).noneMatch(line -> line.matches(".*\\d acknowledged.*"));
        }
    }

    // ---- what is not proven ----

    @Test
    @Order(20)
    @DisplayName("a stop that stops nothing, and somebody else restarts kafka-2: both INCONCLUSIVE")
    void ignoredAndOutsider() throws Exception {
        Run run = expect("hurried", "INCONCLUSIVE", "3", "kafka-1 was down", command -> {
            if (!command.equals("start kafka-1")) return "kafka-1: as you say";
            toCluster("stop kafka-2");
            return toCluster("start kafka-2");
        });
        assertThat(claims(run)).containsEntry("only this script stops and starts brokers", "INCONCLUSIVE");
    }

    @Test
    @Order(20)
    @DisplayName("a stop that only moves the leader, while kafka-1 stays in sync: INCONCLUSIVE")
    void electionOnly() throws Exception {
        expect("INCONCLUSIVE", "3", "kafka-1 was down", command -> {
            boolean away = command.equals("stop kafka-1");
            var partition = new TopicPartition("test-2p-rf2", 0);
            var replicas = new NewPartitionReassignment(away ? List.of(2, 1) : List.of(1, 2));
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", SERVERS))) {
                admin.alterPartitionReassignments(Map.of(partition, Optional.of(replicas)))
                        .all()
                        .get();
                if (away)
                    admin.electLeaders(ElectionType.PREFERRED, Set.of(partition))
                            .partitions()
                            .get();
            }
            return "kafka-1: done";
        });
    }

    @Test
    @Order(20)
    @DisplayName(
            "records without a response that are in the log, and records that it no longer has and the group received:"
                    + " no failure; lab/proof agrees")
    void unknown() throws Exception {
        String claim = "each record is in the log once, in order";
        Run run = expectBoth("silent", "PASS", "2", claim, deletingRecords());
        assertThat(claims(run)).containsEntry("no acknowledged record is lost", "PASS");
        assertThat(row(run, "unknown").get(0)).isPositive();
        assertThat(row(run, "acknowledged").get(3)).isPositive();
    }

    @Test
    @Order(20)
    @DisplayName(
            "kafka-1 is down for longer than delivery.timeout.ms, and a batch is cut out of the log of a topic that"
                    + " allows unclean elections: what was not delivered, and what is lost, is ALLOWED; lab/proof agrees")
    void expiredAndUnclean() throws Exception {
        onOurCluster();
        String setting = "unclean.leader.election.enable";
        var topic = new ConfigResource(ConfigResource.Type.TOPIC, "test-2p-rf1");
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", SERVERS))) {
            createIfMissing(admin);
            set(admin, topic, new ConfigEntry(setting, "true"), AlterConfigOp.OpType.SET);
            try {
                Run run =
                        expectBoth("impatient", "ALLOWED", "2", "every record that was sent is delivered", command -> {
                            if (command.equals("start kafka-1"))
                                TimeUnit.SECONDS.sleep(5); // longer than the timeout, with the stop
                            return CUTTING.execute(command);
                        });
                assertThat(row(run, "unknown").get(2)).isPositive();
                assertThat(claims(run)).containsEntry("no acknowledged record is lost", "ALLOWED");
                assertThat(run.out()).anyMatch(line -> line.contains("not promised by " + setting + "=true"));
            } finally {
                set(admin, topic, new ConfigEntry(setting, ""), AlterConfigOp.OpType.DELETE);
            }
        }
    }

    @Test
    @Order(23)
    @DisplayName("the topic is deleted, or created again, in mid-run: INCONCLUSIVE, and not FAIL")
    void deletedTopic() throws Exception {
        for (boolean again : List.of(false, true)) {
            Run run = expect("INCONCLUSIVE", "2", "each record is in the log once, in order", command -> {
                try (Admin admin = Admin.create(Map.of("bootstrap.servers", SERVERS))) {
                    if (command.equals("start kafka-1")) return toCluster(command);
                    admin.deleteTopics(List.of("test-2p-rf1")).all().get();
                    if (again) create(admin);
                    return "kafka-1: done";
                }
            });
            assertThat(claims(run)).doesNotContainValue("FAIL");
            assertThat(run.out()).anyMatch(line -> line.contains("topic test-2p-rf1 was deleted"));
        }
    }

    private static void createIfMissing(Admin admin) throws Exception {
        if (!admin.listTopics().names().get().contains("test-2p-rf1")) create(admin);
    }

    private static void create(Admin admin) throws Exception {
        var placement = Map.of(0, List.of(1), 1, List.of(2));
        while (true)
            try {
                admin.createTopics(List.of(new NewTopic("test-2p-rf1", placement)))
                        .all()
                        .get();
                return;
            } catch (ExecutionException stillThere) {
                TimeUnit.MILLISECONDS.sleep(50);
            }
    }

    @Test
    @Order(24)
    @DisplayName("the cluster ends in mid-run: INCONCLUSIVE at once, and the other scenarios are left out")
    void endedCluster() throws Exception {
        var surroundings = onOurCluster();
        executable("ends", "echo 'ready: a cluster that ends'; read -r command");
        try (Run run =
                surroundings.with("JBANG_LAUNCH_CMD", shared.resolve("ends")).script("failover.java", "2", "3")) {
            run.expectExit(1, LONG);
            assertThat(verdict(run)).isEqualTo("INCONCLUSIVE");
            assertThat(run.out()).noneMatch(line -> line.startsWith("Scenario 3: "));
        }
    }

    @Test
    @Order(25)
    @DisplayName("records that the log no longer has, and the group did not receive, and the script is frozen while"
            + " kafka-1 is down: both INCONCLUSIVE, and nothing is FAIL")
    void deletedRecordsAndFrozen() throws Exception {
        var surroundings = mutated("deaf");
        var script = new CompletableFuture<Run>();
        Commands deleting = deletingRecords();
        commands = command -> {
            String answer = deleting.execute(command);
            if (command.equals("start kafka-1")) return answer;
            script.get().signal("STOP"); // while it waits for the answer
            TimeUnit.SECONDS.sleep(3); // it is about this time
            script.get().signal("CONT");
            return answer;
        };
        try (Run run = surroundings.script("" + mutant(), "2")) {
            script.complete(run);
            run.expectExit(1, LONG);
            assertThat(verdict(run)).isEqualTo("INCONCLUSIVE");
            assertThat(claims(run))
                    .containsEntry("no acknowledged record is lost", "INCONCLUSIVE")
                    .containsEntry("partition 0 is unavailable while kafka-1 is down", "INCONCLUSIVE")
                    .doesNotContainValue("FAIL");
            assertThat(run.out())
                    .anyMatch(line -> line.contains("; 9 unproven"))
                    .anyMatch(line -> line.contains("nothing was observed for"));
        }
    }

    /** The first 45 records in partition 1, when the group has read on behind them. */
    private static Commands deletingRecords() throws Exception {
        var partition = new TopicPartition("test-2p-rf1", 1);
        onOurCluster();
        long end;
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", SERVERS))) {
            createIfMissing(admin);
            end = end(admin, partition);
        }
        long behind = end + 45;
        return command -> {
            String answer = toCluster(command);
            if (!command.equals("start kafka-1")) return answer;
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", SERVERS))) {
                SharedCluster.await("the group is behind " + behind, () -> committed(admin, partition) >= behind);
                admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(behind)))
                        .all()
                        .get();
            }
            return answer;
        };
    }

    private static long end(Admin admin, TopicPartition partition) throws Exception {
        return admin.listOffsets(Map.of(partition, OffsetSpec.latest()))
                .partitionResult(partition)
                .get()
                .offset();
    }

    /** The highest offset that a group with members has committed; -1: none, or a coordinator is not yet there. */
    private static long committed(Admin admin, TopicPartition partition) {
        long highest = -1;
        try {
            for (GroupListing group : admin.listGroups().all().get()) {
                if (!group.groupState().equals(Optional.of(GroupState.STABLE))) continue;
                OffsetAndMetadata offset = admin.listConsumerGroupOffsets(group.groupId())
                        .partitionsToOffsetAndMetadata()
                        .get()
                        .get(partition);
                if (offset != null) highest = Math.max(highest, offset.offset());
            }
            return highest;
        } catch (ExecutionException | InterruptedException notYet) {
            return -1;
        }
    }

    // ---- what is wrong ----

    @Test
    @Order(30)
    @DisplayName(
            "a batch is cut out of the log, two change places, and another program copies records into it: FAIL, each"
                    + " with its number; lab/proof agrees")
    void damagedLog() throws Exception {
        var swapped = new AtomicInteger();
        var cut = new AtomicInteger();
        Run run = expectBoth("", "FAIL", "2", "no acknowledged record is lost", command -> {
            if (command.equals("start kafka-1")) copy();
            return rewriting(command, (all, middle) -> {
                int i = middle;
                while (count(all.get(i)) != count(all.get(i - 1))) i--;
                byte[] offset = Arrays.copyOf(all.get(i), 8);
                System.arraycopy(all.get(i - 1), 0, all.get(i), 0, 8);
                System.arraycopy(offset, 0, all.get(i - 1), 0, 8);
                Collections.swap(all, i, i - 1);
                swapped.set(count(all.get(i)));
                cut.set(count(all.get(middle + 2)));
                all.remove(middle + 2);
            });
        });
        assertThat(row(run, "acknowledged").get(1)).isEqualTo(3); // those that were copied
        assertThat(row(run, "acknowledged").get(2)).isEqualTo(cut.get());
        assertThat(run.out()).anyMatch(line -> line.matches(".* of them not in the log.* \\(records \\[\\d+.*"));
        assertThat(claims(run)).containsEntry("each record is in the log once, in order", "FAIL");
        assertThat(run.out())
                .anyMatch(line -> line.contains(" 3 twice or more, %d out of order".formatted(swapped.get())));
        assertThat(claims(run)).containsEntry("each record is at the offset that was acknowledged", "FAIL");
    }

    private static final Commands CUTTING = command -> rewriting(command, (all, middle) -> all.remove(middle));

    @Test
    @Order(30)
    @DisplayName("a batch is cut out of the log: ALLOWED with acks=1; lab/proof agrees")
    void cutWithOne() throws Exception {
        Run run = expectBoth("", "ALLOWED", "2", "no acknowledged record is lost", CUTTING, "--acks", "1");
        assertThat(run.out()).anyMatch(line -> line.contains("not promised by acks=1"));
    }

    private static void set(Admin admin, ConfigResource topic, ConfigEntry entry, AlterConfigOp.OpType how)
            throws Exception {
        var changes = Map.<ConfigResource, Collection<AlterConfigOp>>of(topic, List.of(new AlterConfigOp(entry, how)));
        admin.incrementalAlterConfigs(changes).all().get();
    }

    /** The last three records of partition 1, with their headers. */
    private static void copy() throws Exception {
        var strings = new StringSerializer();
        try (var producer =
                new KafkaProducer<>(Map.<String, Object>of("bootstrap.servers", SERVERS), strings, strings)) {
            var all = lastOf("test-2p-rf1", 1);
            for (var it : all)
                producer.send(new ProducerRecord<>(it.topic(), it.partition(), it.key(), it.value(), it.headers()));
        }
    }

    private static List<org.apache.kafka.clients.consumer.ConsumerRecord<String, String>> lastOf(
            String topic, int partition) {
        var settings = Map.<String, Object>of("bootstrap.servers", SERVERS);
        var strings = new org.apache.kafka.common.serialization.StringDeserializer();
        try (var consumer = new org.apache.kafka.clients.consumer.KafkaConsumer<>(settings, strings, strings)) {
            var it = new TopicPartition(topic, partition);
            consumer.assign(List.of(it));
            consumer.seek(it, consumer.endOffsets(List.of(it)).get(it) - 3);
            var found = new ArrayList<org.apache.kafka.clients.consumer.ConsumerRecord<String, String>>();
            while (found.size() < 3) consumer.poll(Duration.ofMillis(100)).forEach(found::add);
            return found.subList(0, 3);
        }
    }

    @Test
    @Order(34)
    @DisplayName("each claim of a scenario can fail, also that the group received all: a copy of the script measures"
            + " something else")
    void mutants() throws Exception {
        try (Run run = mutated("wrong, seventh").script("" + mutant(), "1", "2", "3")) {
            run.expectExit(1, LONG);
            assertThat(run.out())
                    .filteredOn(line -> line.matches("Scenario \\d .* FAIL"))
                    .hasSize(3);
            assertThat(claims(run, 1))
                    .containsEntry("only one consumer receives records, the other is idle", "FAIL")
                    .containsEntry("the idle one is a standby: it takes over where the other stopped", "FAIL")
                    .containsEntry("the group received every record in the log", "FAIL")
                    .containsEntry("no acknowledged record is lost", "PASS");
            assertThat(claims(run, 2))
                    .containsEntry("the records are balanced across the consumers", "FAIL")
                    .containsEntry("partition 0 is unavailable while kafka-1 is down", "FAIL")
                    .containsEntry("message flow halts for one consumer", "FAIL")
                    .containsEntry("partition 1, not on kafka-1, goes on", "FAIL");
            assertThat(claims(run, 3))
                    .containsEntry("partition 0 gets a new leader while kafka-1 is down", "FAIL")
                    .containsEntry("producer and consumer pause briefly", "FAIL")
                    .containsEntry("then they recover automatically", "FAIL");
            assertThat(String.join("\n", run.out()))
                    .containsPattern("FAIL  then they recover automatically *\n"
                            + " +[1-9][\\d,]* acknowledged, [1-9][\\d,]* received before .*; partition 1: 0 in");
        }
    }

    // ---- details ----

    private Run expect(String verdict, String scenario, String claim, Commands doing) throws Exception {
        return expect("", verdict, scenario, claim, doing);
    }

    /** The verdict of the script, and the same one of lab/proof. */
    private Run expectBoth(
            String mutations, String verdict, String scenario, String claim, Commands doing, String... arguments)
            throws Exception {
        Path history = directory.resolve("run.jsonl");
        String[] all = all(List.of("--history", "" + history), arguments);
        Run run = expect(mutations, verdict, scenario, claim, doing, all);
        expectAgreement(run, history);
        return run;
    }

    /**
     * Runs the script, and returns the run that has ended.
     *
     * @param mutations of a copy; none: the script itself
     */
    private static Run expect(
            String mutations, String verdict, String scenario, String claim, Commands doing, String... arguments)
            throws Exception {
        var surroundings = mutated(mutations);
        commands = doing;
        Path script = mutations.isEmpty() ? ORIGINAL : mutant();
        try (Run run = surroundings.script("" + script, all(List.of(scenario), arguments))) {
            run.expectExit(List.of("PASS", "ALLOWED").contains(verdict) ? 0 : 1, LONG);
            assertThat(verdict(run)).as("%s", run).isEqualTo(verdict);
            assertThat(claims(run)).as("%s", run).containsEntry(claim, verdict);
            return run;
        }
    }

    private static Run.Surroundings mutated(String mutations) throws Exception {
        return onOurCluster().with("MUTATIONS", mutations);
    }

    /** A copy of the script with {@link #MUTATIONS}; it is compiled once, for all tests. */
    private static Path mutant() throws IOException {
        if (mutant != null) return mutant;
        String text = Files.readString(ORIGINAL);
        for (String[] mutation : MUTATIONS) {
            assertThat(text).contains(mutation[0]);
            text = text.replace(mutation[0], mutation[1]);
        }
        Path copy = Files.createTempDirectory(shared, "mutant").resolve("failover.java");
        return mutant = Files.writeString(copy, text);
    }

    private interface Rewrite {
        /** @param middle of the batches of this run */
        void edit(List<byte[]> batches, int middle);
    }

    /** Edits the log of partition 0 while its broker is down. */
    private static String rewriting(String command, Rewrite rewrite) throws IOException {
        String answer = toCluster(command);
        if (!command.equals("stop kafka-1")) return answer;
        Path broker = shared.resolve("data/kafka-1");
        Path log = broker.resolve("test-2p-rf1-0/00000000000000000000.log");
        var batches = new ArrayList<byte[]>();
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(log));
        while (bytes.remaining() > 12) {
            byte[] batch = new byte[12 + bytes.getInt(bytes.position() + 8)]; // base offset, length, and the rest
            bytes.get(batch);
            batches.add(batch);
        }
        rewrite.edit(batches, (firstOfRun(batches) + batches.size()) / 2);
        try (var out = Files.newOutputStream(log)) {
            for (byte[] batch : batches) out.write(batch);
        }
        Files.deleteIfExists(broker.resolve(".kafka_cleanshutdown"));
        for (String index : List.of("index", "timeindex"))
            Files.deleteIfExists(log.resolveSibling("00000000000000000000." + index));
        return answer;
    }

    /** The first batch with records of the run that has the last one. */
    private static int firstOfRun(List<byte[]> batches) {
        String last = text(batches.get(batches.size() - 1));
        Matcher header =
                Pattern.compile("failover.{1,2}?(\\w{8}/)", Pattern.DOTALL).matcher(last);
        assertThat(header.find()).as(last).isTrue();
        for (int i = 0; ; i++) if (text(batches.get(i)).contains(header.group(1))) return i;
    }

    private static String text(byte[] batch) {
        return new String(batch, StandardCharsets.ISO_8859_1);
    }

    /** Of records in a batch, as its header has it (KIP-98). */
    private static int count(byte[] batch) {
        return ByteBuffer.wrap(batch).getInt(57);
    }
}
