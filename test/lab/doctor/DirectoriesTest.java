package lab.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.*;
import java.util.*;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.*;
import org.junit.jupiter.api.io.TempDir;
import test.*;

/** Log directories: all of a broker's are cordoned (KIP-1066), and one of them fails. */
public class DirectoriesTest {
    @Test
    @DisplayName("a cordoned broker gets no replica, as the controller demands; a replica in a failed directory cannot"
            + " lead. Both remedies mend")
    void directories(@TempDir Path directory) throws Exception {
        try (var nodes = new Nodes(directory)) {
            var brokers = Set.of(1, 2, 3);
            nodes.start(brokers, Set.of(100), Map.of(), Map.of("log.flush.offset.checkpoint.interval.ms", "1000"));
            Tries.create(nodes.admin(), "t", Map.of(), List.of(List.of(1), List.of(2)));
            Map<String, Integer> topic = Map.of("t", 2);
            Tries.write(nodes.servers(), topic, 10);

            // cordoned
            String all = nodes.directories(2).stream().map(Path::toString).collect(Collectors.joining(","));
            cordon(nodes, all);
            String finding = "traps: partition one replica: [t-0, t-1]";
            String open = "let broker 2 take replicas again (cordoned.log.dirs), and run this again";
            Said cordoned = Said.await(
                    nodes.servers(),
                    "the cordon",
                    it -> it.remedies().getOrDefault(finding, "").startsWith(open));
            String move = cordoned.remedies().get(finding);
            assertThat(move).contains("\"replicas\":[1,3]").doesNotContain("\"partition\":1");
            String refused = move.substring(move.indexOf("kafka-reassign"));
            for (String other : List.of("[1,2]", "[2]"))
                assertThat(Shell.works(refused.replace("[1,3]", other)))
                        .as("Kafka takes " + other)
                        .isFalse();
            Shell.run(move);
            Tries.awaitWhole(nodes.admin(), "t");
            cordon(nodes, "");
            String left = "traps: partition one replica: [t-1]";
            Said opened = Said.await(
                    nodes.servers(),
                    "the end of the cordon",
                    it -> it.remedies().getOrDefault(left, "").startsWith("kafka-reassign"));
            Shell.run(opened.remedies().get(left));
            Tries.awaitWhole(nodes.admin(), "t");
            Said.await(
                    nodes.servers(),
                    "only one controller",
                    it -> it.findings().equals(Set.of("traps: controller one controller: [100]")));

            // failed
            Tries.create(nodes.admin(), "alone", Map.of(), List.of(List.of(1)));
            Tries.create(nodes.admin(), "led", Map.of("min.insync.replicas", "2"), List.of(List.of(1, 3)));
            var every = Map.of("t", 2, "alone", 1, "led", 1);
            Tries.awaitAccepted(nodes.servers(), every);
            Path disk = nodes.directories(1).get(1);
            for (String it : List.of("t", "alone", "led")) moveTo(nodes, it, disk);
            Said before = Said.ask(nodes.servers());
            Path kept = disk.resolveSibling("kept");
            Files.move(disk, kept);
            Files.writeString(disk, "not a directory");
            String stopped = "stopped: partition no leader: [alone-0]";
            String outOfSync = "traps: partition out of sync"; // also of t-1, if Kafka has put that there, too
            Said failed = Said.await(
                    nodes.servers(),
                    "the failed directory",
                    it -> it.findings().contains(stopped)
                            && it.where(outOfSync).containsAll(Set.of("alone-0", "led-0", "t-0")));
            String repair = "repair the failed log directory of broker 1, and restart it";
            assertThat(failed.remedies())
                    .containsEntry(stopped, repair)
                    .containsEntry(failed.finding(outOfSync, "led-0").orElseThrow(), repair);
            assertThat(failed.findings())
                    .as("1 was eligible, and cannot lead")
                    .anyMatch(it -> it.matches("broker 3: partition no leader: \\[.*led-0.*]"));
            nodes.kill(1);
            Files.delete(disk);
            Files.move(kept, disk);
            nodes.start(1);
            nodes.awaitUp(brokers);
            for (String it : List.of("t", "alone", "led")) Tries.awaitWhole(nodes.admin(), it);
            Said after = Said.await(
                    nodes.servers(),
                    "only the leaders differ",
                    it -> it.findings().stream()
                            .allMatch(found -> before.findings().contains(found) || found.contains("another leader")));
            assertThat(after.findings()).noneMatch(it -> it.equals(stopped) || it.startsWith(outOfSync));
            Tries.awaitAccepted(nodes.servers(), every);
        }
    }

    private static void cordon(Nodes nodes, String directories) throws Exception {
        var op = new AlterConfigOp(new ConfigEntry("cordoned.log.dirs", directories), AlterConfigOp.OpType.SET);
        var broker = new ConfigResource(ConfigResource.Type.BROKER, "2");
        nodes.admin().incrementalAlterConfigs(Map.of(broker, List.of(op))).all().get();
    }

    /** Broker 1's replica of partition 0. */
    private static void moveTo(Nodes nodes, String topic, Path directory) throws Exception {
        var replica = new TopicPartitionReplica(topic, 0, 1);
        nodes.admin()
                .alterReplicaLogDirs(Map.of(replica, directory.toString()))
                .all()
                .get();
        SharedCluster.await(topic + " in " + directory, () -> {
            try {
                return nodes.admin()
                        .describeReplicaLogDirs(List.of(replica))
                        .all()
                        .get()
                        .get(replica)
                        .getCurrentReplicaLogDir()
                        .equals(directory.toString());
            } catch (Exception notNow) {
                return false;
            }
        });
    }
}
