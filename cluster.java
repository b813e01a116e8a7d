///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION A real Kafka cluster on this machine, without Docker: one controller, two brokers
//JAVA 17+
//DEPS org.apache.kafka:kafka_2.13:4.4.0
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-simple:2.0.17
//COMPILE_OPTIONS -encoding UTF-8 -XDignore.symbol.file
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=off

import java.io.*;
import java.lang.ProcessBuilder.Redirect;
import java.net.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.Feature;
import org.apache.kafka.server.common.MetadataVersion;
import picocli.CommandLine;
import picocli.CommandLine.*;
import picocli.CommandLine.Help.Ansi;

/**
 * Starts a controller and two brokers, each a process of its own, and then takes commands on standard input:
 * {@code stop kafka-1} does here what {@code docker stop kafka-deploy-kafka-1} does in Docker.
 *
 * <pre>jbang cluster.java</pre>
 *
 * The lines that it prints:
 *
 * <pre>
 * ready: localhost:9092,localhost:9095 (2 brokers, 5.1 s)
 * kafka-1 stopped: controlled shutdown, 1.2 s       the answer to 'stop kafka-1'; each command has one
 * kafka-2 died: REASON (exit status 1, log: FILE)   a node ended that no command had ended
 * </pre>
 *
 * No node outlives this process, whatever ends it.
 */
@Command(
        name = "cluster",
        version = "cluster 1.1.0, Kafka 4.4.0",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        sortOptions = false,
        header = "A real Kafka cluster on this machine, without Docker: a controller and brokers.%n",
        footerHeading = "%nCommands on standard input, each answered by one line when it is done:%n",
        footer = {
            "  stop NODE     SIGTERM, a controlled shutdown: the leaders move first",
            "  kill NODE     SIGKILL, a crash",
            "  pause NODE    SIGSTOP, it hangs and keeps its connections, until resume NODE",
            "  start NODE    starts it again, with its data; done when it takes requests",
            "  status, help, quit",
            "",
            "Nodes: kafka-1, kafka-2, ... and controller; with --controllers 3 controller-1",
            "to controller-3. Ctrl-C, 'quit' or the end of the input ends all nodes."
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:ended as asked", "1:the cluster could not be started", "2:wrong usage"})
class cluster implements Callable<Integer> {
    public static void main(String... args) {
        Script.run(new cluster(), args);
    }

    @Option(names = "--brokers", paramLabel = "N", defaultValue = "2",
            description = "How many brokers to start, 1 to 9 (default: ${DEFAULT-VALUE}).")
    int brokers;

    @Option(names = "--controllers", paramLabel = "N", defaultValue = "1",
            description = "How many controllers to start: 1, or 3, of which one may fail (default: ${DEFAULT-VALUE}).")
    int controllers;

    @Option(names = "--port", paramLabel = "PORT", defaultValue = "9092",
            description = "The port of kafka-1 on 127.0.0.1; each further broker's is 3 higher (default:"
                    + " ${DEFAULT-VALUE}).")
    int port;

    @Option(names = "--dir", paramLabel = "DIR",
            description = "Keep the data and the logs in this directory, and continue with what is there (default: a"
                    + " temporary directory, removed at the end).")
    Path directory;

    @Option(names = "--secure",
            description = "Brokers take only TLS and a login (SASL/SCRAM-SHA-256). The client properties for it are"
                    + " written to a file, and its path is printed: for --command-config.")
    boolean secure;

    @Option(names = "--acls",
            description = "The same, and only the user of that file may do anything (Kafka's StandardAuthorizer). A"
                    + " second file has a user without any permission.")
    boolean acls;

    @Option(names = {"-X", "--property"}, paramLabel = "KEY=VALUE",
            description = "A broker property, such as min.insync.replicas=2. Repeatable.")
    Map<String, String> properties = new LinkedHashMap<>();

    private final List<Node> nodes = new ArrayList<>(); // the controllers first
    private final BlockingQueue<String> commands = new LinkedBlockingQueue<>();
    private final ClassArchive classes = new ClassArchive();
    private Security security; // null: plain text
    private volatile boolean terminalIsBusy; // the terminal gives its input to another program
    private volatile boolean ending;
    private volatile boolean keepLogs; // a message has named one of them

    // ---- the story ----

    @Override
    public Integer call() throws Exception {
        check();
        boolean temporary = directory == null;
        if (temporary) directory = Files.createTempDirectory("kafka-cluster-");
        directory = directory.toAbsolutePath();
        Script.inBackground(this::readCommands);
        try {
            describeNodes();
            prepare();
            long start = System.nanoTime();
            for (Node node : nodes) node.start();
            await(nodes);
            classes.archive();
            sayReady(start);
            obeyCommands();
            return 0;
        } finally {
            Script.mending = true; // after Ctrl-C, a controlled shutdown may take its time
            end(temporary);
        }
    }

    /** What can be known to be wrong before anything is started. */
    private void check() throws IOException, InterruptedException {
        if (brokers < 1 || brokers > 9) throw new Failure(2, "--brokers takes 1 to 9, not %d.", brokers);
        if (controllers != 1 && controllers != 3)
            throw new Failure(2, "--controllers takes 1 or 3, not %d.", controllers);
        int last = port + 3 * (brokers - 1);
        if (port < 1 || last > 65535) throw new Failure(2, "--port takes 1 to %d, not %d.", 65535 - last + port, port);
        checkShell();
        for (int each = port; each <= last; each += 3)
            if (!isFree(each))
                throw new Failure(
                        1,
                        "Port %d on 127.0.0.1 is in use: end what listens there, such as another"
                                + " cluster ('docker compose down'), or choose --port.",
                        each);
        String otherNumber = controllers == 1 ? "controller-1" : "controller";
        if (directory != null && Files.exists(directory.resolve(otherNumber)))
            throw new Failure(
                    2, "%s was made with another number of --controllers. Take that, or another --dir.", directory);
    }

    /** Nodes are frozen, and Ctrl-C is kept from them, by a POSIX shell. */
    private static void checkShell() throws InterruptedException {
        try {
            boolean windows = System.getProperty("os.name").startsWith("Windows");
            if (!windows && new ProcessBuilder("sh", "-c", "kill -0 $$").start().waitFor() == 0) return;
        } catch (IOException noShell) {
            // the same complaint
        }
        throw new Failure(
                2, "cluster.java needs a POSIX shell (sh). On Windows, run it in WSL; or use docker compose.");
    }

    /** Controllers are reached by the brokers alone, so that any ports between those of the brokers serve. */
    private void describeNodes() {
        int[] free = IntStream.iterate(port + 1, it -> it <= 65535, it -> it + 3)
                .filter(cluster::isFree)
                .limit(controllers)
                .toArray();
        if (free.length < controllers) throw new Failure(1, "No port is free above %d. Choose --port.", port);
        if (controllers == 1) nodes.add(new Node(100, "controller", free[0], false));
        else for (int i = 1; i <= controllers; i++) nodes.add(new Node(100 + i, "controller-" + i, free[i - 1], false));
        for (int id = 1; id <= brokers; id++) nodes.add(new Node(id, "kafka-" + id, port + 3 * (id - 1), true));
    }

    private void sayReady(long start) {
        if (security != null) security.say();
        String size = brokers == 1 ? "1 broker" : brokers + " brokers";
        if (controllers > 1) size += ", " + controllers + " controllers";
        Script.say("ready: %s (%s, %.1f s)", bootstrapServers(), size, seconds(start));
        if (Script.columns() == 0) return;
        long pid = ProcessHandle.current().pid();
        if (terminalIsBusy) Script.say("In the background: commands after 'fg'; 'kill %d' ends it.", pid);
        else Script.say("Type 'stop kafka-1', 'start kafka-1', 'status', 'help' or 'quit'.");
    }

    private void obeyCommands() throws Exception {
        while (!Script.stopping()) {
            String line = commands.poll(50, TimeUnit.MILLISECONDS);
            if (line == null || line.isBlank()) continue;
            if (line.strip().equals("quit")) return;
            Script.say("%s", answer(line.strip().split("\\s+")));
        }
    }

    private String answer(String... words) throws Exception {
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

    /** A temporary cluster needs no good order. Else brokers end first: they hand over to a controller. */
    private void end(boolean temporary) {
        ending = true;
        classes.end();
        if (temporary) {
            nodes.forEach(Node::destroy);
            if (keepLogs) nodes.forEach(node -> delete(node.data));
            else delete(directory);
            return;
        }
        for (boolean broker : List.of(true, false)) {
            List<Node> together =
                    nodes.stream().filter(it -> it.isBroker == broker).toList();
            together.forEach(Node::terminate);
            together.forEach(Node::awaitEnd);
        }
    }

    // ---- commands from standard input ----

    /** In a thread of its own: a thread that waits for the terminal does not see Ctrl-C. */
    private void readCommands() {
        if (!inputIsGiven()) return; // no commands, and no end: until a signal
        // Else a read stops the whole script when it runs in the background of a terminal ('cluster.java &').
        sun.misc.Signal.handle(new sun.misc.Signal("TTIN"), sun.misc.SignalHandler.SIG_IGN);
        while (true) {
            try {
                var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
                for (String line; (line = input.readLine()) != null; terminalIsBusy = false) commands.add(line);
                commands.add("quit");
                return;
            } catch (IOException notNow) { // in the background; 'fg' changes that
                terminalIsBusy = true;
                LockSupport.parkNanos(500_000_000);
            }
        }
    }

    /**
     * Not from /dev/null. Nor where standard input is closed (<&-): the first file that the JVM opens for itself has
     * the number of standard input then.
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

    // ---- what the nodes are given ----

    /** Writes the nodes' settings, and formats what is not formatted yet, in this process: 0.2 s, not 2 s by tools. */
    private void prepare() {
        Path idFile = directory.resolve("cluster.id");
        try {
            Files.createDirectories(directory);
            boolean isNew = !Files.exists(nodes.get(0).data.resolve("meta.properties"));
            if (!isNew) keepMinInSync();
            if (secure || acls) security = new Security(isNew);
            if (!Files.exists(idFile))
                Files.writeString(idFile, Uuid.randomUuid().toString());
            String clusterId = Files.readString(idFile).strip();
            for (Node node : nodes) {
                Files.createDirectories(node.data);
                writePrivately(node.properties, text(settings(node)));
                var formatter = new Formatter()
                        .setPrintStream(new PrintStream(OutputStream.nullOutputStream()))
                        .setSupportedFeatures(Feature.PRODUCTION_FEATURES)
                        .setClusterId(clusterId)
                        .setNodeId(node.id)
                        .setDirectories(List.of(node.data.toString()))
                        .setMetadataLogDirectory(node.data.toString())
                        .setControllerListenerName("CONTROLLER")
                        .setReleaseVersion(MetadataVersion.latestProduction())
                        .setIgnoreFormatted(true);
                if (security != null) formatter.setScramArguments(security.users());
                formatter.run();
            }
        } catch (Failure failure) {
            throw failure;
        } catch (Exception cannot) { // as Kafka's Formatter declares it
            throw new Failure(1, "Cannot prepare %s: %s", directory, Script.oneLine(cannot));
        }
    }

    /** A cluster keeps the value with which it was first started (KIP-966). A new value has no effect. */
    private void keepMinInSync() throws IOException {
        String key = "min.insync.replicas";
        String first = load(nodes.get(0).properties).getProperty(key);
        if (Objects.equals(first, properties.get(key))) return;
        Script.complain(
                "%s stays %s: the cluster in %s was first started so (KIP-966). For another value take another --dir.",
                key, first == null ? "1" : first, directory);
        if (first == null) properties.remove(key);
        else properties.put(key, first);
    }

    /** Only what the demonstration needs; all else is Kafka's default (see the README). */
    private Map<String, Object> settings(Node node) {
        String protocol = security == null ? "PLAINTEXT" : "SASL_SSL";
        var all = new LinkedHashMap<String, Object>();
        all.put("node.id", node.id);
        all.put("process.roles", node.isBroker ? "broker" : "controller");
        Stream<Node> voters = nodes.stream().filter(it -> !it.isBroker);
        all.put("controller.quorum.voters", join(voters, it -> it.id + "@127.0.0.1:" + it.port));
        all.put("controller.listener.names", "CONTROLLER");
        all.put("listener.security.protocol.map", "CONTROLLER:PLAINTEXT," + protocol + ":" + protocol);
        all.put("listeners", (node.isBroker ? protocol : "CONTROLLER") + "://127.0.0.1:" + node.port);
        if (node.isBroker) {
            all.put("advertised.listeners", protocol + "://localhost:" + node.port);
            all.put("inter.broker.listener.name", protocol);
        }
        // Relative to the directory in which the node runs: Kafka would split a path at its commas.
        all.put("log.dirs", node.name);
        // Groups and transactions must outlive a broker: else its death would stop them, too, whatever the topic has.
        int copies = Math.min(brokers, 2);
        all.put("offsets.topic.replication.factor", copies);
        all.put("transaction.state.log.replication.factor", copies);
        all.put("transaction.state.log.min.isr", 1);
        all.put("share.coordinator.state.topic.replication.factor", copies);
        all.put("share.coordinator.state.topic.min.isr", 1);
        // A mistyped topic is an error.
        all.put("auto.create.topics.enable", false);
        // In ms: a group's first consumer does not wait for others.
        all.put("group.initial.rebalance.delay.ms", 0);
        if (security != null) all.putAll(security.settings());
        properties.forEach((key, value) -> {
            if (node.isBroker || !key.endsWith("listeners")) all.put(key, value);
        });
        return all;
    }

    /** The text of a properties file, with the escapes that {@link Properties#load(InputStream)} knows. */
    private static String text(Map<String, ?> settings) {
        return settings.entrySet().stream()
                .map(it -> it.getKey() + "=" + it.getValue().toString().strip())
                .map(line -> line.replace("\\", "\\\\").replace("\n", "\\n\\\n"))
                .flatMapToInt(line -> (line + "\n").chars())
                .mapToObj(c -> c > '~' ? "\\u%04x".formatted(c) : Character.toString(c))
                .collect(Collectors.joining());
    }

    private static Properties load(Path file) throws IOException {
        var loaded = new Properties();
        try (var input = Files.newInputStream(file)) {
            loaded.load(input);
        }
        return loaded;
    }

    /** There may be passwords in the file: only its owner may read it. */
    private static void writePrivately(Path file, String text) throws IOException {
        Files.deleteIfExists(file);
        var owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        Files.writeString(Files.createFile(file, owner), text);
    }

    // ---- --secure ----

    /**
     * Brokers speak TLS with a certificate made here, and know users by SCRAM passwords. Controllers know brokers by
     * that certificate, as SCRAM passwords are in the metadata that a broker gets only from a controller.
     */
    private class Security {
        private static final String MECHANISM = "SCRAM-SHA-256";
        private static final String KEYSTORE = "server.p12";
        private static final String KEYSTORE_PASSWORD = "changeit"; // only the owner may read the file

        private final Path client = directory.resolve("client.properties");
        private final Path guest = directory.resolve("no-permissions.properties");
        private final String certificate;
        private final String password;
        private final String guestPassword;

        /** Continues with the users and the certificate that are there, or makes them. */
        Security(boolean isNew) throws Exception {
            if (!isNew && !Files.exists(client))
                throw new Failure(2, "%s was made without --secure and has no users. Take another --dir.", directory);
            password = passwordIn(client);
            guestPassword = passwordIn(guest);
            if (!Files.exists(directory.resolve(KEYSTORE))) makeCertificate();
            certificate = certificate();
            writePrivately(client, text(clientSettings("admin", password)));
            writePrivately(guest, text(clientSettings("guest", guestPassword)));
        }

        private static String passwordIn(Path file) throws IOException {
            if (!Files.exists(file)) return UUID.randomUUID().toString();
            return load(file).getProperty("sasl.jaas.config").replaceFirst(".*password=\"([^\"]*)\".*", "$1");
        }

        private void makeCertificate() throws IOException, InterruptedException {
            String options =
                    "-genkeypair -alias node -keyalg EC -dname CN=localhost -ext san=dns:localhost,ip:127.0.0.1"
                            + " -validity 3650 -storetype PKCS12 -keystore " + KEYSTORE + " -storepass "
                            + KEYSTORE_PASSWORD;
            Process process = java("keytool", options.split(" ")).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (process.waitFor() != 0) throw new Failure(1, "keytool cannot make a certificate: %s", said);
            Files.setPosixFilePermissions(directory.resolve(KEYSTORE), PosixFilePermissions.fromString("rw-------"));
        }

        /** In PEM, as a client's properties can hold it. */
        private String certificate() throws Exception {
            var store = KeyStore.getInstance(directory.resolve(KEYSTORE).toFile(), KEYSTORE_PASSWORD.toCharArray());
            byte[] encoded = store.getCertificate("node").getEncoded();
            String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded);
            return "-----BEGIN CERTIFICATE-----\n" + lines + "\n-----END CERTIFICATE-----";
        }

        private String login(String user, String password) {
            return "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"%s\" password=\"%s\";"
                    .formatted(user, password);
        }

        Map<String, Object> clientSettings(String user, String password) {
            var all = new LinkedHashMap<String, Object>();
            all.put("bootstrap.servers", bootstrapServers());
            all.put("security.protocol", "SASL_SSL");
            all.put("sasl.mechanism", MECHANISM);
            all.put("sasl.jaas.config", login(user, password));
            all.put("ssl.truststore.type", "PEM");
            all.put("ssl.truststore.certificates", certificate);
            return all;
        }

        /** Of each node. */
        Map<String, Object> settings() {
            var all = new LinkedHashMap<String, Object>();
            all.put("listener.security.protocol.map", "CONTROLLER:SSL,SASL_SSL:SASL_SSL");
            all.put("ssl.keystore.location", KEYSTORE);
            all.put("ssl.keystore.password", KEYSTORE_PASSWORD);
            all.put("ssl.truststore.type", "PEM");
            all.put("ssl.truststore.certificates", certificate);
            all.put("listener.name.controller.ssl.client.auth", "required");
            all.put("sasl.enabled.mechanisms", MECHANISM);
            all.put("sasl.mechanism.inter.broker.protocol", MECHANISM);
            all.put("listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config", login("admin", password));
            if (!acls) return all;
            all.put("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
            all.put("super.users", "User:admin;User:CN=localhost");
            return all;
        }

        /** As Kafka's Formatter takes them. */
        List<String> users() {
            return List.of(
                    MECHANISM + "=[name=admin,password=" + password + "]",
                    MECHANISM + "=[name=guest,password=" + guestPassword + "]");
        }

        void say() {
            Script.say("client properties: %s", client);
            if (acls) Script.say("client properties of a user without any permission: %s", guest);
        }
    }

    // ---- a node ----

    private enum State {
        NOT_STARTED,
        STARTING,
        RUNNING,
        PAUSED,
        STOPPED,
        KILLED,
        DEAD;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    /** One Kafka process, its files and what has been done to it. */
    private class Node {
        final int id;
        final String name;
        final int port;
        final boolean isBroker;
        final Path data;
        final Path log;
        final Path properties;
        private Process process;
        private Process freezer;
        private long terminatedAt; // ns
        private volatile State state = State.NOT_STARTED;

        Node(int id, String name, int port, boolean isBroker) {
            this.id = id;
            this.name = name;
            this.port = port;
            this.isBroker = isBroker;
            this.data = directory.resolve(name);
            this.log = directory.resolve(name + ".log");
            this.properties = directory.resolve(name + ".properties");
        }

        boolean isRunning() {
            return process != null && process.isAlive();
        }

        boolean listens() {
            try (var socket = new Socket("127.0.0.1", port)) {
                return socket.isConnected();
            } catch (IOException notYet) {
                return false;
            }
        }

        String status() {
            return name + " " + state;
        }

        void start() throws IOException {
            if (Script.stopping()) throw new Failure(130, "Interrupted.");
            thaw();
            var arguments = new ArrayList<>(JVM_OPTIONS);
            arguments.addAll(classes.options(this));
            arguments.add("-Dorg.slf4j.simpleLogger.defaultLogLevel=info");
            arguments.add("-Dorg.slf4j.simpleLogger.showDateTime=true");
            arguments.add("-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS");
            arguments.addAll(List.of("-cp", System.getProperty("java.class.path")));
            arguments.addAll(List.of(Main.class.getName(), properties.toString()));
            ProcessBuilder java = java("java", arguments.toArray(String[]::new));
            process = java.redirectOutput(Redirect.appendTo(log.toFile())).start();
            state = State.STARTING;
            process.onExit().thenAccept(this::sayIfUnexpected);
        }

        private void sayIfUnexpected(Process ended) {
            if (ending || ended != process || state != State.RUNNING && state != State.PAUSED) return;
            state = State.DEAD;
            Script.say("%s died: %s", name, causeOfDeath());
        }

        String causeOfDeath() {
            keepLogs = true;
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
            long logSize = log.toFile().length();
            terminate();
            boolean ended = process.waitFor(STOP_LIMIT, TimeUnit.NANOSECONDS);
            destroy();
            String how = !ended
                    ? "killed, as it did not end within 10 s of SIGTERM"
                    : isBroker && !logSays(LEADERS_MOVED, logSize)
                            ? "SIGTERM, without a controlled shutdown"
                            : "controlled shutdown";
            return "%s stopped: %s, %.1f s".formatted(name, how, seconds(terminatedAt));
        }

        void terminate() {
            if (!isRunning()) return;
            thaw();
            state = State.STOPPED;
            terminatedAt = System.nanoTime();
            process.toHandle().destroy(); // Process.destroy() would close the node's input, too
        }

        /** Unlike waitFor, join is not interrupted by Ctrl-C. */
        void awaitEnd() {
            if (!isRunning()) return;
            long left = terminatedAt + STOP_LIMIT - System.nanoTime();
            process.onExit()
                    .completeOnTimeout(process, left, TimeUnit.NANOSECONDS)
                    .join();
            destroy();
        }

        private boolean logSays(String text, long from) {
            try (var file = Files.newInputStream(log)) {
                file.skipNBytes(from);
                return new String(file.readAllBytes(), StandardCharsets.UTF_8).contains(text);
            } catch (IOException unreadable) {
                return false;
            }
        }

        String kill() {
            if (!isRunning()) return name + " is " + state + " already";
            state = State.KILLED;
            destroy();
            return name + " killed (SIGKILL)";
        }

        void destroy() {
            if (process == null) return;
            process.destroyForcibly().onExit().join();
            thaw();
        }

        /** Freezes the node with a helper that thaws it at the end of the helper's input: also when this script dies. */
        String pause() throws IOException {
            if (state == State.PAUSED) return name + " is paused already";
            if (!isRunning()) throw new Failure(1, "%s is %s", name, state);
            String script = "trap '' INT HUP; kill -STOP $1 && echo frozen; read end; kill -CONT $1";
            freezer = new ProcessBuilder("sh", "-c", script, "sh", "" + process.pid()).start();
            if (freezer.inputReader().readLine() == null) {
                thaw();
                throw new Failure(1, "%s could not be paused", name);
            }
            state = State.PAUSED;
            return name + " paused (SIGSTOP)";
        }

        String resume() {
            if (state != State.PAUSED) return name + " is not paused";
            thaw();
            state = State.RUNNING;
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
                Script.inBackground(Main::endWithParent);
                kafka.Kafka.main(args);
            }

            /** Standard input, a pipe from the parent, ends when the parent does, even by SIGKILL. */
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

    /** Logged by Kafka's BrokerLifecycleManager when a broker's leaders have moved. */
    private static final String LEADERS_MOVED = "has asked us to exit controlled shutdown";

    /** In ns: what {@code docker stop} waits between SIGTERM and SIGKILL. */
    private static final long STOP_LIMIT = 10_000_000_000L;

    /** For a quick start: a broker here has little to do. */
    private static final List<String> JVM_OPTIONS = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m");

    /**
     * A tool of this JDK, in the cluster's directory. Ctrl-C goes to every process of the terminal, and a closed window
     * likewise; nodes leave both to their parent, which ends them in the right order: a signal that is ignored stays
     * ignored after exec. Options for all JVMs, such as a debugger's port or a collector, are for this script's alone.
     */
    private ProcessBuilder java(String tool, String... arguments) {
        var command = new ArrayList<>(List.of("sh", "-c", "trap '' INT HUP; exec \"$@\"", "sh"));
        command.add(Path.of(System.getProperty("java.home"), "bin", tool).toString());
        command.addAll(List.of(arguments));
        var java = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        java.environment().keySet().removeAll(Set.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"));
        return java;
    }

    /**
     * Kafka's classes as a JVM has them in memory (class data sharing): with them a node starts in three quarters of the
     * time. They are written once, in the background, beside the compiled script, and are those of the first broker.
     */
    private class ClassArchive {
        private final Path script =
                Path.of(System.getProperty("java.class.path").split(File.pathSeparator)[0]);
        private final Path file = script.toAbsolutePath().resolveSibling("nodes-" + Runtime.version() + ".jsa");
        private Process writer;

        private Path list() {
            return directory.resolve("classes.list");
        }

        List<String> options(Node node) {
            if (Files.exists(file)) return List.of("-XX:SharedArchiveFile=" + file);
            return node.id == 1 ? List.of("-XX:DumpLoadedClassList=" + list()) : List.of();
        }

        /** The archive comes into being as a whole: two clusters may write it at once, or be killed meanwhile. */
        void archive() throws IOException {
            if (!Files.exists(list()) || Files.exists(file)) return;
            List<String> names = Files.readAllLines(list());
            Files.write(list(), names.subList(0, Math.max(0, names.size() - 1))); // the last may be half a name
            ProcessBuilder java = java("java", "-Xshare:dump", "-XX:SharedClassListFile=" + list());
            java.command().addAll(JVM_OPTIONS);
            java.command().addAll(List.of("-cp", System.getProperty("java.class.path")));
            String write = "file=$1; list=$2; shift 2; nice \"$@\" -XX:SharedArchiveFile=\"$file.$$\"";
            String keep = " && mv \"$file.$$\" \"$file\" || rm -f \"$file.$$\"; rm -f \"$list\"";
            String shell = "trap '' INT HUP; " + write + keep;
            java.command().addAll(0, List.of("sh", "-c", shell, "sh", file.toString(), list().toString()));
            writer = java.redirectOutput(Redirect.DISCARD).start();
        }

        void end() {
            if (writer == null) return;
            writer.descendants().forEach(ProcessHandle::destroyForcibly); // then sh removes what is half written
            writer.onExit().join();
        }
    }

    // ---- waiting ----

    /** Until these nodes take requests. Fails when a node ends while it starts, on Ctrl-C, or after 180 s. */
    private void await(List<Node> awaited) throws Exception {
        long start = System.nanoTime();
        // A client that finds nobody waits longer and longer; a plain connection tells sooner.
        while (!awaited.stream().allMatch(Node::listens)) waitMore(start);
        List<Node> ofThem = awaited.stream().filter(node -> node.isBroker).toList();
        if (!ofThem.isEmpty())
            try (Admin admin = Admin.create(adminSettings(ofThem))) {
                while (!areReady(ofThem, admin)) waitMore(start);
            }
        awaited.forEach(node -> node.state = State.RUNNING);
    }

    private void waitMore(long start) {
        for (Node node : nodes)
            if (node.state == State.STARTING && !node.isRunning()) {
                node.state = State.DEAD;
                throw new Failure(1, "%s did not start: %s", node.name, node.causeOfDeath());
            }
        if (Script.stopsWithin(20_000_000)) throw new Failure(130, "Interrupted.");
        if (System.nanoTime() - start < START_LIMIT) return;
        keepLogs = true;
        throw new Failure(1, "The cluster was not ready within 180 s; see the logs in %s", directory);
    }

    private static final long START_LIMIT = 180_000_000_000L; // ns

    private Map<String, Object> adminSettings(List<Node> asked) {
        var settings = new HashMap<String, Object>();
        if (security != null) settings.putAll(security.clientSettings("admin", security.password));
        settings.put("bootstrap.servers", addresses(asked));
        // In ms: the nodes are near, and are asked again soon.
        settings.put("reconnect.backoff.max.ms", 100);
        settings.put("retry.backoff.ms", 20);
        settings.put("request.timeout.ms", 2_000);
        settings.put("default.api.timeout.ms", 5_000);
        return settings;
    }

    /** Whether the cluster knows these brokers, and would place a topic on as many as it may need. */
    private boolean areReady(List<Node> awaited, Admin admin) throws InterruptedException {
        try {
            Set<Integer> live = admin.describeCluster().nodes().get().stream()
                    .map(org.apache.kafka.common.Node::id)
                    .collect(Collectors.toSet());
            if (!awaited.stream().allMatch(node -> live.contains(node.id))) return false;
            int running = (int)
                    nodes.stream().filter(it -> it.isBroker && it.isRunning()).count();
            var probe = new NewTopic("probe", 1, (short) Math.min(2, Math.min(running, live.size())));
            admin.createTopics(List.of(probe), new CreateTopicsOptions().validateOnly(true))
                    .all()
                    .get();
            return true;
        } catch (ExecutionException notYet) {
            return false;
        }
    }

    // ---- details ----

    private static boolean isFree(int port) {
        try (var socket = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
            return socket.isBound();
        } catch (IOException inUse) {
            return false;
        }
    }

    private String bootstrapServers() {
        return addresses(nodes.stream().filter(node -> node.isBroker).toList());
    }

    private static String addresses(List<Node> brokers) {
        return join(brokers.stream(), it -> "localhost:" + it.port);
    }

    private static String join(Stream<Node> nodes, Function<Node, String> text) {
        return nodes.map(text).collect(Collectors.joining(","));
    }

    private static double seconds(long sinceNanos) {
        return (System.nanoTime() - sinceNanos) / 1e9;
    }

    private static void delete(Path tree) {
        try (var files = Files.walk(tree)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
        } catch (IOException | UncheckedIOException cannot) {
            Script.complain("%s could not be removed: %s", tree, Script.oneLine(cannot));
        }
    }

    // ---- Script: the same lines in every script ----

    /** How a script runs, prints and ends: exit status, error messages, colours, the window, Ctrl-C. */
    static class Script {
        private static final CountDownLatch STOP = new CountDownLatch(1);
        private static volatile boolean outputClosed;
        private static volatile FutureTask<int[]> window = lookAtWindow();

        /** True while the script puts back what it broke. Then Ctrl-C waits longer than 3 s. */
        static volatile boolean mending;

        /** Runs the script's command and exits with its status. Numbers and text are the same in every locale. */
        static void run(Callable<Integer> script, String... args) {
            Locale.setDefault(Locale.ROOT);
            System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8));
            // Java reads a letter as U+FFFD where the locale has only ASCII.
            if (String.join("", args).contains("\ufffd"))
                System.exit(complain(2, "An argument has letters that this locale does not know: set LC_ALL=C.UTF-8."));
            Thread main = Thread.currentThread();
            for (String signal : List.of("INT", "TERM", "HUP")) onSignal(signal, () -> stop(main));
            onSignal("WINCH", () -> window = lookAtWindow());
            int status = new CommandLine(script)
                    .setColorScheme(CommandLine.Help.defaultColorScheme(ansi()))
                    .setParameterExceptionHandler((error, given) -> complain(
                            2, sentence(error.getMessage().replace("option option", "option")) + " Try --help."))
                    .setExecutionExceptionHandler((error, command, parsed) -> failed(error))
                    .execute(args);
            System.exit(outputClosed ? 1 : status);
        }

        /** An expected error is one line. Any other error is a defect of the script: it shows its stack trace. */
        private static int failed(Exception error) throws Exception {
            if (error instanceof Failure failure) return complain(failure.exitStatus, failure.getMessage());
            boolean ofKafka = error.getClass().getName().startsWith("org.apache.kafka.");
            if (stopping() && (ofKafka || error instanceof InterruptedException)) return complain(130, "Interrupted.");
            if (ofKafka) return complain(1, oneLine(error));
            throw error;
        }

        private static void onSignal(String name, Runnable action) {
            try {
                sun.misc.Signal.handle(new sun.misc.Signal(name), signal -> action.run());
            } catch (IllegalArgumentException notOnThisSystem) {
                // Windows has no HUP and no WINCH
            }
        }

        /** The first signal asks the script to end in good order, within 3 s. The second ends it at once. */
        private static void stop(Thread main) {
            if (stopping()) Runtime.getRuntime().halt(130);
            STOP.countDown();
            inBackground(() -> {
                while (mending) LockSupport.parkNanos(50_000_000L);
                LockSupport.parkNanos(2_200_000_000L);
                main.interrupt(); // it may be waiting for a cluster that does not answer
                LockSupport.parkNanos(600_000_000L);
                Runtime.getRuntime().halt(130);
            });
        }

        /** Whether the script was asked to stop. */
        static boolean stopping() {
            return STOP.getCount() == 0;
        }

        /** Waits so many ns. Ends early, and returns true, when the script is asked to stop. */
        static boolean stopsWithin(long nanos) {
            try {
                return STOP.await(nanos, TimeUnit.NANOSECONDS);
            } catch (InterruptedException hurry) {
                return true;
            }
        }

        /** Runs the work in a thread that does not keep the script alive, and ends with an exception unnoticed. */
        static void inBackground(Runnable work) {
            var thread = new Thread(work);
            thread.setDaemon(true);
            thread.setUncaughtExceptionHandler((ended, why) -> {}); // such as a client that was closed meanwhile
            thread.start();
        }

        /** Prints a line. Only the format may have picocli's markup for colours: the values are shown as they are. */
        static void say(String format, Object... values) {
            print(text(format, values));
        }

        static String text(String format, Object... values) {
            return String.format(Locale.ROOT, ansi().string(format), values);
        }

        /** Prints a line that a terminal cuts to its window: the record's end gives way, the text behind it does not. */
        static void show(String head, String record, String behind) {
            int room = Math.max(16, columns() - Ansi.OFF.string(head).length() - behind.length());
            boolean cut = columns() > 0 && record.length() > room;
            print(ansi().string(head) + (cut ? record.substring(0, room - 1) + "\u2026" : record) + behind);
        }

        /** Prints whole lines. Returns false, and asks the script to stop, when nobody reads them. */
        static boolean print(String lines) {
            System.out.println(lines);
            if (!System.out.checkError()) return true;
            if (!outputClosed) complain("Standard output was closed.");
            outputClosed = true;
            STOP.countDown();
            return false;
        }

        /** Prints a line on standard error. */
        static void complain(String format, Object... values) {
            System.err.println(hidden(String.format(Locale.ROOT, format, values)));
        }

        private static int complain(int exitStatus, String message) {
            complain("%s", message);
            return exitStatus;
        }

        /** What went wrong, without the exceptions that it is wrapped in. */
        static String oneLine(Throwable error) {
            Throwable root = rootOf(error);
            String message = root.getMessage() == null ? root.toString() : root.getMessage();
            if (root instanceof NoSuchFileException) message = "there is no file " + message;
            if (root instanceof ClassNotFoundException) message = "there is no class " + message;
            return sentence(message);
        }

        private static String sentence(String text) {
            return text.replaceAll("\\s+", " ").replaceFirst("[.]?$", ".");
        }

        static Throwable rootOf(Throwable error) {
            return error.getCause() == null ? error : rootOf(error.getCause());
        }

        /** The text without passwords. */
        static String hidden(String text) {
            String secret = "(sasl\\.jaas\\.config|password|passphrase|secret|token|keystore\\.key)";
            return text.replaceAll("(?is)(" + secret + "\\S*?\\s*=\\s*)\\S.*", "$1[hidden]")
                    .replaceAll("'[^']*' in JAAS", "[hidden] in JAAS");
        }

        /** The columns of the terminal's window; 0 where standard output is no terminal. */
        static int columns() {
            return window(1);
        }

        /** The rows of the terminal's window; 0 where standard output is no terminal. */
        static int rows() {
            return window(0);
        }

        private static int window(int index) {
            try {
                return window.get()[index];
            } catch (InterruptedException | ExecutionException notKnown) {
                return 0;
            }
        }

        /** In the background, as asking the terminal takes 30 ms. */
        private static FutureTask<int[]> lookAtWindow() {
            var look = new FutureTask<>(() -> {
                try {
                    var stty = new ProcessBuilder("sh", "-c", "test -t 1 && stty size </dev/tty >&2")
                            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                            .start();
                    String size = new String(stty.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
                    String[] numbers = size.strip().split(" ");
                    return new int[] {Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1])};
                } catch (IOException | RuntimeException noTerminal) {
                    return new int[] {0, 0}; // to throw would cost 1 µs in each call, and so for each record
                }
            });
            inBackground(look);
            return look;
        }

        /** Colours: only on a terminal that can, never with NO_COLOR, always with CLICOLOR_FORCE. */
        static Ansi ansi() {
            Map<String, String> variables = System.getenv();
            boolean never = !variables.getOrDefault("NO_COLOR", "").isEmpty();
            boolean always = !Set.of("", "0").contains(variables.getOrDefault("CLICOLOR_FORCE", ""));
            return !never && (always || canRedraw()) ? Ansi.ON : Ansi.OFF;
        }

        /** Whether a picture can be drawn again in its place. */
        static boolean canRedraw() {
            return columns() > 0 && !"dumb".equals(System.getenv("TERM"));
        }
    }

    /** An error for the user: one line that names the cause and the next step, and an exit status. */
    static class Failure extends RuntimeException {
        private static final long serialVersionUID = 1L;
        final int exitStatus;

        Failure(int exitStatus, String format, Object... values) {
            super(String.format(Locale.ROOT, format, values));
            this.exitStatus = exitStatus;
        }
    }
}
