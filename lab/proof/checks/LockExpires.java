package lab.proof.checks;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import lab.history.Processing;
import lab.proof.facts.Facts;
import lab.proof.facts.Shared;
import lab.proof.facts.Text;

/**
 * A record that a frozen member of a share group holds is delivered to another member when its lock expires. Claimed
 * of a member that is not killed, in a run that takes down no node.
 *
 * <p>FAIL: more than 3 s before share.record.lock.duration.ms has passed since the delivery, or more than 5 s after
 * it has passed since the freeze.
 *
 * <p>INCONCLUSIVE: no record that it held was delivered again; one was not, and the member's late answer was refused: it
 * may have been applied before the freeze, and sent again; or the claim does not hold, and the run was disturbed
 * or unobserved.
 */
class LockExpires implements Check {
    private static final double EARLIER = 3; // s: fetched before it was delivered
    private static final double LATER = 5; // s: fetched by another member, which has other records to work on

    @Override
    public List<Claim> claims(Facts facts) {
        Shared it = Shared.of(facts);
        if (it == null || !facts.outages().isEmpty()) return List.of();
        var claims = new ArrayList<Claim>();
        for (Processing.Process member : it.frozen())
            if (member.what().equals("freeze")
                    && it.frozen().stream()
                            .noneMatch(each -> each.what().equals("kill") && each.process() == member.process()))
                claims.add(claim(facts, it, member));
        return claims;
    }

    private static Claim claim(Facts facts, Shared it, Processing.Process member) {
        double lock = it.lock();
        double earliest = Double.POSITIVE_INFINITY;
        double latest = 0;
        int count = 0;
        BitSet notAgain = it.refusals().denied();
        var denied = new BitSet();
        for (Map.Entry<Integer, List<Shared.Delivery>> each : it.all().entrySet()) {
            Shared.Delivery held = each.getValue().stream()
                    .filter(to -> to.member() == member.process() && to.t() <= member.t())
                    .reduce((one, later) -> later)
                    .orElse(null);
            if (it.held(each.getKey(), member) <= 0) continue;
            Shared.Delivery next = it.nextTo(each.getKey(), member.process(), member.t());
            if (next == null && notAgain.get(each.getKey())) denied.set(each.getKey());
            if (next == null) continue;
            count++;
            earliest = Math.min(earliest, next.t() - held.t());
            latest = Math.max(latest, next.t() - member.t());
        }
        String text = Text.of("what a frozen member holds is delivered again when its lock of %.0f s expires", lock);
        String refused = denied.isEmpty()
                ? null
                : Text.of("%,d refused, and not delivered again: ", denied.cardinality())
                        + facts.account().some(denied);
        if (count == 0)
            return Claim.unknown(
                    text, "nothing that it held was delivered again" + (refused == null ? "" : "; " + refused));
        String evidence = Text.of(
                "%,d records, %.1f s after their delivery at the earliest, %.1f s after the freeze at the latest",
                count, earliest, latest);
        boolean holds = earliest >= lock - EARLIER && latest <= lock + LATER;
        if (holds && refused != null) return Claim.unknown(text, evidence + "; " + refused);
        return Claim.of(holds, text, evidence, facts.doubts().any(member.t(), member.t() + latest));
    }
}
