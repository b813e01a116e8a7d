package lab.proof;

import java.util.ArrayList;
import java.util.List;
import lab.history.RunHistory;
import lab.proof.checks.Check;
import lab.proof.checks.Checks;
import lab.proof.checks.Claim;
import lab.proof.checks.Verdict;
import lab.proof.facts.Facts;

/**
 * What is proven of one run: computed from its history, and from nothing else.
 *
 * @param claims of all checks, in order
 */
public record Proof(Facts facts, List<Judged> claims) {
    /** A claim and the name of the check that makes it, as docs/checks.md has it. */
    public record Judged(String check, Claim claim) {
        public Verdict verdict() {
            return claim.verdict();
        }
    }

    public static Proof of(RunHistory run) {
        Facts facts = Facts.of(run);
        var claims = new ArrayList<Judged>();
        for (Check check : Checks.ALL)
            for (Claim claim : check.claims(facts))
                claims.add(new Judged(check.getClass().getSimpleName(), claim));
        return new Proof(facts, List.copyOf(claims));
    }

    /** The worst of all claims. */
    public Verdict verdict() {
        return Verdict.worst(claims.stream().map(Judged::verdict));
    }
}
