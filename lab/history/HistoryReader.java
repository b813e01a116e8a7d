package lab.history;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.zip.CRC32;

/** Reads a history. A file that was cut off at its end is read up to there; any other damage is an error. */
public class HistoryReader {
    private static final int LONGEST = 1 << 24; // bytes of a line
    private static final int MOST_DIGITS = 1_000; // of a number: to read one of millions takes minutes
    private static final int FAR_AWAY = 1_000_000; // records that a killed writer had not written yet are fewer
    private static final Map<String, Function<Fields, Entry>> TYPES = new HashMap<>();

    static {
        TYPES.put("run", Experiment.Run::read);
        TYPES.put("topic", Experiment.Topic::read);
        TYPES.put("cluster", Experiment.Cluster::read);
        TYPES.put("producer", Experiment.Producer::read);
        TYPES.put("group", Experiment.Group::read);
        TYPES.put("limits", Experiment.Limits::read);
        TYPES.put("load", Action.Load::read);
        TYPES.put("fault", Action.Fault::read);
        TYPES.put("fault_done", Action.FaultDone::read);
        TYPES.put("cut", Action.Cut::read);
        TYPES.put("restore", Action.Restore::read);
        TYPES.put("restore_done", Action.RestoreDone::read);
        TYPES.put("whole", line -> new Action.Whole(line.seconds("t")));
        TYPES.put("preferred", line -> new Action.Preferred(line.seconds("t")));
        TYPES.put("elect", Action.Elect::read);
        TYPES.put("leave", Action.Leave::read);
        TYPES.put("gave_up", Action.GaveUp::read);
        TYPES.put("state", Seen.State::read);
        TYPES.put("brokers", Seen.Brokers::read);
        TYPES.put("controller", Seen.Controller::read);
        TYPES.put("blind", Seen.Blind::read);
        TYPES.put("observer", Seen.Observer::read);
        TYPES.put("assigned", Seen.Assigned::read);
        TYPES.put("consumer", Seen.Consumer::read);
        TYPES.put("outside", Seen.Outside::read);
        TYPES.put("note", Seen.Note::read);
        TYPES.put("audit", Audit::read);
        TYPES.put("pipeline", Processing.Pipeline::read);
        TYPES.put("transaction", Processing.Transaction::read);
        TYPES.put("process", Processing.Process::read);
        TYPES.put("batch", Processing.Batch::read);
        TYPES.put("open", Processing.Open::read);
        TYPES.put("held", Processing.Held::read);
        TYPES.put("consumed", Processing.Consumed::read);
        TYPES.put("queue", Sharing.Queue::read);
        TYPES.put("drained", Sharing.Drained::read);
        TYPES.put("output_audit", Processing.OutputAudit::read);
        for (Flow.Kind kind : Flow.Kind.values()) TYPES.put(kind.lowerCase(), line -> Flow.read(kind, line));
    }

    private final Path path;
    private final CRC32 checksum = new CRC32();
    private long lines;
    private Map<String, String> header;
    private final List<RunHistory> runs = new ArrayList<>();
    private boolean cutOff; // its last line has no end
    private Experiment.Run begin; // null: between two runs
    private List<Entry> entries;
    private long sent; // records of the run
    private int highestId; // of any of its records

    private HistoryReader(Path path) {
        this.path = path;
    }

    /**
     * Reads a file.
     *
     * @throws Malformed if it is not a history of this version, or was changed
     */
    public static History read(Path path) throws IOException {
        return new HistoryReader(path).all();
    }

    private History all() throws IOException {
        try (InputStream file = new BufferedInputStream(Files.newInputStream(path), 1 << 16)) {
            for (byte[] line; (line = next(file)) != null; ) {
                line(line);
                checksum.update(line);
                lines++;
            }
        }
        if (header == null) throw new Malformed(path + ": not a history: its first line has no \"type\":\"history\"");
        if (begin != null) add(false);
        return new History(header, List.copyOf(runs), missing());
    }

    /** The next line with its end; null at the end of the file, and for a last line that was cut off. */
    private byte[] next(InputStream file) throws IOException {
        var line = new ByteArrayOutputStream(256);
        for (int next; (next = file.read()) >= 0; ) {
            line.write(next);
            if (next == '\n') return line.toByteArray();
            if (line.size() >= LONGEST) throw new Malformed("%s:%d: the line is too long".formatted(path, lines + 1));
        }
        cutOff = line.size() > 0;
        return null;
    }

    private String missing() {
        if (runs.isEmpty()) return "it has no run";
        RunHistory last = runs.get(runs.size() - 1);
        if (!last.complete()) return "run %d has no end".formatted(last.begin().number());
        if (cutOff) return "its last line is cut off";
        int planned = last.begin().of();
        for (int i = 0; i < runs.size(); i++) {
            Experiment.Run run = runs.get(i).begin();
            if (run.number() != i + 1 || run.of() != planned)
                return "run %d of %d is where run %d of %d should be".formatted(run.number(), run.of(), i + 1, planned);
        }
        if (runs.size() != planned) return "it has %d of %d runs".formatted(runs.size(), planned);
        return null;
    }

    private void line(byte[] bytes) {
        Fields line = new Fields(parsed(bytes), "%s:%d".formatted(path, lines + 1));
        String type = line.text("type");
        if (lines == 0) {
            if (!type.equals("history")) throw line.wrong("not a history: the first line has another type");
            int version = line.whole("version");
            if (version != HistoryWriter.VERSION)
                throw line.wrong("version %d of the format; this program reads version %d"
                        .formatted(version, HistoryWriter.VERSION));
            header = line.all();
        } else if (type.equals("end")) end(line);
        else entry(type, line);
    }

    private JsonObject parsed(byte[] bytes) {
        try {
            var text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)); // not lenient, as String is
            if (hasLongNumber(text))
                throw new Malformed("%s:%d: a number has too many digits".formatted(path, lines + 1));
            return JsonParser.object().from(text.toString());
        } catch (CharacterCodingException notUtf8) {
            throw new Malformed("%s:%d: not UTF-8".formatted(path, lines + 1));
        } catch (JsonParserException notJson) {
            throw new Malformed("%s:%d: not JSON: %s".formatted(path, lines + 1, notJson.getMessage()));
        } catch (StackOverflowError nested) {
            throw new Malformed("%s:%d: not JSON: too deeply nested".formatted(path, lines + 1));
        }
    }

    private static boolean hasLongNumber(CharSequence text) {
        int digits = 0;
        boolean quoted = false;
        for (int i = 0; i < text.length(); i++) {
            char it = text.charAt(i);
            if (quoted && it == '\\') i++;
            else if (it == '"') quoted = !quoted;
            digits = !quoted && it >= '0' && it <= '9' ? digits + 1 : 0;
            if (digits > MOST_DIGITS) return true;
        }
        return false;
    }

    private void entry(String type, Fields line) {
        Function<Fields, Entry> read = TYPES.get(type);
        if (read == null) throw line.wrong("unknown type '" + type + "'");
        Entry entry = read.apply(line);
        if (entry instanceof Experiment.Run run) {
            if (begin != null) throw line.wrong("a run begins, and the one before has no end");
            begin = run;
            entries = new ArrayList<>();
            sent = highestId = 0;
        }
        if (begin == null) throw line.wrong("this line belongs to no run");
        entries.add(entry);
        if (entry instanceof Flow flow) {
            if (flow.kind() == Flow.Kind.SENT) sent += flow.records().size();
            highestId = Math.max(highestId, flow.records().highestId());
        }
    }

    /** The run is over, or the file. Ids are counted up: to look at one that is far away would take all memory. */
    private void add(boolean complete) {
        if (highestId > sent + FAR_AWAY)
            throw new Malformed(
                    "%s:%d: %,d records were sent, and one has the id %,d".formatted(path, lines, sent, highestId));
        runs.add(new RunHistory(begin, entries, complete));
    }

    private void end(Fields line) {
        if (begin == null) throw line.wrong("an end without a run");
        String expected = "%08x".formatted(checksum.getValue());
        if (line.offset("lines") != lines || !line.text("crc").equals(expected))
            throw line.wrong("the lines before are not those that were written: %d lines, checksum %s"
                    .formatted(lines, expected));
        add(true);
        begin = null;
    }
}
