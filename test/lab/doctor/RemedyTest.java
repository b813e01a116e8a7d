package lab.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.stream.*;
import lab.prediction.PartitionId;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.*;
import org.junit.jupiter.api.io.TempDir;
import test.*;

/**
 * A finding is made, the printed remedy is run, and the doctor is asked again: the finding no longer appears, there is no
 * new one, the topic takes records with acks=all, and no record is lost.
 *
 * <p>A remedy may be a step, such as to restart a broker: the test takes it. ControllersTest does so for controllers,
 * DoctorTest for one rack of all brokers, ReachTest for advertised.listeners, and DirectoriesTest for log directories. No
 * test decides on an unclean election where no replica is known to have all records.
 *
 * <p>Brokers 1 to 3 are controllers as well and stand in rack a; broker 4 stands in rack b.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public class RemedyTest {
    private static final int RECORDS = 20; // in each partition

    private Nodes nodes;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        nodes = new Nodes(directory);
        nodes.start(
                Set.of(1, 2, 3, 4),
                Set.of(1, 2, 3),
                Map.of(1, "a", 2, "a", 3, "a", 4, "b"),
                Map.of(
                        "offsets.topic.replication.factor", "5",
                        "transaction.state.log.replication.factor", "5",
                        "share.coordinator.state.topic.replication.factor", "5",
                        "share.coordinator.state.topic.num.partitions", "5",
                        "auto.leader.rebalance.enable", "false",
                        "controller.quorum.fetch.timeout.ms", "6000", // a machine that stalls elects no other leader
                        "replica.fetch.max.bytes", "1")); // one batch for each request: a throttle then works
    }

    @AfterAll
    void end() {
        if (nodes != null) nodes.close();
    }

    /** What a test that failed has left would be a finding of the next one. */
    @AfterEach
    void deleteTopics() throws Exception {
        for (String left : nodes.admin().listTopics().names().get())
            try {
                nodes.admin().deleteTopics(List.of(left)).all().get();
            } catch (ExecutionException deleted) {
                // a broker still listed it
            }
    }

    /** Kafka's own topics are there: the first tests create them, but not where a later one runs once more, alone. */
    private void createOwnTopics() throws Exception {
        var all = new ListTopicsOptions().listInternal(true);
        if (nodes.admin().listTopics(all).names().get().containsAll(Keepers.TOPICS)) return;
        for (var left : Said.ask(nodes.servers()).remedies().entrySet())
            if (left.getKey().contains("cannot be created")) Shell.run(left.getValue());
        for (String topic : Keepers.TOPICS) Tries.awaitWhole(nodes.admin(), topic);
    }

    /** Runs the findings' remedies, and compares what the doctor says before and after. */
    private Said remedied(Set<String> findings, String... topics) throws Exception {
        Map<String, Integer> sizes = sizes(topics);
        Tries.write(nodes.servers(), sizes, RECORDS);
        Map<TopicPartition, Long> ends = ends(topics);
        Said before = Said.await(nodes.servers(), findings);
        for (String finding : new TreeSet<>(findings)) {
            Shell.run(before.remedies().get(finding));
            accepts(sizes); // also while replicas are being copied
        }
        for (String topic : topics) Tries.awaitWhole(nodes.admin(), topic);
        Said.await(
                nodes.servers(),
                "none of " + findings + ", and nothing that was not in " + before,
                it -> before.findings().containsAll(it.findings()) && Collections.disjoint(it.findings(), findings));
        accepts(sizes);
        Map<TopicPartition, Long> endsNow = ends(topics);
        ends.forEach((at, end) -> assertThat(endsNow.get(at)).isGreaterThanOrEqualTo(end + 2));
        nodes.admin().deleteTopics(List.of(topics)).all().get();
        return before;
    }

    private void accepts(Map<String, Integer> sizes) {
        assertThat(Tries.write(nodes.servers(), sizes, 1).values()).doesNotContain(false);
    }

    private Map<String, Integer> sizes(String... topics) throws Exception {
        var sizes = new TreeMap<String, Integer>();
        for (String topic : topics)
            sizes.put(topic, Tries.partitions(nodes.admin(), topic).size());
        return sizes;
    }

    /** How many records each partition has: none is deleted here. */
    private Map<TopicPartition, Long> ends(String... topics) throws Exception {
        var specs = new HashMap<TopicPartition, OffsetSpec>();
        sizes(topics).forEach((topic, size) -> {
            for (int i = 0; i < size; i++) specs.put(new TopicPartition(topic, i), OffsetSpec.latest());
        });
        var ends = new HashMap<TopicPartition, Long>();
        nodes.admin().listOffsets(specs).all().get().forEach((at, it) -> ends.put(at, it.offset()));
        return ends;
    }

    private void create(String topic, Map<String, String> settings, List<List<Integer>> replicas) throws Exception {
        Tries.create(nodes.admin(), topic, settings, replicas);
    }

    private void topicSetting(String topic, String key, String value) throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        var op = new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET);
        nodes.admin()
                .incrementalAlterConfigs(Map.of(resource, List.of(op)))
                .all()
                .get();
    }

    // ---- Kafka's own topics ----

    @Test
    @Order(1)
    @DisplayName("__consumer_offsets cannot be created: 5 replicas, 4 brokers. After the remedy a group can commit")
    void offsetsTopic() throws Exception {
        create("o", Map.of(), List.of(List.of(1, 4)));
        String finding = "stopped: topic cannot be created: [__consumer_offsets]";
        Said before = remedied(Set.of(finding), "o");
        assertThat(before.status()).isEqualTo(1);
        Tries.awaitWhole(nodes.admin(), "__consumer_offsets");
        nodes.admin()
                .alterConsumerGroupOffsets(
                        "g", Map.of(new TopicPartition("__consumer_offsets", 0), new OffsetAndMetadata(0)))
                .all()
                .get();
    }

    @Test
    @Order(2)
    @DisplayName("__transaction_state and __share_group_state cannot be created: the same, and it is a risk")
    void otherTopics() throws Exception {
        create("o", Map.of(), List.of(List.of(1, 4)));
        String cannot = "traps: topic cannot be created: [%s]";
        List<String> own = List.of(GroupReader.TRANSACTIONS, GroupReader.SHARES);
        remedied(own.stream().map(cannot::formatted).collect(Collectors.toSet()), "o");
        for (String topic : own) Tries.awaitWhole(nodes.admin(), topic);
        Said.await(nodes.servers(), "nothing", it -> it.findings().isEmpty());
    }

    @Test
    @Order(3)
    @DisplayName(
            "a transaction that its coordinator has forgotten: consumers with read_committed wait until it is aborted")
    void hangingTransaction() throws Exception {
        var at = new TopicPartition("held", 0);
        create("held", Map.of(), List.of(List.of(1, 4)));
        remakeTransactions();
        var settings = Map.<String, Object>of("bootstrap.servers", nodes.servers(), "transactional.id", "forgotten");
        var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
        try {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("held", "v")).get();
            assertThat(Said.ask(nodes.servers()).findings()).noneMatch(it -> it.contains("hanging")); // only open
            remakeTransactions();
            Said hanging = Said.ask(nodes.servers());
            String finding = hanging.findings().stream()
                    .filter(it -> it.startsWith("stopped: partition hanging transaction: [held-0 (producer "))
                    .findFirst()
                    .orElseThrow();
            assertThat(finding).endsWith(", from offset 0)]");
            assertThat(Said.ask(nodes.servers(), "held").findings()).contains(finding);
            assertThat(stableEnd(at)).isZero();
            Shell.run(hanging.remedies().get(finding));
            SharedCluster.await("consumers with read_committed get on", () -> stableEnd(at) == 2); // and the marker
            assertThat(Said.ask(nodes.servers()).findings()).doesNotContain(finding);
            accepts(Map.of("held", 1));
        } finally {
            producer.close(Duration.ZERO);
        }
        nodes.admin().deleteTopics(List.of("held")).all().get();
    }

    /** Deletes Kafka's own topic of transactions, and creates it: coordinators have then forgotten them all. */
    private void remakeTransactions() throws Exception {
        String own = "__transaction_state";
        var all = new ListTopicsOptions().listInternal(true);
        if (nodes.admin().listTopics(all).names().get().contains(own))
            nodes.admin().deleteTopics(List.of(own)).all().get();
        SharedCluster.await("no " + own, () -> {
            try {
                return !nodes.admin().listTopics(all).names().get().contains(own);
            } catch (Exception notNow) {
                return false;
            }
        });
        // The brokers know since their start how many partitions it has: transaction.state.log.num.partitions.
        var settings = Map.of("cleanup.policy", "compact", "min.insync.replicas", "1");
        create(own, settings, Collections.nCopies(50, List.of(1, 4)));
    }

    /** The last stable offset. */
    private long stableEnd(TopicPartition at) {
        var options = new ListOffsetsOptions(IsolationLevel.READ_COMMITTED);
        try {
            return nodes.admin()
                    .listOffsets(Map.of(at, OffsetSpec.latest()), options)
                    .partitionResult(at)
                    .get()
                    .offset();
        } catch (Exception noAnswer) {
            return -1;
        }
    }

    // ---- replicas ----

    @Test
    @Order(3)
    @DisplayName(
            "one replica; one rack: a replica moves to the other; all must be in sync, with room for one more replica;"
                    + " unclean election; another leader than the first replica")
    void placements() throws Exception {
        create("one", Map.of(), List.of(List.of(1), List.of(2), List.of(4)));
        create("racked", Map.of(), List.of(List.of(1, 2), List.of(3, 1)));
        create("tight", Map.of("min.insync.replicas", "2"), List.of(List.of(1, 4), List.of(4, 2)));
        create("unclean", Map.of("unclean.leader.election.enable", "true"), List.of(List.of(1, 4)));
        create("led", Map.of(), List.of(List.of(1, 4), List.of(4, 1)));
        move(new TopicPartition("led", 0), List.of(4, 1));
        Set<String> findings = Set.of(
                "traps: partition one replica: [one-0, one-1, one-2]",
                "traps: partition one rack: [racked-0, racked-1]",
                "traps: topic all must be in sync: [tight]",
                "traps: topic unclean election: [unclean]",
                "traps: partition another leader: [led-0]");
        remedied(findings, "one", "racked", "tight", "unclean", "led");
    }

    @Test
    @Order(3)
    @DisplayName(
            "no leader and no acks=all, after a failure: the remedies printed there, the second without room for one"
                    + " more replica")
    void afterFailure() throws Exception {
        create("alone", Map.of(), List.of(List.of(3)));
        create("full", Map.of("min.insync.replicas", "4"), List.of(List.of(1, 2, 3, 4)));
        Set<String> findings =
                Set.of("broker 3: partition no leader: [alone-0]", "broker 2: partition no acks=all: [full-0]");
        remedied(findings, "alone", "full");
    }

    @Test
    @Order(3)
    @DisplayName("one replica, and min.insync.replicas=2: records are accepted while the second one is copied")
    void oneReplicaWithMinimum() throws Exception {
        create("strict", Map.of("min.insync.replicas", "2"), List.of(List.of(1)));
        topicSetting("strict", "follower.replication.throttled.replicas", "*");
        remedied(Set.of("traps: partition one replica: [strict-0]"), "strict");
    }

    @Test
    @Order(3)
    @DisplayName("replicas [1] and [1,4], min.insync.replicas=2")
    void uneven() throws Exception {
        create("uneven", Map.of("min.insync.replicas", "2"), List.of(List.of(1, 4)));
        nodes.admin()
                .createPartitions(Map.of("uneven", NewPartitions.increaseTo(2, List.of(List.of(2, 4)))))
                .all()
                .get();
        move(new TopicPartition("uneven", 1), List.of(2));
        Tries.awaitWhole(nodes.admin(), "uneven");
        remedied(Set.of("traps: topic all must be in sync: [uneven]"), "uneven");
    }

    private void move(TopicPartition at, List<Integer> replicas) throws Exception {
        var target = Optional.of(new NewPartitionReassignment(replicas));
        nodes.admin().alterPartitionReassignments(Map.of(at, target)).all().get();
    }

    @Test
    @Order(3)
    @DisplayName("being moved, throttled, with min.insync.replicas=2: one finding, and nothing raises the minimum")
    void moving() throws Exception {
        createOwnTopics();
        create("moved", Map.of("min.insync.replicas", "2"), List.of(List.of(1, 4, 2)));
        var throttle = Map.of("follower.replication.throttled.rate", "1");
        brokerSettings(3, throttle);
        topicSetting("moved", "follower.replication.throttled.replicas", "*");
        topicSetting("moved", "leader.replication.throttled.replicas", "*");
        Map<String, Integer> sizes = Map.of("moved", 1);
        Tries.write(nodes.servers(), sizes, 5_000);
        move(new TopicPartition("moved", 0), List.of(3, 4, 2));
        Said said = Said.ask(nodes.servers());
        assertThat(said.findings()).containsExactly("traps: partition being moved: [moved-0]");
        assertThat(said.remedies().values()).noneMatch(it -> it.contains("min.insync.replicas"));
        Shell.run(said.remedies().get("traps: partition being moved: [moved-0]"));
        accepts(sizes);
        brokerSettings(3, Map.of("follower.replication.throttled.rate", "100000000"));
        Tries.awaitWhole(nodes.admin(), "moved");
        Said.await(nodes.servers(), "nothing", it -> it.findings().isEmpty());
        nodes.admin().deleteTopics(List.of("moved")).all().get();
    }

    private void brokerSettings(int id, Map<String, String> settings) throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.BROKER, "" + id);
        List<AlterConfigOp> changes = settings.entrySet().stream()
                .map(it -> new AlterConfigOp(new ConfigEntry(it.getKey(), it.getValue()), AlterConfigOp.OpType.SET))
                .toList();
        nodes.admin().incrementalAlterConfigs(Map.of(resource, changes)).all().get();
    }

    // ---- groups and transactional ids ----

    @Test
    @Order(4)
    @DisplayName(
            "groups of all kinds and a transactional id, whose state has one replica, and then too few for acks=all")
    void states() throws Exception {
        createOwnTopics();
        create("stored", Map.of(), List.of(List.of(1, 4)));
        var keepers = new Keepers(nodes, new TopicPartition("stored", 0));
        Map<String, Long> kept = keepers.stored();
        Set<PartitionId> single = keepers.partitions();
        var besides = Stream.of(0, 1)
                .map(it -> new PartitionId(GroupReader.TRANSACTIONS, it))
                .filter(it -> !single.contains(it))
                .findFirst()
                .orElseThrow();
        single.add(besides);
        reassign(List.of(1), single);
        assertThat(keepers.stored()).isEqualTo(kept);
        String oneReplica = "traps: partition one replica of Kafka's own topics: ";
        remedied(keepers, "out of reach", oneReplica + single);
        String left = oneReplica + List.of(besides);
        Shell.run(Said.await(nodes.servers(), Set.of(left)).remedies().get(left));
        Tries.awaitMoved(nodes.admin());
        for (String topic : Keepers.TOPICS) topicSetting(topic, "min.insync.replicas", "2");
        Said after = remedied(keepers, "cannot store its state");
        assertThat(after.findings()).noneMatch(it -> it.startsWith(oneReplica));
        for (String topic : Keepers.TOPICS) topicSetting(topic, "min.insync.replicas", "1");
        assertThat(keepers.stored()).isEqualTo(kept);
        keepers.store(2);
        keepers.stored().forEach((kind, it) -> assertThat(it).as(kind).isGreaterThan(kept.get(kind)));
        keepers.delete();
        nodes.admin().deleteTopics(List.of("stored")).all().get();
    }

    /** Runs the remedies of all kinds. */
    private Said remedied(Keepers keepers, String what, String... besides) throws Exception {
        Said before = keepers.await("broker 1", what, Set.of(besides));
        for (String finding : keepers.findings(before, "broker 1", what))
            Shell.run(before.remedies().get(finding));
        Tries.awaitMoved(nodes.admin());
        for (String topic : Keepers.TOPICS) Tries.awaitWhole(nodes.admin(), topic);
        Said after = Said.await(
                nodes.servers(),
                "nothing " + what,
                it -> it.findings().stream().noneMatch(finding -> finding.contains(what)));
        after.expectNothingNew(before);
        return after;
    }

    private void reassign(List<Integer> replicas, Set<PartitionId> partitions) throws Exception {
        var target = new HashMap<TopicPartition, Optional<NewPartitionReassignment>>();
        for (PartitionId it : partitions)
            target.put(
                    new TopicPartition(it.topic(), it.number()), Optional.of(new NewPartitionReassignment(replicas)));
        nodes.admin().alterPartitionReassignments(target).all().get();
        Tries.awaitMoved(nodes.admin());
    }

    // ---- offsets ----

    @Test
    @Order(4)
    @DisplayName("committed offsets beyond the end and below the start of the log, also of Connect and Streams groups")
    void offsets() throws Exception {
        createOwnTopics();
        create("read", Map.of(), List.of(List.of(1, 4), List.of(4, 1)));
        Tries.write(nodes.servers(), Map.of("read", 2), 10);
        var first = new TopicPartition("read", 0);
        var second = new TopicPartition("read", 1);
        try (var connect = new GroupMember(nodes.servers(), "c1");
                var streams = new GroupMember(nodes.servers(), "s1")) {
            connect.joinConnect();
            streams.joinStreams("read");
            connect.leave(); // as the remedy demands
            streams.leave();
        }
        for (String group : List.of("c1", "s1"))
            nodes.admin()
                    .alterConsumerGroupOffsets(
                            group, Map.of(first, new OffsetAndMetadata(1_000), second, new OffsetAndMetadata(3)))
                    .all()
                    .get();
        nodes.admin()
                .alterConsumerGroupOffsets(
                        "g1", Map.of(first, new OffsetAndMetadata(1_000), second, new OffsetAndMetadata(10)))
                .all()
                .get();
        nodes.admin()
                .alterConsumerGroupOffsets("g2", Map.of(second, new OffsetAndMetadata(3)))
                .all()
                .get();
        nodes.admin()
                .deleteRecords(Map.of(second, RecordsToDelete.beforeOffset(5)))
                .all()
                .get();
        String beyond = "traps: %s offset beyond the end: [%s (read-0 at 1000, the end is 10)]";
        String below = "traps: %s offset below the start: [%s (read-1 at 3, the start is 5)]";
        Set<String> findings = Set.of(
                beyond.formatted("group", "g1"), below.formatted("group", "g2"),
                beyond.formatted("Connect group", "c1"), below.formatted("Connect group", "c1"),
                beyond.formatted("Streams group", "s1"), below.formatted("Streams group", "s1"));
        Said said = Said.await(nodes.servers(), findings);
        assertThat(said.findings()).hasSameSizeAs(findings);
        for (String finding : findings) Shell.run(said.remedies().get(finding));
        Said.await(nodes.servers(), "nothing", it -> it.findings().isEmpty());
        nodes.admin()
                .deleteConsumerGroups(List.of("g1", "g2", "c1", "s1"))
                .all()
                .get();
        nodes.admin().deleteTopics(List.of("read")).all().get();
    }

    // ---- brokers ----

    @Test
    @Order(5)
    @DisplayName("a broker that is down, and one that hangs: to start them is the remedy of all that they cause")
    void down() throws Exception {
        create("kept", Map.of("min.insync.replicas", "2"), List.of(List.of(3, 4, 1), List.of(1, 3, 4)));
        create("alone", Map.of(), List.of(List.of(3), List.of(4)));
        create("pair", Map.of("min.insync.replicas", "2"), List.of(List.of(3, 4), List.of(4, 3)));
        String[] topics = {"kept", "alone", "pair"};
        Tries.write(nodes.servers(), sizes(topics), RECORDS);
        Map<TopicPartition, Long> ends = ends(topics);
        Said whole = Said.ask(nodes.servers());
        nodes.freeze(4);
        Said frozen = Said.ask(nodes.servers(Set.of(1, 2, 3)));
        // The cluster may have given it up by now.
        assertThat(frozen.findings()).anyMatch(it -> it.matches("traps: broker (unresponsive|down): \\[4]"));
        nodes.kill(3);
        nodes.awaitUp(Set.of(1, 2));
        Set<String> findings = Set.of(
                "traps: broker down: [3, 4]",
                "traps: controller down: [3]",
                "broker 1: broker no controller: [1]",
                "stopped: partition no leader: [alone-0, alone-1, pair-0, pair-1]",
                "stopped: partition no acks=all: [kept-0, kept-1]");
        Said said = Said.await(nodes.servers(Set.of(1, 2)), findings);
        assertThat(said.findings()).anyMatch(it -> it.startsWith("traps: partition out of sync: ["));
        said.remedies().forEach((finding, remedy) -> {
            if (!remedy.isEmpty()) assertThat(remedy).as(finding).matches("(?s)(start|bring broker) .*");
        });
        String restart = "start broker 3, 4; if it runs, restart it";
        assertThat(said.remedies()).containsEntry("traps: broker down: [3, 4]", restart);
        nodes.kill(4);
        for (int id : List.of(3, 4)) nodes.start(id);
        nodes.awaitUp(Set.of(1, 2, 3, 4));
        for (String topic : topics) Tries.awaitWhole(nodes.admin(), topic);
        Said leaders = Said.await(
                nodes.servers(),
                "only the leaders differ",
                it -> it.findings().stream()
                        .allMatch(finding -> whole.findings().contains(finding) || finding.contains("another leader")));
        for (var it : leaders.remedies().entrySet())
            if (it.getKey().contains("another leader")) Shell.run(it.getValue());
        Said.await(nodes.servers(), "as before", it -> it.findings().equals(whole.findings()));
        assertThat(ends(topics)).as("no record is lost").isEqualTo(ends);
        accepts(sizes(topics));
        for (String topic : topics)
            nodes.admin().deleteTopics(List.of(topic)).all().get();
    }

    @Test
    @Order(6)
    @DisplayName("a replica that lags, and unclean election: records and state would be lost until it has caught up")
    void lagging() throws Exception {
        createOwnTopics();
        create("lossy", Map.of("unclean.leader.election.enable", "true"), List.of(List.of(1, 4)));
        var keepers = new Keepers(nodes, new TopicPartition("lossy", 0));
        SortedSet<PartitionId> lag = keepers.partitions();
        lag.add(new PartitionId("lossy", 0));
        reassign(List.of(1, 4), lag);
        brokerSettings(4, Map.of("follower.replication.throttled.rate", "1"));
        for (PartitionId it : lag) {
            topicSetting(it.topic(), "unclean.leader.election.enable", "true");
            topicSetting(it.topic(), "follower.replication.throttled.replicas", "*");
        }
        nodes.stop(4);
        nodes.awaitUp(Set.of(1, 2, 3));
        // A batch each, of which the throttled replica gets one in about ten seconds.
        for (int i = 0; i < RECORDS; i++) {
            Tries.write(nodes.servers(Set.of(1, 2, 3)), Map.of("lossy", 1), 1);
            keepers.store(2 + i);
        }
        Map<TopicPartition, Long> ends = ends("lossy");
        Map<String, Long> kept = keepers.stored();
        nodes.start(4);
        nodes.awaitUp(Set.of(1, 2, 3, 4));
        var findings = new ArrayList<>(
                List.of("broker 1: partition records lost: " + lag, "traps: partition out of sync: " + lag));
        Said before = keepers.await("broker 1", "state lost", Set.copyOf(findings));
        findings.addAll(keepers.findings(before, "broker 1", "state lost"));
        for (String finding : findings)
            assertThat(before.remedies()).containsEntry(finding, "find out why broker 4 lags");
        brokerSettings(4, Map.of("follower.replication.throttled.rate", "100000000"));
        for (PartitionId it : lag) Tries.awaitWhole(nodes.admin(), it.topic());
        Said after = Said.await(
                nodes.servers(),
                "nothing lost, all in sync",
                it -> it.findings().stream()
                        .noneMatch(finding -> finding.contains(" lost: ") || finding.contains("out of sync")));
        after.expectNothingNew(before);
        assertThat(ends("lossy")).isEqualTo(ends);
        assertThat(keepers.stored()).isEqualTo(kept);
        for (PartitionId it : lag) topicSetting(it.topic(), "unclean.leader.election.enable", "false");
        accepts(Map.of("lossy", 1));
        keepers.delete();
        nodes.admin().deleteTopics(List.of("lossy")).all().get();
    }

    @Test
    @Order(7)
    @DisplayName("a broker that was unregistered, and has replicas: they move")
    void unregistered() throws Exception {
        create("left", Map.of(), List.of(List.of(1, 4), List.of(4, 2)));
        nodes.stop(4);
        nodes.awaitUp(Set.of(1, 2, 3));
        nodes.admin().unregisterBroker(4).all().get();
        Said said = Said.ask(nodes.servers(Set.of(1, 2, 3)));
        assertThat(unregisteredIn(said)).isNotEmpty();
        // A remedy moves 50 partitions at most, and Kafka's own topics have 100: it is asked for until none is left.
        for (Said left = said; !unregisteredIn(left).isEmpty(); left = Said.ask(nodes.servers(Set.of(1, 2, 3)))) {
            Shell.run(left.remedies().get(unregisteredIn(left)));
            Tries.awaitMoved(nodes.admin());
        }
        // Kafka's own topics, too, if the tests above have made them.
        var all = new ListTopicsOptions().listInternal(true);
        for (String topic : nodes.admin().listTopics(all).names().get()) Tries.awaitWhole(nodes.admin(), topic);
        Said after = Said.ask(nodes.servers(Set.of(1, 2, 3)));
        assertThat(after.findings()).noneMatch(it -> it.contains("unregistered") || it.contains("out of sync"));
        assertThat(said.findings()).containsAll(after.findings());
        assertThat(Tries.write(nodes.servers(Set.of(1, 2, 3)), Map.of("left", 2), 1))
                .doesNotContainValue(false);
    }

    private static String unregisteredIn(Said said) {
        return said.findings().stream()
                .filter(it -> it.startsWith("traps: broker unregistered: [4]"))
                .collect(Collectors.joining());
    }
}
