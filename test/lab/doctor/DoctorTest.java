package lab.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.*;
import java.nio.file.*;
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
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.*;
import org.junit.jupiter.api.io.TempDir;
import test.*;

/**
 * doctor.java foresees what a broker's death stops. So brokers are killed here, and what really stopped is compared
 * with what it said before: partition by partition, group by group.
 */
public class DoctorTest {
    /** The same in each run of the suite. Another one: {@code DOCTOR_SEED=42 ./jbang test/suite.java DoctorTest}. */
    private static final long SEED = Long.parseLong(System.getenv().getOrDefault("DOCTOR_SEED", "45058"));

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

    /** What became of a partition, or of the state in one. */
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
    @DisplayName(
            "topics and groups that a seed makes, on three brokers: what it foresees of each broker's death is what happens")
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
            for (int tries = 0; tries < 6 && !Set.copyOf(whole.values()).equals(Set.of(Fate.WELL)); tries++)
                whole = seen(topics); // a slow answer is not a no
            assertThat(whole.values()).as("DOCTOR_SEED=%d: %s", SEED, whole).containsOnly(Fate.WELL);
            int out = 1 + random.nextInt(3);
            for (int id : List.of(1, 2, 3)) {
                if (id == out) continue;
                harmAndCompare("kill", id, topics, whole);
                restart(id);
            }
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
        boolean outOfReach =
                before.entrySet().stream().anyMatch(it -> it.getKey().startsWith("s") && it.getValue() == Fate.GONE);
        JsonObject said = asked("--json", "--broker", "" + id);
        for (int tries = 0; tries < 3 && !outOfReach && !notSeen(said).isEmpty(); tries++)
            said = asked("--json", "--broker", "" + id); // a slow answer is not a no
        assertThat(said.getArray("notSeen"))
                .as(because(id, said))
                .filteredOn(it -> !it.toString().startsWith("racks: "))
                .allMatch(it -> outOfReach && it.toString().matches("state of \\d of 6 share groups: .* no answer.*"));
        JsonArray stops = said.getArray("brokers").getObject(0).getArray("stops");
        assertThat(stopped(said.getArray("stopped"), topics))
                .as(because(id, said))
                .isEqualTo(stopped(before, topics));
        Map<String, Fate> foreseen = foreseen(stops, before);
        Set<String> notSeen = notSeen(said);
        notSeen.removeIf(it -> before.get(it) == Fate.GONE); // is, and stays so
        for (String group : readBy.keySet()) // Kafka reports nothing of a share group's partition without a leader
        if (before.get(readBy.get(group).toString()) == Fate.GONE) notSeen.add(group);
        foreseen.keySet().removeAll(notSeen);
        command(harm + " kafka-" + id);
        running.remove(id);
        awaitQuiet();
        Map<String, Fate> after = Map.of();
        for (int tries = 0; tries < 6 && !after.equals(foreseen); tries++) { // a slow answer is not a no
            after = seen(topics);
            after.keySet().removeAll(notSeen);
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
        running.add(id);
        awaitQuiet();
    }

    private JsonObject asked(String... arguments) throws Exception {
        try (Run doctor = here().script("lab/doctor.java", arguments)) {
            int status = doctor.awaitExit();
            assertThat(doctor.err()).isEmpty();
            JsonObject said = JsonParser.object().from(doctor.out().get(0));
            boolean well = said.getArray("stopped").isEmpty()
                    && said.getArray("notSeen").stream()
                            .allMatch(it -> it.toString().startsWith("racks: "));
            for (Object broker : said.getArray("brokers"))
                well &= ((JsonObject) broker).getArray("stops").isEmpty();
            assertThat(status).isEqualTo(well ? 0 : 1);
            return said;
        }
    }

    /** The names in "state of 2 of 6 share groups: s1, s2: no answer within 8 s." */
    private static Set<String> notSeen(JsonObject said) {
        return said.getArray("notSeen").stream()
                .filter(it -> !it.toString().startsWith("racks: "))
                .flatMap(it -> Stream.of(it.toString().split(": ")[1].split(", ")))
                .collect(Collectors.toCollection(TreeSet::new));
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
        for (String kind : Stops.KEEPERS) {
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

    /** Without retries: a broker's first answer shows whether enough replicas are in sync. */
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
                known = true; // without a leader, Kafka does not report the offset
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
            Collection<String> names =
                    admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get().stream()
                            .filter(topics)
                            .toList();
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

    // ---- other clusters ----

    /** Three brokers, of which kafka-3 stands in another rack, and three controllers. */
    @Nested
    @DisplayName("DoctorTest, in another cluster")
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class Elsewhere {
        @BeforeAll
        void start(@TempDir Path directory) throws Exception {
            cluster = Run.script(
                    "cluster.java",
                    "--brokers=3",
                    "--controllers=3",
                    "--port=" + port,
                    "--dir=" + directory.resolve("data"),
                    "-X",
                    "broker.rack=a",
                    "-X",
                    "broker.session.timeout.ms=4000",
                    "-X",
                    "broker.heartbeat.interval.ms=1000",
                    "-X",
                    "controller.quorum.fetch.timeout.ms=6000", // a machine that stalls elects no other leader
                    "-X",
                    "replica.fetch.max.bytes=1"); // one batch for each request
            cluster.awaitLine("ready: ");
            admin = admin();
            assertThat(Said.ask(servers()).findings()).contains("traps: rack one rack: [a]");
            command("stop kafka-3");
            Path settings = directory.resolve("data/kafka-3.properties");
            Files.writeString(settings, Files.readString(settings).replace("broker.rack=a", "broker.rack=b"));
            restart(3);
        }

        @AfterAll
        void end() {
            admin.close(Duration.ZERO);
            cluster.close();
        }

        @Test
        @Order(1)
        @DisplayName("no topic to be seen: it does not say that all is well")
        void empty() throws Exception {
            try (Run doctor = here().script("lab/doctor.java")) {
                doctor.expectExit(1);
                assertThat(doctor.out())
                        .contains("Not seen: any topic. There is none, or this client may not see one (DESCRIBE).");
            }
        }

        @Test
        @Order(2)
        @DisplayName("quiet where all is well, and of one broker or one topic")
        void quiet() throws Exception {
            createWell();
            join("g", "well");
            for (String topic : List.of("__consumer_offsets", "well")) awaitKnown(topic);
            isQuiet(List.of(1, 2, 3));
            isQuiet(List.of(2), "--broker", "2", "well");
            isQuiet(List.of(1, 2, 3), "well");
            assertThat(asked("--json").getArray("traps")).isEmpty();
            try (Run doctor = here().script("lab/doctor.java", "--broker", "4")) {
                doctor.expectExit(2);
                assertThat(doctor.err()).containsExactly("No broker 4 is up. Up: 1, 2, 3.");
            }
            try (Run doctor = here().script("lab/doctor.java", "other")) {
                doctor.expectExit(1);
                assertThat(doctor.err()).containsExactly("There is no topic 'other', or it may not be seen.");
            }
        }

        /** Tests that run once more, alone, have it as well. */
        private void createWell() throws Exception {
            if (admin.listTopics().names().get().contains("well")) return;
            create("well", Map.of("min.insync.replicas", "2", "cleanup.policy", "compact"), List.of(1, 2, 3));
        }

        private void isQuiet(List<Integer> brokers, String... arguments) {
            try (Run doctor = here().script("lab/doctor.java", arguments)) {
                doctor.expectExit(0);
                assertThat(doctor.out())
                        .containsExactlyElementsOf(brokers.stream()
                                .map(id -> "If broker %d (localhost:%d) failed now: nothing would stop."
                                        .formatted(id, port + 3 * (id - 1)))
                                .toList());
            }
        }

        @Test
        @Order(3)
        @DisplayName("each trap, and nothing else")
        void traps() throws Exception {
            create("single", Map.of("cleanup.policy", "compact"), List.of(1));
            create("weak", Map.of("min.insync.replicas", "1"), List.of(1, 2, 3));
            create("strict", Map.of("min.insync.replicas", "2"), List.of(1, 3));
            create("unclean", Map.of("unclean.leader.election.enable", "true"), List.of(3, 1));
            create("racked", Map.of(), List.of(1, 2));
            JsonObject said = asked("--json");
            assertThat(findings(said.getArray("traps")))
                    .containsExactlyInAnyOrder(
                            "partition one replica: [single-0]",
                            "topic min.insync.replicas 1: [weak]",
                            "topic all must be in sync: [strict]",
                            "topic unclean election: [unclean]",
                            "partition one rack: [racked-0]");
            assertThat(findings(said.getArray("stopped"))).isEmpty();
            assertThat(stops(said, 1))
                    .containsExactlyInAnyOrder("partition no leader: [single-0]", "partition no acks=all: [strict-0]");
            assertThat(stops(said, 2)).isEmpty();
            assertThat(stops(said, 3)).containsExactly("partition no acks=all: [strict-0]");
            admin.deleteTopics(List.of("single", "weak", "strict", "unclean", "racked"))
                    .all()
                    .get();
        }

        @Test
        @Order(4)
        @DisplayName(
                "a replica that runs and is out of sync: what is lost with unclean election, and what has no leader")
        void behind() throws Exception {
            create("lossy", Map.of("unclean.leader.election.enable", "true"), List.of(1, 2));
            create("safe", Map.of(), List.of(1, 2));
            command("stop kafka-2");
            running.remove(2);
            awaitQuiet();
            long written = 0;
            for (String topic : List.of("lossy", "safe")) written = write(topic);
            slowDown();
            command("start kafka-2");
            running.add(2);
            SharedCluster.await("kafka-2 runs", () -> runs(2));
            Predicate<String> throttled = Set.of("lossy", "safe")::contains;
            SharedCluster.await("all others are in sync", () -> DoctorTest.this.quiet(throttled.negate()));
            JsonObject said = asked("--json", "--broker", "1");
            assertThat(stops(said, 1))
                    .containsExactlyInAnyOrder("partition no leader: [safe-0]", "partition records lost: [lossy-0]");
            assertThat(findings(said.getArray("traps"))).contains("partition out of sync: [lossy-0, safe-0]");
            command("kill kafka-1");
            running.remove(1);
            SharedCluster.await("kafka-1 is known to be dead", () -> !runs(1));
            SharedCluster.await("safe has no leader", () -> leader("safe") == null);
            SharedCluster.await("lossy has a leader", () -> leader("lossy") != null);
            assertThat(end("lossy")).isLessThan(written);
            admin.deleteTopics(List.of("lossy", "safe")).all().get(); // they would never be in sync
            restart(1);
        }

        /** Batches, each larger than what the throttle lets through in its time. */
        private long write(String topic) throws Exception {
            var settings = Map.<String, Object>of("bootstrap.servers", servers(), "linger.ms", 0, "batch.size", 0);
            try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
                for (int i = 0; i < 100; i++) producer.send(new ProducerRecord<>(topic, "v".repeat(10_000)));
            }
            return end(topic);
        }

        /** kafka-2 as a follower gets one byte a second, so it comes back and stays out of sync. */
        private void slowDown() throws Exception {
            var changes = new HashMap<ConfigResource, Collection<AlterConfigOp>>();
            changes.put(
                    new ConfigResource(ConfigResource.Type.BROKER, ""),
                    set("follower.replication.throttled.rate", "1"));
            for (String topic : List.of("lossy", "safe"))
                changes.put(
                        new ConfigResource(ConfigResource.Type.TOPIC, topic),
                        set("follower.replication.throttled.replicas", "*"));
            admin.incrementalAlterConfigs(changes).all().get();
        }

        private long end(String topic) throws Exception {
            var at = new TopicPartition(topic, 0);
            var ends = admin.listOffsets(Map.of(at, OffsetSpec.latest()));
            return ends.partitionResult(at).get().offset();
        }

        private static List<AlterConfigOp> set(String key, String value) {
            return List.of(new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET));
        }

        @Test
        @Order(5)
        @DisplayName("one broker is away, and a topic is being moved to it")
        void moving() throws Exception {
            createWell();
            create("moved", Map.of(), List.of(1, 2));
            create("here", Map.of("min.insync.replicas", "2"), List.of(1, 3));
            create("there", Map.of(), List.of(3));
            command("stop kafka-3");
            running.remove(3);
            awaitQuiet();
            var target = Optional.of(new NewPartitionReassignment(List.of(1, 3)));
            admin.alterPartitionReassignments(Map.of(new TopicPartition("moved", 0), target))
                    .all()
                    .get();
            JsonObject said = asked("--json");
            assertThat(findings(said.getArray("stopped")))
                    .containsExactlyInAnyOrder("partition no leader: [there-0]", "partition no acks=all: [here-0]");
            assertThat(findings(said.getArray("traps")))
                    .contains("broker down: [3]", "partition being moved: [moved-0]");
            assertThat(stops(said, 1)).contains("partition no leader: [here-0]", "partition no acks=all: [well-0]");
            assertThat(stops(said, 2)).containsExactly("partition no acks=all: [well-0]");
            try (Run doctor = here().script("lab/doctor.java", "--broker", "3")) {
                doctor.expectExit(2);
                assertThat(doctor.err()).containsExactly("No broker 3 is up. Up: 1, 2.");
            }
            restart(3);
        }

        @Test
        @Order(6)
        @DisplayName("one of three controllers is away; with two away none leads: exit 1, and it says what that means")
        void controllerAway() throws Exception {
            command("kill controller-3");
            SharedCluster.await("the doctor sees that a controller is away", () -> {
                try {
                    return findings(asked("--json").getArray("traps")).stream()
                            .anyMatch(it -> it.matches("controller down: \\[\\d+]"));
                } catch (Exception broken) {
                    throw new AssertionError(broken);
                }
            });
            command("kill controller-2");
            // The last one leads until it has missed the others for a while.
            SharedCluster.await("the doctor sees that none leads", () -> {
                try {
                    return findings(asked("--json").getArray("stopped")).contains("controller no controller: []");
                } catch (Exception broken) {
                    throw new AssertionError(broken);
                }
            });
        }

        private void create(String topic, Map<String, String> settings, List<Integer> replicas) throws Exception {
            admin.createTopics(List.of(new NewTopic(topic, Map.of(0, replicas)).configs(settings)))
                    .all()
                    .get();
            awaitKnown(topic);
        }

        private void awaitKnown(String topic) throws Exception {
            SharedCluster.await("all replicas of " + topic, () -> DoctorTest.this.quiet(topic::equals));
        }

        private boolean runs(int id) {
            try {
                return admin.describeCluster().nodes().get().stream().anyMatch(node -> node.id() == id);
            } catch (Exception notNow) {
                return false;
            }
        }

        private Node leader(String topic) {
            try {
                return DoctorTest.this.leader(new TopicPartition(topic, 0));
            } catch (Exception notNow) {
                throw new AssertionError(notNow);
            }
        }

        private static List<String> stops(JsonObject said, int id) {
            return said.getArray("brokers").stream()
                    .map(JsonObject.class::cast)
                    .filter(it -> it.getInt("broker") == id)
                    .flatMap(it -> findings(it.getArray("stops")).stream())
                    .toList();
        }

        /** Such as "partition no leader: [t-0]". Without groups, and without Kafka's own topics. */
        private static List<String> findings(JsonArray findings) {
            var all = new ArrayList<String>();
            for (Object each : findings) {
                JsonObject it = (JsonObject) each;
                List<String> where = it.getArray("where").stream()
                        .map(Object::toString)
                        .filter(name -> !name.startsWith("__"))
                        .toList();
                boolean isGroup = Stops.KEEPERS.contains(it.getString("kind"));
                if (!isGroup && (!where.isEmpty() || it.getArray("where").isEmpty()))
                    all.add(it.getString("kind") + " " + it.getString("what") + ": " + where);
            }
            return all;
        }
    }
}
