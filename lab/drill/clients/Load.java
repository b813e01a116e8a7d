package lab.drill.clients;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import lab.common.Script;
import lab.drill.recording.*;
import lab.history.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.errors.*;

/** The producer: numbered records to the partitions in turn, at a steady rate. */
public class Load {
    /** Refused for good: such a record was never written. All other errors leave the fate unknown. */
    private static final List<Class<? extends Exception>> REFUSALS = List.of(
            RecordTooLargeException.class,
            RecordBatchTooLargeException.class,
            InvalidRecordException.class,
            SerializationException.class,
            BufferExhaustedException.class,
            InvalidTopicException.class,
            AuthorizationException.class);

    private final Producing producing;
    private final Experiment.Topic topic;
    private final byte[] run;
    private final Recording recording;
    private final Progress progress;
    private final Producer<byte[], byte[]> producer;
    private final Thread thread = new Thread(this::send, "load");
    private long start; // ns: when the first record was due; later by every pause
    private volatile boolean paused;
    private volatile boolean ending;
    private boolean complained; // about the first record that was not acknowledged

    public Load(Producing producing, Experiment.Topic topic, String run, Recording recording, Progress progress) {
        this.producing = producing;
        this.topic = topic;
        this.run = run.getBytes(StandardCharsets.UTF_8);
        this.recording = recording;
        this.progress = progress;
        producer = new KafkaProducer<>(producing.settings());
        producer.partitionsFor(topic.name());
        thread.setDaemon(true);
        thread.start();
    }

    /** By the clock, not by the gap: records that an outage held up are sent as soon as they can be. */
    private void send() {
        start = System.nanoTime();
        for (int id = 1; !ending; id++) {
            awaitTurn((long) ((id - 1) * 1e9 / producing.rate()));
            if (ending) return;
            int partition = (id - 1) % topic.partitions().size();
            double called = recording.now();
            progress.sent(id);
            recording.records().sent(called, partition, id);
            var record = new ProducerRecord<byte[], byte[]>(topic.name(), partition, null, value(id));
            record.headers().add("run", run);
            int sent = id;
            try {
                producer.send(record, (at, error) -> ended(sent, partition, called, at, error));
            } catch (KafkaException | IllegalStateException closed) {
                ended(sent, partition, called, null, closed);
                return;
            }
        }
    }

    /** @param due in ns since the start */
    private void awaitTurn(long due) {
        while (!ending) {
            long now = System.nanoTime();
            if (paused) {
                LockSupport.parkNanos(10_000_000);
                start += System.nanoTime() - now;
            } else if (now < start + due) LockSupport.parkNanos(start + due - now);
            else return;
        }
    }

    /** Sends nothing for a while. What would have been sent then is not made up for. */
    public void pause(boolean on) {
        paused = on;
        recording.write(new Action.Load(recording.now(), on ? "pause" : "resume"));
    }

    private void ended(int id, int partition, double called, RecordMetadata at, Exception error) {
        double t = recording.now();
        if (error == null) {
            recording
                    .records()
                    .acknowledged(t, partition, id, at.hasOffset() ? at.offset() : Ranges.UNKNOWN, t - called);
            progress.acknowledged(partition, at.hasOffset() ? at.offset() : -1);
            return;
        }
        String why = error.getClass().getSimpleName() + ": " + Script.oneLine(error);
        boolean refused = REFUSALS.stream().anyMatch(kind -> kind.isInstance(error));
        if (refused) recording.records().failed(t, partition, id, why);
        else recording.records().unknown(t, partition, id, why);
        progress.notAcknowledged();
        if (!complained) recording.note("not acknowledged: record %d: %s", id, Script.oneLine(error));
        complained = true;
    }

    /** The guide's record, padded to the size that was asked for. */
    private byte[] value(int id) {
        String json = "{\"event_id\": " + id + ", \"key\": \"test\", \"message\": \"This is event number " + id;
        String padding = " ".repeat(Math.max(0, producing.size() - json.length() - 2));
        return (json + padding + "\"}").getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Sends no more, and waits until the fate of all records is known.
     *
     * @param inVain the topic does not exist any more
     */
    public void finish(BooleanSupplier inVain) throws Unobserved {
        ending = true;
        long limit = System.nanoTime() + (10_000L + producing.deliveryTimeout()) * 1_000_000;
        // Also the sending thread must have ended: otherwise it may send one more record to a closed producer.
        while ((thread.isAlive() || !progress.allAnswered()) && !inVain.getAsBoolean()) {
            if (System.nanoTime() > limit) throw new Unobserved("the fate of some records is not known");
            if (Script.stopsWithin(20_000_000)) throw new Unobserved("interrupted");
        }
        close();
    }

    /** Records that are on their way stay unknown. */
    public void close() {
        ending = true;
        producer.close(GroupConsumer.patience());
    }
}
