package lab.proof.checks;

import java.util.List;
import lab.proof.facts.Account.Kind;
import lab.proof.facts.Facts;
import lab.proof.facts.Text;

/**
 * A record that was rejected for good is not in the log. Shown only if it does not hold.
 *
 * <p>FAIL: one is in the log. No setting allows it.
 *
 * <p>INCONCLUSIVE: one is hidden.
 */
class FailedNotInLog implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        int failed = facts.account().count(Kind.FAILED);
        if (failed == 0) return List.of();
        String text = "a record that failed is not in the log";
        int there = facts.account().count(Kind.IN_LOG_THOUGH_FAILED);
        int hidden = facts.account().crossed(Kind.FAILED)[3];
        String evidence = Text.of("%,d failed, %,d of them in the log", failed, there);
        if (there > 0) return List.of(Claim.fail(text, evidence));
        if (hidden > 0) return List.of(Claim.unknown(text, evidence + Text.of(", %,d not to be seen", hidden)));
        return List.of(Claim.pass(text, evidence).routinely());
    }
}
