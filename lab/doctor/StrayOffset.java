package lab.doctor;

import lab.prediction.PartitionId;

/**
 * A committed offset that is not in its partition's log: beyond the end, or below the start.
 *
 * @param kind of the group: one of {@link Stops#KEEPERS}
 * @param start the offset of the log's first record
 * @param end the offset behind the log's last record
 */
record StrayOffset(String kind, String group, PartitionId partition, long committed, long start, long end) {
    boolean isBeyondEnd() {
        return committed > end;
    }

    @Override
    public String toString() {
        return isBeyondEnd()
                ? "%s (%s at %d, the end is %d)".formatted(group, partition, committed, end)
                : "%s (%s at %d, the start is %d)".formatted(group, partition, committed, start);
    }
}
