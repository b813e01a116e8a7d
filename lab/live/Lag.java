package lab.live;

/**
 * How far a group is behind the end of a partition. A committed offset outside the log is no lag: a consumer that starts
 * there is out of range, and Kafka's client then follows {@code auto.offset.reset}.
 */
record Lag(Kind kind, long records) {
    static final Lag UNKNOWN = new Lag(Kind.UNKNOWN, 0);

    /** What {@code records} counts: the lag; or how far the committed offset is outside the log. */
    enum Kind {
        UNKNOWN,
        RECORDS,
        PAST_END,
        BELOW_START
    }

    /**
     * The answers come one after the other, so a committed offset may be newer than the end, and therefore higher. It is
     * past the end only if the end was asked for after the offset was known.
     */
    static Lag of(long start, Flow end, Flow committed) {
        if (committed == null || !committed.isKnown() || !end.isKnown()) return UNKNOWN;
        long behind = end.offset - committed.offset;
        if (committed.offset < start) return new Lag(Kind.BELOW_START, start - committed.offset);
        if (behind >= 0) return new Lag(Kind.RECORDS, behind);
        if (end.askedAt > committed.changedAt) return new Lag(Kind.PAST_END, -behind);
        return committed.movedAt == 0 ? UNKNOWN : new Lag(Kind.RECORDS, 0);
    }

    /** For the page: how many records, or what is wrong; null if it is not known. */
    Object shown() {
        return switch (kind) {
            case UNKNOWN -> null;
            case RECORDS -> records;
            case PAST_END -> "past the end by %,d".formatted(records);
            case BELOW_START -> "below the start by %,d".formatted(records);
        };
    }

    boolean isOutside() {
        return kind == Kind.PAST_END || kind == Kind.BELOW_START;
    }

    /** Whether the group has not read all that it can read. */
    boolean isTrouble() {
        return isOutside() || records > 0;
    }
}
