package lab.proof.checks;

import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.TreeSet;
import lab.history.Audit;
import lab.history.Flow;
import lab.proof.facts.Account;
import lab.proof.facts.Account.Kind;
import lab.proof.facts.Facts;
import lab.proof.facts.Ids;
import lab.proof.facts.Text;

/**
 * The group received no phantom: a record that it received is in the log. Shown only if it does not hold.
 *
 * <p>FAIL: one is not, although its place in the log was read, and the settings promise that none is lost. Or it was
 * received in another partition or at another offset than the acknowledged one.
 *
 * <p>ALLOWED: what allows a loss allows a phantom: acks=0 or acks=1, unclean elections, a power cut. Without idempotence, a
 * record may also have been received at another offset only, unless that place was read and does not have it.
 *
 * <p>INCONCLUSIVE: the log was not read to its end.
 */
class NoPhantom implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        Account account = facts.account();
        BitSet phantoms = Account.minus(account.of(Kind.PHANTOMS), LosesExactly.chosen(facts));
        phantoms.andNot(PowerCut.judged(facts));
        String text = "the group received nothing that the log no longer has";
        if (phantoms.isEmpty()) {
            Claim elsewhere = elsewhere(facts, text);
            if (elsewhere != null) return List.of(elsewhere);
        }
        if (phantoms.isEmpty() && !facts.isRead())
            return List.of(Claim.unknown(text, "the log was not read to its end"));
        if (phantoms.isEmpty())
            return List.of(Claim.pass(text, Text.of("%,d received", account.count(Kind.RECEIVED)))
                    .routinely());
        String evidence = Text.of("%,d phantoms: %s", phantoms.cardinality(), account.some(phantoms));
        var allowed = new TreeSet<String>();
        for (int id = phantoms.nextSetBit(0); id >= 0; id = phantoms.nextSetBit(id + 1)) {
            String by = facts.promises().lossAllowedBy(id);
            if (by == null) return List.of(Claim.fail(text, evidence));
            allowed.add(by);
        }
        return List.of(Claim.allowed(text, String.join("; ", allowed), evidence));
    }

    /**
     * Records that were received elsewhere than they were acknowledged; null for none. What allows a loss also allows a copy
     * elsewhere, if it is not the only one that was received. So does what allows a repetition, unless the copy was to be in the
     * log and is not.
     */
    private static Claim elsewhere(Facts facts, String text) {
        BitSet copies = (BitSet) facts.account().of(Kind.RECEIVED_ELSEWHERE).clone();
        copies.andNot(facts.account().of(Kind.IN_LOG_AGAIN));
        if (facts.topicGone() || copies.isEmpty()) return null;
        BitSet inPlace = inPlace(facts);
        BitSet vanished = vanished(facts, copies);
        var allowed = new TreeSet<String>();
        boolean surely = false;
        for (int id = copies.nextSetBit(0); id >= 0; id = copies.nextSetBit(id + 1)) {
            String by = vanished.get(id) ? null : facts.promises().repeatsAllowedBy();
            if (by == null) by = facts.promises().lossAllowedBy(id);
            if (by == null) surely = true;
            else if (inPlace.get(id)) copies.clear(id);
            else allowed.add(by);
        }
        if (copies.isEmpty()) return null;
        String evidence = Text.of(
                "%,d received at another place than the one that was acknowledged: %s",
                copies.cardinality(), facts.account().some(copies));
        return surely ? Claim.fail(text, evidence) : Claim.allowed(text, String.join("; ", allowed), evidence);
    }

    /** Records that were received where they were acknowledged. */
    private static BitSet inPlace(Facts facts) {
        var inPlace = new BitSet();
        Ids ids = facts.account().ids();
        for (Flow flow : facts.run().flows(Flow.Kind.RECEIVED))
            flow.records().forEach((id, offset) -> {
                if (ids.partition(id) == flow.partition() && ids.offset(id) == offset) inPlace.set(id);
            });
        return inPlace;
    }

    /** Of these records, those that were received at a place that was read later, and at which they are not. */
    private static BitSet vanished(Facts facts, BitSet copies) {
        var found = new HashSet<String>();
        for (Flow flow : facts.run().flows(Flow.Kind.FOUND))
            flow.records().forEach((id, offset) -> {
                if (copies.get(id)) found.add(flow.partition() + "-" + offset + " " + id);
            });
        var vanished = new BitSet();
        for (Flow flow : facts.run().flows(Flow.Kind.RECEIVED)) {
            Audit audit = facts.audits().get(flow.partition());
            if (audit == null) continue;
            flow.records().forEach((id, offset) -> {
                boolean read = offset >= Math.max(audit.from(), audit.logStart()) && offset < audit.to();
                if (copies.get(id) && read && !found.contains(flow.partition() + "-" + offset + " " + id))
                    vanished.set(id);
            });
        }
        return vanished;
    }
}
