package lab.proof.facts;

import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import lab.history.Action;
import lab.history.RunHistory;

/** Why something that does not hold, or seems to hold, cannot be blamed on the fault. Each answer is null for none. */
public class Doubts {
    private final Setup setup;
    private final Observed observed;
    private final List<Disturbance> disturbances;
    private final Map<Outage, Evidence> evidence;
    private final double cut; // from when on the run was not carried on; NEVER: it came to its end

    Doubts(
            RunHistory run,
            Setup setup,
            Observed observed,
            List<Disturbance> disturbances,
            Map<Outage, Evidence> evidence) {
        this.setup = setup;
        this.observed = observed;
        this.disturbances = disturbances;
        this.evidence = evidence;
        this.cut = run.all(Action.GaveUp.class).stream()
                .mapToDouble(Action.GaveUp::t)
                .min()
                .orElse(run.complete() ? Outage.NEVER : run.length());
    }

    /** What others did to the cluster in a window. */
    public String byOthers(double from, double to, Predicate<Disturbance> wanted) {
        return disturbances.stream()
                .filter(it -> it.t() >= from && it.t() <= to && wanted.test(it))
                .map(Disturbance::text)
                .findFirst()
                .orElse(null);
    }

    /** Why not all that happened in a window was seen, or was this run's doing. */
    public String any(double from, double to) {
        if (setup.topicGone()) return "the topic was deleted in mid-run";
        if (endedBefore(to)) return Text.of("the run ended early, at %.1f s", cut);
        String blind = observed.blindIn(from, to);
        return blind != null ? blind : byOthers(from, to, it -> true);
    }

    /** The same for an outage, until a time; also if nothing shows that it was one. */
    public String any(Outage outage, double to) {
        if (!evidence.containsKey(outage)) return "nothing shows that " + outage.name() + " was down";
        return any(outage.from(), to);
    }

    /** Whether the run was killed, interrupted or given up before a time: what did not happen might have happened. */
    public boolean endedBefore(double time) {
        return cut < Outage.NEVER && time >= cut;
    }

    /**
     * Why what did not happen while the node was down need not have happened: the node was back before the bound.
     *
     * @param bound until the cluster, or the client, gives up a dead broker
     */
    public String tooShort(Outage outage, Bound bound) {
        double down = outage.restoredAt() - outage.downAt();
        if (outage.controlled() || down > bound.seconds()) return null;
        return Text.of("it was down for %.1f s only, and the bound is %s (--down)", down, bound);
    }

    public List<Disturbance> disturbances() {
        return disturbances;
    }
}
