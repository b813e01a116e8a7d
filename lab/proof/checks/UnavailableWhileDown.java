package lab.proof.checks;

import java.util.ArrayList;
import java.util.List;
import lab.proof.facts.Bound;
import lab.proof.facts.Expectation.Fate;
import lab.proof.facts.Facts;
import lab.proof.facts.Gap;
import lab.proof.facts.Observed;
import lab.proof.facts.Outage;
import lab.proof.facts.Series;
import lab.proof.facts.Text;

/**
 * A partition that the broker led, and that has no other in-sync replica, is unavailable while the broker is down: no
 * leader, and no acknowledgement from 1 s after it has lost its leader.
 *
 * <p>FAIL: it kept its leader or got another one, or records were acknowledged.
 *
 * <p>INCONCLUSIVE: no record waited for an acknowledgement, the broker was back too early, disturbed or unobserved.
 */
class UnavailableWhileDown implements Check {
    private static final double IN_FLIGHT = 1; // seconds: responses that were on their way when the leader resigned

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
        Series writes = facts.flows().acknowledged(partition);
        double from = gone == null ? end : gone.t() + IN_FLIGHT;
        double to = Math.min(end, outage.restoredAt());
        Gap silence = writes.longest(from, to);
        boolean lasts = silence.from() <= from && silence.to() >= to;
        boolean byItself = back == null || end >= outage.restoredAt();
        String text = Text.of("partition %d is unavailable while %s is down", partition, outage.name());
        String evidence = Text.of("no leader for %.1f s, no acknowledgement for %.1f s", without, silence.seconds());
        if (!lasts) evidence += Text.of("; %,d acknowledged while it had no leader", writes.count(from, to));
        if (gone != null && byItself && from >= to)
            return Claim.unknown(text, evidence + "; it was down for too short a time to see it");
        if (gone != null && byItself && !facts.flows().waiting(partition, to))
            return Claim.unknown(text, evidence + "; but no record waited");
        if (gone != null && lasts && byItself) {
            String blind = facts.observed().blindIn(gone.t(), end);
            return blind == null ? Claim.pass(text, evidence) : Claim.unknown(text, evidence + "; but " + blind);
        }
        String doubt = facts.doubts().tooShort(outage, Bound.election(outage, facts.setup()));
        return Claim.of(
                false, text, evidence, doubt != null ? doubt : facts.doubts().any(outage, outage.restoredAt()));
    }
}
