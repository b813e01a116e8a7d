package lab.proof.checks;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import lab.history.Processing;
import lab.proof.facts.Facts;
import lab.proof.facts.Pipelined;
import lab.proof.facts.Text;

/**
 * A transaction that a process left open holds the last stable offset, and with it all readers with read_committed,
 * for at most transaction.timeout.ms and 10 s more: the coordinator looks every 10 s.
 *
 * <p>FAIL: for more than 1 s longer.
 *
 * <p>INCONCLUSIVE: the last stable offset was not seen to stand still; or it stood for longer, and the run was
 * disturbed or unobserved; or it was not observed when it moved.
 */
class StableOffsetHeld implements Check {
    private static final double LOOKS = 10; // s: transaction.abort.timed.out.transaction.cleanup.interval.ms
    private static final double SEEN = 1; // s: to ask for it takes so long at the most
    private static final double MARKERS = 1; // s, until the transaction's end is in the log

    @Override
    public List<Claim> claims(Facts facts) {
        Pipelined it = Pipelined.of(facts);
        if (it == null || !it.setup().transactions() || it.timeoutMs() < 0) return List.of();
        var claims = new ArrayList<Claim>();
        double bound = it.timeoutMs() / 1e3 + LOOKS;
        String text = Text.of("an open transaction holds readers with read_committed for at most %.0f s", bound);
        for (Processing.Open open : it.open()) {
            Processing.Held held = facts.run().all(Processing.Held.class).stream()
                    .filter(each ->
                            each.stable() == open.stable() && each.t() <= open.t() + SEEN && each.to() >= open.t())
                    .max(Comparator.comparingDouble(Processing.Held::to))
                    .orElse(null);
            if (held == null) {
                claims.add(Claim.unknown(text, "it was not seen that the last stable offset stood"));
                continue;
            }
            double seconds = held.to() - Math.min(held.t(), open.t());
            String blind = facts.observed().blindIn(held.to(), held.to() + SEEN);
            String evidence = Text.of("the last stable offset stood at %,d for %.1f s", open.stable(), seconds);
            boolean holds = seconds <= bound + MARKERS;
            claims.add(
                    holds && blind != null
                            ? Claim.unknown(text, evidence + "; but then " + blind)
                            : Claim.of(holds, text, evidence, facts.doubts().any(held.t(), held.to())));
        }
        return claims;
    }
}
