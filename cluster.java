///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION A real Kafka cluster on this machine, without Docker: one controller, two brokers
//JAVA 17+
//DEPS org.apache.kafka:kafka_2.13:4.4.0
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-simple:2.0.17
//COMPILE_OPTIONS -encoding UTF-8
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx128m -Djdk.console=java.base -Dorg.slf4j.simpleLogger.defaultLogLevel=off

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.internals.AppInfoParser;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.Feature;
import org.apache.kafka.server.common.MetadataVersion;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Starts a controller and two brokers, each a process of its own, and then takes commands on its
 * standard input: {@code stop kafka-1} is here what {@code docker stop kafka-deploy-kafka-1} is in
 * Docker.
 *
 * <pre>jbang cluster.java</pre>
 *
 * <p>No node outlives this process, whatever ends it.
 */
@Command(
        name = "cluster",
        mixinStandardHelpOptions = true,
        versionProvider = cluster.Version.class,
        sortOptions = false,
        usageHelpAutoWidth = true,
        header = "A real Kafka cluster on this machine, without Docker: a controller and brokers.%n",
        footer = {
            "",
            "Commands on standard input, each answered by one line when it is done:",
            "  stop NODE     SIGTERM, a controlled shutdown: the leaders move first",
            "  kill NODE     SIGKILL, a crash",
            "  pause NODE    SIGSTOP, it hangs and keeps its connections, until resume NODE",
            "  start NODE    starts it again, with its data; done when it takes requests",
            "  status, help, quit",
            "",
            "Nodes: kafka-1, kafka-2, ... and controller.",
            "Exit status: 0 ended as asked, 1 a node failed to start, 2 wrong usage."
        })
class cluster implements Callable<Integer> {
    public static void main(String... args) {
        System.exit(new CommandLine(new cluster())
                .setParameterExceptionHandler(cluster::usageError)
                .setExecutionExceptionHandler(cluster::failure)
                .execute(args));
    }

    @Option(
            names = "--brokers",
            paramLabel = "N",
            defaultValue = "2",
            description = "How many brokers to start, 1 to 9 (default: ${DEFAULT-VALUE}).")
    int brokers;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "9092",
            description = "The port of kafka-1 on 127.0.0.1; each further broker's is 3 higher"
                    + " (default: ${DEFAULT-VALUE}).")
    int port;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            description = "Keep the data and the logs in this directory, and continue with what is there"
                    + " (default: a temporary directory, removed at the end).")
    Path directory;

    @Option(
            names = {"-X", "--property"},
            paramLabel = "KEY=VALUE",
            description = "A broker property, such as min.insync.replicas=2. Repeatable.")
    Map<String, String> properties = new LinkedHashMap<>();

    private static final Duration START_LIMIT = Duration.ofSeconds(90);

    /** What {@code docker stop} waits between SIGTERM and SIGKILL. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

    private static final int CONTROLLER_ID = 100;

    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();

    /** For a quick start: a broker here has little to do. */
    private static final List<String> JVM_OPTIONS = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m");

    private final List<Node> nodes = new ArrayList<>();
    private final ClassArchive classes = new ClassArchive();
    private final boolean terminal = System.console() != null;
    private volatile boolean ending;
    private volatile boolean logWanted; // the error has named it

    // ---- the story ----

    @Override
    public Integer call() throws Exception {
        check();
        boolean keep = directory != null;
        directory = keep ? directory : Files.createTempDirectory("kafka-cluster-");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(keep)));

        describeNodes();
        unlessEnding(this::format);
        long start = System.nanoTime();
        for (Node node : nodes) node.start();
        awaitBrokers(nodes.subList(1, nodes.size()));
        nodes.forEach(node -> node.state = "running");
        classes.archive();
        String size = brokers == 1 ? "1 broker" : brokers + " brokers";
        say("ready: %s (%s, %.1f s)", bootstrapServers(), size, seconds(start));
        if (terminal) say("Type 'stop kafka-1', 'start kafka-1', 'status', 'help' or 'quit'.");

        obeyCommands();
        return 0;
    }

    private void check() {
        if (brokers < 1 || brokers > 9)
            throw new CommandLine.ParameterException(new CommandLine(this), "--brokers takes 1 to 9, not " + brokers);
        int last = port + 3 * (brokers - 1);
        if (port < 1 || last > 65535)
            throw new CommandLine.ParameterException(new CommandLine(this), "--port takes 1 to 65535, not " + port);
        for (int each = port; each <= last; each += 3) checkFree(each);
    }

    private static void checkFree(int port) {
        try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            socket.getLocalPort();
        } catch (IOException inUse) {
            throw new Failure(
                    "Port %d on 127.0.0.1 is in use: end what listens there, such as another"
                            + " cluster ('docker compose down'), or choose --port",
                    port);
        }
    }

    private void describeNodes() throws IOException {
        nodes.add(new Node(CONTROLLER_ID, "controller", freePort()));
        for (int id = 1; id <= brokers; id++) nodes.add(new Node(id, "kafka-" + id, port + 3 * (id - 1)));
    }

    /** The controller is reached by the brokers alone, so that any free port serves. */
    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Formats what is not formatted yet, in this process: 0.2 s, against 2 s for three tools. */
    private void format() {
        Path idFile = directory.resolve("cluster.id");
        try {
            Files.createDirectories(directory);
            if (!Files.exists(idFile))
                Files.writeString(idFile, Uuid.randomUuid().toString());
            String clusterId = Files.readString(idFile).strip();
            for (Node node : nodes) {
                Files.createDirectories(node.data);
                Files.writeString(node.properties, properties(node));
                new Formatter()
                        .setPrintStream(new java.io.PrintStream(java.io.OutputStream.nullOutputStream()))
                        .setSupportedFeatures(Feature.PRODUCTION_FEATURES)
                        .setClusterId(clusterId)
                        .setNodeId(node.id)
                        .setDirectories(List.of(node.data.toString()))
                        .setMetadataLogDirectory(node.data.toString())
                        .setControllerListenerName("CONTROLLER")
                        .setReleaseVersion(MetadataVersion.latestProduction())
                        .setIgnoreFormatted(true)
                        .run();
            }
        } catch (Exception cannot) { // as Kafka's Formatter declares it
            throw new Failure("Cannot prepare %s: %s", directory, reason(cannot));
        }
    }

    /** Only what the demonstration needs; all else is Kafka's default (see the README). */
    private String properties(Node node) {
        var all = new LinkedHashMap<String, Object>();
        all.put("node.id", node.id);
        all.put("process.roles", node.isBroker() ? "broker" : "controller");
        all.put("controller.quorum.voters", CONTROLLER_ID + "@127.0.0.1:" + nodes.get(0).port);
        all.put("controller.listener.names", "CONTROLLER");
        all.put("listener.security.protocol.map", "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT");
        all.put("listeners", (node.isBroker() ? "PLAINTEXT" : "CONTROLLER") + "://127.0.0.1:" + node.port);
        if (node.isBroker()) {
            all.put("advertised.listeners", "PLAINTEXT://localhost:" + node.port);
            all.put("inter.broker.listener.name", "PLAINTEXT");
        }
        all.put("log.dirs", node.data);
        // A group, or a transaction, must survive a broker: else every scenario is confounded.
        int copies = Math.min(brokers, 2);
        all.put("offsets.topic.replication.factor", copies);
        all.put("transaction.state.log.replication.factor", copies);
        all.put("transaction.state.log.min.isr", 1);
        all.put("share.coordinator.state.topic.replication.factor", copies);
        all.put("share.coordinator.state.topic.min.isr", 1);
        all.put("auto.create.topics.enable", false);
        all.put("group.initial.rebalance.delay.ms", 0);
        all.putAll(properties);
        return all.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue().toString().replace("\\", "\\\\"))
                .collect(Collectors.joining("\n", "", "\n"));
    }

    private void obeyCommands() throws Exception {
        var input = new BufferedReader(new InputStreamReader(System.in));
        while (true) {
            prompt();
            String line = input.readLine();
            if (line == null && inputIsNothing()) new CountDownLatch(1).await(); // until a signal
            if (line == null || line.strip().equals("quit")) return;
            if (!line.isBlank()) say("%s", answer(line.strip().split("\\s+")));
        }
    }

    private void prompt() {
        if (!terminal) return;
        System.out.print("> ");
        System.out.flush();
    }

    /** In the background there are no commands, and their end is not the cluster's. */
    private static boolean inputIsNothing() {
        try {
            return Path.of("/dev/stdin").toRealPath().equals(Path.of("/dev/null"));
        } catch (IOException noSuchFile) {
            return false;
        }
    }

    private String answer(String... words) {
        String verb = words[0];
        if (verb.equals("help")) return "stop, kill, pause, resume or start NODE; status; help; quit";
        if (verb.equals("status")) return nodes.stream().map(Node::status).collect(Collectors.joining(", "));
        if (!List.of("stop", "kill", "pause", "resume", "start").contains(verb))
            return "error: no command '" + verb + "'; try 'help'";
        Optional<Node> found = nodes.stream()
                .filter(node -> words.length == 2 && node.name.equals(words[1]))
                .findAny();
        if (found.isEmpty())
            return "error: '%s' takes one of %s"
                    .formatted(verb, nodes.stream().map(node -> node.name).collect(Collectors.joining(", ")));
        Node node = found.get();
        try {
            return switch (verb) {
                case "stop" -> node.stop();
                case "kill" -> node.kill();
                case "pause" -> node.pause();
                case "resume" -> node.resume();
                default -> node.isRunning() ? node.name + " is running already" : restart(node);
            };
        } catch (Failure | IOException | InterruptedException failed) {
            return "error: " + failed.getMessage();
        }
    }

    private String restart(Node node) throws IOException, InterruptedException {
        long start = System.nanoTime();
        node.start();
        if (node.isBroker()) awaitBrokers(List.of(node));
        else awaitPorts(List.of(node), start);
        node.state = "running";
        return "%s started, takes requests after %.1f s".formatted(node.name, seconds(start));
    }

    /** Runs on every end but SIGKILL; for that, see {@link Node.Main}. */
    private void end(boolean keep) {
        synchronized (nodes) {
            ending = true;
        }
        classes.end();
        if (keep) {
            // Brokers first: their controlled shutdown needs the controller.
            var inOrder = new ArrayList<>(nodes);
            inOrder.sort(Comparator.comparing(Node::isBroker).reversed());
            inOrder.parallelStream().filter(Node::isBroker).forEach(Node::end);
            inOrder.stream().filter(node -> !node.isBroker()).forEach(Node::end);
        } else {
            nodes.forEach(Node::destroy);
            if (!logWanted) delete(directory);
        }
    }

    private interface Step {
        void run() throws IOException;
    }

    /** Nothing is started, or written, behind the back of {@link #end}. */
    private void unlessEnding(Step step) throws IOException {
        synchronized (nodes) {
            if (!ending) step.run();
        }
    }

    // ---- a node ----

    /** One Kafka process, its files and what has been done to it. */
    private class Node {
        final int id;
        final String name;
        final int port;
        final Path data;
        final Path log;
        final Path properties;
        private Process process;
        private Process freezer;
        private String state = "not started";

        Node(int id, String name, int port) {
            this.id = id;
            this.name = name;
            this.port = port;
            this.data = directory.resolve(name);
            this.log = directory.resolve(name + ".log");
            this.properties = directory.resolve(name + ".properties");
        }

        boolean isBroker() {
            return id != CONTROLLER_ID;
        }

        boolean isRunning() {
            return process != null && process.isAlive();
        }

        String status() {
            return name + " " + state;
        }

        void start() throws IOException {
            // Ctrl-C goes to every process of the terminal; the nodes leave it to their parent,
            // which ends them in the right order. An ignored signal stays ignored after exec.
            var command = new ArrayList<>(List.of("sh", "-c", "trap '' INT; exec \"$@\"", "sh"));
            command.add(JAVA);
            command.addAll(JVM_OPTIONS);
            command.addAll(classes.options(this));
            command.add("-Dorg.slf4j.simpleLogger.defaultLogLevel=info");
            command.add("-Dorg.slf4j.simpleLogger.showDateTime=true");
            command.add("-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS");
            command.addAll(List.of("-cp", System.getProperty("java.class.path")));
            command.addAll(List.of(Main.class.getName(), properties.toString()));
            var builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(Redirect.appendTo(log.toFile()));
            unlessEnding(() -> {
                process = builder.start();
                state = "starting";
                process.onExit().thenAccept(this::sayIfUnexpected);
            });
        }

        private void sayIfUnexpected(Process ended) {
            if (ending || !state.equals("running") || ended != process) return;
            state = "dead";
            say("%s died: %s", name, causeOfDeath());
        }

        String causeOfDeath() {
            return "%s (exit status %d, log: %s)".formatted(lastError(), process.exitValue(), log);
        }

        private String lastError() {
            try (var lines = Files.lines(log)) {
                return lines.filter(line -> line.matches(".* ERROR .*|.*(Exception|Error): .*"))
                        .reduce((earlier, later) -> later)
                        .map(line -> line.replaceFirst("^.* ERROR ", "").strip())
                        .orElse("no error in its log");
            } catch (IOException | UncheckedIOException unreadable) {
                return "its log cannot be read";
            }
        }

        /** SIGTERM, and SIGKILL when that takes longer than Docker would wait. */
        String stop() throws InterruptedException {
            if (!isRunning()) return name + " is " + state + " already";
            thaw();
            long start = System.nanoTime();
            long logSize = log.toFile().length();
            state = "stopped";
            process.toHandle().destroy(); // Process.destroy() would close its input, too
            boolean ended = process.waitFor(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS);
            if (!ended) process.destroyForcibly().waitFor();
            String how = !ended
                    ? "killed, as it did not end within 10 s of SIGTERM"
                    : isBroker() && !logSays(ENOUGH, logSize)
                            ? "SIGTERM, without a controlled shutdown"
                            : "controlled shutdown";
            return "%s stopped: %s, %.1f s".formatted(name, how, seconds(start));
        }

        /** Logged by Kafka's BrokerLifecycleManager when its leaders have moved. */
        private static final String ENOUGH = "has asked us to exit controlled shutdown";

        private boolean logSays(String text, long from) {
            try (var file = Files.newInputStream(log)) {
                file.skipNBytes(from);
                return new String(file.readAllBytes(), StandardCharsets.UTF_8).contains(text);
            } catch (IOException unreadable) {
                return false;
            }
        }

        String kill() throws InterruptedException {
            if (!isRunning()) return name + " is " + state + " already";
            state = "killed";
            process.destroyForcibly().waitFor();
            thaw();
            return name + " killed (SIGKILL)";
        }

        /** Freezes it with a helper that thaws it at the end of its input: also when we die. */
        String pause() throws IOException {
            if (freezer != null) return name + " is paused already";
            if (!isRunning()) throw new Failure("%s is %s", name, state);
            String script = "kill -STOP $1 && echo frozen; read end; kill -CONT $1";
            freezer = new ProcessBuilder("sh", "-c", "trap '' INT; " + script, "sh", "" + process.pid()).start();
            if (freezer.inputReader().readLine() == null) {
                thaw();
                throw new Failure("%s could not be paused", name);
            }
            state = "paused";
            return name + " paused (SIGSTOP)";
        }

        String resume() {
            if (freezer == null) return name + " is not paused";
            thaw();
            state = "running";
            return name + " resumed (SIGCONT)";
        }

        private void thaw() {
            if (freezer == null) return;
            try {
                freezer.outputWriter().close();
                freezer.waitFor();
            } catch (IOException | InterruptedException gone) {
                // it has ended, and has thawed the node before
            }
            freezer = null;
        }

        void end() {
            try {
                stop();
            } catch (InterruptedException hurry) {
                destroy();
            }
        }

        void destroy() {
            if (process == null) return;
            process.destroyForcibly();
            thaw();
            process.onExit().join();
        }

        /** The node's own process: Kafka, as {@code kafka-server-start.sh} runs it. */
        static class Main {
            public static void main(String... args) {
                var parent = new Thread(Main::endWithParent, "end-with-parent");
                parent.setDaemon(true);
                parent.start();
                kafka.Kafka.main(args);
            }

            /** Standard input ends when the parent does, even by SIGKILL. */
            private static void endWithParent() {
                try {
                    while (System.in.read() >= 0) {}
                } catch (IOException closed) {
                    // the same
                }
                Runtime.getRuntime().halt(1);
            }
        }
    }

    /**
     * Kafka's classes as a JVM has them in memory (class data sharing): with them a node starts in three quarters of the
     * time. They are written once, in the background, beside the compiled script, and are those of the first broker.
     */
    private class ClassArchive {
        private final Path script =
                Path.of(System.getProperty("java.class.path").split(File.pathSeparator)[0]);
        private final Path file = script.resolveSibling("nodes-" + Runtime.version() + ".jsa");
        private Process writer;

        private Path list() {
            return directory.resolve("classes.list");
        }

        List<String> options(Node node) {
            if (Files.exists(file)) return List.of("-XX:SharedArchiveFile=" + file);
            return node.id == 1 ? List.of("-XX:DumpLoadedClassList=" + list()) : List.of();
        }

        /** It comes into being as a whole: two clusters may write it at once, or be killed meanwhile. */
        void archive() throws IOException {
            if (!Files.exists(list()) || Files.exists(file)) return;
            List<String> names = Files.readAllLines(list());
            Files.write(list(), names.subList(0, Math.max(0, names.size() - 1))); // the last may be half a name
            String write = "trap '' INT; file=$1; list=$2; shift 2; nice \"$@\" -XX:SharedArchiveFile=\"$file.$$\"";
            String keep = " && mv \"$file.$$\" \"$file\" || rm -f \"$file.$$\"; rm -f \"$list\"";
            var command =
                    new ArrayList<>(List.of("sh", "-c", write + keep, "sh", file.toString(), list().toString(), JAVA));
            command.addAll(JVM_OPTIONS);
            command.addAll(List.of("-Xshare:dump", "-XX:SharedClassListFile=" + list()));
            command.addAll(List.of("-cp", System.getProperty("java.class.path")));
            var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(Redirect.DISCARD);
            unlessEnding(() -> writer = builder.start());
        }

        void end() {
            if (writer == null) return;
            writer.descendants().forEach(ProcessHandle::destroyForcibly); // then sh takes away what is half written
            writer.onExit().join();
        }
    }

    // ---- details ----

    /**
     * Waits until these brokers take requests and the cluster would place a topic on as many of
     * them as it may need.
     */
    private void awaitBrokers(List<Node> awaited) {
        long start = System.nanoTime();
        String servers = awaited.stream().map(this::address).collect(Collectors.joining(","));
        Map<String, Object> settings = Map.of(
                "bootstrap.servers",
                servers,
                "reconnect.backoff.max.ms",
                "100",
                "default.api.timeout.ms",
                "5000",
                "request.timeout.ms",
                "2000",
                "retry.backoff.ms",
                "20");
        awaitPorts(awaited, start);
        try (Admin admin = Admin.create(settings)) {
            while (!ready(admin, awaited)) {
                checkAlive(start);
                Thread.sleep(20);
            }
        } catch (InterruptedException interrupted) {
            throw new Failure("Interrupted while starting");
        }
    }

    /** A client that finds nobody waits longer and longer; a plain connection tells sooner. */
    private void awaitPorts(List<Node> awaited, long start) {
        for (Node node : awaited) {
            while (true) {
                try (var socket = new java.net.Socket(InetAddress.getLoopbackAddress(), node.port)) {
                    socket.getPort();
                    break;
                } catch (IOException notYet) {
                    checkAlive(start);
                    pauseBriefly();
                }
            }
        }
    }

    private static void pauseBriefly() {
        try {
            Thread.sleep(20);
        } catch (InterruptedException interrupted) {
            throw new Failure("Interrupted while starting");
        }
    }

    private void checkAlive(long start) {
        for (Node node : nodes) {
            if (!node.state.equals("starting") || node.isRunning() || ending) continue;
            node.state = "dead";
            logWanted = true;
            throw new Failure("%s did not start: %s", node.name, node.causeOfDeath());
        }
        if (seconds(start) > START_LIMIT.toSeconds())
            throw new Failure(
                    "The cluster was not ready within %d s; see the logs in %s", START_LIMIT.toSeconds(), directory);
    }

    private boolean ready(Admin admin, List<Node> awaited) throws InterruptedException {
        try {
            var live = admin.describeCluster().nodes().get();
            if (!awaited.stream().allMatch(node -> live.stream().anyMatch(it -> it.id() == node.id))) return false;
            int running = (int) nodes.stream()
                    .filter(node -> node.isBroker() && node.isRunning())
                    .count();
            var probe = new NewTopic("probe", 1, (short) Math.min(2, Math.min(running, live.size())));
            admin.createTopics(List.of(probe), new CreateTopicsOptions().validateOnly(true))
                    .all()
                    .get();
            return true;
        } catch (ExecutionException notYet) {
            return false;
        }
    }

    private String address(Node node) {
        return "localhost:" + node.port;
    }

    private String bootstrapServers() {
        return nodes.stream().filter(Node::isBroker).map(this::address).collect(Collectors.joining(","));
    }

    private static double seconds(long sinceNanos) {
        return (System.nanoTime() - sinceNanos) / 1e9;
    }

    private static synchronized void say(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }

    private static void delete(Path tree) {
        try (var files = Files.walk(tree)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
        } catch (IOException | UncheckedIOException cannot) {
            System.err.println(tree + " could not be removed: " + cannot.getMessage());
        }
    }

    private static String reason(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) root = root.getCause();
        return root instanceof KafkaException || root instanceof IOException ? root.getMessage() : root.toString();
    }

    /** An error for the user: one line that says what to do. */
    private static class Failure extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Failure(String format, Object... values) {
            super(String.format(Locale.ROOT, format, values));
        }
    }

    private static int usageError(CommandLine.ParameterException error, String... args) {
        System.err.println(error.getMessage().replaceFirst("[.]?$", ".") + " Try --help.");
        return 2;
    }

    private static int failure(Exception error, CommandLine command, CommandLine.ParseResult parsed) {
        System.err.println(error instanceof Failure ? error.getMessage() : reason(error));
        return 1;
    }

    /** The version of this script and of Kafka. */
    static class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"cluster 1.0.0, Kafka " + AppInfoParser.getVersion()};
        }
    }
}
