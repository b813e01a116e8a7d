package lab.cut;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;

/** The directory of a partition: segments, their indexes, snapshots of its producers. */
class PartitionLog {
    private static final List<String> INDEXES = List.of(".index", ".timeindex", ".txnindex");

    private final Path directory;

    /** Offsets after the last record: before the cut and after it. */
    record Ends(long before, long after) {}

    PartitionLog(Path directory) {
        this.directory = directory;
    }

    /**
     * Removes all batches from the recovery point on. A segment that is cut loses its indexes, which Kafka rebuilds. A
     * later segment is removed as a whole, and so is a snapshot of what is no longer there. The first segment's file stays even
     * if it is empty, because its name is where the log starts.
     */
    Ends cut(long recoveryPoint) throws IOException {
        List<Path> segments = files(".log");
        if (segments.isEmpty()) return new Ends(0, 0);
        long before = baseOf(segments.get(0));
        long after = before;
        boolean isCut = false;
        for (Path segment : segments) {
            long kept = 0;
            long keptEnd = baseOf(segment);
            before = Math.max(before, keptEnd);
            for (Batches.Batch batch : Batches.of(segment)) {
                before = Math.max(before, batch.nextOffset());
                if (isCut || batch.nextOffset() > recoveryPoint) continue;
                kept = batch.endPosition();
                keptEnd = batch.nextOffset();
            }
            if (isCut) {
                Files.delete(segment);
                deleteIndexes(segment);
                continue;
            }
            after = Math.max(after, keptEnd);
            if (kept == Files.size(segment)) continue;
            isCut = true;
            try (var channel = FileChannel.open(segment, StandardOpenOption.WRITE)) {
                channel.truncate(kept);
            }
            deleteIndexes(segment);
        }
        for (Path snapshot : files(".snapshot")) if (baseOf(snapshot) > after) Files.delete(snapshot);
        return new Ends(before, after);
    }

    private void deleteIndexes(Path segment) throws IOException {
        String name = segment.getFileName().toString();
        for (String ending : INDEXES) Files.deleteIfExists(directory.resolve(name.replace(".log", ending)));
    }

    private List<Path> files(String ending) throws IOException {
        try (var files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().matches("\\d{20}" + ending.replace(".", "\\.")))
                    .sorted(Comparator.comparing(PartitionLog::baseOf))
                    .toList();
        }
    }

    /** The offset in a file's name. */
    private static long baseOf(Path file) {
        return Long.parseLong(file.getFileName().toString().substring(0, 20));
    }
}
