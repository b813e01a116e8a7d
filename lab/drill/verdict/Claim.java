package lab.drill.verdict;

import java.util.*;
import java.util.function.*;
import java.util.stream.*;
import lab.common.*;
import lab.drill.ledger.*;

/** Something that the guide, or Kafka, says; whether it held; and the numbers. */
public record Claim(Verdict verdict, String text, String evidence) {
    public static Claim of(boolean holds, String text, String evidence) {
        return new Claim(holds ? Verdict.PASS : Verdict.FAIL, text, evidence);
    }

    /** The same. Where it does not hold, and something hid what happened (null: nothing), nobody can tell. */
    public static Claim of(boolean holds, String text, String evidence, String doubt) {
        return holds || doubt == null ? of(holds, text, evidence) : unknown(text, evidence + "; but " + doubt);
    }

    public static Claim unknown(String text, String evidence) {
        return new Claim(Verdict.INCONCLUSIVE, text, evidence);
    }

    static String joined(Collection<?> several) {
        return several.stream().map(Object::toString).collect(Collectors.joining(", "));
    }
}
