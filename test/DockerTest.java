package test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * docker-compose.yml on a real engine, with the guide's own docker commands, and the drill on these containers: only an
 * engine shows what its commands do. The project has another name than in the file, and so has the network.
 */
class DockerTest {
    private static final Duration LONG = Duration.ofMinutes(6);
    private static final String PROJECT = "demo";
    private static final String SERVERS = "localhost:9092,localhost:9095";

    /** What differs by nature: addresses, directories, and what a container's own start script sets. */
    private static final Set<String> OF_THE_PLACE = Set.of(
            "advertised.listeners",
            "controller.quorum.voters",
            "listeners",
            "log.dir",
            "log.dirs",
            "inter.broker.listener.name",
            "listener.security.protocol.map",
            "controller.listener.names");

    @BeforeAll
    static void up() {
        assumeTrue(Docker.answers(), "no Docker engine answers");
        assertThat(SharedCluster.isFree(9092) && SharedCluster.isFree(9095))
                .as("ports 9092 and 9095 are free")
                .isTrue();
        composeUp();
    }

    private static void composeUp() {
        Docker.run("docker", "compose", "-p", PROJECT, "up", "-d", "--wait");
    }

    @AfterAll
    static void down() {
        if (!Docker.answers()) return;
        Docker.run("docker", "compose", "-p", PROJECT, "down", "-v");
        assertThat(Docker.output("docker", "ps", "-a", "--filter", "name=kafka-deploy", "--format", "{{.Names}}"))
                .isEmpty();
    }

    @Test
    @Order(1)
    @DisplayName("after up --wait it is usable at once: topics, five records, read back")
    void usable() {
        finished("topics.java");
        finished("producer.java", "test-2p-rf2", "-n", "5", "-r", "10");
        try (Run consumer = Run.script("consumer.java", "test-2p-rf2", "docker-usable", "-n", "5")) {
            consumer.expectExit(0);
            assertThat(ConsumerTest.ids(consumer)).containsExactlyInAnyOrder(1, 2, 3, 4, 5);
        }
    }

    @Test
    @Order(2)
    @DisplayName("its settings are those of cluster.java")
    void settings() throws Exception {
        try (Admin docker = Admin.create(Map.of("bootstrap.servers", SERVERS))) {
            for (String broker : List.of("1", "2"))
                assertThat(settings(docker, broker)).isEqualTo(settings(SharedCluster.admin(), broker));
        }
    }

    private static Map<String, String> settings(Admin admin, String broker) throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.BROKER, broker);
        var settings = new TreeMap<String, String>();
        for (ConfigEntry it : admin.describeConfigs(List.of(resource))
                .all()
                .get()
                .get(resource)
                .entries()) if (!OF_THE_PLACE.contains(it.name())) settings.put(it.name(), it.value());
        assertThat(settings).hasSizeGreaterThan(100);
        return settings;
    }

    @Test
    @Order(3)
    @DisplayName("nothing is published beyond 127.0.0.1")
    void published() {
        var ports = Docker.output("docker", "ps", "--filter", "name=kafka-deploy", "--format", "{{.Ports}}");
        assertThat(ports)
                .hasSize(3)
                .allMatch(line -> line.replaceAll("127\\.0\\.0\\.1:\\d+->", "").indexOf("->") < 0);
        assertThat(String.join(" ", ports)).contains("127.0.0.1:9092->", "127.0.0.1:9095->");
    }

    @Test
    @Order(4)
    @DisplayName("docker stop is a controlled shutdown; docker start brings the broker back with its data")
    void stopAndStart() throws Exception {
        try (Run producer = Run.script("producer.java", "test-2p-rf1", "-r", "5")) {
            producer.awaitLine("partition 0  offset");
            Docker.run("docker", "stop", Docker.KAFKA_1);
            assertThat(Docker.output("docker", "inspect", "-f", "{{.State.ExitCode}}", Docker.KAFKA_1))
                    .containsExactly("143");
            producer.awaitLine("partition 0  no acknowledgement for ");
            Docker.run("docker", "start", Docker.KAFKA_1);
            producer.awaitLine("partition 0  acknowledged after ");
            producer.interrupt();
            producer.expectExit(130); // the JVM's, after SIGINT
            String summary = producer.out().get(producer.out().size() - 1);
            int inLog = SharedCluster.records(SERVERS, "test-2p-rf1").size();
            assertThat(summary).startsWith("sent %1$,d, acknowledged %1$,d, failed 0, unknown 0; ".formatted(inLog));
        }
    }

    @Test
    @Order(5)
    @DisplayName("failover.java finds it, and proves Scenario 3 on it")
    void failover() throws Exception {
        composeUp();
        try (Run failover = Run.script("failover.java", "3")) {
            failover.expectExit(0, LONG);
            failover.awaitLine("ready: the containers of docker-compose.yml");
            failover.awaitLine("kafka-1 stopped: controlled shutdown, exit status 143");
            assertThat(failover.out())
                    .filteredOn(line -> line.matches("Scenario 3 .* PASS"))
                    .hasSize(1);
        }
    }

    @Test
    @Order(6)
    @DisplayName(
            "after Ctrl-C, SIGTERM and SIGKILL while failover.java stops kafka-1, or while it is down: it runs again")
    void interrupted() throws Exception {
        String[][] moments = {{" s  stop kafka-1", "INT"}, {"docker kill done", "KILL"}, {"kafka-1 stopped", "TERM"}};
        for (String[] moment : moments) {
            String fault = moment[1].equals("KILL") ? "kill" : "stop";
            try (Run failover = Run.script("failover.java", "3", "--fault", fault)) {
                failover.awaitLine(moment[0], LONG);
                failover.signal(moment[1]);
                failover.awaitNothingLeft(LONG);
            }
            SharedCluster.await("kafka-1 runs after " + moment[1], () -> isRunning(Docker.KAFKA_1));
        }
    }

    @Test
    @Order(7)
    @DisplayName("the workflow of docs/your-cluster.md takes one of its brokers down; the summary has the verdict")
    void workflow(@TempDir Path directory) throws Exception {
        WorkflowTest.Job job = WorkflowTest.run("containers", directory, Map.of("COMPOSE_PROJECT_NAME", PROJECT));
        assertThat(job.summary())
                .contains("drill-2p-rf2")
                .containsPattern("\\| PASS \\|.*\\| kafka-[12] was down \\|")
                .containsPattern("\\| PASS \\|.*\\| no acknowledged record is lost \\|");
        assertThat(job.junit()).contains("<testsuites ", "no acknowledged record is lost");
    }

    // ---- the drill ----

    @Test
    @Order(8)
    @DisplayName("the drill finds them, and takes a broker off the network, whatever that is called")
    void disconnect() throws Exception {
        awaitHealthy();
        String[] arguments = {"test-2p-rf2", "--fault", "disconnect", "--down", "12s"};
        try (Run drill = Run.script("lab/drill.java", arguments)) {
            drill.awaitExit(LONG);
            drill.awaitLine("the cluster of docker-compose.yml: 2 brokers");
            drill.awaitLine("docker network disconnect demo_default " + Docker.KAFKA_1);
            drill.awaitLine("docker network connect demo_default " + Docker.KAFKA_1);
            assertThat(drill.out())
                    .anyMatch(line -> line.matches("  PASS +kafka-1 was down"))
                    .anyMatch(line -> line.matches("  PASS +no acknowledged record is lost"));
        }
        assertThat(answers()).isTrue();
    }

    @Test
    @Order(9)
    @DisplayName("the drill: Ctrl-C while the broker is stopped: it is started again")
    void drillInterrupted() {
        try (Run drill = Run.script("lab/drill.java", "test-2p-rf2", "--down", "10m")) {
            drill.awaitLine("docker stop ");
            drill.awaitLine("controlled shutdown, exit status 143");
            drill.interrupt();
            drill.expectExit(1);
            assertThat(drill.err()).contains("  restoring: start kafka-1");
        }
        assertThat(answers()).isTrue();
    }

    @Test
    @Order(10)
    @DisplayName("the drill: SIGKILL while the broker is stopped, frozen or off the network: it is restored")
    void drillKilled() throws Exception {
        for (String fault : List.of("kill", "pause", "disconnect")) {
            awaitHealthy();
            try (Run drill = Run.script("lab/drill.java", "test-2p-rf2", "--fault", fault, "--down", "10m")) {
                drill.awaitLine(Docker.KAFKA_1);
                SharedCluster.await("kafka-1 is down", () -> !answers());
                drill.kill();
                drill.awaitNothingLeft(); // the child of the drill ends when it has restored kafka-1
            }
            SharedCluster.await("kafka-1 is restored after " + fault, DockerTest::answers);
        }
    }

    @Test
    @Order(11)
    @DisplayName("what is down before a drill begins is named, with the command that fixes it")
    void leftover() throws Exception {
        awaitHealthy();
        Docker.run("docker", "pause", Docker.KAFKA_1);
        try (Run drill = Run.script("lab/drill.java", "test-2p-rf2")) {
            drill.expectExit(1);
            assertThat(drill.err())
                    .singleElement()
                    .asString()
                    .isEqualTo(Docker.KAFKA_1 + " is paused before the drill begins. Fix: docker unpause "
                            + Docker.KAFKA_1);
        } finally {
            Docker.run("docker", "unpause", Docker.KAFKA_1);
        }
    }

    private static void awaitHealthy() throws InterruptedException {
        String[] inspect = {"docker", "inspect", "-f", "{{.State.Health.Status}}", Docker.KAFKA_1};
        SharedCluster.await("kafka-1 is healthy", () -> Docker.output(inspect).equals(List.of("healthy")));
    }

    private static boolean answers() {
        String state = "{{.State.Running}} {{.State.Paused}} {{len .NetworkSettings.Networks}}";
        return Docker.output("docker", "inspect", "-f", state, Docker.KAFKA_1).equals(List.of("true false 1"));
    }

    // ---- details ----

    private static boolean isRunning(String container) {
        return Docker.output("docker", "inspect", "-f", "{{.State.Running}}", container)
                .equals(List.of("true"));
    }

    private static void finished(String script, String... arguments) {
        try (Run run = Run.script(script, arguments)) {
            run.expectExit(0);
        }
    }
}
