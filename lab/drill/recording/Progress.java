package lab.drill.recording;

import java.util.*;

/** How far the clients are: for the steps that wait for records, and for nothing else. Any thread may call it. */
public class Progress {
    private final Map<Integer, Long> highest = new HashMap<>(); // acknowledged offset, by partition
    private final BitSet received = new BitSet();
    private final BitSet found = new BitSet();
    private int sent;
    private int answered;
    private int acknowledged;

    public synchronized void sent(int id) {
        sent = id;
    }

    /** @param offset -1: not known */
    public synchronized void acknowledged(int partition, long offset) {
        answered++;
        acknowledged++;
        highest.merge(partition, offset, Math::max);
    }

    /** No record is acknowledged: it failed, or its fate is unknown. */
    public synchronized void notAcknowledged() {
        answered++;
    }

    public synchronized void received(int id) {
        received.set(id);
    }

    public synchronized void found(int id) {
        found.set(id);
    }

    /** The id of the last record that was sent. */
    public synchronized int sent() {
        return sent;
    }

    public synchronized boolean allAnswered() {
        return answered == sent;
    }

    public synchronized boolean allAcknowledged() {
        return acknowledged == sent;
    }

    public synchronized boolean acknowledgedInEach(int partitions) {
        return highest.size() >= partitions;
    }

    /** The highest offset that was acknowledged in a partition; -1: none. */
    public synchronized long highestOffset(int partition) {
        return highest.getOrDefault(partition, -1L);
    }

    /** Whether each record that is in the log is among these. */
    public synchronized boolean allFoundIn(BitSet ids) {
        var others = (BitSet) found.clone();
        others.andNot(ids);
        return others.isEmpty();
    }

    /** How many records are in the log, and the group has not received them. */
    public synchronized int unseen() {
        var unseen = (BitSet) found.clone();
        unseen.andNot(received);
        return unseen.cardinality();
    }
}
