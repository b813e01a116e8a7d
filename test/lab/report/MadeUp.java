package lab.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lab.report.Trial.About;
import lab.report.Trial.Cell;
import lab.report.Trial.Claim;
import lab.report.Trial.Event;
import lab.report.Trial.Outage;
import lab.report.Trial.Pause;
import lab.report.Trial.State;

/**
 * Trials that never were, of any shape: 2 brokers lead in turn; the first is killed at 4 s, or each in turn if there are
 * several faults; its partitions pause, are led by the other, and at the end by itself again.
 */
final class MadeUp {
    private final int seconds;
    private final int partitions;
    private final int faults;
    private final int[] acknowledged; // by partition
    private double pause = 2_500;
    private String settings = "acks=all";
    private String title = "Scenario 3";
    private String topic = "test";
    private String verdict = "PASS";
    private List<Claim> claims = List.of(new Claim("PASS", "no acknowledged record is lost", "0 lost"));
    private int loseFrom; // ms
    private int loseTo;
    private List<Integer> losing = List.of(); // partitions
    private int lost;
    private List<Event> more = List.of();
    private List<Outage> outages = List.of();
    private Trial trial;

    MadeUp(int seconds, int partitions, int faults) {
        this.seconds = seconds;
        this.partitions = partitions;
        this.faults = faults;
        acknowledged = new int[partitions];
    }

    /** One broker is stopped, then the other one killed: no leader, until the first is elected, unclean. */
    static MadeUp lastReplica() {
        var it = new MadeUp(20, 1, 0);
        it.outages = List.of(
                new Outage("broker 1", "stopped", 3_000, 10_000, true, true),
                new Outage("broker 2", "killed", 9_000, 15_000, true, true));
        return it.happening(
                leader(3_300, 0, 2, 1),
                inSync(3_300, 0, 2),
                leader(9_200, 0, -1, 2),
                event(13_000, "elect", "unclean election"),
                leader(13_100, 0, 1, -1),
                inSync(13_100, 0, 1),
                inSync(17_000, 0, 1, 2));
    }

    static Event event(double ms, String kind, String text) {
        return new Event(ms, kind, -1, text, -1, -1, -1, List.of());
    }

    private static Event leader(double ms, int partition, int leader, int before) {
        return new Event(ms, "leader", partition, "", leader, before, -1, List.of());
    }

    private static Event inSync(double ms, int partition, Integer... ids) {
        return new Event(ms, "in_sync", partition, "", -1, -1, -1, List.of(ids));
    }

    MadeUp pausing(double ms) {
        pause = ms;
        return this;
    }

    MadeUp with(String settings) {
        this.settings = settings;
        return this;
    }

    MadeUp called(String title) {
        this.title = title;
        return this;
    }

    MadeUp saying(String text) {
        title = topic = settings = text;
        return this;
    }

    /** Records of these partitions (none named: of all) are lost if they are acknowledged in this time. */
    MadeUp losing(int fromMs, int toMs, Integer... partitions) {
        loseFrom = fromMs;
        loseTo = toMs;
        losing = partitions.length > 0
                ? List.of(partitions)
                : IntStream.range(0, this.partitions).boxed().toList();
        verdict = "FAIL";
        return this;
    }

    MadeUp happening(Event... events) {
        more = List.of(events);
        return this;
    }

    MadeUp concluding(String verdict, Claim... claims) {
        this.verdict = verdict;
        this.claims = List.of(claims);
        return this;
    }

    int lost() {
        return lost;
    }

    int acknowledged(int partition) {
        return acknowledged[partition];
    }

    int acknowledged() {
        return IntStream.of(acknowledged).sum();
    }

    private double faultAt(int fault) {
        return faults == 1 ? Math.min(4_000, seconds * 300) : 1_000 + fault * (seconds * 1_000.0 - 1_000) / faults;
    }

    private double restoredAt(int fault) {
        return faultAt(fault) + Math.min(4_300, seconds * 200);
    }

    Trial trial() {
        List<Integer> all = IntStream.range(0, partitions).boxed().toList();
        var versions = List.of("drill 2.0.0", "Kafka client 4.4.0", "Java 17");
        String fault = faults == 0 ? null : "kill";
        String started = "2026-11-24T08:00:00Z";
        var about = new About(title, topic, settings, fault, "group3", started, 100 * partitions, versions);
        trial = new Trial(
                about,
                all.stream()
                        .map(it -> new State(0, 0, 1 + it % 2, List.of(1, 2)))
                        .toList());
        trial.events.add(new Event(800, "assigned", -1, "consumer 1: all", -1, -1, 1, all));
        trial.events.addAll(more);
        trial.outages.addAll(outages);
        for (int i = 0; i < faults; i++) addFault(i);
        lost = 0;
        for (int partition = 0; partition < partitions; partition++) addCells(partition);
        trial.sortEvents();
        for (int partition : all) addPauses(partition);
        for (String name : List.of("sent", "acknowledged")) trial.numbers.put(name, (long) acknowledged());
        for (String name : List.of("unknown", "failed", "duplicates", "unseen", "redelivered", "reordered"))
            trial.numbers.put(name, 0L);
        for (String name : List.of("lost", "phantoms")) trial.numbers.put(name, (long) lost);
        trial.verdict = verdict;
        trial.claims.addAll(claims);
        trial.lengthMs = seconds * 1_000 + 500;
        trial.resolutionMs = 12.5;
        Map.of("topic", topic, "producer config acks", "all").forEach((name, value) -> trial.settings.add(name, value));
        return trial;
    }

    private double within(double ms) {
        return Math.min(ms, seconds * 1_000);
    }

    private void addFault(int fault) {
        int broker = 1 + fault % 2;
        double down = faultAt(fault);
        double up = restoredAt(fault);
        trial.outages.add(new Outage("broker " + broker, "killed", down, within(up), true, true));
        trial.events.add(event(down, "fault", "kill kafka-" + broker));
        for (int partition = 0; partition < partitions; partition++) {
            trial.events.add(inSync(within(down + 60), partition, 3 - broker));
            trial.events.add(inSync(within(up + 1_500), partition, 1, 2));
            if (1 + partition % 2 != broker) continue;
            trial.events.add(leader(within(down + pause * 0.9), partition, 3 - broker, broker));
            trial.events.add(leader(within(up + 2_000), partition, broker, 3 - broker));
        }
        trial.events.add(event(within(up + 1_600), "whole", "all in sync"));
    }

    private void addCells(int partition) {
        int waiting = 0;
        acknowledged[partition] = 0;
        for (int ms = 0; ms < seconds * 1_000; ms += 100) {
            int records = 8 + (ms / 100 * 7 + partition) % 5;
            boolean paused = false;
            for (int i = 0; i < faults; i++)
                paused |= partition % 2 == i % 2 && ms + 50 > faultAt(i) && ms + 50 < faultAt(i) + pause;
            waiting += records;
            if (paused) continue;
            boolean loses = losing.contains(partition) && ms >= loseFrom && ms < loseTo;
            double latency = waiting > records ? pause : 3 + records / 4.0;
            trial.add(partition, new Cell(ms, waiting, loses ? waiting : 0, waiting, 1.5, latency));
            lost += loses ? waiting : 0;
            acknowledged[partition] += waiting;
            waiting = 0;
        }
    }

    private void addPauses(int partition) {
        boolean paused = faults > 0 && (partition % 2 == 0 || faults > 1);
        double from = paused ? faultAt(partition % 2) : 2_000;
        double ms = paused ? pause : 10;
        String length = Words.seconds(ms);
        double to = within(from + ms);
        trial.pauses.put(partition, new Pause(partition, from, to, ms, "no acknowledgement for " + length));
        trial.readPauses.put(partition, new Pause(partition, from, to, ms, "nothing read for " + length));
    }
}
