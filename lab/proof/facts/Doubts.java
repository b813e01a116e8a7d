package lab.proof.facts;

import java.util.List;
import java.util.function.Predicate;

/** Why something that does not hold, or seems to hold, cannot be blamed on the fault. Each answer is null for none. */
public class Doubts {
    private final Setup setup;
    private final Observed observed;
    private final List<Disturbance> disturbances;

    Doubts(Setup setup, Observed observed, List<Disturbance> disturbances) {
        this.setup = setup;
        this.observed = observed;
        this.disturbances = disturbances;
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
        String blind = observed.blindIn(from, to);
        return blind != null ? blind : byOthers(from, to, it -> true);
    }

    /** The same for an outage, until its preferred leaders lead again. */
    public String any(Outage outage) {
        return any(outage.from(), outage.preferredAt());
    }

    /**
     * Why what happened while the node was down need not have been noticed by the cluster: it was back before the
     * cluster gives up a dead broker.
     */
    public String tooShort(Outage outage) {
        double down = outage.restoredAt() - outage.from();
        if (outage.controlled() || down > 1.5 * setup.session()) return null;
        return Text.of("it was down for %.1f s only, and a dead broker is noticed after %.0f s", down, setup.session());
    }

    public List<Disturbance> disturbances() {
        return disturbances;
    }
}
