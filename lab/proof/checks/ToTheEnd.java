package lab.proof.checks;

import java.util.ArrayList;
import java.util.List;
import lab.history.Action;
import lab.proof.facts.Facts;
import lab.proof.facts.Text;

/**
 * The run came to its planned end, and its history is whole and sound. Shown only if it is not.
 *
 * <p>INCONCLUSIVE: the history has no end line (its writer was killed), the run gave up, or the history contradicts itself,
 * such as a record that was acknowledged and never sent.
 */
class ToTheEnd implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        var claims = new ArrayList<Claim>();
        if (!facts.run().complete())
            claims.add(Claim.unknown(
                    "the history is complete",
                    Text.of(
                            "it ends after %.1f s, without an end line",
                            facts.run().length())));
        for (Action.GaveUp it : facts.run().all(Action.GaveUp.class))
            claims.add(Claim.unknown("the run came to its end", it.why()));
        if (!facts.contradictions().isEmpty())
            claims.add(Claim.unknown("the history is sound", String.join("; ", facts.contradictions())));
        if (facts.setup().partitions() == 0)
            claims.add(Claim.unknown("the history names the topic", "it has no topic line"));
        return claims;
    }
}
