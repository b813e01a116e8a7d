package lab.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import lab.history.History;
import lab.history.HistoryReader;
import lab.history.Lines;
import lab.history.Malformed;
import lab.proof.checks.Verdict;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program damages good histories, one thing at a time: none may be judged as PASS. */
public class DamageTest {
    @TempDir
    private Path directory;

    private Lines good;

    @BeforeEach
    void newHistory() throws IOException {
        good = Sample.three().every(0.12).lines(directory);
    }

    private Proof judge(Lines lines) throws IOException {
        return HistoriesTest.judge(lines, directory);
    }

    @Test
    @DisplayName("each record that is lost, doubled, moved, or not received, one at a time, is found")
    void eachRecord() throws IOException {
        assertThat(missed(good, 1)).isEmpty();
    }

    @Test
    @DisplayName("the same in a run on a real cluster, for each 97th record")
    void recorded() throws IOException {
        assertThat(missed(Lines.read(HistoriesTest.CASES.resolve("stop.jsonl")), 97))
                .isEmpty();
    }

    @Test
    @DisplayName(
            "the same in each second record of Scenario 2, and in each 29th of pipelines with and without transactions")
    void otherRuns() throws IOException {
        assertThat(missed(Sample.two().every(0.12).lines(directory), 2)).isEmpty();
        for (String kind : PIPELINES)
            assertThat(missed(Sample.pipeline(kind).lines(directory), 29))
                    .as(kind)
                    .isEmpty();
    }

    @Test
    @DisplayName("each output of a pipeline that is missing, doubled, or found by one kind of readers only: never PASS,"
            + " and FAIL if it is an error of the pipeline")
    void eachOutput() throws IOException {
        var missed = new ArrayList<String>();
        for (String kind : PIPELINES) {
            Lines whole = Sample.pipeline(kind).lines(directory);
            List<Lines.Entry> output = whole.records("processed", 0);
            for (int i = 0; i < output.size(); i += i < 78 ? 39 : i < 92 ? 2 : 83) {
                int id = output.get(i).id();
                expectFail(whole.copy().drop("processed", id).drop("written", id), kind + " no output " + id, missed);
                expectFail(whole.copy().drop("processed", id), kind + " not committed " + id, missed);
                expectFail(withOutput(whole.copy(), id, "processed", "written"), kind + " twice " + id, missed);
                // With a mistake, it may be of a batch that was aborted.
                if (!kind.equals("mistake"))
                    expectNoPass(withOutput(whole.copy(), id, "written"), kind + " only written " + id, missed);
                expectNoPass(whole.copy().drop("written", id), kind + " only committed " + id, missed);
                if (i + 1 < output.size())
                    expectNoPass(whole.copy().swap("processed", id), kind + " swapped " + id, missed);
            }
        }
        assertThat(missed).isEmpty();
    }

    /** One more output, at the end of the log, for these kinds of readers. */
    private static Lines withOutput(Lines lines, int id, String... types) {
        long end = lines.all("output_audit").get(0).getLong("end");
        for (int audit = 1; audit <= 2; audit++)
            for (String bound : List.of("to", "end")) lines.set("output_audit", audit, bound, "" + (end + 1));
        for (String type : types) {
            int last = lines.all(type).size();
            String records = JsonWriter.string(lines.all(type).get(last - 1).getArray("records"));
            lines.set(type, last, "records", records.replaceFirst("]$", ",[%d,%d,1,%d]]".formatted(id, id, end)));
        }
        return lines;
    }

    private void expectNoPass(Lines lines, String damage, List<String> missed) throws IOException {
        if (judge(lines).verdict() == Verdict.PASS) missed.add(damage);
    }

    private static final List<String> PIPELINES = List.of("piped", "zombie", "without", "mistake");

    private List<String> missed(Lines whole, int every) throws IOException {
        assertThat(judge(whole.copy()).verdict()).isEqualTo(Verdict.PASS);
        var missed = new ArrayList<String>();
        for (int partition = 0; partition < 2; partition++) {
            List<Lines.Entry> log = whole.records("found", partition);
            for (int i = 0; i < log.size(); i += every) {
                int id = log.get(i).id();
                expectFail(whole.copy().drop("found", id), "lost " + id, missed);
                expectFail(whole.copy().again("found", id, log.get(i).offset() + 1), "doubled " + id, missed);
                expectFail(whole.copy().drop("received", id), "not received " + id, missed);
                if (i + 1 < log.size()) expectFail(whole.copy().swap("found", id), "swapped " + id, missed);
            }
        }
        return missed;
    }

    private void expectFail(Lines lines, String damage, List<String> missed) throws IOException {
        if (judge(lines).verdict() != Verdict.FAIL) missed.add(damage);
    }

    @Test
    @DisplayName("a blind moment over each fault, in each kind of run: INCONCLUSIVE")
    void blind() throws IOException {
        for (Sample sample : Sample.all().values()) {
            Lines lines = sample.every(0.1).lines(directory);
            var faults = new ArrayList<>(lines.all("fault"));
            for (JsonObject process : lines.all("process"))
                if (List.of("freeze", "kill").contains(process.getString("what"))) faults.add(process);
            for (JsonObject fault : faults) {
                double t = fault.getDouble("t");
                for (String why : List.of("no broker answered", "this program did not run")) {
                    String blind =
                            "{\"type\":\"blind\",\"t\":%s,\"to\":%s,\"why\":\"%s\"}".formatted(t - 0.05, t + 0.05, why);
                    assertThat(judge(lines.copy().add(blind)).verdict())
                            .as(fault + why)
                            .isEqualTo(Verdict.INCONCLUSIVE);
                }
            }
        }
    }

    @Test
    @DisplayName("a blind moment anywhere in a good run of any kind: never FAIL")
    void blindAnywhere() throws IOException {
        var wrong = new ArrayList<String>();
        for (var sample : Sample.all().entrySet()) {
            Lines lines = sample.getValue().every(0.1).lines(directory);
            double end = lines.all("load").get(lines.all("load").size() - 1).getDouble("t");
            int n = 0;
            for (double t = 0; t < end; t += 1.3, n++) {
                String why = n % 2 == 0 ? "no broker answered" : "this program did not run";
                String blind = "{\"type\":\"blind\",\"t\":%s,\"to\":%s,\"why\":\"%s\"}"
                        .formatted(t, t + (n % 4 < 2 ? 0.1 : 2.5), why);
                Proof proof = judge(lines.copy().add(blind));
                if (proof.verdict() == Verdict.FAIL) wrong.add(sample.getKey() + " " + blind);
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    @DisplayName("a file that was cut anywhere: never PASS, exit status 1")
    void cut() throws IOException {
        byte[] whole = Files.readAllBytes(good.seal(directory.resolve("whole.jsonl")));
        assertThat(status(whole)).isZero();
        int first = new String(whole, StandardCharsets.UTF_8).indexOf('\n') + 1;
        for (int length = first; length < whole.length; length += 1 + (whole.length - length) / 60)
            assertThat(status(Arrays.copyOf(whole, length)))
                    .as("cut at " + length)
                    .isEqualTo(1);
        for (int length : new int[] {0, 1, first - 1})
            assertThatThrownBy(() -> status(Arrays.copyOf(whole, length))).isInstanceOf(Malformed.class);
    }

    @Test
    @DisplayName("a good run that was killed, or gave up, anywhere: INCONCLUSIVE, never FAIL")
    void prefixes() throws IOException {
        var wrong = new ArrayList<String>();
        var runs = new TreeMap<String, Lines>();
        for (var sample : Sample.all().entrySet())
            runs.put(sample.getKey(), sample.getValue().every(0.1).lines(directory));
        runs.put("stop.jsonl", Lines.read(HistoriesTest.CASES.resolve("stop.jsonl")));
        for (var run : runs.entrySet()) {
            Lines whole = run.getValue();
            for (int length = 2; length < whole.size(); length += 1 + length / 40) {
                Lines killed = whole.copy().keep(length);
                expectInconclusive(run.getKey() + " killed after line " + length, killed, wrong);
                double t = killed.lastTime();
                Lines gaveUp =
                        killed.copy().add("{\"type\":\"gave_up\",\"t\":%s,\"why\":\"interrupted\"}".formatted(t));
                gaveUp.add("{\"type\":\"load\",\"t\":%s,\"what\":\"end\"}".formatted(t + 0.1))
                        .end();
                expectInconclusive(run.getKey() + " gave up after line " + length, gaveUp, wrong);
            }
        }
        assertThat(wrong).isEmpty();
    }

    private void expectInconclusive(String what, Lines lines, List<String> wrong) throws IOException {
        Proof proof = judge(lines);
        if (proof.verdict() == Verdict.INCONCLUSIVE) return;
        var why = proof.claims().stream()
                .filter(it -> it.verdict() == Verdict.FAIL)
                .toList();
        wrong.add(what + ": " + proof.verdict() + " " + why);
    }

    @Test
    @DisplayName("a changed byte anywhere: an error that names the line, or never PASS")
    void changedByte() throws IOException {
        byte[] whole = Files.readAllBytes(good.seal(directory.resolve("whole.jsonl")));
        var random = new Random(1);
        for (int i = 0; i < 300; i++) {
            byte[] changed = whole.clone();
            int at = random.nextInt(whole.length);
            changed[at] ^= (byte) (1 << random.nextInt(7));
            expectNoPass(changed, "byte " + at);
        }
    }

    @Test
    @DisplayName("a line left out, doubled or exchanged: an error")
    void lines() throws IOException {
        List<String> lines = Files.readAllLines(good.seal(directory.resolve("whole.jsonl")));
        for (int i = 0; i < lines.size(); i += 7) {
            var less = new ArrayList<>(lines);
            less.remove(i);
            expectNoPass(bytes(less), "without line " + (i + 1));
            var more = new ArrayList<>(lines);
            more.add(i, lines.get(i));
            expectNoPass(bytes(more), "line " + (i + 1) + " twice");
        }
    }

    @Test
    @DisplayName("two files joined: an error, or as bad as the worse of them")
    void joined() throws IOException {
        List<String> lines = Files.readAllLines(good.seal(directory.resolve("whole.jsonl")));
        var twice = new ArrayList<>(lines);
        twice.addAll(lines);
        assertThatThrownBy(() -> status(bytes(twice)))
                .isInstanceOf(Malformed.class)
                .hasMessageContaining(":" + (lines.size() + 1) + ": ");
        var half = new ArrayList<>(lines.subList(0, 40));
        half.addAll(lines);
        assertThatThrownBy(() -> status(bytes(half))).isInstanceOf(Malformed.class);
        // The head of one run and the rest of another one.
        List<String> other =
                Files.readAllLines(Sample.topic().every(0.1).lines(directory).seal(directory.resolve("o")));
        var mixed = new ArrayList<>(lines.subList(0, 40));
        mixed.addAll(other.subList(40, other.size()));
        assertThatThrownBy(() -> status(bytes(mixed))).isInstanceOf(Malformed.class);
    }

    @Test
    @DisplayName("runs that were planned and are missing: INCONCLUSIVE")
    void missingRuns() throws IOException {
        good.set("run", 1, "of", "3");
        byte[] file = Files.readAllBytes(good.seal(directory.resolve("whole.jsonl")));
        assertThat(status(file)).isEqualTo(1);
        assertThat(HistoryReader.read(directory.resolve("whole.jsonl")).missing())
                .isEqualTo("it has 1 of 3 runs");
    }

    /** 0 if everything holds, 1 if not: as the drill's exit status. */
    private int status(byte[] file) throws IOException {
        History history = HistoryReader.read(Files.write(directory.resolve("damaged.jsonl"), file));
        Verdict worst =
                Verdict.worst(history.runs().stream().map(it -> Proof.of(it).verdict()));
        return worst.holds(false) && history.missing() == null ? 0 : 1;
    }

    private void expectNoPass(byte[] file, String damage) throws IOException {
        try {
            assertThat(status(file)).as(damage).isNotZero();
        } catch (Malformed found) {
            assertThat(found).as(damage).hasMessageMatching("(?s).*damaged\\.jsonl:.*");
        }
    }

    private static byte[] bytes(List<String> lines) {
        return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
    }
}
