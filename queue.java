///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Reads records from a Kafka topic in a share group: many consumers, one partition, each record to one of them
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
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import picocli.CommandLine;
import picocli.CommandLine.*;
import picocli.CommandLine.Help.Ansi;

/**
 * Reads a topic as one consumer of a share group (KIP-932), like a queue: all consumers of the group read the same
 * partition. Each record goes to one of them, and is delivered again until one has accepted or rejected it, at most 5
 * times. {@code jbang queue.java test-1p-rf1 queue1} prints these lines:
 *
 * <pre>
 * set for queue1: share.auto.offset.reset=earliest
 * partition 0  offset 7  delivery 1  EVENT
 * partition 0  offset 7  delivery 1  released     the group delivers it again
 * partition 0  offset 7  delivery 1  rejected     the group does not deliver it again
 * partition 0  offset 7  not acknowledged  REASON
 * partition 0  leader: none (was broker 1)
 * no broker responds, or test-1p-rf1 was deleted
 * received 7, accepted 5, released 1, rejected 1, not acknowledged 0
 * delivery 1: 6
 * delivery 2: 1
 * </pre>
 */
@Command(
        name = "queue",
        version = "queue 2.0.0, Kafka client 4.4.0",
        mixinStandardHelpOptions = true,
        header = "Reads a Kafka topic as a queue, in a share group.%n",
        footer = "%nExit status: 0 done, 1 it could not continue, 2 wrong usage, 3 no answer from the cluster.")
class queue implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "TOPIC", description = "Topic to read. It must exist.")
    String topic;

    @Parameters(index = "1", paramLabel = "GROUP",
            description = "Share group. Each record goes to one of its consumers.")
    String group;

    @Option(names = {"-n", "--count"}, paramLabel = "N", description = "Stop after N records (default: at Ctrl-C).")
    long count = Long.MAX_VALUE;

    @Option(names = {"-q", "--quiet"}, description = "Print no records.")
    boolean quiet;

    @Option(names = "--hold", paramLabel = "SECONDS", description = "Work on each record for SECONDS (default: 0).")
    double hold;

    @Option(names = "--release", paramLabel = "ID",
            description = "Release the record with this event_id each time, so it is delivered again.")
    Long release;

    @Option(names = "--reject", paramLabel = "ID", description = "Reject the record with this event_id for good.")
    Long reject;

    private final Map<String, Deque<AcknowledgeType>> given = new HashMap<>(); // and not confirmed yet, by place
    private final long[] confirmed = new long[5]; // answers by AcknowledgeType.id; 0: refused
    private final Map<Short, Long> deliveries = new TreeMap<>(); // records by the number of their delivery
    private final Map<Integer, String> leaders = new HashMap<>(); // by partition
    private final CountDownLatch stop = new CountDownLatch(1);
    private Admin admin;
    private boolean lost; // no broker responds, or the topic was deleted
    private long received, lookedAt = System.nanoTime();

    public static void main(String... args) {
        var script = new queue();
        System.exit(new CommandLine(script)
                .setParameterExceptionHandler((error, given) -> complain(2, error.getMessage()))
                .setExecutionExceptionHandler((error, command, parsed) -> script.failed(error))
                .execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (!(hold >= 0 && hold < 1e6)) return complain(2, "--hold takes seconds, such as 0.5.");
        if (count < 1 || group.isBlank()) return complain(2, "-n takes 1 or more, and GROUP is not blank.");
        if (properties.containsKey("group.id")) return complain(2, "-X group.id: GROUP is an argument.");
        Properties settings = settings();
        var consumer = new KafkaShareConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        settings.putAll(Map.of("request.timeout.ms", 2000, "connections.max.idle.ms", 1500)); // for brokers that hang
        settings.put("default.api.timeout.ms", 8000);
        admin = Admin.create(settings);
        admin.describeTopics(List.of(topic)).allTopicNames().get(); // fails if the topic does not exist
        prepareGroup();
        var ended = new CompletableFuture<Void>();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            stop.countDown();
            ended.completeOnTimeout(null, 3, TimeUnit.SECONDS).join();
        }));
        consumer.setAcknowledgementCommitCallback(this::acknowledged);
        try {
            consumer.subscribe(List.of(topic));
            while (received < count && stop.getCount() > 0 && read(consumer)) look();
            consumer.commitSync(Duration.ofSeconds(1));
        } finally {
            consumer.close(Duration.ofSeconds(1)); // what is not acknowledged goes to another consumer
            admin.close(Duration.ZERO);
            int open = given.values().stream().mapToInt(Deque::size).sum();
            String format = "@|bold received %,d|@, accepted %,d, released %,d, rejected %,d, not acknowledged %,d";
            say(format, received, confirmed[1], confirmed[2], confirmed[3], confirmed[0] + open);
            deliveries.forEach((number, records) -> say("delivery %d: %,d", number, records));
            ended.complete(null);
        }
        return 0;
    }

    /** Each poll sends the acknowledgements of the one before. Returns false if the output was closed. */
    private boolean read(ShareConsumer<byte[], byte[]> consumer) throws InterruptedException {
        for (var record : consumer.poll(Duration.ofMillis(100))) {
            String place = "partition " + record.partition() + "  offset " + record.offset();
            AcknowledgeType fate = work(record, place);
            given.computeIfAbsent(place, it -> new ArrayDeque<>()).add(fate);
            consumer.acknowledge(record, fate);
        }
        return !System.out.checkError();
    }

    /** Prints a record, works on it, and decides. A record that cannot be printed, or exceeds -n, is released. */
    private AcknowledgeType work(ConsumerRecord<byte[], byte[]> record, String place) throws InterruptedException {
        if (received == count || stop.getCount() == 0) return AcknowledgeType.RELEASE;
        short delivery = record.deliveryCount().orElse((short) 1);
        String facts = place + "  delivery " + delivery + "  ";
        String event = record.value() == null ? "null" : new String(record.value());
        // A terminal neither obeys the record's control characters nor wraps the line.
        String line = facts + event.replaceAll("[\\p{Cc}\\p{Zl}\\p{Zp}]", "?");
        if (!quiet) System.out.println(Ansi.AUTO.enabled() ? "\033[?7l" + line + "\033[?7h" : line);
        if (System.out.checkError()) return AcknowledgeType.RELEASE;
        received++;
        deliveries.merge(delivery, 1L, Long::sum);
        stop.await((long) (hold * 1e9), TimeUnit.NANOSECONDS);
        boolean released = event.startsWith("{\"event_id\": " + release + ",");
        boolean rejected = event.startsWith("{\"event_id\": " + reject + ",");
        if (released || rejected) say("@|yellow %s%s|@", facts, rejected ? "rejected" : "released");
        return rejected ? AcknowledgeType.REJECT : released ? AcknowledgeType.RELEASE : AcknowledgeType.ACCEPT;
    }

    /** Kafka calls this within poll(), commitSync() and close(); also for offsets at which there is no record. */
    private void acknowledged(Map<TopicIdPartition, Set<Long>> offsets, Exception error) {
        offsets.forEach((partition, some) -> some.forEach(offset -> {
            String place = "partition " + partition.partition() + "  offset " + offset;
            if (!given.containsKey(place)) return;
            AcknowledgeType fate = given.get(place).poll();
            given.computeIfPresent(place, (same, left) -> left.isEmpty() ? null : left);
            confirmed[error == null ? fate.id : 0]++;
            Object reason = error == null || error.getMessage() == null ? error : error.getMessage();
            if (error != null) say("@|yellow %s  not acknowledged|@  %s", place, reason);
        }));
    }

    /** A group without a setting of its own would begin at the topic's end, because Kafka's default is latest. */
    private void prepareGroup() throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.GROUP, group);
        Config config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
        ConfigEntry now = config.get("share.auto.offset.reset");
        if (now == null || now.source() == ConfigEntry.ConfigSource.DYNAMIC_GROUP_CONFIG) return;
        var earliest = new ConfigEntry("share.auto.offset.reset", "earliest");
        var set = List.of(new AlterConfigOp(earliest, AlterConfigOp.OpType.SET));
        admin.incrementalAlterConfigs(Map.of(resource, set)).all().get();
        say("set for %s: share.auto.offset.reset=earliest", group);
    }

    /** Once a second: who leads. A share consumer itself does not report it. */
    private void look() {
        if (System.nanoTime() - lookedAt < 1e9) return;
        lookedAt = System.nanoTime();
        admin.describeTopics(List.of(topic)).allTopicNames().whenComplete(this::tellLeaders);
    }

    private void tellLeaders(Map<String, TopicDescription> topics, Throwable error) {
        boolean ending = received == count || stop.getCount() == 0; // then the client's own end is an error
        if (error != null && !lost && !ending) say("@|yellow no broker responds, or %s was deleted|@", topic);
        lost = error != null;
        if (lost) return;
        for (TopicPartitionInfo each : topics.get(topic).partitions()) {
            String now =
                    each.leader() == null ? "none" : "broker " + each.leader().id();
            String before = leaders.put(each.partition(), now);
            if (before == null || before.equals(now)) continue;
            say("@|yellow partition %d  leader: %s (was %s)|@", each.partition(), now, before);
        }
    }

    private Properties settings() throws IOException {
        Properties settings = given();
        // One record for this consumer, the next one for another. By default a producer's whole batch goes to one.
        settings.putIfAbsent("share.acquire.mode", "record_limit");
        settings.putIfAbsent("max.poll.records", "1");
        // Each record is accepted, released or rejected by itself.
        settings.put("share.acknowledgement.mode", "explicit");
        settings.put("allow.auto.create.topics", "false"); // asking for a topic must not create it
        settings.put("group.id", group);
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
