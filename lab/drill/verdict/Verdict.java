package lab.drill.verdict;

import java.util.*;
import java.util.function.*;
import java.util.stream.*;
import lab.common.*;
import lab.drill.ledger.*;

/** From good to bad, so that the worst of several is the greatest. */
public enum Verdict {
    PASS("green"),
    ALLOWED("yellow"), // the settings do not rule it out
    INCONCLUSIVE("yellow"), // could not be observed
    FAIL("red");

    private final String colour;

    Verdict(String colour) {
        this.colour = colour;
    }

    public static Verdict worst(Stream<Verdict> several) {
        return several.max(Comparator.naturalOrder()).orElse(INCONCLUSIVE);
    }

    public boolean holds(boolean strict) {
        return this == PASS || (this == ALLOWED && !strict);
    }

    public String painted() {
        return Script.text("@|bold," + colour + " " + name() + "|@");
    }
}
