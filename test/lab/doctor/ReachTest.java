package lab.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.*;
import org.junit.jupiter.api.*;
import org.junit.jupiter.api.io.TempDir;
import test.*;

/** Brokers that only this client cannot reach: their advertised.listeners have a wrong address for clients. */
public class ReachTest {
    @Test
    @DisplayName(
            "combined nodes with a wrong address for clients are up and elect; the printed remedy ends the finding")
    void reach(@TempDir Path directory) throws Exception {
        try (var nodes = new Nodes(directory)) {
            var all = Set.of(1, 2, 3);
            nodes.start(all, all, Map.of(), Map.of("inter.broker.listener.name", "INTERNAL"));
            Tries.create(nodes.admin(), "t", Map.of("min.insync.replicas", "2"), List.of(List.of(1, 2, 3)));
            Tries.create(nodes.admin(), "alone", Map.of(), List.of(List.of(2)));
            Tries.write(nodes.servers(), Map.of("t", 1, "alone", 1), 10);
            Said well = Said.ask(nodes.servers());
            assertThat(well.findings())
                    .containsExactlyInAnyOrder(
                            "broker 2: partition no leader: [alone-0]", "traps: partition one replica: [alone-0]");
            for (int id : List.of(2, 3)) {
                String own = nodes.setting(id, "listeners").replaceFirst(",CONTROLLER.*", "");
                String wrong = own.replaceFirst("//localhost:[0-9]+", "//localhost:" + SharedCluster.freePort());
                nodes.restart(id, "advertised.listeners", wrong);
                nodes.awaitUp(all);
                for (String topic : List.of("t", "alone")) Tries.awaitWhole(nodes.admin(), topic);
            }
            String finding = "traps: broker unreachable from here: [2, 3]";
            Said out = Said.await(nodes.servers(Set.of(1)), Set.of(finding));
            var expected = new TreeSet<>(well.findings());
            expected.add(finding);
            assertThat(out.findings()).as(out.toString()).isEqualTo(expected);
            assertThat(out.status()).isEqualTo(1);
            assertThat(out.notSeen())
                    .anyMatch(it ->
                            it.matches("broker 2: no answer from localhost:\\d+ within 8 s. The controllers hear.*"));
            assertThat(out.remedies().get(finding))
                    .matches("correct the address in its advertised.listeners \\(localhost:.*\\), and restart it");
            for (int id : List.of(2, 3)) {
                nodes.restart(id, "advertised.listeners", null);
                nodes.awaitUp(all);
                for (String topic : List.of("t", "alone")) Tries.awaitWhole(nodes.admin(), topic);
            }
            assertThat(Said.ask(nodes.servers()).findings()).isEqualTo(well.findings());
            assertThat(Tries.write(nodes.servers(), Map.of("t", 1, "alone", 1), 1))
                    .doesNotContainValue(false);
        }
    }
}
