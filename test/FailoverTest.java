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
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import lab.history.HistoryReader;
import lab.history.RunHistory;
import lab.proof.Proof;
import lab.proof.facts.Account;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.ElectionType;
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
 */
class FailoverTest {
    private static final Duration LONG = Duration.ofMinutes(4);
    private static final String SERVERS = "localhost:9092,localhost:9095";
    private static final String[] SHORT_SESSIONS = {
        "-X", "broker.session.timeout.ms=5000", "-X", "broker.heartbeat.interval.ms=500"
    };

    @TempDir
    private static Path shared;

    private static Run cluster; // null: the ports are free
    private static volatile Commands commands;

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
                } catch (Exception failed) {
                    answer = "error: the test failed: " + failed;
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

    /** The claims of one scenario: text and verdict. */
    private static Map<String, String> claims(Run run) {
        var claims = new LinkedHashMap<String, String>();
        for (String line : run.out())
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
        String[][] moments = {{"Starting a cluster", "INT"}, {"kafka-1 killed", "KILL"}, {"start kafka-1", "TERM"}};
        for (String[] moment : moments) {
            Path temporary = Files.createDirectory(directory.resolve(moment[1]));
            try (Run run = withoutDocker()
                    .with("TMPDIR", temporary)
                    .with("JDK_JAVA_OPTIONS", "-Djava.io.tmpdir=" + temporary)
                    .script("failover.java", "3", "--fault", "kill")) {
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
    @DisplayName("with containers: stopped and started; after Ctrl-C, SIGTERM and SIGKILL kafka-1 runs again")
    void containers() throws Exception {
        onOurCluster();
        try (Run run = withDocker("with-docker").script("failover.java", "3")) {
            run.expectExit(0, LONG);
            assertThat(run.out().get(0)).isEqualTo("ready: the containers of docker-compose.yml");
            assertThat(run.out()).anyMatch(line -> line.endsWith("controlled shutdown, exit status 143"));
        }
        String[][] moments = {
            {"  stop kafka-1", "INT"},
            {"  stop kafka-1", "KILL"},
            {"kafka-1 stopped", "KILL"},
            {"  start kafka-1", "TERM"}
        };
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
    @DisplayName("a stop that stops nothing: INCONCLUSIVE")
    void ignored() throws Exception {
        expect("INCONCLUSIVE", "3", "kafka-1 was down", command -> "kafka-1: as you say");
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
    @DisplayName("records without a response that are in the log: no failure, and found if they are there twice")
    void unknown() throws Exception {
        String told = "private void answered(Entry it, RecordMetadata at, Exception error) {\n";
        Path deaf = mutant(told, told + "if (it.id % 10 == 3) error = new Exception(\"no response\");\n");
        Run run = expectBoth(deaf, "PASS", "2", "each record is in the log once, in order", FailoverTest::toCluster);
        assertThat(row(run, "unknown").get(0)).isPositive();
    }

    @Test
    @Order(20)
    @DisplayName(
            "kafka-1 is down for longer than delivery.timeout.ms: what was not delivered is ALLOWED; lab/proof agrees")
    void expired() throws Exception {
        Path impatient = mutant(
                "settings.put(\"buffer.memory\", 128 << 20);",
                "settings.put(\"buffer.memory\", 128 << 20);"
                        + "settings.putAll(Map.of(\"delivery.timeout.ms\", 4000, \"request.timeout.ms\", 2000));",
                "Map.of(\"acks\", acks, ",
                "Map.of(\"delivery.timeout.ms\", 4000, \"acks\", acks, ",
                ">= 120",
                ">= 4");
        Run run = expectBoth(impatient, "ALLOWED", "2", "every record that was sent is delivered", command -> {
            if (command.equals("start kafka-1")) TimeUnit.SECONDS.sleep(4); // longer than the timeout, with the stop
            return toCluster(command);
        });
        assertThat(row(run, "unknown").get(2)).isPositive();
    }

    @Test
    @Order(21)
    @DisplayName("somebody else restarts kafka-2: INCONCLUSIVE")
    void outsider() throws Exception {
        expect("INCONCLUSIVE", "3", "only this script stops and starts brokers", command -> {
            if (command.equals("start kafka-1")) {
                toCluster("start kafka-1");
                toCluster("stop kafka-2");
                return toCluster("start kafka-2");
            }
            return toCluster(command);
        });
    }

    @Test
    @Order(22)
    @DisplayName("the script is frozen while kafka-1 is down: INCONCLUSIVE")
    void frozen() throws Exception {
        try (Run run = onOurCluster().script("failover.java", "2")) {
            run.awaitLine("kafka-1 stopped", LONG);
            run.signal("STOP");
            TimeUnit.SECONDS.sleep(4); // it is about this time
            run.signal("CONT");
            run.expectExit(1, LONG);
            assertThat(verdict(run)).isEqualTo("INCONCLUSIVE");
            assertThat(claims(run)).doesNotContainValue("FAIL");
            assertThat(run.out()).anyMatch(line -> line.contains("nothing was observed for"));
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

    private static void create(Admin admin) throws Exception {
        var placement = Map.of(0, List.of(1), 1, List.of(2));
        while (true)
            try {
                admin.createTopics(List.of(new NewTopic("test-2p-rf1", placement)))
                        .all()
                        .get();
                return;
            } catch (java.util.concurrent.ExecutionException stillThere) {
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
    @DisplayName("records that the log no longer has: proven only if the group received them")
    void deletedRecords() throws Exception {
        Commands deleting = command -> {
            String answer = toCluster(command);
            if (command.equals("start kafka-1")) deleteRecords();
            return answer;
        };
        Run run = expect("PASS", "2", "no acknowledged record is lost", deleting);
        assertThat(row(run, "acknowledged").get(3)).isPositive();
        Path deaf = mutant(
                "if (it == null) return;\n                double now",
                "if (it == null || it.id % 10 == 4 && it.id < 90) return;\n                double now");
        Run unproven = expect(deaf, "INCONCLUSIVE", "2", "no acknowledged record is lost", deleting);
        assertThat(unproven.out()).anyMatch(line -> line.contains("; 9 unproven"));
    }

    /** Of partition 1, up to its end. */
    private static void deleteRecords() throws Exception {
        var partition = new TopicPartition("test-2p-rf1", 1);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", SERVERS))) {
            long end = admin.listOffsets(Map.of(partition, OffsetSpec.latest()))
                    .partitionResult(partition)
                    .get()
                    .offset();
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(end - 50)))
                    .all()
                    .get();
        }
    }

    // ---- what is wrong ----

    @Test
    @Order(30)
    @DisplayName("a record is cut out of the log: FAIL, with its id; with acks=1 it is ALLOWED; lab/proof agrees")
    void lost() throws Exception {
        Commands cutting = command -> rewriting(command, batches -> batches.remove(batches.size() - 40));
        Run run = expect("FAIL", "2", "no acknowledged record is lost", cutting);
        assertThat(row(run, "acknowledged").get(2)).isPositive();
        assertThat(run.out()).anyMatch(line -> line.matches(".* of them not in the log.* \\(records \\[\\d+.*"));
        Run allowed = expect("ALLOWED", "2", "no acknowledged record is lost", cutting, "--acks", "1");
        assertThat(allowed.out()).anyMatch(line -> line.contains("not promised by acks=1"));
    }

    @Test
    @Order(30)
    @DisplayName("the same in a topic that allows unclean elections: ALLOWED; lab/proof agrees")
    void uncleanAllowed() throws Exception {
        onOurCluster();
        String setting = "unclean.leader.election.enable";
        var topic = new ConfigResource(ConfigResource.Type.TOPIC, "test-2p-rf1");
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", SERVERS))) {
            if (!admin.listTopics().names().get().contains(topic.name())) create(admin);
            set(admin, topic, new ConfigEntry(setting, "true"), AlterConfigOp.OpType.SET);
            try {
                Commands cutting = command -> rewriting(command, batches -> batches.remove(batches.size() - 40));
                Run run = expect("ALLOWED", "2", "no acknowledged record is lost", cutting);
                assertThat(run.out()).anyMatch(line -> line.contains("not promised by " + setting + "=true"));
            } finally {
                set(admin, topic, new ConfigEntry(setting, ""), AlterConfigOp.OpType.DELETE);
            }
        }
    }

    private static void set(Admin admin, ConfigResource topic, ConfigEntry entry, AlterConfigOp.OpType how)
            throws Exception {
        var changes = Map.<ConfigResource, Collection<AlterConfigOp>>of(topic, List.of(new AlterConfigOp(entry, how)));
        admin.incrementalAlterConfigs(changes).all().get();
    }

    @Test
    @Order(31)
    @DisplayName("two batches change places in the log: FAIL; lab/proof agrees")
    void swapped() throws Exception {
        Run run = expect(
                "FAIL",
                "2",
                "each record is in the log once, in order",
                command -> rewriting(command, it -> {
                    int i = it.size() - 40;
                    while (count(it.get(i)) != count(it.get(i - 1))) i--;
                    byte[] offset = Arrays.copyOf(it.get(i), 8);
                    System.arraycopy(it.get(i - 1), 0, it.get(i), 0, 8);
                    System.arraycopy(offset, 0, it.get(i - 1), 0, 8);
                    Collections.swap(it, i, i - 1);
                }));
        assertThat(claims(run)).containsEntry("each record is at the offset that was acknowledged", "FAIL");
        assertThat(claims(run)).containsEntry("no acknowledged record is lost", "PASS");
    }

    @Test
    @Order(32)
    @DisplayName("another program copies records into the log: FAIL; lab/proof agrees")
    void doubled() throws Exception {
        Run run = expect("FAIL", "2", "each record is in the log once, in order", command -> {
            if (command.equals("start kafka-1")) copy();
            return toCluster(command);
        });
        assertThat(row(run, "acknowledged").get(1)).isEqualTo(3);
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
    @Order(33)
    @DisplayName("a group that does not receive a record: FAIL")
    void unseen() throws Exception {
        Path deaf = mutant(
                "if (it == null) return;\n                double now",
                "if (it == null || it.id == 7) return;\n                double now",
                "did not receive the log\", 60,",
                "did not receive the log\", 5,");
        onOurCluster();
        Run run = expect(deaf, "FAIL", "1", "the group received every record in the log", FailoverTest::toCluster);
        assertThat(claims(run)).containsEntry("no acknowledged record is lost", "PASS");
    }

    @Test
    @Order(34)
    @DisplayName("each claim of a scenario can fail: measured by copies of the script that measure something else")
    void mutants() throws Exception {
        onOurCluster();
        Path one = mutant(
                "it.receivedBy = number;", "it.receivedBy = 1 + it.id % 2;", "lastId = it.id;", "lastId = it.id + 2;");
        Run first = expect(
                one, "FAIL", "1", "only one consumer receives records, the other is idle", FailoverTest::toCluster);
        assertThat(claims(first))
                .containsEntry("the idle one is a standby: it takes over where the other stopped", "FAIL");

        Path two = mutant(
                "it.receivedBy = number;", "it.receivedBy = 1 + it.id / 2 % 3 % 2;",
                "it.receivedAt = now;", "it.receivedAt = it.id / (double) rate + 1;",
                "it.acknowledgedAt = now;", "it.acknowledgedAt = it.id / (double) rate + 1;",
                "longest > down / 2", "longest > down / 20_000",
                "Math.max(2, down / 10)", "down / 100_000");
        Run second = expect(two, "FAIL", "2", "the records are balanced across the consumers", FailoverTest::toCluster);
        assertThat(claims(second))
                .containsEntry("partition 0 is unavailable while kafka-1 is down", "FAIL")
                .containsEntry("message flow halts for one consumer", "FAIL")
                .containsEntry("partition 1, not on kafka-1, goes on", "FAIL");

        Path three = mutant(
                "outage.controlled ? 5 :", "outage.controlled ? -11 :", "it -> it.leader == 2", "it -> it.leader == 3");
        Run third = expect(
                three, "FAIL", "3", "partition 0 gets a new leader while kafka-1 is down", FailoverTest::toCluster);
        assertThat(claims(third))
                .containsEntry("producer and consumer pause briefly", "FAIL")
                .containsEntry("then they recover automatically", "FAIL");
    }

    // ---- details ----

    private Run expect(String verdict, String scenario, String claim, Commands doing, String... arguments)
            throws Exception {
        return expectBoth(Run.ROOT.resolve("failover.java"), verdict, scenario, claim, doing, arguments);
    }

    /** The verdict of the script, and the same one of lab/proof. */
    private Run expectBoth(
            Path script, String verdict, String scenario, String claim, Commands doing, String... arguments)
            throws Exception {
        Path history = directory.resolve("run.jsonl");
        Run run = expect(script, verdict, scenario, claim, doing, all(List.of("--history", "" + history), arguments));
        expectAgreement(run, history);
        return run;
    }

    /** Runs the script, and returns the run that has ended. */
    private Run expect(Path script, String verdict, String scenario, String claim, Commands doing, String... arguments)
            throws Exception {
        var surroundings = onOurCluster();
        commands = doing;
        try (Run run = surroundings.script("" + script, all(List.of(scenario), arguments))) {
            run.expectExit(List.of("PASS", "ALLOWED").contains(verdict) ? 0 : 1, LONG);
            assertThat(verdict(run)).as("%s", run).isEqualTo(verdict);
            assertThat(claims(run)).as("%s", run).containsEntry(claim, verdict);
            return run;
        }
    }

    /** A copy of the script with other text in some places. */
    private Path mutant(String... replacements) throws IOException {
        String text = Files.readString(Run.ROOT.resolve("failover.java"));
        for (int i = 0; i < replacements.length; i += 2) {
            assertThat(text).contains(replacements[i]);
            text = text.replace(replacements[i], replacements[i + 1]);
        }
        Path copy = Files.createTempDirectory(directory, "mutant").resolve("failover.java");
        return Files.writeString(copy, text);
    }

    private interface Rewrite {
        void edit(List<byte[]> batches);
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
        rewrite.edit(batches);
        try (var out = Files.newOutputStream(log)) {
            for (byte[] batch : batches) out.write(batch);
        }
        Files.deleteIfExists(broker.resolve(".kafka_cleanshutdown"));
        for (String index : List.of("index", "timeindex"))
            Files.deleteIfExists(log.resolveSibling("00000000000000000000." + index));
        return answer;
    }

    /** Of records in a batch, as its header has it (KIP-98). */
    private static int count(byte[] batch) {
        return ByteBuffer.wrap(batch).getInt(57);
    }
}
