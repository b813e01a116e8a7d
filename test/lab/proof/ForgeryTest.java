package lab.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import lab.common.Json;
import lab.history.Entry;
import lab.history.History;
import lab.history.HistoryReader;
import lab.history.Lines;
import lab.history.Malformed;
import lab.history.RunHistory;
import lab.proof.checks.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;

/** A good history is forged, and sealed again with the right checksum: what cannot be is refused, or never PASS. */
public class ForgeryTest {
    @TempDir
    private Path directory;

    private final Map<String, Lines> bases = new LinkedHashMap<>();
    private final List<String> held = new ArrayList<>(); // forgeries that were not noticed

    private Lines base(String name) {
        return bases.computeIfAbsent(name, it -> {
                    try {
                        Lines lines = Sample.all().get(it).lines(directory);
                        assertThat(HistoriesTest.judge(lines.copy(), directory).verdict())
                                .isEqualTo(Verdict.PASS);
                        return lines;
                    } catch (IOException full) {
                        throw new UncheckedIOException(full);
                    }
                })
                .copy();
    }

    private void forge(String name, String what, Consumer<Lines> change) {
        Lines lines = base(name);
        change.accept(lines);
        try {
            expectNone(Files.readAllBytes(lines.seal(directory.resolve("forged.jsonl"))), name + ": " + what);
        } catch (IOException full) {
            throw new UncheckedIOException(full);
        }
    }

    private void forge(String name, String step) {
        forge(name, step, lines -> {
            for (String each : step.split("\n")) HistoriesTest.change(lines, each.strip());
        });
    }

    private void expectNone(byte[] file, String what) throws IOException {
        try {
            History history = HistoryReader.read(Files.write(directory.resolve("forged.jsonl"), file));
            Verdict worst = Verdict.PASS;
            for (RunHistory run : history.runs()) {
                Proof proof = Proof.of(run);
                ProofText.of(proof);
                Json.of(ProofJson.of(proof));
                worst = Verdict.worst(List.of(worst, proof.verdict()).stream());
            }
            if (worst.holds(false) && history.missing() == null) held.add(what + ": " + worst);
        } catch (Malformed refused) {
            assertThat(refused).as(what).hasMessageContaining("forged.jsonl:");
        } catch (RuntimeException | StackOverflowError crash) {
            held.add(what + ": " + crash);
        }
    }

    @Test
    @DisplayName("records that cannot be")
    void records() {
        forge("three", "a record has left no trace", it -> {
            for (String type : List.of("sent", "acknowledged", "received", "found")) it.drop(type, 11);
        });
        forge("three", "again acknowledged 11 1006");
        forge("three", "again sent 11 -1");
        forge("three", "drop sent 11");
        for (int id = 11; id < 31; id += 2) forge("three", "swap sent " + id);
        forge("three", "set sent 5 t 12.5\nset sent 5 to 12.5");
        forge("three", "set received 5 partition 1");
        forge("three", "set received 5 consumer 2");
        forge("three", "set received 5 consumer 0");
        forge("two", "set received 5 consumer -1");
        forge("three", "received elsewhere", it -> shift(it, "received", 5, 700));
        forge("three", "a group that is not there receives", it -> it.set("group", 1, "consumers", "0"));
        forge("three", "set group 1 consumers null");
        for (String range :
                List.of("[[11,11,0]]", "[[11,11,-1]]", "[[11,11,1],[11,11,1]]", "[[11,11,1,-5]]", "[[11,11,1,1e30]]"))
            forge("three", "set acknowledged 3 records " + range);
        forge("three", "found without offsets", it -> it.all("found").forEach(line -> withoutOffsets(it, line)));
        forge("three", "add {\"type\":\"sent\",\"t\":12,\"to\":12,\"partition\":-1,\"records\":[[651,651,1]]}");
        forge(
                "three",
                "set acknowledged 5 latency_ms [[0.1,1000000]]\nadd {\"type\":\"limits\",\"t\":0,\"max_latency_s\":0.1}");
        forge("three", "set acknowledged 5 latency_ms [[1e999,1]]");
        for (double by : new double[] {-0.15, 0.15, 1})
            for (String type : List.of("sent", "acknowledged"))
                forge("topic", type + " moved by " + by, it -> move(it, type, 30, by));
        forge("three", "set found 1 epoch -5");
        forge("three", "set acknowledged 5 latency_ms [[-1,1]]");
        forge("three", "leader epochs go back", it -> {
            for (int i = 1; i <= 3; i++) it.set("found", i, "epoch", "7");
        });
        forge(
                "one",
                "add {\"type\":\"received\",\"t\":2.96,\"to\":3.01,\"consumer\":2,\"partition\":0,\"records\":[[3,3,1,1002],[41,41,1,1040]]}");
        assertThat(held).isEmpty();
    }

    /** Another time in the nth line of a type. */
    private static void move(Lines lines, String type, int nth, double by) {
        var line = lines.all(type).get(nth - 1);
        double t = line.getDouble("t") + by;
        double to = line.getDouble("to") + by;
        lines.set(type, nth, "t", "" + t);
        lines.set(type, nth, "to", "" + to);
        if (line.has("gap")) lines.set(type, nth, "gap", "[%s,%s]".formatted(t, to));
    }

    /** Other offsets in the nth line of a type. */
    private static void shift(Lines lines, String type, int nth, long by) {
        var line = lines.all(type).get(nth - 1);
        var ranges = new ArrayList<List<Long>>();
        for (Object each : line.getArray("records")) {
            var range = (com.grack.nanojson.JsonArray) each;
            ranges.add(List.of(range.getLong(0), range.getLong(1), range.getLong(2), range.getLong(3) + by));
        }
        lines.set(type, nth, "records", ranges.toString());
    }

    private static void withoutOffsets(Lines lines, com.grack.nanojson.JsonObject line) {
        var ranges = new com.grack.nanojson.JsonArray();
        for (Object each : line.getArray("records")) {
            var range = (com.grack.nanojson.JsonArray) each;
            ranges.add(new com.grack.nanojson.JsonArray(List.of(range.get(0), range.get(1), range.get(2))));
        }
        line.put("records", ranges);
    }

    @Test
    @DisplayName("times that cannot be")
    void times() {
        forge("three", "set acknowledged 3 t -1");
        for (String t : List.of("-1", "1e300", "1e999", "\"3\"", "true", "null"))
            for (String type : List.of("state", "fault", "restore", "audit", "whole", "brokers", "load", "preferred"))
                forge("three", "set " + type + " 1 t " + t);
        forge("three", "a line that hides a pause", it -> {
            it.set("acknowledged", 1, "to", "13.9");
            it.set("acknowledged", 1, "gap", "[1,1.01]");
        });
        forge("three", "add {\"type\":\"load\",\"t\":3.1,\"what\":\"pause\"}");
        forge("three", "add {\"type\":\"load\",\"t\":3.1,\"what\":\"Pause\"}");
        forge("three", "add {\"type\":\"load\",\"t\":5,\"what\":\"end\"}");
        forge("three", "set load 2 t 13");
        forge("three", "remove load 2");
        forge("three", "set restore 1 t 2");
        forge("three", "set fault_done 1 t 2");
        forge("three", "set restore 1 n 2");
        forge("three", "set fault_done 1 n 2");
        forge("three", "set fault 1 t 9.5");
        forge("three", "remove restore");
        forge("three", "remove whole");
        forge("three", "remove preferred");
        forge(
                "three",
                "add {\"type\":\"fault\",\"t\":12,\"n\":1,\"node\":1,\"role\":\"broker\",\"name\":\"kafka-1\",\"fault\":\"kill\"}");
        forge("three", "set fault 1 fault \"meteor\"");
        forge("two", "set fault 1 fault \"kill\"");
        forge("three", "set fault_done 1 controlled true");
        forge("three", "set fault 1 fault \"pause\"");
        forge("three", "remove load 1");
        for (String done : List.of("fault_done", "restore_done"))
            for (String ok : List.of("null", "false")) forge("three", "set " + done + " 1 ok " + ok);
        forge("three", "set fault 1 role \"Broker\"");
        forge(
                "observe",
                "a fault in a run without one",
                it -> base("three").all("fault").forEach(line -> it.add(json(line))));
        forge("three", "add {\"type\":\"consumer\",\"t\":9,\"consumer\":1,\"what\":\"Failed\"}");
        assertThat(held).isEmpty();
    }

    private static String json(Map<String, ?> line) {
        return com.grack.nanojson.JsonWriter.string(line);
    }

    @Test
    @DisplayName("observations that cannot be, or were not made")
    void observations() {
        forge("three", "set observer 1 late_s 20");
        forge("three", "set run 1 blind_s 1000");
        forge("three", "add {\"type\":\"blind\",\"t\":8,\"to\":2,\"why\":\"no broker answered\"}");
        for (int state : new int[] {1, 2, 3}) forge("topic", "remove state " + state);
        forge("topic", "remove state 1\nremove state 1");
        forge("topic", "remove state before 1");
        forge("topic", "set state 3 after 7");
        forge("topic", "set state 1 leader 7");
        for (String leader : List.of("-1", "-99")) forge("topic", "set state 1 leader " + leader);
        for (String partition : List.of("-1", "2")) forge("topic", "set state 3 partition " + partition);
        forge("controller", "set controller 2 id -99");
        forge("one", "set assigned 1 consumer 3");
        forge("one", "set leave 1 consumer 3");
        forge("topic", "set cluster 1 session_timeout_ms 0");
        for (String setting : List.of("run 1 rate", "topic 1 min_insync_replicas", "topic 1 effective_min_insync"))
            forge("topic", "set " + setting + " -1");
        forge("topic", "set topic 1 min_insync_replicas 2");
        forge("refusing", "set topic 1 min_insync_replicas 1");
        forge("topic", "another name later", it -> {
            it.add(json(it.all("topic").get(0)));
            it.set("topic", 2, "name", "\"another\"");
        });
        forge("topic", "set state 3 in_sync [2.5]");
        forge("topic", "set state 3 in_sync [2,2]");
        for (String other : List.of("[2,1]", "[1]", "[1,3]"))
            forge(
                    "topic",
                    "set topic 1 partitions [{\"replicas\":%s,\"end\":1000},{\"replicas\":[2,1],\"end\":1000}]"
                            .formatted(other));
        for (int state = 5; state <= 7; state++) forge("topic", "remove state " + state);
        forge("topic", "set whole 1 t 9.2");
        forge("topic", "set state 7 leader 2");
        forge("topic", "set state 1 in_sync []");
        forge("topic", "remove cluster");
        forge(
                "topic",
                "a partition without replicas",
                it -> it.set(
                        "topic",
                        1,
                        "partitions",
                        "[{\"replicas\":[],\"start\":0,\"end\":1000},{\"replicas\":[2,1],\"start\":0,\"end\":1000}]"));
        forge("controller", "remove controller");
        forge("controller", "remove controller 2");
        forge("topic", "two producers", it -> it.add("{\"type\":\"producer\",\"t\":0,\"config\":{\"acks\":\"0\"}}"));
        forge("topic", "two clusters", it -> it.add(json(it.all("cluster").get(0))));
        forge("topic", "two groups", it -> it.add(json(it.all("group").get(0))));
        forge("topic", "unknown acks", it -> {
            it.set("producer", 1, "config", "{\"acks\":\"maybe\"}");
            it.drop("found", 11);
        });
        forge("topic", "only a later topic", it -> {
            it.set("topic", 1, "t", "15");
            it.set("topic", 1, "partitions", "[{\"replicas\":[1,2],\"end\":1300},{\"replicas\":[2,1],\"end\":1300}]");
        });
        assertThat(held).isEmpty();
    }

    @Test
    @DisplayName("logs that were not read, or read of another topic")
    void audits() {
        forge("three", "remove audit 2");
        forge("three", "set audit 1 from 1001");
        forge("three", "set audit 1 to 1003");
        forge("three", "set audit 1 end 1003\nset audit 1 to 1003");
        forge("three", "set audit 1 end 1000\nset audit 1 to 1000");
        forge("three", "set audit 1 from 0\nset audit 1 end 0\nset audit 1 to 0");
        forge("three", "set audit 1 error \"\"");
        forge("three", "set audit 1 topic_id \"another\"");
        forge("three", "set audit 1 topic_id null");
        forge("three", "set audit 1 partition 1");
        forge("three", "set audit 1 log_start 1005\nset audit 1 from 1005\ndrop found 1\ndrop received 1");
        forge("three", "set audit 1 t 1");
        forge("three", "set found 1 t 1\nset found 1 to 1.05");
        forge("three", "set found 1 t 16\nset found 1 to 16.05");
        forge("three", "two audits", it -> {
            it.set("audit", 1, "error", "\"no progress\"");
            it.add(json(base("three").all("audit").get(0)));
        });
        forge("three", "found after the audit", it -> {
            String line = json(it.all("found").get(0));
            it.drop("found", 1);
            it.add(line);
        });
        assertThat(held).isEmpty();
    }

    @Test
    @DisplayName("power cuts that cannot be")
    void cuts() {
        forge("power", "set cut 1 checkpoint_age_s -5");
        forge("power", "set cut 1 node 2");
        forge("power", "set cut 1 n 2");
        forge("power", "set cut 1 n 7");
        forge("power", "set cut 1 t 2");
        forge("power", "set cut 1 t 10");
        forge("power", "add {\"type\":\"cut\",\"t\":6.4,\"n\":1,\"node\":1,\"dead\":true,\"logs\":[]}");
        forge("power", "set fault 2 fault \"kill\"");
        forge("power", "set fault 1 fault \"kill\"\nset fault 2 fault \"kill\"");
        long end = base("power").all("cut").get(0).getArray("logs").getObject(1).getLong("before");
        for (long after : new long[] {1019, 1021, end + 1, 0}) {
            forge(
                    "power",
                    "kafka-1 cut at " + after,
                    it -> it.set(
                            "cut",
                            1,
                            "logs",
                            ("[{\"log\":\"sample-0\",\"before\":%d,\"after\":%d},{\"log\":\"sample-1\",\"before\":%d,\"after\":%d}]")
                                    .formatted(end, after, end, after)));
        }
        // Records that the elected replica never had, though it was in sync.
        forge(
                "power",
                "it never had some",
                it -> it.set(
                        "cut",
                        1,
                        "logs",
                        "[{\"log\":\"sample-0\",\"before\":1021,\"after\":1020},{\"log\":\"sample-1\",\"before\":1021,\"after\":1020}]"));
        forge("power", "set cut 1 logs [{\"log\":\"sample-0\",\"before\":1010,\"after\":1020}]");
        forge(
                "power",
                "a log twice",
                it -> it.set(
                        "cut",
                        1,
                        "logs",
                        "[{\"log\":\"sample-0\",\"before\":1050,\"after\":1020},{\"log\":\"sample-0\",\"before\":1050,\"after\":0},{\"log\":\"sample-1\",\"before\":1050,\"after\":1020}]"));
        assertThat(held).isEmpty();
    }

    @Test
    @DisplayName("a pipeline that cannot be, or whose output was read otherwise than its lines say")
    void pipelines() {
        for (String type : List.of("processed", "written"))
            for (String partition : List.of("1", "100")) forge("piped", "set " + type + " 1 partition " + partition);
        for (String type : List.of("pipeline", "process", "batch", "open", "consumed", "output_audit", "processed"))
            forge("piped", type + " twice", it -> it.add(json(it.all(type).get(0))));
        for (String end : List.of("0", "600", "1e12")) {
            forge("piped", "set output_audit 1 end " + end);
            forge("piped", "set output_audit 1 end %s\nset output_audit 2 end %s".formatted(end, end));
        }
        forge("piped", "set output_audit 1 to 840");
        forge("piped", "set output_audit 1 from 0");
        forge("piped", "set output_audit 1 isolation \"any\"");
        for (String end : List.of("0", "1100", "1339")) {
            forge("piped", "set consumed 1 end " + end);
            forge("piped", "set consumed 1 end %s\nset consumed 1 committed %s".formatted(end, end));
        }
        forge("piped", "set consumed 1 committed 1000000000000");
        forge("piped", "set consumed 1 t 2");
        for (String what : List.of("\"\"", "\"Freeze\"", "\"x\"")) {
            forge("piped", "set process 2 what " + what);
            forge("piped", "set batch 1 what " + what);
            forge("mistake", "set batch 2 what " + what);
        }
        for (String process : List.of("-1", "0", "3", "100"))
            for (String line : List.of("process 1", "process 2", "batch 1", "open 1"))
                forge("piped", "set " + line + " process " + process);
        forge("piped", "set process 4 process 1");
        forge("piped", "remove process 1");
        forge("piped", "remove process 2");
        forge("piped", "remove process");
        forge("piped", "set open 1 process 2");
        forge("piped", "set open 1 end 1000000000000");
        forge("piped", "set open 1 consumed 1");
        forge("piped", "set open 1 stable 100\nset held 1 stable 100");
        forge("piped", "set open 1 t 1");
        forge("without", "set open 1 stable 580");
        for (String end : List.of("0", "580", "1e12")) forge("piped", "set held 1 end " + end);
        forge("piped", "set held 1 t 4.5");
        forge("piped", "set batch 1 count -5");
        forge("piped", "set batch 1 to 999999");
        forge("piped", "set batch 1 count 100");
        forge("piped", "set batch 1 to null");
        forge("piped", "set batch 1 t 0.2");
        forge("piped", "set pipeline 1 first 505");
        forge("piped", "set pipeline 1 transaction_timeout_ms -1");
        forge("piped", "set pipeline 1 command \"theirs\"");
        forge("piped", "add {\"type\":\"transaction\",\"t\":2.9,\"id\":\"theirs\",\"timeout_ms\":20000}");
        forge("piped", "remove pipeline");
        forge(
                "three",
                "the lines of a pipeline without one",
                it -> base("piped").all("processed").forEach(line -> it.add(json(line))));
        forge("piped", "an output of a record that was never sent", it -> {
            for (String type : List.of("processed", "written"))
                it.add("{\"type\":\"%s\",\"t\":9.5,\"to\":9.5,\"partition\":0,\"records\":[[900,900,1,851]]}"
                        .formatted(type));
        });
        forge("piped", "drop written 200");
        forge("mistake", "remove batch 2");
        forge("mistake", "set batch 2 count 9");
        for (String step : List.of(
                "set process 3 process 1",
                "set process 4 process 2",
                "set process 4 what \"freeze\"",
                "set process 4 t 2",
                "set batch 2 process 3",
                "remove process 1",
                "remove process 2",
                "remove open",
                "remove held")) forge("zombie", step);
        for (String name : List.of("piped", "zombie", "without", "mistake", "queue"))
            for (String step : List.of("drop sent 85", "set sent 9 partition 1", "set sent 9 partition 100"))
                forge(name, step);
        forge("piped", "outputs without offsets", it -> it.all("written").forEach(line -> withoutOffsets(it, line)));
        assertThat(held).isEmpty();
    }

    @Test
    @DisplayName("a share group that cannot be: members, partitions, answers to what was never delivered")
    void queues() {
        for (String type : List.of("delivered", "accepted", "released", "rejected", "refused")) {
            for (String partition : List.of("1", "100")) forge("queue", "set " + type + " 1 partition " + partition);
            for (String consumer : List.of("0", "3", "100")) forge("queue", "set " + type + " 1 consumer " + consumer);
        }
        for (String type : List.of("accepted", "released", "rejected")) forge("queue", "set " + type + " 1 consumer 2");
        forge("queue", "set refused 1 consumer 1");
        forge("queue", "set dead_letter 1 partition 1");
        for (String type : List.of(
                "queue",
                "process",
                "delivered",
                "accepted",
                "released",
                "rejected",
                "refused",
                "dead_letter",
                "drained"))
            forge("queue", type + " twice", it -> it.add(json(it.all(type).get(0))));
        for (String type : List.of("delivered", "accepted", "released", "rejected"))
            forge("queue", type + " elsewhere", it -> shift(it, type, 1, 500));
        for (String type : List.of("delivered", "accepted", "released", "rejected", "refused", "dead_letter"))
            forge(
                    "queue",
                    type + " without offsets",
                    it -> withoutOffsets(it, it.all(type).get(0)));
        forge("queue", "accepted before it was delivered", it -> {
            it.drop("accepted", 300);
            it.add(
                    "{\"type\":\"accepted\",\"t\":2,\"to\":2,\"partition\":0,\"consumer\":1,\"records\":[[300,300,1,1299]]}");
        });
        forge("queue", "set delivered 1 delivery 0");
        forge("queue", "set delivered 1 delivery null");
        forge("queue", "a count that skips a number", it -> {
            it.drop("delivered", 300);
            it.add(
                    "{\"type\":\"delivered\",\"t\":6.9,\"to\":6.99,\"partition\":0,\"consumer\":1,\"delivery\":4,\"records\":[[300,300,1,1299]]}");
        });
        forge(
                "queue",
                "add {\"type\":\"delivered\",\"t\":6,\"to\":6,\"partition\":0,\"consumer\":1,\"delivery\":2,\"records\":[[50,50,1,1049]]}");
        forge("queue", "two members hold a record at once", it -> {
            it.drop("accepted", 50);
            for (String line : List.of(
                    "\"delivered\",\"t\":2.2,\"to\":2.2,\"consumer\":1,\"delivery\":2",
                    "\"accepted\",\"t\":2.3,\"to\":2.3,\"consumer\":1",
                    "\"refused\",\"t\":2.4,\"to\":2.4,\"consumer\":2,\"error\":\"The record state is invalid.\""))
                it.add("{\"type\":%s,\"partition\":0,\"records\":[[50,50,1,1049]]}".formatted(line));
        });
        forge(
                "queue",
                "drop accepted 98\nadd {\"type\":\"refused\",\"t\":8.1,\"to\":8.1,\"partition\":0,\"consumer\":2,\"error\":\"The record state is invalid.\",\"records\":[[98,98,1,1097]]}");
        forge("queue", "set queue 1 lock_ms null");
        forge("queue", "set queue 1 released 11");
        forge("queue", "set queue 1 rejected 16");
        for (String value : List.of("-1", "0")) {
            forge("queue", "set queue 1 lock_ms " + value);
            forge("queue", "set queue 1 limit " + value);
        }
        for (String what : List.of("\"\"", "\"Freeze\"", "\"x\"")) forge("queue", "set process 3 what " + what);
        for (String process : List.of("-1", "0", "3")) forge("queue", "set process 1 process " + process);
        forge("queue", "remove process 1");
        forge("queue", "remove process 3");
        forge("queue", "remove process 4");
        forge("queue", "remove process");
        forge("queue", "set drained 1 dead_end 1");
        forge("queue", "set drained 1 dead_to 1\nset drained 1 dead_end 1");
        forge("queue", "set drained 1 dead_to null\nset drained 1 dead_end null");
        forge("queue", "set drained 1 dead_end null");
        forge("queue", "set queue 1 dead_letters null");
        forge("queue", "set queue 1 dead_letters \"\"");
        forge("queue", "set drained 1 end 1100\nset drained 1 start 1100");
        forge("queue", "remove queue");
        forge("queue", "a dead letter that was never sent", it -> {
            it.add("{\"type\":\"dead_letter\",\"t\":11.55,\"to\":11.55,\"partition\":0,\"records\":[[900,900,1,2]]}");
            it.set("drained", 1, "dead_to", "3");
            it.set("drained", 1, "dead_end", "3");
        });
        assertThat(held).isEmpty();
    }

    @Test
    @DisplayName("files that cannot be: an error in one line, at once, and in little memory")
    void files() throws IOException {
        byte[] whole = Files.readAllBytes(base("three").seal(directory.resolve("whole.jsonl")));
        String text = new String(whole, StandardCharsets.UTF_8);
        expectNone((text + "{\"type\":\"run\"").getBytes(StandardCharsets.UTF_8), "another run had begun");
        forge("three", "set run 1 number 3\nset run 1 of 3");
        forge("three", "set run 1 number 0\nset run 1 of 0");
        String begin = text.substring(0, text.indexOf("{\"type\":\"sent\""));
        for (String line : List.of(
                "[[2147483646,2147483646,1]]",
                "[[1,2147483646,1]]",
                "[[1,4611686018427387904,1]]",
                "[[1,18446744073709551617,1]]"))
            for (String type : List.of("sent", "acknowledged", "unknown"))
                expectNone(
                        (begin
                                        + "{\"type\":\"%s\",\"t\":1,\"to\":1,\"partition\":0,\"records\":%s}\n"
                                                .formatted(type, line))
                                .getBytes(StandardCharsets.UTF_8),
                        type + line);
        expectNone((begin + "[".repeat(1_000_000) + "\n").getBytes(StandardCharsets.UTF_8), "nested");
        expectNone((begin + "{\"a\":".repeat(1_000_000) + "\n").getBytes(StandardCharsets.UTF_8), "nested objects");
        for (String number : List.of("1".repeat(5_000_000), "-" + "1".repeat(5_000_000), "1." + "1".repeat(5_000_000)))
            expectRefused(
                    (begin + "{\"type\":\"load\",\"t\":" + number + "}\n").getBytes(StandardCharsets.UTF_8),
                    "a number of millions of digits");
        byte[] latin = text.replaceFirst("kafka-1", "kafka-é").getBytes(StandardCharsets.ISO_8859_1);
        expectRefused(latin, "not UTF-8");
        expectRefused((begin + "x".repeat(20_000_000) + "\n").getBytes(StandardCharsets.UTF_8), "a huge line");
        assertThat(held).isEmpty();
    }

    private void expectRefused(byte[] file, String what) throws IOException {
        try {
            HistoryReader.read(Files.write(directory.resolve("forged.jsonl"), file));
            held.add(what);
        } catch (Malformed refused) {
            if (!refused.getMessage().matches("(?s).*(UTF-8|long|digits).*"))
                held.add(what + ": " + refused.getMessage());
        }
    }
}
