package bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.*;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import test.Run;

/** Prints each result as it is known, and writes all of them as Markdown. */
final class Report {
    /** What follows this line in RESULTS.md is written by hand, and stays. */
    private static final String BY_HAND = "<!-- bench.java writes what is above this line -->";

    private final List<Row> rows = new ArrayList<>();
    private final List<String> skipped = new ArrayList<>();
    private final List<String> times = new ArrayList<>();
    private final List<String> setting = new ArrayList<>();
    private final long start = System.nanoTime();

    /** The values of several runs. */
    record Sample(double... values) {
        static Sample of(List<Double> values) {
            return new Sample(values.stream().mapToDouble(it -> it).toArray());
        }

        double median() {
            double[] sorted = Arrays.stream(values).sorted().toArray();
            int middle = sorted.length / 2;
            return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }

        /** Run by run. Its smallest and largest value show how far the ratio of the medians can be trusted. */
        Sample over(Sample other) {
            return new Sample(IntStream.range(0, values.length)
                    .mapToDouble(
                            i -> values[i] / (values.length == other.values.length ? other.values[i] : other.median()))
                    .toArray());
        }

        /** The smallest and the largest, if there are several values. */
        String spread(String unit) {
            if (values.length < 2) return "";
            double smallest = Arrays.stream(values).min().orElseThrow();
            double largest = Arrays.stream(values).max().orElseThrow();
            return " (" + number(smallest, unit) + ".." + number(largest, unit) + ")";
        }

        String in(String unit) {
            return number(median(), unit) + spread(unit) + " " + unit;
        }

        private static String number(double value, String unit) {
            return String.format(Locale.ROOT, unit.equals("records/s") ? "%,.0f" : "%.2f", value);
        }
    }

    /** A bound for a ratio, or for a value that is compared with nothing. */
    record Goal(double bound, boolean atLeast) {
        static Goal atLeast(double bound) {
            return new Goal(bound, true);
        }

        static Goal atMost(double bound) {
            return new Goal(bound, false);
        }

        String verdict(double value) {
            boolean met = atLeast ? value >= bound : value <= bound;
            return "%s %s: %s".formatted(atLeast ? "at least" : "at most", bound, met ? "met" : "NOT MET");
        }
    }

    /** A line of the table; without another side the goal is about the value itself. */
    record Row(String ours, Sample value, String other, Sample otherValue, String unit, Goal goal, String details) {
        String ratio() {
            if (otherValue == null) return "-";
            double ratio = value.median() / otherValue.median();
            return String.format(Locale.ROOT, "%.2f", ratio)
                    + value.over(otherValue).spread("");
        }

        String verdict() {
            if (goal == null) return "reported";
            return goal.verdict(otherValue == null ? value.median() : value.median() / otherValue.median());
        }

        String inMarkdown() {
            String theirs = otherValue == null ? "-" : otherValue.in(unit);
            return "| %s | %s | %s | %s | %s | %s |%n"
                    .formatted(ours, value.in(unit), other, theirs, ratio(), verdict());
        }
    }

    void begin(int runs) throws IOException {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        setting.add("%s, %s, %d cores, %.0f GiB of memory, %s %s"
                .formatted(
                        LocalDate.now(),
                        processor(),
                        system.getAvailableProcessors(),
                        system.getTotalMemorySize() / (double) (1 << 30),
                        system.getName(),
                        system.getVersion()));
        try (Run version = Run.script("producer.java", "--version")) {
            version.expectExit(0);
            setting.add("Java %s, %s, Kafka's tools %s"
                    .formatted(System.getProperty("java.version"), version.out().get(0), Peers.TOOLS));
        }
        setting.add("two brokers, two partitions, two replicas, all on this machine; %d runs of each side, in turn"
                .formatted(runs));
        setting.add(String.format(Locale.ROOT, "load before the start: %.2f", system.getSystemLoadAverage()));
        setting.forEach(System.out::println);
    }

    private static String processor() throws IOException {
        Path file = Path.of("/proc/cpuinfo");
        if (!Files.exists(file)) return System.getProperty("os.arch");
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.replaceFirst(".*: ", ""))
                    .findFirst()
                    .orElse(System.getProperty("os.arch"));
        }
    }

    /** Shown only to a person who waits. */
    void progress(String what) {
        if (System.console() != null) System.err.print("\r\033[K" + what + " ...\r");
    }

    void add(Row row) {
        rows.add(row);
        System.out.printf(
                "%n%s: %s%n  against %s: %s%n",
                row.ours,
                row.value.in(row.unit),
                row.other,
                row.otherValue == null ? "-" : row.otherValue.in(row.unit) + ", ratio " + row.ratio());
        System.out.printf("  %s%n", row.verdict());
    }

    void skip(String what, String because) {
        skipped.add("- %s: %s%n".formatted(what, because.lines().findFirst().orElse("")));
        System.out.printf("%n%s: not measured: %s%n", what, because);
    }

    void took(String name, double seconds) {
        times.add("%s %.0f s".formatted(name, seconds));
    }

    /** Prints how long it took, and writes the file unless it is null. */
    void end(Path file) throws IOException {
        String took = "It took %.0f s: %s.".formatted(Peers.seconds(start), String.join(", ", times));
        System.out.printf("%n%s%n", took);
        if (file == null) return;
        String old = Files.exists(file) ? Files.readString(file) : BY_HAND + "\n";
        var text = new StringBuilder("# Benchmarks\n\n`./jbang bench/bench.java` measures everything above"
                + " \"How it is measured\", and writes it.\n\n");
        setting.forEach(line -> text.append("- ").append(line).append('\n'));
        text.append(
                "\nEach value is the median (smallest..largest) of the runs. The ratio is that of the medians, ours to"
                        + " the other,\nwith the smallest and the largest of run by run.\n\n");
        text.append("| ours | | against | | ratio | goal |\n|---|---|---|---|---|---|\n");
        rows.forEach(row -> text.append(row.inMarkdown()));
        text.append("\n## What limits each figure\n\n");
        for (Row row : rows)
            if (!row.details.isEmpty())
                text.append("- %s, against %s: %s%n".formatted(row.ours, row.other, row.details));
        if (!skipped.isEmpty()) text.append("\n## Not measured\n\n").append(String.join("", skipped));
        text.append('\n').append(took).append("\n\n").append(old.substring(old.indexOf(BY_HAND)));
        Files.writeString(file, text);
        System.out.println("Written: " + file);
    }
}
