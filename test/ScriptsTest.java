package test;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.*;
import java.io.*;
import java.nio.charset.*;
import java.nio.file.*;
import java.time.Duration;
import java.util.*;
import java.util.regex.*;
import java.util.stream.*;
import org.junit.jupiter.api.*;
import org.junit.jupiter.api.io.*;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.*;

/** What all scripts and entries of the lab have in common, and what they say to wrong input; no cluster is needed. */
class ScriptsTest {
    /** The version of Kafka that all scripts use. */
    private static final String KAFKA = kafka();

    /** What a script may depend on; each further library needs a reason. */
    private static final Set<String> DEPENDENCIES = Set.of(
            "org.apache.kafka:kafka-clients:" + KAFKA,
            "info.picocli:picocli:4.7.7",
            "org.slf4j:slf4j-nop:2.0.17",
            "com.grack:nanojson:1.10"); // 32 KB that read JSON, for the lab

    /** It starts a broker, and writes the nodes' logs. */
    private static final Set<String> OF_CLUSTER = Set.of(
            "org.apache.kafka:kafka_2.13:" + KAFKA, "info.picocli:picocli:4.7.7", "org.slf4j:slf4j-simple:2.0.17");

    /** The oldest client with which a copied script must work. */
    private static final String OLDER_CLIENT = "org.apache.kafka:kafka-clients:4.1.0";

    /** Habits that have led to defects: a pattern, and what is wrong with it. */
    private static final Map<String, String> HABITS = Map.of(
            "org\\.apache\\.kafka\\.(common\\.utils|[\\w.]*internals)\\b",
            "an internal class of Kafka, which another release has elsewhere",
            "Locale\\.(setDefault\\((?!Locale\\.ROOT)|getDefault)",
            "numbers have one format, whatever the locale",
            "printStackTrace",
            "an expected error is one line; any other is thrown");

    /** Habits of rooms: where all runs by lab/common/Script.java, nothing goes past it. */
    private static final Map<String, String> HABITS_OF_ROOMS = Map.of(
            "(?m)^    (?! )(private |static |final )*[\\w<>, \\[\\]]+ \\w+ =[^;]*(\\.formatted|String\\.format|(Upper|Lower)Case)\\(",
            "a field's value is made before Script.run has set the locale",
            "\\.getBytes\\(\\)|new File(Reader|Writer)\\(|Charset\\.defaultCharset|new InputStreamReader\\([^,]*\\)\\)",
            "the encoding of bytes depends on the locale",
            "System\\.(out|err)\\.(print|append|format)",
            "output goes through Script, which sees a closed pipe and hides passwords",
            "System\\.exit",
            "a program ends with call(): an exit elsewhere leaves the rest undone");

    /** Options that have no value where none is given. */
    private static final Set<String> WITHOUT_DEFAULT = Set.of(
            "--add-scram",
            "--command-config",
            "--command-property",
            "--config",
            "--history",
            "--judge",
            "--key",
            "--max-latency",
            "--max-pause",
            "--observe",
            "--property",
            "--reject",
            "--release",
            "--report",
            "--scenario",
            "--start-command",
            "--steps",
            "--stop-command",
            "--try");

    private static final House HOUSE = new House(Run.ROOT);

    @TempDir
    private Path directory;

    private static String kafka() {
        Matcher dependency =
                Pattern.compile("//DEPS org.apache.kafka:kafka-clients:(\\S+)").matcher(text("producer.java"));
        assertThat(dependency.find()).isTrue();
        return dependency.group(1);
    }

    /** The scripts of the top level. */
    static List<String> scripts() {
        return HOUSE.top();
    }

    /** All that has a command line: the scripts, and the entries of the lab. */
    static List<String> programs() {
        return Stream.concat(HOUSE.top().stream(), HOUSE.entries().stream()).toList();
    }

    /** The Java of a program: of an entry, its rooms. */
    static List<String> sources() {
        return Stream.concat(HOUSE.top().stream(), HOUSE.rooms("lab/").stream()).toList();
    }

    private static String text(String script) {
        try {
            return Files.readString(Run.ROOT.resolve(script));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- the files ----

    @ParameterizedTest(name = "{0}")
    @MethodSource("programs")
    @DisplayName("depends on little, and its header is in order:")
    void header(String script) {
        List<String> header = text(script)
                .lines()
                .takeWhile(line -> line.isBlank() || line.startsWith("//"))
                .filter(line -> line.matches("//[A-Z_]+ .*"))
                .toList();
        assertThat(header.get(0)).startsWith("//DESCRIPTION ");
        assertThat(header).containsOnlyOnce("//JAVA 17+");
        List<String> dependencies = header.stream()
                .filter(line -> line.startsWith("//DEPS "))
                .map(line -> line.replace("//DEPS ", ""))
                .toList();
        assertThat(script.equals("cluster.java") ? OF_CLUSTER : DEPENDENCIES).containsAll(dependencies);
        assertThat(dependencies).doesNotHaveDuplicates();
        assertThat(header.subList(1, header.size()))
                .allMatch(line -> line.matches("//(JAVA|DEPS|COMPILE_OPTIONS|RUNTIME_OPTIONS|MAIN|SOURCES|FILES) .*"))
                // A user's JAVA_TOOL_OPTIONS may name another garbage collector, and two of them are refused.
                .noneMatch(line -> line.startsWith("//RUNTIME_OPTIONS ") && line.contains("GC"));
        if (scripts().contains(script)) assertThat(text(script)).contains("\nclass " + script.replace(".java", " "));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("sources")
    @DisplayName("has sorted imports, and none of the habits that have led to defects:")
    void habits(String source) {
        String text = text(source);
        for (String start : List.of("import static ", "import (?!static )"))
            assertThat(text.lines().filter(line -> line.matches(start + ".*")).map(line -> line.replace(";", "")))
                    .isSorted();
        var habits = new TreeMap<>(HABITS);
        // cut and secure are as small as a script, and have no need of Script.
        boolean usesScript = source.matches("lab/(?!cut|secure|common/Script).*");
        if (usesScript) habits.putAll(HABITS_OF_ROOMS);
        habits.forEach((pattern, reason) -> {
            Matcher found = Pattern.compile(pattern).matcher(text);
            assertThat(found.results().map(it -> it.group().strip())).as(reason).isEmpty();
        });
    }

    @Test
    @DisplayName("each program has an alias with its description, and it runs by that, from another directory, too")
    void catalog() throws Exception {
        JsonObject aliases =
                JsonParser.object().from(text("jbang-catalog.json")).getObject("aliases");
        var described = new TreeMap<String, String>();
        aliases.forEach((name, alias) -> {
            var it = (JsonObject) alias;
            described.put(it.getString("script-ref"), name + ": " + it.getString("description"));
        });
        var expected = new TreeMap<String, String>();
        for (String script : programs()) {
            String name = Path.of(script).getFileName().toString().replace(".java", "");
            Matcher description = Pattern.compile("(?m)^//DESCRIPTION (.+)$").matcher(text(script));
            assertThat(description.find()).as(script).isTrue();
            expected.put(script, name + ": " + description.group(1));
        }
        assertThat(described).isEqualTo(expected);
        Run.build("topics.java");
        String catalog = Run.ROOT.resolve("jbang-catalog.json").toString();
        try (Run here = Run.command(Run.JBANG, "topics", "--version");
                Run afar = Run.here().in(directory).command(Run.JBANG, "--catalog", catalog, "topics", "--version")) {
            here.expectExit(0);
            afar.expectExit(0);
            assertThat(afar.out()).isEqualTo(here.out());
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
        for (String file : files()) {
            try {
                assertThat(Files.readString(Run.ROOT.resolve(file))).as(file).doesNotContainPattern(pattern);
            } catch (MalformedInputException notText) {
                assertThat(file).matches(".*[.](png|gif|webp)");
            }
        }
    }

    @Test
    @DisplayName("test/bump.java sets the version of Kafka everywhere, and nothing is forgotten")
    void bump() throws IOException {
        String next = "9.87." + 6; // not to be found in this file
        for (String file : files()) {
            Path copy = directory.resolve(file);
            Files.createDirectories(copy.getParent());
            Files.copy(Run.ROOT.resolve(file), copy);
        }
        try (Run wrong = Run.script("test/bump.java", "4.x");
                Run bump = Run.here().in(directory).command(Run.commandOf("test/bump.java", next))) {
            wrong.expectExit(2);
            bump.expectExit(0);
            assertThat(bump.out())
                    .anyMatch(line -> line.matches("docker-compose.yml:\\d+:   image: apache/kafka:" + next));
        }
        String captured = "(bench|docs)/.*[.]md|test/histories/.*|.*[.](svg|png)";
        var version = Pattern.compile(
                "(?:kafka-clients:|kafka_2[.]13:|apache/kafka:|version = \".*Kafka (?:client )?)(\\d+[.]\\d+[.]\\d+)");
        var old = Pattern.compile("(?<![\\d.])" + Pattern.quote(KAFKA));
        var forgotten = new TreeSet<String>();
        var used = new TreeSet<String>();
        for (String file : files()) {
            if (file.matches(captured)) continue;
            String text = Files.readString(directory.resolve(file));
            text.lines().filter(old.asPredicate()).forEach(line -> forgotten.add(file + ": " + line));
            if (file.startsWith("test/")) continue; // other versions are tested, too
            version.matcher(text).results().forEach(it -> used.add(it.group(1) + " in " + file));
        }
        assertThat(forgotten).isEmpty();
        assertThat(used).hasSizeGreaterThan(7).allMatch(it -> it.startsWith(next + " in "));
        try (Run back = Run.here().in(directory).command(Run.commandOf("test/bump.java", KAFKA))) {
            back.expectExit(0);
        }
        for (String file : files())
            assertThat(directory.resolve(file)).as(file).hasSameBinaryContentAs(Run.ROOT.resolve(file));
    }

    @Test
    @DisplayName("every test class is in the suite")
    void everyTest() throws IOException {
        String suite = text("test/suite.java");
        Path tests = Run.ROOT.resolve("test");
        try (Stream<Path> files = Files.walk(tests)) {
            List<String> names = files.map(it -> tests.relativize(it).toString())
                    .filter(it -> it.endsWith("Test.java"))
                    .toList();
            assertThat(names).hasSizeGreaterThan(10);
            List<String> listed = suite.lines().toList();
            assertThat(names).allMatch(name -> listed.contains("//SOURCES " + name));
        }
    }

    @Test
    @DisplayName("every file that a shell or JBang reads has its line ends from .gitattributes, not from the machine")
    void lineEnds() throws IOException {
        var command = new ArrayList<>(List.of("git", "check-attr", "eol", "--"));
        command.addAll(files());
        try (Run attributes = Run.command(command.toArray(String[]::new))) {
            attributes.expectExit(0);
            assertThat(attributes.out())
                    .filteredOn(
                            line -> line.matches("(.*[.](java|sh|py|yml|json|html|css|js)|.*jbang|[.]ci/.*): eol: .*"))
                    .hasSizeGreaterThan(20)
                    .allMatch(line -> line.endsWith(": eol: lf"));
        }
    }

    private static List<String> files() {
        try (Run files = Run.command("git", "ls-files", "--cached", "--others", "--exclude-standard")) {
            files.expectExit(0);
            assertThat(files.out()).contains("producer.java", "test/ScriptsTest.java");
            return files.out().stream()
                    .filter(file -> Files.exists(Run.ROOT.resolve(file))) // not deleted
                    .toList();
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("scripts")
    @DisplayName("copied alone into an empty directory, with an older client in //DEPS, it is built and runs:")
    void alone(String script) throws IOException {
        String older = text(script).replace("org.apache.kafka:kafka-clients:" + KAFKA, OLDER_CLIENT);
        Files.writeString(directory.resolve(script), older);
        try (Run run = Run.here().in(directory).script(script, "--version")) {
            run.expectExit(0);
        }
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).containsExactly(directory.resolve(script));
        }
    }

    // ---- --help and --version ----

    @ParameterizedTest(name = "{0}")
    @MethodSource("programs")
    @DisplayName("--help names every option, with its default, in lines of 80; -V the versions:")
    void help(String script) {
        try (Run help = Run.script(script, "--help");
                Run version = Run.script(script, "-V")) {
            help.expectExit(0);
            assertThat(help.err()).isEmpty(); // picocli complains of a format there
            String shown = String.join("\n", help.out());
            checkHelp(script, shown);
            assertThat(shown).containsPattern("Exit status:\\s+0");
            Matcher commands =
                    Pattern.compile("(?m)^  (\\w+)  ").matcher(shown.substring(shown.indexOf("Commands:") + 1));
            while (shown.contains("Commands:") && commands.find()) {
                try (Run of = Run.script(script, commands.group(1), "--help")) {
                    of.expectExit(0);
                    checkHelp(script + " " + commands.group(1), String.join("\n", of.out()));
                }
            }
            version.expectExit(0);
            String name = script.replaceFirst(".*/", "").replace(".java", "");
            assertThat(version.out()).singleElement().asString().startsWith(name + " 2.0.0");
            if (text(script).contains("//DEPS org.apache.kafka:"))
                assertThat(version.out().get(0)).endsWith(" " + KAFKA);
        }
    }

    private static void checkHelp(String what, String shown) {
        assertThat(shown).as(what).doesNotContain("null").contains("--help", "--version");
        assertThat(shown.lines()).as(what).allMatch(line -> line.length() <= 80);
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
    @CsvSource({"true, 0", "false, 1"})
    @DisplayName(".ci/run ends with the status of its last step, and its directory goes:")
    void statusOfCi(String lastStep, int status) throws IOException {
        Path work = Files.createDirectories(directory.resolve("work"));
        String trap = text(".ci/run")
                .lines()
                .filter(line -> line.startsWith("trap "))
                .findFirst()
                .orElseThrow();
        String script = "set -euo pipefail; work=$1; beside=\n%s\n%s".formatted(trap, lastStep);
        try (Run ci = Run.command("bash", "-c", script, "bash", "" + work)) {
            ci.expectExit(status);
        }
        assertThat(work).doesNotExist();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("programs")
    @DisplayName("starts under other JVM options, in another locale, without HOME, and prints the same:")
    void surroundings(String script) throws IOException {
        try (Run usual = Run.script(script, "--help");
                Run other = Run.here()
                        .in(Files.createDirectories(directory.resolve("empty")))
                        .with("JAVA_TOOL_OPTIONS", "-Duser.language=ar -Duser.country=EG -XX:+UseParallelGC")
                        .with("LC_ALL", "C")
                        .without("HOME", "TERM")
                        .command(Run.commandOf(script, "--help"))) {
            usual.expectExit(0);
            other.expectExit(0);
            assertThat(other.out()).isEqualTo(usual.out());
            assertThat(other.err()).singleElement().asString().startsWith("Picked up JAVA_TOOL_OPTIONS");
            assertThat(directory.resolve("empty")).isEmptyDirectory();
        }
    }

    // ---- wrong input ----

    @ParameterizedTest(name = "{0}  ->  {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "producer.java t -n -1             | -n takes 1 or more",
                "producer.java t -n 0              | -n takes 1 or more",
                "producer.java t -n five           | '--count'",
                "producer.java t -r 0              | -r takes",
                "producer.java t -r abc            | abc",
                "producer.java t -r NaN            | -r takes",
                "producer.java                     | TOPIC",
                "producer.java ''                  | ''",
                "producer.java t u                 | 'u'",
                "producer.java t --cont 5          | --cont",
                "producer.java t -X linger.ms      | linger.ms",
                "producer.java t -X linger.ms=x    | linger.ms",
                "producer.java t -b nowhere        | nowhere",
                "producer.java t -b ''             | bootstrap.servers",
                "producer.java t --command-config missing.properties | missing.properties",
                "producer.java t --command-config broken.properties  | encoding",
                "consumer.java t                   | GROUP",
                "consumer.java t g -n 0            | -n takes 1 or more",
                "consumer.java t ''                | GROUP is not blank",
                "consumer.java t g --unknown       | --unknown",
                "consumer.java t g -X group.id=x   | -X group.id",
                "queue.java t                      | GROUP",
                "queue.java t g -n 0               | -n takes 1 or more",
                "topics.java create                | NAME",
                "topics.java create t --unknown    | --unknown",
                "topics.java list -X bootstrap.servers=,     | bootstrap.servers",
                "topics.java list -X metric.reporters=x.Nope | x.Nope",
                "topics.java destroy t             | destroy",
                "cluster.java --brokers 0          | --brokers takes 1 to 9",
                "cluster.java --brokers 10         | --brokers takes 1 to 9",
                "cluster.java --port 65535         | --port takes",
                "cluster.java -X nonsense          | nonsense",
                "cluster.java extra                | extra",
                "failover.java 7                   | 7",
                "failover.java two                 | two",
                "failover.java --fault pause       | pause",
                "failover.java --acks 5            | --acks takes all, 1 or 0",
                "failover.java --rate x            | '--rate'",
                "failover.java --rate 0            | --rate",
                "lab/drill.java --unknown          | --unknown",
                "lab/doctor.java --unknown         | --unknown",
                "lab/live.java --port many         | '--port'",
                "lab/report.java x --unknown       | --unknown",
                "lab/report.java                   | HISTORY",
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
    @DisplayName(
            "LC_ALL=C: an argument in UTF-8 arrives through ./jbang; where JBang itself is used, the lab refuses it")
    void asciiLocale() {
        String nobody = "localhost:" + SharedCluster.freePort();
        Run.build("producer.java");
        var here = Run.here().with("LC_ALL", "C");
        try (Run direct = here.script("lab/doctor.java", "m\u00fcller", "-b", nobody);
                Run wrapped = here.command(Run.JBANG, "producer.java", "m\u00fcller", "k\u00fc", "-b", nobody)) {
            direct.expectExit(2);
            assertThat(direct.err()).singleElement().asString().contains("LC_ALL=C.UTF-8");
            wrapped.expectExit(2);
            assertThat(wrapped.err()).singleElement().asString().contains("'k\u00fc'");
        }
    }

    // ---- no cluster ----

    /** All wait at the same time. */
    @TestFactory
    @DisplayName("where no cluster answers, a script prints one line that names the doctor, within 10 s, status 3:")
    Stream<DynamicTest> noCluster() throws IOException {
        Path file = Files.writeString(directory.resolve("client.properties"), "security.protocol=PLAINTEXT\n");
        var runs = new LinkedHashMap<String, Run>();
        var servers = new HashMap<String, String>();
        for (String command :
                List.of("producer.java t", "consumer.java t g", "queue.java t g", "topics.java list", "topics.java"))
            for (String server : List.of("localhost:" + SharedCluster.freePort(), "no-such-host.invalid:9092")) {
                var arguments = new ArrayList<>(List.of(command.split(" ")));
                arguments.addAll(List.of("-b", server, "--command-config", file.toString()));
                String name = command + " -b " + server.replaceFirst("\\d+$", "");
                servers.put(name, server);
                String[] words = arguments.subList(1, arguments.size()).toArray(String[]::new);
                runs.put(name, Run.script(arguments.get(0), words));
            }
        return runs.entrySet().stream()
                .map(it -> DynamicTest.dynamicTest(
                        it.getKey(), () -> expectNoAnswer(it.getValue(), servers.get(it.getKey()))));
    }

    private static void expectNoAnswer(Run started, String server) {
        try (Run run = started) {
            run.expectExit(3, Duration.ofSeconds(60)); // a busy machine's 10 s
            assertThat(run.out()).isEmpty();
            assertThat(run.err())
                    .singleElement()
                    .asString()
                    .startsWith("No answer from " + server + ": ")
                    .endsWith(" Why: jbang lab/doctor.java -b " + server);
        }
    }

    @Test
    @DisplayName("an empty $KAFKA_BOOTSTRAP_SERVERS is none; -b comes before -X, and -X before the file")
    void whoNamesTheServers() throws IOException {
        Path file = Files.writeString(directory.resolve("client.properties"), "bootstrap.servers=file.invalid:1\n");
        String[] named = {
            "t", "--command-config", file.toString(), "-X", "bootstrap.servers=x.invalid:1", "-b", "b.invalid:1"
        };
        var runs = new TreeMap<String, Run>(); // by the server that each must ask; all wait at the same time
        var here = Run.here().with("KAFKA_BOOTSTRAP_SERVERS", "variable.invalid:1");
        Map.of("b", 7, "x", 5, "file", 3, "variable", 1)
                .forEach((server, words) ->
                        runs.put(server + ".invalid:1", here.script("producer.java", Arrays.copyOf(named, words))));
        runs.forEach((server, run) -> expectNoAnswer(run, server));
        try (Run empty = Run.here().with("KAFKA_BOOTSTRAP_SERVERS", "").script("producer.java", "t")) {
            empty.awaitExit(); // its status depends on whether a cluster runs at the usual ports
            assertThat(empty.toString()).doesNotContain("must not be empty");
        }
    }
}
