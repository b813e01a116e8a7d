package lab.drill.faults;

import java.util.List;
import java.util.Set;

/** Takes nodes down and restores them. Nothing stays down when it is closed, or when the drill is killed. */
public interface Executor extends AutoCloseable {
    /** For the first line of the output, such as "its own cluster". */
    String about();

    /** Whether it is known what its commands do. If not, answers of restarted brokers are confirmed later. */
    boolean isKnown();

    /** The faults that it can cause. */
    Set<Fault> faults();

    /** @param command of cluster.java, such as stop or start */
    String shown(String command, Target target);

    /**
     * Executes a command, and waits for its end.
     *
     * @return what there is to report about it, in one line; it may be empty
     * @throws lab.common.Failure if it did not work
     */
    String execute(String command, Target target) throws Exception;

    /**
     * Kills the nodes at once, and cuts their logs back to what Kafka had fsynced. For those with {@link Fault#power}.
     *
     * @return what cluster.java answers
     */
    default String cutPower(List<Target> nodes) throws Exception {
        throw new IllegalStateException(about());
    }

    /** How a node is called in the output. */
    default String nameOf(Target target) {
        return isKnown() || target.isController() ? target.name() : "broker " + target.id();
    }

    /** Whether the nodes end with the drill, so that there is nothing to restore. */
    default boolean endsWithDrill() {
        return false;
    }

    @Override
    default void close() {}
}
