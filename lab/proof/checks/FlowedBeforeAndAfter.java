package lab.proof.checks;

import java.util.ArrayList;
import java.util.List;
import lab.history.Action;
import lab.proof.facts.Facts;
import lab.proof.facts.Outage;
import lab.proof.facts.Text;

/**
 * Records of each partition were acknowledged before the first fault and after the last recovery.
 *
 * <p>INCONCLUSIVE: a partition had none, or an outage was not over.
 */
class FlowedBeforeAndAfter implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        double first = facts.outages().stream().mapToDouble(Outage::from).min().orElse(Outage.NEVER);
        double last =
                facts.outages().stream().mapToDouble(Outage::preferredAt).max().orElse(0);
        double whole =
                facts.outages().stream().mapToDouble(Outage::wholeAt).max().orElse(0);
        for (Action.Leave leave : facts.run().all(Action.Leave.class)) {
            first = Math.min(first, leave.t());
            last = Math.max(last, leave.t());
        }
        String text = "records flow before and after";
        if (last == Outage.NEVER) return List.of(Claim.unknown(text, "the preferred leaders did not lead again"));
        if (whole == Outage.NEVER) return List.of(Claim.unknown(text, "not all was in sync again"));
        last = Math.max(last, whole);
        var without = new ArrayList<Integer>();
        for (int partition : facts.flows().partitions().toArray()) {
            var series = facts.flows().acknowledged(partition);
            if (series.count(-1, first) == 0 || series.count(last, Outage.NEVER) == 0) without.add(partition);
        }
        if (without.isEmpty())
            return List.of(Claim.pass(text, "in each partition").routinely());
        return List.of(
                Claim.unknown(text, "none were acknowledged before, or none after, in " + Text.partitions(without)));
    }
}
