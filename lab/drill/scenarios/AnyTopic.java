package lab.drill.scenarios;

import java.time.Duration;
import java.util.*;
import lab.drill.faults.Fault;

/** A topic of the user's: one outage, the user's own steps, or nothing but observation. */
public class AnyTopic extends Scenario {
    private final String target;
    private final List<Step> steps;
    private final Duration observe;

    /**
     * @param target a node, or all-in-turn
     * @param steps null: one outage of the target, or of each broker in turn
     * @param observe how long the cluster is only observed; null: a fault is injected
     */
    public AnyTopic(String topic, Timing timing, String target, List<Step> steps, Duration observe) {
        super("Topic " + topic, topic, timing);
        this.target = target;
        this.steps = steps;
        this.observe = observe;
    }

    @Override
    public List<Step> steps(Fault fault, Collection<Integer> brokers) {
        if (observe != null) return List.of(run -> run.flow(observe));
        var all = new ArrayList<Step>(List.of(run -> run.flow(timing.before())));
        if (steps != null) {
            all.addAll(steps);
            all.addAll(List.of(Actions::awaitWhole, Actions::electPreferred));
        } else if (target.equals("all-in-turn")) for (int broker : brokers) all.addAll(outage(fault, "" + broker));
        else all.addAll(outage(fault, target.split(",")));
        all.add(run -> run.flow(timing.after()));
        return all;
    }

    private List<Step> outage(Fault fault, String... nodes) {
        var all = new ArrayList<Step>();
        if (fault == Fault.power) all.add(run -> run.cutPower(List.of(nodes)));
        else for (String node : nodes) all.add(run -> run.takeDown(fault, node));
        all.add(run -> run.stayDown(nodes[nodes.length - 1], timing.outage(fault)));
        for (String node : nodes) all.add(run -> run.restore(node));
        all.addAll(List.of(Actions::awaitWhole, Actions::electPreferred));
        return all;
    }

    @Override
    public String id() {
        boolean noFault = steps != null && steps.stream().noneMatch(StepsConverter.TakeDown.class::isInstance);
        return observe != null || noFault ? "observe" : "topic";
    }

    @Override
    public String target() {
        return takesFault() ? target : null;
    }

    /** As it stands in a sentence. */
    public String targetName() {
        return switch (target) {
            case "leader" -> "the leader of partition 0";
            case "all-in-turn" -> "all brokers in turn";
            case "controller" -> "the controller";
            default -> (target.contains(",") ? "brokers " : "broker ") + target.replace(",", ", ");
        };
    }

    @Override
    public boolean takesFault() {
        return observe == null && steps == null;
    }

    public boolean onlyObserves() {
        return observe != null;
    }

    @Override
    public Duration before() {
        return observe == null ? timing.before() : observe;
    }
}
