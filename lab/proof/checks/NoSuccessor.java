package lab.proof.checks;

import java.util.ArrayList;
import java.util.List;
import lab.proof.facts.Facts;
import lab.proof.facts.Observed;
import lab.proof.facts.Outage;
import lab.proof.facts.Text;

/**
 * While the only controller is down, a partition whose leader fails gets no new leader.
 *
 * <p>FAIL: it got one before the controller was started.
 *
 * <p>INCONCLUSIVE: the controller was back before the dead broker's session expired; disturbed or unobserved.
 */
class NoSuccessor implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        var claims = new ArrayList<Claim>();
        if (!facts.observed().hasOneController()) return claims;
        for (Outage controller : facts.outages())
            if (controller.isController() && controller.restoredAt() < Outage.NEVER)
                WithoutController.brokersDown(facts, controller)
                        .filter(it -> it.from() > controller.doneAt())
                        .forEach(it -> facts.expectation().led(it).stream()
                                .map(partition -> claim(facts, controller, it, partition))
                                .forEach(claims::add));
        return claims;
    }

    private static Claim claim(Facts facts, Outage controller, Outage broker, int partition) {
        Observed.Change elected = facts.observed().gotLeader(partition, broker.from());
        String text = Text.of("partition %d gets no new leader while the controller is down", partition);
        double started = controller.restoredAt();
        String evidence = elected == null
                ? "no leader was elected"
                : Text.of("elected %.1f s after the controller was started", elected.t() - started);
        boolean holds = elected == null || elected.t() > started;
        double dead = started - broker.from();
        if (holds && !broker.controlled() && dead <= facts.setup().session())
            return Claim.unknown(
                    text,
                    Text.of(
                            "the controller was back after %.1f s; it gives up a dead broker after %.0f s",
                            dead, facts.setup().session()));
        String blind = facts.observed().blindIn(broker.from(), started);
        if (holds && blind != null) return Claim.unknown(text, evidence + "; but " + blind);
        return Claim.of(holds, text, evidence, facts.doubts().any(broker, elected == null ? started : elected.t()));
    }
}
