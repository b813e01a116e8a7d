///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Sends events to a Kafka topic, and tells what became of each of them
//JAVA 17+
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-nop:2.0.17
//COMPILE_OPTIONS -encoding UTF-8 -XDignore.symbol.file

import java.io.*;
import java.net.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.*;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.serialization.*;
import picocli.CommandLine;
import picocli.CommandLine.*;
import picocli.CommandLine.Help.Ansi;

/**
 * Sends numbered events to a topic, to its partitions in turn, and prints each event when a broker has acknowledged it.
 *
 * <pre>jbang producer.java test-1p-rf1</pre>
 *
 * The lines that it prints:
 *
 * <pre>
 * acknowledged: EVENT  partition 0, offset 7      a broker has it, and with acks=all every in-sync replica
 * sent: EVENT  partition 0                        acks=0: no broker answers
 * not delivered: EVENT  partition 0: REASON       refused: it is not in the log
 * unknown: EVENT  partition 0: REASON             no answer in time: it may be in the log or not
 * partition 0: no acknowledgement for 4 s, 3 waiting (REASON)
 * partition 0: back after 15.4 s
 * partition 0: no leader; it was broker 1
 * partition 0: broker 2 leads now; it was broker 1
 * partition 0: broker 1 leads, after 16.2 s without a leader
 * sent 20   acknowledged 20   not delivered 0   unknown 0   longest pause 15.4 s (partition 0)
 * </pre>
 */
@Command(
        name = "producer",
        version = "producer 1.1.0, Kafka client 4.4.0",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        sortOptions = false,
        header = "Sends events to a Kafka topic, and tells what became of each of them.%n",
        exitCodeListHeading = "%nCtrl-C ends it, with a summary. Exit status:%n",
        exitCodeList = {
            "0:every event was acknowledged (with acks=0: sent)",
            "1:some were not",
            "2:wrong usage",
            "3:no cluster could be reached"
        })
class producer implements Callable<Integer> {
    public static void main(String... args) {
        Script.run(new producer(), args);
    }

    @Parameters(paramLabel = "TOPIC", description = "The topic to send to. It must exist.")
    String topic;

    @Option(names = {"-n", "--count"}, paramLabel = "N",
            description = "How many events to send (default: until Ctrl-C).")
    long count = Long.MAX_VALUE;

    @Option(names = {"-r", "--rate"}, paramLabel = "RATE", converter = Rate.class, defaultValue = "1",
            description = "Events per second, such as 100 or 0.5. 'max': as fast as possible, with -q, larger batches"
                    + " and lz4 (default: ${DEFAULT-VALUE}).")
    double rate;

    @Option(names = {"-k", "--key"}, paramLabel = "KEY",
            description = "The key of every event. Kafka chooses the partition by the key (default: no key, the"
                    + " partitions in turn).")
    String key;

    @Option(names = {"-q", "--quiet"}, description = "Print one line a second instead of one for each event.")
    boolean quiet;

    @Mixin
    Connection connection;

    private final List<Partition> partitions = new ArrayList<>();
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicLong notDelivered = new AtomicLong();
    private final AtomicLong unknown = new AtomicLong();
    private boolean answers; // false with acks=0: no broker says what became of a record
    private int minInSync; // replicas that must be in sync for acks=all; 0: not known, or other acks

    // ---- the story ----

    @Override
    public Integer call() throws Exception {
        if (count < 1) throw new Failure(2, "-n takes 1 or more, not %d.", count);
        if (rate == MAX_RATE) quiet = true;
        ProducerConfig asKafkaReadsThem = connection.create(() -> new ProducerConfig(settings()));
        answers = !asKafkaReadsThem.getString("acks").equals("0");
        boolean acksAll = asKafkaReadsThem.getString("acks").equals("-1");
        try (var producer = connected(acksAll)) {
            Script.inBackground(() -> watch(producer));
            Script.inBackground(() -> {
                Script.stopsWithin(Long.MAX_VALUE);
                producer.close(PATIENCE_AT_THE_END); // what is still waiting then becomes unknown
            });
            send(producer);
        } // close() waits until the fate of every record is known, or until Ctrl-C
        return summary();
    }

    /** The producer is made while an Admin client asks for the topic: to load the classes of both takes long. */
    private Producer<byte[], byte[]> connected(boolean acksAll) throws Exception {
        Map<String, Object> settings = settings();
        var making = CompletableFuture.supplyAsync(() -> new KafkaProducer<byte[], byte[]>(settings));
        try (Admin admin = connection.connect()) {
            int all = Connection.describe(admin, topic).partitions().size();
            // With a key there is one partition, and Kafka tells which with the first acknowledgement.
            for (int number = 0; number < (key == null ? all : 1); number++)
                partitions.add(new Partition(key == null ? number : NOT_KNOWN_YET));
            minInSync = acksAll ? minInSync(admin) : 0;
        }
        var made = making.handle((producer, refused) -> producer).join();
        if (made != null && settings().equals(settings)) return made;
        // Kafka refuses the settings, and says why; or a server hangs, which is left out now.
        if (made != null) Script.inBackground(() -> made.close(Duration.ZERO)); // may wait 30 s for that server
        return connection.create(() -> new KafkaProducer<>(settings()));
    }

    /**
     * To the partitions in turn, by explicit number. Kafka's default partitioner would fill a batch of 16 KB before it
     * takes the next partition, and would avoid a partition without a leader: neither the balance nor the outage would
     * be seen.
     */
    private void send(Producer<byte[], byte[]> producer) throws Exception {
        byte[] keyBytes = key == null ? null : key.getBytes(StandardCharsets.UTF_8);
        byte[] run = newRunId();
        long start = System.nanoTime();
        for (long next = 1; next <= count; next++) {
            long id = next;
            long due = start + (long) ((id - 1) / rate * 1e9);
            if (Script.stopsWithin(due - System.nanoTime())) return;
            Partition partition = partitions.get((int) ((id - 1) % partitions.size()));
            Integer number = key == null ? partition.number : null;
            byte[] value = event(id).getBytes(StandardCharsets.UTF_8);
            var record = new ProducerRecord<>(topic, number, keyBytes, value);
            record.headers().add("run", run);
            partition.sending();
            try {
                producer.send(record, (at, error) -> ended(id, partition, at, error));
                sent.incrementAndGet();
            } catch (KafkaException | IllegalStateException closed) { // Ctrl-C closes the producer while send() waits
                if (!Script.stopping()) throw closed;
                partition.ended(NOT_KNOWN_YET, false);
                return;
            }
        }
    }

    /** The guide's record. Put together with +, because formatted() would be too slow for -r max. */
    private String event(long id) {
        String shownKey = key == null ? "test" : escaped(key);
        return "{\"event_id\": " + id + ", \"key\": \"" + shownKey + "\", \"message\": \"This is event number " + id
                + "\"}";
    }

    /** Kafka calls this once for each record, in the producer's own thread. */
    private void ended(long id, Partition partition, RecordMetadata at, Exception error) {
        boolean refused = error != null && isRefusal(error) && !Script.stopping();
        String back = partition.ended(at.partition(), error == null);
        (error == null ? acknowledged : refused ? notDelivered : unknown).incrementAndGet();
        if (back != null) Script.print(back);
        if (error != null) {
            String fate = refused ? "@|red not delivered:|@ " : "@|red unknown:|@ ";
            String reason = Script.oneLine(error) + partition.reason();
            if (error instanceof AuthorizationException)
                reason = "no permission (Write on topic " + topic + "): " + reason;
            Script.show(fate, event(id), "  " + partition + ": " + reason);
        } else if (!quiet && answers) {
            Script.show("acknowledged: ", event(id), "  " + partition + ", offset " + at.offset());
        } else if (!quiet) {
            Script.show("sent: ", event(id), "  " + partition);
        }
    }

    /** Ten times a second: silent partitions and new leaders, as the producer itself knows them. */
    private void watch(Producer<?, ?> producer) {
        for (long tick = 1; !Script.stopsWithin(100_000_000); tick++) {
            var seen = new HashMap<Integer, PartitionInfo>();
            try {
                producer.partitionsFor(topic).forEach(each -> seen.put(each.partition(), each));
            } catch (RetriableException notNow) {
                // the next look may succeed
            }
            for (Partition partition : partitions)
                partition.look(seen.get(partition.number)).forEach(Script::print);
            if (quiet && tick % 10 == 0) sayProgress();
        }
    }

    private Integer summary() {
        var longest = Collections.max(partitions, Comparator.comparing(Partition::longestPause));
        Script.say(
                "@|bold sent %,d   acknowledged %s   not delivered %,d   unknown %,d   longest pause %.1f s (%s)|@",
                sent.get(),
                answers ? "%,d".formatted(acknowledged.get()) : "none (acks=0 asks for no answer)",
                notDelivered.get(),
                unknown.get(),
                longest.longestPause() / 1e9,
                longest);
        return acknowledged.get() == sent.get() ? 0 : 1;
    }

    // ---- a partition ----

    /** How long a partition's records have been waiting, and who leads it. Used by three threads. */
    private class Partition {
        volatile int number;
        private long waiting; // records without a fate
        private long acknowledgements;
        private long quietSince; // ns: the last acknowledgement, or the first record that waits
        private long longestPause; // ns
        private long saidAfter; // ns of silence after which a line was last printed; 0: none yet
        private Integer leader; // null: not seen yet; -1: none
        private long leaderlessSince = System.nanoTime();
        private String reason = ""; // why records wait, as far as the partition's replicas tell

        Partition(int number) {
            this.number = number;
        }

        synchronized void sending() {
            if (waiting++ == 0) quietSince = System.nanoTime();
        }

        /** One record less is waiting. Returns a line when a silence is over that had been said; else null. */
        synchronized String ended(int number, boolean acknowledged) {
            waiting--;
            if (number >= 0) this.number = number;
            if (!acknowledged) return null;
            long now = System.nanoTime();
            long pause = now - quietSince;
            boolean wasSaid = saidAfter > 0;
            boolean connecting = ++acknowledgements == 1; // the first acknowledgement includes the connection
            if (wasSaid || !connecting) longestPause = Math.max(longestPause, pause);
            quietSince = now;
            saidAfter = 0;
            return wasSaid ? Script.text("@|green %s: back after %.1f s|@", this, pause / 1e9) : null;
        }

        /**
         * What is new: silence (after 2 s, 4 s, 8 s, and so on), and another leader.
         *
         * @param now null if the producer does not know the partition
         */
        synchronized List<String> look(PartitionInfo now) {
            var news = new ArrayList<String>();
            reason = now == null ? "" : reasonToWait(now);
            long silence = System.nanoTime() - quietSince;
            if (waiting > 0 && silence >= Math.max(SILENCE_WORTH_A_LINE, 2 * saidAfter)) {
                saidAfter = silence;
                news.add(Script.text(
                        "@|yellow %s: no acknowledgement for %d s, %,d waiting%s|@",
                        this, silence / 1_000_000_000, waiting, reason));
            }
            if (now == null) return news;
            int leaderNow = leaderOf(now);
            if (leader != null && leader != leaderNow) news.add(leaderChanged(leader, leaderNow));
            leader = leaderNow;
            return news;
        }

        /** -1: none. */
        private static int leaderOf(PartitionInfo seen) {
            return seen.leader() == null || seen.leader().isEmpty()
                    ? -1
                    : seen.leader().id();
        }

        private String leaderChanged(int before, int is) {
            if (is < 0) {
                leaderlessSince = System.nanoTime();
                return Script.text("@|yellow %s: no leader; it was broker %d|@", this, before);
            }
            if (before >= 0)
                return Script.text("@|yellow %s: broker %d leads now; it was broker %d|@", this, is, before);
            double seconds = (System.nanoTime() - leaderlessSince) / 1e9;
            return Script.text("@|green %s: broker %d leads, after %.1f s without a leader|@", this, is, seconds);
        }

        private String reasonToWait(PartitionInfo now) {
            Node[] inSync = now.inSyncReplicas();
            boolean leaderless = leaderOf(now) < 0; // the line 'no leader' was already printed
            if (leaderless || inSync.length >= minInSync) return "";
            String ids = Arrays.stream(inSync).map(Node::idString).collect(Collectors.joining(", "));
            return Script.text(" (in sync: %s; min.insync.replicas is %d)", ids.isEmpty() ? "none" : ids, minInSync);
        }

        synchronized String reason() {
            return reason;
        }

        /** In ns. A pause that is still open counts if a line has told it. */
        synchronized long longestPause() {
            return saidAfter == 0 ? longestPause : Math.max(longestPause, System.nanoTime() - quietSince);
        }

        @Override
        public String toString() {
            return number == NOT_KNOWN_YET ? "partition of the key" : "partition " + number;
        }
    }

    // ---- details ----

    /** Errors after which a record is not in the log. After any other error the record's fate is unknown. */
    private static final List<Class<? extends Exception>> REFUSALS = List.of(
            RecordTooLargeException.class,
            RecordBatchTooLargeException.class,
            InvalidRecordException.class,
            SerializationException.class,
            InvalidTopicException.class,
            AuthorizationException.class);

    private static boolean isRefusal(Exception error) {
        return REFUSALS.stream().anyMatch(kind -> kind.isInstance(error));
    }

    private static final int NOT_KNOWN_YET = -1;
    private static final double MAX_RATE = Double.POSITIVE_INFINITY;

    /** In ns. A shorter silence is usual, for example while a leader moves. */
    private static final long SILENCE_WORTH_A_LINE = 2_000_000_000L;

    /** After Ctrl-C: for records that are on their way. */
    private static final Duration PATIENCE_AT_THE_END = Duration.ofSeconds(2);

    private long acknowledgedBefore;

    private void sayProgress() {
        long now = acknowledged.get();
        long waiting = sent.get() - now - notDelivered.get() - unknown.get();
        Script.say("%,12d records/s   %,d acknowledged   %,d waiting", now - acknowledgedBefore, now, waiting);
        acknowledgedBefore = now;
    }

    private Map<String, Object> settings() {
        var usual = new HashMap<String, Object>();
        // When the buffer is full, send() waits up to this long, in ms, before the record fails.
        usual.put("max.block.ms", 120_000);
        // In ms: the producer asks who leads, and who is in sync, at least so often.
        usual.put("metadata.max.age.ms", 1_000);
        if (rate == MAX_RATE) {
            // In ms and bytes: a batch waits for more records, and has room for them.
            usual.put("linger.ms", 20);
            usual.put("batch.size", 256 * 1024);
            // Costs little time, and makes batches of such records ten times smaller.
            usual.put("compression.type", "lz4");
        }
        // The records here are bytes, and belong to no transaction.
        Map<String, String> own = Map.of(
                "key.serializer", ByteArraySerializer.class.getName(),
                "value.serializer", ByteArraySerializer.class.getName(),
                "transactional.id", "");
        return connection.settings(ProducerConfig.configNames(), usual, own);
    }

    /** The topic's min.insync.replicas: with fewer in sync, a broker refuses acks=all. 0 without permission to read. */
    private int minInSync(Admin admin) throws InterruptedException {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        try {
            var config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
            return Integer.parseInt(config.get("min.insync.replicas").value());
        } catch (ExecutionException noPermission) {
            return 0;
        }
    }

    /** Reads events per second, or 'max'. */
    static class Rate implements ITypeConverter<Double> {
        @Override
        public Double convert(String text) {
            if (text.equals("max")) return MAX_RATE;
            try {
                double perSecond = Double.parseDouble(text);
                if (perSecond > 0 && perSecond < MAX_RATE) return perSecond;
            } catch (NumberFormatException notANumber) {
                // the same complaint
            }
            throw new TypeConversionException(
                    "takes events per second, such as 100 or 0.5, or max, not '" + text + "'");
        }
    }

    /** A header of every record, by which a consumer tells two runs of the producer apart. */
    private static byte[] newRunId() {
        return UUID.randomUUID().toString().substring(0, 8).getBytes(StandardCharsets.UTF_8);
    }

    /** As JSON wants it: quotation marks, backslashes and control characters. */
    private static String escaped(String text) {
        return text.chars()
                .mapToObj(
                        c -> c == '"' || c == '\\' ? "\\" + (char) c : c < ' ' ? "\\u%04x".formatted(c) : "" + (char) c)
                .collect(Collectors.joining());
    }

    // ---- Connection: the same lines in every script that needs a cluster ----

    /** The options that name a cluster, the settings of its clients, and the cause when no cluster answers. */
    static class Connection {
        @Option(names = {"-b", "--bootstrap-server"}, paramLabel = "HOST:PORT,...", scope = ScopeType.INHERIT,
                description = "The brokers to ask first (default: $$KAFKA_BOOTSTRAP_SERVERS, else"
                        + " localhost:9092,localhost:9095).")
        String bootstrapServer;

        @Option(names = "--command-config", paramLabel = "FILE", scope = ScopeType.INHERIT,
                description = "A file of client properties (TLS, SASL, timeouts), as Kafka's own tools take it.")
        Path commandConfig;

        @Option(names = {"-X", "--command-property"}, paramLabel = "KEY=VALUE", scope = ScopeType.INHERIT,
                description = "One client property, over those of the file. Repeatable.")
        Map<String, String> commandProperties = new LinkedHashMap<>();

        private Properties file; // null: not read yet
        private Set<String> hanging = Set.of(); // servers that are not to be asked

        /** The servers to ask first, and who named them. */
        record Servers(String list, String namedBy) {
            List<String> each() {
                return List.of(list.strip().replaceFirst("^[,\\s]+", "").split("[,\\s]+"));
            }

            @Override
            public String toString() {
                return list + " (" + namedBy + ")";
            }
        }

        Servers servers() {
            Servers servers = named();
            if (servers.each().contains("")) throw new Failure(2, "No server is named by %s.", servers.namedBy);
            return servers;
        }

        private Servers named() {
            String key = "bootstrap.servers";
            if (bootstrapServer != null) return new Servers(bootstrapServer, "-b");
            if (commandProperties.containsKey(key)) return new Servers(commandProperties.get(key), "-X " + key);
            if (file().containsKey(key)) return new Servers(file().getProperty(key), commandConfig.toString());
            String variable = System.getenv().getOrDefault("KAFKA_BOOTSTRAP_SERVERS", "");
            if (!variable.isBlank()) return new Servers(variable, "$KAFKA_BOOTSTRAP_SERVERS");
            return new Servers("localhost:9092,localhost:9095", "the default");
        }

        /**
         * A client's settings: the script's usual ones, over them the file's, over them those of -X, over them the
         * script's own. A setting that only other Kafka clients know is left out.
         *
         * @param known the names of all settings of this client, such as {@link AdminClientConfig#configNames()}
         * @param own not taken from the file, and wrong usage with -X; the value "" stands for: not set
         */
        Map<String, Object> settings(Set<String> known, Map<String, ?> usual, Map<String, ?> own) {
            var settings = new HashMap<String, Object>(usual);
            var given = new TreeMap<Object, Object>(file());
            given.putAll(commandProperties);
            given.forEach((key, value) -> {
                if (known.contains(key) || !KnownSettings.ALL.contains(key)) settings.put((String) key, value);
            });
            own.forEach((key, value) -> {
                if (commandProperties.containsKey(key))
                    throw new Failure(2, "-X %s: this script sets it itself. Leave it out.", key);
                settings.put(key, value);
                settings.remove(key, "");
            });
            settings.put("bootstrap.servers", String.join(",", answering()));
            return settings;
        }

        /** The servers without those that hang, unless all do. */
        private List<String> answering() {
            var servers = new ArrayList<>(servers().each());
            if (!hanging.containsAll(servers)) servers.removeAll(hanging);
            return servers;
        }

        /** All that Kafka's clients know. Loaded only when somebody gives a setting. */
        private static class KnownSettings {
            static final Set<String> ALL = new HashSet<>(ProducerConfig.configNames());

            static {
                ALL.addAll(ConsumerConfig.configNames());
                ALL.addAll(AdminClientConfig.configNames());
            }
        }

        /** Reads the file once, as Kafka's own tools do: Latin-1, with a backslash and uXXXX for other characters. */
        private Properties file() {
            if (file != null) return file;
            file = new Properties();
            commandProperties.keySet().forEach(key -> complainIfUnknown("-X", key));
            if (commandConfig == null) return file;
            try {
                String text = Files.readString(commandConfig, StandardCharsets.ISO_8859_1);
                if (text.indexOf(0) >= 0) throw new Failure(2, "%s:1: UTF-16. Save it as UTF-8.", commandConfig);
                if (text.startsWith("\u00ef\u00bb\u00bf"))
                    Script.complain("%s:1: the byte order mark at its beginning is ignored.", commandConfig);
                file.load(new StringReader(text.replaceFirst("^\u00ef\u00bb\u00bf", "")));
                List<String> lines = text.lines().toList();
                for (Object key : new TreeSet<>(file.keySet())) {
                    long before = lines.stream()
                            .takeWhile(line -> !line.contains((String) key))
                            .count();
                    complainIfUnknown(commandConfig + ":" + (before + 1), (String) key);
                }
                return file;
            } catch (IOException | IllegalArgumentException broken) {
                throw new Failure(2, "Cannot read %s: %s", commandConfig, Script.oneLine(broken));
            }
        }

        private static void complainIfUnknown(String where, String key) {
            boolean ofPlugin = key.startsWith("config.providers.") || key.startsWith("metrics.context.");
            if (!ofPlugin && !KnownSettings.ALL.contains(key))
                Script.complain("%s: no Kafka client knows the setting '%s'.", where, key);
        }

        /** Creates a client, or reads settings as a client does. What Kafka refuses is wrong usage. */
        <T> T create(Supplier<T> client) {
            try {
                return client.get();
            } catch (KafkaException refused) {
                String reason = Script.oneLine(refused);
                if (reason.contains("No resolvable")) diagnosis().hanging(); // fails, and names the host
                throw new Failure(2, "Kafka's client refuses its settings: %s", reason);
            }
        }

        private Diagnosis diagnosis() {
            String inFile = file().getProperty("security.protocol", "PLAINTEXT");
            String protocol = commandProperties.getOrDefault("security.protocol", inFile);
            return new Diagnosis(servers(), protocol.strip().toUpperCase(Locale.ROOT));
        }

        /**
         * An Admin client that was seen to work. Else a failure that names the cause, within 10 s. Servers that hang
         * are left out from then on: a client that picks one of them waits 30 s for an answer.
         */
        Admin connect() throws InterruptedException {
            Map<String, Object> settings = settings(AdminClientConfig.configNames(), Map.of(), Map.of());
            // For a producer's tries. With 0, an Admin client would give up before its first answer.
            settings.remove("retries");
            // In ms. A broker that hangs is given up so early that others are asked in time.
            settings.put("request.timeout.ms", 1_900);
            settings.putIfAbsent("default.api.timeout.ms", 60_000);
            Admin admin = create(() -> Admin.create(settings)); // refuses wrong settings before any server is asked
            Diagnosis diagnosis = diagnosis();
            hanging = diagnosis.hanging();
            if (!hanging.isEmpty()) {
                admin.close(Duration.ZERO);
                settings.put("bootstrap.servers", String.join(",", answering()));
                admin = create(() -> Admin.create(settings));
            }
            for (int tries = 1; ; tries++)
                try {
                    var options = new DescribeClusterOptions().timeoutMs(5_000);
                    admin.describeCluster(options).nodes().get();
                    return admin;
                } catch (ExecutionException noAnswer) {
                    Optional<Failure> cause =
                            diagnosis.of(noAnswer.getCause()).or(() -> diagnosis.ofBrokers(namedAfterLogin()));
                    boolean slow = cause.isEmpty(); // a busy machine: the brokers do answer
                    if (slow && tries < 5 && !Script.stopping()) continue;
                    admin.close(Duration.ZERO);
                    throw cause.orElseGet(() -> new Failure(3, "%s answers, and too slowly.", servers()));
                }
        }

        /** The brokers with a partition, by the addresses that the servers tell after a login; none without an answer. */
        private List<String> namedAfterLogin() {
            Map<String, Object> settings = settings(ConsumerConfig.configNames(), Map.of(), Map.of());
            settings.put("key.deserializer", ByteArrayDeserializer.class);
            settings.put("value.deserializer", ByteArrayDeserializer.class);
            try (var consumer = new KafkaConsumer<byte[], byte[]>(settings)) {
                return consumer.listTopics(Duration.ofSeconds(3)).values().stream()
                        .flatMap(List::stream)
                        .flatMap(partition -> Stream.of(partition.replicas()))
                        .map(broker -> broker.host() + ":" + broker.port())
                        .distinct()
                        .toList();
            } catch (KafkaException noAnswer) {
                return List.of();
            }
        }

        /** The topic as the cluster knows it. A topic that does not exist is an error. */
        static TopicDescription describe(Admin admin, String topic) throws InterruptedException {
            try {
                return admin.describeTopics(List.of(topic))
                        .allTopicNames()
                        .get()
                        .get(topic);
            } catch (ExecutionException failed) {
                if (failed.getCause() instanceof InvalidTopicException)
                    throw new Failure(2, "'%s' cannot be a topic's name: letters, digits, '.', '_' and '-'.", topic);
                if (!(failed.getCause() instanceof UnknownTopicOrPartitionException))
                    throw refused("describe topic '" + topic + "'", failed);
                throw new Failure(1, "Topic '%s' does not exist. Create it: jbang topics.java create %s", topic, topic);
            }
        }

        /** The cluster's refusal in one line: what was refused, and why. */
        static Failure refused(String request, Throwable error) {
            boolean permission = Script.rootOf(error) instanceof AuthorizationException;
            String format = permission ? "No permission to %s: %s" : "Cannot %s: %s";
            return new Failure(1, format, request, Script.oneLine(error));
        }
    }

    /** Finds out why no cluster answers: asks each server, on a socket of its own, in Kafka's protocol. */
    private record Diagnosis(Connection.Servers servers, String protocol) {
        private static final String NAMES = " names brokers (advertised.listeners): ";
        private static final int METADATA = 3; // the numbers of Kafka's requests
        private static final int SASL_HANDSHAKE = 17;
        private static final int API_VERSIONS = 18;

        /** What is wrong with a server: "" if that is not seen. */
        private record Look(String server, String wrong) {
            boolean isFine() {
                return wrong.isEmpty();
            }

            boolean hangs() {
                return wrong.endsWith(" is silent");
            }
        }

        /** The servers that listen, and do not answer within 2 s. A failure if no server can be a broker. */
        Set<String> hanging() {
            List<Look> looks = lookAt(servers.each(), false);
            if (looks.stream().noneMatch(it -> it.isFine() || it.hangs())) throw failure(looks);
            return looks.stream().filter(Look::hangs).map(Look::server).collect(Collectors.toSet());
        }

        /** Why a client has failed. Nothing if that is not seen: its answer may only be late. */
        Optional<Failure> of(Throwable error) {
            String reason = Script.oneLine(error);
            String format = "No connection to %s: %s";
            if (error instanceof AuthenticationException)
                format = "%s refuses the login (sasl.mechanism, sasl.jaas.config): %s";
            if (error instanceof SslAuthenticationException)
                format = "The certificate of %s is not trusted (ssl.truststore.location): %s";
            if (reason.matches(".*(subject alternative|No name matching).*"))
                format = "The certificate of %s is for another host: %s";
            boolean noLogin = reason.contains("enabled mechanisms are []"); // the server has no login at all
            if (!noLogin && !(error instanceof RetriableException))
                return Optional.of(new Failure(3, format, servers, reason));
            List<Look> looks = lookAt(servers.each(), true);
            return looks.stream().anyMatch(Look::isFine) ? Optional.empty() : Optional.of(failure(looks));
        }

        /** That none of the brokers can be reached. Nothing if one can, or if there is none. */
        Optional<Failure> ofBrokers(List<String> brokers) {
            List<Look> looks = lookAt(brokers, false);
            if (looks.isEmpty() || looks.stream().anyMatch(Look::isFine)) return Optional.empty();
            return Optional.of(failure(List.of(new Look(servers.list(), servers.list() + NAMES + texts(looks)))));
        }

        private Failure failure(List<Look> looks) {
            String all = texts(looks);
            if (all.contains(" speaks ") || all.contains(" names "))
                return new Failure(3, "No connection to %s: %s.", servers, all);
            String start =
                    " Start one: jbang cluster.java, or docker compose up -d --wait; or name another: -b HOST:PORT";
            boolean nobody = looks.stream().allMatch(it -> it.wrong.startsWith("nobody"));
            return new Failure(3, "No cluster answers at %s: %s.%s", servers, all, nobody ? start : "");
        }

        private static String texts(List<Look> looks) {
            return looks.stream().filter(it -> !it.isFine()).map(Look::wrong).collect(Collectors.joining("; "));
        }

        private List<Look> lookAt(List<String> servers, boolean closely) {
            return servers.parallelStream()
                    .map(server -> lookAt(server, closely))
                    .toList();
        }

        private Look lookAt(String server, boolean closely) {
            String host = server.replaceFirst("^\\w+://", "").replaceFirst(":\\d*$", "");
            String wrong = "";
            try (Socket socket = open(host, Integer.parseInt(server.substring(server.lastIndexOf(':') + 1)))) {
                socket.setSoTimeout(2_000);
                Socket line = protocol.endsWith("SSL") ? throughTls(socket, host) : socket;
                ask(line, API_VERSIONS, 0);
                if (closely) wrong = lookCloser(server, line);
            } catch (UnknownHostException unknown) {
                wrong = "host '" + host + "' cannot be resolved";
            } catch (ConnectException | NoRouteToHostException refused) {
                wrong = "nobody listens at " + server;
            } catch (SocketTimeoutException silent) {
                wrong = server + " is silent";
            } catch (ProtocolException other) {
                wrong = server + " speaks " + other.getMessage() + ", and security.protocol is " + protocol;
            } catch (Exception unclear) {
                // Kafka's client will say more
            }
            return new Look(server, wrong);
        }

        /** At a server that answers, though Kafka's client got no answer: is a login wanted? Are other brokers away? */
        private String lookCloser(String server, Socket line) throws IOException {
            // The answer to a mechanism '?' is UNSUPPORTED_SASL_MECHANISM (33); another where no login is wanted.
            boolean login = ask(line, SASL_HANDSHAKE, 1, 0, 1, '?').readShort() == 33;
            String speaks = (login ? "SASL_" : "") + protocol.replace("SASL_", "");
            if (!speaks.equals(protocol)) throw new ProtocolException(speaks);
            if (login) return ""; // brokers are named only after a login
            DataInputStream answer = ask(line, METADATA, 1, 0, 0, 0, 0);
            var brokers = new ArrayList<String>(); // of each: id, host, port and rack
            for (int left = answer.readInt(); left > 0; left--) {
                answer.readInt();
                brokers.add(answer.readUTF() + ":" + answer.readInt());
                answer.skipNBytes(Math.max(0, answer.readShort()));
            }
            List<Look> looks = lookAt(brokers, false);
            if (looks.stream().anyMatch(Look::isFine)) return "";
            return server + NAMES + texts(looks);
        }

        /** Sends one request, and returns the answer behind its length and number. */
        private static DataInputStream ask(Socket line, int kind, int version, int... body) throws IOException {
            var request = new DataOutputStream(new BufferedOutputStream(line.getOutputStream()));
            request.writeInt(15 + body.length);
            request.writeShort(kind);
            request.writeShort(version);
            request.writeInt(7); // the request's number
            request.writeUTF("\r\n\r\n?"); // the client's name, with the line ends for which a web server waits
            for (int next : body) request.write(next);
            request.flush();
            var answer = new DataInputStream(line.getInputStream());
            int length = answer.readInt();
            if (length >>> 16 == 0x1503) throw new ProtocolException("TLS"); // an alert
            if (length == 0x48545450) throw new ProtocolException("HTTP");
            answer.readInt();
            return new DataInputStream(new ByteArrayInputStream(answer.readNBytes(length - 4)));
        }

        /** To the first of the host's addresses at which somebody listens. */
        private static Socket open(String host, int port) throws IOException {
            IOException refused = null;
            for (InetAddress address : InetAddress.getAllByName(host)) {
                var socket = new Socket();
                try {
                    socket.connect(new InetSocketAddress(address, port), 2_000);
                    return socket;
                } catch (IOException tryTheNext) {
                    refused = tryTheNext;
                }
            }
            throw refused;
        }

        /** Any certificate is good enough here: nothing secret is sent. */
        private static Socket throughTls(Socket socket, String host) throws Exception {
            var anybody = new javax.net.ssl.X509TrustManager() {
                @Override
                public void checkClientTrusted(java.security.cert.X509Certificate[] chain, String kind) {}

                @Override
                public void checkServerTrusted(java.security.cert.X509Certificate[] chain, String kind) {}

                @Override
                public java.security.cert.X509Certificate[] getAcceptedIssuers() {
                    return new java.security.cert.X509Certificate[0];
                }
            };
            var context = javax.net.ssl.SSLContext.getInstance("TLS");
            context.init(null, new javax.net.ssl.TrustManager[] {anybody}, null);
            var line = (javax.net.ssl.SSLSocket)
                    context.getSocketFactory().createSocket(socket, host, socket.getPort(), true);
            try {
                line.startHandshake();
            } catch (javax.net.ssl.SSLException failed) {
                boolean tls = !failed.getMessage().matches("Unsupported or unrecognized.*|.*terminated the handshake");
                throw tls ? failed : new ProtocolException("no TLS");
            }
            return line;
        }
    }

    // ---- Script: the same lines in every script ----

    /** How a script runs, prints and ends: exit status, error messages, colours, the window, Ctrl-C. */
    static class Script {
        private static final CountDownLatch STOP = new CountDownLatch(1);
        private static volatile boolean outputClosed;
        private static volatile FutureTask<int[]> window = lookAtWindow();

        /** True while the script puts back what it broke. Then Ctrl-C waits longer than 3 s. */
        static volatile boolean mending;

        /** Runs the script's command and exits with its status. Numbers and text are the same in every locale. */
        static void run(Callable<Integer> script, String... args) {
            Locale.setDefault(Locale.ROOT);
            System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8));
            // Java reads a letter as U+FFFD where the locale has only ASCII.
            if (String.join("", args).contains("\ufffd"))
                System.exit(complain(2, "An argument has letters that this locale does not know: set LC_ALL=C.UTF-8."));
            Thread main = Thread.currentThread();
            for (String signal : List.of("INT", "TERM", "HUP")) onSignal(signal, () -> stop(main));
            onSignal("WINCH", () -> window = lookAtWindow());
            int status = new CommandLine(script)
                    .setColorScheme(CommandLine.Help.defaultColorScheme(ansi()))
                    .setParameterExceptionHandler((error, given) -> complain(
                            2, sentence(error.getMessage().replace("option option", "option")) + " Try --help."))
                    .setExecutionExceptionHandler((error, command, parsed) -> failed(error))
                    .execute(args);
            System.exit(outputClosed ? 1 : status);
        }

        /** An expected error is one line. Any other error is a defect of the script: it shows its stack trace. */
        private static int failed(Exception error) throws Exception {
            if (error instanceof Failure failure) return complain(failure.exitStatus, failure.getMessage());
            boolean ofKafka = error.getClass().getName().startsWith("org.apache.kafka.");
            if (stopping() && (ofKafka || error instanceof InterruptedException)) return complain(130, "Interrupted.");
            if (ofKafka) return complain(1, oneLine(error));
            throw error;
        }

        private static void onSignal(String name, Runnable action) {
            try {
                sun.misc.Signal.handle(new sun.misc.Signal(name), signal -> action.run());
            } catch (IllegalArgumentException notOnThisSystem) {
                // Windows has no HUP and no WINCH
            }
        }

        /** The first signal asks the script to end in good order, within 3 s. The second ends it at once. */
        private static void stop(Thread main) {
            if (stopping()) Runtime.getRuntime().halt(130);
            STOP.countDown();
            inBackground(() -> {
                while (mending) LockSupport.parkNanos(50_000_000L);
                LockSupport.parkNanos(2_200_000_000L);
                main.interrupt(); // it may be waiting for a cluster that does not answer
                LockSupport.parkNanos(600_000_000L);
                Runtime.getRuntime().halt(130);
            });
        }

        /** Whether the script was asked to stop. */
        static boolean stopping() {
            return STOP.getCount() == 0;
        }

        /** Waits so many ns. Ends early, and returns true, when the script is asked to stop. */
        static boolean stopsWithin(long nanos) {
            try {
                return STOP.await(nanos, TimeUnit.NANOSECONDS);
            } catch (InterruptedException hurry) {
                return true;
            }
        }

        /** Runs the work in a thread that does not keep the script alive, and ends with an exception unnoticed. */
        static void inBackground(Runnable work) {
            var thread = new Thread(work);
            thread.setDaemon(true);
            thread.setUncaughtExceptionHandler((ended, why) -> {}); // such as a client that was closed meanwhile
            thread.start();
        }

        /** Prints a line. Only the format may have picocli's markup for colours: the values are shown as they are. */
        static void say(String format, Object... values) {
            print(text(format, values));
        }

        static String text(String format, Object... values) {
            return String.format(Locale.ROOT, ansi().string(format), values);
        }

        /** Prints a line that a terminal cuts to its window: the record's end gives way, the text behind it does not. */
        static void show(String head, String record, String behind) {
            int room = Math.max(16, columns() - Ansi.OFF.string(head).length() - behind.length());
            boolean cut = columns() > 0 && record.length() > room;
            print(ansi().string(head) + (cut ? record.substring(0, room - 1) + "\u2026" : record) + behind);
        }

        /** Prints whole lines. Returns false, and asks the script to stop, when nobody reads them. */
        static boolean print(String lines) {
            System.out.println(lines);
            if (!System.out.checkError()) return true;
            if (!outputClosed) complain("Standard output was closed.");
            outputClosed = true;
            STOP.countDown();
            return false;
        }

        /** Prints a line on standard error. */
        static void complain(String format, Object... values) {
            System.err.println(hidden(String.format(Locale.ROOT, format, values)));
        }

        private static int complain(int exitStatus, String message) {
            complain("%s", message);
            return exitStatus;
        }

        /** What went wrong, without the exceptions that it is wrapped in. */
        static String oneLine(Throwable error) {
            Throwable root = rootOf(error);
            String message = root.getMessage() == null ? root.toString() : root.getMessage();
            if (root instanceof NoSuchFileException) message = "there is no file " + message;
            if (root instanceof ClassNotFoundException) message = "there is no class " + message;
            return sentence(message);
        }

        private static String sentence(String text) {
            return text.replaceAll("\\s+", " ").replaceFirst("[.]?$", ".");
        }

        static Throwable rootOf(Throwable error) {
            return error.getCause() == null ? error : rootOf(error.getCause());
        }

        /** The text without passwords. */
        static String hidden(String text) {
            String secret = "(sasl\\.jaas\\.config|password|passphrase|secret|token|keystore\\.key)";
            return text.replaceAll("(?is)(" + secret + "\\S*?\\s*=\\s*)\\S.*", "$1[hidden]")
                    .replaceAll("'[^']*' in JAAS", "[hidden] in JAAS");
        }

        /** The columns of the terminal's window; 0 where standard output is no terminal. */
        static int columns() {
            return window(1);
        }

        /** The rows of the terminal's window; 0 where standard output is no terminal. */
        static int rows() {
            return window(0);
        }

        private static int window(int index) {
            try {
                return window.get()[index];
            } catch (InterruptedException | ExecutionException notKnown) {
                return 0;
            }
        }

        /** In the background, as asking the terminal takes 30 ms. */
        private static FutureTask<int[]> lookAtWindow() {
            var look = new FutureTask<>(() -> {
                try {
                    var stty = new ProcessBuilder("sh", "-c", "test -t 1 && stty size </dev/tty >&2")
                            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                            .start();
                    String size = new String(stty.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
                    String[] numbers = size.strip().split(" ");
                    return new int[] {Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1])};
                } catch (IOException | RuntimeException noTerminal) {
                    return new int[] {0, 0}; // to throw would cost 1 µs in each call, and so for each record
                }
            });
            inBackground(look);
            return look;
        }

        /** Colours: only on a terminal that can, never with NO_COLOR, always with CLICOLOR_FORCE. */
        static Ansi ansi() {
            Map<String, String> variables = System.getenv();
            boolean never = !variables.getOrDefault("NO_COLOR", "").isEmpty();
            boolean always = !Set.of("", "0").contains(variables.getOrDefault("CLICOLOR_FORCE", ""));
            return !never && (always || canRedraw()) ? Ansi.ON : Ansi.OFF;
        }

        /** Whether a picture can be drawn again in its place. */
        static boolean canRedraw() {
            return columns() > 0 && !"dumb".equals(System.getenv("TERM"));
        }
    }

    /** An error for the user: one line that names the cause and the next step, and an exit status. */
    static class Failure extends RuntimeException {
        private static final long serialVersionUID = 1L;
        final int exitStatus;

        Failure(int exitStatus, String format, Object... values) {
            super(String.format(Locale.ROOT, format, values));
            this.exitStatus = exitStatus;
        }
    }
}
