package lab.cut;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** The data of one node of cluster.java: that it is one, that the node is dead, and what it had fsynced. */
class NodeDirectory {
    private static final String CHECKPOINT = "recovery-point-offset-checkpoint";

    /** The controller fsyncs each write of it. A broker's copy is fetched again if it is lost. */
    private static final String METADATA = "__cluster_metadata-0";

    private final Path cluster;
    private final String name;
    private final Path data;

    /** What is left of a partition. */
    record Cut(String partition, long before, long after) {}

    NodeDirectory(Path cluster, String name) {
        this.cluster = cluster;
        this.name = name;
        this.data = cluster.resolve(name);
    }

    /** Returns why this must not be cut; null if it may be. Looks at what cluster.java and Kafka write there. */
    String refusal() throws IOException {
        if (!name.matches("kafka-\\d|controller(-\\d)?")) return "'" + name + "' is no node of cluster.java";
        Path id = cluster.resolve("cluster.id");
        if (!Files.exists(id) || !Files.exists(cluster.resolve(name + ".properties")))
            return cluster + " was not made by cluster.java";
        if (!Files.isDirectory(data, LinkOption.NOFOLLOW_LINKS)) return data + " is no directory of its own";
        if (!Files.exists(data.resolve("meta.properties"))) return data + " has no meta.properties";
        String clusterId = properties(data.resolve("meta.properties")).getProperty("cluster.id");
        if (!Files.readString(id).strip().equals(clusterId)) return data + " belongs to cluster " + clusterId;
        if (isLocked()) return name + " is running";
        return null;
    }

    /** Kafka locks a file in each of its directories for as long as it runs. */
    private boolean isLocked() throws IOException {
        Path lock = data.resolve(".lock");
        if (!Files.exists(lock)) return false;
        try (var channel = FileChannel.open(lock, StandardOpenOption.WRITE);
                var ours = channel.tryLock()) {
            return ours == null;
        } catch (OverlappingFileLockException inThisProcess) {
            return true;
        }
    }

    private static Properties properties(Path file) throws IOException {
        var properties = new Properties();
        try (var input = Files.newInputStream(file)) {
            properties.load(input);
        }
        return properties;
    }

    /** Cuts all partitions. Returns those that had a record. */
    List<Cut> cut() throws IOException {
        Map<String, Long> recoveryPoints = recoveryPoints();
        var cuts = new ArrayList<Cut>();
        List<Path> partitions;
        try (var files = Files.list(data)) {
            partitions = files.filter(file -> Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS))
                    .filter(file -> file.getFileName().toString().matches(".+-\\d+"))
                    .filter(file -> !file.getFileName().toString().equals(METADATA))
                    .sorted()
                    .toList();
        }
        for (Path partition : partitions) {
            String name = partition.getFileName().toString();
            var ends = new PartitionLog(partition).cut(recoveryPoints.getOrDefault(name, 0L));
            if (ends.before() > 0) cuts.add(new Cut(name, ends.before(), ends.after()));
        }
        return cuts;
    }

    /** When Kafka wrote the checkpoint, in ms since 1970; -1 if it has written none. */
    long checkpointTime() throws IOException {
        Path file = data.resolve(CHECKPOINT);
        return Files.exists(file) ? Files.getLastModifiedTime(file).toMillis() : -1;
    }

    /**
     * The offsets up to which all is fsynced. After a version and a count, the file has a line for each partition: topic,
     * partition, offset. Without a file, as in the first 30 s of a broker, nothing was checkpointed: 0.
     */
    private Map<String, Long> recoveryPoints() throws IOException {
        var points = new HashMap<String, Long>();
        Path file = data.resolve(CHECKPOINT);
        List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
        for (String line : lines.subList(Math.min(2, lines.size()), lines.size())) {
            String[] words = line.split(" ");
            points.put(words[0] + "-" + words[1], Long.parseLong(words[2]));
        }
        return points;
    }
}
