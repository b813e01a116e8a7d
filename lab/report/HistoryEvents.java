package lab.report;

import java.util.List;
import lab.history.Action;
import lab.history.Entry;
import lab.history.Flow;
import lab.history.RunHistory;
import lab.history.Seen;
import lab.proof.facts.Facts;
import lab.proof.facts.Observed;
import lab.report.Trial.Event;

/** Makes the timeline of a trial of what was done, what was seen, and what others did. */
class HistoryEvents {
    private final Trial trial;

    private HistoryEvents(Trial trial) {
        this.trial = trial;
    }

    /** All but the reading of the log, which comes after the run. */
    static void add(Facts facts, Trial trial) {
        var events = new HistoryEvents(trial);
        RunHistory run = facts.run();
        for (Observed.Change it : facts.observed().changes()) events.change(it);
        for (var it : facts.doubts().disturbances()) events.plain(it.t(), "outside", it.text());
        for (Seen.Blind it : run.all(Seen.Blind.class))
            events.plain(
                    it.t(), "blind", "not observed for " + Words.seconds(1_000 * (it.to() - it.t())) + ": " + it.why());
        double audit =
                run.flows(Flow.Kind.FOUND).stream().mapToDouble(Flow::t).min().orElse(Double.POSITIVE_INFINITY);
        for (Entry entry : run.entries()) if (entry.t() < audit) events.entry(entry);
        trial.sortEvents();
    }

    private void plain(double t, String kind, String text) {
        trial.events.add(new Event(1_000 * t, kind, -1, text, -1, -1, -1, List.of()));
    }

    private void change(Observed.Change it) {
        double ms = 1_000 * it.t();
        var now = it.now();
        if (it.leaderChanged()) {
            String words = "partition %d: %s leads, before %s";
            String text = words.formatted(
                    it.partition(),
                    Words.broker(now.leader()),
                    Words.broker(it.before().leader()));
            int before = it.before().leader();
            trial.events.add(new Event(ms, "leader", it.partition(), text, now.leader(), before, -1, List.of()));
        }
        if (now.inSync().equals(it.before().inSync())) return;
        String text = "partition %d: in sync %s".formatted(it.partition(), Words.joined(now.inSync()));
        trial.events.add(new Event(ms, "in_sync", it.partition(), text, -1, -1, -1, now.inSync()));
    }

    private void entry(Entry entry) {
        double t = entry.t();
        if (entry instanceof Action.Fault it) plain(t, "fault", it.fault() + " " + it.name());
        else if (entry instanceof Action.FaultDone it && !it.ok())
            plain(t, "failed", "the fault failed: " + it.answer());
        else if (entry instanceof Action.Restore it) plain(t, "heal", it.command() == null ? "restore" : it.command());
        else if (entry instanceof Action.Whole) plain(t, "whole", "all in sync");
        else if (entry instanceof Action.Preferred) plain(t, "preferred", "the preferred leaders lead");
        else if (entry instanceof Action.Elect it) plain(t, "elect", it.what() + " election");
        else if (entry instanceof Action.GaveUp it) plain(t, "gave_up", "gave up: " + it.why());
        else if (entry instanceof Seen.Note it) plain(t, "note", it.text());
        else if (entry instanceof Action.Leave it) consumer(t, "leave", it.consumer(), "leaves the group", List.of());
        else if (entry instanceof Seen.Assigned it)
            consumer(t, "assigned", it.consumer(), assigned(it.partitions()), it.partitions());
        else if (entry instanceof Seen.Consumer it && it.error() != null)
            consumer(t, "failed", it.consumer(), "failed: " + it.error(), List.of());
    }

    private static String assigned(List<Integer> partitions) {
        return partitions.isEmpty() ? "idle" : Words.partitions(partitions);
    }

    private void consumer(double t, String kind, int consumer, String text, List<Integer> ids) {
        String words = "consumer " + consumer + ": " + text;
        trial.events.add(new Event(1_000 * t, kind, -1, words, -1, -1, consumer, ids));
    }
}
