package lab.drill;

import java.nio.file.Path;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.Callable;
import lab.common.*;
import lab.drill.faults.*;
import lab.drill.recording.Printer;
import lab.drill.scenarios.TimeConverter;
import lab.history.*;
import picocli.CommandLine.*;

/**
 * Takes a broker down while records flow, and accounts for every acknowledged record. What it prints, for each trial:
 *
 * <pre>
 * Topic orders-2p-rf2: kill a broker under load                   its title, then what will flow
 *    3.4 s  kill kafka-1                                          what happens, with seconds since the trial's start
 *   12.1 s  partition 0: broker 2 leads now; it was broker 1
 *   acknowledged by partition; a character is 0.5 s               a strip for each partition
 *   kafka-1 down: in seconds after the fault ...                  the outage, taken apart
 *   latency             p50       p99   maximum ...               before, during, after
 *                      records  in log once  twice, more ...      the account of all records
 *   PASS  no acknowledged record is lost                          each claim, with its evidence below
 * </pre>
 *
 * and a table of all trials at the end.
 */
@Command(
        name = "drill",
        version = "drill " + Drill.VERSION + ", Kafka client " + Drill.KAFKA_CLIENT,
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        sortOptions = false,
        header = "Takes a Kafka broker down under load, and accounts for every acknowledged record.%n",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:every claim holds",
            "1:a claim does not hold, or could not be observed",
            "2:wrong usage",
            "3:no cluster could be reached"
        })
class Drill implements Callable<Integer> {
    public static void main(String... args) {
        Script.run(new Drill(), args);
    }

    static final String VERSION = "2.0.0";
    static final String KAFKA_CLIENT = "4.4.0";

    @Mixin
    ExperimentOptions experiments;

    @Option(names = "--max-pause", paramLabel = "TIME", converter = TimeConverter.class,
            description = "Fail if a gap between acknowledgements exceeds TIME.")
    Duration maxPause;

    @Option(names = "--max-latency", paramLabel = "TIME", converter = TimeConverter.class,
            description = "Fail if 99 percent of the records are not acknowledged within TIME.")
    Duration maxLatency;

    @Option(names = "--strict",
            description = "Also fail on ALLOWED: what the settings do not promise, such as with acks=1 or acks=0.")
    boolean strict;

    @Mixin
    ClusterOptions clusterOptions;

    @Mixin
    Outputs outputs;

    @Mixin
    Connection connection;

    @Spec
    Model.CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        // All that is wrong is found before anything is taken down.
        outputs.check();
        var printer = new Printer(outputs.json);
        var judging = new Judging(printer);
        if (outputs.judge != null) {
            History history = judging.judge(outputs.judge);
            return conclude(judging, history, outputs.judge, printer);
        }
        experiments.check(spec.commandLine().getParseResult(), clusterOptions.observe());
        List<Plan> plans = experiments.plans(connection, clusterOptions.observe());
        try (HistoryWriter writer = outputs.open()) {
            int runs = drill(plans, writer, judging, printer);
            History history = Judging.read(outputs.file());
            int status = conclude(judging, history, outputs.file(), printer);
            if (Script.stopping()) Script.complain("Interrupted: a trial that did not come to its end proves nothing.");
            return runs == plans.size() * experiments.runs ? status : 1;
        } finally {
            outputs.close();
        }
    }

    /** @return how many runs there were */
    private int drill(List<Plan> plans, HistoryWriter writer, Judging judging, Printer printer) throws Exception {
        var limits = new Experiment.Limits(0, seconds(maxPause), seconds(maxLatency));
        int number = 0;
        try (Cluster cluster = open(plans, printer)) {
            check(plans, cluster);
            String about = cluster.executor.about();
            String text = "%s: %d brokers (%s)".formatted(about, cluster.brokers.size(), cluster.addresses());
            text = Printer.wrapped(0, text);
            printer.print("@|bold %s|@%s", text.substring(0, about.length()), text.substring(about.length()));
            for (Plan plan : plans)
                for (int run = 1; run <= experiments.runs && !Script.stopping(); run++) {
                    new Trial(connection, cluster, plan, printer)
                            .run(writer, number + 1, plans.size() * experiments.runs, limits);
                    number++;
                    List<RunHistory> all = Judging.read(outputs.file()).runs();
                    judging.judge(all.get(all.size() - 1)); // from the file, as anybody can
                }
        } catch (Failure failed) {
            if (number == 0) throw failed;
            Script.complain("%s", failed.getMessage()); // what was proven before is printed all the same
        }
        return number;
    }

    private static double seconds(Duration limit) {
        return limit == null ? Double.NaN : limit.toMillis() / 1e3;
    }

    private int conclude(Judging judging, History history, Path file, Printer printer) throws Exception {
        boolean holds = judging.conclude(history, strict);
        if (outputs.json) Script.print(judging.json());
        outputs.draw(file, printer);
        return holds ? 0 : 1;
    }

    /** What its own cluster is started with. After a stop a broker soon rejoins. */
    private static List<String> options(List<Plan> plans) {
        if (plans.stream().anyMatch(Plan::cutsPower)) return OwnCluster.EARLY_CHECKPOINTS;
        return plans.stream().allMatch(it -> it.fault() == Fault.stop) ? OwnCluster.SHORT_SESSIONS : List.of();
    }

    private Cluster open(List<Plan> plans, Printer printer) throws Exception {
        return clusterOptions.open(connection, options(plans), plans.stream().anyMatch(Plan::cutsPower), printer);
    }

    private void check(List<Plan> plans, Cluster cluster) {
        for (Plan plan : plans)
            if (plan.fault() != null && !cluster.executor.faults().contains(plan.fault()))
                throw new Failure(
                        2,
                        "--fault %s is not possible on %s. It needs: docker compose up -d --wait",
                        plan.fault(),
                        cluster.executor.about());
        experiments.targetNumbers().forEach(cluster::broker);
    }
}
