package lab.proof.checks;

import java.util.List;
import lab.proof.facts.Disturbance;
import lab.proof.facts.Facts;
import lab.proof.facts.Text;

/**
 * Only the run changed the cluster. Not claimed with {@code --observe}, which watches such changes; nor if the
 * cluster was not observed all the time.
 *
 * <p>INCONCLUSIVE: a broker went down or came up, a replica moved or a controller stopped, and the run did not cause
 * it.
 */
class Undisturbed implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        List<Disturbance> all = facts.doubts().disturbances();
        if (facts.setup().isScenario("observe")) return List.of();
        String text = "only the run changed the cluster";
        boolean seen = !facts.observed().brokers().isEmpty()
                && facts.observed().blind().isEmpty();
        if (all.isEmpty() && !seen) return List.of();
        if (all.isEmpty()) return List.of(Claim.pass(text, "nothing was seen").routinely());
        String more = all.size() == 1 ? "" : Text.of(", and %d more", all.size() - 1);
        return List.of(Claim.unknown(
                text, Text.of("at %.1f s: %s%s", all.get(0).t(), all.get(0).text(), more)));
    }
}
