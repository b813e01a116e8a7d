///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Sends events to a Kafka topic, and tells what became of each of them
//JAVA 17+
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-nop:2.0.17
//COMPILE_OPTIONS -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.common.utils.internals.AppInfoParser;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Sends numbered events to a topic, to its partitions in turn, and prints each when a broker has
 * acknowledged it.
 *
 * <pre>jbang producer.java test-1p-rf1</pre>
 */
@Command(
        name = "producer",
        mixinStandardHelpOptions = true,
        header = "Sends events to a Kafka topic, and tells what became of each of them.%n",
        footer = {
            "",
            "Ctrl-C ends it, with a summary. Exit status: 0 all acknowledged, 1 some not,",
            "2 wrong usage, 3 no cluster."
        })
class producer implements Callable<Integer> {
    public static void main(String... args) {
        Cluster.run(new producer(), args);
    }

    @Parameters(paramLabel = "TOPIC", description = "The topic to send to; it must exist.")
    String topic;

    @Option(
            names = {"-n", "--count"},
            paramLabel = "N",
            description = "How many events to send (default: until Ctrl-C).")
    long count = Long.MAX_VALUE;

    @Option(
            names = {"-r", "--rate"},
            paramLabel = "RATE",
            defaultValue = "1",
            description = "Events per second, such as 100 or 0.5; 'max' is as fast as it goes, quietly"
                    + " and in batches (default: ${DEFAULT-VALUE}).")
    String rate;

    @Option(
            names = {"-k", "--key"},
            paramLabel = "KEY",
            description = "The key of every event: it decides the partition, the same for equal keys"
                    + " (default: no key, the partitions in turn).")
    String key;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print one line a second instead of one for each event.")
    boolean quiet;

    @Mixin
    Cluster cluster;

    private final List<Partition> partitions = new ArrayList<>();

    // ---- the story ----

    @Override
    public Integer call() throws Exception {
        double perSecond = perSecond();
        if (count < 1) throw new Failure(2, "-n takes 1 or more, not %d.", count);
        try (Admin admin = cluster.connect()) {
            TopicDescription description = Cluster.describe(admin, topic);
            for (var each : description.partitions()) partitions.add(new Partition(each.partition()));
            Producer<byte[], byte[]> producer = open(perSecond);
            startWatching(producer, new LeaderWatch(admin, description));
            send(producer, perSecond);
            producer.close(); // waits until each record's fate is known, or until Ctrl-C
        }
        return summary();
    }

    /**
     * The partitions in turn, and by explicit number: Kafka's default partitioner fills a batch of
     * 16 KB before it turns to the next partition, and turns away from one that has no leader, so
     * that neither the balance nor the outage would be seen.
     */
    private void send(Producer<byte[], byte[]> producer, double perSecond) throws Exception {
        byte[] keyBytes = key == null ? null : key.getBytes(StandardCharsets.UTF_8);
        List<Header> run = List.of(new RecordHeader("run", newRunId()));
        long start = System.nanoTime();
        for (long next = 1; next <= count; next++) {
            long id = next;
            long untilDue = start + (long) ((id - 1) / perSecond * 1e9) - System.nanoTime();
            if (Cluster.stopsWithin(untilDue)) return;
            Partition partition = partitions.get(partitionOf(id, keyBytes));
            byte[] value = event(id).getBytes(StandardCharsets.UTF_8);
            var record = new ProducerRecord<>(topic, partition.number, null, keyBytes, value, run);
            partition.sending();
            try {
                producer.send(record, (at, error) -> partition.ended(id, at, error));
            } catch (KafkaException | IllegalStateException closed) {
                partition.notSent();
                if (!Cluster.stopping()) throw closed;
            }
        }
    }

    private int partitionOf(long id, byte[] keyBytes) {
        if (keyBytes == null) return (int) ((id - 1) % partitions.size());
        return Utils.toPositive(Utils.murmur2(keyBytes)) % partitions.size(); // as Kafka does
    }

    /** The guide's record. */
    private String event(long id) {
        String said = key == null ? "test" : escaped(key);
        return "{\"event_id\": " + id + ", \"key\": \"" + said + "\", \"message\": \"This is event number " + id
                + "\"}";
    }

    private Integer summary() {
        long sent = partitions.stream().mapToLong(it -> it.sent).sum();
        long acknowledged = partitions.stream().mapToLong(it -> it.acknowledged).sum();
        long notDelivered = partitions.stream().mapToLong(it -> it.notDelivered).sum();
        long unknown = partitions.stream().mapToLong(it -> it.unknown).sum();
        Partition longest = Collections.max(partitions, Comparator.comparing(it -> it.longestPauseMs));
        Cluster.say(
                "@|bold sent %,d   acknowledged %,d   not delivered %,d   unknown %,d   longest"
                        + " pause %.1f s (partition %d)|@",
                sent, acknowledged, notDelivered, unknown, longest.longestPauseMs / 1e3, longest.number);
        return acknowledged == sent ? 0 : 1;
    }

    // ---- a partition ----

    /** What became of the records that went to a partition. */
    private class Partition {
        final int number;
        long sent;
        long acknowledged;
        long notDelivered; // the cluster, or the client before it, refused them
        long unknown; // no answer: they may be in the log, a time-out is not a no
        long longestPauseMs;
        private long waiting;
        private long lastProgress; // when a record was acknowledged, or was the first to wait
        private long saidAfterMs;

        Partition(int number) {
            this.number = number;
        }

        synchronized void sending() {
            sent++;
            if (waiting++ == 0) lastProgress = System.nanoTime();
        }

        synchronized void notSent() {
            sent--;
            waiting--;
        }

        /** Kafka calls this once for each record. */
        synchronized void ended(long id, RecordMetadata at, Exception error) {
            waiting--;
            if (error == null) {
                acknowledged++;
                endPause();
                if (!quiet)
                    Cluster.print(
                            "acknowledged: %s  partition %d, offset %d".formatted(event(id), number, at.offset()));
            } else if (error instanceof RetriableException || Cluster.stopping()) {
                unknown++;
                Cluster.say("@|red unknown:|@ %s  partition %d: %s", event(id), number, Cluster.oneLine(error));
            } else {
                notDelivered++;
                Cluster.say("@|red not delivered:|@ %s  partition %d: %s", event(id), number, Cluster.oneLine(error));
            }
        }

        private void endPause() {
            boolean connecting = acknowledged == 1 && saidAfterMs == 0;
            long pauseMs = connecting ? 0 : pauseMs();
            longestPauseMs = Math.max(longestPauseMs, pauseMs);
            lastProgress = System.nanoTime();
            saidAfterMs = 0;
            if (pauseMs >= PAUSE_WORTH_A_LINE_MS)
                Cluster.say("@|green partition %d: back after %.1f s|@", number, pauseMs / 1e3);
        }

        /** Says that acknowledgements have stopped: after 2 s, 4 s, 8 s, and so on. */
        synchronized void sayIfSilent() {
            long pauseMs = pauseMs();
            if (waiting == 0 || pauseMs < Math.max(SILENCE_WORTH_A_LINE_MS, 2 * saidAfterMs)) return;
            saidAfterMs = pauseMs;
            Cluster.say(
                    "@|yellow partition %d: no acknowledgement for %d s, %,d waiting|@",
                    number, pauseMs / 1000, waiting);
        }

        private long pauseMs() {
            return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastProgress);
        }
    }

    // ---- details ----

    /** A shorter wait for an acknowledgement is not worth a line. */
    private static final long PAUSE_WORTH_A_LINE_MS = 500;

    private static final long SILENCE_WORTH_A_LINE_MS = 2_000;

    /** How long records that are under way are waited for after Ctrl-C. */
    private static final Duration PATIENCE_AT_THE_END = Duration.ofSeconds(3);

    private double perSecond() {
        if (rate.equals("max")) {
            quiet = true;
            return Double.POSITIVE_INFINITY;
        }
        try {
            double perSecond = Double.parseDouble(rate);
            if (perSecond > 0 && perSecond < Double.POSITIVE_INFINITY) return perSecond;
        } catch (NumberFormatException notANumber) {
            // the same answer
        }
        throw new Failure(2, "-r takes events per second, such as 100 or 0.5, or max, not '%s'.", rate);
    }

    private Producer<byte[], byte[]> open(double perSecond) {
        var settings = new HashMap<String, Object>();
        settings.put("key.serializer", ByteArraySerializer.class.getName());
        settings.put("value.serializer", ByteArraySerializer.class.getName());
        settings.put("max.block.ms", 120_000); // a full buffer slows us down; it loses nothing
        if (perSecond == Double.POSITIVE_INFINITY) {
            settings.put("linger.ms", 20);
            settings.put("batch.size", 256 * 1024);
            settings.put("compression.type", "lz4");
        }
        Properties properties = cluster.properties(settings);
        return Cluster.create(() -> new KafkaProducer<>(properties));
    }

    /** In the background: what has stopped, who leads, and the end after Ctrl-C. */
    private void startWatching(Producer<?, ?> producer, LeaderWatch leaders) {
        daemon(() -> {
            for (long tick = 1; ; tick++) {
                Thread.sleep(100);
                partitions.forEach(Partition::sayIfSilent);
                if (tick % 2 == 0) leaders.look();
                if (tick % 10 == 0 && quiet) sayProgress();
            }
        });
        daemon(() -> {
            Cluster.stopsWithin(Long.MAX_VALUE);
            producer.close(PATIENCE_AT_THE_END); // what is left then is unknown
            return null;
        });
    }

    private static void daemon(Callable<?> work) {
        var thread = new Thread(() -> {
            try {
                work.call();
            } catch (Exception end) {
                // the main thread tells what went wrong
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private long acknowledgedBefore;

    private void sayProgress() {
        long acknowledged = partitions.stream().mapToLong(it -> it.acknowledged).sum();
        long waiting = partitions.stream().mapToLong(it -> it.waiting).sum();
        Cluster.say(
                "%,12d records/s   %,d acknowledged   %,d waiting",
                acknowledged - acknowledgedBefore, acknowledged, waiting);
        acknowledgedBefore = acknowledged;
    }

    /** Goes into a header of every record, so that a consumer can tell two runs apart. */
    private static byte[] newRunId() {
        return UUID.randomUUID().toString().substring(0, 8).getBytes(StandardCharsets.UTF_8);
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"");
    }

    /** Says when a partition loses its leader, gets another, or has one again. */
    static class LeaderWatch {
        private final Admin admin;
        private final String topic;
        private final Map<Integer, Integer> leaders = new HashMap<>(); // by partition; -1 is none
        private final Map<Integer, Long> goneSince = new HashMap<>();
        private Future<Map<String, TopicDescription>> answer;

        LeaderWatch(Admin admin, TopicDescription now) {
            this.admin = admin;
            this.topic = now.name();
            now.partitions().forEach(this::compare);
        }

        /** Asks the cluster and does not wait for its answer: that is for the next look. */
        void look() throws InterruptedException {
            try {
                if (answer != null && !answer.isDone()) return;
                if (answer != null) answer.get().get(topic).partitions().forEach(this::compare);
            } catch (ExecutionException noAnswer) { // or no broker to ask, for now
                boolean gone = noAnswer.getCause() instanceof UnknownTopicOrPartitionException;
                if (gone && leaders.size() > 0) Cluster.say("@|red topic %s does not exist any more|@", topic);
                if (gone) leaders.clear();
            }
            var asked = admin.describeTopics(List.of(topic), new DescribeTopicsOptions().timeoutMs(2_000));
            answer = asked.allTopicNames().toCompletionStage().toCompletableFuture();
        }

        private void compare(TopicPartitionInfo now) {
            int partition = now.partition();
            int leader = now.leader() == null ? -1 : now.leader().id();
            Integer before = leaders.put(partition, leader);
            if (before == null || before == leader) return;
            if (leader < 0) {
                goneSince.put(partition, System.nanoTime());
                Cluster.say("@|yellow partition %d: no leader; it was broker %d|@", partition, before);
            } else if (before < 0 && goneSince.containsKey(partition)) {
                double seconds = (System.nanoTime() - goneSince.remove(partition)) / 1e9;
                Cluster.say(
                        "@|green partition %d: broker %d leads, after %.1f s without a leader|@",
                        partition, leader, seconds);
            } else {
                Cluster.say(
                        "@|yellow partition %d: broker %d leads now; it was broker %d|@", partition, leader, before);
            }
        }
    }

    // ---- the cluster: these lines are the same in every script ----

    /** How a script reaches the cluster, what it says when something is wrong, how it ends. */
    static class Cluster {
        @Option(
                names = {"-b", "--bootstrap-server"},
                paramLabel = "HOST:PORT,...",
                scope = ScopeType.INHERIT,
                description = "The brokers to ask first (default: $$KAFKA_BOOTSTRAP_SERVERS, else"
                        + " localhost:9092,localhost:9095).")
        String bootstrapServer;

        @Option(
                names = "--command-config",
                paramLabel = "FILE",
                scope = ScopeType.INHERIT,
                description = "A file of client properties (TLS, SASL, timeouts), as Kafka's own tools take it.")
        Path commandConfig;

        @Option(
                names = {"-X", "--command-property"},
                paramLabel = "KEY=VALUE",
                scope = ScopeType.INHERIT,
                description = "One client property, over those of the file. Repeatable.")
        Map<String, String> commandProperties = new LinkedHashMap<>();

        @Option(
                names = "--stack-trace",
                scope = ScopeType.INHERIT,
                description = "Print the stack trace of an error, too.")
        boolean stackTrace;

        /** How long a cluster that does not answer is waited for. */
        static final int PATIENCE_MS = 6_000;

        private static final CountDownLatch STOP = new CountDownLatch(1);
        private static volatile boolean outputClosed;

        /**
         * Runs a script's command and exits with its status. Ctrl-C and SIGTERM ask the command to
         * stop and wait for it, so that it ends in good order and prints its summary.
         */
        static void run(Callable<Integer> script, String... args) {
            var ended = new CompletableFuture<Integer>();
            Runnable onSignal = () -> {
                STOP.countDown();
                Runtime.getRuntime().halt(ended.join());
            };
            Runtime.getRuntime().addShutdownHook(new Thread(onSignal));
            int status = commandLine(script).execute(args);
            ended.complete(outputClosed ? 1 : status);
            System.exit(status);
        }

        private static CommandLine commandLine(Callable<Integer> script) {
            var commandLine = new CommandLine(script);
            String name = commandLine.getCommandName();
            String version = name + " 1.0.0, Kafka client " + AppInfoParser.getVersion();
            var all = new ArrayList<>(List.of(commandLine));
            all.addAll(commandLine.getSubcommands().values());
            for (CommandLine each : all) {
                each.getCommandSpec().version(version);
                each.getCommandSpec().usageMessage().sortOptions(false).autoWidth(true);
            }
            return commandLine
                    .setParameterExceptionHandler((error, given) -> {
                        System.err.println(oneLine(error) + " Try --help.");
                        return 2;
                    })
                    .setExecutionExceptionHandler((error, command, parsed) -> {
                        System.err.println(oneLine(error));
                        boolean more = parsed.originalArgs().contains("--stack-trace");
                        if (more) error.printStackTrace();
                        return error instanceof Failure failure ? failure.exitStatus : 1;
                    });
        }

        /** What went wrong, without the exceptions that it is wrapped in. */
        static String oneLine(Throwable error) {
            Throwable root = error;
            while (root.getCause() != null) root = root.getCause();
            if (root instanceof Failure) return root.getMessage();
            String message = root.getMessage() == null ? root.toString() : root.getMessage();
            return message.replaceAll("\\s+", " ").replaceFirst("[.]?$", ".");
        }

        /** Whether the script was asked to stop. */
        static boolean stopping() {
            return STOP.getCount() == 0;
        }

        /** Waits so many ns; ends early, and says true, when the script is asked to stop. */
        static boolean stopsWithin(long nanos) throws InterruptedException {
            return STOP.await(nanos, TimeUnit.NANOSECONDS);
        }

        /** Prints a line; the format may have picocli's markup, which a terminal shows. */
        static void say(String format, Object... values) {
            print(String.format(Locale.ROOT, Ansi.AUTO.string(format), values));
        }

        /** Prints lines as they are; says no, and asks the script to stop, when nobody reads. */
        static synchronized boolean print(String lines) {
            System.out.println(lines);
            if (!System.out.checkError()) return true;
            if (!outputClosed) System.err.println("Standard output was closed.");
            outputClosed = true;
            STOP.countDown();
            return false;
        }

        /** The script's client properties; over them the file's; over these those of -X. */
        Properties properties(Map<String, ?> ofTheScript) {
            var all = new Properties();
            all.putAll(ofTheScript);
            String known = System.getenv("KAFKA_BOOTSTRAP_SERVERS");
            all.put("bootstrap.servers", known != null ? known : "localhost:9092,localhost:9095");
            if (commandConfig != null) {
                try (Reader file = Files.newBufferedReader(commandConfig)) {
                    all.load(file);
                } catch (IOException | IllegalArgumentException broken) {
                    throw new Failure(2, "Cannot read properties from %s: %s", commandConfig, broken);
                }
            }
            all.putAll(commandProperties);
            if (bootstrapServer != null) all.put("bootstrap.servers", bootstrapServer);
            return all;
        }

        /** A connection that was seen to work. */
        Admin connect() throws InterruptedException {
            Properties properties = properties(Map.of());
            Admin admin = create(() -> Admin.create(properties));
            try {
                var options = new DescribeClusterOptions().timeoutMs(PATIENCE_MS);
                admin.describeCluster(options).nodes().get();
                return admin;
            } catch (ExecutionException unreachable) {
                admin.close(Duration.ZERO);
                throw new Failure(
                        3,
                        "No cluster answers at %s (%s) Start one: jbang cluster.java, or docker"
                                + " compose up -d --wait; or name another: -b HOST:PORT",
                        properties.get("bootstrap.servers"),
                        oneLine(unreachable));
            }
        }

        /** Creates a client; a setting that Kafka refuses is wrong usage. */
        static <T> T create(Supplier<T> client) {
            try {
                return client.get();
            } catch (KafkaException refused) {
                throw new Failure(2, "Kafka's client refuses its settings: %s", oneLine(refused));
            }
        }

        /** The topic as the cluster knows it; a topic that does not exist is an error. */
        static TopicDescription describe(Admin admin, String topic) throws InterruptedException {
            try {
                return admin.describeTopics(List.of(topic))
                        .allTopicNames()
                        .get()
                        .get(topic);
            } catch (ExecutionException failed) {
                if (!(failed.getCause() instanceof UnknownTopicOrPartitionException))
                    throw new Failure(1, "Topic '%s': %s", topic, oneLine(failed));
                throw new Failure(1, "Topic '%s' does not exist. Create it: jbang topics.java create %s", topic, topic);
            }
        }
    }

    /** An error for the user: one line that says what to do next, and an exit status. */
    static class Failure extends RuntimeException {
        private static final long serialVersionUID = 1L;
        final int exitStatus;

        Failure(int exitStatus, String format, Object... values) {
            super(String.format(Locale.ROOT, format, values));
            this.exitStatus = exitStatus;
        }
    }
}
