package lab.proof.checks;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.TreeSet;
import lab.history.Audit;
import lab.history.Flow;
import lab.history.Seen;
import lab.proof.facts.Account;
import lab.proof.facts.Account.Kind;
import lab.proof.facts.Facts;
import lab.proof.facts.Gap;
import lab.proof.facts.Outage;
import lab.proof.facts.Text;

/**
 * Every record that was sent was acknowledged, or is in the log. Shown only if it does not hold.
 *
 * <p>FAIL: one is neither, and the cluster took records of its partition within delivery.timeout.ms.
 *
 * <p>ALLOWED: acks=0, or retries is set and not unlimited: then records may fail while a leader moves. Or the
 * partition could not take records for longer than delivery.timeout.ms: it had no leader, too few in-sync replicas,
 * or a leader that was down. Or a power cut took acknowledged records of the partition, and with them the producer's
 * last sequence number: the broker may reject what follows.
 *
 * <p>INCONCLUSIVE: such a record is hidden, may still have been on its way when the log was read, or failed while the
 * cluster was not observed.
 */
class Delivered implements Check {
    private static final String TEXT = "every record that was sent is delivered";

    @Override
    public List<Claim> claims(Facts facts) {
        Account account = facts.account();
        BitSet missing = account.of(Kind.NOT_DELIVERED);
        BitSet hidden = Account.minus(account.of(Kind.NOT_TO_BE_SEEN), account.of(Kind.ACKNOWLEDGED));
        hidden = Account.minus(hidden, account.of(Kind.RECEIVED));
        int sent = account.count(Kind.SENT);
        if (missing.isEmpty() && hidden.isEmpty())
            return sent == 0
                    ? List.of()
                    : List.of(
                            Claim.pass(TEXT, Text.of("%,d of %,d", sent, sent)).routinely());
        if (missing.isEmpty()) {
            String evidence = "%,d were not acknowledged, and their place in the log was not to be seen";
            return List.of(Claim.unknown(TEXT, Text.of(evidence, hidden.cardinality())));
        }
        return List.of(undelivered(facts, missing));
    }

    private static Claim undelivered(Facts facts, BitSet missing) {
        String evidence = Text.of(
                "%,d were not: %s", missing.cardinality(), facts.account().some(missing));
        for (Flow.Kind kind : List.of(Flow.Kind.FAILED, Flow.Kind.UNKNOWN)) {
            List<Flow> flows = facts.run().flows(kind);
            if (!flows.isEmpty() && flows.get(0).error() != null)
                evidence += "; " + flows.get(0).error();
        }
        String setting = facts.promises().nonDeliveryAllowedBy();
        BitSet failed = Account.and(missing, facts.account().of(Kind.FAILED));
        if (setting != null && failed.isEmpty()) return Claim.allowed(TEXT, setting, evidence);
        if (failed.isEmpty() && facts.topicGone()) return Claim.unknown(TEXT, evidence + "; but the topic was deleted");
        var reasons = new TreeSet<String>();
        double limit = facts.setup().timeout("delivery.timeout.ms", 120_000);
        List<Integer> cut = partitions(facts, facts.powerCuts().predicted());
        List<Integer> affected = partitions(facts, missing);
        if (failed.isEmpty() && cut.containsAll(affected))
            return Claim.allowed(TEXT, "a power cut that takes acknowledged records", evidence);
        for (int partition : affected) {
            Gap gap = facts.flows().pause(facts.flows().acknowledged(partition), facts.outages());
            String why = whyUnavailable(facts, partition, gap);
            if (why == null || gap.seconds() < limit || !failed.isEmpty()) {
                evidence += Text.of(
                        "; the longest pause of partition %d was %.1f s, delivery.timeout.ms is %.0f s",
                        partition, gap.seconds(), limit);
                Audit audit = facts.audits().get(partition);
                boolean onItsWay = failed.isEmpty() && audit != null && !audit.settled();
                String doubt = facts.observed().blindIn(gap.from(), gap.to());
                if (onItsWay) doubt = "a record may have been on its way when the log was read";
                if (failed.isEmpty() && facts.doubts().endedBefore(Outage.NEVER))
                    doubt = "the run ended before their fate was known";
                return Claim.of(false, TEXT, evidence, doubt);
            }
            reasons.add(why);
        }
        String by = Text.of("delivery.timeout.ms, %.0f s: the cluster could not take them for longer", limit);
        return Claim.allowed(TEXT, by, evidence + "; " + String.join("; ", reasons));
    }

    private static List<Integer> partitions(Facts facts, BitSet which) {
        var partitions = new ArrayList<Integer>();
        for (int partition : facts.flows().partitions().toArray())
            if (which.stream().anyMatch(id -> facts.account().ids().partition(id) == partition))
                partitions.add(partition);
        return partitions;
    }

    /** Why a partition could not take records in the middle of a pause; null if nothing of the kind was seen. */
    private static String whyUnavailable(Facts facts, int partition, Gap gap) {
        double middle = gap.from() + gap.seconds() / 2;
        Seen.State state = facts.observed().stateAt(partition, middle);
        if (state == null) return null;
        if (state.leader() < 0) return Text.of("partition %d had no leader", partition);
        boolean all = facts.setup().acksAll();
        int min = facts.setup().topic().effectiveMinInSync();
        if (all && state.inSync().size() < min)
            return Text.of(
                    "partition %d had %d in sync, min.insync.replicas is %d",
                    partition, state.inSync().size(), min);
        for (Outage it : facts.outages()) {
            boolean down = !it.isController() && middle >= it.from() && middle < it.restoredAt();
            if (down && (it.node() == state.leader() || all && state.inSync().contains(it.node())))
                return Text.of("%s was down, and still leader or in sync", it.name());
        }
        return null;
    }
}
