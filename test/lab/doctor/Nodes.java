package lab.doctor;

import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.time.Duration;
import java.util.*;
import java.util.function.Function;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.Node;
import test.*;

/**
 * A cluster of nodes that cluster.java does not start: brokers that are controllers as well, racks, and earlier versions
 * of Kafka. All nodes end with it.
 */
class Nodes implements AutoCloseable {
    private final Path directory;
    private final List<String> java; // the command that starts a JVM with Kafka's classes
    private final SortedMap<Integer, Run> running = new TreeMap<>();
    private final SortedMap<Integer, Integer> ports = new TreeMap<>(); // of brokers
    private final SortedMap<Integer, Path> files = new TreeMap<>();
    private String controller; // the first one's address
    private Admin admin;

    /** Nodes of the version that everything here uses. */
    Nodes(Path directory) {
        this.directory = directory;
        java = java("cluster.java");
        // The classes as cluster.java keeps them for its nodes: with them they start in three quarters of the time.
        Path archive = Run.jar("cluster.java").resolveSibling("nodes-" + Runtime.version() + ".jsa");
        if (Files.exists(archive)) java.add("-XX:SharedArchiveFile=" + archive);
    }

    /** @param version an earlier one, such as 3.5.2 */
    Nodes(Path directory, String version) throws IOException {
        this.directory = directory;
        String source = Files.readString(Run.ROOT.resolve("test/broker.java"));
        Path script = directory.resolve("broker.java");
        Files.writeString(script, source.replaceFirst("kafka_2.13:[0-9.]+", "kafka_2.13:" + version));
        java = java(script.toString());
    }

    /** A JVM like those of cluster.java's nodes, with the libraries of a script. */
    private static List<String> java(String script) {
        var command = List.of(Run.commandOf(script));
        String options =
                "-Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dorg.slf4j.simpleLogger.defaultLogLevel=off";
        var java = new ArrayList<>(List.of(command.get(0)));
        java.addAll(List.of(options.split(" ")));
        java.addAll(List.of("-cp", command.get(command.indexOf("-classpath") + 1)));
        return java;
    }

    /**
     * Starts the nodes, and waits until all brokers are known.
     *
     * @param brokers their ids
     * @param controllers ids; the ones that are brokers as well are combined nodes
     * @param racks by broker; may be empty
     * @param settings of all nodes
     */
    void start(Set<Integer> brokers, Set<Integer> controllers, Map<Integer, String> racks, Map<String, String> settings)
            throws Exception {
        var controllerPorts = new TreeMap<Integer, Integer>();
        for (int id : controllers) controllerPorts.put(id, freePort());
        for (int id : brokers) ports.put(id, freePort());
        String voters = controllers.stream()
                .map(id -> id + "@localhost:" + controllerPorts.get(id))
                .collect(Collectors.joining(","));
        var all = new TreeSet<>(brokers);
        all.addAll(controllers);
        for (int id : all) {
            var node = new TreeMap<>(settings);
            node.put("controller.quorum.voters", voters);
            node.putIfAbsent("offsets.topic.replication.factor", "" + Math.min(2, brokers.size()));
            node.putIfAbsent("offsets.topic.num.partitions", "3");
            node.putIfAbsent("broker.session.timeout.ms", "4000");
            node.putIfAbsent("broker.heartbeat.interval.ms", "1000");
            node.putIfAbsent("group.initial.rebalance.delay.ms", "0");
            if (racks.containsKey(id)) node.put("broker.rack", racks.get(id));
            configure(id, ports.get(id), controllerPorts.get(id), node);
        }
        controller = "localhost:" + controllerPorts.get(controllerPorts.firstKey());
        format(all);
        for (int id : all) start(id);
        admin = Admin.create(Map.of("bootstrap.servers", servers(), "request.timeout.ms", 5_000)); // for one that hangs
        awaitUp(brokers);
    }

    /** @param brokerPort null: it is no broker */
    private void configure(int id, Integer brokerPort, Integer controllerPort, Map<String, String> node)
            throws IOException {
        var roles = new ArrayList<String>();
        var listeners = new ArrayList<String>();
        if (brokerPort != null) {
            roles.add("broker");
            listeners.add("PLAINTEXT://localhost:" + brokerPort);
            String internal = node.get("inter.broker.listener.name"); // one more, which clients do not use
            if (internal != null) listeners.add(internal + "://localhost:" + freePort());
        }
        if (controllerPort != null) {
            roles.add("controller");
            listeners.add("CONTROLLER://localhost:" + controllerPort);
        }
        node.put("node.id", "" + id);
        node.put("process.roles", String.join(",", roles));
        node.put("listeners", String.join(",", listeners));
        node.put("controller.listener.names", "CONTROLLER");
        node.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT");
        node.put("log.dirs", directories(id).stream().map(Path::toString).collect(Collectors.joining(",")));
        var text = new StringBuilder();
        node.forEach((key, value) -> text.append(key).append('=').append(value).append('\n'));
        files.put(id, Files.writeString(directory.resolve("node-" + id + ".properties"), text));
    }

    private void format(Set<Integer> ids, String... options) {
        var arguments = new ArrayList<>(List.of("kafka.tools.StorageTool", "format", "-t", "AAAAAAAAQACAAAAAAAAAAQ"));
        arguments.addAll(List.of(options));
        arguments.add("-c");
        List<Run> runs = ids.stream().map(id -> java(arguments, files.get(id))).toList();
        runs.forEach(run -> run.expectExit(0));
    }

    /** Its two log directories. The first one has the metadata as well. */
    List<Path> directories(int id) {
        return List.of(directory.resolve("data-" + id), directory.resolve("more-" + id));
    }

    /** Stops a node, and starts it with one other setting; null: without it. */
    void restart(int id, String key, String value) throws IOException {
        stop(id);
        List<String> lines = new ArrayList<>(Files.readAllLines(files.get(id)));
        lines.removeIf(it -> it.startsWith(key + "="));
        if (value != null) lines.add(key + "=" + value);
        Files.write(files.get(id), lines);
        start(id);
    }

    /** A setting in its file. */
    String setting(int id, String key) throws IOException {
        return Files.readAllLines(files.get(id)).stream()
                .filter(it -> it.startsWith(key + "="))
                .map(it -> it.substring(key.length() + 1))
                .findFirst()
                .orElseThrow();
    }

    /** Starts one more controller, and adds it to those that vote. */
    void addController(int id) throws Exception {
        configure(id, null, freePort(), new TreeMap<>(Map.of("controller.quorum.bootstrap.servers", controller)));
        format(Set.of(id), "--no-initial-controllers");
        start(id);
        String add = "kafka-metadata-quorum.sh --bootstrap-server %s --command-config %s add-controller"
                .formatted(servers(), files.get(id));
        SharedCluster.await(
                "controller " + id + " follows",
                () -> inQuorum(id, QuorumInfo::observers) || inQuorum(id, QuorumInfo::voters));
        SharedCluster.await(
                "controller " + id + " votes",
                () -> inQuorum(id, QuorumInfo::voters) || Shell.works(add) && inQuorum(id, QuorumInfo::voters));
    }

    private boolean inQuorum(int id, Function<QuorumInfo, List<QuorumInfo.ReplicaState>> which) {
        try {
            QuorumInfo quorum = admin.describeMetadataQuorum().quorumInfo().get();
            return which.apply(quorum).stream().anyMatch(it -> it.replicaId() == id);
        } catch (Exception notNow) {
            return false;
        }
    }

    void start(int id) {
        running.put(id, java(List.of("kafka.Kafka"), files.get(id)));
    }

    private Run java(List<String> mainAndArguments, Path file) {
        var command = new ArrayList<>(java);
        command.addAll(mainAndArguments);
        command.add(file.toString());
        return Run.command(command.toArray(String[]::new));
    }

    void kill(int id) {
        Run node = running.remove(id);
        node.kill();
        node.awaitExit();
    }

    /** It keeps its connections, and answers nothing. */
    void freeze(int id) {
        running.get(id).signal("STOP");
    }

    void stop(int id) {
        Run node = running.remove(id);
        node.terminate();
        node.awaitExit();
    }

    Admin admin() {
        return admin;
    }

    /** Of all brokers, also of those that are down. */
    String servers() {
        return servers(ports.keySet());
    }

    String servers(Set<Integer> brokers) {
        return brokers.stream().map(id -> "localhost:" + ports.get(id)).collect(Collectors.joining(","));
    }

    void awaitUp(Set<Integer> brokers) throws InterruptedException {
        SharedCluster.await("only " + brokers + " are up", () -> {
            try {
                return admin.describeCluster().nodes().get().stream()
                        .map(Node::id)
                        .collect(Collectors.toSet())
                        .equals(brokers);
            } catch (Exception notNow) {
                return false;
            }
        });
    }

    @Override
    public void close() {
        if (admin != null) admin.close(Duration.ZERO);
        running.values().forEach(Run::kill);
        running.values().forEach(Run::close);
    }

    private static int freePort() throws IOException {
        return SharedCluster.freePort();
    }
}
