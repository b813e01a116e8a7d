package lab.doctor;

import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.time.Duration;
import java.util.*;
import java.util.stream.*;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Node;
import test.*;

/**
 * A cluster of nodes that cluster.java does not start: brokers that are controllers as well, racks, and earlier versions
 * of Kafka. All nodes end with it.
 */
class Nodes implements AutoCloseable {
    private final Path directory;
    private final String[] java; // the command that starts a node, without its file
    private final SortedMap<Integer, Run> running = new TreeMap<>();
    private final SortedMap<Integer, Integer> ports = new TreeMap<>(); // of brokers
    private final SortedMap<Integer, Path> files = new TreeMap<>();
    private Admin admin;

    /** Nodes of the version that everything here uses. */
    Nodes(Path directory) {
        this.directory = directory;
        java = Run.commandOf("test/broker.java");
    }

    /** @param version an earlier one, such as 3.5.2 */
    Nodes(Path directory, String version) throws IOException {
        this.directory = directory;
        String source = Files.readString(Run.ROOT.resolve("test/broker.java"));
        Path script = directory.resolve("broker.java");
        Files.writeString(script, source.replaceFirst("kafka_2.13:[0-9.]+", "kafka_2.13:" + version));
        java = Run.commandOf(script.toString());
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
            var roles = new ArrayList<String>();
            var listeners = new ArrayList<String>();
            if (brokers.contains(id)) {
                roles.add("broker");
                listeners.add("PLAINTEXT://localhost:" + ports.get(id));
                if (racks.containsKey(id)) node.put("broker.rack", racks.get(id));
            }
            if (controllers.contains(id)) {
                roles.add("controller");
                listeners.add("CONTROLLER://localhost:" + controllerPorts.get(id));
            }
            node.put("node.id", "" + id);
            node.put("process.roles", String.join(",", roles));
            node.put("listeners", String.join(",", listeners));
            node.put("controller.listener.names", "CONTROLLER");
            node.put("controller.quorum.voters", voters);
            node.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
            node.put("log.dirs", directory.resolve("data-" + id).toString());
            node.putIfAbsent("offsets.topic.replication.factor", "" + Math.min(2, brokers.size()));
            node.putIfAbsent("offsets.topic.num.partitions", "3");
            node.putIfAbsent("broker.session.timeout.ms", "4000");
            node.putIfAbsent("broker.heartbeat.interval.ms", "1000");
            node.putIfAbsent("group.initial.rebalance.delay.ms", "0");
            var text = new StringBuilder();
            node.forEach(
                    (key, value) -> text.append(key).append('=').append(value).append('\n'));
            files.put(id, Files.writeString(directory.resolve("node-" + id + ".properties"), text));
        }
        format(all);
        for (int id : all) start(id);
        admin = Admin.create(Map.of("bootstrap.servers", servers()));
        awaitUp(brokers);
    }

    private void format(Set<Integer> ids) {
        List<Run> runs = ids.stream()
                .map(id -> java(
                        List.of("kafka.tools.StorageTool", "format", "-t", "AAAAAAAAQACAAAAAAAAAAQ", "-c"),
                        files.get(id)))
                .toList();
        runs.forEach(run -> run.expectExit(0));
    }

    void start(int id) {
        running.put(id, java(List.of("kafka.Kafka"), files.get(id)));
    }

    private Run java(List<String> mainAndArguments, Path file) {
        var command = new ArrayList<>(List.of(java).subList(0, java.length - 1));
        command.addAll(1, List.of("-Xmx256m", "-XX:TieredStopAtLevel=1"));
        command.addAll(mainAndArguments);
        command.add(file.toString());
        return Run.command(command.toArray(String[]::new));
    }

    void kill(int id) {
        running.remove(id).kill();
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
