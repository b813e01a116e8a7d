package lab.report;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import lab.history.Experiment;
import lab.history.RunHistory;
import lab.proof.ProofText;
import lab.proof.facts.Account;
import lab.proof.facts.Facts;
import lab.proof.facts.Outage;

/** The tables of a page that come from the proof: the account, the outages, the latencies, the settings. */
class ProofTables {
    /** Names of settings whose values are secret. */
    private static final Pattern SECRET = Pattern.compile("(?i)password|secret|jaas|token|credential|keystore[. ]key");

    static void add(Map<String, String> header, Facts facts, Trial trial) {
        trial.tables.add(account(facts.account()));
        for (Outage outage : facts.outages()) trial.tables.add(phases(facts, outage));
        trial.tables.add(latencies(facts));
        header.forEach((name, value) -> setting(trial, name, value));
        RunHistory run = facts.run();
        run.begin().fields().forEach((name, value) -> setting(trial, name, value));
        for (var kind : List.of(
                Experiment.Topic.class,
                Experiment.Cluster.class,
                Experiment.Producer.class,
                Experiment.Group.class,
                Experiment.Limits.class))
            run.all(kind).stream()
                    .findFirst()
                    .ifPresent(it ->
                            it.fields().forEach((name, value) -> setting(trial, it.type() + " " + name, value)));
    }

    private static Table account(Account account) {
        var table = new Table(
                "What became of the records", "", "records", "in log once", "twice or more", "not in log", "not seen");
        for (Account.Kind fate : Account.FATES) {
            int[] row = account.crossed(fate);
            table.add(
                    fate.lowerCase(),
                    Words.number(account.count(fate)),
                    Words.number(row[0]),
                    Words.number(row[1]),
                    Words.number(row[2]),
                    Words.number(row[3]));
        }
        return table;
    }

    /** What happened after a fault, by partition. */
    private static Table phases(Facts facts, Outage outage) {
        String node = Words.capitalized(outage.name());
        String down = facts.evidence().containsKey(outage) ? " down" : ", not seen down";
        var table =
                new Table(node + down + ": what happened, and how long after the fault", "partition", "after", "what");
        for (int partition : facts.expectation().led(outage))
            ProofText.phases(facts, outage, partition)
                    .forEach((t, what) -> table.add(partition + "", Words.seconds(1_000 * outage.after(t)), what));
        return table;
    }

    private static Table latencies(Facts facts) {
        var table = new Table("Latency from send to acknowledgement, in ms", "", "records", "p50", "p99", "longest");
        facts.latencies().forEach((when, it) -> {
            if (it.count() > 0)
                table.add(
                        when,
                        Words.number(it.count()),
                        Words.number(it.percentile(0.5)),
                        Words.number(it.percentile(0.99)),
                        Words.number(it.longest()));
        });
        return table;
    }

    /** A setting, or each of a group of settings, with its name in words. */
    private static void setting(Trial trial, String name, Object value) {
        String words = name.replace('_', ' ');
        if (value instanceof Map<?, ?> several)
            new TreeMap<>(several).forEach((key, each) -> setting(trial, words + " " + key, each));
        else if (value != null)
            trial.settings.add(words, SECRET.matcher(name).find() ? "[hidden]" : Words.number(value));
    }
}
