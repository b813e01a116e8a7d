package lab.proof.checks;

import java.util.List;
import lab.proof.facts.Facts;
import lab.proof.facts.Outage;
import lab.proof.facts.Text;

/**
 * Scenario 4: when the old leader is back, no broker leads until the last in-sync replica is back. After an unclean
 * election, the old leader leads. If min.insync.replicas is 2, the old leader leads by itself: it is an eligible
 * leader replica (KIP-966).
 *
 * <p>FAIL: another one leads.
 *
 * <p>INCONCLUSIVE: disturbed or unobserved.
 */
class WhoLeads implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        LastReplica scenario = LastReplica.of(facts);
        if (scenario == null) return List.of();
        String old = scenario.old().name();
        var elected = scenario.elected();
        String evidence = elected == null
                ? "no leader was elected"
                : Text.of(
                        "broker %d leads, %.1f s after %s was started",
                        elected.now().leader(), elected.t() - scenario.old().restoredAt(), old);
        boolean waits = elected != null
                && elected.t() >= scenario.other().restoredAt()
                && elected.now().leader() == scenario.other().node();
        boolean expectsOld = scenario.unclean() || !scenario.one();
        String text = !scenario.one()
                ? old + " leads on its return: it is an eligible leader replica"
                : scenario.unclean()
                        ? "the unclean election makes " + old + " lead"
                        : old + " is not elected: the partition waits for "
                                + scenario.other().name();
        boolean holds = expectsOld ? scenario.oldLeadsEarly() : waits;
        return List.of(Claim.of(
                holds,
                text,
                evidence,
                facts.doubts().any(scenario.other(), elected == null ? Outage.NEVER : elected.t())));
    }
}
