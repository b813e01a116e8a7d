package lab.proof.facts;

import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The ids of a run's records, by what is known of them. */
public class Account {
    /**
     * What is known of a record. The first block was recorded, the second follows from it. A record is to be seen
     * if its place in the log was read.
     */
    public enum Kind {
        SENT,
        ACKNOWLEDGED,
        FAILED, // rejected for good: it must not be in the log
        UNKNOWN, // no definite response: it may be in the log or not
        IN_LOG,
        IN_LOG_AGAIN, // twice or more
        REORDERED, // acknowledged, and in the log behind an acknowledged record with a higher id
        ELSEWHERE, // in the log, and not at the offset that was acknowledged
        RECEIVED,
        RECEIVED_AGAIN,
        NOT_TO_BE_SEEN, // not found, and its place was not read: below the log's start, topic deleted, audit ended
        // early

        LOST, // acknowledged, to be seen, and not in the log
        UNPROVEN, // acknowledged, not to be seen, and not received either
        IN_LOG_THOUGH_FAILED,
        DUPLICATES,
        NOT_DELIVERED, // not acknowledged, to be seen, and not in the log
        UNSEEN, // in the log, and never received by the group
        REDELIVERED, // received more often than it is in the log
        PHANTOMS; // received, to be seen, and not in the log

        public String lowerCase() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** The rows of the table: what the producer was told. */
    public static final List<Kind> FATES = List.of(Kind.ACKNOWLEDGED, Kind.UNKNOWN, Kind.FAILED);

    private final Map<Kind, BitSet> sets = new EnumMap<>(Kind.class);
    private final Ids ids;

    /** What was recorded; the rest is computed from it. */
    Account(Map<Kind, BitSet> recorded, Ids ids) {
        this.ids = ids;
        for (Kind kind : Kind.values()) sets.put(kind, recorded.getOrDefault(kind, new BitSet()));
        BitSet sent = of(Kind.SENT);
        BitSet acknowledged = of(Kind.ACKNOWLEDGED);
        BitSet failed = of(Kind.FAILED);
        BitSet inLog = of(Kind.IN_LOG);
        BitSet unseen = of(Kind.NOT_TO_BE_SEEN);
        BitSet received = of(Kind.RECEIVED);
        sets.put(Kind.UNKNOWN, minus(minus(sent, acknowledged), failed));
        sets.put(Kind.LOST, minus(minus(acknowledged, inLog), unseen));
        sets.put(Kind.UNPROVEN, minus(and(acknowledged, unseen), received));
        sets.put(Kind.IN_LOG_THOUGH_FAILED, and(failed, inLog));
        sets.put(Kind.DUPLICATES, of(Kind.IN_LOG_AGAIN));
        sets.put(Kind.NOT_DELIVERED, minus(minus(minus(sent, acknowledged), inLog), unseen));
        sets.put(Kind.UNSEEN, minus(inLog, received));
        sets.put(Kind.REDELIVERED, and(minus(of(Kind.RECEIVED_AGAIN), of(Kind.IN_LOG_AGAIN)), inLog));
        sets.put(Kind.PHANTOMS, minus(minus(received, inLog), unseen));
    }

    public BitSet of(Kind kind) {
        return sets.get(kind);
    }

    public int count(Kind kind) {
        return of(kind).cardinality();
    }

    /** How many with this fate are in the log once, twice or more, not at all, and not to be seen. */
    public int[] crossed(Kind fate) {
        int found = and(of(fate), of(Kind.IN_LOG)).cardinality();
        int again = and(of(fate), of(Kind.IN_LOG_AGAIN)).cardinality();
        int unseen = and(of(fate), of(Kind.NOT_TO_BE_SEEN)).cardinality();
        return new int[] {found - again, again, count(fate) - found - unseen, unseen};
    }

    /** How many of the records in the log the group received. */
    public int received() {
        return count(Kind.IN_LOG) - count(Kind.UNSEEN);
    }

    /** The first few ids and the last few, with their partitions. */
    public String some(BitSet which) {
        List<String> first = which.stream()
                .limit(9)
                .mapToObj(id -> id + " in partition " + ids.partition(id))
                .toList();
        if (first.size() <= 8) return String.join(", ", first);
        int[] last = which.stream().skip(which.cardinality() - 3).toArray();
        return "%s, ... %d, %d, %d".formatted(String.join(", ", first.subList(0, 3)), last[0], last[1], last[2]);
    }

    /** The partition and the places of records. */
    public Ids ids() {
        return ids;
    }

    public static BitSet minus(BitSet set, BitSet without) {
        BitSet rest = (BitSet) set.clone();
        rest.andNot(without);
        return rest;
    }

    public static BitSet and(BitSet set, BitSet other) {
        BitSet both = (BitSet) set.clone();
        both.and(other);
        return both;
    }
}
