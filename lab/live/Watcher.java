package lab.live;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lab.common.Script;
import lab.live.Known.ClusterNow;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.RetriableException;

/**
 * Asks the cluster many questions at the same time, each again when its answer has come. A question goes to one broker,
 * or to any: a broker that hangs delays only its own answers.
 *
 * <p>Answers come in the Admin client's thread, and wait in the inbox for the main thread.
 */
class Watcher {
    private final Admin admin;
    private final Known known;
    private final Queue<Runnable> inbox = new ConcurrentLinkedQueue<>();
    private final Question cluster;
    private final Question topicNames;
    private final Question descriptions;
    private final Question groupNames;
    private Set<String> listed; // names of topics

    Watcher(Admin admin, Known known, Clock clock) {
        this.admin = admin;
        this.known = known;
        cluster = new Question(clock, 100);
        topicNames = new Question(clock, 1_000);
        descriptions = new Question(clock, 100);
        groupNames = new Question(clock, 1_000);
        listed = new TreeSet<>(known.wantedTopics);
    }

    /** Asks whatever is due. Never waits. */
    void ask() {
        ask(cluster, this::describeCluster, known::hearCluster);
        if (known.wantedTopics.isEmpty())
            ask(topicNames, () -> admin.listTopics().names().toCompletionStage(), it -> listed = it);
        ask(descriptions, this::describeTopics, known::hearTopics);
        ask(groupNames, () -> admin.listGroups().valid().toCompletionStage(), known::hearGroups);
        for (Broker it : known.brokers.values()) {
            ask(
                    it.ends,
                    () -> offsets(known.ledBy(it), OffsetSpec.latest()),
                    ends -> known.hearEnds(ends, it.ends.askedAt));
            ask(it.starts, () -> offsets(read(known.ledBy(it)), OffsetSpec.earliest()), known::hearStarts);
        }
        // Which request describes a group depends on its kind.
        if (groupNames.answeredAt == 0 && groupNames.error == null) return;
        for (Group it : known.groups.values()) {
            ask(it.description, () -> describe(it), answer -> known.hearGroup(it, answer));
            it.offsets.everyMs = it.matters() ? 250 : 3_000;
            if (it.kind.commits() && (it.matters() || it.kind == GroupKind.SIMPLE))
                ask(it.offsets, () -> committed(it), offsets -> known.hearOffsets(it, offsets, it.offsets.askedAt));
        }
    }

    /** Uses the answers that have come. */
    void hear() {
        for (Runnable answer = inbox.poll(); answer != null; answer = inbox.poll()) answer.run();
    }

    /** When a broker last answered; 0: never. */
    long answeredAt() {
        return cluster.answeredAt;
    }

    /** What the cluster refuses to report. */
    List<String> refusals() {
        return Stream.of(cluster, topicNames, descriptions, groupNames)
                .map(it -> it.error)
                .filter(it -> it instanceof ApiException && !(it instanceof RetriableException))
                .map(Script::oneLine)
                .distinct()
                .toList();
    }

    /** Asks, unless the last answer is still to come, or is too new. */
    private <T> void ask(Question question, Supplier<CompletionStage<T>> request, Consumer<T> use) {
        if (!question.isDue()) return;
        question.asked();
        request.get()
                .whenComplete((answer, error) -> inbox.add(() -> {
                    question.answered(error);
                    if (error == null) use.accept(answer);
                }));
    }

    // ---- requests ----

    private CompletionStage<ClusterNow> describeCluster() {
        var described = admin.describeCluster();
        var nodes = described.nodes().toCompletionStage();
        return described.clusterId().toCompletionStage().thenCombine(nodes, ClusterNow::new);
    }

    private CompletionStage<Map<String, Answer<TopicDescription>>> describeTopics() {
        var names = new TreeSet<>(listed);
        names.addAll(known.topics.keySet());
        // Thousands of partitions come in several answers, one after the other.
        return Answer.each(admin.describeTopics(names, new DescribeTopicsOptions().timeoutMs(10_000))
                .topicNameValues());
    }

    private CompletionStage<Map<TopicPartition, Answer<ListOffsetsResultInfo>>> offsets(
            List<Partition> partitions, OffsetSpec which) {
        var asked = new HashMap<TopicPartition, KafkaFuture<ListOffsetsResultInfo>>();
        for (int i = 0; i < partitions.size(); i += 1_000) { // the time of Kafka's client grows faster than the request
            Set<TopicPartition> portion = partitions.subList(i, Math.min(partitions.size(), i + 1_000)).stream()
                    .map(it -> it.at)
                    .collect(Collectors.toSet());
            var offsets = admin.listOffsets(portion.stream().collect(Collectors.toMap(at -> at, at -> which)));
            for (TopicPartition at : portion) asked.put(at, offsets.partitionResult(at));
        }
        return Answer.each(asked);
    }

    /** Where the log starts matters only to a group that reads it. */
    private static List<Partition> read(Collection<Partition> partitions) {
        return partitions.stream().filter(Partition::isRead).toList();
    }

    private CompletionStage<Answer<GroupNow>> describe(Group group) {
        // Many groups are asked less often, so the cluster has no more to do.
        group.description.everyMs = group.matters() ? Math.max(250, 50 * known.groups.size()) : 3_000;
        return Answer.answer(group.kind.describe(admin, group.name));
    }

    private CompletionStage<Map<TopicPartition, OffsetAndMetadata>> committed(Group group) {
        return admin.listConsumerGroupOffsets(group.name)
                .partitionsToOffsetAndMetadata()
                .toCompletionStage();
    }
}
