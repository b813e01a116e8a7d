package lab.proof.checks;

import java.util.BitSet;
import java.util.List;
import lab.history.Ranges;
import lab.proof.facts.Account;
import lab.proof.facts.Account.Kind;
import lab.proof.facts.Facts;
import lab.proof.facts.Text;

/**
 * Each acknowledged record that is in the log is in the partition and at the offset where the broker acknowledged it.
 * Claimed if an offset was acknowledged (not with acks=0). Shown only if it does not hold.
 *
 * <p>FAIL: one is elsewhere: the acknowledged copy is lost, and another copy is in the log.
 *
 * <p>ALLOWED: the producer is not idempotent, so one copy may be acknowledged and another one survive.
 *
 * <p>INCONCLUSIVE: the topic was created again, with new offsets; the log was not read to its end; or acknowledged
 * records are hidden, and were not received either.
 */
class AtItsOffset implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        String text = "each record is at the offset that was acknowledged";
        BitSet elsewhere = facts.account().of(Kind.ELSEWHERE);
        Account account = facts.account();
        long compared = Account.and(account.of(Kind.ACKNOWLEDGED), account.of(Kind.IN_LOG)).stream()
                .filter(id -> account.ids().offset(id) != Ranges.UNKNOWN)
                .count();
        if (compared == 0 && elsewhere.isEmpty()) return List.of();
        String evidence = Text.of("%,d compared, %,d are not", compared, elsewhere.cardinality());
        if (elsewhere.isEmpty())
            return List.of(
                    facts.isRead() && account.count(Kind.UNPROVEN) == 0
                            ? Claim.pass(text, evidence).routinely()
                            : Claim.unknown(text, evidence + "; not all was seen"));
        evidence += ": " + account.some(elsewhere);
        String by = facts.promises().repeatsAllowedBy();
        if (facts.topicGone()) return List.of(Claim.unknown(text, evidence));
        return List.of(by == null ? Claim.fail(text, evidence) : Claim.allowed(text, by, evidence));
    }
}
