package lab.proof.checks;

import java.util.BitSet;
import java.util.List;
import lab.proof.facts.Account;
import lab.proof.facts.Account.Kind;
import lab.proof.facts.Facts;
import lab.proof.facts.Text;

/**
 * Each record is in the log once, and the acknowledged records of a partition are in the order in which they were
 * sent. A record that was not acknowledged may be anywhere in the log, but not twice.
 *
 * <p>FAIL: one is there twice or more, or behind a later one, and the producer is idempotent.
 *
 * <p>ALLOWED: the producer is not idempotent: enable.idempotence=false, acks=0, acks=1, retries=0.
 *
 * <p>INCONCLUSIVE: the log has none of the acknowledged records, or was not read to its end; or acknowledged records
 * are hidden, and were not received either.
 */
class OnceInOrder implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        Account account = facts.account();
        String text = "each record is in the log once, in order";
        int duplicates = account.count(Kind.DUPLICATES);
        int reordered = account.count(Kind.REORDERED);
        String evidence = Text.of(
                "%,d in the log, %,d twice or more, %,d out of order",
                account.count(Kind.IN_LOG), duplicates, reordered);
        if (duplicates + reordered > 0) {
            var which = (BitSet) account.of(Kind.DUPLICATES).clone();
            which.or(account.of(Kind.REORDERED));
            evidence += ": " + account.some(which);
            String by = facts.promises().repeatsAllowedBy();
            return List.of(by == null ? Claim.fail(text, evidence) : Claim.allowed(text, by, evidence));
        }
        boolean any = account.of(Kind.ACKNOWLEDGED).intersects(account.of(Kind.IN_LOG));
        boolean seen = any && account.count(Kind.UNPROVEN) == 0;
        return List.of(
                facts.isRead() && seen
                        ? Claim.pass(text, evidence)
                        : Claim.unknown(text, evidence + "; not all was seen"));
    }
}
