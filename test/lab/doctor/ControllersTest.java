package lab.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.*;
import org.junit.jupiter.api.*;
import org.junit.jupiter.api.io.TempDir;

/** Remedies for controllers: a broker that is the only controller gets two more, and then these two fail. */
public class ControllersTest {
    @Test
    @DisplayName(
            "one controller, two, and three of which two are down: each remedy ends its finding, and makes no other")
    void controllers(@TempDir Path directory) throws Exception {
        try (var nodes = new Nodes(directory)) {
            nodes.start(Set.of(1), Set.of(1), Map.of(1, "a"), Map.of());
            Tries.create(nodes.admin(), "t", Map.of(), List.of(List.of(1)));
            Map<String, Integer> topics = Map.of("t", 1);
            Tries.awaitAccepted(nodes.servers(), topics);

            String none = "broker 1: broker no controller: [1]";
            String one = "traps: controller one controller: [1]";
            String two = "traps: controller two controllers: [1, 101]";
            Said first = Said.await(nodes.servers(), Set.of(none, one));
            String more = "run three controllers, none of them on a broker (process.roles=controller)";
            assertThat(first.remedies()).containsEntry(one, more);
            assertThat(first.remedies()).containsEntry(none, more);
            // docs/doctor.md: how to add controllers
            Shell.run("kafka-features.sh --bootstrap-server %s upgrade --feature kraft.version=1"
                    .formatted(nodes.servers()));
            nodes.addController(101);
            Said second = Said.await(nodes.servers(), Set.of(none, two));
            assertThat(second.findings()).doesNotContain(one);
            assertThat(second.remedies()).containsEntry(none, more).containsEntry(two, more);
            nodes.addController(102);
            Said third = Said.await(
                    nodes.servers(),
                    "three controllers",
                    it -> it.findings().stream()
                            .noneMatch(found -> found.equals(two) || found.contains("controller down")));
            assertThat(third.findings()).doesNotContain(none, one);
            third.expectNothingNew(first);

            for (int id : List.of(101, 102)) nodes.kill(id);
            String stopped = "stopped: controller no controller: []";
            Said without = Said.await(nodes.servers(), Set.of(stopped));
            assertThat(without.remedies().get(stopped)).startsWith("start the controller");
            for (int id : List.of(101, 102)) nodes.start(id);
            Said after = Said.await(
                    nodes.servers(), "all is as before", it -> it.findings().equals(third.findings()));
            assertThat(after.status()).isEqualTo(third.status());
            Tries.awaitAccepted(nodes.servers(), topics);
        }
    }
}
