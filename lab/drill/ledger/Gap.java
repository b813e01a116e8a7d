package lab.drill.ledger;

import java.util.*;
import java.util.function.*;
import java.util.stream.*;
import lab.common.*;
import lab.drill.ledger.*;

/** Nothing from one tick to another. */
public record Gap(int from, int to) {
    public int ticks() {
        return to - from;
    }

    public double seconds() {
        return Ticks.seconds(ticks());
    }

    public boolean overlaps(int from, int to) {
        return this.to >= from && this.from <= to;
    }

    /** The longest time between two of these (in order) that overlaps the window. */
    public static Gap longest(int[] times, int from, int to) {
        var longest = new Gap(0, 0);
        for (int i = 1; i < times.length; i++) {
            var gap = new Gap(times[i - 1], times[i]);
            if (gap.ticks() > longest.ticks() && gap.overlaps(from, to)) longest = gap;
        }
        return longest;
    }

    public static Gap longest(Stream<Gap> gaps) {
        return gaps.max(Comparator.comparingInt(Gap::ticks)).orElse(new Gap(0, 0));
    }
}
