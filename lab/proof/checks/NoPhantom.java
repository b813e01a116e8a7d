package lab.proof.checks;

import java.util.BitSet;
import java.util.List;
import java.util.TreeSet;
import lab.proof.facts.Account;
import lab.proof.facts.Account.Kind;
import lab.proof.facts.Facts;
import lab.proof.facts.Text;

/**
 * The group received no phantom: a record that it received is in the log. Shown only if one is not.
 *
 * <p>FAIL: one is not, although its place in the log was read, and the settings promise that none is lost.
 *
 * <p>INCONCLUSIVE: the log was not read to its end.
 *
 * <p>ALLOWED: what allows a loss allows a phantom: acks=0 or acks=1, unclean elections, a power cut.
 */
class NoPhantom implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        Account account = facts.account();
        BitSet phantoms = Account.minus(account.of(Kind.PHANTOMS), LosesExactly.chosen(facts));
        phantoms.andNot(PowerCut.judged(facts));
        String text = "the group received nothing that the log no longer has";
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
}
