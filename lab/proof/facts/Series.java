package lab.proof.facts;

import java.util.List;
import lab.history.Flow;

/**
 * When records of one partition were acknowledged, or received.
 *
 * @param flows in the order of time
 * @param begin from when records were awaited; NaN: from the first of them
 * @param end until when records were awaited; NaN: until the last of them
 * @param quiet when none were awaited, because the producer paused: that is no pause of the cluster
 */
public record Series(List<Flow> flows, double begin, double end, List<Gap> quiet) {
    /** The longest time without a record that overlaps a window. */
    public Gap longest(double from, double to) {
        Gap longest = Gap.NONE;
        double before = begin;
        for (Flow flow : flows) {
            longest = longer(longest, before, flow.t(), from, to);
            longest = longer(longest, flow.gapFrom(), flow.gapTo(), from, to);
            before = Double.isNaN(before) ? flow.to() : Math.max(before, flow.to());
        }
        return longer(longest, before, end, from, to);
    }

    private Gap longer(Gap longest, double begin, double end, double from, double to) {
        double start = begin;
        for (Gap it : quiet) {
            if (it.to() <= start || it.from() >= end) continue;
            longest = longer(longest, new Gap(start, Math.max(start, it.from())), from, to);
            start = Math.min(it.to(), end);
        }
        return longer(longest, new Gap(start, end), from, to);
    }

    private static Gap longer(Gap longest, Gap gap, double from, double to) {
        return gap.overlaps(from, to) && gap.seconds() > longest.seconds() ? gap : longest; // NaN is never longer
    }

    /** How many records surely came between two times. */
    public long count(double after, double before) {
        return flows.stream()
                .filter(it -> it.t() > after && it.to() < before)
                .mapToLong(it -> it.records().size())
                .sum();
    }

    /** When the first record after a time came, at the latest; {@link Outage#NEVER} if none did. */
    public double firstAfter(double time) {
        for (Flow flow : flows) {
            if (flow.t() > time) return flow.t();
            if (flow.to() <= time) continue;
            if (flow.gapFrom() <= time && time < flow.gapTo()) return flow.gapTo();
            return Math.min(flow.to(), time + flow.gapTo() - flow.gapFrom());
        }
        return Outage.NEVER;
    }
}
