package lab.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.StreamsGroupDescription;
import org.apache.kafka.clients.admin.StreamsGroupMemberAssignment;
import org.apache.kafka.clients.admin.StreamsGroupMemberAssignment.TaskIds;
import org.apache.kafka.clients.admin.StreamsGroupMemberDescription;
import org.apache.kafka.clients.admin.StreamsGroupSubtopologyDescription;
import org.apache.kafka.clients.admin.StreamsGroupTopologyDescriptionStatus;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Groups of all kinds, without a cluster. */
public class GroupTest {
    private final LagTest.HandClock clock = new LagTest.HandClock();
    private final News news = new News(clock, Set.of("t"));
    private final Group group = new Group("g", false, clock, news);

    @ParameterizedTest(name = "{0}, protocol {1}: {2}")
    @CsvSource({
        "Classic, consumer, CONSUMER, true",
        "Classic, '', SIMPLE, true",
        "Classic, connect, CONNECT, false",
        "Classic, sr, OTHER, false",
        "Consumer, consumer, CONSUMER, true",
        "Share, share, SHARE, false",
        "Streams, streams, STREAMS, true",
        ", consumer, CONSUMER, true",
        ", connect, CONNECT, false",
    })
    @DisplayName("the kind of a group, and whether it commits offsets:")
    void kinds(String type, String protocol, GroupKind kind, boolean commits) {
        Optional<GroupType> told = Optional.ofNullable(type).map(GroupType::parse);
        assertThat(GroupKind.of(new GroupListing("g", told, protocol, Optional.empty())))
                .isEqualTo(kind);
        assertThat(kind.commits()).isEqualTo(commits);
    }

    private static StreamsGroupMemberDescription member(String id, List<TaskIds> active, List<TaskIds> standby) {
        var tasks = new StreamsGroupMemberAssignment(active, standby, List.of());
        return new StreamsGroupMemberDescription(
                id,
                1,
                Optional.empty(),
                Optional.empty(),
                "client " + id,
                "/127.0.0.1",
                1,
                "process",
                Optional.empty(),
                Map.of(),
                List.of(),
                List.of(),
                tasks,
                tasks,
                false);
    }

    @Test
    @DisplayName("a member of a Streams group reads the source partitions of its active tasks; a standby reads nothing")
    void streams() {
        var subtopologies = List.of(
                new StreamsGroupSubtopologyDescription("0", List.of("t", "u"), List.of(), Map.of(), Map.of()),
                new StreamsGroupSubtopologyDescription("1", List.of("v"), List.of(), Map.of(), Map.of()));
        var members = List.of(
                member("a", List.of(new TaskIds("0", List.of(0, 1))), List.of()),
                member("b", List.of(), List.of(new TaskIds("0", List.of(0)))),
                member("c", List.of(), List.of()));
        GroupNow now = GroupNow.of(new StreamsGroupDescription(
                "g",
                1,
                1,
                1,
                subtopologies,
                members,
                GroupState.STABLE,
                Node.noNode(),
                Set.of(),
                Optional.empty(),
                StreamsGroupTopologyDescriptionStatus.NOT_REQUESTED,
                Optional.empty()));
        assertThat(now.members().get(0).partitions())
                .containsExactlyInAnyOrder(
                        new TopicPartition("t", 0), new TopicPartition("t", 1),
                        new TopicPartition("u", 0), new TopicPartition("u", 1));
        assertThat(now.members()).extracting(GroupNow.Member::isStandby).containsExactly(false, true, false);
        group.kind = GroupKind.STREAMS;
        hear(new Answer<>(now, null));
        news.flush();
        assertThat(news.lines.getFirst().text())
                .startsWith("group g: member 1 reads ")
                .endsWith("; member 2 is a standby; member 3 is idle");
    }

    private void hear(Answer<GroupNow> answer) {
        group.hear(answer, at -> at.topic().equals("t"), false);
    }

    private static Answer<GroupNow> stable(GroupNow.Member... members) {
        return new Answer<>(new GroupNow(GroupState.STABLE, List.of(members)), null);
    }

    private static GroupNow.Member reading(String id, Integer... numbers) {
        var partitions = List.of(numbers).stream().map(it -> new TopicPartition("t", it));
        return new GroupNow.Member(id, id, partitions.collect(java.util.stream.Collectors.toSet()), false);
    }

    @Test
    @DisplayName("a member keeps its number; one that left is named, and forgotten after a while")
    void numbers() {
        assertThat(group.matters()).isFalse();
        hear(stable(reading("x", 0), reading("y", 1)));
        assertThat(group.matters()).isTrue();
        hear(stable(reading("y", 0, 1)));
        hear(stable(reading("y", 0), reading("z", 1)));
        assertThat(group.readers.get("y").number).isEqualTo(2);
        assertThat(group.readers.get("z").number).isEqualTo(3);
        assertThat(news.lines)
                .extracting(News.Line::text)
                .contains("group g: consumer 1 has left", "group g: consumer 2 reads partitions 0, 1");
        clock.pass(10_001);
        group.look();
        assertThat(group.readers).containsOnlyKeys("y", "z");
    }

    @Test
    @DisplayName("a worker of Connect is never idle: what it does is not reported")
    void connect() {
        group.kind = GroupKind.CONNECT;
        hear(stable(new GroupNow.Member("w", "w", null, false)));
        assertThat(group.readers.get("w").partitions).isNull();
        assertThat(group.matters()).as("it reads no topic of the page").isFalse();
        assertThat(news.lines).isEmpty();
    }

    @Test
    @DisplayName("no answer, no permission, no group")
    void errors() {
        hear(stable(reading("x", 0)));
        long answeredAt = group.answeredAt;
        clock.pass(500);
        hear(new Answer<>(null, new TimeoutException("late")));
        assertThat(group.answeredAt).isEqualTo(answeredAt);
        assertThat(group.readers.get("x").leftAt).isZero();
        hear(new Answer<>(null, GroupAuthorizationException.forGroupId("g")));
        assertThat(group.refusal).isEqualTo("no permission to describe it");
        hear(new Answer<>(null, new GroupIdNotFoundException("g")));
        assertThat(group.refusal).isNull();
        assertThat(group.readers.get("x").leftAt).isPositive();
    }

    @Test
    @DisplayName("a group without members reads only while its offsets grow")
    void withoutMembers() {
        group.kind = GroupKind.SIMPLE;
        assertThat(group.readsWithoutMembers()).isFalse();
        group.reads();
        assertThat(group.readsWithoutMembers()).isTrue();
        clock.pass(clock.window() + 1);
        assertThat(group.readsWithoutMembers()).isFalse();
    }

    @Test
    @DisplayName("an offset outside the log is reported once, for a group on the page")
    void outside() {
        var partition = new Partition(new TopicPartition("t", 0), clock, news);
        partition.hearCommitted("g", 500, clock.now());
        clock.pass(100);
        partition.in.hear(10, clock.now());
        partition.look(false, Set.of("other"));
        news.flush();
        assertThat(news.lines).isEmpty();
        for (int i = 0; i < 3; i++) {
            partition.look(false, Set.of("g"));
            clock.pass(Clock.OLD + 1); // unknown in between
            partition.look(false, Set.of("g"));
            partition.hearCommitted("g", 500, clock.now());
            partition.in.hear(10, clock.now());
            news.flush();
        }
        assertThat(news.lines)
                .extracting(News.Line::text)
                .containsExactly("partition 0: the committed offset of group g is past the end by 490");
    }
}
