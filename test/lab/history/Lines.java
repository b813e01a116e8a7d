package lab.history;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import com.grack.nanojson.JsonWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.zip.CRC32;

/** A history as lines that a test changes: then it is sealed again, as if it had been written so. */
public class Lines {
    private final List<JsonObject> lines = new ArrayList<>();

    public static Lines read(Path file) throws IOException {
        var all = new Lines();
        for (String line : Files.readAllLines(file)) all.add(line);
        return all;
    }

    public Lines copy() {
        var copy = new Lines();
        for (JsonObject line : lines) copy.lines.add(new JsonObject(line)); // fields are replaced, never changed
        return copy;
    }

    /** Adds a line at the end; before the end line if there is one. */
    public Lines add(String json) {
        int at = lines.size();
        if (at > 0 && lines.get(at - 1).getString("type").equals("end")) at--;
        lines.add(at, parsed(json));
        return this;
    }

    private static JsonObject parsed(String json) {
        try {
            return JsonParser.object().from(json);
        } catch (JsonParserException wrong) {
            throw new IllegalArgumentException(json, wrong);
        }
    }

    public List<JsonObject> all(String type) {
        return lines.stream().filter(it -> it.getString("type").equals(type)).toList();
    }

    public Lines remove(Predicate<JsonObject> which) {
        lines.removeIf(which);
        return this;
    }

    /** Sets a field of the nth line of a type, counted from 1; null removes it. */
    public Lines set(String type, int nth, String key, String json) {
        JsonObject line = all(type).get(nth - 1);
        if (json == null) line.remove(key);
        else line.put(key, parsed("{\"it\":" + json + "}").get("it"));
        return this;
    }

    /** One record of the log, or of another kind: its id and offset. */
    public record Entry(int id, long offset) {}

    /** The records of a kind in a partition, in order. */
    public List<Entry> records(String type, int partition) {
        var records = new ArrayList<Entry>();
        for (JsonObject line : all(type)) if (line.getInt("partition") == partition) records.addAll(records(line));
        return records;
    }

    private static List<Entry> records(JsonObject line) {
        var records = new ArrayList<Entry>();
        for (Object each : line.getArray("records")) {
            var range = (JsonArray) each;
            long offset = range.getLong(3, Ranges.UNKNOWN);
            for (long id = range.getLong(0); id <= range.getLong(1); id += range.getLong(2))
                records.add(new Entry((int) id, offset == Ranges.UNKNOWN ? offset : offset++));
        }
        return records;
    }

    private static void put(JsonObject line, List<Entry> records) {
        var ranges = new Ranges();
        for (Entry it : records) ranges.add(it.id, it.offset);
        var array = new JsonArray();
        for (List<Long> range : ranges.asLists()) array.add(new JsonArray(range));
        line.put("records", array);
        if (line.has("latency_ms")) line.put("latency_ms", latencies(line.getArray("latency_ms"), records.size()));
    }

    /** Of so many records: the shortest ones. */
    private static JsonArray latencies(JsonArray all, int records) {
        var fewer = new JsonArray();
        int left = records;
        for (Object each : all) {
            int some = Math.min(left, ((JsonArray) each).getInt(1));
            if (some > 0) fewer.add(new JsonArray(List.of(((JsonArray) each).get(0), some)));
            left -= some;
        }
        return fewer;
    }

    public int size() {
        return lines.size();
    }

    /** Only the first lines: as if the writer had been killed. */
    public Lines keep(int length) {
        lines.subList(length, lines.size()).clear();
        return this;
    }

    /** The latest time of any line. */
    public double lastTime() {
        return lines.stream()
                .mapToDouble(it -> Math.max(it.getDouble("t"), it.getDouble("to")))
                .max()
                .orElse(0);
    }

    /** Adds an end line, if there is none. */
    public Lines end() {
        if (all("end").isEmpty()) add("{\"type\":\"end\"}");
        return this;
    }

    /** Takes a record out of all lines of a kind. */
    public Lines drop(String type, int id) {
        for (JsonObject line : all(type)) {
            List<Entry> records = records(line);
            if (records.removeIf(it -> it.id == id)) put(line, records);
        }
        lines.removeIf(it -> it.has("records") && it.getArray("records").isEmpty());
        return this;
    }

    /** The record is there a second time, right behind the first; other offsets stay as they are. */
    public Lines again(String type, int id, long offset) {
        for (JsonObject line : all(type)) {
            List<Entry> records = records(line);
            for (int i = 0; i < records.size(); i++)
                if (records.get(i).id == id) {
                    records.add(i + 1, new Entry(id, offset));
                    put(line, records);
                    return this;
                }
        }
        throw new IllegalArgumentException(type + " " + id);
    }

    /** The record and the one behind it in its partition exchange their places. */
    public Lines swap(String type, int id) {
        JsonObject lineOfOne = null;
        List<Entry> before = List.of();
        for (JsonObject line : all(type)) {
            List<Entry> records = records(line);
            for (int i = 0; i < records.size(); i++) {
                Entry other = records.get(i);
                if (lineOfOne != null && lineOfOne.getInt("partition") == line.getInt("partition")) {
                    List<Entry> mine = lineOfOne == line ? records : before;
                    int at = mine == records ? i - 1 : mine.size() - 1;
                    Entry one = mine.get(at);
                    mine.set(at, new Entry(other.id, one.offset));
                    records.set(i, new Entry(one.id, other.offset));
                    put(lineOfOne, mine);
                    put(line, records);
                    return this;
                }
                if (other.id == id) {
                    lineOfOne = line;
                    before = records;
                }
            }
        }
        throw new IllegalArgumentException(type + " " + id + " is the last");
    }

    /** Writes a sound file: as many lines and the checksum that the end lines promise. */
    public Path seal(Path file) throws IOException {
        var text = new StringBuilder();
        var checksum = new CRC32();
        long count = 0;
        for (JsonObject line : lines) {
            if (line.getString("type").equals("end")) {
                line.put("lines", count);
                line.put("crc", "%08x".formatted(checksum.getValue()));
            }
            String written = JsonWriter.string(line) + "\n";
            checksum.update(written.getBytes(StandardCharsets.UTF_8));
            text.append(written);
            count++;
        }
        return Files.writeString(file, text);
    }
}
