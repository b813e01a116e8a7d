package lab.proof.checks;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import lab.history.Flow;
import lab.history.Processing;
import lab.proof.facts.Facts;
import lab.proof.facts.Shared;
import lab.proof.facts.Text;

/**
 * A share group delivers a record again only for a reason: it was released, its member was frozen or killed, an
 * answer was refused before that, or after the lock had expired (not more than 3 s before
 * share.record.lock.duration.ms had passed), or the partition got a new leader. It does not deliver a record again whose acceptance or
 * rejection it has confirmed. The delivery count never exceeds the group's limit. It rises by 1, unless the partition
 * got a new leader, and by up to 1 more for each member that was frozen or killed before, but not more than 6 s before the
 * record was sent: the last deliveries to that member may not have been observed.
 *
 * <p>FAIL: a record was delivered again for none of these reasons, or its count is wrong.
 *
 * <p>INCONCLUSIVE: no record was delivered again; QueueSeen does not hold; a record was delivered again, and
 * its earlier answer was refused only afterwards, while a node was down or the cluster was not observed: a broker may
 * release what a member holds when a connection breaks; or a record was delivered again after its
 * acceptance or rejection and after a new leader: the member may have fetched it before.
 */
class DeliveriesExplained implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        Shared it = Shared.of(facts);
        if (it == null) return List.of();
        var again = new BitSet();
        var wrong = new BitSet();
        var stale = new BitSet();
        var late = new BitSet();
        for (Map.Entry<Integer, List<Shared.Delivery>> each : it.all().entrySet()) {
            int id = each.getKey();
            if (each.getValue().size() > 1) again.set(id);
            if (!isExplained(it, id, each.getValue(), true) || !countsAreRight(it, id, each.getValue())) wrong.set(id);
            else if (!isExplained(it, id, each.getValue(), false)) late.set(id);
            if (isFinished(it, id, each.getValue(), true)) stale.set(id);
        }
        String text = "each repeated delivery has a reason, and the delivery counts are right";
        String evidence = Text.of("%,d delivered again, %,d unexplained", again.cardinality(), wrong.cardinality());
        if (it.unseen() != null) return List.of(Claim.unknown(text, evidence + "; but " + it.unseen()));
        if (!wrong.isEmpty())
            return List.of(Claim.fail(text, evidence + ": " + facts.account().some(wrong)));
        if (!stale.isEmpty())
            return List.of(Claim.unknown(
                    text,
                    evidence + "; delivered after its acceptance and a new leader: "
                            + facts.account().some(stale)));
        if (!late.isEmpty())
            return List.of(Claim.unknown(
                    text,
                    evidence + "; its answer was refused later, and not all was observed: "
                            + facts.account().some(late)));
        return List.of(again.isEmpty() ? Claim.unknown(text, evidence) : Claim.pass(text, evidence));
    }

    private static boolean isExplained(Shared it, int id, List<Shared.Delivery> deliveries, boolean late) {
        Shared.Delivery first = deliveries.get(0);
        Shared.Delivery last = deliveries.get(deliveries.size() - 1);
        long reasons = it.count(Flow.Kind.RELEASED, id)
                + it.refusals().reasons(id, late)
                + it.heldByFrozen(id)
                + it.newLeaders(first.t(), last.t());
        return it.fresh(id).size() <= 1 + reasons && !isFinished(it, id, deliveries, false);
    }

    /** Whether a record was delivered after it had been accepted or rejected, with or without a new leader meanwhile. */
    private static boolean isFinished(Shared it, int id, List<Shared.Delivery> deliveries, boolean newLeader) {
        double first = deliveries.get(0).t();
        return deliveries.stream()
                .anyMatch(each -> !it.isStale(each)
                        && it.isFinished(id, each.t())
                        && newLeader == it.newLeaders(first, each.t()) > 0);
    }

    private static boolean countsAreRight(Shared it, int id, List<Shared.Delivery> deliveries) {
        int before = 0;
        double since = 0;
        for (Shared.Delivery each : deliveries) {
            // What a resumed member reports may also be new: then it counts.
            if (it.isStale(each) && each.count() != before + 1) continue;
            if (each.count() > it.setup().limit() || each.count() < 1) return false;
            boolean forgotten = it.newLeaders(since, each.t()) > 0;
            boolean next = each.count() == before + 1;
            boolean skipped =
                    !next && each.count() > before && each.count() <= before + 1 + it.unseenBefore(id, each.t());
            if (!next && !skipped && !forgotten) return false;
            before = each.count();
            since = each.t();
        }
        return true;
    }
}
