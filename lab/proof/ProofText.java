package lab.proof;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import lab.proof.checks.Verdict;
import lab.proof.facts.Account;
import lab.proof.facts.Account.Kind;
import lab.proof.facts.Facts;
import lab.proof.facts.Latencies;
import lab.proof.facts.Observed;
import lab.proof.facts.Outage;
import lab.proof.facts.Text;

/** A proof as lines for a person: the outages, the account of all records, the claims, the verdict. */
public class ProofText {
    private final Proof proof;
    private final Facts facts;
    private final List<String> lines = new ArrayList<>();

    private ProofText(Proof proof) {
        this.proof = proof;
        this.facts = proof.facts();
    }

    public static List<String> of(Proof proof) {
        var text = new ProofText(proof);
        for (Outage outage : proof.facts().outages()) text.outage(outage);
        text.latencies();
        text.account();
        text.claims();
        return text.lines;
    }

    private void add(String format, Object... values) {
        lines.add(Text.of(format, values).stripTrailing());
    }

    /** The phases of an outage, in the order of time. */
    private void outage(Outage outage) {
        double down = outage.restoredAt() - outage.from();
        String shown = facts.evidence().containsKey(outage) ? " down" : ": it is not known whether it was down";
        add("  %s%s%s", outage.name(), shown, down < Outage.NEVER ? Text.of(" for %.1f s", down) : "");
        for (int partition : facts.expectation().led(outage)) {
            String phases = phases(outage, partition).entrySet().stream()
                    .map(it -> Text.of("%s %.2f", it.getValue(), outage.after(it.getKey())))
                    .collect(Collectors.joining(", "));
            add("    partition %-3d %s", partition, phases.isEmpty() ? "nothing changed" : phases + " s");
        }
        add(
                "    longest pause %.2f s in acknowledgements, %.2f s in reads",
                facts.flows()
                        .longest(it -> facts.flows().pause(facts.flows().acknowledged(it), outage))
                        .seconds(),
                facts.flows()
                        .longest(it -> facts.flows().pause(facts.flows().received(it), outage))
                        .seconds());
        lines.add("");
    }

    /** What happened to a partition after a fault, by time. */
    public static Map<Double, String> phases(Facts facts, Outage outage, int partition) {
        var phases = new TreeMap<Double, String>();
        Observed.Change lost = facts.observed().lostLeader(partition, outage.from());
        Observed.Change got = facts.observed().gotLeader(partition, outage.from());
        if (lost != null) put(phases, lost.t(), "leader lost");
        if (got != null) {
            put(phases, got.t(), "new leader");
            put(phases, facts.flows().acknowledged(partition).firstAfter(got.t()), "first acknowledged");
            put(phases, facts.flows().received(partition).firstAfter(got.t()), "first read");
        }
        int replicas = facts.setup().replicas(partition).size();
        Observed.Change whole = facts.observed()
                .firstChange(
                        partition,
                        outage.restoredAt(),
                        it -> it.now().leader() >= 0 && it.now().inSync().size() == replicas);
        if (whole != null) put(phases, whole.t(), "in sync");
        int preferred = facts.setup().replicas(partition).get(0);
        Observed.Change back = facts.observed()
                .firstChange(
                        partition,
                        outage.restoredAt(),
                        it -> it.leaderChanged() && it.now().leader() == preferred);
        if (back != null) put(phases, back.t(), "preferred leader");
        return phases;
    }

    private Map<Double, String> phases(Outage outage, int partition) {
        return phases(facts, outage, partition);
    }

    private static void put(Map<Double, String> phases, double t, String phase) {
        if (t < Outage.NEVER) phases.merge(t, phase, (one, other) -> one + " and " + other);
    }

    private void latencies() {
        boolean none = facts.latencies().values().stream().allMatch(it -> it.count() == 0);
        if (facts.outages().isEmpty() || none) return;
        add("  %-14s %11s %11s %11s", "latency in ms", "p50", "p99", "longest");
        facts.latencies().forEach((when, it) -> {
            if (it.count() > 0) latency(when, it);
        });
        lines.add("");
    }

    private void latency(String when, Latencies it) {
        add("  %-14s %,11.1f %,11.1f %,11.1f", when, it.percentile(0.5), it.percentile(0.99), it.longest());
    }

    private void account() {
        Account account = facts.account();
        add("  %-14s %11s %11s %11s %11s %11s", "", "records", "in log once", "twice, more", "not in log", "not seen");
        for (Kind fate : Account.FATES) {
            int[] row = account.crossed(fate);
            add(
                    "  %-14s %,11d %,11d %,11d %,11d %,11d",
                    fate == Kind.ACKNOWLEDGED && facts.setup().setting("acks").equals("0")
                            ? "sent (acks=0)"
                            : fate.lowerCase(),
                    account.count(fate),
                    row[0],
                    row[1],
                    row[2],
                    row[3]);
        }
        add(
                "  %-14s %,11d   unseen %,d, redelivered %,d, out of order %,d",
                "received",
                account.count(Kind.RECEIVED),
                account.count(Kind.UNSEEN),
                account.count(Kind.REDELIVERED),
                account.count(Kind.REORDERED));
        lines.add("");
    }

    private void claims() {
        var routine = new ArrayList<String>();
        for (Proof.Judged it : proof.claims()) {
            if (it.claim().routine()) routine.add(it.claim().text());
            else {
                add("  %-12s  %s", it.verdict(), it.claim().text());
                add("                  %s", it.claim().evidence());
            }
        }
        if (!routine.isEmpty()) add("  %-12s  also: %s", Verdict.PASS, String.join("; ", routine));
    }
}
