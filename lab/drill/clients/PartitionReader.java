package lab.drill.clients;

import java.time.Duration;
import java.util.*;
import lab.common.*;
import lab.drill.recording.*;
import lab.history.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.*;

/**
 * Reads a partition after the run, from the run's first offset there: the output of a pipeline, or the dead letters of a share
 * group.
 *
 * @param progress which ids the run has sent
 */
public record PartitionReader(
        Connection connection,
        TopicPartition partition,
        long first,
        String run,
        Recording recording,
        Progress progress) {
    private interface Visitor {
        void visit(int id, long offset);
    }

    /**
     * As a reader with one of the two isolation levels sees it.
     *
     * @param end the high watermark
     */
    public void readOutput(boolean committed, long end) throws Unobserved {
        String isolation = committed ? "read_committed" : "read_uncommitted";
        long to = read(
                isolation, end, (id, offset) -> recording.records().output(recording.now(), committed, 0, id, offset));
        recording.write(new Processing.OutputAudit(recording.now(), isolation, first, to, end));
    }

    /** @return the offset behind the last one that was read */
    public long readDeadLetters(long end) throws Unobserved {
        Flow.Kind kind = Flow.Kind.DEAD_LETTER;
        return read(
                "read_uncommitted",
                end,
                (id, offset) -> recording.records().shared(kind, recording.now(), 0, 0, id, offset, 0, null));
    }

    private long read(String isolation, long end, Visitor each) throws Unobserved {
        var own = new HashMap<String, Object>(Producing.audit());
        own.putAll(Map.of("group.id", "", "group.instance.id", "", "auto.offset.reset", "none"));
        own.put("isolation.level", isolation);
        long next = first;
        try (var consumer =
                new KafkaConsumer<byte[], byte[]>(connection.settings(ConsumerConfig.configNames(), Map.of(), own))) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, first);
            for (long at = System.nanoTime(); next < end && System.nanoTime() - at < 15e9; ) {
                for (var record : consumer.poll(Duration.ofMillis(100))) {
                    int id = RecordId.ofOutput(record, run);
                    if (id >= 1 && id <= progress.sent()) each.visit(id, record.offset());
                }
                // Behind the last record there may be control records, and records that this reader must not see.
                if (consumer.position(partition) > next) at = System.nanoTime();
                next = consumer.position(partition);
                if (Script.stopping()) throw new Unobserved("interrupted");
            }
        } catch (KafkaException refused) {
            throw new Unobserved("%s cannot be read: %s".formatted(partition.topic(), Script.oneLine(refused)));
        }
        return next;
    }
}
