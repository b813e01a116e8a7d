package test;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README is true to the letter: its commands are run, and what it shows is what they print. */
class ReadmeTest {
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");
    private static final Pattern BLOCK = Pattern.compile("(?sm)^```(\\w*)\\n(.*?)^```$");

    private final String readme = read("README.md");

    @TempDir
    private Path directory;

    @Test
    @DisplayName("the guide by hand, without Docker: every command, and every line that the README shows")
    void guide() {
        try (Run cluster = Run.script("cluster.java")) { // refuses to start where another one listens
            cluster.awaitLine("ready: localhost:9092,localhost:9095");
            expectShown("### The cluster", finished("jbang topics.java"));
            scenario1();
            scenario2(cluster);
            scenario3(cluster);
            post();
            cluster.type("quit");
            cluster.expectExit(0);
            cluster.awaitNothingLeft();
        }
    }

    private void scenario1() {
        List<String> commands = commands("### Scenario 1");
        assertThat(commands).hasSize(3);
        try (Run a = started(commands.get(0))) {
            a.awaitLine("assigned: partition 0");
            try (Run b = started(commands.get(1))) {
                b.awaitLine("idle: group1 has 2 members");
                try (Run producer = started(commands.get(2))) {
                    a.awaitLine("\"event_id\": 3,");
                    interrupted(a);
                    b.awaitLine("Consumer b (group: group1) received:");
                    interrupted(producer);
                    interrupted(b);
                    expectShown("### Scenario 1", a, b, producer);
                }
            }
        }
    }

    private void scenario2(Run cluster) {
        List<String> commands = commands("### Scenario 2");
        assertThat(commands).containsSubsequence("stop kafka-1", "start kafka-1");
        try (Run a = started(commands.get(0))) {
            a.awaitLine("assigned: partitions 0, 1");
            try (Run b = started(commands.get(1))) {
                b.awaitLine("assigned: partition 1");
                try (Run producer = started(commands.get(2))) {
                    b.awaitLine("\"event_id\": 6,");
                    cluster.type("stop kafka-1");
                    cluster.awaitLine("kafka-1 stopped: ");
                    producer.awaitLine("partition 0: no acknowledgement for 4 s");
                    cluster.type("start kafka-1");
                    producer.awaitLine("partition 0: back after");
                    a.awaitLine("partition 0: broker 1 leads, after");
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
        finished(commands.get(0));
        try (Run consumer = started(commands.get(1));
                Run producer = started(commands.get(2))) {
            consumer.awaitLine("\"event_id\": 4,");
            cluster.type(commands.get(commands.size() - 1));
            cluster.awaitLine("kafka-1 stopped: ");
            producer.awaitLine("partition 0: broker 2 leads now; it was broker 1");
            consumer.awaitLine("partition 0: broker 2 leads now; it was broker 1");
            producer.awaitLine("partition 0, offset");
            interrupted(producer);
            interrupted(consumer);
            expectShown("### Scenario 3", consumer, producer);
        }
    }

    /** The listings of docs/in-a-post.md, taken out of the page, each alone in a file: as a reader does. */
    private void post() {
        String page = read("docs/in-a-post.md");
        try {
            var listings =
                    Pattern.compile("(?s)```java\n(.*?class (\\w+) .*?)```").matcher(page);
            while (listings.find()) {
                assertThat(listings.group(1).lines().count()).isBetween(30L, 45L);
                Files.writeString(directory.resolve(listings.group(2) + ".java"), listings.group(1));
            }
        } catch (IOException cannotWrite) {
            throw new AssertionError(cannotWrite);
        }
        List<String> commands = Pattern.compile("(?m)^jbang .*$")
                .matcher(page)
                .results()
                .map(it -> it.group())
                .toList();
        assertThat(commands).hasSize(3);
        finished(commands.get(0));
        try (Run a = copied(commands.get(2))) {
            a.awaitLine("assigned: [post-2p-rf1-0, post-2p-rf1-1]");
            try (Run b = copied(commands.get(2))) {
                // Which one gets which partition is up to the ids that the group has given to them.
                String share = b.awaitLine(Pattern.compile("assigned: \\[post-2p-rf1-([01])\\]"))
                        .group(1);
                try (Run producer = copied(commands.get(1))) {
                    producer.expectExit(0);
                    (share.equals("1") ? b : a).awaitLine("\"event_id\": 4,"); // partition 1's last
                    (share.equals("1") ? a : b).awaitLine("\"event_id\": 5,"); // partition 0's last
                    a.interrupt();
                    a.awaitExit();
                    b.awaitLine("assigned: [post-2p-rf1-0, post-2p-rf1-1]");
                    b.interrupt();
                    b.awaitExit();
                    expectShown(page, "docs/in-a-post.md", a, b, producer);
                }
            }
        }
    }

    /** A script in the directory to which the listings were copied. */
    private Run copied(String command) {
        String[] words = command.split(" ");
        return Run.here()
                .in(directory)
                .script(words[1], List.of(words).subList(2, words.length).toArray(String[]::new));
    }

    @Test
    @DisplayName("every option of every script is in the README or in docs/")
    void options() throws IOException {
        String documented = readme;
        for (String page : pages()) documented += read(page);
        for (String script : ScriptsTest.scripts())
            try (Run help = Run.script(script, "--help")) {
                help.expectExit(0);
                var options = Pattern.compile("(?<![\\w-])--[a-z-]+").matcher(String.join("\n", help.out()));
                while (options.find()) assertThat(documented).as(script).contains("`" + options.group());
            }
    }

    @Test
    @DisplayName("the README is a front page: every script and every page of docs/ is reached from it, in 250 lines")
    void frontPage() throws IOException {
        assertThat(readme.lines().count()).isLessThan(250);
        for (String script : ScriptsTest.scripts()) assertThat(readme).contains("(" + script + ")");
        for (String page : pages()) assertThat(readme).contains("(" + page + ")");
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
    @DisplayName("CI runs the README's test command, and files that are linked are there")
    void links() throws IOException {
        assertThat(readme).contains("\n./jbang failover.java\n").contains("\n./jbang test/suite.java\n");
        assertThat(Files.readString(Run.ROOT.resolve(".ci/run")))
                .containsPattern("(?m)^\\s*\\./jbang test/suite\\.java\\b");
        var all = new ArrayList<>(List.of("README.md", "CONTRIBUTING.md"));
        all.addAll(pages());
        for (String page : all) {
            var links = Pattern.compile("\\]\\((?!http)([^)#]+)(#[^)]*)?\\)").matcher(read(page));
            while (links.find())
                assertThat(Run.ROOT.resolve(page).resolveSibling(links.group(1)))
                        .exists();
        }
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
        commands.remove("cluster.java"); // in a heading
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

    private static void interrupted(Run run) {
        run.interrupt();
        run.expectExit(0);
    }

    private static String read(String file) {
        try {
            return Files.readString(Run.ROOT.resolve(Path.of(file)));
        } catch (IOException missing) {
            throw new AssertionError(missing);
        }
    }
}
