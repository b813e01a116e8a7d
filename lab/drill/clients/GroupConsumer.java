package lab.drill.clients;

import java.time.Duration;
import java.util.*;
import lab.common.Script;
import lab.drill.recording.*;
import lab.history.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.*;
import org.apache.kafka.common.errors.*;

/** A consumer of the group, in a thread of its own. It commits what it has received: at least once. */
public class GroupConsumer {
    private final int number;
    private final String topic;
    private final String run;
    private final Recording recording;
    private final Progress progress;
    private final Consumer<byte[], byte[]> consumer;
    private final Thread thread;
    private final Map<TopicPartition, OffsetAndMetadata> committed = new HashMap<>(); // confirmed by the coordinator
    private volatile Set<Integer> partitions = Set.of();
    private volatile String failure; // why it could not read on
    private volatile boolean leaving;
    private String complaint = "";

    public GroupConsumer(
            int number,
            Map<String, Object> settings,
            String topic,
            String run,
            Recording recording,
            Progress progress) {
        this.number = number;
        this.topic = topic;
        this.run = run;
        this.recording = recording;
        this.progress = progress;
        consumer = new KafkaConsumer<>(settings);
        thread = new Thread(this::read, "consumer-" + number);
        thread.setDaemon(true);
        thread.start();
    }

    /** How long a client may take to close. */
    static Duration patience() {
        return Duration.ofMillis(Script.stopping() ? 200 : 2_000);
    }

    public int number() {
        return number;
    }

    /** The partitions that it has now. */
    public Set<Integer> partitions() {
        return partitions;
    }

    /** Why it could not read on; null: it did. */
    public String failure() {
        return failure;
    }

    private void read() {
        try (consumer) {
            recording.write(new Seen.Consumer(recording.now(), number, "begin", null));
            consumer.subscribe(List.of(topic), commitBeforeRevocation());
            while (!leaving) {
                ConsumerRecords<byte[], byte[]> records = poll();
                for (var record : records) {
                    int id = RecordId.of(record, run);
                    if (id < 1 || id > progress.sent()) continue; // another run's, or another producer's
                    recording.records().received(recording.now(), number, record.partition(), id, record.offset());
                    progress.received(id);
                }
                if (!records.isEmpty())
                    consumer.commitAsync((offsets, error) -> {
                        if (error == null) committed.putAll(offsets);
                        complain(error);
                    });
                noteAssignment();
            }
            commit();
            recording.write(new Seen.Consumer(recording.now(), number, "end", null));
        } catch (RuntimeException failed) {
            if (leaving) return;
            failure = Script.oneLine(failed);
            recording.write(new Seen.Consumer(recording.now(), number, "failed", failure));
        }
    }

    /** What passes by itself, such as a coordinator that is down, is no reason to end. */
    private ConsumerRecords<byte[], byte[]> poll() {
        try {
            return consumer.poll(Duration.ofMillis(100));
        } catch (RetriableException | CommitFailedException passing) {
            complain(passing);
            return ConsumerRecords.empty();
        }
    }

    private ConsumerRebalanceListener commitBeforeRevocation() {
        return new ConsumerRebalanceListener() {
            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> given) {
                noteLostOffsets(given);
            }

            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> taken) {
                if (!leaving && !taken.isEmpty()) commit();
            }
        };
    }

    /** Committed offsets are records, too: a power cut can take them. */
    private void noteLostOffsets(Collection<TopicPartition> given) {
        try {
            Map<TopicPartition, OffsetAndMetadata> known = consumer.committed(new HashSet<>(given), patience());
            var lost = new ArrayList<String>();
            for (TopicPartition it : given) {
                OffsetAndMetadata before = committed.get(it);
                OffsetAndMetadata now = known.get(it);
                if (before == null || now != null && now.offset() >= before.offset()) continue;
                String left = now == null ? "none" : "%,d".formatted(now.offset());
                lost.add("partition %d %,d -> %s".formatted(it.partition(), before.offset(), left));
                committed.remove(it);
            }
            if (!lost.isEmpty())
                recording.note("consumer %d: committed offsets are lost: %s", number, String.join(", ", lost));
        } catch (KafkaException notKnown) {
            complain(notKnown);
        }
    }

    /** Without a commit the records are delivered again, which at least once allows. */
    private void commit() {
        try {
            consumer.commitSync(patience());
        } catch (KafkaException refused) {
            complain(refused);
        }
    }

    private void complain(Exception error) {
        if (error == null || leaving) return;
        String now = Script.oneLine(error);
        if (error instanceof TimeoutException) now = "no answer from the group's coordinator.";
        if (Script.rootOf(error) instanceof DisconnectException)
            now = "the connection to the group's coordinator broke.";
        if (!now.equals(complaint)) recording.note("consumer %d: %s", number, now);
        complaint = now;
    }

    private void noteAssignment() {
        var now = new TreeSet<Integer>();
        for (TopicPartition each : consumer.assignment()) now.add(each.partition());
        if (now.equals(partitions)) return;
        partitions = now;
        recording.write(new Seen.Assigned(recording.now(), number, List.copyOf(now)));
    }

    /** Asks it to leave, without waiting. If several leave at once, none is assigned a partition that another one gives up. */
    public void beginLeaving() {
        leaving = true;
    }

    public void leave() {
        leaving = true;
        try {
            thread.join(patience().toMillis() * 2);
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
    }
}
