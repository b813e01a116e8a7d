import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
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
    private static final String NEEDED = "cat dirname grep mkdir mktemp mv readlink rm sed sha256sum tail";

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
        jar = Files.readAllBytes(onlyFileIn(cache));
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
        assertThat(onlyFileIn(cache)).hasBinaryContent(jar);
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
                run.awaitNothingLeft(Duration.ofSeconds(15)); // curl itself gives up after 30 s
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
    @DisplayName("fetches with wget where there is no curl, and tells its reason, too")
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
        try (Run run = script("arguments", arguments.toArray(String[]::new))) {
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

    private static Path onlyFileIn(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> found = files.toList();
            assertThat(found).hasSize(1);
            return found.get(0);
        }
    }

    /** A directory with a java that tells this version, and perhaps a javac. */
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
