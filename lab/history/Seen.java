package lab.history;

import java.util.List;
import java.util.Map;
import java.util.Set;
import lab.common.Json;

/** What was seen of the cluster, of the group and of the observer itself. */
public sealed interface Seen extends Entry {
    /** No leader, no controller. */
    int NONE = -1;

    /**
     * A partition, at the beginning and after each change that several answers agree on.
     *
     * @param t the first answer that reports it
     * @param after the last answer that reports the state before; NaN if not known
     * @param leader its id, or {@link #NONE}
     * @param replicas the preferred leader first
     */
    record State(double t, double after, int partition, int leader, List<Integer> inSync, List<Integer> replicas)
            implements Seen {
        @Override
        public Map<String, Object> fields() {
            var fields = Json.object("after", Double.isNaN(after) ? null : after, "partition", partition);
            fields.putAll(Json.object("leader", leader, "in_sync", inSync, "replicas", replicas));
            return fields;
        }

        static State read(Fields line) {
            return new State(
                    line.seconds("t"),
                    line.seconds("after", Double.NaN),
                    line.least(0, "partition"),
                    line.least(NONE, "leader"),
                    line.ids("in_sync"),
                    line.ids("replicas", List.of()));
        }
    }

    /** The brokers that the cluster lists, at the beginning and after each change. */
    record Brokers(double t, List<Integer> listed) implements Seen {
        @Override
        public Map<String, Object> fields() {
            return Json.object("listed", listed);
        }

        static Brokers read(Fields line) {
            return new Brokers(line.seconds("t"), line.ids("listed"));
        }
    }

    /** The active controller, at the beginning and after each change: its id, or {@link #NONE}. */
    record Controller(double t, int id, List<Integer> voters) implements Seen {
        @Override
        public Map<String, Object> fields() {
            return Json.object("id", id, "voters", voters);
        }

        static Controller read(Fields line) {
            return new Controller(line.seconds("t"), line.least(NONE, "id"), line.ids("voters", List.of()));
        }
    }

    /** The cluster was not observed: no broker answered, or the program did not run. */
    record Blind(double t, double to, String why) implements Seen {
        /** The reason if no broker answered. Every other reason lies with the observer. */
        public static final String NO_ANSWER = "no broker answered";

        @Override
        public Map<String, Object> fields() {
            return Json.object("to", to, "why", why);
        }

        static Blind read(Fields line) {
            var blind = new Blind(line.seconds("t"), line.seconds("to"), line.text("why"));
            if (blind.to < blind.t) throw line.wrong("'to' is less than 't'");
            return blind;
        }
    }

    /** How exactly changes are known: the longest time between two answers, outside of {@link Blind} times. */
    record Observer(double t, double lateS) implements Seen {
        @Override
        public Map<String, Object> fields() {
            return Json.object("late_s", lateS);
        }

        static Observer read(Fields line) {
            return new Observer(line.seconds("t"), line.seconds("late_s"));
        }
    }

    /** The partitions that a consumer has been assigned. */
    record Assigned(double t, int consumer, List<Integer> partitions) implements Seen {
        @Override
        public Map<String, Object> fields() {
            return Json.object("consumer", consumer, "partitions", partitions);
        }

        static Assigned read(Fields line) {
            return new Assigned(line.seconds("t"), line.least(0, "consumer"), line.ids("partitions"));
        }
    }

    /** A consumer: {@code begin}, {@code end}, or {@code failed} with its error. */
    record Consumer(double t, int consumer, String what, String error) implements Seen {
        @Override
        public Map<String, Object> fields() {
            return Json.object("consumer", consumer, "what", what, "error", error);
        }

        static Consumer read(Fields line) {
            String what = line.oneOf("what", Set.of("begin", "end", "failed"));
            return new Consumer(line.seconds("t"), line.least(0, "consumer"), what, line.text("error", null));
        }
    }

    /** Something that others did, and that no other entry shows; -1 if it is about no node. */
    record Outside(double t, int node, String text) implements Seen {
        @Override
        public Map<String, Object> fields() {
            return Json.object("node", node < 0 ? null : node, "text", text);
        }

        static Outside read(Fields line) {
            return new Outside(line.seconds("t"), line.least(-1, "node", -1), line.text("text"));
        }
    }

    /** For readers. It is never judged. */
    record Note(double t, String text) implements Seen {
        @Override
        public Map<String, Object> fields() {
            return Json.object("text", text);
        }

        static Note read(Fields line) {
            return new Note(line.seconds("t"), line.text("text"));
        }
    }
}
