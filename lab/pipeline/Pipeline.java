package lab.pipeline;

import java.time.Duration;
import java.util.*;
import java.util.concurrent.Callable;
import lab.common.Connection;
import lab.common.Failure;
import lab.common.Script;
import lab.common.StateTopics;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import picocli.CommandLine.*;

/**
 * Reads one topic, transforms each record and writes it to another topic.
 *
 * <pre>jbang lab/pipeline.java test-2p-rf2 processed-2p-rf2 --transactions</pre>
 *
 * Run it between producer.java and consumer.java, kill it or a broker, and count the outputs. It prints:
 *
 * <pre>
 * ready: exactly once, transactional.id=pipeline-3f2a91bc
 * committed  50 records  input up to partition 0 offset 1049
 * aborted    50 records  REASON
 * clients replaced  REASON
 * committed 4,200 records, aborted 50, clients replaced 1 times
 * </pre>
 */
@Command(
        name = "pipeline",
        version = "pipeline 2.0.0, Kafka client 4.4.0",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Reads a topic, transforms each record and writes it to another topic.%n",
        footer = "%nExit status: 0 done, 1 the cluster refused, 2 wrong usage, 3 no cluster.")
final class Pipeline implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "INPUT", description = "Topic to read.")
    String input;

    @Parameters(index = "1", paramLabel = "OUTPUT", description = "Topic to write. It must exist.")
    String output;

    @Option(names = "--transactions",
            description = "Write the outputs and commit the input's offsets in one transaction: exactly once. Without"
                    + " it: at least once.")
    boolean transactions;

    @Option(names = "--id", paramLabel = "ID",
            description = "Transactional id. Two processes must not share one (default: pipeline- and a random part).")
    String id = "pipeline-" + UUID.randomUUID().toString().substring(0, 8);

    @Option(names = "--group", paramLabel = "GROUP", defaultValue = "pipeline",
            description = "Consumer group that reads the input (default: ${DEFAULT-VALUE}).")
    String group;

    @Option(names = "--work", paramLabel = "MS", defaultValue = "0",
            description = "How long the work for each record takes, in milliseconds (default: ${DEFAULT-VALUE}).")
    int work;

    @Option(names = "--no-seek-back",
            description = "Make the classic mistake: after an aborted transaction, continue after its records. They"
                    + " are never processed.")
    boolean noSeekBack;

    @Mixin
    Connection connection;

    public static void main(String... args) {
        Script.run(new Pipeline(), args);
    }

    @Override
    public Integer call() throws InterruptedException {
        if (work < 0) throw new Failure(2, "--work takes 0 or more milliseconds, not %d.", work);
        if (input.equals(output)) throw new Failure(2, "The pipeline would read its own output: name two topics.");
        try (Admin admin = connection.connect()) {
            Connection.describe(admin, input);
            Connection.describe(admin, output);
            StateTopics.GROUPS.check(admin);
            if (transactions) StateTopics.TRANSACTIONS.check(admin);
        }
        var processor = new Processor(input, output, producing(), consuming(), !noSeekBack, Duration.ofMillis(work));
        Script.say("ready: %s", transactions ? "exactly once, transactional.id=" + id : "at least once");
        try {
            processor.run();
        } finally {
            Script.say("@|bold %s|@", processor.summary());
        }
        return 0;
    }

    private Map<String, Object> producing() {
        var usual = new HashMap<String, Object>();
        // In ms. The coordinator aborts a transaction that is open for longer; Kafka's default is 60,000.
        if (transactions) usual.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, 10_000);
        // In ms. Kafka's producer wants no more than the transaction's timeout; below it comes the request's.
        if (transactions) usual.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 10_000);
        if (transactions) usual.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
        // "" stands for: not set, not even by the file.
        var own = Map.of(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactions ? id : "");
        return connection.settings(ProducerConfig.configNames(), usual, own);
    }

    private Map<String, Object> consuming() {
        var usual = new HashMap<String, Object>();
        // No record of the input is skipped.
        usual.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        // Records in one transaction at most; Kafka's default is 500.
        usual.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 50);
        // In ms. A successor gets the partitions of a killed process after this time; Kafka's default is 45,000.
        usual.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 10_000);
        var own = new HashMap<String, Object>();
        own.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        own.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, "");
        // The loop commits by itself, in the transaction or after the outputs.
        own.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        // An input that was written in transactions is read only when it is committed.
        own.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        return connection.settings(ConsumerConfig.configNames(), usual, own);
    }
}
