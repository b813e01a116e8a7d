package lab.proof.checks;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import lab.proof.facts.Bound;
import lab.proof.facts.Disturbance;
import lab.proof.facts.Expectation.Fate;
import lab.proof.facts.Facts;
import lab.proof.facts.Flows;
import lab.proof.facts.Gap;
import lab.proof.facts.Observed;
import lab.proof.facts.Outage;
import lab.proof.facts.Series;
import lab.proof.facts.Text;

/**
 * Acknowledgements pause briefly, then continue by themselves while the broker is down. The bound is that of
 * NewLeader; if the broker holds its connections and led a partition, 1.5 times request.timeout.ms. Claimed of the
 * partitions that the broker led or followed, if enough other replicas were in sync; not if it only followed, was
 * back before the bound, and a partition had no acknowledgement meanwhile.
 *
 * <p>FAIL: the pause is longer, nothing was acknowledged in one of them before the broker was back, or it ended only
 * because others helped.
 *
 * <p>INCONCLUSIVE: the broker was back before the bound; no record waited; disturbed or unobserved.
 */
class BriefPause implements Check {
    private static final double LEFT = 2; // seconds of the outage, at least, even if the broker took long to end
    private static final double ON_THEIR_WAY = 1; // second for which answers may come to what a broker had replicated
    private static final String TEXT = "a brief pause, then it goes on by itself";

    @Override
    public List<Claim> claims(Facts facts) {
        var claims = new ArrayList<Claim>();
        for (Outage outage : facts.outages()) {
            List<Integer> partitions = facts.expectation().partitions(outage, Fate.NEW_LEADER, Fate.FOLLOWER_LOST);
            Claim claim = partitions.isEmpty() ? null : claim(facts, outage, partitions);
            if (claim != null) claims.add(claim);
        }
        return claims;
    }

    /** Null for none: a partition that the broker only followed may wait until the bound. */
    private static Claim claim(Facts facts, Outage outage, List<Integer> partitions) {
        Gap pause = Gap.longest(partitions.stream()
                .map(it -> facts.flows().pause(facts.flows().acknowledged(it), outage)));
        long since = partitions.stream()
                .mapToLong(it -> facts.flows().acknowledged(it).count(without(facts, outage, it), outage.restoredAt()))
                .min()
                .orElse(0);
        Bound bound = bound(facts, outage);
        String evidence = Text.of(
                "longest pause %.2f s, bound %s; %,d acknowledged before %s was back",
                pause.seconds(), bound, since, outage.name());
        boolean brief = pause.seconds() <= bound.seconds();
        boolean holds = brief && since > 0;
        String tooShort = brief ? facts.doubts().tooShort(outage, bound) : null;
        boolean follows = partitions.stream().allMatch(it -> facts.expectation().of(outage, it) == Fate.FOLLOWER_LOST);
        if (!holds && follows && tooShort != null) return null;
        if (!holds && partitions.stream().allMatch(it -> isIdle(facts, outage, it, bound)))
            return Claim.unknown(TEXT, evidence + OthersGoOn.NONE_WAITED);
        String others = byOthers(facts, outage, it -> !it.isController());
        // Others can only help by starting this broker. What they do to another one may have made the pause longer.
        String helpedBy = byOthers(facts, outage, it -> !it.isController() && it.node() == outage.node());
        boolean harmed = byOthers(facts, outage, it -> it.node() != outage.node()) != null;
        String stalled = facts.observed().stalledIn(outage.from(), outage.wholeAt());
        double deadline = brief ? Math.min(outage.restoredAt(), outage.from() + bound.seconds()) : pause.to();
        boolean early = brief && facts.doubts().endedBefore(deadline);
        if (!holds && !early && helpedBy != null && !harmed && stalled == null)
            return Claim.fail(TEXT, evidence + "; not by itself: " + helpedBy);
        String blind = facts.observed().blindIn(pause.from(), pause.to());
        if (holds && (others != null || blind != null))
            return Claim.unknown(TEXT, evidence + "; but " + (others != null ? others : blind));
        return Claim.of(
                holds,
                TEXT,
                evidence,
                tooShort != null ? tooShort : facts.doubts().any(outage, deadline));
    }

    static Bound bound(Facts facts, Outage outage) {
        boolean leads = !facts.expectation().led(outage).isEmpty(); // otherwise the producer sends it nothing
        return leads ? Bound.of(outage, facts.setup()) : Bound.election(outage, facts.setup());
    }

    private static String byOthers(Facts facts, Outage outage, Predicate<Disturbance> which) {
        return facts.doubts().byOthers(outage.from(), outage.preferredAt(), which);
    }

    /** From when a partition goes on without the broker: from its election, or the end of the broker that followed. */
    static double without(Facts facts, Outage outage, int partition) {
        if (facts.expectation().of(outage, partition) == Fate.FOLLOWER_LOST)
            return Math.max(outage.from(), Math.min(outage.doneAt() + ON_THEIR_WAY, outage.restoredAt() - LEFT));
        Observed.Change elected = facts.observed().gotLeader(partition, outage.from());
        return elected == null ? outage.restoredAt() : elected.t();
    }

    /** Whether a partition that was not acknowledged in time, or paused for long, had no record that waited. */
    private static boolean isIdle(Facts facts, Outage outage, int partition, Bound bound) {
        Series writes = facts.flows().acknowledged(partition);
        double from = Math.min(without(facts, outage, partition), outage.restoredAt());
        boolean none = writes.count(from, outage.restoredAt()) == 0;
        if (from == outage.restoredAt()) from = outage.from();
        if (none && facts.flows().longestWait(partition, writes, from, outage.restoredAt()) > Flows.A_MOMENT)
            return false;
        double until = writes.firstAfter(outage.wholeAt());
        return facts.flows().longestWait(partition, writes, outage.from(), until) <= bound.seconds();
    }
}
