package lab.history;

import java.util.Map;
import java.util.Set;
import lab.common.Json;

/** What a pipeline between two topics did, and what was seen of its output. The input is the run's topic. */
public sealed interface Processing extends Entry {
    /**
     * The pipeline of a run. The input and the output have one partition each.
     *
     * @param output the output topic
     * @param first its end at the beginning: the run's first offset there
     * @param seekBack false: it makes the classic mistake, and skips the batch of an aborted transaction
     * @param timeoutMs the coordinator aborts a transaction that is open for longer; of a user's pipeline, the lines with its
     *     transactions say that
     * @param command starts the user's pipeline; null: it is lab/pipeline.java
     */
    record Pipeline(
            double t,
            String output,
            long first,
            String group,
            boolean transactions,
            boolean seekBack,
            int timeoutMs,
            String command)
            implements Processing {
        @Override
        public Map<String, Object> fields() {
            var fields = Json.object("output", output, "first", first, "group", group);
            fields.putAll(Json.object("transactions", transactions, "seek_back", seekBack));
            fields.put("transaction_timeout_ms", command == null ? timeoutMs : null);
            fields.put("command", command);
            return fields;
        }

        static Pipeline read(Fields line) {
            return new Pipeline(
                    line.seconds("t"),
                    line.text("output"),
                    line.offset("first"),
                    line.text("group"),
                    line.yes("transactions", false),
                    line.yes("seek_back", true),
                    line.least(1, "transaction_timeout_ms", 60_000),
                    line.text("command", null));
        }

        /** Whether it is not lab/pipeline.java: then what it prints has no meaning. */
        public boolean isForeign() {
            return command != null;
        }
    }

    /**
     * An open transaction of a user's pipeline, as the brokers report it.
     *
     * @param id its transactional.id
     * @param timeoutMs the coordinator aborts it if it is open for longer
     */
    record Transaction(double t, String id, int timeoutMs) implements Processing {
        @Override
        public Map<String, Object> fields() {
            return Json.object("id", id, "timeout_ms", timeoutMs);
        }

        static Transaction read(Fields line) {
            return new Transaction(line.seconds("t"), line.text("id"), line.least(1, "timeout_ms"));
        }
    }

    /**
     * A process of the pipeline, or a member of the share group: {@code start}, {@code freeze} (SIGSTOP), {@code resume},
     * {@code kill} (SIGKILL), {@code ended} (by itself), or {@code end} (the run ended it).
     *
     * @param process counts the processes of the run, from 1
     */
    record Process(double t, int process, String what) implements Processing {
        private static final Set<String> ALL = Set.of("start", "freeze", "resume", "kill", "ended", "end");

        @Override
        public Map<String, Object> fields() {
            return Json.object("process", process, "what", what);
        }

        static Process read(Fields line) {
            return new Process(line.seconds("t"), line.least(1, "process"), line.oneOf("what", ALL));
        }
    }

    /**
     * What a process reports of its batches: {@code committed}, {@code aborted}, or {@code replaced} for its clients.
     *
     * @param records how many; 0 if it replaced its clients
     * @param to the offset of the batch's last record in the input, if it was committed; otherwise -1
     */
    record Batch(double t, int process, String what, int records, long to, String error) implements Processing {
        public boolean isCommitted() {
            return what.equals("committed");
        }

        @Override
        public Map<String, Object> fields() {
            var fields = Json.object("process", process, "what", what, "count", records);
            fields.putAll(Json.object("to", to < 0 ? null : to, "error", error));
            return fields;
        }

        static Batch read(Fields line) {
            String what = line.oneOf("what", Set.of("committed", "aborted", "replaced"));
            return new Batch(
                    line.seconds("t"),
                    line.least(1, "process"),
                    what,
                    line.least(0, "count", 0),
                    what.equals("committed") ? line.offset("to") : -1,
                    line.text("error", null));
        }
    }

    /**
     * A frozen process has written records and has not committed them. Seen twice, so that nothing is on its way.
     *
     * @param stable the output's last stable offset
     * @param end the output's high watermark
     * @param consumed the group's committed offset of the input
     */
    record Open(double t, int process, long stable, long end, long consumed) implements Processing {
        @Override
        public Map<String, Object> fields() {
            return Json.object("process", process, "stable", stable, "end", end, "consumed", consumed);
        }

        static Open read(Fields line) {
            return new Open(
                    line.seconds("t"),
                    line.least(1, "process"),
                    line.offset("stable"),
                    line.offset("end"),
                    line.offset("consumed"));
        }
    }

    /** The output's last stable offset stood below the high watermark, from the first answer to the last one. */
    record Held(double t, double to, long stable, long end) implements Processing {
        @Override
        public Map<String, Object> fields() {
            return Json.object("to", to, "stable", stable, "end", end);
        }

        static Held read(Fields line) {
            return new Held(line.seconds("t"), line.seconds("to"), line.offset("stable"), line.offset("end"));
        }
    }

    /** How far the group has committed the input after the run (-1: no answer), and where the input ends. */
    record Consumed(double t, long committed, long end) implements Processing {
        @Override
        public Map<String, Object> fields() {
            return Json.object("committed", committed < 0 ? null : committed, "end", end);
        }

        static Consumed read(Fields line) {
            return new Consumed(line.seconds("t"), line.offset("committed", -1), line.offset("end"));
        }
    }

    /**
     * How far the output was read after the run. What was found is in {@link Flow} entries before it.
     *
     * @param isolation {@code read_committed} or {@code read_uncommitted}
     * @param to the offset behind the last one that was read
     * @param end the output's high watermark when reading began
     */
    record OutputAudit(double t, String isolation, long from, long to, long end) implements Processing {
        @Override
        public Map<String, Object> fields() {
            return Json.object("isolation", isolation, "from", from, "to", to, "end", end);
        }

        static OutputAudit read(Fields line) {
            return new OutputAudit(
                    line.seconds("t"),
                    line.oneOf("isolation", Set.of("read_committed", "read_uncommitted")),
                    line.offset("from"),
                    line.offset("to"),
                    line.offset("end"));
        }
    }
}
