package lab.drill.scenarios;

/** What a step can do with the members of the share group. Every method throws Unobserved if it could not. */
public interface QueueActions {
    /** Starts a member. */
    void join() throws Exception;

    /** Waits until the newest member has answered records. */
    void awaitAnswers() throws Exception;

    /** Freezes the newest member while it holds records. */
    void freezeHolder() throws Exception;

    /** Kills the frozen member. */
    void killHolder() throws Exception;

    void resumeHolder() throws Exception;

    /** Waits until other members were given what the frozen member held. */
    void awaitRedelivery() throws Exception;
}
