package lab.live;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;

/** A partition: who led it, which replicas are in sync, what came in, and what each group has committed. */
class Partition {
    static final int NONE = -1; // no broker

    /** The leader (or {@link #NONE}), the replicas, and those in sync. */
    record State(int leader, List<Integer> replicas, Set<Integer> inSync) {
        static State of(TopicPartitionInfo heard) {
            boolean isLed = heard.leader() != null && !heard.leader().isEmpty();
            Set<Integer> inSync = heard.isr().stream().map(Node::id).collect(Collectors.toCollection(TreeSet::new));
            List<Integer> replicas = heard.replicas().stream().map(Node::id).toList();
            return new State(isLed ? heard.leader().id() : NONE, replicas, inSync);
        }
    }

    /** From this time on, this broker led. */
    record Led(long from, int leader) {}

    final TopicPartition at;
    final Belief<State> state = new Belief<>();
    final Deque<Led> leaders = new ArrayDeque<>();
    final Gaps gaps;
    long start; // the first offset of the log; 0 as long as it is not known
    final Flow in; // the offset after the last record
    private final Map<String, Flow> committed = new TreeMap<>(); // by group
    private final Map<String, Lag.Kind> lags = new TreeMap<>(); // as last reported
    private final Clock clock;
    private final News news;

    Partition(TopicPartition at, Clock clock, News news) {
        this.at = at;
        this.clock = clock;
        this.news = news;
        gaps = new Gaps(clock);
        in = new Flow(clock);
    }

    int leader() {
        return state.value == null ? NONE : state.value.leader;
    }

    void hear(TopicPartitionInfo heard) {
        State before = state.value;
        if (!state.hear(State.of(heard))) return;
        if (before == null || leader() != before.leader) {
            if (before != null) reportLeader(leaders.getLast());
            leaders.add(new Led(clock.now(), leader()));
        }
        if (before != null) reportInSync(before);
    }

    private void reportLeader(Led last) {
        String without = ", after " + Clock.length(clock.since(last.from)) + " without a leader";
        if (leader() == NONE) news.add(News.BAD, at, "no leader; it was broker " + last.leader);
        else if (last.leader == NONE) news.add(News.GOOD, at, "broker " + leader() + " leads" + without);
        else news.add(News.PLAIN, at, "broker " + leader() + " leads now; it was broker " + last.leader);
    }

    private void reportInSync(State before) {
        for (int it : before.replicas) {
            if (!state.value.replicas.contains(it)) continue;
            boolean was = before.inSync.contains(it);
            boolean is = state.value.inSync.contains(it);
            if (was && !is) news.add(News.BAD, at, "broker " + it + " is no longer in sync");
            if (!was && is) news.add(News.GOOD, at, "broker " + it + " is in sync again");
        }
    }

    /** The leader has not reported the partition's end for a while. */
    boolean isMute() {
        return leader() != NONE && clock.isOld(Math.max(in.knownAt, leaders.getLast().from));
    }

    /**
     * Forgets what is older than the window, and looks for gaps and for committed offsets outside the log.
     *
     * @param silent no broker answers
     * @param groups those on the page
     */
    void look(boolean silent, Collection<String> groups) {
        long from = clock.now() - clock.window();
        while (leaders.stream().skip(1).limit(1).anyMatch(second -> second.from < from)) leaders.removeFirst();
        committed.keySet().stream().filter(groups::contains).forEach(this::reportOutside);
        if (state.value == null) return;
        String mute = silent ? "no broker answers" : "broker " + leader() + " does not answer";
        gaps.look(in, leader() == NONE ? "no leader" : isMute() ? mute : "").ifPresent(ms -> {
            if (ms > 3_000) news.add(News.GOOD, at, "records again, after " + Clock.length(ms));
        });
    }

    /** 0 for the worst. */
    int trouble() {
        if (leader() == NONE) return 0;
        if (isMute()) return 1;
        if (state.value.inSync.size() < state.value.replicas.size()) return 2;
        return committed.keySet().stream().map(this::lag).anyMatch(Lag::isTrouble) ? 3 : 4;
    }

    /** The records of the group that is furthest behind. */
    long greatestLag() {
        return committed.keySet().stream()
                .map(this::lag)
                .mapToLong(Lag::records)
                .max()
                .orElse(0);
    }

    // ---- groups ----

    /** What the group has committed; null: nothing yet. */
    Flow committed(String group) {
        return committed.get(group);
    }

    /** Returns whether the committed offset has grown. */
    boolean hearCommitted(String group, long offset, long askedAt) {
        Flow flow = committed.computeIfAbsent(group, it -> new Flow(clock));
        flow.hear(offset, askedAt);
        return flow.movedAt == flow.knownAt;
    }

    private void reportOutside(String group) {
        Lag now = lag(group);
        if (now.kind() == Lag.Kind.UNKNOWN) return;
        Lag.Kind before = lags.put(group, now.kind());
        if (now.isOutside() && now.kind() != before)
            news.add(News.BAD, at, "the committed offset of group " + group + " is " + now.shown());
    }

    boolean isRead() {
        return !committed.isEmpty();
    }

    void keepGroups(Collection<String> names) {
        committed.keySet().retainAll(names);
        lags.keySet().retainAll(names);
    }

    Lag lag(String group) {
        return Lag.of(start, in, committed.get(group));
    }
}
