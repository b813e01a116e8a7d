package lab.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import lab.history.Lines;
import lab.proof.SampleHistories;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import test.Run;

/** {@code lab/report.java} from a history to files: what it draws is what was recorded, and what the proof says of it. */
public class HistoryTest {
    @TempDir
    private Path directory;

    private Trial trial(Lines lines) throws IOException {
        List<Trial> trials = new HistoryFile(lines.seal(directory.resolve("run.jsonl"))).trials();
        assertThat(trials).hasSize(1);
        return trials.get(0);
    }

    private static double acknowledged(Trial trial, int partition) {
        return trial.cells(partition).stream()
                .mapToDouble(Trial.Cell::acknowledged)
                .sum();
    }

    @Test
    @DisplayName("a broker killed: outage, leaders, in-sync replicas, pauses, records, verdict")
    void killed() throws IOException {
        Lines lines = SampleHistories.scenario(3, directory);
        Trial trial = trial(lines);
        assertThat(trial.verdict).isEqualTo("PASS");
        assertThat(trial.outages).hasSize(1);
        assertThat(trial.outages.get(0).text()).isEqualTo("broker 1 killed, restored after 6.0 s");
        assertThat(trial.states(0))
                .extracting(Trial.State::leader, Trial.State::inSync)
                .startsWith(
                        org.assertj.core.groups.Tuple.tuple(1, List.of(1, 2)),
                        org.assertj.core.groups.Tuple.tuple(2, List.of(2)));
        assertThat(trial.pauses.get(0).ms()).isBetween(3_100.0, 3_300.0);
        assertThat(trial.pauses.get(0).from()).isBetween(2_950.0, 3_050.0);
        for (int partition = 0; partition < 2; partition++)
            assertThat(acknowledged(trial, partition))
                    .isCloseTo(lines.records("acknowledged", partition).size(), within(1e-6))
                    .isPositive();
        assertThat(trial.number("sent")).isEqualTo(trial.number("acknowledged"));
        assertThat(trial.number("lost")).isZero();
        assertThat(new Story(trial).title()).startsWith("Broker 1 killed: ").endsWith("nothing lost");
        assertThat(trial.end).as("the audit is not in the picture").isLessThanOrEqualTo(14_500);
        assertThat(trial.settings.rows()).contains(List.of("producer config acks", "all"));
        assertThat(trial.tables.get(0).rows().get(0)).startsWith("acknowledged", Words.number(trial.number("sent")));
    }

    @Test
    @DisplayName("a broker that nothing shows to have been down is not drawn as down")
    void notSeenDown() throws IOException {
        Lines lines = SampleHistories.scenario(3, directory);
        lines.remove(it -> List.of("state", "brokers").contains(it.getString("type")) && it.getDouble("t") > 1);
        Trial trial = trial(lines);
        assertThat(trial.verdict).isEqualTo("INCONCLUSIVE");
        assertThat(trial.outages.get(0).text()).isEqualTo("broker 1 killed, not seen down, restored after 6.0 s");
        assertThat(new Story(trial).title()).startsWith("Broker 1 killed, not seen down: ");
        assertThat(Picture.of(List.of(trial)).whole(""))
                .contains("not seen down")
                .doesNotContain("class='down'", "broker is down", "broker down");
        assertThat(trial.tables)
                .extracting(Table::caption)
                .noneMatch(it -> it.contains(" down:") && !it.contains("not seen"));
        assertThat(Picture.of(List.of(trial(SampleHistories.scenario(3, directory))))
                        .whole(""))
                .contains("class='down'", "broker is down", "broker down")
                .doesNotContain("not seen down");
    }

    @Test
    @DisplayName("a record that is not in the log is lost, where it was acknowledged, and the verdict is the proof's")
    void lost() throws IOException {
        Trial trial = trial(SampleHistories.scenario(3, directory).drop("found", 101));
        assertThat(trial.verdict).isEqualTo("FAIL");
        assertThat(trial.number("lost")).isEqualTo(1);
        assertThat(trial.lostIds).containsExactly(101);
        assertThat(trial.lost(0)).isCloseTo(1, within(1e-9));
        assertThat(trial.claims).anyMatch(it -> it.verdict().equals("FAIL"));
        assertThat(new Story(trial).title()).contains("1 acknowledged record lost");
    }

    @Test
    @DisplayName(
            "a history that was cut off is drawn, and is INCONCLUSIVE; its log was not read, so nothing is known lost")
    void cutOff() throws IOException {
        Lines lines = SampleHistories.scenario(3, directory);
        lines.remove(it -> List.of("found", "audit", "end").contains(it.getString("type")));
        Trial trial = trial(lines);
        assertThat(trial.verdict).isEqualTo("INCONCLUSIVE");
        assertThat(trial.knows("lost")).isFalse();
        assertThat(trial.claims).anyMatch(it -> it.text().equals("the history is complete") && !it.holds());
        assertThat(new Names(List.of(trial)).title()).contains("inconclusive: ").doesNotContain("nothing lost");
    }

    @Test
    @DisplayName("a history without a rate, as with --observe, is drawn")
    void withoutRate() throws IOException {
        Trial trial = trial(SampleHistories.scenario(3, directory).set("run", 1, "rate", null));
        assertThat(Picture.of(List.of(trial)).whole("")).endsWith("</svg>\n").doesNotContain("NaN");
        assertThat(new Story(trial).about()).doesNotContain("records/s");
    }

    @Test
    @DisplayName("runs that were planned and are missing make the last one INCONCLUSIVE")
    void missingRuns() throws IOException {
        Trial trial = trial(SampleHistories.undisturbed(directory).set("run", 1, "of", "3"));
        assertThat(trial.verdict).isEqualTo("INCONCLUSIVE");
        assertThat(new Story(trial).cases()).anyMatch(it -> it.evidence().equals("it has 1 of 3 runs"));
    }

    @Test
    @DisplayName(
            "the consumer that leaves, a controller that is killed, what others did, and blindness have their words")
    void otherCauses() throws IOException {
        Trial leaving = trial(SampleHistories.scenario(1, directory));
        assertThat(leaving.events("leave")).extracting(Trial.Event::consumer).containsExactly(1);
        assertThat(leaving.events("assigned")).extracting(Trial.Event::ids).contains(List.of(0));
        Trial controller = trial(SampleHistories.controllerKilled(directory));
        assertThat(new Story(controller).title()).startsWith("Controller killed");
        Lines lines = SampleHistories.undisturbed(directory);
        lines.add("{\"type\":\"outside\",\"t\":2,\"node\":2,\"text\":\"broker 2 restarted by itself\"}");
        lines.add("{\"type\":\"blind\",\"t\":3,\"to\":5.5,\"why\":\"no broker answered\"}");
        Trial outside = trial(lines);
        assertThat(outside.events("outside"))
                .extracting(Trial.Event::text)
                .containsExactly("broker 2 restarted by itself");
        assertThat(outside.events("blind"))
                .extracting(Trial.Event::text)
                .containsExactly("not observed for 2.5 s: no broker answered");
    }

    @Test
    @DisplayName("several files at once; a name that cannot be written is refused before any is")
    void severalFiles() throws IOException {
        Path history = SampleHistories.scenario(3, directory).seal(directory.resolve("run.jsonl"));
        String run = history.toString();
        var names = Stream.of("a.svg", "b.HTML", "c.md", "d.xml")
                .map(it -> directory.resolve(it).toString())
                .toList();
        Path folder = Files.createDirectory(directory.resolve("folder.svg"));
        for (String wrong : List.of(
                directory.resolve("x.png").toString(),
                directory.resolve("nowhere/x.svg").toString(),
                folder.toString())) {
            assertThat(report(2, run, "-o", names.get(0), "-o", wrong))
                    .hasSize(1)
                    .allMatch(it -> it.contains(wrong));
            assertThat(Path.of(names.get(0))).doesNotExist();
        }
        List<String> said =
                report(0, run, "-o", names.get(0), "-o", names.get(1), "-o", names.get(2), "--output", names.get(3));
        assertThat(said).hasSize(4).allMatch(it -> it.contains(": Broker 1 killed: ") && it.endsWith("nothing lost"));
        assertThat(Path.of(names.get(0))).content().startsWith("<svg ");
        assertThat(Path.of(names.get(1)))
                .content()
                .startsWith("<!doctype html>")
                .doesNotContain("<link", "TRIALS");
        assertThat(Path.of(names.get(2))).content().startsWith("## Broker 1 killed");
        assertThat(Path.of(names.get(3))).content().startsWith("<?xml ").contains("<testsuites ");
        assertThat(report(0, run)).singleElement().asString().startsWith(directory.resolve("run.svg") + ": ");
        Path misnamed = Files.copy(history, directory.resolve("history.svg"));
        assertThat(report(2, misnamed.toString())).singleElement().asString().contains("it is the input");
        assertThat(misnamed).hasSameTextualContentAs(history);
    }

    @Test
    @DisplayName("nothing from outside steers a terminal, a browser or a reader, and no secret is shown")
    void outside() throws Exception {
        String escape = "\\u001b]0;x\\u0007\\u202e";
        Lines lines = SampleHistories.scenario(3, directory)
                .set("run", 1, "title", "\"'><script>" + escape + " <&amp;> ]]>\"")
                .set("topic", 1, "name", "\"<img src=x>" + escape + "\"")
                .set(
                        "producer",
                        1,
                        "given",
                        "{\"ssl.key.password\":\"hunter2\",\"sasl.jaas.config\":\"x password=hunter2;\"}");
        String history = lines.seal(directory.resolve("run.jsonl")).toString();
        for (String name : List.of("a.svg", "b.html", "c.md", "d.xml")) {
            Path file = directory.resolve(name);
            List<String> said = report(0, history, "-o", file.toString());
            assertThat(said).singleElement().asString().doesNotContainPattern("[\\p{Cc}\u202e]");
            assertThat(Files.readString(file))
                    .as(name)
                    .doesNotContain("hunter2", "<script>", "<img", "\u202e")
                    .doesNotContainPattern("[\\p{Cc}&&[^\\n]]");
            if (!name.matches(".*(md|html)")) ReportTest.parse(Files.readString(file));
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "empty             | not a history",
                "foreign text      | not JSON",
                "foreign JSON      | ",
                "old events        | ",
                "another version   | version 7",
                "an unknown type   | unknown type",
                "a byte changed    | are not those that were written",
                "no run            | has no run",
            })
    @DisplayName("a file that is no sound history: one line, exit status 2, and the picture of before is untouched")
    void broken(String what, String message) throws IOException {
        Path history = directory.resolve("broken.jsonl");
        String sound = Files.readString(SampleHistories.undisturbed(directory).seal(history));
        String first = sound.lines().findFirst().orElseThrow() + "\n";
        Files.writeString(
                history,
                switch (what) {
                    case "empty" -> "";
                    case "foreign text" -> "%PDF-1.7 and so on\n";
                    case "foreign JSON" -> "{\"type\":\"FeatureCollection\"}\n";
                    case "old events" -> "{\"type\":\"trial\",\"ms\":0,\"title\":\"Scenario 3\",\"partitions\":2}\n";
                    case "another version" -> sound.replaceFirst("\"version\":1", "\"version\":7");
                    case "an unknown type" -> sound.replaceFirst("\"type\":\"group\"", "\"type\":\"weather\"");
                    case "a byte changed" -> sound.replaceFirst("\"lag\"|acks=all", "acks=al1");
                    case "no run" -> first;
                    default -> throw new IllegalArgumentException(what);
                });
        Path before = Files.writeString(directory.resolve("broken.svg"), "before");
        List<String> error = report(2, history.toString());
        assertThat(error).hasSize(1);
        assertThat(error.get(0)).contains(history.toString()).contains("Record a history: jbang ");
        if (message != null) assertThat(error.get(0)).contains(message);
        assertThat(before).hasContent("before");
    }

    @Test
    @DisplayName("wrong usage, and files that cannot be read or written: one line, exit status 2")
    void usage() throws IOException {
        Path history = SampleHistories.undisturbed(directory).seal(directory.resolve("run.jsonl"));
        String run = history.toString();
        assertThat(report(2)).hasSize(1).allMatch(it -> it.contains("HISTORY"));
        assertThat(report(2, run, run)).hasSize(1);
        assertThat(report(2, run, "-o")).hasSize(1);
        assertThat(report(2, run, "-o", "run.png"))
                .hasSize(1)
                .allMatch(it -> it.contains(".svg, .html, .md or .xml, not 'run.png'"));
        String missing = directory.resolve("missing.jsonl").toString();
        assertThat(report(2, missing)).containsExactly("Cannot read " + missing + ": no such file or directory.");
        assertThat(report(2, directory.toString())).hasSize(1).allMatch(it -> it.startsWith("Cannot read"));
        Path nowhere = directory.resolve("nowhere");
        assertThat(report(2, run, "-o", nowhere + "/run.svg"))
                .containsExactly("Cannot write " + nowhere + "/run.svg: there is no directory " + nowhere + ".");
        assertThat(nowhere).doesNotExist();
    }

    /** What it said: on standard error if it failed, otherwise on standard output. */
    private static List<String> report(int status, String... arguments) {
        try (Run run = Run.script("lab/report.java", arguments)) {
            run.expectExit(status);
            assertThat(status == 0 ? run.err() : run.out()).isEmpty();
            return status == 0 ? run.out() : run.err();
        }
    }
}
