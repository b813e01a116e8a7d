package test;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The README is true to the letter: its commands are run, and what it shows is what they print. */
class ReadmeTest {
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");
    private static final Pattern BLOCK = Pattern.compile("(?sm)^```(\\w*)\\n(.*?)^```$");

    private final String readme = read("README.md");

    @Test
    @DisplayName("the guide by hand, without Docker: every command, and every line that the README shows")
    void guide() {
        try (Run cluster = Run.script("cluster.java")) { // refuses to start where another one listens
            cluster.awaitLine("ready: localhost:9092,localhost:9095");
            expectShown("### The cluster", finished("jbang topics.java"));
            scenario1();
            scenario2(cluster);
            scenario3(cluster);
            cluster.type("quit");
            cluster.expectExit(0);
            cluster.awaitNothingLeft();
        }
    }

    private void scenario1() {
        List<String> commands = commands("### Scenario 1");
        assertThat(commands).hasSize(2);
        try (Run a = started(commands.get(0))) {
            a.awaitLine("assigned: partitions [0]");
            try (Run b = started(commands.get(0))) {
                b.awaitLine("idle (Stable): group1 has 2 members");
                try (Run producer = started(commands.get(1))) {
                    a.awaitLine("\"event_id\": 3,");
                    interrupted(a);
                    b.awaitLine("\"event_id\": ");
                    interrupted(producer);
                    interrupted(b);
                    expectShown("### Scenario 1", a, b, producer);
                }
            }
        }
    }

    private void scenario2(Run cluster) {
        List<String> commands = commands("### Scenario 2");
        assertThat(commands).hasSize(4).endsWith("stop kafka-1", "start kafka-1");
        try (Run a = started(commands.get(0))) {
            a.awaitLine("assigned: partitions [0, 1]");
            try (Run b = started(commands.get(0))) {
                b.awaitLine("assigned: partitions [1]");
                try (Run producer = started(commands.get(1))) {
                    b.awaitLine("\"event_id\": 6,");
                    cluster.type(commands.get(2));
                    cluster.awaitLine("kafka-1 stopped: ");
                    producer.awaitLine(Pattern.compile("partition 0  no acknowledgement for .* waiting"));
                    String none = "partition 0  leader: none (was broker 1)"; // before that line or after it
                    await(() -> producer.out().contains(none));
                    cluster.type(commands.get(3));
                    producer.awaitLine(Pattern.compile("partition 0  acknowledged after .* of silence"));
                    producer.awaitLine("partition 0  offset");
                    interrupted(producer);
                    interrupted(a);
                    interrupted(b);
                    expectShown("### Scenario 2", a, b, producer);
                }
            }
        }
    }

    private void scenario3(Run cluster) {
        List<String> commands = commands("### Scenario 3");
        assertThat(commands).hasSize(4).endsWith("stop kafka-1");
        finished(commands.get(0));
        try (Run consumer = started(commands.get(1))) {
            consumer.awaitLine("assigned: partitions [0, 1]");
            try (Run producer = started(commands.get(2))) {
                consumer.awaitLine("\"event_id\": 4,");
                cluster.type(commands.get(3));
                cluster.awaitLine("kafka-1 stopped: ");
                producer.awaitLine("partition 0  leader: broker 2 (was broker 1)");
                consumer.awaitLine("partition 0  leader: broker 2 (was broker 1)");
                consumer.awaitLine("partition 0  offset");
                interrupted(producer);
                interrupted(consumer);
                expectShown("### Scenario 3", consumer, producer);
            }
        }
    }

    @Test
    @DisplayName(
            "the README is a front page of less than 200 lines: every script, instrument and page is reached from it")
    void frontPage() throws IOException {
        assertThat(readme.lines().count()).isLessThan(200);
        for (String script : ScriptsTest.scripts()) assertThat(readme).contains("(" + script + ")");
        for (String page : pages()) assertThat(readme).contains("(" + page + ")");
        for (String script : ScriptsTest.programs())
            if (!script.equals("lab/cut.java")) // cluster.java runs it
            assertThat(readme).contains("`" + script + "`");
    }

    private static List<String> pages() throws IOException {
        try (Stream<Path> files = Files.list(Run.ROOT.resolve("docs"))) {
            return files.map(file -> "docs/" + file.getFileName())
                    .filter(file -> file.endsWith(".md"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    @DisplayName("CI runs the README's test command; every file and every heading that a page links is there")
    void links() throws IOException {
        assertThat(readme).contains("\n./jbang failover.java").contains("\n./jbang test/suite.java");
        assertThat(Files.readString(Run.ROOT.resolve(".ci/run")))
                .containsPattern("(?m)^\\s*\\./jbang test/suite\\.java\\b");
        var all = new ArrayList<>(List.of("README.md", "CONTRIBUTING.md", "bench/RESULTS.md"));
        all.addAll(pages());
        var broken = new ArrayList<String>();
        for (String page : all) {
            var links =
                    Pattern.compile("\\]\\((?!http)([^)#]*)(?:#([^)]*))?\\)").matcher(read(page));
            while (links.find()) {
                Path target = Run.ROOT
                        .resolve(page)
                        .resolveSibling(
                                links.group(1).isEmpty()
                                        ? Path.of(page).getFileName().toString()
                                        : links.group(1));
                boolean there = Files.exists(target)
                        && (links.group(2) == null
                                || headings(Files.readString(target)).contains(links.group(2)));
                if (!there) broken.add(page + ": " + links.group());
            }
        }
        assertThat(broken).isEmpty();
    }

    /** The anchors that GitHub makes of a page's headings. */
    private static List<String> headings(String page) {
        return Pattern.compile("(?m)^#+ (.*)$")
                .matcher(page)
                .results()
                .map(it -> it.group(1)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N}_ -]", "")
                        .replace(' ', '-'))
                .toList();
    }

    @Test
    @DisplayName("every script that a page runs is there, and knows the options that the page gives it")
    void commandsOfPages() throws IOException {
        var all = new ArrayList<>(List.of("README.md", "CONTRIBUTING.md"));
        all.addAll(pages());
        var wrong = new TreeSet<String>();
        for (String page : all) {
            var commands = Pattern.compile("(?:\\./)?jbang ((?:lab/|test/|bench/)?[a-z]+\\.java)([^`\\n|&>]*)")
                    .matcher(read(page));
            while (commands.find()) {
                String script = commands.group(1);
                if (!Files.exists(Run.ROOT.resolve(script))) wrong.add(page + ": " + commands.group());
                else if (ScriptsTest.programs().contains(script)) {
                    String help = HELP.computeIfAbsent(script, ReadmeTest::help);
                    Pattern.compile("(?<=\\s)--[a-z-]+")
                            .matcher(commands.group(2))
                            .results()
                            .filter(option -> !Pattern.compile(option.group() + "(?![a-z-])")
                                    .matcher(help)
                                    .find())
                            .forEach(option -> wrong.add(page + ": " + commands.group()));
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    private static final Map<String, String> HELP = new HashMap<>();

    /** The help of a script, and of its commands. */
    private static String help(String script) {
        String own = String.join("\n", finished("jbang " + script + " --help").out());
        var all = new StringBuilder(own);
        if (script.equals("topics.java"))
            for (String command : List.of("create", "delete", "elect", "list")) {
                assertThat(own).contains("\n  " + command);
                all.append(String.join(
                        "\n",
                        finished("jbang topics.java " + command + " --help").out()));
            }
        return all.toString();
    }

    @Test
    @DisplayName("the containers that the README names are those of docker-compose.yml")
    void containers() {
        var names = Pattern.compile("kafka-deploy-[\\w-]+").matcher(readme);
        while (names.find()) assertThat(read("docker-compose.yml")).contains("container_name: " + names.group());
    }

    // ---- details ----

    /** What stands in the last column of the tables of a section, in its order. */
    private List<String> commands(String heading) {
        var commands = new ArrayList<String>();
        for (String line :
                section(heading).lines().filter(it -> it.startsWith("| ")).toList()) {
            String[] columns = line.split("\\|");
            var code = CODE.matcher(columns[columns.length - 1]);
            while (code.find()) commands.add(code.group(1));
        }
        commands.removeIf(it -> it.startsWith("cluster.java")); // in a heading
        return commands;
    }

    private String section(String heading) {
        int start = readme.indexOf(heading);
        assertThat(start).as(heading).isPositive();
        int end = Stream.of("\n### ", "\n## ")
                .mapToInt(it -> readme.indexOf(it, start + 1))
                .filter(it -> it > 0)
                .min()
                .orElse(readme.length());
        return readme.substring(start, end);
    }

    /** Each line that a section shows was printed, with other numbers of events and seconds. */
    private void expectShown(String heading, Run... runs) {
        expectShown(section(heading), heading, runs);
    }

    private static void expectShown(String text, String heading, Run... runs) {
        var printed = Stream.of(runs)
                .flatMap(run -> run.out().stream())
                .map(ReadmeTest::withoutNumbers)
                .toList();
        var blocks = BLOCK.matcher(text);
        int lines = 0;
        while (blocks.find()) {
            if (!blocks.group(1).isEmpty()) continue; // commands
            for (String line : blocks.group(2).split("\n")) {
                if (line.equals("...")) continue;
                lines++;
                assertThat(printed)
                        .as(String.join("\n", Stream.of(runs).map(Run::toString).toList()))
                        .contains(withoutNumbers(line));
            }
        }
        assertThat(lines).as("lines shown under " + heading).isPositive();
    }

    private static String withoutNumbers(String line) {
        return line.strip().replaceAll("[\\d,]*\\d(\\.\\d+)?", "#").replaceAll(" +", " ");
    }

    private static Run started(String command) {
        String[] words = command.split(" ");
        assertThat(words[0]).isEqualTo("jbang");
        return Run.jbang(words[1], List.of(words).subList(2, words.length).toArray(String[]::new));
    }

    private static Run finished(String command) {
        try (Run run = started(command)) {
            run.expectExit(0);
            return run;
        }
    }

    private static void await(BooleanSupplier condition) {
        try {
            SharedCluster.await("what the README shows", condition);
        } catch (InterruptedException end) {
            throw new IllegalStateException(end);
        }
    }

    private static void interrupted(Run run) {
        run.interrupt();
        run.expectExit(130); // the JVM's, after SIGINT
    }

    private static String read(String file) {
        try {
            return Files.readString(Run.ROOT.resolve(Path.of(file)));
        } catch (IOException missing) {
            throw new AssertionError(missing);
        }
    }
}
