package lab.proof.checks;

import java.util.ArrayList;
import java.util.List;
import lab.proof.facts.Bound;
import lab.proof.facts.Expectation.Fate;
import lab.proof.facts.Facts;
import lab.proof.facts.Gap;
import lab.proof.facts.Observed;
import lab.proof.facts.Outage;
import lab.proof.facts.Text;

/**
 * The group's reading also pauses briefly, then continues while the broker is down. The bound is 10 s more than that
 * of BriefPause. Claimed of the partitions that the broker led, if BriefPause is claimed and enough replicas were in
 * sync for readers to see new records (the effective min.insync.replicas).
 *
 * <p>FAIL: the pause is longer; or nothing was received before the broker was back, although the new leader had
 * acknowledged records for more than 1 s.
 *
 * <p>INCONCLUSIVE: there was nothing to receive; a consumer failed; the claim does not hold, and the group reads with
 * isolation.level=read_committed, so it may wait for open transactions of others; disturbed or unobserved.
 */
class ReadsGoOn implements Check {
    static final double MORE = 10; // seconds
    private static final double ON_ITS_WAY = 1; // seconds: what was acknowledged so late need not have been received

    @Override
    public List<Claim> claims(Facts facts) {
        var claims = new ArrayList<Claim>();
        if (facts.setup().consumers() == 0) return claims;
        for (Outage outage : facts.outages()) {
            List<Integer> led = facts.expectation().partitions(outage, Fate.NEW_LEADER).stream()
                    .filter(it -> isReadable(facts, outage, it))
                    .toList();
            if (!led.isEmpty()) claims.add(claim(facts, outage, led).routinely());
        }
        return claims;
    }

    private static Claim claim(Facts facts, Outage outage, List<Integer> led) {
        Gap pause = Gap.longest(led.stream()
                .map(it -> facts.flows().pause(facts.flows().received(it), outage)));
        double bound = Bound.of(outage, facts.setup()).seconds() + MORE;
        List<Integer> unread = led.stream()
                .filter(it -> BriefPause.since(facts, outage, it, facts.flows().received(it)) == 0)
                .toList();
        String text = "the group reads on after a brief pause";
        String evidence = Text.of("longest pause in reads %.2f s, bound %.1f s", pause.seconds(), bound);
        if (!unread.isEmpty())
            evidence += Text.of("; 0 received before %s was back in %s", outage.name(), Text.partitions(unread));
        boolean brief = pause.seconds() <= bound;
        if (brief && !unread.isEmpty() && unread.stream().noneMatch(it -> isToBeRead(facts, outage, it)))
            return Claim.unknown(text, evidence + "; nothing was acknowledged in time to be received");
        String doubt = ConsumersReadOn.doubt(facts);
        if (doubt == null) doubt = facts.doubts().any(outage, brief ? outage.restoredAt() : pause.to());
        return Claim.of(brief && unread.isEmpty(), text, evidence, doubt);
    }

    /** Whether the new leader acknowledged records so early that the group should have received one. */
    private static boolean isToBeRead(Facts facts, Outage outage, int partition) {
        Observed.Change elected = facts.observed().gotLeader(partition, outage.from());
        double latest = outage.restoredAt() - ON_ITS_WAY;
        return elected != null && facts.flows().acknowledged(partition).count(elected.t(), latest) > 0;
    }

    /** Below the effective minimum the high watermark stands still: what acks=1 wrote cannot be read (KIP-966). */
    private static boolean isReadable(Facts facts, Outage outage, int partition) {
        int min = facts.setup().topic().effectiveMinInSync();
        return facts.observed().times(partition, it -> it.inSync().size() < min).stream()
                .noneMatch(it -> it.overlaps(outage.from(), outage.wholeAt()));
    }
}
