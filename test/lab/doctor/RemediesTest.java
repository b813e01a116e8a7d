package lab.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.*;
import lab.prediction.*;
import org.junit.jupiter.api.*;

/** Which remedy is printed for which finding, from hand-made clusters. RemedyTest runs remedies on a real one. */
public class RemediesTest {
    private final SortedMap<Integer, Broker> brokers = new TreeMap<>();
    private final SortedMap<PartitionId, Partition> partitions = new TreeMap<>();
    private final List<HangingTransaction> hanging = new ArrayList<>();
    private final SortedMap<Integer, Boolean> voters = new TreeMap<>(Map.of(100, true, 101, true, 102, true));

    private void broker(int id, String rack) {
        brokers.put(id, new Broker(id, "h:" + id, rack, Broker.State.UP, true));
    }

    private void broker(int id, Broker.State state) {
        brokers.put(id, new Broker(id, null, null, state, null));
    }

    private void partition(String topic, int number, int minInSync, boolean moving, Integer... replicas) {
        var id = new PartitionId(topic, number);
        List<Integer> all = List.of(replicas);
        var inSync = new TreeSet<>(all);
        inSync.removeIf(it -> !brokers.get(it).isUp());
        Integer leader = all.stream().filter(inSync::contains).findFirst().orElse(null);
        partitions.put(id, new Partition(id, false, leader, all, inSync, Set.of(), minInSync, false, moving, Set.of()));
    }

    private Snapshot seen() {
        var cluster = new Cluster(brokers, new Quorum(Quorum.State.LED, voters), partitions);
        return new Snapshot(
                cluster,
                Set.of("t", "__consumer_offsets"),
                false,
                List.of(),
                Map.of(),
                List.of(),
                hanging,
                List.of(),
                true);
    }

    private Remedies remedies() {
        return new Remedies(seen().cluster(), new Commands("s:1", null));
    }

    /** Such as "one replica: [t-0]" with its remedy. */
    private Map<String, String> traps() {
        return byName(new Traps(seen(), remedies()).findings());
    }

    private Map<String, String> after(int broker) {
        return byName(new Stops(seen(), remedies()).after(broker));
    }

    private Map<String, String> now() {
        return byName(new Stops(seen(), remedies()).now());
    }

    private static Map<String, String> byName(List<Finding> findings) {
        var all = new TreeMap<String, String>();
        findings.forEach(it -> all.put(it.what() + ": " + it.where(), it.mend()));
        return all;
    }

    private static String reassign(String... partitions) {
        return "kafka-reassign-partitions.sh --bootstrap-server s:1 --execute --additional --reassignment-json-file <(echo '"
                + "{\"version\":1,\"partitions\":[" + String.join(",", partitions) + "]}')";
    }

    private static String at(int number, String replicas) {
        return "{\"topic\":\"t\",\"partition\":%d,\"replicas\":[%s]}".formatted(number, replicas);
    }

    private static String minInSync(int value) {
        return "kafka-configs.sh --bootstrap-server s:1 --alter --entity-type topics --entity-name t --add-config"
                + " min.insync.replicas=" + value;
    }

    @Test
    @DisplayName("one command covers all partitions of a finding, on the brokers that have the fewest replicas")
    void allAtOnce() {
        for (int id : List.of(1, 2, 3)) broker(id, (String) null);
        partition("t", 0, 1, false, 1);
        partition("t", 1, 1, false, 1);
        assertThat(traps()).containsEntry("one replica: [t-0, t-1]", reassign(at(0, "1,2"), at(1, "1,3")));
    }

    @Test
    @DisplayName("min.insync.replicas above the number of replicas is lowered before a replica is added: else the new"
            + " one would have to be in sync at once")
    void loweredFirst() {
        for (int id : List.of(1, 2, 3)) broker(id, (String) null);
        partition("t", 0, 2, false, 1);
        assertThat(traps()).containsEntry("one replica: [t-0]", minInSync(1) + "; " + reassign(at(0, "1,2")));
    }

    @Test
    @DisplayName("all must be in sync: one more replica; where there is no broker for it, one fewer must be")
    void spare() {
        for (int id : List.of(1, 2)) broker(id, (String) null);
        partition("t", 0, 2, false, 1, 2);
        assertThat(traps()).containsEntry("all must be in sync: [t]", minInSync(1));
        assertThat(after(2)).containsEntry("no acks=all: [t-0]", minInSync(1));
        broker(3, (String) null);
        assertThat(traps()).containsEntry("all must be in sync: [t]", reassign(at(0, "1,2,3")));
        assertThat(after(2)).containsEntry("no acks=all: [t-0]", reassign(at(0, "1,2,3")));
    }

    @Test
    @DisplayName("replicas [1] and [1,2], min.insync.replicas=2: it is never set below 1")
    void neverBelowOne() {
        for (int id : List.of(1, 2)) broker(id, (String) null);
        partition("t", 0, 2, false, 1);
        partition("t", 1, 2, false, 1, 2);
        assertThat(traps())
                .containsEntry("all must be in sync: [t]", minInSync(1))
                .containsEntry("one replica: [t-0]", minInSync(1) + "; " + reassign(at(0, "1,2")));
    }

    @Test
    @DisplayName("transactions that hang: one command aborts each of them, and the text says what that costs")
    void hangingTransactions() {
        for (int id : List.of(1, 2)) broker(id, (String) null);
        partition("t", 0, 1, false, 1, 2);
        hanging.add(new HangingTransaction(new PartitionId("t", 0), 7, 580));
        hanging.add(new HangingTransaction(new PartitionId("t", 0), 8, 590));
        String abort = "kafka-transactions.sh --bootstrap-server s:1 abort --topic t --partition 0 --start-offset ";
        assertThat(now())
                .containsEntry(
                        "hanging transaction: [t-0 (producer 7, from offset 580), t-0 (producer 8, from offset 590)]",
                        abort + "580; " + abort + "590");
        assertThat(new Stops(seen(), remedies()).now())
                .anyMatch(it -> it.means().contains("these consumers never receive its records"));
    }

    @Test
    @DisplayName(
            "only where all of __transaction_state is seen, and has leaders, is a transaction known to be forgotten")
    void coordinators() {
        broker(1, (String) null);
        broker(2, Broker.State.DOWN);
        partition("t", 0, 1, false, 1);
        assertThat(Reader.seesCoordinators(seen().cluster())).isFalse();
        partition(GroupReader.TRANSACTIONS, 0, 1, false, 1);
        assertThat(Reader.seesCoordinators(seen().cluster())).isTrue();
        partition(GroupReader.TRANSACTIONS, 1, 1, false, 2);
        assertThat(Reader.seesCoordinators(seen().cluster())).isFalse();
    }

    @Test
    @DisplayName("three replicas and min.insync.replicas=1: that is a decision, so no command raises it")
    void neverRaised() {
        for (int id : List.of(1, 2, 3)) broker(id, (String) null);
        partition("t", 0, 1, false, 1, 2, 3);
        assertThat(traps()).containsEntry("min.insync.replicas 1: [t]", "").hasSize(1);
    }

    @Test
    @DisplayName("a partition that is being moved has one finding: being moved")
    void moving() {
        for (int id : List.of(1, 2, 3, 4)) broker(id, (String) null);
        partition("t", 0, 2, true, 1, 2, 3, 4);
        partition("t", 1, 1, false, 1, 2);
        assertThat(traps().keySet()).containsExactly("being moved: [t-0]");
        brokers.put(3, new Broker(3, null, null, Broker.State.DOWN, null));
        assertThat(traps().keySet()).containsExactly("being moved: [t-0]", "down: [3]");
    }

    @Test
    @DisplayName("racks a, a, a, b: a replica moves to b, although the brokers of a have fewer replicas")
    void anotherRack() {
        for (int id : List.of(1, 2, 3)) broker(id, "a");
        broker(4, "b");
        partition("t", 0, 1, false, 1, 2);
        partition("u", 0, 1, false, 4, 1);
        partition("u", 1, 1, false, 4, 2);
        assertThat(traps()).containsOnly(Map.entry("one rack: [t-0]", reassign(at(0, "1,4"))));
        partition("t", 1, 1, false, 3);
        assertThat(traps()).containsEntry("one replica: [t-1]", reassign(at(1, "3,4")));
    }

    @Test
    @DisplayName("all brokers in one rack: that is one finding, and no partition's")
    void oneRack() {
        for (int id : List.of(1, 2, 3)) broker(id, "a");
        partition("t", 0, 1, false, 1, 2);
        assertThat(traps().keySet()).containsExactly("one rack: [a]");
    }

    @Test
    @DisplayName("racks a, a, b, and b's broker is down: the partition in a is named, and b's broker is to be started")
    void otherRackDown() {
        for (int id : List.of(1, 2)) broker(id, "a");
        brokers.put(3, new Broker(3, null, "b", Broker.State.DOWN, null));
        partition("t", 0, 1, false, 1, 2);
        partition("u", 0, 1, false, 1, 3);
        assertThat(traps())
                .containsEntry("one rack: [t-0]", "start broker 3, or one in another rack, and run this again")
                .doesNotContainKey("one rack: [a]");
    }

    @Test
    @DisplayName("racks a, a, not known: the partition in a is named; its replica moves only to a rack that is known")
    void unknownRack() {
        for (int id : List.of(1, 2)) broker(id, "a");
        broker(3, (String) null);
        partition("t", 0, 1, false, 1, 2);
        partition("u", 0, 1, false, 1, 3);
        assertThat(traps())
                .containsOnly(Map.entry("one rack: [t-0]", "start a broker in another rack, and run this again"));
        broker(4, "b");
        assertThat(traps()).containsOnly(Map.entry("one rack: [t-0]", reassign(at(0, "1,4"))));
        brokers.remove(4);
        partitions.clear();
        partition("u", 0, 1, false, 3, 1);
        partition("t", 0, 1, false, 1);
        assertThat(traps()).as("not in a again").containsOnly(Map.entry("one replica: [t-0]", reassign(at(0, "1,3"))));
    }

    @Test
    @DisplayName("a replica on a broker that is not registered any more: it moves")
    void unregistered() {
        for (int id : List.of(1, 2)) broker(id, (String) null);
        broker(9, Broker.State.UNREGISTERED);
        partition("t", 0, 1, false, 1, 9);
        assertThat(traps())
                .containsEntry("out of sync: [t-0]", reassign(at(0, "1,2")))
                .containsEntry(
                        "unregistered: [9]", "start it with its disk, or move its replicas: " + reassign(at(0, "1,2")));
        partition("t", 0, 1, false, 1, 2, 9); // no broker is left for it
        assertThat(traps()).containsEntry("out of sync: [t-0]", reassign(at(0, "1,2")));
        partition("t", 0, 2, false, 1, 2, 9);
        assertThat(traps()).containsEntry("out of sync: [t-0]", "start one more broker, and run this again");
    }

    @Test
    @DisplayName("a broker that is down: it is to be started, and nothing else")
    void down() {
        for (int id : List.of(1, 2)) broker(id, (String) null);
        broker(3, Broker.State.DOWN);
        partition("t", 0, 2, false, 3, 1);
        partition("t", 1, 1, false, 3);
        assertThat(now())
                .containsEntry("no leader: [t-1]", "start broker 3")
                .containsEntry("no acks=all: [t-0]", "start broker 3");
        assertThat(after(1)).containsEntry("no leader: [t-0]", "start broker 3");
        assertThat(traps())
                .containsEntry("down: [3]", "start broker 3; if it runs, restart it")
                .containsEntry("out of sync: [t-0, t-1]", "start broker 3")
                .containsEntry("all must be in sync: [t]", "start broker 3")
                .as("nothing could be copied from it")
                .containsEntry("one replica: [t-1]", "start broker 3");
    }

    private void partition(int number, int minInSync, Set<Integer> inSync, Set<Integer> eligible, Integer... replicas) {
        var id = new PartitionId("t", number);
        Integer leader =
                inSync.stream().filter(it -> brokers.get(it).isUp()).findFirst().orElse(null);
        partitions.put(
                id,
                new Partition(
                        id, false, leader, List.of(replicas), inSync, eligible, minInSync, false, false, Set.of()));
    }

    @Test
    @DisplayName("no leader: the brokers that have all records are to be started, not any of the replicas' (KIP-966)")
    void eligible() {
        broker(1, Broker.State.DOWN);
        broker(2, Broker.State.DOWN);
        broker(3, (String) null);
        partition(0, 1, Set.of(), Set.of(1), 1, 2);
        assertThat(now()).containsEntry("no leader: [t-0]", "start broker 1");
        partition(0, 2, Set.of(2), Set.of(1), 1, 2);
        assertThat(now()).as("if killed, 1 alone may not lead").containsEntry("no leader: [t-0]", "start broker 1, 2");
        partition(0, 1, Set.of(), Set.of(), 1, 3);
        assertThat(now()).containsEntry("no leader: [t-0]", "start broker 1");
        partition(0, 1, Set.of(), Set.of(), 3);
        assertThat(now().get("no leader: [t-0]")).startsWith("no replica is known to have all records");
        broker(2, Broker.State.UNREGISTERED);
        partition(0, 1, Set.of(2), Set.of(), 2);
        assertThat(now()).containsEntry("no leader: [t-0]", "start broker 2");
        assertThat(traps().values()).as("a move would never end").allMatch(it -> it.startsWith("start"));
    }

    @Test
    @DisplayName("replicas [1] and [1,2,3], min.insync.replicas=2: it is lowered for a while only")
    void loweredForAWhile() {
        for (int id : List.of(1, 2, 3)) broker(id, (String) null);
        partition("t", 0, 2, false, 1);
        partition("t", 1, 2, false, 1, 2, 3);
        assertThat(traps())
                .containsOnly(Map.entry(
                        "one replica: [t-0]",
                        "when all replicas of t are in sync, set min.insync.replicas=2 again; now: " + minInSync(1)
                                + "; " + reassign(at(0, "1,2"))));
    }

    @Test
    @DisplayName("no room for one of two partitions: both get a remedy")
    void roomForOne() {
        for (int id : List.of(1, 2, 3)) broker(id, (String) null);
        partition("t", 0, 2, false, 1, 2);
        partition("u", 0, 3, false, 1, 2, 3);
        String lowered = minInSync(2).replace("--entity-name t", "--entity-name u");
        assertThat(traps())
                .containsOnly(Map.entry("all must be in sync: [t, u]", lowered + "; " + reassign(at(0, "1,2,3"))));
    }

    @Test
    @DisplayName("one of three controllers is down, and the next failure is one too many: it is to be started")
    void controllerDown() {
        for (int id : List.of(1, 2)) broker(id, (String) null);
        broker(3, Broker.State.DOWN);
        voters.clear();
        voters.putAll(Map.of(1, true, 2, true, 3, false));
        partition("t", 0, 1, false, 1, 2);
        assertThat(after(1)).containsEntry("no controller: [1]", "start controller 3");
        assertThat(traps()).containsEntry("down: [3]", "start controller 3");
    }

    @Test
    @DisplayName("combined nodes that only this client cannot reach: their controllers are not down")
    void controllersOutOfReach() {
        broker(1, (String) null);
        for (int id : List.of(2, 3)) broker(id, Broker.State.UNRESPONSIVE);
        voters.clear();
        voters.putAll(Map.of(1, true, 2, true, 3, true));
        partition("t", 0, 1, false, 1);
        assertThat(now().keySet()).noneMatch(it -> it.startsWith("no controller"));
        assertThat(new Traps(seen(), remedies()).findings())
                .noneMatch(it -> it.kind().equals("controller"));
    }

    @Test
    @DisplayName("a broker that only this client cannot reach is up, and no replica is put there")
    void unreachable() {
        for (int id : List.of(1, 3)) broker(id, (String) null);
        brokers.put(2, new Broker(2, "h:2", null, Broker.State.UNREACHABLE, null));
        partition("t", 0, 1, false, 2, 1);
        partition("t", 1, 1, false, 1);
        assertThat(now()).isEmpty();
        assertThat(traps())
                .containsOnly(
                        Map.entry(
                                "unreachable from here: [2]",
                                "correct the address in its advertised.listeners (h:2), and restart it"),
                        Map.entry("one replica: [t-1]", reassign(at(1, "1,3"))));
        assertThat(after(1).keySet()).containsExactly("no leader: [t-1]");
    }

    @Test
    @DisplayName("a broker does not respond, and whether it runs is not known: then nothing is said to carry on")
    void notKnown() {
        broker(1, (String) null);
        brokers.put(2, new Broker(2, "h:2", null, Broker.State.NOT_KNOWN, null));
        partition("t", 0, 1, false, 1, 2);
        assertThat(after(1)).isEmpty();
        var report = new Report(seen(), List.of(), new TreeMap<>(Map.of(1, List.of())), List.of());
        assertThat(report.asText())
                .isEqualTo("If broker 1 (h:1) failed now: not known, because broker 2 does not respond.");
    }

    @Test
    @DisplayName("a broker whose log directories are cordoned gets no replica, and is in no assignment")
    void cordoned() {
        for (int id : List.of(1, 3)) broker(id, (String) null);
        brokers.put(2, new Broker(2, "h:2", null, Broker.State.UP, true, false));
        partition("t", 0, 1, false, 1);
        partition("t", 1, 1, false, 2);
        String open = "let broker 2 take replicas again (cordoned.log.dirs), and run this again";
        assertThat(traps())
                .containsEntry("one replica: [t-0, t-1]", open + "; for the others: " + reassign(at(0, "1,3")));
        brokers.remove(3);
        assertThat(traps())
                .containsEntry("one replica: [t-0, t-1]", "start one more broker, and run this again; " + open);
        partition("t", 0, 2, false, 1, 2);
        partitions.remove(new PartitionId("t", 1));
        assertThat(traps()).containsEntry("all must be in sync: [t]", minInSync(1));
        broker(9, Broker.State.UNREGISTERED);
        partition("t", 0, 1, false, 1, 2, 9);
        assertThat(traps()).containsEntry("out of sync: [t-0]", open);
    }

    @Test
    @DisplayName("one rack, and a broker in it is cordoned: its replica may move away, the other's may not")
    void cordonedRack() {
        broker(1, "a");
        brokers.put(2, new Broker(2, "h:2", "a", Broker.State.UP, true, false));
        broker(3, "b");
        partition("t", 0, 1, false, 1, 2);
        assertThat(traps()).containsEntry("one rack: [t-0]", reassign(at(0, "1,3")));
        partition("t", 0, 1, false, 2, 1);
        assertThat(traps())
                .containsEntry(
                        "one rack: [t-0]", "let broker 2 take replicas again (cordoned.log.dirs), and run this again");
    }

    @Test
    @DisplayName("a failed log directory: it is to be repaired; a replica in it is not said to lag")
    void failedDirectory() {
        for (int id : List.of(1, 2)) broker(id, (String) null);
        String repair = "repair the failed log directory of broker 2, and restart it";
        var id = new PartitionId("t", 0);
        partitions.put(id, new Partition(id, false, null, List.of(2), Set.of(2), Set.of(), 1, false, false, Set.of(2)));
        assertThat(now()).containsOnly(Map.entry("no leader: [t-0]", repair));
        assertThat(traps()).containsEntry("out of sync: [t-0]", repair);
        partitions.put(
                id, new Partition(id, false, 1, List.of(1, 2), Set.of(1), Set.of(2), 1, false, false, Set.of(2)));
        assertThat(now()).isEmpty();
        assertThat(after(1)).containsOnly(Map.entry("no leader: [t-0]", repair));
    }

    @Test
    @DisplayName("Kafka's own topics: a broker that takes no replicas does not count")
    void internalTopicsCordoned() {
        for (int id : List.of(1, 3)) broker(id, (String) null);
        brokers.put(2, new Broker(2, "h:2", null, Broker.State.UP, true, false));
        partition("t", 0, 1, false, 1, 3);
        var settings = Map.of(
                "offsets.topic.replication.factor", "3",
                "offsets.topic.num.partitions", "50",
                "min.insync.replicas", "1");
        var seen = new Snapshot(
                seen().cluster(),
                Set.of("t"),
                false,
                List.of(),
                Map.of(1, settings),
                List.of(),
                List.of(),
                List.of(),
                true);
        assertThat(byName(new Stops(seen, remedies()).now()).get("cannot be created: [__consumer_offsets]"))
                .contains(" --replication-factor 2 ");
    }

    @Test
    @DisplayName("Kafka's own topics by hand: one of their replicas may be out of sync, whatever the settings say")
    void internalTopics() {
        for (int id : List.of(1, 2)) broker(id, (String) null);
        partition("t", 0, 1, false, 1, 2);
        var settings = new TreeMap<>(Map.of("min.insync.replicas", "2"));
        for (String it : List.of("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")) {
            settings.put(it + ".replication.factor", "3");
            settings.put(it + ".num.partitions", "50");
            settings.put(it + ".min.isr", "2");
        }
        var cluster = new Cluster(brokers, new Quorum(Quorum.State.LED, voters), partitions);
        var seen = new Snapshot(
                cluster, Set.of("t"), true, List.of(), Map.of(1, settings), List.of(), List.of(), List.of(), true);
        var remedies = byName(new Traps(seen, remedies()).findings());
        remedies.putAll(byName(new Stops(seen, remedies()).now()));
        assertThat(remedies)
                .containsOnlyKeys(
                        "cannot be created: [__consumer_offsets]",
                        "cannot be created: [__transaction_state]",
                        "cannot be created: [__share_group_state]");
        assertThat(remedies.values())
                .allMatch(it -> it.contains(" --partitions 50 --replication-factor 2 ")
                        && it.endsWith(" --config min.insync.replicas=1"));
    }

    @Test
    @DisplayName("two nodes, both broker and controller: one remedy, and the true reasons")
    void twoCombinedNodes() {
        for (int id : List.of(1, 2)) broker(id, (String) null);
        voters.clear();
        voters.putAll(Map.of(1, true, 2, true));
        partition("t", 0, 1, false, 1, 2);
        partition("t", 1, 1, false, 2, 1);
        String remedy = "run three controllers, none of them on a broker (process.roles=controller)";
        assertThat(after(1))
                .containsOnly(
                        Map.entry("no controller: [1]", remedy),
                        Map.entry("no leader: [t-0]", ""),
                        Map.entry("no acks=all: [t-1]", ""));
        List<Finding> stops = new Stops(seen(), remedies()).after(1);
        assertThat(stops.toString()).contains("no controller would elect").doesNotContain("page cache");
        assertThat(traps()).containsOnly(Map.entry("two controllers: [1, 2]", remedy));
    }

    @Test
    @DisplayName("another leader: an election where the first replica is in sync; where it is not, it comes first")
    void elections() {
        for (int id : List.of(1, 2)) broker(id, (String) null);
        broker(3, Broker.State.DOWN);
        partition("t", 0, 1, false, 3, 1);
        assertThat(traps()).containsEntry("another leader: [t-0]", "bring broker 3 in sync, and run this again");
        var id = new PartitionId("t", 1);
        var both = Set.of(1, 2);
        partitions.put(id, new Partition(id, false, 2, List.of(1, 2), both, Set.of(), 1, false, false, Set.of()));
        assertThat(traps())
                .containsEntry(
                        "another leader: [t-0, t-1]",
                        "bring broker 3 in sync, and run this again; for the others: kafka-leader-election.sh"
                                + " --bootstrap-server s:1 --election-type preferred --path-to-json-file <(echo '"
                                + "{\"partitions\":[{\"topic\":\"t\",\"partition\":1}]}')");
    }

    @Test
    @DisplayName("two of three controllers do not follow: no controller, and nothing is predicted to carry on")
    void noMajority() {
        for (int id : List.of(1, 2)) broker(id, (String) null);
        partition("t", 0, 1, false, 1, 2);
        voters.putAll(Map.of(101, false, 102, false));
        assertThat(now()).containsOnlyKeys("no controller: []");
        assertThat(after(1)).containsOnly(Map.entry("no leader: [t-0]", ""));
        assertThat(after(2)).containsOnly(Map.entry("no acks=all: [t-0]", ""));
    }

    @Test
    @DisplayName(
            "min.insync.replicas was not seen: no replica is added or left out, because the topic might refuse records")
    void minInSyncNotSeen() {
        for (int id : List.of(1, 2)) broker(id, (String) null);
        broker(9, Broker.State.UNREGISTERED);
        String allow = "let this client see min.insync.replicas of t (DESCRIBE_CONFIGS), and run this again";
        partition("t", 0, 0, false, 1);
        assertThat(traps()).containsEntry("one replica: [t-0]", allow);
        partition("u", 0, 1, false, 1);
        String move = reassign(at(0, "1,2")).replace("\"t\"", "\"u\"");
        assertThat(traps()).containsEntry("one replica: [t-0, u-0]", allow + "; for the others: " + move);
        partition("t", 0, 0, false, 1, 2, 9);
        assertThat(traps()).containsEntry("out of sync: [t-0]", allow);
    }

    @Test
    @DisplayName("a leader has just been killed: what follows from that is not another broker's fault")
    void notElectedYet() {
        for (int id : List.of(1, 2, 3)) broker(id, (String) null);
        partition("t", 0, 2, false, 1, 2);
        partition(GroupReader.OFFSETS, 0, 2, false, 1, 2);
        broker(1, Broker.State.UNRESPONSIVE);
        assertThat(now()).containsOnlyKeys("no leader: [__consumer_offsets-0, t-0]");
        assertThat(after(3)).isEmpty();
        assertThat(after(2)).isEmpty(); // it has stopped already
        var keepers = List.of(new Keeper("group", "g", new PartitionId(GroupReader.OFFSETS, 0)));
        var seen = new Snapshot(
                seen().cluster(), Set.of(), false, keepers, Map.of(), List.of(), List.of(), List.of(), true);
        assertThat(new Stops(seen, remedies()).after(3)).isEmpty();
    }

    @Test
    @DisplayName("more than 50 partitions: the first 50, and that is said")
    void many() {
        for (int id : List.of(1, 2)) broker(id, (String) null);
        for (int i = 0; i < 60; i++) partition("t", i, 1, false, 1);
        String remedy = traps().values().iterator().next();
        assertThat(remedy).startsWith("for the first 50; run this again for the others: kafka-reassign");
        assertThat(remedy.split("\"partition\"")).hasSize(51);
    }

    @Test
    @DisplayName("the client properties' file is part of each command; what a shell would change is quoted")
    void configFile() {
        var commands = new Commands("s:1", Path.of("/a b/client.properties"));
        var stray = new StrayOffset("group", "it's", new PartitionId("t", 0), 5, 0, 3);
        assertThat(commands.toEarliest(stray))
                .isEqualTo("kafka-consumer-groups.sh --bootstrap-server s:1 --command-config '/a b/client.properties'"
                        + " --reset-offsets --group 'it'\\''s' --topic t:0 --to-earliest --execute");
    }
}
