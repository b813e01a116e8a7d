package lab.proof.checks;

import java.util.BitSet;
import java.util.List;
import lab.proof.facts.Account.Kind;
import lab.proof.facts.Facts;
import lab.proof.facts.Text;

/**
 * Each record that is in the log is where the broker acknowledged it: in its partition, at its offset. Shown only if it is not
 * so.
 *
 * <p>FAIL: one is elsewhere: the acknowledged copy is lost, and another copy is in the log.
 *
 * <p>ALLOWED: the producer is not idempotent, so one copy may be acknowledged and another one survive.
 *
 * <p>INCONCLUSIVE: the topic was created again during the run: its offsets are new.
 */
class AtItsOffset implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        String text = "each record is at the offset that was acknowledged";
        BitSet elsewhere = facts.account().of(Kind.ELSEWHERE);
        if (facts.account().count(Kind.IN_LOG) == 0) return List.of();
        String evidence = Text.of("%,d are not", elsewhere.cardinality());
        if (elsewhere.isEmpty()) return List.of(Claim.pass(text, evidence).routinely());
        evidence += ": " + facts.account().some(elsewhere);
        String by = facts.promises().repeatsAllowedBy();
        if (facts.topicGone()) return List.of(Claim.unknown(text, evidence));
        return List.of(by == null ? Claim.fail(text, evidence) : Claim.allowed(text, by, evidence));
    }
}
