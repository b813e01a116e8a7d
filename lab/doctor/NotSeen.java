package lab.doctor;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What was refused, or did not respond.
 *
 * @param names what it was asked about; empty: there is only one
 * @param why the reason, and what follows
 */
record NotSeen(String what, List<String> names, String why) {
    /** @param shown at most so many names */
    String text(int shown) {
        int more = names.size() - shown;
        String first = names.stream().limit(shown).collect(Collectors.joining(", "));
        return what + (names.isEmpty() ? "" : " " + first) + (more > 0 ? ", and %,d more".formatted(more) : "") + why;
    }
}
