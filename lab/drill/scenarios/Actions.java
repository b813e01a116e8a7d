package lab.drill.scenarios;

import java.time.Duration;
import java.util.List;
import lab.drill.faults.Fault;

/**
 * What a step can do while records flow. A node is a broker's number; {@code leader}: the broker that leads partition 0
 * now; {@code follower}: the second replica of partition 0 as it was placed, which may lead by now; {@code controller};
 * {@code output}: the broker that leads the pipeline's output; or {@code coordinator}: the coordinator of its transactions.
 * Every method throws Unobserved if it could not be done.
 */
public interface Actions {
    /** Records flow for this time. */
    void flow(Duration time) throws Exception;

    void takeDown(Fault fault, String node) throws Exception;

    /** Cuts the power of all these nodes at once, after 3 s without records: so a checkpoint is newer than the last one. */
    void cutPower(List<String> nodes) throws Exception;

    /**
     * Records flow until the node was down for this time. It begins with the fault: a controlled shutdown hands its
     * leaders over at once, and may take seconds to end.
     */
    void stayDown(String node, Duration time) throws Exception;

    /** @param node as it was called when it was taken down */
    void restore(String node) throws Exception;

    /** Waits until a node that is down is out of the in-sync replicas of partition 0. */
    void awaitOutOfSync(String node) throws Exception;

    /** Waits until the cluster has given up a node that is down, and another broker answers. */
    void awaitGivenUp(String node) throws Exception;

    /** Restores what is down, and waits until all replicas are in sync. */
    void awaitWhole() throws Exception;

    void electPreferred() throws Exception;

    /** The pipeline, in a scenario that has one. */
    PipelineActions pipeline();

    /** The members of the share group, in a scenario that has one. */
    QueueActions queue();

    /** Lets a replica lead that is not in sync, if partition 0 has no leader. */
    void electUnclean() throws Exception;
}
