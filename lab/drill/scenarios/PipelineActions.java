package lab.drill.scenarios;

/** What a step can do with the pipeline between the input and the output. Every method throws Unobserved if it could not. */
public interface PipelineActions {
    /** Starts a process of the pipeline: the first one, or a successor. */
    void start() throws Exception;

    /** Waits until the group has committed more of the input. */
    void awaitProgress() throws Exception;

    /** Waits until the brokers report an open transaction of a user's pipeline in the output. */
    void awaitTransaction() throws Exception;

    /** Freezes the newest process while it has written records that are not committed. */
    void freezeInBatch() throws Exception;

    /** Kills the frozen process. */
    void killFrozen() throws Exception;

    void resumeFrozen() throws Exception;

    /** Waits until readers with read_committed get past what the frozen process had written. */
    void awaitReleased() throws Exception;
}
