///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Creates, shows, watches and deletes Kafka topics, with each replica where the guide needs it
//JAVA 17+
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-nop:2.0.17
//COMPILE_OPTIONS -encoding UTF-8 -XDignore.symbol.file
//RUNTIME_OPTIONS -Djdk.console=java.base

import java.io.*;
import java.net.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.time.*;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.*;
import java.util.regex.Pattern;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import picocli.CommandLine;
import picocli.CommandLine.*;
import picocli.CommandLine.Help.Ansi;

/**
 * Creates the topics of the guide and shows them. The commands create, list, describe, elect, delete and reset are for
 * any topic.
 *
 * <pre>jbang topics.java</pre>
 *
 * The broker with the lowest id leads partition 0, the next one partition 1, and so on: stopping kafka-1 always hits
 * partition 0. This is printed:
 *
 * <pre>
 * TOPIC        PARTITION  LEADER  REPLICAS    IN SYNC     OFFSETS
 * test-2p-rf2          0       1  1,2         1,2         0 to 11
 * test-2p-rf2          1    none  2,1         none              -    no leader, so that nobody tells the offsets
 * </pre>
 *
 * OFFSETS are the offsets in the log, and not a number of records: the end of a transaction takes an offset of its own,
 * and compaction removes records and leaves their offsets unused.
 */
@Command(
        name = "topics",
        version = "topics 1.1.0, Kafka client 4.4.0",
        scope = ScopeType.INHERIT,
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        sortOptions = false,
        header = "Creates, shows, watches and deletes Kafka topics.",
        synopsisHeading = "%nUsage: ",
        description = "Without a command: creates the topics of the guide (test-1p-rf1, test-2p-rf1, test-2p-rf2),"
                + " lets the preferred leaders lead again, and shows the topics.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:done",
            "1:something was not done: a topic exists already or does not exist, the cluster refuses, or does not"
                    + " answer in time",
            "2:wrong usage",
            "3:no cluster could be reached"
        })
class topics implements Callable<Integer> {
    public static void main(String... args) {
        Script.run(new topics(), args);
    }

    static final Set<String> GUIDE = new TreeSet<>(Set.of("test-1p-rf1", "test-2p-rf1", "test-2p-rf2"));

    @Mixin
    Connection connection;

    /** Never closed: the process ends with the command, and closing would wait for a cluster that hangs. */
    private Admin admin;

    // ---- the commands ----

    @Override
    public Integer call() throws Exception {
        admin = connection.connect();
        var missing = new TreeSet<>(GUIDE);
        missing.removeAll(find(GUIDE).keySet());
        create(missing.stream().map(name -> Shape.of(name, null, null)).toList(), Map.of());
        boolean elected = electPreferredLeaders(GUIDE, false);
        show(GUIDE);
        return checkPlacement(GUIDE) && elected ? 0 : 1;
    }

    @Command(
            name = "create",
            header = "Creates topics, with each replica in a chosen place.",
            description = "The broker with the lowest id leads partition 0, the next one partition 1, and so on. The"
                    + " brokers that follow have the other replicas.")
    int create(
            @Parameters(paramLabel = "NAME", arity = "1..*",
                    description = "A name such as orders-3p-rf2 gives the shape: 3 partitions, 2 replicas.")
                    Set<String> names,
            @Option(names = {"-p", "--partitions"}, paramLabel = "N",
                    description = "The number of partitions (default: the name's, else 1).")
                    Integer partitions,
            @Option(names = {"-r", "--replication-factor"}, paramLabel = "N",
                    description = "The replicas of each partition (default: the name's, else 1).")
                    Integer replicas,
            @Option(names = {"-c", "--config"}, paramLabel = "KEY=VALUE",
                    description = "A topic property, such as min.insync.replicas=2. Repeatable.")
                    Map<String, String> config)
            throws Exception {
        checkNames(names);
        refuseKafkasOwn(names, "created by hand");
        var shapes = new ArrayList<Shape>();
        for (String name : names) shapes.add(Shape.of(name, partitions, replicas));
        admin = connection.connect();
        for (TopicDescription existing : find(names).values()) {
            String name = existing.name();
            Script.complain(
                    "Topic '%s' exists already: %s. Take another name, or empty it (this deletes its records):"
                            + " jbang topics.java reset %s",
                    name, Shape.of(existing), name);
            shapes.removeIf(shape -> shape.name.equals(name));
        }
        create(shapes, config == null ? Map.of() : config);
        if (!shapes.isEmpty()) show(shapes.stream().map(Shape::name).toList());
        return shapes.size() == names.size() ? 0 : 1;
    }

    @Command(name = "list", header = "Lists the topics and their shapes.", description = "One topic a line.")
    int list(
            @Option(names = {"-a", "--all"}, description = "Kafka's own topics, too.")
                    boolean all)
            throws Exception {
        admin = connection.connect();
        var topics = find(listed(all)).values();
        if (topics.isEmpty()) Script.complain("%s", NO_TOPICS);
        int width = longest(topics.stream().map(TopicDescription::name));
        for (TopicDescription topic : topics) Script.say("%-" + width + "s  %s", topic.name(), Shape.of(topic));
        return 0;
    }

    @Command(
            name = "describe",
            header = "Shows who leads, who is in sync, and the offsets in the log.",
            description = "The offsets are not a number of records: transactions and compaction leave offsets without"
                    + " a record. ELIGIBLE are replicas out of sync that have all records and may lead.")
    int describe(
            @Parameters(paramLabel = "NAME", arity = "0..*", description = "The topics (default: all).")
                    Set<String> names,
            @Option(names = {"-w", "--watch"}, description = "Show every change as it happens, until Ctrl-C.")
                    boolean watch)
            throws Exception {
        if (names != null) checkNames(names);
        admin = connection.connect();
        if (names != null) require(names);
        if (watch) new Watch(names).run();
        else show(names == null ? listed(false) : names);
        return 0;
    }

    @Command(
            name = "elect",
            header = "Lets preferred leaders lead again, or makes an unclean election.",
            description = "The preferred leader is the first replica. Where no broker leads and no complete replica"
                    + " comes back, --unclean elects another replica: the records that it does not have are lost.")
    int elect(
            @Parameters(paramLabel = "NAME", arity = "1..*", description = "The topics.") Set<String> names,
            @Option(names = "--unclean",
                    description = "Elect a replica that was not in sync, where no other can lead. Asks first.")
                    boolean unclean,
            @Option(names = {"-y", "--yes"}, description = "Do not ask.")
                    boolean yes)
            throws Exception {
        checkNames(names);
        admin = connection.connect();
        require(names);
        return (unclean ? electUncleanLeaders(names, yes) : electPreferredLeaders(names, true)) ? 0 : 1;
    }

    @Command(name = "delete", header = "Deletes topics and their records.", description = "It does not ask.")
    int delete(@Parameters(paramLabel = "NAME", arity = "1..*", description = "The topics.") Set<String> names)
            throws Exception {
        checkNames(names);
        refuseKafkasOwn(names, "deleted");
        admin = connection.connect();
        Map<String, TopicDescription> existing = find(names);
        Map<String, String> records = recordsOf(existing.values());
        for (String name : names) {
            if (existing.containsKey(name)) {
                delete(name);
                Script.say("deleted %s: %s", name, records.get(name));
            } else {
                Script.complain("Topic '%s' does not exist.", name);
            }
        }
        return existing.size() == names.size() ? 0 : 1;
    }

    @Command(
            name = "reset",
            header = "Deletes topics and creates them anew, empty.",
            description = "The shape and the properties stay. On a terminal it asks before records go.")
    int reset(
            @Parameters(paramLabel = "NAME", arity = "0..*", description = "The topics (default: the guide's).")
                    Set<String> names,
            @Option(names = {"-y", "--yes"}, description = "Do not ask.")
                    boolean yes)
            throws Exception {
        Set<String> wanted = names == null ? GUIDE : names;
        checkNames(wanted);
        refuseKafkasOwn(wanted, "reset");
        admin = connection.connect();
        Map<String, TopicDescription> existing = names == null ? find(wanted) : require(wanted);
        var shapes = new ArrayList<Shape>();
        for (String name : wanted)
            shapes.add(existing.containsKey(name) ? Shape.of(existing.get(name)) : Shape.of(name, null, null));
        // All that can refuse the new topic is looked at before the old one is deleted.
        shapes.forEach(Shape::check);
        List<Integer> brokers = brokersFor(shapes);
        for (Shape shape : shapes) checkMayCreate(shape, brokers);
        Map<String, Map<String, String>> properties = propertiesOf(existing.keySet());
        Map<String, String> records = recordsOf(existing.values());
        records.values().removeIf(NO_RECORDS::equals);
        String what = records.entrySet().stream()
                .map(it -> it.getKey() + " (" + it.getValue() + ")")
                .collect(Collectors.joining(", "));
        boolean ask = !records.isEmpty() && !yes && System.console() != null;
        if (ask && !confirmed("reset deletes the records of " + what)) throw new Failure(1, "Nothing was deleted.");
        for (Shape shape : shapes) {
            if (existing.containsKey(shape.name)) delete(shape.name);
            create(List.of(shape), properties.getOrDefault(shape.name, Map.of()));
            if (records.containsKey(shape.name)) Script.say("emptied %s: %s", shape.name, records.get(shape.name));
        }
        show(wanted);
        return 0;
    }

    // ---- topics and their shapes ----

    /** How many partitions a topic has, and how many replicas each. */
    record Shape(String name, int partitions, int replicas) {
        private static final Pattern IN_NAME = Pattern.compile(".*-(\\d+)p-rf(\\d+)");

        /** Kafka's controller makes at most 10,000 changes for a request, and the topic itself is one (measured). */
        private static final int MOST_PARTITIONS = 9_999;

        /** The shape that is asked for, else that of the name, else 1 partition with 1 replica. */
        static Shape of(String name, Integer partitions, Integer replicas) {
            var inName = IN_NAME.matcher(name);
            boolean named = inName.matches();
            var shape = new Shape(
                    name,
                    partitions != null ? partitions : named ? number(inName.group(1)) : 1,
                    replicas != null ? replicas : named ? number(inName.group(2)) : 1);
            shape.check();
            return shape;
        }

        static Shape of(TopicDescription topic) {
            int replicas = topic.partitions().get(0).replicas().size();
            return new Shape(topic.name(), topic.partitions().size(), replicas);
        }

        /** What no cluster can create is wrong usage. */
        void check() {
            if (partitions < 1 || partitions > MOST_PARTITIONS)
                throw new Failure(2, "Topic '%s': 1 to %,d partitions, not %d.", name, MOST_PARTITIONS, partitions);
            if (replicas < 1) throw new Failure(2, "Topic '%s': 1 or more replicas, not %d.", name, replicas);
        }

        private static int number(String digits) {
            return digits.length() > 9 ? Integer.MAX_VALUE : Integer.parseInt(digits);
        }

        /** The first broker leads partition 0, the next one partition 1; the others have the other replicas. */
        Map<Integer, List<Integer>> placement(List<Integer> brokers) {
            var placement = new TreeMap<Integer, List<Integer>>();
            for (int partition = 0; partition < partitions; partition++) {
                var on = new ArrayList<Integer>();
                for (int replica = 0; replica < replicas; replica++)
                    on.add(brokers.get((partition + replica) % brokers.size()));
                placement.put(partition, on);
            }
            return placement;
        }

        @Override
        public String toString() {
            return count(partitions, "partition") + ", " + count(replicas, "replica");
        }
    }

    /** A name that Kafka would refuse is refused here, before any request is sent. */
    private static void checkNames(Set<String> names) {
        for (String name : names)
            if (!name.matches("[a-zA-Z0-9._-]{1,249}") || name.matches("[.]{1,2}"))
                throw new Failure(
                        2,
                        "'%s' cannot be a topic's name: 1 to 249 letters, digits, '.', '_' and '-'.",
                        name.replaceAll("\\p{Cntrl}", "?"));
    }

    /** Without these topics no group would know its offsets, and no transaction its state. */
    private static void refuseKafkasOwn(Set<String> names, String what) {
        for (String name : names)
            if (KAFKAS_OWN.contains(name))
                throw new Failure(2, "Topic '%s' is Kafka's own. It is not %s here.", name, what);
    }

    private Set<String> listed(boolean internal) throws Exception {
        try {
            var options = new ListTopicsOptions().listInternal(internal).timeoutMs(PATIENCE_MS);
            return admin.listTopics(options).names().get();
        } catch (ExecutionException failed) {
            throw refused("list the topics", "DESCRIBE on a topic", failed);
        }
    }

    /** Those of the topics that exist, by name. */
    private Map<String, TopicDescription> find(Collection<String> names) throws Exception {
        var found = new TreeMap<String, TopicDescription>();
        var options = new DescribeTopicsOptions().timeoutMs(PATIENCE_MS);
        for (var answer : admin.describeTopics(names, options).topicNameValues().entrySet()) {
            try {
                found.put(answer.getKey(), answer.getValue().get());
            } catch (ExecutionException failed) {
                if (failed.getCause() instanceof UnknownTopicOrPartitionException) continue;
                throw refused("describe topic '" + answer.getKey() + "'", "DESCRIBE on the topic", failed);
            }
        }
        return found;
    }

    private Map<String, TopicDescription> require(Collection<String> names) throws Exception {
        Map<String, TopicDescription> found = find(names);
        for (String name : names)
            if (!found.containsKey(name))
                throw new Failure(1, "Topic '%s' does not exist. Create it: jbang topics.java create %s", name, name);
        return found;
    }

    /** The brokers that run, by id. */
    private List<Integer> brokers() throws Exception {
        var nodes = admin.describeCluster(new DescribeClusterOptions().timeoutMs(PATIENCE_MS))
                .nodes();
        return nodes.get().stream().map(Node::id).sorted().toList();
    }

    private List<Integer> brokersFor(List<Shape> shapes) throws Exception {
        List<Integer> brokers = brokers();
        for (Shape shape : shapes)
            if (shape.replicas > brokers.size())
                throw new Failure(
                        1,
                        "Topic '%s' needs %d brokers for its replicas, and %d answer%s: %s. Start the others.",
                        shape.name,
                        shape.replicas,
                        brokers.size(),
                        brokers.size() == 1 ? "s" : "",
                        joined(brokers));
        return brokers;
    }

    private void create(List<Shape> shapes, Map<String, String> properties) throws Exception {
        if (shapes.isEmpty()) return;
        List<Integer> brokers = brokersFor(shapes);
        for (Shape shape : shapes) {
            var topic = new NewTopic(shape.name, shape.placement(brokers)).configs(properties);
            change(
                    "create topic '" + shape.name + "'",
                    "CREATE on the topic or on the cluster",
                    admin.createTopics(List.of(topic), new CreateTopicsOptions().timeoutMs(PATIENCE_MS))
                            .all(),
                    TopicExistsException.class,
                    () -> {
                        TopicDescription now = find(List.of(shape.name)).get(shape.name);
                        if (now != null && !Shape.of(now).equals(shape))
                            throw new Failure(1, "Somebody else has created '%s': %s.", shape.name, Shape.of(now));
                        return now != null && now.partitions().stream().allMatch(it -> it.leader() != null);
                    });
        }
    }

    /** Kafka looks at the permission before it finds that the topic exists already. */
    private void checkMayCreate(Shape shape, List<Integer> brokers) throws Exception {
        var topic = new NewTopic(shape.name, shape.placement(brokers));
        var tryOnly = new CreateTopicsOptions().timeoutMs(PATIENCE_MS).validateOnly(true);
        try {
            admin.createTopics(List.of(topic), tryOnly).all().get();
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof TopicExistsException) return;
            throw refused("create topic '" + shape.name + "'", "CREATE on the topic or on the cluster", failed);
        }
    }

    private void delete(String name) throws Exception {
        change(
                "delete topic '" + name + "'",
                "DELETE on the topic",
                admin.deleteTopics(List.of(name), new DeleteTopicsOptions().timeoutMs(PATIENCE_MS))
                        .all(),
                UnknownTopicOrPartitionException.class,
                () -> !find(List.of(name)).containsKey(name));
    }

    /**
     * Waits until a change has been made, and is seen. A time-out is not a no: the controller may be slow or hang, and
     * has the request. The Admin client repeats a request that was not answered in time; the answer to the second one
     * is then an error that says that the change has been made already.
     */
    private void change(
            String request,
            String needed,
            KafkaFuture<?> answer,
            Class<? extends ApiException> madeAlready,
            Callable<Boolean> seen)
            throws Exception {
        try {
            while (!answer.isDone())
                if (Script.stopsWithin(20_000_000))
                    throw new Failure(
                            130, "Interrupted. The request to %s was sent, and may still be carried out.", request);
            answer.get();
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof RetriableException && !madeAlready.isInstance(failed.getCause())) {
                if (!seen.call())
                    throw new Failure(
                            1,
                            "No answer to the request to %s within %d s. It may still be carried out."
                                    + " Look again: jbang topics.java list",
                            request,
                            PATIENCE_MS / 1_000);
            } else if (!madeAlready.isInstance(failed.getCause())) {
                throw refused(request, needed, failed);
            }
        }
        await(seen, "The request to " + request + " was accepted, and its effect is not seen");
    }

    private static void await(Callable<Boolean> condition, String complaint) throws Exception {
        long start = System.nanoTime();
        while (!condition.call()) {
            if (System.nanoTime() - start > PATIENCE_MS * 1_000_000L)
                throw new Failure(1, "%s within %d s.", complaint, PATIENCE_MS / 1_000);
            if (Script.stopsWithin(50_000_000)) throw new Failure(130, "Interrupted. %s yet.", complaint);
        }
    }

    /** The properties that were set for the topics themselves. */
    private Map<String, Map<String, String>> propertiesOf(Collection<String> names) throws Exception {
        var resources = names.stream().map(it -> new ConfigResource(ConfigResource.Type.TOPIC, it));
        var options = new DescribeConfigsOptions().timeoutMs(PATIENCE_MS);
        var properties = new TreeMap<String, Map<String, String>>();
        try {
            var answers =
                    admin.describeConfigs(resources.toList(), options).all().get();
            answers.forEach((topic, config) -> properties.put(
                    topic.name(),
                    config.entries().stream()
                            .filter(it -> it.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG)
                            .collect(Collectors.toMap(ConfigEntry::name, ConfigEntry::value))));
            return properties;
        } catch (ExecutionException failed) {
            throw refused(
                    "read the properties of " + String.join(", ", names), "DESCRIBE_CONFIGS on the topic", failed);
        }
    }

    // ---- leaders ----

    /**
     * After a broker was away, others lead in its place. The preferred leaders return by themselves only every 300 s
     * (leader.imbalance.check.interval.seconds); until then, to stop the broker again would show nothing.
     *
     * @param say whether to print what changes, and why a preferred leader cannot lead
     * @return whether all preferred leaders that are in sync lead now
     */
    private boolean electPreferredLeaders(Collection<String> names, boolean say) throws Exception {
        boolean all = true;
        var before = new TreeMap<TopicPartition, Row>(ORDER);
        for (Row row : rowsWithoutOffsets(find(names).values())) {
            int preferred = row.replicas.get(0);
            if (Objects.equals(row.leader, preferred)) continue;
            if (row.inSync.contains(preferred)) before.put(row.at, row);
            else if (say) {
                Script.complain("%s: broker %d cannot lead: it is not in sync.", name(row.at), preferred);
                all = false;
            }
        }
        try {
            elect(ElectionType.PREFERRED, before.keySet());
        } catch (Failure refused) {
            if (say) throw refused;
            Script.complain("%s", refused.getMessage());
            return false;
        }
        if (say) before.values().forEach(row -> sayNewLeader(row, row.replicas.get(0)));
        if (say && all && before.isEmpty()) Script.say("The preferred leaders lead already.");
        return all;
    }

    /**
     * An operator's choice, where no replica that has all records can lead: to wait for one, or to go on without what
     * only that one has. The controller takes the first replica in the list that is there
     * (PartitionChangeBuilder.electAnyLeader).
     */
    private boolean electUncleanLeaders(Set<String> names, boolean yes) throws Exception {
        List<Integer> brokers = brokers();
        var next = new TreeMap<TopicPartition, Row>(ORDER);
        boolean all = true;
        for (Row row : rowsWithoutOffsets(find(names).values())) {
            if (row.leader != null) continue;
            if (row.replicas.stream().anyMatch(brokers::contains)) next.put(row.at, row);
            else {
                Script.complain(
                        "%s: no replica is there: start one of brokers %s.", name(row.at), joined(row.replicas));
                all = false;
            }
        }
        if (next.isEmpty()) {
            if (all) Script.say("Every partition has a leader. Nothing to do.");
            return all;
        }
        Map<TopicPartitionReplica, Long> sizes = sizesOn(brokers);
        for (Row row : next.values()) sayWhatMayGo(row, nextLeader(row, brokers), sizes);
        if (!yes && System.console() == null)
            throw new Failure(2, "Not done: an unclean election wants a terminal to ask on, or --yes.");
        if (!yes && !confirmed("Elect leaders that may not have all records"))
            throw new Failure(1, "Nothing was changed.");
        elect(ElectionType.UNCLEAN, next.keySet());
        for (Row row : rows(find(names).values())) {
            if (!next.containsKey(row.at)) continue;
            sayNewLeader(next.get(row.at), row.leader);
            Script.say("%s: offsets in the log now: %s", name(row.at), row.offsets());
        }
        return all;
    }

    private static int nextLeader(Row row, List<Integer> brokers) {
        return row.replicas.stream().filter(brokers::contains).findFirst().orElseThrow();
    }

    /** Nobody can tell the number of records that would be lost: only a leader tells the end of its log. */
    private static void sayWhatMayGo(Row row, int next, Map<TopicPartitionReplica, Long> sizes) {
        var complete = new TreeSet<>(row.inSync);
        complete.addAll(row.eligible);
        complete.addAll(row.lastEligible);
        Long size = sizes.get(new TopicPartitionReplica(row.at.topic(), row.at.partition(), next));
        Script.say(
                "%s: no leader. Broker %d would lead%s. All records are on: %s.",
                name(row.at),
                next,
                size == null ? "" : ", with %,d bytes of the log".formatted(size),
                complete.isEmpty() ? "not known" : "broker " + joined(complete));
        Script.say(
                "    Lost: what was acknowledged while broker %d was not in sync. How many records: not known, as only a"
                        + " leader tells the end of its log.",
                next);
    }

    private static void sayNewLeader(Row before, int leader) {
        if (before.leader == null) Script.say("%s: broker %d leads now; it had no leader", name(before.at), leader);
        else Script.say("%s: broker %d leads now; it was broker %d", name(before.at), leader, before.leader);
    }

    private void elect(ElectionType type, Set<TopicPartition> partitions) throws Exception {
        if (partitions.isEmpty()) return;
        String request =
                type == ElectionType.UNCLEAN ? "elect leaders that are not in sync" : "elect preferred leaders";
        var options = new ElectLeadersOptions().timeoutMs(PATIENCE_MS);
        change(
                request,
                "ALTER on the cluster",
                admin.electLeaders(type, partitions, options).all(),
                ElectionNotNeededException.class,
                () -> rowsWithoutOffsets(find(topicsOf(partitions)).values()).stream()
                        .filter(row -> partitions.contains(row.at))
                        .allMatch(row -> type == ElectionType.UNCLEAN
                                ? row.leader != null
                                : row.replicas.get(0).equals(row.leader)));
    }

    /** The bytes that each replica has on disk: all that can be known of a log that no broker leads. */
    private Map<TopicPartitionReplica, Long> sizesOn(List<Integer> brokers) throws Exception {
        var sizes = new HashMap<TopicPartitionReplica, Long>();
        try {
            var options = new DescribeLogDirsOptions().timeoutMs(PATIENCE_MS);
            var answers =
                    admin.describeLogDirs(brokers, options).allDescriptions().get();
            answers.forEach((broker, directories) -> directories
                    .values()
                    .forEach(directory -> directory
                            .replicaInfos()
                            .forEach((at, replica) -> sizes.put(
                                    new TopicPartitionReplica(at.topic(), at.partition(), broker), replica.size()))));
        } catch (ExecutionException noPermission) {
            // the question is asked without the sizes
        }
        return sizes;
    }

    private boolean confirmed(String what) {
        String answer = System.console().readLine("%s. Go on? [y/N] ", what);
        return answer != null && answer.strip().toLowerCase(Locale.ROOT).matches("y|yes");
    }

    /** The guide stops kafka-1 and looks at partition 0. Somebody else's placement may differ. */
    private boolean checkPlacement(Set<String> names) throws Exception {
        boolean all = true;
        int lowest = Collections.min(brokers());
        for (TopicDescription topic : find(names).values()) {
            Shape wanted = Shape.of(topic.name(), null, null);
            int first = topic.partitions().get(0).replicas().get(0).id();
            if (wanted.equals(Shape.of(topic)) && first <= lowest) continue;
            Script.complain(
                    "%s is not what the guide needs (%s, partition 0 on the first broker)."
                            + " Recreate it (this deletes its records): jbang topics.java reset %s",
                    topic.name(), wanted, topic.name());
            all = false;
        }
        return all;
    }

    // ---- the table ----

    /**
     * A partition, as a line of the table.
     *
     * @param leader null: none
     * @param eligible replicas out of sync that have all records (eligible leader replicas, KIP-966)
     * @param lastEligible the last ones of these, when none is left
     * @param first the first offset in the log; null: no leader tells
     * @param end the offset that the next record gets; null: no leader tells
     */
    record Row(
            TopicPartition at,
            Integer leader,
            List<Integer> replicas,
            List<Integer> inSync,
            List<Integer> eligible,
            List<Integer> lastEligible,
            Long first,
            Long end) {
        static Row of(
                String topic, TopicPartitionInfo it, Map<TopicPartition, Long> first, Map<TopicPartition, Long> end) {
            var at = new TopicPartition(topic, it.partition());
            boolean known = first.containsKey(at) && end.containsKey(at);
            return new Row(
                    at,
                    it.leader() == null ? null : it.leader().id(),
                    ids(it.replicas()),
                    ids(it.isr()).stream().sorted().toList(),
                    ids(it.elr()),
                    ids(it.lastKnownElr()),
                    known ? first.get(at) : null,
                    known ? end.get(at) : null);
        }

        /** @param nodes null: a broker of before Kafka 4.0 does not tell */
        private static List<Integer> ids(List<Node> nodes) {
            return nodes == null ? List.of() : nodes.stream().map(Node::id).toList();
        }

        boolean whole() {
            return leader != null && inSync.size() == replicas.size();
        }

        String leaderOrNone() {
            return leader == null ? "none" : leader.toString();
        }

        String offsets() {
            if (end == null) return "-";
            return end <= first ? "empty" : first + " to " + (end - 1);
        }

        String eligibleLeaders() {
            return eligible.isEmpty() && !lastEligible.isEmpty() ? "last " + joined(lastEligible) : joined(eligible);
        }
    }

    private void show(Collection<String> names) throws Exception {
        if (names.isEmpty()) throw new Failure(1, "%s", NO_TOPICS);
        Script.print(String.join("\n", table(rows(find(names).values()), Set.of())));
    }

    private static List<Row> rowsWithoutOffsets(Collection<TopicDescription> topics) {
        return rows(topics, Map.of(), Map.of());
    }

    private List<Row> rows(Collection<TopicDescription> topics) throws InterruptedException {
        List<TopicPartition> led = rowsWithoutOffsets(topics).stream()
                .filter(row -> row.leader != null)
                .map(Row::at)
                .toList();
        var first = offsets(led, OffsetSpec.earliest());
        var end = offsets(led, OffsetSpec.latest());
        return rows(topics, known(first), known(end));
    }

    private static List<Row> rows(
            Collection<TopicDescription> topics, Map<TopicPartition, Long> first, Map<TopicPartition, Long> end) {
        return topics.stream()
                .flatMap(topic -> topic.partitions().stream().map(it -> Row.of(topic.name(), it, first, end)))
                .sorted(Comparator.comparing(Row::at, ORDER))
                .toList();
    }

    /**
     * One request to each broker for a thousand partitions: Kafka's client takes longer and longer for more, as many of
     * them have the same hash code. A broker that hangs is waited for 2 s or a little longer.
     */
    private Map<TopicPartition, KafkaFuture<ListOffsetsResultInfo>> offsets(
            List<TopicPartition> partitions, OffsetSpec which) {
        var options = new ListOffsetsOptions().timeoutMs(2_000 + partitions.size() / 2);
        var answers = new HashMap<TopicPartition, KafkaFuture<ListOffsetsResultInfo>>();
        for (int i = 0; i < partitions.size(); i += 1_000) {
            List<TopicPartition> portion = partitions.subList(i, Math.min(partitions.size(), i + 1_000));
            var specs = portion.stream().collect(Collectors.toMap(Function.identity(), it -> which));
            ListOffsetsResult told = admin.listOffsets(specs, options);
            for (TopicPartition at : portion) answers.put(at, told.partitionResult(at));
        }
        return answers;
    }

    private static Map<TopicPartition, Long> known(Map<TopicPartition, KafkaFuture<ListOffsetsResultInfo>> answers)
            throws InterruptedException {
        var offsets = new HashMap<TopicPartition, Long>();
        for (var answer : answers.entrySet()) {
            try {
                offsets.put(answer.getKey(), answer.getValue().get().offset());
            } catch (ExecutionException leaderHasGone) {
                // not known
            }
        }
        return offsets;
    }

    /** For each topic, how many records are in it. Their exact number is not known: some offsets have no record. */
    private Map<String, String> recordsOf(Collection<TopicDescription> topics) throws InterruptedException {
        var byTopic = rows(topics).stream().collect(Collectors.groupingBy(row -> row.at.topic()));
        var texts = new TreeMap<String, String>();
        byTopic.forEach((topic, rows) -> {
            long offsets = rows.stream()
                    .filter(row -> row.end != null)
                    .mapToLong(row -> row.end - row.first)
                    .sum();
            long silent = rows.stream().filter(row -> row.end == null).count();
            String counted = offsets == 0 ? NO_RECORDS : "at most " + count(offsets, "record");
            String others = " in the partitions with a leader, not known in " + count(silent, "other");
            texts.put(topic, silent == 0 ? counted : counted + others);
        });
        return texts;
    }

    record Column(String head, boolean toTheRight, Function<Row, String> cell) {
        int width(List<Row> rows) {
            return Math.max(head.length(), longest(rows.stream().map(cell)));
        }

        String format(int width) {
            return "%" + (toTheRight ? "" : "-") + width + "s";
        }
    }

    private static final List<Column> COLUMNS = List.of(
            new Column("TOPIC", false, row -> row.at.topic()),
            new Column("PARTITION", true, row -> "" + row.at.partition()),
            new Column("LEADER", true, Row::leaderOrNone),
            new Column("REPLICAS", false, row -> joined(row.replicas)),
            new Column("IN SYNC", false, row -> joined(row.inSync)),
            new Column("ELIGIBLE", false, Row::eligibleLeaders),
            new Column("OFFSETS", true, Row::offsets));

    /** The lines of the table, in a window as wide as can be. Those of the marked partitions stand out. */
    private static List<String> table(List<Row> rows, Set<TopicPartition> marked) {
        boolean eligible = rows.stream().anyMatch(row -> !row.eligibleLeaders().equals("none"));
        var columns = COLUMNS.stream()
                .filter(column -> eligible || !column.head.equals("ELIGIBLE"))
                .toList();
        int[] widths = columns.stream().mapToInt(column -> column.width(rows)).toArray();
        int others = IntStream.of(widths).sum() - widths[0] + 2 * (widths.length - 1);
        if (Script.columns() > 0) widths[0] = Math.min(widths[0], Math.max(12, Script.columns() - others));
        String format = IntStream.range(0, widths.length)
                .mapToObj(i -> columns.get(i).format(widths[i]))
                .collect(Collectors.joining("  "));
        var lines = new ArrayList<String>();
        lines.add(painted(
                "bold", format.formatted(columns.stream().map(Column::head).toArray())));
        for (Row row : rows) {
            Object[] cells =
                    columns.stream().map(column -> column.cell.apply(row)).toArray();
            cells[0] = shortened(row.at.topic(), widths[0]);
            boolean changed = marked.contains(row.at);
            String style = row.leader == null ? "red" : changed ? "reverse" : row.whole() ? "" : "yellow";
            lines.add(painted(style, format.formatted(cells)));
        }
        return lines;
    }

    /** A terminal would break a longer line in two. */
    private static String painted(String style, String line) {
        int room = Script.columns() > 0 ? Math.min(line.length(), Script.columns()) : line.length();
        String cut = line.substring(0, room);
        return style.isEmpty() ? cut : Script.ansi().string("@|" + style + " " + cut + "|@");
    }

    /** Without the middle, if the name is too long: the end tells the shape. */
    private static String shortened(String name, int width) {
        if (name.length() <= width) return name;
        int end = Math.min(8, width / 2);
        return name.substring(0, width - end - 2) + ".." + name.substring(name.length() - end);
    }

    // ---- describe --watch ----

    /** Shows every change until Ctrl-C: a terminal has the table, drawn again in its place; a pipe, a line for each. */
    private class Watch {
        private static final String ENTER = "\033[?1049h"; // the terminal's second screen, without a history
        private static final String LEAVE = "\033[?1049l";

        private final Set<String> names; // null: all, also those that are created later
        private final boolean inPlace = Script.canRedraw();
        private final SortedMap<TopicPartition, Row> last = new TreeMap<>(ORDER);
        private final Map<TopicPartition, Long> leaderChangedAt = new HashMap<>(); // in ns
        private volatile List<Row> rows;
        private volatile long seenAt = System.nanoTime(); // in ns: when the cluster has last answered
        private boolean silent;

        Watch(Set<String> names) {
            this.names = names;
        }

        /** The cluster is asked in another thread. So this one always answers to Ctrl-C and to a new window. */
        void run() throws Exception {
            rows = look();
            rows.forEach(row -> last.put(row.at, row));
            if (inPlace) Script.print(ENTER);
            else Script.print(String.join("\n", table(rows, Set.of())));
            Script.inBackground(this::keepLooking);
            do {
                List<Row> now = rows;
                List<String> news = changes(now);
                if (inPlace) draw(now);
                else news.forEach(Script::print);
            } while (!Script.stopsWithin(300_000_000));
            if (inPlace) Script.print(LEAVE + String.join("\n", table(rows, Set.of())));
        }

        private List<Row> look() throws Exception {
            return rows(find(names == null ? listed(false) : names).values());
        }

        private void keepLooking() {
            while (!Script.stopsWithin(300_000_000)) {
                try {
                    rows = look();
                    seenAt = System.nanoTime();
                } catch (Exception noAnswer) {
                    // the table stays as it was, and tells how old it is
                }
            }
        }

        /** A line for each topic that has gone, and each partition whose leader or in-sync replicas have changed. */
        private List<String> changes(List<Row> now) {
            var news = new ArrayList<String>();
            boolean nowSilent = secondsOfSilence() > 0;
            if (nowSilent != silent) news.add(nowSilent ? "no answer from the cluster" : "the cluster answers again");
            silent = nowSilent;
            var gone = new TreeMap<>(last);
            for (Row row : now) {
                Row was = last.put(row.at, row);
                gone.remove(row.at);
                if (was == null) {
                    news.add("%s: new, leader %s, in sync %s"
                            .formatted(name(row.at), row.leaderOrNone(), joined(row.inSync)));
                    continue;
                }
                boolean newLeader = !Objects.equals(was.leader, row.leader);
                if (newLeader) leaderChangedAt.put(row.at, System.nanoTime());
                if (newLeader || !was.inSync.equals(row.inSync))
                    news.add("%s: leader %s -> %s, in sync %s -> %s"
                            .formatted(
                                    name(row.at),
                                    was.leaderOrNone(),
                                    row.leaderOrNone(),
                                    joined(was.inSync),
                                    joined(row.inSync)));
            }
            for (TopicPartition at : gone.keySet()) {
                last.remove(at);
                news.add(name(at) + ": deleted");
            }
            String time = LocalTime.now().truncatedTo(ChronoUnit.SECONDS).format(DateTimeFormatter.ISO_LOCAL_TIME);
            news.replaceAll(line -> time + "  " + line);
            return news;
        }

        private long secondsOfSilence() {
            long seconds = (System.nanoTime() - seenAt) / 1_000_000_000;
            return seconds < 5 ? 0 : seconds;
        }

        /** From the top of the window to the last row but one, so that nothing scrolls. */
        private void draw(List<Row> now) {
            var marked = new HashSet<TopicPartition>();
            leaderChangedAt.forEach((at, when) -> {
                if (System.nanoTime() - when < 5e9) marked.add(at);
            });
            var behind = new ArrayList<String>();
            if (silent) behind.add("no answer for %d s: this is how it was".formatted(secondsOfSilence()));
            int room = Math.max(1, Script.rows() - 2 - behind.size());
            List<Row> shown = now;
            if (now.size() > room) {
                shown = mostImportant(now, marked, room - 1);
                behind.add(0, "and " + count(now.size() - shown.size(), "partition") + " more");
            }
            List<String> lines = table(shown, marked);
            behind.forEach(line -> lines.add(painted("", line)));
            Script.print("\033[H" + String.join("\033[K\n", lines) + "\033[K\033[J");
        }

        /** What is not in order stays visible. The order of the rows stays as it is. */
        private List<Row> mostImportant(List<Row> rows, Set<TopicPartition> marked, int count) {
            return rows.stream()
                    .sorted(Comparator.comparing(row -> row.whole() && !marked.contains(row.at)))
                    .limit(count)
                    .sorted(Comparator.comparing(Row::at, ORDER))
                    .toList();
        }
    }

    // ---- details ----

    /** In ms. The longest wait for an answer: an error is to be seen within 10 s. */
    private static final int PATIENCE_MS = 8_000;

    private static final String NO_TOPICS = "No topics yet. Create those of the guide: jbang topics.java";
    private static final String NO_RECORDS = "no records";

    /** Topics of Kafka itself: offsets, transactions, share groups, tiered storage, and the metadata. */
    private static final Set<String> KAFKAS_OWN = Set.of(
            "__consumer_offsets",
            "__transaction_state",
            "__share_group_state",
            "__remote_log_metadata",
            "__cluster_metadata");

    private static final Comparator<TopicPartition> ORDER =
            Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition);

    private static String name(TopicPartition at) {
        return at.topic() + " partition " + at.partition();
    }

    private static Set<String> topicsOf(Collection<TopicPartition> partitions) {
        return partitions.stream().map(TopicPartition::topic).collect(Collectors.toSet());
    }

    private static String joined(Collection<?> items) {
        return items.isEmpty() ? "none" : items.stream().map(Object::toString).collect(Collectors.joining(","));
    }

    private static String count(long number, String what) {
        return "%,d %s%s".formatted(number, what, number == 1 ? "" : "s");
    }

    private static int longest(Stream<String> texts) {
        return texts.mapToInt(String::length).max().orElse(0);
    }

    private static Failure refused(String request, String needed, Throwable error) {
        Failure refused = Connection.refused(request, error);
        if (!(error.getCause() instanceof AuthorizationException)) return refused;
        return new Failure(1, "%s Needed: %s.", refused.getMessage(), needed);
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
