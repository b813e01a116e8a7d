package lab.proof.checks;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import lab.history.Audit;
import lab.history.Flow;
import lab.proof.facts.Facts;
import lab.proof.facts.Observed;
import lab.proof.facts.Text;

/**
 * The log of each partition was read after the run, from the run's first offset to its end, and did not change
 * meanwhile.
 *
 * <p>INCONCLUSIVE: a part was not read, or a replica that was not in sync may have become the leader meanwhile.
 */
class LogRead implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        var unread = new TreeMap<Integer, String>();
        for (int partition = 0; partition < facts.setup().partitions(); partition++) {
            String why = why(facts, partition);
            if (why != null) unread.put(partition, why);
        }
        String text = "the log was read to its end";
        if (facts.setup().partitions() > 0 && unread.isEmpty())
            return List.of(Claim.pass(text, "in each partition").routinely());
        var evidence = new ArrayList<String>();
        unread.forEach((partition, why) -> evidence.add(Text.of("partition %d: %s", partition, why)));
        return List.of(Claim.unknown(text, evidence.isEmpty() ? "it was not" : String.join("; ", evidence)));
    }

    private static String why(Facts facts, int partition) {
        Audit audit = facts.audits().get(partition);
        if (audit == null) return "it was not read";
        if (audit.error() != null) return audit.error();
        if (!facts.isRead(partition))
            return Text.of(
                    "offsets %,d to %,d were read; the run begins at %,d, the log ends at %,d",
                    audit.from(), audit.to(), facts.setup().firstOffset(partition), audit.end());
        return uncleanWhileRead(facts, partition, audit);
    }

    private static String uncleanWhileRead(Facts facts, int partition, Audit audit) {
        double begin = facts.run().flows(Flow.Kind.FOUND).stream()
                .filter(it -> it.partition() == partition)
                .mapToDouble(Flow::t)
                .min()
                .orElse(audit.t());
        for (Observed.Change it : facts.observed().changes())
            if (it.partition() == partition
                    && it.t() >= begin
                    && it.t() <= audit.t()
                    && it.leaderChanged()
                    && it.now().leader() >= 0
                    && !it.before().inSync().contains(it.now().leader()))
                return Text.of(
                        "broker %d became leader while it was read, and was not in sync",
                        it.now().leader());
        return null;
    }
}
