package lab.proof.checks;

import java.util.ArrayList;
import java.util.List;
import lab.proof.facts.Expectation.Fate;
import lab.proof.facts.Facts;
import lab.proof.facts.Gap;
import lab.proof.facts.Outage;
import lab.proof.facts.Series;
import lab.proof.facts.Text;

/**
 * A partition that has no replica on the broker continues while the broker is down.
 *
 * <p>FAIL: nothing was acknowledged meanwhile, or a pause took half of the time or more.
 *
 * <p>INCONCLUSIVE: others changed the cluster, it was not observed, or the broker was never restored.
 */
class OthersGoOn implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        var claims = new ArrayList<Claim>();
        for (Outage outage : facts.outages())
            for (int partition : facts.expectation().partitions(outage, Fate.UNTOUCHED)) {
                Series series = facts.flows().acknowledged(partition);
                double to = Math.min(outage.restoredAt(), facts.flows().loadEnd());
                Gap gap = series.longest(outage.from(), to);
                long meanwhile = series.count(outage.from(), to);
                boolean flows = meanwhile > 0 && gap.seconds() < (to - outage.from()) / 2;
                String text = Text.of("partition %d, not on %s, goes on", partition, outage.name());
                String evidence = Text.of("%,d acknowledged meanwhile, longest pause %.2f s", meanwhile, gap.seconds());
                claims.add(Claim.of(flows, text, evidence, facts.doubts().any(outage, outage.restoredAt())));
            }
        return claims;
    }
}
