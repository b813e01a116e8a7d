package lab.prediction;

import java.util.*;

/**
 * What becomes of a partition.
 *
 * @param leader null: none
 * @param inSync the replicas in sync that are up
 */
public record Outcome(Fate fate, Cause cause, Integer leader, SortedSet<Integer> inSync) {
    /** Why it is not fine. */
    public enum Cause {
        /** It is fine, or not known. */
        NONE,
        /** No replica that may lead is up. */
        NO_REPLICA,
        /** Fewer replicas are in sync than min.insync.replicas. */
        TOO_FEW_IN_SYNC,
        /** No controller elects a leader, or takes a replica out of the in-sync set. */
        NO_CONTROLLER,
        /** The leader does not respond, and another one will be elected. */
        NOT_ELECTED_YET
    }
}
