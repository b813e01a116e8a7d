package lab.drill.clients;

import java.time.Duration;
import java.util.*;
import java.util.concurrent.Callable;
import lab.common.*;
import lab.history.Flow;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import picocli.CommandLine.*;

/**
 * A member of a share group, in a process of its own: the drill kills and freezes it. It prints a line for each delivery, and
 * one for each answer that the broker has confirmed or refused: WHAT PARTITION OFFSET ID DELIVERY REASON.
 */
@Command(name = "member")
class ShareMember implements Callable<Integer> {
    @Parameters(index = "0")
    String topic;

    @Parameters(index = "1")
    String group;

    @Parameters(index = "2")
    String run;

    @Option(names = "--release")
    int release;

    @Option(names = "--reject")
    int reject;

    @Option(names = "--work")
    int work; // ms for each record

    @Mixin
    Connection connection;

    /** An answer that is not confirmed yet. */
    private record Answer(Flow.Kind kind, int id, int delivery) {}

    private final Map<List<Long>, Deque<Answer>> open = new HashMap<>(); // by partition and offset

    public static void main(String... args) {
        Script.run(new ShareMember(), args);
    }

    @Override
    public Integer call() {
        var own = new HashMap<String, Object>();
        own.put("group.id", group);
        own.put("share.acknowledgement.mode", "explicit");
        own.put("share.acquire.mode", "record_limit"); // otherwise one member receives a producer's whole batch
        own.put("max.poll.records", 20);
        var settings = connection.settings(ConsumerConfig.configNames(), Map.of(), own);
        try (var consumer =
                new KafkaShareConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.setAcknowledgementCommitCallback(this::confirmed);
            consumer.subscribe(List.of(topic));
            Script.print("ready");
            while (!Script.stopping()) {
                var records = consumer.poll(Duration.ofMillis(100));
                for (var record : records) print("DELIVERED", record, "");
                for (var record : records) consumer.acknowledge(record, answer(record));
                if (records.isEmpty()) continue;
                Script.print("answering"); // from here on, the broker may have the answers
                consumer.commitSync(); // otherwise they would be confirmed after the next records
            }
        }
        return 0;
    }

    private AcknowledgeType answer(ConsumerRecord<byte[], byte[]> record) {
        Script.stopsWithin(work * 1_000_000L);
        int id = RecordId.of(record, run);
        Flow.Kind kind = id == release ? Flow.Kind.RELEASED : id == reject ? Flow.Kind.REJECTED : Flow.Kind.ACCEPTED;
        var place = List.of((long) record.partition(), record.offset());
        open.computeIfAbsent(place, it -> new ArrayDeque<>()).add(new Answer(kind, id, delivery(record)));
        return kind == Flow.Kind.RELEASED
                ? AcknowledgeType.RELEASE
                : kind == Flow.Kind.REJECTED ? AcknowledgeType.REJECT : AcknowledgeType.ACCEPT;
    }

    private static int delivery(ConsumerRecord<byte[], byte[]> record) {
        return record.deliveryCount().orElse((short) 1);
    }

    private void print(String what, ConsumerRecord<byte[], byte[]> record, String reason) {
        line(what, record.partition(), record.offset(), RecordId.of(record, run), delivery(record), reason);
    }

    private static void line(String what, long partition, long offset, int id, int delivery, String reason) {
        Script.print("%s %d %d %d %d %s".formatted(what, partition, offset, id, delivery, reason));
    }

    /** Kafka calls this within poll() and close(), also for offsets at which there is no record. */
    private void confirmed(Map<TopicIdPartition, Set<Long>> offsets, Exception error) {
        offsets.forEach((partition, some) -> some.forEach(offset -> {
            Deque<Answer> answers = open.get(List.of((long) partition.partition(), offset));
            Answer it = answers == null ? null : answers.poll();
            if (it == null) return;
            String what = error == null ? it.kind.toString() : "REFUSED";
            String reason = error == null ? "" : Script.oneLine(error);
            line(what, partition.partition(), offset, it.id, it.delivery, reason);
        }));
    }
}
