package test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.*;
import java.nio.file.attribute.FileTime;
import java.util.*;
import java.util.concurrent.*;

/**
 * The classes of each script as a JVM has them in memory (class data sharing): with them it starts in half of the
 * processor's time. They are written once, beside the compiled script, before all tests run. Without them, such as for
 * a single test on a machine that never ran all of them, everything works, and takes longer.
 */
final class ClassArchives {
    /** What each script does once, on a cluster, so that it loads the classes that it mostly needs. */
    private static final List<String> USES = List.of(
            "topics.java create archived-1p-rf1",
            "producer.java archived-1p-rf1 -n 1",
            "consumer.java archived-1p-rf1 archived -n 1",
            "lab/doctor.java",
            "lab/drill.java archived-1p-rf1 --observe 1s",
            "queue.java --help",
            "failover.java --help",
            "lab/report.java --help",
            "lab/live.java --help");

    private ClassArchives() {}

    /** Scripts start with those that are there, from now on. */
    static void use() {
        Run.classArchives = ClassArchives::of;
    }

    /** Where the classes of a class path are, if they have been written. A JVM takes them only for the very same jars. */
    private static Path of(String classpath) {
        String[] jars = classpath.split(":");
        var times = new ArrayList<FileTime>();
        try {
            for (String jar : jars) times.add(Files.getLastModifiedTime(Path.of(jar)));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        String name = "classes-%08x.jsa".formatted(Objects.hash("" + Runtime.version(), classpath, times));
        return Path.of(jars[0]).resolveSibling(name);
    }

    /** Writes those that are not there. What fails here fails in its own test, too: it is only told. */
    static void write() {
        ExecutorService two = Executors.newFixedThreadPool(2);
        int port = SharedCluster.freePort();
        String servers = "localhost:" + port;
        try (Run cluster = writing(servers, "cluster.java", "--brokers", "1", "--port", "" + port)) {
            cluster.awaitLine("ready: ");
            var tool = "test/tool.java kafka-configs.sh --describe --entity-type brokers --bootstrap-server " + servers;
            write(servers, USES.get(0));
            var rest = new ArrayList<>(USES.subList(1, USES.size()));
            rest.add(tool);
            var writers = rest.stream()
                    .map(use -> two.submit(() -> write(servers, use)))
                    .toList();
            for (Future<?> writer : writers) writer.get();
            ProcessHandle process = ProcessHandle.of(cluster.pid()).orElseThrow();
            SharedCluster.await(
                    "cluster.java has written its nodes' classes",
                    () -> process.descendants()
                            .noneMatch(it -> SharedCluster.commandLine(it).contains("-Xshare:dump")));
            cluster.type("quit");
            if (cluster.awaitExit() < 128) keep("cluster.java");
        } catch (InterruptedException | ExecutionException | AssertionError failed) {
            System.err.println("Without all class archives: " + failed);
        } finally {
            two.shutdownNow();
        }
    }

    private static void write(String servers, String use) {
        String[] words = use.split(" ");
        String[] arguments = Arrays.copyOfRange(words, 1, words.length);
        if (Files.exists(of(Run.classpath(words[0])))) return;
        try (Run run = writing(servers, words[0], arguments)) {
            if (run.awaitExit() < 128) keep(words[0]);
        }
    }

    private static Run writing(String servers, String script, String... arguments) {
        var command = new ArrayList<>(List.of(Run.commandOf(script, arguments)));
        if (!Files.exists(of(Run.classpath(script)))) command.add(1, "-XX:ArchiveClassesAtExit=" + unfinished(script));
        return Run.here().with("KAFKA_BOOTSTRAP_SERVERS", servers).command(command.toArray(String[]::new));
    }

    private static Path unfinished(String script) {
        return Path.of(of(Run.classpath(script)) + "." + ProcessHandle.current().pid());
    }

    /** A complete archive, which no signal has cut short, is moved into place. Not every JVM can write one. */
    private static void keep(String script) {
        if (!Files.exists(unfinished(script))) return;
        try {
            Files.move(unfinished(script), of(Run.classpath(script)), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException cannot) {
            throw new UncheckedIOException(cannot);
        }
    }
}
