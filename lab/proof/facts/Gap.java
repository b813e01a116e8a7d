package lab.proof.facts;

import java.util.Comparator;
import java.util.stream.Stream;

/** A time, in seconds since the run began. */
public record Gap(double from, double to) {
    /** No time at all. */
    public static final Gap NONE = new Gap(0, 0);

    public double seconds() {
        return to - from;
    }

    public boolean overlaps(double from, double to) {
        return this.to >= from && this.from <= to;
    }

    public static Gap longest(Stream<Gap> gaps) {
        return gaps.max(Comparator.comparingDouble(Gap::seconds)).orElse(NONE);
    }
}
