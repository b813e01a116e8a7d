package test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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

/** docker-compose.yml on a real engine, with the guide's own docker commands. */
class DockerTest {
    private static final Duration LONG = Duration.ofMinutes(6);
    private static final String SERVERS = "localhost:9092,localhost:9095";
    private static final String KAFKA_1 = "kafka-deploy-kafka-1";

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
        assumeTrue(status("docker", "info") == 0, "no Docker engine answers");
        assertThat(SharedCluster.isFree(9092) && SharedCluster.isFree(9095))
                .as("ports 9092 and 9095 are free")
                .isTrue();
        run("docker", "compose", "up", "-d", "--wait");
    }

    @AfterAll
    static void down() {
        if (status("docker", "info") != 0) return;
        run("docker", "compose", "down", "-v");
        assertThat(output("docker", "ps", "-a", "--filter", "name=kafka-deploy", "--format", "{{.Names}}"))
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
            assertThat(ConsumerTest.idsBy(consumer).get("c")).containsExactlyInAnyOrder(1, 2, 3, 4, 5);
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
        var ports = output("docker", "ps", "--filter", "name=kafka-deploy", "--format", "{{.Ports}}");
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
            producer.awaitLine("partition 0, offset");
            run("docker", "stop", KAFKA_1);
            assertThat(output("docker", "inspect", "-f", "{{.State.ExitCode}}", KAFKA_1))
                    .containsExactly("143");
            producer.awaitLine("partition 0: no acknowledgement for ");
            run("docker", "start", KAFKA_1);
            producer.awaitLine("partition 0: back after ");
            producer.interrupt();
            producer.expectExit(0);
            long sent = Long.parseLong(
                    producer.out().get(producer.out().size() - 1).split(" ")[1].replace(",", ""));
            assertThat(SharedCluster.records(SERVERS, "test-2p-rf1")).hasSize((int) sent);
        }
    }

    @Test
    @Order(5)
    @DisplayName("failover.java finds it, and proves on it what a broker without a network does")
    void failover() {
        run("docker", "compose", "up", "-d", "--wait");
        try (Run failover = Run.script("failover.java", "test-2p-rf2", "--fault", "disconnect", "--down", "12s")) {
            failover.expectExit(0, LONG);
            failover.awaitLine("the cluster of docker-compose.yml: 2 brokers");
            assertThat(failover.out())
                    .filteredOn(line -> line.startsWith("test-2p-rf2 ") && line.endsWith("PASS"))
                    .hasSize(1);
        }
    }

    @Test
    @Order(6)
    @DisplayName("Ctrl-C while the broker is stopped: failover.java starts it again")
    void interrupted() {
        try (Run failover = Run.script("failover.java", "test-2p-rf2", "--down", "10m")) {
            failover.awaitLine("docker stop ");
            failover.awaitLine("it ended itself after SIGTERM (exit status 143)");
            failover.interrupt();
            failover.expectExit(1);
            assertThat(failover.out()).contains("  putting back what was broken: docker start " + KAFKA_1);
        }
        assertThat(output("docker", "inspect", "-f", "{{.State.Running}}", KAFKA_1))
                .containsExactly("true");
    }

    @Test
    @Order(7)
    @DisplayName("after SIGKILL the next run names what is still broken, and the command that mends it")
    void leftovers() throws Exception {
        String[][] leftovers = {
            {"kill", "docker kill ", "docker start " + KAFKA_1},
            {"pause", "docker pause ", "docker unpause " + KAFKA_1},
            {"disconnect", "docker network disconnect ", "docker network connect kafka-deploy_default " + KAFKA_1},
        };
        for (String[] leftover : leftovers) {
            // Not 'compose up --wait': that gives up at once where the last health check has failed.
            SharedCluster.await("kafka-1 is healthy", () -> health().equals(List.of("healthy")));
            try (Run killed = Run.script("failover.java", "test-2p-rf2", "--fault", leftover[0], "--down", "10m")) {
                killed.awaitLine(leftover[1]);
                SharedCluster.await("kafka-1 is away", () -> !answers(KAFKA_1));
                killed.kill();
            }
            try (Run next = Run.script("failover.java", "test-2p-rf2")) {
                next.expectExit(1);
                assertThat(next.err())
                        .singleElement()
                        .asString()
                        .startsWith(KAFKA_1 + " is ")
                        .endsWith(" from before. Mend it: " + leftover[2]);
            }
            run(leftover[2].split(" "));
        }
    }

    private static List<String> health() {
        return output("docker", "inspect", "-f", "{{.State.Health.Status}}", KAFKA_1);
    }

    private static boolean answers(String container) {
        String state = "{{.State.Running}} {{.State.Paused}} {{len .NetworkSettings.Networks}}";
        return output("docker", "inspect", "-f", state, container).equals(List.of("true false 1"));
    }

    @Test
    @Order(8)
    @DisplayName("in a compose project of another name, the network has another name, too: disconnect works")
    void otherProject() {
        run("docker", "compose", "down", "-v");
        run("docker", "compose", "-p", "demo", "up", "-d", "--wait");
        try {
            finished("topics.java");
            try (Run failover = Run.script("failover.java", "test-2p-rf2", "--fault", "disconnect", "--down", "12s")) {
                failover.expectExit(0, LONG);
                assertThat(failover.out()).anyMatch(line -> line.contains("docker network connect demo_default "));
            }
        } finally {
            run("docker", "compose", "-p", "demo", "down", "-v");
        }
    }

    // ---- details ----

    private static void finished(String script, String... arguments) {
        try (Run run = Run.script(script, arguments)) {
            run.expectExit(0);
        }
    }

    private static void run(String... command) {
        try (Run run = Run.command(command)) {
            run.expectExit(0, LONG);
        }
    }

    private static List<String> output(String... command) {
        try (Run run = Run.command(command)) {
            run.expectExit(0);
            return run.out();
        }
    }

    private static int status(String... command) {
        try (Run run = Run.command(command)) {
            return run.awaitExit();
        } catch (java.io.UncheckedIOException notInstalled) {
            return -1;
        }
    }
}
