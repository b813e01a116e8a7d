package lab.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import test.Docker;
import test.Run;
import test.SharedCluster;

/** The drill on the containers of docker-compose.yml: only a Docker engine shows what its commands do. */
public class ContainersTest {
    private static final Duration LONG = Duration.ofMinutes(6);

    @BeforeAll
    static void engine() {
        assumeTrue(Docker.answers(), "no Docker engine answers");
        assertThat(SharedCluster.isFree(9092) && SharedCluster.isFree(9095))
                .as("ports 9092 and 9095 are free")
                .isTrue();
        // A project of another name, and so a network of another name.
        Docker.run("docker", "compose", "-p", "demo", "up", "-d", "--wait");
    }

    @AfterAll
    static void down() {
        if (Docker.answers()) Docker.run("docker", "compose", "-p", "demo", "down", "-v");
    }

    @Test
    @Order(1)
    @DisplayName("it finds them, and takes a broker off the network, whatever that is called")
    void disconnect() {
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
    @Order(2)
    @DisplayName("Ctrl-C while the broker is stopped: it is started again")
    void interrupted() {
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
    @Order(3)
    @DisplayName("SIGKILL while the broker is stopped, frozen or off the network: it is restored")
    void killed() throws Exception {
        for (String fault : List.of("kill", "pause", "disconnect")) {
            SharedCluster.await("kafka-1 is healthy", () -> health().equals(List.of("healthy")));
            try (Run drill = Run.script("lab/drill.java", "test-2p-rf2", "--fault", fault, "--down", "10m")) {
                drill.awaitLine(Docker.KAFKA_1);
                SharedCluster.await("kafka-1 is down", () -> !answers());
                drill.kill();
            }
            SharedCluster.await("kafka-1 is restored after " + fault, ContainersTest::answers);
        }
    }

    @Test
    @Order(4)
    @DisplayName("what is down before it begins is named, with the command that fixes it")
    void leftover() throws Exception {
        SharedCluster.await("kafka-1 is healthy", () -> health().equals(List.of("healthy")));
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

    private static List<String> health() {
        return Docker.output("docker", "inspect", "-f", "{{.State.Health.Status}}", Docker.KAFKA_1);
    }

    private static boolean answers() {
        String state = "{{.State.Running}} {{.State.Paused}} {{len .NetworkSettings.Networks}}";
        return Docker.output("docker", "inspect", "-f", state, Docker.KAFKA_1).equals(List.of("true false 1"));
    }
}
