package lab.history;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import lab.common.Json;

/**
 * Writes a history, line by line, as things happen: each line is handed to the operating system at once, so it
 * survives {@code kill -9} of the writer. All methods may be called from any thread.
 */
public class HistoryWriter implements Closeable {
    static final int VERSION = 1;

    private final OutputStream file;
    private final CRC32 checksum = new CRC32();
    private long lines;

    /**
     * Begins a file, over one that is there.
     *
     * @param instrument who writes, such as {@code lab/drill.java}, and its version
     */
    public HistoryWriter(Path path, String instrument, String version, String kafkaClient) throws IOException {
        this.file = Files.newOutputStream(path);
        var first = Json.object("type", "history", "version", VERSION, "instrument", instrument);
        first.putAll(Json.object("instrument_version", version, "kafka_client", kafkaClient));
        first.put("java", System.getProperty("java.version"));
        line(first);
    }

    /** Writes one line. */
    public void write(Entry entry) throws IOException {
        var line = new LinkedHashMap<String, Object>();
        line.put("type", entry.type());
        line.put("t", entry.t());
        entry.fields().forEach((key, value) -> {
            if (value != null) line.put(key, value);
        });
        line(line);
    }

    /** Ends a run. A file without this line is incomplete. */
    public synchronized void end() throws IOException {
        line(Json.object("type", "end", "lines", lines, "crc", "%08x".formatted(checksum.getValue())));
    }

    private synchronized void line(Map<String, Object> fields) throws IOException {
        byte[] bytes = (Json.of(fields) + "\n").getBytes(StandardCharsets.UTF_8);
        file.write(bytes);
        checksum.update(bytes);
        lines++;
    }

    @Override
    public synchronized void close() throws IOException {
        file.close();
    }
}
