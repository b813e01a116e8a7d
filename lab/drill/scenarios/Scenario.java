package lab.drill.scenarios;

import java.util.*;
import lab.drill.faults.Fault;

/** A scenario: its topic, and its steps in their order. What is claimed of it is the proof's part. */
public abstract class Scenario {
    public final String title;
    public final String topic;
    final Timing timing;

    Scenario(String title, String topic, Timing timing) {
        this.title = title;
        this.topic = topic;
        this.timing = timing;
    }

    /**
     * @param fault what the user chose; null: the scenario has its own
     * @param brokers their ids
     */
    public abstract List<Step> steps(Fault fault, Collection<Integer> brokers);

    /** Its name in a history: the proof claims by it. */
    public abstract String id();

    /** The node that is taken down, as the user named it; null: the steps name it, or there is none. */
    public String target() {
        return null;
    }

    /** Whether the user chooses the fault. */
    public boolean takesFault() {
        return false;
    }

    /** What the topic must be like, such as 1p-rf2; null: anything. */
    public String shape() {
        return null;
    }

    /** Properties that the topic must have. */
    public Map<String, String> topicProperties() {
        return Map.of();
    }

    /** The topic that a pipeline writes to; null: the scenario has no pipeline. The pipeline reads the topic. */
    public String output() {
        return null;
    }

    /** Whether a share group reads the topic. */
    public boolean isQueue() {
        return false;
    }

    /** Starts the user's pipeline; null: it is lab/pipeline.java. */
    public String command() {
        return null;
    }

    /** Arguments of lab/pipeline.java. */
    public List<String> pipeline() {
        return List.of();
    }

    /** Properties that all brokers must have; "" for Kafka's default. */
    public Map<String, String> brokerProperties() {
        return Map.of();
    }

    /** How long records flow before the first fault. */
    public java.time.Duration before() {
        return timing.before();
    }
}
