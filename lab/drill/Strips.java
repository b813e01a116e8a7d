package lab.drill;

import java.util.*;
import lab.history.Flow;
import lab.proof.facts.*;

/** How many records were acknowledged when: a line per partition, and below when a node was down. */
record Strips(Facts facts, double step, int columns) {
    private static final String LEVELS = " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588";

    /** Each character is half a second, or more in a long run. */
    static List<String> of(Facts facts) {
        double length = facts.run().length();
        double step = 0.5 * Math.max(1, Math.ceil(length / 0.5 / 60));
        return new Strips(facts, step, (int) (length / step) + 1).lines();
    }

    private List<String> lines() {
        var lines = new ArrayList<String>();
        lines.add(Text.of("  acknowledged by partition; a character is %.1f s", step));
        double full = (double) facts.setup().run().rate() / facts.setup().partitions() * step;
        for (int partition = 0; partition < facts.setup().partitions(); partition++)
            lines.add(Text.of("  partition %-3d %s", partition, strip(counts(partition), full))
                    .stripTrailing());
        for (Outage outage : facts.outages()) {
            int from = Math.min(columns, (int) (outage.from() / step));
            int to = (int) Math.min(columns, outage.restoredAt() / step + 1);
            String mark = facts.evidence().containsKey(outage) ? "x" : "?";
            String down = "-".repeat(from) + mark.repeat(to - from) + "-".repeat(columns - to);
            String meaning = mark.equals("x") ? "x down" : "? not known";
            lines.add(Text.of("  %-13s %s  %s", outage.name(), down, meaning));
        }
        lines.add("");
        return lines;
    }

    private long[] counts(int partition) {
        long[] counts = new long[columns];
        for (Flow flow : facts.flows().acknowledged(partition).flows())
            counts[(int) (flow.t() / step)] += flow.records().size();
        return counts;
    }

    private static String strip(long[] counts, double full) {
        var strip = new StringBuilder();
        for (long count : counts) {
            int level = count == 0 ? 0 : (int) Math.max(1, Math.min(8, Math.round(8 * count / full)));
            strip.append(LEVELS.charAt(level));
        }
        return strip.toString();
    }
}
