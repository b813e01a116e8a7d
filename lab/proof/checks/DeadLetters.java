package lab.proof.checks;

import java.util.BitSet;
import java.util.List;
import lab.history.Flow;
import lab.proof.facts.Account;
import lab.proof.facts.Facts;
import lab.proof.facts.Shared;
import lab.proof.facts.Text;

/**
 * The dead-letter topic of a share group (KIP-1191) has the records that were rejected or given up, and no others.
 * Not claimed if the group has no such topic.
 *
 * <p>FAIL: one of them is not there, or another one is.
 *
 * <p>INCONCLUSIVE: none was rejected or given up; QueueSeen does not hold; or the records differ, and the partition
 * got a new leader, which does not know earlier deliveries.
 */
class DeadLetters implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        Shared it = Shared.of(facts);
        if (it == null || it.setup().deadLetters() == null) return List.of();
        BitSet expected = it.givenUp();
        expected.or(it.with(Flow.Kind.REJECTED, 1));
        BitSet dead = it.with(Flow.Kind.DEAD_LETTER, 1);
        String text = "the dead-letter topic has the records that were rejected or given up, and no others";
        String evidence = Text.of(
                "%,d expected, %,d there, %,d others",
                expected.cardinality(),
                Account.and(expected, dead).cardinality(),
                Account.minus(dead, expected).cardinality());
        if (it.unseen() != null) return List.of(Claim.unknown(text, evidence + "; but " + it.unseen()));
        if (expected.isEmpty()) return List.of(Claim.unknown(text, evidence));
        String doubt = it.newLeaders(0, facts.run().length()) > 0 ? "the partition got a new leader" : null;
        return List.of(Claim.of(dead.equals(expected), text, evidence, doubt));
    }
}
