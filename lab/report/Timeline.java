package lab.report;

import java.util.ArrayList;
import java.util.Set;
import java.util.TreeSet;
import lab.report.Trial.Event;
import lab.report.Trial.Outage;

/** The lanes at the top of a plot: which node was down, and what changed. */
record Timeline(Svg svg) {
    /** Something that changed, for these partitions; for none: for the whole topic. */
    private record Change(double ms, String text, Set<Integer> partitions) {}

    void outages(Trial trial) {
        var lane = new Lane(svg);
        for (Outage outage : trial.outages)
            lane.put(outage.seen() ? "fault" : "mark", outage.from(), outage.to(), outage.text());
        lane.draw(trial.downNodes() > 0 ? "broker down" : "fault", 0);
    }

    /** When leaders changed, and so on. Partitions that changed alike at about the same time are one change. */
    void changes(Trial trial) {
        var changes = new ArrayList<Change>();
        for (Event event : trial.events("leader", "whole", "leave", "elect", "outside")) {
            String text = inWords(event);
            Change same = null;
            for (Change change : changes)
                if (change.text.equals(text) && change.ms > event.ms() - svg.end / 50) same = change;
            if (same == null) changes.add(same = new Change(event.ms(), text, new TreeSet<>()));
            if (event.partition() >= 0) same.partitions.add(event.partition());
        }
        var lane = new Lane(svg);
        for (Change change : changes) {
            String whose = change.partitions.isEmpty() ? "" : Words.partitions(change.partitions) + ": ";
            lane.put("mark", change.ms, change.ms, whose + change.text);
        }
        lane.draw("what changed", 0);
    }

    private static String inWords(Event event) {
        return switch (event.kind()) {
            case "leader" -> {
                boolean isBrief = event.leader() >= 0 && event.before() >= 0;
                String now = isBrief ? event.leader() + "" : Words.broker(event.leader());
                yield Words.broker(event.before()) + " \u2192 " + now;
            }
            case "whole" -> "all in sync";
            case "leave" -> "consumer " + event.consumer() + " leaves";
            default -> event.text();
        };
    }
}
