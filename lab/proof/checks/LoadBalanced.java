package lab.proof.checks;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Collectors;
import lab.history.Flow;
import lab.proof.facts.Facts;
import lab.proof.facts.Outage;
import lab.proof.facts.Text;

/**
 * Scenario 2: of the records that were received before the fault, up to the first id that was not, each consumer
 * received as many as the others, to within one.
 *
 * <p>FAIL: the shares differ.
 *
 * <p>INCONCLUSIVE: 10 records or fewer, or disturbed.
 */
class LoadBalanced implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        if (!facts.setup().isScenario("2")) return List.of();
        double fault = facts.outages().stream()
                .mapToDouble(Outage::from)
                .min()
                .orElse(facts.flows().loadEnd());
        int consumers = facts.setup().consumers();
        var by = new BitSet[consumers + 1];
        Arrays.setAll(by, it -> new BitSet());
        var all = new BitSet();
        for (Flow flow : facts.run().flows(Flow.Kind.RECEIVED))
            if (flow.to() < fault && flow.consumer() <= consumers)
                flow.records().forEach((id, offset) -> {
                    if (!all.get(id)) by[flow.consumer()].set(id);
                    all.set(id);
                });
        int hole = all.nextClearBit(1);
        int[] shares = Arrays.stream(by)
                .skip(1)
                .mapToInt(it -> it.get(0, hole).cardinality())
                .toArray();
        String evidence = Text.of(
                "of the first %,d, each consumer received %s",
                hole - 1,
                Arrays.stream(shares).mapToObj(it -> Text.of("%,d", it)).collect(Collectors.joining(" and ")));
        String text = "the records are balanced across the consumers";
        if (hole <= 11 || consumers < 2) return List.of(Claim.unknown(text, evidence + ": too few (--before)"));
        var statistics = Arrays.stream(shares).summaryStatistics();
        boolean balanced = statistics.getMax() - statistics.getMin() <= 1;
        return List.of(Claim.of(balanced, text, evidence, facts.doubts().any(0, fault)));
    }
}
