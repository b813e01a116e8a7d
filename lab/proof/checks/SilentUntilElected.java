package lab.proof.checks;

import java.util.List;
import lab.proof.facts.Facts;
import lab.proof.facts.Outage;
import lab.proof.facts.Text;

/**
 * Scenario 4: after the last in-sync replica was killed, nothing is acknowledged until there is a leader; if
 * min.insync.replicas is 2, until both replicas are back.
 *
 * <p>FAIL: something was acknowledged before.
 *
 * <p>INCONCLUSIVE: disturbed or unobserved.
 */
class SilentUntilElected implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        LastReplica scenario = LastReplica.of(facts);
        if (scenario == null) return List.of();
        double killed = scenario.other().doneAt();
        double first = facts.flows().acknowledged(0).firstAfter(killed + 1);
        double again = Math.min(first, facts.run().length());
        double until = scenario.one() && scenario.elected() != null
                ? scenario.elected().t()
                : scenario.other().restoredAt();
        String text = scenario.one()
                ? "without a leader nothing is acknowledged"
                : "with one replica back, still nothing is acknowledged";
        String evidence = Text.of("no acknowledgement for %.1f s", again - killed);
        boolean holds = scenario.elected() != null && again >= until;
        double seen = first == Outage.NEVER || scenario.elected() == null ? Outage.NEVER : until;
        return List.of(Claim.of(holds, text, evidence, facts.doubts().any(scenario.other(), seen)));
    }
}
