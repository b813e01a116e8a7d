package test;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** {@code ./jbang}: it gets JBang once and in one piece, finds Java, and then is not noticed. */
class WrapperTest {
    private static final String FETCHING = "jbang: fetching JBang";

    /** The commands that the wrapper needs in any case. */
    private static final String NEEDED =
            "cat cut dirname env find getent grep id locale mkdir mktemp mv readlink rm sed sha256sum tail tr";

    /** Exit statuses by signal. */
    private static final Map<String, Integer> ENDED_BY = Map.of("INT", 130, "TERM", 143);

    private static final Path REAL_JDK = Path.of(System.getProperty("java.home"));

    /** A script that shows what reaches it. */
    private static final String SCRIPT = """
            //JAVA 17+
            class script {
                public static void main(String... arguments) throws Exception {
                    switch (arguments.length == 0 ? "" : arguments[0]) {
                        case "arguments" -> {
                            for (int i = 1; i < arguments.length; i++)
                                System.out.println("[" + arguments[i] + "]");
                        }
                        case "exit" -> System.exit(Integer.parseInt(arguments[1]));
                        case "launcher" -> System.out.println(System.getenv("JBANG_LAUNCH_CMD"));
                        case "echo" -> System.in.transferTo(System.out);
                        case "wait" -> {
                            var goodbye = new Thread(() -> System.out.println("goodbye"));
                            Runtime.getRuntime().addShutdownHook(goodbye);
                            System.out.println("waiting");
                            Thread.currentThread().join();
                        }
                    }
                }
            }
            """;

    /** The jar, fetched once from Maven Central, to be served to the other tests. */
    private static byte[] jar;

    private static String jarName;

    private static Path script;
    private static Path compiled;

    @TempDir
    private Path directory;

    private Path cache;

    @BeforeAll
    static void fetchJar(@TempDir Path shared) throws IOException {
        script = Files.writeString(shared.resolve("script.java"), SCRIPT);
        compiled = shared.resolve("compiled");
        Path cache = shared.resolve("cache");
        try (Run run = jbang(cache).command(Run.JBANG, script.toString(), "exit", "0")) {
            run.expectExit(0);
            assertThat(run.err().get(0)).startsWith(FETCHING);
        }
        Path fetched = jarIn(cache);
        jarName = fetched.getFileName().toString();
        jar = Files.readAllBytes(fetched);
    }

    @BeforeEach
    void nameCache() {
        cache = directory.resolve("cache of the test"); // with blanks, as home directories may have
    }

    @Test
    @DisplayName("fetches JBang when its cache is empty, says so, and does not fetch it again")
    void fetchesOnce() throws IOException {
        try (var repository = new Repository(jar)) {
            try (Run first = fetchingFrom(repository)) {
                first.expectExit(0);
                assertThat(first.err())
                        .filteredOn(line -> line.startsWith(FETCHING))
                        .hasSize(1);
            }
            try (Run second = fetchingFrom(repository)) {
                second.expectExit(0);
                assertThat(second.err()).isEmpty();
            }
            assertThat(repository.requests).hasValue(1);
        }
    }

    @Test
    @DisplayName("two that start at once with an empty cache both run")
    void twoAtOnce() throws IOException {
        var bothHaveAsked = new CyclicBarrier(2);
        var repository = new Repository(jar);
        repository.beforeAnswer = () -> bothHaveAsked.await();
        try (repository;
                Run one = fetchingFrom(repository);
                Run other = fetchingFrom(repository)) {
            one.expectExit(0);
            other.expectExit(0);
        }
        assertThat(jarIn(cache)).hasBinaryContent(jar);
    }

    @Test
    @DisplayName("a jar with the wrong checksum is refused")
    void wrongChecksum() throws IOException {
        try (var repository = new Repository("garbage".getBytes(StandardCharsets.UTF_8));
                Run run = fetchingFrom(repository)) {
            expectRefusal(run, "SHA-256");
        }
    }

    @Test
    @DisplayName("a download that breaks off leaves nothing")
    void brokenOff() throws IOException {
        var repository = new Repository(jar);
        repository.breaksOff = true;
        try (repository;
                Run run = fetchingFrom(repository)) {
            expectRefusal(run, "cannot fetch " + repository.url());
        }
    }

    @Test
    @DisplayName("a download that is interrupted leaves nothing, no process either")
    void interruptedDownload() throws Exception {
        for (String signal : ENDED_BY.keySet()) {
            var asked = new CountDownLatch(1);
            var over = new CountDownLatch(1);
            var repository = new Repository(jar);
            repository.beforeAnswer = () -> {
                asked.countDown();
                over.await();
            };
            try (repository;
                    Run run = fetchingFrom(repository)) {
                assertThat(asked.await(Run.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
                assertThat(cache).isNotEmptyDirectory();
                run.signal(signal);
                run.expectExit(ENDED_BY.get(signal));
                run.awaitNothingLeft(Duration.ofSeconds(25)); // curl itself gives up after 30 s
                assertThat(cache).isEmptyDirectory();
                over.countDown();
            }
        }
    }

    @Test
    @DisplayName("no network: one line with the reason")
    void noNetwork() throws IOException {
        int closed;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = socket.getLocalPort();
        }
        try (Run run = fetchingFrom("http://127.0.0.1:" + closed)) {
            expectRefusal(run, "Check the network");
        }
    }

    @Test
    @DisplayName("a repository without JBang: one line with the reason")
    void notFound() throws IOException {
        var repository = new Repository(jar);
        repository.status = 404;
        try (repository;
                Run run = fetchingFrom(repository)) {
            expectRefusal(run, "404");
        }
    }

    @Test
    @DisplayName("fetches with wget if there is no curl, and also prints its reason")
    void wget() throws IOException {
        Path path = onlyCommands("java", "javac", "wget");
        try (var repository = new Repository(jar)) {
            var surroundings = emptyCache(repository.url()).with("PATH", path);
            repository.status = 404;
            try (Run run = surroundings.command(Run.JBANG, "version")) {
                expectRefusal(run, "404");
            }
            repository.status = 200;
            try (Run run = surroundings.command(Run.JBANG, "version")) {
                run.expectExit(0);
            }
        }
    }

    @Test
    @DisplayName("neither curl nor wget: one line")
    void nothingToFetchWith() throws IOException {
        var surroundings = jbang(cache).with("PATH", onlyCommands("java", "javac"));
        try (Run run = surroundings.command(Run.JBANG, "version")) {
            expectRefusal(run, "curl");
        }
    }

    @Test
    @DisplayName("a cache that cannot be written: one line with its name")
    void unwritableCache() throws IOException {
        Path file = Files.createFile(directory.resolve("file")); // stops root, too
        try (Run run = jbang(file.resolve("cache")).command(Run.JBANG, "version")) {
            expectRefusal(run, "cannot write to " + file);
        }
    }

    @Test
    @DisplayName("no Java: one line")
    void noJava() throws IOException {
        var surroundings = jbang(cache).with("PATH", onlyCommands("curl"));
        try (Run run = surroundings.command(Run.JBANG, "version")) {
            expectRefusal(run, "no Java");
        }
    }

    @Test
    @DisplayName("Java too old, or without a compiler: one line that names it")
    void unsuitableJava() throws IOException {
        for (var old : Map.of("11.0.23", "Java 11", "1.8.0_402", "Java 8").entrySet()) {
            Path bin = fakeJava(old.getKey(), "javac");
            try (Run run = withJava(bin).command(Run.JBANG, "version")) {
                expectRefusal(run, bin + "/java is " + old.getValue());
            }
        }
        Path runtimeOnly = fakeJava("17.0.15");
        try (Run run = withJava(runtimeOnly).command(Run.JBANG, "version")) {
            expectRefusal(run, "javac");
        }
    }

    @Test
    @DisplayName("takes the Java of JAVA_HOME, and the one on PATH if that is too old or is not there")
    void choosesJava() throws IOException {
        Path old = fakeJava("11.0.23", "javac");
        String path = System.getenv("PATH");
        Run.Surroundings oldOnPath = withJar().with("PATH", old + ":" + path);
        Run.Surroundings goodOnPath = withJar().with("PATH", REAL_JDK.resolve("bin") + ":" + path);

        oldOnPath.with("JAVA_HOME", REAL_JDK);
        expectSuccess(oldOnPath);
        goodOnPath.with("JAVA_HOME", old.getParent());
        expectSuccess(goodOnPath);
        goodOnPath.with("JAVA_HOME", "/nothing/here");
        expectSuccess(goodOnPath);
    }

    private static void expectSuccess(Run.Surroundings surroundings) {
        try (Run run = surroundings.command(Run.JBANG, script.toString(), "exit", "0")) {
            run.expectExit(0);
            assertThat(run.err()).isEmpty();
        }
    }

    @Test
    @DisplayName("arguments arrive as they were given: quotes, blanks, $, *, newlines, empty ones")
    void quoting() {
        var arguments = new ArrayList<>(List.of("", "two words", "two\nlines", "at the end\n", " "));
        Collections.addAll(arguments, "it's \"so\" $HOME $(id) `id` * ? ~ ! # ; & |".split(" "));
        Collections.addAll(arguments, ">a {a,b} \\ \\n %s ${x} [a] @f -h -- grüße".split(" "));
        arguments.add("");
        for (int i = 0; i < 2; i++) // the second time by the command that was remembered
        try (Run run = script("arguments", arguments.toArray(String[]::new))) {
                run.expectExit(0);
                assertThat(String.join("\n", run.out())).isEqualTo("[" + String.join("]\n[", arguments) + "]");
            }
        var command = new ArrayList<>(List.of(Run.JBANG, "--quiet", script.toString(), "arguments")); // not remembered
        command.addAll(arguments);
        try (Run run = withJar().command(command.toArray(String[]::new))) {
            run.expectExit(0);
            assertThat(String.join("\n", run.out())).isEqualTo("[" + String.join("]\n[", arguments) + "]");
        }
    }

    @Test
    @DisplayName("the exit status is the script's, or JBang's")
    void exitStatus() {
        for (int status : List.of(0, 1, 3, 255)) {
            try (Run run = script("exit", Integer.toString(status))) {
                run.expectExit(status);
            }
        }
        try (Run run = withJar().command(Run.JBANG, "no-such-script.java")) {
            run.expectExit(2);
        }
    }

    @Test
    @DisplayName("what JBang itself prints is printed")
    void jbangOutput() {
        try (Run run = withJar().command(Run.JBANG, "info", "jar", script.toString())) {
            run.expectExit(0);
            assertThat(run.out()).singleElement().asString().endsWith(".jar");
        }
    }

    @Test
    @DisplayName("SIGINT and SIGTERM reach the script")
    void signals() {
        for (String signal : ENDED_BY.keySet()) {
            try (Run run = script("wait")) {
                run.awaitLine("waiting");
                run.signal(signal);
                run.expectExit(ENDED_BY.get(signal));
                assertThat(run.out()).endsWith("goodbye");
            }
        }
    }

    @Test
    @DisplayName("a signal while JBang prepares the script: it is not started, and nothing is left")
    void signalBeforeTheScript() throws IOException {
        Path goOn = directory.resolve("go on");
        Path bin = fakeJava("17.0.15", "javac");
        String likeJBang = """
                [ "$1" != -version ] || { echo 'openjdk version "17.0.15"' >&2; exit; }
                echo preparing >&2
                until [ -e '%s' ]; do sleep 0.05; done
                kill -0 $PPID 2>/dev/null || echo left alone >&2
                echo "echo started"
                exit 255
                """;
        writeCommand(bin.resolve("java"), likeJBang.formatted(goOn));
        var surroundings = withJar().with("JAVA_HOME", bin.getParent());
        for (String signal : ENDED_BY.keySet()) {
            try (Run run = surroundings.command(Run.JBANG, "script.java")) {
                run.awaitLine("preparing");
                run.signal(signal);
                Files.createFile(goOn);
                run.expectExit(ENDED_BY.get(signal));
                assertThat(run.out()).isEmpty();
                assertThat(run.err()).containsExactly("preparing");
            }
            Files.delete(goOn);
        }
        Files.createFile(goOn);
        try (Run run = surroundings.command(Run.JBANG, "script.java")) {
            run.expectExit(0);
            assertThat(run.out()).containsExactly("started");
        }
    }

    @Test
    @DisplayName("standard input is the script's, from the first byte to the last")
    void standardInput() {
        try (Run run = script("echo")) {
            run.type("typed before the script runs");
            run.awaitLine("typed before the script runs");
            run.type("typed while it runs");
            run.awaitLine("typed while it runs");
            run.endInput();
            run.expectExit(0);
        }
    }

    @Test
    @DisplayName("runs through a symbolic link, from another directory, and scripts can call it by JBANG_LAUNCH_CMD")
    void symbolicLink() throws IOException {
        Path link = Files.createDirectories(directory.resolve("my programs")).resolve("jb");
        Files.createSymbolicLink(link, Path.of(Run.JBANG));
        var here = withJar().in(directory);
        try (Run run = here.command("my programs/jb", script.toString(), "launcher")) {
            run.expectExit(0);
            assertThat(run.out()).containsExactly(link.toString());
        }
        var elsewhere = withJar().in(Path.of("/"));
        try (Run run = elsewhere.command(link.toString(), script.toString(), "exit", "7")) {
            run.expectExit(7);
        }
        Files.delete(link); // JUnit warns of links that lead out of its temporary directory
    }

    // ---- the command that JBang has printed is remembered ----

    @Test
    @DisplayName("JBang is asked once for a script; then again when the script, its place, or JBang's settings differ")
    void remembers() throws IOException {
        Path file = says("one");
        assertThat(run(file)).isEqualTo("JBang one");
        assertThat(run(file)).isEqualTo("one");
        says("two");
        assertThat(run(file)).isEqualTo("JBang two");
        assertThat(run(file)).isEqualTo("two");
        says("one");
        assertThat(run(file)).isEqualTo("one");
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(60)));
        assertThat(run(file)).isEqualTo("one");
        Files.writeString(file, Files.readString(file).replace("\n", "\r\n")); // a checkout on Windows
        assertThat(run(file)).isEqualTo("JBang one");
        assertThat(run(file)).isEqualTo("one");
        Path copy = Files.createDirectories(directory.resolve("other place")).resolve("say.java");
        Files.copy(file, copy);
        assertThat(run(copy)).isEqualTo("JBang one");
        assertThat(run(copy)).isEqualTo("one");
        Files.writeString(directory.resolve("jbang.properties"), "run.javaoptions=-Dany\n");
        assertThat(run(file)).isEqualTo("JBang one");
        assertThat(run(file)).isEqualTo("one");
        assertThat(run(asked().with("JBANG_REPO", directory), file.toString())).isEqualTo("JBang one");
    }

    @Test
    @DisplayName("what is remembered is run with this time's arguments, also empty ones")
    void otherArguments() throws IOException {
        String file = says("one").toString();
        assertThat(run(asked(), file, "a b", "", "$c")).isEqualTo("JBang one [a b] [] [$c]");
        assertThat(run(asked(), file, "", "it's")).isEqualTo("one [] [it's]");
        assertThat(run(asked(), file)).isEqualTo("one");
    }

    @Test
    @DisplayName("JBang is asked again with another JDK, an updated one, and with other options for its JVM")
    void otherJava() throws IOException {
        String file = says("one").toString();
        assertThat(run(asked(), file)).isEqualTo("JBang one");
        Path other = jdk("another JDK");
        assertThat(run(asked().with("JAVA_HOME", other), file)).isEqualTo("JBang one");
        assertThat(run(asked().with("JAVA_HOME", other), file)).isEqualTo("one");
        Files.writeString(other.resolve("release"), "JAVA_VERSION=\"17.0.99\"\n");
        assertThat(run(asked().with("JAVA_HOME", other), file)).isEqualTo("JBang one");
        assertThat(run(asked().with("JBANG_JAVA_OPTIONS", "-Xmx256m"), file)).isEqualTo("JBang one");
        assertThat(run(asked(), file)).isEqualTo("one");
    }

    @Test
    @DisplayName("JBang is asked again when a jar, Java, or the command itself is not there any more, or only half")
    void halfDeleted() throws IOException {
        Path file = says("one");
        assertThat(run(file)).isEqualTo("JBang one");
        assertThat(run(file)).isEqualTo("one");
        for (String jar : List.of("one.jar", "a library.jar")) {
            Files.delete(directory.resolve(jar));
            assertThat(run(file)).as(jar + " deleted").isEqualTo("JBang one");
            Files.writeString(directory.resolve(jar), "");
            assertThat(run(file)).as(jar + " empty").isEqualTo("JBang one");
            assertThat(run(file)).isEqualTo("one");
        }
        Path command = onlyFileIn(cache.resolve("commands"));
        String whole = Files.readString(command);
        for (String broken : List.of("", "\n", whole.replaceFirst("^'[^']*'", "/no/java"))) {
            Files.writeString(command, broken);
            assertThat(run(file)).as(broken).isEqualTo("JBang one");
            assertThat(command).hasContent(whole);
        }
    }

    @Test
    @DisplayName("an entry with rooms: JBang is asked once, and again when a room is changed, added, removed or moved")
    void remembersRooms() throws IOException {
        Path entry = entry("//SOURCES rooms/One.java // the first", "//SOURCES rooms/Two.java", FILES);
        assertThat(run(entry)).isEqualTo("JBang one");
        assertThat(run(entry)).isEqualTo("one");
        for (String part : List.of("One.java", "Two.java", "page.html")) {
            Path room = directory.resolve("rooms").resolve(part);
            String before = Files.readString(room);
            Files.writeString(room, before + "// changed\n");
            assertThat(run(entry)).as(part + " changed").isEqualTo("JBang one");
            assertThat(run(entry)).isEqualTo("one");
            Files.delete(room);
            for (int i = 0; i < 2; i++)
                assertThat(run(entry)).as(part + " removed").isEqualTo("JBang one");
            Files.writeString(room, before);
            assertThat(run(entry)).as(part + " as it was").isEqualTo("one");
        }
        Path one = directory.resolve("rooms/One.java");
        Path two = directory.resolve("rooms/Two.java");
        String last = "// the last line\n";
        Files.writeString(one, Files.readString(one) + last);
        assertThat(run(entry)).isEqualTo("JBang one");
        Files.writeString(one, Files.readString(one).replace(last, ""));
        Files.writeString(two, last + Files.readString(two)); // all bytes are there, in the same order
        assertThat(run(entry)).isEqualTo("JBang one");
        Files.writeString(directory.resolve("rooms/Three.java"), "class Three {}\n");
        assertThat(run(entry)).as("not in the entry").isEqualTo("one");
        Files.writeString(entry, Files.readString(entry) + "//SOURCES rooms/Three.java\n");
        assertThat(run(entry)).isEqualTo("JBang one");
        assertThat(run(entry)).isEqualTo("one");
    }

    @Test
    @DisplayName("the rooms are those beside the entry, wherever the caller is, also through a symbolic link")
    void roomsBesideTheEntry() throws IOException {
        Path entry = entry("//SOURCES rooms/One.java", FILES);
        Path elsewhere = Files.createDirectories(directory.resolve("else where/rooms"));
        Path link = Files.createSymbolicLink(elsewhere.resolveSibling("several.java"), entry);
        String name = directory.getFileName().toString();
        Files.createDirectories(elsewhere.resolve(name));
        var here = asked().in(directory.getParent()).with("CDPATH", elsewhere);
        for (String expected : List.of("JBang one", "one")) {
            assertThat(run(here, name + "/several.java")).isEqualTo(expected);
            assertThat(run(asked().in(elsewhere), "../../several.java")).isEqualTo(expected);
        }
        assertThat(run(here, link.toString())).isEqualTo("JBang one");
        assertThat(run(here, link.toString())).as("it has no rooms there").isEqualTo("JBang one");
        for (String part : List.of("One.java", "page.html")) Files.writeString(elsewhere.resolve(part), "other\n");
        assertThat(run(here, link.toString())).isEqualTo("JBang one");
        assertThat(run(here, link.toString())).isEqualTo("one");
        Files.writeString(elsewhere.resolve("One.java"), "changed\n");
        assertThat(run(here, link.toString())).isEqualTo("JBang one");
        Files.delete(link);
    }

    @Test
    @DisplayName("nothing is remembered for JBang's options and commands, and an error")
    void neverRemembered() throws IOException {
        String file = says("one").toString();
        Path broken = Files.writeString(directory.resolve("broken.java"), "//say error\n");
        for (int i = 0; i < 2; i++) {
            assertThat(run(asked(), "-Dany=1", file)).isEqualTo("JBang one");
            assertThat(run(asked(), "run", file)).isEqualTo("JBang one");
            assertThat(run(asked(), "info", "jar", file)).isEqualTo("JBang info");
            assertThat(run(broken)).isEqualTo("JBang error");
        }
        assertThat(cache.resolve("commands")).doesNotExist();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "//SOURCES rooms/*.java",
                "//SOURCES rooms",
                "//SOURCES rooms/One.java rooms/Two.java",
                "//SOURCES rooms/One.java,rooms/Two.java",
                "//SOURCES rooms/One.java;rooms/Two.java // two rooms",
                "//SOURCES\trooms/One.java\trooms/Two.java",
                "//SOURCES rooms/Nested.java // names one more",
                "//SOURCES rooms/Dependent.java",
                "//SOURCES rooms/Variable.java",
                "//SOURCES rooms/Missing.java",
                "//SOURCES https://127.0.0.1/One.java",
                "//FILES rooms/*.html",
                "//FILES page=rooms/page.html other=rooms/Two.java",
                "//DEPS rooms/One.java",
                "//DEPS any:any:${env.VERSION}",
            })
    @DisplayName("nothing is remembered where the entry's lines are not all that there is to know:")
    void unknownRooms(String line) throws IOException {
        Path entry = entry("//SOURCES rooms/One.java", line, FILES);
        Path rooms = directory.resolve("rooms");
        Files.writeString(rooms.resolve("Nested.java"), "//SOURCES Two.java\n");
        Files.writeString(rooms.resolve("Dependent.java"), "//DEPS Two.java\n");
        Files.writeString(rooms.resolve("Variable.java"), "//DEPS any:any:${any.version}\n");
        for (int i = 0; i < 2; i++) assertThat(run(entry)).isEqualTo("JBang one");
        assertThat(cache.resolve("commands")).doesNotExist();
    }

    private static final String FILES = "//FILES room/page.html=rooms/page.html";

    /** Writes the entry several.java with these lines, and its rooms. */
    private Path entry(String... lines) throws IOException {
        Path rooms = Files.createDirectories(directory.resolve("rooms"));
        Files.writeString(rooms.resolve("One.java"), "class One {}\n");
        Files.writeString(rooms.resolve("Two.java"), "class Two {}\n");
        Files.writeString(rooms.resolve("page.html"), "<p>\n");
        String entry = "//JAVA 17+\n//say one\n%s\n".formatted(String.join("\n", lines));
        return Files.writeString(directory.resolve("several.java"), entry);
    }

    @Test
    @DisplayName("many that start at once remember a whole command, and leave nothing else; no cache, and all runs")
    void rememberedAtOnce() throws IOException {
        Path file = says("one");
        var runs = new ArrayList<Run>();
        for (int i = 0; i < 8; i++) runs.add(asked().command(Run.JBANG, file.toString()));
        for (Run run : runs)
            try (run) {
                run.expectExit(0);
                assertThat(run.out()).containsExactly("one");
            }
        assertThat(onlyFileIn(cache.resolve("commands")).getFileName().toString())
                .matches("[0-9a-f]{64}");
        assertThat(run(file)).isEqualTo("one");
        Files.delete(onlyFileIn(cache.resolve("commands")));
        Files.delete(cache.resolve("commands"));
        Files.createFile(cache.resolve("commands")); // nothing can be remembered
        assertThat(run(file)).isEqualTo("JBang one");
        assertThat(run(file)).isEqualTo("JBang one");
    }

    @Test
    @DisplayName("sh jbang, where jbang is not executable: scripts can run what JBANG_LAUNCH_CMD names by sh")
    void notExecutable() throws IOException {
        Path wrapper = directory.resolve("jbang");
        Files.writeString(wrapper, Files.readString(Path.of(Run.JBANG)));
        try (Run run = withJar().in(directory).command("sh", "jbang", script.toString(), "launcher")) {
            run.expectExit(0);
            try (Run again = withJar().command("sh", run.out().get(0), script.toString(), "exit", "7")) {
                again.expectExit(7);
            }
        }
    }

    @Test
    @DisplayName("no home directory: one line, and no directory '?'")
    void noHome() throws Exception {
        Path anybodys = Files.createTempDirectory(Path.of("/tmp"), "anybody");
        Files.setPosixFilePermissions(anybodys, PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.copy(Path.of(Run.JBANG), anybodys.resolve("jbang"));
        String asNobody = "setpriv --reuid 54321 --regid 54321 --clear-groups sh jbang version";
        var here = Run.here().in(anybodys).without("HOME", "XDG_CACHE_HOME");
        try (Run run = here.command(asNobody.split(" "))) {
            run.expectExit(3);
            assertThat(run.err()).singleElement().asString().contains("Set HOME");
            assertThat(onlyFileIn(anybodys)).hasFileName("jbang");
        } finally {
            Files.delete(anybodys.resolve("jbang"));
            Files.delete(anybodys);
        }
    }

    /** Writes the script say.java, which prints the word. */
    private Path says(String word) throws IOException {
        return Files.writeString(directory.resolve("say.java"), "//JAVA 17+\n//say " + word + "\n");
    }

    /** What was printed; before it "JBang", if the wrapper has asked JBang for the command. */
    private String run(Path file) throws IOException {
        return run(asked(), file.toString());
    }

    private String run(Run.Surroundings surroundings, String... arguments) throws IOException {
        var command = new ArrayList<>(List.of(Run.JBANG));
        Collections.addAll(command, arguments);
        Path log = directory.resolve("asked.log");
        Files.writeString(log, "");
        try (Run run = surroundings.command(command.toArray(String[]::new))) {
            run.awaitExit();
            assertThat(run.err()).isEmpty();
            return Files.readString(log) + String.join(" ", run.out());
        }
    }

    /** Surroundings with a cache of their own, in which a stand-in for JBang notes that it was asked. */
    private Run.Surroundings asked() throws IOException {
        if (!Files.exists(cache)) {
            Files.createDirectories(cache);
            Files.write(cache.resolve(jarName), jar);
        }
        return jbang(cache).in(directory).with("JAVA_HOME", jdk("JDK"));
    }

    /**
     * A JDK whose java stands for JBang, and for the script: it would take seconds to ask the real one so often. As
     * JBang it makes two jars and prints the command; as the script it prints the jar's word and the arguments.
     */
    private Path jdk(String name) throws IOException {
        Path home = directory.resolve(name);
        if (Files.exists(home)) return home;
        Path bin = Files.createDirectories(home.resolve("bin"));
        writeCommand(bin.resolve("javac"), "exit 1");
        writeCommand(bin.resolve("java"), """
                here='%s'
                case " $* " in
                  *" -jar "*)
                    printf 'JBang ' >>"$here/asked.log"
                    case " $* " in *" info "*) echo info; exit 0 ;; esac
                    for file; do case $file in *say.java | *several.java | *broken.java) break ;; esac done
                    word=$(tr -d '\\r' <"$file" | sed -n 's/^.*say \\([a-z]*\\)$/\\1/p')
                    [ "$word" != error ] || { echo error; exit 1; }
                    for made in "$word" "a library"; do
                      echo "$word" >"$here/$made.$$" && mv "$here/$made.$$" "$here/$made.jar"
                    done
                    printf "'%%s' -classpath '%%s' say" "$0" "$here/$word.jar:$here/a library.jar"
                    while [ "$1" != "$file" ]; do shift; done
                    shift
                    for argument; do printf " '%%s'" "$argument"; done
                    exit 255 ;;
                esac
                printf %%s "$(cat "${2%%%%:*}")"
                shift 3
                for argument; do printf ' [%%s]' "$argument"; done
                echo
                """.formatted(directory));
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"17.0.1\"\n");
        return home;
    }

    /**
     * Surroundings in which the wrapper keeps its jar in this cache, and JBang what it has compiled
     * apart from others.
     */
    private static Run.Surroundings jbang(Path cache) {
        return Run.here()
                .with("JBANG_WRAPPER_CACHE", cache)
                .with("JBANG_CACHE_DIR", compiled)
                .without("JAVA_HOME");
    }

    /** Surroundings in which the jar is in the cache already. */
    private static Run.Surroundings withJar() {
        return jbang(compiled.resolveSibling("cache"));
    }

    private Run.Surroundings withJava(Path bin) {
        return jbang(cache).with("PATH", bin + ":" + System.getenv("PATH"));
    }

    /** Surroundings in which the jar is still to be fetched from this repository. */
    private Run.Surroundings emptyCache(String repository) {
        return jbang(cache).with("JBANG_MAVEN_REPOSITORY", repository);
    }

    private Run fetchingFrom(String repository) {
        return emptyCache(repository).command(Run.JBANG, script.toString(), "exit", "0");
    }

    private Run fetchingFrom(Repository repository) {
        return fetchingFrom(repository.url());
    }

    /** The script above, run by the wrapper. */
    private static Run script(String what, String... arguments) {
        var command = new ArrayList<>(List.of(Run.JBANG, script.toString(), what));
        Collections.addAll(command, arguments);
        return withJar().command(command.toArray(String[]::new));
    }

    /**
     * One line for the person (after the one that says that something is fetched), exit status 3,
     * and an empty cache.
     */
    private void expectRefusal(Run run, String reason) {
        run.expectExit(3);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .filteredOn(line -> !line.startsWith(FETCHING))
                .singleElement()
                .asString()
                .startsWith("jbang: ")
                .contains(reason);
        if (Files.exists(cache)) {
            assertThat(cache).isEmptyDirectory();
        }
    }

    /** The cache has JBang's jar, and besides at most the commands that are remembered. */
    private static Path jarIn(Path cache) throws IOException {
        try (Stream<Path> files = Files.list(cache)) {
            List<Path> found = files.filter(it -> !it.endsWith("commands")).toList();
            assertThat(found).hasSize(1);
            return found.get(0);
        }
    }

    private static Path onlyFileIn(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> found = files.toList();
            assertThat(found).hasSize(1);
            return found.get(0);
        }
    }

    /** A directory with a java that reports this version, and perhaps a javac. */
    private Path fakeJava(String version, String... others) throws IOException {
        Path bin = Files.createDirectories(directory.resolve("Java " + version).resolve("bin"));
        writeCommand(bin.resolve("java"), "echo 'openjdk version \"" + version + "\" 2024-04-16' >&2");
        for (String other : others) {
            writeCommand(bin.resolve(other), "exit 1");
        }
        return bin;
    }

    private static void writeCommand(Path file, String line) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + line + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** A directory to be the PATH: what the wrapper needs in any case, and these. */
    private Path onlyCommands(String... others) throws IOException {
        Path bin = Files.createDirectories(directory.resolve("only " + String.join(" ", others)));
        for (String names : List.of(NEEDED, String.join(" ", others))) {
            for (String name : names.split(" ")) {
                writeCommand(bin.resolve(name), "exec " + find(name) + " \"$@\"");
            }
        }
        return bin;
    }

    private static Path find(String command) {
        return Stream.of(System.getenv("PATH").split(":"))
                .map(directory -> Path.of(directory, command))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new AssertionError("needed for this test: " + command));
    }

    /** A Maven repository on this machine that has one answer for all. */
    private static final class Repository implements AutoCloseable {
        private interface Action {
            void run() throws Exception;
        }

        private final HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        private final byte[] content;
        private final AtomicInteger requests = new AtomicInteger();
        private volatile int status = 200;
        private volatile boolean breaksOff;
        private volatile Action beforeAnswer = () -> {};

        Repository(byte[] content) throws IOException {
            this.content = content;
            server.setExecutor(Executors.newCachedThreadPool());
            server.createContext("/", this::answer);
            server.start();
        }

        String url() {
            return "http://127.0.0.1:" + server.getAddress().getPort();
        }

        private void answer(HttpExchange exchange) throws IOException {
            requests.incrementAndGet();
            int length = breaksOff ? content.length / 2 : content.length;
            try (exchange) {
                beforeAnswer.run();
                exchange.sendResponseHeaders(status, content.length);
                exchange.getResponseBody().write(content, 0, length);
            } catch (Exception e) {
                throw new IOException(e); // the other side has gone, which some tests are about
            }
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }
}
