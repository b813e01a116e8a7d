///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Reads records from a Kafka topic in a consumer group and prints which partitions it is assigned
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
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import picocli.CommandLine;
import picocli.CommandLine.*;
import picocli.CommandLine.Help.Ansi;

/**
 * Reads a topic as one consumer of a group. Prints each record, which partitions this consumer has, and why it has
 * none. Commits only what it has printed. {@code jbang consumer.java test-1p-rf1 group1} prints these lines:
 *
 * <pre>
 * assigned: partitions [0, 1]  (nothing read for 38.1 s)
 * partition 0  offset 7  EVENT
 * partition 0  leader: none (was broker 1)
 * no broker responds, or test-1p-rf1 was deleted
 * idle (Stable): group1 has 2 members and test-1p-rf1 has 1 partition
 * received 23
 * partition 0  received 12, offsets 0 to 11; 12 event ids: 0 missing, 0 twice
 * </pre>
 */
@Command(
        name = "consumer",
        version = "consumer 2.0.0, Kafka client 4.4.0",
        mixinStandardHelpOptions = true,
        header = "Reads records from a Kafka topic in a consumer group.%n",
        footer = "%nExit status: 0 done, 1 it could not continue, 2 wrong usage, 3 no answer from the cluster.")
class consumer implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "TOPIC", description = "Topic to read. It must exist.")
    String topic;

    @Parameters(index = "1", paramLabel = "GROUP", description = "Group whose consumers share the partitions.")
    String group;

    @Option(names = {"-n", "--count"}, paramLabel = "N", description = "Stop after N records (default: at Ctrl-C).")
    long count = Long.MAX_VALUE;

    @Option(names = {"-q", "--quiet"}, description = "Print no records.")
    boolean quiet;

    // A terminal cuts the line at its edge instead of wrapping it.
    private static final String CUT = Ansi.AUTO.enabled() ? "\033[?7l" : "", END = CUT.isEmpty() ? "\n" : "\033[?7h\n";
    private final Map<Integer, Partition> partitions = new TreeMap<>(); // all that it ever read
    private final Map<Integer, String> leaders = new ConcurrentHashMap<>(); // by partition
    private Consumer<byte[], byte[]> consumer;
    private Admin admin;
    private volatile Set<Integer> assigned = Set.of();
    private long lookedAt = System.nanoTime(), unassignedSince = lookedAt; // ns
    private String reported = ""; // why it has no partition
    private long received;
    private volatile boolean ending;

    public static void main(String... args) {
        var script = new consumer();
        System.exit(new CommandLine(script)
                .setParameterExceptionHandler((error, given) -> complain(2, error.getMessage()))
                .setExecutionExceptionHandler((error, command, parsed) -> script.failed(error))
                .execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (count < 1 || group.isBlank()) return complain(2, "-n takes 1 or more, and GROUP is not blank.");
        if (properties.containsKey("group.id")) return complain(2, "-X group.id: GROUP is an argument.");
        Properties settings = settings();
        consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        settings.putAll(Map.of("request.timeout.ms", 2000, "connections.max.idle.ms", 1500)); // for brokers that hang
        settings.put("default.api.timeout.ms", 8000);
        admin = Admin.create(settings);
        admin.describeTopics(List.of(topic)).allTopicNames().get(); // fails if the topic does not exist
        var ended = new CompletableFuture<Void>();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            ending = true;
            ended.completeOnTimeout(null, 3, TimeUnit.SECONDS).join();
        }));
        try {
            consumer.subscribe(List.of(topic));
            while (received < count && !ending && read()) look();
        } finally {
            consumer.close(CloseOptions.timeout(Duration.ofSeconds(2))); // commits, and leaves the group
            admin.close(Duration.ZERO); // the JVM would wait 0.3 s for a client that is open
            say("@|bold received %,d|@", received);
            String format = "partition %d  received %,d, offsets %d to %d; %,d event ids: %,d missing, %,d twice";
            partitions.forEach((number, it) ->
                    say(format, number, it.received, it.first, it.next - 1, it.withId, it.missing, it.twice));
            ended.complete(null);
        }
        return 0;
    }

    /** Prints what a poll returns. The next poll or close() commits that. Returns false if the output was closed. */
    private boolean read() {
        var records = consumer.poll(Duration.ofMillis(100));
        boolean printed = false;
        try {
            tellAssignment();
            var lines = new StringBuilder();
            for (TopicPartition each : records.partitions())
                for (var record : records.records(each)) {
                    if (received == count) {
                        consumer.seek(each, record.offset()); // so it is not committed
                        break;
                    }
                    received++;
                    Partition partition = partitions.computeIfAbsent(each.partition(), it -> new Partition());
                    partition.receive(record);
                    if (!quiet) lines.append(line(record));
                }
            System.out.print(lines);
            printed = !System.out.checkError();
        } finally {
            if (!printed)
                for (TopicPartition each : records.partitions())
                    consumer.seek(each, records.records(each).get(0).offset());
        }
        return printed;
    }

    /** The record on one line, with a question mark for each character that a terminal might obey. */
    private static String line(ConsumerRecord<byte[], byte[]> record) {
        String text = record.value() == null ? "null" : new String(record.value());
        boolean plain = text.chars().allMatch(it -> it >= ' ' && it < 127);
        if (!plain) text = text.replaceAll("[\\p{Cc}\\p{Zl}\\p{Zp}]", "?");
        return CUT + "partition " + record.partition() + "  offset " + record.offset() + "  " + text + END;
    }

    private void tellAssignment() {
        var now = new TreeSet<Integer>();
        consumer.assignment().forEach(it -> now.add(it.partition()));
        if (now.equals(assigned)) return;
        double pause = (System.nanoTime() - unassignedSince) / 1e9;
        String again = assigned.isEmpty() && received > 0 ? "  (nothing read for %.1f s)".formatted(pause) : "";
        say("@|cyan assigned: %s|@%s", now.isEmpty() ? "no partition" : "partitions " + now, again);
        unassignedSince = System.nanoTime();
        assigned = now;
    }

    /** Once a second, and at the start: who leads, as the consumer itself knows it, and why it has no partition. */
    private void look() {
        if (System.nanoTime() - lookedAt < 1e9 && (assigned.isEmpty() || !leaders.isEmpty())) return;
        lookedAt = System.nanoTime();
        try {
            for (PartitionInfo each : consumer.partitionsFor(topic, Duration.ZERO)) {
                Node leader = each.leader();
                String now = leader == null ? "none" : "broker " + leader.id();
                String before = leaders.put(each.partition(), now);
                if (before != null && !before.equals(now))
                    say("@|yellow partition %d  leader: %s (was %s)|@", each.partition(), now, before);
            }
        } catch (RetriableException notKnown) {
            boolean known = !leaders.isEmpty() && !leaders.containsValue("unknown");
            if (known) say("@|yellow no broker responds, or %s was deleted|@", topic);
            leaders.replaceAll((partition, leader) -> "unknown");
        }
        if (!assigned.isEmpty() || System.nanoTime() - unassignedSince < 3e9) return; // it may be a rebalance
        admin.describeConsumerGroups(List.of(group)).all().whenComplete(this::tellWhyIdle);
    }

    private void tellWhyIdle(Map<String, ConsumerGroupDescription> groups, Throwable error) {
        if (error != null || !assigned.isEmpty() || leaders.isEmpty()) return;
        int members = groups.get(group).members().size();
        String format = "idle (%s): %s has %d members and %s has %d partition" + (leaders.size() == 1 ? "" : "s");
        String now = format.formatted(groups.get(group).groupState(), group, members, topic, leaders.size());
        if (members > leaders.size() && !now.equals(reported)) say("@|yellow %s|@", now);
        reported = now;
    }

    /** What was read of a partition. */
    private static class Partition {
        long received, withId, missing, twice; // records
        long first, next, skipped; // offsets
        final Map<Integer, Long> lastIds = new HashMap<>(); // by the hash of the header that names producer.java's run
        final Map<Long, BitSet> ids = new HashMap<>(); // by run, 65,536 each

        void receive(ConsumerRecord<byte[], byte[]> record) {
            if (received++ == 0) first = record.offset();
            skipped += Math.max(0, record.offset() - next); // another consumer may have read what is missing here
            if (skipped > 0 && record.offset() != next) lastIds.clear();
            next = record.offset() + 1;
            var header = record.headers().lastHeader("producer.java"); // such as 3f2a91bc/2
            long step = header == null ? 0 : number(header.value(), 9); // by which the run's ids rise in a partition
            long id = number(record.value(), 13); // {"event_id": 7, ...
            if (step == 0 || id == 0) return;
            withId++;
            int run = Arrays.hashCode(header.value());
            long last = lastIds.getOrDefault(run, (skipped == 0 ? 1 : id) - step); // a run begins with 1 to its step
            lastIds.put(run, Math.max(id, last));
            BitSet seen = ids.computeIfAbsent((long) run << 32 ^ id >> 16, it -> new BitSet());
            if (seen.get((int) id & 0xffff)) twice++;
            else missing = Math.max(0, missing + (id > last ? (id - last) / step - 1 : -1)); // -1: it comes late
            seen.set((int) id & 0xffff);
        }

        /** The number that begins there in the text; 0 if none does. */
        private static long number(byte[] text, int start) {
            long number = 0;
            for (int i = start; text != null && i < text.length && text[i] >= '0' && text[i] <= '9'; i++)
                number = 10 * number + text[i] - '0';
            return number;
        }
    }

    private Properties settings() throws IOException {
        Properties settings = given();
        // A new group begins with the first record, not with the next one.
        settings.putIfAbsent("auto.offset.reset", "earliest");
        // In ms: the consumer asks who leads at least this often.
        settings.putIfAbsent("metadata.max.age.ms", "1000");
        // Kafka sorts a group by these names: the consumer that was started first has partition 0, and keeps it.
        settings.putIfAbsent("client.id", "consumer-" + System.currentTimeMillis());
        settings.put("enable.auto.commit", "true");
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
