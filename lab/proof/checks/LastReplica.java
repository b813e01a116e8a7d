package lab.proof.checks;

import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import lab.history.Action;
import lab.history.Flow;
import lab.proof.facts.Facts;
import lab.proof.facts.Observed;
import lab.proof.facts.Outage;

/**
 * Scenario 4, as its checks need it: the old leader was stopped, the other replica continued alone and was killed, and the old
 * leader came back first.
 *
 * @param alone when the other replica was alone in sync; null if that was not seen
 * @param elected when the partition got a leader after the other replica was killed; null if it got none
 * @param unclean whether an unclean election was asked for
 * @param one whether one in-sync replica is enough for acks=all
 */
record LastReplica(
        Outage old, Outage other, Observed.Change alone, Observed.Change elected, boolean unclean, boolean one) {

    /** Null for another scenario, and if not both faults were injected. */
    static LastReplica of(Facts facts) {
        if (!facts.setup().isScenario("last-replica") || facts.outages().size() < 2) return null;
        Outage old = facts.outages().get(0);
        Outage other = facts.outages().get(1);
        return new LastReplica(
                old,
                other,
                facts.observed()
                        .firstChange(0, old.from(), it -> it.now().inSync().equals(List.of(other.node()))),
                facts.observed().gotLeader(0, other.from()),
                facts.run().all(Action.Elect.class).stream()
                        .anyMatch(it -> it.what().equals("unclean")),
                facts.setup().topic().effectiveMinInSync() < 2);
    }

    boolean oldLeadsEarly() {
        return elected != null
                && elected.t() < other.restoredAt()
                && elected.now().leader() == old.node();
    }

    /**
     * The records that the unclean election loses: acknowledged before it, at offsets that the elected replica did not have. Its log
     * ended where the records begin that it wrote as the new leader; their leader epoch is in the log.
     */
    BitSet predicted(Facts facts) {
        var lost = new BitSet();
        if (!unclean || !one || elected == null) return lost;
        var later = new BitSet();
        for (Flow flow : facts.run().flows(Flow.Kind.ACKNOWLEDGED))
            if (flow.t() > elected.t()) flow.records().forEach((id, offset) -> later.set(id));
        Set<Integer> epochs = new HashSet<>();
        List<Flow> found = facts.run().flows(Flow.Kind.FOUND).stream()
                .filter(it -> it.partition() == 0)
                .toList();
        for (Flow flow : found)
            flow.records().forEach((id, offset) -> {
                if (later.get(id)) epochs.add(flow.epoch());
            });
        long[] end = {Long.MAX_VALUE};
        for (Flow flow : found)
            if (epochs.contains(flow.epoch()))
                flow.records().forEach((id, offset) -> end[0] = Math.min(end[0], offset));
        for (Flow flow : facts.run().flows(Flow.Kind.ACKNOWLEDGED))
            if (flow.partition() == 0 && flow.to() < elected.t())
                flow.records().forEach((id, offset) -> {
                    if (offset >= end[0]) lost.set(id);
                });
        return lost;
    }
}
