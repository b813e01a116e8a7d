package lab.drill.clients;

import java.time.Duration;
import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import lab.common.*;
import lab.drill.recording.*;
import lab.history.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.*;

/** Reads the log itself, without the group, from the run's first offset to its end. */
public class LogReader {
    private final Connection connection;
    private final Admin admin;
    private final Experiment.Topic topic;
    private final String run;
    private final Recording recording;
    private final Progress progress;
    private long next; // the offset to be read, in the partition that is read

    public LogReader(
            Connection connection,
            Admin admin,
            Experiment.Topic topic,
            String run,
            Recording recording,
            Progress progress) {
        this.connection = connection;
        this.admin = admin;
        this.topic = topic;
        this.run = run;
        this.recording = recording;
        this.progress = progress;
    }

    /**
     * Reads all partitions. Each has an {@link Audit} entry afterwards, with an error if it could not be read.
     *
     * @param waitsForAll acks=all: a record is acknowledged when readers may see it
     * @return how far each partition was read
     * @throws Unobserved if nothing could be read
     */
    public List<Long> read(boolean waitsForAll) throws Exception {
        List<Long> ends = offsets(OffsetSpec.latest());
        boolean settled = waitsForAll && progress.allAcknowledged() && haveAll(ends);
        for (int seconds = 0; seconds < 10 && !settled; seconds++) {
            // Records for which the producer does not wait (acks=0), or no longer waits, may still be on their way
            // into the log: seen with 193 records on a busy machine. So the ends must stand still for 1 s.
            if (Script.stopsWithin(1_000_000_000)) throw new Unobserved("interrupted");
            List<Long> before = ends;
            ends = offsets(OffsetSpec.latest());
            settled = ends.equals(before);
        }
        var own = new HashMap<>(Producing.audit());
        own.put("group.id", "");
        own.put("group.instance.id", "");
        own.put("auto.offset.reset", "none"); // what the log does not have any more must not be passed over
        Map<String, Object> settings = connection.settings(ConsumerConfig.configNames(), Map.of(), own);
        // Behind a transaction of others that is still open, a reader with read_committed would see nothing.
        settings.put("isolation.level", "read_uncommitted");
        try (var consumer = new KafkaConsumer<byte[], byte[]>(settings)) {
            var read = new ArrayList<Long>();
            for (int partition = 0; partition < topic.partitions().size(); partition++) {
                read(consumer, partition, ends.get(partition), settled);
                read.add(next);
            }
            return read;
        } catch (KafkaException refused) {
            throw new Unobserved("the log cannot be read: " + Script.oneLine(refused));
        }
    }

    /** The topic was deleted, or another one has its name: then the log that the run wrote cannot be seen. */
    public void cannotRead(String why) {
        for (int partition = 0; partition < topic.partitions().size(); partition++) {
            long first = topic.partitions().get(partition).end();
            recording.write(new Audit(recording.now(), partition, first, first, first, first, null, false, why));
        }
    }

    /** Whether all acknowledged records are before these ends. A leader that was frozen may report an old end. */
    private boolean haveAll(List<Long> ends) {
        return IntStream.range(0, ends.size()).allMatch(it -> progress.highestOffset(it) < ends.get(it));
    }

    private List<Long> offsets(OffsetSpec spec) throws Exception {
        try {
            return Offsets.of(admin, topic.name(), topic.partitions().size(), spec);
        } catch (ExecutionException failed) {
            throw new Unobserved("the log cannot be read: " + Script.oneLine(failed));
        }
    }

    private void read(Consumer<byte[], byte[]> consumer, int partition, long end, boolean settled) throws Exception {
        String id = Connection.describe(admin, topic.name()).topicId().toString();
        long from = Math.max(
                topic.partitions().get(partition).end(),
                offsets(OffsetSpec.earliest()).get(partition));
        next = from;
        String error = null;
        while (error == null && next < end)
            try {
                read(consumer, partition, end);
                if (next < end) error = Script.stopping() ? "interrupted" : "no progress for 30 s";
            } catch (OffsetOutOfRangeException expiredMeanwhile) {
                long start = offsets(OffsetSpec.earliest()).get(partition);
                if (start <= next) error = "the log changed while it was read";
                next = Math.max(next, start);
            }
        long start = offsets(OffsetSpec.earliest()).get(partition);
        recording.write(new Audit(recording.now(), partition, from, next, end, start, id, settled, error));
    }

    /** From the next offset on; ends early if there is no progress. */
    private void read(Consumer<byte[], byte[]> consumer, int partition, long end) {
        var it = new TopicPartition(topic.name(), partition);
        consumer.assign(List.of(it));
        consumer.seek(it, next);
        long progressAt = System.nanoTime();
        while (next < end) {
            var records = consumer.poll(Duration.ofMillis(100));
            for (var record : records) {
                int id = RecordId.of(record, run);
                if (id < 1 || id > progress.sent()) continue;
                int epoch = record.leaderEpoch().orElse(-1);
                recording.records().found(recording.now(), partition, epoch, id, record.offset());
                progress.found(id);
            }
            // Behind the last record there may be control records of transactions, and holes.
            if (consumer.position(it) > next) progressAt = System.nanoTime();
            next = consumer.position(it);
            if (System.nanoTime() - progressAt > 30e9 || Script.stopping()) return;
        }
    }
}
