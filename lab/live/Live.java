package lab.live;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import lab.common.Connection;
import lab.common.Failure;
import lab.common.Script;
import org.apache.kafka.clients.admin.Admin;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Shows a cluster in a browser while it works: the brokers with their replicas, the consumers with their partitions,
 * and for each partition the records of the last minute.
 *
 * <pre>jbang lab/live.java</pre>
 *
 * It prints the address of the page, and runs until Ctrl-C. It changes nothing: it asks the cluster with Kafka's Admin
 * client, each question up to ten times a second, and works with any producer and consumer.
 *
 * <p>The watcher asks the cluster and keeps the answers; the server gives the browsers a snapshot of them as JSON; the
 * page draws the snapshot. All browsers get the same snapshot: ten browsers cost the cluster no more than one.
 */
@Command(
        name = "live",
        version = "live 2.0.0, Kafka client 4.4.0",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        sortOptions = false,
        header = "Shows a Kafka cluster in a browser: who leads, who reads, what flows.%n",
        exitCodeListHeading = "%nCtrl-C ends it. Exit status:%n",
        exitCodeList = {
            "0:ended by Ctrl-C",
            "1:a topic does not exist, or the cluster refuses a request",
            "2:wrong usage, or the port is taken",
            "3:no cluster could be reached"
        })
class Live implements Callable<Integer> {
    public static void main(String... args) {
        Script.run(new Live(), args);
    }

    @Parameters(paramLabel = "TOPIC", arity = "0..*",
            description = "Show these topics only (default: all, without Kafka's own).")
    List<String> topics = List.of();

    @Option(names = "--group", paramLabel = "NAME",
            description = "Show this consumer group only. Repeatable (default: the groups that read the topics).")
    List<String> groups = List.of();

    @Option(names = "--seconds", paramLabel = "N", defaultValue = "60",
            description = "Show the last N seconds, 10 to 3600 (default: ${DEFAULT-VALUE}).")
    int seconds;

    @Option(names = "--port", paramLabel = "PORT", defaultValue = "8093",
            description = "Port of the page on 127.0.0.1; 0: any free port (default: ${DEFAULT-VALUE}).")
    int port;

    @Mixin
    Connection connection;

    // ---- the story ----

    @Override
    public Integer call() throws Exception {
        if (seconds < 10 || seconds > 3600) throw new Failure(2, "--seconds takes 10 to 3600, not %d.", seconds);
        if (port < 0 || port > 65_535) throw new Failure(2, "--port takes 0 to 65535, not %d.", port);
        try (var server = new Server(port)) {
            try (Admin admin = connection.connect()) {
                for (String topic : topics) Connection.describe(admin, topic);
            }
            server.start();
            show(server);
        }
        return 0;
    }

    /** Asks and shows, until Ctrl-C. */
    private void show(Server server) {
        Admin admin = connection.impatient();
        try {
            var clock = new Clock(seconds);
            var known = new Known(clock, topics, groups);
            var watcher = new Watcher(admin, known, clock);
            var snapshot = new Snapshot(known, clock, connection.servers().list());
            Script.say("http://127.0.0.1:%d/", server.port());
            for (long shownAt = 0; !Script.stopsWithin(50_000_000); ) {
                watcher.ask();
                watcher.hear();
                if (clock.since(shownAt) < 200) continue;
                shownAt = clock.now();
                known.look(watcher.answeredAt());
                server.snapshot = snapshot.bytes(watcher.refusals());
            }
        } finally {
            admin.close(Duration.ZERO);
        }
    }
}
