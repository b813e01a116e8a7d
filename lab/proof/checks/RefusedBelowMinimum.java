package lab.proof.checks;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import lab.history.Seen;
import lab.proof.facts.Facts;
import lab.proof.facts.Gap;
import lab.proof.facts.Text;

/**
 * With acks=all, nothing is acknowledged while fewer replicas are in sync than the effective min.insync.replicas: the
 * smaller of min.insync.replicas and the replication factor (since Kafka 3.7). Claimed if there was such a time of
 * more than 4 s, because brokers learn of a change at different times.
 *
 * <p>FAIL: a record was acknowledged then.
 *
 * <p>INCONCLUSIVE: no record waited, the effective minimum is not known, disturbed or unobserved.
 */
class RefusedBelowMinimum implements Check {
    private static final double BEGIN = 1; // seconds at the edges
    private static final double END = 2;

    @Override
    public List<Claim> claims(Facts facts) {
        int min = facts.setup().topic().effectiveMinInSync();
        boolean steady = facts.setup().later().stream()
                .allMatch(it ->
                        !it.exists() || it.minInSync() == facts.setup().topic().minInSync());
        if (!facts.setup().acksAll() || !steady || min < 2) return List.of();
        var windows = new TreeMap<Integer, List<Gap>>(); // by partition
        var blind = new ArrayList<Integer>();
        for (int partition : facts.flows().partitions().toArray()) {
            var seen = new ArrayList<Gap>();
            for (Gap few : facts.observed().times(partition, it -> it.inSync().size() < min)) {
                double to = Math.min(few.to(), facts.flows().loadEnd());
                Gap inner = new Gap(few.from() + BEGIN, to - END);
                if (inner.seconds() <= 1) continue;
                List<Gap> parts = withoutBlind(facts, inner);
                seen.addAll(parts);
                if (parts.isEmpty()) blind.add(partition);
            }
            if (!seen.isEmpty()) windows.put(partition, seen);
        }
        String text = Text.of("with fewer in sync than %d nothing is acknowledged", min);
        if (windows.isEmpty() && blind.isEmpty()) return List.of();
        if (windows.isEmpty()) return List.of(Claim.unknown(text, "the cluster was not observed then"));
        return List.of(claim(facts, text, windows));
    }

    private static Claim claim(Facts facts, String text, TreeMap<Integer, List<Gap>> windows) {
        long taken = 0;
        boolean waiting = false;
        for (var each : windows.entrySet())
            for (Gap gap : each.getValue()) {
                taken += facts.flows().acknowledged(each.getKey()).count(gap.from(), gap.to());
                waiting |= facts.flows().waiting(each.getKey(), gap.to());
            }
        Gap longest = Gap.longest(windows.values().stream().flatMap(List::stream));
        String evidence = Text.of(
                "%,d acknowledged in %s, for %.1f s",
                taken, Text.partitions(windows.keySet()), longest.seconds() + BEGIN + END);
        if (taken == 0 && !waiting) return Claim.unknown(text, evidence + "; but no record waited");
        return Claim.of(taken == 0, text, evidence, facts.doubts().any(longest.from(), longest.to()));
    }

    /** The parts of a time in which the cluster was observed, and that are longer than 1 s. */
    private static List<Gap> withoutBlind(Facts facts, Gap time) {
        var parts = new ArrayList<Gap>();
        double from = time.from();
        for (Seen.Blind it : facts.observed().blind()) {
            if (it.to() < time.from() || it.t() > time.to()) continue;
            parts.add(new Gap(from, it.t()));
            from = Math.max(from, it.to());
        }
        parts.add(new Gap(from, time.to()));
        parts.removeIf(it -> it.seconds() <= 1);
        return parts;
    }
}
