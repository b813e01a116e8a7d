package lab.drill.ledger;

import java.util.*;
import java.util.function.*;
import java.util.stream.*;
import lab.common.*;
import lab.drill.ledger.*;

/**
 * Every record of a trial: what its producer was told, whether it is in the log, whether the group received it, and
 * when, in ticks of the journal (0 is never). Ids count from 1 and go to the partitions in turn. It holds 10
 * million records in 180 MB. All methods may be called from any thread.
 */
public class Ledger {
    private final int partitions;
    private final IntSupplier clock;
    private int last;
    private int resolved;
    private final Numbers sentAt = new Numbers();
    private final Numbers acknowledgedAt = new Numbers();
    private final Numbers receivedAt = new Numbers();
    private final Numbers offsets = new Numbers(); // where it was acknowledged: after the partition's first, plus 1
    private final Map<Kind, BitSet> sets = new EnumMap<>(Kind.class);
    private final BitSet received = new BitSet();
    private final BitSet receivedAgain = new BitSet();
    private final Map<Integer, BitSet> firstReceivedBy = new TreeMap<>(); // by consumer

    public Ledger(int partitions, IntSupplier clock) {
        this.partitions = partitions;
        this.clock = clock;
    }

    public int partition(int id) {
        return (id - 1) % partitions;
    }

    private BitSet set(Kind kind) {
        return sets.computeIfAbsent(kind, it -> new BitSet());
    }

    /** The id of the last record that was sent. */
    public synchronized int last() {
        return last;
    }

    /** Of how many records the producer was told the fate. */
    public synchronized int resolved() {
        return resolved;
    }

    public synchronized boolean holds(int id) {
        return id >= 1 && id <= last;
    }

    public synchronized void sent(int id) {
        sentAt.set(id, clock.getAsInt());
        last = id;
    }

    /** @param offset counted from the partition's end at the start of the trial; -1: not known (acks=0) */
    public synchronized void acknowledged(int id, long offset) {
        resolved++;
        set(Kind.ACKNOWLEDGED).set(id);
        acknowledgedAt.set(id, clock.getAsInt());
        offsets.set(id, (int) Math.max(0, Math.min(Integer.MAX_VALUE, offset + 1)));
    }

    /** @param refused for good, so that it must not be in the log; else its fate is unknown */
    public synchronized void notAcknowledged(int id, boolean refused) {
        resolved++;
        if (refused) set(Kind.FAILED).set(id);
    }

    public synchronized void received(int id, int consumer) {
        if (received.get(id)) receivedAgain.set(id);
        else {
            received.set(id);
            receivedAt.set(id, clock.getAsInt());
            firstReceivedBy.computeIfAbsent(consumer, it -> new BitSet()).set(id);
        }
    }

    /** To be called in the log's order, for each partition. */
    public synchronized void foundInLog(int id, int highestBefore) {
        if (set(Kind.IN_LOG).get(id)) set(Kind.IN_LOG_AGAIN).set(id);
        else if (id < highestBefore) set(Kind.REORDERED).set(id);
        set(Kind.IN_LOG).set(id);
    }

    /**
     * The partition's log begins at this offset now: what was acknowledged before it has expired. An offset that is
     * not higher than each earlier one shows that the log was cut between them: then the earlier record may have
     * been lost before it could expire.
     *
     * @param begin counted as in {@link #acknowledged(int, long)}
     * @param cut the log may have been cut, and filled by others: then nobody can tell
     * @return how many records have expired, or were lost before
     */
    public synchronized int expire(int partition, long begin, boolean cut) {
        int lowestLater = Integer.MAX_VALUE;
        int count = 0;
        for (int id = last; id >= 1; id--) {
            if (partition(id) != partition) continue;
            int offset = offsets.get(id); // 0: not acknowledged, or with acks=0
            boolean lower = lowestLater <= offset;
            if (offset > 0) lowestLater = Math.min(lowestLater, offset);
            if (set(Kind.IN_LOG).get(id) || set(Kind.FAILED).get(id) || offset > begin) continue;
            set(cut || lower || offset == 0 ? Kind.UNTOLD : Kind.EXPIRED).set(id);
            count++;
        }
        return count;
    }

    public synchronized int sentAt(int id) {
        return sentAt.get(id);
    }

    public synchronized int acknowledgedAt(int id) {
        return acknowledgedAt.get(id);
    }

    public synchronized int receivedAt(int id) {
        return receivedAt.get(id);
    }

    /** Where it was acknowledged, counted from the partition's end at the start of the trial; -1: not known. */
    public synchronized long offset(int id) {
        return offsets.get(id) - 1;
    }

    /** How many of the records a consumer was the first to receive, before a tick. */
    public int receivedBy(int consumer, int before) {
        return receivedBy(consumer, Integer.MAX_VALUE, before);
    }

    /** The same for records with an id below a limit. */
    public synchronized int receivedBy(int consumer, int idLimit, int before) {
        return (int) firstReceivedBy.getOrDefault(consumer, new BitSet()).stream()
                .filter(id -> id < idLimit && receivedAt.get(id) < before)
                .count();
    }

    /** Of the acknowledged records of a partition; -1 where none is known. */
    public synchronized long highestOffset(int partition) {
        return ids(partition).mapToLong(this::offset).max().orElse(-1);
    }

    public synchronized BitSet unseen() {
        return minus(set(Kind.IN_LOG), received);
    }

    /** By partition, when each of its records was acknowledged (or received), in order. */
    public int[][] times(IntUnaryOperator when) {
        int[][] times = new int[partitions][];
        for (int partition = 0; partition < partitions; partition++) {
            times[partition] = ids(partition).map(when).filter(tick -> tick > 0).toArray();
            Arrays.sort(times[partition]); // in place: a stream's sorted() would copy it
        }
        return times;
    }

    /**
     * When each was acknowledged (the upper 32 bits), and after how long, in order. In one long, because an array of
     * them is sorted in place; an object for each would need several times the memory.
     */
    public long[] latencies(int partition) {
        long[] latencies = ids(partition)
                .filter(id -> acknowledgedAt(id) > 0)
                .mapToLong(id -> ((long) acknowledgedAt(id) << 32) | (acknowledgedAt(id) - sentAt(id)))
                .toArray();
        Arrays.sort(latencies);
        return latencies;
    }

    public IntStream ids(int partition) {
        return IntStream.rangeClosed(1, last()).filter(id -> partition(id) == partition);
    }

    /**
     * The crossing table as set algebra. Lost: acknowledged, and not in the log. Phantom: received, and not in the
     * log any more. Not delivered: neither acknowledged nor in the log.
     */
    public synchronized Account account() {
        var all = new BitSet();
        all.set(1, last + 1);
        var account = new EnumMap<Kind, BitSet>(Kind.class);
        for (Kind kind : Kind.values()) account.put(kind, copy(set(kind)));
        BitSet acknowledged = set(Kind.ACKNOWLEDGED);
        BitSet inLog = set(Kind.IN_LOG);
        BitSet expired = copy(set(Kind.EXPIRED));
        expired.or(set(Kind.UNTOLD));
        account.put(Kind.UNKNOWN, minus(minus(all, acknowledged), set(Kind.FAILED)));
        account.put(Kind.LOST, minus(minus(acknowledged, inLog), expired));
        account.put(Kind.GHOSTS, and(set(Kind.FAILED), inLog));
        account.put(Kind.DUPLICATES, minus(set(Kind.IN_LOG_AGAIN), set(Kind.FAILED)));
        account.put(Kind.NOT_DELIVERED, minus(minus(minus(all, acknowledged), inLog), expired));
        account.put(Kind.UNSEEN, minus(inLog, received));
        account.put(Kind.REDELIVERED, and(minus(receivedAgain, set(Kind.IN_LOG_AGAIN)), inLog));
        account.put(Kind.PHANTOMS, minus(minus(received, inLog), expired));
        return new Account(account);
    }

    private static BitSet copy(BitSet set) {
        return (BitSet) set.clone();
    }

    public static BitSet minus(BitSet set, BitSet without) {
        BitSet rest = copy(set);
        rest.andNot(without);
        return rest;
    }

    public static BitSet and(BitSet set, BitSet other) {
        BitSet both = copy(set);
        both.and(other);
        return both;
    }
}
