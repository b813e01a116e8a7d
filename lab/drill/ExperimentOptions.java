package lab.drill;

import java.time.Duration;
import java.util.*;
import java.util.stream.Stream;
import lab.common.*;
import lab.drill.clients.Producing;
import lab.drill.faults.Fault;
import lab.drill.scenarios.*;
import picocli.CommandLine.*;

/** What is tried: topics or a scenario, with each fault, and with each set of client properties. */
class ExperimentOptions {
    @Parameters(paramLabel = "TOPIC", arity = "0..*",
            description = "Topics to produce to. A topic that does not exist is created if its name has a shape, such"
                    + " as orders-3p-rf2.")
    List<String> topics = List.of();

    @Option(names = "--scenario", paramLabel = "NAME",
            description = "Instead of a topic, a scenario with its own topic and steps: last-replica (see"
                    + " docs/scenario-4.md), power-cut (see docs/power-cut.md), exactly-once (see"
                    + " docs/exactly-once.md) or queue (see docs/scenario-5.md). One of its trials: queue:lock.")
    String scenario;

    @Option(names = "--pipeline", paramLabel = "COMMAND",
            description = "With --scenario exactly-once: the command that starts your pipeline. {servers}, {input},"
                    + " {output}, {group} and {id} are replaced. See docs/exactly-once.md (default:"
                    + " lab/pipeline.java).")
    String pipeline;

    @Option(names = "--fault", paramLabel = "FAULT", split = ",",
            description = "Take the broker down by: stop (SIGTERM), kill (SIGKILL), pause (SIGSTOP: it hangs),"
                    + " disconnect (off the network; Docker only) or power (SIGKILL, and what was not fsynced is lost;"
                    + " only on a cluster that the drill starts). A list compares (default: stop).")
    List<Fault> faults = List.of(Fault.stop);

    @Option(names = "--target", paramLabel = "NODE", defaultValue = "leader",
            description = "The node to take down: a broker's number, several such as 1,2, 'leader' (of partition 0),"
                    + " 'all-in-turn' (a rolling restart) or 'controller' (default: ${DEFAULT-VALUE}).")
    String target;

    @Option(names = "--steps", paramLabel = "STEPS", converter = StepsConverter.class,
            description = "Take these steps instead, such as 'stop 1, 5s, kill 2, 10s, start 1, start 2'. Steps: a"
                    + " fault and a node; start and a node; a time; whole; elect; unclean.")
    List<Step> steps;

    @Option(names = "--before", paramLabel = "TIME", converter = TimeConverter.class, defaultValue = "2s",
            description = "Produce for TIME before the fault, such as 500ms, 10s or 2m (default: ${DEFAULT-VALUE}).")
    Duration before;

    @Option(names = "--down", paramLabel = "TIME", converter = TimeConverter.class,
            description = "Keep the node down for TIME (default: 3s for stop; 15s for kill, because a dead broker is"
                    + " noticed after 9 s; 40s otherwise, because clients wait 30 s for an answer).")
    Duration down;

    @Option(names = "--after", paramLabel = "TIME", converter = TimeConverter.class, defaultValue = "1s",
            description = "Produce for TIME after the recovery (default: ${DEFAULT-VALUE}).")
    Duration after;

    @Option(names = "--rate", paramLabel = "RATE", defaultValue = "200",
            description = "Records per second, over all partitions (default: ${DEFAULT-VALUE}).")
    int rate;

    @Option(names = "--size", paramLabel = "BYTES", defaultValue = "0",
            description = "Pad each record to this size (default: about 80 bytes).")
    int size;

    @Option(names = "--acks", paramLabel = "ACKS", split = ",",
            description = "The producer's acks: all, 1 or 0. A list compares (default: that of the client properties,"
                    + " otherwise all).")
    List<String> acks = List.of("");

    @Option(names = "--try", paramLabel = "NAME:KEY=VALUE,...",
            description = "Try these client properties, such as patient:linger.ms=50,acks=all. Repeatable: each is an"
                    + " experiment.")
    List<String> tries = List.of("");

    @Option(names = "--runs", paramLabel = "N", defaultValue = "1",
            description = "Repeat each experiment; the table has the median pause and the longest (default:"
                    + " ${DEFAULT-VALUE}).")
    int runs;

    /**
     * Refuses values that cannot be, and options that would have no effect.
     *
     * @param observe how long the cluster is only observed; null: a fault is injected
     */
    void check(ParseResult given, Duration observe) {
        if (rate < 1) throw new Failure(2, "--rate takes 1 or more records/s, not %d.", rate);
        if (runs < 1) throw new Failure(2, "--runs takes 1 or more, not %d.", runs);
        if (size < 0 || size > 1_000_000) throw new Failure(2, "--size takes 0 to 1,000,000 bytes, not %d.", size);
        if (!target.matches("\\d{1,9}(,\\d{1,9})*|leader|all-in-turn|controller")
                || new HashSet<>(targetNumbers()).size() < targetNumbers().size())
            throw new Failure(
                    2, "--target takes brokers' numbers, leader, all-in-turn or controller, not '%s'.", target);
        if (faults.contains(Fault.power) && target.equals("controller"))
            throw new Failure(2, "--fault power takes brokers: the controller fsyncs all that it writes.");
        for (String ack : acks)
            if (!List.of("", "all", "-1", "1", "0").contains(ack))
                throw new Failure(2, "--acks takes all, 1 or 0, not '%s'.", ack);
        if (scenario == null && topics.isEmpty())
            throw new Failure(2, "Name a topic, such as orders-3p-rf2, or a --scenario. Try --help.");
        if (scenario != null) scenarios(observe); // fails if there is none of this name
        if (scenario != null && !topics.isEmpty())
            throw new Failure(2, "A scenario has its own topic: leave out %s.", topics.get(0));
        topics.forEach(ExperimentOptions::checkName);
        if (pipeline != null && (scenario == null || !scenario.startsWith("exactly-once")))
            throw new Failure(2, "--pipeline belongs to --scenario exactly-once.");
        if (pipeline != null)
            for (String needed : List.of("{input}", "{output}", "{group}"))
                if (!pipeline.contains(needed)) throw new Failure(2, "--pipeline needs %s in its command.", needed);
        String chooses = "The scenario chooses what happens";
        if (scenario != null) refuse(given, chooses, "--steps", "--observe", "--fault", "--target", "--down");
        if (steps != null) refuse(given, "--steps has the faults", "--observe", "--fault", "--target", "--down");
        if (observe != null) refuse(given, "--observe injects no fault", "--fault", "--target", "--down");
    }

    private static void checkName(String topic) {
        if (topic.matches("[1-4]"))
            throw new Failure(
                    2,
                    "Scenarios 1 to 3 are in failover.java, Scenario 4 is --scenario last-replica. '%s' is no topic.",
                    topic);
        if (topic.startsWith("__")) throw new Failure(2, "Topic '%s' is Kafka's own: no records go there.", topic);
    }

    private static void refuse(ParseResult given, String reason, String... options) {
        for (String option : options)
            if (given.hasMatchedOption(option)) throw new Failure(2, "%s: leave out %s.", reason, option);
    }

    /** The numbers of the brokers that are the target; none: it is named in another way. */
    List<Integer> targetNumbers() {
        return target.matches("\\d.*")
                ? Stream.of(target.split(",")).map(Integer::valueOf).toList()
                : List.of();
    }

    /** The experiments, each once. What Kafka's clients would refuse is refused here. */
    List<Plan> plans(Connection connection, Duration observe) {
        var plans = new LinkedHashMap<List<Object>, Plan>();
        for (Scenario each : scenarios(observe))
            for (Fault fault : faults)
                for (String ack : acks)
                    for (String attempt : tries) {
                        Fault taken = each.takesFault() ? fault : null;
                        plans.computeIfAbsent(
                                Arrays.asList(each, taken, ack, attempt),
                                it -> new Plan(each, taken, Producing.of(connection, ack, attempt, rate, size)));
                    }
        return List.copyOf(plans.values());
    }

    private List<Scenario> scenarios(Duration observe) {
        var timing = new Timing(before, down, after);
        if (scenario != null) return named(timing);
        var all = new ArrayList<Scenario>();
        for (String topic : topics) all.add(new AnyTopic(topic, timing, target, steps, observe));
        return all;
    }

    /** All trials of a scenario, or one of them. */
    private List<Scenario> named(Timing timing) {
        if (scenario.equals("last-replica")) return LastReplica.all(timing);
        String[] words = scenario.split(":", 2);
        Map<String, Scenario> trials = Map.of();
        if (words[0].equals("power-cut")) trials = PowerCut.all(timing);
        if (words[0].equals("exactly-once")) trials = ExactlyOnce.all(timing, pipeline);
        if (words[0].equals("queue")) trials = SharedQueue.all(timing);
        if (words.length == 1 && pipeline != null) trials.remove("without"); // it is asked for by name
        if (words.length == 1 && !trials.isEmpty()) return List.copyOf(trials.values());
        if (words.length == 2 && trials.containsKey(words[1])) return List.of(trials.get(words[1]));
        throw new Failure(
                2,
                "--scenario takes last-replica, power-cut, exactly-once or queue, or one of their trials such as"
                        + " power-cut:%s, exactly-once:%s or queue:%s; not '%s'.",
                String.join("|", PowerCut.all(timing).keySet()),
                String.join("|", ExactlyOnce.all(timing, pipeline).keySet()),
                String.join("|", SharedQueue.all(timing).keySet()),
                scenario);
    }
}
