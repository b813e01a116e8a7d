package lab.doctor;

import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.ExecutionException;
import lab.prediction.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.serialization.*;
import test.*;

/** Tries what a prediction claims: writes to each partition with acks=all, and reads from each. */
class Tries {
    private static final int LIMIT_MS = 6_000; // for one answer: one that comes at all takes a tenth

    private Tries() {}

    /** What each partition of these topics does now. */
    static SortedMap<PartitionId, Fate> fates(String servers, Map<String, Integer> topics) throws Exception {
        Map<PartitionId, Boolean> written = write(servers, topics, 1);
        var fates = new TreeMap<PartitionId, Fate>();
        var readers = new TreeMap<PartitionId, Future<Boolean>>();
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            written.forEach((id, accepted) -> {
                if (accepted) fates.put(id, Fate.FINE);
                else readers.put(id, threads.submit(() -> canBeRead(servers, id)));
            });
            for (var reader : readers.entrySet())
                fates.put(reader.getKey(), reader.getValue().get() ? Fate.NO_WRITES : Fate.NO_LEADER);
        } finally {
            threads.shutdownNow();
        }
        return fates;
    }

    /** Whether each partition of these topics acknowledges records with acks=all. */
    static Map<PartitionId, Boolean> write(String servers, Map<String, Integer> topics, int records) {
        var written = new ConcurrentSkipListMap<PartitionId, Boolean>();
        var settings = Map.<String, Object>of(
                "bootstrap.servers",
                servers,
                "acks",
                "all",
                "enable.idempotence",
                false,
                "linger.ms",
                0,
                "delivery.timeout.ms",
                LIMIT_MS,
                "request.timeout.ms",
                LIMIT_MS - 1_000,
                "max.block.ms",
                LIMIT_MS);
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            topics.forEach((topic, partitions) -> {
                for (int i = 0; i < partitions; i++) {
                    var id = new PartitionId(topic, i);
                    written.put(id, true);
                    for (int record = 0; record < records; record++)
                        producer.send(new ProducerRecord<>(topic, i, null, "v"), (at, error) -> {
                            if (error != null) written.put(id, false);
                        });
                }
            });
        }
        return written;
    }

    /** Each partition of these topics acknowledges a record with acks=all. */
    static void awaitAccepted(String servers, Map<String, Integer> topics) throws InterruptedException {
        SharedCluster.await(
                "records in " + topics, () -> !write(servers, topics, 1).containsValue(false));
    }

    private static boolean canBeRead(String servers, PartitionId id) {
        var settings = Map.<String, Object>of(
                "bootstrap.servers", servers,
                "default.api.timeout.ms", LIMIT_MS,
                "request.timeout.ms", LIMIT_MS - 1_000);
        var at = new TopicPartition(id.topic(), id.number());
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(at));
            consumer.seekToBeginning(List.of(at));
            long end = System.nanoTime() + LIMIT_MS * 1_000_000L;
            while (System.nanoTime() < end)
                if (!consumer.poll(Duration.ofMillis(100)).isEmpty()) return true;
            return false;
        } catch (KafkaException noAnswer) {
            return false;
        }
    }

    /** A topic with one partition for each list of replicas, all of them in sync. */
    static void create(Admin admin, String topic, Map<String, String> settings, List<List<Integer>> replicas)
            throws Exception {
        var placement = new TreeMap<Integer, List<Integer>>();
        for (List<Integer> each : replicas) placement.put(placement.size(), each);
        admin.createTopics(List.of(new NewTopic(topic, placement).configs(settings)))
                .all()
                .get();
        awaitWhole(admin, topic);
    }

    /** No replica is being moved. */
    static void awaitMoved(Admin admin) throws InterruptedException {
        SharedCluster.await("the end of all moves", () -> {
            try {
                return admin.listPartitionReassignments().reassignments().get().isEmpty();
            } catch (ExecutionException notNow) {
                return false;
            } catch (InterruptedException ended) {
                throw new IllegalStateException(ended);
            }
        });
    }

    /** All replicas are in sync, and none is being moved. */
    static void awaitWhole(Admin admin, String topic) throws InterruptedException {
        SharedCluster.await("all replicas of " + topic, () -> {
            try {
                return admin.listPartitionReassignments().reassignments().get().keySet().stream()
                                .noneMatch(it -> it.topic().equals(topic))
                        && partitions(admin, topic).stream()
                                .allMatch(it -> it.leader() != null
                                        && it.isr().size() == it.replicas().size());
            } catch (ExecutionException notNow) {
                return false;
            } catch (InterruptedException ended) {
                throw new IllegalStateException(ended);
            }
        });
    }

    static List<TopicPartitionInfo> partitions(Admin admin, String topic)
            throws InterruptedException, ExecutionException {
        return admin.describeTopics(List.of(topic))
                .allTopicNames()
                .get()
                .get(topic)
                .partitions();
    }
}
