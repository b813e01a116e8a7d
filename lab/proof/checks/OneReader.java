package lab.proof.checks;

import java.util.ArrayList;
import java.util.List;
import lab.history.Action;
import lab.history.Flow;
import lab.proof.facts.Facts;
import lab.proof.facts.Text;

/**
 * Scenario 1: with one partition, only one consumer receives records.
 *
 * <p>FAIL: another one received a record before the busy one left.
 *
 * <p>INCONCLUSIVE: the busy one received none, no consumer left, or disturbed.
 */
class OneReader implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        if (!facts.setup().isScenario("1")) return List.of();
        String text = "only one consumer receives records, the other is idle";
        List<Action.Leave> leaves = facts.run().all(Action.Leave.class);
        if (leaves.isEmpty()) return List.of(Claim.unknown(text, "no consumer left the group"));
        int busy = leaves.get(0).consumer();
        double left = leaves.get(0).t();
        var shares = new ArrayList<String>();
        boolean alone = true;
        for (int consumer = 1; consumer <= facts.setup().consumers(); consumer++) {
            shares.add(Text.of("consumer %d received %,d", consumer, received(facts, consumer, left)));
            if (consumer != busy && receivedAny(facts, consumer, left)) alone = false;
        }
        String evidence = String.join(", ", shares);
        boolean none = received(facts, busy, left) == 0 || facts.setup().consumers() < 2;
        return List.of(
                none && alone
                        ? Claim.unknown(text, evidence)
                        : Claim.of(alone, text, evidence, facts.doubts().any(0, left)));
    }

    private static boolean receivedAny(Facts facts, int consumer, double before) {
        return facts.run().flows(Flow.Kind.RECEIVED).stream()
                .anyMatch(it -> it.consumer() == consumer && it.t() < before);
    }

    private static long received(Facts facts, int consumer, double before) {
        return facts.run().flows(Flow.Kind.RECEIVED).stream()
                .filter(it -> it.consumer() == consumer && it.to() <= before)
                .mapToLong(it -> it.records().size())
                .sum();
    }
}
