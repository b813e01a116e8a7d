package lab.proof.checks;

import java.util.List;
import lab.proof.facts.Account.Kind;
import lab.proof.facts.Facts;
import lab.proof.facts.Latencies;
import lab.proof.facts.Outage;
import lab.proof.facts.Text;

/**
 * Your limit ({@code --max-latency}): 99 percent of all records that were sent are acknowledged within it. A record
 * without an acknowledgement is late.
 *
 * <p>FAIL: fewer are.
 *
 * <p>INCONCLUSIVE: fewer are, and this program did not run for a time; or nothing was acknowledged.
 */
class MaxLatency implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        double limit = facts.setup().limits().maxLatencyS();
        if (Double.isNaN(limit)) return List.of();
        String text = Text.of("99 percent of the records are acknowledged within %s s", limit);
        if (facts.account().count(Kind.ACKNOWLEDGED) == 0)
            return List.of(Claim.unknown(text, "nothing was acknowledged"));
        Latencies latencies = facts.allLatencies();
        double p99 = latencies.at((long) (0.99 * facts.account().count(Kind.SENT)));
        String evidence = Double.isInfinite(p99)
                ? Text.of(
                        "%,d of %,d were acknowledged",
                        latencies.count(), facts.account().count(Kind.SENT))
                : Text.of("p99 %.1f ms", p99);
        String stalled = facts.observed().stalledIn(0, Outage.NEVER);
        boolean early = Double.isInfinite(p99) && facts.doubts().endedBefore(Outage.NEVER);
        String doubt = early ? "the run ended before their fate was known" : stalled;
        return List.of(Claim.of(p99 <= limit * 1e3 + 1e-6, text, evidence, doubt));
    }
}
