package lab.drill.ledger;

import java.util.*;
import java.util.function.*;
import java.util.stream.*;
import lab.common.*;
import lab.drill.ledger.*;

/** The ids of the records, by what is known of them. */
public record Account(Map<Kind, BitSet> sets) {
    public BitSet get(Kind kind) {
        return sets.get(kind);
    }

    public int count(Kind kind) {
        return get(kind).cardinality();
    }

    public int sent() {
        return Kind.FATES.stream().mapToInt(this::count).sum();
    }

    public int received() {
        return count(Kind.IN_LOG) - count(Kind.UNSEEN);
    }

    /** How many with this fate are in the log: not at all, once, more often. */
    public int[] crossed(Kind fate) {
        int found = Ledger.and(get(fate), get(Kind.IN_LOG)).cardinality();
        int again = Ledger.and(get(fate), get(Kind.IN_LOG_AGAIN)).cardinality();
        return new int[] {count(fate) - found, found - again, again};
    }

    public List<String> table() {
        var lines = new ArrayList<String>();
        lines.add("%-13s %12s %12s %12s %12s".formatted("", "records", "in log once", "twice, more", "not in log"));
        for (Kind fate : Kind.FATES) {
            int[] row = crossed(fate);
            String format = "%-13s %,12d %,12d %,12d %,12d";
            lines.add(format.formatted(fate.lowerCase(), count(fate), row[1], row[2], row[0]));
        }
        lines.add("received by the group %,d; unseen %,d, redelivered %,d, out of order %,d"
                .formatted(received(), count(Kind.UNSEEN), count(Kind.REDELIVERED), count(Kind.REORDERED)));
        String phantoms = "phantoms %,d: the group received them, and the log does not have them any more";
        if (count(Kind.PHANTOMS) > 0) lines.add(phantoms.formatted(count(Kind.PHANTOMS)));
        String expired = "expired %,d: removed from the log by retention, or by somebody";
        if (count(Kind.EXPIRED) > 0) lines.add(expired.formatted(count(Kind.EXPIRED)));
        String untold = "expired or lost %,d: not in the log, which begins later now; nobody can tell";
        if (count(Kind.UNTOLD) > 0) lines.add(untold.formatted(count(Kind.UNTOLD)));
        return lines;
    }
}
