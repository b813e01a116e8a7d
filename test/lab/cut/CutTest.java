package lab.cut;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import test.Run;

/** The cut of a power failure, on log directories made by hand. */
public class CutTest {
    @TempDir
    private Path cluster;

    private Path node;

    @BeforeEach
    void makeNode() throws IOException {
        node = Files.createDirectory(cluster.resolve("kafka-1"));
        Files.writeString(cluster.resolve("cluster.id"), "abc\n");
        Files.writeString(cluster.resolve("kafka-1.properties"), "");
        Files.writeString(node.resolve("meta.properties"), "cluster.id=abc\nnode.id=1\n");
        Files.createFile(node.resolve(".lock"));
    }

    /** A segment with batches of these numbers of records, 100 bytes of records each. */
    private static Path segment(Path partition, long base, int... records) throws IOException {
        Files.createDirectories(partition);
        ByteBuffer all = ByteBuffer.allocate(records.length * (Batches.HEADER + 100));
        long offset = base;
        for (int i = 0; i < records.length; i++) {
            int at = i * (Batches.HEADER + 100);
            all.putLong(at, offset).putInt(at + 8, Batches.HEADER - 12 + 100).put(at + 16, (byte) 2);
            all.putInt(at + 23, records[i] - 1);
            offset += records[i];
        }
        String name = "%020d".formatted(base);
        for (String ending : List.of(".index", ".timeindex", ".txnindex"))
            Files.writeString(partition.resolve(name + ending), "x");
        return Files.write(partition.resolve(name + ".log"), all.array());
    }

    private static List<String> names(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.map(it -> it.getFileName().toString()).sorted().toList();
        }
    }

    private void checkpoint(String... lines) throws IOException {
        String head = "0\n" + lines.length + "\n";
        Files.writeString(node.resolve("recovery-point-offset-checkpoint"), head + String.join("\n", lines) + "\n");
    }

    @ParameterizedTest(name = "recovery point {0} of 10 records in batches of 5, 3, 2: {1} are left")
    @CsvSource({"0, 0", "4, 0", "5, 5", "7, 5", "8, 8", "9, 8", "10, 10", "99, 10"})
    @DisplayName("only whole batches below the recovery point are left:")
    void oneSegment(long recoveryPoint, int left) throws IOException {
        Path partition = node.resolve("t-0");
        Path log = segment(partition, 0, 5, 3, 2);
        var ends = new PartitionLog(partition).cut(recoveryPoint);
        assertThat(ends).isEqualTo(new PartitionLog.Ends(10, left));
        int batches = left == 0 ? 0 : left == 5 ? 1 : left == 8 ? 2 : 3;
        assertThat(log).hasSize(batches * (Batches.HEADER + 100L));
        assertThat(names(partition)).hasSize(left == 10 ? 4 : 1); // an index of what is gone would be wrong
    }

    @Test
    @DisplayName("later segments go as files; the first one's file stays, even if empty; snapshots above the cut go")
    void segments() throws IOException {
        Path partition = node.resolve("t-0");
        segment(partition, 100, 10, 10);
        segment(partition, 120, 10);
        segment(partition, 130, 5);
        for (int offset : List.of(110, 120, 130))
            Files.createFile(partition.resolve("%020d.snapshot".formatted(offset)));
        Files.writeString(partition.resolve("leader-epoch-checkpoint"), "kept");

        assertThat(new PartitionLog(partition).cut(110)).isEqualTo(new PartitionLog.Ends(135, 110));
        assertThat(names(partition))
                .containsExactly(
                        "00000000000000000100.log", "00000000000000000110.snapshot", "leader-epoch-checkpoint");
        assertThat(new PartitionLog(partition).cut(0)).isEqualTo(new PartitionLog.Ends(110, 100));
        assertThat(partition.resolve("00000000000000000100.log")).isEmptyFile();
    }

    @Test
    @DisplayName("a cut at the boundary of two segments keeps the first one with its indexes")
    void boundary() throws IOException {
        Path partition = node.resolve("t-0");
        segment(partition, 0, 10);
        segment(partition, 10, 10);
        assertThat(new PartitionLog(partition).cut(10)).isEqualTo(new PartitionLog.Ends(20, 10));
        assertThat(partition.resolve("00000000000000000000.index")).exists();
        assertThat(partition.resolve("00000000000000000010.log")).isEmptyFile();
    }

    @Test
    @DisplayName("a torn batch ends the log: header cut short, body cut short, length that cannot be")
    void torn() throws IOException {
        Path log = segment(node.resolve("t-0"), 0, 5, 5);
        for (long size : List.of(161L + 60, 161L + 61, 161L + 160)) {
            try (var channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
                channel.truncate(size);
            }
            assertThat(Batches.of(log)).containsExactly(new Batches.Batch(161, 5));
            log = segment(node.resolve("t-0"), 0, 5, 5);
        }
        byte[] bytes = Files.readAllBytes(log);
        ByteBuffer.wrap(bytes).putInt(161 + 8, -5);
        Files.write(log, bytes);
        assertThat(Batches.of(log)).hasSize(1);
        assertThat(new PartitionLog(log.getParent()).cut(100)).isEqualTo(new PartitionLog.Ends(5, 5));
        assertThat(log).hasSize(161);
    }

    @Test
    @DisplayName("the checkpoint decides for each partition; no line, or no file, is 0; the metadata log stays")
    void node() throws IOException {
        for (String partition : List.of("a-b-0", "a-b-10", "empty-0", "__cluster_metadata-0"))
            segment(node.resolve(partition), 0, partition.startsWith("empty") ? new int[0] : new int[] {5, 5});
        checkpoint("a-b 10 5", "gone 0 7");
        assertThat(new NodeDirectory(cluster, "kafka-1").cut())
                .containsExactly(new NodeDirectory.Cut("a-b-0", 10, 0), new NodeDirectory.Cut("a-b-10", 10, 5));
        assertThat(node.resolve("__cluster_metadata-0/00000000000000000000.log"))
                .hasSize(2 * 161);
        Files.delete(node.resolve("recovery-point-offset-checkpoint"));
        assertThat(new NodeDirectory(cluster, "kafka-1").cut()).contains(new NodeDirectory.Cut("a-b-10", 5, 0));
        Files.createFile(node.resolve("recovery-point-offset-checkpoint"));
        assertThat(new NodeDirectory(cluster, "kafka-1").cut()).isEmpty();
    }

    @Test
    @DisplayName("one line: what is left of each partition, and how old the checkpoint is")
    void line() throws IOException {
        segment(node.resolve("t-0"), 0, 2_000, 500);
        checkpoint("t 0 2000");
        long now = Files.getLastModifiedTime(node.resolve("recovery-point-offset-checkpoint"))
                .toMillis();
        try (Run cut = cut("--at", "" + (now + 1_500), cluster.toString(), "kafka-1")) {
            cut.expectExit(0);
            assertThat(cut.out()).containsExactly("kafka-1: t-0 2,500 -> 2,000 (checkpoint 1.5 s old)");
        }
    }

    private static Run cut(String... arguments) {
        return Run.script("lab/cut.java", arguments);
    }

    @Test
    @DisplayName("never a directory that is not of a dead node of cluster.java")
    void refuses() throws IOException {
        Path log = segment(node.resolve("t-0"), 0, 5);
        refuses("is no node of cluster.java", cluster, "..");
        refuses("is no node of cluster.java", cluster, "kafka-1/t-0");
        refuses("was not made by cluster.java", node, "kafka-1");
        refuses("was not made by cluster.java", cluster, "kafka-1", "kafka-2"); // nothing of kafka-1 either
        Files.writeString(cluster.resolve("kafka-2.properties"), "");
        Files.createSymbolicLink(cluster.resolve("kafka-2"), node);
        refuses("is no directory of its own", cluster, "kafka-2");
        try (var channel = FileChannel.open(node.resolve(".lock"), StandardOpenOption.WRITE);
                var lock = channel.lock()) {
            assertThat(lock.isValid()).isTrue();
            refuses("kafka-1 is running", cluster, "kafka-1");
        }
        Files.writeString(node.resolve("meta.properties"), "cluster.id=other\n");
        refuses("belongs to cluster other", cluster, "kafka-1");
        Files.delete(node.resolve("meta.properties"));
        refuses("has no meta.properties", cluster, "kafka-1");
        assertThat(log).hasSize(161);
    }

    @Test
    @DisplayName("never a cluster that answers already, such as the containers of docker-compose.yml")
    void anotherCluster() throws IOException {
        try (var other = new ServerSocket(9092, 1, InetAddress.getByName("127.0.0.1"));
                Run drill = Run.script("lab/drill.java", "--scenario", "power-cut:both")) {
            assertThat(other.isBound()).isTrue();
            drill.expectExit(2);
            assertThat(drill.out()).isEmpty();
            assertThat(drill.err())
                    .singleElement()
                    .asString()
                    .startsWith("A power cut takes what was not fsynced from all topics of a broker");
        }
    }

    private static void refuses(String reason, Path cluster, String... nodes) {
        var arguments = new java.util.ArrayList<>(List.of(cluster.toString()));
        arguments.addAll(List.of(nodes));
        try (Run cut = cut(arguments.toArray(String[]::new))) {
            cut.expectExit(2);
            assertThat(cut.out()).isEmpty();
            assertThat(cut.err())
                    .singleElement()
                    .asString()
                    .startsWith("Nothing is cut: ")
                    .contains(reason);
        }
    }
}
