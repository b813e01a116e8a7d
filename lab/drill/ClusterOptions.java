package lab.drill;

import java.io.*;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.*;
import lab.common.*;
import lab.drill.faults.*;
import lab.drill.recording.Printer;
import lab.drill.scenarios.TimeConverter;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Node;
import picocli.CommandLine.*;

/** Which cluster is drilled, and who takes its nodes down. */
class ClusterOptions {
    private static final String LOCAL = "localhost:9092,localhost:9095,127.0.0.1:9092,127.0.0.1:9095";

    @ArgGroup(exclusive = true)
    How how = new How();

    /** If the nodes are neither Docker's nor the drill's own. */
    static class How {
        @ArgGroup(exclusive = false)
        UserCommands commands;

        @Option(names = "--manual", description = "Ask you to take the broker down and restore it.")
        boolean manual;

        @Option(names = "--observe", paramLabel = "TIME", converter = TimeConverter.class,
                description = "Inject no fault. Produce and consume for TIME, and check whatever happens to the"
                        + " cluster.")
        Duration observe;
    }

    static class UserCommands {
        @Option(names = "--stop-command", paramLabel = "COMMAND", required = true,
                description = "Your command that takes a broker down. {id}, {name}, {host}, {port} and {fault} are"
                        + " replaced.")
        String stop;

        @Option(names = "--start-command", paramLabel = "COMMAND", required = true,
                description = "Your command that restores the broker.")
        String start;
    }

    @Option(names = "--cluster", paramLabel = "SCRIPT", defaultValue = "cluster.java",
            description = "Script that starts a cluster if none answers, also with options, such as 'cluster.java"
                    + " --brokers 3' (default: ${DEFAULT-VALUE}).")
    String script;

    /** How long the cluster is only observed; null: a fault is injected. */
    Duration observe() {
        return how.observe;
    }

    /**
     * Uses the cluster that is named, or answers. If none does, and none was named, starts one.
     *
     * @param options of cluster.java, if one is started
     * @param cutsPower whether logs are to be cut: only those of a cluster that is started here
     */
    Cluster open(Connection connection, List<String> options, boolean cutsPower, Printer printer) throws Exception {
        if (File.separatorChar == '\\')
            throw new Failure(2, "drill.java needs a POSIX shell. On Windows, run it in WSL.");
        boolean local = Set.of(LOCAL.split(","))
                .containsAll(List.of(connection.servers().list().split(",")));
        boolean starts = local && connection.bootstrapServer == null && !answers(9092) && !answers(9095);
        if (cutsPower && !starts)
            throw new Failure(
                    2,
                    "A power cut takes what was not fsynced from all topics of a broker, and nothing restores it. So it is"
                            + " only possible on a cluster that the drill starts: stop the one on ports 9092 and 9095,"
                            + " and name none.");
        Executor own = starts ? startCluster(options, printer) : null;
        Admin admin = null;
        try {
            admin = connection.connect();
            var brokers = new TreeMap<Integer, Node>();
            for (Node node : admin.describeCluster().nodes().get()) brokers.put(node.id(), node);
            return new Cluster(admin, own == null ? executor(brokers.values()) : own, brokers);
        } catch (Exception failed) {
            if (admin != null) admin.close(Duration.ZERO);
            if (own != null) own.close();
            throw failed;
        }
    }

    private static boolean answers(int port) {
        for (String host : List.of("127.0.0.1", "::1"))
            try (var socket = new Socket(host, port)) {
                return socket.isConnected();
            } catch (IOException refused) {
                // the other address, perhaps
            }
        return false;
    }

    private Executor executor(Collection<Node> brokers) throws Exception {
        if (how.observe != null) return new Nobody();
        if (how.manual) return new ByHand();
        if (how.commands != null) return Commands.of(how.commands.stop, how.commands.start);
        String notOurs = Containers.whyNot(brokers);
        if (notOurs == null) return Containers.open();
        throw new Failure(
                2,
                "%s Give commands that stop and start a broker (--stop-command, --start-command), or do it yourself"
                        + " (--manual).",
                notOurs);
    }

    private Executor startCluster(List<String> options, Printer printer) throws Exception {
        boolean isPath = Siblings.find(script) != null; // it may have spaces
        List<String> words = isPath ? List.of(script) : List.of(script.strip().split("\\s+"));
        Path found = Siblings.find(words.get(0));
        if (found == null)
            throw new Failure(
                    3,
                    "No cluster answers at localhost:9092,localhost:9095, and there is no %s here to start one. Start one:"
                            + " docker compose up -d --wait; or name one: -b HOST:PORT, --cluster SCRIPT",
                    words.get(0));
        var all = new ArrayList<>(words.subList(1, words.size()));
        all.addAll(options);
        String command = (words.get(0) + " " + String.join(" ", all)).strip();
        String text = "No cluster answers at localhost:9092,localhost:9095. Starting one: " + command;
        printer.print("@|faint %s|@", Printer.wrapped(0, text));
        return new OwnCluster(found, all, line -> printer.print("  @|red %s|@", line));
    }
}
