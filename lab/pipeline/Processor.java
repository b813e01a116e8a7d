package lab.pipeline;

import static org.apache.kafka.clients.producer.ProducerConfig.TRANSACTIONAL_ID_CONFIG;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.atomic.AtomicReference;
import lab.common.Script;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.serialization.*;

/**
 * The loop of a pipeline: reads a batch of records, writes one output for each, and commits the input's offsets.
 *
 * <p>With a transactional id, the outputs and the offsets become valid together or not at all. A consumer with
 * {@code isolation.level=read_committed} then sees each output once. Without one, the offsets are committed after the
 * outputs. A pipeline that ends between the two writes the same outputs again when it restarts: at least once.
 *
 * <p>What to do after an error is Kafka's own advice (KIP-1050): abort and read the batch again, or replace both
 * clients.
 */
final class Processor {
    private final String input;
    private final String output;
    private final Map<String, Object> producing;
    private final Map<String, Object> consuming;
    private final boolean transactions;
    private final boolean seekBack;
    private final Duration work;
    private long committed; // records
    private long aborted; // records
    private int replaced; // clients

    /**
     * @param producing the producer's settings; a {@code transactional.id} among them switches transactions on
     * @param seekBack false: the classic mistake. A batch whose transaction was aborted is never read again.
     * @param work how long the work for each record takes
     */
    Processor(
            String input,
            String output,
            Map<String, Object> producing,
            Map<String, Object> consuming,
            boolean seekBack,
            Duration work) {
        this.input = input;
        this.output = output;
        this.producing = producing;
        this.consuming = consuming;
        this.transactions = producing.containsKey(TRANSACTIONAL_ID_CONFIG);
        this.seekBack = seekBack;
        this.work = work;
    }

    /** Processes records until the script is asked to stop. Throws what no new client would change, such as a refusal. */
    void run() {
        while (!Script.stopping())
            try (var producer = new KafkaProducer<>(producing, new ByteArraySerializer(), new ByteArraySerializer());
                    var consumer =
                            new KafkaConsumer<>(consuming, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
                if (transactions) initialise(producer);
                consumer.subscribe(List.of(input));
                while (!Script.stopping()) processBatch(producer, consumer);
            } catch (InvalidConfigurationException refused) { // such as a missing permission
                throw refused;
            } catch (KafkaException fatal) { // for these two clients: fenced, timed out, or not aborted
                if (Script.stopsWithin(500_000_000)) return;
                replaced++;
                Script.say("@|yellow clients replaced|@  %s", Script.oneLine(fatal));
            }
    }

    private void processBatch(Producer<byte[], byte[]> producer, Consumer<byte[], byte[]> consumer) {
        ConsumerRecords<byte[], byte[]> batch = consumer.poll(Duration.ofMillis(100));
        if (batch.isEmpty()) return;
        try {
            if (transactions) producer.beginTransaction();
            write(batch, producer);
            if (transactions) {
                producer.sendOffsetsToTransaction(batch.nextOffsets(), consumer.groupMetadata());
                commit(producer);
            } else consumer.commitSync(batch.nextOffsets());
            committed += batch.count();
            Script.say("committed  %,d records  input up to %s", batch.count(), ends(batch));
        } catch (ApplicationRecoverableException | InvalidConfigurationException fatal) {
            throw fatal;
        } catch (KafkaException error) {
            if (transactions) producer.abortTransaction();
            if (seekBack) seekBack(consumer);
            aborted += batch.count();
            Script.say("@|yellow aborted|@    %,d records  %s", batch.count(), Script.oneLine(error));
        }
    }

    /** Returns when the outputs are acknowledged; throws the first error. */
    private void write(ConsumerRecords<byte[], byte[]> batch, Producer<byte[], byte[]> producer) {
        var failed = new AtomicReference<Exception>();
        int partitions = producer.partitionsFor(output).size();
        for (var each : batch) {
            Script.stopsWithin(work.toNanos());
            // The same partition as the input's keeps the order of the records in it.
            var result = new ProducerRecord<>(
                    output, each.partition() % partitions, each.key(), transform(each.value()), each.headers());
            producer.send(result, (at, error) -> failed.compareAndSet(null, error));
        }
        producer.flush();
        if (failed.get() != null) throw new KafkaException(failed.get());
    }

    private static byte[] transform(byte[] value) {
        if (value == null) return null;
        return ("{\"processed\": " + new String(value, StandardCharsets.UTF_8) + "}").getBytes(StandardCharsets.UTF_8);
    }

    /** Waits until the coordinator has ended the transaction that an earlier process with this id left open. */
    private static void initialise(Producer<?, ?> producer) {
        while (!Script.stopping())
            try {
                producer.initTransactions();
                return;
            } catch (TimeoutException notYet) {
                Script.say("waiting for the transaction coordinator  %s", Script.oneLine(notYet));
            }
    }

    /** A commit that timed out may have happened. Only calling it again shows whether it did. */
    private static void commit(Producer<?, ?> producer) {
        while (true)
            try {
                producer.commitTransaction();
                return;
            } catch (TimeoutException unknown) {
                if (Script.stopping()) throw unknown;
            }
    }

    /** The consumer's position is already after the batch. Without this, it would continue with the next batch. */
    private static void seekBack(Consumer<?, ?> consumer) {
        Map<TopicPartition, OffsetAndMetadata> offsets = consumer.committed(consumer.assignment());
        offsets.forEach((partition, offset) -> {
            if (offset == null) consumer.seekToBeginning(Set.of(partition));
            else consumer.seek(partition, offset);
        });
    }

    private static String ends(ConsumerRecords<?, ?> batch) {
        var ends = new ArrayList<String>();
        batch.nextOffsets()
                .forEach((at, next) -> ends.add("partition " + at.partition() + " offset " + (next.offset() - 1)));
        Collections.sort(ends);
        return String.join(", ", ends);
    }

    String summary() {
        return "committed %,d records, aborted %,d, clients replaced %,d times".formatted(committed, aborted, replaced);
    }
}
