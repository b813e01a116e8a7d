package lab.proof.checks;

import java.util.List;
import lab.proof.facts.Facts;
import lab.proof.facts.Pipelined;
import lab.proof.facts.Text;

/**
 * A pipeline with transactions: each input is in the output once, for a reader with read_committed. Not claimed of
 * the two controls.
 *
 * <p>FAIL: an input is there twice or more, or not at all. An input that is in its log twice has two outputs.
 *
 * <p>INCONCLUSIVE: OutputSeen does not hold.
 */
class EachInputOnce implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        Pipelined it = Pipelined.of(facts);
        if (it == null || !it.setup().transactions() || !it.setup().seekBack()) return List.of();
        String text = "each input is in the output once, for readers with read_committed";
        String evidence = Text.of(
                "%,d inputs, %,d twice or more, %,d missing",
                it.inputs().cardinality(),
                it.twice().cardinality(),
                it.missing().cardinality());
        if (!it.twice().isEmpty())
            return List.of(Claim.fail(text, evidence + ": " + facts.account().some(it.twice())));
        if (it.unseen() != null) return List.of(Claim.unknown(text, evidence + "; but " + it.unseen()));
        if (it.missing().isEmpty()) return List.of(Claim.pass(text, evidence));
        return List.of(Claim.fail(text, evidence + ": " + facts.account().some(it.missing())));
    }
}
