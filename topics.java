///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Creates, lists, watches and deletes Kafka topics, with each replica on a chosen broker
//JAVA 17+
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-nop:2.0.17
//RUNTIME_OPTIONS -Duser.language=en -Duser.country=US -Dfile.encoding=UTF-8 -XX:TieredStopAtLevel=1

import java.io.*;
import java.time.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.errors.*;
import picocli.CommandLine;
import picocli.CommandLine.*;
import picocli.CommandLine.Help.Ansi;

/**
 * Creates the guide's topics, moves leadership back to the preferred replicas, and prints a table. The broker with the
 * lowest id leads partition 0, the next one partition 1, so stopping kafka-1 always stops the leader of partition 0.
 *
 * <pre>
 * TOPIC        PARTITION  LEADER  REPLICAS  IN SYNC  OFFSETS
 * test-2p-rf2          0       1  1,2       1,2      0 to 11    the first and the last offset in the log
 * test-2p-rf2          1    none  2,1       2        -          no leader, so the offsets are not known
 * 14:05:09  test-2p-rf2 ...                                     list --watch: leader, in-sync set or topic changed
 * 14:05:09  no answer: REASON                                   list --watch, which continues
 * deleted orders
 * </pre>
 */
@Command(
        name = "topics",
        version = "topics 2.0.0, Kafka client 4.4.0",
        scope = ScopeType.INHERIT,
        mixinStandardHelpOptions = true,
        header = "Creates the guide's topics (on the default servers), restores preferred leaders, and lists topics.",
        footer = "%nExit status: 0 done, 1 the cluster refused, 2 wrong usage, 3 no answer from the cluster.")
class topics implements Callable<Integer> {
    private static final Set<String> GUIDE = new TreeSet<>(Set.of("test-1p-rf1", "test-2p-rf1", "test-2p-rf2"));
    private final Map<TopicPartition, Row> shown = new HashMap<>();
    private String format; // of a row
    private Admin admin;

    public static void main(String... args) {
        var script = new topics();
        int status = new CommandLine(script)
                .setParameterExceptionHandler((error, given) -> complain(2, error.getMessage()))
                .setExecutionExceptionHandler((error, command, parsed) -> script.failed(error))
                .execute(args);
        if (script.admin != null) script.admin.close(Duration.ZERO); // otherwise the exit takes 0.3 s longer
        System.exit(status);
    }

    @Override
    public Integer call() throws Exception {
        connect();
        if (!servers.equals(DEFAULT)) return list(null, false); // such as production: change nothing
        var missing = new TreeSet<>(GUIDE);
        missing.removeAll(admin.listTopics().names().get());
        if (!missing.isEmpty()) create(missing, null);
        if (elect(GUIDE) != 0) return 1;
        for (String name : GUIDE) {
            var placement = new TreeMap<Integer, List<Integer>>();
            for (Row it : shown.values()) if (it.at.topic().equals(name)) placement.put(it.at.partition(), it.replicas);
            String fix = "jbang topics.java delete %1$s; jbang topics.java create %1$s".formatted(name);
            if (!placement.equals(placement(name)))
                throw new ApiException(name + ": wrong replicas for the guide. Fix (deletes its records): " + fix);
        }
        return 0;
    }

    @Command(header = "Creates topics. orders-3p-rf2 gets 3 partitions with 2 replicas, other names get 1 and 1.")
    int create(
            @Parameters(paramLabel = "NAME", arity = "1..*") Set<String> names,
            @Option(names = {"-c", "--config"}, paramLabel = "KEY=VALUE", description = "Topic property. Repeatable.")
                    Map<String, String> config)
            throws Exception {
        connect();
        var topics = new ArrayList<NewTopic>();
        for (String name : names) topics.add(new NewTopic(name, placement(name)).configs(config));
        var onlyCheck = new CreateTopicsOptions().validateOnly(true); // creates all topics or none
        admin.createTopics(topics, onlyCheck).all().get();
        unless(TopicExistsException.class, admin.createTopics(topics).all(), null);
        return elect(names);
    }

    @Command(aliases = "describe", header = "Lists leaders, replicas in sync, and the first and the last offset.")
    int list(
            @Parameters(paramLabel = "NAME", arity = "0..*", description = "Topics (default: all).") Set<String> names,
            @Option(names = "--watch", description = "Print a row again when it changes.") boolean watch)
            throws Exception {
        connect();
        show(describe(names), watch);
        for (; watch && !System.out.checkError(); Thread.sleep(300))
            try {
                show(describe(names), true);
            } catch (ExecutionException error) {
                say("%tT  no answer: %s", LocalTime.now(), error.getCause().getMessage());
            }
        return 0;
    }

    @Command(header = "Moves leadership back to the preferred replicas.")
    int elect(@Parameters(paramLabel = "NAME", arity = "1..*") Set<String> names) throws Exception {
        connect();
        for (long start = System.nanoTime(); ; Thread.sleep(50))
            try {
                List<Row> rows = describe(names);
                var partitions = new HashSet<TopicPartition>();
                for (Row it : rows)
                    if (!it.leader.equals(it.first) && it.inSync.contains(it.first)) partitions.add(it.at);
                if (partitions.isEmpty() || System.nanoTime() - start > 8_000_000_000L) {
                    show(rows, false);
                    if (rows.stream().allMatch(it -> it.leader.equals(it.first))) return 0;
                    return complain(1, "Some preferred replicas do not lead: they are down or not in sync.");
                }
                var election = admin.electLeaders(ElectionType.PREFERRED, partitions);
                election.partitions().get();
            } catch (ExecutionException error) { // a broker learns of a new topic later than the controller
                if (System.nanoTime() - start > 5_000_000_000L) throw error;
            }
    }

    @Command(header = "Deletes topics and their records. Does not ask.")
    int delete(@Parameters(paramLabel = "NAME", arity = "1..*") Set<String> names) throws Exception {
        connect();
        Set<String> existing = admin.listTopics().names().get(); // without Kafka's own
        for (String name : names) if (!existing.contains(name)) throw new ApiException("There is no topic " + name);
        for (String name : names) {
            KafkaFuture<Void> deleted = admin.deleteTopics(Set.of(name)).all();
            unless(UnknownTopicOrPartitionException.class, deleted, null);
            say("deleted %s", name);
        }
        return 0;
    }

    private void connect() throws IOException {
        if (admin != null) return;
        Properties settings = given();
        settings.putAll(Map.of("request.timeout.ms", 2000, "connections.max.idle.ms", 1500)); // for brokers that hang
        settings.put("default.api.timeout.ms", 8000);
        admin = Admin.create(settings);
    }

    /** The first broker leads partition 0, the next one partition 1. Fails if one is down: it would get no replica. */
    private Map<Integer, List<Integer>> placement(String name) throws Exception {
        String shaped = name.matches(".*-\\d+p-rf\\d+") ? name : "-1p-rf1";
        String[] shape = shaped.replaceFirst(".*-0*([1-9]\\d{0,3})p-rf0*([1-9]\\d{0,3})$", "$1 $2")
                .split(" ");
        if (shape.length < 2 || name.startsWith("__"))
            throw new InvalidTopicException(name + " is Kafka's own, or not of 1 to 9,999 partitions and replicas.");
        int partitions = Integer.parseInt(shape[0]);
        int replicas = Integer.parseInt(shape[1]);
        var brokers = new TreeMap<Integer, Node>();
        for (Node it : admin.describeCluster().nodes().get()) brokers.put(it.id(), it);
        var all = admin.describeCluster(new DescribeClusterOptions().includeFencedBrokers(true));
        for (Node it : unless(UnsupportedVersionException.class, all.nodes(), List.of())) brokers.put(it.id(), it);
        var ring = new ArrayList<>(brokers.keySet());
        if (ring.size() < replicas) throw new ApiException(name + " needs more brokers than these: " + ring);
        while (ring.size() > Math.max(partitions, replicas)) ring.remove(ring.size() - 1);
        for (int id : ring)
            if (brokers.get(id).isFenced()) throw new ApiException(name + ": broker " + id + " is down");
        var placement = new TreeMap<Integer, List<Integer>>();
        for (int i = 0; i < partitions; i++, Collections.rotate(ring, -1))
            placement.put(i, List.copyOf(ring.subList(0, replicas)));
        return placement;
    }

    /** The answer, or another one after an expected error: a request that the client repeats may have worked before. */
    private static <T> T unless(Class<?> expected, KafkaFuture<T> asked, T otherwise) throws Exception {
        try {
            return asked.get();
        } catch (ExecutionException error) {
            if (!expected.isInstance(error.getCause())) throw error;
            return otherwise;
        }
    }

    record Row(Uuid topic, TopicPartition at, Object leader, int first, List<Integer> replicas, List<Integer> inSync) {}

    private List<Row> describe(Set<String> names) throws Exception {
        Set<String> wanted = names == null ? admin.listTopics().names().get() : names;
        var rows = new ArrayList<Row>();
        for (var topic :
                new TreeMap<>(admin.describeTopics(wanted).allTopicNames().get()).values())
            for (TopicPartitionInfo it : topic.partitions()) {
                var at = new TopicPartition(topic.name(), it.partition());
                Object leader = it.leader() == null ? "none" : it.leader().id();
                var replicas = it.replicas().stream().map(Node::id).toList();
                var inSync = it.isr().stream().map(Node::id).sorted().toList();
                rows.add(new Row(topic.topicId(), at, leader, replicas.get(0), replicas, inSync));
            }
        return rows;
    }

    /** Prints the rows that have changed since they were printed. */
    private void show(List<Row> rows, boolean watch) throws InterruptedException {
        String time = watch ? "%tT  ".formatted(LocalTime.now()) : "";
        if (format == null) {
            int width = rows.stream().mapToInt(it -> it.at.topic().length()).reduce(5, Math::max);
            format = "%s%-" + width + "s  %9s  %6s  %-8s  %-7s  %s|@";
            String start = watch ? "TIME      " : "";
            say("@|bold " + format, start, "TOPIC", "PARTITION", "LEADER", "REPLICAS", "IN SYNC", "OFFSETS");
        }
        rows = rows.stream().filter(it -> !it.equals(shown.put(it.at, it))).toList();
        var first = new HashMap<TopicPartition, OffsetSpec>(); // of many partitions in one request to each leader
        for (Row it : rows) if (!it.leader.equals("none")) first.put(it.at, OffsetSpec.earliest());
        var next = new HashMap<>(first);
        next.replaceAll((at, spec) -> OffsetSpec.latest());
        ListOffsetsResult firsts = admin.listOffsets(first, new ListOffsetsOptions().timeoutMs(3_000));
        ListOffsetsResult nexts = admin.listOffsets(next, new ListOffsetsOptions().timeoutMs(3_000));
        for (Row it : rows) {
            String offsets = "-"; // without a leader that answers
            try {
                long from = firsts.partitionResult(it.at).get().offset();
                long end = nexts.partitionResult(it.at).get().offset();
                offsets = from == end ? "empty" : from + " to " + (end - 1);
            } catch (ExecutionException | IllegalArgumentException notKnown) {
            }
            boolean less = it.inSync.size() < it.replicas.size();
            String row = (it.leader.equals("none") ? "@|red " : less ? "@|yellow " : "@|reset ") + format;
            String[] ids =
                    (it.replicas + ";" + it.inSync).replaceAll("[\\[ \\]]", "").split(";", 2);
            say(row, time, it.at.topic(), it.at.partition(), it.leader, ids[0], ids[1], offsets);
        }
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
