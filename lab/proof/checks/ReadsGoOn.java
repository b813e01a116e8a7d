package lab.proof.checks;

import java.util.ArrayList;
import java.util.List;
import lab.proof.facts.Bound;
import lab.proof.facts.Expectation.Fate;
import lab.proof.facts.Facts;
import lab.proof.facts.Gap;
import lab.proof.facts.Outage;
import lab.proof.facts.Text;

/**
 * The group's reading also pauses briefly. The bound is that of the acknowledgements and 10 s more: consumers find the new
 * leader, and the group its coordinator, after the producer. Claimed where a brief pause of the acknowledgements is, unless
 * fewer replicas were in sync than the effective min.insync.replicas: readers then see nothing new.
 *
 * <p>FAIL: the pause is longer.
 *
 * <p>INCONCLUSIVE: a consumer failed, others changed the cluster, or it was not observed.
 */
class ReadsGoOn implements Check {
    private static final double MORE = 10; // seconds

    @Override
    public List<Claim> claims(Facts facts) {
        var claims = new ArrayList<Claim>();
        if (facts.setup().consumers() == 0) return claims;
        for (Outage outage : facts.outages()) {
            List<Integer> led = facts.expectation().partitions(outage, Fate.NEW_LEADER).stream()
                    .filter(it -> isReadable(facts, outage, it))
                    .toList();
            if (led.isEmpty()) continue;
            Gap pause = Gap.longest(led.stream()
                    .map(it -> facts.flows().pause(facts.flows().received(it), outage)));
            double bound = Bound.of(outage, facts.setup()).seconds() + MORE;
            String evidence = Text.of("longest pause in reads %.2f s, bound %.1f s", pause.seconds(), bound);
            String doubt = ConsumersReadOn.failed(facts).isEmpty()
                    ? facts.doubts().any(outage, pause.to())
                    : "a consumer failed";
            claims.add(Claim.of(pause.seconds() <= bound, "the group reads on after a brief pause", evidence, doubt)
                    .routinely());
        }
        return claims;
    }

    /** Below the effective minimum the high watermark stands still: what acks=1 wrote cannot be read (KIP-966). */
    private static boolean isReadable(Facts facts, Outage outage, int partition) {
        int min = facts.setup().topic().effectiveMinInSync();
        return facts.observed().times(partition, it -> it.inSync().size() < min).stream()
                .noneMatch(it -> it.overlaps(outage.from(), outage.wholeAt()));
    }
}
