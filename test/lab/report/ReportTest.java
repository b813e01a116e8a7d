package lab.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.*;
import java.util.*;
import java.util.regex.Pattern;
import java.util.stream.*;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;
import test.Browser;
import test.Run;

/** {@code lab/report.java}: its files are whole, true to the events, and can be read by those whom they are for. */
public class ReportTest {
    /** Drawn once, of all shapes that a run may have. */
    private static final Map<String, String> PICTURES = new LinkedHashMap<>();

    private static final String HOSTILE =
            "<b>&amp; \"quoted\" 'single' ]]> \u00e4\u4e2d\u6587\ud83d\ude00 \u0001 </svg>";

    @TempDir
    private Path directory;

    @BeforeAll
    static void draw(@TempDir Path shared) throws IOException {
        var runs = new LinkedHashMap<String, List<Trial>>();
        runs.put("no fault, 5 s, 1 partition", List.of(new Trial(5, 1, 0)));
        runs.put("one fault, 20 s, 2 partitions", List.of(new Trial(20, 2, 1)));
        runs.put("a short pause", List.of(new Trial(20, 2, 1).pausing(140)));
        runs.put("three faults, 10 min, 12 partitions", List.of(new Trial(600, 12, 3)));
        runs.put("three faults close together", List.of(new Trial(9, 4, 3).pausing(700)));
        runs.put("no fault, 10 min, 12 partitions", List.of(new Trial(600, 12, 0)));
        runs.put("no fault, 5 s, 12 partitions", List.of(new Trial(5, 12, 0)));
        runs.put("one fault, 10 min, 1 partition", List.of(new Trial(600, 1, 1)));
        runs.put("40 partitions", List.of(new Trial(30, 40, 1)));
        runs.put("hostile text", List.of(new Trial(20, 2, 1).saying(HOSTILE), new Trial(9, 2, 1).saying(HOSTILE)));
        runs.put("long text", List.of(new Trial(20, 2, 1).saying("a long word ".repeat(60))));
        runs.put("long words", List.of(new Trial(20, 2, 1).saying("W".repeat(900))));
        runs.put("lost records", List.of(new Trial(20, 1, 1).losing(7_000, 9_500)));
        runs.put("lost records, of two leaders", List.of(new Trial(30, 2, 3).losing(2_000, 12_000)));
        runs.put(
                "the last replica",
                List.of(
                        lastReplica().called("Scenario 4: the last replica, then wait"),
                        lastReplica()
                                .called("Scenario 4: the last replica, then elect")
                                .losing(4_000, 9_000)));
        runs.put("1,001 partitions", List.of(new Trial(4, 1_001, 1).losing(200, 900, 500, 700, 1_000)));
        runs.put(
                "six trials",
                Stream.of("all", "1", "0")
                        .flatMap(acks -> Stream.of(100.0, 2_500.0)
                                .map(pause -> new Trial(20, 2, 1).pausing(pause).with("acks=" + acks)))
                        .toList());
        runs.put("three scenarios", List.of(new Trial(5, 1, 0), new Trial(12, 2, 1).with("x=1"), new Trial(20, 2, 1)));
        for (var run : runs.entrySet()) {
            Path events = shared.resolve("run" + PICTURES.size() + ".jsonl");
            Files.write(
                    events,
                    run.getValue().stream()
                            .flatMap(trial -> trial.lines().stream())
                            .toList());
            report(0, events.toString());
            Path picture = shared.resolve(events.getFileName().toString().replace(".jsonl", ".svg"));
            PICTURES.put(run.getKey(), Files.readString(picture));
        }
    }

    @Test
    @DisplayName("every picture is well-formed, below 100 KB, and needs nothing else")
    void wellFormed() throws Exception {
        for (String name : PICTURES.keySet()) {
            String svg = PICTURES.get(name);
            assertThat(svg.length()).as(name).isLessThan(100_000);
            assertThat(svg.replace("xmlns='http://www.w3.org/2000/svg'", ""))
                    .as(name)
                    .doesNotContainPattern("<script|href|src=|@import|url\\([^#]|https?:");
            Element root = parse(svg).getDocumentElement();
            assertThat(root.getTagName()).isEqualTo("svg");
            assertThat(root.getAttribute("role")).isEqualTo("img");
            for (String id : root.getAttribute("aria-labelledby").split(" ")) {
                var described = elements(root, "title", "desc").stream()
                        .filter(it -> it.getAttribute("id").equals(id));
                assertThat(described.map(Element::getTextContent).toList())
                        .as(name)
                        .hasSize(1)
                        .allMatch(it -> !it.isBlank());
            }
            assertThat(svg).contains("prefers-color-scheme:dark");
        }
    }

    @Test
    @DisplayName("the numbers in the picture are those of the events")
    void numbers() throws Exception {
        var trial = new Trial(20, 2, 1);
        trial.lines();
        Element svg = parse(PICTURES.get("one fault, 20 s, 2 partitions")).getDocumentElement();
        List<String> texts = texts(svg);
        assertThat(texts)
                .contains("Broker 1 killed: partition 0 paused for 2.5 s, nothing lost")
                .contains("PASS", "broker 1 killed, restored after 4.0 s", "no acknowledgement for 2.5 s")
                .contains("partition 0: broker 1 \u2192 2", "partition 0: broker 2 \u2192 1", "all in sync")
                .anyMatch(it -> it.startsWith(
                        "%,d sent \u00b7 %<,d acknowledged \u00b7 0 lost".formatted(trial.acknowledged())))
                .anyMatch(it -> it.contains("kafka client 4.4.0"));
        List<String> titles =
                elements(svg, "title").stream().map(Element::getTextContent).toList();
        for (int partition = 0; partition < 2; partition++) {
            int records = trial.acknowledged[partition];
            String told = "partition %d: %,d acknowledged, %,d read".formatted(partition, records, records);
            assertThat(titles).anyMatch(it -> it.startsWith(told));
        }
        assertThat(titles)
                .anyMatch(it -> it.contains("no acknowledgement for 2.5 s, from 4.0 s to 6.5 s"))
                .contains("partition 0: broker 2, in sync: 2, from 6.3 s to 9.5 s")
                .contains("consumer 1: partitions 0, 1, from 0.80 s to 20.0 s");
    }

    @Test
    @DisplayName("what is under a curve is what was acknowledged")
    void curve() throws Exception {
        for (int seconds : List.of(5, 600)) {
            var trial = new Trial(seconds, 12, 0);
            trial.lines();
            var svg = parse(PICTURES.get("no fault, %s, 12 partitions".formatted(seconds == 5 ? "5 s" : "10 min")));
            var flows = elements(svg.getDocumentElement(), "path").stream()
                    .filter(it -> it.getAttribute("class").equals("flow"))
                    .toList();
            assertThat(flows).hasSize(12);
            for (int partition = 0; partition < 12; partition++) {
                var strip = (Element) flows.get(partition).getParentNode();
                double top = Double.parseDouble(elements(strip, "text").get(1).getTextContent());
                double records = area(flows.get(partition).getAttribute("d")) / 34 * top * seconds / (872 - 128);
                assertThat(records)
                        .isCloseTo(trial.acknowledged[partition], within(0.02 * trial.acknowledged[partition] + 1));
            }
        }
    }

    /** Between a path of M x y, H x and V y, and the y at which it begins. */
    private static double area(String path) {
        var command = Pattern.compile("([MHV])([\\d.]+)(?: ([\\d.]+))?").matcher(path);
        double x = 0;
        double y = 0;
        double base = 0;
        double area = 0;
        while (command.find()) {
            double value = Double.parseDouble(command.group(2));
            switch (command.group(1)) {
                case "M" -> {
                    x = value;
                    y = base = Double.parseDouble(command.group(3));
                }
                case "H" -> {
                    area += (value - x) * (base - y);
                    x = value;
                }
                default -> y = value;
            }
        }
        return area;
    }

    @Test
    @DisplayName("hostile text is shown and does no harm")
    void hostile() throws Exception {
        Element svg = parse(PICTURES.get("hostile text")).getDocumentElement();
        assertThat(elements(svg, "b", "script")).isEmpty();
        assertThat(svg.getTextContent()).contains(HOSTILE.replace('\u0001', '\ufffd'));
    }

    @Test
    @DisplayName("lost records are an area of the strip, and have a label with their number")
    void lost() throws Exception {
        var trial = new Trial(20, 1, 1).losing(7_000, 9_500);
        trial.lines();
        Element svg = parse(PICTURES.get("lost records")).getDocumentElement();
        assertThat(texts(svg)).contains("and lost", "%,d lost".formatted(trial.lost), "FAIL");
        assertThat(elements(svg, "title"))
                .extracting(Element::getTextContent)
                .anyMatch(it -> it.contains(" acknowledged records lost, %,d phantoms".formatted(trial.lost)))
                .anyMatch(it -> it.matches("partition 0: .*, %,d lost;.*".formatted(trial.lost)));
        Element area = elements(svg, "path").stream()
                .filter(it -> it.getAttribute("class").equals("lost"))
                .findFirst()
                .orElseThrow();
        double top = Double.parseDouble(elements((Element) area.getParentNode(), "text").stream()
                .map(Element::getTextContent)
                .filter(it -> it.matches("\\d+"))
                .findFirst()
                .orElseThrow());
        double records = area(area.getAttribute("d")) / 88 * top * 20 / (872 - 128);
        assertThat(records).isCloseTo(trial.lost, within(0.02 * trial.lost));
    }

    @Test
    @DisplayName(
            "two brokers away at a time, no leader for a while: who led and who was in sync is drawn for each trial")
    void twoBrokersAway() throws Exception {
        List<String> texts = texts(parse(PICTURES.get("the last replica")).getDocumentElement());
        assertThat(texts)
                .contains("broker 1 stopped, restored after 7.0 s", "broker 2 killed, restored after 6.0 s")
                .contains("then wait", "then elect")
                .anyMatch(it -> it.startsWith("Broker 1 stopped, broker 2 killed: "));
        assertThat(texts)
                .filteredOn(it -> it.startsWith("who leads"))
                .as("in both trials")
                .hasSize(2);
        assertThat(texts).anyMatch(it -> it.startsWith("no leader"));
    }

    @Test
    @DisplayName("1,001 partitions: the 12 that matter are drawn, those that lost records first")
    void manyPartitions() throws Exception {
        List<String> texts = texts(parse(PICTURES.get("1,001 partitions")).getDocumentElement());
        assertThat(String.join(" ", texts))
                .contains("12 of 1,001 partitions are shown: those that lost most records, then")
                .contains("989 are left out.");
        var shown = texts.stream().filter(it -> it.matches("partition \\d+")).distinct();
        assertThat(shown.toList()).hasSize(12).contains("partition 500", "partition 700", "partition 1000");
    }

    @Test
    @DisplayName("several trials: a strip for each, named by what sets it apart, and a table")
    void comparison() throws Exception {
        Element svg = parse(PICTURES.get("six trials")).getDocumentElement();
        List<String> texts = texts(svg);
        assertThat(texts)
                .contains("6 trials: nothing lost, 6 PASS", "longest pause")
                .contains("acks=all run 1", "acks=all run 2", "acks=1 run 1", "acks=0 run 2");
        assertThat(texts).filteredOn(it -> it.equals("0.10 s")).hasSize(3);
        assertThat(texts).filteredOn(it -> it.equals("2.5 s")).hasSize(3);
    }

    @Test
    @DisplayName("in a browser no label touches another, and nothing is outside")
    void layout() throws Exception {
        String browser = Browser.command();
        var page = new StringBuilder("<!doctype html><meta charset='utf-8'><body>");
        PICTURES.forEach((name, svg) -> page.append("<section>").append(svg).append("</section>"));
        page.append(MEASURE);
        List<String> problems = measured(browser, page.toString());
        assertThat(problems.get(0)).isEqualTo("measured " + PICTURES.size());
        List<String> names = List.copyOf(PICTURES.keySet());
        assertThat(problems.subList(1, problems.size()))
                .as("pictures by number: "
                        + IntStream.range(0, names.size())
                                .mapToObj(it -> it + " " + names.get(it))
                                .toList())
                .isEmpty();
        var bad = page.toString().replaceFirst("y='20'>|(<text[^>]* y=')[\\d.]+", "$15");
        assertThat(measured(browser, bad)).as("the measure can fail").hasSizeGreaterThan(1);
    }

    /** A line for each problem; first how many pictures were measured. */
    private static final String MEASURE = """
            <pre id='result'></pre>
            <script>
            const problems = [];
            const pictures = [...document.querySelectorAll('svg')];
            pictures.forEach((svg, number) => {
                const view = svg.viewBox.baseVal;
                const shapes = [...svg.querySelectorAll('text,rect,path')];
                for (const it of shapes) {
                    const box = it.getBBox();
                    if (box.x < 0 || box.y < 0 || box.x + box.width > view.width || box.y + box.height > view.height)
                        problems.push(number + ' outside: ' + it.outerHTML);
                }
                const labels = shapes.filter(it => it.tagName === 'text' && it.textContent.trim());
                const boxes = labels.map(it => it.getBBox());
                for (let i = 0; i < boxes.length; i++)
                    for (let j = i + 1; j < boxes.length; j++) {
                        const a = boxes[i], b = boxes[j];
                        const wide = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
                        const high = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
                        if (wide > 0.5 && high > 1)
                            problems.push(number + ' overlap: ' + labels[i].textContent + ' / ' + labels[j].textContent);
                    }
            });
            document.getElementById('result').textContent = ['measured ' + pictures.length, ...problems].join('\\n');
            </script>
            """;

    private List<String> measured(String browser, String html) throws IOException {
        Path page = Files.writeString(directory.resolve("page.html"), html);
        try (Run run = Run.command(
                browser,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--user-data-dir=" + directory.resolve("browser"),
                "--dump-dom",
                page.toUri().toString())) {
            run.expectExit(0);
            String dom = String.join("\n", run.out());
            var result = Pattern.compile("(?s)<pre id=\"result\">(.*?)</pre>").matcher(dom);
            assertThat(result.find()).as(run.toString()).isTrue();
            return result.group(1).lines().toList();
        }
    }

    @Test
    @DisplayName(".html: the same drawing, and the claims, settings, versions and events as text")
    void html() throws IOException {
        Path events = directory.resolve("run.jsonl");
        Files.write(
                events,
                Stream.of(new Trial(20, 2, 1), new Trial(12, 2, 0).with("acks=1"))
                        .flatMap(it -> it.lines().stream())
                        .toList());
        Path page = directory.resolve("page.html");
        assertThat(report(0, events.toString(), "-o", page.toString())).hasSize(1);
        String html = Files.readString(page);
        assertThat(html)
                .startsWith("<!doctype html>")
                .endsWith("</html>\n")
                .contains("<td>no acknowledged record is lost</td>")
                .contains("<td>versions kafka client</td><td>4.4.0</td>")
                .contains("<td>properties acks</td><td>all</td>")
                .contains("<td>4.0 s</td><td>kill kafka-1</td>")
                .contains("<p>What it shows &amp; proves.</p>")
                .doesNotContain("<script");
        assertThat(Pattern.compile("<svg ").matcher(html).results().count()).isEqualTo(3);
        var ids = Pattern.compile(" id='([^']*)'")
                .matcher(html)
                .results()
                .map(it -> it.group(1))
                .toList();
        assertThat(ids).doesNotHaveDuplicates();
    }

    @Test
    @DisplayName(
            "JUnit's format: a suite for each trial, a case for each claim; FAIL is a failure, INCONCLUSIVE an error")
    void junit() throws Exception {
        List<String> good = new Trial(20, 2, 1).lines();
        List<String> bad = new Trial(20, 2, 1)
                .with("acks=1")
                .concluding(
                        "FAIL",
                        claim("PASS", "the broker went away", "it led no more"),
                        claim("FAIL", "no acknowledged record is lost", "3 <lost>"),
                        claim("ALLOWED", "repeated: these settings allow it", "2 duplicates"))
                .lines();
        List<String> open = new Trial(12, 2, 1)
                .with("acks=0")
                .concluding("INCONCLUSIVE", claim("INCONCLUSIVE", "a brief pause", "records did not flow"))
                .lines();
        List<String> unobserved = new Trial(12, 2, 1)
                .with("acks=0")
                .concluding("INCONCLUSIVE", claim("PASS", "the broker went away", "yes"))
                .lines();
        Element root = parse(written("result.xml", good, bad, open, unobserved)).getDocumentElement();
        assertThat(root.getTagName()).isEqualTo("testsuites");
        assertThat(attributes(root, "tests", "failures", "errors")).containsExactly("7", "1", "2");
        List<Element> suites = elements(root, "testsuite");
        assertThat(suites)
                .extracting(it -> it.getAttribute("name"))
                .containsExactly(
                        "Scenario 3 \u00b7 test \u00b7 acks=all \u00b7 kill",
                        "Scenario 3 \u00b7 test \u00b7 acks=1 \u00b7 kill",
                        "Scenario 3 \u00b7 test \u00b7 acks=0 \u00b7 kill run 1",
                        "Scenario 3 \u00b7 test \u00b7 acks=0 \u00b7 kill run 2");
        assertThat(suites)
                .extracting(it -> attributes(it, "tests", "failures", "errors", "skipped"))
                .containsExactly(
                        List.of("1", "0", "0", "0"),
                        List.of("3", "1", "0", "0"),
                        List.of("1", "0", "1", "0"),
                        List.of("2", "0", "1", "0"));
        for (Element suite : suites) {
            assertThat(suite.getAttribute("timestamp")).isEqualTo("2026-11-24T08:00:00");
            assertThat(suite.getAttribute("time")).matches("\\d+[.]\\d{3}");
            List<Element> cases = elements(suite, "testcase");
            double time = cases.stream()
                    .mapToDouble(it -> Double.parseDouble(it.getAttribute("time")))
                    .sum();
            assertThat(time).isCloseTo(Double.parseDouble(suite.getAttribute("time")), within(0.01));
            assertThat(cases).allMatch(it -> it.getAttribute("classname").startsWith("failover."));
            assertThat(cases).extracting(it -> it.getAttribute("name")).doesNotContain("");
            for (String kind : List.of("failure", "error"))
                assertThat(elements(suite, kind)).hasSize(Integer.parseInt(suite.getAttribute(kind + "s")));
        }
        assertThat(attributes(elements(root, "failure").get(0), "type", "message"))
                .containsExactly("FAIL", "3 <lost>");
        assertThat(attributes(elements(root, "error").get(0), "type", "message"))
                .containsExactly("INCONCLUSIVE", "records did not flow");
        assertThat(elements(suites.get(1), "system-out").get(1).getTextContent())
                .isEqualTo("ALLOWED: repeated: these settings allow it\n2 duplicates\n");
        assertThat(elements(suites.get(3), "testcase").get(1).getAttribute("name"))
                .as("a verdict that no claim explains")
                .isEqualTo("the trial as a whole");
        assertThat(elements(suites.get(0), "property"))
                .anyMatch(it -> attributes(it, "name", "value").equals(List.of("topic", "test")));
    }

    @Test
    @DisplayName("a summary in Markdown: the title, what does not hold, the table, the pauses")
    void summary() throws IOException {
        List<String> failing = new Trial(20, 2, 1)
                .losing(4_000, 5_000)
                .concluding(
                        "FAIL",
                        claim("PASS", "the broker went away", "it led no more"),
                        claim("INCONCLUSIVE", "a brief pause", "records did not flow"),
                        claim("FAIL", "no acknowledged record is lost", "3 of 7"))
                .lines();
        String text = written("summary.md", failing);
        assertThat(text)
                .startsWith("## Broker 1 killed: partition 0 paused for 2.5 s, ")
                .containsSubsequence(
                        "**What does not hold, or could not be observed**",
                        "| FAIL | Scenario 3 | no acknowledged record is lost | 3 of 7 |",
                        "| INCONCLUSIVE | Scenario 3 | a brief pause | records did not flow |",
                        "| trial | acknowledged | unknown | lost | duplicates | reordered | longest pause | verdict |",
                        "**The longest pauses",
                        "| 0 | 2.5 s | 4.0 s | 6.5 s | 2.5 s | 4.0 s | 6.5 s |",
                        "**What holds**",
                        "| PASS | Scenario 3 | the broker went away | it led no more |");
        assertTables(text);
        assertThat(written("summary.md", new Trial(5, 1, 0).lines())).doesNotContain("What does not hold");
        List<String> hostile = new Trial(9, 2, 1)
                .saying("a|b\\|c `x` *y* <img src=x> @somebody [l](u)\n# h")
                .lines();
        String harmless = written("summary.md", hostile, new Trial(20, 2, 1).lines());
        assertThat(harmless)
                .doesNotContain("<img", "@somebody", "`x`", " *y*", "[l]")
                .contains("a&#124;b\\\\&#124;c");
        assertTables(harmless);
    }

    /** Each line of a table has as many cells as its head. */
    private static void assertTables(String markdown) {
        List<String> lines = markdown.lines().toList();
        assertThat(lines).noneMatch(line -> line.startsWith("# "));
        int cells = 0;
        for (String line : lines) {
            int bars = line.length() - line.replace("|", "").length();
            if (cells > 0 && bars > 0) assertThat(bars).as(line).isEqualTo(cells);
            cells = bars;
        }
    }

    @Test
    @DisplayName("several files at once; a name that cannot be written is refused before any is")
    void severalFiles() throws IOException {
        Path events = Files.write(directory.resolve("run.jsonl"), new Trial(5, 1, 0).lines());
        String run = events.toString();
        var names = Stream.of("a.svg", "b.HTML", "c.md", "d.xml")
                .map(it -> directory.resolve(it).toString())
                .toList();
        Path folder = Files.createDirectory(directory.resolve("folder.svg"));
        for (String wrong : List.of(
                directory.resolve("x.png").toString(),
                directory.resolve("svg").toString(),
                directory.resolve("nowhere/x.svg").toString(),
                folder.toString())) {
            assertThat(report(2, run, "-o", names.get(0), "-o", wrong))
                    .hasSize(1)
                    .allMatch(it -> it.contains(wrong));
            assertThat(Path.of(names.get(0))).doesNotExist();
        }
        List<String> said =
                report(0, run, "-o", names.get(0), "-o", names.get(1), "-o", names.get(2), "--output", names.get(3));
        assertThat(said)
                .containsExactlyElementsOf(names.stream()
                        .map(it -> it + ": Undisturbed: no pause above 0.10 s, nothing lost")
                        .toList());
        assertThat(Path.of(names.get(0))).content().startsWith("<svg ");
        assertThat(Path.of(names.get(1))).content().startsWith("<!doctype html>");
        assertThat(Path.of(names.get(2))).content().startsWith("## Undisturbed");
        assertThat(Path.of(names.get(3))).content().startsWith("<?xml ").contains("<testsuites ");
        Path misnamed = Files.copy(events, directory.resolve("events.svg"));
        assertThat(report(2, misnamed.toString())).singleElement().asString().contains("it is the input");
        assertThat(misnamed).hasSameTextualContentAs(events);
    }

    @Test
    @DisplayName("nothing from outside steers a terminal, a browser or a reader, and no secret is shown")
    void outside() throws Exception {
        String escape = "\\u001b]0;x\\u0007\\u202e\\ud800";
        var lines = new ArrayList<>(new Trial(9, 2, 1)
                .concluding("FAIL", claim("FAIL", "'><script>" + escape, "<&amp;> ]]>" + escape))
                .lines());
        lines.replaceAll(it -> it.replace("'", "\\u0027")
                .replace(
                        "\"properties\":{",
                        "\"properties\":{\"ssl.key.password\":\"hunter2\","
                                + "\"sasl.jaas.config\":\"x password=hunter2;\","));
        Path events = Files.write(directory.resolve("run.jsonl"), lines);
        var names = Stream.of("a.svg", "b.html", "c.md", "d.xml").map(directory::resolve);
        for (Path file : names.toList()) {
            List<String> said = report(0, events.toString(), "-o", file.toString());
            assertThat(said).singleElement().asString().doesNotContainPattern("[\\p{Cc}\u202e]");
            assertThat(Files.readString(file))
                    .as(file.toString())
                    .doesNotContain("hunter2", "<script>", "\u202e")
                    .doesNotContainPattern("[\\p{Cc}&&[^\\n]]");
            if (!file.toString().matches(".*(md|html)")) parse(Files.readString(file));
        }
    }

    @Test
    @DisplayName("a controller that is killed, and what somebody else did, have their own words")
    void otherCauses() throws IOException {
        var lines = new ArrayList<>(new Trial(9, 2, 0).lines());
        lines.add(1, event(2_000, "fault", "'broker':100,'name':'controller','fault':'kill'"));
        Path events = Files.write(directory.resolve("run.jsonl"), lines);
        assertThat(report(0, events.toString()).get(0)).contains(": Controller killed: ");
        lines.set(
                1, event(2_000, "outside", "'broker':2").replace("\"outside\"}", "\"broker 2 went away by itself\"}"));
        Files.write(events, lines);
        assertThat(report(0, events.toString()).get(0)).contains(": Broker 2 went away by itself: ");
        assertThat(directory.resolve("run.svg")).content().contains("broker 2 went away by itself");
    }

    @Test
    @DisplayName("a later version's kinds of lines and of events are passed over")
    void unknown() throws IOException {
        List<String> lines = new ArrayList<>(new Trial(5, 1, 0).lines());
        lines.add(0, "{\"type\":\"prologue\"}");
        lines.add(2, "{\"type\":\"weather\",\"sky\":[\"blue\"]}");
        lines.add(3, "{\"type\":\"event\",\"ms\":12,\"kind\":\"eclipse\",\"text\":\"dark\"}");
        Path events = Files.write(directory.resolve("run.jsonl"), lines);
        report(0, events.toString());
        assertThat(directory.resolve("run.svg")).exists();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "empty                   | has no trial in it",
                "a blank line            | line 1 is not JSON",
                "foreign text            | line 1 is not JSON",
                "foreign JSON            | has no trial in it",
                "a JSON list             | line 1 is not JSON",
                "deep nesting            | line 1 is not JSON",
                "binary                  | is not text",
                "cut within a line       | line 100 is not JSON",
                "cut between lines       | is cut off after line 100: trial 1 has no verdict",
                "the second trial cut    | trial 2 has no verdict",
                "without its first line  | line 1 comes before any trial",
                "a verdict too few       | begins a trial before the last one's verdict",
                "no partitions           | line 1 should have partitions from 1 to 1,000,000, not '0'",
                "a partition too many    | line 3 should have partition from 0 to 1, not '2'",
                "time as text            | line 3 should have ms from 0 to 604,800,000, not 'soon'",
                "a time without an end   | line 3 should have ms from 0 to",
                "negative time           | line 3 should have ms from 0 to",
                "negative records        | line 3 should have acknowledged from 0",
                "an empty verdict        | has no verdict",
            })
    @DisplayName("broken events: one line, exit status 1, and the picture of before is untouched")
    void broken(String what, String message) throws IOException {
        Path events = directory.resolve("run.jsonl");
        if (what.equals("binary")) Files.write(events, new byte[] {(byte) 0xca, (byte) 0xfe, 0, 1});
        else Files.writeString(events, broken(what));
        Path before = Files.writeString(directory.resolve("run.svg"), "before");
        List<String> error = report(1, events.toString());
        assertThat(error).hasSize(1);
        assertThat(error.get(0))
                .startsWith(events.toString())
                .contains(message.strip())
                .contains("jbang failover.java --events");
        assertThat(before).hasContent("before");
        try (var files = Files.list(directory)) {
            assertThat(files).containsExactlyInAnyOrder(events, before);
        }
    }

    private static String broken(String what) {
        List<String> lines = new Trial(20, 2, 1).lines();
        String first = lines.get(0);
        String verdict = lines.get(lines.size() - 1);
        String whole = String.join("\n", lines) + "\n";
        String start = first + "\n{\"type\":\"event\",\"ms\":1,\"kind\":\"note\"}\n";
        String flow = "{'type':'flow','ms':%s,'partition':%s,'acknowledged':%s,'read':1}\n".replace('\'', '"');
        return switch (what) {
            case "empty" -> "";
            case "a blank line" -> "\n" + whole;
            case "foreign text" -> "%PDF-1.7 and so on";
            case "foreign JSON" -> "{\"type\":\"FeatureCollection\"}\n{}\n";
            case "a JSON list" -> "[1, 2]\n";
            case "deep nesting" -> "{\"a\":" + "[".repeat(200_000);
            case "cut within a line" ->
                String.join("\n", lines.subList(0, 99)) + "\n" + lines.get(99).substring(0, 20);
            case "cut between lines" -> String.join("\n", lines.subList(0, 100)) + "\n";
            case "the second trial cut" -> whole + start;
            case "without its first line" -> String.join("\n", lines.subList(1, lines.size()));
            case "a verdict too few" -> start + whole;
            case "no partitions" -> whole.replaceFirst("\"partitions\":2", "\"partitions\":0");
            case "a partition too many" -> start + flow.formatted("0", "2", "1") + verdict;
            case "time as text" -> start + flow.formatted("\"soon\"", "1", "1") + verdict;
            case "a time without an end" -> start + flow.formatted("1e999", "1", "1") + verdict;
            case "negative time" -> start + flow.formatted("-1", "1", "1") + verdict;
            case "negative records" -> start + flow.formatted("1", "1", "-1") + verdict;
            case "an empty verdict" -> start + "{\"type\":\"verdict\",\"ms\":5}\n";
            default -> throw new IllegalArgumentException(what);
        };
    }

    @Test
    @DisplayName("wrong usage, and files that cannot be read or written: one line, exit status 2")
    void usage() throws IOException {
        Path events = Files.write(directory.resolve("run.jsonl"), new Trial(5, 1, 0).lines());
        String run = events.toString();
        assertThat(report(2)).hasSize(1).allMatch(it -> it.contains("RUN.jsonl"));
        assertThat(report(2, run, run)).hasSize(1);
        assertThat(report(2, run, "-o")).hasSize(1);
        assertThat(report(2, run, "-o", "run.png"))
                .hasSize(1)
                .allMatch(it -> it.contains(".svg, .html, .md or .xml, not 'run.png'"));
        String missing = directory.resolve("missing.jsonl").toString();
        assertThat(report(2, missing)).containsExactly("Cannot read " + missing + ": no such file or directory.");
        assertThat(report(2, directory.toString())).hasSize(1).allMatch(it -> it.startsWith("Cannot read"));
        String nowhere = directory.resolve("nowhere/run.svg").toString();
        assertThat(report(2, run, "-o", nowhere))
                .containsExactly(
                        "Cannot write " + nowhere + ": there is no directory " + directory.resolve("nowhere") + ".");
        try (var files = Files.list(directory)) {
            assertThat(files).containsExactly(events);
        }
    }

    /** What it said: on standard error if it failed, else on standard output. */
    private static List<String> report(int status, String... arguments) {
        try (Run run = Run.script("lab/report.java", arguments)) {
            run.expectExit(status);
            assertThat(status == 0 ? run.err() : run.out()).isEmpty();
            return status == 0 ? run.out() : run.err();
        }
    }

    /** One broker is stopped, then the other one killed: no leader, until the first is elected, unclean. */
    private static Trial lastReplica() {
        return new Trial(20, 1, 0)
                .happening(
                        event(3_000, "fault", "'broker':1,'name':'kafka-1','fault':'stop'"),
                        event(3_300, "leader", "'partition':0,'leader':2,'before':1"),
                        event(3_300, "in_sync", "'partition':0,'in_sync':[2]"),
                        event(9_000, "fault", "'broker':2,'name':'kafka-2','fault':'kill'"),
                        event(9_200, "leader", "'partition':0,'leader':-1,'before':2"),
                        event(10_000, "heal", "'broker':1,'name':'kafka-1'"),
                        event(13_000, "elect", "'partition':0"),
                        event(13_100, "leader", "'partition':0,'leader':1,'before':-1"),
                        event(13_100, "in_sync", "'partition':0,'in_sync':[1]"),
                        event(15_000, "heal", "'broker':2,'name':'kafka-2'"),
                        event(17_000, "in_sync", "'partition':0,'in_sync':[1,2]"));
    }

    private static String event(int ms, String kind, String fields) {
        String line = "{'type':'event','ms':%d,'kind':'%s',%s,'text':'%2$s'}".formatted(ms, kind, fields);
        return line.replace('\'', '"');
    }

    /** The text of a file that is written for these trials. */
    @SafeVarargs
    private String written(String name, List<String>... trials) throws IOException {
        Path events = directory.resolve("run.jsonl");
        var lines = new ArrayList<String>();
        for (List<String> trial : trials) lines.addAll(trial);
        Files.write(events, lines);
        Path file = directory.resolve(name);
        report(0, events.toString(), "-o", file.toString());
        return Files.readString(file);
    }

    private static String claim(String verdict, String text, String evidence) {
        return "{\"verdict\":\"%s\",\"text\":\"%s\",\"evidence\":\"%s\"}".formatted(verdict, text, evidence);
    }

    private static List<String> attributes(Element element, String... names) {
        return Stream.of(names).map(element::getAttribute).toList();
    }

    private static Document parse(String xml) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(xml)));
    }

    private static List<String> texts(Element svg) {
        return elements(svg, "text").stream()
                .map(it -> it.getTextContent().replace('\u00a0', ' '))
                .toList();
    }

    private static List<Element> elements(Element root, String... names) {
        var found = new ArrayList<Element>();
        for (String name : names) {
            var nodes = root.getElementsByTagName(name);
            for (int i = 0; i < nodes.getLength(); i++) found.add((Element) nodes.item(i));
        }
        return found;
    }

    /**
     * Events of a trial that never was: 2 brokers lead in turn; the first is killed at 4 s, or each
     * in turn if there are several faults; its partitions pause, are led by the other, and at the
     * end by itself again.
     */
    private static final class Trial {
        private final int seconds;
        private final int partitions;
        private final int faults;
        private final int[] acknowledged; // by partition
        private final List<String> lines = new ArrayList<>();
        private double pause = 2_500;
        private String settings = "acks=all";
        private String title = "Scenario 3";
        private String topic = "test";
        private String verdict = "PASS";
        private String claims = claim("PASS", "no acknowledged record is lost", "0 lost");
        private int loseFrom; // ms
        private int loseTo;
        private List<Integer> losing = List.of(); // partitions
        private int lost;
        private List<String> more = List.of(); // events

        Trial(int seconds, int partitions, int faults) {
            this.seconds = seconds;
            this.partitions = partitions;
            this.faults = faults;
            this.acknowledged = new int[partitions];
        }

        Trial pausing(double ms) {
            pause = ms;
            return this;
        }

        Trial with(String settings) {
            this.settings = settings;
            return this;
        }

        Trial called(String title) {
            this.title = title;
            return this;
        }

        Trial saying(String text) {
            title = topic = settings = text;
            return this;
        }

        /** Records of these partitions (none named: of all) are lost if they are acknowledged in this time. */
        Trial losing(int fromMs, int toMs, Integer... partitions) {
            loseFrom = fromMs;
            loseTo = toMs;
            losing = partitions.length > 0
                    ? List.of(partitions)
                    : IntStream.range(0, this.partitions).boxed().toList();
            verdict = "FAIL";
            return this;
        }

        /** Events, with apostrophes for quotation marks. */
        Trial happening(String... events) {
            more = Stream.of(events).map(it -> it.replace('\'', '"')).toList();
            return this;
        }

        Trial concluding(String verdict, String... claims) {
            this.verdict = verdict;
            this.claims = String.join(",", claims);
            return this;
        }

        int acknowledged() {
            return IntStream.of(acknowledged).sum();
        }

        private double faultAt(int fault) {
            return faults == 1 ? Math.min(4_000, seconds * 300) : 1_000 + fault * (seconds * 1_000.0 - 1_000) / faults;
        }

        private double healAt(int fault) {
            return faultAt(fault) + Math.min(4_300, seconds * 200);
        }

        List<String> lines() {
            lines.clear();
            List<Integer> all = IntStream.range(0, partitions).boxed().toList();
            add(
                    "trial",
                    0,
                    "'run':'1a2b3c4d','number':1,'started':'2026-11-24T08:00:00Z','title':%s,'observation':'What"
                            + " it shows &"
                            + " proves.','topic':%s,'partitions':%d,'replicas':2,'group':'group3','consumers':1,'fault':%s,'settings':%s,'properties':{'acks':'all'},'rate':%d,'size':0,'brokers':[1,2],'cluster':'cluster.java','leaders':%s,'in_sync':%s,'versions':{'failover':'1.0.0','kafka_client':'4.4.0','java':'17'},'limit_ms':{'request.timeout.ms':30000}",
                    json(title),
                    json(topic),
                    partitions,
                    faults == 0 ? "null" : "'kill'",
                    json(settings),
                    100 * partitions,
                    all.stream().map(it -> 1 + it % 2).toList(),
                    all.stream().map(it -> "[1,2]").toList());
            add("event", 800, "'kind':'assigned','consumer':1,'assigned':%s,'text':'consumer 1: all'", all);
            for (int fault = 0; fault < faults; fault++) addFault(fault);
            lines.addAll(more);
            lost = 0;
            for (int partition = 0; partition < partitions; partition++) addFlow(partition);
            String pauses = all.stream()
                    .map(it -> {
                        boolean paused = faults > 0 && (it % 2 == 0 || faults > 1);
                        double from = paused ? faultAt(it % 2) : 2_000;
                        double ms = paused ? pause : 10;
                        String gap =
                                String.format(Locale.ROOT, "{'from_ms':%s,'to_ms':%s,'ms':%s}", from, from + ms, ms);
                        return "{'partition':" + it + ",'acknowledged':" + gap + ",'read':" + gap + "}";
                    })
                    .collect(Collectors.joining(","));
            add(
                    "verdict",
                    seconds * 1_000 + 500,
                    "'verdict':'%s','settings':'','sent':%d,'acknowledged':%<d,'unknown':0,'failed':0,'in_log':%<d,"
                            + "'lost':%d,'phantoms':%<d,'ghosts':0,'duplicates':0,'unseen':0,'redelivered':0,'reordered':0,"
                            + "'claims':[%s],'pauses':[%s],'resolution_ms':12.5",
                    verdict,
                    acknowledged(),
                    lost,
                    claims,
                    pauses);
            return lines;
        }

        private void addFault(int fault) {
            int broker = 1 + fault % 2;
            double down = faultAt(fault);
            double up = healAt(fault);
            add("event", down, "'kind':'fault','broker':%d,'name':'kafka-%<d','text':'kill kafka-%<d'", broker);
            add("event", up, "'kind':'heal','broker':%d,'name':'kafka-%<d','text':'start kafka-%<d'", broker);
            for (int partition = 0; partition < partitions; partition++) {
                String inSync = "'kind':'in_sync','partition':%d,'in_sync':%s,'text':''";
                add("event", down + 60, inSync, partition, List.of(3 - broker));
                add("event", up + 1_500, inSync, partition, List.of(1, 2));
                if (1 + partition % 2 != broker) continue;
                String leader = "'kind':'leader','partition':%d,'leader':%d,'before':%d,'text':''";
                add("event", down + pause * 0.9, leader, partition, 3 - broker, broker);
                add("event", up + 2_000, leader, partition, broker, 3 - broker);
            }
            add("event", up + 1_600, "'kind':'whole','text':'all in sync'");
        }

        private void addFlow(int partition) {
            int waiting = 0;
            acknowledged[partition] = 0;
            for (int ms = 0; ms < seconds * 1_000; ms += 100) {
                int records = 8 + (ms / 100 * 7 + partition) % 5;
                boolean paused = false;
                for (int fault = 0; fault < faults; fault++)
                    paused |=
                            partition % 2 == fault % 2 && ms + 50 > faultAt(fault) && ms + 50 < faultAt(fault) + pause;
                waiting += records;
                if (paused) continue;
                boolean loses = losing.contains(partition) && ms >= loseFrom && ms < loseTo;
                double latency = waiting > records ? pause : 3 + records / 4.0;
                add(
                        "flow",
                        ms,
                        "'partition':%d,'acknowledged':%d,'read':%<d,'lost':%d,'p50_ms':1.5,'p99_ms':%s,'max_ms':%<s",
                        partition,
                        waiting,
                        loses ? waiting : 0,
                        latency);
                lost += loses ? waiting : 0;
                acknowledged[partition] += waiting;
                waiting = 0;
            }
        }

        /** A line; apostrophes in the format are quotation marks. */
        private void add(String type, double ms, String format, Object... values) {
            String line = "{'type':'" + type + "','ms':" + Math.min(ms, seconds * 1_000) + "," + format + "}";
            lines.add(String.format(Locale.ROOT, line.replace('\'', '"'), values)
                    .replaceAll("(?<=fault\":)'kill'", "\"kill\"")
                    .replace("'partition'", "\"partition\"")
                    .replaceAll("'(acknowledged|read|from_ms|to_ms|ms)'", "\"$1\""));
        }

        private static String json(String text) {
            return '"'
                    + text.replace("\\", "\\\\")
                            .replace("\"", "\\\"")
                            .replace("\u0001", "\\u0001")
                            .replace("\n", "\\n")
                    + '"';
        }
    }
}
