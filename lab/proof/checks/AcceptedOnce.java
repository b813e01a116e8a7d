package lab.proof.checks;

import java.util.BitSet;
import java.util.List;
import lab.history.Flow;
import lab.proof.facts.Facts;
import lab.proof.facts.Shared;
import lab.proof.facts.Text;

/**
 * No record of a share group is accepted twice. Never FAIL.
 *
 * <p>ALLOWED: one is. A share group delivers at least once.
 *
 * <p>INCONCLUSIVE: QueueSeen does not hold.
 */
class AcceptedOnce implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        Shared it = Shared.of(facts);
        if (it == null) return List.of();
        BitSet twice = it.with(Flow.Kind.ACCEPTED, 2);
        String text = "no record is accepted twice";
        String evidence = Text.of("%,d accepted twice or more", twice.cardinality());
        if (!twice.isEmpty())
            return List.of(Claim.allowed(
                    text,
                    "a share group, which delivers at least once",
                    evidence + ": " + facts.account().some(twice)));
        return List.of(it.unseen() == null ? Claim.pass(text, evidence) : Claim.unknown(text, it.unseen()));
    }
}
