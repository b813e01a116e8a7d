package lab.live;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.ClassicGroupDescription;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.ShareGroupDescription;
import org.apache.kafka.clients.admin.ShareMemberDescription;
import org.apache.kafka.clients.admin.StreamsGroupDescription;
import org.apache.kafka.clients.admin.StreamsGroupMemberAssignment.TaskIds;
import org.apache.kafka.clients.admin.StreamsGroupMemberDescription;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;

/** The answer to a description of a group. Kafka's client has classes of its own for each kind of group. */
record GroupNow(GroupState state, List<Member> members) {
    /**
     * A member of a group.
     *
     * @param partitions what it reads; null where Kafka does not report it
     * @param isStandby it reads nothing, and keeps copies of the state of others
     */
    record Member(String id, String client, Set<TopicPartition> partitions, boolean isStandby) {
        static Member of(MemberDescription it) {
            return new Member(it.consumerId(), it.clientId(), it.assignment().topicPartitions(), false);
        }

        static Member of(ShareMemberDescription it) {
            return new Member(it.consumerId(), it.clientId(), it.assignment().topicPartitions(), false);
        }
    }

    static GroupNow of(ConsumerGroupDescription it) {
        return new GroupNow(
                it.groupState(), it.members().stream().map(Member::of).toList());
    }

    static GroupNow of(ShareGroupDescription it) {
        return new GroupNow(
                it.groupState(), it.members().stream().map(Member::of).toList());
    }

    /** A group of another protocol, such as Kafka Connect's: only the members themselves know what their work is. */
    static GroupNow of(ClassicGroupDescription it) {
        return new GroupNow(
                GroupState.parse(it.state().toString()),
                it.members().stream()
                        .map(member -> new Member(member.consumerId(), member.clientId(), null, false))
                        .toList());
    }

    /** A task of Kafka Streams reads the partition of its number, of each source topic of its subtopology. */
    static GroupNow of(StreamsGroupDescription group) {
        return new GroupNow(
                group.groupState(),
                group.members().stream().map(it -> member(it, group)).toList());
    }

    private static Member member(StreamsGroupMemberDescription it, StreamsGroupDescription group) {
        var tasks = it.assignment();
        boolean isStandby = tasks.activeTasks().isEmpty()
                && !(tasks.standbyTasks().isEmpty() && tasks.warmupTasks().isEmpty());
        return new Member(it.memberId(), it.clientId(), sources(tasks.activeTasks(), group), isStandby);
    }

    private static Set<TopicPartition> sources(Collection<TaskIds> tasks, StreamsGroupDescription group) {
        var partitions = new HashSet<TopicPartition>();
        for (TaskIds task : tasks)
            group.subtopologies().stream()
                    .filter(it -> it.subtopologyId().equals(task.subtopologyId()))
                    .flatMap(it ->
                            Stream.concat(it.sourceTopics().stream(), it.repartitionSourceTopics().keySet().stream()))
                    .forEach(topic ->
                            task.partitions().forEach(number -> partitions.add(new TopicPartition(topic, number))));
        return partitions;
    }
}
