package lab.proof.checks;

import java.util.BitSet;
import java.util.List;
import lab.history.Processing;
import lab.proof.facts.Facts;
import lab.proof.facts.Pipelined;
import lab.proof.facts.Text;

/**
 * A control, a pipeline without transactions that was killed in a batch: the inputs that it had written and not
 * committed are in the output twice, and no others. They are predicted from offsets.
 *
 * <p>FAIL: others are there twice, or fewer, or an input is there more often or is missing.
 *
 * <p>INCONCLUSIVE: none are predicted, or OutputSeen does not hold.
 */
class RepeatsBatch implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        Pipelined it = Pipelined.of(facts);
        if (it == null || it.setup().transactions()) return List.of();
        var predicted = new BitSet();
        for (Processing.Open open : it.open()) predicted.or(it.uncommitted(open));
        String text = "control: without transactions, what was not committed is in the output twice, and nothing else";
        String evidence = Text.of(
                "%,d predicted from offsets, %,d twice or more, %,d missing",
                predicted.cardinality(), it.twice().cardinality(), it.missing().cardinality());
        if (predicted.isEmpty()) return List.of(Claim.unknown(text, evidence));
        if (it.unseen() != null) return List.of(Claim.unknown(text, evidence + "; but " + it.unseen()));
        if (!it.thrice().isEmpty())
            evidence += "; three times or more: " + facts.account().some(it.thrice());
        boolean holds = it.twice().equals(predicted)
                && it.thrice().isEmpty()
                && it.missing().isEmpty();
        return List.of(Claim.of(holds, text, evidence));
    }
}
