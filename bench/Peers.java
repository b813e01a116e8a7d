package bench;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.*;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import test.Run;
import test.SharedCluster;

/** What people would use instead: Kafka's tools as their shell scripts run them, kcat and Python from Debian. */
final class Peers {
    static final String TOOLS = "4.4.0";

    static final String PYTHON_PRODUCER = """
            import json, sys
            from kafka import KafkaProducer
            servers, topic, count = sys.argv[1].split(","), sys.argv[2], int(sys.argv[3])
            producer = KafkaProducer(bootstrap_servers=servers, value_serializer=lambda it: json.dumps(it).encode())
            for i in range(1, count + 1):
                producer.send(topic, {"event_id": i, "key": "test", "message": f"This is event number {i}"})
            producer.flush()
            """;

    static final String PYTHON_CONSUMER = """
            import json, sys
            from kafka import KafkaConsumer
            servers, topic, group, count = sys.argv[1].split(","), sys.argv[2], sys.argv[3], int(sys.argv[4])
            consumer = KafkaConsumer(topic, bootstrap_servers=servers, group_id=group, auto_offset_reset="earliest",
                                     value_deserializer=lambda it: json.loads(it))
            for number, message in enumerate(consumer, 1):
                print(f"Consumer c (group: {group}) received: {message.value}")
                if number == count:
                    break
            consumer.close()
            """;

    private static final Map<String, String> CLASS_PATHS = new HashMap<>();

    /** A peer that cannot be installed here. */
    static final class Missing extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private Missing(String reason) {
            super(reason);
        }
    }

    private Peers() {}

    static String[] performance(String topic, int records, Path payload, String servers, String properties) {
        var arguments = new ArrayList<>(List.of("--topic", topic, "--num-records", "" + records, "--throughput", "-1"));
        arguments.addAll(List.of("--payload-file", payload.toString(), "--command-property"));
        arguments.addAll(List.of(
                ("bootstrap.servers=" + servers + " " + properties).strip().split(" ")));
        return tool("ProducerPerformance", arguments.toArray(String[]::new));
    }

    static String[] kcatProducer(String topic, String servers, Path records, String properties) {
        var command = new ArrayList<>(List.of("kcat", "-P", "-b", servers, "-t", topic, "-l", records.toString()));
        for (String property : properties.split(" ")) command.addAll(List.of("-X", property));
        return debian("kcat", "command -v kcat", command.toArray(String[]::new));
    }

    static String[] python(String program, String... arguments) {
        String[] command = joined(List.of("/usr/bin/python3", "-c", program), arguments);
        return debian("python3-kafka", "/usr/bin/python3 -c 'import kafka'", command);
    }

    /** A tool of Kafka's. */
    static String[] tool(String name, String... arguments) {
        String classPath = classPath("org.apache.kafka:kafka-tools:" + TOOLS);
        return java(classPath, "-Xmx512M", "org.apache.kafka.tools." + name, arguments);
    }

    /** A command of a Debian package, which is installed if possible. */
    static String[] debian(String thePackage, String probe, String... command) {
        String install = "apt-get update -qq && apt-get install -y -qq --no-install-recommends " + thePackage;
        if (!succeeds(probe)) succeeds(install);
        if (!succeeds(probe)) throw new Missing("Debian's " + thePackage + " is not available");
        return command;
    }

    private static boolean succeeds(String command) {
        try (Run run = Run.command("sh", "-c", command)) {
            return run.awaitExit(Duration.ofMinutes(5)) == 0;
        }
    }

    /** The class path of a script's or an artifact's dependencies, from Maven Central by JBang. */
    static String classPath(String what) {
        return CLASS_PATHS.computeIfAbsent(what, it -> {
            try (Run info = Run.command(Run.JBANG, "info", "classpath", "--deps-only", it)) {
                info.expectExit(0, Duration.ofMinutes(10));
                return info.out().get(info.out().size() - 1);
            }
        });
    }

    /** A JVM with the options of {@code kafka-run-class.sh}. */
    private static String[] java(String classPath, String heap, String mainClass, String... arguments) {
        var command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin/java").toString()));
        command.addAll(List.of(heap.split(" ")));
        command.addAll(List.of("-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20"));
        command.addAll(List.of("-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent"));
        command.addAll(List.of("-Djava.awt.headless=true", "-cp", classPath, mainClass));
        return joined(command, arguments);
    }

    /** Formats and starts the same three nodes as Kafka's scripts do; s until it is ready. */
    static double stockCluster(String classPath, Path ours, Path theirs) throws Exception {
        Files.createDirectories(theirs);
        var properties = new ArrayList<Path>();
        var servers = new StringJoiner(",");
        for (String node : List.of("controller", "kafka-1", "kafka-2")) {
            String text = Files.readString(ours.resolve(node + ".properties"));
            String there = text.replaceFirst("(?m)^log\\.dirs?=", "$0" + theirs + "/"); // ours are relative
            properties.add(Files.writeString(theirs.resolve(node + ".properties"), there));
            var settings = new Properties();
            settings.load(new StringReader(text));
            String advertised = settings.getProperty("advertised.listeners");
            if (advertised != null) servers.add(advertised.substring(advertised.indexOf("://") + 3));
        }
        String id = Files.readString(ours.resolve("cluster.id")).strip();
        var nodes = new ArrayList<Run>();
        long start = System.nanoTime();
        try {
            for (Path each : properties)
                timed(
                        theirs.resolve("format.txt"),
                        java(classPath, "-Xmx256M", "kafka.tools.StorageTool", "format", "-t", id, "-c", "" + each));
            for (Path each : properties)
                nodes.add(Run.command(redirected(
                        Path.of(each + ".log"), java(classPath, "-Xmx1G -Xms1G", "kafka.Kafka", each.toString()))));
            awaitReady(servers.toString());
            return seconds(start);
        } finally {
            nodes.forEach(Run::kill); // their data is not wanted
            for (Run node : nodes) node.awaitExit();
        }
    }

    /** As cluster.java waits: both brokers are known, and the cluster would place a topic on both. */
    private static void awaitReady(String servers) throws Exception {
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
        var probe = List.of(new NewTopic("probe", 1, (short) 2));
        try (Admin admin = Admin.create(settings)) {
            SharedCluster.await("the stock cluster is ready", () -> {
                try {
                    admin.createTopics(probe, new CreateTopicsOptions().validateOnly(true))
                            .all()
                            .get();
                    return true;
                } catch (Exception notYet) {
                    return false;
                }
            });
        }
    }

    static String[] redirected(Path file, String... command) {
        return joined(List.of("sh", "-c", "exec \"$@\" >" + file, "sh"), command);
    }

    static String[] joined(List<String> first, String... rest) {
        return Stream.concat(first.stream(), Stream.of(rest)).toArray(String[]::new);
    }

    /** Runs a command to its end, its output to a file; its time in s. */
    static double timed(Path file, String... command) {
        long start = System.nanoTime();
        try (Run run = Run.command(redirected(file, command))) {
            run.expectExit(0, Duration.ofMinutes(10));
            return seconds(start);
        }
    }

    static double seconds(long sinceNanos) {
        return (System.nanoTime() - sinceNanos) / 1e9;
    }

    static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(file);
        } catch (IOException cannot) {
            System.err.println(directory + " could not be removed: " + cannot.getMessage());
        }
    }
}
