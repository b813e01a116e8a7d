package lab.proof.checks;

import java.util.ArrayList;
import java.util.List;
import lab.proof.facts.Bound;
import lab.proof.facts.Facts;
import lab.proof.facts.Observed;
import lab.proof.facts.Outage;
import lab.proof.facts.Text;

/**
 * A partition that the broker led gets a new leader while the broker is down, within the bound: 5 s if the broker
 * handed over its leaders, otherwise 1.5 times broker.session.timeout.ms. Claimed if another replica was in sync, and
 * nothing else was down.
 *
 * <p>FAIL: it got none, or late.
 *
 * <p>INCONCLUSIVE: the broker was back before the bound; it came late, but within the bound after the end of the command
 * that injected the fault, which may have done something else first; disturbed or unobserved.
 */
class NewLeader implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        var claims = new ArrayList<Claim>();
        for (Outage outage : facts.outages())
            for (int partition : facts.expectation().successions(outage)) claims.add(claim(facts, outage, partition));
        return claims;
    }

    private static Claim claim(Facts facts, Outage outage, int partition) {
        String text = Text.of("partition %d gets a new leader while %s is down", partition, outage.name());
        Observed.Change elected = facts.observed().gotLeader(partition, outage.from());
        Bound bound = Bound.election(outage, facts.setup());
        if (elected == null || elected.now().leader() == outage.node() || elected.t() >= outage.restoredAt()) {
            String evidence = elected == null
                    ? "it got none"
                    : Text.of(
                            "broker %d leads, %.2f s after the fault",
                            elected.now().leader(), outage.after(elected.t()));
            String doubt = facts.doubts().tooShort(outage, bound);
            double deadline = Math.min(outage.restoredAt(), outage.downAt() + bound.seconds());
            return Claim.of(
                    false,
                    text,
                    evidence,
                    doubt != null ? doubt : facts.doubts().any(outage, deadline));
        }
        String evidence = Text.of(
                "broker %d leads, %.2f s after the fault, bound %s",
                elected.now().leader(), outage.after(elected.t()), bound);
        boolean inTime = outage.after(elected.t()) <= bound.seconds();
        String blind = facts.observed().blindIn(Math.max(outage.from(), elected.earliest()), elected.t());
        if (elected.earliest() < outage.from() - 1 || inTime && blind != null)
            return Claim.unknown(
                    text,
                    evidence + "; but it was not seen when: "
                            + (blind == null ? "the cluster was not observed" : blind));
        if (!inTime && elected.t() - outage.downAt() <= bound.seconds())
            return Claim.unknown(text, Text.of("%s; its command took %.1f s", evidence, outage.after(outage.downAt())));
        return Claim.of(inTime, text, evidence, facts.doubts().any(outage, elected.t()));
    }
}
