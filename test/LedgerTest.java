import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
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
        record(1, failover.Kind.ACKNOWLEDGED, 1);
        record(2, failover.Kind.valueOf(fate), times);
        assertThat(verdict(true)).hasToString(whenPromised);
        assertThat(verdict(false)).hasToString(else_);

        failover.Account account = ledger.account();
        int[] row = account.crossed(failover.Kind.valueOf(fate));
        int others = fate.equals("ACKNOWLEDGED") && times == 1 ? 2 : 1;
        assertThat(row[Math.min(2, times)]).isEqualTo(others);
        assertThat(account.sent()).isEqualTo(2);
        assertThat(account.count(failover.Kind.IN_LOG)).isEqualTo(times == 0 ? 1 : 2);
        assertThat(account.count(failover.Kind.UNSEEN)).isZero();
    }

    @Test
    @DisplayName("what was lost is listed: the first ids and the last, with their partitions")
    void lostIds() {
        for (int id = 1; id <= 1_000; id++) record(id, failover.Kind.ACKNOWLEDGED, id % 2);
        assertThat(count(failover.Kind.LOST)).isEqualTo(500);
        assertThat(ledger.account().get(failover.Kind.LOST).stream().limit(3)).containsExactly(2, 4, 6);
        assertThat(claims(true).get(0).evidence())
                .contains("1,000 acknowledged, 500 of them not in the log")
                .contains("2 in partition 1, 4 in partition 1, 6 in partition 1, ... 996, 998, 1000");
    }

    @Test
    @DisplayName("a record in the log that the group never got is unseen, and a failure always")
    void unseen() {
        record(1, failover.Kind.ACKNOWLEDGED, 1);
        send(2, failover.Kind.ACKNOWLEDGED);
        ledger.foundInLog(2, 0);
        assertThat(ledger.unseen().cardinality()).isEqualTo(1);
        assertThat(count(failover.Kind.UNSEEN)).isEqualTo(1);
        assertThat(verdict(true)).hasToString("FAIL");
        assertThat(verdict(false)).hasToString("FAIL");
    }

    @Test
    @DisplayName("a record that the group got more often than it is in the log is redelivered, and counted")
    void redelivered() {
        record(1, failover.Kind.ACKNOWLEDGED, 1);
        ledger.received(1, 2);
        assertThat(count(failover.Kind.REDELIVERED)).isEqualTo(1);
        assertThat(ledger.receivedBy(1, Integer.MAX_VALUE))
                .as("the first that received it")
                .isEqualTo(1);
        assertThat(ledger.receivedBy(2, Integer.MAX_VALUE)).isZero();
        assertThat(verdict(true)).hasToString("PASS");
    }

    @Test
    @DisplayName("ids that fall within a partition are reordered: a failure where idempotence is on")
    void reordered() {
        for (int id = 1; id <= 3; id++) send(id, failover.Kind.ACKNOWLEDGED);
        ledger.foundInLog(1, 0);
        ledger.foundInLog(3, 1);
        ledger.foundInLog(2, 3);
        for (int id = 1; id <= 3; id++) ledger.received(id, 1);
        assertThat(count(failover.Kind.REORDERED)).isEqualTo(1);
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
        send(1, failover.Kind.UNKNOWN);
        assertThat(List.of(ledger.holds(-1), ledger.holds(0), ledger.holds(1), ledger.holds(2)))
                .containsExactly(false, false, true, false);
    }

    @Test
    @DisplayName("times and latencies come in order, by partition")
    void times() {
        for (int id = 1; id <= 4; id++) ledger.sent(id); // at 1, 2, 3, 4
        for (int id : List.of(3, 1, 2)) ledger.acknowledged(id, -1); // at 5, 6, 7
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

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "                                             |        |",
                "acks=all                                     |        |",
                "acks=all~                                    |        |", // ~ stands for a blank
                "acks=-1                                      |        |",
                "acks=1                                       | acks=1 | idempotence",
                "acks=0                                       | acks=0 | idempotence",
                "retries=0                                    |        | idempotence",
                "retries=0~                                   |        | idempotence",
                "enable.idempotence=false                     |        | idempotence",
                "enable.idempotence=false~                    |        | idempotence",
                "max.in.flight.requests.per.connection=5~     |        |",
            })
    @DisplayName("the settings promise what Kafka's client makes of them:")
    void promises(String setting, String loss, String repeats) {
        var settings = new java.util.HashMap<String, Object>();
        for (String name : List.of("key.serializer", "value.serializer"))
            settings.put(name, "org.apache.kafka.common.serialization.ByteArraySerializer");
        settings.put("bootstrap.servers", "localhost:1");
        if (setting != null) settings.put(setting.split("=")[0], setting.split("=")[1].replace('~', ' '));
        var promises = failover.Promises.of(new ProducerConfig(settings), false);
        assertThat(promises.lossAllowedBy()).isEqualTo(loss);
        if (repeats == null) assertThat(promises.repeatsAllowedBy()).isNull();
        else assertThat(promises.repeatsAllowedBy()).contains(repeats);
        var unclean = failover.Promises.of(new ProducerConfig(settings), true);
        assertThat(unclean.lossAllowedBy()).isEqualTo(loss == null ? "unclean.leader.election.enable" : loss);
    }

    @Test
    @DisplayName("a record that the group received, and that the log has no more, is a phantom, not redelivered")
    void phantom() {
        record(1, failover.Kind.ACKNOWLEDGED, 1);
        send(2, failover.Kind.ACKNOWLEDGED);
        ledger.received(2, 1);
        assertThat(count(failover.Kind.PHANTOMS)).isEqualTo(1);
        assertThat(count(failover.Kind.REDELIVERED)).isZero();
        assertThat(verdict(true)).hasToString("FAIL"); // the record is lost
        assertThat(ledger.account().table()).anyMatch(line -> line.startsWith("phantoms 1: "));
    }

    @Test
    @DisplayName("what retention has removed is expired, not lost; where two records had one offset, nobody can tell")
    void expired() {
        for (int id = 1; id <= 6; id++) ledger.sent(id); // partition 0: 1, 3, 5
        ledger.acknowledged(1, 0);
        ledger.acknowledged(3, 1);
        ledger.acknowledged(5, 2);
        ledger.foundInLog(5, 0);
        ledger.received(5, 1);
        assertThat(count(failover.Kind.LOST)).isEqualTo(2);
        assertThat(ledger.expire(0, 2, false)).isEqualTo(2);
        assertThat(count(failover.Kind.LOST)).isZero();
        assertThat(count(failover.Kind.EXPIRED)).isEqualTo(2);
        assertThat(verdict(true)).hasToString("PASS");

        ledger.notAcknowledged(6, true);
        ledger.acknowledged(2, 0); // partition 1: the offset 0 was given twice
        ledger.acknowledged(4, 0);
        ledger.expire(1, 1, false);
        assertThat(count(failover.Kind.UNTOLD)).isEqualTo(1);
        assertThat(verdict(true)).hasToString("INCONCLUSIVE");
    }

    @Test
    @DisplayName("a log that may have been cut, and filled again by others: what is gone has expired or was lost")
    void cutAndExpired() {
        for (int id = 1; id <= 5; id++) ledger.sent(id); // partition 0: 1, 3, 5
        ledger.acknowledged(1, 0);
        ledger.acknowledged(3, 1);
        ledger.acknowledged(5, 700); // between them are records of somebody else
        for (int id : List.of(2, 4)) ledger.notAcknowledged(id, true);
        ledger.foundInLog(5, 0);
        ledger.received(5, 1);
        ledger.received(1, 1);
        ledger.expire(0, 600, true);
        assertThat(count(failover.Kind.UNTOLD)).isEqualTo(2);
        for (var kind : List.of(failover.Kind.EXPIRED, failover.Kind.LOST, failover.Kind.PHANTOMS))
            assertThat(count(kind)).as("" + kind).isZero();
        assertThat(verdict(true)).hasToString("INCONCLUSIVE");
        assertThat(claims(true).get(0).evidence()).contains("2 expired or lost: the log cannot tell");
        assertThat(ledger.account().table()).anyMatch(line -> line.startsWith("expired or lost 2: "));
    }

    @Test
    @DisplayName("an offset that is lower than an earlier one's: the log was cut between the two")
    void offsetsFall() {
        for (int id = 1; id <= 5; id++) ledger.sent(id); // partition 0: 1, 3, 5
        ledger.acknowledged(1, 10);
        ledger.acknowledged(3, 20); // cut to 15
        ledger.acknowledged(5, 15);
        for (int id : List.of(2, 4)) ledger.notAcknowledged(id, true);
        ledger.expire(0, 30, false);
        assertThat(ledger.account().get(failover.Kind.UNTOLD).stream()).containsExactly(3);
        assertThat(ledger.account().get(failover.Kind.EXPIRED).stream()).containsExactly(1, 5);
        assertThat(verdict(true)).hasToString("INCONCLUSIVE");
    }

    @Test
    @DisplayName("what is surely lost stays a failure, whatever else has expired")
    void lostAndExpired() {
        for (int id = 1; id <= 5; id++) ledger.sent(id); // partition 0: 1, 3, 5
        ledger.acknowledged(1, 0);
        ledger.acknowledged(3, 8); // behind the log's beginning, and not there
        ledger.acknowledged(5, 9);
        for (int id : List.of(2, 4)) ledger.notAcknowledged(id, true);
        ledger.foundInLog(5, 0);
        ledger.received(5, 1);
        ledger.expire(0, 5, true);
        assertThat(ledger.account().get(failover.Kind.LOST).stream()).containsExactly(3);
        assertThat(count(failover.Kind.UNTOLD)).isEqualTo(1);
        assertThat(verdict(true)).hasToString("FAIL");
    }

    @Test
    @DisplayName("a record that nobody acknowledged, and that may have expired, is neither lost nor not delivered")
    void unknownAndExpired() {
        record(1, failover.Kind.ACKNOWLEDGED, 1);
        send(3, failover.Kind.UNKNOWN);
        record(5, failover.Kind.ACKNOWLEDGED, 1);
        for (int id : List.of(2, 4)) send(id, failover.Kind.FAILED);
        ledger.expire(0, 2, false);
        assertThat(ledger.account().get(failover.Kind.NOT_DELIVERED).stream()).containsExactly(2, 4);
        assertThat(verdict(true)).hasToString("PASS");
    }

    @Test
    @DisplayName("a loss that an operator has chosen is no failure; any other is")
    void chosenLoss() {
        for (int id = 1; id <= 4; id++) record(id, failover.Kind.ACKNOWLEDGED, id % 2);
        var promises = new failover.Promises(null, null);
        var chosen = new BitSet();
        chosen.set(2);
        assertThat(failover.claimsOf(ledger.account(), ledger, promises, chosen, true)
                        .get(0)
                        .verdict())
                .hasToString("FAIL");
        chosen.set(4);
        assertThat(failover.claimsOf(ledger.account(), ledger, promises, chosen, true)
                        .get(0)
                        .verdict())
                .hasToString("PASS");
    }

    @Test
    @DisplayName("neither acknowledged nor in the log: not delivered")
    void notDelivered() {
        record(1, failover.Kind.UNKNOWN, 1);
        send(2, failover.Kind.UNKNOWN);
        send(3, failover.Kind.FAILED);
        assertThat(count(failover.Kind.NOT_DELIVERED)).isEqualTo(2);
    }

    @Test
    @DisplayName("steps are read in any order; anything else is refused")
    void steps() {
        var read = new failover.StepsConverter();
        assertThat(read.convert("stop 1, 5s, kill 2,10s , start 1, start 2, whole, elect, unclean"))
                .hasSize(9);
        for (String wrong : List.of("stop", "stop x", "burn 1", "start", "5 s", ""))
            org.assertj.core.api.Assertions.assertThatThrownBy(() -> read.convert(wrong))
                    .as(wrong)
                    .isInstanceOf(picocli.CommandLine.TypeConversionException.class);
    }

    @Test
    @DisplayName("JSON is escaped, null stays null, and a record is an object")
    void json() {
        record Pair(int number, String text) {}
        assertThat(failover.Json.of(new Pair(1, "a"))).isEqualTo("{\"number\":1,\"text\":\"a\"}");
        var map = new java.util.LinkedHashMap<String, Object>();
        map.put("text", "a \"b\" \\ \n");
        map.put("list", List.of(1, true, 2.5));
        map.put("nothing", null);
        assertThat(failover.Json.of(map))
                .isEqualTo("{\"text\":\"a \\\"b\\\" \\\\ \\u000a\",\"list\":[1,true,2.5],\"nothing\":null}");
    }

    private void send(int id, failover.Kind fate) {
        ledger.sent(id);
        if (fate == failover.Kind.ACKNOWLEDGED) ledger.acknowledged(id, -1);
        if (fate == failover.Kind.FAILED) ledger.notAcknowledged(id, true);
        if (fate == failover.Kind.UNKNOWN) ledger.notAcknowledged(id, false);
    }

    private int count(failover.Kind kind) {
        return ledger.account().count(kind);
    }

    /** Sent, told, so many times in the log, and received as often. */
    private void record(int id, failover.Kind fate, int times) {
        send(id, fate);
        for (int i = 0; i < times; i++) {
            ledger.foundInLog(id, id);
            ledger.received(id, 1);
        }
    }

    private List<failover.Claim> claims(boolean promised) {
        var promises =
                new failover.Promises(promised ? null : "acks=1", promised ? null : "a producer without idempotence");
        return failover.claimsOf(ledger.account(), ledger, promises, new BitSet(), true);
    }

    private failover.Verdict verdict(boolean promised) {
        return claims(promised).stream()
                .map(failover.Claim::verdict)
                .max(Enum::compareTo)
                .orElseThrow();
    }

    private static ConsumerRecord<byte[], byte[]> message(String value, String run) {
        byte[] bytes = value == null ? null : value.getBytes(StandardCharsets.UTF_8);
        var message = new ConsumerRecord<byte[], byte[]>("topic", 0, 0, null, bytes);
        if (run != null) message.headers().add("run", run.getBytes(StandardCharsets.UTF_8));
        return message;
    }
}
