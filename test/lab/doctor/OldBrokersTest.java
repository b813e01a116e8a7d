package lab.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.*;
import lab.prediction.*;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Brokers of earlier versions of Kafka: what the doctor claims is what they do. */
public class OldBrokersTest {
    @ParameterizedTest(name = "Kafka {0}: {1}")
    @CsvSource({"3.5.2, NO_WRITES", "3.9.1, FINE"})
    @DisplayName("min.insync.replicas=2 and one replica: refused before 3.7, accepted since (KAFKA-15583):")
    void minInSyncAboveReplicas(String version, Fate expected, @TempDir Path directory) throws Exception {
        try (var nodes = new Nodes(directory, version)) {
            nodes.start(Set.of(1), Set.of(1), Map.of(), Map.of());
            Tries.create(nodes.admin(), "t", Map.of("min.insync.replicas", "2"), List.of(List.of(1)));
            nodes.admin()
                    .alterConsumerGroupOffsets("g", Map.of(new TopicPartition("t", 0), new OffsetAndMetadata(0)))
                    .all()
                    .get();
            boolean accepted = Tries.write(nodes.servers(), Map.of("t", 1), 1).get(new PartitionId("t", 0));
            assertThat(accepted).isEqualTo(expected == Fate.FINE);

            Said said = Said.ask(nodes.servers());
            assertThat(said.notSeen()).allMatch(it -> it.startsWith("racks: "));
            assertThat(said.where("stopped: partition no acks=all")).isEqualTo(accepted ? Set.of() : Set.of("t-0"));
            assertThat(said.where("broker 1: group out of reach")).containsExactly("g");
            assertThat(Said.ask(nodes.servers(), "t").where("broker 1: group out of reach"))
                    .containsExactly("g");
            if (accepted) return;
            Shell.run(said.remedies().get("stopped: partition no acks=all: [t-0]"));
            assertThat(Tries.write(nodes.servers(), Map.of("t", 1), 1)).containsValue(true);
            assertThat(Said.ask(nodes.servers()).where("stopped: partition no acks=all"))
                    .isEmpty();
        }
    }
}
