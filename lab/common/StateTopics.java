package lab.common;

import java.util.*;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;

/**
 * Kafka's own topics, which the first group, transaction or share group creates. With more replicas configured than
 * there are brokers, that fails each time, and Kafka's clients retry without a reason.
 */
public enum StateTopics {
    GROUPS("__consumer_offsets", "offsets.topic.replication.factor", "No group can be joined."),
    TRANSACTIONS("__transaction_state", "transaction.state.log.replication.factor", "No transaction can begin."),
    SHARE_GROUPS("__share_group_state", "share.coordinator.state.topic.replication.factor", "No share group can read.");

    private final String topic;
    private final String factor;
    private final String means;

    StateTopics(String topic, String factor, String means) {
        this.topic = topic;
        this.factor = factor;
        this.means = means;
    }

    /** @throws Failure if the topic does not exist and cannot be created */
    public void check(Admin admin) throws InterruptedException {
        try {
            var all = new ListTopicsOptions().listInternal(true);
            if (admin.listTopics(all).names().get().contains(topic)) return;
            Collection<Node> brokers = brokers(admin);
            var resource = new ConfigResource(
                    ConfigResource.Type.BROKER, brokers.iterator().next().idString());
            Config settings =
                    admin.describeConfigs(List.of(resource)).all().get().get(resource);
            ConfigEntry replicas = settings.get(factor);
            if (replicas == null || Integer.parseInt(replicas.value()) <= brokers.size()) return;
            throw new Failure(
                    1,
                    "%s cannot be created: %s replicas (%s), %d brokers. %s Fix: jbang lab/doctor.java",
                    topic,
                    replicas.value(),
                    factor,
                    brokers.size(),
                    means);
        } catch (ExecutionException refused) {
            // not permitted: whatever needs the topic reports it
        }
    }

    /** Those that are registered: a broker that is down can be given a replica. */
    private static Collection<Node> brokers(Admin admin) throws InterruptedException, ExecutionException {
        Collection<Node> up = admin.describeCluster().nodes().get();
        try {
            var all = new DescribeClusterOptions().includeFencedBrokers(true);
            Collection<Node> registered = admin.describeCluster(all).nodes().get();
            var brokers = new LinkedHashSet<>(up); // the first one can be asked
            brokers.addAll(registered);
            return brokers;
        } catch (ExecutionException tooOld) { // before Kafka 4.0, brokers do not answer this question
            return up;
        }
    }
}
