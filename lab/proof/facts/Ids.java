package lab.proof.facts;

import java.util.Arrays;
import lab.history.Ranges;

/** By id: the partition of a record, and the offset at which it was acknowledged. 10 million need 60 MB. */
public class Ids {
    private short[] partitions = new short[1024]; // plus 1; 0: never sent
    private int[] offsets = new int[1024]; // after the partition's first offset, plus 1; 0: not known
    private final long[] first; // by partition

    Ids(long[] first) {
        this.first = first;
    }

    void sent(int id, int partition) {
        if (id >= partitions.length) partitions = Arrays.copyOf(partitions, grown(id));
        partitions[id] = (short) (partition + 1);
    }

    void acknowledged(int id, int partition, long offset) {
        if (offset == Ranges.UNKNOWN || partition >= first.length) return;
        if (id >= offsets.length) offsets = Arrays.copyOf(offsets, grown(id));
        offsets[id] = (int) Math.max(0, Math.min(Integer.MAX_VALUE, offset - first[partition] + 1));
    }

    private static int grown(int id) {
        return (int) Math.min(Integer.MAX_VALUE - 8, id + id / 2L + 1024);
    }

    /** The partition of a record; -1 if it was never sent. */
    public int partition(int id) {
        return id < partitions.length ? partitions[id] - 1 : -1;
    }

    /** Where a record was acknowledged; {@link Ranges#UNKNOWN} if that is not known. */
    public long offset(int id) {
        int offset = id < offsets.length ? offsets[id] : 0;
        int partition = partition(id);
        if (offset == 0 || partition < 0 || partition >= first.length) return Ranges.UNKNOWN;
        return first[partition] + offset - 1;
    }
}
