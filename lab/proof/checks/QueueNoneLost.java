package lab.proof.checks;

import java.util.BitSet;
import java.util.List;
import lab.history.Flow;
import lab.proof.facts.Account;
import lab.proof.facts.Facts;
import lab.proof.facts.Shared;
import lab.proof.facts.Text;

/**
 * A share group loses no record: each one was accepted or rejected by a member, or given up after the group's limit
 * of deliveries. A delivered record with an unknown answer is not lost.
 *
 * <p>FAIL: the group finished a record that is in the log, and that was never delivered, or only released.
 *
 * <p>INCONCLUSIVE: QueueSeen does not hold; the broker denied the answer to the last delivery (such as "The record state is
 * invalid."), which it may have applied before, when it was sent for the first time; or a member has not reported an answer, and was neither frozen nor killed
 * within 5 s.
 */
class QueueNoneLost implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        Shared it = Shared.of(facts);
        if (it == null) return List.of();
        BitSet lost = it.lost();
        BitSet accepted = Account.and(it.inputs(), it.with(Flow.Kind.ACCEPTED, 1));
        BitSet rejected = Account.minus(Account.and(it.inputs(), it.with(Flow.Kind.REJECTED, 1)), accepted);
        BitSet givenUp = Account.minus(Account.and(it.inputs(), it.givenUp()), rejected);
        int open = it.inputs().cardinality()
                - accepted.cardinality()
                - rejected.cardinality()
                - givenUp.cardinality()
                - lost.cardinality();
        String text = "the share group loses no record";
        String evidence = Text.of(
                "%,d records: %,d accepted, %,d rejected, %,d given up after %d deliveries, %,d with an unknown answer, %,d lost",
                it.inputs().cardinality(),
                accepted.cardinality(),
                rejected.cardinality(),
                givenUp.cardinality(),
                it.setup().limit(),
                open,
                lost.cardinality());
        if (it.unseen() != null) return List.of(Claim.unknown(text, evidence + "; but " + it.unseen()));
        if (!lost.isEmpty())
            return List.of(Claim.fail(text, evidence + ": " + facts.account().some(lost)));
        BitSet denied = it.refusals().denied();
        if (!denied.isEmpty())
            return List.of(Claim.unknown(
                    text,
                    evidence + "; refused, and not delivered again: "
                            + facts.account().some(denied)));
        BitSet unanswered = it.unanswered();
        if (unanswered.isEmpty()) return List.of(Claim.pass(text, evidence));
        return List.of(Claim.unknown(
                text,
                evidence + "; a member that ran did not report its answer: "
                        + facts.account().some(unanswered)));
    }
}
