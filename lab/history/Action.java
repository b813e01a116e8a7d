package lab.history;

import java.util.List;
import java.util.Map;
import java.util.Set;
import lab.common.Json;

/** What was done: to the cluster, to the group, and by the producer. */
public sealed interface Action extends Entry {
    /** The producer begins to send ({@code begin}), or sends no more ({@code end}); {@code pause} and {@code resume}. */
    record Load(double t, String what) implements Action {
        @Override
        public Map<String, Object> fields() {
            return Json.object("what", what);
        }

        static Load read(Fields line) {
            return new Load(line.seconds("t"), line.oneOf("what", Set.of("begin", "end", "pause", "resume")));
        }
    }

    /**
     * A fault is injected. Written before it is done.
     *
     * @param n counts the faults of the run, from 1
     * @param node the node's id; -1 for a controller whose id is not known
     * @param role {@code broker} or {@code controller}
     * @param fault {@code stop}, {@code kill}, {@code pause}, {@code disconnect}, {@code power}
     * @param by who does it; {@code person} if someone was asked to
     */
    record Fault(double t, int n, int node, String role, String name, String fault, String by, String command)
            implements Action {
        @Override
        public Map<String, Object> fields() {
            var fields = Json.object("n", n, "node", node < 0 ? null : node, "role", role, "name", name);
            fields.putAll(Json.object("fault", fault, "by", by, "command", command));
            return fields;
        }

        static Fault read(Fields line) {
            return new Fault(
                    line.seconds("t"),
                    line.whole("n"),
                    line.least(-1, "node", -1),
                    line.oneOf("role", Set.of("broker", "controller")),
                    line.text("name"),
                    line.oneOf("fault", Set.of("stop", "kill", "pause", "disconnect", "power")),
                    line.text("by", null),
                    line.text("command", null));
        }
    }

    /**
     * The command of a fault has ended.
     *
     * @param ok whether it succeeded
     * @param controlled a shutdown in which the broker could hand over its leaders
     * @param since when the cluster showed the fault, if a person caused it; else NaN
     */
    record FaultDone(double t, int n, boolean ok, boolean controlled, String answer, double since) implements Action {
        @Override
        public Map<String, Object> fields() {
            var fields = Json.object("n", n, "ok", ok, "controlled", controlled, "answer", answer);
            fields.put("since", Double.isNaN(since) ? null : since);
            return fields;
        }

        static FaultDone read(Fields line) {
            return new FaultDone(
                    line.seconds("t"),
                    line.whole("n"),
                    line.yes("ok", false),
                    line.yes("controlled", false),
                    line.text("answer", null),
                    line.seconds("since", Double.NaN));
        }
    }

    /**
     * The logs of a node that lost its power were cut back to what Kafka had fsynced.
     *
     * @param n the number of the fault, {@code power}
     * @param dead whether the node was dead before the cut: nothing held its lock, and it refused connections
     * @param checkpointAgeS how old the checkpoint was when the node died; NaN if there was none, or nothing to cut
     * @param intervalS how often the broker writes a checkpoint; NaN if not known
     * @param flushMessages after how many records the topic's log is fsynced; Long.MAX_VALUE, Kafka's default: never
     * @param logs of all partitions that had a record, also Kafka's own
     */
    record Cut(
            double t,
            int n,
            int node,
            boolean dead,
            double checkpointAgeS,
            double intervalS,
            long flushMessages,
            List<Log> logs)
            implements Action {
        /** The log of a partition, such as orders-0: the offsets after its last record. */
        public record Log(String log, long before, long after) {}

        /** The log of one partition of a topic; null if it had no record. */
        public Log of(String topic, int partition) {
            String name = topic + "-" + partition;
            return logs.stream().filter(it -> it.log.equals(name)).findFirst().orElse(null);
        }

        @Override
        public Map<String, Object> fields() {
            var fields = Json.object("n", n, "node", node, "dead", dead);
            fields.put("checkpoint_age_s", Double.isNaN(checkpointAgeS) ? null : checkpointAgeS);
            fields.put("interval_s", Double.isNaN(intervalS) ? null : intervalS);
            fields.put("flush_messages", flushMessages == Long.MAX_VALUE ? null : flushMessages);
            fields.put("logs", logs);
            return fields;
        }

        static Cut read(Fields line) {
            List<Log> logs = line.objects("logs").stream()
                    .map(it -> new Log(it.text("log"), it.offset("before"), it.offset("after")))
                    .toList();
            return new Cut(
                    line.seconds("t"),
                    line.whole("n"),
                    line.whole("node"),
                    line.yes("dead", false),
                    line.difference("checkpoint_age_s", Double.NaN),
                    line.seconds("interval_s", Double.NaN),
                    line.offset("flush_messages", Long.MAX_VALUE),
                    logs);
        }
    }

    /** A fault is ended: the node is started, resumed or connected. Written before it is done. */
    record Restore(double t, int n, String command) implements Action {
        @Override
        public Map<String, Object> fields() {
            return Json.object("n", n, "command", command);
        }

        static Restore read(Fields line) {
            return new Restore(line.seconds("t"), line.whole("n"), line.text("command", null));
        }
    }

    /** The command of a restore has ended. */
    record RestoreDone(double t, int n, boolean ok, String answer) implements Action {
        @Override
        public Map<String, Object> fields() {
            return Json.object("n", n, "ok", ok, "answer", answer);
        }

        static RestoreDone read(Fields line) {
            return new RestoreDone(
                    line.seconds("t"), line.whole("n"), line.yes("ok", false), line.text("answer", null));
        }
    }

    /** All replicas are in sync again, each broker and the controller answer. */
    record Whole(double t) implements Action {
        @Override
        public Map<String, Object> fields() {
            return Json.object();
        }
    }

    /** The preferred leaders lead again. */
    record Preferred(double t) implements Action {
        @Override
        public Map<String, Object> fields() {
            return Json.object();
        }
    }

    /** An election that was asked for: {@code preferred} or {@code unclean}. */
    record Elect(double t, String what) implements Action {
        @Override
        public Map<String, Object> fields() {
            return Json.object("what", what);
        }

        static Elect read(Fields line) {
            return new Elect(line.seconds("t"), line.oneOf("what", Set.of("preferred", "unclean")));
        }
    }

    /** A consumer is told to leave its group. */
    record Leave(double t, int consumer) implements Action {
        @Override
        public Map<String, Object> fields() {
            return Json.object("consumer", consumer);
        }

        static Leave read(Fields line) {
            return new Leave(line.seconds("t"), line.least(0, "consumer"));
        }
    }

    /** The run could not be brought to its planned end. */
    record GaveUp(double t, String why) implements Action {
        @Override
        public Map<String, Object> fields() {
            return Json.object("why", why);
        }

        static GaveUp read(Fields line) {
            return new GaveUp(line.seconds("t"), line.text("why"));
        }
    }
}
