package lab.live;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** What is known of the cluster: the answers so far. Only the main thread works with it. */
class Known {
    /** The cluster's id, and the brokers that it lists. */
    record ClusterNow(String id, Collection<Node> nodes) {}

    final Map<String, Topic> topics = new TreeMap<>();
    final Map<Integer, Broker> brokers = new TreeMap<>();
    final Map<String, Group> groups = new TreeMap<>();
    final News news;
    final List<String> wantedTopics; // none: all
    final List<String> wantedGroups; // none: those that read the topics
    boolean ready; // the topics are known
    String clusterId = "";
    long silentSince; // no broker answers since then; 0: one does
    private final Clock clock;
    private final Belief<Set<Integer>> listed = new Belief<>(); // the brokers' ids

    Known(Clock clock, List<String> wantedTopics, List<String> wantedGroups) {
        this.clock = clock;
        this.wantedTopics = wantedTopics;
        this.wantedGroups = wantedGroups;
        news = new News(clock, topics.keySet());
        wantedGroups.forEach(this::group);
    }

    // ---- answers ----

    void hearCluster(ClusterNow heard) {
        if (!clusterId.isEmpty() && !clusterId.equals(heard.id())) forget();
        clusterId = heard.id();
        for (Node node : heard.nodes()) broker(node.id()).address = node.host() + ":" + node.port();
        Set<Integer> ids = heard.nodes().stream().map(Node::id).collect(Collectors.toCollection(TreeSet::new));
        boolean isFirst = listed.value == null;
        if (!listed.hear(ids)) return;
        for (Broker it : brokers.values()) it.hear(ids.contains(it.id), isFirst);
    }

    /** Another cluster has taken the place of the one before. */
    private void forget() {
        topics.clear();
        brokers.clear();
        groups.clear();
        wantedGroups.forEach(this::group);
        listed.value = null;
        news.add(News.PLAIN, "another cluster answers now");
    }

    void hearTopics(Map<String, Answer<TopicDescription>> answers) {
        answers.forEach((name, answer) -> {
            boolean isMissing = answer.error() instanceof UnknownTopicOrPartitionException;
            if (answer.error() != null && !(isMissing && topics.containsKey(name))) return;
            if (ready && !topics.containsKey(name)) news.add(News.PLAIN, "topic " + name + " is new");
            Topic topic = topics.computeIfAbsent(name, it -> new Topic(it, clock, news));
            topic.hear(answer.value());
            for (Partition it : topic.partitions)
                if (it.state.value != null) it.state.value.replicas().forEach(this::broker);
            if (topic.isDeleted()) topics.remove(name);
        });
        ready |= !answers.isEmpty();
    }

    void hearEnds(Map<TopicPartition, Answer<ListOffsetsResultInfo>> ends, long askedAt) {
        ends.forEach((at, end) -> {
            Partition partition = partition(at);
            if (partition != null && end.error() == null)
                partition.in.hear(end.value().offset(), askedAt);
        });
    }

    void hearStarts(Map<TopicPartition, Answer<ListOffsetsResultInfo>> starts) {
        starts.forEach((at, start) -> {
            Partition partition = partition(at);
            if (partition != null && start.error() == null)
                partition.start = start.value().offset();
        });
    }

    void hearGroups(Collection<GroupListing> heard) {
        var names = heard.stream().map(GroupListing::groupId).collect(Collectors.toSet());
        for (GroupListing it : heard)
            if (wantedGroups.isEmpty() || wantedGroups.contains(it.groupId()))
                group(it.groupId()).kind = GroupKind.of(it);
        if (!wantedGroups.isEmpty()) return;
        groups.values().removeIf(it -> !it.matters() && !names.contains(it.name));
        for (Partition it : partitions()) it.keepGroups(groups.keySet());
    }

    void hearGroup(Group group, Answer<GroupNow> answer) {
        group.hear(answer, at -> partition(at) != null, wantedTopics.isEmpty());
    }

    void hearOffsets(Group group, Map<TopicPartition, OffsetAndMetadata> heard, long askedAt) {
        heard.forEach((at, offset) -> {
            Partition partition = partition(at);
            if (partition == null || offset == null) return;
            if (partition.hearCommitted(group.name, offset.offset(), askedAt)) group.reads();
        });
    }

    /**
     * Looks for what changes with time alone.
     *
     * @param answeredAt when a broker last answered; 0: never
     */
    void look(long answeredAt) {
        boolean silent = answeredAt > 0 && clock.isOld(answeredAt);
        if (silent && silentSince == 0) {
            silentSince = answeredAt;
            news.add(News.BAD, "no broker answers");
        } else if (!silent && silentSince > 0) {
            news.add(News.GOOD, "the cluster answers again, after " + Clock.length(clock.since(silentSince)));
            silentSince = 0;
        }
        var shown = groups.values().stream()
                .filter(Group::matters)
                .map(it -> it.name)
                .collect(Collectors.toSet());
        for (Partition it : partitions()) it.look(silentSince > 0, shown);
        for (Group it : groups.values()) it.look();
        news.flush();
    }

    // ---- what is known ----

    private Broker broker(int id) {
        boolean isDown = listed.value != null && !listed.value.contains(id);
        return brokers.computeIfAbsent(id, it -> new Broker(it, isDown, clock, news));
    }

    private Group group(String name) {
        return groups.computeIfAbsent(name, it -> new Group(it, wantedGroups.contains(it), clock, news));
    }

    List<Partition> partitions() {
        return topics.values().stream().flatMap(it -> it.partitions.stream()).toList();
    }

    /** The partitions that the broker leads. */
    List<Partition> ledBy(Broker broker) {
        return partitions().stream().filter(it -> it.leader() == broker.id).toList();
    }

    /** Null for a partition that is not known. */
    Partition partition(TopicPartition at) {
        Topic topic = topics.get(at.topic());
        boolean exists = topic != null && at.partition() < topic.partitions.size();
        return exists ? topic.partitions.get(at.partition()) : null;
    }

    /** The cluster lists the broker, and the broker does not report the ends of its partitions. */
    boolean isMute(Broker broker) {
        return !broker.isDown() && ledBy(broker).stream().anyMatch(Partition::isMute);
    }
}
