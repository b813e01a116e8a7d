package lab.drill.recording;

import java.util.*;
import java.util.stream.Collectors;
import lab.history.*;

/**
 * Prints the entries of a run, with the seconds since its beginning: while it runs, and again from its history. The order
 * is that of the file.
 */
public class Timeline {
    private final Printer printer;
    private final Map<Integer, Seen.State> states = new HashMap<>(); // by partition
    private final Map<Integer, Action.Fault> down = new HashMap<>(); // by the number of the fault
    private List<Integer> listed = List.of();
    private int controller = Seen.NONE;
    private Experiment.Run run;
    private Experiment.Topic topic;
    private Experiment.Group group;
    private boolean introduced;

    public Timeline(Printer printer) {
        this.printer = printer;
    }

    public synchronized void print(Entry entry) {
        if (entry instanceof Experiment.Run it) begin(it);
        else if (entry instanceof Experiment.Topic it) print(it);
        else if (entry instanceof Experiment.Group it && it.consumers() > 0) group = it;
        else if (entry instanceof Action it) print(it);
        else if (entry instanceof Seen it) print(it);
        else if (entry instanceof Processing it) print(it);
        else if (entry instanceof Sharing.Queue it) print(it);
        else if (entry instanceof Audit it) print(it);
        introduce();
    }

    private void begin(Experiment.Run it) {
        run = it;
        printer.print("");
        printer.print("@|bold %s|@%s", it.title(), it.of() > 1 ? ", run %d of %d".formatted(it.number(), it.of()) : "");
    }

    private void print(Experiment.Topic it) {
        if (topic == null && it.exists()) topic = it;
        else if (topic != null && (!it.exists() || !it.id().equals(topic.id())))
            line(it.t(), "bold,red", "topic %s does not exist any more".formatted(topic.name()));
    }

    /** The lines that describe a run come in any order. */
    private void introduce() {
        if (introduced || run == null || topic == null || group == null) return;
        introduced = true;
        String text = "%d consumer%s in group %s, %,d records/s to %s, %s"
                .formatted(
                        group.consumers(),
                        group.consumers() == 1 ? "" : "s",
                        group.group(),
                        run.rate(),
                        topic.name(),
                        run.settings());
        printer.print("  %s", Printer.wrapped(2, text));
        printer.print("");
    }

    private void print(Action entry) {
        double t = entry.t();
        if (entry instanceof Action.Load it) line(t, "", "the producer %ss".formatted(it.what()));
        if (entry instanceof Action.Fault it) {
            down.put(it.n(), it);
            line(t, "bold,red", it.command() == null ? it.fault() + " " + it.name() : it.command());
        }
        if (entry instanceof Action.FaultDone it && it.ok()) answer(t, it.answer()); // else the run gives up: below
        if (entry instanceof Action.Cut it) print(it);
        if (entry instanceof Action.Restore it) {
            String name = down.containsKey(it.n()) ? down.get(it.n()).name() : "a node";
            line(t, "bold,green", it.command() == null ? "restore " + name : it.command());
        }
        if (entry instanceof Action.RestoreDone it && it.ok()) answer(t, it.answer());
        if (entry instanceof Action.Whole) {
            down.clear();
            line(t, "", "all replicas are in sync again");
        }
        if (entry instanceof Action.Preferred) line(t, "", "the preferred leaders lead again");
        if (entry instanceof Action.Elect it) line(t, "", it.what() + " election, an operator's choice");
        if (entry instanceof Action.Leave it) line(t, "", "consumer %d leaves the group".formatted(it.consumer()));
        if (entry instanceof Action.GaveUp it) line(t, "bold,yellow", it.why());
    }

    /** The topic's own logs, and what else is shorter now. */
    private void print(Action.Cut it) {
        String name = down.containsKey(it.n()) ? down.get(it.n()).name() : "a node";
        String logs = it.logs().stream()
                .filter(log ->
                        log.before() > log.after() || topic != null && log.log().startsWith(topic.name()))
                .map(log -> "%s %,d -> %,d".formatted(log.log(), log.before(), log.after()))
                .collect(Collectors.joining(", "));
        String age = Double.isNaN(it.checkpointAgeS()) ? "" : " (checkpoint %.1f s old)".formatted(it.checkpointAgeS());
        line(it.t(), "bold,red", name + " without power: " + (logs.isEmpty() ? "nothing to cut" : logs) + age);
    }

    private void answer(double t, String text) {
        if (text != null && !text.isEmpty()) line(t, "", text);
    }

    private void print(Seen entry) {
        double t = entry.t();
        if (entry instanceof Seen.State it) changed(it);
        if (entry instanceof Seen.Brokers it) changed(it);
        if (entry instanceof Seen.Controller it) changed(it);
        if (entry instanceof Seen.Blind it) line(t, "", "%s for %.1f s".formatted(it.why(), it.to() - t));
        if (entry instanceof Seen.Assigned it && !it.partitions().isEmpty())
            line(
                    t,
                    "cyan",
                    "consumer %d: partition%s %s"
                            .formatted(it.consumer(), it.partitions().size() == 1 ? "" : "s", ids(it.partitions())));
        if (entry instanceof Seen.Consumer it && it.what().equals("failed"))
            line(t, "bold,yellow", "consumer %d ended: %s".formatted(it.consumer(), it.error()));
        if (entry instanceof Seen.Outside it) line(t, "bold,red", it.text());
        if (entry instanceof Seen.Note it) line(t, "", it.text());
    }

    private void print(Sharing.Queue it) {
        String text = "share group %s: lock %d s, %d deliveries, dead letters: %s; record %d is released, %d rejected"
                .formatted(
                        it.group(),
                        it.lockMs() / 1000,
                        it.limit(),
                        it.deadLetters() == null ? "none" : it.deadLetters(),
                        it.released(),
                        it.rejected());
        printer.print("  %s", Printer.wrapped(2, text));
    }

    private void print(Processing entry) {
        double t = entry.t();
        if (entry instanceof Processing.Pipeline it) {
            String how = it.transactions() ? "exactly once" : "without transactions";
            String mistake = it.seekBack() ? "" : ", which does not seek back";
            String whose = it.isForeign() ? ": " + it.command() : "";
            String text = "a pipeline from there to %s, %s%s%s".formatted(it.output(), how, mistake, whose);
            printer.print("  %s", Printer.wrapped(2, text));
        }
        if (entry instanceof Processing.Transaction it)
            line(t, "", "transaction of %s, with a timeout of %,d ms".formatted(it.id(), it.timeoutMs()));
        if (entry instanceof Processing.Process it && !it.what().equals("end"))
            line(
                    t,
                    it.what().equals("kill") ? "bold,red" : "bold",
                    "process %d: %s".formatted(it.process(), it.what()));
        if (entry instanceof Processing.Batch it && it.what().equals("aborted"))
            line(t, "yellow", "process %d: aborted %,d records: %s".formatted(it.process(), it.records(), it.error()));
        if (entry instanceof Processing.Batch it && it.what().equals("replaced"))
            line(t, "yellow", "process %d: clients replaced: %s".formatted(it.process(), it.error()));
        if (entry instanceof Processing.Open it)
            line(
                    t,
                    "",
                    "process %d is in the middle of a batch: last stable offset %,d, high watermark %,d, input committed up to %,d"
                            .formatted(it.process(), it.stable(), it.end(), it.consumed()));
        if (entry instanceof Processing.Held it)
            line(it.to(), "", "the last stable offset stood at %,d for %.1f s".formatted(it.stable(), it.to() - t));
    }

    private void changed(Seen.State now) {
        Seen.State before = states.put(now.partition(), now);
        if (before == null) return;
        String partition = "partition " + now.partition();
        if (now.leader() != before.leader()) {
            String was = before.leader() < 0 ? "" : "; it was broker " + before.leader();
            String is = now.leader() < 0
                    ? "no leader"
                    : "broker " + now.leader() + " leads" + (before.leader() < 0 ? "" : " now");
            line(now.t(), "yellow", partition + ": " + is + was);
        }
        if (!now.inSync().equals(before.inSync())) {
            int min = topic == null ? 0 : topic.effectiveMinInSync();
            String few = !now.inSync().isEmpty() && now.inSync().size() < min
                    ? " (fewer than min.insync.replicas=" + min + ")"
                    : "";
            line(now.t(), "", partition + ": in sync " + ids(now.inSync()) + few);
        }
        if (!now.replicas().equals(before.replicas())) {
            String text = "%s: its replicas are %s now, not %s; this script did not move it";
            line(now.t(), "bold,red", text.formatted(partition, ids(now.replicas()), ids(before.replicas())));
        }
    }

    private void changed(Seen.Brokers now) {
        var changed = new TreeSet<>(now.listed());
        changed.addAll(listed);
        for (int id : changed) {
            boolean is = now.listed().contains(id);
            boolean mine = down.values().stream().anyMatch(it -> it.node() == id);
            if (listed.isEmpty() || is == listed.contains(id) || mine) continue;
            line(now.t(), "bold,red", "broker %d is %s; this script did not do it".formatted(id, is ? "up" : "down"));
        }
        listed = now.listed();
    }

    private void changed(Seen.Controller now) {
        boolean changed = controller != Seen.NONE && now.id() != controller;
        boolean mine = down.values().stream().anyMatch(it -> it.role().equals("controller") || it.node() == controller);
        if (changed && now.id() == Seen.NONE && !mine) line(now.t(), "bold,red", "no controller answers");
        if (changed && now.id() != Seen.NONE)
            line(now.t(), "", "controller %d leads now; it was %d".formatted(now.id(), controller));
        if (now.id() != Seen.NONE) controller = now.id();
    }

    private void print(Audit it) {
        if (it.error() != null)
            line(it.t(), "bold,yellow", "partition %d: the log was not read: %s".formatted(it.partition(), it.error()));
        else if (topic != null
                && it.partition() < topic.partitions().size()
                && it.logStart() > topic.partitions().get(it.partition()).end())
            line(
                    it.t(),
                    "bold,yellow",
                    "partition %d: the log starts at offset %d now".formatted(it.partition(), it.logStart()));
    }

    private static String ids(List<Integer> ids) {
        return ids.isEmpty() ? "none" : ids.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    private void line(double t, String colour, String text) {
        String format = colour.isEmpty() ? "%6.1f s  %s" : "%6.1f s  @|" + colour + " %s|@";
        printer.print(format, t, Printer.wrapped(10, text));
    }
}
