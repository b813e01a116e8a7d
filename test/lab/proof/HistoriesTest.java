package lab.proof;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lab.history.HistoryReader;
import lab.history.Lines;
import lab.history.RunHistory;
import lab.proof.checks.Check;
import lab.proof.checks.Checks;
import lab.proof.checks.Verdict;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import test.Run;

/** The checks on saved histories: test/histories/README.txt says what a case looks like. No cluster, no network. */
public class HistoriesTest {
    static final Path CASES = Run.ROOT.resolve("test/histories");

    @TempDir
    private static Path directory;

    private static final Map<String, Lines> BASES = new HashMap<>();

    @BeforeAll
    static void bases() throws IOException {
        for (var each : Sample.all().entrySet())
            BASES.put(each.getKey(), each.getValue().lines(directory));
    }

    /** A case of a file: what the check must say of a changed history. */
    record Case(String check, String verdict, String sentence, List<String> steps) {
        @Override
        public String toString() {
            return check + ": " + verdict + " " + sentence;
        }
    }

    static Stream<Case> cases() throws IOException {
        var cases = new ArrayList<Case>();
        try (var files = Files.newDirectoryStream(CASES, "[A-Z]*[a-z].txt")) {
            for (Path file : files) {
                String check = file.getFileName().toString().replace(".txt", "");
                for (String line : Files.readAllLines(file))
                    if (line.startsWith("  ")) cases.get(cases.size() - 1).steps.add(line.strip());
                    else {
                        String[] parts = line.split(" ", 2);
                        cases.add(new Case(check, parts[0], parts[1], new ArrayList<>()));
                    }
            }
        }
        return cases.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void judged(Case it) throws IOException {
        Lines lines = base(it.steps.get(0));
        for (String step : it.steps.subList(1, it.steps.size())) change(lines, step);
        Proof proof = judge(lines);
        List<Proof.Judged> claims = proof.claims().stream()
                .filter(claim -> claim.check().equals(it.check))
                .toList();
        String told = String.join("\n", ProofText.of(proof));
        String verdict = claims.isEmpty()
                ? "NONE"
                : Verdict.worst(claims.stream().map(Proof.Judged::verdict)).toString();
        assertThat(verdict).as(told).isEqualTo(it.verdict);
        String evidence = claims.stream()
                .map(claim -> claim.claim().text() + "\n" + claim.claim().evidence())
                .collect(Collectors.joining("\n"));
        for (String step : it.steps) {
            if (step.startsWith("expect ")) assertThat(evidence).contains(step.substring(7));
            if (step.startsWith("overall "))
                assertThat(proof.verdict()).as(told).hasToString(step.substring(8));
        }
        if (!claims.isEmpty()) assertThat(proof.verdict()).isGreaterThanOrEqualTo(Verdict.valueOf(it.verdict));
    }

    /** A good run; {@code two/1.5} has a record every 1.5 s. */
    private static Lines base(String name) throws IOException {
        String[] words = name.split("/");
        if (words.length == 1) return BASES.get(name).copy();
        return Sample.all().get(words[0]).every(Double.parseDouble(words[1])).lines(directory);
    }

    static void change(Lines lines, String step) {
        String[] words = step.split(" ", 5);
        switch (words[0]) {
            case "drop" -> lines.drop(words[1], Integer.parseInt(words[2]));
            case "again" -> lines.again(words[1], Integer.parseInt(words[2]), Long.parseLong(words[3]));
            case "swap" -> lines.swap(words[1], Integer.parseInt(words[2]));
            case "expire" -> expire(lines, Integer.parseInt(words[1]), Long.parseLong(words[2]));
            case "set" -> lines.set(words[1], Integer.parseInt(words[2]), words[3], words[4]);
            case "add" -> lines.add(step.substring(4));
            case "remove" -> remove(lines, words);
            case "cut" -> {
                double at = Double.parseDouble(words[1]);
                lines.remove(it -> it.has("t") && it.getDouble("t") > at
                        || it.getString("type").equals("end"));
            }
            case "expect", "overall" -> {}
            default -> throw new IllegalArgumentException(step);
        }
    }

    private static void remove(Lines lines, String[] words) {
        List<JsonObject> all = lines.all(words[1]);
        if (words.length == 2) lines.remove(it -> it.getString("type").equals(words[1]));
        else if (words[2].equals("after") || words[2].equals("before")) {
            double time = Double.parseDouble(words[3]);
            boolean after = words[2].equals("after");
            String[] more = words.length < 5 ? new String[0] : words[4].split(" "); // before T
            double until = more.length >= 2 ? Double.parseDouble(more[1]) : Double.MAX_VALUE;
            int partition = more.length == 4 ? Integer.parseInt(more[3]) : -1; // before T partition P
            lines.remove(it -> it.getString("type").equals(words[1])
                    && (partition < 0 || it.getInt("partition") == partition)
                    && (after ? it.getDouble("t") > time && it.getDouble("t") < until : it.getDouble("t") < time));
        } else {
            JsonObject line = all.get(Integer.parseInt(words[2]) - 1);
            lines.remove(it -> it == line);
        }
    }

    private static void expire(Lines lines, int partition, long begin) {
        for (Lines.Entry it : lines.records("found", partition)) if (it.offset() < begin) lines.drop("found", it.id());
        lines.set("audit", partition + 1, "log_start", "" + begin);
        lines.set("audit", partition + 1, "from", "" + begin);
    }

    private static Proof judge(Lines lines) {
        return judge(lines, directory);
    }

    static Proof judge(Lines lines, Path directory) {
        try {
            Path file = Files.createTempFile(directory, "case", ".jsonl");
            Proof proof = Proof.of(HistoryReader.read(lines.seal(file)).runs().get(0));
            Files.delete(file);
            return proof;
        } catch (IOException full) {
            throw new UncheckedIOException(full);
        }
    }

    @Test
    @DisplayName(
            "each check has a history that holds, one that cannot be known, and one that fails unless it never does")
    void complete() throws IOException {
        Map<String, List<String>> verdicts = cases().collect(
                        Collectors.groupingBy(Case::check, Collectors.mapping(Case::verdict, Collectors.toList())));
        var missing = new TreeSet<String>();
        for (Check check : Checks.ALL) {
            String name = check.getClass().getSimpleName();
            List<String> has = verdicts.getOrDefault(name, List.of());
            String source = Files.readString(CASES.resolveSibling("../lab/proof/checks/" + name + ".java"));
            if (!has.contains("PASS") && !has.contains("NONE")) missing.add(name + " holds");
            for (String verdict : List.of("FAIL", "ALLOWED", "INCONCLUSIVE"))
                if (source.contains("<p>" + verdict + ": ") && !has.contains(verdict))
                    missing.add(name + " " + verdict);
        }
        assertThat(missing).isEmpty();
    }

    @Test
    @DisplayName("runs on a real cluster, as the drill wrote them: a stop, and Scenario 4 in its four variants")
    void recorded() throws IOException {
        for (String file : List.of("stop.jsonl", "last-replica.jsonl"))
            for (RunHistory run : HistoryReader.read(CASES.resolve(file)).runs())
                assertThat(Proof.of(run).verdict()).as(run.begin().title()).isEqualTo(Verdict.PASS);
        RunHistory elected =
                HistoryReader.read(CASES.resolve("last-replica.jsonl")).runs().get(1);
        assertThat(Proof.of(elected).claims())
                .filteredOn(it -> it.check().equals("LosesExactly"))
                .singleElement()
                .asString()
                .contains("1,583 predicted from offsets and leader epochs, 1,583 lost");
    }

    @Test
    @DisplayName(
            "a power cut of both brokers on a real cluster: all was lost, as predicted, and no setting promised more")
    void powerCut() throws IOException {
        RunHistory run = HistoryReader.read(CASES.resolve("power.jsonl")).runs().get(0);
        Proof proof = Proof.of(run);
        assertThat(proof.verdict()).isEqualTo(Verdict.ALLOWED);
        assertThat(proof.claims())
                .filteredOn(it -> it.check().equals("PowerCut"))
                .singleElement()
                .asString()
                .contains("401 predicted, 401 lost");
    }

    @Test
    @DisplayName("after a stop command that failed, the text does not say that the broker was down")
    void stopFailed() {
        Lines lines = BASES.get("two").copy();
        for (String step :
                List.of("set fault_done 1 ok false", "remove state after 1", "remove brokers after 1", "remove audit"))
            change(lines, step);
        assertThat(ProofText.of(judge(lines)))
                .contains("  kafka-1: it is not known whether it was down for 3.0 s")
                .noneMatch(it -> it.startsWith("  kafka-1 down"));
        assertThat(ProofText.of(judge(BASES.get("two").copy()))).contains("  kafka-1 down for 3.0 s");
    }

    @Test
    @DisplayName("good runs of every kind: PASS")
    void good() {
        BASES.forEach((name, lines) -> assertThat(judge(lines.copy()).verdict())
                .as(name)
                .isEqualTo(name.equals("powertopic") ? Verdict.ALLOWED : Verdict.PASS));
    }
}
