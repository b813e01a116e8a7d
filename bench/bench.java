///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Compares the collection with what people would use instead, and writes bench/RESULTS.md
//JAVA 17+
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-nop:2.0.17
//DEPS com.grack:nanojson:1.10
//SOURCES ../test/Run.java
//SOURCES ../test/Screen.java
//SOURCES ../failover.java
//COMPILE_OPTIONS -encoding UTF-8

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.utils.internals.AppInfoParser;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Compares the collection with its peers on this machine, on a two-broker cluster of its own, two
 * partitions and two replicas. The sides of a comparison run in turn (A B A B ...), so that what
 * else the machine does falls upon both.
 *
 * <pre>./jbang bench/bench.java [NAME...]</pre>
 *
 * <p>Every figure is measured from outside: by the brokers' clock, by what a process prints or
 * writes, by its beginning and its end. The counts of records are checked after every run.
 */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Compares the collection with what people would use instead, on this machine.%n",
        footer = {
            "",
            "Exit status: 0 everything was measured, whether or not a goal was met; 1 something was not;",
            "2 wrong usage."
        })
class bench implements Callable<Integer> {
    public static void main(String... args) {
        System.exit(new CommandLine(new bench()).execute(args));
    }

    @Parameters(paramLabel = "NAME", arity = "0..*",
            description = "The comparisons to run (default: all): producer, consumer, printing, first, rate, pause,"
                    + " growth, cluster, failover.")
    List<String> names = List.of();

    @Option(names = "--runs", paramLabel = "N", defaultValue = "5",
            description = "How often each side runs (default: ${DEFAULT-VALUE}).")
    int runs;

    @Option(names = "--quick", description = "Two runs and few records: whether all of it works, not how fast it is.")
    boolean quick;

    @Option(names = {"-o", "--output"}, paramLabel = "FILE",
            description = "Where the table goes (default: bench/RESULTS.md for all comparisons, else nowhere).")
    Path output;

    // ---- the story ----

    @FunctionalInterface
    interface Comparison {
        void run() throws Exception;
    }

    /** In this order: first what shares a cluster, then what starts its own. */
    private Map<String, Comparison> comparisons() {
        var all = new LinkedHashMap<String, Comparison>();
        all.put("producer", this::producer);
        all.put("consumer", this::consumer);
        all.put("printing", this::printing);
        all.put("first", this::first);
        all.put("rate", this::rate);
        all.put("pause", this::pause);
        all.put("growth", this::growth);
        all.put("cluster", this::cluster);
        all.put("failover", this::failover);
        return all;
    }

    private final Report report = new Report();
    private Path directory;
    private SharedCluster shared;

    @Override
    public Integer call() throws Exception {
        Map<String, Comparison> chosen = comparisons();
        for (String name : names)
            if (!chosen.containsKey(name)) {
                System.err.printf("No comparison is called '%s'. There are: %s%n", name, chosen.keySet());
                return 2;
            }
        if (output == null && names.isEmpty() && !quick) output = Run.ROOT.resolve("bench/RESULTS.md");
        if (!names.isEmpty()) chosen.keySet().retainAll(names);
        if (quick) runs = Math.min(runs, 2);

        directory = Files.createTempDirectory("bench-");
        Runtime.getRuntime().addShutdownHook(new Thread(this::removeDirectory));
        report.begin();
        boolean complete = true;
        for (var each : chosen.entrySet()) {
            if (List.of("cluster", "failover").contains(each.getKey())) closeShared(); // they want the machine
            long start = System.nanoTime();
            try {
                each.getValue().run();
            } catch (Skip because) {
                report.skip(each.getKey(), because.getMessage());
            } catch (Exception | AssertionError failed) {
                complete = false;
                report.skip(each.getKey(), "FAILED: " + failed.getMessage());
            }
            report.took(each.getKey(), seconds(start));
        }
        closeShared();
        report.end();
        return complete ? 0 : 1;
    }

    // ---- the producer ----

    private static final String PRODUCER_SETTINGS = "linger.ms=20 batch.size=262144 compression.type=lz4";

    private void producer() throws Exception {
        int records = quick ? 100_000 : 2_000_000;
        int few = quick ? 10_000 : 100_000; // for those that take long
        Path payload = guideRecords("payload", records, 100_000);
        Path all = guideRecords("all", records, records);
        String servers = shared().servers;
        compare(
                "records/s",
                ours(
                        "`producer.java -r max`",
                        run -> produce(
                                records,
                                topic -> script(
                                        "producer.java", topic, "-n", "" + records, "-r", "max", "-b", servers))),
                against(
                        "`ProducerPerformance`, its defaults",
                        Goal.atLeast(2.5),
                        PRODUCER_LIMIT,
                        run -> produce(records, topic -> producerPerformance(topic, records, payload, ""))),
                against(
                        "`ProducerPerformance`, the same client properties",
                        Goal.atLeast(1.0),
                        SAME_PROPERTIES_LIMIT,
                        run -> produce(
                                records, topic -> producerPerformance(topic, records, payload, PRODUCER_SETTINGS))),
                against(
                        "`kcat -P`, the same client properties",
                        Goal.atLeast(1.0),
                        KCAT_PRODUCER_LIMIT,
                        run -> produce(records, topic -> kcatProducer(topic, servers, all))),
                against(
                        "`VerifiableProducer`, which prints every acknowledgement",
                        null,
                        VERIFIABLE_LIMIT,
                        run -> produce(
                                few,
                                topic -> tool(
                                        "-Xmx512M",
                                        "VerifiableProducer",
                                        "--bootstrap-server",
                                        servers,
                                        "--topic",
                                        topic,
                                        "--max-messages",
                                        "" + few))),
                against(
                        "the guide's Python producer (python3-kafka)",
                        null,
                        PYTHON_LIMIT,
                        run -> produce(few, topic -> python(PYTHON_PRODUCER, servers, topic, "" + few))));
    }

    private String[] producerPerformance(String topic, int records, Path payload, String properties) throws Exception {
        String all = "bootstrap.servers=" + shared().servers + " " + properties;
        var arguments = new ArrayList<>(List.of("--topic", topic, "--num-records", "" + records));
        arguments.addAll(List.of("--throughput", "-1", "--payload-file", payload.toString(), "--command-property"));
        arguments.addAll(List.of(all.strip().split(" ")));
        return tool("-Xmx512M", "ProducerPerformance", arguments.toArray(String[]::new));
    }

    private static String[] kcatProducer(String topic, String servers, Path records) {
        var command = new ArrayList<>(List.of("kcat", "-P", "-b", servers, "-t", topic, "-l", records.toString()));
        for (String property : PRODUCER_SETTINGS.split(" ")) command.addAll(List.of("-X", property));
        return debian("kcat", "command -v kcat", command.toArray(String[]::new));
    }

    private static final String PYTHON_PRODUCER = """
            import json, sys
            from kafka import KafkaProducer
            servers, topic, count = sys.argv[1].split(","), sys.argv[2], int(sys.argv[3])
            producer = KafkaProducer(bootstrap_servers=servers, value_serializer=lambda it: json.dumps(it).encode())
            for i in range(1, count + 1):
                producer.send(topic, {"event_id": i, "key": "test", "message": f"This is event number {i}"})
            producer.flush()
            """;

    private static final String PRODUCER_LIMIT =
            "The peer by its batches of 16 KB, uncompressed: each costs a request, and the brokers share the two cores.";
    private static final String SAME_PROPERTIES_LIMIT =
            "Ours by making the records (text, a header with the run, its fate counted); the peer picks ready bytes.";
    private static final String KCAT_PRODUCER_LIMIT =
            "The peer is C, and reads ready lines from a file. Its default partitioner sends records without a key to a"
                    + " random partition. Ours makes the records, with a header, and counts the fate of each.";
    private static final String VERIFIABLE_LIMIT =
            "The peer sends numbers of a few bytes, not the guide's records, and prints 100 bytes for each.";
    private static final String PYTHON_LIMIT = "The peer by Python, on one core; it has acks=1.";

    /** Gives the command that sends to a topic. */
    @FunctionalInterface
    interface Sender {
        String[] command(String topic) throws Exception;
    }

    /**
     * Sends records to a new topic, counts them there, and tells how many came per second by the
     * brokers' clock: from the first batch that was appended to the last. No tool's start is in it.
     */
    private Measured produce(int records, Sender sender) throws Exception {
        try (var topic = new Topic("produced")) {
            double wholeSeconds = timed(directory.resolve("produced.txt"), sender.command(topic.name));
            long stored = topic.records();
            if (stored != records) throw new AssertionError(stored + " records in the topic, not " + records);
            return new Measured(records / topic.secondsOfAppending(), wholeSeconds);
        }
    }

    /** A file of the guide's records, so many of the first {@code of}, evenly spread. */
    private Path guideRecords(String name, int of, int howMany) throws IOException {
        String record = "{\"event_id\": %1$d, \"key\": \"test\", \"message\": \"This is event number %1$d\"}";
        long step = Math.max(1, of / howMany);
        return Files.write(directory.resolve(name), (Iterable<String>)
                IntStream.rangeClosed(1, Math.min(of, howMany)).mapToObj(i -> record.formatted(i * step))::iterator);
    }

    // ---- the consumer ----

    private void consumer() throws Exception {
        int records = quick ? 100_000 : 4_000_000;
        Pattern received = Pattern.compile("received ([\\d,]+)");
        try (var topic = new Topic("consumed")) {
            fill(topic, records, "lz4");
            compare(
                    "records/s",
                    ours("`consumer.java -q`", run -> {
                        long start = System.nanoTime();
                        try (Run consumer = Run.command(script(
                                "consumer.java",
                                topic.name,
                                topic.name + run,
                                "-q",
                                "-n",
                                "" + records,
                                "-b",
                                shared().servers))) {
                            consumer.awaitLine("assigned: ");
                            long assigned = System.nanoTime();
                            String count = consumer.awaitLine(received).group(1).replace(",", "");
                            double seconds = seconds(assigned);
                            consumer.expectExit(0);
                            if (!count.equals("" + records)) throw new AssertionError("received " + count);
                            return new Measured(records / seconds, seconds(start));
                        }
                    }),
                    against("`ConsumerPerformance`", Goal.atLeast(1.0), CONSUMER_LIMIT, run -> {
                        Path file = directory.resolve("consumed.txt");
                        double whole = timed(
                                file,
                                tool(
                                        "-Xmx512M",
                                        "ConsumerPerformance",
                                        "--bootstrap-server",
                                        shared().servers,
                                        "--topic",
                                        topic.name,
                                        "--num-records",
                                        "" + records,
                                        "--hide-header"));
                        // start, end, MB, MB/s, records, records/s, rebalance ms, fetch ms, MB/s, records/s
                        String[] fields = Files.readString(file).strip().split(",\\s*");
                        long count = Long.parseLong(fields[4]);
                        if (count < records) throw new AssertionError("it consumed " + count);
                        return new Measured(count / (Long.parseLong(fields[7]) / 1e3), whole);
                    }));
        }
    }

    private static final String CONSUMER_LIMIT =
            "From the assignment of the partitions to the last record; ours with the commit and the leaving of the"
                    + " group, and with the run (a header) and the event id of each record: what is missing or comes"
                    + " twice is told. The peer looks at no record.";

    private void printing() throws Exception {
        int records = quick ? 50_000 : 1_000_000;
        int few = quick ? 10_000 : 100_000;
        try (var topic = new Topic("printed")) {
            fill(topic, records, "none"); // the guide's Python has no lz4
            String servers = shared().servers;
            compare(
                    "records/s",
                    ours(
                            "`consumer.java`, a line for each record, to a file",
                            run -> print(
                                    records,
                                    "received: {",
                                    script(
                                            "consumer.java",
                                            topic.name,
                                            topic.name + run,
                                            "-n",
                                            "" + records,
                                            "-b",
                                            servers))),
                    against(
                            "`ConsoleConsumer`",
                            Goal.atLeast(2.0),
                            PRINTING_LIMIT,
                            run -> print(
                                    records,
                                    "{\"event_id\"",
                                    tool(
                                            "-Xmx512M",
                                            "consumer.ConsoleConsumer",
                                            "--bootstrap-server",
                                            servers,
                                            "--topic",
                                            topic.name,
                                            "--from-beginning",
                                            "--max-messages",
                                            "" + records))),
                    against(
                            "`kcat -C`",
                            null,
                            KCAT_LIMIT,
                            run -> print(
                                    records,
                                    "{\"event_id\"",
                                    debian(
                                            "kcat",
                                            "command -v kcat",
                                            "kcat",
                                            "-C",
                                            "-q",
                                            "-b",
                                            servers,
                                            "-t",
                                            topic.name,
                                            "-o",
                                            "beginning",
                                            "-c",
                                            "" + records))),
                    against(
                            "the guide's Python consumer (python3-kafka)",
                            null,
                            PYTHON_LIMIT,
                            run -> print(
                                    few,
                                    "received: {",
                                    python(
                                            PYTHON_CONSUMER,
                                            servers,
                                            topic.name,
                                            topic.name + "-python" + run,
                                            "" + few))));
        }
    }

    private static final String PYTHON_CONSUMER = """
            import json, sys
            from kafka import KafkaConsumer
            servers, topic, group, count = sys.argv[1].split(","), sys.argv[2], sys.argv[3], int(sys.argv[4])
            consumer = KafkaConsumer(topic, bootstrap_servers=servers, group_id=group, auto_offset_reset="earliest",
                                     value_deserializer=lambda it: json.loads(it))
            for number, message in enumerate(consumer, 1):
                print(f"Consumer c (group: {group}) received: {message.value}")
                if number == count:
                    break
            consumer.close()
            """;

    private static final String PRINTING_LIMIT =
            "From the first byte in the file to the end of the process. The peer writes each record on its own; ours"
                    + " writes what a poll brought at once, and more: the group, the partition and the offset.";
    private static final String KCAT_LIMIT =
            "The peer is C, has no group and commits nothing, and writes the value alone.";

    /** Runs what prints so many records to a file, and counts the lines that have the text. */
    private Measured print(int records, String text, String... command) throws Exception {
        Path file = directory.resolve("printed.txt");
        Files.deleteIfExists(file);
        long start = System.nanoTime();
        try (Run run = Run.command(redirected(file, command))) {
            while (run.isRunning() && size(file) == 0) Thread.sleep(2);
            long first = System.nanoTime();
            run.expectExit(0);
            double seconds = seconds(first);
            double whole = seconds(start);
            try (Stream<String> lines = Files.lines(file)) {
                long count = lines.filter(line -> line.contains(text)).count();
                if (count != records) throw new AssertionError(count + " records in the file, not " + records);
            }
            return new Measured(records / seconds, whole);
        }
    }

    private static long size(Path file) {
        return file.toFile().length(); // 0 where it is not there yet
    }

    /** With our producer: the same batches for all who read them. */
    private void fill(Topic topic, int records, String compression) throws Exception {
        timed(
                directory.resolve("filled.txt"),
                script(
                        "producer.java",
                        topic.name,
                        "-n",
                        "" + records,
                        "-r",
                        "max",
                        "-X",
                        "compression.type=" + compression,
                        "-b",
                        shared().servers));
        if (topic.records() != records) throw new AssertionError(topic.records() + " records, not " + records);
    }

    // ---- one record ----

    private void first() throws Exception {
        var jbang = new ArrayList<Double>();
        var acknowledged = new ArrayList<Double>();
        try (var topic = new Topic("first")) {
            String servers = shared().servers;
            compare(
                    "s",
                    ours("`./jbang producer.java T -n 1`, from the shell to its end", run -> {
                        String[] command = script("producer.java", topic.name, "-n", "1", "-b", servers);
                        long start = System.nanoTime();
                        try (Run producer = Run.command(command)) {
                            while (producer.isRunning() && !isJava(producer.pid())) Thread.sleep(2);
                            jbang.add(seconds(start));
                            producer.awaitLine("acknowledged: ");
                            acknowledged.add(seconds(start));
                            producer.expectExit(0);
                            return new Measured(seconds(start), seconds(start));
                        }
                    }),
                    against("`ConsoleProducer`, its JVM alone", Goal.atMost(1.2), FIRST_LIMIT, run -> {
                        String[] command = tool(
                                "-Xmx512M", "ConsoleProducer", "--bootstrap-server", servers, "--topic", topic.name);
                        long start = System.nanoTime();
                        try (Run producer = Run.command(command)) {
                            producer.type(
                                    "{\"event_id\": 1, \"key\": \"test\", \"message\": \"This is event number 1\"}");
                            producer.endInput();
                            producer.expectExit(0);
                            return new Measured(seconds(start), seconds(start));
                        }
                    }));
            if (topic.records() != 2L * runs) throw new AssertionError(topic.records() + " records, not " + 2 * runs);
            report.add(Row.alone("of that, JBang's part: until the script's JVM starts", Sample.of(jbang)));
            report.add(Row.alone("and until the record is acknowledged", Sample.of(acknowledged)));
        }
    }

    private static final String FIRST_LIMIT =
            "The peer without the shell script that people start it with. Both: the start of a JVM, and of a client.";

    /** The wrapper becomes the script's JVM when JBang has done its part. */
    private static boolean isJava(long pid) {
        return ProcessHandle.of(pid)
                .flatMap(it -> it.info().command())
                .orElse("")
                .endsWith("/java");
    }

    // ---- the proof ----

    private void rate() throws Exception {
        int wanted = 20_000;
        String time = quick ? "2s" : "9s"; // and 4 s of the fault, and some seconds until the cluster is whole
        var rates = new ArrayList<Double>();
        double whole = 0;
        String verdict = "";
        for (int run = 1; run <= (quick ? 1 : 2); run++) {
            Path events = directory.resolve("rate.jsonl");
            long start = System.nanoTime();
            List<JsonObject> lines = prove(
                    "stop",
                    "--rate",
                    "" + wanted,
                    "--before",
                    time,
                    "--down",
                    "4s",
                    "--after",
                    time,
                    "--events",
                    events.toString());
            whole = seconds(start);
            double begin = ms(lines, "the producer begins");
            double end = ms(lines, "the producer ends");
            JsonObject result = lines.get(lines.size() - 1);
            rates.add(result.getLong("acknowledged") / ((end - begin) / 1e3));
            verdict = "%s, %,d records, %d lost"
                    .formatted(result.getString("verdict"), result.getLong("acknowledged"), result.getLong("lost"));
        }
        report.add(new Row(
                "`failover.java --rate 20000`, about 30 s with a stop in it, in a heap of 512 MB",
                Sample.of(rates),
                "the rate asked for",
                Sample.of(List.of((double) wanted)),
                "records/s",
                Goal.atLeast(0.95),
                "Acknowledged, over the time from the producer's beginning to its end. The last run: %s; %.0f s whole."
                        .formatted(verdict, whole)));
    }

    private static double ms(List<JsonObject> lines, String text) {
        return lines.stream()
                .filter(line -> line.getString("text", "").startsWith(text))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no event '" + text + "'"))
                .getDouble("ms");
    }

    private void pause() throws Exception {
        double session = shared().sessionTimeoutSeconds();
        for (String fault : List.of("stop", "kill")) {
            int times = quick ? 1 : 3;
            String down = fault.equals("kill") ? "11s" : "2s"; // the leaders move after 9 s, or at once
            List<JsonObject> lines = prove(
                    fault,
                    "--runs",
                    "" + times,
                    "--before",
                    "2s",
                    "--down",
                    down,
                    "--after",
                    "1s",
                    "--try",
                    "default:acks=all",
                    "--try",
                    "eager:acks=all," + EAGER,
                    "--events",
                    directory.resolve(fault + ".jsonl").toString());
            Map<String, Sample> acknowledged = new LinkedHashMap<>();
            Map<String, Sample> read = new LinkedHashMap<>();
            for (String settings : List.of("default", "eager")) {
                List<JsonObject> its = lines.stream()
                        .filter(line -> line.getString("type").equals("verdict"))
                        .filter(line -> line.getString("settings").equals(settings))
                        .toList();
                acknowledged.put(
                        settings,
                        Sample.of(its.stream()
                                .map(it -> longest(it, "acknowledged"))
                                .toList()));
                read.put(
                        settings,
                        Sample.of(its.stream().map(it -> longest(it, "read")).toList()));
            }
            String details = "In reads %s s. With %s: %s s in acknowledgements, %s s in reads."
                    .formatted(
                            read.get("default").said("s"),
                            EAGER.replace(",", ", "),
                            acknowledged.get("eager").said("s"),
                            read.get("eager").said("s"));
            boolean kill = fault.equals("kill");
            report.add(new Row(
                    "longest pause in acknowledgements, `failover.java --fault " + fault + "`",
                    acknowledged.get("default"),
                    kill ? "`broker.session.timeout.ms`" : "-",
                    kill ? Sample.of(List.of(session)) : null,
                    "s",
                    Goal.atMost(kill ? 1.08 : 0.3),
                    details));
        }
    }

    private static final String EAGER = "retry.backoff.ms=20,retry.backoff.max.ms=100,reconnect.backoff.max.ms=100";

    private static double longest(JsonObject verdict, String what) {
        JsonArray pauses = verdict.getArray("pauses");
        return IntStream.range(0, pauses.size())
                .mapToDouble(i -> pauses.getObject(i).getObject(what).getDouble("ms") / 1e3)
                .max()
                .orElseThrow();
    }

    private List<JsonObject> prove(String fault, String... options) throws Exception {
        return proveOn("proof-2p-rf2", fault, options);
    }

    /** Runs failover.java on the shared cluster; its events, for which the last option names the file. */
    private List<JsonObject> proveOn(String topic, String fault, String... options) throws Exception {
        String ask = "sh " + shared().askScript;
        var command = new ArrayList<>(List.of(script("failover.java", topic, "-b", shared().servers)));
        command.addAll(List.of("--fault", fault, "--stop-command", ask + " " + fault + " kafka-{id}"));
        command.addAll(List.of("--start-command", ask + " start kafka-{id}"));
        command.addAll(List.of(options));
        Path events = Path.of(options[options.length - 1]);
        Run.Surroundings small = Run.here().with("JAVA_TOOL_OPTIONS", "-Xmx512m");
        try (Run run = small.command(redirected(directory.resolve("proof.txt"), command.toArray(String[]::new)))) {
            int status = run.awaitExit(Duration.ofMinutes(10));
            if (status != 0)
                throw new AssertionError("failover.java ended with exit status %d: %s%s"
                        .formatted(status, run.err(), Files.readString(directory.resolve("proof.txt"))));
        }
        var lines = new ArrayList<JsonObject>();
        for (String line : Files.readAllLines(events))
            lines.add(JsonParser.object().from(line));
        return lines;
    }

    // ---- how cost grows ----

    private void growth() throws Exception {
        ledgerGrows();
        auditGrows();
        partitionsGrow();
        brokersGrow();
    }

    /** Every record acknowledged, received and found in the log, in this process; then the crossing table. */
    private void ledgerGrows() {
        var memory = new TreeMap<Integer, Double>();
        var time = new TreeMap<Integer, Double>();
        for (int warmUp = 0; warmUp < 20; warmUp++) filledLedger(10_000).account();
        for (int records = 10_000; records <= (quick ? 1_000_000 : 10_000_000); records *= 10) {
            long before = usedMemory();
            long start = System.nanoTime();
            failover.Ledger ledger = filledLedger(records);
            if (ledger.account().count(failover.Kind.LOST) > 0)
                throw new AssertionError("nothing was lost, and the ledger says so");
            time.put(records, seconds(start));
            memory.put(records, (usedMemory() - before) / 1e6);
            if (ledger.last() != records) throw new AssertionError("the ledger holds " + ledger.last());
        }
        report.add(new Growth("the ledger of `failover.java`, filled and crossed", "records", "s", time));
        report.add(new Growth("its memory", "records", "MB", memory));
    }

    private static failover.Ledger filledLedger(int records) {
        var ticks = new AtomicInteger(1);
        var ledger = new failover.Ledger(2, ticks::incrementAndGet);
        for (int id = 1; id <= records; id++) {
            ledger.sent(id);
            ledger.acknowledged(id, id);
            ledger.received(id, 1);
            ledger.foundInLog(id, id - 1);
        }
        return ledger;
    }

    private static long usedMemory() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    /** Whole proofs of about so many records: from the last acknowledgement to the verdict. */
    private void auditGrows() throws Exception {
        var time = new TreeMap<Integer, Double>();
        Map<String, String> loads = new LinkedHashMap<>(); // by rate, for how long before the fault
        loads.put("2000", "1s");
        loads.put("20000", "2s");
        if (!quick) loads.put("60000", "15s");
        if (!quick) loads.put("100000", "95s");
        for (var load : loads.entrySet()) {
            List<JsonObject> lines = prove(
                    "stop",
                    "--rate",
                    load.getKey(),
                    "--before",
                    load.getValue(),
                    "--down",
                    "1s",
                    "--after",
                    "1s",
                    "--try",
                    "bulk:acks=all," + PRODUCER_SETTINGS.replace(' ', ','),
                    "--events",
                    directory.resolve("audit.jsonl").toString());
            JsonObject verdict = lines.get(lines.size() - 1);
            double seconds = (verdict.getDouble("ms") - ms(lines, "the producer ends")) / 1e3;
            time.put((int) verdict.getLong("in_log"), seconds);
        }
        report.add(new Growth(
                "`failover.java`, heap of 512 MB: from the producer's end to the verdict", "records", "s", time));
    }

    private void partitionsGrow() throws Exception {
        var pause = new TreeMap<Integer, Double>();
        var whole = new TreeMap<Integer, Double>();
        for (int partitions : quick ? List.of(1, 2) : List.of(1, 2, 8, 32)) {
            long start = System.nanoTime();
            List<JsonObject> lines = proveOn(
                    "growth-%dp-rf2".formatted(partitions),
                    "stop",
                    "--rate",
                    "2000",
                    "--before",
                    "2s",
                    "--down",
                    "2s",
                    "--after",
                    "1s",
                    "--events",
                    directory.resolve("partitions.jsonl").toString());
            whole.put(partitions, seconds(start));
            pause.put(partitions, longest(lines.get(lines.size() - 1), "acknowledged"));
        }
        report.add(new Growth("`failover.java --rate 2000`, its longest pause on `stop`", "partitions", "s", pause));
        report.add(new Growth("and the whole command, 5 s of which are asked for", "partitions", "s", whole));
    }

    private void brokersGrow() throws Exception {
        closeShared();
        var time = new TreeMap<Integer, Double>();
        for (int brokers = 1; brokers <= 3; brokers++) {
            var each = new ArrayList<Double>();
            for (int run = 1; run <= (quick ? 1 : 3); run++) each.add(secondsToReady("--brokers", "" + brokers));
            time.put(brokers, Sample.of(each).median());
        }
        report.add(new Growth("`./jbang cluster.java` to `ready`", "brokers", "s", time));
    }

    // ---- the cluster ----

    /** From the shell to {@code ready}. */
    private double secondsToReady(String... options) throws Exception {
        String[] command = joined(List.of(script("cluster.java", "--port", "" + freePorts())), options);
        long start = System.nanoTime();
        try (Run cluster = Run.command(command)) {
            cluster.awaitLine("ready: ");
            double seconds = seconds(start);
            cluster.endInput();
            cluster.expectExit(0);
            return seconds;
        }
    }

    private void cluster() throws Exception {
        String classPath = classPath("cluster.java");
        var last = new Path[1]; // the properties of our last one are those of the stock one
        compare(
                "s",
                ours("`./jbang cluster.java`, from the shell to `ready`", run -> {
                    last[0] = directory.resolve("cluster-" + run);
                    double seconds = secondsToReady("--dir", last[0].toString());
                    return new Measured(seconds, seconds);
                }),
                against("the stock way: format three nodes, start three", Goal.atMost(0.5), CLUSTER_LIMIT, run -> {
                    double seconds = stockCluster(classPath, last[0], directory.resolve("stock-" + run));
                    return new Measured(seconds, seconds);
                }));
    }

    private static final String CLUSTER_LIMIT =
            "Ours with the archive of classes that its first run has made. The peer: three runs of the storage tool one after the other, then three servers at once, with Kafka's"
                    + " default JVM options (-Xmx1G -Xms1G, G1, the full compiler), without their shell scripts, and with"
                    + " the very same properties. Ready is the same: both brokers known, two replicas could be placed.";

    /** What {@code kafka-storage.sh format} and {@code kafka-server-start.sh} run, for the same three nodes. */
    private double stockCluster(String classPath, Path ours, Path theirs) throws Exception {
        Files.createDirectories(theirs);
        var properties = new ArrayList<Path>();
        var servers = new ArrayList<String>();
        for (String node : List.of("controller", "kafka-1", "kafka-2")) {
            String text = Files.readString(ours.resolve(node + ".properties"));
            String there = text.replaceFirst("(?m)^log\\.dirs?=", "$0" + theirs + "/"); // ours are relative
            properties.add(Files.writeString(theirs.resolve(node + ".properties"), there));
            text.lines()
                    .filter(line -> line.startsWith("advertised.listeners="))
                    .forEach(line -> servers.add(line.substring(line.indexOf("://") + 3)));
        }
        String id = Files.readString(ours.resolve("cluster.id")).strip();
        var nodes = new ArrayList<Run>();
        long start = System.nanoTime();
        try {
            for (Path each : properties)
                timed(
                        theirs.resolve("format.txt"),
                        java(
                                classPath,
                                "-Xmx256M",
                                "kafka.tools.StorageTool",
                                "format",
                                "-t",
                                id,
                                "-c",
                                each.toString()));
            for (Path each : properties)
                nodes.add(Run.command(redirected(
                        Path.of(each + ".log"), java(classPath, "-Xmx1G -Xms1G", "kafka.Kafka", each.toString()))));
            awaitReady(String.join(",", servers), nodes);
            return seconds(start);
        } finally {
            nodes.forEach(Run::kill); // their data is not wanted
            for (Run node : nodes) node.awaitExit();
        }
    }

    /** As cluster.java waits: both brokers are known, and the cluster would place a topic on both. */
    private static void awaitReady(String servers, List<Run> nodes) throws Exception {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers",
                servers,
                "reconnect.backoff.max.ms",
                "100",
                "default.api.timeout.ms",
                "5000",
                "request.timeout.ms",
                "2000",
                "retry.backoff.ms",
                "20");
        long start = System.nanoTime();
        try (Admin admin = Admin.create(settings)) {
            while (!ready(admin)) {
                if (seconds(start) > 90 || !nodes.stream().allMatch(Run::isRunning))
                    throw new AssertionError("the stock cluster did not start:\n" + nodes);
                Thread.sleep(20);
            }
        }
    }

    private static boolean ready(Admin admin) throws InterruptedException {
        try {
            if (admin.describeCluster().nodes().get().size() < 2) return false;
            var probe = List.of(new NewTopic("probe", 1, (short) 2));
            admin.createTopics(probe, new CreateTopicsOptions().validateOnly(true))
                    .all()
                    .get();
            return true;
        } catch (ExecutionException notYet) {
            return false;
        }
    }

    // ---- the guide in one command ----

    private void failover() throws Exception {
        for (int port : List.of(9092, 9095))
            if (!isFree(port)) throw new Skip("port " + port + " is in use, and `./jbang failover.java` needs it");
        var stages = List.of("Scenario 1: ", "Scenario 2: ", "Scenario 3: ", "VERDICT");
        var names = List.of("its cluster", "Scenario 1", "Scenario 2", "Scenario 3");
        var parts = new ArrayList<String>();
        String[] command = script("failover.java");
        script("cluster.java"); // built, too
        var whole = new ArrayList<Double>();
        for (int run = 1; run <= (quick ? 1 : 2); run++) {
            parts.clear();
            long start = System.nanoTime();
            try (Run proof = Run.command(command)) {
                long before = start;
                for (String stage : stages) {
                    proof.awaitLine(stage);
                    parts.add("%s %.1f s".formatted(names.get(parts.size()), seconds(before)));
                    before = System.nanoTime();
                }
                proof.expectExit(0);
                parts.add("the cluster's end %.1f s".formatted(seconds(before)));
            }
            whole.add(seconds(start));
        }
        report.add(new Row(
                "`./jbang failover.java`, the three scenarios proven",
                Sample.of(whole),
                "-",
                null,
                "s",
                Goal.atMost(30),
                "The last run: " + String.join(", ", parts) + ". Most of it is what was asked for:"
                        + " 2 s before each fault, 3 s of it, 1 s after it; and a broker that starts again"
                        + " waits until its old session has ended (5 s here, 9 s is Kafka's default)."));
    }

    // ---- how it is measured ----

    /** One run of a side: the value that is compared, and the whole command's time in s. */
    record Measured(double value, double wholeSeconds) {}

    @FunctionalInterface
    interface Measurement {
        Measured run(int number) throws Exception;
    }

    /** One side of a comparison; one without a goal is only reported. */
    record Side(String title, Goal goal, String details, Measurement measurement) {}

    private static Side ours(String title, Measurement measurement) {
        return new Side(title, null, "", measurement);
    }

    private static Side against(String title, Goal goal, String details, Measurement measurement) {
        return new Side(title, goal, details, measurement);
    }

    /** Runs ours and the others in turn, and reports ours against each of the others. */
    private void compare(String unit, Side ours, Side... others) throws Exception {
        var measured = new LinkedHashMap<Side, List<Measured>>();
        var skipped = new LinkedHashMap<Side, String>();
        List<Side> sides = Stream.concat(Stream.of(ours), Stream.of(others)).toList();
        for (int run = 1; run <= runs; run++)
            for (Side side : sides) {
                if (skipped.containsKey(side)) continue;
                report.progress("%s, run %d of %d".formatted(side.title, run, runs));
                try {
                    measured.computeIfAbsent(side, it -> new ArrayList<>()).add(side.measurement.run(run));
                } catch (Skip because) {
                    skipped.put(side, because.getMessage());
                } catch (AssertionError failed) {
                    throw new AssertionError(side.title + ": " + failed.getMessage(), failed);
                }
            }
        for (Side other : others) {
            if (skipped.containsKey(other)) {
                report.skip(other.title, skipped.get(other));
                continue;
            }
            String details = other.details;
            if (!unit.equals("s"))
                details += " Whole commands: %s s and %s s."
                        .formatted(
                                whole(measured.get(ours)).said("s"),
                                whole(measured.get(other)).said("s"));
            report.add(new Row(
                    ours.title,
                    values(measured.get(ours)),
                    other.title,
                    values(measured.get(other)),
                    unit,
                    other.goal,
                    details));
        }
    }

    private static Sample values(List<Measured> measured) {
        return Sample.of(measured.stream().map(Measured::value).toList());
    }

    private static Sample whole(List<Measured> measured) {
        return Sample.of(measured.stream().map(Measured::wholeSeconds).toList());
    }

    /** Two partitions, two replicas, and the brokers' time in the records; it goes when it is closed. */
    private class Topic implements AutoCloseable {
        final String name;
        private final List<TopicPartition> partitions;

        Topic(String prefix) throws Exception {
            name = prefix + "-" + Long.toString(System.nanoTime(), 36);
            partitions = List.of(new TopicPartition(name, 0), new TopicPartition(name, 1));
            var topic = new NewTopic(name, Map.of(0, List.of(1, 2), 1, List.of(2, 1)));
            shared().admin
                    .createTopics(List.of(topic.configs(Map.of("message.timestamp.type", "LogAppendTime"))))
                    .all()
                    .get();
            awaitLeaders();
        }

        /** A broker learns a little later that it leads, and a client that does not retry would lose records. */
        private void awaitLeaders() throws Exception {
            for (int tries = 0; ; tries++) {
                try {
                    records();
                    return;
                } catch (ExecutionException notYet) {
                    if (tries == 100) throw notYet;
                    Thread.sleep(100);
                }
            }
        }

        long records() throws Exception {
            return offsets(OffsetSpec.latest(), true).sum();
        }

        double secondsOfAppending() throws Exception {
            long first = offsets(OffsetSpec.forTimestamp(0), false).min().orElseThrow();
            long last = offsets(OffsetSpec.maxTimestamp(), false).max().orElseThrow();
            return (last - first) / 1e3;
        }

        /** Of each partition that offset, or its time in ms. */
        private LongStream offsets(OffsetSpec which, boolean offset) throws Exception {
            var asked = partitions.stream().collect(Collectors.toMap(it -> it, it -> which));
            return shared().admin.listOffsets(asked).all().get().values().stream()
                    .mapToLong(it -> offset ? it.offset() : it.timestamp())
                    .filter(it -> it >= 0);
        }

        /** Its removal is not waited for. */
        @Override
        public void close() {
            shared.admin.deleteTopics(List.of(name));
        }
    }

    /** The cluster of all comparisons but those that start their own. Commands reach it through a named pipe. */
    private class SharedCluster {
        final String servers;
        final Path askScript;
        final Admin admin;
        private final Run cluster;
        private final OutputStream commands;

        SharedCluster() throws Exception {
            int port = freePorts();
            servers = "localhost:%d,localhost:%d".formatted(port, port + 3);
            Path input = directory.resolve("cluster.in");
            Path answers = directory.resolve("cluster.out");
            askScript = Files.writeString(directory.resolve("ask"), ASK.formatted(answers, input, answers, answers));
            timed(directory.resolve("mkfifo.txt"), "mkfifo", input.toString());
            String[] command = script("cluster.java", "--port", "" + port);
            report.progress("the cluster starts");
            cluster = Run.command(joined(List.of("sh", "-c", "exec \"$@\" >" + answers + " <" + input, "sh"), command));
            commands = new FileOutputStream(input.toFile()); // its end is the cluster's, however we end
            while (!Files.readString(answers).contains("ready: ")) {
                if (!cluster.isRunning()) throw new AssertionError("the cluster did not start: " + cluster.err());
                Thread.sleep(50);
            }
            admin = Admin.create(Map.of("bootstrap.servers", servers));
        }

        double sessionTimeoutSeconds() throws Exception {
            var broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
            var config = admin.describeConfigs(List.of(broker)).all().get().get(broker);
            return Long.parseLong(config.get("broker.session.timeout.ms").value()) / 1e3;
        }

        void close() throws IOException {
            admin.close();
            commands.close();
            cluster.expectExit(0);
        }
    }

    /** A command, and its answer: a line more in what the cluster has said. */
    private static final String ASK = """
            before=$(wc -l <%s)
            echo "$*" >%s
            while [ "$(wc -l <%s)" -le "$before" ]; do sleep 0.02; done
            tail -n 1 %s
            """;

    private SharedCluster shared() throws Exception {
        if (shared == null) shared = new SharedCluster();
        return shared;
    }

    private void closeShared() throws Exception {
        if (shared != null) shared.close();
        shared = null;
    }

    // ---- the commands ----

    /** A script of the collection, built, by the repository's JBang. */
    private static String[] script(String script, String... arguments) {
        Run.build(script);
        return joined(List.of(Run.JBANG, script), arguments);
    }

    /** A tool of Kafka's, as its shell script would run it. */
    private static String[] tool(String heap, String name, String... arguments) throws Exception {
        return java(
                classPath("org.apache.kafka:kafka-tools:" + TOOLS), heap, "org.apache.kafka.tools." + name, arguments);
    }

    private static final String TOOLS = "4.3.1";

    /** The JVM with the options of {@code kafka-run-class.sh}. */
    private static String[] java(String classPath, String heap, String mainClass, String... arguments) {
        var command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin/java").toString()));
        command.addAll(List.of(heap.split(" ")));
        command.addAll(List.of("-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20"));
        command.addAll(List.of("-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent"));
        command.addAll(List.of("-Djava.awt.headless=true", "-cp", classPath, mainClass));
        return joined(command, arguments);
    }

    private static final Map<String, String> CLASS_PATHS = new LinkedHashMap<>();

    /** The class path of a script's or an artifact's dependencies, from Maven Central by JBang. */
    private static String classPath(String what) {
        return CLASS_PATHS.computeIfAbsent(what, it -> {
            try (Run info = Run.command(Run.JBANG, "info", "classpath", "--deps-only", it)) {
                info.expectExit(0, Duration.ofMinutes(10));
                return info.out().get(info.out().size() - 1);
            }
        });
    }

    /** A command of a Debian package, which is installed where that can be done. */
    private static String[] debian(String thePackage, String probe, String... command) {
        if (!succeeds("sh", "-c", probe)) {
            succeeds("sh", "-c", "apt-get update -qq && apt-get install -y -qq --no-install-recommends " + thePackage);
            if (!succeeds("sh", "-c", probe)) throw new Skip("Debian's " + thePackage + " is not to be had here");
        }
        return command;
    }

    private static String[] python(String program, String... arguments) {
        return debian(
                "python3-kafka",
                "/usr/bin/python3 -c 'import kafka'",
                joined(List.of("/usr/bin/python3", "-c", program), arguments));
    }

    private static boolean succeeds(String... command) {
        try (Run run = Run.command(command)) {
            return run.awaitExit(Duration.ofMinutes(5)) == 0;
        }
    }

    private static String[] redirected(Path file, String... command) {
        return joined(List.of("sh", "-c", "exec \"$@\" >" + file, "sh"), command);
    }

    private static String[] joined(List<String> first, String... rest) {
        return Stream.concat(first.stream(), Stream.of(rest)).toArray(String[]::new);
    }

    /** Runs a command to its end, its output to a file; its time in s. */
    private static double timed(Path file, String... command) {
        long start = System.nanoTime();
        try (Run run = Run.command(redirected(file, command))) {
            run.expectExit(0, Duration.ofMinutes(10));
            return seconds(start);
        }
    }

    private static double seconds(long sinceNanos) {
        return (System.nanoTime() - sinceNanos) / 1e9;
    }

    /** A free port, with the one 3 higher: the two brokers'. */
    private static int freePorts() {
        for (int port = 21092; ; port += 10) if (isFree(port) && isFree(port + 3)) return port;
    }

    private static boolean isFree(int port) {
        try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort() == port;
        } catch (IOException inUse) {
            return false;
        }
    }

    /** When all that was started has ended: also after Ctrl-C, when {@link Run} ends it. */
    private void removeDirectory() {
        ProcessHandle.current()
                .descendants()
                .forEach(it ->
                        it.onExit().completeOnTimeout(it, 60, TimeUnit.SECONDS).join());
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(file);
        } catch (IOException cannot) {
            System.err.println(directory + " could not be removed: " + cannot.getMessage());
        }
    }

    /** Why something was not measured, though nothing is wrong. */
    private static class Skip extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Skip(String because) {
            super(because);
        }
    }

    // ---- the table ----

    /** The values of several runs. */
    record Sample(double... values) {
        static Sample of(List<Double> values) {
            return new Sample(values.stream().mapToDouble(it -> it).toArray());
        }

        double median() {
            double[] sorted = Arrays.stream(values).sorted().toArray();
            int middle = sorted.length / 2;
            return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }

        /** Run by run: their smallest and largest show how far the ratio of the medians can be trusted. */
        Sample over(Sample other) {
            if (values.length != other.values.length)
                return new Sample(
                        Arrays.stream(values).map(it -> it / other.median()).toArray());
            return new Sample(IntStream.range(0, values.length)
                    .mapToDouble(i -> values[i] / other.values[i])
                    .toArray());
        }

        /** The median, and the smallest and the largest where there are several. */
        String said(String unit) {
            String all = number(median(), unit);
            if (values.length < 2) return all;
            return "%s (%s..%s)"
                    .formatted(
                            all,
                            number(Arrays.stream(values).min().orElseThrow(), unit),
                            number(Arrays.stream(values).max().orElseThrow(), unit));
        }

        private static String number(double value, String unit) {
            return String.format(Locale.ROOT, unit.equals("records/s") ? "%,.0f" : "%.2f", value);
        }
    }

    record Goal(double bound, boolean atLeast) {
        static Goal atLeast(double bound) {
            return new Goal(bound, true);
        }

        static Goal atMost(double bound) {
            return new Goal(bound, false);
        }

        boolean isMetBy(double value) {
            return atLeast ? value >= bound : value <= bound;
        }

        @Override
        public String toString() {
            return (atLeast ? "at least " : "at most ")
                    + (bound == Math.rint(bound) && bound > 9 ? "%.0f" : "%s").formatted(bound);
        }
    }

    /** A line of the table; without another side the goal is about the value itself. */
    record Row(String ours, Sample value, String other, Sample otherValue, String unit, Goal goal, String details) {
        static Row alone(String ours, Sample value) {
            return new Row(ours, value, "-", null, "s", null, "");
        }

        String ratio() {
            if (otherValue == null) return "-";
            double ratio = value.median() / otherValue.median();
            Sample each = value.over(otherValue);
            String spread = each.values.length < 2 ? "" : each.said("").replaceFirst("^[^ ]*", "");
            return String.format(Locale.ROOT, "%.2f%s", ratio, spread);
        }

        String verdict() {
            if (goal == null) return "reported";
            double compared = otherValue == null ? value.median() : value.median() / otherValue.median();
            return goal + (otherValue == null ? " " + unit : "") + ": " + (goal.isMetBy(compared) ? "met" : "NOT MET");
        }

        String inMarkdown() {
            return "| %s | %s %s | %s | %s | %s | %s |"
                    .formatted(
                            ours,
                            value.said(unit),
                            unit,
                            other,
                            otherValue == null ? "-" : otherValue.said(unit) + " " + unit,
                            ratio(),
                            verdict());
        }
    }

    /** A cost at several sizes, and the exponent with which it grows: the slope of both logarithms' fitted line. */
    record Growth(String what, String of, String unit, TreeMap<Integer, Double> costs) {
        double exponent() {
            double n = costs.size();
            double x = 0;
            double y = 0;
            double xx = 0;
            double xy = 0;
            for (var each : costs.entrySet()) {
                double size = Math.log(each.getKey());
                double cost = Math.log(Math.max(1e-6, each.getValue()));
                x += size;
                y += cost;
                xx += size * size;
                xy += size * cost;
            }
            return (n * xy - x * y) / (n * xx - x * x);
        }

        String points() {
            return costs.entrySet().stream()
                    .map(it -> String.format(Locale.ROOT, "%,d: %.2f %s", it.getKey(), it.getValue(), unit))
                    .collect(Collectors.joining("; "));
        }
    }

    /** Prints each line as it is known, and writes all of them as Markdown. */
    private class Report {
        private final List<Row> rows = new ArrayList<>();
        private final List<Growth> growths = new ArrayList<>();
        private final List<String> skipped = new ArrayList<>();
        private final List<String> times = new ArrayList<>();
        private final List<String> setting = new ArrayList<>();
        private final long start = System.nanoTime();

        void begin() throws IOException {
            var system = ManagementFactory.getOperatingSystemMXBean();
            double load = system.getSystemLoadAverage();
            setting.add("%s, %s, %d cores, %.0f GiB of memory, %s %s"
                    .formatted(
                            LocalDate.now(),
                            processor(),
                            system.getAvailableProcessors(),
                            ((com.sun.management.OperatingSystemMXBean) system).getTotalMemorySize()
                                    / (double) (1 << 30),
                            system.getName(),
                            system.getVersion()));
            setting.add("Java %s, Kafka %s (the collection and the brokers), Kafka's tools %s"
                    .formatted(System.getProperty("java.version"), AppInfoParser.getVersion(), TOOLS));
            setting.add("two brokers, two partitions, two replicas, all on this machine; %d runs of each side, in turn"
                    .formatted(runs));
            setting.add(String.format(
                    Locale.ROOT, "what else the machine did before: a load of %.2f (the average of a minute)", load));
            setting.forEach(System.out::println);
        }

        private static String processor() {
            try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
                return lines.filter(line -> line.startsWith("model name"))
                        .map(line -> line.replaceFirst(".*: ", ""))
                        .findFirst()
                        .orElse(System.getProperty("os.arch"));
            } catch (IOException | UncheckedIOException notLinux) {
                return System.getProperty("os.arch");
            }
        }

        /** Only for a person who waits. */
        void progress(String what) {
            if (System.console() != null) System.err.print("\r\033[K" + what + " ...\r");
        }

        void add(Row row) {
            progress("");
            rows.add(row);
            System.out.printf("%n%s%n    %s %s%n", row.ours, row.value.said(row.unit), row.unit);
            if (row.otherValue != null)
                System.out.printf(
                        "  against %s%n    %s %s%n    ratio %s%n",
                        row.other, row.otherValue.said(row.unit), row.unit, row.ratio());
            System.out.printf("  %s%n", row.verdict());
            if (!row.details.isEmpty()) System.out.printf("  %s%n", row.details);
            write();
        }

        void add(Growth growth) {
            progress("");
            growths.add(growth);
            System.out.printf(
                    Locale.ROOT,
                    "%n%s, by %s%n    %s%n    exponent %.2f%n",
                    growth.what,
                    growth.of,
                    growth.points(),
                    growth.exponent());
            write();
        }

        void skip(String what, String because) {
            progress("");
            skipped.add("%s: %s".formatted(what, because.lines().findFirst().orElse("")));
            System.out.printf("%n%s: not measured: %s%n", what, because);
            write();
        }

        void took(String name, double seconds) {
            times.add("%s %.0f s".formatted(name, seconds));
        }

        void end() {
            System.out.printf("%nWhole: %.0f s (%s)%n", seconds(start), String.join(", ", times));
            write();
            if (output != null)
                System.out.println("Written: " + Path.of("").toAbsolutePath().relativize(output.toAbsolutePath()));
        }

        private void write() {
            if (output == null) return;
            var text = new StringBuilder("# What was measured\n\n");
            text.append("Written by `./jbang bench/bench.java`, which is also how to reproduce it.\n\n");
            setting.forEach(line -> text.append("- ").append(line).append('\n'));
            text.append(
                    "\nEach value is the median (smallest..largest) of the runs; the ratio is that of the medians, ours"
                            + " to\nthe other, with the smallest and the largest of run by run. *Whole commands* are from the"
                            + " shell to the end.\n\n");
            text.append("| ours | | against | | ratio | goal |\n|---|---|---|---|---|---|\n");
            rows.forEach(row -> text.append(row.inMarkdown()).append('\n'));
            text.append("\n## What limits each figure\n\n");
            for (Row row : rows)
                if (!row.details.isEmpty())
                    text.append("- **")
                            .append(row.ours)
                            .append(row.otherValue == null ? "" : "**, against **" + row.other)
                            .append("**: ")
                            .append(row.details.strip())
                            .append('\n');
            if (!growths.isEmpty()) {
                text.append("\n## How cost grows\n\n| cost | by | at | exponent |\n|---|---|---|---|\n");
                for (Growth it : growths)
                    text.append("| %s | %s | %s | %.2f |%n".formatted(it.what, it.of, it.points(), it.exponent()));
            }
            if (!skipped.isEmpty()) {
                text.append("\n## Not measured\n\n");
                skipped.forEach(line -> text.append("- ").append(line).append('\n'));
            }
            text.append("\n## How\n\n").append(HOW).append('\n');
            text.append("The whole took %.0f s (%s).\n".formatted(seconds(start), String.join(", ", times)));
            text.append("\n## What was tried\n\n").append(TRIED);
            try {
                Files.writeString(output, text.toString());
            } catch (IOException cannot) {
                throw new UncheckedIOException(cannot);
            }
        }
    }

    private static final String HOW = """
            `./jbang bench/bench.java` does it all, with a JDK and the network for the first run; `--quick` tries whether \
            it works,
            a name (`--help` lists them) runs one comparison, `--runs` more of them. Kafka's tools come from Maven Central
            and run with the JVM options of their shell scripts, without the scripts; `kcat` and `python3-kafka` come from \
            Debian.

            - **Producers**: records/s by the brokers' clock (`message.timestamp.type=LogAppendTime`), from the first batch
              to the last; the records in the topic are counted after each run. `ProducerPerformance` picks at random from
              100,000 of the very records that `producer.java` makes. Ours carries, beyond that, the run's id in a header.
            - **Consumers**: all read one topic that `producer.java -r max` has filled. Quiet: from the assignment to the
              last record, for ours as its lines come, for `ConsumerPerformance` by its own figure (`fetch.nMsg.sec`). To a
              file: from the first byte in it to the end of the process; the lines are counted.
            - **Pauses and the rate**: what `failover.java --events` tells of its run. These, and `failover.java` whole, run
              two or three times, as each takes long; all others as often as said above.
            """;

    private static final String TRIED = """
            On the machine above, two to six runs of each; seconds of CPU where it was busy with other work.

            Helped:

            - `consumer.java -q`, 4,000,000 records: one commit under way at a time, instead of one after every poll (8,000
              of them, and the last one then waited for all): 14.6 s became 6.2 s. Asking who leads ten times a second
              instead of after every poll, reading the clock once a poll, and `max.poll.records=5000`: 4.2 s. On another
              machine 2.4 s became 2.1 s with commits ten times a second and `max.poll.records=1000`.
            - `consumer.java` to a file, 4,000,000 records: for each one it asked for the terminal's width, and without a
              terminal the answer was an exception. Now the answer is 0: 6.7 s became 2.7 s.
            - `failover.java`: a broker that starts again is refused until its old session has ended, and the machine is
              idle meanwhile. With sessions of 5 s instead of 9 s the guide took 33.5 s instead of 52 s.
            - `producer.java -r max`: the event put together with `+` instead of `String.format`, and its text not kept until
              the acknowledgement: 580,000 records/s in the best second became 1,050,000.
            - `cluster.java`: an archive of Kafka's classes (class data sharing), made in the background of the first run:
              7.0 s from the start of three nodes became 5.0 s. It takes 58 MB beside the compiled script.
            - `./jbang producer.java T -n 1`: the producer is made while the Admin client asks for the topic, 16 runs of
              each in turn: 0.94 s became 0.86 s. `-Xlog:class+load` shows no pause in it: 4,000 classes are loaded.

            Did not help, or harmed:

            - The producer's JVM: `-XX:TieredStopAtLevel=1` (10 to 11 s of CPU instead of 7.0 s for 4,000,000 records; it
              would save 0.2 s of `-n 1`), the parallel collector (17 s, and 1.7 GB), a larger young generation.
            - `batch.size` of 64 KB and of 512 KB instead of 256 KB: within the noise.
            - The consumer: `receive.buffer.bytes=2097152` (as `ConsumerPerformance` has it) and arrays instead of a map for
              the last event ids: within the noise; `max.partition.fetch.bytes=262144`: slower. `ByteBuffer` instead of
              `byte[]`, `check.crcs=false`, `max.partition.fetch.bytes=4194304`: within the noise.
            - `./jbang producer.java T -n 1`: an Admin client that is made and closed in the background, to load Kafka's
              classes while picocli reads the options: within the noise. So is `enable.metrics.push=false`.
            - Client settings that retry sooner: the pause after `kill` is the cluster's (see the table).

            Would help, and is left out:

            - The serial collector for `consumer.java`: 2.1 s for 4,000,000 records became 1.7 s. But Java does not start
              where a user's `JAVA_TOOL_OPTIONS` names another collector.
            - `consumer.java -q` without a look at each record's run and id: 1.6 s became 1.2 s. A lost record would go
              unseen.
            - An archive of its classes for `producer.java`: 0.83 s of `-n 1` became 0.49 s. With JBang's `//CDS` it is
              written when the script ends: the first Ctrl-C of a demonstration would take seconds, and two scripts that
              end at once would write the same file. Written in the background by `./jbang`, it takes 5 s and 20 to 50 MB
              for each script, and a process that outlives the command.
            - `producer.java` without an Admin client, with what the producer itself knows: a producer that asks for a
              topic creates a missing one, where the cluster allows that.
            - Sessions of 4 s instead of 5 s for the guide: 34.7 s became 32.3 s. On a busy machine a broker that is
              there could be given up.
            - The same for JBang itself: 0.86 s became 0.73 s. The wrapper would have to keep a second file up to date.
            """;
}
