package lab.history;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lab.common.Json;

/** What a run is about: its topic, cluster, clients and limits. Written when it begins; a topic also later. */
public sealed interface Experiment extends Entry {
    /**
     * A run begins.
     *
     * @param run its id, in a header of each of its records
     * @param of how many runs are planned
     * @param started the wall-clock time, ISO 8601
     * @param scenario what is claimed: {@code 1}, {@code 2}, {@code 3}, {@code last-replica}, {@code power-cut}, {@code topic},
     *     {@code observe}
     * @param settings the name of the client settings, such as {@code acks=all}
     * @param fault what was asked; null for none, or for steps
     * @param rate records per second
     * @param blindS a longer time without observation is in a {@link Seen.Blind} entry
     */
    record Run(
            double t,
            String run,
            int number,
            int of,
            String started,
            String scenario,
            String title,
            String settings,
            String fault,
            String target,
            int rate,
            int size,
            double blindS)
            implements Experiment {
        @Override
        public Map<String, Object> fields() {
            var fields = Json.object("run", run, "number", number, "of", of, "started", started);
            fields.putAll(Json.object("scenario", scenario, "title", title, "settings", settings, "fault", fault));
            fields.putAll(Json.object("target", target, "rate", rate, "size", size, "blind_s", blindS));
            return fields;
        }

        static Run read(Fields line) {
            return new Run(
                    line.seconds("t"),
                    line.text("run"),
                    line.whole("number"),
                    line.whole("of", 1),
                    line.text("started"),
                    line.text("scenario"),
                    line.text("title"),
                    line.text("settings", ""),
                    line.text("fault", null),
                    line.text("target", null),
                    line.least(0, "rate", 0),
                    line.least(0, "size", 0),
                    line.seconds("blind_s", 2));
        }
    }

    /**
     * A partition of the topic.
     *
     * @param replicas the preferred leader first
     * @param start of its log
     * @param end of its log: at t = 0, the run's first offset
     */
    record Partition(List<Integer> replicas, long start, long end) {}

    /**
     * The topic at the beginning (t = 0), and whenever it was looked at again.
     *
     * @param exists false: it was deleted, and nothing else is known of it
     * @param minInSync min.insync.replicas; 0 if it could not be read
     * @param effectiveMinInSync how many in-sync replicas acks=all really needs; 0 if not known
     */
    record Topic(
            double t,
            boolean exists,
            String name,
            String id,
            List<Partition> partitions,
            int minInSync,
            int effectiveMinInSync,
            boolean uncleanElection)
            implements Experiment {
        /** A topic that does not exist any more. */
        public static Topic gone(double t) {
            return new Topic(t, false, null, null, List.of(), 0, 0, false);
        }

        /** The same, with the offsets from which on the run's records may be: a log that was cut begins lower. */
        public Topic cutBack(List<Action.Cut> cuts) {
            var lower = new ArrayList<Partition>();
            for (Partition it : partitions) {
                long end = it.end();
                for (Action.Cut cut : cuts) {
                    Action.Cut.Log log = cut.of(name, lower.size());
                    if (log != null) end = Math.min(end, log.after());
                }
                lower.add(new Partition(it.replicas(), it.start(), end));
            }
            return new Topic(t, exists, name, id, lower, minInSync, effectiveMinInSync, uncleanElection);
        }

        @Override
        public Map<String, Object> fields() {
            if (!exists) return Json.object("exists", false);
            var fields = Json.object("name", name, "id", id, "partitions", partitions);
            fields.put("min_insync_replicas", minInSync);
            fields.put("effective_min_insync", effectiveMinInSync);
            fields.put("unclean_leader_election", uncleanElection);
            return fields;
        }

        static Topic read(Fields line) {
            double t = line.seconds("t");
            if (!line.yes("exists", true)) return gone(t);
            List<Partition> partitions = line.objects("partitions").stream()
                    .map(it -> new Partition(it.ids("replicas"), it.offset("start", 0), it.offset("end")))
                    .toList();
            if (partitions.stream().anyMatch(it -> it.replicas().isEmpty()))
                throw line.wrong("a partition without replicas");
            return new Topic(
                    t,
                    true,
                    line.text("name"),
                    line.text("id"),
                    partitions,
                    line.least(0, "min_insync_replicas", 0),
                    line.least(0, "effective_min_insync", 0),
                    line.yes("unclean_leader_election", false));
        }
    }

    /** A broker of the cluster; its version is null if not known. */
    record Broker(int id, String name, String version) {}

    /**
     * The cluster.
     *
     * @param implementation what the cluster reports of itself; null if not known
     * @param sessionTimeoutMs broker.session.timeout.ms: a silent broker is given up after it
     * @param runBy who starts and stops its brokers
     */
    record Cluster(double t, String id, String implementation, List<Broker> brokers, int sessionTimeoutMs, String runBy)
            implements Experiment {
        @Override
        public Map<String, Object> fields() {
            var fields = Json.object("id", id, "implementation", implementation, "brokers", brokers);
            fields.putAll(Json.object("session_timeout_ms", sessionTimeoutMs, "run_by", runBy));
            return fields;
        }

        static Cluster read(Fields line) {
            List<Broker> brokers = line.objects("brokers").stream()
                    .map(it -> new Broker(it.whole("id"), it.text("name", null), it.text("version", null)))
                    .toList();
            return new Cluster(
                    line.seconds("t"),
                    line.text("id", null),
                    line.text("implementation", null),
                    brokers,
                    line.least(1, "session_timeout_ms", 9_000),
                    line.text("run_by", null));
        }
    }

    /**
     * The producer's settings.
     *
     * @param config as Kafka's client reads them, with the defaults
     * @param given what the user asked for; no passwords
     */
    record Producer(double t, Map<String, ?> config, Map<String, ?> given) implements Experiment {
        @Override
        public Map<String, Object> fields() {
            return Json.object("config", config, "given", given);
        }

        static Producer read(Fields line) {
            return new Producer(line.seconds("t"), line.texts("config"), line.texts("given"));
        }
    }

    /**
     * The group that reads, at the beginning or when its state changed.
     *
     * @param consumers how many the run starts; 0 in later entries
     * @param state as the coordinator reports it, such as {@code Stable}; null at the beginning
     * @param members how many the coordinator knows; -1 at the beginning
     */
    record Group(
            double t, String group, int consumers, String protocol, Map<String, ?> config, String state, int members)
            implements Experiment {
        @Override
        public Map<String, Object> fields() {
            if (state != null) return Json.object("group", group, "state", state, "members", members);
            return Json.object("group", group, "consumers", consumers, "protocol", protocol, "config", config);
        }

        static Group read(Fields line) {
            String state = line.text("state", null);
            return new Group(
                    line.seconds("t"),
                    line.text("group"),
                    state == null ? line.least(0, "consumers") : 0,
                    line.text("protocol", null),
                    line.texts("config"),
                    state,
                    line.whole("members", -1));
        }
    }

    /** What the user demands; NaN for a limit that was not asked for. In seconds. */
    record Limits(double t, double maxPauseS, double maxLatencyS) implements Experiment {
        @Override
        public Map<String, Object> fields() {
            return Json.object("max_pause_s", known(maxPauseS), "max_latency_s", known(maxLatencyS));
        }

        private static Double known(double limit) {
            return Double.isNaN(limit) ? null : limit;
        }

        static Limits read(Fields line) {
            return new Limits(
                    line.seconds("t"),
                    line.seconds("max_pause_s", Double.NaN),
                    line.seconds("max_latency_s", Double.NaN));
        }
    }
}
