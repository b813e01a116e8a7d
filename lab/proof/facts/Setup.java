package lab.proof.facts;

import java.util.List;
import java.util.Map;
import lab.history.Action;
import lab.history.Experiment;
import lab.history.RunHistory;

/**
 * What the run was about, as it was written down.
 *
 * @param topic at the beginning
 * @param later the topic whenever it was looked at again
 * @param readsCommitted whether the group waits for transactions that are open, also those of others
 */
public record Setup(
        Experiment.Run run,
        Experiment.Topic topic,
        List<Experiment.Topic> later,
        Experiment.Cluster cluster,
        Map<String, ?> producer,
        int consumers,
        boolean readsCommitted,
        Experiment.Limits limits) {

    static Setup of(RunHistory run) {
        List<Experiment.Topic> topics = run.all(Experiment.Topic.class);
        Experiment.Topic none = new Experiment.Topic(0, true, "", "", List.of(), 0, 0, false);
        return new Setup(
                run.begin(),
                topics.isEmpty() ? none : topics.get(0).cutBack(run.all(Action.Cut.class)),
                topics.isEmpty() ? List.of() : topics.subList(1, topics.size()),
                first(run, Experiment.Cluster.class, new Experiment.Cluster(0, "", "", List.of(), 9_000, null)),
                first(run, Experiment.Producer.class, new Experiment.Producer(0, Map.of(), Map.of()))
                        .config(),
                first(run, Experiment.Group.class, new Experiment.Group(0, "", 0, "", Map.of(), null, 0))
                        .consumers(),
                run.all(Experiment.Group.class).stream()
                        .anyMatch(it -> "read_committed".equals(it.config().get("isolation.level"))),
                first(run, Experiment.Limits.class, new Experiment.Limits(0, Double.NaN, Double.NaN)));
    }

    private static <E extends Experiment> E first(RunHistory run, Class<E> kind, E otherwise) {
        return run.all(kind).stream().findFirst().orElse(otherwise);
    }

    public int partitions() {
        return topic.partitions().size();
    }

    public List<Integer> replicas(int partition) {
        return topic.partitions().get(partition).replicas();
    }

    /** The offset of the run's first record, at the earliest. */
    public long firstOffset(int partition) {
        return topic.partitions().get(partition).end();
    }

    /** A setting of the producer as Kafka reads it; "" if it was not written down. */
    public String setting(String key) {
        Object value = producer.get(key);
        return value == null ? "" : value.toString().strip();
    }

    public boolean acksAll() {
        return setting("acks").equals("all") || setting("acks").equals("-1");
    }

    /** In seconds. */
    public double timeout(String key, int usualMs) {
        String ms = setting(key);
        return (ms.matches("\\d+") ? Long.parseLong(ms) : usualMs) / 1e3;
    }

    /** In seconds: a silent broker is given up after it. */
    public double session() {
        return cluster.sessionTimeoutMs() / 1e3;
    }

    /** Whether the topic was deleted, or another one has its name. */
    public boolean topicGone() {
        return later.stream().anyMatch(it -> !it.exists() || !it.id().equals(topic.id()));
    }

    public boolean isScenario(String scenario) {
        return run.scenario().equals(scenario);
    }
}
