package lab.proof.checks;

import java.util.ArrayList;
import java.util.List;
import lab.proof.facts.Bound;
import lab.proof.facts.Expectation.Fate;
import lab.proof.facts.Facts;
import lab.proof.facts.Gap;
import lab.proof.facts.Observed;
import lab.proof.facts.Outage;
import lab.proof.facts.Text;

/**
 * A partition that the broker led, and that has no other in-sync replica, is unavailable while the broker is down: no leader, no
 * acknowledgement.
 *
 * <p>FAIL: it kept its leader or got another one, or records were acknowledged.
 *
 * <p>INCONCLUSIVE: the cluster was not observed all the time, others changed it, or the broker was back before the bound.
 */
class UnavailableWhileDown implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        var claims = new ArrayList<Claim>();
        for (Outage outage : facts.outages())
            for (int partition : facts.expectation().partitions(outage, Fate.UNAVAILABLE))
                claims.add(claim(facts, outage, partition));
        return claims;
    }

    private static Claim claim(Facts facts, Outage outage, int partition) {
        Observed.Change gone = facts.observed().lostLeader(partition, outage.from());
        Observed.Change back = facts.observed().gotLeader(partition, gone == null ? outage.from() : gone.t());
        double end = back == null ? facts.flows().loadEnd() : back.t();
        double without = gone == null ? 0 : end - gone.t();
        Gap silence = facts.flows().pause(facts.flows().acknowledged(partition), outage);
        // A leader that resigns acknowledges for a moment what it has: the silence may begin a little later.
        boolean lasts = silence.to() >= end - facts.observed().late() && silence.seconds() > 0.8 * without;
        boolean byItself = back == null || end >= outage.restoredAt();
        String text = Text.of("partition %d is unavailable while %s is down", partition, outage.name());
        String evidence = Text.of("no leader for %.1f s, no acknowledgement for %.1f s", without, silence.seconds());
        if (gone != null && lasts && byItself) {
            String blind = facts.observed().blindIn(gone.t(), end);
            return blind == null ? Claim.pass(text, evidence) : Claim.unknown(text, evidence + "; but " + blind);
        }
        String doubt = facts.doubts().tooShort(outage, Bound.election(outage, facts.setup()));
        return Claim.of(
                false, text, evidence, doubt != null ? doubt : facts.doubts().any(outage, outage.restoredAt()));
    }
}
