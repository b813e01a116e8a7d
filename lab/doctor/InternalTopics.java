package lab.doctor;

import lab.prediction.Broker;

/**
 * Kafka's own topics, which the first group, transaction or share group creates. With more replicas configured than
 * there are brokers, that fails each time, and the clients wait without a reason.
 */
class InternalTopics {
    private final Snapshot seen;
    private final Remedies remedies;

    InternalTopics(Snapshot seen, Remedies remedies) {
        this.seen = seen;
        this.remedies = remedies;
    }

    /** The topic that every group needs. */
    void offsets(Findings found) {
        check(
                found,
                GroupReader.OFFSETS,
                "offsets.topic.replication.factor",
                "offsets.topic.num.partitions",
                "min.insync.replicas",
                "No group can be joined, and no offset committed.",
                "cleanup.policy=compact,compression.type=producer");
    }

    void others(Findings found) {
        check(
                found,
                GroupReader.TRANSACTIONS,
                "transaction.state.log.replication.factor",
                "transaction.state.log.num.partitions",
                "transaction.state.log.min.isr",
                "No transaction can begin.",
                "cleanup.policy=compact,compression.type=uncompressed,unclean.leader.election.enable=false");
        if (seen.shareGroups())
            check(
                    found,
                    GroupReader.SHARES,
                    "share.coordinator.state.topic.replication.factor",
                    "share.coordinator.state.topic.num.partitions",
                    "share.coordinator.state.topic.min.isr",
                    "No share group can read.",
                    "cleanup.policy=delete,retention.ms=-1,unclean.leader.election.enable=false");
    }

    private void check(
            Findings found, String topic, String factor, String number, String minimum, String means, String settings) {
        int brokers = (int) seen.cluster().brokers().values().stream()
                .filter(it -> it.state() != Broker.State.UNREGISTERED && it.takesReplicas())
                .count();
        String needed = seen.setting(factor);
        String partitions = seen.setting(number);
        String inSync = seen.setting(minimum);
        if (seen.topics().contains(topic) || needed == null || partitions == null || inSync == null) return;
        boolean cordoned = seen.cluster().brokers().values().stream().anyMatch(it -> !it.takesReplicas());
        int more = Integer.parseInt(needed) - brokers;
        if (more <= 0) return;
        int replicas = (int) seen.cluster().brokers().values().stream()
                .filter(it -> it.isUp() && it.takesReplicas())
                .count();
        // With as many as there are replicas, the topic would stop with any broker.
        int minInSync = Math.max(1, Math.min(Integer.parseInt(inSync), replicas - 1));
        String byHand = remedies.createInternal(
                topic, Integer.parseInt(partitions), replicas, settings + ",min.insync.replicas=" + minInSync);
        found.add(
                "cannot be created",
                "topic",
                java.util.List.of(topic),
                "%s replicas (%s), %d broker%s%s. %s"
                        .formatted(
                                needed,
                                factor,
                                brokers,
                                brokers == 1 ? "" : "s",
                                cordoned ? " with a log directory that is not cordoned" : "",
                                means),
                replicas > 1
                        ? byHand
                        : replicas == 0
                                ? "let brokers take replicas again (cordoned.log.dirs)"
                                : "start %d more broker%s; or, with one replica: %s"
                                        .formatted(more, more == 1 ? "" : "s", byHand));
    }
}
