///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Sends numbered records to a Kafka topic and prints what became of each
//JAVA 17+
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-nop:2.0.17
//RUNTIME_OPTIONS -Duser.language=en -Duser.country=US -Dfile.encoding=UTF-8 -Dstdout.encoding=UTF-8

import java.io.*;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.serialization.StringSerializer;
import picocli.CommandLine;
import picocli.CommandLine.*;
import picocli.CommandLine.Help.Ansi;

/**
 * Sends numbered records to a topic, to its partitions in turn, and prints each when a broker has acknowledged it.
 * {@code jbang producer.java test-2p-rf1} prints these lines:
 *
 * <pre>
 * partition 0  offset 7  acknowledged  EVENT   a broker has it; with acks=all every in-sync replica
 * partition 0  sent  EVENT                     acks=0: brokers do not respond
 * partition 0  failed  EVENT  REASON           rejected: it is not in the log
 * partition 0  unknown  EVENT  REASON          no response in time: it may be in the log
 * partition 0  no acknowledgement for 4 s, 3 waiting
 * partition 0  acknowledged after 15.4 s of silence
 * partition 0  leader: none (was broker 1)
 * partition 0  offsets start over: records were lost, or this is a new topic
 * sent 20, acknowledged 20, failed 0, unknown 0; longest pause 15.4 s
 * </pre>
 */
@Command(
        name = "producer",
        version = "producer 2.0.0, Kafka client 4.4.0",
        mixinStandardHelpOptions = true,
        header = "Sends numbered records to a Kafka topic and prints what became of each.%n",
        footer = "%nExit status: 0 done, 1 a record was not acknowledged, 2 wrong usage, 3 no answer from the cluster.")
class producer implements Callable<Integer> {
    @Parameters(paramLabel = "TOPIC", description = "Topic to send to. It must exist.")
    String topic;

    @Option(names = {"-n", "--count"}, paramLabel = "N", description = "Number of records (default: until Ctrl-C).")
    long count = Long.MAX_VALUE;

    @Option(names = {"-r", "--rate"}, paramLabel = "RATE", defaultValue = "1",
            description = "Records per second, such as 0.5, or 'max', with -q (default: ${DEFAULT-VALUE}).")
    double rate;

    @Option(names = {"-k", "--key"}, paramLabel = "KEY", description = "Key of all records. It decides the partition.")
    String key;

    @Option(names = {"-q", "--quiet"}, description = "Print no acknowledged records, and at most 10 of the others.")
    boolean quiet;

    private static final double MAX_RATE = 1e9;
    private final List<Partition> partitions = new ArrayList<>();
    private final Map<Integer, String> leaders = new HashMap<>(); // by partition
    private final Map<Integer, Long> last = new HashMap<>(); // offsets by partition; guarded by this
    private Producer<String, String> producer;
    private long sent, acknowledged, failed, unknown; // records whose fate is known; guarded by this
    private double longestPause; // s; guarded by this
    private volatile boolean ending;
    private String text = "test"; // the key in the guide's record

    public static void main(String... args) {
        var script = new producer();
        System.exit(new CommandLine(script)
                .registerConverter(double.class, text -> text.equals("max") ? MAX_RATE : Double.parseDouble(text))
                .setParameterExceptionHandler((error, given) -> complain(2, error.getMessage()))
                .setExecutionExceptionHandler((error, command, parsed) -> script.ending ? 1 : script.failed(error))
                .execute(args));
    }

    @Override
    public Integer call() throws Exception {
        boolean valid = count > 0 && rate >= 0.001 && rate <= MAX_RATE; // false for NaN
        if (!valid) return complain(2, "-n takes 1 or more, -r takes 0.001 or more, or max.");
        if (key != null) text = key.replaceAll("[\"\\\\]", "\\\\$0").replaceAll("\\p{Cc}", "?");
        if (rate == MAX_RATE) quiet = true;
        Properties settings = settings();
        var clock = Executors.newScheduledThreadPool(2);
        var counting = clock.submit(() -> countPartitions(settings)); // in parallel: both clients take long to load
        producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
        int all = counting.get();
        for (int number = 0; number < (key == null ? all : 1); number++) {
            partitions.add(new Partition());
            partitions.get(number).name = key == null ? "partition " + number : "partition of the key";
        }
        clock.scheduleWithFixedDelay(this::tellSilence, 100, 100, TimeUnit.MILLISECONDS);
        clock.scheduleWithFixedDelay(this::tellLeaders, 100, 100, TimeUnit.MILLISECONDS); // waits if no broker responds
        Runtime.getRuntime().addShutdownHook(new Thread(this::end)); // when all is sent, and at Ctrl-C
        send();
        producer.flush(); // until the fate of every record is known
        return failed + unknown == 0 ? 0 : 1;
    }

    /** Fails if the topic does not exist: a producer would wait for it, or create it. */
    private int countPartitions(Properties settings) throws Exception {
        var own = (Properties) settings.clone();
        own.remove("retries"); // with 0, an Admin client gives up before its first answer
        own.putAll(Map.of("request.timeout.ms", 2000, "connections.max.idle.ms", 1500)); // for brokers that hang
        try (Admin admin = Admin.create(own)) {
            var found = admin.describeTopics(List.of(topic), new DescribeTopicsOptions().timeoutMs(8_000));
            return found.allTopicNames().get().get(topic).partitions().size();
        }
    }

    /** To the partitions in turn: Kafka's partitioner would take one for 16 KB, and avoid those without a leader. */
    private void send() throws InterruptedException {
        // For consumer.java, which finds missing ids: the run, and by how much its ids rise within a partition.
        byte[] run = (UUID.randomUUID().toString().substring(0, 8) + "/" + partitions.size()).getBytes();
        long start = System.nanoTime();
        for (long next = 1; next <= count && !ending; next++) {
            long id = next;
            if (rate < MAX_RATE) TimeUnit.NANOSECONDS.sleep(start + (long) ((id - 1) / rate * 1e9) - System.nanoTime());
            int number = (int) ((id - 1) % partitions.size());
            Partition to = partitions.get(number);
            var record = new ProducerRecord<>(topic, key == null ? number : null, key, event(id));
            record.headers().add("producer.java", run);
            if (to.sent == to.answered && to.reported == 0) to.quietSince = System.nanoTime(); // no other one waits
            to.sent++;
            producer.send(record, (at, error) -> answered(id, to, at, error)); // once, in the producer's own thread
        }
    }

    private synchronized void answered(long id, Partition to, RecordMetadata at, Exception error) {
        sent++;
        to.answered++;
        long now = System.nanoTime();
        double pause = (now - to.quietSince) / 1e9;
        if (to.connected || to.reported > 0) longestPause = Math.max(longestPause, pause); // connecting is no pause
        if (error != null) {
            boolean rejected = error instanceof RecordTooLargeException
                    || error instanceof InvalidRecordException
                    || error instanceof AuthorizationException;
            long such = rejected ? ++failed : ++unknown;
            if (!quiet || such <= 10)
                say("@|red %s  %s|@  %s  %s", to.name, rejected ? "failed" : "unknown", event(id), error.getMessage());
            return;
        }
        if (at.hasOffset()) acknowledged++; // with acks=0 there is no offset
        if (!to.connected) to.name = "partition " + at.partition();
        Long before = at.hasOffset() ? last.put(at.partition(), at.offset()) : null;
        if (before != null && before >= at.offset())
            say("@|red partition %d  offsets start over: records were lost, or this is a new topic|@", at.partition());
        to.quietSince = now;
        if (to.reported > 0) say("@|green %s  acknowledged after %.1f s of silence|@", to.name, pause);
        to.reported = 0;
        to.connected = true;
        if (quiet) return;
        String fate = at.hasOffset() ? "offset " + at.offset() + "  acknowledged" : "sent";
        String line = to.name + "  " + fate + "  " + event(id);
        System.out.println(Ansi.AUTO.enabled() ? "\033[?7l" + line + "\033[?7h" : line); // not wrapped
        if (System.out.checkError()) ending = true; // the program that reads the output has ended, such as head
    }

    private synchronized void tellSilence() {
        for (Partition each : partitions) {
            long waiting = each.sent - each.answered; // read before quietSince, which is set before sent
            double silence = (System.nanoTime() - each.quietSince) / 1e9;
            if (waiting == 0 || silence < Math.max(2, 2 * each.reported)) continue;
            each.reported = silence; // so the next line comes after 4 s, 8 s and so on
            say("@|yellow %s  no acknowledgement for %.0f s, %d waiting|@", each.name, silence, waiting);
        }
    }

    /** Who leads, as the producer itself knows it. */
    private void tellLeaders() {
        try {
            for (PartitionInfo each : producer.partitionsFor(topic)) {
                String now = each.leader() == null
                        ? "none"
                        : "broker " + each.leader().id();
                String before = leaders.put(each.partition(), now);
                if (before != null && !before.equals(now) && !ending) // the summary is the last line
                say("@|yellow partition %d  leader: %s (was %s)|@", each.partition(), now, before);
            }
        } catch (KafkaException notNow) {
            // the next attempt may succeed
        }
    }

    private void end() {
        ending = true;
        producer.close(Duration.ofSeconds(2)); // records without an answer by then are unknown
        String counts = "sent %,d, acknowledged %,d, failed %,d, unknown %,d; longest pause %.1f s";
        say("@|bold " + counts + "|@", sent, acknowledged, failed, unknown, longestPause);
    }

    private String event(long id) {
        return "{\"event_id\": " + id + ", \"key\": \"" + text + "\", \"message\": \"This is event number " + id
                + "\"}";
    }

    private static class Partition {
        volatile String name;
        volatile long sent, answered; // records
        volatile long quietSince; // ns: the last acknowledgement, or the first record that waits
        volatile double reported; // s: the silence in the last line about it; 0: none
        boolean connected; // the first acknowledgement includes connecting
    }

    private Properties settings() throws IOException {
        Properties settings = given();
        settings.remove("transactional.id"); // these records belong to no transaction
        settings.putIfAbsent("metadata.max.age.ms", "1000"); // it asks who leads at least this often
        if (rate < MAX_RATE) return settings;
        // In ms and bytes: a batch waits for more records, has room for them, and is sent ten times smaller.
        settings.putIfAbsent("linger.ms", "20");
        settings.putIfAbsent("batch.size", "262144");
        settings.putIfAbsent("compression.type", "lz4");
        return settings;
    }

    // ---- the cluster: the same lines in producer.java, consumer.java, queue.java and topics.java ----
    @Option(names = {"-b", "--bootstrap-server"}, paramLabel = "HOST:PORT,...", scope = ScopeType.INHERIT,
            description = "Brokers to contact first (default: $$KAFKA_BOOTSTRAP_SERVERS, or " + DEFAULT + ").")
    String servers;

    @Option(names = "--command-config", paramLabel = "FILE", scope = ScopeType.INHERIT,
            description = "Client properties file, same format as Kafka's own tools.")
    File file;

    @Option(names = "-X", paramLabel = "KEY=VALUE", scope = ScopeType.INHERIT,
            description = "Set a client property; overrides the file. Repeatable.")
    Map<String, String> properties = Map.of();

    private static final String DEFAULT = "localhost:9092,localhost:9095"; // the guide's cluster

    private Properties given() throws IOException {
        var given = new Properties(); // read only once: the file may be a pipe
        String variable = System.getenv().getOrDefault("KAFKA_BOOTSTRAP_SERVERS", "");
        given.put("bootstrap.servers", variable.isBlank() ? DEFAULT : variable);
        try (var stream = file == null ? InputStream.nullInputStream() : new FileInputStream(file)) {
            given.load(stream);
        }
        given.putAll(properties);
        if (servers == null) servers = given.getProperty("bootstrap.servers");
        given.put("bootstrap.servers", servers);
        return given;
    }

    /** Prints Kafka's reason in one line. Any other error is a defect of this script and shows its stack trace. */
    private int failed(Exception error) throws Exception {
        Throwable cause = error; // the innermost one of Kafka
        for (Throwable each = error; each != null; each = each.getCause())
            if (each instanceof KafkaException) cause = each;
        String reason = cause.getMessage()
                + (cause.getCause() == null ? "" : ": " + cause.getCause().getMessage());
        if (cause instanceof UnknownTopicOrPartitionException)
            return complain(1, "This topic does not exist. Create it: jbang topics.java create NAME");
        boolean noAnswer = cause instanceof RetriableException || cause instanceof AuthenticationException;
        if (noAnswer || reason.startsWith("No resolvable bootstrap urls"))
            return complain(3, "No answer from %s: %s. Why: jbang lab/doctor.java -b %1$s".formatted(servers, reason));
        if (cause instanceof ApiException) return complain(cause instanceof InvalidTopicException ? 2 : 1, reason);
        boolean usage = cause instanceof KafkaException || error instanceof IOException;
        if (usage || error instanceof IllegalArgumentException) return complain(2, reason);
        throw error;
    }

    private static int complain(int exitStatus, String message) {
        System.err.println(message.replaceAll("\\p{Cntrl}+", " "));
        return exitStatus;
    }

    private static void say(String format, Object... values) {
        System.out.println(Ansi.AUTO.string(format).formatted(values)); // values may hold anything
    }
}
