package lab.proof.facts;

import java.util.BitSet;
import java.util.List;
import lab.history.Flow;

/** What the refused answers of a share group's members tell. */
public record Refusals(Facts facts, Shared shared) {
    private static final double LINE = 0.1; // s: so much of a line may be before another that begins later
    private static final double EARLIER = 3; // s: a record is fetched before its delivery is noted

    /** How Kafka says that a record is not with the member. After other errors, the answer may still have been applied. */
    private static final List<String> DENIED = List.of(
            "The record state is invalid.",
            "The batch cannot be acknowledged.",
            "The offset cannot be acknowledged.",
            "Member is not the owner of",
            "Batch record not found.");

    /**
     * How many refused answers may be why a record was delivered again: the member did not hold it when it was frozen,
     * and it was refused before the next delivery, or its lock had expired by then.
     *
     * @param late also count what was refused only later, while a node was down or the cluster was not observed
     */
    public long reasons(int id, boolean late) {
        List<Shared.Delivery> fresh = shared.fresh(id);
        return shared.answered(id).stream()
                .filter(it -> it.kind() == Flow.Kind.REFUSED)
                .filter(it -> {
                    for (int i = 0; i + 1 < fresh.size(); i++)
                        if (explains(it, fresh.get(i), fresh.get(i + 1), late)) return true;
                    return false;
                })
                .count();
    }

    private boolean explains(Shared.Answer refused, Shared.Delivery given, Shared.Delivery next, boolean late) {
        if (given.member() != refused.member() || given.t() > refused.t() + LINE) return false;
        boolean held = shared.frozen().stream()
                .anyMatch(it -> it.process() == given.member() && it.t() >= given.t() && it.t() < refused.t());
        if (held) return false; // then that is the reason
        if (refused.t() <= next.t() + LINE || next.t() - given.t() >= shared.lock() - EARLIER) return true;
        return late
                && (facts.doubts().any(given.t(), refused.t()) != null
                        || facts.outages().stream()
                                .anyMatch(it -> it.from() <= refused.t() && it.wholeAt() >= given.t()));
    }

    /** Records that were not finished, though they might have been delivered again: the answer to the last delivery was denied. */
    public BitSet denied() {
        BitSet ids = shared.unfinished();
        for (int id = ids.nextSetBit(0); id >= 0; id = ids.nextSetBit(id + 1)) if (!isDenied(id)) ids.clear(id);
        return ids;
    }

    private boolean isDenied(int id) {
        Shared.Delivery last = shared.deliveries(id).stream()
                .reduce((one, later) -> shared.isStale(later) && later.count() <= one.count() ? one : later)
                .orElse(null);
        return last != null
                && shared.answered(id).stream()
                        .anyMatch(it ->
                                it.member() == last.member() && it.t() >= last.t() - LINE && isDenial(it.error()));
    }

    private static boolean isDenial(String error) {
        return error != null && DENIED.stream().anyMatch(error::startsWith);
    }
}
