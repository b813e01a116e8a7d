///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Creates, shows, watches and deletes Kafka topics, with each replica where the guide needs it
//JAVA 17+
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-nop:2.0.17
//COMPILE_OPTIONS -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Creates the topics of the guide and shows them; its commands create, list, describe, watch,
 * delete and reset any topic.
 *
 * <pre>jbang topics.java</pre>
 *
 * <p>The placement is chosen, not left to chance: partition 0 leads on the broker with the lowest
 * id, partition 1 on the next one, and so on, so that stopping kafka-1 always hits partition 0.
 */
@Command(
        name = "topics",
        mixinStandardHelpOptions = true,
        header = "Creates, shows, watches and deletes Kafka topics.%n",
        description = {
            "Without a command: creates the topics of the guide (test-1p-rf1, test-2p-rf1,",
            "test-2p-rf2), lets the preferred leaders lead again, and shows them."
        },
        footer = {"", "Exit status: 0 done, 1 a topic exists already or does not exist, 2 wrong usage,", "3 no cluster."
        })
class topics implements Callable<Integer> {
    public static void main(String... args) {
        Cluster.run(new topics(), args);
    }

    static final List<String> GUIDE = List.of("test-1p-rf1", "test-2p-rf1", "test-2p-rf2");

    @Mixin
    Cluster cluster;

    // ---- the commands ----

    @Override
    public Integer call() throws Exception {
        try (Admin admin = cluster.connect()) {
            Map<String, TopicDescription> there = existing(admin);
            for (String topic : GUIDE)
                if (!there.containsKey(topic)) create(admin, Shape.of(topic, null, null), Map.of());
            giveBack(admin, GUIDE);
            show(admin, GUIDE);
            return complainOfPlacement(admin, GUIDE);
        }
    }

    @Command(
            name = "create",
            mixinStandardHelpOptions = true,
            description = "Creates topics; each replica is placed by the rule above.")
    int create(
            @Parameters(
                            paramLabel = "NAME",
                            arity = "1..*",
                            description = "A name such as orders-3p-rf2 gives the shape: 3 partitions, 2 replicas.")
                    List<String> names,
            @Option(
                            names = {"-p", "--partitions"},
                            paramLabel = "N",
                            description = "The number of partitions (default: the name's, else 1).")
                    Integer partitions,
            @Option(
                            names = {"-r", "--replication-factor"},
                            paramLabel = "N",
                            description = "The replicas of each partition (default: the name's, else 1).")
                    Integer replicas,
            @Option(
                            names = {"-c", "--config"},
                            paramLabel = "KEY=VALUE",
                            description = "A topic property, such as min.insync.replicas=2. Repeatable.")
                    Map<String, String> config)
            throws Exception {
        try (Admin admin = cluster.connect()) {
            Map<String, TopicDescription> there = existing(admin);
            var created = new ArrayList<String>();
            for (String name : names) {
                TopicDescription already = there.get(name);
                if (already != null)
                    System.err.printf(
                            "Topic '%s' exists already: %s. Another name, or: jbang topics.java reset %s%n",
                            name, Shape.of(already), name);
                else {
                    create(admin, Shape.of(name, partitions, replicas), config == null ? Map.of() : config);
                    created.add(name);
                }
            }
            if (!created.isEmpty()) show(admin, created);
            return created.size() == names.size() ? 0 : 1;
        }
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the topics and their shapes.")
    int list(
            @Option(
                            names = {"-a", "--all"},
                            description = "Kafka's internal topics, too.")
                    boolean all)
            throws Exception {
        try (Admin admin = cluster.connect()) {
            var table = new ArrayList<>(existing(admin).values());
            table.removeIf(topic -> topic.isInternal() && !all);
            if (table.isEmpty()) Cluster.say("No topics yet. Create those of the guide: jbang topics.java");
            int width = table.stream()
                    .mapToInt(topic -> topic.name().length())
                    .max()
                    .orElse(0);
            for (TopicDescription topic : table) Cluster.say("%-" + width + "s  %s", topic.name(), Shape.of(topic));
            return 0;
        }
    }

    @Command(
            name = "describe",
            mixinStandardHelpOptions = true,
            description = "Shows who leads, who is in sync, and how many records there are.")
    int describe(
            @Parameters(paramLabel = "NAME", arity = "0..*", description = "The topics (default: all).")
                    List<String> names,
            @Option(
                            names = {"-w", "--watch"},
                            description = "Show every change as it happens, until Ctrl-C.")
                    boolean watch)
            throws Exception {
        try (Admin admin = cluster.connect()) {
            List<String> wanted = names == null ? namesToDescribe(admin) : names;
            for (String name : wanted) Cluster.describe(admin, name);
            if (watch) new Watch(admin, wanted).run();
            else show(admin, wanted);
            return 0;
        }
    }

    @Command(name = "delete", mixinStandardHelpOptions = true, description = "Deletes topics and their records.")
    int delete(@Parameters(paramLabel = "NAME", arity = "1..*", description = "The topics.") List<String> names)
            throws Exception {
        try (Admin admin = cluster.connect()) {
            Map<String, TopicDescription> there = existing(admin);
            int status = 0;
            for (String name : names) {
                if (there.containsKey(name)) {
                    delete(admin, name);
                    Cluster.say("deleted %s", name);
                } else {
                    System.err.printf("Topic '%s' does not exist.%n", name);
                    status = 1;
                }
            }
            return status;
        }
    }

    @Command(
            name = "reset",
            mixinStandardHelpOptions = true,
            description = "Deletes topics and creates them anew: empty, in the same shape, with the same properties.")
    int reset(
            @Parameters(paramLabel = "NAME", arity = "0..*", description = "The topics (default: the guide's).")
                    List<String> names)
            throws Exception {
        try (Admin admin = cluster.connect()) {
            List<String> wanted = names == null ? GUIDE : names;
            Map<String, TopicDescription> there = existing(admin);
            if (names != null) for (String name : names) Cluster.describe(admin, name);
            for (String name : wanted) {
                Shape shape = there.containsKey(name) ? Shape.of(there.get(name)) : Shape.of(name, null, null);
                checkBrokers(admin, shape); // before anything is deleted
                Map<String, String> config = there.containsKey(name) ? configOf(admin, name) : Map.of();
                if (there.containsKey(name)) delete(admin, name);
                create(admin, shape, config);
            }
            show(admin, wanted);
            return 0;
        }
    }

    // ---- topics and their shapes ----

    /** How many partitions a topic has, and how many replicas each. */
    record Shape(String name, int partitions, int replicas) {
        private static final Pattern IN_NAME = Pattern.compile(".*-(\\d{1,4})p-rf(\\d)");

        static Shape of(String name, Integer partitions, Integer replicas) {
            var inName = IN_NAME.matcher(name);
            boolean named = inName.matches();
            int p = partitions != null ? partitions : named ? Integer.parseInt(inName.group(1)) : 1;
            int r = replicas != null ? replicas : named ? Integer.parseInt(inName.group(2)) : 1;
            if (p < 1) throw new Failure(2, "A topic has 1 or more partitions, not %d.", p);
            if (r < 1) throw new Failure(2, "A partition has 1 or more replicas, not %d.", r);
            return new Shape(name, p, r);
        }

        static Shape of(TopicDescription topic) {
            int replicas = topic.partitions().get(0).replicas().size();
            return new Shape(topic.name(), topic.partitions().size(), replicas);
        }

        /** Partition 0 leads on the first broker, partition 1 on the next; the others follow. */
        Map<Integer, List<Integer>> placement(List<Integer> brokers) {
            var placement = new TreeMap<Integer, List<Integer>>();
            for (int partition = 0; partition < partitions; partition++)
                for (int replica = 0; replica < replicas; replica++)
                    placement
                            .computeIfAbsent(partition, it -> new ArrayList<>())
                            .add(brokers.get((partition + replica) % brokers.size()));
            return placement;
        }

        @Override
        public String toString() {
            return "%d partition%s, %d replica%s"
                    .formatted(partitions, partitions == 1 ? "" : "s", replicas, replicas == 1 ? "" : "s");
        }
    }

    private static Map<String, TopicDescription> existing(Admin admin) throws Exception {
        try {
            Set<String> names = admin.listTopics(new ListTopicsOptions().listInternal(true))
                    .names()
                    .get();
            return new TreeMap<>(admin.describeTopics(names).allTopicNames().get());
        } catch (ExecutionException failed) {
            throw new Failure(1, "The topics cannot be listed: %s", Cluster.oneLine(failed));
        }
    }

    private List<String> namesToDescribe(Admin admin) throws Exception {
        List<String> names = existing(admin).values().stream()
                .filter(it -> !it.isInternal())
                .map(TopicDescription::name)
                .toList();
        if (names.isEmpty()) throw new Failure(1, "No topics yet. Create those of the guide: jbang topics.java");
        return names;
    }

    private static List<Integer> checkBrokers(Admin admin, Shape shape) throws Exception {
        List<Integer> brokers = admin.describeCluster().nodes().get().stream()
                .map(Node::id)
                .sorted()
                .toList();
        if (brokers.size() >= shape.replicas) return brokers;
        throw new Failure(
                1,
                "Topic '%s' needs %d brokers for its replicas, and %d answer%s: %s. Start the others.",
                shape.name,
                shape.replicas,
                brokers.size(),
                brokers.size() == 1 ? "s" : "",
                brokers);
    }

    private static void create(Admin admin, Shape shape, Map<String, String> config) throws Exception {
        var topic = new NewTopic(shape.name, shape.placement(checkBrokers(admin, shape))).configs(config);
        await("Topic '" + shape.name + "' cannot be created", () -> {
            try {
                admin.createTopics(List.of(topic)).all().get();
                return true;
            } catch (ExecutionException failed) {
                // a topic that is being deleted exists a little longer
                if (failed.getCause() instanceof TopicExistsException) return false;
                int status = failed.getCause() instanceof InvalidTopicException ? 2 : 1;
                throw new Failure(status, "Topic '%s' cannot be created: %s", shape.name, Cluster.oneLine(failed));
            }
        });
        await("Topic '" + shape.name + "' was created, and has no leaders", () -> {
            try {
                return Cluster.describe(admin, shape.name).partitions().stream().allMatch(it -> it.leader() != null);
            } catch (Failure notYetKnown) {
                return false;
            }
        });
    }

    /** The properties that were set for the topic itself. */
    private static Map<String, String> configOf(Admin admin, String name) throws Exception {
        var topic = new ConfigResource(ConfigResource.Type.TOPIC, name);
        var config = new TreeMap<String, String>();
        for (ConfigEntry it :
                admin.describeConfigs(List.of(topic)).all().get().get(topic).entries())
            if (it.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG) config.put(it.name(), it.value());
        return config;
    }

    private static void delete(Admin admin, String name) throws Exception {
        try {
            admin.deleteTopics(List.of(name)).all().get();
        } catch (ExecutionException failed) {
            throw new Failure(1, "Topic '%s' cannot be deleted: %s", name, Cluster.oneLine(failed));
        }
        await(
                "Topic '" + name + "' was deleted, and is still listed",
                () -> !admin.listTopics().names().get().contains(name));
    }

    private static void await(String complaint, Callable<Boolean> condition) throws Exception {
        long start = System.nanoTime();
        while (!condition.call()) {
            if (System.nanoTime() - start > 20e9) throw new Failure(1, "%s (waited 20 s).", complaint);
            if (Cluster.stopsWithin(50_000_000)) throw new Failure(1, "%s (interrupted).", complaint);
        }
    }

    /**
     * After a broker was away, others lead in its place. The preferred leaders return by themselves
     * only every 300 s (leader.imbalance.check.interval.seconds); until then, to stop the broker
     * again would show nothing.
     */
    private static void giveBack(Admin admin, List<String> names) throws Exception {
        var away = new HashSet<TopicPartition>();
        for (String name : names)
            for (TopicPartitionInfo it : Cluster.describe(admin, name).partitions())
                if (!it.replicas().get(0).equals(it.leader())
                        && it.isr().contains(it.replicas().get(0))) away.add(new TopicPartition(name, it.partition()));
        if (away.isEmpty()) return;
        try {
            admin.electLeaders(ElectionType.PREFERRED, away).all().get();
        } catch (ExecutionException failed) {
            throw new Failure(1, "The preferred leaders cannot lead again: %s", Cluster.oneLine(failed));
        }
        for (TopicPartition each : away)
            await(each + " has not got its preferred leader", () -> {
                TopicPartitionInfo it =
                        Cluster.describe(admin, each.topic()).partitions().get(each.partition());
                return it.replicas().get(0).equals(it.leader());
            });
    }

    /** The guide stops kafka-1 and looks at partition 0: somebody else's placement may differ. */
    private static int complainOfPlacement(Admin admin, List<String> names) throws Exception {
        int status = 0;
        for (String name : names) {
            Shape wanted = Shape.of(name, null, null);
            TopicDescription topic = Cluster.describe(admin, name);
            int first = topic.partitions().get(0).replicas().get(0).id();
            int lowest = admin.describeCluster().nodes().get().stream()
                    .mapToInt(Node::id)
                    .min()
                    .orElse(1);
            if (wanted.equals(Shape.of(topic)) && first <= lowest) continue;
            System.err.printf(
                    "%s is not what the guide needs (%s, partition 0 on the first broker)."
                            + " Put it right: jbang topics.java reset%n",
                    name, wanted);
            status = 1;
        }
        return status;
    }

    // ---- the table ----

    /** A line of the table. */
    record Row(
            String topic, int partition, Integer leader, List<Integer> replicas, List<Integer> inSync, Long records) {
        boolean whole() {
            return leader != null && inSync.size() == replicas.size();
        }
    }

    private static void show(Admin admin, List<String> names) throws Exception {
        Cluster.print(String.join("\n", table(rows(admin, names), Map.of())));
    }

    private static List<Row> rows(Admin admin, List<String> names) throws Exception {
        try {
            var topics =
                    new TreeMap<>(admin.describeTopics(names).allTopicNames().get());
            var rows = new ArrayList<Row>();
            for (TopicDescription topic : topics.values()) {
                Map<Integer, Long> records = countRecords(admin, topic);
                for (TopicPartitionInfo it : topic.partitions())
                    rows.add(new Row(
                            topic.name(),
                            it.partition(),
                            it.leader() == null ? null : it.leader().id(),
                            it.replicas().stream().map(Node::id).toList(),
                            it.isr().stream().map(Node::id).sorted().toList(),
                            records.get(it.partition())));
            }
            return rows;
        } catch (ExecutionException failed) {
            throw new Failure(1, "The topics cannot be described: %s", Cluster.oneLine(failed));
        }
    }

    /** The records from the first to the last offset, where a leader can be asked. */
    private static Map<Integer, Long> countRecords(Admin admin, TopicDescription topic) throws InterruptedException {
        var counts = new HashMap<Integer, Long>();
        var first = new HashMap<TopicPartition, OffsetSpec>();
        var last = new HashMap<TopicPartition, OffsetSpec>();
        for (TopicPartitionInfo it : topic.partitions()) {
            if (it.leader() == null) continue;
            first.put(new TopicPartition(topic.name(), it.partition()), OffsetSpec.earliest());
            last.put(new TopicPartition(topic.name(), it.partition()), OffsetSpec.latest());
        }
        var limit = new ListOffsetsOptions().timeoutMs(2_000);
        ListOffsetsResult firsts = admin.listOffsets(first, limit);
        ListOffsetsResult lasts = admin.listOffsets(last, limit);
        for (TopicPartition each : first.keySet()) {
            try {
                counts.put(
                        each.partition(),
                        lasts.partitionResult(each).get().offset()
                                - firsts.partitionResult(each).get().offset());
            } catch (ExecutionException leaderHasGone) {
                // not known
            }
        }
        return counts;
    }

    /** The lines; a value that differs from the one before stands out. */
    private static List<String> table(List<Row> rows, Map<String, Row> before) {
        int longest = rows.stream().mapToInt(row -> row.topic.length()).max().orElse(0);
        int width = Math.max("TOPIC".length(), Math.min(longest, screenWidth() - 57));
        String format = "%-" + width + "s  %9s  %6s  %-10s  %-10s  %11s";
        var lines = new ArrayList<String>();
        lines.add(paint("bold", format.formatted("TOPIC", "PARTITION", "LEADER", "REPLICAS", "IN SYNC", "RECORDS")));
        for (Row row : rows) {
            String line = format.formatted(
                    shortened(row.topic, width),
                    row.partition,
                    row.leader == null ? "none" : row.leader,
                    joined(row.replicas),
                    joined(row.inSync),
                    row.records == null ? "-" : "%,d".formatted(row.records));
            Row was = before.get(row.topic + row.partition);
            boolean changed = was != null && !Objects.equals(was.leader, row.leader);
            lines.add(
                    row.leader == null
                            ? paint("red", line)
                            : changed ? paint("reverse", line) : row.whole() ? line : paint("yellow", line));
        }
        return lines;
    }

    /** A line that is too long would be broken in two, and could not be drawn over in place. */
    private static int screenWidth() {
        if (!Ansi.AUTO.enabled()) return Integer.MAX_VALUE;
        return new CommandLine(new topics()).setUsageHelpAutoWidth(true).getUsageHelpWidth();
    }

    /** Without its middle, if it is too long: its end tells the shape. */
    private static String shortened(String name, int width) {
        if (name.length() <= width) return name;
        int end = Math.min(8, width / 2);
        return name.substring(0, width - end - 2) + ".." + name.substring(name.length() - end);
    }

    private static String joined(List<Integer> ids) {
        return ids.isEmpty() ? "none" : ids.stream().map(Object::toString).collect(Collectors.joining(","));
    }

    private static String paint(String style, String line) {
        return Ansi.AUTO.string("@|" + style + " " + line + "|@");
    }

    /** Shows the table and every change of it: in place on a terminal, else a line for each. */
    private static class Watch {
        private final Admin admin;
        private final List<String> names;
        private final boolean inPlace = Ansi.AUTO.enabled();
        private final Map<String, Row> last = new HashMap<>();
        private final Map<String, Row> leaderBefore = new HashMap<>(); // for as long as it stands out
        private final Map<String, Long> changedAt = new HashMap<>();

        Watch(Admin admin, List<String> names) {
            this.admin = admin;
            this.names = names;
        }

        void run() throws Exception {
            int drawn = 0;
            do {
                List<Row> rows;
                try {
                    rows = rows(admin, names);
                } catch (Failure noAnswer) {
                    continue; // all brokers are away: the table stays as it was
                }
                boolean first = last.isEmpty();
                for (Row row : rows) compare(row);
                if (inPlace) {
                    List<String> table = table(rows, leaderBefore);
                    Cluster.print((drawn > 0 ? "\033[" + drawn + "A\033[J" : "") + String.join("\n", table));
                    drawn = table.size();
                } else if (first) {
                    Cluster.print(String.join("\n", table(rows, Map.of())));
                }
            } while (!Cluster.stopsWithin(300_000_000));
        }

        private void compare(Row now) {
            String key = now.topic + now.partition;
            Row was = last.put(key, now);
            if (System.nanoTime() - changedAt.getOrDefault(key, 0L) > 5e9) leaderBefore.remove(key);
            if (was == null) return;
            boolean leaderChanged = !Objects.equals(was.leader, now.leader);
            if (leaderChanged) {
                leaderBefore.put(key, was);
                changedAt.put(key, System.nanoTime());
            }
            if (inPlace || (!leaderChanged && was.inSync.equals(now.inSync))) return;
            Cluster.say(
                    "%s  %s partition %d: leader %s -> %s, in sync %s -> %s",
                    LocalTime.now().truncatedTo(ChronoUnit.SECONDS).format(DateTimeFormatter.ISO_LOCAL_TIME),
                    now.topic,
                    now.partition,
                    was.leader == null ? "none" : was.leader,
                    now.leader == null ? "none" : now.leader,
                    joined(was.inSync),
                    joined(now.inSync));
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
