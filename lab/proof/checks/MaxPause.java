package lab.proof.checks;

import java.util.List;
import lab.proof.facts.Account.Kind;
import lab.proof.facts.Facts;
import lab.proof.facts.Gap;
import lab.proof.facts.Text;

/**
 * Your limit ({@code --max-pause}): no gap between acknowledgements of a partition is longer, in the whole run.
 *
 * <p>FAIL: a gap is longer.
 *
 * <p>INCONCLUSIVE: a gap is longer, and this program did not run meanwhile; or nothing was acknowledged.
 */
class MaxPause implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        double limit = facts.setup().limits().maxPauseS();
        if (Double.isNaN(limit)) return List.of();
        Gap longest =
                facts.flows().longest(it -> facts.flows().longest(facts.flows().acknowledged(it)));
        String text = Text.of("no pause is longer than %s s", limit);
        String evidence = Text.of("longest pause %.2f s", longest.seconds());
        if (facts.account().count(Kind.ACKNOWLEDGED) == 0)
            return List.of(Claim.unknown(text, "nothing was acknowledged"));
        String stalled = facts.observed().stalledIn(longest.from(), longest.to());
        return List.of(Claim.of(longest.seconds() <= limit, text, evidence, stalled));
    }
}
