package lab.cut;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * A power failure at its worst: of what Kafka wrote, only what it had fsynced survives. Prints one line:
 *
 * <pre>kafka-1: test-2p-rf2-0 10,026 -> 0, test-2p-rf2-1 9,974 -> 0 (checkpoint 0.8 s old); controller: nothing to cut</pre>
 *
 * The numbers are the offsets after the last record, before and after. Linux also writes by itself, about every 30 s, so
 * a real failure can lose less. Not modelled: torn pages, directory entries that are lost, disks that do not keep what they
 * acknowledge.
 */
@Command(
        name = "cut",
        mixinStandardHelpOptions = true,
        version = "cut 2.0.0",
        header = "Cuts the logs of dead nodes of cluster.java back to what Kafka had fsynced.",
        footer = "%nExit status: 0 cut, 1 it could not be read or written, 2 refused: nothing is changed.")
public class Cut implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "DIR", description = "The directory of cluster.java, as --dir names it.")
    private Path directory;

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "NODE", description = "Dead nodes, such as kafka-1.")
    private List<String> names;

    @Option(names = "--at", paramLabel = "MS",
            description = "When the power failed, in ms since 1970 (default: now). The age of a checkpoint is printed.")
    private long at = System.currentTimeMillis();

    public static void main(String... args) {
        System.exit(new CommandLine(new Cut())
                .setParameterExceptionHandler((error, given) -> complain(2, error.getMessage()))
                .setExecutionExceptionHandler((error, command, parsed) -> {
                    if (error instanceof IOException) return complain(1, "Cannot cut: " + error);
                    throw error;
                })
                .execute(args));
    }

    /** All nodes are looked at before the first one is cut. */
    @Override
    public Integer call() throws IOException {
        var nodes = new ArrayList<NodeDirectory>();
        for (String name : names) {
            var node = new NodeDirectory(directory.toAbsolutePath(), name);
            String refusal = node.refusal();
            if (refusal != null) return complain(2, "Nothing is cut: " + refusal + ".");
            nodes.add(node);
        }
        var answers = new ArrayList<String>();
        for (int i = 0; i < nodes.size(); i++) answers.add(names.get(i) + ": " + answer(nodes.get(i)));
        System.out.println(String.join("; ", answers));
        return 0;
    }

    private String answer(NodeDirectory node) throws IOException {
        long checkpoint = node.checkpointTime();
        List<NodeDirectory.Cut> cuts = node.cut();
        if (cuts.isEmpty()) return "nothing to cut";
        String age = checkpoint < 0 ? "no checkpoint" : "checkpoint %.1f s old".formatted((at - checkpoint) / 1e3);
        return cuts.stream()
                .map(it -> "%s %,d -> %,d".formatted(it.partition(), it.before(), it.after()))
                .collect(Collectors.joining(", ", "", " (" + age + ")"));
    }

    private static int complain(int exitStatus, String message) {
        System.err.println(message);
        return exitStatus;
    }
}
