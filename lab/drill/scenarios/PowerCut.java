package lab.drill.scenarios;

import java.time.Duration;
import java.util.*;
import lab.drill.faults.Fault;

/**
 * Which records survive a power failure with acks=all: five trials with two replicas. What was not fsynced is cut away, so
 * a record survives only if a replica that keeps its power has it, or if Kafka was told to fsync.
 */
public class PowerCut extends Scenario {
    private static final Duration A_WHILE = Duration.ofSeconds(3);

    private final List<Step> outage;
    private final boolean flushes;

    /** By name, as {@code --scenario power-cut:NAME} takes it. */
    public static Map<String, Scenario> all(Timing timing) {
        Step restoreBoth = run -> {
            run.restore("1");
            run.restore("2");
        };
        var all = new LinkedHashMap<String, Scenario>();
        all.put(
                "control",
                new PowerCut(
                        timing,
                        "control: SIGKILL of both brokers, no cut",
                        false,
                        List.of(
                                run -> run.takeDown(Fault.kill, "1"),
                                run -> run.takeDown(Fault.kill, "2"),
                                run -> run.stayDown("2", A_WHILE),
                                restoreBoth)));
        all.put(
                "one",
                new PowerCut(
                        timing,
                        "one broker: the other one keeps its power",
                        false,
                        List.of(
                                run -> run.cutPower(List.of("1")),
                                run -> run.stayDown("1", Fault.kill.usualDown()),
                                run -> run.restore("1"))));
        all.put(
                "both",
                new PowerCut(
                        timing,
                        "both brokers: at the same time",
                        false,
                        List.of(
                                run -> run.cutPower(List.of("1", "2")),
                                run -> run.stayDown("2", A_WHILE),
                                restoreBoth)));
        all.put(
                "alone",
                new PowerCut(
                        timing,
                        "alone in sync: kafka-2 is stopped first, then kafka-1 loses its power",
                        false,
                        List.of(
                                run -> run.takeDown(Fault.stop, "2"),
                                run -> run.awaitOutOfSync("2"),
                                run -> run.flow(A_WHILE),
                                run -> run.cutPower(List.of("1")),
                                run -> run.stayDown("1", A_WHILE),
                                run -> run.restore("1"),
                                run -> run.flow(A_WHILE),
                                run -> run.restore("2"))));
        all.put(
                "flush",
                new PowerCut(
                        timing,
                        "flush: both brokers, with log.flush.interval.messages=1",
                        true,
                        List.of(
                                run -> run.cutPower(List.of("1", "2")),
                                run -> run.stayDown("2", A_WHILE),
                                restoreBoth)));
        return all;
    }

    private PowerCut(Timing timing, String title, boolean flushes, List<Step> outage) {
        super(title, "test-2p-rf2", timing);
        this.outage = outage;
        this.flushes = flushes;
    }

    @Override
    public String id() {
        return "power-cut";
    }

    @Override
    public List<Step> steps(Fault none, Collection<Integer> brokers) {
        var steps = new ArrayList<Step>(List.of(run -> run.flow(timing.before())));
        steps.addAll(outage);
        steps.addAll(List.of(Actions::awaitWhole, Actions::electPreferred, run -> run.flow(timing.after())));
        return steps;
    }

    @Override
    public String shape() {
        return "2p-rf2";
    }

    /** Of all brokers, so Kafka's own topics are also fsynced: committed offsets are records in one of them. */
    @Override
    public Map<String, String> brokerProperties() {
        return Map.of("log.flush.interval.messages", flushes ? "1" : "");
    }
}
