package lab.drill.scenarios;

import java.time.Duration;
import java.util.*;
import lab.drill.faults.Fault;

/**
 * How an acknowledged record is really lost. The leader is stopped, so the follower alone has the new records. Then the
 * follower is killed, and the old leader comes back. Either the partition waits for the follower, or an operator elects
 * the old leader, which never had those records.
 */
public class LastReplica extends Scenario {
    private final int minInSync;
    private final boolean unclean;

    /** Both decisions, with min.insync.replicas 1 and 2. */
    public static List<Scenario> all(Timing timing) {
        var all = new ArrayList<Scenario>();
        for (int minInSync : List.of(1, 2))
            for (boolean unclean : List.of(false, true)) all.add(new LastReplica(timing, minInSync, unclean));
        return all;
    }

    private LastReplica(Timing timing, int minInSync, boolean unclean) {
        super(
                "min=%d %s: the last replica, then %s"
                        .formatted(
                                minInSync, unclean ? "elect" : "wait", unclean ? "an unclean election" : "wait for it"),
                minInSync == 1 ? "test-1p-rf2" : "test-min2-1p-rf2",
                timing);
        this.minInSync = minInSync;
        this.unclean = unclean;
    }

    @Override
    public String id() {
        return "last-replica";
    }

    @Override
    public List<Step> steps(Fault none, Collection<Integer> brokers) {
        var steps = new ArrayList<Step>(List.of(
                run -> run.flow(timing.before()),
                run -> run.takeDown(Fault.stop, "leader"),
                run -> run.awaitOutOfSync("leader"),
                run -> run.flow(Duration.ofSeconds(4)), // acknowledged by the follower alone
                run -> run.takeDown(Fault.kill, "follower"),
                run -> run.flow(Duration.ofSeconds(2)),
                run -> run.restore("leader"),
                run -> run.awaitGivenUp("follower")));
        if (unclean) steps.add(Actions::electUnclean);
        steps.addAll(List.of(
                run -> run.flow(Duration.ofSeconds(4)),
                run -> run.restore("follower"),
                Actions::awaitWhole,
                Actions::electPreferred,
                run -> run.flow(timing.after())));
        return steps;
    }

    @Override
    public String shape() {
        return "1p-rf2";
    }

    @Override
    public Map<String, String> topicProperties() {
        return Map.of("min.insync.replicas", "" + minInSync);
    }
}
