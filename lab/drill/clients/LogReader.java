package lab.drill.clients;

import java.time.Duration;
import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import lab.common.*;
import lab.drill.ledger.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.*;

/** Reads the log itself, without the group, from where the trial began to its end. */
public class LogReader {
    private final Connection connection;
    private final Admin admin;
    private final Topic topic;
    private final String run;
    private final Ledger ledger;
    private final Journal journal;
    private final boolean topicGone;
    private final Map<List<Integer>, Epoch> epochs = new LinkedHashMap<>(); // by partition and leader epoch

    public LogReader(
            Connection connection,
            Admin admin,
            Topic topic,
            String run,
            Ledger ledger,
            Journal journal,
            boolean topicGone) {
        this.connection = connection;
        this.admin = admin;
        this.topic = topic;
        this.run = run;
        this.ledger = ledger;
        this.journal = journal;
        this.topicGone = topicGone;
    }

    /**
     * @param cut partitions whose log may have been cut
     * @param nothingIsOnItsWay all records are acknowledged by all in-sync replicas
     */
    public List<Epoch> read(IntPredicate cut, boolean nothingIsOnItsWay) throws Exception {
        List<Long> ends = settledEnds(nothingIsOnItsWay);
        List<Long> begins = offsets(OffsetSpec.earliest());
        var own = new HashMap<>(Producing.audit());
        own.put("group.id", "");
        own.put("group.instance.id", "");
        own.put("auto.offset.reset", "none"); // what the log does not have any more must not be passed over
        Map<String, Object> settings = connection.settings(ConsumerConfig.configNames(), Map.of(), own);
        try (var consumer = new KafkaConsumer<byte[], byte[]>(settings)) {
            for (int partition = 0; partition < topic.partitions(); partition++) {
                long first = topicGone ? 0 : topic.ends().get(partition); // a topic of the same name starts at 0
                for (long begin = begins.get(partition); ; )
                    try {
                        read(consumer, partition, Math.max(first, begin), ends.get(partition));
                        break;
                    } catch (OffsetOutOfRangeException expiredMeanwhile) {
                        long moved = offsets(OffsetSpec.earliest()).get(partition);
                        if (moved <= begin || Script.stopping())
                            throw new Unobserved("the log changed while it was read");
                        begin = moved;
                    }
            }
            if (!topicGone) expire(offsets(OffsetSpec.earliest()), cut);
        } catch (KafkaException refused) {
            throw new Unobserved("the log cannot be read: " + Script.oneLine(refused));
        }
        return List.copyOf(epochs.values());
    }

    /** What the log does not begin with any more was not lost by the failover. */
    private void expire(List<Long> begins, IntPredicate cut) {
        for (int partition = 0; partition < topic.partitions(); partition++) {
            long begin = begins.get(partition) - topic.ends().get(partition);
            int expired = begin > 0 ? ledger.expire(partition, begin, cut.test(partition)) : 0;
            if (expired > 0)
                journal.note(
                        "partition %d: the log starts at offset %d now; %,d records have expired, or were deleted",
                        partition, begins.get(partition), expired);
        }
    }

    /**
     * Records for which nobody waits (acks=0), or waits no more, may still be on their way into the log: seen with
     * 193 records on a busy machine. So the ends must stand still for 1 s; if others write, 10 s must do.
     * With acks=all a record is acknowledged when readers may see it: when all are, nothing is on its way.
     */
    private List<Long> settledEnds(boolean nothingIsOnItsWay) throws Exception {
        List<Long> ends = offsets(OffsetSpec.latest());
        if (nothingIsOnItsWay && !topicGone && haveAll(ends)) return ends;
        for (int seconds = 0; seconds < 10; seconds++) {
            if (Script.stopsWithin(1_000_000_000)) throw new Unobserved("interrupted");
            List<Long> before = ends;
            ends = offsets(OffsetSpec.latest());
            if (ends.equals(before)) break;
        }
        return ends;
    }

    /** Whether all acknowledged records are before these ends. A leader that was frozen may report an old end. */
    private boolean haveAll(List<Long> ends) {
        return IntStream.range(0, topic.partitions())
                .allMatch(it ->
                        ledger.highestOffset(it) < ends.get(it) - topic.ends().get(it));
    }

    /** A topic that does not exist any more has no records. */
    private List<Long> offsets(OffsetSpec spec) throws Exception {
        try {
            boolean gone = topicGone && !admin.listTopics().names().get().contains(topic.name());
            return gone
                    ? Collections.nCopies(topic.partitions(), 0L)
                    : Offsets.of(admin, topic.name(), topic.partitions(), spec);
        } catch (ExecutionException failed) {
            throw new Unobserved("the log cannot be read: " + Script.oneLine(failed));
        }
    }

    private void read(Consumer<byte[], byte[]> consumer, int partition, long begin, long end) throws Unobserved {
        if (begin >= end) return;
        var it = new TopicPartition(topic.name(), partition);
        consumer.assign(List.of(it));
        consumer.seek(it, begin);
        int highest = 0;
        long progressAt = System.nanoTime();
        while (consumer.position(it) < end) {
            var records = consumer.poll(Duration.ofMillis(100));
            for (var record : records) {
                int id = RecordId.of(record, run);
                if (!ledger.holds(id)) continue;
                ledger.foundInLog(id, highest);
                highest = Math.max(highest, id);
                noteEpoch(record, id);
            }
            if (!records.isEmpty()) progressAt = System.nanoTime();
            if (System.nanoTime() - progressAt > 30e9)
                throw new Unobserved(
                        "partition %d cannot be read to its end (no progress for 30 s)".formatted(partition));
            if (Script.stopping()) throw new Unobserved("interrupted");
        }
    }

    private void noteEpoch(ConsumerRecord<?, ?> record, int id) {
        int partition = record.partition();
        var now = new Epoch(partition, record.offset() - topic.ends().get(partition), ledger.acknowledgedAt(id));
        epochs.merge(List.of(partition, record.leaderEpoch().orElse(-1)), now, Epoch::and);
    }
}
