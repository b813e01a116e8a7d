package lab.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.*;
import java.util.function.Predicate;
import java.util.stream.*;
import lab.live.GroupMember;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.*;
import org.junit.jupiter.api.io.TempDir;
import test.*;

/**
 * A finding is made, the printed remedy is run, and the doctor is asked again: the finding no longer appears, there is no
 * new one, the topics take records with acks=all, and no record is lost. Findings that do not meet are made at once, and
 * all that is printed is run: each question and each command takes seconds. docs/doctor.md lists what has no test.
 *
 * <p>Brokers 1 to 3 are controllers as well and stand in rack a; broker 4 stands in rack b.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public class RemedyTest {
    private static final int RECORDS = 20; // in each partition
    private static final List<String> OWN = List.of("__consumer_offsets", "__transaction_state", "__share_group_state");

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
                        "transaction.state.log.num.partitions", "3",
                        "share.coordinator.state.topic.replication.factor", "5",
                        "share.coordinator.state.topic.num.partitions", "3",
                        "auto.leader.rebalance.enable", "false",
                        "replica.fetch.max.bytes", "1")); // one batch for each request: a throttle then works
    }

    @AfterAll
    void end() {
        if (nodes != null) nodes.close();
    }

    // ---- what is there before a remedy, and after it ----

    /** The records that topics have. They take more with acks=all, and none of them may be gone later. */
    private final class Kept {
        private final Map<String, Integer> sizes = new TreeMap<>();
        private final Map<TopicPartition, Long> ends;

        Kept(String... topics) throws Exception {
            for (String topic : topics)
                sizes.put(topic, Tries.partitions(nodes.admin(), topic).size());
            Tries.write(nodes.servers(), sizes, RECORDS);
            ends = ends();
        }

        void check() throws Exception {
            assertThat(Tries.write(nodes.servers(), sizes, 1)).doesNotContainValue(false);
            Map<TopicPartition, Long> now = ends();
            ends.replaceAll((at, end) -> {
                assertThat(now.get(at)).as("" + at).isGreaterThan(end);
                return now.get(at);
            });
        }

        private Map<TopicPartition, Long> ends() throws Exception {
            var specs = new HashMap<TopicPartition, OffsetSpec>();
            sizes.forEach((topic, size) -> {
                for (int i = 0; i < size; i++) specs.put(new TopicPartition(topic, i), OffsetSpec.latest());
            });
            var ends = new HashMap<TopicPartition, Long>();
            nodes.admin().listOffsets(specs).all().get().forEach((at, it) -> ends.put(at, it.offset()));
            return ends;
        }

        void delete() throws Exception {
            nodes.admin().deleteTopics(sizes.keySet()).all().get();
        }
    }

    private void awaitWhole() throws Exception {
        var all = new ListTopicsOptions().listInternal(true);
        Tries.awaitMoved(nodes.admin());
        for (String topic : nodes.admin().listTopics(all).names().get()) Tries.awaitWhole(nodes.admin(), topic);
    }

    private Said awaitSaid(String what, Set<Integer> up, Predicate<Said> wanted) throws InterruptedException {
        var last = new Said[1];
        SharedCluster.await("the doctor says: " + what, () -> {
            try {
                last[0] = Said.ask(nodes.servers(up));
                return wanted.test(last[0]);
            } catch (Exception broken) {
                throw new AssertionError(broken);
            }
        });
        return last[0];
    }

    private void create(String topic, Map<String, String> settings, List<List<Integer>> replicas) throws Exception {
        Tries.create(nodes.admin(), topic, settings, replicas);
    }

    /** @param replicas of each of the topic's partitions */
    private void place(String topic, List<Integer> replicas) throws Exception {
        var moves = new HashMap<TopicPartition, Optional<NewPartitionReassignment>>();
        for (TopicPartitionInfo it : Tries.partitions(nodes.admin(), topic))
            moves.put(new TopicPartition(topic, it.partition()), Optional.of(new NewPartitionReassignment(replicas)));
        nodes.admin().alterPartitionReassignments(moves).all().get();
    }

    private void elect(String topic) throws Exception {
        var all = new HashSet<TopicPartition>();
        for (int i = 0; i < Tries.partitions(nodes.admin(), topic).size(); i++) all.add(new TopicPartition(topic, i));
        nodes.admin().electLeaders(ElectionType.PREFERRED, all).partitions().get();
    }

    private void set(ConfigResource.Type type, String name, Map<String, String> settings) throws Exception {
        List<AlterConfigOp> changes = settings.entrySet().stream()
                .map(it -> new AlterConfigOp(new ConfigEntry(it.getKey(), it.getValue()), AlterConfigOp.OpType.SET))
                .toList();
        nodes.admin()
                .incrementalAlterConfigs(Map.of(new ConfigResource(type, name), changes))
                .all()
                .get();
    }

    /** In bytes a second, of what each broker copies for topics whose replicas are throttled. */
    private void throttle(int rate) throws Exception {
        set(ConfigResource.Type.BROKER, "", Map.of("follower.replication.throttled.rate", "" + rate));
    }

    private static Map<TopicPartition, OffsetAndMetadata> offset(String topic, int partition, long offset) {
        return Map.of(new TopicPartition(topic, partition), new OffsetAndMetadata(offset));
    }

    private void commit(String group, String topic, int partition, long offset) throws Exception {
        nodes.admin()
                .alterConsumerGroupOffsets(group, offset(topic, partition, offset))
                .all()
                .get();
    }

    private void transact(String id) {
        Map<String, Object> settings = Map.of("bootstrap.servers", nodes.servers(), "transactional.id", id);
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            producer.initTransactions();
        }
    }

    /** One group of each kind, whose members have ended; and a transactional id. */
    private void useAll(String topic) throws Exception {
        commit("consumers", topic, 0, 1);
        commit("connect", topic, 0, 1);
        try (var worker = new GroupMember(nodes.servers(), "connect")) {
            worker.joinConnect();
            worker.leaveConnect();
        }
        try (var streams = new GroupMember(nodes.servers(), "streams")) {
            streams.joinStreams(topic);
            streams.leaveStreams();
        }
        commit("streams", topic, 0, 1);
        nodes.admin()
                .alterShareGroupOffsets("shared", Map.of(new TopicPartition(topic, 0), 0L))
                .all()
                .get();
        transact("transactions");
    }

    // ---- Kafka's own topics ----

    @Test
    @Order(1)
    @DisplayName(
            "Kafka's own topics cannot be created: 5 replicas, 4 brokers. After the remedies all kinds of groups work")
    void ownTopics() throws Exception {
        create("o", Map.of(), List.of(List.of(1, 4)));
        var kept = new Kept("o");
        Said before = Said.ask(nodes.servers());
        assertThat(before.status()).isEqualTo(1);
        assertThat(before.findings())
                .containsExactlyInAnyOrder(
                        "stopped: topic cannot be created: [__consumer_offsets]",
                        "traps: topic cannot be created: [__transaction_state]",
                        "traps: topic cannot be created: [__share_group_state]");
        othersNameTheCause();
        Shell.run(before.remedies().values().toArray(String[]::new));
        awaitWhole();
        useAll("o");
        assertThat(Said.ask(nodes.servers()).findings()).isEmpty();
        kept.check();
        kept.delete();
    }

    /** Kafka's clients would retry for a minute, or for ever. */
    private void othersNameTheCause() {
        String offsets =
                "__consumer_offsets cannot be created: 5 replicas (offsets.topic.replication.factor), 4 brokers."
                        + " No group can be joined. Fix: jbang lab/doctor.java";
        String servers = nodes.servers();
        try (Run drill = Run.script("lab/drill.java", "-b", servers, "--observe", "1s", "o");
                Run consumer = Run.script("consumer.java", "-b", servers, "o", "g")) {
            drill.expectExit(1);
            assertThat(drill.err()).contains(offsets);
            consumer.awaitLine("idle: no __consumer_offsets, so no group. Why: jbang lab/doctor.java -b " + servers);
            consumer.interrupt();
            consumer.expectExit(130);
        }
    }

    // ---- replicas, settings, groups ----

    @Test
    @Order(2)
    @DisplayName("one replica, all must be in sync, one rack, unclean election, another leader, and groups whose state"
            + " stops: all that is printed is run")
    void allAtOnce() throws Exception {
        create("one", Map.of(), List.of(List.of(1), List.of(2), List.of(4)));
        create("alone", Map.of(), List.of(List.of(3)));
        create("strict", Map.of("min.insync.replicas", "2"), List.of(List.of(1)));
        create("tight", Map.of("min.insync.replicas", "2"), List.of(List.of(1, 4), List.of(4, 2)));
        create("full", Map.of("min.insync.replicas", "4"), List.of(List.of(1, 2, 3, 4)));
        create("racked", Map.of(), List.of(List.of(1, 2), List.of(3, 1)));
        create("unclean", Map.of("unclean.leader.election.enable", "true"), List.of(List.of(1, 4)));
        create("led", Map.of(), List.of(List.of(1, 4)));
        useAll("led");
        place("led", List.of(4, 1));
        place("__consumer_offsets", List.of(2));
        place("__transaction_state", List.of(1, 4)); // its min.insync.replicas is 2
        place("__share_group_state", List.of(2));
        awaitWhole();
        elect("__transaction_state");
        var kept = new Kept("one", "alone", "strict", "tight", "full", "racked", "unclean", "led");
        Said before = Said.ask(nodes.servers());
        var own = new ArrayList<String>();
        for (String topic : List.of(OWN.get(0), OWN.get(2))) for (int i = 0; i < 3; i++) own.add(topic + "-" + i);
        assertThat(before.findings())
                .filteredOn(it -> it.startsWith("traps"))
                .containsExactlyInAnyOrder(
                        "traps: partition one replica: [alone-0, one-0, one-1, one-2, strict-0]",
                        "traps: partition one replica of Kafka's own topics: " + own,
                        "traps: topic all must be in sync: [__transaction_state, full, tight]",
                        "traps: partition one rack: [racked-0, racked-1]",
                        "traps: topic unclean election: [unclean]",
                        "traps: partition another leader: [led-0]");
        assertThat(before.findings())
                .contains(
                        "broker 3: partition no leader: [alone-0]",
                        "broker 3: partition no acks=all: [full-0]",
                        "broker 2: group out of reach: [consumers]",
                        "broker 2: Connect group out of reach: [connect]",
                        "broker 2: Streams group out of reach: [streams]",
                        "broker 2: share group out of reach: [shared]",
                        "broker 4: transactional id cannot store its state: [transactions]");
        Shell.run(before.remedies().values().toArray(String[]::new));
        kept.check();
        awaitWhole();
        Said after = Said.ask(nodes.servers());
        assertThat(after.findings()).as("" + after.remedies()).isEmpty();
        assertThat(after.status()).isEqualTo(0);
        kept.check();
        useAll("led");
        kept.delete();
    }

    @Test
    @Order(3)
    @DisplayName("being moved, throttled: one finding, and nothing raises min.insync.replicas. Another topic's replicas"
            + " change meanwhile: [1] and [1,4], min.insync.replicas=2")
    void moving() throws Exception {
        create("uneven", Map.of("min.insync.replicas", "2"), List.of(List.of(2)));
        nodes.admin()
                .createPartitions(Map.of("uneven", NewPartitions.increaseTo(2, List.of(List.of(1)))))
                .all()
                .get();
        create("moved", Map.of("min.insync.replicas", "2"), List.of(List.of(1, 4, 2)));
        nodes.admin()
                .alterPartitionReassignments(Map.of(
                        new TopicPartition("uneven", 0), Optional.of(new NewPartitionReassignment(List.of(1, 4)))))
                .all()
                .get();
        awaitWhole();
        Tries.write(nodes.servers(), Map.of("moved", 1), 5_000);
        var kept = new Kept("moved", "uneven");
        throttle(1);
        for (String key : List.of("follower.replication.throttled.replicas", "leader.replication.throttled.replicas"))
            set(ConfigResource.Type.TOPIC, "moved", Map.of(key, "*"));
        place("moved", List.of(3, 4, 2));
        Said before = Said.ask(nodes.servers());
        String moved = "traps: partition being moved: [moved-0]";
        String strict = "traps: topic all must be in sync: [uneven]";
        assertThat(before.findings())
                .contains(moved, strict)
                .filteredOn(it -> it.contains("moved"))
                .containsExactly(moved);
        Shell.run(before.remedies().get(moved), before.remedies().get(strict));
        kept.check();
        throttle(100_000_000);
        awaitWhole();
        Said between = Said.ask(nodes.servers());
        assertThat(between.findings())
                .containsExactlyInAnyOrder(
                        "traps: partition one replica: [uneven-1]", "broker 1: partition no leader: [uneven-1]");
        String lowered = between.remedies().get("traps: partition one replica: [uneven-1]");
        assertThat(lowered)
                .startsWith("when all replicas of uneven are in sync, set min.insync.replicas=2 again; now: ");
        Shell.run(lowered);
        kept.check();
        awaitWhole();
        set(ConfigResource.Type.TOPIC, "uneven", Map.of("min.insync.replicas", "2"));
        Said after = Said.ask(nodes.servers());
        assertThat(after.findings()).contains(strict);
        Shell.run(after.remedies().get(strict));
        kept.check();
        awaitWhole();
        assertThat(Said.ask(nodes.servers()).findings()).isEmpty();
        kept.delete();
    }

    // ---- offsets ----

    @Test
    @Order(4)
    @DisplayName("committed offsets beyond the end and below the start of the log, of groups of three kinds")
    void offsets() throws Exception {
        create("read", Map.of(), List.of(List.of(1, 4), List.of(4, 1)));
        Tries.write(nodes.servers(), Map.of("read", 2), 10);
        useAll("read");
        commit("g1", "read", 0, 1_000);
        commit("g1", "read", 1, 10);
        commit("g2", "read", 1, 3);
        commit("connect", "read", 0, 12);
        commit("streams", "read", 1, 2);
        nodes.admin()
                .deleteRecords(Map.of(new TopicPartition("read", 1), RecordsToDelete.beforeOffset(5)))
                .all()
                .get();
        Said said = Said.ask(nodes.servers());
        assertThat(said.findings())
                .containsExactlyInAnyOrder(
                        "traps: group offset beyond the end: [g1 (read-0 at 1000, the end is 10)]",
                        "traps: group offset below the start: [g2 (read-1 at 3, the start is 5)]",
                        "traps: Connect group offset beyond the end: [connect (read-0 at 12, the end is 10)]",
                        "traps: Streams group offset below the start: [streams (read-1 at 2, the start is 5)]");
        Shell.run(said.remedies().values().toArray(String[]::new));
        assertThat(Said.ask(nodes.servers()).findings()).isEmpty();
        nodes.admin().deleteTopics(List.of("read")).all().get();
    }

    // ---- brokers and controllers ----

    @Test
    @Order(5)
    @DisplayName(
            "brokers that are down, no controller, a broker that does not respond, one that lags: to start them, or"
                    + " to find out, is the remedy of all that they cause")
    void down() throws Exception {
        create("kept", Map.of("min.insync.replicas", "2"), List.of(List.of(3, 4, 1), List.of(1, 3, 4)));
        create("only", Map.of(), List.of(List.of(3)));
        create("pair", Map.of(), List.of(List.of(4, 3)));
        create("lossy", Map.of("unclean.leader.election.enable", "true"), List.of(List.of(1, 3)));
        place("__consumer_offsets", List.of(1, 3));
        set(ConfigResource.Type.TOPIC, "__consumer_offsets", Map.of("unclean.leader.election.enable", "true"));
        awaitWhole();
        elect("__consumer_offsets");
        commit("consumers", "kept", 0, 0);
        var kept = new Kept("kept", "only", "pair", "lossy");
        Said whole = Said.ask(nodes.servers());

        nodes.kill(3);
        nodes.awaitUp(Set.of(1, 2, 4));
        nodes.kill(4);
        nodes.awaitUp(Set.of(1, 2));
        Said said = Said.ask(nodes.servers(Set.of(1, 2)));
        assertThat(said.findings())
                .contains(
                        "stopped: partition no leader: [only-0, pair-0]",
                        "traps: broker down: [3, 4]",
                        "traps: controller down: [3]",
                        "broker 1: broker no controller: [1]")
                .anyMatch(it -> it.startsWith("traps: partition out of sync: ["));
        assertNoCommand(said);
        assertThat(said.remedies().get("broker 1: broker no controller: [1]")).isEqualTo("start controller 3");
        // Broker 3 fell out of the in-sync set first, so it may not lead.
        assertThat(Said.ask(nodes.servers(Set.of(1, 2)), "pair").remedies())
                .containsEntry("stopped: partition no leader: [pair-0]", "start broker 4");
        nodes.start(4);
        nodes.awaitUp(Set.of(1, 2, 4));
        SharedCluster.await("a leader of pair", () -> leads("pair", 4));

        nodes.kill(2);
        Said none = awaitSaid(
                "no controller", Set.of(1, 4), it -> it.findings().contains("stopped: controller no controller: []"));
        assertThat(none.findings()).contains("traps: broker unresponsive: [2]");
        assertThat(none.remedies())
                .containsEntry(
                        "stopped: controller no controller: []",
                        "start the controller, or more than half of the controllers")
                .hasEntrySatisfying(
                        "traps: broker unresponsive: [2]",
                        it -> assertThat(it).startsWith("start broker 2; if it runs, restart it"));
        assertNoCommand(none);
        nodes.start(2);
        nodes.awaitUp(Set.of(1, 2, 4));

        for (String topic : List.of("lossy", "__consumer_offsets")) {
            set(ConfigResource.Type.TOPIC, topic, Map.of("follower.replication.throttled.replicas", "*"));
            set(ConfigResource.Type.TOPIC, topic, Map.of("leader.replication.throttled.replicas", "*"));
        }
        throttle(1);
        Tries.write(nodes.servers(Set.of(1, 2, 4)), Map.of("lossy", 1), 5_000);
        for (int i = 0; i < 100; i++) commit("consumers", "kept", 0, i);
        nodes.start(3);
        nodes.awaitUp(Set.of(1, 2, 3, 4));
        Said lagging = Said.ask(nodes.servers(), "--broker", "1");
        for (String finding :
                List.of("broker 1: partition records lost: [__consumer_offsets-", "broker 1: group state lost: ["))
            assertThat(lagging.remedies()).as(finding).anySatisfy((it, remedy) -> {
                assertThat(it).startsWith(finding);
                assertThat(remedy).contains("find out why broker 3 lags").doesNotContain("kafka-");
            });
        throttle(100_000_000);
        awaitWhole();

        Said last = awaitSaid(
                "all findings are gone but that of the leaders",
                Set.of(1, 2, 3, 4),
                it -> it.findings().stream()
                        .allMatch(finding -> whole.findings().contains(finding) || finding.contains("another leader")));
        Shell.run(last.remedies().entrySet().stream()
                .filter(it -> it.getKey().startsWith("traps: "))
                .map(Map.Entry::getValue)
                .toArray(String[]::new));
        kept.check();
        awaitWhole();
        Said after = Said.ask(nodes.servers());
        assertThat(after.findings()).as("" + after.remedies()).isEmpty();
        kept.check();
        kept.delete();
    }

    private boolean leads(String topic, int id) {
        try {
            Node leader = Tries.partitions(nodes.admin(), topic).get(0).leader();
            return leader != null && leader.id() == id;
        } catch (Exception notNow) {
            return false;
        }
    }

    /** Each remedy is for a person, or another finding has it; commands come after the controllers. */
    private static void assertNoCommand(Said said) {
        said.remedies().forEach((finding, remedy) -> {
            if (!remedy.isEmpty())
                assertThat(remedy).as(finding).matches("(?s)(start|run three|run brokers|bring broker|find out) .*");
        });
    }

    @Test
    @Order(6)
    @DisplayName("a broker that was unregistered, and has replicas: they move. Then all brokers are in one rack")
    void unregistered() throws Exception {
        create("left", Map.of(), List.of(List.of(1, 4), List.of(4, 2)));
        create("gone", Map.of(), List.of(List.of(4)));
        nodes.stop(4);
        nodes.awaitUp(Set.of(1, 2, 3));
        nodes.admin().unregisterBroker(4).all().get();
        Said said = Said.ask(nodes.servers(Set.of(1, 2, 3)));
        String finding = "traps: broker unregistered: [4]";
        assertThat(said.findings()).contains(finding);
        assertThat(said.remedies()).containsEntry("stopped: partition no leader: [gone-0]", "start broker 4");
        assertThat(said.remedies().get(finding)).doesNotContain("gone");
        Shell.run(said.remedies().get(finding));
        Tries.awaitMoved(nodes.admin());
        Said moved = Said.ask(nodes.servers(Set.of(1, 2, 3)));
        assertThat(said.findings()).containsAll(withoutGone(moved));
        assertThat(withoutGone(moved)).containsExactly("traps: rack one rack: [a]");
        assertThat(moved.remedies())
                .containsEntry("traps: rack one rack: [a]", "run brokers in another rack (broker.rack)");
        assertThat(Tries.write(nodes.servers(Set.of(1, 2, 3)), Map.of("left", 2), 1))
                .doesNotContainValue(false);

        nodes.start(4); // in rack b: with its disk, it registers again
        nodes.awaitUp(Set.of(1, 2, 3, 4));
        awaitWhole();
        Said back = Said.ask(nodes.servers());
        assertThat(back.findings()).anyMatch(it -> it.startsWith("traps: partition one rack: ["));
        Shell.run(back.remedies().values().toArray(String[]::new));
        awaitWhole();
        assertThat(Said.ask(nodes.servers()).findings()).isEmpty();
        assertThat(Tries.write(nodes.servers(), Map.of("left", 2, "gone", 1), 1))
                .doesNotContainValue(false);
    }

    /** Without what only the broker itself can mend: it has the only replica of gone-0. */
    private static List<String> withoutGone(Said said) {
        return said.findings().stream()
                .filter(it -> !it.contains("gone-0") && !it.contains("broker un"))
                .toList();
    }
}
