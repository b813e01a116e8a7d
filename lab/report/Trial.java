package lab.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** One trial of a run, as it is drawn. Times are in ms since its start. What is not known is not 0: it is left out. */
class Trial {
    /** What was tried. Texts are empty, and the fault is null, where there is none. */
    record About(
            String title,
            String topic,
            String settings,
            String fault,
            String group,
            String started,
            double rate,
            List<String> versions) {}

    /**
     * What happened. Numbers are -1, and the list is empty, where an event has none.
     *
     * @param kind such as {@code leader}, {@code in_sync}, {@code outside}, {@code assigned}
     * @param ids the in-sync replicas, or the partitions that were assigned
     */
    record Event(
            double ms,
            String kind,
            int partition,
            String text,
            int leader,
            int before,
            int consumer,
            List<Integer> ids) {}

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

    /** How long a node was down; not {@code seen}: nothing shows that it was. */
    record Outage(String node, String harm, double from, double to, boolean restored, boolean seen) {
        /** What was done to it. */
        String fate() {
            return seen ? harm : harm + ", not seen down";
        }

        String text() {
            return node + " " + fate() + (restored ? ", restored after " + Words.seconds(to - from) : "");
        }
    }

    /** A claim, its verdict, and the numbers behind it. */
    record Claim(String verdict, String text, String evidence) {
        boolean holds() {
            return verdict.equals("PASS") || verdict.equals("ALLOWED");
        }
    }

    final About about;
    final int partitions;
    final List<State> firstStates; // by partition
    final List<Event> events = new ArrayList<>();
    final List<Outage> outages = new ArrayList<>();
    final List<Claim> claims = new ArrayList<>();
    final Map<Integer, Pause> pauses = new TreeMap<>(); // of acknowledgements, by partition
    final Map<Integer, Pause> readPauses = new TreeMap<>();
    final Map<String, Long> numbers = new LinkedHashMap<>(); // of records, such as "sent" and "lost"
    final List<Table> tables = new ArrayList<>(); // for the page: the account, the outages, the latencies
    List<Integer> lostIds = List.of(); // sorted; at most the first 100
    String verdict = "";
    Table settings = new Table("Settings and versions", "setting", "value");
    double lengthMs; // with the audit of the log
    double resolutionMs = Double.NaN; // how exactly leaders were seen
    double end = 1_000; // of the last event. The audit of the log comes later, and is not in the picture.
    private final Map<Integer, List<Cell>> cells = new HashMap<>();
    private final Map<Integer, Double> lost = new HashMap<>(); // records, by partition

    Trial(About about, List<State> firstStates) {
        this.about = about;
        this.firstStates = firstStates;
        partitions = firstStates.size();
    }

    void add(int partition, Cell cell) {
        cells.computeIfAbsent(partition, number -> new ArrayList<>()).add(cell);
        if (cell.lost > 0) lost.merge(partition, cell.lost, Double::sum);
        end = Math.max(end, cell.ms + 100);
    }

    /** Sorts the events, once all are there. */
    void sortEvents() {
        events.sort(Comparator.comparingDouble(Event::ms));
        for (Event event : events) end = Math.max(end, event.ms);
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

    boolean hasLost() {
        return !lost.isEmpty();
    }

    boolean knows(String number) {
        return numbers.containsKey(number);
    }

    /** A number of records; -1 if it is not known. */
    long number(String name) {
        return numbers.getOrDefault(name, -1L);
    }

    long downNodes() {
        return outages.stream()
                .filter(Outage::seen)
                .map(Outage::node)
                .distinct()
                .count();
    }

    List<State> states(int partition) {
        var states = new ArrayList<State>();
        double since = 0;
        int leader = firstStates.get(partition).leader;
        List<Integer> inSync = firstStates.get(partition).inSync;
        for (Event change : events) {
            if (change.partition != partition || !List.of("leader", "in_sync").contains(change.kind)) continue;
            if (change.ms > since) states.add(new State(since, change.ms, leader, inSync));
            since = change.ms;
            if (change.kind.equals("leader")) leader = change.leader;
            else inSync = change.ids;
        }
        if (since < end) states.add(new State(since, end, leader, inSync));
        return states;
    }

    /** The usual time between two records of one partition; 0 if the rate is not known. */
    double msBetweenRecords() {
        return Double.isNaN(about.rate) ? 0 : 1_000.0 * partitions / Math.max(0.001, about.rate);
    }

    double leastNotable() {
        return Math.max(100, 3 * msBetweenRecords());
    }

    /** The pauses that are longer than the time between two records explains. */
    List<Pause> notable(Map<Integer, Pause> pauses) {
        return pauses.values().stream().filter(it -> it.ms >= leastNotable()).toList();
    }

    /** A partition's notable pauses. That of its reads only if the wait for records does not explain it. */
    List<Pause> notable(int partition) {
        var found = new ArrayList<Pause>();
        Pause pause = pauses.get(partition);
        Pause readPause = readPauses.get(partition);
        boolean isNotable = pause != null && pause.ms >= leastNotable();
        double explained = isNotable ? pause.ms * 1.2 + 200 : 0;
        if (readPause != null && readPause.ms >= Math.max(leastNotable(), explained)) found.add(readPause);
        if (isNotable) found.add(pause);
        return found;
    }

    /** At most so many partitions, in the order of their numbers: those that lost most, then the longest pauses. */
    List<Integer> worst(int limit) {
        var longest = new HashMap<Integer, Double>();
        for (var each : List.of(pauses, readPauses))
            each.forEach((partition, pause) -> longest.merge(partition, pause.ms, Math::max));
        Comparator<Integer> byLost = Comparator.comparingDouble(partition -> -lost(partition));
        return IntStream.range(0, partitions)
                .boxed()
                .sorted(byLost.thenComparing(partition -> -longest.getOrDefault(partition, 0.0)))
                .limit(limit)
                .sorted()
                .toList();
    }
}
