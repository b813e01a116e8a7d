package test;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** cluster.java: it is ready when it says so, does what it is told, and leaves nothing behind. */
class ClusterTest {
    @TempDir
    private Path directory;

    private static Run start(int port, String... options) {
        var arguments = new ArrayList<>(List.of("--port", Integer.toString(port)));
        arguments.addAll(List.of(options));
        return Run.script("cluster.java", arguments.toArray(String[]::new));
    }

    /** Options for all of a user's JVMs, each of which alone stopped the script or its nodes. */
    private static final String JVM_OPTIONS =
            "-XX:+UseG1GC -Xms1g -Duser.language=de -Duser.country=DE" + " -Djava.net.preferIPv6Addresses=true";

    @Test
    @DisplayName("--dir, of any name, keeps the data across two runs, under any JAVA_TOOL_OPTIONS; -X reaches the"
            + " brokers; only 127.0.0.1; the classes are archived")
    void keepsItsData() throws Exception {
        Path data = directory.resolve("my d\u00e4ta, 100 % = mine");
        int port = SharedCluster.freePort();
        var arguments = new ArrayList<>(List.of("--port", "" + port, "--dir", data.toString()));
        arguments.addAll(List.of("-X", "log.retention.hours=77", "-X", "broker.rack=room-{id}"));
        String[] options = arguments.toArray(String[]::new);
        List<String> brokers = List.of("localhost:" + port, "localhost:" + (port + 3));
        try (Run cluster = Run.here().with("JAVA_TOOL_OPTIONS", JVM_OPTIONS).script("cluster.java", options)) {
            cluster.awaitLine(Pattern.compile(
                    "^ready: %s,%s \\(2 brokers, \\d+[.]\\d s\\)$".formatted(brokers.get(0), brokers.get(1))));
            for (String broker : brokers) {
                try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker))) {
                    var topic = new NewTopic("kept" + brokers.indexOf(broker), 1, (short) 2);
                    admin.createTopics(List.of(topic)).all().get();
                    assertThat(setting(admin, "log.retention.hours")).isEqualTo("77");
                    assertThat(setting(admin, "min.insync.replicas")).isEqualTo("1");
                    assertThat(admin.describeCluster().nodes().get())
                            .extracting(Node::rack)
                            .containsExactlyInAnyOrder("room-1", "room-2");
                }
            }
            assertThat(listeningAddresses(cluster))
                    .hasSize(3)
                    .allMatch(it -> it.matches("0100007F|0000000000000000FFFF00000100007F"));
            Run.Surroundings here = Run.here().with("KAFKA_BOOTSTRAP_SERVERS", String.join(",", brokers));
            try (Run producer = here.script("producer.java", "kept0", "-n", "5", "-r", "max")) {
                producer.expectExit(0);
            }
            awaitArchive();
            cluster.type("quit");
            cluster.expectExit(0);
            cluster.awaitNothingLeft();
            assertThat(cluster.err()).singleElement().asString().startsWith("Picked up JAVA_TOOL_OPTIONS");
            assertThat(cluster.out()).hasSize(1); // without a terminal there is no hint
        }
        try (Run again = Run.script("cluster.java", arguments.toArray(String[]::new))) {
            again.awaitLine("ready: ");
            for (String node : List.of("controller", "kafka-1", "kafka-2")) {
                long pid = SharedCluster.nodes(again, node).get(0).pid();
                assertThat(Path.of("/proc/" + pid + "/maps"))
                        .content()
                        .contains("/nodes-" + Runtime.version() + ".jsa");
            }
            assertThat(SharedCluster.records(brokers.get(1), "kept0")).hasSize(5);
            again.terminate();
            again.expectExit(143);
            again.awaitNothingLeft();
        }
        assertThat(data.resolve("kafka-1.log")).content().contains("controlled shutdown");
        try (Run other = start(port, "--dir", data.toString(), "--controllers", "3")) {
            other.expectExit(2);
            assertThat(other.err()).singleElement().asString().contains("another number of --controllers");
        }
        assertThat(data.resolve("classes.list")).doesNotExist();
    }

    /** It is written in the background, beside the compiled script. */
    private static void awaitArchive() throws Exception {
        Path archive = Run.jar("cluster.java").resolveSibling("nodes-" + Runtime.version() + ".jsa");
        long start = System.nanoTime();
        while (!Files.exists(archive)) {
            assertThat(System.nanoTime() - start).as("ns without " + archive).isLessThan(Run.LIMIT.toNanos());
            Thread.sleep(50);
        }
    }

    private static String setting(Admin admin, String name) throws Exception {
        var broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
        return admin.describeConfigs(List.of(broker))
                .all()
                .get()
                .get(broker)
                .get(name)
                .value();
    }

    /** Of the sockets that the nodes listen on, as /proc/net writes them. */
    private static List<String> listeningAddresses(Run cluster) throws IOException {
        var nodes = ProcessHandle.of(cluster.pid()).orElseThrow().descendants().toList();
        assertThat(nodes).hasSizeGreaterThanOrEqualTo(3);
        var addresses = new ArrayList<String>();
        for (ProcessHandle node : nodes) {
            Path process = Path.of("/proc/" + node.pid());
            var sockets = new ArrayList<String>();
            try (Stream<Path> files = Files.list(process.resolve("fd"))) {
                for (Path file : files.toList())
                    try {
                        sockets.add(Files.readSymbolicLink(file).toString());
                    } catch (NoSuchFileException closed) {
                        // meanwhile: it is none that listens
                    }
            }
            for (String table : List.of("net/tcp", "net/tcp6"))
                for (String line : Files.readAllLines(process.resolve(table))) {
                    String[] fields = line.strip().split("\\s+");
                    boolean listens = fields[3].equals("0A");
                    if (listens && sockets.contains("socket:[" + fields[9] + "]"))
                        addresses.add(fields[1].substring(0, fields[1].indexOf(':')));
                }
        }
        return addresses;
    }

    @Test
    @DisplayName("each command is answered by one line when it is done")
    void commands() throws Exception {
        String topic = SharedCluster.topic("1p-rf2");
        try {
            expect("status", "controller running, kafka-1 running, kafka-2 running");
            expect("help", "stop, kill, pause, resume or start NODE; power NODE...; status; help; quit");
            expect("reboot kafka-1", "error: no command 'reboot'; try 'help'");
            expect("stop", "error: 'stop' takes one of controller, kafka-1, kafka-2");
            expect("stop kafka-9", "error: 'stop' takes one of controller, kafka-1, kafka-2");
            expect("stop kafka-1 now", "error: 'stop' takes one of controller, kafka-1, kafka-2");
            expect("stop kafka-1 kafka-2", "error: 'stop' takes one of controller, kafka-1, kafka-2");
            expect("power", "error: 'power' takes one of controller, kafka-1, kafka-2");
            expect("power kafka-1 kafka-9", "error: 'power' takes one of controller, kafka-1, kafka-2");
            expect("start kafka-1", "kafka-1 is running already");
            expect("resume kafka-1", "kafka-1 is not paused");

            assertThat(SharedCluster.leader(topic, 0)).isEqualTo(1);
            expect("stop kafka-1", "kafka-1 stopped: controlled shutdown, \\d+[.]\\d s");
            SharedCluster.awaitLeader(topic, 0, 2); // moved before it stopped
            expect("stop kafka-1", "kafka-1 is stopped already");
            expect("kill kafka-1", "kafka-1 is stopped already");
            expect("pause kafka-1", "error: kafka-1 is stopped");
            expect("power kafka-2 kafka-1", "error: kafka-1 is stopped");
            expect("status", "controller running, kafka-1 stopped, kafka-2 running");
            expect("start kafka-1", "kafka-1 started, takes requests after \\d+[.]\\d s");
            Map<String, Object> onlyIt =
                    Map.of("bootstrap.servers", SharedCluster.servers().split(",")[0]);
            try (Admin admin = Admin.create(onlyIt)) {
                assertThat(admin.describeCluster().nodes().get()).anyMatch(it -> it.id() == 1);
            }

            expect("pause kafka-1", "kafka-1 paused \\(SIGSTOP\\)");
            assertThat(SharedCluster.frozen()).isEqualTo(1);
            expect("pause kafka-1", "kafka-1 is paused already");
            expect("status", "controller running, kafka-1 paused, kafka-2 running");
            expect("resume kafka-1", "kafka-1 resumed \\(SIGCONT\\)");
            assertThat(SharedCluster.frozen()).isZero();

            expect("kill kafka-1", "kafka-1 killed \\(SIGKILL\\)");
            expect("status", "controller running, kafka-1 killed, kafka-2 running");
        } finally {
            SharedCluster.heal();
        }
    }

    private static void expect(String command, String answer) {
        assertThat(SharedCluster.command(command)).as(command).matches(answer);
    }

    @Test
    @DisplayName("a node that dies by itself is told, with its log, which is there also after the end")
    void nodeDies() throws Exception {
        int port = SharedCluster.freePort();
        try (Run cluster = start(port, "--brokers", "1")) {
            cluster.awaitLine("ready: ");
            SharedCluster.nodes(cluster, "kafka-1").forEach(ProcessHandle::destroyForcibly);
            var died = cluster.awaitLine(Pattern.compile("^kafka-1 died: .*exit status 137, log: (/.*kafka-1[.]log)"));
            cluster.type("status");
            cluster.awaitLine("controller running, kafka-1 dead");
            cluster.type("start kafka-1");
            cluster.awaitLine("kafka-1 started");
            cluster.type("quit");
            cluster.expectExit(0);
            Path log = Path.of(died.group(1));
            assertThat(log).content().contains("Kafka Server started");
            assertThat(log.resolveSibling("kafka-1")).doesNotExist();
            delete(log.getParent());
        }
    }

    @Test
    @DisplayName("three controllers: the cluster outlives one of them; min.insync.replicas is the controllers', too")
    void threeControllers() throws Exception {
        int port = SharedCluster.freePort();
        try (Run cluster = start(port, "--controllers", "3", "-X", "min.insync.replicas=2")) {
            cluster.awaitLine(Pattern.compile("^ready: .*[(]2 brokers, 3 controllers, "));
            cluster.type("status");
            cluster.awaitLine("controller-1 running, controller-2 running, controller-3 running, kafka-1 running");
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", "localhost:" + port))) {
                int leader = admin.describeMetadataQuorum().quorumInfo().get().leaderId();
                cluster.type("kill controller-" + (leader - 100));
                cluster.awaitLine("killed (SIGKILL)");
                admin.createTopics(List.of(new NewTopic("after", 1, (short) 2)))
                        .all()
                        .get();
                assertThat(setting(admin, "min.insync.replicas")).isEqualTo("2");
                var voters = admin.describeMetadataQuorum().quorumInfo().get().voters();
                assertThat(voters).hasSize(3);
                cluster.type("start controller-" + (leader - 100));
                cluster.awaitLine("started, takes requests");
            }
            cluster.type("quit");
            cluster.expectExit(0);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"quit, 0", "end of input, 0", "INT, 130", "TERM, 143", "HUP, 129"})
    @DisplayName("however it ends, nothing is left, also of a node that is paused:")
    void ends(String how, int status) throws Exception {
        try (Run cluster = start(SharedCluster.freePort(), "--brokers", "1")) {
            cluster.awaitLine("ready: ");
            Path files = directoryOf(cluster);
            assertThat(files.resolve("kafka-1.log")).exists();
            cluster.type("pause kafka-1");
            cluster.awaitLine("kafka-1 paused");
            switch (how) {
                case "quit" -> cluster.type("quit");
                case "end of input" -> cluster.endInput();
                default -> cluster.signal(how);
            }
            cluster.expectExit(status);
            cluster.awaitNothingLeft();
            assertThat(files).doesNotExist();
            assertThat(cluster.err()).isEmpty();
        }
    }

    @Test
    @DisplayName("Ctrl-C while it starts: nothing is left")
    void interruptedWhileStarting() throws Exception {
        try (Run cluster = start(SharedCluster.freePort())) {
            SharedCluster.await(
                    "kafka-1 is being started",
                    () -> !SharedCluster.nodes(cluster, "kafka-1").isEmpty());
            Path files = directoryOf(cluster);
            cluster.interrupt();
            cluster.expectExit(130);
            cluster.awaitNothingLeft();
            assertThat(files).doesNotExist();
            assertThat(cluster.out()).allMatch(it -> it.startsWith("ready: ")); // if this test was slow
            assertThat(cluster.err()).isEmpty();
        }
    }

    @Test
    @DisplayName("Ctrl-C twice, while a broker that hangs is being stopped: no node is left")
    void interruptedTwice() throws Exception {
        Path data = directory.resolve("data");
        try (Run cluster = start(SharedCluster.freePort(), "--brokers", "1", "--dir", data.toString())) {
            cluster.awaitLine("ready: ");
            cluster.type("kill controller"); // without it a controlled shutdown takes longer than 10 s
            cluster.awaitLine("controller killed");
            cluster.interrupt();
            SharedCluster.await("kafka-1 is being stopped", () -> logSays(data, "shutting down"));
            cluster.interrupt(); // no effect: it ends already
            cluster.expectExit(130);
            cluster.awaitNothingLeft();
        }
    }

    private static boolean logSays(Path data, String text) {
        try {
            return Files.readString(data.resolve("kafka-1.log")).contains(text);
        } catch (IOException notYet) {
            return false;
        }
    }

    @Test
    @DisplayName("after SIGKILL its nodes end by themselves, also one that is paused")
    void killed() throws Exception {
        try (Run cluster = start(SharedCluster.freePort(), "--brokers", "1")) {
            cluster.awaitLine("ready: ");
            Path files = directoryOf(cluster);
            try {
                cluster.type("pause kafka-1");
                cluster.awaitLine("kafka-1 paused");
                cluster.kill();
                cluster.awaitNothingLeft();
            } finally {
                delete(files);
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"</dev/null", "<&-", "0>/dev/null"})
    @DisplayName("without an input it runs until a signal:")
    void noInput(String input) throws Exception {
        int port = SharedCluster.freePort();
        Run.build("cluster.java");
        String command = "exec '%s' cluster.java --brokers 1 --port %d %s";
        try (Run cluster = Run.command("sh", "-c", command.formatted(Run.JBANG, port, input))) {
            cluster.awaitLine("ready: ");
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", "localhost:" + port))) {
                assertThat(admin.describeCluster().nodes().get()).hasSize(1);
            }
            assertThat(cluster.isRunning()).isTrue();
            cluster.terminate();
            cluster.expectExit(143);
            cluster.awaitNothingLeft();
            assertThat(cluster.out()).hasSize(1);
            assertThat(cluster.err()).isEmpty();
        }
    }

    @Test
    @DisplayName("on a terminal: a hint, commands, Ctrl-C")
    void onATerminal() throws Exception {
        String port = Integer.toString(SharedCluster.freePort());
        try (Run cluster = Run.here().terminal(80, 24).script("cluster.java", "--brokers", "1", "--port", port)) {
            cluster.awaitLine("ready: ");
            cluster.awaitLine("Type 'stop kafka-1', ");
            cluster.type("status");
            cluster.awaitLine("controller running, kafka-1 running");
            cluster.interrupt();
            cluster.expectExit(130);
        }
    }

    @Test
    @DisplayName("on Windows: one line that names WSL, and nothing was started")
    void windows() {
        Run.Surroundings windows = Run.here().with("JAVA_TOOL_OPTIONS", "-Dos.name=Windows");
        try (Run cluster = windows.script(
                "cluster.java", "--dir", directory.resolve("data").toString())) {
            cluster.expectExit(2);
            assertThat(cluster.out()).isEmpty();
            assertThat(cluster.err()).anyMatch(line -> line.contains("WSL"));
        }
        assertThat(directory).isEmptyDirectory();
    }

    // ---- a power failure ----

    /** Kafka's first checkpoint comes 30 s after a broker's start, and the others every 60 s. */
    private static final List<String> EARLY_CHECKPOINTS =
            List.of("-X", "log.initial.task.delay.ms=500", "-X", "log.flush.offset.checkpoint.interval.ms=500");

    @Test
    @DisplayName(
            "power: both brokers lose what acks=all had acknowledged; one alone, or SIGKILL without the cut, nothing;"
                    + " where each record is flushed, nothing is lost, and the answer says so")
    void power() throws Exception {
        int port = SharedCluster.freePort();
        String servers = "localhost:%d,localhost:%d".formatted(port, port + 3);
        try (Run cluster = start(port, EARLY_CHECKPOINTS.toArray(String[]::new));
                Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            cluster.awaitLine("ready: ");
            var both = Map.of(0, List.of(1, 2));
            var flushed = new NewTopic("flushed", both).configs(Map.of("flush.messages", "1"));
            admin.createTopics(List.of(new NewTopic("t", both), flushed)).all().get();
            send(servers, "t", 100);
            send(servers, "flushed", 50);
            awaitCheckpoints(cluster);
            command(cluster, "kill kafka-1", "kafka-1 killed");
            command(cluster, "kill kafka-2", "kafka-2 killed");
            startBoth(cluster);
            assertThat(SharedCluster.records(servers, "t")).hasSize(100);

            inSync(admin);
            awaitCheckpoints(cluster);
            String cut = "flushed-0 50 -> 50, t-0 100 -> 0 \\(checkpoint -?\\d+[.]\\d s old\\)";
            assertThat(command(cluster, "power kafka-1", "power ")).matches("power kafka-1: " + cut);
            command(cluster, "start kafka-1", "kafka-1 started");
            inSync(admin);
            assertThat(SharedCluster.records(servers, "t")).hasSize(100);

            awaitCheckpoints(cluster);
            assertThat(command(cluster, "power kafka-2 controller kafka-1", "power "))
                    .matches("power controller: nothing to cut; kafka-1: %1$s; kafka-2: %1$s".formatted(cut));
            command(cluster, "start controller", "controller started");
            startBoth(cluster);
            assertThat(SharedCluster.records(servers, "t")).isEmpty();
            assertThat(SharedCluster.records(servers, "flushed")).hasSize(50);
        }
    }

    /** Both brokers have written down that all records of the topic "flushed" are on the disk. */
    private static void awaitCheckpoints(Run cluster) throws InterruptedException {
        for (String broker : List.of("kafka-1", "kafka-2")) {
            Path checkpoint = directoryOf(cluster).resolve(broker + "/recovery-point-offset-checkpoint");
            SharedCluster.await("a checkpoint of " + broker + " after the last record", () -> {
                try {
                    return Files.readAllLines(checkpoint).contains("flushed 0 50");
                } catch (IOException beingReplaced) {
                    return false;
                }
            });
        }
    }

    private static String command(Run cluster, String command, String answer) {
        cluster.type(command);
        return cluster.awaitLine(answer);
    }

    private static void startBoth(Run cluster) {
        command(cluster, "start kafka-1", "kafka-1 started");
        command(cluster, "start kafka-2", "kafka-2 started");
    }

    private static void inSync(Admin admin) throws InterruptedException {
        SharedCluster.await("both are in sync", () -> {
            try {
                var topics = admin.describeTopics(List.of("t", "flushed")).allTopicNames();
                return topics.get().values().stream()
                        .allMatch(it -> it.partitions().get(0).isr().size() == 2);
            } catch (ExecutionException notNow) {
                return false;
            } catch (InterruptedException ended) {
                throw new IllegalStateException(ended);
            }
        });
    }

    /** Acknowledged by all replicas in sync. */
    private static void send(String servers, String topic, int count) throws Exception {
        var settings = Map.<String, Object>of("bootstrap.servers", servers, "acks", "all");
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            var answers = new ArrayList<Future<RecordMetadata>>();
            for (int i = 0; i < count; i++) answers.add(producer.send(new ProducerRecord<>(topic, "v" + i)));
            for (Future<RecordMetadata> answer : answers) answer.get();
        }
    }

    @Test
    @DisplayName("a port in use: one line, status 1, and nothing was started")
    void portInUse() throws IOException {
        int port = SharedCluster.freePort();
        try (var other = new ServerSocket(port + 3, 1, InetAddress.getLoopbackAddress());
                Run cluster = start(port, "--dir", directory.resolve("data").toString())) {
            assertThat(other.isBound()).isTrue();
            cluster.expectExit(1);
            assertThat(cluster.out()).isEmpty();
            assertThat(cluster.err())
                    .singleElement()
                    .asString()
                    .startsWith("Port %d on 127.0.0.1 is in use".formatted(port + 3))
                    .contains("--port");
        }
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    @DisplayName("a broker that dies while it starts: one line with the reason and its log")
    void brokerDoesNotStart() throws IOException {
        try (Run cluster = start(SharedCluster.freePort(), "-X", "num.io.threads=many")) {
            cluster.expectExit(1);
            cluster.awaitNothingLeft();
            assertThat(cluster.out()).isEmpty();
            assertThat(cluster.err()).hasSize(1);
            Matcher line = Pattern.compile("^\\S+ did not start: .*num.io.threads.*log: (/\\S+[.]log)\\)")
                    .matcher(cluster.err().get(0));
            assertThat(line.find()).as(cluster.toString()).isTrue();
            Path log = Path.of(line.group(1));
            assertThat(log).content().contains("num.io.threads");
            delete(log.getParent());
        }
    }

    @Test
    @DisplayName("a directory that cannot be used: one line, status 1")
    void noDirectory() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));
        try (Run cluster =
                start(SharedCluster.freePort(), "--dir", file.resolve("x").toString())) {
            cluster.expectExit(1);
            assertThat(cluster.out()).isEmpty();
            assertThat(cluster.err()).singleElement().asString().contains("Cannot prepare " + file);
        }
    }

    /** Where the nodes keep everything, from a node's command line. */
    private static Path directoryOf(Run cluster) {
        ProcessHandle node = SharedCluster.nodes(cluster, "kafka-1").get(0);
        List<String> arguments = SharedCluster.commandLine(node).lines().toList();
        return Path.of(arguments.get(arguments.size() - 1)).getParent();
    }

    private static void delete(Path tree) throws IOException {
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
        }
    }
}
