package lab.drill.scenarios;

import java.time.Duration;
import java.util.*;
import lab.drill.faults.Fault;

/**
 * A pipeline between two topics, under faults. With transactions, each input must be in the output once. Two controls
 * show that the proof finds errors: a pipeline without transactions, and one that does not seek back.
 */
public class ExactlyOnce extends Scenario {
    private static final String OUTPUT = "exactly-once-output-1p-rf2";

    private final String name;
    private final List<String> pipeline;
    private final Steps body;
    private final String command;

    private interface Steps {
        List<Step> of(ExactlyOnce it);
    }

    /**
     * By name, in the order in which they run.
     *
     * @param command starts the user's pipeline; null: it is lab/pipeline.java. Nobody else's can be asked for a mistake
     */
    public static Map<String, Scenario> all(Timing timing, String command) {
        var all = new LinkedHashMap<String, Scenario>();
        for (ExactlyOnce it : List.of(
                new ExactlyOnce("leader", "kill the output's leader", timing, it -> it.kill("output"), command),
                new ExactlyOnce("coordinator", "kill the coordinator", timing, it -> it.kill("coordinator"), command),
                new ExactlyOnce(
                        "pipeline", "kill the pipeline in a transaction", timing, ExactlyOnce::killPipeline, command),
                new ExactlyOnce("zombie", "freeze, replace and resume it", timing, ExactlyOnce::zombie, command),
                new ExactlyOnce(
                        "without",
                        "kill it, without transactions",
                        timing,
                        ExactlyOnce::killPipeline,
                        command,
                        "--work",
                        "2"),
                new ExactlyOnce(
                        "mistake",
                        "kill the output's leader, no seek back",
                        timing,
                        it -> it.kill("output"),
                        command,
                        "--transactions",
                        "--no-seek-back",
                        // In ms. The outputs fail before the cluster gives up the leader after 9 s, so a batch is
                        // aborted.
                        "-X",
                        "delivery.timeout.ms=6000",
                        "-X",
                        "request.timeout.ms=3000"))) all.put(it.name, it);
        if (command != null) all.remove("mistake");
        return all;
    }

    private ExactlyOnce(String name, String title, Timing timing, Steps body, String command, String... pipeline) {
        super(name + ": " + title, "exactly-once-input-1p-rf2", timing);
        this.name = name;
        this.body = body;
        this.command = command;
        // With the work, a batch takes 100 ms, so a freeze can hit one.
        this.pipeline = pipeline.length > 0 ? List.of(pipeline) : List.of("--transactions", "--work", "2");
    }

    @Override
    public List<Step> steps(Fault none, Collection<Integer> brokers) {
        var steps = new ArrayList<Step>(List.of(
                run -> run.pipeline().start(),
                run -> run.pipeline().awaitProgress(),
                run -> run.pipeline().awaitTransaction(),
                run -> run.flow(timing.before())));
        steps.addAll(body.of(this));
        steps.add(run -> run.flow(timing.after()));
        return steps;
    }

    private List<Step> kill(String node) {
        return List.of(
                run -> run.takeDown(Fault.kill, node),
                run -> run.stayDown(node, timing.outage(Fault.kill)),
                run -> run.restore(node),
                Actions::awaitWhole,
                Actions::electPreferred,
                run -> run.pipeline().awaitProgress());
    }

    private List<Step> killPipeline() {
        return List.of(
                run -> run.pipeline().freezeInBatch(),
                run -> run.pipeline().killFrozen(),
                run -> run.pipeline().start(),
                run -> run.pipeline().awaitProgress(),
                run -> run.pipeline().awaitReleased());
    }

    /** The frozen process does not know that its successor has the group's partition. */
    private List<Step> zombie() {
        return List.of(
                run -> run.pipeline().freezeInBatch(),
                run -> run.pipeline().start(),
                run -> run.pipeline().awaitProgress(),
                run -> run.pipeline().awaitReleased(),
                run -> run.pipeline().resumeFrozen(),
                run -> run.flow(Duration.ofSeconds(5)),
                run -> run.pipeline().awaitProgress());
    }

    @Override
    public String id() {
        return "exactly-once";
    }

    @Override
    public String shape() {
        return "1p-rf2";
    }

    @Override
    public String output() {
        return OUTPUT;
    }

    @Override
    public String command() {
        return command;
    }

    @Override
    public List<String> pipeline() {
        return pipeline;
    }
}
