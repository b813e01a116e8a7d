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
import lab.report.Trial.Claim;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;
import test.Browser;
import test.Run;

/** The rooms of {@code lab/report.java}: what is drawn of trials of all shapes is complete, true, and can be read. */
public class ReportTest {
    /** Drawn once, of all shapes that a run may have. */
    private static final Map<String, String> PICTURES = new LinkedHashMap<>();

    private static final String HOSTILE =
            "<b>&amp; \"quoted\" 'single' ]]> \u00e4\u4e2d\u6587\ud83d\ude00 \u0001 </svg>";

    @TempDir
    private Path directory;

    @BeforeAll
    static void draw() {
        var runs = new LinkedHashMap<String, List<MadeUp>>();
        runs.put("no fault, 5 s, 1 partition", List.of(new MadeUp(5, 1, 0)));
        runs.put("one fault, 20 s, 2 partitions", List.of(new MadeUp(20, 2, 1)));
        runs.put("a short pause", List.of(new MadeUp(20, 2, 1).pausing(140)));
        runs.put("three faults, 10 min, 12 partitions", List.of(new MadeUp(600, 12, 3)));
        runs.put("three faults close together", List.of(new MadeUp(9, 4, 3).pausing(700)));
        runs.put("no fault, 10 min, 12 partitions", List.of(new MadeUp(600, 12, 0)));
        runs.put("no fault, 5 s, 12 partitions", List.of(new MadeUp(5, 12, 0)));
        runs.put("one fault, 10 min, 1 partition", List.of(new MadeUp(600, 1, 1)));
        runs.put("40 partitions", List.of(new MadeUp(30, 40, 1)));
        runs.put("hostile text", List.of(new MadeUp(20, 2, 1).saying(HOSTILE), new MadeUp(9, 2, 1).saying(HOSTILE)));
        runs.put("long text", List.of(new MadeUp(20, 2, 1).saying("a long word ".repeat(60))));
        runs.put("long words", List.of(new MadeUp(20, 2, 1).saying("W".repeat(900))));
        runs.put("lost records", List.of(new MadeUp(20, 1, 1).losing(7_000, 9_500)));
        runs.put("lost records, of two leaders", List.of(new MadeUp(30, 2, 3).losing(2_000, 12_000)));
        runs.put(
                "the last replica",
                List.of(
                        MadeUp.lastReplica().called("Scenario 4: the last replica, then wait"),
                        MadeUp.lastReplica()
                                .called("Scenario 4: the last replica, then elect")
                                .losing(4_000, 9_000)));
        runs.put("1,001 partitions", List.of(new MadeUp(4, 1_001, 1).losing(200, 900, 500, 700, 1_000)));
        runs.put(
                "six trials",
                Stream.of("all", "1", "0")
                        .flatMap(acks -> Stream.of(100.0, 2_500.0)
                                .map(pause ->
                                        new MadeUp(20, 2, 1).pausing(pause).with("acks=" + acks)))
                        .toList());
        runs.put(
                "three scenarios",
                List.of(new MadeUp(5, 1, 0), new MadeUp(12, 2, 1).with("x=1"), new MadeUp(20, 2, 1)));
        runs.forEach((name, trials) -> PICTURES.put(
                name, Picture.of(trials.stream().map(MadeUp::trial).toList()).whole(Style.PICTURE)));
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
        var trial = new MadeUp(20, 2, 1);
        trial.trial();
        Element svg = parse(PICTURES.get("one fault, 20 s, 2 partitions")).getDocumentElement();
        List<String> texts = texts(svg);
        assertThat(texts)
                .contains("Broker 1 killed: partition 0 paused for 2.5 s, nothing lost")
                .contains("PASS", "broker 1 killed, restored after 4.0 s", "no acknowledgement for 2.5 s")
                .contains("partition 0: broker 1 \u2192 2", "partition 0: broker 2 \u2192 1", "all in sync")
                .anyMatch(it -> it.startsWith(
                        "%,d sent \u00b7 %<,d acknowledged \u00b7 0 lost".formatted(trial.acknowledged())))
                .anyMatch(it -> it.contains("Kafka client 4.4.0"));
        List<String> titles =
                elements(svg, "title").stream().map(Element::getTextContent).toList();
        for (int partition = 0; partition < 2; partition++) {
            int records = trial.acknowledged(partition);
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
            var trial = new MadeUp(seconds, 12, 0);
            trial.trial();
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
                        .isCloseTo(trial.acknowledged(partition), within(0.02 * trial.acknowledged(partition) + 1));
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
    @DisplayName("a text is one line, without control characters, halves of letters, marks of direction and passwords")
    void printable() {
        assertThat(Words.printable("a\n\tb\u001b[31m\ud800 \u202e sasl.jaas.config=x password=hunter2;"))
                .startsWith("a b\ufffd[31m\ufffd \ufffd ")
                .doesNotContain("hunter2");
    }

    @Test
    @DisplayName("lost records are an area of the strip, and have a label with their number")
    void lost() throws Exception {
        var trial = new MadeUp(20, 1, 1).losing(7_000, 9_500);
        trial.trial();
        Element svg = parse(PICTURES.get("lost records")).getDocumentElement();
        assertThat(texts(svg)).contains("and lost", "%,d lost".formatted(trial.lost()), "FAIL");
        assertThat(elements(svg, "title"))
                .extracting(Element::getTextContent)
                .anyMatch(it -> it.contains(" acknowledged records lost, %,d phantoms".formatted(trial.lost())))
                .anyMatch(it -> it.matches("partition 0: .*, %,d lost;.*".formatted(trial.lost())));
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
        assertThat(records).isCloseTo(trial.lost(), within(0.02 * trial.lost()));
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
    void html() {
        String html = new HtmlPage(List.of(
                        new MadeUp(20, 2, 1).trial(),
                        new MadeUp(12, 2, 0).with("acks=1").trial()))
                .text();
        assertThat(html)
                .startsWith("<!doctype html>")
                .endsWith("</html>\n")
                .contains("<td>no acknowledged record is lost</td>")
                .contains("<td>producer config acks</td><td>all</td>")
                .contains("<td>4.0 s</td><td>kill kafka-1</td>")
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
        Trial good = new MadeUp(20, 2, 1).trial();
        Trial bad = new MadeUp(20, 2, 1)
                .with("acks=1")
                .concluding(
                        "FAIL",
                        new Claim("PASS", "the broker went away", "it led no more"),
                        new Claim("FAIL", "no acknowledged record is lost", "3 <lost>"),
                        new Claim("ALLOWED", "repeated: these settings allow it", "2 duplicates"))
                .trial();
        Trial open = new MadeUp(12, 2, 1)
                .with("acks=0")
                .concluding("INCONCLUSIVE", new Claim("INCONCLUSIVE", "a brief pause", "records did not flow"))
                .trial();
        Trial unobserved = new MadeUp(12, 2, 1)
                .with("acks=0")
                .concluding("INCONCLUSIVE", new Claim("PASS", "the broker went away", "yes"))
                .trial();
        Element root =
                parse(new JUnit(List.of(good, bad, open, unobserved)).text()).getDocumentElement();
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
    void summary() {
        Trial failing = new MadeUp(20, 2, 1)
                .losing(4_000, 5_000)
                .concluding(
                        "FAIL",
                        new Claim("PASS", "the broker went away", "it led no more"),
                        new Claim("INCONCLUSIVE", "a brief pause", "records did not flow"),
                        new Claim("FAIL", "no acknowledged record is lost", "3 of 7"))
                .trial();
        String text = new Markdown(List.of(failing)).text();
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
        assertThat(new Markdown(List.of(new MadeUp(5, 1, 0).trial())).text()).doesNotContain("What does not hold");
        Trial hostile = new MadeUp(9, 2, 1)
                .saying("a|b\\|c `x` *y* <img src=x> @somebody [l](u)\n# h")
                .trial();
        String harmless = new Markdown(List.of(hostile, new MadeUp(20, 2, 1).trial())).text();
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

    private static List<String> attributes(Element element, String... names) {
        return Stream.of(names).map(element::getAttribute).toList();
    }

    static Document parse(String xml) throws Exception {
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
}
