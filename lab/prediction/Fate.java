package lab.prediction;

/** Whether a partition can be written and read. */
public enum Fate {
    /** Written and read. */
    FINE,
    /** Whether acks=all is refused is not known: min.insync.replicas, or the leader's version, was not seen. */
    NOT_KNOWN,
    /** Read, and not written with acks=all. */
    NO_WRITES,
    /** A replica without the newest records leads: those records are lost. */
    LOSSY,
    /** Neither written nor read. */
    NO_LEADER
}
