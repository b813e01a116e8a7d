package lab.doctor;

import static lab.doctor.Questions.PATIENCE_MS;

import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import lab.common.*;
import lab.prediction.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Reads the topics that the client may see. */
class TopicReader {
    /** Of topics in one request, because the answer for each has some 40 settings. */
    private static final int PORTION = 500;

    private final Admin admin;
    private final Questions questions;

    TopicReader(Admin admin, Questions questions) {
        this.admin = admin;
        this.questions = questions;
    }

    /** @param needed a failure if one of them is not seen */
    SortedMap<String, TopicDescription> read(Set<String> needed) throws InterruptedException {
        var described = new TreeMap<String, TopicDescription>();
        try {
            var all = new ListTopicsOptions().listInternal(true).timeoutMs(PATIENCE_MS);
            Set<String> names = admin.listTopics(all).names().get();
            var options = new DescribeTopicsOptions().timeoutMs(PATIENCE_MS);
            for (var answer :
                    admin.describeTopics(names, options).topicNameValues().entrySet()) {
                try {
                    described.put(answer.getKey(), answer.getValue().get());
                } catch (ExecutionException failed) { // it may have been deleted in the meantime
                    if (!(failed.getCause() instanceof UnknownTopicOrPartitionException)) throw failed;
                }
            }
        } catch (ExecutionException failed) {
            throw Connection.refused("describe the topics", failed);
        }
        for (String name : needed)
            if (!described.containsKey(name))
                throw new Failure(1, "There is no topic '%s', or it may not be seen.", name);
        return described;
    }

    /** The brokers that have replicas. */
    static Set<Integer> brokers(Map<String, TopicDescription> topics) {
        return topics.values().stream()
                .flatMap(topic -> topic.partitions().stream())
                .flatMap(it -> it.replicas().stream())
                .map(Node::id)
                .collect(Collectors.toSet());
    }

    /** @param moving the partitions whose replicas are being changed */
    SortedMap<PartitionId, Partition> partitions(Map<String, TopicDescription> topics, Set<TopicPartition> moving)
            throws InterruptedException {
        Map<String, Config> configs = configs(topics.keySet());
        var partitions = new TreeMap<PartitionId, Partition>();
        topics.forEach((name, topic) -> {
            Config config = configs.get(name);
            int minInSync = config == null
                    ? 0
                    : Integer.parseInt(config.get("min.insync.replicas").value());
            boolean unclean = config != null
                    && config.get("unclean.leader.election.enable").value().equals("true");
            for (TopicPartitionInfo it : topic.partitions()) {
                var id = new PartitionId(name, it.partition());
                partitions.put(
                        id,
                        new Partition(
                                id,
                                topic.isInternal(),
                                it.leader() == null ? null : it.leader().id(),
                                it.replicas().stream().map(Node::id).toList(),
                                ids(it.isr()),
                                ids(it.elr()),
                                minInSync,
                                unclean,
                                moving.contains(new TopicPartition(name, it.partition())),
                                Set.of()));
            }
        });
        return partitions;
    }

    /** @param nodes null: not in the answer of a broker before Kafka 4.0 */
    private static Set<Integer> ids(List<Node> nodes) {
        return nodes == null ? Set.of() : nodes.stream().map(Node::id).collect(Collectors.toCollection(TreeSet::new));
    }

    private Map<String, Config> configs(Set<String> names) throws InterruptedException {
        var answers = new TreeMap<String, KafkaFuture<Config>>();
        var all = names.stream()
                .map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name))
                .toList();
        var options = new DescribeConfigsOptions().timeoutMs(PATIENCE_MS);
        for (int i = 0; i < all.size(); i += PORTION)
            admin.describeConfigs(all.subList(i, Math.min(all.size(), i + PORTION)), options)
                    .values()
                    .forEach((topic, answer) -> answers.put(topic.name(), answer));
        return questions.askEach("min.insync.replicas", "topics", answers, "So acks=all is not judged there.", true);
    }
}
