package lab.proof.checks;

import java.util.ArrayList;
import java.util.List;
import lab.proof.facts.Evidence;
import lab.proof.facts.Facts;
import lab.proof.facts.Outage;
import lab.proof.facts.Text;

/**
 * Each node that a fault hit was down: the cluster's metadata confirms it. It no longer leads a partition, has left
 * an in-sync set or the list of brokers, or no broker answers while a fault is on each of them. Of a controller: none
 * or another one is active. A leader that moves while the node stays in sync is no evidence.
 *
 * <p>INCONCLUSIVE: the cluster noticed nothing, or was not observed between the fault and the first evidence.
 */
class FaultHappened implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        var claims = new ArrayList<Claim>();
        for (Outage outage : facts.outages())
            claims.add(claim(outage, facts.evidence().get(outage)));
        return claims;
    }

    private static Claim claim(Outage outage, Evidence evidence) {
        String text = outage.name() + " was down";
        if (evidence == null && outage.isController())
            return Claim.unknown(text, "a controller answered all the time: it must be down for 5 s or more (--down)");
        if (evidence == null)
            return Claim.unknown(
                    text,
                    "the cluster noticed nothing: it notices a dead broker after broker.session.timeout.ms (--down)");
        String when = Text.of("%s, %.2f s after the fault", evidence.text(), outage.after(evidence.t()));
        return evidence.blind() == null
                ? Claim.pass(text, when)
                : Claim.unknown(text, when + "; but " + evidence.blind());
    }
}
