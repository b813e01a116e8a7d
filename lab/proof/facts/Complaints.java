package lab.proof.facts;

import java.util.Set;
import java.util.TreeSet;

/** What is wrong with a history, as sentences: each of them once. */
class Complaints {
    private final TreeSet<String> all = new TreeSet<>();

    void check(boolean sound, String otherwise, Object... values) {
        if (!sound) all.add(Text.of(otherwise, values));
    }

    Set<String> all() {
        return all;
    }
}
