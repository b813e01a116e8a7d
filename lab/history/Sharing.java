package lab.history;

import java.util.Map;
import lab.common.Json;

/** The share group that reads the run's topic, and how far it came. Its deliveries and answers are {@link Flow} entries. */
public sealed interface Sharing extends Entry {
    /**
     * The share group of a run. Each of its members is a {@link Processing.Process}.
     *
     * @param lockMs share.record.lock.duration.ms
     * @param limit share.delivery.count.limit
     * @param deadLetters the topic of records that are given up; null: there is none
     * @param released the id of the record that each member releases
     * @param rejected the id of the record that each member rejects
     */
    record Queue(double t, String group, int lockMs, int limit, String deadLetters, int released, int rejected)
            implements Sharing {
        @Override
        public Map<String, Object> fields() {
            var fields = Json.object("group", group, "lock_ms", lockMs, "limit", limit);
            fields.putAll(Json.object("dead_letters", deadLetters, "released", released, "rejected", rejected));
            return fields;
        }

        static Queue read(Fields line) {
            return new Queue(
                    line.seconds("t"),
                    line.text("group"),
                    line.least(1, "lock_ms"),
                    line.least(1, "limit"),
                    line.text("dead_letters", null),
                    line.least(0, "released", 0),
                    line.least(0, "rejected", 0));
        }
    }

    /**
     * How far the group was after the run.
     *
     * @param start the offset below which it has finished every record; -1: no answer
     * @param end of the topic's log
     * @param deadTo how far the dead-letter topic was read; -1 if there is none
     * @param deadEnd the end of the dead-letter topic
     */
    record Drained(double t, long start, long end, long deadTo, long deadEnd) implements Sharing {
        @Override
        public Map<String, Object> fields() {
            var fields = Json.object("start", start < 0 ? null : start, "end", end);
            if (deadTo >= 0) fields.putAll(Json.object("dead_to", deadTo, "dead_end", deadEnd));
            return fields;
        }

        static Drained read(Fields line) {
            return new Drained(
                    line.seconds("t"),
                    line.offset("start", -1),
                    line.offset("end"),
                    line.offset("dead_to", -1),
                    line.offset("dead_end", -1));
        }
    }
}
