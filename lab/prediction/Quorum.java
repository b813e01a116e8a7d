package lab.prediction;

import java.util.*;

/**
 * The controllers, which elect the partitions' leaders.
 *
 * @param voters by node id, whether each follows their leader; empty: not known
 */
public record Quorum(State state, SortedMap<Integer, Boolean> voters) {
    /** Whether a controller leads the others. */
    public enum State {
        /** One does. */
        LED,
        /** No controller responded: leaders are not elected, in-sync sets do not change. */
        NO_LEADER,
        /** Not permitted to ask, or the cluster does not answer this question (ZooKeeper, or before Kafka 3.3). */
        NOT_KNOWN
    }

    /** Neither the voters nor their leader are known. */
    public static Quorum unseen(State state) {
        return new Quorum(state, new TreeMap<>());
    }

    /** How many voters are needed to elect a leader. */
    public int majority() {
        return voters.size() / 2 + 1;
    }

    /**
     * Whether leaders are elected while these nodes are down. A broker may be a controller as well. If the controllers
     * are not known, that is assumed.
     */
    public boolean elects(Set<Integer> down) {
        if (state == State.NO_LEADER) return false;
        long left = voters.entrySet().stream()
                .filter(voter -> voter.getValue() && !down.contains(voter.getKey()))
                .count();
        return voters.isEmpty() || left >= majority();
    }
}
