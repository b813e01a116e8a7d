package lab.drill.clients;

import java.time.Duration;
import java.util.*;
import lab.common.*;
import lab.drill.recording.*;
import lab.history.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.*;

/**
 * Reads the output of a pipeline from the run's first offset, as a reader with one of the two isolation levels sees it.
 *
 * @param progress which ids the run has sent
 */
public record OutputReader(
        Connection connection, TopicPartition output, long first, String run, Recording recording, Progress progress) {
    /** @param end the high watermark */
    public void read(boolean committed, long end) throws Unobserved {
        String isolation = committed ? "read_committed" : "read_uncommitted";
        var own = new HashMap<String, Object>(Producing.audit());
        own.putAll(Map.of("group.id", "", "group.instance.id", "", "auto.offset.reset", "none"));
        own.put("isolation.level", isolation);
        long next = first;
        try (var consumer =
                new KafkaConsumer<byte[], byte[]>(connection.settings(ConsumerConfig.configNames(), Map.of(), own))) {
            consumer.assign(List.of(output));
            consumer.seek(output, first);
            for (long at = System.nanoTime(); next < end && System.nanoTime() - at < 15e9; ) {
                for (var record : consumer.poll(Duration.ofMillis(100))) {
                    int id = RecordId.ofOutput(record, run);
                    if (id >= 1 && id <= progress.sent())
                        recording.records().output(recording.now(), committed, 0, id, record.offset());
                }
                // Behind the last record there may be control records, and records that this reader must not see.
                if (consumer.position(output) > next) at = System.nanoTime();
                next = consumer.position(output);
                if (Script.stopping()) throw new Unobserved("interrupted");
            }
        } catch (KafkaException refused) {
            throw new Unobserved("the output cannot be read: " + Script.oneLine(refused));
        }
        recording.write(new Processing.OutputAudit(recording.now(), isolation, first, next, end));
    }
}
