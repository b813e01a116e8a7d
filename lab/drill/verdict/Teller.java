package lab.drill.verdict;

import java.util.*;
import java.util.function.*;
import java.util.stream.*;
import lab.common.*;
import lab.drill.ledger.*;

public record Teller(Result result) {
    public void tell() {
        Script.say("");
        strips();
        result.outages.forEach(this::tellPhases);
        if (!result.outages.isEmpty()) tellLatencies();
        Script.say("");
        if (result.audited) result.account.table().forEach(line -> Script.say("  %s", line));
        else Script.say("  The log was not read: nobody knows what became of %,d records.", result.account.sent());
        Script.say("");
        for (Claim claim : result.claims) {
            int indent = claim.verdict().name().length() + 4;
            Script.say("  %s  %s", claim.verdict().painted(), Printer.wrapped(indent, claim.text()));
            Script.say("@|faint         %s|@", Printer.wrapped(8, claim.evidence()));
        }
    }

    /** A line per partition: each character is half a second, or more in a long run. */
    private void strips() {
        int end = result.facts.journal.now();
        int step = Ticks.of(0.5) * Math.max(1, (int) Math.ceil(Ticks.seconds(end) / 0.5 / 60));
        int columns = end / step + 1;
        double full = (double) result.facts.producing.rate() / result.topic.partitions() * Ticks.seconds(step);
        Script.say("  acknowledged by partition; a character is %.1f s", Ticks.seconds(step));
        for (int partition : result.allPartitions().toArray()) {
            long[] counts = new long[columns];
            for (int tick : result.acknowledged[partition]) counts[tick / step]++;
            Script.say("  partition %-3d %s", partition, strip(counts, full));
        }
        for (Outage outage : result.outages) {
            int from = outage.harmedAt / step;
            int to = outage.healedAt == 0 ? columns : outage.healedAt / step + 1;
            String down = "-".repeat(from) + "x".repeat(to - from) + "-".repeat(columns - to);
            Script.say("  %-13s %s  x down", outage.name, down);
        }
    }

    private static String strip(long[] counts, double full) {
        var strip = new StringBuilder();
        for (long count : counts) {
            int level = count == 0 ? 0 : (int) Math.max(1, Math.min(8, Math.round(8 * count / full)));
            strip.append(" \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588".charAt(level));
        }
        return strip.toString();
    }

    private void tellPhases(Outage outage) {
        Script.say("");
        Script.say(
                "  %s down: in seconds after the fault (leaders to within %.2f s)",
                outage.name, Ticks.seconds(result.observer.resolution()));
        for (int partition : outage.partitionsLed()) {
            var phases = new ArrayList<String>();
            result.phases(outage, partition).forEach((phase, tick) -> {
                if (tick > 0) phases.add("%s %.2f".formatted(phase, outage.after(tick)));
            });
            Script.say("  partition %-3d %s", partition, Printer.wrapped(16, String.join(", ", phases)));
        }
        Script.say(
                "  longest pause %.2f s in acknowledgements, %.2f s in reads",
                result.longestPause(result::waited, outage).seconds(),
                result.longestPause(partition -> result.read[partition], outage).seconds());
    }

    private void tellLatencies() {
        Script.say("");
        Script.say("  %-13s %9s %9s %9s   ms from the call to the acknowledgement", "latency", "p50", "p99", "maximum");
        result.latencies().forEach((when, it) -> {
            if (it.records() > 0) Script.say("  %-13s %,9.1f %,9.1f %,9.1f", when, it.p50(), it.p99(), it.max());
        });
    }
}
