package lab.live;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import lab.live.GroupNow.Member;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;

/** A group with its members, and what each of them reads. */
class Group {
    /** A member keeps its number as long as it is one. */
    static class Reader {
        final int number;
        final String client;
        boolean isStandby;
        Set<TopicPartition> partitions; // null: not known
        long leftAt; // 0: it is a member

        private Reader(int number, Member member) {
            this.number = number;
            client = member.client();
        }
    }

    final String name;
    final Map<String, Reader> readers = new LinkedHashMap<>(); // by member id
    final Question description;
    final Question offsets;
    GroupKind kind = GroupKind.CONSUMER;
    GroupState state = GroupState.UNKNOWN;
    long answeredAt;
    String refusal; // null: none
    private final boolean isNamed;
    private final Clock clock;
    private final News news;
    private long readAt; // when it last read the topics

    /** A named group is on the page whether it reads or not. */
    Group(String name, boolean isNamed, Clock clock, News news) {
        this.name = name;
        this.isNamed = isNamed;
        this.clock = clock;
        this.news = news;
        description = new Question(clock, 250);
        offsets = new Question(clock, 250);
        answeredAt = clock.now();
    }

    /** Worth a place on the page, and frequent questions. */
    boolean matters() {
        return isNamed || hasRead();
    }

    private boolean hasRead() {
        return readAt > 0 && clock.since(readAt) < clock.window();
    }

    /** It commits offsets and has no members: its consumers assign partitions themselves. */
    boolean readsWithoutMembers() {
        return kind == GroupKind.SIMPLE && readers.isEmpty() && hasRead();
    }

    void reads() {
        readAt = clock.now();
    }

    /**
     * Uses a description of the group.
     *
     * @param onPage whether the page has the partition
     * @param all the page shows all topics, and therefore all groups with members
     */
    void hear(Answer<GroupNow> answer, Predicate<TopicPartition> onPage, boolean all) {
        boolean isDeleted = answer.error() instanceof GroupIdNotFoundException;
        boolean isRefused = answer.error() instanceof AuthorizationException;
        refusal = isRefused ? "no permission to describe it" : null;
        if (answer.error() != null && !isDeleted) return;
        answeredAt = clock.now();
        state = isDeleted ? GroupState.EMPTY : answer.value().state();
        List<Member> members = isDeleted ? List.of() : answer.value().members();
        for (Member it : members) readers.computeIfAbsent(it.id(), id -> new Reader(freeNumber(), it));
        var ids = members.stream().map(Member::id).toList();
        readers.forEach((id, it) -> {
            if (ids.contains(id)) it.leftAt = 0;
            else if (it.leftAt == 0) leave(it);
        });
        boolean reads = members.stream()
                .filter(it -> it.partitions() != null)
                .flatMap(it -> it.partitions().stream())
                .anyMatch(onPage);
        if (reads || !members.isEmpty() && (all || matters())) reads();
        if (!isRebalancing()) assign(members);
    }

    /** During a rebalance of a classic group, Kafka reports no assignment. */
    boolean isRebalancing() {
        return state == GroupState.PREPARING_REBALANCE || state == GroupState.COMPLETING_REBALANCE;
    }

    private void leave(Reader reader) {
        reader.leftAt = clock.now();
        if (matters()) news.add(News.PLAIN, "group " + name + ": " + called(reader) + " has left");
    }

    private void assign(List<Member> members) {
        var changes = new ArrayList<String>();
        for (Member it : members) {
            Reader reader = readers.get(it.id());
            Set<TopicPartition> now = it.partitions();
            if (now == null || now.equals(reader.partitions) && it.isStandby() == reader.isStandby) continue;
            reader.partitions = now;
            reader.isStandby = it.isStandby();
            String idle = reader.isStandby ? " is a standby" : " is idle";
            changes.add(called(reader) + (now.isEmpty() ? idle : " reads " + news.named(now)));
        }
        if (!changes.isEmpty() && matters()) news.add(News.PLAIN, "group " + name + ": " + String.join("; ", changes));
    }

    private String called(Reader reader) {
        return kind.member + " " + reader.number;
    }

    private int freeNumber() {
        var taken = readers.values().stream().map(it -> it.number).toList();
        return IntStream.iterate(1, it -> it + 1)
                .filter(it -> !taken.contains(it))
                .findFirst()
                .orElseThrow();
    }

    /** Forgets those that left a while ago. */
    void look() {
        readers.values().removeIf(it -> it.leftAt > 0 && clock.since(it.leftAt) > 10_000);
    }
}
