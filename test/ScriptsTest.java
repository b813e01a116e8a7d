import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What all scripts have in common, and what they say to wrong input; no cluster is needed. */
class ScriptsTest {
    /** What a script may depend on; each further library needs a reason. */
    private static final Map<String, List<String>> DEPENDENCIES = Map.of(
            "cluster.java",
            List.of(
                    "org.apache.kafka:kafka_2.13:4.4.0",
                    "info.picocli:picocli:4.7.7",
                    "org.slf4j:slf4j-simple:2.0.17"), // writes the nodes' logs
            "report.java",
            List.of("info.picocli:picocli:4.7.7", "com.grack:nanojson:1.10"), // 32 KB that read JSON
            "any other",
            List.of(
                    "org.apache.kafka:kafka-clients:4.4.0",
                    "info.picocli:picocli:4.7.7",
                    "org.slf4j:slf4j-nop:2.0.17"));

    /** Options that have no value where none is given. */
    private static final List<String> WITHOUT_DEFAULT = List.of(
            "--command-config",
            "--command-property",
            "--config",
            "--events",
            "--property",
            "--report",
            "--start-command",
            "--stop-command",
            "--try");

    @TempDir
    private Path directory;

    static List<String> scripts() throws IOException {
        try (Stream<Path> files = Files.list(Run.ROOT)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".java"))
                    .sorted()
                    .toList();
        }
    }

    static List<String> scriptsOnACluster() throws IOException {
        return scripts().stream()
                .filter(script -> text(script).contains("//DEPS org.apache.kafka:kafka-clients:"))
                .toList();
    }

    private static String text(String script) {
        try {
            return Files.readString(Run.ROOT.resolve(script));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    // ---- the files ----

    @Test
    @DisplayName("how a script reaches the cluster is written the same in each, to the letter")
    void sameLines() throws IOException {
        assertThat(scriptsOnACluster()).contains("consumer.java", "failover.java", "producer.java", "topics.java");
        String first = "    // ---- the cluster: these lines are the same in every script ----\n";
        var parts = new TreeMap<String, String>();
        for (String script : scriptsOnACluster()) {
            assertThat(text(script)).as(script).contains(first);
            parts.put(script, text(script).substring(text(script).indexOf(first)));
        }
        String model = parts.get("producer.java");
        assertThat(model).contains("static class Cluster {", "static class Failure extends");
        parts.forEach(
                (script, part) -> assertThat(difference(part, model)).as(script).isEmpty());
    }

    /** The first line that differs: the whole texts would be a page each. */
    private static String difference(String one, String other) {
        String[] lines = one.split("\n");
        String[] others = other.split("\n");
        int i = 0;
        while (i < lines.length && i < others.length && lines[i].equals(others[i])) i++;
        return one.equals(other) ? "" : "%s%n%s".formatted(at(lines, i), at(others, i));
    }

    private static String at(String[] lines, int i) {
        return i < lines.length ? lines[i] : "(its end)";
    }

    @Test
    @DisplayName("how the leaders are watched is the same in producer.java and consumer.java")
    void sameLeaderWatch() {
        var leaderWatch =
                Pattern.compile("\n    /\\*\\*[^\n]*\n    static class LeaderWatch .*?\n    }\n", Pattern.DOTALL);
        Matcher producer = leaderWatch.matcher(text("producer.java"));
        Matcher consumer = leaderWatch.matcher(text("consumer.java"));
        assertThat(producer.find()).isTrue();
        assertThat(consumer.find()).isTrue();
        assertThat(consumer.group()).isEqualTo(producer.group());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("scripts")
    @DisplayName("stands alone, can be executed, and its header is complete and in order:")
    void header(String script) {
        List<String> header =
                text(script).lines().takeWhile(line -> line.startsWith("//")).toList();
        var expected = new ArrayList<String>();
        expected.add("///usr/bin/env jbang \"$0\" \"$@\" ; exit $?");
        expected.add("//DESCRIPTION .+");
        expected.add("//JAVA 17+");
        DEPENDENCIES.getOrDefault(script, DEPENDENCIES.get("any other")).forEach(it -> expected.add("//DEPS " + it));
        assertThat(header).hasSizeGreaterThanOrEqualTo(expected.size());
        for (int i = 0; i < expected.size(); i++) {
            String line = header.get(i);
            if (i == 1) assertThat(line).matches(expected.get(1));
            else assertThat(line).isEqualTo(expected.get(i));
        }
        assertThat(header.subList(expected.size(), header.size()))
                .allMatch(line -> line.matches("//(COMPILE|RUNTIME)_OPTIONS .*"));
        assertThat(text(script)).doesNotContainPattern("(?m)^//(SOURCES|FILES|REPOS)");
        assertThat(text(script)).contains("\nclass " + script.replace(".java", " "));
        assertThat(Run.ROOT.resolve(script)).isExecutable();
    }

    @Test
    @DisplayName("each script has an alias with its description, and it runs by that")
    void catalog() throws Exception {
        JsonObject aliases =
                JsonParser.object().from(text("jbang-catalog.json")).getObject("aliases");
        var described = new TreeMap<String, String>();
        aliases.forEach((name, alias) -> described.put(name + ".java", ((JsonObject) alias).getString("description")));
        var expected = new TreeMap<String, String>();
        for (String script : scripts()) {
            Matcher line = Pattern.compile("(?m)^//DESCRIPTION (.+)$").matcher(text(script));
            assertThat(line.find()).isTrue();
            expected.put(script, line.group(1));
        }
        assertThat(described).isEqualTo(expected);
        Run.build("topics.java");
        try (Run run = Run.command(Run.JBANG, "topics", "--version")) {
            run.expectExit(0);
        }
    }

    @Test
    @DisplayName("no file knows a machine's directories, or the name of a package registry's host")
    void noMachine() throws IOException {
        // Written so that this file does not match them.
        String hosts = "(repo1?[.]maven|central[.]sonatype|registry[.]npmjs|pypi|pythonhosted|jitpack|crates"
                + "|proxy[.]golang|deb[.]debian|plugins[.]gradle|ghcr|quay)[.](apache[.])?(org|com|io)";
        var pattern = Pattern.compile("(?<![\\w$}.])/(work|root|home)/|" + hosts);
        assertThat(pattern.matcher("/" + "work/main").find()).isTrue();
        assertThat(pattern.matcher("https://repo1" + ".maven.org").find()).isTrue();
        try (Run files = Run.command("git", "ls-files", "--cached", "--others", "--exclude-standard")) {
            files.expectExit(0);
            assertThat(files.out()).contains("producer.java", "test/ScriptsTest.java");
            for (String file : files.out()) {
                if (!Files.exists(Run.ROOT.resolve(file))) continue; // deleted, not committed yet
                try {
                    assertThat(Files.readString(Run.ROOT.resolve(file)))
                            .as(file)
                            .doesNotContainPattern(pattern);
                } catch (MalformedInputException notText) {
                    assertThat(file).matches(".*[.](png|gif|webp)");
                }
            }
        }
    }

    // ---- --help and --version ----

    @ParameterizedTest(name = "{0}")
    @MethodSource("scripts")
    @DisplayName("--help names every option, with its default, in lines of 80; -V the versions:")
    void help(String script) {
        try (Run help = Run.script(script, "--help");
                Run version = Run.script(script, "-V")) {
            help.expectExit(0);
            String shown = String.join("\n", help.out());
            checkHelp(script, shown);
            if (script.equals("topics.java"))
                for (String command : List.of("create", "list", "describe", "delete", "reset")) {
                    try (Run of = Run.script(script, command, "--help")) {
                        of.expectExit(0);
                        checkHelp(script + " " + command, String.join("\n", of.out()));
                    }
                }
            assertThat(shown).contains("Exit status: 0");
            version.expectExit(0);
            String name = script.replace(".java", "");
            assertThat(version.out()).singleElement().asString().startsWith(name + " 1.");
            if (!script.equals("report.java")) assertThat(version.out().get(0)).contains("4.4.0");
        }
    }

    private static void checkHelp(String what, String shown) {
        assertThat(shown).as(what).doesNotContain("null").contains("--help", "--version");
        assertThat(shown.lines()).as(what).allMatch(line -> line.length() <= 80);
        // A footer's line that was too long has left a word on the next.
        assertThat(shown.lines()).as(what).noneMatch(line -> line.matches("\\S{1,8}[^\\s:]"));
        String[] options = shown.split("\n(?=  (-\\w, |    )--\\w)");
        assertThat(options.length).as(what).isGreaterThan(2);
        for (String option : options) {
            Matcher name = Pattern.compile("^  (?:-\\w, |    )(--[\\w-]+)=").matcher(option);
            if (!name.find() || WITHOUT_DEFAULT.contains(name.group(1))) continue;
            String text = option.replaceAll("\\s+", " ");
            assertThat(text).as(what + " " + name.group(1)).contains("(default: ");
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("scripts")
    @DisplayName("copied alone into an empty directory, it runs:")
    void alone(String script) throws IOException {
        Files.copy(Run.ROOT.resolve(script), directory.resolve(script));
        try (Run run = Run.here().in(directory).script(script, "--version")) {
            run.expectExit(0);
        }
        assertThat(directory).isDirectoryContaining(file -> file.endsWith(script));
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).hasSize(1);
        }
    }

    // ---- wrong input ----

    @ParameterizedTest(name = "{0}  ->  {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "producer.java t -n -1             | -n takes 1 or more",
                "producer.java t -n 0              | -n takes 1 or more",
                "producer.java t -n five           | 'five'",
                "producer.java t -r 0              | -r takes events per second",
                "producer.java t -r abc            | not 'abc'",
                "producer.java t -r NaN            | not 'NaN'",
                "producer.java                     | TOPIC",
                "producer.java t u                 | 'u'",
                "producer.java t --cont 5          | --cont",
                "producer.java t -X linger.ms      | linger.ms",
                "producer.java t -b nowhere        | nowhere",
                "producer.java t --command-config missing.properties | missing.properties",
                "producer.java t --command-config broken.properties  | broken.properties",
                "consumer.java t                   | GROUP",
                "consumer.java t g -n 0            | -n takes 1 or more",
                "consumer.java t ''                | group is empty",
                "consumer.java t g --unknown       | --unknown",
                "topics.java create                | NAME",
                "topics.java create t -p many      | 'many'",
                "topics.java destroy t             | destroy",
                "cluster.java --brokers 0          | --brokers takes 1 to 9",
                "cluster.java --brokers 10         | --brokers takes 1 to 9",
                "cluster.java --port 65535         | --port takes",
                "cluster.java -X nonsense          | nonsense",
                "cluster.java extra                | extra",
            },
            quoteCharacter = '"')
    @DisplayName("wrong usage is one line and status 2:")
    void wrongUsage(String command, String says) throws IOException {
        Files.writeString(directory.resolve("broken.properties"), "acks=\\u12\n");
        String[] words = command.strip().split("\\s+");
        for (int i = 0; i < words.length; i++) {
            if (words[i].equals("''")) words[i] = "";
            if (words[i].endsWith(".properties"))
                words[i] = directory.resolve(words[i]).toString();
        }
        try (Run run =
                Run.script(words[0], List.of(words).subList(1, words.length).toArray(String[]::new))) {
            run.expectExit(2);
            assertThat(run.out()).isEmpty();
            assertThat(run.err()).singleElement().asString().contains(says);
        }
    }

    @Test
    @DisplayName("where no cluster answers, one line says how to get one, status 3")
    void noCluster() {
        String nobody = "localhost:" + SharedCluster.freePort();
        Run.build("producer.java", "consumer.java", "topics.java");
        try (Run producer = Run.script("producer.java", "t", "-b", nobody);
                Run consumer = Run.script("consumer.java", "t", "g", "-b", nobody);
                Run topics = Run.script("topics.java", "-b", nobody)) {
            for (Run run : List.of(producer, consumer, topics)) {
                run.expectExit(3);
                assertThat(run.out()).isEmpty();
                assertThat(run.err())
                        .singleElement()
                        .asString()
                        .startsWith("No cluster answers at " + nobody)
                        .contains("jbang cluster.java", "docker compose up", "-b HOST:PORT");
            }
        }
    }

    @Test
    @DisplayName("--stack-trace tells more than the one line")
    void stackTrace() {
        try (Run run = Run.script("producer.java", "t", "-n", "0", "--stack-trace")) {
            run.expectExit(2);
            assertThat(run.err()).hasSizeGreaterThan(2).anyMatch(line -> line.contains("at producer"));
        }
    }
}
