package lab.proof.checks;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import lab.proof.facts.Facts;
import lab.proof.facts.Gap;
import lab.proof.facts.Outage;
import lab.proof.facts.Text;

/**
 * While the controller is down, records flow on in each partition. Claimed if no broker is down at the same time.
 *
 * <p>FAIL: in some partition nothing was acknowledged meanwhile, or a pause took more than half of the time.
 *
 * <p>INCONCLUSIVE: a pause took less, but more than 2 s and a tenth of the time; no record waited; disturbed or
 * unobserved.
 */
class WithoutController implements Check {
    private static final String TEXT = "records flow on while the controller is down";

    @Override
    public List<Claim> claims(Facts facts) {
        var claims = new ArrayList<Claim>();
        for (Outage outage : facts.outages())
            if (outage.isController()
                    && outage.restoredAt() < Outage.NEVER
                    && brokersDown(facts, outage).findAny().isEmpty()) claims.add(flowsOn(facts, outage));
        return claims;
    }

    /** The brokers that were down while the controller was. */
    static Stream<Outage> brokersDown(Facts facts, Outage controller) {
        return facts.outages().stream()
                .filter(it -> !it.isController() && it.from() < controller.restoredAt())
                .filter(it -> it.wholeAt() > controller.from());
    }

    private static Claim flowsOn(Facts facts, Outage outage) {
        double from = outage.from();
        double to = outage.restoredAt();
        double brief = OthersGoOn.brief(to - from);
        Gap pause = facts.flows().longest(it -> facts.flows().acknowledged(it).longest(from, to));
        long least = facts.flows()
                .partitions()
                .mapToLong(it -> facts.flows().acknowledged(it).count(from, to))
                .min()
                .orElse(0);
        Verdict verdict = least == 0 ? Verdict.FAIL : OthersGoOn.ofPause(pause.seconds(), to - from);
        String evidence = Text.of(
                "at least %,d acknowledged in each partition meanwhile, longest pause %.2f s, bound %.1f s",
                least, pause.seconds(), brief);
        if (verdict == Verdict.FAIL
                && facts.flows()
                        .partitions()
                        .allMatch(it -> facts.flows().idle(it, facts.flows().acknowledged(it), from, to, brief)))
            return Claim.unknown(TEXT, evidence + OthersGoOn.NONE_WAITED);
        String doubt = verdict == Verdict.PASS ? null : facts.doubts().any(outage, to);
        return OthersGoOn.of(verdict, TEXT, evidence, doubt);
    }
}
