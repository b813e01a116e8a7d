package lab.proof.checks;

import java.util.List;
import lab.proof.facts.Facts;
import lab.proof.facts.Pipelined;

/**
 * The pipeline processed the input to its end, and both kinds of readers read its output. Shown only if it does not
 * hold.
 *
 * <p>INCONCLUSIVE: the group had not committed the whole input, or there was none; or the output was not read from
 * the run's first offset to its end, for example because the last stable offset did not move. Never FAIL.
 */
class OutputSeen implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        Pipelined it = Pipelined.of(facts);
        if (it == null) return List.of();
        String text = "the input was processed to its end, and the output was read";
        String unseen = it.unseen();
        return List.of(unseen == null ? Claim.pass(text, "").routinely() : Claim.unknown(text, unseen));
    }
}
