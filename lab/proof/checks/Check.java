package lab.proof.checks;

import java.util.List;
import lab.proof.facts.Facts;

/**
 * One thing that is checked of every run. The class comment of each check says what it claims and when the claim is
 * FAIL, ALLOWED or INCONCLUSIVE; docs/checks.md is made from these comments, and explains disturbed, unobserved and hidden.
 */
public interface Check {
    /** Empty if there is nothing to claim of this run. */
    List<Claim> claims(Facts facts);
}
