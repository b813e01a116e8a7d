package lab.doctor;

import static lab.doctor.Questions.PATIENCE_MS;

import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import lab.prediction.Broker;
import lab.prediction.Broker.State;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigResource;

/** Asks each broker itself: the metadata still list a broker that is down while no controller leads. */
class BrokerReader {
    /**
     * The first metadata.version of Kafka 3.7, 3.7-IV0. A broker that supports it counts min.insync.replicas only up
     * to the number of replicas.
     */
    private static final int CAPS_MIN_IN_SYNC = 15;

    private final Admin admin;
    private final Questions questions;
    private final SortedMap<Integer, Node> listed = new TreeMap<>();
    private final SortedMap<Integer, KafkaFuture<FeatureMetadata>> features = new TreeMap<>();

    /** Asks all brokers. {@link #read} waits for their answers. */
    BrokerReader(Admin admin, Questions questions) throws Exception {
        this.admin = admin;
        this.questions = questions;
        var options = new DescribeClusterOptions().timeoutMs(PATIENCE_MS);
        for (Node node : admin.describeCluster(options).nodes().get()) listed.put(node.id(), node);
        for (int id : listed.keySet()) features.put(id, features(id));
    }

    /** Whether the cluster as a whole uses a feature, such as share.version. */
    boolean uses(String feature) throws InterruptedException {
        for (KafkaFuture<FeatureMetadata> answer : features.values()) {
            try {
                FinalizedVersionRange level = answer.get().finalizedFeatures().get(feature);
                return level != null && level.maxVersionLevel() > 0;
            } catch (ExecutionException unresponsive) {
                // the next one
            }
        }
        return false;
    }

    /** @param withReplicas ids of brokers that have replicas: such a broker may be down */
    SortedMap<Integer, Broker> read(Set<Integer> withReplicas) throws InterruptedException {
        var brokers = new TreeMap<Integer, Broker>();
        for (Node node : listed.values()) brokers.put(node.id(), broker(node, features.get(node.id())));
        SortedMap<Integer, Node> registered = registered(); // now, so that a broker that has ended may be known
        if (registered != null)
            brokers.replaceAll((id, it) -> it.responds()
                            || !registered.containsKey(id)
                            || !registered.get(id).isFenced()
                    ? it
                    : it.with(State.DOWN));
        for (Node node : registered == null ? List.<Node>of() : registered.values())
            brokers.putIfAbsent(node.id(), new Broker(node.id(), null, node.rack(), State.DOWN, null));
        State absent = registered == null ? State.DOWN : State.UNREGISTERED;
        for (int id : withReplicas) brokers.putIfAbsent(id, new Broker(id, null, null, absent, null));
        return brokers;
    }

    /** This request needs no permission. */
    private KafkaFuture<FeatureMetadata> features(int id) {
        return admin.describeFeatures(new DescribeFeaturesOptions().nodeId(id).timeoutMs(PATIENCE_MS))
                .featureMetadata();
    }

    private Broker broker(Node node, KafkaFuture<FeatureMetadata> answer) throws InterruptedException {
        State state = State.UP;
        Boolean caps = null;
        try {
            SupportedVersionRange version = answer.get().supportedFeatures().get("metadata.version");
            if (version != null) caps = version.maxVersion() >= CAPS_MIN_IN_SYNC;
        } catch (ExecutionException failed) {
            if (Questions.isLate(failed)) state = State.UNRESPONSIVE;
        }
        return new Broker(node.id(), node.host() + ":" + node.port(), node.rack(), state, caps);
    }

    /** All registered brokers, also those that are down. Null: not known, as on clusters before Kafka 4.0. */
    private SortedMap<Integer, Node> registered() throws InterruptedException {
        var options = new DescribeClusterOptions().includeFencedBrokers(true).timeoutMs(PATIENCE_MS);
        Collection<Node> all = questions.askIfSupported(
                "which brokers are registered",
                admin.describeCluster(options).nodes(),
                "A broker that is called down may have been unregistered.");
        if (all == null) return null;
        var nodes = new TreeMap<Integer, Node>();
        for (Node node : all) nodes.put(node.id(), node);
        return nodes;
    }

    /** The settings of these brokers. */
    SortedMap<Integer, Map<String, String>> settings(Set<Integer> up) throws InterruptedException {
        var answers = new TreeMap<String, KafkaFuture<Config>>();
        var resources = up.stream()
                .map(id -> new ConfigResource(ConfigResource.Type.BROKER, "" + id))
                .collect(Collectors.toSet());
        var options = new DescribeConfigsOptions().timeoutMs(PATIENCE_MS);
        admin.describeConfigs(resources, options)
                .values()
                .forEach((resource, answer) -> answers.put(resource.name(), answer));
        var settings = new TreeMap<Integer, Map<String, String>>();
        questions.askEach("settings", "brokers", answers, "", false).forEach((id, config) -> {
            var values = new HashMap<String, String>();
            config.entries().forEach(it -> values.put(it.name(), it.value()));
            settings.put(Integer.parseInt(id), values);
        });
        return settings;
    }
}
