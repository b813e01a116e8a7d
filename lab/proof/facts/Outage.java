package lab.proof.facts;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import lab.history.Action;
import lab.history.RunHistory;

/**
 * The time of a fault. All times are in seconds since the run began; {@link #NEVER} for what did not happen.
 *
 * @param controlled a shutdown in which the broker could hand over its leaders
 * @param from when the fault was injected
 * @param doneAt when its command had ended
 * @param restoredAt when it was ended
 * @param wholeAt when all replicas were in sync again
 * @param preferredAt when the preferred leaders led again
 */
public record Outage(
        int n,
        int node,
        boolean isController,
        String name,
        String fault,
        boolean controlled,
        double from,
        double doneAt,
        double restoredAt,
        double wholeAt,
        double preferredAt) {

    public static final double NEVER = Double.POSITIVE_INFINITY;

    /** All outages of a run, in the order of time. */
    static List<Outage> of(RunHistory run) {
        var outages = new ArrayList<Outage>();
        for (Action.Fault fault : run.all(Action.Fault.class)) outages.add(of(run, fault));
        outages.sort(Comparator.comparingDouble(Outage::from));
        return List.copyOf(outages);
    }

    private static Outage of(RunHistory run, Action.Fault fault) {
        Action.FaultDone done = run.all(Action.FaultDone.class).stream()
                .filter(it -> it.n() == fault.n())
                .findFirst()
                .orElse(null);
        double restored = run.all(Action.Restore.class).stream()
                .filter(it -> it.n() == fault.n())
                .mapToDouble(Action.Restore::t)
                .findFirst()
                .orElse(NEVER);
        boolean since = done != null && !Double.isNaN(done.since());
        return new Outage(
                fault.n(),
                fault.node(),
                fault.role().equals("controller"),
                fault.name(),
                fault.fault(),
                done != null && done.controlled(),
                since ? done.since() : fault.t(),
                done == null ? NEVER : done.t(),
                restored,
                first(run.all(Action.Whole.class).stream().mapToDouble(Action.Whole::t), restored),
                first(run.all(Action.Preferred.class).stream().mapToDouble(Action.Preferred::t), restored));
    }

    private static double first(java.util.stream.DoubleStream times, double after) {
        return times.filter(it -> it >= after).findFirst().orElse(NEVER);
    }

    /** Seconds from the fault to a time. */
    public double after(double time) {
        return time - from;
    }

    /** When the node was down at the latest: a command may do something else before it takes the node down. */
    public double downAt() {
        return controlled || doneAt == NEVER ? from : Math.max(from, doneAt);
    }

    /** Whether the node is down, or recovers, at a time. */
    public boolean covers(double time) {
        return time >= from && time <= wholeAt;
    }

    /** Whether two nodes are down at the same time. */
    public boolean overlaps(Outage other) {
        return other.n != n && from <= other.wholeAt && other.from <= wholeAt;
    }

    /** Whether the node holds its connections and does not answer: clients wait for request.timeout.ms. */
    public boolean isSilent() {
        return fault.equals("pause") || fault.equals("disconnect");
    }
}
