package lab.proof.checks;

import java.util.List;
import lab.proof.facts.Facts;
import lab.proof.facts.Text;

/**
 * Scenario 4: with one replica in sync, acks=all acknowledges records; if min.insync.replicas is 2, it acknowledges
 * none.
 *
 * <p>FAIL: it acknowledges none; if min.insync.replicas is 2, one.
 *
 * <p>INCONCLUSIVE: disturbed or unobserved.
 */
class AloneInSync implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        LastReplica scenario = LastReplica.of(facts);
        if (scenario == null) return List.of();
        long taken = scenario.alone() == null
                ? 0
                : facts.flows()
                        .acknowledged(0)
                        .count(scenario.alone().t() + 1, scenario.other().from());
        String text = scenario.one()
                ? "acks=all acknowledges records that one broker has"
                : "with one replica down nothing is acknowledged";
        String evidence = Text.of(
                "%,d acknowledged while %s alone was in sync",
                taken, scenario.other().name());
        boolean holds = scenario.alone() != null && taken > 0 == scenario.one();
        return List.of(Claim.of(
                holds,
                text,
                evidence,
                facts.doubts().any(scenario.old(), scenario.other().from())));
    }
}
