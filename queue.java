///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Reads events from a Kafka topic in a share group: many consumers, one partition, each event to one of them
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
import java.time.format.DateTimeParseException;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.serialization.*;
import picocli.CommandLine;
import picocli.CommandLine.*;
import picocli.CommandLine.Help.Ansi;

/**
 * Reads a topic as one consumer of a share group (KIP-932), as from a queue: all consumers of the group get records of
 * the same partition. Each record goes to one of them, and comes again until a consumer has accepted or rejected it, at
 * most 5 times.
 *
 * <pre>jbang queue.java test-1p-rf1 queue1</pre>
 *
 * The lines that it prints:
 *
 * <pre>
 * set for queue1: share.auto.offset.reset=earliest (a new group begins at the topic's beginning)
 * Consumer c (share group: queue1) received: EVENT  partition 0, offset 7, delivery 1
 * released: partition 0, offset 7, delivery 1         back to the group: somebody receives the event again
 * rejected: partition 0, offset 7, delivery 1         nobody receives the event again
 * not acknowledged: partition 0, offset 7: REASON
 * waiting: partition 0 has no leader
 * received 7 (1 of them again)   accepted 5   released 1   rejected 1
 *   delivery 1: 6
 *   delivery 2: 1
 * </pre>
 */
@Command(
        name = "queue",
        version = "queue 1.0.0, Kafka client 4.4.0",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        sortOptions = false,
        header = "Reads events from a Kafka topic in a share group, as from a queue.%n",
        exitCodeListHeading = "%nCtrl-C ends it, with a summary; printed events are accepted. Exit status:%n",
        exitCodeList = {
            "0:done as asked",
            "1:it could not read on, or its output was closed",
            "2:wrong usage",
            "3:no cluster could be reached"
        })
class queue implements Callable<Integer> {
    public static void main(String... args) {
        Script.run(new queue(), args);
    }

    @Parameters(index = "0", paramLabel = "TOPIC", description = "The topic to read. It must exist.")
    String topic;

    @Parameters(index = "1", paramLabel = "GROUP",
            description = "The share group. Each event goes to one of its consumers.")
    String group;

    @Option(names = {"-n", "--count"}, paramLabel = "N", description = "End after so many events (default: at Ctrl-C).")
    long count = Long.MAX_VALUE;

    @Option(names = "--name", paramLabel = "NAME", defaultValue = "c",
            description = "This consumer's name in the lines that it prints (default: ${DEFAULT-VALUE}).")
    String name;

    @Option(names = {"-q", "--quiet"}, description = "Print one line a second instead of one for each event.")
    boolean quiet;

    @Option(names = "--hold", paramLabel = "TIME", converter = Seconds.class, defaultValue = "0s",
            description = "How long to work on each event before it is accepted, such as 0.5s or 2m (default:"
                    + " ${DEFAULT-VALUE}).")
    Duration hold;

    @Option(names = "--release", paramLabel = "ID",
            description = "Give the event with this id back, each time it comes (default: none). Kafka delivers an"
                    + " event 5 times at most.")
    Long release;

    @Option(names = "--reject", paramLabel = "ID",
            description = "Refuse the event with this id for good (default: none).")
    Long reject;

    @Mixin
    Connection connection;

    private final Map<String, Deque<AcknowledgeType>> answers = new HashMap<>(); // not confirmed yet, by place
    private final Map<AcknowledgeType, Long> fates = new EnumMap<>(AcknowledgeType.class);
    private final Set<String> open = new HashSet<>(); // places of answers that were refused, or broke off
    private long refused; // answers, such as those that came too late
    private long again; // received, and not for the first time
    private final Map<Short, Long> deliveries = new TreeMap<>(); // how many events came for the first, second time
    private long received;

    // ---- the story ----

    @Override
    public Integer call() throws Exception {
        if (count < 1) throw new Failure(2, "-n takes 1 or more, not %d.", count);
        if (group.isBlank()) throw new Failure(2, "The name of the group is empty.");
        if (release != null && release.equals(reject))
            throw new Failure(2, "Event %d is to be released and rejected. One of them.", release);
        // Kafka refuses wrong settings before anything is asked.
        Map<String, Object> settings = settings();
        var early = connection.create(() -> new KafkaShareConsumer<byte[], byte[]>(settings));
        prepareGroup();
        boolean asBefore = settings().equals(settings); // else a server hangs, which is left out now
        var consumer = asBefore ? early : connection.create(() -> new KafkaShareConsumer<byte[], byte[]>(settings()));
        if (!asBefore) Script.inBackground(() -> early.close(Duration.ZERO));
        try {
            consumer.setAcknowledgementCommitCallback(this::acknowledged);
            consumer.subscribe(List.of(topic));
            Script.inBackground(this::watch);
            read(consumer);
            consumer.commitSync(PATIENCE_AT_THE_END);
        } catch (AuthorizationException refused) {
            throw Connection.refused("read '" + topic + "' in share group '" + group + "'", refused);
        } finally {
            consumer.close(PATIENCE_AT_THE_END);
        }
        return summary();
    }

    /** Each poll sends the acknowledgements of the one before. */
    private void read(ShareConsumer<byte[], byte[]> consumer) {
        while (received < count && !Script.stopping()) {
            ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(100));
            for (ConsumerRecord<byte[], byte[]> record : records) {
                AcknowledgeType fate = work(record);
                consumer.acknowledge(record, fate);
                answers.computeIfAbsent(record.partition() + "-" + record.offset(), place -> new ArrayDeque<>())
                        .add(fate);
            }
            if (!records.isEmpty()) cameAt = System.nanoTime();
            if (quiet) sayProgressEverySecond();
        }
    }

    /** Prints an event, works on it, and decides. An event that nobody reads, or that is one too many, goes back. */
    private AcknowledgeType work(ConsumerRecord<byte[], byte[]> record) {
        if (received == count || Script.stopping()) return AcknowledgeType.RELEASE;
        String place =
                "partition %d, offset %d, delivery %d".formatted(record.partition(), record.offset(), delivery(record));
        String event = printable(record.value());
        if (!quiet) Script.show("", head() + event, "  " + place + (record.value() == null ? ", no value" : ""));
        if (System.out.checkError()) return AcknowledgeType.RELEASE;
        received++;
        deliveries.merge(delivery(record), 1L, Long::sum);
        // A new leader does not know what was delivered before: its count begins at 1.
        if (delivery(record) > 1 || open.contains(record.partition() + "-" + record.offset())) again++;
        Script.stopsWithin(hold.toNanos());
        boolean isReleased = event.startsWith("{\"event_id\": " + release + ",");
        boolean isRejected = event.startsWith("{\"event_id\": " + reject + ",");
        if (isReleased) Script.say("@|yellow released: %s|@", place);
        if (isRejected) Script.say("@|yellow rejected: %s|@", place);
        return isReleased ? AcknowledgeType.RELEASE : isRejected ? AcknowledgeType.REJECT : AcknowledgeType.ACCEPT;
    }

    /** Kafka calls this within poll(), commitSync() and close(); also for offsets at which there is no record. */
    private void acknowledged(Map<TopicIdPartition, Set<Long>> offsets, Exception error) {
        offsets.forEach((partition, some) -> some.forEach(offset -> {
            var given = answers.get(partition.partition() + "-" + offset);
            AcknowledgeType fate = given == null ? null : given.poll();
            if (fate == null) return;
            if (error == null) fates.merge(fate, 1L, Long::sum);
            else refuse(partition.partition(), offset, error);
            if (given.isEmpty()) answers.remove(partition.partition() + "-" + offset);
        }));
    }

    private void refuse(int partition, long offset, Exception error) {
        refused++;
        Script.say(
                "@|yellow not acknowledged: partition %d, offset %d: %s|@", partition, offset, Script.oneLine(error));
    }

    private Integer summary() {
        long unanswered =
                refused + answers.values().stream().mapToInt(Deque::size).sum();
        Script.say(
                "@|bold received %,d|@ (%s of them again)   accepted %,d   released %,d   rejected %,d%s",
                received,
                again == 0 ? "none" : "%,d".formatted(again),
                fates.getOrDefault(AcknowledgeType.ACCEPT, 0L),
                fates.getOrDefault(AcknowledgeType.RELEASE, 0L),
                fates.getOrDefault(AcknowledgeType.REJECT, 0L),
                unanswered == 0 ? "" : "   not acknowledged %,d".formatted(unanswered));
        deliveries.forEach((number, events) -> Script.say("  delivery %d: %,d", number, events));
        return 0;
    }

    // ---- the group ----

    private void prepareGroup() throws InterruptedException {
        try (Admin admin = connection.connect()) {
            if (Connection.describe(admin, topic).isInternal())
                throw new Failure(2, "Topic '%s' is Kafka's own. It is not for a share group.", topic);
            checkKind(admin);
            beginAtTheBeginning(admin);
        }
    }

    /** A name belongs to one kind of group: a consumer group cannot be read as a share group. */
    private void checkKind(Admin admin) throws InterruptedException {
        try {
            for (GroupListing each : admin.listGroups().all().get()) {
                GroupType type = each.type().orElse(GroupType.SHARE);
                if (each.groupId().equals(group) && type != GroupType.SHARE)
                    throw new Failure(
                            2,
                            "Group '%s' exists already, and is no share group (%s). Take another name.",
                            group,
                            type);
            }
        } catch (ExecutionException refused) {
            throw Connection.refused("list groups", refused);
        }
    }

    /** For a group that has no setting of its own. Kafka's default is latest: what was sent before is not read. */
    private void beginAtTheBeginning(Admin admin) throws InterruptedException {
        String key = "share.auto.offset.reset";
        var resource = new ConfigResource(ConfigResource.Type.GROUP, group);
        try {
            Config config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
            ConfigEntry now = config.get(key);
            if (now != null && now.source() == ConfigEntry.ConfigSource.DYNAMIC_GROUP_CONFIG) return;
            var earliest = new AlterConfigOp(new ConfigEntry(key, "earliest"), AlterConfigOp.OpType.SET);
            admin.incrementalAlterConfigs(Map.of(resource, List.of(earliest)))
                    .all()
                    .get();
            Script.say("set for %s: %s=earliest (a new group begins at the topic's beginning)", group, key);
        } catch (ExecutionException refused) {
            Script.complain(
                    "%s is not set for %s: %s A new group begins at the topic's end.",
                    key, group, Script.oneLine(refused));
        }
    }

    // ---- why nothing comes ----

    private volatile long cameAt = System.nanoTime(); // when records came last

    /** In the background: asks the cluster every 3 s while nothing comes. */
    private void watch() {
        String said = "";
        while (!Script.stopsWithin(PAUSE)) {
            String reason = System.nanoTime() - cameAt > PAUSE ? whyNothingComes() : "";
            if (!reason.isEmpty() && !reason.equals(said)) Script.say("@|yellow waiting: %s|@", reason);
            said = reason;
        }
    }

    /** Empty where all is well: there is nothing to read. */
    private String whyNothingComes() {
        try (Admin admin = connection.connect()) {
            for (TopicPartitionInfo each : Connection.describe(admin, topic).partitions())
                if (each.leader() == null) return "partition " + each.partition() + " has no leader";
            var options = new DescribeShareGroupsOptions().timeoutMs(5_000);
            admin.describeShareGroups(List.of(group), options).all().get();
            return "";
        } catch (Failure noClusterOrNoTopic) {
            return noClusterOrNoTopic.getMessage();
        } catch (ExecutionException noAnswer) {
            if (noAnswer.getCause() instanceof GroupIdNotFoundException) return ""; // a new group, about to be created
            return "the coordinator of " + group + " does not answer: " + Script.oneLine(noAnswer);
        } catch (InterruptedException never) {
            return "";
        }
    }

    // ---- details ----

    /** Twice, for the last acknowledgements and for leaving the group: Ctrl-C ends the script within 3 s. */
    private static final Duration PATIENCE_AT_THE_END = Duration.ofSeconds(1);

    /** In ns: so long without a record is worth a question. */
    private static final long PAUSE = 3_000_000_000L;

    private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}\\u0080-\\u009f\\u2028\\u2029]");

    private Map<String, Object> settings() {
        var usual = new HashMap<String, Object>();
        // Brokers and Kafka's own tools show this name.
        usual.put("client.id", name);
        // A record for one consumer, the next for another. By default a producer's whole batch goes to one.
        usual.put("share.acquire.mode", "record_limit");
        usual.put("max.poll.records", 1);
        // To ask for a topic that was deleted must not create the topic.
        usual.put("allow.auto.create.topics", false);
        var own = new HashMap<String, String>();
        // A share consumer refuses these settings of other consumers. "" stands for: not set.
        for (String key : List.of(
                "auto.offset.reset",
                "enable.auto.commit",
                "group.instance.id",
                "group.protocol",
                "group.remote.assignor",
                "heartbeat.interval.ms",
                "interceptor.classes",
                "isolation.level",
                "partition.assignment.strategy",
                "session.timeout.ms")) own.put(key, "");
        // The group is an argument, the values are bytes, and each record is acknowledged by itself.
        own.put("group.id", group);
        own.put("key.deserializer", ByteArrayDeserializer.class.getName());
        own.put("value.deserializer", ByteArrayDeserializer.class.getName());
        own.put("share.acknowledgement.mode", "explicit");
        return connection.settings(ConsumerConfig.configNames(), usual, own);
    }

    /** How often Kafka has delivered the record, this time included. */
    private static short delivery(ConsumerRecord<?, ?> record) {
        return record.deliveryCount().orElse((short) 1);
    }

    private String head() {
        boolean narrow = Script.columns() > 0 && Script.columns() < 120;
        String head = "Consumer " + name + (narrow ? "" : " (share group: " + group + ")") + " received: ";
        return printable(head.getBytes(StandardCharsets.UTF_8));
    }

    /** The value as text on one line: control characters as Java and JSON write them. */
    private static String printable(byte[] value) {
        if (value == null) return "";
        String text = new String(value, StandardCharsets.UTF_8);
        return CONTROL.matcher(text)
                .replaceAll(it -> "\\\\u%04x".formatted((int) it.group().charAt(0)));
    }

    private long progressAt = System.nanoTime();

    private void sayProgressEverySecond() {
        if (System.nanoTime() - progressAt < 1e9) return;
        progressAt += 1_000_000_000L;
        Script.say("%,12d received", received);
    }

    /** Reads a time with its unit. */
    static class Seconds implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            try {
                Duration time = Duration.parse("PT" + text);
                if (!time.isNegative()) return time;
            } catch (DateTimeParseException notATime) {
                // the same complaint
            }
            throw new TypeConversionException("takes a time, such as 0.5s or 2m, not '" + text + "'");
        }
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
