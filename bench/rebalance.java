///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Measures for how long partitions are not read when a consumer joins a group, leaves it, or dies
//JAVA 17+
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-nop:2.0.17
//DEPS com.grack:nanojson:1.10
//SOURCES ../test/Run.java
//SOURCES ../test/Screen.java
//COMPILE_OPTIONS -encoding UTF-8

import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.*;
import picocli.CommandLine;
import picocli.CommandLine.*;
import test.Run;

/**
 * Measures for how long partitions are not read when consumers come and go, on a two-broker cluster of its own: with the
 * classic protocol (range, cooperative) and with {@code group.protocol=consumer}.
 *
 * <pre>./jbang bench/rebalance.java -o FILE</pre>
 *
 * <p>Each partition gets 50 records a second. Its gap is the longest time between two records that were read, from the
 * event until each consumer has its share and has read it for 3 s. It is counted for partitions that kept their consumer,
 * and for those that moved. Each offset that was read is noted: an offset that is left out ends the measurement.
 */
@Command(
        name = "rebalance",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Measures for how long partitions are not read when consumers come and go.%n",
        footer = {"", "Exit status: 0 everything was measured; 1 something was not; 2 wrong usage."})
class rebalance implements Callable<Integer> {
    public static void main(String... args) {
        System.exit(new CommandLine(new rebalance()).execute(args));
    }

    @Parameters(paramLabel = "PROTOCOL", arity = "0..*",
            description = "The protocols (default: all): range, cooperative, consumer.")
    List<String> chosen = List.copyOf(PROTOCOLS.keySet());

    @Option(names = "--runs", paramLabel = "N", defaultValue = "3",
            description = "How often a consumer joins and leaves each group (default: ${DEFAULT-VALUE}).")
    int runs;

    @Option(names = "--only", paramLabel = "TEXT", defaultValue = "",
            description = "Only the groups, or the crash, with this text in their names (default: all).")
    String only;

    @Option(names = {"-o", "--output"}, paramLabel = "FILE",
            description = "Also write the table to this file (default: none).")
    Path output;

    /** A process of its own, to be killed: reads, and prints what it has read. */
    @Option(names = "--victim", arity = "4", hidden = true)
    List<String> victim;

    private static final Map<String, Map<String, Object>> PROTOCOLS = new LinkedHashMap<>();

    static {
        String cooperative = "org.apache.kafka.clients.consumer.CooperativeStickyAssignor";
        PROTOCOLS.put("range", Map.of());
        PROTOCOLS.put("cooperative", Map.of("partition.assignment.strategy", cooperative));
        PROTOCOLS.put("consumer", Map.of("group.protocol", "consumer"));
    }

    /** A group: how many consumers have how many partitions, and how long one of them works between two polls. */
    record Group(String name, int consumers, int partitions, boolean apart, Duration work, int runs) {}

    private List<Group> groups() {
        Duration none = Duration.ZERO;
        return List.of(
                new Group("3 consumers, 6 partitions, started together", 3, 6, false, none, runs),
                new Group("3 consumers, 6 partitions, started apart", 3, 6, true, none, runs),
                new Group("10 consumers, 30 partitions, started apart", 10, 30, true, none, runs),
                new Group("3 consumers, 6 partitions, one works 5 s", 3, 6, true, Duration.ofSeconds(5), runs),
                new Group("3 consumers, 6 partitions, one works 20 s", 3, 6, true, Duration.ofSeconds(20), 1));
    }

    // ---- the story ----

    private final Random random = new Random(11); // the events hit the heartbeats at any moment
    private final List<String> rows = new ArrayList<>();
    private String servers;
    private Admin admin;

    @Override
    public Integer call() throws Exception {
        if (victim != null) return beVictim();
        for (String each : chosen)
            if (!PROTOCOLS.containsKey(each)) {
                System.err.printf("No protocol is called '%s'. There are: %s%n", each, PROTOCOLS.keySet());
                return 2;
            }
        int port = 22092;
        boolean complete = true;
        try (Run cluster = Run.script("cluster.java", "--port", "" + port)) {
            cluster.awaitLine("ready: ");
            servers = "localhost:%d,localhost:%d".formatted(port, port + 3);
            admin = Admin.create(Map.of("bootstrap.servers", servers));
            for (Group group : groups())
                for (String protocol : group.name.contains(only) ? chosen : List.<String>of())
                    complete &= measured(() -> joinAndLeave(group, protocol));
            if ("crash".contains(only)) for (String protocol : chosen) complete &= measured(() -> crash(protocol));
            admin.close();
        }
        return complete ? 0 : 1;
    }

    private static boolean measured(Callable<Void> measurement) {
        try {
            measurement.call();
            return true;
        } catch (Exception | AssertionError failed) {
            System.out.println("not measured: " + failed);
            return false;
        }
    }

    private Void joinAndLeave(Group group, String protocol) throws Exception {
        try (var trial = new Trial(protocol, group.partitions)) {
            trial.work = group.work;
            for (int i = 0; i < group.consumers; i++) {
                trial.start();
                if (group.apart) pause(0.2 + 2 * random.nextDouble());
            }
            var calm = new Gaps();
            trial.settle(group.consumers);
            trial.measure(calm, () -> pause(4), group.consumers);
            add(group.name, protocol, "nothing", calm);
            var joined = new Gaps();
            var left = new Gaps();
            for (int run = 0; run < group.runs; run++) {
                pause(5 * random.nextDouble());
                trial.measure(joined, trial::start, group.consumers + 1);
                pause(5 * random.nextDouble());
                // not always the youngest one, and never the slow one
                var leaving = trial.members.get(1 + random.nextInt(trial.members.size() - 1));
                trial.measure(left, () -> trial.leave(leaving), group.consumers);
            }
            add(group.name, protocol, "one joins", joined);
            add(group.name, protocol, "one leaves", left);
        }
        return null;
    }

    private Void crash(String protocol) throws Exception {
        String group = "3 consumers, 6 partitions, started apart";
        for (boolean comesBack : List.of(false, true))
            try (var trial = new Trial(protocol, 6)) {
                trial.start();
                pause(1);
                trial.start();
                pause(1);
                Process process = trial.startVictim();
                trial.settle(3);
                pause(5 * random.nextDouble());
                var gaps = new Gaps();
                trial.measure(
                        gaps,
                        () -> {
                            process.destroyForcibly();
                            if (!comesBack) return;
                            pause(3);
                            trial.start();
                        },
                        comesBack ? 3 : 2);
                add(group, protocol, comesBack ? "one is killed, and started again" : "one is killed", gaps);
            }
        return null;
    }

    /** What an event did, in s, all its runs together. */
    private static class Gaps {
        final List<Double> kept = new ArrayList<>();
        final List<Double> moved = new ArrayList<>();
        final List<Double> nobody = new ArrayList<>(); // reads any partition
        long twice;
    }

    private void add(String group, String protocol, String event, Gaps gaps) throws IOException {
        String moved = "%d of %d".formatted(gaps.moved.size(), gaps.kept.size() + gaps.moved.size());
        String measured = "%s | %s | %s | %s | %d"
                .formatted(said(gaps.kept), said(gaps.moved), moved, said(gaps.nobody), gaps.twice);
        String row = "| %s | %s | %s | %s |".formatted(group, protocol, event, measured);
        rows.add(row);
        System.out.println(row);
        if (output == null) return;
        Files.writeString(output, """
                | group | protocol | event | kept: gap, s | moved: gap, s | moved | nobody reads anything, s | twice |
                |---|---|---|---|---|---|---|---|
                """ + String.join("\n", rows) + "\n");
    }

    /** The median, and the smallest and the largest. */
    private static String said(List<Double> values) {
        if (values.isEmpty()) return "-";
        double[] sorted = values.stream().mapToDouble(it -> it).sorted().toArray();
        double median = (sorted[sorted.length / 2] + sorted[(sorted.length - 1) / 2]) / 2;
        return String.format(Locale.ROOT, "%.2f (%.2f..%.2f)", median, sorted[0], sorted[sorted.length - 1]);
    }

    // ---- a group that reads ----

    private static int trials;

    /** A topic into which records flow, and the group that reads it. */
    private class Trial implements AutoCloseable {
        final String topic = "rebalance-" + ++trials;
        final String protocol;
        final List<Member> members = new ArrayList<>();
        final Reads reads;
        Duration work = Duration.ZERO;
        private final Thread flow = new Thread(this::produce);
        private volatile boolean ends;
        private Process process;
        private int started;

        Trial(String protocol, int partitions) throws Exception {
            this.protocol = protocol;
            reads = new Reads(partitions);
            var placed = new HashMap<Integer, List<Integer>>();
            for (int i = 0; i < partitions; i++) placed.put(i, i % 2 == 0 ? List.of(1, 2) : List.of(2, 1));
            admin.createTopics(List.of(new NewTopic(topic, placed))).all().get();
            flow.start();
        }

        private void produce() {
            var settings = Map.<String, Object>of("bootstrap.servers", servers);
            try (var producer =
                    new KafkaProducer<byte[], byte[]>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
                for (long next = System.nanoTime(); !ends; next += 20_000_000) {
                    for (int i = 0; i < reads.partitions; i++)
                        producer.send(new ProducerRecord<>(topic, i, null, new byte[50]));
                    TimeUnit.NANOSECONDS.sleep(Math.max(0, next - System.nanoTime()));
                }
            } catch (InterruptedException never) {
                Thread.currentThread().interrupt();
            }
        }

        /** The first one is slow, if any. */
        void start() {
            int number = ++started;
            Duration its = number == 1 ? work : Duration.ZERO;
            members.add(new Member(settings(servers, topic, protocol), topic, its, read -> reads.add(read, number)));
        }

        Process startVictim() throws IOException {
            int number = ++started;
            String java = System.getProperty("java.home") + "/bin/java";
            var command = new ArrayList<>(List.of(java, "-cp", System.getProperty("java.class.path"), "rebalance"));
            command.addAll(List.of("--victim", servers, topic, protocol, "" + number));
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
            var reader = new Thread(() -> {
                try {
                    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                        String[] words = line.split(" ");
                        reads.add(new Read(Integer.parseInt(words[0]), Long.parseLong(words[1])), number);
                    }
                } catch (IOException ended) {
                    // it was killed
                }
            });
            reader.setDaemon(true);
            reader.start();
            return process;
        }

        void leave(Member member) {
            members.remove(member);
            member.end();
        }

        /** Lets something happen, waits until the group has settled, and notes the gaps since before. */
        void measure(Gaps gaps, Runnable event, int expected) throws InterruptedException {
            int[] before = reads.begin();
            event.run();
            settle(expected);
            reads.end(before, gaps, work.isZero() ? -1 : 1);
        }

        /** Until so many consumers share the partitions evenly, and have read each of them for 3 s. */
        void settle(int expected) throws InterruptedException {
            long start = System.nanoTime();
            long patience = work.toNanos() + 1_000_000_000L;
            for (long since = start; System.nanoTime() - since < 3_000_000_000L; Thread.sleep(20)) {
                if (!reads.areShared(expected, patience)) since = System.nanoTime();
                if (System.nanoTime() - start > 150_000_000_000L)
                    throw new AssertionError("the group did not settle: " + reads);
            }
        }

        @Override
        public void close() {
            if (process != null) process.destroyForcibly();
            ends = true;
            for (Member each : members) each.end = true;
            for (Member each : members) each.end();
            await(flow);
            admin.deleteTopics(List.of(topic));
            String left = reads.leftOut();
            if (!left.isEmpty()) throw new AssertionError("left out in " + topic + " by " + protocol + ": " + left);
        }
    }

    /** Kafka's defaults, a commit every 5 s and before a partition is given away among them. */
    private static Map<String, Object> settings(String servers, String topic, String protocol) {
        var settings = new HashMap<String, Object>(PROTOCOLS.get(protocol));
        settings.put("bootstrap.servers", servers);
        settings.put("group.id", topic);
        settings.put("auto.offset.reset", "earliest");
        return settings;
    }

    private Integer beVictim() throws InterruptedException {
        var settings = settings(victim.get(0), victim.get(1), victim.get(2));
        var member = new Member(settings, victim.get(1), Duration.ZERO, read -> {
            System.out.println(read.partition + " " + read.offset);
            System.out.flush();
        });
        member.thread.join();
        return 1;
    }

    record Read(int partition, long offset) {}

    /** A consumer of the group, in a thread of its own. */
    private static class Member {
        final Thread thread = new Thread(this::read);
        volatile boolean end;
        private final Map<String, Object> settings;
        private final String topic;
        private final Duration work;
        private final java.util.function.Consumer<Read> reader;

        Member(Map<String, Object> settings, String topic, Duration work, java.util.function.Consumer<Read> reader) {
            this.settings = settings;
            this.topic = topic;
            this.work = work;
            this.reader = reader;
            thread.start();
        }

        private void read() {
            try (var consumer = new KafkaConsumer<byte[], byte[]>(
                    settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
                consumer.subscribe(List.of(topic));
                while (!end) {
                    var records = consumer.poll(Duration.ofMillis(50));
                    for (ConsumerRecord<byte[], byte[]> each : records)
                        reader.accept(new Read(each.partition(), each.offset()));
                    if (!records.isEmpty()) Thread.sleep(work.toMillis());
                }
            } catch (InterruptedException never) {
                Thread.currentThread().interrupt();
            }
        }

        void end() {
            end = true;
            await(thread);
        }
    }

    // ---- what was read ----

    /** Who read which partition last, and the longest gaps. */
    private static class Reads {
        final int partitions;
        private final int[] owner; // 0: nobody yet
        private final long[] last; // ns
        private final long[] longest;
        private final BitSet[] seen; // offsets
        private long lastOfAll;
        private long longestOfAll;
        private long twice;

        Reads(int partitions) {
            this.partitions = partitions;
            owner = new int[partitions];
            last = new long[partitions];
            longest = new long[partitions];
            seen = Stream.generate(BitSet::new).limit(partitions).toArray(BitSet[]::new);
        }

        synchronized void add(Read read, int who) {
            long now = System.nanoTime();
            int i = read.partition;
            longest[i] = Math.max(longest[i], now - last[i]);
            longestOfAll = Math.max(longestOfAll, now - lastOfAll);
            last[i] = now;
            lastOfAll = now;
            owner[i] = who;
            if (seen[i].get((int) read.offset)) twice++;
            seen[i].set((int) read.offset);
        }

        /** Forgets the gaps, and returns who has which partition. */
        synchronized int[] begin() {
            Arrays.fill(longest, 0);
            longestOfAll = 0;
            twice = 0;
            return owner.clone();
        }

        /** Adds what happened since then, without the partitions that the slow consumer had or has. */
        synchronized void end(int[] before, Gaps gaps, int slow) {
            for (int i = 0; i < partitions; i++) {
                if (before[i] == slow || owner[i] == slow) continue;
                (before[i] == owner[i] ? gaps.kept : gaps.moved).add(longest[i] / 1e9);
            }
            gaps.nobody.add(longestOfAll / 1e9);
            gaps.twice += twice;
        }

        synchronized boolean areShared(int expected, long patience) {
            var shares = new HashMap<Integer, Integer>();
            for (int each : owner) shares.merge(each, 1, Integer::sum);
            long now = System.nanoTime();
            return shares.size() == expected
                    && !shares.containsKey(0)
                    && shares.values().stream()
                            .allMatch(it -> it == partitions / expected || it == (partitions - 1) / expected + 1)
                    && Arrays.stream(last).allMatch(it -> now - it < patience);
        }

        /** Offsets that nobody has read, though a later one was read. */
        synchronized String leftOut() {
            var left = new ArrayList<String>();
            for (int i = 0; i < partitions; i++)
                if (seen[i].cardinality() < seen[i].length()) left.add(i + ": " + seen[i].nextClearBit(0));
            return String.join(", ", left);
        }

        @Override
        public synchronized String toString() {
            long now = System.nanoTime();
            return Arrays.toString(owner)
                    + Arrays.stream(last)
                            .mapToObj(it -> String.format(Locale.ROOT, " %.1f", (now - it) / 1e9))
                            .collect(Collectors.joining());
        }
    }

    private static void await(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException never) {
            throw new UncheckedIOException(new IOException(never));
        }
    }

    private static void pause(double seconds) {
        try {
            Thread.sleep((long) (1000 * seconds));
        } catch (InterruptedException never) {
            throw new UncheckedIOException(new IOException(never));
        }
    }
}
