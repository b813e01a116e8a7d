package lab.proof.checks;

import java.util.Comparator;
import java.util.stream.Stream;

/** From good to bad: the worst of several is the greatest. */
public enum Verdict {
    PASS, // seen, and it holds
    ALLOWED, // it does not hold, and the settings do not promise it
    INCONCLUSIVE, // it could not be observed
    FAIL; // it does not hold, and the settings promise it

    /** The worst; of nothing, INCONCLUSIVE. */
    public static Verdict worst(Stream<Verdict> several) {
        return several.max(Comparator.naturalOrder()).orElse(INCONCLUSIVE);
    }

    /** @param strict ALLOWED does not hold either */
    public boolean holds(boolean strict) {
        return this == PASS || this == ALLOWED && !strict;
    }
}
