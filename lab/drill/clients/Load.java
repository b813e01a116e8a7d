package lab.drill.clients;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import lab.common.Script;
import lab.drill.ledger.*;
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
    private final Topic topic;
    private final byte[] run;
    private final Ledger ledger;
    private final Journal journal;
    private final Producer<byte[], byte[]> producer;
    private final Thread thread = new Thread(this::send, "load");
    private volatile boolean ending;
    private volatile String complaint; // the first record that was not acknowledged, and why

    public Load(Producing producing, Topic topic, String run, Ledger ledger, Journal journal) {
        this.producing = producing;
        this.topic = topic;
        this.run = run.getBytes(StandardCharsets.UTF_8);
        this.ledger = ledger;
        this.journal = journal;
        producer = new KafkaProducer<>(producing.settings());
        producer.partitionsFor(topic.name());
        thread.setDaemon(true);
        thread.start();
    }

    /** By the clock, not by the gap: records that an outage held up are sent as soon as they can be. */
    private void send() {
        long start = System.nanoTime();
        for (int id = 1; !ending; id++) {
            long due = start + (long) ((id - 1) * 1e9 / producing.rate());
            while (!ending && System.nanoTime() < due) LockSupport.parkNanos(due - System.nanoTime());
            if (ending) return;
            ledger.sent(id);
            var record = new ProducerRecord<byte[], byte[]>(topic.name(), ledger.partition(id), null, value(id));
            record.headers().add("run", run);
            int sent = id;
            try {
                producer.send(record, (at, error) -> ended(sent, at, error));
            } catch (KafkaException | IllegalStateException closed) {
                ended(sent, null, closed);
                return;
            }
        }
    }

    private void ended(int id, RecordMetadata at, Exception error) {
        if (error == null) {
            long offset = at.hasOffset() ? at.offset() - topic.ends().get(at.partition()) : -1;
            ledger.acknowledged(id, offset);
            return;
        }
        ledger.notAcknowledged(id, REFUSALS.stream().anyMatch(kind -> kind.isInstance(error)));
        if (complaint != null) return;
        complaint = "record %d: %s".formatted(id, Script.oneLine(error));
        journal.note("not acknowledged: %s", complaint);
    }

    /** The guide's record, padded to the size that was asked for. */
    private byte[] value(int id) {
        String json = "{\"event_id\": " + id + ", \"key\": \"test\", \"message\": \"This is event number " + id;
        String padding = " ".repeat(Math.max(0, producing.size() - json.length() - 2));
        return (json + padding + "\"}").getBytes(StandardCharsets.UTF_8);
    }

    /** The first record that was not acknowledged, and why; null if there is none. */
    public String complaint() {
        return complaint;
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
        while ((thread.isAlive() || ledger.resolved() < ledger.last()) && !inVain.getAsBoolean()) {
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
