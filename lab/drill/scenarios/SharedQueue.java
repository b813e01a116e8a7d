package lab.drill.scenarios;

import java.util.*;
import lab.drill.faults.Fault;

/**
 * A topic that a share group reads as a queue, under faults. Every member releases one record, until the group gives it up,
 * and rejects another one.
 */
public class SharedQueue extends Scenario {
    private final String name;
    private final List<Step> body;

    /** By name, in the order in which they run. */
    public static Map<String, Scenario> all(Timing timing) {
        var all = new LinkedHashMap<String, Scenario>();
        for (SharedQueue it : List.of(
                new SharedQueue("answers", "release and reject", timing, List.of()),
                new SharedQueue(
                        "member",
                        "kill a member that holds records",
                        timing,
                        List.of(
                                run -> run.queue().freezeHolder(),
                                run -> run.queue().killHolder(),
                                run -> run.queue().awaitRedelivery())),
                new SharedQueue(
                        "lock",
                        "freeze a member that holds records",
                        timing,
                        List.of(
                                run -> run.queue().freezeHolder(),
                                run -> run.queue().awaitRedelivery(),
                                run -> run.queue().resumeHolder(),
                                run -> run.queue().awaitAnswers())),
                new SharedQueue(
                        "leader",
                        "kill the leader while a member holds records",
                        timing,
                        List.of(
                                run -> run.queue().freezeHolder(),
                                run -> run.takeDown(Fault.kill, "leader"),
                                run -> run.queue().resumeHolder(),
                                run -> run.stayDown("leader", timing.outage(Fault.kill)),
                                run -> run.restore("leader"),
                                Actions::awaitWhole,
                                Actions::electPreferred,
                                run -> run.queue().awaitAnswers())))) all.put(it.name, it);
        return all;
    }

    private SharedQueue(String name, String title, Timing timing, List<Step> body) {
        super(name + ": " + title, "queue-1p-rf2", timing);
        this.name = name;
        this.body = body;
    }

    @Override
    public List<Step> steps(Fault none, Collection<Integer> brokers) {
        var steps = new ArrayList<Step>(List.of(
                run -> run.queue().join(),
                run -> run.queue().awaitAnswers(),
                run -> run.queue().join(),
                run -> run.queue().awaitAnswers(),
                run -> run.flow(timing.before())));
        steps.addAll(body);
        steps.add(run -> run.flow(timing.after()));
        return steps;
    }

    @Override
    public String id() {
        return "queue";
    }

    @Override
    public String shape() {
        return "1p-rf2";
    }

    @Override
    public boolean isQueue() {
        return true;
    }
}
