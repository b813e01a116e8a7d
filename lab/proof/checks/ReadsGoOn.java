package lab.proof.checks;

import java.util.ArrayList;
import java.util.List;
import lab.proof.facts.Bound;
import lab.proof.facts.Expectation.Fate;
import lab.proof.facts.Facts;
import lab.proof.facts.Gap;
import lab.proof.facts.Observed;
import lab.proof.facts.Outage;
import lab.proof.facts.Series;
import lab.proof.facts.Text;

/**
 * The group's reading also pauses briefly, then continues while the broker is down. The bound is 10 s more than that
 * of BriefPause. Claimed of the partitions that the broker led or followed, if enough replicas were in sync for
 * readers to see new records (the effective min.insync.replicas); not if it only followed, was back before the bound
 * of BriefPause, and nothing was acknowledged in time to be received.
 *
 * <p>FAIL: the pause is longer; or nothing was received of one of them before the broker was back, although records
 * that readers can see had been acknowledged without it for more than 1 s.
 *
 * <p>INCONCLUSIVE: there was nothing to receive, or no record waited for so long; a consumer failed; the claim does
 * not hold, and the group reads with isolation.level=read_committed, so it may wait for open transactions of others;
 * it does not hold of what the broker only followed, and the broker holds its connections, so readers of the nearest
 * replica may wait for request.timeout.ms; disturbed or unobserved.
 */
class ReadsGoOn implements Check {
    static final double MORE = 10; // seconds
    private static final double ON_ITS_WAY = 1; // seconds: what was acknowledged so late need not have been received
    private static final String TEXT = "the group reads on after a brief pause";

    @Override
    public List<Claim> claims(Facts facts) {
        var claims = new ArrayList<Claim>();
        if (facts.setup().consumers() == 0) return claims;
        for (Outage outage : facts.outages()) {
            List<Integer> partitions =
                    facts.expectation().partitions(outage, Fate.NEW_LEADER, Fate.FOLLOWER_LOST).stream()
                            .filter(it -> isReadable(facts, outage, it))
                            .toList();
            Claim claim = partitions.isEmpty() ? null : claim(facts, outage, partitions);
            if (claim != null) claims.add(claim.routinely());
        }
        return claims;
    }

    /** Null for none: a partition that the broker only followed may wait until the bound. */
    private static Claim claim(Facts facts, Outage outage, List<Integer> partitions) {
        Bound writes = BriefPause.bound(facts, outage);
        double bound = writes.seconds() + MORE;
        Gap pause = Gap.longest(partitions.stream().map(it -> pause(facts, outage, it)));
        List<Integer> unread = partitions.stream()
                .filter(it -> facts.flows().received(it).count(without(facts, outage, it), outage.restoredAt()) == 0)
                .toList();
        String evidence = Text.of("longest pause in reads %.2f s, bound %.1f s", pause.seconds(), bound);
        if (!unread.isEmpty())
            evidence += Text.of("; 0 received before %s was back in %s", outage.name(), Text.partitions(unread));
        boolean brief = pause.seconds() <= bound;
        boolean holds = brief && unread.isEmpty();
        List<Integer> waited = partitions.stream()
                .filter(it -> unread.contains(it) && isToBeRead(facts, outage, it)
                        || pause(facts, outage, it).seconds() > bound && !isIdle(facts, outage, it, bound))
                .toList();
        if (!holds && waited.isEmpty()) {
            boolean follows = partitions.stream().allMatch(it -> isFollowed(facts, outage, it));
            if (brief && follows && facts.doubts().tooShort(outage, writes) != null) return null;
            return Claim.unknown(
                    TEXT,
                    evidence + (brief ? "; nothing was acknowledged in time to be received" : OthersGoOn.NONE_WAITED));
        }
        String doubt = ConsumersReadOn.doubt(facts);
        if (doubt == null && waited.stream().allMatch(it -> isFollowed(facts, outage, it)))
            doubt = nearest(facts, outage, pause);
        if (doubt == null) doubt = facts.doubts().any(outage, brief ? outage.restoredAt() : pause.to());
        return Claim.of(holds, TEXT, evidence, doubt);
    }

    private static Gap pause(Facts facts, Outage outage, int partition) {
        return facts.flows().pause(facts.flows().received(partition), outage);
    }

    private static boolean isFollowed(Facts facts, Outage outage, int partition) {
        return facts.expectation().of(outage, partition) == Fate.FOLLOWER_LOST;
    }

    /** From when new records can be read without the broker. What acks=1 wrote waits until it is not in sync. */
    private static double without(Facts facts, Outage outage, int partition) {
        double gone = BriefPause.without(facts, outage, partition);
        if (facts.setup().acksAll() || !isFollowed(facts, outage, partition)) return gone;
        if (!facts.observed().stateAt(partition, outage.from()).inSync().contains(outage.node())) return gone;
        Observed.Change left = facts.observed()
                .firstChange(partition, outage.from(), it -> !it.now().inSync().contains(outage.node()));
        double latest = outage.from() + BriefPause.bound(facts, outage).seconds();
        return left == null ? latest : Math.min(left.t(), latest);
    }

    /** Whether records were acknowledged without the broker so early that the group should have received one. */
    private static boolean isToBeRead(Facts facts, Outage outage, int partition) {
        double latest = outage.restoredAt() - ON_ITS_WAY;
        return facts.flows().acknowledged(partition).count(without(facts, outage, partition), latest) > 0;
    }

    /** Whether the group could not receive a partition sooner: no record was on its way for longer. */
    private static boolean isIdle(Facts facts, Outage outage, int partition, double longest) {
        Series reads = facts.flows().received(partition);
        double until = reads.firstAfter(outage.wholeAt());
        return facts.flows().longestWait(partition, reads, outage.from(), until) <= longest;
    }

    /** Why readers may wait for a broker that only followed: with client.rack they may read from it (KIP-392). */
    private static String nearest(Facts facts, Outage outage, Gap pause) {
        Bound client = Bound.of(outage, facts.setup());
        if (!outage.isSilent() || pause.seconds() > client.seconds() + MORE) return null;
        return "the broker holds its connections, and readers of the nearest replica may wait for request.timeout.ms";
    }

    /** Below the effective minimum the high watermark stands still: what acks=1 wrote cannot be read (KIP-966). */
    private static boolean isReadable(Facts facts, Outage outage, int partition) {
        int min = facts.setup().topic().effectiveMinInSync();
        return facts.observed().times(partition, it -> it.inSync().size() < min).stream()
                .noneMatch(it -> it.overlaps(outage.from(), outage.wholeAt()));
    }
}
