package lab.drill;

import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import lab.common.*;
import lab.drill.scenarios.*;
import lab.history.Experiment;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupIdNotFoundException;

/** Before a trial: a topic that is whole, with its preferred leaders, and a group that starts at the topic's end. */
class Preparation {
    private final Cluster cluster;
    private final Scenario scenario;
    private final String name; // the topic's

    Preparation(Cluster cluster, Scenario scenario, String topic) {
        this.cluster = cluster;
        this.scenario = scenario;
        this.name = topic;
    }

    /** @throws Failure if the topic cannot be used */
    Experiment.Topic prepare(String group) throws Exception {
        try {
            return prepared(group);
        } catch (ExecutionException refused) {
            throw Connection.refused("prepare topic '" + name + "'", refused);
        }
    }

    private Experiment.Topic prepared(String group) throws Exception {
        setBrokerProperties();
        createIfMissing();
        TopicDescription described = cluster.describeSoon(name);
        Map<String, String> properties = cluster.topicProperties(name);
        check(described, properties);
        awaitWhole(described);
        cluster.elect(ElectionType.PREFERRED, name);
        Experiment.Topic topic = cluster.look(name, 0);
        moveToEnd(
                group,
                topic.partitions().stream().map(Experiment.Partition::end).toList());
        return topic;
    }

    /** Only a scenario on the drill's own cluster asks for some, so nothing is put back. */
    private void setBrokerProperties() throws Exception {
        var changes = new ArrayList<AlterConfigOp>();
        scenario.brokerProperties()
                .forEach((key, value) -> changes.add(new AlterConfigOp(
                        new ConfigEntry(key, value),
                        value.isEmpty() ? AlterConfigOp.OpType.DELETE : AlterConfigOp.OpType.SET)));
        if (changes.isEmpty()) return;
        var allBrokers = new ConfigResource(ConfigResource.Type.BROKER, "");
        cluster.admin.incrementalAlterConfigs(Map.of(allBrokers, changes)).all().get();
    }

    private void createIfMissing() throws Exception {
        if (cluster.admin.listTopics().names().get().contains(name)) return;
        var shape = Pattern.compile(".*-(\\d{1,4})p-rf(\\d)").matcher(name);
        if (!shape.matches()) Connection.describe(cluster.admin, name); // reports that it does not exist
        int partitions = Integer.parseInt(shape.group(1));
        int replicas = Integer.parseInt(shape.group(2));
        if (partitions < 1 || replicas < 1)
            throw new Failure(2, "Topic '%s': a topic has at least 1 partition and 1 replica.", name);
        List<Integer> ids = new ArrayList<>(cluster.brokers.keySet());
        if (replicas > ids.size())
            throw new Failure(
                    1,
                    "Topic '%s' needs %d brokers for its replicas; %d are up. Start the others.",
                    name,
                    replicas,
                    ids.size());
        // Partition 0 leads on the first broker, 1 on the next.
        var placement = new TreeMap<Integer, List<Integer>>();
        for (int partition = 0; partition < partitions; partition++) {
            placement.put(partition, List.copyOf(ids.subList(0, replicas)));
            Collections.rotate(ids, -1);
        }
        var topic = new NewTopic(name, placement).configs(scenario.topicProperties());
        try {
            cluster.admin.createTopics(List.of(topic)).all().get();
        } catch (ExecutionException refused) {
            throw Connection.refused("create topic '" + name + "'", refused);
        }
        if (!Cluster.holdsWithin(30, () -> cluster.isWhole(name)))
            throw new Failure(1, "Topic '%s' was created, and has no leaders.", name);
    }

    private void check(TopicDescription topic, Map<String, String> properties) {
        if (topic.isInternal()) throw new Failure(2, "Topic '%s' is Kafka's own: no records go there.", name);
        if (properties.getOrDefault("cleanup.policy", "").contains("compact"))
            throw new Failure(
                    2,
                    "Topic '%s' has cleanup.policy=compact: compaction removes records, so none can be called lost.",
                    name);
        String delete = "Delete it (this deletes its records): jbang topics.java delete " + name;
        String shape = topic.partitions().size() + "p-rf"
                + topic.partitions().get(0).replicas().size();
        if (scenario.shape() != null && !scenario.shape().equals(shape))
            throw new Failure(1, "Topic '%s' does not match the shape in its name. %s", name, delete);
        scenario.topicProperties().forEach((key, value) -> {
            String is = properties.getOrDefault(key, value);
            if (!value.equals(is))
                throw new Failure(1, "Topic '%s' has %s=%s; this scenario needs %s. %s", name, key, is, value, delete);
        });
    }

    /** A drill that only observes also begins with replicas out of sync. */
    private void awaitWhole(TopicDescription topic) throws Exception {
        if (scenario instanceof AnyTopic any && any.onlyObserves()) return;
        Set<Integer> registered = cluster.registered();
        String gone = ids(topic, id -> registered != null && !registered.contains(id));
        if (!gone.isEmpty())
            throw new Failure(
                    1,
                    "Topic '%s' has replicas on broker %s, which does not exist any more. Start that broker, or move the"
                            + " replicas: kafka-reassign-partitions.sh",
                    name,
                    gone);
        if (Cluster.holdsWithin(60, () -> cluster.isWhole(name))) return;
        String down = ids(topic, id -> !cluster.brokers.containsKey(id));
        throw new Failure(
                1,
                "The replicas of topic '%s' are not all in sync%s. See: jbang topics.java list %s",
                name,
                down.isEmpty()
                        ? ""
                        : ": broker " + down + (registered == null ? " is down, or unregistered" : " is down"),
                name);
    }

    /** Those brokers with a replica for which a condition holds. */
    private static String ids(TopicDescription topic, Predicate<Integer> wanted) {
        return topic.partitions().stream()
                .flatMap(it -> it.replicas().stream())
                .map(Node::id)
                .filter(wanted)
                .distinct()
                .sorted()
                .map(String::valueOf)
                .collect(Collectors.joining(", "));
    }

    private void moveToEnd(String group, List<Long> ends) throws Exception {
        StateTopics.GROUPS.check(cluster.admin);
        try {
            if (!Cluster.holdsWithin(5, () -> membersOf(group) == 0))
                throw new Failure(
                        1,
                        "Group '%s' has members: end your consumers first; they would take part of the records.",
                        group);
        } catch (ExecutionException noSuchGroup) {
            if (!(noSuchGroup.getCause() instanceof GroupIdNotFoundException))
                throw Connection.refused("describe group '" + group + "'", noSuchGroup);
        }
        var starts = new HashMap<TopicPartition, OffsetAndMetadata>();
        for (int partition = 0; partition < ends.size(); partition++)
            starts.put(new TopicPartition(name, partition), new OffsetAndMetadata(ends.get(partition)));
        try {
            cluster.admin.alterConsumerGroupOffsets(group, starts).all().get();
        } catch (ExecutionException refused) {
            throw Connection.refused("set group '" + group + "' to the end of the topic", refused);
        }
    }

    private int membersOf(String group) throws Exception {
        return cluster.admin
                .describeConsumerGroups(List.of(group))
                .describedGroups()
                .get(group)
                .get()
                .members()
                .size();
    }
}
