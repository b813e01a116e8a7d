package lab.proof.facts;

import java.util.List;
import java.util.Map;
import lab.history.Audit;
import lab.history.RunHistory;

/**
 * All that the checks may know of a run: computed from its history, and from nothing else.
 *
 * @param evidence that a node was really down, by outage
 * @param audits by partition
 * @param contradictions what cannot be, such as a record that was acknowledged and never sent
 * @param latencies before, during and after the outages
 */
public record Facts(
        RunHistory run,
        Setup setup,
        Observed observed,
        List<Outage> outages,
        Map<Outage, Evidence> evidence,
        Account account,
        Map<Integer, Audit> audits,
        List<String> contradictions,
        Flows flows,
        Map<String, Latencies> latencies,
        PowerCuts powerCuts,
        Promises promises,
        Expectation expectation,
        Doubts doubts) {

    public static Facts of(RunHistory run) {
        Setup setup = Setup.of(run);
        var observed = new Observed(run);
        List<Outage> outages = Outage.of(run);
        var accounting = new Accounting(run, setup, observed);
        Account account = accounting.account();
        Map<Outage, Evidence> evidence = Evidence.of(outages, observed, setup);
        List<Disturbance> disturbances = Disturbance.of(run, observed, outages);
        var powerCuts = new PowerCuts(run, setup, observed, outages);
        var flows = new Flows(run, setup.partitions(), account);
        return new Facts(
                run,
                setup,
                observed,
                outages,
                evidence,
                account,
                accounting.audits(),
                accounting.contradictions(),
                flows,
                Latencies.byTime(run, outages, flows),
                powerCuts,
                new Promises(run, setup, observed, powerCuts, account.ids()),
                new Expectation(setup, observed, outages),
                new Doubts(run, setup, observed, disturbances, evidence));
    }

    /** Whether the log of a partition was read from the run's first offset, or its start, to its end. */
    public boolean isRead(int partition) {
        Audit audit = audits.get(partition);
        return audit != null && Accounting.isWhole(audit, setup.firstOffset(partition));
    }

    /** Whether the log of each partition was, and it is the topic that the run wrote to. */
    public boolean isRead() {
        return setup.partitions() > 0 && flows.partitions().allMatch(this::isRead) && !topicGone();
    }

    /** Whether the topic that was read is another one than the run wrote to. */
    public boolean topicGone() {
        return setup.topicGone()
                || audits.values().stream()
                        .anyMatch(it -> it.topicId() != null
                                && !it.topicId().equals(setup.topic().id()));
    }

    /** The latency of all records, also of those without an answer. */
    public Latencies allLatencies() {
        return Latencies.of(run, it -> true);
    }
}
