///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Draws a run of failover.java, and writes it for a browser, a pull request or a CI server
//JAVA 17+
//DEPS info.picocli:picocli:4.7.7
//DEPS com.grack:nanojson:1.10
//COMPILE_OPTIONS -encoding UTF-8 -XDignore.symbol.file
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1

import com.grack.nanojson.*;
import java.io.*;
import java.nio.charset.*;
import java.nio.file.*;
import java.text.DecimalFormat;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.*;
import java.util.regex.Pattern;
import java.util.stream.*;
import picocli.CommandLine;
import picocli.CommandLine.*;
import picocli.CommandLine.Help.Ansi;

/**
 * Reads the events that {@code jbang failover.java --events RUN.jsonl} has written, and writes files for people and for
 * machines. Each file is whole in itself.
 *
 * <pre>jbang report.java RUN.jsonl -o RUN.svg -o RUN.html -o RUN.md -o RUN.xml</pre>
 *
 * <ul>
 *   <li>{@code .svg}: the picture. From the top down, over one time axis: when a broker was away and when a leader
 *       changed; for each partition how many records were acknowledged and read, in the colour of its leader; the
 *       latency of acknowledgements; who led and who was in sync; who read which partitions. A run of several trials
 *       becomes a table, and one or two partitions of each trial.
 *   <li>{@code .html}: the picture, and all numbers as tables.
 *   <li>{@code .md}: a summary for a pull request, or for the job summary of GitHub Actions.
 *   <li>{@code .xml}: JUnit's format, for CI servers. A trial is a test suite, a claim is a test case.
 * </ul>
 *
 * It prints a line for each file: its name, and what happened in the run.
 */
@Command(
        name = "report",
        version = "report 1.1.0",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        sortOptions = false,
        header = "Draws a run of failover.java, for a browser, a pull request or a CI server.%n",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:every file was written",
            "1:the events are broken or cut off",
            "2:wrong usage, or a file that cannot be read or written"
        })
class report implements Callable<Integer> {
    public static void main(String... args) {
        Script.run(new report(), args);
    }

    @Parameters(paramLabel = "RUN.jsonl",
            description = "The events of a run, written by: jbang failover.java --events RUN.jsonl")
    Path run;

    @Option(names = {"-o", "--output"}, paramLabel = "FILE",
            description = "A file to write. The ending of its name says what: .svg the picture, .html the picture and"
                    + " all numbers as tables, .md a summary for a pull request, .xml JUnit's format for CI."
                    + " Repeatable (default: RUN.svg beside the events).")
    List<Path> outputs = new ArrayList<>();

    // ---- main program ----

    @Override
    public Integer call() {
        for (Path output : outputs) check(output);
        List<Trial> trials = read(run);
        if (outputs.isEmpty()) {
            outputs.add(besideTheEvents());
            check(outputs.get(0));
        }
        var texts = new LinkedHashMap<Path, String>();
        for (Path output : outputs) texts.put(output, Format.of(output).text.apply(trials));
        texts.forEach(report::write);
        for (Path output : texts.keySet()) Script.print(printable(output + ": " + title(trials)));
        return 0;
    }

    /** The kinds of files, each with its text for a run. The names are the endings of the files' names. */
    enum Format {
        SVG(trials -> picture(trials).svg(STYLE)),
        HTML(report::page),
        MD(report::summary),
        XML(report::junit);

        final Function<List<Trial>, String> text;

        Format(Function<List<Trial>, String> text) {
            this.text = text;
        }

        static Format of(Path file) {
            String ending = file.toString().replaceFirst(".*[.]", "").toUpperCase();
            for (Format format : values()) if (format.name().equals(ending)) return format;
            throw new Failure(2, "The name of a file to write ends in .svg, .html, .md or .xml, not '%s'.", file);
        }
    }

    private Path besideTheEvents() {
        String name = run.toAbsolutePath().normalize().getFileName() + "";
        return run.resolveSibling(name.replaceFirst("(?<=.)[.][^.]*$", "") + ".svg");
    }

    // ---- the picture ----

    private static Picture picture(List<Trial> trials) {
        return trials.size() == 1 ? single(trials.get(0), "") : comparison(trials);
    }

    /** Everything there is to see of one trial. */
    private static Picture single(Trial trial, String id) {
        List<Integer> shown = trial.worst(MOST_STRIPS);
        var picture = new Picture(id, trial.title(), trial.description(), trial.end);
        picture.paragraph("title", trial.title(), 3);
        picture.paragraph("", trial.about(), 2);
        picture.verdict(trial.verdict(), trial.numbers());
        picture.legend(List.of(trial));
        picture.beginPlot();
        picture.outages(trial);
        picture.changes(trial);
        for (int partition : shown) picture.strip(trial, partition, shown.size());
        picture.latency(trial);
        picture.leaders(trial, shown);
        picture.consumers(trial);
        picture.endPlot(trial);
        picture.paragraph("", trial.leftOut(shown.size()), 2);
        picture.paragraph("small", trial.origin(), 2);
        return picture;
    }

    /** A table, and for each trial a few strips. All trials have the same time axis. */
    private static Picture comparison(List<Trial> trials) {
        double end = trials.stream().mapToDouble(trial -> trial.end).max().orElseThrow();
        Map<Trial, String> names = names(trials);
        var description = new StringJoiner(" ");
        names.forEach((trial, name) -> description.add(name + ": " + trial.description()));
        var picture = new Picture("", title(trials), description.toString(), end);
        picture.paragraph("title", title(trials), 3);
        picture.paragraph("", commonTraits(trials), 2);
        picture.table(overview(names));
        picture.legend(trials);
        int strips = trials.size() <= 4 ? 2 : 1;
        names.forEach((trial, name) -> {
            List<Integer> shown = trial.worst(strips);
            picture.y += 14;
            picture.verdict(trial.verdict(), name);
            picture.paragraph("", trial.title(), 2);
            picture.beginPlot();
            picture.outages(trial);
            for (int partition : shown) picture.strip(trial, partition, 8);
            if (trial.harmedNodes() > 1) picture.leaders(trial, shown);
            picture.endPlot(trial);
        });
        picture.paragraph("small", trials.get(0).origin(), 2);
        return picture;
    }

    private static final int MOST_STRIPS = 12;

    // ---- the words for a run of several trials ----

    /** What happened, and how it ended. */
    private static String title(List<Trial> trials) {
        if (trials.size() == 1) return trials.get(0).title();
        var ends = new ArrayList<String>();
        long losing = trials.stream().filter(trial -> trial.number("lost") > 0).count();
        if (losing > 0) ends.add("records lost in " + losing + " of them");
        else if (trials.stream().allMatch(trial -> trial.knows("lost"))) ends.add("nothing lost");
        var verdicts = new LinkedHashMap<String, Integer>();
        for (Trial trial : trials) verdicts.merge(trial.verdict(), 1, Integer::sum);
        verdicts.forEach((verdict, times) -> ends.add(times + " " + verdict));
        return trials.size() + " trials: " + String.join(", ", ends);
    }

    /** What may be different between two trials. */
    private static final List<Function<Trial, String>> TRAITS = List.of(
            trial -> trial.text("title").replaceFirst("[:(].*", "").strip(),
            trial -> trial.text("topic"),
            trial -> trial.text("settings"),
            trial -> trial.text("fault"));

    /** The trials, each named by the traits that differ between them. */
    private static Map<Trial, String> names(List<Trial> trials) {
        if (trials.size() == 1) return names(trials, trait -> trait == TRAITS.get(0));
        Map<Trial, String> ends = endsOfTitles(trials);
        return ends.isEmpty() ? names(trials, trait -> valuesOf(trait, trials) > 1) : ends;
    }

    /** Where all titles differ, and begin alike: from where they differ. Else empty. */
    private static Map<Trial, String> endsOfTitles(List<Trial> trials) {
        Function<Trial, String> title = trial -> trial.text("title");
        if (valuesOf(TRAITS.get(0), trials) > 1 || valuesOf(title, trials) < trials.size()) return Map.of();
        String common = title.apply(trials.get(0));
        for (Trial trial : trials)
            while (!title.apply(trial).startsWith(common)) common = common.substring(0, common.length() - 1);
        int from = Math.max(-2, Math.max(common.lastIndexOf(", "), common.lastIndexOf(": "))) + 2;
        var ends = new LinkedHashMap<Trial, String>();
        for (Trial trial : trials) ends.put(trial, title.apply(trial).substring(from));
        return ends;
    }

    /** The trials, each named by these traits, and by a number where these are the same. */
    private static Map<Trial, String> names(List<Trial> trials, Predicate<Function<Trial, String>> which) {
        var names = new LinkedHashMap<Trial, String>();
        for (Trial trial : trials) names.put(trial, traits(trial, which));
        List<String> plainNames = List.copyOf(names.values());
        var runs = new HashMap<String, Integer>();
        names.replaceAll((trial, name) -> {
            if (!name.isEmpty() && Collections.frequency(plainNames, name) == 1) return name;
            return (name + " run " + runs.merge(name, 1, Integer::sum)).strip();
        });
        return names;
    }

    private static String commonTraits(List<Trial> trials) {
        return traits(trials.get(0), trait -> valuesOf(trait, trials) == 1);
    }

    private static long valuesOf(Function<Trial, String> trait, List<Trial> trials) {
        return trials.stream().map(trait).distinct().count();
    }

    private static String traits(Trial trial, Predicate<Function<Trial, String>> which) {
        var texts = new ArrayList<String>();
        for (var trait : TRAITS) if (which.test(trait)) texts.add(trait.apply(trial));
        texts.removeIf(text -> texts.contains("Topic " + text)); // a title that names the topic already
        return dotted(texts);
    }

    // ---- a trial: times are in ms since its start ----

    /** A line of the events. Its partition is -1 if it is not about one. */
    record Event(double ms, String kind, int partition, String text, JsonObject fields) {
        static Event of(JsonObject line, double ms) {
            String kind = line.getString("kind", "");
            return new Event(ms, kind, line.getInt("partition", -1), line.getString("text", kind), line);
        }

        int number(String name) {
            return fields.getInt(name, -1);
        }
    }

    /** The records of a partition in 100 ms. A latency is NaN where it is not known. Lost ones were acknowledged. */
    record Cell(double ms, double acknowledged, double lost, double read, double p50, double p99) {}

    /** How long a partition had this leader (-1: none), and these replicas in sync. */
    record State(double from, double to, int leader, List<Integer> inSync) {}

    /** The longest time of a partition without an acknowledgement, or without a read. */
    record Pause(int partition, double from, double to, double ms, String text) {
        String inShort() {
            return text.replaceFirst("no acknowledgement for", "paused").replaceFirst("nothing read for", "no read");
        }
    }

    /** How long a node was away. */
    record Outage(String node, String harm, double from, double to, boolean healed) {
        String text() {
            return node + " " + harm + (healed ? ", back after " + seconds(to - from) : "");
        }
    }

    /** A sentence that had to hold, whether it did, and the numbers that show it. */
    record Claim(String verdict, String text, String evidence) {
        boolean holds() {
            return verdict.equals("PASS") || verdict.equals("ALLOWED");
        }
    }

    /** One trial of the run. A number that its lines do not tell is unknown, which is not 0. */
    static class Trial {
        final JsonObject header;
        final int partitions;
        final List<Event> events = new ArrayList<>();
        final List<Outage> outages = new ArrayList<>();
        final List<Claim> claims = new ArrayList<>();
        final Map<Integer, Pause> pauses = new TreeMap<>(); // of acknowledgements, by partition
        final Map<Integer, Pause> readPauses = new TreeMap<>();
        private final Map<Integer, List<Cell>> cells = new HashMap<>();
        private final Map<Integer, Double> lost = new HashMap<>(); // records, by partition
        private final Map<Integer, List<Event>> changes = new HashMap<>(); // of leaders and in-sync replicas
        private List<Integer> worstFirst; // all partitions
        JsonObject verdict;
        double end = 1_000; // of the last event. The audit of the log comes later, and is not in the picture.

        Trial(JsonObject header, int partitions) {
            this.header = header;
            this.partitions = partitions;
        }

        void add(int partition, Cell cell) {
            cells.computeIfAbsent(partition, number -> new ArrayList<>()).add(cell);
            if (cell.lost > 0) lost.merge(partition, cell.lost, Double::sum);
            end = Math.max(end, cell.ms + 100);
        }

        void conclude(JsonObject verdict) {
            this.verdict = verdict;
            events.sort(Comparator.comparingDouble(Event::ms));
            for (Event event : events) {
                end = Math.max(end, event.ms);
                if (List.of("leader", "in_sync").contains(event.kind))
                    changes.computeIfAbsent(event.partition, number -> new ArrayList<>())
                            .add(event);
            }
            for (Event fault : events("fault")) outages.add(outage(fault));
            for (JsonObject pause : objects(verdict.get("pauses"))) {
                addPause(pauses, pause, "acknowledged", "no acknowledgement for ");
                addPause(readPauses, pause, "read", "nothing read for ");
            }
            for (JsonObject claim : objects(verdict.get("claims")))
                claims.add(new Claim(
                        claim.getString("verdict", "?"), claim.getString("text", ""), claim.getString("evidence", "")));
            worstFirst = worstFirst();
        }

        private void addPause(Map<Integer, Pause> pauses, JsonObject line, String name, String text) {
            int partition = line.getInt("partition", -1);
            if (partition < 0 || partition >= partitions) return;
            JsonObject pause = line.getObject(name, new JsonObject());
            double ms = pause.getDouble("ms", 0);
            double from = Math.max(0, Math.min(end, pause.getDouble("from_ms", 0)));
            double to = Math.max(from, Math.min(end, pause.getDouble("to_ms", from + ms)));
            pauses.put(partition, new Pause(partition, from, to, ms, text + seconds(ms)));
        }

        private Outage outage(Event fault) {
            int id = fault.number("broker");
            boolean isBroker = integers(header.get("brokers")).contains(id);
            String node = isBroker ? broker(id) : fault.fields.getString("name", broker(id));
            for (Event heal : events("heal"))
                if (heal.number("broker") == id && heal.ms >= fault.ms)
                    return new Outage(node, harm(fault), fault.ms, heal.ms, true);
            return new Outage(node, harm(fault), fault.ms, end, false);
        }

        /** A word for the fault: of the event, else of the whole trial, else of the command. */
        private String harm(Event fault) {
            String command = fault.text.replaceFirst(".*?\\b(stop|kill|pause|disconnect)\\b.*", "$1");
            return switch (fault.fields.getString("fault", header.getString("fault", command))) {
                case "stop" -> "stopped";
                case "kill" -> "killed";
                case "pause" -> "frozen";
                case "disconnect" -> "cut off";
                default -> "away";
            };
        }

        List<Event> events(String... kinds) {
            var wanted = List.of(kinds);
            return events.stream().filter(event -> wanted.contains(event.kind)).toList();
        }

        List<Cell> cells(int partition) {
            return cells.getOrDefault(partition, List.of());
        }

        double lost(int partition) {
            return lost.getOrDefault(partition, 0.0);
        }

        List<State> states(int partition) {
            var states = new ArrayList<State>();
            double since = 0;
            int leader = header.getArray("leaders", new JsonArray()).getInt(partition, -1);
            List<Integer> inSync =
                    integers(header.getArray("in_sync", new JsonArray()).get(partition));
            for (Event change : changes.getOrDefault(partition, List.of())) {
                if (change.ms > since) states.add(new State(since, change.ms, leader, inSync));
                since = change.ms;
                if (change.kind.equals("leader")) leader = change.number("leader");
                else inSync = integers(change.fields.get("in_sync"));
            }
            if (since < end) states.add(new State(since, end, leader, inSync));
            return states;
        }

        /** The pauses that are longer than the time between two records explains. */
        List<Pause> notable(Map<Integer, Pause> pauses) {
            double least = leastNotable();
            return pauses.values().stream().filter(pause -> pause.ms >= least).toList();
        }

        private double leastNotable() {
            return Math.max(100, 3 * msBetweenRecords());
        }

        /** The usual time between two records of one partition. */
        private double msBetweenRecords() {
            return 1_000.0 * partitions / Math.max(0.001, header.getDouble("rate", 1e9));
        }

        /** A partition's notable pauses. That of its reads only if the wait for records does not explain it. */
        List<Pause> notable(int partition) {
            var found = new ArrayList<Pause>();
            double least = leastNotable();
            Pause pause = pauses.get(partition);
            Pause readPause = readPauses.get(partition);
            boolean isNotable = pause != null && pause.ms >= least;
            double explained = isNotable ? pause.ms * 1.2 + 200 : 0;
            if (readPause != null && readPause.ms >= Math.max(least, explained)) found.add(readPause);
            if (isNotable) found.add(pause);
            return found;
        }

        /** All partitions: first those that lost most records, then those with the longest pauses. */
        private List<Integer> worstFirst() {
            var longest = new HashMap<Integer, Double>();
            for (var each : List.of(pauses, readPauses))
                each.forEach((partition, pause) -> longest.merge(partition, pause.ms, Math::max));
            Comparator<Integer> byLost = Comparator.comparingDouble(partition -> -lost(partition));
            return IntStream.range(0, partitions)
                    .boxed()
                    .sorted(byLost.thenComparing(partition -> -longest.getOrDefault(partition, 0.0)))
                    .toList();
        }

        /** At most so many partitions, the worst ones, in the order of their numbers. */
        List<Integer> worst(int limit) {
            return worstFirst.stream().limit(limit).sorted().toList();
        }

        /** A sentence on the partitions that are not shown; empty if there are none. */
        String leftOut(int shown) {
            if (shown == partitions) return "";
            String which = !lost.isEmpty() ? "those that lost most records, then those" : "those";
            return "%,d of %,d partitions are shown: %s with the longest pauses. %,d are left out."
                    .formatted(shown, partitions, which, partitions - shown);
        }

        // -- the curves: columns of equal width over the time axis --

        /** The width of a column in ms: at most 180 columns, and three records in each if possible. */
        double column(double end) {
            double records = Math.min(3 * msBetweenRecords(), 2_000);
            return roundUp(Math.max(100, Math.max(end / 180, records)), 1, 2, 5);
        }

        /** For each column the sum over a partition's cells, per second. */
        double[] perSecond(int partition, double column, ToDoubleFunction<Cell> records) {
            var sums = new double[(int) Math.ceil(end / column)];
            for (Cell cell : cells(partition)) sums[(int) (cell.ms / column)] += records.applyAsDouble(cell);
            for (int i = 0; i < sums.length; i++) sums[i] *= 1_000 / Math.min(column, end - i * column);
            return sums;
        }

        /**
         * Where the scale of the strips ends: not far above the usual rate. Records that waited for a leader are
         * acknowledged all at once, and a scale for that peak would flatten the rest.
         */
        double scale(double column) {
            double[] rates = worst(MOST_STRIPS).stream()
                    .flatMapToDouble(partition -> DoubleStream.of(perSecond(partition, column, Cell::acknowledged)))
                    .filter(rate -> rate > 0)
                    .sorted()
                    .toArray();
            if (rates.length == 0) return 1;
            double usual = rates[rates.length / 2];
            return roundUp(Math.min(rates[rates.length - 1], 1.5 * usual), 1, 2, 3, 4, 6, 8);
        }

        // -- the trial in numbers and words --

        String text(String name) {
            return header.getString(name, "");
        }

        String verdict() {
            return verdict.getString("verdict");
        }

        /** How long the trial took, with the audit of the log, in s. */
        double length() {
            return verdict.getDouble("ms") / 1_000;
        }

        /** Whether the verdict has this number. Numbers about the log count only if the log was read. */
        boolean knows(String name) {
            boolean ofTheLog =
                    !List.of("sent", "acknowledged", "unknown", "failed").contains(name);
            return verdict.isNumber(name) && (!ofTheLog || verdict.getBoolean("audited", true));
        }

        /** A number of the verdict; -1 if it is not known. */
        long number(String name) {
            return knows(name) ? verdict.getLong(name) : -1;
        }

        /** What happened, and how it ended. */
        String title() {
            var ends = new ArrayList<String>(List.of(flow(), fate()));
            String broken = firstClaim("FAIL").text;
            if (number("lost") <= 0 && !broken.isEmpty()) ends.add("but not: " + broken);
            if (verdict().equals("INCONCLUSIVE")) ends.add("inconclusive: " + unobserved());
            ends.removeIf(String::isEmpty);
            return cause() + (ends.isEmpty() ? "" : ": " + String.join(", ", ends));
        }

        private Claim firstClaim(String verdict) {
            for (Claim claim : claims) if (claim.verdict.equals(verdict)) return claim;
            return new Claim(verdict, "", "");
        }

        /** Why the trial is inconclusive. */
        private String unobserved() {
            return verdict.getString("unobserved", firstClaim("INCONCLUSIVE").evidence);
        }

        /** What was done to the cluster or to the group. */
        private String cause() {
            var outside = events("outside");
            var leaving = events("leave");
            if (!outages.isEmpty()) return capitalized(faults());
            if (!outside.isEmpty()) return capitalized(outside.get(0).text);
            if (header.getString("fault") != null) return "No broker was harmed";
            if (!leaving.isEmpty()) return "Consumer " + leaving.get(0).number("consumer") + " left the group";
            return events("leader").isEmpty() ? "Undisturbed" : "Leaders changed";
        }

        private String faults() {
            var nodes = new LinkedHashMap<String, Set<String>>(); // by harm
            for (Outage outage : outages)
                nodes.computeIfAbsent(outage.harm, harm -> new TreeSet<>()).add(outage.node);
            var texts = new ArrayList<String>();
            nodes.forEach((harm, harmed) -> texts.add(and(harmed) + " " + harm));
            String text = String.join(", ", texts);
            if (harmedNodes() == 1)
                return outages.size() > texts.size() ? text + " " + outages.size() + " times" : text;
            boolean inTurn = true;
            for (int i = 1; i < outages.size(); i++) inTurn &= outages.get(i).from >= outages.get(i - 1).to;
            return inTurn ? text + " in turn" : text;
        }

        long harmedNodes() {
            return outages.stream().map(Outage::node).distinct().count();
        }

        private String flow() {
            boolean ofReads = notable(pauses).isEmpty();
            List<Pause> paused = notable(ofReads ? readPauses : pauses);
            if (paused.isEmpty()) return pauses.isEmpty() ? "" : "no pause above " + seconds(leastNotable());
            double longest = paused.stream().mapToDouble(Pause::ms).max().orElseThrow();
            var similar =
                    paused.stream().filter(pause -> pause.ms >= longest / 2).map(Pause::partition);
            List<Integer> which = similar.toList();
            boolean all = which.size() == partitions && partitions > 1;
            String whose = all ? "all partitions" : partitions(which);
            String upTo = which.size() > 1 ? "up to " : "";
            return (ofReads ? "reading " : "") + whose + " paused for " + upTo + seconds(longest);
        }

        private String fate() {
            if (!knows("lost")) return "";
            long lost = number("lost");
            var fate = new ArrayList<>(List.of(lost == 0 ? "nothing lost" : lostRecords(lost)));
            if (verdict().equals("ALLOWED")) fate.add("which the settings allow");
            if (verdict().equals("PASS") && lost > 0) fate.add("as expected");
            for (String name : List.of("phantoms", "ghosts", "unseen", "duplicates"))
                if (number(name) > 0) fate.add(forPeople(number(name)) + " " + name);
            return String.join(", ", fate);
        }

        /** The verdict's numbers; of those that should be 0, most only if they are not. */
        String numbers() {
            var numbers = new ArrayList<String>();
            var always = List.of("sent", "acknowledged", "lost", "duplicates");
            var others = List.of("unknown", "failed", "ghosts", "unseen", "redelivered", "reordered", "phantoms");
            for (String name : always) if (knows(name)) numbers.add(forPeople(number(name)) + " " + name);
            for (String name : others) if (number(name) > 0) numbers.add(forPeople(number(name)) + " " + name);
            return dotted(numbers);
        }

        String about() {
            String rate = header.isNumber("rate") ? forPeople(header.get("rate")) + " records/s" : "";
            return dotted(List.of(text("title"), text("topic"), text("settings"), rate));
        }

        String origin() {
            var origin = new ArrayList<String>();
            String started = text("started").replaceFirst("[.]\\d+", "");
            origin.add(started.replace('T', ' ').replace("Z", " UTC"));
            header.getObject("versions", new JsonObject())
                    .forEach((program, version) -> origin.add(program.replace('_', ' ') + " " + forPeople(version)));
            String within = "leaders seen to within %.0f ms";
            if (verdict.isNumber("resolution_ms")) origin.add(within.formatted(verdict.getDouble("resolution_ms")));
            return dotted(origin);
        }

        /** The picture for those who do not see it. */
        String description() {
            var text = new StringBuilder(about() + ". " + verdict() + ": " + numbers() + ".");
            for (Outage outage : outages) text.append(" " + seconds(outage.from) + ": " + outage.text() + ".");
            List<Integer> shown = worst(MOST_STRIPS);
            for (var each : List.of(pauses, readPauses))
                for (Pause pause : notable(each))
                    if (shown.contains(pause.partition))
                        text.append(
                                " %s: partition %d, %s.".formatted(seconds(pause.from), pause.partition, pause.text));
            return text.toString();
        }

        /** A sentence on the lost records; empty if there are none. */
        String lostIds() {
            List<Integer> ids = integers(verdict.get("lost_ids"));
            return ids.isEmpty() ? "" : "Event ids of lost records (at most the first 100): " + ranges(ids);
        }
    }

    // ---- the drawing ----

    /** An SVG, drawn from the top down. Lengths are in its own pixels. */
    static class Picture {
        private static final double WIDTH = 900;
        private static final double MARGIN = 20;
        private static final double LEFT = 128; // where the time axis begins
        private static final double RIGHT = 872; // and where it ends

        private final String id; // different for each picture of a page
        private final String head;
        private final String hatching; // of the area of lost records
        private final double end; // of the time axis, in ms
        private final StringBuilder elements = new StringBuilder();
        private double y = 8; // everything above is drawn
        private int plotIndex; // in elements
        private double plotTop;
        private int gradients;

        Picture(String id, String title, String description, double end) {
            this.id = id;
            this.end = end;
            String names = "<title id='%st'>%s</title>\n<desc id='%sd'>%s</desc>\n";
            hatching = "url(#" + id + "h)";
            String hatch = "<pattern id='%sh' width='5' height='5' patternUnits='userSpaceOnUse'"
                    + " patternTransform='rotate(45)'><rect class='hatch' width='2.5' height='5'/></pattern>\n";
            head = markup(names, id, title, id, description) + markup(hatch, id);
        }

        String svg(String style) {
            String open = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %s %s' width='%s'"
                    + " height='%s' role='img' aria-labelledby='%st %sd'>\n";
            double height = Math.round(y + 14);
            return markup(open, WIDTH, height, WIDTH, height, id, id)
                    + head
                    + (style.isEmpty() ? "" : "<style>" + style + "</style>\n")
                    + markup("<rect class='paper' width='%s' height='%s'/>\n", WIDTH, height)
                    + elements
                    + "</svg>\n";
        }

        private double x(double ms) {
            return LEFT + (RIGHT - LEFT) * Math.min(1, ms / end);
        }

        // -- elements --

        private void add(String element, Object... values) {
            elements.append(markup(element, values)).append('\n');
        }

        private void text(String style, double x, double y, String text) {
            add("<text class='%s' x='%s' y='%s'>%s</text>", style, x, y, text);
        }

        private void rect(String style, double x, double y, double width, double height) {
            add("<rect class='%s' x='%s' y='%s' width='%s' height='%s'/>", style, x, y, width, height);
        }

        /** A path of commands and numbers. */
        private void path(String style, Object... parts) {
            var path = new StringJoiner(" ");
            for (Object part : parts) path.add(part instanceof Number n ? decimal(n.doubleValue()) : part.toString());
            add("<path class='%s' d='%s'/>", style, path);
        }

        /** The elements that follow, up to an endGroup, have this title. */
        private void group(String title) {
            add("<g><title>%s</title>", title);
        }

        private void endGroup() {
            add("</g>");
        }

        // -- above the plot --

        void paragraph(String style, String text, int lines) {
            paragraph(style, text, lines, MARGIN);
        }

        /** Text in at most so many lines. */
        private void paragraph(String style, String text, int lines, double left) {
            if (text.isBlank()) return;
            double size = style.equals("title") ? 22 : style.equals("small") ? 12 : 14;
            boolean bold = List.of("title", "bold").contains(style);
            double room = (WIDTH - MARGIN - left) * (bold ? 0.94 : 1); // a long bold text is wider than estimated
            // A number stays on the line of its unit.
            String rest = text.strip().replaceAll("(\\d|nothing) (s|ms|lost|acknowledged|records)\\b", "$1\u00a0$2");
            for (int line = 1; line <= lines && !rest.isEmpty(); line++) {
                String first = rest;
                if (line < lines)
                    while (width(first, size) > room && first.lastIndexOf(' ') > 0)
                        first = first.substring(0, first.lastIndexOf(' ')).strip();
                y += size * 1.35;
                text(style, left, y, fit(first, room, size));
                rest = rest.substring(first.length()).strip();
            }
            y += 3;
        }

        /** The verdict as a badge, and beside it a text. */
        void verdict(String fullVerdict, String text) {
            String verdict = fit(fullVerdict, 200, 14);
            double width = width(verdict, 14) + 12;
            String colour = verdict.equals("PASS") ? "good" : verdict.equals("FAIL") ? "bad" : "open";
            rect(colour, MARGIN, y + 5, width, 21);
            text("on middle", MARGIN + width / 2, y + 20, verdict);
            paragraph("bold", text, 2, MARGIN + width + 12);
            y += 5;
        }

        void legend(List<Trial> trials) {
            double x = MARGIN;
            y += 20;
            for (int broker : leaders(trials)) {
                if (x > 420) break; // the bars below name all leaders
                rect("area " + colour(broker), x, y - 10, 18, 11);
                x = explain(x, "acknowledged, broker " + broker + " leads");
            }
            if (trials.stream().anyMatch(trial -> !trial.lost.isEmpty())) {
                add("<rect class='lost' fill='%s' x='%s' y='%s' width='18' height='11'/>", hatching, x, y - 10);
                x = explain(x, "and lost");
            }
            path("read", "M", x, y - 4, "h", 18);
            x = explain(x, "read");
            if (trials.stream().anyMatch(trial -> !trial.outages.isEmpty())) {
                rect("away", x, y - 11, 18, 13);
                explain(x, "a broker is away");
            }
            y += 6;
        }

        private double explain(double x, String text) {
            text("", x + 24, y, text);
            return x + 34 + width(text, 14);
        }

        private static Set<Integer> leaders(List<Trial> trials) {
            var leaders = new TreeSet<Integer>();
            for (Trial trial : trials)
                for (int partition : trial.worst(MOST_STRIPS))
                    for (State state : trial.states(partition)) leaders.add(state.leader);
            leaders.remove(-1);
            return leaders;
        }

        /** A table whose first column takes the room that is left. */
        void table(Table table) {
            y += 14;
            row(table, table.head, "cell bold");
            for (List<String> row : table.rows) row(table, row, "cell");
            y += 12;
        }

        private void row(Table table, List<String> row, String style) {
            y += 22;
            double right = WIDTH - MARGIN;
            for (int column = row.size() - 1; column > 0; column--) {
                text(style + " end", right, y, row.get(column));
                double widest = width(table.head.get(column), 15); // bold
                for (List<String> other : table.rows) widest = Math.max(widest, width(other.get(column), 13));
                right -= widest + 8;
            }
            text(style, MARGIN, y, fit(row.get(0), right - MARGIN, 13));
            path("grid", "M", MARGIN, y + 7, "H", WIDTH - MARGIN);
        }

        // -- the plot: all its parts have the same time axis --

        void beginPlot() {
            y += 8;
            plotIndex = elements.length();
            plotTop = y;
        }

        /** When nodes were away. */
        void outages(Trial trial) {
            var lane = new Lane();
            for (Outage outage : trial.outages) lane.put("fault", outage.from, outage.to, outage.text());
            lane.draw("broker away", 0);
        }

        /** Something that changed, for these partitions; for none: for the whole topic. */
        record Change(double ms, String text, Set<Integer> partitions) {}

        /** When leaders changed, and so on. Partitions that changed alike at about the same time are one change. */
        void changes(Trial trial) {
            var changes = new ArrayList<Change>();
            for (Event event : trial.events("leader", "whole", "leave", "elect", "outside")) {
                String text = change(event);
                Change same = null;
                for (Change change : changes)
                    if (change.text.equals(text) && change.ms > event.ms - end / 50) same = change;
                if (same == null) changes.add(same = new Change(event.ms, text, new TreeSet<>()));
                if (event.partition >= 0) same.partitions.add(event.partition);
            }
            var lane = new Lane();
            for (Change change : changes) {
                String whose = change.partitions.isEmpty() ? "" : partitions(change.partitions) + ": ";
                lane.put("mark", change.ms, change.ms, whose + change.text);
            }
            lane.draw("what changed", 0);
        }

        private static String change(Event event) {
            return switch (event.kind) {
                case "leader" -> {
                    int before = event.number("before");
                    int leader = event.number("leader");
                    String now = leader >= 0 && before >= 0 ? leader + "" : broker(leader);
                    yield broker(before) + " \u2192 " + now;
                }
                case "whole" -> "all in sync";
                case "leave" -> "consumer " + event.number("consumer") + " leaves";
                default -> event.text;
            };
        }

        /** Records that were acknowledged, in the colour of the leader, lost and read; and the longest pauses. */
        void strip(Trial trial, int partition, int strips) {
            double height = strips <= 2 ? 88 : strips <= 4 ? 60 : strips <= 8 ? 44 : 34;
            double column = trial.column(end);
            double scale = trial.scale(column);
            double[] acknowledged = trial.perSecond(partition, column, Cell::acknowledged);
            double peak = DoubleStream.of(acknowledged).max().orElse(0);
            y += 6;
            group(stripInWords(trial, partition));
            var labels = new Lane();
            labelLost(trial, partition, labels);
            for (Pause pause : trial.notable(partition))
                labels.put("bracket", pause.from, pause.to, pause.text, pause.inShort());
            for (int i = 0; peak > scale && strips <= 4 && i < acknowledged.length; i++) {
                double ms = (i + 0.5) * column;
                if (acknowledged[i] == peak) labels.put("mark", ms, ms, "peak " + forPeople(Math.rint(peak)) + "/s");
            }
            labels.draw("", height);
            double base = y + height;
            double middle = y + height / 2;
            double baseline = middle + (strips <= 4 ? -2 : strips <= 8 ? 5 : 9);
            text("bold", MARGIN, baseline, "partition " + partition);
            if (strips <= 4) text("small", MARGIN, middle + 15, "records/s");
            text("small end", LEFT - 6, y + 9, forPeople(scale));
            path("grid", "M", LEFT, y, "H", RIGHT, "M", LEFT, middle, "H", RIGHT);
            String fill = "url(#" + gradient(trial, partition) + ")";
            String element = "<path class='flow' fill='%s' stroke='%s' d='%sV%s'/>";
            add(element, fill, fill, steps(acknowledged, column, scale, height), base);
            String lost = steps(trial.perSecond(partition, column, Cell::lost), column, scale, height);
            if (trial.lost(partition) > 0) add("<path class='lost' fill='%s' d='%sV%s'/>", hatching, lost, base);
            path("read", steps(trial.perSecond(partition, column, Cell::read), column, scale, height));
            for (Event change : trial.events("leader"))
                if (change.partition == partition) path("change", "M", x(change.ms), y, "V", base);
            endGroup();
            y = base + (strips <= 4 ? 8 : 6);
        }

        /** A bracket over each stretch of time in which records were acknowledged that are not in the log. */
        private void labelLost(Trial trial, int partition, Lane labels) {
            var cells = trial.cells(partition).stream()
                    .filter(cell -> cell.lost > 0)
                    .sorted(Comparator.comparingDouble(Cell::ms))
                    .toList();
            double lost = 0;
            double from = 0;
            for (int i = 0; i < cells.size(); i++) {
                Cell cell = cells.get(i);
                if (lost == 0) from = cell.ms;
                lost += cell.lost;
                boolean last = i == cells.size() - 1 || cells.get(i + 1).ms > cell.ms + end / 20;
                if (!last) continue;
                labels.put("bracket", from, cell.ms + 100, forPeople(lost) + " lost");
                lost = 0;
            }
        }

        private static String stripInWords(Trial trial, int partition) {
            double acknowledged = 0;
            double read = 0;
            for (Cell cell : trial.cells(partition)) {
                acknowledged += cell.acknowledged;
                read += cell.read;
            }
            String text = "partition %d: %s acknowledged, %s read";
            var words = new StringBuilder(text.formatted(partition, forPeople(acknowledged), forPeople(read)));
            if (trial.lost(partition) > 0) words.append(", " + forPeople(trial.lost(partition)) + " lost");
            for (var pauses : List.of(trial.pauses, trial.readPauses)) {
                Pause pause = pauses.get(partition);
                if (pause != null && pause.ms > 0)
                    words.append("; " + pause.text + ", from " + seconds(pause.from) + " to " + seconds(pause.to));
            }
            return words.toString();
        }

        /** A line over the columns. It begins at the foot of the strip whose top is y. */
        private String steps(double[] rates, double column, double scale, double height) {
            var path = new StringBuilder("M" + decimal(LEFT) + " " + decimal(y + height));
            String before = "";
            for (int i = 0; i < rates.length; i++) {
                String level = decimal(y + height * (1 - Math.min(1, rates[i] / scale)));
                if (!level.equals(before)) path.append("H" + decimal(x(i * column)) + "V" + level);
                before = level;
            }
            return path.append("H" + decimal(x(Math.min(end, rates.length * column))))
                    .toString();
        }

        /** The colours of a partition's leaders over time. */
        private String gradient(Trial trial, int partition) {
            String name = id + "g" + gradients++;
            String element = "<linearGradient id='%s' gradientUnits='userSpaceOnUse' x1='%s' x2='%s'>";
            add(element, name, LEFT, RIGHT);
            for (State state : trial.states(partition))
                for (double ms : new double[] {state.from, state.to})
                    add("<stop class='%s' offset='%s%%'/>", colour(state.leader), 100 * ms / end);
            add("</linearGradient>");
            return name;
        }

        /** p50 and p99 of all partitions, on a logarithmic scale, blank where nothing was acknowledged. */
        void latency(Trial trial) {
            double column = trial.column(end);
            var columns = new TreeMap<Integer, List<Cell>>();
            for (var cells : trial.cells.values())
                for (Cell cell : cells)
                    if (cell.acknowledged > 0 && cell.p50 > 0 && cell.p99 >= cell.p50)
                        columns.computeIfAbsent((int) (cell.ms / column), number -> new ArrayList<>())
                                .add(cell);
            if (columns.isEmpty()) return;
            var p50 = new TreeMap<Integer, Double>();
            var p99 = new TreeMap<Integer, Double>();
            columns.forEach((number, cells) -> {
                p50.put(number, median(cells));
                p99.put(number, cells.stream().mapToDouble(Cell::p99).max().orElseThrow());
            });
            double lowest = Collections.min(p50.values());
            double highest = Collections.max(p99.values());
            int low = (int) Math.floor(Math.log10(lowest));
            int high = Math.max(low + 2, (int) Math.ceil(Math.log10(highest)));
            double height = 96;
            double decade = height / (high - low);
            y += 12;
            group("latency, from send to acknowledgement: p50 from %s, p99 to %s"
                    .formatted(onAxis(lowest), onAxis(highest)));
            text("bold", MARGIN, y + 20, "latency");
            path("p99", "M", MARGIN, y + 36, "h", 18);
            text("small", MARGIN + 24, y + 40, "p99");
            path("p50", "M", MARGIN, y + 53, "h", 18);
            text("small", MARGIN + 24, y + 57, "p50");
            for (int power = high; power >= low; power--) {
                double level = y + (high - power) * decade;
                path("grid", "M", LEFT, level, "H", RIGHT);
                if (decade >= 16 || (high - power) % 2 == 0)
                    text("small end", LEFT - 6, level + 4, onAxis(Math.pow(10, power)));
            }
            curve("p50", p50, column, decade, high);
            curve("p99", p99, column, decade, high);
            endGroup();
            y += height + 8;
        }

        private void curve(String style, Map<Integer, Double> values, double column, double decade, int high) {
            var path = new StringBuilder();
            values.forEach((number, ms) -> {
                String level = decimal(y + (high - Math.log10(ms)) * decade);
                boolean goesOn = values.containsKey(number - 1);
                path.append(goesOn ? "V" + level : "M" + decimal(x(number * column)) + " " + level);
                path.append("H" + decimal(x(Math.min(end, (number + 1) * column))));
            });
            path(style, path);
        }

        /** The median of the cells' p50, each as often as it has records. */
        private static double median(List<Cell> cells) {
            cells.sort(Comparator.comparingDouble(Cell::p50));
            double left = cells.stream().mapToDouble(Cell::acknowledged).sum() / 2;
            int middle = 0;
            while ((left -= cells.get(middle).acknowledged) > 0) middle++;
            return cells.get(middle).p50;
        }

        /** A bar for each partition: who led it, and below that a line for each replica in sync. */
        void leaders(Trial trial, List<Integer> shown) {
            y += 24;
            text("bold", LEFT, y - 4, "who leads, and (thin lines) which replicas are in sync");
            for (int partition : shown) {
                y += 5;
                text("", MARGIN, y + 12, "partition " + partition);
                List<State> states = trial.states(partition);
                var replicas = new TreeSet<Integer>();
                for (State state : states) {
                    replicas.addAll(state.inSync);
                    String leader = state.leader < 0 ? "no leader" : broker(state.leader);
                    String inSync = state.inSync.isEmpty() ? "none" : joined(state.inSync);
                    String all = leader + ", in sync: " + inSync;
                    String title = "partition " + partition + ": " + all;
                    bar(colour(state.leader), state.from, state.to, title, all, leader, leader.replaceAll("\\D", ""));
                }
                y += 17;
                for (int replica : replicas) {
                    for (State state : states)
                        if (state.inSync.contains(replica))
                            rect(colour(replica), x(state.from), y, x(state.to) - x(state.from), 2.4);
                    y += 4;
                }
            }
        }

        /** A bar for each consumer: the partitions that were assigned to it. */
        void consumers(Trial trial) {
            var consumers = new TreeMap<Integer, TreeMap<Double, String>>(); // text by ms
            for (Event event : trial.events("assigned", "leave")) {
                List<Integer> assigned = integers(event.fields.get("assigned"));
                String partitions = (assigned.size() == 1 ? "partition " : "partitions ") + ranges(assigned);
                String text = event.kind.equals("leave") ? "" : assigned.isEmpty() ? "idle" : partitions;
                consumers
                        .computeIfAbsent(event.number("consumer"), number -> new TreeMap<>())
                        .put(event.ms, text);
            }
            if (consumers.isEmpty()) return;
            y += 24;
            text("bold", LEFT, y - 4, fit("who reads, in the group " + trial.text("group"), RIGHT - LEFT, 14));
            consumers.forEach((consumer, texts) -> {
                y += 5;
                text("", MARGIN, y + 12, "consumer " + consumer);
                texts.forEach((from, text) -> {
                    Double next = texts.higherKey(from);
                    String style = text.equals("idle") ? "idle" : "reads";
                    String title = "consumer " + consumer + ": " + text;
                    if (!text.isEmpty()) bar(style, from, next == null ? end : next, title, text);
                });
                y += 17;
            });
        }

        /** A bar, and in it the first of the texts that fits. */
        private void bar(String style, double from, double to, String title, String... texts) {
            double width = x(to) - x(from);
            group(title + ", from " + seconds(from) + " to " + seconds(to));
            rect("bar " + style, x(from), y, Math.max(1, width - 1), 16);
            for (String text : texts) {
                if (width(text, 12) + 8 > width) continue;
                text("small", x(from) + 5, y + 12, text);
                break;
            }
            endGroup();
        }

        /** The axis; and behind everything else the grid, and the times in which a node was away. */
        void endPlot(Trial trial) {
            y += 6;
            String plot = elements.substring(plotIndex);
            elements.setLength(plotIndex);
            for (Outage outage : trial.outages) {
                double width = Math.max(1, x(outage.to) - x(outage.from));
                rect("away", x(outage.from), plotTop, width, y - plotTop);
            }
            double step = roundUp(end / 12, 1, 2, 5);
            for (double ms = 0; ms <= end; ms += step) path("grid", "M", x(ms), plotTop, "V", y);
            elements.append(plot);
            text("small", MARGIN, y + 16, "since the start");
            for (double ms = 0; ms <= end; ms += step)
                text("small middle", x(ms), y + 16, forPeople(ms / 1_000) + " s");
            y += 22;
        }

        /** A text in a lane. It stands at start, and belongs to the time between from and to; all three are x. */
        record Label(String style, double from, double to, double start, int row, String text) {
            boolean isInside() {
                return start > from && start < to;
            }

            double end() {
                return start + width();
            }

            /** Only a mark's text is not bold. */
            double width() {
                return report.width(text, style.equals("mark") ? LABEL_SIZE : LABEL_SIZE * 1.1);
            }

            boolean touches(Label other) {
                return row == other.row
                        && Math.min(from, start) - 6 < Math.max(other.to, other.end()) + 6
                        && Math.min(other.from, other.start) - 6 < Math.max(to, end()) + 6;
            }

            /** A bracket has two lines that go down through the rows below. */
            boolean isCrossedBy(Label above) {
                return row > above.row && above.style.equals("bracket") && (has(above.from) || has(above.to));
            }

            private boolean has(double x) {
                return x > start - 3 && x < end() + 3;
            }
        }

        private static final double LABEL_SIZE = 13;

        /** Labels, each at its time, in as many rows as are needed so that no label touches another. */
        class Lane {
            private final List<Label> labels = new ArrayList<>();
            private int rows;

            /**
             * Puts the first of the texts for which there is room: between the two times if possible, else right of
             * them, or left.
             */
            void put(String style, double fromMs, double toMs, String... texts) {
                double from = x(fromMs);
                double to = Math.max(x(toMs), from + 1);
                double room = Math.max(to - from, Math.max(RIGHT - to, from - LEFT)) - 12;
                for (String fullText : texts) {
                    String text = fit(fullText, room, LABEL_SIZE * 1.1);
                    double width = new Label(style, from, to, from, 0, text).width();
                    double[] starts = {to + 8, from - 8 - width};
                    if (to - from > width + 10)
                        starts = new double[] {(from + to - width) / 2, from + 5, to - 5 - width};
                    for (int row = 0; row < 99; row++)
                        for (double start : starts) {
                            var label = new Label(style, from, to, start, row, text);
                            if (start < LEFT || label.end() > RIGHT || !isFree(label)) continue;
                            labels.add(label);
                            rows = Math.max(rows, row + 1);
                            return;
                        }
                }
            }

            private boolean isFree(Label label) {
                return labels.stream().noneMatch(other -> label.touches(other) || label.isCrossedBy(other));
            }

            /** Brackets go down so far below the lane. */
            void draw(String name, double below) {
                if (rows == 0) return;
                if (!name.isEmpty()) text("bold", MARGIN, y + 13, name);
                for (Label label : labels) {
                    double top = y + label.row * 18;
                    double foot = y + rows * 18 + 4 + below;
                    String style = "alarm";
                    switch (label.style) {
                        case "fault" -> {
                            rect("fault", label.from, top, label.to - label.from, 16);
                            if (label.isInside()) style = "on";
                        }
                        case "bracket" ->
                            path("bracket", "M", label.from, foot, "V", top + 17, "H", label.to, "V", foot);
                        default -> {
                            path("mark", "M", label.from, top + 4, "l 4 5 l -4 5 l -4 -5 Z");
                            style = "label";
                        }
                    }
                    text(style, label.start, top + 13, label.text);
                }
                y += rows * 18 + 4;
            }
        }
    }

    /** The style of a broker. Brokers 1 to 5 have colours of their own. */
    private static String colour(int broker) {
        return broker < 0 ? "none" : "b" + broker % COLOURS.size();
    }

    /** For a light and for a dark page. Can be told apart also by those who do not see red or green. */
    private static final List<List<String>> COLOURS = List.of(
            List.of("#6b5a4d", "#bfae9f"),
            List.of("#0067b1", "#58b0f5"),
            List.of("#d97a00", "#f5a030"),
            List.of("#008066", "#30c9a3"),
            List.of("#9a4fb3", "#d493ea"),
            List.of("#4bb3d8", "#a5e0f7"));

    private static final String STYLE = """

            svg{font:14px Helvetica,Arial,'Liberation Sans',sans-serif;background:#fff}
            :root{width:100%;max-width:1400px;height:auto}
            text{fill:#333}.end{text-anchor:end}.middle{text-anchor:middle}
            .title,.bold{fill:#111;font-weight:bold}.title{font-size:22px}
            .small{font-size:12px;fill:#555}.cell,.label,.alarm,.on{font-size:13px}
            .alarm,.on{font-weight:bold}.alarm{fill:#a3172b}.on{fill:#fff}
            .paper{fill:#fff}.grid{stroke:#e2e2e2;fill:none}.away{fill:#c2255c;fill-opacity:.09}
            .fault,.bad,.hatch{fill:#b3203a}.good{fill:#00704f}.open{fill:#8a5a00}
            .flow{fill-opacity:.3;stroke-width:1.6}.area{fill-opacity:.6}.bar{fill-opacity:.3}
            .read{fill:none;stroke:#111;stroke-width:1.4;stroke-dasharray:1.5 3}
            .bracket{stroke:#a3172b;stroke-width:1.5;fill:none}.mark{fill:#333}
            .change{stroke:#333;stroke-dasharray:5 3;fill:none}
            .p50,.p99{fill:none;stroke:#555;stroke-width:1.7}.p99{stroke:#a33ea1}
            .none{fill:#bbb;stop-color:#bbb}.reads{fill:#777}
            .idle{fill:none;stroke:#777;stroke-dasharray:3 2}
            """ + colours(0) + """

                    @media screen and (prefers-color-scheme:dark){
                    svg{background:#0d1117}text{fill:#c9d1d9}
                    .title,.bold{fill:#f0f6fc}.small{fill:#a3adb8}.alarm{fill:#ff8a9c}.on{fill:#fff}
                    .paper{fill:#0d1117}.grid{stroke:#272e38}.away{fill-opacity:.25}
                    .read{stroke:#f0f6fc}
                    .hatch{fill:#ff8a9c}.bracket{stroke:#ff8a9c}.change{stroke:#c9d1d9}.mark{fill:#c9d1d9}
                    .p50{stroke:#b0b8c0}.p99{stroke:#e28ae0}.none{fill:#555;stop-color:#555}
                    """ + colours(1) + "}\n";

    private static String colours(int scheme) {
        var rules = new StringBuilder();
        for (int i = 0; i < COLOURS.size(); i++)
            rules.append(".b%d{fill:%2$s;stop-color:%2$s}"
                    .formatted(i, COLOURS.get(i).get(scheme)));
        return rules.toString();
    }

    // ---- tables, for the picture, the page and the summary ----

    /** A table of texts. All rows are as long as the head. */
    record Table(String caption, List<String> head, List<List<String>> rows) {
        Table(String caption, String... head) {
            this(caption, List.of(head), new ArrayList<>());
        }

        void add(String... row) {
            rows.add(List.of(row));
        }

        /** The table with at most so many rows. The caption says how many are left out. */
        Table first(int limit) {
            if (rows.size() <= limit) return this;
            String leftOut = "%s (the first %,d of %,d)".formatted(caption, limit, rows.size());
            return new Table(leftOut, head, rows.subList(0, limit));
        }
    }

    /** A row for each trial. */
    private static Table overview(Map<Trial, String> names) {
        var counts = List.of("acknowledged", "unknown", "lost", "duplicates", "reordered");
        var head = new ArrayList<String>(counts);
        head.add(0, "trial");
        head.addAll(List.of("longest pause", "verdict"));
        var table = new Table("Trials", head, new ArrayList<>());
        names.forEach((trial, name) -> {
            var row = new ArrayList<>(List.of(name));
            for (String count : counts) row.add(trial.knows(count) ? forPeople(trial.number(count)) : "?");
            var longest = trial.pauses.values().stream().mapToDouble(Pause::ms).max();
            row.add(longest.isPresent() ? seconds(longest.getAsDouble()) : "?");
            row.add(trial.verdict());
            table.rows.add(row);
        });
        return table;
    }

    private static Table pauses(Trial trial, List<Integer> partitions) {
        String head = "partition,no acknowledgement for,from,to,nothing read for,from,to";
        var table = new Table("The longest pauses", head.split(","));
        for (int partition : partitions) {
            var row = new ArrayList<>(List.of(partition + ""));
            for (var pauses : List.of(trial.pauses, trial.readPauses)) {
                Pause pause = pauses.get(partition);
                if (pause == null) row.addAll(List.of("?", "", ""));
                else row.addAll(List.of(seconds(pause.ms), seconds(pause.from), seconds(pause.to)));
            }
            table.rows.add(row);
        }
        return table;
    }

    private static Table settings(Trial trial) {
        var header = new JsonObject(trial.header);
        header.keySet().removeAll(List.of("type", "ms", "title", "observation", "leaders", "in_sync"));
        var table = new Table("Settings and versions", "setting", "value");
        flat("", header).forEach((name, value) -> table.add(name, value));
        return table;
    }

    /** A list of objects, or an object of objects, as a table. A value of an object is a cell. */
    private static Table table(String caption, Object json) {
        var rows = new ArrayList<Map<String, String>>();
        for (JsonObject object : objects(json)) rows.add(flat("", object));
        if (json instanceof JsonObject named)
            named.forEach((name, value) -> {
                var row = new LinkedHashMap<>(Map.of("", name));
                row.putAll(flat("", value));
                if (value != null) rows.add(row);
            });
        var columns = new LinkedHashSet<String>();
        for (var row : rows) columns.addAll(row.keySet());
        var table = new Table(caption, List.copyOf(columns), new ArrayList<>());
        for (var row : rows)
            table.rows.add(
                    columns.stream().map(column -> row.getOrDefault(column, "")).toList());
        return table;
    }

    /** The values in an object, and in the objects in it. The names of these go into the names of the values. */
    private static Map<String, String> flat(String name, Object json) {
        var flat = new LinkedHashMap<String, String>();
        if (json instanceof JsonObject object)
            object.forEach((key, value) -> flat.putAll(flat((name + " " + key.replace('_', ' ')).strip(), value)));
        else flat.put(name, SECRET.matcher(name).find() ? "[hidden]" : forPeople(json));
        return flat;
    }

    /** Names of settings whose values are nobody's business. */
    private static final Pattern SECRET = Pattern.compile("(?i)password|secret|jaas|token|credential|keystore[. ]key");

    // ---- the page: the picture, and all numbers as tables ----

    private static String page(List<Trial> trials) {
        var page = new StringBuilder("<!doctype html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n");
        page.append("<meta name='viewport' content='width=device-width'>\n");
        page.append(markup("<title>%s</title>\n", title(trials)));
        page.append("<style>" + STYLE + PAGE_STYLE + "</style>\n</head>\n<body>\n");
        page.append(picture(trials).svg(""));
        names(trials).forEach((trial, name) -> {
            if (trials.size() > 1) {
                page.append(markup("<h1>%s</h1>\n", name));
                String id = "t" + page.length(); // different for each trial
                page.append(single(trial, id).svg(""));
            }
            addTrial(page, trial);
        });
        return page.append("</body>\n</html>\n").toString();
    }

    private static void addTrial(StringBuilder page, Trial trial) {
        JsonObject verdict = trial.verdict;
        page.append(markup("<h2>Verdict: %s</h2>\n", trial.verdict()) + paragraph(trial.text("observation")));
        page.append(html(table("What was claimed", verdict.get("claims"))));
        page.append(html(table("What became of the records", verdict.get("crossed"))));
        page.append(paragraph(trial.lostIds()));
        for (JsonObject outage : objects(verdict.get("outages"))) {
            var times = new ArrayList<String>();
            flat("", outage).forEach((name, ms) -> {
                if (name.endsWith(" ms")) times.add(name.replace(" ms", " ") + ms);
            });
            String node = outage.getString("name", broker(outage.getInt("broker", -1)));
            String caption = capitalized(node) + ", in ms since the start: " + joined(times);
            page.append(html(table(caption, outage.get("partitions"))));
        }
        List<Integer> shown = trial.worst(MOST_ROWS);
        page.append(html(pauses(trial, shown)) + paragraph(trial.leftOut(shown.size())));
        page.append(html(table("Latency from send to acknowledgement, in ms", verdict.get("latency_ms"))));
        page.append(html(settings(trial)));
        var events = new Table("Events", "time", "what happened");
        for (Event event : trial.events) events.add(seconds(event.ms), event.text);
        page.append(html(events));
    }

    private static String paragraph(String text) {
        return text.isEmpty() ? "" : markup("<p>%s</p>\n", text);
    }

    /** In a table of a page. */
    private static final int MOST_ROWS = 1_000;

    private static String html(Table full) {
        if (full.rows.isEmpty()) return "";
        Table table = full.first(MOST_ROWS);
        var html = new StringBuilder(markup("<table>\n<caption>%s</caption>\n<tr>", table.caption));
        for (String name : table.head) html.append(markup("<th>%s</th>", name));
        for (var row : table.rows) {
            html.append("</tr>\n<tr>");
            for (String cell : row) html.append(markup("<td>%s</td>", cell));
        }
        return html.append("</tr>\n</table>\n").toString();
    }

    private static final String PAGE_STYLE = """
            body{max-width:1100px;margin:16px auto;padding:0 16px;color:#222;background:#fff;
            font:15px/1.45 Helvetica,Arial,'Liberation Sans',sans-serif}
            body svg{width:100%;height:auto}:root{max-width:none}h1,h2{margin:1.6em 0 .3em}
            svg,tr{break-inside:avoid}caption{white-space:nowrap}
            table{border-collapse:collapse;margin:1.2em 0}td{overflow-wrap:anywhere}
            caption{text-align:left;font-weight:bold;padding:.3em 0}
            th,td{text-align:left;vertical-align:top;padding:.2em 1.2em .2em 0;
            border-bottom:1px solid #e2e2e2;font-variant-numeric:tabular-nums}
            @media screen and (prefers-color-scheme:dark){body{color:#c9d1d9;background:#0d1117}
            th,td{border-color:#272e38}}
            """;

    // ---- the summary in Markdown: for a pull request, or for the job summary of GitHub Actions ----

    private static String summary(List<Trial> trials) {
        Map<Trial, String> names = names(trials);
        int partitions = trials.size() == 1 ? MOST_STRIPS : 2;
        var summary = new StringBuilder(markdown("## %s\n\n", title(trials)));
        summary.append(markdown("%s\n\n", trials.size() == 1 ? trials.get(0).about() : commonTraits(trials)));
        summary.append(markdown(claims("What does not hold, or could not be observed", names, false)));
        summary.append(markdown(overview(names)));
        names.forEach((trial, name) -> {
            List<Integer> shown = trial.worst(partitions);
            Table pauses = pauses(trial, shown);
            summary.append(markdown(new Table(pauses.caption + ": " + name, pauses.head, pauses.rows)));
            for (String more : List.of(trial.leftOut(shown.size()), trial.lostIds()))
                if (!more.isEmpty()) summary.append(markdown("%s\n\n", more));
        });
        summary.append(markdown(claims("What holds", names, true)));
        return summary.append(markdown("%s\n", trials.get(0).origin())).toString();
    }

    /** The claims that hold, or those that do not: a FAIL comes before what could not be observed. */
    private static Table claims(String caption, Map<Trial, String> names, boolean holding) {
        var table = new Table(caption, "verdict", "trial", "claim", "evidence");
        names.forEach((trial, name) -> {
            for (Claim claim : cases(trial))
                if (claim.holds() == holding) table.add(claim.verdict, name, claim.text, claim.evidence);
        });
        table.rows.sort(Comparator.comparing(row -> !row.get(0).equals("FAIL")));
        return table;
    }

    private static String markdown(Table full) {
        if (full.rows.isEmpty()) return "";
        Table table = full.first(60); // a comment on GitHub takes 65,536 characters
        var text = new StringBuilder(markdown("**%s**\n\n", table.caption));
        var lines = new ArrayList<List<String>>(table.rows);
        lines.add(0, table.head);
        lines.add(1, Collections.nCopies(table.head.size(), null));
        for (var line : lines) {
            for (String cell : line) text.append(cell == null ? "|---" : markdown("| %s ", shortened(cell, 300)));
            text.append("|\n");
        }
        return text.append('\n').toString();
    }

    /** Fills in texts. No character in them is read as Markdown, and no name notifies somebody on GitHub. */
    private static String markdown(String format, Object... values) {
        return format.formatted(Stream.of(values)
                .map(value -> printable(value.toString())
                        .replaceAll("[\\\\`*_\\[\\]#~$]", "\\\\$0")
                        .replace("&", "&amp;")
                        .replace("<", "&lt;")
                        .replace(">", "&gt;")
                        .replace("|", "&#124;")
                        .replace("@", "@\u2060"))
                .toArray());
    }

    // ---- JUnit's format: a test suite for each trial, a test case for each claim ----

    private static String junit(List<Trial> trials) {
        var suites = new StringBuilder();
        var all = new ArrayList<Claim>();
        double seconds = 0;
        // All traits are in the names, so that a CI server finds the same names in the next run.
        for (var named : names(trials, trait -> true).entrySet()) {
            Trial trial = named.getKey();
            suites.append(suite(trial, named.getValue()));
            all.addAll(cases(trial));
            seconds += trial.length();
        }
        return "<?xml version='1.0' encoding='UTF-8'?>\n"
                + markup("<testsuites name='%s' ", title(trials))
                + counts(all, seconds)
                + ">\n"
                + suites
                + "</testsuites>\n";
    }

    private static String suite(Trial trial, String name) {
        List<Claim> cases = cases(trial);
        String started = trial.text("started").replaceFirst("(?<=^.{19}).*", "");
        var suite = new StringBuilder(markup("<testsuite name='%s' hostname='localhost' skipped='0' ", name));
        if (started.matches("\\d{4}(-\\d\\d){2}T\\d\\d(:\\d\\d){2}")) suite.append("timestamp='" + started + "' ");
        suite.append(counts(cases, trial.length()) + ">\n<properties>\n");
        for (var row : settings(trial).rows)
            suite.append(markup("<property name='%s' value='%s'/>\n", row.get(0), row.get(1)));
        suite.append("</properties>\n");
        // Many readers show a suite's time as the sum of its cases' times: each case has an equal share of it.
        String share = "%.3f".formatted(trial.length() / cases.size());
        String className = "failover." + name.replace('.', '_'); // a dot would end the name of a package
        for (Claim claim : cases) {
            String open = "<testcase classname='%s' name='%s' time='%s'>";
            suite.append(markup(open, className, claim.text, share));
            String element = claim.holds() ? "system-out" : claim.verdict.equals("FAIL") ? "failure" : "error";
            String reason = claim.holds() ? "" : " type='%s' message='%s'";
            suite.append("<" + element + markup(reason, claim.verdict, claim.evidence) + ">");
            suite.append(markup("%s: %s\n%s\n", claim.verdict, claim.text, claim.evidence));
            suite.append("</" + element + "></testcase>\n");
        }
        suite.append(markup("<system-out>%s\n%s\n%s\n", trial.title(), trial.numbers(), trial.lostIds()));
        return suite.append("</system-out>\n</testsuite>\n").toString();
    }

    private static String counts(List<Claim> cases, double seconds) {
        long failures =
                cases.stream().filter(claim -> claim.verdict.equals("FAIL")).count();
        long errors = cases.stream().filter(claim -> !claim.holds()).count() - failures;
        return "tests='%d' failures='%d' errors='%d' time='%.3f'".formatted(cases.size(), failures, errors, seconds);
    }

    /** The claims. If none of them explains the verdict, the trial as a whole is a case, too: no failure gets lost. */
    private static List<Claim> cases(Trial trial) {
        var cases = new ArrayList<>(trial.claims);
        if (cases.stream().noneMatch(claim -> claim.verdict.equals(trial.verdict())))
            cases.add(new Claim(trial.verdict(), "the trial as a whole", trial.title()));
        return cases;
    }

    // ---- files: read whole, written whole ----

    /** All trials of a run. A run that is cut off proves nothing, and is refused. */
    private static List<Trial> read(Path file) {
        var trials = new ArrayList<Trial>();
        Trial open = null;
        int lineNumber = 0;
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            for (String text = lines.readLine(); text != null; text = lines.readLine()) {
                lineNumber++;
                JsonObject line = JsonParser.object().from(text);
                String type = line.getString("type", "");
                if (type.equals("trial")) {
                    if (open != null) throw new Broken("begins a trial before the last one's verdict");
                    open = new Trial(line, (int) number(line, "partitions", 1, 1_000_000));
                } else if (List.of("event", "flow", "verdict").contains(type)) {
                    if (open == null) throw new Broken("comes before any trial");
                    double ms = number(line, "ms", 0, 604_800_000); // a week
                    if (type.equals("event")) open.events.add(Event.of(line, ms));
                    if (type.equals("flow"))
                        open.add((int) number(line, "partition", 0, open.partitions - 1), cell(line, ms));
                    if (!type.equals("verdict")) continue;
                    if (line.getString("verdict", "").isBlank()) throw new Broken("has no verdict");
                    open.conclude(line);
                    trials.add(open);
                    open = null;
                }
            }
        } catch (JsonParserException | StackOverflowError notJson) {
            String text = "%s, line %d is not JSON: cut off, broken, or not the events of a run. %s";
            throw new Failure(1, text, file, lineNumber, ANEW);
        } catch (Broken broken) {
            throw new Failure(1, "%s, line %d %s. %s", file, lineNumber, broken.getMessage(), ANEW);
        } catch (CharacterCodingException binary) {
            throw new Failure(1, "%s is not text, so not the events of a run. %s", file, ANEW);
        } catch (IOException error) {
            throw new Failure(2, "Cannot read %s: %s.", file, reason(error));
        }
        if (open != null) {
            String text = "%s is cut off after line %d: trial %d has no verdict. %s";
            throw new Failure(1, text, file, lineNumber, trials.size() + 1, ANEW);
        }
        if (trials.isEmpty()) throw new Failure(1, "%s has no trial in it. %s", file, ANEW);
        return trials;
    }

    private static final String ANEW = "Record a run: jbang failover.java --events RUN.jsonl";

    private static Cell cell(JsonObject flow, double ms) {
        double acknowledged = number(flow, "acknowledged", 0, 1e9);
        double lost = flow.isNumber("lost") ? number(flow, "lost", 0, acknowledged) : 0;
        double read = number(flow, "read", 0, 1e9);
        double p50 = flow.getDouble("p50_ms", Double.NaN);
        return new Cell(ms, acknowledged, lost, read, p50, flow.getDouble("p99_ms", Double.NaN));
    }

    private static double number(JsonObject line, String name, double least, double most) {
        double number = line.getDouble(name, Double.NaN);
        if (number >= least && number <= most) return number;
        String found = shortened(printable(forPeople(line.get(name))), 60);
        throw new Broken(
                "should have %s from %s to %s, not '%s'".formatted(name, forPeople(least), forPeople(most), found));
    }

    /** Refuses a file that cannot be written, before anything is done. */
    private void check(Path output) {
        Format.of(output);
        Path file = output.toAbsolutePath().normalize();
        String why = null;
        if (file.equals(run.toAbsolutePath().normalize())) why = "the events are in it. Another name: -o FILE";
        else if (Files.isDirectory(file)) why = "it is a directory";
        else if (!Files.isDirectory(file.getParent())) why = "there is no directory " + file.getParent();
        else if (!Files.isWritable(file.getParent())) why = "no permission to write in " + file.getParent();
        if (why != null) throw new Failure(2, "Cannot write %s: %s.", output, why);
    }

    /** Writes beside the file and then moves: the file has the whole text, or is as before. */
    private static void write(Path file, String text) {
        Path part = file.resolveSibling(
                "." + file.getFileName() + "." + ProcessHandle.current().pid());
        try {
            Files.writeString(part, text);
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException error) {
            part.toFile().delete();
            throw new Failure(2, "Cannot write %s: %s.", file, reason(error));
        }
    }

    private static String reason(IOException error) {
        if (error instanceof NoSuchFileException) return "no such file or directory";
        if (error instanceof AccessDeniedException) return "permission denied";
        return error.getMessage();
    }

    // ---- helpers ----

    private static List<Integer> integers(Object json) {
        if (!(json instanceof JsonArray array)) return List.of();
        return IntStream.range(0, array.size()).mapToObj(array::getInt).sorted().toList();
    }

    private static List<JsonObject> objects(Object json) {
        if (!(json instanceof JsonArray array)) return List.of();
        return array.stream()
                .filter(JsonObject.class::isInstance)
                .map(JsonObject.class::cast)
                .toList();
    }

    /** The least of these steps, times a power of ten, that is not below the value. */
    private static double roundUp(double value, double... steps) {
        for (double power = Math.pow(10, Math.floor(Math.log10(value))); ; power *= 10)
            for (double step : steps) if (step * power >= value * 0.999) return step * power;
    }

    /** Fills numbers and texts into SVG, HTML or XML. Texts are escaped. */
    private static String markup(String format, Object... values) {
        return format.formatted(Stream.of(values)
                .map(value -> value instanceof Double d ? decimal(d) : escaped(value.toString()))
                .toArray());
    }

    private static String escaped(String text) {
        return printable(text)
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("'", "&#39;")
                .replace("\"", "&quot;");
    }

    /** The text in one line, without passwords, and without characters that steer a terminal or turn a text round. */
    private static String printable(String text) {
        String shown = text.indexOf('=') < 0 ? text : Script.hidden(text);
        return STEERING.matcher(shown.replaceAll("[\t\r\n]+", " ")).replaceAll("\ufffd");
    }

    /** Control characters, halves of surrogate pairs, marks of direction, and two characters that XML forbids. */
    private static final Pattern STEERING =
            Pattern.compile("[\\p{Cc}\\p{Cs}\\x{202a}-\\x{202e}\\x{2066}-\\x{2069}\\x{fffe}\\x{ffff}]");

    private static String shortened(String text, int length) {
        return text.length() <= length ? text : text.substring(0, length - 1) + "\u2026";
    }

    /** The text, cut so that it is not wider than the room. */
    private static String fit(String text, double room, double size) {
        String cut = text;
        for (int length = text.length(); width(cut, size) > room && length > 0; length--)
            cut = text.substring(0, length - 1).stripTrailing() + "\u2026";
        return cut;
    }

    /** How wide a text is, at most, in the usual fonts without serifs. A short one may be bold. */
    private static double width(String text, double size) {
        return size * text.codePoints().mapToDouble(report::width).sum();
    }

    private static double width(int character) {
        if (character > 0x2e80) return 1.3;
        if (character > 0x17f) return 1;
        if ("ijl.,:;'|!()[]frt I".indexOf(character) >= 0) return 0.4;
        if ("mwMW@%".indexOf(character) >= 0) return 1;
        return Character.isUpperCase(character) ? 0.75 : 0.62;
    }

    /** At most one decimal, as SVG takes it. */
    private static String decimal(double value) {
        return new DecimalFormat("0.#").format(value);
    }

    private static String seconds(double ms) {
        return (Math.abs(ms) < 1_000 ? "%.2f s" : "%,.1f s").formatted(ms / 1_000);
    }

    /** A latency, in the unit that suits it. */
    private static String onAxis(double ms) {
        if (ms < 0.1) return decimal(ms * 1_000) + " \u00b5s";
        return ms < 1_000 ? decimal(ms) + " ms" : decimal(ms / 1_000) + " s";
    }

    private static String broker(int id) {
        return id < 0 ? "none" : "broker " + id;
    }

    private static String lostRecords(long lost) {
        return forPeople(lost) + (lost == 1 ? " acknowledged record lost" : " acknowledged records lost");
    }

    /** Such as: partitions 0-3, 7. */
    private static String partitions(Collection<Integer> numbers) {
        String ranges = ranges(new TreeSet<>(numbers));
        if (ranges.split(",").length > 4) return numbers.size() + " partitions";
        return (numbers.size() == 1 ? "partition " : "partitions ") + ranges;
    }

    /** Such as: 0-3, 7, 8. */
    private static String ranges(Collection<Integer> sortedNumbers) {
        var sorted = new ArrayList<>(sortedNumbers);
        var ranges = new ArrayList<String>();
        for (int i = 0, next; i < sorted.size(); i = next) {
            for (next = i + 1; next < sorted.size(); next++) if (sorted.get(next) != sorted.get(i) + next - i) break;
            String upTo = next == i + 1 ? "" : (next == i + 2 ? ", " : "-") + sorted.get(next - 1);
            ranges.add(sorted.get(i) + upTo);
        }
        return String.join(", ", ranges);
    }

    private static String and(Collection<?> several) {
        return joined(several).replaceFirst(", (?=[^,]*$)", " and ");
    }

    private static String joined(Collection<?> several) {
        return several.stream().map(report::forPeople).collect(Collectors.joining(", "));
    }

    private static String dotted(List<String> several) {
        return several.stream().filter(text -> !text.isBlank()).collect(Collectors.joining(" \u00b7 "));
    }

    private static String capitalized(String text) {
        return text.isEmpty() ? text : text.substring(0, 1).toUpperCase() + text.substring(1);
    }

    private static String forPeople(Object value) {
        if (value instanceof Collection<?> several) return joined(several);
        if (value instanceof Number number) return new DecimalFormat("#,##0.##").format(number);
        return value == null ? "" : value.toString();
    }

    /** A line of the events that is wrong: how. */
    static class Broken extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Broken(String how) {
            super(how);
        }
    }

    // ---- Script: the same lines in every script ----

    /** How a script runs, prints and ends: exit status, error messages, colours, the window, Ctrl-C. */
    static class Script {
        private static final CountDownLatch STOP = new CountDownLatch(1);
        private static volatile boolean outputClosed;
        private static volatile FutureTask<int[]> window = lookAtWindow();

        /** True while the script puts back what it broke. Then Ctrl-C waits longer than 3 s. */
        static volatile boolean mending;

        /** Runs the script's command and exits with its status. Numbers and text are the same in every locale. */
        static void run(Callable<Integer> script, String... args) {
            Locale.setDefault(Locale.ROOT);
            System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8));
            // Java reads a letter as U+FFFD where the locale has only ASCII.
            if (String.join("", args).contains("\ufffd"))
                System.exit(complain(2, "An argument has letters that this locale does not know: set LC_ALL=C.UTF-8."));
            Thread main = Thread.currentThread();
            for (String signal : List.of("INT", "TERM", "HUP")) onSignal(signal, () -> stop(main));
            onSignal("WINCH", () -> window = lookAtWindow());
            int status = new CommandLine(script)
                    .setColorScheme(CommandLine.Help.defaultColorScheme(ansi()))
                    .setParameterExceptionHandler((error, given) -> complain(
                            2, sentence(error.getMessage().replace("option option", "option")) + " Try --help."))
                    .setExecutionExceptionHandler((error, command, parsed) -> failed(error))
                    .execute(args);
            System.exit(outputClosed ? 1 : status);
        }

        /** An expected error is one line. Any other error is a defect of the script: it shows its stack trace. */
        private static int failed(Exception error) throws Exception {
            if (error instanceof Failure failure) return complain(failure.exitStatus, failure.getMessage());
            boolean ofKafka = error.getClass().getName().startsWith("org.apache.kafka.");
            if (stopping() && (ofKafka || error instanceof InterruptedException)) return complain(130, "Interrupted.");
            if (ofKafka) return complain(1, oneLine(error));
            throw error;
        }

        private static void onSignal(String name, Runnable action) {
            try {
                sun.misc.Signal.handle(new sun.misc.Signal(name), signal -> action.run());
            } catch (IllegalArgumentException notOnThisSystem) {
                // Windows has no HUP and no WINCH
            }
        }

        /** The first signal asks the script to end in good order, within 3 s. The second ends it at once. */
        private static void stop(Thread main) {
            if (stopping()) Runtime.getRuntime().halt(130);
            STOP.countDown();
            inBackground(() -> {
                while (mending) LockSupport.parkNanos(50_000_000L);
                LockSupport.parkNanos(2_200_000_000L);
                main.interrupt(); // it may be waiting for a cluster that does not answer
                LockSupport.parkNanos(600_000_000L);
                Runtime.getRuntime().halt(130);
            });
        }

        /** Whether the script was asked to stop. */
        static boolean stopping() {
            return STOP.getCount() == 0;
        }

        /** Waits so many ns. Ends early, and returns true, when the script is asked to stop. */
        static boolean stopsWithin(long nanos) {
            try {
                return STOP.await(nanos, TimeUnit.NANOSECONDS);
            } catch (InterruptedException hurry) {
                return true;
            }
        }

        /** Runs the work in a thread that does not keep the script alive, and ends with an exception unnoticed. */
        static void inBackground(Runnable work) {
            var thread = new Thread(work);
            thread.setDaemon(true);
            thread.setUncaughtExceptionHandler((ended, why) -> {}); // such as a client that was closed meanwhile
            thread.start();
        }

        /** Prints a line. Only the format may have picocli's markup for colours: the values are shown as they are. */
        static void say(String format, Object... values) {
            print(text(format, values));
        }

        static String text(String format, Object... values) {
            return String.format(Locale.ROOT, ansi().string(format), values);
        }

        /** Prints a line that a terminal cuts to its window: the record's end gives way, the text behind it does not. */
        static void show(String head, String record, String behind) {
            int room = Math.max(16, columns() - Ansi.OFF.string(head).length() - behind.length());
            boolean cut = columns() > 0 && record.length() > room;
            print(ansi().string(head) + (cut ? record.substring(0, room - 1) + "\u2026" : record) + behind);
        }

        /** Prints whole lines. Returns false, and asks the script to stop, when nobody reads them. */
        static boolean print(String lines) {
            System.out.println(lines);
            if (!System.out.checkError()) return true;
            if (!outputClosed) complain("Standard output was closed.");
            outputClosed = true;
            STOP.countDown();
            return false;
        }

        /** Prints a line on standard error. */
        static void complain(String format, Object... values) {
            System.err.println(hidden(String.format(Locale.ROOT, format, values)));
        }

        private static int complain(int exitStatus, String message) {
            complain("%s", message);
            return exitStatus;
        }

        /** What went wrong, without the exceptions that it is wrapped in. */
        static String oneLine(Throwable error) {
            Throwable root = rootOf(error);
            String message = root.getMessage() == null ? root.toString() : root.getMessage();
            if (root instanceof NoSuchFileException) message = "there is no file " + message;
            if (root instanceof ClassNotFoundException) message = "there is no class " + message;
            return sentence(message);
        }

        private static String sentence(String text) {
            return text.replaceAll("\\s+", " ").replaceFirst("[.]?$", ".");
        }

        static Throwable rootOf(Throwable error) {
            return error.getCause() == null ? error : rootOf(error.getCause());
        }

        /** The text without passwords. */
        static String hidden(String text) {
            String secret = "(sasl\\.jaas\\.config|password|passphrase|secret|token|keystore\\.key)";
            return text.replaceAll("(?is)(" + secret + "\\S*?\\s*=\\s*)\\S.*", "$1[hidden]")
                    .replaceAll("'[^']*' in JAAS", "[hidden] in JAAS");
        }

        /** The columns of the terminal's window; 0 where standard output is no terminal. */
        static int columns() {
            return window(1);
        }

        /** The rows of the terminal's window; 0 where standard output is no terminal. */
        static int rows() {
            return window(0);
        }

        private static int window(int index) {
            try {
                return window.get()[index];
            } catch (InterruptedException | ExecutionException notKnown) {
                return 0;
            }
        }

        /** In the background, as asking the terminal takes 30 ms. */
        private static FutureTask<int[]> lookAtWindow() {
            var look = new FutureTask<>(() -> {
                try {
                    var stty = new ProcessBuilder("sh", "-c", "test -t 1 && stty size </dev/tty >&2")
                            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                            .start();
                    String size = new String(stty.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
                    String[] numbers = size.strip().split(" ");
                    return new int[] {Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1])};
                } catch (IOException | RuntimeException noTerminal) {
                    return new int[] {0, 0}; // to throw would cost 1 µs in each call, and so for each record
                }
            });
            inBackground(look);
            return look;
        }

        /** Colours: only on a terminal that can, never with NO_COLOR, always with CLICOLOR_FORCE. */
        static Ansi ansi() {
            Map<String, String> variables = System.getenv();
            boolean never = !variables.getOrDefault("NO_COLOR", "").isEmpty();
            boolean always = !Set.of("", "0").contains(variables.getOrDefault("CLICOLOR_FORCE", ""));
            return !never && (always || canRedraw()) ? Ansi.ON : Ansi.OFF;
        }

        /** Whether a picture can be drawn again in its place. */
        static boolean canRedraw() {
            return columns() > 0 && !"dumb".equals(System.getenv("TERM"));
        }
    }

    /** An error for the user: one line that names the cause and the next step, and an exit status. */
    static class Failure extends RuntimeException {
        private static final long serialVersionUID = 1L;
        final int exitStatus;

        Failure(int exitStatus, String format, Object... values) {
            super(String.format(Locale.ROOT, format, values));
            this.exitStatus = exitStatus;
        }
    }
}
