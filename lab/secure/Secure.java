package lab.secure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Unmatched;

/**
 * Starts cluster.java with the properties that TLS, a login and permissions need. Then it passes commands on to it. It
 * prints, before the lines of cluster.java:
 *
 * <pre>
 * client properties: FILE                                         for --command-config of every script
 * client properties of a user without any permission: FILE        with --acls
 * </pre>
 */
@Command(
        name = "secure",
        mixinStandardHelpOptions = true,
        version = "secure 2.0.0",
        sortOptions = false,
        header = "Runs a Kafka cluster on this machine that requires TLS and a login (SASL/SCRAM-SHA-256).%n",
        footer = {
            "",
            "All other options are those of cluster.java: see 'jbang cluster.java --help', also for the commands on"
                    + " standard input. The end of the input ends the cluster.",
            "Exit status: 0 quit, 1 the cluster could not be started, 2 wrong usage (as cluster.java)."
        })
public class Secure implements Callable<Integer> {
    @Option(names = "--acls",
            description = "Give permissions only to the user in the client properties (Kafka's StandardAuthorizer).")
    private boolean acls;

    @Option(names = "--brokers", paramLabel = "N", defaultValue = "2",
            description = "Number of brokers, 1 to 9 (default: ${DEFAULT-VALUE}).")
    private int brokers;

    @Option(names = "--port", paramLabel = "PORT", defaultValue = "9092",
            description = "Port of kafka-1 on 127.0.0.1. Each further node's is 3 higher (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(names = "--dir", paramLabel = "DIR",
            description = "Keep data, users and certificate there, and reuse them (default: a temporary directory).")
    private Path directory;

    @Unmatched
    private List<String> more = new ArrayList<>();

    private ClusterProcess cluster;
    private Path temporary; // null: --dir

    public static void main(String... args) {
        System.exit(new CommandLine(new Secure())
                .setParameterExceptionHandler((error, given) -> complain(2, error.getMessage()))
                .setExecutionExceptionHandler((error, command, parsed) -> {
                    if (error instanceof IOException)
                        return complain(1, "The cluster was not started: " + error.getMessage());
                    throw error;
                })
                .execute(args));
    }

    @Override
    public Integer call() throws Exception {
        var arguments = new ArrayList<>(List.of("--brokers=" + brokers, "--port=" + port));
        if (directory == null) temporary = Files.createTempDirectory("kafka-secure-");
        else {
            Files.createDirectories(directory);
            arguments.add("--dir=" + directory.toAbsolutePath());
        }
        Path files = (directory == null ? temporary : directory).toAbsolutePath();
        Runtime.getRuntime().addShutdownHook(new Thread(this::end));
        if (Files.exists(files.resolve("cluster.id")) && !Files.exists(files.resolve("client.properties")))
            return complain(2, files + " was made without a login and has no users. Choose another --dir.");
        var certificate = new Certificate(files);
        var users = new Users(files);
        String servers = IntStream.range(0, brokers)
                .mapToObj(i -> "localhost:" + (port + 3 * i))
                .collect(Collectors.joining(","));
        users.writeClientProperties(servers, certificate.pem());
        Path given = files.resolve("arguments");
        PrivateFile.write(given, NodeSettings.asArguments(NodeSettings.of(certificate, users, acls), users));
        arguments.add("@" + given);
        arguments.addAll(more);
        System.out.println("client properties: " + users.client);
        if (acls) System.out.println("client properties of a user without any permission: " + users.guest);
        cluster = new ClusterProcess(arguments);
        return cluster.await();
    }

    private void end() {
        if (cluster != null) cluster.end();
        if (temporary == null) return;
        try (var all = Files.walk(temporary)) {
            for (Path file : all.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
        } catch (IOException | UncheckedIOException cannot) {
            complain(1, temporary + " could not be removed: " + cannot);
        }
    }

    private static int complain(int exitStatus, String message) {
        System.err.println(message);
        return exitStatus;
    }
}
