///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION A real Kafka cluster on this machine, without Docker: one controller, two brokers
//JAVA 17+
//DEPS org.apache.kafka:kafka_2.13:4.4.0
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-simple:2.0.17
//RUNTIME_OPTIONS -Duser.language=en -Duser.country=US -Dfile.encoding=UTF-8 -XX:TieredStopAtLevel=1 -Djdk.console=java.base -Dorg.slf4j.simpleLogger.defaultLogLevel=off

import java.io.*;
import java.lang.ProcessBuilder.Redirect;
import java.net.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.*;
import java.util.concurrent.*;
import java.util.function.Function;
import java.util.stream.*;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.*;
import picocli.CommandLine;
import picocli.CommandLine.*;

/**
 * Starts a controller and two brokers, each a process of its own, and then takes commands on standard input:
 * {@code stop kafka-1} does what {@code docker stop kafka-deploy-kafka-1} does in Docker.
 *
 * <pre>jbang cluster.java</pre>
 *
 * It prints:
 *
 * <pre>
 * ready: localhost:9092,localhost:9095 (2 brokers, 2.3 s)
 * kafka-1 stopped: controlled shutdown, 1.2 s       the answer to 'stop kafka-1'; each command has one
 * kafka-2 died: REASON (exit status 1, log: FILE)   a node ended, and no command had ended it
 * </pre>
 *
 * No node outlives this process, even if it is killed. To run it in the background, without commands:
 * {@code jbang cluster.java </dev/null &}.
 */
@Command(
        name = "cluster",
        version = "cluster 2.0.0, Kafka 4.4.0",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Runs a real Kafka cluster on this machine, without Docker: a controller and brokers.%n",
        footerHeading = "%nCommands on standard input. Each prints one line when it is done:%n",
        footer = {
            "  stop NODE      SIGTERM, a controlled shutdown: the leaders move first",
            "  kill NODE      SIGKILL, a crash",
            "  pause NODE     SIGSTOP: it hangs and keeps its connections, until resume NODE",
            "  power NODE...  SIGKILL of all at once, and what was not fsynced is lost",
            "  start NODE     starts it again, with its data; done when it takes requests",
            "  status, help, quit",
            "",
            "Nodes: kafka-1, kafka-2, ... and controller; with --controllers 3 controller-1",
            "to controller-3. Ctrl-C, 'quit' or the end of the input ends all nodes.",
            "",
            "Exit status: 0 quit, 1 the cluster could not be started, 2 wrong usage."
        })
class cluster implements Callable<Integer> {
    @Option(names = "--brokers", paramLabel = "N", defaultValue = "2",
            description = "Number of brokers, 1 to 9 (default: ${DEFAULT-VALUE}).")
    int brokers;

    @Option(names = "--controllers", paramLabel = "N", defaultValue = "1",
            description = "Number of controllers: 1, or 3, of which one may fail (default: ${DEFAULT-VALUE}).")
    int controllers;

    @Option(names = "--port", paramLabel = "PORT", defaultValue = "9092",
            description = "Port of kafka-1 on 127.0.0.1. Each further node's is 3 higher (default: ${DEFAULT-VALUE}).")
    int port;

    @Option(names = "--dir", paramLabel = "DIR",
            description = "Keep data and logs there, and reuse them (default: a temporary directory).")
    Path directory;

    @Option(names = "-X", paramLabel = "KEY=VALUE",
            description = "Set a node property: broker.rack=r{id}, min.insync.replicas=2 (in a new --dir). Repeatable.")
    Map<String, String> properties = new LinkedHashMap<>();

    @Option(names = "--add-scram", paramLabel = "USER",
            description = "Create a user, as kafka-storage.sh does: SCRAM-SHA-256=[name=eve,password=x]. Repeatable.")
    List<String> users = List.of();

    private final List<Node> nodes = new ArrayList<>(); // the controllers first
    private final ClassArchive classes = new ClassArchive();
    private boolean temporary;
    private static volatile boolean ending;
    private volatile boolean keepLogs; // a line that was printed names one of them

    public static void main(String... args) {
        System.exit(new CommandLine(new cluster())
                .setParameterExceptionHandler((error, given) -> complain(2, error.getMessage()))
                .setExecutionExceptionHandler((error, command, parsed) -> failed(error))
                .execute(args));
    }

    @Override
    public Integer call() throws Exception {
        check();
        temporary = directory == null;
        directory = (temporary ? Files.createTempDirectory("kafka-cluster-") : directory).toAbsolutePath();
        describeNodes();
        // In every case: at 'quit', at the end of the input, after an error, at Ctrl-C and SIGTERM.
        Runtime.getRuntime().addShutdownHook(new Thread(this::end));
        prepare();
        long start = System.nanoTime();
        for (Node node : nodes) node.start();
        await(nodes);
        synchronized (this) { // not while it ends
            classes.archive();
        }
        String size = brokers + (brokers == 1 ? " broker" : " brokers");
        if (controllers > 1) size += ", " + controllers + " controllers";
        String servers = join(",", it -> it.isBroker ? "localhost:" + it.port : null);
        say("ready: %s (%s, %.1f s)", servers, size, seconds(start));
        if (System.console() != null) say("Type 'stop kafka-1', 'start kafka-1', 'status', 'help' or 'quit'.");
        if (!inputIsGiven()) new CountDownLatch(1).await(); // without commands: until a signal
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = input.readLine()) != null && !line.strip().equals("quit"); )
            if (!line.isBlank()) say("%s", answer(line.strip().split("\\s+")));
        return 0;
    }

    /** Finds what is wrong before anything is started. */
    private void check() {
        if (brokers < 1 || brokers > 9) throw new Failure(2, "--brokers takes 1 to 9, not %d.", brokers);
        if (controllers != 1 && controllers != 3) throw new Failure(2, "--controllers takes 1 or 3.");
        int last = port + 3 * (brokers - 1);
        if (port < 1 || last > 65535) throw new Failure(2, "--port takes 1 to %d, not %d.", 65535 - last + port, port);
        if (System.getProperty("os.name").startsWith("Windows")) throw new Failure(2, "On Windows, run it in WSL.");
        for (int each = port; each <= last; each += 3)
            if (!isFree(each))
                throw new Failure(1, "Port %d on 127.0.0.1 is in use. End what listens there, or choose --port.", each);
        String other = controllers == 1 ? "controller-1" : "controller";
        if (directory != null && Files.exists(directory.resolve(other)))
            throw new Failure(2, "%s was made with another number of --controllers. Choose another --dir.", directory);
    }

    /** Only brokers connect to controllers, so these take any free ports between those of the brokers. */
    private void describeNodes() {
        var free = IntStream.iterate(port + 1, it -> it + 3)
                .filter(cluster::isFree)
                .iterator();
        if (controllers == 1) nodes.add(new Node(100, "controller", free.next(), false));
        else for (int i = 1; i <= controllers; i++) nodes.add(new Node(100 + i, "controller-" + i, free.next(), false));
        for (int id = 1; id <= brokers; id++) nodes.add(new Node(id, "kafka-" + id, port + 3 * (id - 1), true));
    }

    /**
     * False for /dev/null, and if standard input is closed (<&-): then the first file that the JVM opens for itself has
     * the number of standard input.
     */
    private static boolean inputIsGiven() {
        try {
            Path input = Path.of("/dev/stdin").toRealPath();
            Path java = Path.of(System.getProperty("java.home")).toRealPath();
            return !input.equals(Path.of("/dev/null")) && !input.startsWith(java);
        } catch (IOException pipe) {
            return true;
        }
    }

    // ---- commands ----

    private String answer(String... words) throws Exception {
        String verb = words[0];
        if (verb.equals("help")) return "stop, kill, pause, resume or start NODE; power NODE...; status; help; quit";
        if (verb.equals("status")) return join(", ", it -> it.name + " " + it.state);
        if (!List.of("stop", "kill", "pause", "resume", "start", "power").contains(verb))
            return "error: no command '" + verb + "'; try 'help'";
        var named = List.of(words).subList(1, words.length);
        var found = nodes.stream().filter(it -> named.contains(it.name)).toList();
        if (found.isEmpty() || found.size() < named.size() || found.size() > 1 && !verb.equals("power"))
            return "error: '%s' takes one of %s".formatted(verb, join(", ", it -> it.name));
        Node node = found.get(0);
        try {
            return switch (verb) {
                case "stop" -> node.stop();
                case "kill" -> node.kill();
                case "pause" -> node.pause();
                case "resume" -> node.resume();
                case "power" -> power(found);
                default -> node.isRunning() ? node.name + " is running already" : restart(node);
            };
        } catch (Failure | IOException failed) {
            return "error: " + failed.getMessage();
        }
    }

    private String restart(Node node) throws Exception {
        long start = System.nanoTime();
        node.start();
        await(List.of(node));
        return "%s started, takes requests after %.1f s".formatted(node.name, seconds(start));
    }

    /** SIGKILL of all at once. When they are dead, lab/cut.java cuts away what they had not fsynced. */
    private String power(List<Node> off) throws Exception {
        String launcher = System.getenv().getOrDefault("JBANG_LAUNCH_CMD", "jbang");
        Path beside = Path.of(launcher).resolveSibling("lab/cut.java");
        Path script = Files.exists(beside) ? beside : Path.of("lab/cut.java");
        if (!Files.exists(script)) throw new Failure(1, "there is no lab/cut.java here, which 'power' needs");
        for (Node node : off) if (!node.isRunning()) throw new Failure(1, "%s is %s", node.name, node.state);
        for (Node node : off) node.state = "killed";
        for (Node node : off) node.process.destroyForcibly();
        String at = "--at=" + System.currentTimeMillis();
        off.forEach(Node::destroy);
        var command = new ArrayList<>(List.of(launcher, script.toString(), at, directory.toString()));
        off.forEach(node -> command.add(node.name));
        var cut = new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
        String answer = new String(cut.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (cut.waitFor() != 0) throw new Failure(1, "the nodes are killed, and their logs were not cut. %s", answer);
        return "power " + answer;
    }

    /** A temporary cluster is only killed. Otherwise brokers stop first, because a controller moves their leaders. */
    private synchronized void end() {
        ending = true;
        classes.end();
        if (temporary) {
            nodes.forEach(Node::destroy);
            if (keepLogs) nodes.forEach(node -> delete(node.file("")));
            else delete(directory);
            return;
        }
        for (boolean broker : List.of(true, false)) {
            var together = nodes.stream().filter(it -> it.isBroker == broker).toList();
            together.forEach(Node::terminate);
            together.forEach(Node::awaitEnd);
        }
    }

    // ---- what the nodes are given ----

    /** Writes the nodes' settings, and formats new directories: in this process in 0.2 s, with Kafka's tool in 2 s. */
    private synchronized void prepare() {
        try {
            Files.createDirectories(directory);
            Path idFile = directory.resolve("cluster.id");
            if (!Files.exists(idFile)) Files.writeString(idFile, "" + Uuid.randomUuid());
            for (Node node : nodes) {
                Files.createDirectories(node.file(""));
                // There may be passwords in it.
                var owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
                Files.deleteIfExists(node.file(".properties"));
                try (var file = Files.newOutputStream(Files.createFile(node.file(".properties"), owner))) {
                    settings(node).store(file, null);
                }
                var formatter = new Formatter()
                        .setPrintStream(new PrintStream(OutputStream.nullOutputStream()))
                        .setSupportedFeatures(Feature.PRODUCTION_FEATURES)
                        .setClusterId(Files.readString(idFile).strip())
                        .setNodeId(node.id)
                        .setDirectories(List.of(node.file("").toString()))
                        .setMetadataLogDirectory(node.file("").toString())
                        .setControllerListenerName("CONTROLLER")
                        .setReleaseVersion(MetadataVersion.latestProduction())
                        .setIgnoreFormatted(true);
                if (!users.isEmpty()) formatter.setScramArguments(users);
                formatter.run();
            }
        } catch (Exception cannot) { // as Kafka's Formatter declares it
            throw new Failure(1, "Cannot prepare %s: %s", directory, cannot);
        }
    }

    /** Only what the demonstration needs. Everything else is Kafka's default. docker-compose.yml sets the same. */
    private Properties settings(Node node) {
        var all = new Properties();
        all.put("node.id", "" + node.id);
        all.put("process.roles", node.isBroker ? "broker" : "controller");
        String voters = join(",", it -> it.isBroker ? null : it.id + "@127.0.0.1:" + it.port);
        all.put("controller.quorum.voters", voters);
        all.put("controller.listener.names", "CONTROLLER");
        // The listeners' names do not name a protocol, so a cluster behind TLS changes only this map.
        all.put("listener.security.protocol.map", "CONTROLLER:PLAINTEXT,BROKER:PLAINTEXT");
        all.put("listeners", (node.isBroker ? "BROKER" : "CONTROLLER") + "://127.0.0.1:" + node.port);
        if (node.isBroker) {
            all.put("advertised.listeners", "BROKER://localhost:" + node.port);
            all.put("inter.broker.listener.name", "BROKER");
        }
        // Relative to the directory in which the node runs: Kafka would split a path at its commas.
        all.put("log.dirs", node.name);
        // Groups and transactions survive the failure of a broker, whatever the topics' settings.
        String copies = "" + Math.min(brokers, 2);
        all.put("offsets.topic.replication.factor", copies);
        all.put("transaction.state.log.replication.factor", copies);
        all.put("transaction.state.log.min.isr", "1");
        all.put("share.coordinator.state.topic.replication.factor", copies);
        all.put("share.coordinator.state.topic.min.isr", "1");
        // A mistyped topic is an error.
        all.put("auto.create.topics.enable", "false");
        // In ms: a group's first consumer does not wait for others.
        all.put("group.initial.rebalance.delay.ms", "0");
        for (String key : properties.keySet())
            if (node.isBroker || !key.endsWith("listeners"))
                all.put(key, properties.get(key).strip().replace("{id}", "" + node.id));
        return all;
    }

    // ---- a node ----

    /** One Kafka process, its files and what has been done to it. */
    private class Node {
        final int id;
        final String name;
        final int port;
        final boolean isBroker;
        private Process process;
        private Process freezer;
        private long terminatedAt; // ns
        private volatile String state = "starting"; // running, paused, stopped, killed, dead

        Node(int id, String name, int port, boolean isBroker) {
            this.id = id;
            this.name = name;
            this.port = port;
            this.isBroker = isBroker;
        }

        /** Its data, and beside it what has another ending. */
        Path file(String ending) {
            return directory.resolve(name + ending);
        }

        boolean isRunning() {
            return process != null && process.isAlive();
        }

        /** A broker opens its port when the controller has unfenced it, so from then on it can lead partitions. */
        boolean takesRequests() {
            try (var socket = new Socket("127.0.0.1", port)) {
                return socket.isConnected();
            } catch (IOException notYet) {
                return false;
            }
        }

        void start() throws IOException {
            thaw();
            var arguments = new ArrayList<>(JVM_OPTIONS);
            arguments.addAll(classes.options(this));
            arguments.addAll(List.of("-cp", System.getProperty("java.class.path")));
            arguments.addAll(List.of(Main.class.getName(), file(".properties").toString()));
            ProcessBuilder java = java(arguments)
                    .redirectOutput(Redirect.appendTo(file(".log").toFile()));
            synchronized (cluster.this) {
                if (ending) return;
                process = java.start();
                state = "starting";
            }
            process.onExit().thenAccept(this::sayIfUnexpected);
        }

        private void sayIfUnexpected(Process ended) {
            if (ending || ended != process || !state.equals("running") && !state.equals("paused")) return;
            state = "dead";
            say("%s died: %s", name, causeOfDeath());
        }

        String causeOfDeath() {
            keepLogs = !ending; // a node that is being ended did not die
            String last = "no error in its log";
            try {
                for (String line : Files.readAllLines(file(".log"), StandardCharsets.ISO_8859_1))
                    if (line.matches(".* ERROR .*|.*(Exception|Error): .*")) last = line;
            } catch (IOException unreadable) {
                last = unreadable.toString();
            }
            last = last.replaceFirst("^.* ERROR ", "").strip();
            return "%s (exit status %d, log: %s)".formatted(last, process.exitValue(), file(".log"));
        }

        /** SIGTERM, then SIGKILL if that takes longer than Docker waits. */
        String stop() throws IOException {
            if (!isRunning()) return name + " is " + state + " already";
            long logSize = Files.size(file(".log"));
            terminate();
            boolean ended = awaitEnd();
            byte[] bytes = Files.readAllBytes(file(".log"));
            String since = new String(bytes, (int) logSize, bytes.length - (int) logSize, StandardCharsets.UTF_8);
            String how = "controlled shutdown";
            if (isBroker && !since.contains(LEADERS_MOVED)) how = "SIGTERM, without a controlled shutdown";
            if (!ended) how = "killed, because it did not end within 10 s of SIGTERM";
            return "%s stopped: %s, %.1f s".formatted(name, how, seconds(terminatedAt));
        }

        void terminate() {
            if (!isRunning()) return;
            thaw();
            state = "stopped";
            terminatedAt = System.nanoTime();
            process.toHandle().destroy(); // Process.destroy() would also close the node's input
        }

        /** Returns whether it ended in time. If it did not, it is killed. */
        boolean awaitEnd() {
            if (!isRunning()) return true;
            long left = terminatedAt + STOP_LIMIT - System.nanoTime();
            var end = process.onExit().completeOnTimeout(process, left, TimeUnit.NANOSECONDS);
            boolean inTime = !end.join().isAlive();
            destroy();
            return inTime;
        }

        String kill() {
            if (!isRunning()) return name + " is " + state + " already";
            state = "killed";
            destroy();
            return name + " killed (SIGKILL)";
        }

        void destroy() {
            if (process == null) return;
            process.destroyForcibly().onExit().join();
            thaw();
        }

        /** Freezes the node with a helper that thaws it when the helper's input ends, even if this script is killed. */
        String pause() throws IOException {
            if (state.equals("paused")) return name + " is paused already";
            if (!isRunning()) throw new Failure(1, "%s is %s", name, state);
            String script = "trap '' INT HUP; kill -STOP $1 && echo frozen; read end; kill -CONT $1";
            freezer = new ProcessBuilder("sh", "-c", script, "sh", "" + process.pid()).start();
            if (freezer.inputReader().readLine() == null) {
                thaw();
                throw new Failure(1, "%s could not be paused", name);
            }
            state = "paused";
            return name + " paused (SIGSTOP)";
        }

        String resume() {
            if (!state.equals("paused")) return name + " is not paused";
            thaw();
            state = "running";
            return name + " resumed (SIGCONT)";
        }

        private void thaw() {
            if (freezer == null) return;
            try {
                freezer.outputWriter().close();
            } catch (IOException ended) {
                // then it has thawed the node
            }
            freezer.onExit().join();
            freezer = null;
        }

        /** The node's own process: Kafka, as {@code kafka-server-start.sh} runs it. */
        static class Main {
            public static void main(String... args) {
                Locale.setDefault(Locale.ROOT); // Kafka writes numbers into the names of its files
                var watch = new Thread(() -> {
                    // Standard input, a pipe from the parent, ends when the parent does, even by SIGKILL.
                    try (var input = System.in) {
                        while (input.read() >= 0) {}
                    } catch (IOException closed) {
                        // the same
                    }
                    Runtime.getRuntime().halt(1);
                });
                watch.setDaemon(true);
                watch.start();
                kafka.Kafka.main(args);
            }
        }
    }

    /** Logged by Kafka's BrokerLifecycleManager when a broker's leaders have moved. */
    private static final String LEADERS_MOVED = "has asked us to exit controlled shutdown";

    /** In ns: what {@code docker stop} waits between SIGTERM and SIGKILL. */
    private static final long STOP_LIMIT = 10_000_000_000L;

    /** For a quick start, because a broker has little to do here; and for times in the log. */
    private static final List<String> JVM_OPTIONS =
            List.of(("-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx512m -Dorg.slf4j.simpleLogger.defaultLogLevel=info"
                            + " -Dorg.slf4j.simpleLogger.showDateTime=true -Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS")
                    .split(" "));

    /**
     * A JVM in the cluster's directory. Ctrl-C and a closed window send a signal to every process of the terminal. Nodes
     * ignore it, also after exec, because their parent ends them in the right order. Variables with options for all
     * JVMs, such as a debugger's port, apply to this script only.
     */
    private ProcessBuilder java(List<String> arguments) {
        var command = new ArrayList<>(List.of("sh", "-c", "trap '' INT HUP; exec \"$@\"", "sh"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(arguments);
        var java = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        java.environment().keySet().removeAll(Set.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"));
        return java;
    }

    /**
     * Kafka's classes as a JVM has them in memory (class data sharing): with them, a node starts in three quarters of the
     * time. They are written once, in the background, beside the compiled script. The first broker lists them.
     */
    private class ClassArchive {
        private final Path script =
                Path.of(System.getProperty("java.class.path").split(File.pathSeparator)[0]);
        private final Path file = script.toAbsolutePath().resolveSibling("nodes-" + Runtime.version() + ".jsa");
        private Process writer;

        List<String> options(Node node) {
            if (Files.exists(file)) return List.of("-XX:SharedArchiveFile=" + file);
            return node.id == 1 ? List.of("-XX:DumpLoadedClassList=" + directory.resolve("classes.list")) : List.of();
        }

        /** A complete archive is moved into place: two clusters may write it at once, or be killed meanwhile. */
        void archive() throws IOException {
            Path list = directory.resolve("classes.list");
            if (!Files.exists(list) || Files.exists(file)) return;
            List<String> names = Files.readAllLines(list);
            Files.write(list, names.subList(0, Math.max(0, names.size() - 1))); // the last may be half a name
            var dump = new ArrayList<>(List.of("-Xshare:dump", "-XX:SharedClassListFile=" + list));
            dump.addAll(JVM_OPTIONS);
            dump.addAll(List.of("-cp", System.getProperty("java.class.path")));
            String shell = "trap '' INT HUP; file=$1; list=$2; shift 2; nice \"$@\" -XX:SharedArchiveFile=\"$file.$$\""
                    + " && mv \"$file.$$\" \"$file\" || rm -f \"$file.$$\"; rm -f \"$list\"";
            ProcessBuilder java = java(dump).redirectOutput(Redirect.DISCARD);
            java.command().addAll(0, List.of("sh", "-c", shell, "sh", file.toString(), list.toString()));
            writer = java.start();
        }

        void end() {
            if (writer == null) return;
            writer.descendants().forEach(ProcessHandle::destroyForcibly); // then sh removes what is half written
            writer.onExit().join();
        }
    }

    // ---- details ----

    /** Waits until these nodes take requests. Fails when a node ends while it starts, or after 180 s. */
    private void await(List<Node> awaited) throws InterruptedException {
        for (long start = System.nanoTime(); !awaited.stream().allMatch(Node::takesRequests); Thread.sleep(20)) {
            for (Node node : awaited)
                if (!ending && !node.isRunning()) {
                    node.state = "dead";
                    throw new Failure(1, "%s did not start: %s", node.name, node.causeOfDeath());
                }
            if (System.nanoTime() - start < 180_000_000_000L) continue;
            keepLogs = true;
            throw new Failure(1, "The cluster was not ready within 180 s. See the logs in %s", directory);
        }
        awaited.forEach(node -> node.state = "running");
    }

    private static boolean isFree(int port) {
        try (var socket = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
            return socket.isBound();
        } catch (IOException inUse) {
            return false;
        }
    }

    private String join(String separator, Function<Node, String> text) {
        return nodes.stream().map(text).filter(Objects::nonNull).collect(Collectors.joining(separator));
    }

    private static double seconds(long sinceNanos) {
        return (System.nanoTime() - sinceNanos) / 1e9;
    }

    private static void delete(Path tree) {
        try (var files = Files.walk(tree)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
        } catch (IOException | UncheckedIOException cannot) {
            complain(1, tree + " could not be removed: " + cannot);
        }
    }

    private static synchronized void say(String format, Object... values) {
        System.out.println(format.formatted(values));
    }

    private static int complain(int exitStatus, String message) {
        System.err.println(message);
        return exitStatus;
    }

    /** An expected error is one line. Any other error is a defect of this script and shows its stack trace. */
    private static int failed(Exception error) throws Exception {
        if (ending) return 1; // by a signal
        if (error instanceof Failure failure) return complain(failure.exitStatus, failure.getMessage());
        throw error;
    }

    /** An error for the user: what failed, why, the fix; and an exit status. */
    private static class Failure extends RuntimeException {
        private static final long serialVersionUID = 1L;
        final int exitStatus;

        Failure(int exitStatus, String format, Object... values) {
            super(format.formatted(values));
            this.exitStatus = exitStatus;
        }
    }
}
