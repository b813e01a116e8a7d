package lab.proof.checks;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import lab.proof.facts.Expectation.Fate;
import lab.proof.facts.Facts;
import lab.proof.facts.Gap;
import lab.proof.facts.Outage;
import lab.proof.facts.Series;
import lab.proof.facts.Text;

/**
 * A partition that has no replica on the broker continues while the broker is down: no pause in its acknowledgements
 * is longer than 2 s or a tenth of the outage, whichever is more. Reads may take 10 s more: the broker may have been
 * the group's coordinator.
 *
 * <p>FAIL: nothing was acknowledged meanwhile, or a pause took more than half of the outage (in reads, 10 s more).
 *
 * <p>INCONCLUSIVE: a pause took less than that, or no record waited in it; the group received nothing after 1 s of
 * it; nothing shows that the broker was down; disturbed or unobserved.
 */
class OthersGoOn implements Check {
    private static final double BRIEF = 2; // seconds
    static final String NONE_WAITED = "; but no record waited so long";
    private static final double ON_THEIR_WAY = 1; // seconds: records that were fetched before the fault

    @Override
    public List<Claim> claims(Facts facts) {
        var claims = new ArrayList<Claim>();
        for (Outage outage : facts.outages())
            for (int partition : facts.expectation().partitions(outage, Fate.UNTOUCHED))
                claims.add(claim(facts, outage, partition));
        return claims;
    }

    private static Claim claim(Facts facts, Outage outage, int partition) {
        double to = Math.min(outage.restoredAt(), facts.flows().loadEnd());
        double down = to - outage.from();
        Series writes = facts.flows().acknowledged(partition);
        Gap gap = writes.longest(outage.from(), to);
        long meanwhile = writes.count(outage.from(), to);
        Verdict verdict = meanwhile == 0 ? Verdict.FAIL : ofPause(gap.seconds(), down);
        String text = Text.of("partition %d, not on %s, goes on", partition, outage.name());
        String evidence = Text.of(
                "%,d acknowledged meanwhile, longest pause %.2f s, bound %.1f s",
                meanwhile, gap.seconds(), brief(down));
        if (verdict == Verdict.FAIL && facts.flows().idle(partition, writes, outage.from(), to, brief(down))) {
            verdict = Verdict.INCONCLUSIVE;
            evidence += NONE_WAITED;
        }
        String doubt = facts.doubts().any(outage, outage.restoredAt());
        if (facts.setup().consumers() > 0 && verdict != Verdict.FAIL) {
            Series reads = facts.flows().received(partition);
            Gap unread = reads.longest(outage.from(), to);
            long received = reads.count(outage.from() + ON_THEIR_WAY, to);
            Verdict reading = ofPause(unread.seconds() - ReadsGoOn.MORE, down);
            double late = brief(down) + ReadsGoOn.MORE;
            if (reading == Verdict.FAIL && facts.flows().idle(partition, reads, outage.from(), to, late))
                reading = Verdict.INCONCLUSIVE;
            verdict = Verdict.worst(Stream.of(verdict, reading, received == 0 ? Verdict.INCONCLUSIVE : Verdict.PASS));
            evidence += Text.of("; %,d received after 1 s, longest pause %.2f s", received, unread.seconds());
            if (ConsumersReadOn.doubt(facts) != null) doubt = ConsumersReadOn.doubt(facts);
        }
        boolean shown = facts.evidence().containsKey(outage);
        return of(verdict, text, evidence, verdict == Verdict.PASS && shown ? null : doubt);
    }

    /** The verdict on a pause of a partition that the fault does not affect. */
    static Verdict ofPause(double pause, double outage) {
        if (pause <= brief(outage)) return Verdict.PASS;
        return pause <= outage / 2 ? Verdict.INCONCLUSIVE : Verdict.FAIL;
    }

    static double brief(double outage) {
        return Math.max(BRIEF, outage / 10);
    }

    /** A claim with this verdict; unknown if there is a doubt (null: none). */
    static Claim of(Verdict verdict, String text, String evidence, String doubt) {
        if (doubt != null) return Claim.unknown(text, evidence + "; but " + doubt);
        return new Claim(verdict, text, evidence, false);
    }
}
