package lab.proof.checks;

import java.util.List;
import lab.history.Action;
import lab.history.Flow;
import lab.proof.facts.Facts;
import lab.proof.facts.Outage;
import lab.proof.facts.Text;

/**
 * Scenario 1: when the busy consumer leaves, the idle one continues at the next offset.
 *
 * <p>FAIL: it left out offsets, or received nothing.
 *
 * <p>ALLOWED: it began earlier, because the last commit failed: delivery is at least once.
 *
 * <p>INCONCLUSIVE: no consumer left, the busy one had received nothing, or disturbed.
 */
class StandbyTakesOver implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        if (!facts.setup().isScenario("1")) return List.of();
        String text = "the idle one is a standby: it takes over where the other stopped";
        List<Action.Leave> leaves = facts.run().all(Action.Leave.class);
        if (leaves.isEmpty()) return List.of(Claim.unknown(text, "no consumer left the group"));
        int busy = leaves.get(0).consumer();
        long last = -1;
        long next = Long.MAX_VALUE;
        int standby = 0;
        for (Flow flow : facts.run().flows(Flow.Kind.RECEIVED)) {
            if (flow.consumer() == busy) last = Math.max(last, offset(flow, true));
            else if (offset(flow, false) < next) {
                next = offset(flow, false);
                standby = flow.consumer();
            }
        }
        if (last < 0) return List.of(Claim.unknown(text, "the busy consumer received nothing"));
        String doubt = facts.doubts().any(leaves.get(0).t(), Outage.NEVER);
        if (standby == 0) return List.of(Claim.of(false, text, "it received nothing", doubt));
        String evidence =
                Text.of("consumer %d ended after offset %,d, consumer %d went on at %,d", busy, last, standby, next);
        if (next <= last) return List.of(Claim.allowed(text, "at least once: the last commit failed", evidence));
        return List.of(Claim.of(next == last + 1, text, evidence, doubt));
    }

    private static long offset(Flow flow, boolean highest) {
        long[] found = {highest ? Long.MIN_VALUE : Long.MAX_VALUE};
        flow.records()
                .forEach((id, offset) -> found[0] = highest ? Math.max(found[0], offset) : Math.min(found[0], offset));
        return found[0];
    }
}
