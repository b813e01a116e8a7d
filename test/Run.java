package test;

import com.grack.nanojson.*;
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.regex.*;
import java.util.stream.*;

/**
 * A script that runs for real: a process of its own, started as a person would start it, with its
 * output as it comes, its input, signals and exit status. Every wait has a limit, and where one
 * fails, it shows everything that was printed.
 *
 * <pre>{@code
 * try (var cluster = Run.script("cluster.java")) {
 *     cluster.awaitLine("ready");
 *     cluster.type("stop kafka-1");
 *     cluster.awaitLine("kafka-1 stopped");
 *     cluster.interrupt();
 *     cluster.expectExit(0);
 *     cluster.awaitNothingLeft();
 * }
 * }</pre>
 */
public final class Run implements AutoCloseable {
    /** The repository's directory. */
    public static final Path ROOT = root();

    /** The repository's JBang. */
    public static final String JBANG = ROOT.resolve("jbang").toString();

    /** How long is waited where a test does not say: long enough for a busy machine. */
    public static final Duration LIMIT = Duration.ofMinutes(2);

    private static final Duration BUILD_LIMIT = Duration.ofMinutes(10); // may fetch 100 MB of dependencies
    private static final Duration GRACE = Duration.ofSeconds(60); // from SIGTERM to SIGKILL, when closing
    private static final Duration DRAIN = Duration.ofSeconds(5); // for the last output, after the end
    private static final int SHOWN = 500; // lines in a failure's message
    private static final Map<Path, List<String>> BUILT = new HashMap<>(); // with the command that runs it
    private static final Set<Run> OPEN = ConcurrentHashMap.newKeySet();
    private static volatile boolean ending;

    /** Where the classes of a class path are, as the suite writes them; no such file: the JVM reads the jars. */
    static volatile Function<String, Path> classArchives = classpath -> Path.of("none");

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(Run::endAll));
    }

    private final Process process;
    private final String command;
    private final Screen screen; // null: standard output and standard error are pipes
    private final Lines out = new Lines("out");
    private final Lines err = new Lines("err");
    private final List<String> transcript = new ArrayList<>();
    private final Set<ProcessHandle> descendants = new LinkedHashSet<>();

    /**
     * Starts the command into which {@code ./jbang SCRIPT ARGUMENT...} turns itself, in the repository's directory:
     * without JBang's own second.
     */
    public static Run script(String script, String... arguments) {
        return here().script(script, arguments);
    }

    /** Starts {@code ./jbang SCRIPT ARGUMENT...} in the repository's directory, as a person does. */
    public static Run jbang(String script, String... arguments) {
        build(script);
        return command(all(List.of(JBANG, script), arguments));
    }

    /** Starts any command in the repository's directory. */
    public static Run command(String... command) {
        return here().command(command);
    }

    /**
     * The repository's directory and the suite's environment, to be changed before something is
     * started there.
     */
    public static Surroundings here() {
        return new Surroundings();
    }

    /**
     * Builds each script, once in a suite. JBang's cache is not made for two that start the same
     * unbuilt script at once; {@link #script} calls this by itself.
     */
    public static synchronized void build(String... scripts) {
        for (String script : scripts) BUILT.computeIfAbsent(ROOT.resolve(script), Run::built);
    }

    private static List<String> built(Path file) {
        Optional<List<String>> there = builtBefore(file);
        if (there.isPresent()) return there.get();
        try (Run build = command(JBANG, "build", file.toString())) {
            build.expectExit(0, BUILD_LIMIT);
        }
        return builtBefore(file).orElseThrow(() -> new IllegalStateException("JBang does not say how to run " + file));
    }

    /** A jar's name holds a hash of its sources. To ask first is one start of JBang less for what has been built. */
    private static Optional<List<String>> builtBefore(Path file) {
        try (Run info = command(JBANG, "info", "tools", file.toString())) {
            if (info.awaitExit(BUILD_LIMIT) != 0) return Optional.empty();
            String printed = String.join("\n", info.out()); // a JVM may print a warning before it
            JsonObject it = JsonParser.object().from(printed.substring(Math.max(0, printed.indexOf("{\n"))));
            var classpath = new ArrayList<>(List.of(it.getString("applicationJar")));
            if (!Files.exists(Path.of(classpath.get(0)))) return Optional.empty();
            it.getArray("resolvedDependencies", new JsonArray()).forEach(jar -> classpath.add((String) jar));
            var command = new ArrayList<>(List.of(it.getString("availableJdkPath") + "/bin/java"));
            // Two cores, and runs of seconds: the second compiler would take more time than it saves.
            command.add("-XX:TieredStopAtLevel=1");
            it.getArray("runtimeOptions", new JsonArray()).forEach(option -> command.add((String) option));
            command.addAll(List.of("-classpath", String.join(":", classpath), it.getString("mainClass")));
            return Optional.of(command);
        } catch (JsonParserException unknown) {
            return Optional.empty();
        }
    }

    /** The command into which {@code ./jbang SCRIPT ARGUMENT...} turns itself. */
    public static String[] commandOf(String script, String... arguments) {
        build(script);
        return withClasses(ROOT.resolve(script), arguments);
    }

    private static String[] withClasses(Path script, String... arguments) {
        var command = new ArrayList<>(BUILT.get(script));
        Path archive = classArchives.apply(classpath(command));
        if (Files.exists(archive)) command.add(1, "-XX:SharedArchiveFile=" + archive);
        return all(command, arguments);
    }

    /** What a script was compiled to. */
    public static Path jar(String script) {
        return Path.of(classpath(script).split(":")[0]);
    }

    /** That, and the libraries. */
    static String classpath(String script) {
        build(script);
        return classpath(BUILT.get(ROOT.resolve(script)));
    }

    private static String classpath(List<String> command) {
        return command.get(command.indexOf("-classpath") + 1);
    }

    private static String[] all(List<String> command, String... arguments) {
        var all = new ArrayList<>(command);
        all.addAll(List.of(arguments));
        return all.toArray(String[]::new);
    }

    /** Where a command runs: the directory and the environment. One can start several commands. */
    public static final class Surroundings {
        private final ProcessBuilder builder = new ProcessBuilder().directory(ROOT.toFile());
        private int columns; // of a terminal's window; 0: no terminal
        private int rows;

        private Surroundings() {
            without("KAFKA_BOOTSTRAP_SERVERS"); // a developer's own cluster is not for tests
            with("JBANG_LAUNCH_CMD", JBANG);
        }

        public Surroundings in(Path directory) {
            builder.directory(directory.toFile());
            return this;
        }

        public Surroundings with(String variable, Object value) {
            builder.environment().put(variable, value.toString());
            return this;
        }

        public Surroundings without(String... variables) {
            builder.environment().keySet().removeAll(Set.of(variables));
            return this;
        }

        /**
         * What is started from here on has a terminal of its own, with a window of this size: what it prints on
         * standard output and standard error is in {@link Run#out()} and {@link Run#screen()}, and
         * {@link Run#interrupt()} is the key Ctrl-C.
         */
        public Surroundings terminal(int columns, int rows) {
            this.columns = columns;
            this.rows = rows;
            return with("TERM", "xterm-256color").without("NO_COLOR", "CLICOLOR_FORCE");
        }

        public Run script(String script, String... arguments) {
            Path file = builder.directory().toPath().resolve(script);
            if (!Files.exists(file)) return command(all(List.of(JBANG, script), arguments));
            build(file.toString());
            return command(withClasses(file, arguments));
        }

        public Run command(String... command) {
            try {
                if (columns == 0) return new Run(builder.command(command), null);
                String words = Stream.of(command).map(Run::quoted).collect(Collectors.joining(" "));
                String inWindow = "stty cols %d rows %d echo && exec %s".formatted(columns, rows, words);
                // script gives the command a pseudo-terminal, and ends with the command's status
                return new Run(builder.command("script", "-qefc", inWindow, "/dev/null"), new Screen(columns, rows));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static String quoted(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }

    private Run(ProcessBuilder builder, Screen screen) throws IOException {
        this.screen = screen;
        command = String.join(" ", builder.command());
        process = builder.start();
        OPEN.add(this);
        BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
        out.readFrom(screen == null ? output : new BufferedReader(screen.watching(output)));
        err.readFrom(process.errorReader(StandardCharsets.UTF_8));
        if (ending) {
            close();
            throw new IllegalStateException("the suite is ending");
        }
    }

    /** All lines of standard output so far. */
    public List<String> out() {
        return out.copy();
    }

    /** All lines of standard error so far. */
    public List<String> err() {
        return err.copy();
    }

    /** The rows of the terminal's window, as a person sees them now, without blanks at their ends. */
    public List<String> screen() {
        return screen.rows();
    }

    /** Gives the terminal's window another size. */
    public void resize(int columns, int rows) {
        note("window", columns + " x " + rows);
        screen.resize(columns, rows);
        execute("stty", "-F", "/proc/" + pid() + "/fd/0", "cols", "" + columns, "rows", "" + rows);
    }

    /** The script itself: the wrapper that was started has become its JVM. */
    public long pid() {
        if (screen == null) return process.pid();
        while (process.isAlive()) {
            var child = process.children().findFirst();
            if (child.isPresent()) return child.get().pid();
            Thread.onSpinWait();
        }
        throw failure("has ended");
    }

    public boolean isRunning() {
        return process.isAlive();
    }

    /** Waits until one of the script's threads is in a method, such as {@code topics.change}, as jstack shows them. */
    public void awaitIn(String method) {
        String jstack = Path.of(System.getProperty("java.home"), "bin/jstack").toString();
        long limit = System.nanoTime() + LIMIT.toNanos();
        while (isRunning() && System.nanoTime() < limit)
            try (Run look = command(jstack, "" + pid())) {
                look.awaitExit(); // not 0: it is no JVM yet
                if (look.out().stream().anyMatch(line -> line.contains("at " + method + "("))) return;
            }
        throw failure("is not in " + method);
    }

    /**
     * Waits for a line with this text on standard output or standard error, and returns it. Each
     * call goes on behind the line that the last one found on the same stream, so a line is found
     * only once.
     */
    public String awaitLine(String text) {
        return awaitLine(text, LIMIT);
    }

    public String awaitLine(String text, Duration limit) {
        return nextLine(Pattern.compile(text, Pattern.LITERAL), limit);
    }

    /** As {@link #awaitLine(String)}, for a line in which the pattern is found. */
    public MatchResult awaitLine(Pattern pattern) {
        return awaitLine(pattern, LIMIT);
    }

    public MatchResult awaitLine(Pattern pattern, Duration limit) {
        Matcher matcher = pattern.matcher(nextLine(pattern, limit));
        matcher.find();
        return matcher;
    }

    private synchronized String nextLine(Pattern pattern, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (true) {
            for (Lines lines : List.of(out, err)) {
                String line = lines.next(pattern);
                if (line != null) {
                    return line;
                }
            }
            if (out.ended && err.ended) {
                throw failure("ended without a line with '" + pattern + "'");
            }
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0) {
                throw failure("printed no line with '" + pattern + "' within " + seconds(limit));
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
    }

    /** Writes a line to standard input. */
    public void type(String line) {
        press(line + "\n");
    }

    /** Writes keys to standard input. */
    public void press(String keys) {
        rememberDescendants();
        note("in", keys.strip());
        try {
            process.outputWriter(StandardCharsets.UTF_8).append(keys).flush();
        } catch (IOException e) {
            throw failure("does not read '" + keys + "': " + e.getMessage());
        }
    }

    /** Ends standard input, as Ctrl-D does. */
    public void endInput() {
        rememberDescendants();
        try {
            process.outputWriter(StandardCharsets.UTF_8).close();
        } catch (IOException e) {
            throw failure("does not read its input: " + e.getMessage());
        }
    }

    /** On a terminal the key Ctrl-C; else SIGINT, as Ctrl-C sends it, to this process alone. */
    public void interrupt() {
        if (screen == null) signal("INT");
        else press("\u0003");
    }

    /** Sends SIGINT every 20 ms until the process has ended, as an impatient person does; at most 1,000 times. */
    public void interruptUntilEnded() {
        String pid = Long.toString(pid());
        for (int times = 0; times < 1_000 && process.isAlive(); times++) {
            execute("kill", "-INT", pid);
            LockSupport.parkNanos(20_000_000L);
        }
    }

    /** SIGTERM. */
    public void terminate() {
        signal("TERM");
    }

    /** SIGKILL. */
    public void kill() {
        signal("KILL");
    }

    /** Any signal by its name, such as {@code STOP} and {@code CONT}. */
    public void signal(String name) {
        rememberDescendants();
        note("signal", name);
        execute("kill", "-" + name, Long.toString(pid()));
    }

    private static void execute(String... command) {
        try {
            new ProcessBuilder(command).start().waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Waits for the end and returns the exit status: 128 + N if signal N ended it. */
    public int awaitExit() {
        return awaitExit(LIMIT);
    }

    public int awaitExit(Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw failure("still runs after " + seconds(limit));
            }
            // What was printed last may still be on its way. Do not wait for a descendant that
            // holds the streams open.
            out.reader.join(DRAIN.toMillis());
            err.reader.join(DRAIN.toMillis());
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        return process.exitValue();
    }

    /** Waits for the end and fails if the exit status is another. */
    public void expectExit(int status) {
        expectExit(status, LIMIT);
    }

    public void expectExit(int status, Duration limit) {
        int actual = awaitExit(limit);
        if (actual != status) {
            throw failure("ended with exit status " + actual + ", not " + status);
        }
    }

    /**
     * Waits until this process and all that it had started have ended. Known are those that ran
     * when input was last typed or a signal was last sent.
     */
    public void awaitNothingLeft() {
        awaitNothingLeft(LIMIT);
    }

    public void awaitNothingLeft(Duration limit) {
        awaitExit(limit);
        for (ProcessHandle descendant : descendants) {
            try {
                descendant.onExit().get(limit.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                throw interrupted(e);
            } catch (ExecutionException | TimeoutException e) {
                String what = descendant.info().commandLine().orElse("process " + descendant.pid());
                throw failure("left behind: " + what);
            }
        }
    }

    /** Ends the process with SIGTERM; if it does not obey, and all it has started, with SIGKILL. */
    @Override
    public void close() {
        rememberDescendants();
        process.destroy();
        try {
            process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        rememberDescendants();
        process.destroyForcibly();
        descendants.forEach(ProcessHandle::destroyForcibly);
        OPEN.remove(this);
    }

    /** The command and what went in and out so far: all of it, unless that is very much. */
    @Override
    public synchronized String toString() {
        int left = Math.max(0, transcript.size() - SHOWN);
        String more = left == 0 ? "" : "  ... " + left + " lines ...\n";
        return command + "\n" + more + String.join("\n", transcript.subList(left, transcript.size()));
    }

    private AssertionError failure(String what) {
        return new AssertionError(what + "\n$ " + this);
    }

    private static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException("interrupted while waiting", e);
    }

    private static String seconds(Duration limit) {
        return limit.toMillis() / 1000.0 + " s";
    }

    private synchronized void note(String stream, String line) {
        transcript.add("  " + stream + "| " + line);
        notifyAll();
    }

    /** Once their parent has ended, nothing shows any more whose children they were. */
    private synchronized void rememberDescendants() {
        process.descendants().forEach(descendants::add);
    }

    /** Ends all that runs. Nothing can be started any more. */
    static void endAll() {
        ending = true;
        // All at once first, so that they use the same grace.
        OPEN.forEach(run -> run.process.destroy());
        OPEN.forEach(Run::close);
    }

    private static Path root() {
        Path start = Path.of("").toAbsolutePath();
        for (Path directory = start; directory != null; directory = directory.getParent()) {
            if (Files.exists(directory.resolve("test/Run.java"))) {
                return directory;
            }
        }
        throw new IllegalStateException("not in the repository: " + start + ". Run there: ./jbang test/suite.java");
    }

    /** One of the two output streams, read by a thread of its own; guarded by the Run. */
    private final class Lines {
        private final String stream;
        private final List<String> lines = new ArrayList<>();
        private int seen; // how many lines awaitLine has gone past
        private boolean ended;
        private Thread reader;

        private Lines(String stream) {
            this.stream = stream;
        }

        private void readFrom(BufferedReader input) {
            reader = new Thread(() -> read(input), stream + " of " + command);
            reader.setDaemon(true);
            reader.start();
        }

        private void read(BufferedReader input) {
            try {
                for (String line = input.readLine(); line != null; line = input.readLine()) {
                    synchronized (Run.this) {
                        lines.add(line);
                        note(stream, line);
                    }
                }
            } catch (IOException e) {
                note(stream, "cannot be read: " + e.getMessage());
            }
            synchronized (Run.this) {
                ended = true;
                Run.this.notifyAll();
            }
        }

        private String next(Pattern pattern) {
            for (int i = seen; i < lines.size(); i++) {
                if (pattern.matcher(lines.get(i)).find()) {
                    seen = i + 1;
                    return lines.get(i);
                }
            }
            return null;
        }

        private List<String> copy() {
            synchronized (Run.this) {
                return List.copyOf(lines);
            }
        }
    }
}
