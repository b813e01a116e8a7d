package lab.cut;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** The record batches of a segment file, found by their headers. */
class Batches {
    /**
     * The header of a batch, in bytes: Kafka's DefaultRecordBatch, magic 2. The base offset is at 0 (8 bytes), the length of
     * what follows it at 8 (4 bytes), and the last offset relative to the base at 23 (4 bytes).
     */
    static final int HEADER = 61;

    private static final int BEFORE_LENGTH = 12; // bytes: base offset and length

    /** Where a batch ends: the byte after it, and the offset after its last record. */
    record Batch(long endPosition, long nextOffset) {}

    private Batches() {}

    /** The whole batches, in order. Stops at the first one that is torn, as Kafka does when it recovers a log. */
    static List<Batch> of(Path segment) throws IOException {
        var batches = new ArrayList<Batch>();
        try (var channel = FileChannel.open(segment, StandardOpenOption.READ)) {
            ByteBuffer header = ByteBuffer.allocate(HEADER);
            for (long position = 0; position + HEADER <= channel.size(); ) {
                header.clear();
                while (header.hasRemaining())
                    if (channel.read(header, position + header.position()) < 0) return batches;
                int length = header.getInt(8);
                long end = position + BEFORE_LENGTH + length;
                if (length < HEADER - BEFORE_LENGTH || end > channel.size()) return batches;
                batches.add(new Batch(end, header.getLong(0) + header.getInt(23) + 1));
                position = end;
            }
        }
        return batches;
    }
}
