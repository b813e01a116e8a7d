package lab.proof.checks;

import java.util.ArrayList;
import java.util.List;
import lab.proof.facts.Expectation.Fate;
import lab.proof.facts.Facts;
import lab.proof.facts.Outage;
import lab.proof.facts.Text;

/**
 * A partition that was unavailable, or refused acks=all, takes records again when the broker is back.
 *
 * <p>FAIL: nothing was acknowledged after all was in sync again.
 *
 * <p>INCONCLUSIVE: it was never in sync again, no record waited since, disturbed or unobserved.
 */
class Resumes implements Check {
    private static final double PATIENCE = 5; // seconds

    @Override
    public List<Claim> claims(Facts facts) {
        var claims = new ArrayList<Claim>();
        for (Outage outage : facts.outages())
            for (int partition : facts.expectation().partitions(outage, Fate.UNAVAILABLE, Fate.REFUSED)) {
                String text = Text.of("partition %d resumes when %s is back", partition, outage.name());
                long since = facts.flows().acknowledged(partition).count(outage.wholeAt(), Outage.NEVER);
                String evidence = Text.of("%,d acknowledged since all is in sync", since);
                String doubt = outage.wholeAt() == Outage.NEVER
                        ? "not all was in sync again"
                        : facts.doubts().any(outage, outage.wholeAt() + PATIENCE);
                if (since == 0 && doubt == null && noneWaited(facts, partition, outage.wholeAt()))
                    claims.add(Claim.unknown(text, evidence + "; but no record waited"));
                else claims.add(Claim.of(since > 0, text, evidence, doubt));
            }
        return claims;
    }

    private static boolean noneWaited(Facts facts, int partition, double since) {
        return facts.flows().longestWait(partition, facts.flows().acknowledged(partition), since, Outage.NEVER) == 0;
    }
}
