import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.*;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.serialization.*;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * doctor.java foresees what a broker's death stops. So brokers are killed here, and what really stopped is compared
 * with what it said before: partition by partition, group by group.
 */
class DoctorTest {
    /** Another one: {@code DOCTOR_SEED=42 ./jbang test/suite.java DoctorTest}. */
    private static final long SEED =
            Long.parseLong(System.getenv().getOrDefault("DOCTOR_SEED", Long.toString(System.nanoTime() % 1_000_000)));

    private static final int TOPICS = 14;
    private static final int GROUPS = 6;
    private static final int LIMIT_MS = 5_000; // for one answer of a broker: one that comes at all takes a tenth

    private final Random random = new Random(SEED);
    private final int port = SharedCluster.freePort();
    private final Set<Integer> running = new TreeSet<>(Set.of(1, 2, 3));
    private final Map<String, TopicPartition> readBy = new TreeMap<>(); // by each share group
    private final Map<String, String> whyNot = new ConcurrentSkipListMap<>(); // the last error of each
    private Run cluster;
    private Admin admin;

    /** What became of a partition, or of what is kept in one. */
    enum Fate {
        WELL,
        NO_WRITES,
        GONE,
        UNCLEAR
    }

    private Run.Surroundings here() {
        return Run.here().with("KAFKA_BOOTSTRAP_SERVERS", servers());
    }

    /** Those that run: a client that is started meanwhile need not find out. */
    private String servers() {
        return running.stream().map(id -> "localhost:" + (port + 3 * (id - 1))).collect(Collectors.joining(","));
    }

    @Test
    @DisplayName("random topics and groups on three brokers: what it foresees of each broker's death is what happens")
    void foresees() throws Exception {
        System.out.println("  DOCTOR_SEED=" + SEED);
        String copies = "" + (1 + random.nextInt(2));
        String transactionsMinIsr = "" + (1 + random.nextInt(2));
        try (Run started = Run.script(
                "cluster.java",
                "--brokers",
                "3",
                "--port",
                "" + port,
                "-X",
                "broker.session.timeout.ms=4000",
                "-X",
                "broker.heartbeat.interval.ms=1000",
                "-X",
                "offsets.topic.replication.factor=" + copies,
                "-X",
                "offsets.topic.num.partitions=5",
                "-X",
                "transaction.state.log.num.partitions=5",
                "-X",
                "transaction.state.log.min.isr=" + transactionsMinIsr,
                "-X",
                "share.coordinator.state.topic.num.partitions=5",
                "-X",
                "share.coordinator.state.topic.replication.factor=" + (3 - Integer.parseInt(copies)))) {
            cluster = started;
            cluster.awaitLine("ready: ");
            admin = admin();
            Set<String> topics = createTopics();
            createGroups(topics);
            awaitQuiet();
            Map<String, Fate> whole = seen(topics);
            assertThat(whole.values()).as("DOCTOR_SEED=%d: %s", SEED, whole).containsOnly(Fate.WELL);
            for (int id : List.of(1, 2, 3)) {
                harmAndCompare("kill", id, topics, whole);
                restart(id);
            }
            int out = 1 + random.nextInt(3);
            harmAndCompare("stop", out, topics, whole); // its replicas are out of sync now
            for (int id : List.copyOf(running)) {
                harmAndCompare(
                        "kill", id, topics, seen(topics)); // a killed broker comes back, and may not lead (KIP-966)
                restart(id);
            }
        } finally {
            if (admin != null) admin.close(Duration.ZERO);
        }
    }

    // ---- something to foresee ----

    private Set<String> createTopics() throws Exception {
        var topics = new ArrayList<NewTopic>();
        for (int i = 0; i < TOPICS; i++) {
            var placement = new TreeMap<Integer, List<Integer>>();
            int replicas = 1 + random.nextInt(3);
            for (int partition = 0; partition < 2; partition++) {
                var brokers = new ArrayList<>(running);
                Collections.shuffle(brokers, random);
                placement.put(partition, brokers.subList(0, replicas));
            }
            var config = Map.of(
                    "min.insync.replicas", "" + (1 + random.nextInt(3)),
                    "unclean.leader.election.enable", "" + (random.nextInt(6) == 0));
            topics.add(new NewTopic("t" + i, placement).configs(config));
        }
        admin.createTopics(topics).all().get();
        return topics.stream().map(NewTopic::name).collect(Collectors.toCollection(TreeSet::new));
    }

    private void createGroups(Set<String> topics) throws Exception {
        for (int i = 0; i < GROUPS; i++) {
            String topic = "t" + random.nextInt(topics.size());
            if (i % 2 == 0) join("g" + i, topic);
            admin.alterConsumerGroupOffsets("g" + i, offset(topic)).all().get();
            readBy.put("s" + i, new TopicPartition(topic, 0));
            admin.alterShareGroupOffsets("s" + i, Map.of(new TopicPartition(topic, 0), 0L))
                    .all()
                    .get();
            transact("x" + i);
        }
    }

    /** A group of the new protocol (KIP-848). */
    private void join(String group, String topic) {
        var settings =
                Map.<String, Object>of("bootstrap.servers", servers(), "group.id", group, "group.protocol", "consumer");
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic));
            while (consumer.assignment().isEmpty()) consumer.poll(Duration.ofMillis(100));
        }
    }

    /** A broker answers a connection's requests one after the other: who may wait long has a client of his own. */
    private Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", servers()));
    }

    private static Map<TopicPartition, OffsetAndMetadata> offset(String topic) {
        return Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(0));
    }

    /** A new epoch of a transactional id: its coordinator has to be there, and to store something. */
    private void transact(String id) {
        var settings = Map.<String, Object>of(
                "bootstrap.servers", servers(), "transactional.id", id, "max.block.ms", LIMIT_MS);
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            producer.initTransactions();
        }
    }

    // ---- what it says, and what happens ----

    private void harmAndCompare(String harm, int id, Set<String> topics, Map<String, Fate> before) throws Exception {
        JsonObject said = asked("--json", "--broker", "" + id);
        boolean outOfReach =
                before.entrySet().stream().anyMatch(it -> it.getKey().startsWith("s") && it.getValue() == Fate.GONE);
        assertThat(said.getArray("notSeen"))
                .as(because(id, said))
                .allMatch(it -> outOfReach && it.toString().matches("state of \\d of 6 share groups, .* no answer.*"));
        JsonArray stops = said.getArray("brokers").getObject(0).getArray("stops");
        assertThat(stopped(said.getArray("stopped"), topics))
                .as(because(id, said))
                .isEqualTo(stopped(before, topics));
        Map<String, Fate> foreseen = foreseen(stops, before);
        tell("asked");
        command(harm + " kafka-" + id);
        tell(harm + id);
        running.remove(id);
        awaitQuiet();
        Map<String, Fate> after = Map.of();
        for (int tries = 0; tries < 6 && !after.equals(foreseen); tries++) { // a slow answer is not a no
            tell("quiet");
            after = seen(topics);
            tell("seen, as foreseen: " + after.equals(foreseen));
            for (String it : foreseen.keySet())
                if (after.get(it) != foreseen.get(it))
                    System.out.println("    " + it + ": " + after.get(it) + ", foreseen " + foreseen.get(it) + ": "
                            + whyNot.get(it));
            for (String lossy : where(stops, "records lost", "partition"))
                if (after.get(lossy) != Fate.GONE) foreseen.put(lossy, after.get(lossy)); // by min.insync.replicas
        }
        assertThat(after).as(because(id, said)).isEqualTo(foreseen);
    }

    private String because(int id, JsonObject said) {
        return "DOCTOR_SEED=%d, kafka-%d, %s run; why not: %s; it said %s".formatted(SEED, id, running, whyNot, said);
    }

    private void restart(int id) throws Exception {
        command("start kafka-" + id);
        tell("started");
        running.add(id);
        awaitQuiet();
        tell("quiet");
    }

    private JsonObject asked(String... arguments) throws Exception {
        try (Run doctor = here().script("doctor.java", arguments)) {
            int status = doctor.awaitExit();
            assertThat(doctor.err()).isEmpty();
            JsonObject said = JsonParser.object().from(doctor.out().get(0));
            boolean well = said.getArray("stopped").isEmpty();
            for (Object broker : said.getArray("brokers"))
                well &= ((JsonObject) broker).getArray("stops").isEmpty();
            assertThat(status).isEqualTo(well ? 0 : 1);
            return said;
        }
    }

    private static Set<String> where(JsonArray findings, String what, String kind) {
        return findings.stream()
                .map(JsonObject.class::cast)
                .filter(it -> it.getString("what").equals(what)
                        && it.getString("kind").equals(kind))
                .flatMap(it -> it.getArray("where").stream().map(String.class::cast))
                .collect(Collectors.toSet());
    }

    /** What was before, and over it what the doctor says of each. */
    private static Map<String, Fate> foreseen(JsonArray stops, Map<String, Fate> before) {
        var foreseen = new TreeMap<>(before);
        where(stops, "no acks=all", "partition").forEach(it -> foreseen.put(it, Fate.NO_WRITES));
        where(stops, "no leader", "partition").forEach(it -> foreseen.put(it, Fate.GONE));
        for (String kind : List.of("group", "transactional id", "share group")) {
            where(stops, "cannot store its state", kind)
                    .forEach(it -> foreseen.merge(it, Fate.NO_WRITES, DoctorTest::worse));
            where(stops, "out of reach", kind).forEach(it -> foreseen.put(it, Fate.GONE));
        }
        foreseen.keySet().retainAll(before.keySet()); // not the partitions of Kafka's own topics
        return foreseen;
    }

    /** The partitions that have stopped already, as the doctor says. */
    private static Map<String, Fate> stopped(JsonArray findings, Set<String> topics) {
        var all = new TreeMap<String, Fate>();
        where(findings, "no acks=all", "partition").forEach(it -> all.put(it, Fate.NO_WRITES));
        where(findings, "no leader", "partition").forEach(it -> all.put(it, Fate.GONE));
        return stopped(all, topics);
    }

    private static Map<String, Fate> stopped(Map<String, Fate> seen, Set<String> topics) {
        var stopped = new TreeMap<>(seen);
        stopped.values().removeAll(Set.of(Fate.WELL));
        stopped.keySet().removeIf(it -> !topics.contains(it.replaceFirst("-\\d$", "")));
        return stopped;
    }

    private static Fate worse(Fate one, Fate other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    private void tell(String what) {
        System.out.printf("  %tT %s%n", System.currentTimeMillis(), what);
    }

    /** Tries everything: each partition, each group, each transactional id, each share group. */
    private Map<String, Fate> seen(Set<String> topics) throws Exception {
        whyNot.clear();
        var seen = new ConcurrentSkipListMap<String, Fate>();
        var tries = new ArrayList<Callable<Void>>();
        tries.add(() -> writeToAll(topics, seen));
        for (int i = 0; i < GROUPS; i++) {
            String number = "" + i;
            tries.add(() -> tryGroup("g" + number, seen));
            tries.add(() -> tryShareGroup("s" + number, seen));
            tries.add(() -> tryTransactions("x" + number, seen));
        }
        ExecutorService threads = Executors.newFixedThreadPool(tries.size());
        try {
            for (Future<Void> each : threads.invokeAll(tries)) each.get();
        } finally {
            threads.shutdown();
        }
        return new TreeMap<>(seen);
    }

    /** Without retries: a broker's first answer tells whether enough replicas are in sync. */
    private Void writeToAll(Set<String> topics, Map<String, Fate> seen) throws Exception {
        var settings = Map.<String, Object>of(
                "bootstrap.servers",
                servers(),
                "acks",
                "all",
                "retries",
                0,
                "enable.idempotence",
                false,
                "delivery.timeout.ms",
                LIMIT_MS,
                "request.timeout.ms",
                LIMIT_MS - 1_000,
                "linger.ms",
                0,
                "max.block.ms",
                LIMIT_MS);
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            for (String topic : topics)
                for (int partition = 0; partition < 2; partition++) {
                    String name = topic + "-" + partition;
                    producer.send(
                            new ProducerRecord<>(topic, partition, null, "v"),
                            (at, error) -> seen.put(name, fate(name, error)));
                }
        }
        for (TopicDescription topic :
                admin.describeTopics(topics).allTopicNames().get().values())
            for (TopicPartitionInfo it : topic.partitions())
                if (it.leader() == null) seen.put(topic.name() + "-" + it.partition(), Fate.GONE);
        return null;
    }

    private Fate fate(String partition, Exception error) {
        if (error == null) return Fate.WELL;
        whyNot.put(partition, error.toString());
        boolean refused =
                error instanceof NotEnoughReplicasException || error instanceof NotEnoughReplicasAfterAppendException;
        return refused ? Fate.NO_WRITES : Fate.UNCLEAR;
    }

    private Void tryGroup(String group, Map<String, Fate> seen) throws Exception {
        var read = new ListConsumerGroupOffsetsOptions().timeoutMs(LIMIT_MS);
        var write = new AlterConsumerGroupOffsetsOptions().timeoutMs(LIMIT_MS);
        try (Admin own = admin()) {
            var reads = own.listConsumerGroupOffsets(group, read).partitionsToOffsetAndMetadata();
            var writes =
                    own.alterConsumerGroupOffsets(group, offset("t0"), write).all();
            seen.put(group, fate(answers(group, reads), answers(group, writes)));
        }
        return null;
    }

    private Void tryShareGroup(String group, Map<String, Fate> seen) throws Exception {
        var read = new ListShareGroupOffsetsOptions().timeoutMs(LIMIT_MS);
        var write = new AlterShareGroupOffsetsOptions().timeoutMs(LIMIT_MS);
        TopicPartition at = readBy.get(group);
        try (Admin reader = admin();
                Admin writer = admin()) {
            var reads = reader.listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec()), read)
                    .partitionsToOffsetInfo(group);
            var writes =
                    writer.alterShareGroupOffsets(group, Map.of(at, 0L), write).all();
            boolean stored = answers(group, writes);
            boolean known = answers(group, reads) && reads.get().get(at) != null;
            if (!known && stored && leader(at) == null)
                known = true; // without a leader, Kafka does not tell the offset
            if (!known) whyNot.merge(group, "reads " + at + ", stored: " + stored, (one, other) -> one + ", " + other);
            seen.put(group, fate(known, stored));
        }
        return null;
    }

    private Void tryTransactions(String id, Map<String, Fate> seen) throws Exception {
        var read = new DescribeTransactionsOptions().timeoutMs(LIMIT_MS);
        try (Admin own = admin()) {
            var reads = own.describeTransactions(List.of(id), read).all();
            boolean stores = stores(id);
            seen.put(id, fate(answers(id, reads), stores));
        }
        return null;
    }

    private Node leader(TopicPartition at) throws Exception {
        var topics = admin.describeTopics(List.of(at.topic())).allTopicNames().get();
        return topics.get(at.topic()).partitions().get(at.partition()).leader();
    }

    private boolean stores(String id) {
        try {
            transact(id);
            return true;
        } catch (KafkaException cannot) {
            whyNot.put(id, cannot.toString());
            return false;
        }
    }

    private static Fate fate(boolean reads, boolean writes) {
        return !reads ? Fate.GONE : writes ? Fate.WELL : Fate.NO_WRITES;
    }

    private boolean answers(String name, KafkaFuture<?> request) throws InterruptedException {
        try {
            request.get();
            return true;
        } catch (ExecutionException refused) {
            whyNot.put(name, refused.getCause() + " (" + refused.getCause().getCause() + ")");
            return false;
        }
    }

    // ---- the cluster ----

    private void command(String command) {
        cluster.type(command);
        cluster.awaitLine("");
    }

    /** The cluster has noticed who runs and who does not, and every replica that can be in sync is. */
    private void awaitQuiet() throws Exception {
        SharedCluster.await("the cluster has noticed that only " + running + " run", () -> quiet(it -> true));
    }

    private boolean quiet(Predicate<String> topics) {
        try {
            Set<Integer> alive =
                    admin.describeCluster().nodes().get().stream().map(Node::id).collect(Collectors.toSet());
            if (!alive.equals(running)) return false;
            Set<String> names = admin.listTopics(new ListTopicsOptions().listInternal(true))
                    .names()
                    .get();
            return admin.describeTopics(names).allTopicNames().get().values().stream()
                    .flatMap(topic -> topic.partitions().stream())
                    .allMatch(this::quiet);
        } catch (Exception notNow) {
            return false;
        }
    }

    private boolean quiet(TopicPartitionInfo it) {
        var inSync = it.isr().stream().map(Node::id).collect(Collectors.toSet());
        if (it.leader() == null) return inSync.stream().noneMatch(running::contains);
        var shouldBe =
                it.replicas().stream().map(Node::id).filter(running::contains).collect(Collectors.toSet());
        return running.contains(it.leader().id()) && inSync.equals(shouldBe);
    }
}
