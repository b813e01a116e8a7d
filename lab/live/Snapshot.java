package lab.live;

import static lab.common.Json.object;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lab.common.Json;
import lab.live.Gaps.Gap;
import lab.live.Group.Reader;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;

/** What the page draws, as JSON. */
class Snapshot {
    /** So many partitions are drawn one by one. */
    private static final int DRAWN = 12;

    private static final int MEMBERS = 12; // of a group
    private static final int GROUPS = 6;

    private final Known known;
    private final Clock clock;
    private final String servers;

    Snapshot(Known known, Clock clock, String servers) {
        this.known = known;
        this.clock = clock;
        this.servers = servers;
    }

    /** Draws what is known now. */
    byte[] bytes(List<String> refusals) {
        return Json.of(draw(refusals)).getBytes(StandardCharsets.UTF_8);
    }

    private Map<String, Object> draw(List<String> refusals) {
        List<Partition> all = known.partitions();
        List<Partition> drawn = drawn(all);
        List<Group> groups = known.groups.values().stream()
                .filter(Group::matters)
                .limit(GROUPS)
                .toList();
        Set<String> topics = known.topics.keySet();
        var snapshot = object("run", clock.run, "now", clock.now(), "seconds", clock.seconds);
        snapshot.putAll(object("cellMs", clock.cellMs(), "firstCell", clock.cell() - Clock.CELLS + 1));
        snapshot.putAll(object("ready", known.ready, "silentSince", known.silentSince == 0 ? null : known.silentSince));
        snapshot.putAll(object("cluster", known.clusterId, "servers", servers, "topics", topics.size()));
        snapshot.put("title", topics.size() == 1 ? topics.iterator().next() : topics.size() + " topics");
        snapshot.put("folded", all.size() > drawn.size() ? folded(all, drawn) : null);
        snapshot.put("notes", refusals);
        snapshot.put("brokers", known.brokers.values().stream().map(this::draw).toList());
        snapshot.put("partitions", drawn.stream().map(it -> draw(it, groups)).toList());
        snapshot.put("groups", groups.stream().map(it -> draw(it, drawn)).toList());
        snapshot.put("news", known.news.lines);
        return snapshot;
    }

    /** Up to 12 partitions one by one. Of more, those that matter: no leader, behind, lagging. */
    private static List<Partition> drawn(List<Partition> all) {
        var described = all.stream().filter(it -> it.state.value != null);
        if (all.size() <= DRAWN) return described.toList();
        return described
                .map(Rank::of)
                .sorted(Rank.WORST_FIRST)
                .limit(DRAWN)
                .map(Rank::partition)
                .sorted(Comparator.comparing((Partition it) -> it.at.topic()).thenComparing(it -> it.at.partition()))
                .toList();
    }

    /** How much a partition matters at this moment: while they are sorted, no clock may change that. */
    private record Rank(Partition partition, int trouble, int lag, int moved) {
        static final Comparator<Rank> WORST_FIRST = Comparator.comparingInt(Rank::trouble)
                .thenComparingInt(it -> -it.lag)
                .thenComparingInt(it -> -it.moved);

        static Rank of(Partition it) {
            return new Rank(it, it.trouble(), magnitude(it.greatestLag()), magnitude(it.in.movedAt));
        }

        /** Two numbers of the same magnitude do not change places all the time. */
        private static int magnitude(long number) {
            return 64 - Long.numberOfLeadingZeros(number);
        }
    }

    private static String folded(List<Partition> all, List<Partition> drawn) {
        long[] by = new long[5];
        for (Partition it : all) if (it.state.value != null) by[it.trouble()]++;
        String words = "%,d partitions: %,d without a leader, %,d whose leader does not answer,"
                + " %,d with a replica behind, %,d that lag. Drawn: the %d that matter most.";
        return words.formatted(all.size(), by[0], by[1], by[2], by[3], drawn.size());
    }

    private Map<String, Object> draw(Broker broker) {
        String state = broker.isDown() ? "down" : known.isMute(broker) ? "unresponsive" : "up";
        var drawn = object("id", broker.id, "address", broker.address, "state", state);
        drawn.put("awaySince", broker.downSince() > 0 ? broker.downSince() : null);
        drawn.put("leads", known.ledBy(broker).size());
        return drawn;
    }

    private Map<String, Object> draw(Partition it, List<Group> groups) {
        var state = it.state.value;
        var replicas = new ArrayList<Object>();
        for (int id : state.replicas()) {
            String follows = state.inSync().contains(id) ? "in sync" : "behind";
            String role = id == it.leader() ? "leader" : follows;
            replicas.add(object("broker", id, "state", known.brokers.get(id).isDown() ? "down" : role));
        }
        var out = new ArrayList<Object>();
        for (Group group : groups) {
            Flow flow = it.committed(group.name);
            if (flow == null) continue;
            Lag lag = it.lag(group.name);
            var read = object("group", group.name, "cells", flow.cells(), "rate", flow.rate());
            read.put("lag", lag.kind() == Lag.Kind.RECORDS ? lag.records() : null);
            read.put("outside", lag.isOutside() ? lag.shown() : null);
            out.add(read);
        }
        var drawn = object("topic", it.at.topic(), "number", it.at.partition());
        drawn.putAll(object("leader", it.leader() == Partition.NONE ? null : it.leader(), "mute", it.isMute()));
        drawn.put("replicas", replicas);
        drawn.put(
                "led",
                it.leaders.stream()
                        .map(led -> List.of(led.from(), led.leader()))
                        .toList());
        drawn.putAll(object("cells", it.in.cells(), "rate", it.in.rate(), "out", out));
        drawn.put("gaps", it.gaps.all.stream().map(Snapshot::draw).toList());
        return drawn;
    }

    private static Map<String, Object> draw(Gap gap) {
        var drawn = object("from", gap.from, "to", gap.to == 0 ? null : gap.to);
        drawn.put("text", gap.ofRecords ? "no record" : gap.cause);
        drawn.putAll(object("cause", gap.ofRecords ? gap.cause : "", "alarm", gap.alarm));
        return drawn;
    }

    private Map<String, Object> draw(Group group, List<Partition> partitions) {
        var members = group.readers.values().stream()
                .sorted(Comparator.comparingInt(it -> it.number))
                .limit(MEMBERS)
                .map(it -> draw(it, partitions))
                .toList();
        var drawn = object("name", group.name, "kind", group.kind.words, "member", group.kind.member);
        drawn.putAll(object("share", group.kind == GroupKind.SHARE, "refusal", group.refusal));
        drawn.put("oldSince", clock.isOld(group.answeredAt) ? group.answeredAt : null);
        drawn.put("rebalancing", group.isRebalancing());
        drawn.put("notReady", group.state == GroupState.NOT_READY);
        drawn.put("withoutMembers", group.readsWithoutMembers());
        drawn.put("more", Math.max(0, group.readers.size() - MEMBERS));
        drawn.put("consumers", members);
        return drawn;
    }

    private static Map<String, Object> draw(Reader reader, List<Partition> drawn) {
        Set<TopicPartition> its = reader.partitions == null ? Set.of() : reader.partitions;
        var chips = drawn.stream()
                .map(it -> it.at)
                .filter(its::contains)
                .map(it -> object("topic", it.topic(), "number", it.partition()))
                .toList();
        var member = object("number", reader.number, "client", reader.client, "left", reader.leftAt > 0);
        member.putAll(object("known", reader.partitions != null, "standby", reader.isStandby));
        member.putAll(object("partitions", chips, "more", its.size() - chips.size()));
        return member;
    }
}
