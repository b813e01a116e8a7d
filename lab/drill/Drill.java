package lab.drill;

import java.time.Duration;
import java.util.*;
import java.util.concurrent.Callable;
import lab.common.*;
import lab.drill.faults.*;
import lab.drill.ledger.Printer;
import lab.drill.verdict.*;
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
        version = "drill 2.0.0, Kafka client 4.4.0",
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

    @Mixin
    ExperimentOptions experiments;

    @Option(names = "--max-pause", paramLabel = "TIME", converter = lab.drill.scenarios.TimeConverter.class,
            description = "Fail if a gap between acknowledgements exceeds TIME.")
    Duration maxPause;

    @Option(names = "--max-latency", paramLabel = "TIME", converter = lab.drill.scenarios.TimeConverter.class,
            description = "Fail if 99 percent of the records are not acknowledged within TIME.")
    Duration maxLatency;

    @Option(names = "--strict",
            description = "Also fail on a loss that the settings allow (acks=1, acks=0, unclean election).")
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
        experiments.check(spec.commandLine().getParseResult(), clusterOptions.observe());
        List<Plan> plans = experiments.plans(connection, clusterOptions.observe());
        var printer = new Printer(outputs.json);
        var table = new Table(printer);
        outputs.open();
        try (Cluster cluster = clusterOptions.open(connection, onlyStops(plans), printer)) {
            check(plans, cluster);
            printer.print(
                    "@|bold %s|@: %d brokers (%s)",
                    cluster.executor.about(), cluster.brokers.size(), cluster.addresses());
            for (Plan plan : plans)
                for (int run = 1; run <= experiments.runs && !Script.stopping(); run++) {
                    Facts facts = new Trial(connection, cluster, plan, run, printer).run(experiments.runs > 1);
                    var result = new Result(facts, maxPause, maxLatency);
                    table.add(plan, result);
                    if (!outputs.json) new Teller(result).tell();
                    outputs.write(new Lines(result).all());
                }
        } catch (Failure failed) {
            if (table.isEmpty()) throw failed;
            Script.complain("%s", failed.getMessage()); // what was proven before is printed all the same
        } finally {
            if (table.isEmpty()) outputs.close(false, printer);
        }
        table.print();
        if (outputs.json) Script.print(Json.of(Json.object("trials", table.verdictLines())));
        outputs.close(true, printer);
        if (Script.stopping()) Script.complain("Interrupted: a trial that did not come to its end proves nothing.");
        return table.size() == plans.size() * experiments.runs && table.allHold(strict) ? 0 : 1;
    }

    private static boolean onlyStops(List<Plan> plans) {
        return plans.stream().allMatch(it -> it.fault() == Fault.stop);
    }

    private void check(List<Plan> plans, Cluster cluster) {
        for (Plan plan : plans)
            if (plan.fault() != null && !cluster.executor.faults().contains(plan.fault()))
                throw new Failure(
                        2,
                        "--fault %s is not possible on %s. It needs: docker compose up -d --wait",
                        plan.fault(),
                        cluster.executor.about());
        if (experiments.targetNumber() >= 0) cluster.broker(experiments.targetNumber());
    }
}
