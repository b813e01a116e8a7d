package lab.proof.checks;

import java.util.BitSet;
import java.util.List;
import java.util.TreeSet;
import lab.proof.facts.Account;
import lab.proof.facts.Account.Kind;
import lab.proof.facts.Facts;
import lab.proof.facts.Text;

/**
 * The group received no phantom: a record that it received is in the log. Shown only if it does not hold.
 *
 * <p>FAIL: one is not, although its place in the log was read, and the settings promise that none is lost. Or it was
 * received in another partition or at another offset than the acknowledged one.
 *
 * <p>ALLOWED: what allows a loss allows a phantom: acks=0 or acks=1, unclean elections, a power cut.
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
        String elsewhere = elsewhere(facts);
        if (phantoms.isEmpty() && elsewhere != null) return List.of(Claim.fail(text, elsewhere));
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

    /** Copies at other offsets than those that were acknowledged; null if there are none, or where copies are allowed. */
    private static String elsewhere(Facts facts) {
        BitSet copies = (BitSet) facts.account().of(Kind.RECEIVED_ELSEWHERE).clone();
        if (facts.promises().repeatsAllowedBy() != null || facts.topicGone()) return null;
        copies.andNot(facts.account().of(Kind.IN_LOG_AGAIN));
        for (int id = copies.nextSetBit(0); id >= 0; id = copies.nextSetBit(id + 1))
            if (facts.promises().lossAllowedBy(id) != null) copies.clear(id);
        if (copies.isEmpty()) return null;
        return Text.of(
                "%,d received at another place than the one that was acknowledged: %s",
                copies.cardinality(), facts.account().some(copies));
    }
}
