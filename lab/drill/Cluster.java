package lab.drill;

import java.util.*;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import lab.common.*;
import lab.drill.clients.Offsets;
import lab.drill.faults.*;
import lab.history.Experiment;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.*;

/** The cluster of all trials: what it is asked, and who can take its nodes down. */
class Cluster implements AutoCloseable {
    final Admin admin;
    final Executor executor;
    final Map<Integer, Node> brokers;
    final long sessionTimeout; // in ms: a broker that is silent for so long is given up

    Cluster(Admin admin, Executor executor, Map<Integer, Node> brokers) throws InterruptedException {
        this.admin = admin;
        this.executor = executor;
        this.brokers = brokers;
        this.sessionTimeout = askSessionTimeout();
    }

    /** Such as localhost:9092,localhost:9095. */
    String addresses() {
        return brokers.values().stream().map(it -> it.host() + ":" + it.port()).collect(Collectors.joining(","));
    }

    /** @throws Failure if there is no such broker */
    Target broker(int id) {
        Node broker = brokers.get(id);
        if (broker == null) throw new Failure(2, "There is no broker %d; there are %s.", id, brokers.keySet());
        return Target.broker(id, broker.host(), broker.port());
    }

    boolean lists(Target node) {
        try {
            var nodes = admin.describeCluster(new DescribeClusterOptions().timeoutMs(5_000))
                    .nodes()
                    .get();
            return node.isController() || nodes.stream().anyMatch(it -> it.id() == node.id());
        } catch (ExecutionException | InterruptedException noAnswer) {
            return false;
        }
    }

    /** The brokers that exist for the cluster, also those that are down; null: not known, as before Kafka 4.0. */
    Set<Integer> registered() throws InterruptedException {
        try {
            var options =
                    new DescribeClusterOptions().includeFencedBrokers(true).timeoutMs(5_000);
            var nodes = admin.describeCluster(options).nodes().get();
            return nodes.stream().map(Node::id).collect(Collectors.toCollection(TreeSet::new));
        } catch (ExecutionException notKnown) {
            return null;
        }
    }

    boolean isWhole(String topic) throws InterruptedException {
        try {
            return Connection.describe(admin, topic).partitions().stream()
                    .allMatch(it -> it.leader() != null
                            && it.isr().size() == it.replicas().size());
        } catch (Failure noAnswer) {
            return false;
        }
    }

    /** Whether each broker with a replica answers a request that only that broker can answer. */
    boolean allAnswer(Experiment.Topic topic) throws InterruptedException {
        var resources = topic.partitions().stream()
                .flatMap(it -> it.replicas().stream())
                .distinct()
                .map(id -> new ConfigResource(ConfigResource.Type.BROKER, "" + id))
                .toList();
        try {
            admin.describeConfigs(resources, new DescribeConfigsOptions().timeoutMs(5_000))
                    .all()
                    .get();
            return true;
        } catch (ExecutionException refused) {
            return Script.rootOf(refused) instanceof AuthorizationException; // a refusal is also an answer
        }
    }

    /** Preferred leaders return by themselves only every 300 s (leader.imbalance.check.interval.seconds). */
    void elect(ElectionType type, String topic) throws Exception {
        var partitions = new HashSet<TopicPartition>();
        for (TopicPartitionInfo it : describeSoon(topic).partitions())
            partitions.add(new TopicPartition(topic, it.partition()));
        try {
            var options = new ElectLeadersOptions().timeoutMs(10_000);
            admin.electLeaders(type, partitions, options).partitions().get();
        } catch (ExecutionException refused) {
            if (Script.rootOf(refused) instanceof AuthorizationException)
                throw Connection.refused("elect leaders (Alter on the cluster)", refused);
            // not yet, or no controller: the caller looks who leads
        }
    }

    /** A busy broker may learn late of a topic that was just created. */
    TopicDescription describeSoon(String topic) throws InterruptedException {
        for (int tries = 1; ; tries++)
            try {
                return Connection.describe(admin, topic);
            } catch (Failure notKnown) {
                if (tries == 50 || Script.stopsWithin(100_000_000)) throw notKnown;
            }
    }

    /** The topic's properties; empty if they must not be read: then it is not known what they allow. */
    Map<String, String> topicProperties(String topic) throws InterruptedException {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        for (int tries = 1; ; tries++)
            try {
                Config config =
                        admin.describeConfigs(List.of(resource)).all().get().get(resource);
                var properties = new HashMap<String, String>();
                config.entries().forEach(entry -> properties.put(entry.name(), entry.value()));
                return properties;
            } catch (ExecutionException failed) {
                boolean unknown = failed.getCause() instanceof UnknownTopicOrPartitionException;
                if (!unknown || tries == 50 || Script.stopsWithin(100_000_000)) return Map.of();
            }
    }

    Experiment.Cluster describe() throws InterruptedException {
        String id = null;
        try {
            id = admin.describeCluster().clusterId().get();
        } catch (ExecutionException noAnswer) {
            // it is for readers only
        }
        var all = new ArrayList<Experiment.Broker>();
        for (int each : brokers.keySet())
            all.add(new Experiment.Broker(each, executor.nameOf(broker(each)), version(each)));
        return new Experiment.Cluster(0, id, implementation(), all, (int) sessionTimeout, executor.about());
    }

    /** A cluster does not tell what it is: the features that are in force, and their levels; null: no answer. */
    private String implementation() throws InterruptedException {
        try {
            var all = admin.describeFeatures(new DescribeFeaturesOptions().timeoutMs(5_000))
                    .featureMetadata()
                    .get()
                    .finalizedFeatures();
            String features = new TreeMap<>(all)
                    .entrySet().stream()
                            .map(it -> it.getKey() + " " + it.getValue().maxVersionLevel())
                            .collect(Collectors.joining(", "));
            return "not told; features: " + (features.isEmpty() ? "none" : features);
        } catch (ExecutionException notKnown) {
            return null;
        }
    }

    /** A broker does not tell its version. The highest metadata.version that it supports stands for it; null: not known. */
    private String version(int id) throws InterruptedException {
        var one = new DescribeFeaturesOptions().nodeId(id).timeoutMs(5_000);
        try {
            var supported = admin.describeFeatures(one).featureMetadata().get().supportedFeatures();
            var metadata = supported.get("metadata.version");
            return metadata == null ? null : "metadata.version " + metadata.maxVersion();
        } catch (ExecutionException notKnown) {
            return null;
        }
    }

    /** @param t when, in seconds of the run */
    Experiment.Topic look(String name, double t) throws Exception {
        TopicDescription described = describeSoon(name);
        Map<String, String> properties = topicProperties(name);
        int count = described.partitions().size();
        List<Long> starts = Offsets.of(admin, name, count, OffsetSpec.earliest());
        List<Long> ends = Offsets.of(admin, name, count, OffsetSpec.latest());
        var partitions = new ArrayList<Experiment.Partition>();
        int fewest = Integer.MAX_VALUE;
        for (TopicPartitionInfo it : described.partitions()) {
            List<Integer> replicas = it.replicas().stream().map(Node::id).toList();
            partitions.add(new Experiment.Partition(replicas, starts.get(it.partition()), ends.get(it.partition())));
            fewest = Math.min(fewest, replicas.size());
        }
        int min = Integer.parseInt(properties.getOrDefault("min.insync.replicas", "0"));
        boolean unclean = "true".equals(properties.get("unclean.leader.election.enable"));
        String id = described.topicId().toString();
        return new Experiment.Topic(t, true, name, id, partitions, min, effective(min, fewest), unclean);
    }

    /**
     * How many in-sync replicas acks=all needs; 0 if that is not known. Since 3.7, brokers cap min.insync.replicas at the
     * number of replicas (KAFKA-15583). Their version shows in the highest metadata.version that they support: 15 is
     * 3.7-IV0.
     */
    private int effective(int min, int replicas) throws InterruptedException {
        if (min <= replicas) return min;
        try {
            var supported = admin.describeFeatures().featureMetadata().get().supportedFeatures();
            var metadata = supported.get("metadata.version");
            return metadata != null && metadata.maxVersion() >= 15 ? replicas : min;
        } catch (ExecutionException notKnown) {
            return 0;
        }
    }

    private long askSessionTimeout() throws InterruptedException {
        long asked = brokerSetting(brokers.keySet().iterator().next(), "broker.session.timeout.ms");
        return asked < 0 ? 9_000 : asked; // Kafka's default
    }

    /** A number among a broker's settings; -1: not known. */
    long brokerSetting(int id, String key) throws InterruptedException {
        var broker = new ConfigResource(ConfigResource.Type.BROKER, "" + id);
        try {
            Config config = admin.describeConfigs(List.of(broker)).all().get().get(broker);
            return Long.parseLong(config.get(key).value());
        } catch (ExecutionException | NumberFormatException | NullPointerException notKnown) {
            return -1;
        }
    }

    /** Whether a condition holds within a time; it is tried every 20 ms. */
    static boolean holdsWithin(int limitSeconds, Callable<Boolean> condition) throws Exception {
        long start = System.nanoTime();
        while (!condition.call()) {
            if (Script.stopsWithin(20_000_000)) throw new InterruptedException();
            if (System.nanoTime() - start > limitSeconds * 1e9) return false;
        }
        return true;
    }

    @Override
    public void close() {
        admin.close(java.time.Duration.ofMillis(Script.stopping() ? 200 : 2_000));
        executor.close(); // restores what is still down
        Script.mending = false;
    }
}
