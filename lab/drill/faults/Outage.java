package lab.drill.faults;

/** A node that was taken down. Times are in seconds; {@link #NEVER} for what did not happen yet. */
public class Outage {
    public static final double NEVER = Double.POSITIVE_INFINITY;

    public final int n; // counts the faults of the run
    public final String calledAs; // by the step, such as 'leader'
    public final Target node;
    public final Fault fault;
    public double since;
    public double restoredAt = NEVER;
    public double wholeAt = NEVER;

    public Outage(int n, String calledAs, Target node, Fault fault, double since) {
        this.n = n;
        this.calledAs = calledAs;
        this.node = node;
        this.fault = fault;
        this.since = since;
    }
}
