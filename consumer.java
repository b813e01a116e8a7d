///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Reads events from a Kafka topic as a member of a group, and tells what it was given
//JAVA 17+
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-nop:2.0.17
//COMPILE_OPTIONS -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
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
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Reads a topic as a member of a consumer group: prints each event, which partitions this member
 * has, and why it has none.
 *
 * <pre>jbang consumer.java test-1p-rf1 group1</pre>
 */
@Command(
        name = "consumer",
        mixinStandardHelpOptions = true,
        header = "Reads events from a Kafka topic as a member of a group.%n",
        footer = {
            "",
            "A new group starts at the topic's beginning; with -X auto.offset.reset=latest",
            "at its end.",
            "Offsets are committed after the events were printed: at least once.",
            "Ctrl-C ends it, with a summary. Exit status: 0 as asked, 1 it could not read on,",
            "2 wrong usage, 3 no cluster."
        })
class consumer implements Callable<Integer> {
    public static void main(String... args) {
        Cluster.run(new consumer(), args);
    }

    @Parameters(index = "0", paramLabel = "TOPIC", description = "The topic to read; it must exist.")
    String topic;

    @Parameters(
            index = "1",
            paramLabel = "GROUP",
            description = "The consumer group: its members share the topic's partitions.")
    String group;

    @Option(
            names = {"-n", "--count"},
            paramLabel = "N",
            description = "End after so many events (default: at Ctrl-C).")
    long count = Long.MAX_VALUE;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            defaultValue = "c",
            description = "This member's name in what it prints (default: ${DEFAULT-VALUE}).")
    String name;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print one line a second instead of one for each event.")
    boolean quiet;

    @Mixin
    Cluster cluster;

    private final Map<Integer, Partition> partitions = new TreeMap<>(); // all it ever had
    private final Map<String, Run> runs = new LinkedHashMap<>(); // by the producer's run
    private long received;
    private boolean toCommit; // something was printed since the last commit
    private boolean committing; // and one is under way
    private long polledAt = System.nanoTime(); // when records came last
    private long polledAtMs;
    private long lookedAt = polledAt;
    private boolean ending;
    private boolean hadAll = true; // all partitions, all the time

    // ---- the story ----

    @Override
    public Integer call() throws Exception {
        if (count < 1) throw new Failure(2, "-n takes 1 or more, not %d.", count);
        if (group.isBlank()) throw new Failure(2, "The name of the group is empty.");
        try (Admin admin = cluster.connect()) {
            TopicDescription description = Cluster.describe(admin, topic);
            var leaders = new LeaderWatch(admin, description);
            var idleness = new Idleness(admin, description.partitions().size());
            Consumer<byte[], byte[]> consumer = open();
            try {
                consumer.subscribe(List.of(topic), new Rebalance(consumer, description));
                while (received < count && !Cluster.stopping()) {
                    var records = consumer.poll(Duration.ofMillis(100));
                    polledAt = System.nanoTime();
                    polledAtMs = System.currentTimeMillis();
                    for (var record : records) receive(record);
                    showWhatWasReceived();
                    commitInTheBackground(consumer);
                    if (!isTimeToLook()) continue;
                    leaders.look();
                    idleness.look(consumer);
                    partitions.values().forEach(Partition::sayIfSilent);
                }
                ending = true;
                commit(consumer);
            } finally {
                consumer.close(CloseOptions.timeout(PATIENCE_AT_THE_END));
            }
        }
        return summary();
    }

    /** Ten times a second: a fast reader polls much more often, and the cluster is not to be asked each time. */
    private boolean isTimeToLook() {
        if (polledAt - lookedAt < 100_000_000) return false;
        lookedAt = polledAt;
        return true;
    }

    private void receive(ConsumerRecord<byte[], byte[]> record) {
        if (received == count) return;
        received++;
        Partition partition = partitions.get(record.partition());
        boolean again = partition.receive(record);
        if (!again) note(record);
        if (quiet) return;
        lines.append("Consumer ").append(name).append(" (group: ").append(group).append(") received: ");
        lines.append(new String(record.value() == null ? NULL : record.value(), StandardCharsets.UTF_8));
        lines.append("  partition ").append(record.partition());
        lines.append(", offset ").append(record.offset()).append('\n');
    }

    /** Prints the lines of one poll at once. */
    private void showWhatWasReceived() {
        if (quiet) sayProgressEverySecond();
        if (!lines.isEmpty()) {
            lines.setLength(lines.length() - 1);
            boolean printed = Cluster.print(lines.toString());
            lines.setLength(0);
            if (!printed) return;
        }
        for (Partition partition : partitions.values()) toCommit |= partition.printed();
    }

    /** One commit at a time: were there one for each poll, a fast reader would wait for thousands at its end. */
    private void commitInTheBackground(Consumer<?, ?> consumer) {
        if (!toCommit || committing) return;
        toCommit = false;
        committing = true;
        consumer.commitAsync(printed(), (offsets, error) -> {
            committing = false;
            if (error != null) toCommit = true; // it will be tried again
        });
    }

    private Integer summary() {
        Cluster.say("@|bold received %,d|@%s", received, received == 0 ? "" : " (" + eventIds() + ")");
        for (Partition it : partitions.values())
            if (it.received > 0)
                Cluster.say(
                        "  partition %d: %,d, offsets %d to %d%s",
                        it.number,
                        it.received,
                        it.first,
                        it.next - 1,
                        it.redelivered == 0 ? "" : ", %,d of them redelivered".formatted(it.redelivered));
        return 0;
    }

    // ---- what this member has, and what it has not ----

    /** Tells which partitions come and go; commits what was printed before they go. */
    private class Rebalance implements ConsumerRebalanceListener {
        private final Consumer<?, ?> consumer;
        private final int all;

        Rebalance(Consumer<?, ?> consumer, TopicDescription topic) {
            this.consumer = consumer;
            this.all = topic.partitions().size();
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> given) {
            Cluster.say("@|cyan assigned: %s|@", numbers(given));
            for (TopicPartition each : given)
                partitions.computeIfAbsent(each.partition(), Partition::new).begin();
            hadAll &= consumer.assignment().size() == all;
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> taken) {
            if (taken.isEmpty()) return;
            commit(consumer);
            end("revoked", taken);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> taken) {
            end("lost", taken);
        }

        private void end(String how, Collection<TopicPartition> taken) {
            if (!ending) Cluster.say("@|cyan %s: %s|@", how, numbers(taken));
            for (TopicPartition each : taken) partitions.get(each.partition()).end();
        }

        private String numbers(Collection<TopicPartition> some) {
            if (some.isEmpty()) return "no partition";
            return some.stream()
                    .map(TopicPartition::partition)
                    .sorted()
                    .map(Object::toString)
                    .collect(Collectors.joining(", ", some.size() == 1 ? "partition " : "partitions ", ""));
        }
    }

    /** Says why this member has no partition: a partition has one reader in a group. */
    private class Idleness {
        private final Admin admin;
        private final int partitionCount;
        private Future<ConsumerGroupDescription> answer;
        private String said;

        Idleness(Admin admin, int partitionCount) {
            this.admin = admin;
            this.partitionCount = partitionCount;
        }

        /** Asks the cluster and does not wait for its answer: that is for the next look. */
        void look(Consumer<?, ?> consumer) throws InterruptedException {
            if (!consumer.assignment().isEmpty()) {
                said = null;
                return;
            }
            if (answer != null && !answer.isDone()) return;
            try {
                if (answer != null) say(answer.get(), consumer.groupMetadata().memberId());
            } catch (ExecutionException noAnswer) {
                // no broker to ask, for now
            }
            var options = new DescribeConsumerGroupsOptions().timeoutMs(2_000);
            var asked = admin.describeConsumerGroups(List.of(group), options);
            answer = asked.describedGroups().get(group).toCompletionStage().toCompletableFuture();
        }

        private void say(ConsumerGroupDescription now, String memberId) {
            boolean idle = now.groupState() == GroupState.STABLE
                    && now.members().stream()
                            .filter(member -> member.consumerId().equals(memberId))
                            .anyMatch(member ->
                                    member.assignment().topicPartitions().isEmpty());
            String why = "idle: %s has %s and %s has %s"
                    .formatted(
                            group, counted(now.members().size(), "member"),
                            topic, counted(partitionCount, "partition"));
            if (!idle || why.equals(said)) return;
            said = why;
            Cluster.say("@|yellow %s|@", why);
        }
    }

    // ---- what was received ----

    /** What this member has received of a partition. */
    private class Partition {
        final int number;
        long received;
        long redelivered;
        long first = -1;
        long next; // the offset after the last one received
        private long lastOffset = -1;
        private long committable = -1; // the offset after the last one printed
        private boolean assigned;
        private long lastNanos; // when a record came that had just been sent, 0 if none
        private long usualNanos; // between two of them
        private boolean silent;

        Partition(int number) {
            this.number = number;
        }

        void begin() {
            assigned = true;
            committable = -1;
            lastOffset = -1;
            lastNanos = 0;
        }

        void end() {
            assigned = false;
        }

        /** Takes a record; whether this member had it before. */
        boolean receive(ConsumerRecord<?, ?> record) {
            boolean again = first >= 0 && record.offset() < next;
            received++;
            if (again) redelivered++;
            if (first < 0) first = record.offset();
            lastOffset = record.offset();
            next = Math.max(next, record.offset() + 1);
            noteTime(record.timestamp());
            return again;
        }

        private void noteTime(long sentAt) {
            if (polledAtMs - sentAt > 60_000) return; // history
            long gap = lastNanos == 0 ? 0 : polledAt - lastNanos;
            if (silent) Cluster.say("@|green partition %d: back after %.1f s|@", number, gap / 1e9);
            else usualNanos = Math.max(gap, usualNanos - usualNanos / 8);
            silent = false;
            lastNanos = polledAt;
        }

        /** Says once that nothing comes where events used to come. */
        void sayIfSilent() {
            if (!assigned || silent || lastNanos == 0 || usualNanos == 0) return;
            long gap = System.nanoTime() - lastNanos;
            if (gap < Math.max(SILENCE_WORTH_A_LINE.toNanos(), 2 * usualNanos)) return;
            silent = true;
            Cluster.say("@|yellow partition %d: nothing for %.0f s|@", number, gap / 1e9);
        }

        /** Notes that all it has received was printed; whether that is news. */
        boolean printed() {
            if (lastOffset + 1 == committable || !assigned || lastOffset < 0) return false;
            committable = lastOffset + 1;
            return true;
        }
    }

    /** The events of one run of the producer that this member has seen. */
    private static class Run {
        final BitSet ids = new BitSet();
        final Map<Integer, Integer> lastId = new TreeMap<>(); // by partition
        final List<Integer> twice = new ArrayList<>();

        /** Ids that all partitions have gone past: within a partition the ids rise. */
        List<Integer> missing() {
            int end = Collections.min(lastId.values());
            return IntStream.range(ids.nextSetBit(0), end)
                    .filter(id -> !ids.get(id))
                    .boxed()
                    .toList();
        }
    }

    private long unnumbered;
    private byte[] lastRunId = {};
    private Run lastRun;

    private void note(ConsumerRecord<byte[], byte[]> record) {
        Header header = record.headers().lastHeader("run");
        int id = header == null ? -1 : eventId(record.value());
        if (id < 0) {
            unnumbered++;
            return;
        }
        if (!Arrays.equals(header.value(), lastRunId)) {
            lastRunId = header.value();
            lastRun = runs.computeIfAbsent(new String(lastRunId, StandardCharsets.UTF_8), it -> new Run());
        }
        if (lastRun.ids.get(id)) lastRun.twice.add(id);
        lastRun.ids.set(id);
        lastRun.lastId.merge(record.partition(), id, Math::max);
    }

    /** The number in {@code {"event_id": 1, ...}}, or -1. */
    private static int eventId(byte[] value) {
        if (value == null || value.length < EVENT_ID.length) return -1;
        if (!Arrays.equals(value, 0, EVENT_ID.length, EVENT_ID, 0, EVENT_ID.length)) return -1;
        int id = 0;
        for (int i = EVENT_ID.length; i < value.length; i++) {
            int digit = value[i] - '0';
            if (digit < 0 || digit > 9) return i == EVENT_ID.length ? -1 : id;
            id = id * 10 + digit;
            if (id > 200_000_000) return -1; // not a number that a set of bits should hold
        }
        return id;
    }

    private String eventIds() {
        List<Integer> twice =
                runs.values().stream().flatMap(run -> run.twice.stream()).toList();
        List<Integer> missing =
                runs.values().stream().flatMap(run -> run.missing().stream()).toList();
        var says = new ArrayList<String>();
        if (!runs.isEmpty()) {
            says.add("event ids: " + (hadAll ? some(missing, "missing") + ", " : "") + some(twice, "twice"));
            if (!hadAll) says.add("other members had partitions, so that missing ones cannot be told");
        }
        if (unnumbered > 0) says.add("%,d without a run's id".formatted(unnumbered));
        return String.join("; ", says);
    }

    private static String some(List<Integer> ids, String what) {
        if (ids.isEmpty()) return "none " + what;
        String shown = ids.stream().limit(5).map(Object::toString).collect(Collectors.joining(", "));
        return "%,d %s (%s%s)".formatted(ids.size(), what, shown, ids.size() > 5 ? ", ..." : "");
    }

    // ---- details ----

    private static final byte[] EVENT_ID = "{\"event_id\": ".getBytes(StandardCharsets.UTF_8);
    private static final byte[] NULL = "null".getBytes(StandardCharsets.UTF_8);
    private static final Duration SILENCE_WORTH_A_LINE = Duration.ofSeconds(2);
    private static final Duration PATIENCE_AT_THE_END = Duration.ofSeconds(3);

    private final StringBuilder lines = new StringBuilder();

    private Consumer<byte[], byte[]> open() {
        Properties properties = cluster.properties(Map.of(
                "group.id",
                group,
                "client.id",
                name,
                "enable.auto.commit",
                "false",
                "auto.offset.reset",
                "earliest",
                "max.poll.records",
                "5000",
                "key.deserializer",
                ByteArrayDeserializer.class.getName(),
                "value.deserializer",
                ByteArrayDeserializer.class.getName()));
        return Cluster.create(() -> new KafkaConsumer<>(properties));
    }

    private Map<TopicPartition, OffsetAndMetadata> printed() {
        var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
        for (Partition it : partitions.values())
            if (it.assigned && it.committable >= 0)
                offsets.put(new TopicPartition(topic, it.number), new OffsetAndMetadata(it.committable));
        return offsets;
    }

    private void commit(Consumer<?, ?> consumer) {
        try {
            if (!printed().isEmpty()) consumer.commitSync(printed(), PATIENCE_AT_THE_END);
        } catch (KafkaException refused) {
            Cluster.say("@|yellow not committed, the last events will come again: %s|@", Cluster.oneLine(refused));
        }
    }

    private long progressAt = System.nanoTime();
    private long progressBefore;

    private void sayProgressEverySecond() {
        if (System.nanoTime() - progressAt < 1e9) return;
        progressAt += 1_000_000_000L;
        Cluster.say("%,12d records/s   %,d received", received - progressBefore, received);
        progressBefore = received;
    }

    private static String counted(int number, String thing) {
        return number + " " + thing + (number == 1 ? "" : "s");
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
