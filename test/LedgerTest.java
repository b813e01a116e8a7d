import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** failover.java's proof, on ledgers made by hand: every cell of the crossing table, and that it can say FAIL. */
class LedgerTest {
    private int now;
    private failover.Ledger ledger;

    @BeforeEach
    void newLedger() {
        now = 0;
        ledger = new failover.Ledger(2, () -> ++now);
    }

    /** By what its producer was told and how often it is in the log: what becomes of the claims. */
    static Stream<Arguments> cells() {
        return Stream.of(
                Arguments.of("ACKNOWLEDGED", 0, "FAIL", "ALLOWED"), // LOST
                Arguments.of("ACKNOWLEDGED", 1, "PASS", "PASS"), // fine
                Arguments.of("ACKNOWLEDGED", 2, "FAIL", "ALLOWED"), // duplicate
                Arguments.of("ACKNOWLEDGED", 3, "FAIL", "ALLOWED"),
                Arguments.of("UNKNOWN", 0, "PASS", "PASS"), // not sent
                Arguments.of("UNKNOWN", 1, "PASS", "PASS"), // arrived after all
                Arguments.of("UNKNOWN", 2, "FAIL", "ALLOWED"), // duplicate
                Arguments.of("FAILED", 0, "PASS", "PASS"), // fine
                Arguments.of("FAILED", 1, "FAIL", "FAIL"), // ghost
                Arguments.of("FAILED", 2, "FAIL", "FAIL")); // ghost
    }

    @ParameterizedTest(name = "{0}, {1} times in the log: {2} where Kafka promises, else {3}")
    @MethodSource("cells")
    @DisplayName("a record that is")
    void cell(String fate, int times, String whenPromised, String else_) {
        record(1, failover.Fate.ACKNOWLEDGED, 1);
        record(2, failover.Fate.valueOf(fate), times);
        assertThat(verdict(true)).hasToString(whenPromised);
        assertThat(verdict(false)).hasToString(else_);

        failover.Account account = ledger.account();
        long[] row = account.crossed()[failover.Fate.valueOf(fate).ordinal()];
        int others = fate.equals("ACKNOWLEDGED") && times == 1 ? 2 : 1;
        assertThat(row[Math.min(2, times)]).isEqualTo(others);
        assertThat(account.sent()).isEqualTo(2);
        assertThat(account.inLog()).isEqualTo(times == 0 ? 1 : 2);
        assertThat(account.unseen()).isZero();
    }

    @Test
    @DisplayName("what was lost is listed: the first ids and the last, with their partitions")
    void lostIds() {
        for (int id = 1; id <= 1_000; id++) record(id, failover.Fate.ACKNOWLEDGED, id % 2);
        assertThat(ledger.account().lost()).isEqualTo(500);
        assertThat(ledger.account().lostIds().stream().limit(3)).containsExactly(2, 4, 6);
        assertThat(claims(true).get(0).evidence())
                .contains("1,000 acknowledged, 500 of them not in the log")
                .contains("2 in partition 1, 4 in partition 1, 6 in partition 1, ... 996, 998, 1000");
    }

    @Test
    @DisplayName("a record in the log that the group never got is unseen, and a failure always")
    void unseen() {
        record(1, failover.Fate.ACKNOWLEDGED, 1);
        send(2, failover.Fate.ACKNOWLEDGED);
        ledger.foundInLog(2, 0);
        assertThat(ledger.countUnseen()).isEqualTo(1);
        assertThat(ledger.account().unseen()).isEqualTo(1);
        assertThat(verdict(true)).hasToString("FAIL");
        assertThat(verdict(false)).hasToString("FAIL");
    }

    @Test
    @DisplayName("a record that the group got more often than it is in the log is redelivered, and counted")
    void redelivered() {
        record(1, failover.Fate.ACKNOWLEDGED, 1);
        ledger.received(1, 2);
        assertThat(ledger.account().redelivered()).isEqualTo(1);
        assertThat(ledger.reader(1)).as("the first that received it").isEqualTo(1);
        assertThat(verdict(true)).hasToString("PASS");
    }

    @Test
    @DisplayName("ids that fall within a partition are reordered: a failure where idempotence is on")
    void reordered() {
        for (int id = 1; id <= 3; id++) send(id, failover.Fate.ACKNOWLEDGED);
        ledger.foundInLog(1, 0);
        ledger.foundInLog(3, 1);
        ledger.foundInLog(2, 3);
        for (int id = 1; id <= 3; id++) ledger.received(id, 1);
        assertThat(ledger.account().reordered()).isEqualTo(1);
        assertThat(verdict(true)).hasToString("FAIL");
        assertThat(verdict(false)).hasToString("ALLOWED");
    }

    @Test
    @DisplayName("a loss that the settings allow does not hold under --strict")
    void strict() {
        assertThat(failover.Verdict.ALLOWED.holds(false)).isTrue();
        assertThat(failover.Verdict.ALLOWED.holds(true)).isFalse();
        for (var never : List.of(failover.Verdict.FAIL, failover.Verdict.INCONCLUSIVE))
            for (boolean strict : List.of(true, false))
                assertThat(never.holds(strict)).isFalse();
    }

    @Test
    @DisplayName("only ids that were sent are this run's")
    void holds() {
        send(1, failover.Fate.UNKNOWN);
        assertThat(List.of(ledger.holds(-1), ledger.holds(0), ledger.holds(1), ledger.holds(2)))
                .containsExactly(false, false, true, false);
    }

    @Test
    @DisplayName("times and latencies come in order, by partition")
    void times() {
        for (int id = 1; id <= 4; id++) ledger.sent(id); // at 1, 2, 3, 4
        for (int id : List.of(3, 1, 2)) ledger.ended(id, failover.Fate.ACKNOWLEDGED); // at 5, 6, 7
        assertThat(ledger.times(ledger::acknowledgedAt)).isDeepEqualTo(new int[][] {{5, 6}, {7}});
        assertThat(ledger.latencies(0)).containsExactly((5L << 32) | 2, (6L << 32) | 5);
    }

    @Test
    @DisplayName("a record is this run's by its header, and its id is in its value")
    void idOf() {
        String value = "{\"event_id\": 4711, \"key\": \"test\", \"message\": \"This is event number 4711\"}";
        assertThat(failover.idOf(message(value, "abc"), "abc")).isEqualTo(4711);
        assertThat(failover.idOf(message(value, "other"), "abc")).isEqualTo(-1);
        assertThat(failover.idOf(message(value, null), "abc")).isEqualTo(-1);
        assertThat(failover.idOf(message(null, "abc"), "abc")).isEqualTo(-1);
        assertThat(failover.idOf(message("{}", "abc"), "abc")).isEqualTo(-1);
    }

    @Test
    @DisplayName("promises end with acks=1, with retries=0, without idempotence and with 6 requests in flight")
    void promises() {
        assertThat(plan("acks", "all").promisesNoLoss()).isTrue();
        assertThat(plan("acks", "-1").promisesNoDuplicate()).isTrue();
        assertThat(plan("acks", "1").promisesNoLoss()).isFalse();
        assertThat(plan("acks", "0").promisesNoDuplicate()).isFalse();
        assertThat(plan("acks", "all", "retries", "0").promisesNoDuplicate()).isFalse();
        assertThat(plan("acks", "all", "enable.idempotence", "false").promisesNoDuplicate())
                .isFalse();
        String inFlight = "max.in.flight.requests.per.connection";
        assertThat(plan("acks", "all", inFlight, "5").promisesNoDuplicate()).isTrue();
        assertThat(plan("acks", "all", inFlight, "6").promisesNoDuplicate()).isFalse();
    }

    @Test
    @DisplayName("JSON is escaped, and null stays null")
    void json() {
        var map = new java.util.LinkedHashMap<String, Object>();
        map.put("text", "a \"b\" \\ \n");
        map.put("list", List.of(1, true, 2.5));
        map.put("nothing", null);
        assertThat(failover.Json.of(map))
                .isEqualTo("{\"text\":\"a \\\"b\\\" \\\\ \\u000a\",\"list\":[1,true,2.5],\"nothing\":null}");
    }

    private void send(int id, failover.Fate fate) {
        ledger.sent(id);
        if (fate != failover.Fate.UNKNOWN) ledger.ended(id, fate);
    }

    /** Sent, told, so many times in the log, and received as often. */
    private void record(int id, failover.Fate fate, int times) {
        send(id, fate);
        for (int i = 0; i < times; i++) {
            ledger.foundInLog(id, id);
            ledger.received(id, 1);
        }
    }

    private List<failover.Claim> claims(boolean promised) {
        return failover.claimsOf(ledger.account(), ledger, promised, promised);
    }

    private failover.Verdict verdict(boolean promised) {
        return claims(promised).stream()
                .map(failover.Claim::verdict)
                .max(Enum::compareTo)
                .orElseThrow();
    }

    private static failover.Plan plan(String... properties) {
        var map = new java.util.HashMap<String, String>();
        for (int i = 0; i < properties.length; i += 2) map.put(properties[i], properties[i + 1]);
        return new failover.Plan(null, "topic", failover.Fault.kill, "", map);
    }

    private static ConsumerRecord<byte[], byte[]> message(String value, String run) {
        byte[] bytes = value == null ? null : value.getBytes(StandardCharsets.UTF_8);
        var message = new ConsumerRecord<byte[], byte[]>("topic", 0, 0, null, bytes);
        if (run != null) message.headers().add("run", run.getBytes(StandardCharsets.UTF_8));
        return message;
    }
}
