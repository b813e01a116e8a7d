import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.serialization.StringSerializer;
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
    private static final int LIMIT_MS = 20_000; // for one answer of a broker

    private final Random random = new Random(SEED);
    private final int port = SharedCluster.freePort();
    private final Set<Integer> running = new TreeSet<>(Set.of(1, 2, 3));
    private Run cluster;
    private Admin admin;

    /** What became of a partition, or of what is kept in one. */
    enum Fate {
        WELL,
        NO_WRITES,
        GONE
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
            admin = Admin.create(Map.of("bootstrap.servers", servers(), "default.api.timeout.ms", 60_000));
            Set<String> topics = createTopics();
            createGroups(topics);
            for (int id : List.of(1, 2, 3)) killAndCompare(topics, id);
            int out = 1 + random.nextInt(3);
            command("stop kafka-" + out); // now its replicas are out of sync
            running.remove(out);
            awaitQuiet();
            for (int id : List.copyOf(running)) killAndCompare(topics, id);
        } finally {
            if (admin != null) admin.close(java.time.Duration.ZERO);
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
            admin.alterConsumerGroupOffsets("g" + i, offset(topic)).all().get();
            admin.alterShareGroupOffsets("s" + i, Map.of(new TopicPartition(topic, 0), 0L))
                    .all()
                    .get();
            transact("x" + i);
        }
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

    private void killAndCompare(Set<String> topics, int id) throws Exception {
        Map<String, Fate> before = seen(topics);
        JsonObject said = asked("--json", "--broker", "" + id);
        var foreseen = foreseen(said.getArray("brokers").getObject(0).getArray("stops"), before);
        command("kill kafka-" + id);
        running.remove(id);
        awaitQuiet();
        var lossy = where(said.getArray("brokers").getObject(0).getArray("stops"), "records lost", "partition");
        foreseen.keySet().removeAll(lossy); // one that lost records may take new ones or not
        Map<String, Fate> after = Map.of();
        for (int tries = 0; tries < 3 && !after.equals(foreseen); tries++) { // a slow answer is not a no
            after = seen(topics);
            after.keySet().removeAll(lossy);
        }
        assertThat(after)
                .as("DOCTOR_SEED=%d, kafka-%d died while %s ran; it said %s", SEED, id, running, said)
                .isEqualTo(foreseen);
        command("start kafka-" + id);
        running.add(id);
        awaitQuiet();
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
            assertThat(said.getArray("notSeen")).isEmpty();
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

    private static Fate worse(Fate one, Fate other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    /** Tries everything: each partition, each group, each transactional id, each share group. */
    private Map<String, Fate> seen(Set<String> topics) throws Exception {
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

    private Void writeToAll(Set<String> topics, Map<String, Fate> seen) throws Exception {
        var settings = Map.<String, Object>of(
                "bootstrap.servers",
                servers(),
                "acks",
                "all",
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
                            (at, error) -> seen.put(name, error == null ? Fate.WELL : Fate.NO_WRITES));
                }
        }
        for (TopicDescription topic :
                admin.describeTopics(topics).allTopicNames().get().values())
            for (TopicPartitionInfo it : topic.partitions())
                if (it.leader() == null) seen.put(topic.name() + "-" + it.partition(), Fate.GONE);
        return null;
    }

    private Void tryGroup(String group, Map<String, Fate> seen) throws Exception {
        var read = new ListConsumerGroupOffsetsOptions().timeoutMs(LIMIT_MS);
        var write = new AlterConsumerGroupOffsetsOptions().timeoutMs(LIMIT_MS);
        seen.put(
                group,
                fate(
                        answers(admin.listConsumerGroupOffsets(group, read).partitionsToOffsetAndMetadata()),
                        answers(admin.alterConsumerGroupOffsets(group, offset("t0"), write)
                                .all())));
        return null;
    }

    private Void tryShareGroup(String group, Map<String, Fate> seen) throws Exception {
        var read = new ListShareGroupOffsetsOptions().timeoutMs(LIMIT_MS);
        var write = new AlterShareGroupOffsetsOptions().timeoutMs(LIMIT_MS);
        var offsets = admin.listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec()), read)
                .partitionsToOffsetInfo(group);
        boolean reads = answers(offsets) && offsets.get().values().stream().allMatch(Objects::nonNull);
        Map<TopicPartition, Long> again =
                reads ? offsets.get().keySet().stream().collect(Collectors.toMap(it -> it, it -> 0L)) : Map.of();
        seen.put(
                group,
                fate(
                        reads,
                        reads
                                && answers(admin.alterShareGroupOffsets(group, again, write)
                                        .all())));
        return null;
    }

    private Void tryTransactions(String id, Map<String, Fate> seen) throws Exception {
        var read = new DescribeTransactionsOptions().timeoutMs(LIMIT_MS);
        boolean stores = true;
        try {
            transact(id);
        } catch (KafkaException cannot) {
            stores = false;
        }
        seen.put(id, fate(answers(admin.describeTransactions(List.of(id), read).all()), stores));
        return null;
    }

    private static Fate fate(boolean reads, boolean writes) {
        return !reads ? Fate.GONE : writes ? Fate.WELL : Fate.NO_WRITES;
    }

    private static boolean answers(KafkaFuture<?> request) throws InterruptedException {
        try {
            request.get();
            return true;
        } catch (ExecutionException refused) {
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
