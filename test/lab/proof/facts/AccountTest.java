package lab.proof.facts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lab.history.Action;
import lab.history.Audit;
import lab.history.Entry;
import lab.history.Experiment;
import lab.history.Flow;
import lab.history.Ranges;
import lab.history.RunHistory;
import lab.history.Seen;
import lab.proof.Proof;
import lab.proof.checks.Verdict;
import lab.proof.facts.Account.Kind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The account, on histories of a few records: every cell of the crossing table, and that the verdict can be FAIL. */
public class AccountTest {
    private static final double AFTER = 100; // seconds: the log is read later than all else

    private static final Experiment.Run RUN =
            new Experiment.Run(0, "abc", 1, 1, "", "observe", "title", "", null, null, 0, 0, 2);

    private List<Entry> entries;
    private long end; // of partition 0
    private double now;
    private long logStart;

    @BeforeEach
    void newRun() {
        entries = new ArrayList<>();
        end = 0;
        now = 1;
        logStart = 0;
    }

    /** By what its producer was told, and how often it is in the log: the verdict, if promised and if not. */
    static Stream<Arguments> cells() {
        return Stream.of(
                Arguments.of("ACKNOWLEDGED", 0, "FAIL", "ALLOWED"), // lost
                Arguments.of("ACKNOWLEDGED", 1, "PASS", "PASS"),
                Arguments.of("ACKNOWLEDGED", 2, "FAIL", "ALLOWED"), // duplicate
                Arguments.of("ACKNOWLEDGED", 3, "FAIL", "ALLOWED"),
                Arguments.of("UNKNOWN", 0, "FAIL", "FAIL"), // not delivered
                Arguments.of("UNKNOWN", 1, "PASS", "PASS"), // arrived after all
                Arguments.of("UNKNOWN", 2, "FAIL", "ALLOWED"), // duplicate
                Arguments.of("FAILED", 0, "FAIL", "FAIL"), // not delivered
                Arguments.of("FAILED", 1, "FAIL", "FAIL"), // in the log though it failed
                Arguments.of("FAILED", 2, "FAIL", "FAIL"));
    }

    @ParameterizedTest(name = "{0}, {1} times in the log: {2} where Kafka promises, otherwise {3}")
    @MethodSource("cells")
    @DisplayName("a record that is")
    void cell(String fate, int times, String promised, String notPromised) {
        record(1, Kind.ACKNOWLEDGED, 1);
        record(2, Kind.valueOf(fate), times);
        record(3, Kind.ACKNOWLEDGED, 1);
        assertThat(proof("all").verdict()).hasToString(promised);
        assertThat(proof("1").verdict()).hasToString(notPromised);

        Account account = proof("all").facts().account();
        int[] row = account.crossed(Kind.valueOf(fate));
        int others = fate.equals("ACKNOWLEDGED") && times == 1 ? 3 : 1;
        int column = times == 0 ? 2 : times == 1 ? 0 : 1;
        assertThat(row[column]).isEqualTo(others);
        assertThat(account.count(Kind.SENT)).isEqualTo(3);
        assertThat(account.count(Kind.IN_LOG)).isEqualTo(times == 0 ? 2 : 3);
        assertThat(account.count(Kind.UNSEEN)).isZero();
    }

    @ParameterizedTest(name = "{0} and its place is not to be seen")
    @MethodSource("fates")
    @DisplayName("a record that is")
    void notToBeSeen(Kind fate) {
        record(1, fate, 0);
        record(2, Kind.ACKNOWLEDGED, 1);
        logStart = 1;
        Proof proof = proof("all");
        assertThat(proof.facts().account().crossed(fate)[3]).isEqualTo(1);
        assertThat(proof.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
    }

    static Stream<Kind> fates() {
        return Account.FATES.stream();
    }

    @Test
    @DisplayName("what was lost is listed: the first ids and the last, with their partitions")
    void lostIds() {
        for (int id = 1; id <= 1_000; id++) record(id, Kind.ACKNOWLEDGED, id % 2);
        Account account = proof("all").facts().account();
        assertThat(account.count(Kind.LOST)).isEqualTo(500);
        assertThat(account.some(account.of(Kind.LOST)))
                .isEqualTo("2 in partition 0, 4 in partition 0, 6 in partition 0, ... 996, 998, 1000");
    }

    @Test
    @DisplayName("received more often than it is in the log: redelivered; received, and in the log no more: a phantom")
    void redeliveredAndPhantom() {
        record(1, Kind.ACKNOWLEDGED, 1);
        flow(Flow.Kind.RECEIVED, 1, 0);
        send(2, Kind.UNKNOWN);
        flow(Flow.Kind.RECEIVED, 2, 1);
        Account account = proof("all").facts().account();
        assertThat(account.count(Kind.REDELIVERED)).isEqualTo(1);
        assertThat(account.of(Kind.PHANTOMS).stream()).containsExactly(2);
    }

    @Test
    @DisplayName("a duplicate that the group received twice is not redelivered")
    void duplicateReceivedTwice() {
        record(1, Kind.ACKNOWLEDGED, 2);
        assertThat(proof("all").facts().account().count(Kind.REDELIVERED)).isZero();
    }

    private void send(int id, Kind fate) {
        flow(Flow.Kind.SENT, id, Ranges.UNKNOWN);
        if (fate == Kind.ACKNOWLEDGED) flow(Flow.Kind.ACKNOWLEDGED, id, end);
        if (fate == Kind.FAILED) flow(Flow.Kind.FAILED, id, Ranges.UNKNOWN);
        if (fate == Kind.UNKNOWN) flow(Flow.Kind.UNKNOWN, id, Ranges.UNKNOWN);
    }

    /** Sent, told, so many times in the log, and received as often. */
    private void record(int id, Kind fate, int times) {
        send(id, fate);
        if (times == 0 && fate == Kind.ACKNOWLEDGED) end++;
        for (int i = 0; i < times; i++) {
            flow(Flow.Kind.FOUND, id, end);
            flow(Flow.Kind.RECEIVED, id, end++);
        }
    }

    private void flow(Flow.Kind kind, int id, long offset) {
        var records = new Ranges();
        records.add(id, offset);
        now += 0.001;
        double t = kind == Flow.Kind.FOUND ? now + AFTER : now;
        entries.add(new Flow(kind, t, t, t, t, 0, 1, 1, null, records, List.of()));
    }

    private Proof proof(String acks) {
        var all = new ArrayList<Entry>(List.of(RUN));
        var partition = new Experiment.Partition(List.of(1), 0, 0);
        all.add(new Experiment.Topic(0, true, "t", "id", List.of(partition), 1, 1, false));
        all.add(new Experiment.Producer(0, Map.of("acks", acks, "enable.idempotence", acks.equals("all")), Map.of()));
        all.add(new Experiment.Group(0, "g", 1, "classic", Map.of(), null, -1));
        all.add(new Seen.State(0.1, Double.NaN, 0, 1, List.of(1), List.of(1)));
        all.add(new Experiment.Cluster(0, null, null, List.of(), 9_000, null));
        all.addAll(entries);
        all.add(new Action.Load(0, "begin"));
        all.add(new Action.Load(now + 1, "end"));
        all.add(new Audit(now + AFTER, 0, logStart, end, end, logStart, "id", true, null));
        return Proof.of(new RunHistory(RUN, all, true));
    }
}
