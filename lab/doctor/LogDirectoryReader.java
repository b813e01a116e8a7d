package lab.doctor;

import static lab.doctor.Questions.PATIENCE_MS;

import java.util.*;
import java.util.stream.Collectors;
import lab.prediction.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.*;

/**
 * Asks brokers for their log directories. One that is cordoned takes no new replica, and a replica in one that has failed
 * cannot lead, although its broker is up. Kafka's metadata have both, and Kafka's clients do not show it: a failed replica
 * may even be in the in-sync set, if it is the last one there, or eligible.
 */
class LogDirectoryReader {
    private final SortedMap<Integer, Map<String, LogDirDescription>> seen = new TreeMap<>(); // by broker

    /** Asks those that respond. */
    LogDirectoryReader(Admin admin, Questions questions, SortedMap<Integer, Broker> brokers)
            throws InterruptedException {
        Set<Integer> ids = brokers.values().stream()
                .filter(Broker::responds)
                .map(Broker::id)
                .collect(Collectors.toSet());
        var answers = new TreeMap<String, KafkaFuture<Map<String, LogDirDescription>>>();
        admin.describeLogDirs(ids, new DescribeLogDirsOptions().timeoutMs(PATIENCE_MS))
                .descriptions()
                .forEach((id, answer) -> answers.put("" + id, answer));
        questions
                .askEach(
                        "log directories",
                        "brokers",
                        answers,
                        "So which ones have failed or are cordoned is not known.",
                        true)
                .forEach((id, directories) -> seen.put(Integer.parseInt(id), directories));
    }

    /** Whether the broker has a directory that takes replicas. If it was not seen, that is assumed. */
    private boolean takesReplicas(int broker) {
        Collection<LogDirDescription> all = seen.getOrDefault(broker, Map.of()).values();
        return all.isEmpty() || all.stream().anyMatch(it -> it.error() == null && !it.isCordoned());
    }

    SortedMap<Integer, Broker> marked(SortedMap<Integer, Broker> brokers) {
        var marked = new TreeMap<>(brokers);
        marked.replaceAll((id, it) -> takesReplicas(id) ? it : it.withoutRoom());
        return marked;
    }

    /** A failed directory does not tell what is in it. So it has what the broker's other ones do not have. */
    void markFailed(SortedMap<PartitionId, Partition> partitions) {
        seen.forEach((broker, directories) -> {
            if (directories.values().stream().allMatch(it -> it.error() == null)) return;
            Set<TopicPartition> present = directories.values().stream()
                    .flatMap(it -> it.replicaInfos().entrySet().stream())
                    .filter(it -> !it.getValue().isFuture())
                    .map(Map.Entry::getKey)
                    .collect(Collectors.toSet());
            partitions.replaceAll((id, it) -> {
                if (!it.replicas().contains(broker) || present.contains(new TopicPartition(id.topic(), id.number())))
                    return it;
                var failed = new TreeSet<>(it.failed());
                failed.add(broker);
                return it.withFailed(failed);
            });
        });
    }
}
