///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Draws the picture of a run: what happened to a broker, and what became of the records
//JAVA 17+
//DEPS info.picocli:picocli:4.7.7
//DEPS com.grack:nanojson:1.10
//COMPILE_OPTIONS -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.BufferedReader;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Draws what {@code jbang failover.java --events RUN.jsonl} has written, into one file that needs
 * no other.
 *
 * <pre>jbang report.java RUN.jsonl -o RUN.html</pre>
 *
 * <p>From the top down, over one axis of time: when a broker was away and when a leader changed;
 * for each partition what was acknowledged and read, in the colour of the broker that led it; how
 * long an acknowledgement took; who led and who was in sync; who read what. A run of several trials
 * becomes one strip for each of them, and a table.
 */
@Command(
        name = "report",
        mixinStandardHelpOptions = true,
        version = "report 1.0.0",
        sortOptions = false,
        header = "Draws the picture of a run from its events.%n",
        footer = {
            "",
            "The events come from: jbang failover.java --events RUN.jsonl",
            "Exit status: 0 drawn, 1 the events are broken or cut off, 2 wrong usage, or",
            "a file that cannot be read or written."
        })
class report implements Callable<Integer> {
    public static void main(String... args) {
        System.exit(commandLine(new report()).execute(args));
    }

    @Parameters(paramLabel = "RUN.jsonl", description = "The events of a run.")
    Path run;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "The picture: .svg, or .html for the picture with the claims, settings and"
                    + " versions as tables (default: RUN.svg beside the events).")
    Path output;

    // ---- the story ----

    @Override
    public Integer call() {
        Path file = output != null ? output : besideTheEvents();
        String name = file.toString().toLowerCase(Locale.ROOT);
        if (!name.endsWith(".svg") && !name.endsWith(".html"))
            throw new Failure(2, "The picture's name ends in .svg or .html, not '%s'.", file);
        List<Trial> trials = read(run);
        write(file, name.endsWith(".svg") ? picture(trials).svg(STYLE) : page(trials));
        System.out.println(file + ": " + title(trials));
        return 0;
    }

    private Path besideTheEvents() {
        String name = run.toAbsolutePath().normalize().getFileName() + "";
        return run.resolveSibling(name.replaceFirst("(?<=.)[.][^.]*$", "") + ".svg");
    }

    private static Drawing picture(List<Trial> trials) {
        return trials.size() == 1 ? single(trials.get(0), "") : comparison(trials);
    }

    /** All there is to see of one trial. */
    private static Drawing single(Trial trial, String id) {
        var drawing = new Drawing(id, trial.title(), trial.description(), trial.end);
        drawing.paragraph("title", trial.title(), 3);
        drawing.paragraph("", trial.about(), 2);
        drawing.verdict(trial.verdict(), trial.numbers());
        drawing.legend(List.of(trial));
        List<Integer> shown = trial.worst(12);
        drawing.beginPlot();
        drawing.outages(trial);
        drawing.changes(trial);
        for (int partition : shown) drawing.strip(trial, partition, shown.size());
        drawing.latency(trial);
        drawing.leaders(trial, shown);
        drawing.consumers(trial);
        drawing.endPlot(trial);
        if (shown.size() < trial.partitions)
            drawing.paragraph("", "These are the 12 partitions with the longest pauses.", 1);
        drawing.paragraph("small", trial.origin(), 2);
        return drawing;
    }

    /** Of several trials the strips, over axes of the same length, and a table. */
    private static Drawing comparison(List<Trial> trials) {
        double end = trials.stream().mapToDouble(it -> it.end).max().orElseThrow();
        Map<Trial, String> names = names(trials);
        var description = new StringBuilder();
        names.forEach((it, name) -> description.append(name + ": " + it.description() + " "));
        var drawing = new Drawing("", title(trials), description.toString(), end);
        drawing.paragraph("title", title(trials), 3);
        drawing.paragraph("", traits(trials.get(0), it -> distinct(trials, it) == 1), 2);
        var rows = new ArrayList<>(List.of(COLUMNS));
        names.forEach((trial, name) -> rows.add(row(trial, name)));
        drawing.table(rows);
        drawing.legend(trials);
        names.forEach((trial, name) -> {
            drawing.y += 14;
            drawing.verdict(trial.verdict(), name);
            drawing.paragraph("", trial.title(), 2);
            drawing.beginPlot();
            drawing.outages(trial);
            int strips = trials.size() <= 4 ? 2 : 1;
            for (int partition : trial.worst(strips)) drawing.strip(trial, partition, 8);
            drawing.endPlot(trial);
        });
        drawing.paragraph("small", trials.get(0).origin(), 2);
        return drawing;
    }

    private static final List<String> COUNTS = List.of("acknowledged", "unknown", "lost", "duplicates", "reordered");

    private static final List<String> COLUMNS = Stream.of(List.of("trial"), COUNTS, List.of("longest pause", "verdict"))
            .flatMap(List::stream)
            .toList();

    private static List<String> row(Trial trial, String name) {
        var row = new ArrayList<>(List.of(name));
        for (String what : COUNTS) row.add(trial.knows(what) ? count(trial.number(what)) : "?");
        var pauses = trial.pauses.stream()
                .filter(it -> !it.ofReads)
                .mapToDouble(Pause::ms)
                .max();
        row.add(pauses.isPresent() ? seconds(pauses.getAsDouble()) : "?");
        row.add(trial.verdict());
        return row;
    }

    /** What happened, and how it ended. */
    private static String title(List<Trial> trials) {
        if (trials.size() == 1) return trials.get(0).title();
        var ends = new ArrayList<String>();
        long losing = trials.stream().filter(it -> it.number("lost") > 0).count();
        if (losing > 0) ends.add("records lost in " + losing + " of them");
        else if (trials.stream().allMatch(it -> it.knows("lost"))) ends.add("nothing lost");
        var verdicts = new LinkedHashMap<String, Integer>();
        for (Trial trial : trials) verdicts.merge(trial.verdict(), 1, Integer::sum);
        verdicts.forEach((verdict, times) -> ends.add(times + " " + verdict));
        return trials.size() + " trials: " + String.join(", ", ends);
    }

    /** Each trial by what sets it apart from the others, and those that nothing does by number. */
    private static Map<Trial, String> names(List<Trial> trials) {
        var names = new LinkedHashMap<Trial, String>();
        var runs = new HashMap<String, Integer>();
        for (Trial it : trials) names.put(it, traits(it, trait -> distinct(trials, trait) > 1));
        List<String> plain = List.copyOf(names.values());
        names.replaceAll((trial, name) -> {
            if (Collections.frequency(plain, name) == 1) return name;
            return (name + " run " + runs.merge(name, 1, Integer::sum)).strip();
        });
        return names;
    }

    private static long distinct(List<Trial> trials, Function<Trial, String> trait) {
        return trials.stream().map(trait).distinct().count();
    }

    private static String traits(Trial trial, Predicate<Function<Trial, String>> which) {
        var traits = Stream.<Function<Trial, String>>of(
                it -> it.header
                        .getString("title", "")
                        .replaceFirst("[:(].*", "")
                        .strip(),
                it -> it.header.getString("topic", ""),
                it -> it.header.getString("settings", ""),
                it -> it.header.getString("fault", ""));
        var texts =
                new ArrayList<>(traits.filter(which).map(it -> it.apply(trial)).toList());
        texts.removeIf(topic -> texts.contains("Topic " + topic)); // no need to say it twice
        return dotted(texts);
    }

    // ---- a trial, in numbers and in words; times are in ms since its start ----

    /** What 100 ms of a partition saw. A latency is NaN where it is not known. */
    record Cell(double ms, double acknowledged, double read, double p50, double p99) {}

    /** How long a partition had this leader (-1: none), and these in sync. */
    record State(double from, double to, int leader, List<Integer> inSync) {}

    /** The longest time of a partition without an acknowledgement, or without a read. */
    record Pause(int partition, boolean ofReads, double from, double to, double ms) {
        @Override
        public String toString() {
            return (ofReads ? "nothing read for " : "no acknowledgement for ") + seconds(ms);
        }
    }

    /** How long a broker was away. */
    record Outage(int broker, double from, double to, String text) {}

    /** One trial of the run. What its lines do not tell is unknown, and is not called 0. */
    static class Trial {
        final JsonObject header;
        final int partitions;
        final List<JsonObject> events = new ArrayList<>();
        final List<List<Cell>> cells = new ArrayList<>(); // by partition
        final List<Pause> pauses = new ArrayList<>();
        final List<Outage> outages = new ArrayList<>();
        JsonObject verdict;

        /** The last that happened. The audit of the log, which follows, is not in the picture. */
        double end = 1_000;

        Trial(JsonObject header, int partitions) {
            this.header = header;
            this.partitions = partitions;
            for (int i = 0; i < partitions; i++) cells.add(new ArrayList<>());
        }

        void conclude(JsonObject verdict) {
            this.verdict = verdict;
            events.sort(Comparator.comparingDouble(report::ms));
            for (JsonObject event : events) end = Math.max(end, ms(event));
            for (var its : cells) for (Cell cell : its) end = Math.max(end, cell.ms + 100);
            for (JsonObject fault : events("fault")) outages.add(outage(fault));
            for (JsonObject pause : objects(verdict.get("pauses")))
                for (String what : List.of("acknowledged", "read")) {
                    int partition = pause.getInt("partition", -1);
                    JsonObject its = pause.getObject(what, new JsonObject());
                    double ms = its.getDouble("ms", 0);
                    double from = Math.max(0, Math.min(end, its.getDouble("from_ms", 0)));
                    double to = Math.max(from, Math.min(end, its.getDouble("to_ms", from + ms)));
                    if (partition >= 0 && partition < partitions)
                        pauses.add(new Pause(partition, what.equals("read"), from, to, ms));
                }
        }

        private Outage outage(JsonObject fault) {
            int broker = fault.getInt("broker", -1);
            double from = ms(fault);
            for (JsonObject heal : events("heal")) {
                if (heal.getInt("broker", -1) != broker || ms(heal) < from) continue;
                String back = "broker %d %s, back after %s";
                String text = back.formatted(broker, harmed(), seconds(ms(heal) - from));
                return new Outage(broker, from, ms(heal), text);
            }
            return new Outage(broker, from, end, "broker %d %s".formatted(broker, harmed()));
        }

        private String harmed() {
            return switch (header.getString("fault", "")) {
                case "stop" -> "stopped";
                case "kill" -> "killed";
                case "pause" -> "frozen";
                case "disconnect" -> "cut off";
                default -> "away";
            };
        }

        List<JsonObject> events(String... kinds) {
            var wanted = List.of(kinds);
            return events.stream()
                    .filter(it -> wanted.contains(it.getString("kind", "")))
                    .toList();
        }

        List<State> states(int partition) {
            var states = new ArrayList<State>();
            double since = 0;
            int leader = header.getArray("leaders", new JsonArray()).getInt(partition, -1);
            Object first = header.getArray("in_sync", new JsonArray()).get(partition);
            List<Integer> inSync = integers(first);
            for (JsonObject event : events("leader", "in_sync")) {
                if (event.getInt("partition", -1) != partition) continue;
                if (ms(event) > since) states.add(new State(since, ms(event), leader, inSync));
                since = ms(event);
                if (event.has("leader")) leader = event.getInt("leader", -1);
                else inSync = integers(event.get("in_sync"));
            }
            if (since < end) states.add(new State(since, end, leader, inSync));
            return states;
        }

        /** The pauses worth a word: longer than the time between two records explains. */
        List<Pause> notable(boolean ofReads) {
            double least = leastNotable();
            return pauses.stream()
                    .filter(it -> it.ofReads == ofReads && it.ms >= least)
                    .toList();
        }

        /** A partition's longest first; and not its reads' if they only waited for the records. */
        List<Pause> worthABracket(int partition) {
            var brackets = new ArrayList<>(notable(false));
            brackets.removeIf(it -> it.partition != partition);
            double told = brackets.stream().mapToDouble(it -> it.ms * 1.2 + 200).sum();
            for (Pause it : notable(true)) if (it.partition == partition && it.ms > told) brackets.add(0, it);
            return brackets;
        }

        private double leastNotable() {
            return Math.max(100, 3 * msBetweenRecords());
        }

        /** Of a partition. */
        private double msBetweenRecords() {
            return 1_000.0 * partitions / Math.max(0.001, header.getDouble("rate", 1e9));
        }

        /** At most so many partitions: those with the longest pauses. */
        List<Integer> worst(int limit) {
            var longest = new double[partitions];
            for (Pause it : pauses) longest[it.partition] = Math.max(longest[it.partition], it.ms);
            Comparator<Integer> byPause = Comparator.comparingDouble(it -> -longest[it]);
            var all = IntStream.range(0, partitions).boxed();
            return all.sorted(byPause).limit(limit).sorted().toList();
        }

        /** The width of a column: at most 180 of them, and three records in each if possible. */
        double column(double end) {
            double records = Math.min(3 * msBetweenRecords(), 2_000);
            return roundUp(Math.max(100, Math.max(end / 180, records)), 1, 2, 5);
        }

        /** Of a partition's cells, what each column sums up to, per second. */
        double[] perSecond(int partition, double column, ToDoubleFunction<Cell> what) {
            var sums = new double[(int) Math.ceil(end / column)];
            for (Cell it : cells.get(partition)) sums[(int) (it.ms / column)] += what.applyAsDouble(it);
            for (int i = 0; i < sums.length; i++) sums[i] *= 1_000 / Math.min(column, end - i * column);
            return sums;
        }

        /**
         * Where the scale of the strips ends: not far above the usual rate. What waited for a
         * leader comes all at once, and a scale for that would flatten the rest.
         */
        double top(double column) {
            double[] rates = IntStream.range(0, partitions)
                    .mapToObj(it -> perSecond(it, column, Cell::acknowledged))
                    .flatMapToDouble(Arrays::stream)
                    .filter(it -> it > 0)
                    .sorted()
                    .toArray();
            if (rates.length == 0) return 1;
            double usual = rates[rates.length / 2];
            return roundUp(Math.min(rates[rates.length - 1], 1.5 * usual), 1, 2, 3, 4, 6, 8);
        }

        String verdict() {
            return verdict.getString("verdict");
        }

        boolean knows(String what) {
            boolean ofTheLog =
                    !List.of("sent", "acknowledged", "unknown", "failed").contains(what);
            return verdict.isNumber(what) && (!ofTheLog || verdict.getBoolean("audited", true));
        }

        /** A number of the verdict; -1 if it is not known. */
        long number(String what) {
            return knows(what) ? verdict.getLong(what) : -1;
        }

        /** What happened, and how it ended. */
        String title() {
            var ends = new ArrayList<String>(List.of(flow(), fate()));
            if (verdict().equals("FAIL") && number("lost") <= 0) ends.add("but not: " + claimed("FAIL", "text"));
            String open = claimed("INCONCLUSIVE", "evidence");
            if (verdict().equals("INCONCLUSIVE")) ends.add("inconclusive: " + verdict.getString("unobserved", open));
            ends.removeIf(String::isEmpty);
            return what() + (ends.isEmpty() ? "" : ": " + String.join(", ", ends));
        }

        private String claimed(String verdict, String what) {
            for (JsonObject claim : objects(this.verdict.get("claims")))
                if (verdict.equals(claim.getString("verdict"))) return claim.getString(what, "");
            return "";
        }

        private String what() {
            var brokers = new TreeSet<Integer>();
            for (Outage it : outages) brokers.add(it.broker);
            if (brokers.size() > 1) return "Brokers " + and(brokers) + " " + harmed() + " in turn";
            String times = outages.size() > 1 ? " " + outages.size() + " times" : "";
            if (!brokers.isEmpty()) return "Broker " + brokers.first() + " " + harmed() + times;
            if (header.getString("fault") != null) return "No broker was harmed";
            var leaving = events("leave");
            if (leaving.isEmpty()) return "Undisturbed";
            return "Consumer " + leaving.get(0).getInt("consumer") + " left the group";
        }

        private String flow() {
            boolean ofReads = notable(false).isEmpty();
            List<Pause> paused = notable(ofReads);
            if (paused.isEmpty()) return pauses.isEmpty() ? "" : "no pause above " + seconds(leastNotable());
            double longest = paused.stream().mapToDouble(Pause::ms).max().orElseThrow();
            var similar = paused.stream().filter(it -> it.ms >= longest / 2).map(Pause::partition);
            List<Integer> which = similar.toList();
            boolean all = which.size() == partitions && partitions > 1;
            String whose = all ? "all partitions" : partitions(which);
            String upTo = which.size() > 1 ? "up to " : "";
            return (ofReads ? "reading " : "") + whose + " paused for " + upTo + seconds(longest);
        }

        private String fate() {
            if (!knows("lost")) return "";
            long lost = number("lost");
            String records = lost == 1 ? " acknowledged record lost" : " acknowledged records lost";
            var fate = new ArrayList<>(List.of(lost == 0 ? "nothing lost" : count(lost) + records));
            if (verdict().equals("ALLOWED")) fate.add("which the settings allow");
            for (String what : List.of("ghosts", "unseen", "duplicates"))
                if (number(what) > 0) fate.add(count(number(what)) + " " + what);
            return String.join(", ", fate);
        }

        /** The verdict's numbers; of those that should be 0, most only if they are not. */
        String numbers() {
            var numbers = new ArrayList<String>();
            var always = List.of("sent", "acknowledged", "lost", "duplicates");
            var others = List.of("unknown", "failed", "ghosts", "unseen", "redelivered", "reordered");
            for (String what : always) if (knows(what)) numbers.add(count(number(what)) + " " + what);
            for (String what : others) if (number(what) > 0) numbers.add(count(number(what)) + " " + what);
            return dotted(numbers);
        }

        String about() {
            String rate = header.isNumber("rate") ? plain(header.get("rate")) + " records/s" : "";
            var about = new ArrayList<String>();
            for (String what : List.of("title", "topic", "settings")) about.add(header.getString(what, ""));
            about.add(rate);
            return dotted(about);
        }

        String origin() {
            var origin = new ArrayList<String>();
            String started = header.getString("started", "").replaceFirst("[.]\\d+", "");
            origin.add(started.replace('T', ' ').replace("Z", " UTC"));
            header.getObject("versions", new JsonObject())
                    .forEach((what, its) -> origin.add(what.replace('_', ' ') + " " + plain(its)));
            String within = "leaders seen to within %.0f ms";
            if (verdict.isNumber("resolution_ms")) origin.add(within.formatted(verdict.getDouble("resolution_ms")));
            return dotted(origin);
        }

        /** The picture for those who do not see it. */
        String description() {
            var text = new StringBuilder(about() + ". " + verdict() + ": " + numbers() + ".");
            for (Outage it : outages) text.append(" " + seconds(it.from) + ": " + it.text + ".");
            String pause = " %s: partition %d, %s.";
            for (boolean ofReads : new boolean[] {false, true})
                for (Pause it : notable(ofReads)) text.append(pause.formatted(seconds(it.from), it.partition, it));
            return text.toString();
        }
    }

    // ---- the drawing ----

    /** An SVG, drawn from the top down; y is how far. Lengths are in its own pixels. */
    static class Drawing {
        private static final double WIDTH = 900;
        private static final double MARGIN = 20;
        private static final double LEFT = 128; // of the plot
        private static final double RIGHT = 872;

        private final String id; // sets the ids apart where a page has several drawings
        private final String head;
        private final double end; // of the axis, in ms
        private final StringBuilder elements = new StringBuilder();
        private double y = 8;
        private int plotIndex;
        private double plotTop;
        private int gradients;

        Drawing(String id, String title, String description, double end) {
            this.id = id;
            this.end = end;
            String names = "<title id='%st'>%s</title>\n<desc id='%sd'>%s</desc>\n";
            head = format(names, id, title, id, description);
        }

        String svg(String style) {
            String open = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %s %s' width='%s'"
                    + " height='%s' role='img' aria-labelledby='%st %sd'>\n";
            double height = Math.round(y + 14);
            return format(open, WIDTH, height, WIDTH, height, id, id)
                    + head
                    + (style.isEmpty() ? "" : "<style>" + style + "</style>\n")
                    + format("<rect class='paper' width='%s' height='%s'/>\n", WIDTH, height)
                    + elements
                    + "</svg>\n";
        }

        private double x(double ms) {
            return LEFT + (RIGHT - LEFT) * Math.min(1, ms / end);
        }

        // -- elements --

        private void add(String element, Object... values) {
            elements.append(format(element, values)).append('\n');
        }

        private void text(String style, double x, double y, String text) {
            add("<text class='%s' x='%s' y='%s'>%s</text>", style, x, y, text);
        }

        private void rect(String style, double x, double y, double width, double height) {
            add("<rect class='%s' x='%s' y='%s' width='%s' height='%s'/>", style, x, y, width, height);
        }

        /** A path of commands and numbers. */
        private void path(String style, Object... parts) {
            var path = new StringBuilder();
            for (Object part : parts)
                path.append(part instanceof Number it ? number(it.doubleValue()) : part)
                        .append(' ');
            add("<path class='%s' d='%s'/>", style, path.toString().strip());
        }

        /** What follows, up to an endGroup, has this title. */
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
            double size = style.equals("title") ? 22 : style.equals("small") ? 12 : 14;
            double room = WIDTH - MARGIN - left;
            String rest = text.strip().replaceAll("(\\d|nothing) (s|ms|lost)\\b", "$1\u00a0$2");
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

        /** The verdict as a badge, and beside it what is to be known of it. */
        void verdict(String fullVerdict, String text) {
            String verdict = fit(fullVerdict, 200, 14);
            double width = width(verdict, 14) + 12;
            rect("badge " + mood(fullVerdict), MARGIN, y + 5, width, 21);
            text("on middle", MARGIN + width / 2, y + 20, verdict);
            paragraph("bold", text, 2, MARGIN + width + 12);
            y += 5;
        }

        void legend(List<Trial> trials) {
            double x = MARGIN;
            y += 20;
            for (int broker : thatLed(trials)) {
                if (x > 420) break; // the bars below say it, too
                rect("area " + colour(broker), x, y - 10, 18, 11);
                x = explain(x, "acknowledged, broker " + broker + " leads");
            }
            path("read", "M", x, y - 4, "h", 18);
            x = explain(x, "read");
            if (trials.stream().anyMatch(it -> !it.outages.isEmpty())) {
                rect("away", x, y - 11, 18, 13);
                explain(x, "a broker is away");
            }
            y += 6;
        }

        private double explain(double x, String text) {
            text("", x + 24, y, text);
            return x + 40 + width(text, 14);
        }

        // -- the plot: all in it has the same axis of time --

        void beginPlot() {
            y += 8;
            plotIndex = elements.length();
            plotTop = y;
        }

        /** When brokers were away. */
        void outages(Trial trial) {
            var lane = new Lane();
            for (Outage it : trial.outages) lane.put("fault", it.from, it.to, it.text);
            lane.draw("broker away", 0);
        }

        /** Something that changed, for one or more partitions. */
        record Change(double ms, String what, TreeSet<Integer> partitions) {}

        /** When leaders changed: as one, those that change alike and at about the same time. */
        void changes(Trial trial) {
            var changes = new ArrayList<Change>();
            for (JsonObject event : trial.events("leave", "whole", "leader")) {
                String what = change(event);
                var whose = new TreeSet<Integer>();
                for (Change it : changes)
                    if (it.what.equals(what) && it.ms > ms(event) - end / 50) whose = it.partitions;
                if (whose.isEmpty()) changes.add(new Change(ms(event), what, whose));
                whose.add(event.getInt("partition", -1));
            }
            var lane = new Lane();
            for (Change it : changes) {
                boolean ofAll = it.partitions.contains(-1);
                String whose = ofAll ? "" : partitions(it.partitions) + ": ";
                lane.put("mark", it.ms, it.ms, whose + it.what);
            }
            lane.draw("what changed", 0);
        }

        private static String change(JsonObject event) {
            String kind = event.getString("kind");
            if (kind.equals("whole")) return "all in sync";
            if (kind.equals("leave")) return "consumer " + event.getInt("consumer") + " leaves";
            int before = event.getInt("before", -1);
            int leader = event.getInt("leader", -1);
            String now = leader >= 0 && before >= 0 ? leader + "" : broker(leader);
            return broker(before) + " \u2192 " + now;
        }

        /** What was acknowledged, in the colour of the leader, and read; and the longest pauses. */
        void strip(Trial trial, int partition, int strips) {
            double height = strips <= 2 ? 88 : strips <= 4 ? 60 : strips <= 8 ? 44 : 34;
            double column = trial.column(end);
            double top = trial.top(column);
            double[] acknowledged = trial.perSecond(partition, column, Cell::acknowledged);
            double[] read = trial.perSecond(partition, column, Cell::read);
            y += 6;
            group(told(trial, partition));
            var labels = new Lane();
            for (Pause it : trial.worthABracket(partition)) labels.put("bracket", it.from, it.to, it.toString());
            double peak = Arrays.stream(acknowledged).max().orElse(0);
            String said = "peak " + plain(Math.rint(peak)) + "/s";
            for (int i = 0; peak > top && strips <= 4 && i < acknowledged.length; i++) {
                double ms = (i + 0.5) * column;
                if (acknowledged[i] == peak) labels.put("mark", ms, ms, said);
            }
            labels.draw("", height);
            double base = y + height;
            double middle = y + height / 2;
            double baseline = middle + (strips <= 4 ? -2 : strips <= 8 ? 5 : 9);
            text("bold", MARGIN, baseline, "partition " + partition);
            if (strips <= 4) text("small", MARGIN, middle + 15, "records/s");
            text("small end", LEFT - 6, y + 9, shortly(top));
            path("grid", "M", LEFT, y, "H", RIGHT, "M", LEFT, middle, "H", RIGHT);
            String fill = "url(#" + gradient(trial, partition) + ")";
            String flow = steps(acknowledged, column, top, height);
            String element = "<path class='flow' fill='%s' stroke='%s' d='%sV%s'/>";
            add(element, fill, fill, flow, base);
            path("read", steps(read, column, top, height));
            for (JsonObject it : trial.events("leader"))
                if (it.getInt("partition", -1) == partition) path("change", "M", x(ms(it)), y, "V", base);
            endGroup();
            y = base + (strips <= 4 ? 8 : 6);
        }

        private static String told(Trial trial, int partition) {
            var cells = trial.cells.get(partition);
            double acknowledged = cells.stream().mapToDouble(Cell::acknowledged).sum();
            double read = cells.stream().mapToDouble(Cell::read).sum();
            String text = "partition %d: %s acknowledged, %s read";
            var told = new StringBuilder(text.formatted(partition, plain(acknowledged), plain(read)));
            for (Pause it : trial.pauses)
                if (it.partition == partition && it.ms > 0)
                    told.append("; " + it + ", from " + seconds(it.from) + " to " + seconds(it.to));
            return told.toString();
        }

        /** A line over the columns, which begins at the foot of the strip that begins at y. */
        private String steps(double[] rates, double column, double top, double height) {
            var path = new StringBuilder("M" + number(LEFT) + " " + number(y + height));
            String before = "";
            for (int i = 0; i < rates.length; i++) {
                String level = number(y + height * (1 - Math.min(1, rates[i] / top)));
                if (!level.equals(before)) path.append("H" + number(x(i * column)) + "V" + level);
                before = level;
            }
            return path.append("H" + number(x(Math.min(end, rates.length * column))))
                    .toString();
        }

        /** The colours of a partition's leaders over time. */
        private String gradient(Trial trial, int partition) {
            String name = id + "g" + gradients++;
            String element = "<linearGradient id='%s' gradientUnits='userSpaceOnUse' x1='%s' x2='%s'>";
            add(element, name, LEFT, RIGHT);
            for (State it : trial.states(partition))
                for (double ms : new double[] {it.from, it.to})
                    add("<stop class='%s' offset='%s%%'/>", colour(it.leader), 100 * ms / end);
            add("</linearGradient>");
            return name;
        }

        /** p50 and p99 of all partitions, logarithmic, blank where nothing was acknowledged. */
        void latency(Trial trial) {
            double column = trial.column(end);
            var cells = new TreeMap<Integer, List<Cell>>(); // by column
            for (var its : trial.cells)
                for (Cell it : its)
                    if (it.acknowledged > 0 && it.p50 > 0 && it.p99 >= it.p50)
                        cells.computeIfAbsent((int) (it.ms / column), at -> new ArrayList<>())
                                .add(it);
            if (cells.isEmpty()) return;
            var p50 = new TreeMap<Integer, Double>();
            var p99 = new TreeMap<Integer, Double>();
            cells.forEach((at, its) -> p50.put(at, median(its)));
            cells.forEach((at, its) ->
                    p99.put(at, its.stream().mapToDouble(Cell::p99).max().orElse(0)));
            double lowest = Collections.min(p50.values());
            double highest = Collections.max(p99.values());
            int low = (int) Math.floor(Math.log10(lowest));
            int high = Math.max(low + 2, (int) Math.ceil(Math.log10(highest)));
            double height = 96;
            double decade = height / (high - low);
            y += 12;
            group("latency, from send to acknowledgement: p50 from %s, p99 to %s"
                    .formatted(duration(lowest), duration(highest)));
            text("bold", MARGIN, y + 20, "latency");
            path("p99", "M", MARGIN, y + 36, "h", 18);
            text("small", MARGIN + 24, y + 40, "p99");
            path("p50", "M", MARGIN, y + 53, "h", 18);
            text("small", MARGIN + 24, y + 57, "p50");
            for (int power = high; power >= low; power--) {
                double level = y + (high - power) * decade;
                path("grid", "M", LEFT, level, "H", RIGHT);
                if (decade >= 16 || (high - power) % 2 == 0)
                    text("small end", LEFT - 6, level + 4, duration(Math.pow(10, power)));
            }
            curve("p50", p50, column, decade, high);
            curve("p99", p99, column, decade, high);
            endGroup();
            y += height + 8;
        }

        private void curve(String style, Map<Integer, Double> values, double column, double decade, int high) {
            var path = new StringBuilder();
            values.forEach((at, ms) -> {
                String level = number(y + (high - Math.log10(ms)) * decade);
                boolean goesOn = values.containsKey(at - 1);
                path.append(goesOn ? "V" + level : "M" + number(x(at * column)) + " " + level);
                path.append("H" + number(x(Math.min(end, (at + 1) * column))));
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

        /**
         * A lane for each partition: who led it, and below that a line for each replica in sync.
         */
        void leaders(Trial trial, List<Integer> shown) {
            y += 24;
            text("bold", LEFT, y - 4, "who leads, and (thin lines) which replicas are in sync");
            for (int partition : shown) {
                y += 5;
                text("", MARGIN, y + 12, "partition " + partition);
                List<State> states = trial.states(partition);
                var replicas = new TreeSet<Integer>();
                for (State it : states) {
                    replicas.addAll(it.inSync);
                    String leader = it.leader < 0 ? "no leader" : broker(it.leader);
                    String inSync = it.inSync.isEmpty() ? "none" : joined(it.inSync);
                    String all = leader + ", in sync: " + inSync;
                    String id = leader.replaceAll("\\D", "");
                    String title = "partition " + partition + ": " + all;
                    bar(colour(it.leader), it.from, it.to, title, all, leader, id);
                }
                y += 17;
                for (int replica : replicas) {
                    for (State it : states)
                        if (it.inSync.contains(replica))
                            rect(colour(replica), x(it.from), y, x(it.to) - x(it.from), 2.4);
                    y += 4;
                }
            }
        }

        /** A lane for each consumer: what it was assigned. */
        void consumers(Trial trial) {
            var assigned = new TreeMap<Integer, TreeMap<Double, String>>();
            for (JsonObject event : trial.events("assigned", "leave")) {
                List<Integer> its = integers(event.get("assigned"));
                boolean left = event.getString("kind").equals("leave");
                String partitions = its.size() == 1 ? "partition " : "partitions ";
                String what = left ? "" : its.isEmpty() ? "idle" : partitions + joined(its);
                assigned.computeIfAbsent(event.getInt("consumer", -1), it -> new TreeMap<>())
                        .put(ms(event), what);
            }
            if (assigned.isEmpty()) return;
            y += 24;
            String group = "who reads, in the group " + trial.header.getString("group", "");
            text("bold", LEFT, y - 4, fit(group, RIGHT - LEFT, 14));
            assigned.forEach((consumer, its) -> {
                y += 5;
                text("", MARGIN, y + 12, "consumer " + consumer);
                its.forEach((from, what) -> {
                    Double next = its.higherKey(from);
                    double to = next == null ? end : next;
                    String style = what.equals("idle") ? "idle" : "reads";
                    String title = "consumer " + consumer + ": " + what;
                    if (!what.isEmpty()) bar(style, from, to, title, what);
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

        /** The axis; and behind all else the grid, and the times in which a broker was away. */
        void endPlot(Trial trial) {
            y += 6;
            String plot = elements.substring(plotIndex);
            elements.setLength(plotIndex);
            for (Outage it : trial.outages)
                rect("away", x(it.from), plotTop, Math.max(1, x(it.to) - x(it.from)), y - plotTop);
            double step = roundUp(end / 12, 1, 2, 5);
            for (double ms = 0; ms <= end; ms += step) path("grid", "M", x(ms), plotTop, "V", y);
            elements.append(plot);
            text("small", MARGIN, y + 16, "since the start");
            for (double ms = 0; ms <= end; ms += step) text("small middle", x(ms), y + 16, plain(ms / 1_000) + " s");
            y += 22;
        }

        /** A table whose first row is its head, and whose first column takes the room left. */
        void table(List<List<String>> rows) {
            y += 14;
            for (List<String> row : rows) {
                y += 22;
                String style = row == rows.get(0) ? "cell bold" : "cell";
                double right = WIDTH - MARGIN;
                for (int column = row.size() - 1; column > 0; column--) {
                    int its = column;
                    text(style + " end", right, y, row.get(column));
                    var widths =
                            rows.stream().mapToDouble(it -> width(it.get(its), it == rows.get(0) ? 15 : 13)); // bold
                    right -= widths.max().orElse(0) + 8;
                }
                text(style, MARGIN, y, fit(row.get(0), right - MARGIN, 13));
                path("grid", "M", MARGIN, y + 7, "H", WIDTH - MARGIN);
            }
            y += 12;
        }

        /** A text in a lane, for the time from one x to another. */
        record Label(String style, double from, double to, double start, int row, String text) {
            boolean inside() {
                return start > from && start < to;
            }
        }

        /** Labels, each at its time, in as many rows as it takes for none to touch another. */
        class Lane {
            private final List<Label> labels = new ArrayList<>();
            private int rows;

            /** Puts the text into its span of time if it fits, else right of it, or left. */
            void put(String style, double fromMs, double toMs, String fullText) {
                double from = x(fromMs);
                double to = Math.max(x(toMs), from + 1);
                double room = Math.max(to - from, Math.max(RIGHT - to, from - LEFT)) - 12;
                String text = fit(fullText, room, 13);
                double width = width(text, 13);
                double[] starts = {to + 8, from - 8 - width};
                if (to - from > width + 10) starts = new double[] {(from + to - width) / 2, from + 5, to - 5 - width};
                for (int row = 0; row < 99; row++)
                    for (double start : starts) {
                        var label = new Label(style, from, to, start, row, text);
                        if (start < LEFT || start + width > RIGHT || !isFree(label)) continue;
                        labels.add(label);
                        rows = Math.max(rows, row + 1);
                        return;
                    }
            }

            private boolean isFree(Label it) {
                for (Label other : labels) {
                    if (it.row == other.row && left(it) < right(other) && left(other) < right(it)) return false;
                    if (it.row > other.row && other.style.equals("bracket"))
                        if (crosses(other.from, it) || crosses(other.to, it)) return false;
                }
                return true;
            }

            /** A bracket reaches down through the rows below it. */
            private boolean crosses(double x, Label it) {
                return x > it.start - 3 && x < it.start + width(it.text, 13) + 3;
            }

            private double left(Label it) {
                return Math.min(it.from, it.start) - 6;
            }

            private double right(Label it) {
                return Math.max(it.to, it.start + width(it.text, 13)) + 6;
            }

            /** Brackets reach down so far below the lane. */
            void draw(String name, double below) {
                if (rows == 0) return;
                if (!name.isEmpty()) text("bold", MARGIN, y + 13, name);
                for (Label it : labels) {
                    double top = y + it.row * 18;
                    if (it.style.equals("fault")) rect("fault", it.from, top, it.to - it.from, 16);
                    if (it.style.equals("mark")) path("mark", "M", it.from, top + 4, "l 4 5 l -4 5 l -4 -5 Z");
                    double foot = y + rows * 18 + 4 + below;
                    if (it.style.equals("bracket"))
                        path("bracket", "M", it.from, foot, "V", top + 17, "H", it.to, "V", foot);
                    String style = it.style.equals("mark") ? "label" : "alarm";
                    if (it.style.equals("fault") && it.inside()) style = "on";
                    text(style, it.start, top + 13, it.text);
                }
                y += rows * 18 + 4;
            }
        }
    }

    private static Collection<Integer> thatLed(List<Trial> trials) {
        var leaders = new TreeSet<Integer>();
        for (Trial trial : trials)
            for (int partition = 0; partition < trial.partitions; partition++)
                for (State it : trial.states(partition)) leaders.add(it.leader);
        leaders.remove(-1);
        return leaders;
    }

    /** The style of a broker; brokers 1 to 6 have colours of their own. */
    private static String colour(int broker) {
        return broker < 0 ? "none" : "b" + broker % COLOURS.size();
    }

    private static String mood(String verdict) {
        return verdict.equals("PASS") ? "good" : verdict.equals("FAIL") ? "bad" : "open";
    }

    /** On paper and in the dark; told apart also by those who do not see red or green. */
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
            .fault,.bad{fill:#b3203a}.good{fill:#00704f}.open{fill:#8a5a00}
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
                    .bracket{stroke:#ff8a9c}.change{stroke:#c9d1d9}.mark{fill:#c9d1d9}
                    .p50{stroke:#b0b8c0}.p99{stroke:#e28ae0}.none{fill:#555;stop-color:#555}
                    """ + colours(1) + "}\n";

    private static String colours(int scheme) {
        var rules = new StringBuilder();
        for (int i = 0; i < COLOURS.size(); i++)
            rules.append(".b%d{fill:%2$s;stop-color:%2$s}"
                    .formatted(i, COLOURS.get(i).get(scheme)));
        return rules.toString();
    }

    // ---- the page: the picture, and in tables what it cannot show ----

    private static String page(List<Trial> trials) {
        var page = new StringBuilder("<!doctype html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n");
        page.append("<meta name='viewport' content='width=device-width'>\n");
        page.append(format("<title>%s</title>\n", title(trials)));
        page.append("<style>" + STYLE + PAGE_STYLE + "</style>\n</head>\n<body>\n");
        page.append(picture(trials).svg(""));
        names(trials).forEach((trial, name) -> {
            if (trials.size() > 1) {
                page.append(format("<h1>%s</h1>\n", name));
                String id = "t" + page.length(); // any that is new
                page.append(single(trial, id).svg(""));
            }
            tell(trial, page);
        });
        return page.append("</body>\n</html>\n").toString();
    }

    private static void tell(Trial trial, StringBuilder page) {
        page.append(format("<h2>Verdict: %s</h2>\n", trial.verdict()));
        page.append(format("<p>%s</p>\n", trial.header.getString("observation", "")));
        JsonObject verdict = trial.verdict;
        page.append(table("What was claimed", verdict.get("claims")));
        page.append(table("What became of the records", verdict.get("crossed")));
        for (JsonObject outage : objects(verdict.get("outages"))) {
            var times = new ArrayList<String>();
            flat("", outage).forEach((what, ms) -> {
                if (what.endsWith(" ms")) times.add(what.replace(" ms", " ") + ms);
            });
            String whose = "Broker " + plain(outage.get("broker")) + ", in ms since the start: ";
            page.append(table(whose + joined(times), outage.get("partitions")));
        }
        page.append(table("The longest pauses", verdict.get("pauses")));
        page.append(table("Latency from send to acknowledgement, in ms", verdict.get("latency_ms")));
        var header = new JsonObject(trial.header);
        header.keySet().removeAll(List.of("type", "ms", "title", "observation"));
        var settings = new JsonArray();
        flat("", header).forEach((name, its) -> settings.add(row("setting", name, "value", its)));
        page.append(table("Settings and versions", settings));
        var events = new JsonArray();
        for (JsonObject it : trial.events) {
            String text = it.getString("text", it.getString("kind", ""));
            events.add(row("time", seconds(ms(it)), "what happened", text));
        }
        page.append(table("Events", events));
    }

    private static JsonObject row(String name1, String value1, String name2, String value2) {
        var row = new JsonObject();
        row.put(name1, value1);
        row.put(name2, value2);
        return row;
    }

    /** A list of objects, or an object of objects, as a table; a value of theirs is a cell. */
    private static String table(String name, Object value) {
        var rows = new ArrayList<Map<String, String>>();
        for (JsonObject it : objects(value)) rows.add(flat("", it));
        if (value instanceof JsonObject named)
            named.forEach((key, its) -> {
                if (its == null) return;
                var row = new LinkedHashMap<>(Map.of("", key));
                row.putAll(flat("", its));
                rows.add(row);
            });
        if (rows.isEmpty()) return "";
        var columns = new LinkedHashSet<String>();
        for (var row : rows) columns.addAll(row.keySet());
        var table = new StringBuilder(format("<table>\n<caption>%s</caption>\n<tr>", name));
        for (String column : columns) table.append(format("<th>%s</th>", column));
        for (var row : rows) {
            table.append("</tr>\n<tr>");
            for (String it : columns) table.append(format("<td>%s</td>", row.getOrDefault(it, "")));
        }
        return table.append("</tr>\n</table>\n").toString();
    }

    /** An object within an object, without the nesting: its names go into the names. */
    private static Map<String, String> flat(String name, Object value) {
        var flat = new LinkedHashMap<String, String>();
        if (value instanceof JsonObject object)
            object.forEach((key, its) -> flat.putAll(flat((name + " " + key.replace('_', ' ')).strip(), its)));
        else flat.put(name, plain(value));
        return flat;
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

    // ---- files: read whole, written whole ----

    /** The trials of a run of which nothing is missing: what was cut off proves nothing. */
    private static List<Trial> read(Path file) {
        var trials = new ArrayList<Trial>();
        Trial open = null;
        int number = 0;
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            for (String text = lines.readLine(); text != null; text = lines.readLine()) {
                number++;
                JsonObject line = JsonParser.object().from(text);
                String type = line.getString("type", "");
                if (type.equals("trial")) {
                    if (open != null) throw new Broken("begins a trial before the last one's verdict");
                    open = new Trial(line, (int) amount(line, "partitions", 1, 1_000));
                } else if (List.of("event", "flow", "verdict").contains(type)) {
                    if (open == null) throw new Broken("comes before any trial");
                    double ms = amount(line, "ms", 0, 604_800_000); // a week
                    if (type.equals("event")) open.events.add(line);
                    if (type.equals("flow")) {
                        var partition = amount(line, "partition", 0, open.partitions - 1);
                        open.cells.get((int) partition).add(cell(line, ms));
                    }
                    if (!type.equals("verdict")) continue;
                    if (line.getString("verdict", "").isBlank()) throw new Broken("has no verdict");
                    open.conclude(line);
                    trials.add(open);
                    open = null;
                }
            }
        } catch (JsonParserException | StackOverflowError notJson) {
            String what = "%s, line %d is not JSON: cut off, broken, or not the events of a run. %s";
            throw new Failure(1, what, file, number, ANEW);
        } catch (Broken broken) {
            throw new Failure(1, "%s, line %d %s. %s", file, number, broken.getMessage(), ANEW);
        } catch (CharacterCodingException binary) {
            throw new Failure(1, "%s is not text, so not the events of a run. %s", file, ANEW);
        } catch (IOException cannot) {
            throw new Failure(2, "Cannot read %s: %s.", file, reason(cannot));
        }
        if (open != null) {
            String what = "%s is cut off after line %d: trial %d has no verdict. %s";
            throw new Failure(1, what, file, number, trials.size() + 1, ANEW);
        }
        if (trials.isEmpty()) throw new Failure(1, "%s has no trial in it. %s", file, ANEW);
        return trials;
    }

    private static final String ANEW = "Record a run: jbang failover.java --events RUN.jsonl";

    private static Cell cell(JsonObject flow, double ms) {
        double acknowledged = amount(flow, "acknowledged", 0, 1e9);
        double read = amount(flow, "read", 0, 1e9);
        double p50 = flow.getDouble("p50_ms", Double.NaN);
        return new Cell(ms, acknowledged, read, p50, flow.getDouble("p99_ms", Double.NaN));
    }

    private static double amount(JsonObject line, String name, double least, double most) {
        double amount = line.getDouble(name, Double.NaN);
        if (amount >= least && amount <= most) return amount;
        String what = "should have %s from %s to %s, not '%s'";
        String found = fit(plain(line.get(name)), 400, 14);
        throw new Broken(what.formatted(name, plain(least), plain(most), found));
    }

    /** Writes beside the file and then moves: there is the whole picture, or what was before. */
    private static void write(Path file, String text) {
        Path part = file.resolveSibling(
                "." + file.getFileName() + "." + ProcessHandle.current().pid());
        try {
            Files.writeString(part, text);
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException cannot) {
            part.toFile().delete();
            throw new Failure(2, "Cannot write %s: %s.", file, reason(cannot));
        }
    }

    private static String reason(IOException error) {
        if (error instanceof NoSuchFileException) return "no such file or directory";
        if (error instanceof AccessDeniedException) return "permission denied";
        return error.getMessage();
    }

    // ---- details ----

    private static double ms(JsonObject line) {
        return line.getDouble("ms");
    }

    private static List<Integer> integers(Object list) {
        if (!(list instanceof JsonArray array)) return List.of();
        return IntStream.range(0, array.size()).mapToObj(array::getInt).sorted().toList();
    }

    private static List<JsonObject> objects(Object list) {
        if (!(list instanceof JsonArray array)) return List.of();
        return array.stream()
                .filter(JsonObject.class::isInstance)
                .map(JsonObject.class::cast)
                .toList();
    }

    /** The least of these, times a power of ten, that is not below the value. */
    private static double roundUp(double value, double... steps) {
        for (double power = Math.pow(10, Math.floor(Math.log10(value))); ; power *= 10)
            for (double step : steps) if (step * power >= value * 0.999) return step * power;
    }

    /** Fills in numbers, in short, and text, escaped for XML and HTML. */
    private static String format(String format, Object... values) {
        return format.formatted(Stream.of(values)
                .map(it -> it instanceof Double d ? number(d) : escaped(it.toString()))
                .toArray());
    }

    private static String escaped(String text) {
        return text.replaceAll("[^\\x{9}\\x{20}-\\x{d7ff}\\x{e000}-\\x{fffd}\\x{10000}-\\x{10ffff}]", "\ufffd")
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("'", "&#39;")
                .replace("\"", "&quot;");
    }

    /** Cut so that it is not wider. */
    private static String fit(String text, double room, double size) {
        String cut = text;
        for (int length = text.length(); width(cut, size) > room && length > 0; length--)
            cut = text.substring(0, length - 1).stripTrailing() + "\u2026";
        return cut;
    }

    /** How wide a text is, at most, in bold and in the usual fonts without serifs. */
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
    private static String number(double value) {
        return new BigDecimal(value)
                .setScale(1, RoundingMode.HALF_UP)
                .stripTrailingZeros()
                .toPlainString();
    }

    private static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static String shortly(double number) {
        if (number >= 1e6) return number(number / 1e6) + "M";
        return number >= 10_000 ? number(number / 1e3) + "k" : plain(number);
    }

    private static String seconds(double ms) {
        return String.format(Locale.ROOT, Math.abs(ms) < 1_000 ? "%.2f s" : "%,.1f s", ms / 1_000);
    }

    /** In the unit that suits it. */
    private static String duration(double ms) {
        if (ms < 0.1) return number(ms * 1_000) + " \u00b5s";
        return ms < 1_000 ? number(ms) + " ms" : number(ms / 1_000) + " s";
    }

    private static String broker(int id) {
        return id < 0 ? "none" : "broker " + id;
    }

    /** Such as: partitions 0-3, 7. */
    private static String partitions(Collection<Integer> some) {
        var sorted = new ArrayList<>(new TreeSet<>(some));
        var ranges = new ArrayList<String>();
        for (int i = 0, next; i < sorted.size(); i = next) {
            for (next = i + 1; next < sorted.size(); next++) if (sorted.get(next) != sorted.get(i) + next - i) break;
            String upTo = next == i + 1 ? "" : (next == i + 2 ? ", " : "-") + sorted.get(next - 1);
            ranges.add(sorted.get(i) + upTo);
        }
        if (ranges.size() > 3) return sorted.size() + " partitions";
        return (sorted.size() == 1 ? "partition " : "partitions ") + String.join(", ", ranges);
    }

    private static String and(Collection<?> several) {
        return joined(several).replaceFirst(", (?=[^,]*$)", " and ");
    }

    private static String joined(Collection<?> several) {
        return several.stream().map(report::plain).collect(Collectors.joining(", "));
    }

    private static String dotted(List<String> several) {
        return several.stream().filter(it -> !it.isBlank()).collect(Collectors.joining(" \u00b7 "));
    }

    /** For people to read. */
    private static String plain(Object value) {
        if (value instanceof Collection<?> several) return joined(several);
        if (!(value instanceof Number number)) return value == null ? "" : value.toString();
        return new DecimalFormat("#,##0.##", DecimalFormatSymbols.getInstance(Locale.ROOT)).format(number);
    }

    private static CommandLine commandLine(report script) {
        var commandLine = new CommandLine(script);
        commandLine.getCommandSpec().usageMessage().autoWidth(true);
        return commandLine
                .setParameterExceptionHandler((error, given) -> {
                    System.err.println(error.getMessage() + ". Try --help.");
                    return 2;
                })
                .setExecutionExceptionHandler((error, command, parsed) -> {
                    System.err.println(error.getMessage());
                    return error instanceof Failure failure ? failure.exitStatus : 1;
                });
    }

    /** What is wrong with a line of the events. */
    static class Broken extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Broken(String what) {
            super(what);
        }
    }

    /** An error for the user: one line that says what to do next, and an exit status. */
    static class Failure extends RuntimeException {
        private static final long serialVersionUID = 1L;
        final int exitStatus;

        Failure(int exitStatus, String format, Object... values) {
            super(String.format(Locale.ROOT, format, values));
            this.exitStatus = exitStatus;
        }
    }
}
