package lab.doctor;

import java.util.*;
import java.util.concurrent.Callable;
import lab.common.*;
import picocli.CommandLine.*;

/**
 * Reads a cluster's state, and reports for each broker what would stop if it failed. Then it names the risks: what
 * works now, and would not after one more failure. It changes nothing. If no cluster answers, it reports why.
 *
 * <pre>jbang lab/doctor.java</pre>
 *
 * It prints:
 *
 * <pre>
 * If broker 1 (localhost:9092) failed now:
 *   no leader: 1 partition: orders-0
 *     Nothing could be written or read: no other replica is in sync. ...
 *     Fix: ...
 * If broker 2 (localhost:9095) failed now: nothing would stop.
 * Risks:
 *   one replica: 1 partition: orders-0
 *     ...
 * </pre>
 */
@Command(
        name = "doctor",
        version = "doctor 2.0.0, Kafka client 4.4.0",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        sortOptions = false,
        header = "Read-only check: why does no cluster answer, and what becomes unavailable if a broker fails?",
        synopsisHeading = "%nUsage: ",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:nothing would stop",
            "1:something would stop, has stopped, or could not be checked",
            "2:wrong usage",
            "3:no cluster could be reached"
        })
class Doctor implements Callable<Integer> {
    public static void main(String... args) {
        Script.run(new Doctor(), args);
    }

    @Parameters(paramLabel = "TOPIC", arity = "0..*",
            description = "Report these topics only, and the groups that have read them (default: all).")
    Set<String> only = Set.of();

    @Option(names = "--broker", paramLabel = "ID",
            description = "Predict the failure of this broker only (default: each one that is up).")
    Integer broker;

    @Option(names = "--json", description = "Print one JSON object, with every name, instead of text.")
    boolean json;

    @Mixin
    Connection connection;

    @Override
    public Integer call() throws Exception {
        Snapshot seen = new Reader(connection, only).read();
        SortedSet<Integer> up = seen.cluster().up();
        if (broker != null && !up.contains(broker))
            throw new Failure(2, "No broker %d is up. Up: %s.", broker, Remedies.joined(up));
        var remedies =
                new Remedies(seen.cluster(), new Commands(connection.servers().asList(), connection.configFile()));
        var stops = new Stops(seen, remedies);
        var after = new TreeMap<Integer, List<Finding>>();
        for (int id : up) if (broker == null || broker == id) after.put(id, stops.after(id));
        var report = new Report(seen, stops.now(), after, new Traps(seen, remedies).findings());
        Script.print(json ? Json.of(report.asMap()) : report.asText());
        boolean well = report.stopped().isEmpty() && after.values().stream().allMatch(List::isEmpty);
        return well && seen.seesEnough() ? 0 : 1;
    }
}
