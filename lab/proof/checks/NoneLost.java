package lab.proof.checks;

import java.util.BitSet;
import java.util.List;
import java.util.TreeSet;
import lab.proof.facts.Account;
import lab.proof.facts.Account.Kind;
import lab.proof.facts.Facts;
import lab.proof.facts.Text;

/**
 * No acknowledged record is lost: each one is in the log.
 *
 * <p>FAIL: one is not, although its place in the log was read, and the settings promise it.
 *
 * <p>ALLOWED: acks=0 or acks=1; unclean.leader.election.enable=true; an unclean election that the run asked for; a
 * power cut, if its loss is the predicted one (PowerCut).
 *
 * <p>INCONCLUSIVE: nothing was acknowledged; the topic was deleted or created again; the log was not read to its end;
 * or an acknowledged record is hidden, and the group had not received it either.
 */
class NoneLost implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        Account account = facts.account();
        BitSet lost = Account.minus(account.of(Kind.LOST), LosesExactly.chosen(facts));
        lost.andNot(PowerCut.judged(facts));
        boolean chosen = account.count(Kind.LOST) > lost.cardinality();
        String text = chosen ? "no other acknowledged record is lost" : "no acknowledged record is lost";
        int acknowledged = account.count(Kind.ACKNOWLEDGED);
        String evidence =
                Text.of("%,d acknowledged, %,d of them not in the log", acknowledged, account.count(Kind.LOST));
        if (!lost.isEmpty()) evidence += ": " + account.some(lost);
        int hidden = Account.and(account.of(Kind.ACKNOWLEDGED), account.of(Kind.NOT_TO_BE_SEEN))
                .cardinality();
        int unproven = account.count(Kind.UNPROVEN);
        if (hidden > unproven)
            evidence += Text.of("; %,d not to be seen any more, and received before", hidden - unproven);
        if (unproven > 0) evidence += Text.of("; %,d not to be seen, and not received: unproven", unproven);

        var allowed = new TreeSet<String>();
        boolean surely = false;
        for (int id = lost.nextSetBit(0); id >= 0; id = lost.nextSetBit(id + 1)) {
            String by = facts.promises().lossAllowedBy(id);
            if (by == null) surely = true;
            else allowed.add(by);
        }
        if (surely) return List.of(Claim.fail(text, evidence));
        if (acknowledged == 0) return List.of(Claim.unknown(text, "nothing was acknowledged"));
        if (unproven > 0) return List.of(Claim.unknown(text, evidence));
        if (!facts.isRead()) return List.of(Claim.unknown(text, evidence + "; the log was not read to its end"));
        if (lost.isEmpty()) return List.of(Claim.pass(text, evidence));
        return List.of(Claim.allowed(text, String.join("; ", allowed), evidence));
    }
}
