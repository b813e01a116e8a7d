package lab.prediction;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.*;
import lab.prediction.Outcome.Cause;
import org.junit.jupiter.api.*;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of one partition, from a hand-made cluster of brokers 1, 2 and 3. */
public class PredictionTest {
    private final SortedMap<Integer, Broker> brokers = new TreeMap<>();
    private Quorum quorum = led(Map.of(100, true));
    private List<Integer> replicas = List.of(1, 2);
    private Set<Integer> inSync = Set.of(1, 2);
    private Set<Integer> eligible = Set.of();
    private Integer leader = 1;
    private int minInSync = 1;
    private boolean unclean;
    private Set<Integer> failed = Set.of();

    @BeforeEach
    void brokers() {
        for (int id : List.of(1, 2, 3)) broker(id, Broker.State.UP, true);
    }

    private void broker(int id, Broker.State state, Boolean capsMinInSync) {
        brokers.put(id, new Broker(id, "localhost:1", null, state, capsMinInSync));
    }

    private static Quorum led(Map<Integer, Boolean> voters) {
        return new Quorum(Quorum.State.LED, new TreeMap<>(voters));
    }

    private Partition partition() {
        var id = new PartitionId("t", 0);
        return new Partition(id, false, leader, replicas, inSync, eligible, minInSync, unclean, false, failed);
    }

    private Prediction prediction() {
        var partitions = new TreeMap<>(Map.of(partition().id(), partition()));
        return new Prediction(new Cluster(brokers, quorum, partitions));
    }

    /** Such as "NO_LEADER NO_REPLICA" or "FINE leader 2". */
    private String after(Integer... broken) {
        return text(prediction().after(Set.of(broken)).get(new PartitionId("t", 0)));
    }

    private String now() {
        return text(prediction().now(partition()));
    }

    private static String text(Outcome it) {
        return it.fate()
                + (it.cause() == Cause.NONE ? "" : " " + it.cause())
                + (it.leader() == null ? "" : " leader " + it.leader());
    }

    // ---- a controller leads ----

    @Test
    @DisplayName("the leader fails: the first other replica in sync leads, in the order of the replicas")
    void elected() {
        assertThat(after(1)).isEqualTo("FINE leader 2");
        assertThat(after(2)).isEqualTo("FINE leader 1");
        assertThat(after(3)).isEqualTo("FINE leader 1");
        replicas = List.of(1, 3, 2);
        inSync = Set.of(1, 2, 3);
        assertThat(after(1)).isEqualTo("FINE leader 3");
        assertThat(after(1, 3)).isEqualTo("FINE leader 2");
        assertThat(after(1, 2, 3)).isEqualTo("NO_LEADER NO_REPLICA");
    }

    @Test
    @DisplayName("the only replica in sync fails: no leader; with unclean election, records are lost")
    void alone() {
        inSync = Set.of(1);
        assertThat(after(1)).isEqualTo("NO_LEADER NO_REPLICA");
        assertThat(after(2)).isEqualTo("FINE leader 1");
        unclean = true;
        assertThat(after(1)).isEqualTo("LOSSY NO_REPLICA leader 2");
        assertThat(after(1, 2)).isEqualTo("NO_LEADER NO_REPLICA");
    }

    @Test
    @DisplayName("an eligible leader replica (KIP-966) leads without loss; not if its broker is down")
    void eligible() {
        inSync = Set.of(1);
        eligible = Set.of(2);
        minInSync = 2;
        assertThat(after(1)).isEqualTo("NO_WRITES TOO_FEW_IN_SYNC leader 2");
        broker(2, Broker.State.DOWN, null);
        assertThat(after(1)).isEqualTo("NO_LEADER NO_REPLICA");
    }

    @Test
    @DisplayName("fewer in sync than min.insync.replicas: acks=all is refused, by failure and now")
    void tooFew() {
        minInSync = 2;
        assertThat(now()).isEqualTo("FINE leader 1");
        assertThat(after(1)).isEqualTo("NO_WRITES TOO_FEW_IN_SYNC leader 2");
        assertThat(after(2)).isEqualTo("NO_WRITES TOO_FEW_IN_SYNC leader 1");
        inSync = Set.of(1);
        assertThat(now()).isEqualTo("NO_WRITES TOO_FEW_IN_SYNC leader 1");
    }

    @Test
    @DisplayName("a replica in a failed log directory cannot lead, whatever the metadata say of it, and its broker can")
    void failedDirectory() {
        failed = Set.of(2);
        inSync = Set.of(1);
        eligible = Set.of(2);
        assertThat(now()).isEqualTo("FINE leader 1");
        assertThat(after(1)).isEqualTo("NO_LEADER NO_REPLICA");
        unclean = true;
        assertThat(after(1)).isEqualTo("NO_LEADER NO_REPLICA");
        leader = null;
        inSync = Set.of(2); // the last one stays in the set
        eligible = Set.of();
        assertThat(now()).isEqualTo("NO_LEADER NO_REPLICA");
        failed = Set.of(1);
        leader = 1; // the metadata do not know it yet
        inSync = Set.of(1, 2);
        assertThat(now()).isEqualTo("NO_LEADER NOT_ELECTED_YET");
        quorum = Quorum.unseen(Quorum.State.NO_LEADER);
        assertThat(now()).isEqualTo("NO_LEADER NO_CONTROLLER");
    }

    // ---- versions ----

    @ParameterizedTest(name = "{0} replica(s), min.insync.replicas={1}, leader caps: {2}  ->  {3}")
    @CsvSource({
        "1, 2, true, FINE leader 1",
        "1, 2, false, NO_WRITES TOO_FEW_IN_SYNC leader 1",
        "1, 2, , NOT_KNOWN leader 1",
        "2, 3, true, FINE leader 1",
        "2, 3, false, NO_WRITES TOO_FEW_IN_SYNC leader 1",
        "2, 3, , NOT_KNOWN leader 1",
        "2, 2, , FINE leader 1",
        "2, 0, true, NOT_KNOWN leader 1", // not seen
    })
    @DisplayName("min.insync.replicas above the number of replicas counts by the leader's version (3.7):")
    void versions(int count, int min, Boolean caps, String expected) {
        replicas = List.of(1, 2).subList(0, count);
        inSync = Set.copyOf(replicas);
        minInSync = min;
        broker(1, Broker.State.UP, caps);
        assertThat(now()).isEqualTo(expected);
    }

    @Test
    @DisplayName("brokers of two versions: that of the next leader counts")
    void mixedVersions() {
        minInSync = 3;
        replicas = List.of(1, 2);
        broker(2, Broker.State.UP, false);
        assertThat(now()).isEqualTo("FINE leader 1");
        assertThat(after(1)).isEqualTo("NO_WRITES TOO_FEW_IN_SYNC leader 2");
    }

    // ---- controllers ----

    @Test
    @DisplayName("no controller leads: what a broker leads, and what needs it in sync, stops")
    void noController() {
        quorum = Quorum.unseen(Quorum.State.NO_LEADER);
        assertThat(now()).isEqualTo("FINE leader 1");
        assertThat(after(1)).isEqualTo("NO_LEADER NO_CONTROLLER");
        assertThat(after(2)).isEqualTo("NO_WRITES NO_CONTROLLER leader 1");
        assertThat(after(3)).isEqualTo("FINE leader 1");
        replicas = List.of(1);
        inSync = Set.of(1);
        assertThat(after(1)).isEqualTo("NO_LEADER NO_REPLICA"); // a controller would not help
    }

    @Test
    @DisplayName("no controller leads, and the metadata still list a broker that does not respond: it is down")
    void unresponsive() {
        quorum = Quorum.unseen(Quorum.State.NO_LEADER);
        broker(1, Broker.State.UNRESPONSIVE, null);
        assertThat(now()).isEqualTo("NO_LEADER NO_CONTROLLER");
        leader = 2;
        assertThat(now()).isEqualTo("NO_WRITES NO_CONTROLLER leader 2");
        assertThat(after(2)).isEqualTo("NO_LEADER NO_REPLICA");
    }

    @Test
    @DisplayName("the same while a controller leads: another leader is about to be elected")
    void notElectedYet() {
        broker(1, Broker.State.UNRESPONSIVE, null);
        assertThat(now()).isEqualTo("NO_LEADER NOT_ELECTED_YET");
        assertThat(after(3)).isEqualTo("FINE leader 2");
        inSync = Set.of(1);
        assertThat(now()).isEqualTo("NO_LEADER NO_REPLICA");
    }

    @ParameterizedTest(name = "{0}  ->  {1}, {2}")
    @CsvSource({
        "1, NO_LEADER NO_CONTROLLER, FINE leader 1", // one combined node
        "1 2, NO_LEADER NO_CONTROLLER, NO_WRITES NO_CONTROLLER leader 1",
        "1 2 3, FINE leader 2, FINE leader 1",
        "1 2 -3, NO_LEADER NO_CONTROLLER, NO_WRITES NO_CONTROLLER leader 1", // 3 does not follow
        "100, FINE leader 2, FINE leader 1",
        "1 100 101, FINE leader 2, FINE leader 1",
    })
    @DisplayName(
            "brokers that are controllers as well: without a majority nothing is elected. Voters, after 1, after 2:")
    void combined(String voters, String afterOne, String afterTwo) {
        var all = new TreeMap<Integer, Boolean>();
        for (String it : voters.split(" ")) all.put(Math.abs(Integer.parseInt(it)), !it.startsWith("-"));
        quorum = led(all);
        assertThat(after(1)).isEqualTo(afterOne);
        assertThat(after(2)).isEqualTo(afterTwo);
    }

    @Test
    @DisplayName(
            "combined nodes whose broker does not respond, or is fenced: whether the controller runs, the quorum knows")
    void controllersByTheQuorum() {
        quorum = led(Map.of(1, true, 2, true, 3, true));
        broker(2, Broker.State.UNRESPONSIVE, null);
        broker(3, Broker.State.DOWN, null); // it may be recovering its logs
        assertThat(prediction().elects(Set.of())).isTrue();
        assertThat(prediction().elects(Set.of(1))).isTrue();
        quorum = led(Map.of(1, true, 2, true, 3, false));
        assertThat(prediction().elects(Set.of())).isTrue();
        assertThat(prediction().elects(Set.of(1))).isFalse();
    }

    @Test
    @DisplayName("controllers that are not known (ZooKeeper, no permission) are assumed to elect")
    void controllersNotKnown() {
        quorum = Quorum.unseen(Quorum.State.NOT_KNOWN);
        assertThat(after(1)).isEqualTo("FINE leader 2");
    }

    @Test
    @DisplayName("a key's partition is that of Kafka's coordinators, also where the hash has no absolute value")
    void keys() {
        assertThat(PartitionId.ofKey("__consumer_offsets", "group1", 50))
                .hasToString("__consumer_offsets-" + Math.abs("group1".hashCode()) % 50);
        assertThat("polygenelubricants".hashCode()).isEqualTo(Integer.MIN_VALUE);
        assertThat(PartitionId.ofKey("t", "polygenelubricants", 50)).hasToString("t-0");
    }
}
