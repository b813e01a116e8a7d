package lab.drill.faults;

import java.time.Duration;

/** What can be done to a node. The name is the command of cluster.java that does it. */
public enum Fault {
    stop("start"),
    kill("start"),
    pause("resume"),
    disconnect("connect"),
    power("start"); // of several nodes at once, see Executor.cutPower

    /** In the answer of cluster.java, and of {@link Containers}. */
    static final String CONTROLLED = ": controlled shutdown";

    /** The command that restores the node. */
    public final String restore;

    Fault(String restore) {
        this.restore = restore;
    }

    /**
     * How long the node stays down by default. A dead broker is noticed after broker.session.timeout.ms, 9 s; the clients
     * of a silent one wait for request.timeout.ms, 30 s.
     */
    public Duration usualDown() {
        return Duration.ofSeconds(this == stop ? 3 : isSilent() ? 40 : 15);
    }

    /**
     * Whether the node handed over its leaders before it ended, as the answer of an executor shows that knows. A node that ended
     * without that, or was killed because it did not end in time, did not.
     */
    public boolean isControlled(String answer) {
        return this == stop && answer.contains(CONTROLLED);
    }

    /** Whether the node keeps its connections, so that its clients wait for request.timeout.ms. */
    public boolean isSilent() {
        return this == pause || this == disconnect;
    }
}
