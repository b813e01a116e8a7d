package lab.proof.checks;

/**
 * Something that is claimed of a run, whether it holds, and the numbers.
 *
 * @param routine whether a PASS is not worth a line of its own
 */
public record Claim(Verdict verdict, String text, String evidence, boolean routine) {
    public static Claim pass(String text, String evidence) {
        return new Claim(Verdict.PASS, text, evidence, false);
    }

    public static Claim fail(String text, String evidence) {
        return new Claim(Verdict.FAIL, text, evidence, false);
    }

    public static Claim unknown(String text, String evidence) {
        return new Claim(Verdict.INCONCLUSIVE, text, evidence, false);
    }

    /** @param by what does not promise it */
    public static Claim allowed(String text, String by, String evidence) {
        return new Claim(Verdict.ALLOWED, text + ": not promised by " + by, evidence, false);
    }

    public static Claim of(boolean holds, String text, String evidence) {
        return holds ? pass(text, evidence) : fail(text, evidence);
    }

    /** The same. If it does not hold, and something hides why (null: nothing), it is not known. */
    public static Claim of(boolean holds, String text, String evidence, String doubt) {
        return holds || doubt == null ? of(holds, text, evidence) : unknown(text, evidence + "; but " + doubt);
    }

    /** The same claim; a PASS needs no line of its own. */
    public Claim routinely() {
        return new Claim(verdict, text, evidence, verdict == Verdict.PASS);
    }
}
