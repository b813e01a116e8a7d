///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Compares the scripts with Kafka's own tools, kcat and Python, and writes bench/RESULTS.md
//JAVA 17+
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-nop:2.0.17
//DEPS com.grack:nanojson:1.10
//SOURCES Peers.java
//SOURCES Report.java
//SOURCES ../test/Run.java
//SOURCES ../test/Screen.java
//SOURCES ../test/SharedCluster.java

package bench;

import bench.Report.Goal;
import bench.Report.Row;
import bench.Report.Sample;
import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import test.Run;
import test.SharedCluster;

/**
 * Compares the scripts with what people would use instead, on this machine, on a cluster of two brokers, with two
 * partitions and two replicas. The sides of a comparison run in turn (A B A B ...), so other load affects both.
 *
 * <pre>./jbang bench/bench.java [NAME...]</pre>
 *
 * Each figure is measured from outside: by the brokers' clock, by what a process prints or writes, by its start and
 * end. The records are counted after every run.
 */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        header = "Compares the scripts with Kafka's own tools, kcat and Python, on this machine.%n",
        footer = {"", "Exit status: 0 everything was measured, 1 something was not, 2 wrong usage."})
class bench implements Callable<Integer> {
    @Parameters(paramLabel = "NAME", arity = "0..*",
            description = "Comparisons to run (default: all): cluster, guide, producer, flush, consumer, printing,"
                    + " first, rate, pause.")
    List<String> names = List.of();

    @Option(names = "--runs", paramLabel = "N", defaultValue = "5",
            description = "How often each side runs (default: ${DEFAULT-VALUE}).")
    int runs;

    @Option(names = "--quick", description = "Two runs and few records: checks that it works, not how fast it is.")
    boolean quick;

    private final Report report = new Report();
    private Path directory; // of outputs; it ends with the JVM

    public static void main(String... args) {
        System.exit(new CommandLine(new bench()).execute(args));
    }

    /** What a comparison does. */
    @FunctionalInterface
    interface Comparison {
        void run() throws Exception;
    }

    /** First what starts a cluster of its own: it needs the machine for itself. */
    private Map<String, Comparison> comparisons() {
        var all = new LinkedHashMap<String, Comparison>();
        all.put("cluster", this::cluster);
        all.put("guide", this::guide);
        all.put("rate", this::rate);
        all.put("pause", this::pause);
        all.put("producer", this::producer);
        all.put("flush", this::flush);
        all.put("consumer", this::consumer);
        all.put("printing", this::printing);
        all.put("first", this::first);
        return all;
    }

    @Override
    public Integer call() throws Exception {
        Map<String, Comparison> chosen = comparisons();
        if (!chosen.keySet().containsAll(names)) {
            System.err.printf("Unknown comparison in %s. There are: %s%n", names, chosen.keySet());
            return 2;
        }
        if (!names.isEmpty()) chosen.keySet().retainAll(names);
        if (quick) runs = Math.min(runs, 2);
        directory = Files.createTempDirectory("bench-");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> Peers.delete(directory)));
        report.begin(runs);
        boolean complete = true;
        for (var each : chosen.entrySet()) {
            long start = System.nanoTime();
            try {
                each.getValue().run();
            } catch (Exception | AssertionError failed) {
                complete = false;
                report.skip(each.getKey(), "failed: " + failed.getMessage());
            }
            report.took(each.getKey(), Peers.seconds(start));
        }
        report.end(names.isEmpty() && !quick ? Run.ROOT.resolve("bench/RESULTS.md") : null);
        return complete ? 0 : 1;
    }

    // ---- the cluster ----

    private void cluster() throws Exception {
        String classPath = Peers.classPath("cluster.java");
        var last = new Path[1]; // the stock cluster has the same properties
        compare(
                "s",
                ours("`./jbang cluster.java`, from the shell to `ready`", run -> {
                    last[0] = directory.resolve("cluster-" + run);
                    String[] command =
                            script("cluster.java", "--port", "" + SharedCluster.freePort(), "--dir", "" + last[0]);
                    long start = System.nanoTime();
                    try (Run cluster = Run.command(command)) {
                        cluster.awaitLine("ready: ");
                        double seconds = Peers.seconds(start);
                        cluster.endInput();
                        cluster.expectExit(0);
                        return seconds;
                    }
                }),
                against(
                        "three times `kafka-storage format`, then `kafka-server-start`",
                        Goal.atMost(0.5),
                        "The peer runs with Kafka's default JVM options and the same properties, without the shell scripts."
                                + " Ready means for both that a topic with two replicas could be placed.",
                        run -> Peers.stockCluster(classPath, last[0], directory.resolve("stock-" + run))));
    }

    // ---- the guide in one command ----

    private void guide() throws Exception {
        String[] command = script("failover.java");
        Run.build("cluster.java");
        var whole = new ArrayList<Double>();
        for (int run = 1; run <= (quick ? 1 : 3); run++) {
            long start = System.nanoTime();
            try (Run guide = Run.command(command)) {
                guide.expectExit(0);
            }
            whole.add(Peers.seconds(start));
        }
        report.add(new Row(
                "`./jbang failover.java`, the three scenarios proven",
                Sample.of(whole),
                "-",
                null,
                "s",
                Goal.atMost(30),
                "Most of it is asked for: time before, in and after each fault. A restarted broker waits"
                        + " until its old session has expired: 5 s here, 9 s by default."));
    }

    // ---- the drill ----

    private void rate() throws Exception {
        int wanted = 20_000;
        var rates = new ArrayList<Double>();
        for (int run = 1; run <= (quick ? 1 : 2); run++) {
            String time = quick ? "2s" : "9s";
            var history = drill("stop", "--rate", "" + wanted, "--before", time, "--down", "4s", "--after", time);
            var acknowledged = history.stream()
                    .filter(line -> line.getString("type").equals("acknowledged"))
                    .toList();
            double from = acknowledged.stream()
                    .mapToDouble(line -> line.getDouble("t"))
                    .min()
                    .orElseThrow();
            double to = acknowledged.stream()
                    .mapToDouble(line -> line.getDouble("to"))
                    .max()
                    .orElseThrow();
            rates.add(acknowledged.stream().mapToLong(bench::records).sum() / (to - from));
        }
        report.add(new Row(
                "`lab/drill.java --rate 20000`, 22 s with a stop, in a heap of 512 MB",
                Sample.of(rates),
                "the rate asked for",
                Sample.of(List.of((double) wanted)),
                "records/s",
                Goal.atLeast(0.95),
                "Acknowledged records, from the first acknowledgement to the last. Every run was PASS."));
    }

    /** The number of records in a line of a history: ranges of first id, last id, step. */
    private static long records(JsonObject line) {
        long count = 0;
        for (Object it : line.getArray("records")) {
            var range = (JsonArray) it;
            count += (range.getLong(1) - range.getLong(0)) / range.getLong(2) + 1;
        }
        return count;
    }

    private void pause() throws Exception {
        var pauses = Map.of("stop", Goal.atMost(0.3), "kill", Goal.atMost(9.72)); // 1.08 * broker.session.timeout.ms
        for (String fault : List.of("stop", "kill")) {
            var away = new ArrayList<Double>();
            var back = new ArrayList<Double>();
            for (int run = 1; run <= (quick ? 1 : 3); run++) {
                List<JsonObject> history =
                        drill(fault, "--before", "2s", "--down", fault.equals("kill") ? "11s" : "2s", "--after", "1s");
                away.add(longestGap(history, time(history, "fault"), time(history, "restore")));
                back.add(longestGap(history, time(history, "restore"), time(history, "load")));
            }
            String what = "longest pause in a partition's acknowledgements, `lab/drill.java --fault " + fault + "`";
            report.add(new Row(
                    what,
                    Sample.of(away),
                    "-",
                    null,
                    "s",
                    pauses.get(fault),
                    "After a kill, the cluster notices only after `broker.session.timeout.ms` (9 s)."));
            report.add(new Row(
                    "and when the broker of `--fault " + fault + "` is back and leads again",
                    Sample.of(back),
                    "-",
                    null,
                    "s",
                    null,
                    "The producer connects again after `reconnect.backoff.max.ms` (1 s) at most."));
        }
    }

    /** When the last line of this type was written, in s. */
    private static double time(List<JsonObject> history, String type) {
        return history.stream()
                .filter(line -> line.getString("type").equals(type))
                .mapToDouble(line -> line.getDouble("t"))
                .max()
                .orElseThrow();
    }

    /** The longest time in s in which a partition acknowledged nothing, of those that overlap with this time. */
    private static double longestGap(List<JsonObject> history, double begin, double end) {
        var last = new HashMap<Integer, Double>();
        double longest = 0;
        for (JsonObject line : history) {
            if (!line.getString("type").equals("acknowledged")) continue;
            int partition = line.getInt("partition");
            double from = line.getDouble("t");
            JsonArray gap = line.getArray("gap", JsonArray.from(from, from));
            for (var each : List.of(JsonArray.from(last.getOrDefault(partition, from), from), gap))
                if (each.getDouble(0) < end && each.getDouble(1) > begin)
                    longest = Math.max(longest, each.getDouble(1) - each.getDouble(0));
            last.put(partition, line.getDouble("to"));
        }
        return longest;
    }

    /** Runs the drill on its own cluster; the lines of its history. */
    private List<JsonObject> drill(String fault, String... options) throws Exception {
        Path history = directory.resolve("history.jsonl");
        Run.build("cluster.java");
        String[] command = script("lab/drill.java", "test-2p-rf2", "--fault", fault, "--history", "" + history);
        Run.Surroundings small = Run.here().with("JAVA_TOOL_OPTIONS", "-Xmx512m");
        try (Run drill = small.command(Peers.joined(List.of(command), options))) {
            drill.expectExit(0, Duration.ofMinutes(5));
        }
        var lines = new ArrayList<JsonObject>();
        for (String line : Files.readAllLines(history))
            lines.add(JsonParser.object().from(line));
        return lines;
    }

    // ---- the producer ----

    private void producer() throws Exception {
        int records = quick ? 100_000 : 2_000_000;
        int few = quick ? 10_000 : 100_000; // for the slow ones
        Path payload = guideRecords("payload", records, 100_000);
        Path all = guideRecords("all", records, records);
        String servers = SharedCluster.servers();
        String same = "linger.ms=20 batch.size=262144 compression.type=lz4";
        String picks = "ProducerPerformance picks ready bytes; producer.java makes each record and counts its fate.";
        compare(
                "records/s",
                ours(
                        "`producer.java -r max`",
                        run -> produce(
                                records,
                                topic -> script(
                                        "producer.java", topic, "-n", "" + records, "-q", "-r", "max", "-b", servers))),
                against(
                        "`ProducerPerformance`, its defaults",
                        Goal.atLeast(2.5),
                        picks + " Its batches of 16 KB are not compressed.",
                        run -> produce(records, topic -> Peers.performance(topic, records, payload, servers, ""))),
                against(
                        "`ProducerPerformance`, the same client properties",
                        Goal.atLeast(0.9),
                        picks,
                        run -> produce(records, topic -> Peers.performance(topic, records, payload, servers, same))),
                against(
                        "`kcat -P`, the same client properties",
                        null,
                        "kcat is C and reads ready lines from a file.",
                        run -> produce(records, topic -> Peers.kcatProducer(topic, servers, all, same))),
                against(
                        "the guide's Python producer (python3-kafka)",
                        null,
                        "Python uses one core, with acks=1.",
                        run -> produce(few, topic -> Peers.python(Peers.PYTHON_PRODUCER, servers, topic, "" + few))));
    }

    /** Gives the command that sends to a topic. */
    @FunctionalInterface
    interface Sender {
        String[] command(String topic) throws Exception;
    }

    /** Records per s by the brokers' clock, from the first appended batch to the last; the records are counted. */
    private double produce(int records, Sender sender) throws Exception {
        return produce(records, Map.of(), sender);
    }

    private double produce(int records, Map<String, String> properties, Sender sender) throws Exception {
        try (var topic = new Topic(properties)) {
            Peers.timed(directory.resolve("produced.txt"), sender.command(topic.name));
            topic.expect(records);
            long first = topic.offsets(OffsetSpec.forTimestamp(0), false).min().orElseThrow();
            long last = topic.offsets(OffsetSpec.maxTimestamp(), false).max().orElseThrow();
            return records / ((last - first) / 1e3);
        }
    }

    /** A file of the guide's records: so many of the first {@code of}, evenly spread. */
    private Path guideRecords(String name, int of, int howMany) throws Exception {
        String record = "{\"event_id\": %1$d, \"key\": \"test\", \"message\": \"This is event number %1$d\"}";
        long step = Math.max(1, of / howMany);
        Stream<String> lines =
                IntStream.rangeClosed(1, Math.min(of, howMany)).mapToObj(i -> record.formatted(i * step));
        return Files.write(directory.resolve(name), (Iterable<String>) lines::iterator);
    }

    // ---- the price of fsync ----

    private void flush() throws Exception {
        flush("`producer.java -r max`", quick ? 50_000 : 1_000_000);
        flush("`producer.java -r max -X batch.size=0`", quick ? 200 : 2_000, "-X", "batch.size=0");
    }

    private void flush(String producer, int records, String... options) throws Exception {
        String servers = SharedCluster.servers();
        Sender sender = topic -> Peers.joined(
                List.of(script("producer.java", topic, "-n", "" + records, "-q", "-r", "max", "-b", servers)), options);
        compare(
                "records/s",
                ours(
                        producer + ", to a topic with `flush.messages=1`",
                        run -> produce(records, Map.of("flush.messages", "1"), sender)),
                against(
                        "the same, with Kafka's default: it acknowledges before fsync",
                        null,
                        options.length == 0
                                ? "Both replicas fsync each batch, and a batch has many records."
                                : "Both replicas fsync each record, because each is a batch.",
                        run -> produce(records, sender)));
    }

    // ---- the consumer ----

    private void consumer() throws Exception {
        int records = quick ? 100_000 : 4_000_000;
        Pattern received = Pattern.compile("^received ([\\d,]+)");
        try (var topic = new Topic()) {
            topic.fill(records, "lz4");
            String servers = SharedCluster.servers();
            String count = "" + records;
            compare(
                    "records/s",
                    ours("`consumer.java -q`", run -> {
                        try (Run consumer = Run.command(script(
                                "consumer.java", topic.name, topic.name + run, "-q", "-n", count, "-b", servers))) {
                            consumer.awaitLine("assigned: ");
                            long assigned = System.nanoTime();
                            String found = consumer.awaitLine(received).group(1).replace(",", "");
                            double seconds = Peers.seconds(assigned);
                            consumer.expectExit(0);
                            if (!found.equals(count)) throw new AssertionError("received " + found);
                            return records / seconds;
                        }
                    }),
                    against(
                            "`ConsumerPerformance`",
                            Goal.atLeast(0.9),
                            "From the assignment to the last record. consumer.java also commits, leaves the group, and checks the"
                                    + " id of each record.",
                            run -> {
                                Path file = directory.resolve("consumed.txt");
                                String options = "--bootstrap-server %s --topic %s --num-records %s --hide-header";
                                String given = options.formatted(servers, topic.name, count);
                                Peers.timed(file, Peers.tool("ConsumerPerformance", given.split(" ")));
                                // start, end, MB, MB/s, records, records/s, rebalance ms, fetch ms, MB/s, records/s
                                String[] fields = Files.readString(file).strip().split(",\\s*");
                                if (Long.parseLong(fields[4]) < records)
                                    throw new AssertionError("it consumed " + fields[4]);
                                return Long.parseLong(fields[4]) / (Long.parseLong(fields[7]) / 1e3);
                            }));
        }
    }

    private void printing() throws Exception {
        int records = quick ? 50_000 : 1_000_000;
        int few = quick ? 10_000 : 100_000;
        try (var topic = new Topic()) {
            topic.fill(records, "none"); // the guide's Python has no lz4
            String servers = SharedCluster.servers();
            String count = "" + records;
            String console = "--bootstrap-server %s --topic %s --from-beginning --max-messages %d"
                    .formatted(servers, topic.name, records);
            String kcat = "kcat -C -q -b %s -t %s -o beginning -c %d".formatted(servers, topic.name, records);
            compare(
                    "records/s",
                    ours(
                            "`consumer.java`, one line for each record, to a file",
                            run -> print(
                                    records,
                                    script("consumer.java", topic.name, topic.name + run, "-n", count, "-b", servers))),
                    against(
                            "`ConsoleConsumer`",
                            Goal.atLeast(2.0),
                            "From the first byte in the file to the end. ConsoleConsumer writes each record on its own.",
                            run -> print(records, Peers.tool("consumer.ConsoleConsumer", console.split(" ")))),
                    against(
                            "`kcat -C`",
                            null,
                            "kcat is C, has no group and commits nothing.",
                            run -> print(records, Peers.debian("kcat", "command -v kcat", kcat.split(" ")))),
                    against("the guide's Python consumer (python3-kafka)", null, "Python uses one core.", run -> {
                        String group = topic.name + "-python" + run;
                        String program = Peers.PYTHON_CONSUMER;
                        return print(few, Peers.python(program, servers, topic.name, group, "" + few));
                    }));
        }
    }

    /** Runs what prints so many records to a file; records per s, from the first byte in it to the end. */
    private double print(int records, String... command) throws Exception {
        Path file = directory.resolve("printed.txt");
        Files.deleteIfExists(file);
        try (Run run = Run.command(Peers.redirected(file, command))) {
            while (run.isRunning() && file.toFile().length() == 0) Thread.sleep(2);
            long first = System.nanoTime();
            run.expectExit(0);
            double seconds = Peers.seconds(first);
            try (Stream<String> lines = Files.lines(file)) {
                long found = lines.filter(line -> line.contains("event_id")).count();
                if (found != records) throw new AssertionError(found + " records in the file, not " + records);
            }
            return records / seconds;
        }
    }

    // ---- one record ----

    private void first() throws Exception {
        try (var topic = new Topic()) {
            String servers = SharedCluster.servers();
            String[] ours = script("producer.java", topic.name, "-n", "1", "-b", servers);
            String[] theirs = Peers.tool("ConsoleProducer", "--bootstrap-server", servers, "--topic", topic.name);
            compare(
                    "s",
                    ours("`./jbang producer.java T -n 1`, from the shell to its end", run -> oneRecord(ours)),
                    against(
                            "`ConsoleProducer`, its JVM alone",
                            Goal.atMost(1.2),
                            "The peer without its shell script. Both start a JVM and a client.",
                            run -> oneRecord(theirs)));
            topic.expect(2 * runs);
        }
    }

    private static double oneRecord(String... command) {
        long start = System.nanoTime();
        try (Run producer = Run.command(command)) {
            producer.type("{\"event_id\": 1, \"key\": \"test\", \"message\": \"This is event number 1\"}");
            producer.endInput();
            producer.expectExit(0);
            return Peers.seconds(start);
        }
    }

    // ---- how it is measured ----

    /** One run of a side: the value that is compared. */
    @FunctionalInterface
    interface Measurement {
        double run(int number) throws Exception;
    }

    /** One side of a comparison; one without a goal is only reported. */
    record Side(String title, Goal goal, String details, Measurement measurement) {}

    private static Side ours(String title, Measurement measurement) {
        return new Side(title, null, "", measurement);
    }

    private static Side against(String title, Goal goal, String details, Measurement measurement) {
        return new Side(title, goal, details, measurement);
    }

    /** Runs all sides in turn, and reports ours against each of the others. */
    private void compare(String unit, Side ours, Side... others) throws Exception {
        var measured = new LinkedHashMap<Side, List<Double>>();
        List<Side> sides = Stream.concat(Stream.of(ours), Stream.of(others)).toList();
        var missing = new HashSet<Side>();
        for (int run = 1; run <= runs; run++)
            for (Side side : sides) {
                if (missing.contains(side)) continue;
                report.progress("%s, run %d of %d".formatted(side.title, run, runs));
                try {
                    measured.computeIfAbsent(side, it -> new ArrayList<>()).add(side.measurement.run(run));
                } catch (Peers.Missing peer) {
                    report.skip(side.title, peer.getMessage());
                    missing.add(side);
                }
            }
        for (Side other : others)
            if (!missing.contains(other))
                report.add(new Row(
                        ours.title,
                        Sample.of(measured.get(ours)),
                        other.title,
                        Sample.of(measured.get(other)),
                        unit,
                        other.goal,
                        other.details));
    }

    private static String[] script(String script, String... arguments) {
        Run.build(script);
        return Peers.joined(List.of(Run.JBANG, script), arguments);
    }

    /** Two partitions with two replicas, and the brokers' time in the records; deleted when it is closed. */
    private class Topic implements AutoCloseable {
        final String name = "bench-" + Long.toString(System.nanoTime(), 36);

        Topic() throws Exception {
            this(Map.of());
        }

        Topic(Map<String, String> properties) throws Exception {
            var topic = new NewTopic(name, Map.of(0, List.of(1, 2), 1, List.of(2, 1)));
            var all = new HashMap<>(Map.of("message.timestamp.type", "LogAppendTime"));
            all.putAll(properties);
            topic.configs(all);
            SharedCluster.servers();
            SharedCluster.admin().createTopics(List.of(topic)).all().get();
            SharedCluster.await("the topic has leaders", () -> {
                try {
                    return offsets(OffsetSpec.latest(), true).count() == 2;
                } catch (Exception notYet) {
                    return false;
                }
            });
        }

        void fill(int records, String compression) throws Exception {
            String options = "%s -n %d -q -r max -X compression.type=%s -b %s";
            String given = options.formatted(name, records, compression, SharedCluster.servers());
            Peers.timed(directory.resolve("filled.txt"), script("producer.java", given.split(" ")));
            expect(records);
        }

        void expect(long records) throws Exception {
            long found = offsets(OffsetSpec.latest(), true).sum();
            if (found != records) throw new AssertionError(found + " records in the topic, not " + records);
        }

        /** Of each partition that offset, or its time in ms. */
        LongStream offsets(OffsetSpec which, boolean offset) throws Exception {
            var asked = Map.of(new TopicPartition(name, 0), which, new TopicPartition(name, 1), which);
            return SharedCluster.admin().listOffsets(asked).all().get().values().stream()
                    .mapToLong(it -> offset ? it.offset() : it.timestamp())
                    .filter(it -> it >= 0);
        }

        @Override
        public void close() {
            SharedCluster.admin().deleteTopics(List.of(name));
        }
    }
}
