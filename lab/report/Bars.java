package lab.report;

import static lab.report.Svg.LEFT;
import static lab.report.Svg.MARGIN;
import static lab.report.Svg.RIGHT;

import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import lab.report.Trial.Event;
import lab.report.Trial.State;

/** The bars at the foot of a plot: who led each partition, and which partitions each consumer had. */
record Bars(Svg svg, Trial trial) {
    /** A bar for each partition, and below it a line for each replica in sync. */
    void leaders(List<Integer> shown) {
        svg.y += 24;
        svg.text("bold", LEFT, svg.y - 4, "who leads, and (thin lines) which replicas are in sync");
        for (int partition : shown) {
            svg.y += 5;
            svg.text("", MARGIN, svg.y + 12, "partition " + partition);
            List<State> states = trial.states(partition);
            var replicas = new TreeSet<Integer>();
            for (State state : states) {
                replicas.addAll(state.inSync());
                leader(partition, state);
            }
            svg.y += 17;
            for (int replica : replicas) {
                for (State state : states)
                    if (state.inSync().contains(replica))
                        svg.rect(
                                Svg.colour(replica),
                                svg.x(state.from()),
                                svg.y,
                                svg.x(state.to()) - svg.x(state.from()),
                                2.4);
                svg.y += 4;
            }
        }
    }

    private void leader(int partition, State state) {
        String leader = state.leader() < 0 ? "no leader" : Words.broker(state.leader());
        String inSync = state.inSync().isEmpty() ? "none" : Words.joined(state.inSync());
        String all = leader + ", in sync: " + inSync;
        String title = "partition " + partition + ": " + all;
        String number = leader.replaceAll("\\D", "");
        bar(Svg.colour(state.leader()), state.from(), state.to(), title, all, leader, number);
    }

    /** A bar for each consumer: the partitions that were assigned to it. */
    void consumers() {
        var consumers = new TreeMap<Integer, TreeMap<Double, String>>(); // text by ms
        for (Event event : trial.events("assigned", "leave")) {
            List<Integer> assigned = event.ids();
            String partitions = (assigned.size() == 1 ? "partition " : "partitions ") + Words.ranges(assigned);
            String text = event.kind().equals("leave") ? "" : assigned.isEmpty() ? "idle" : partitions;
            consumers
                    .computeIfAbsent(event.consumer(), number -> new TreeMap<>())
                    .put(event.ms(), text);
        }
        if (consumers.isEmpty()) return;
        svg.y += 24;
        String head = "who reads, in the group " + trial.about.group();
        svg.text("bold", LEFT, svg.y - 4, TextWidth.fit(head, RIGHT - LEFT, 14));
        consumers.forEach((consumer, texts) -> {
            svg.y += 5;
            svg.text("", MARGIN, svg.y + 12, "consumer " + consumer);
            texts.forEach((from, text) -> {
                Double next = texts.higherKey(from);
                String style = text.equals("idle") ? "idle" : "reads";
                String title = "consumer " + consumer + ": " + text;
                if (!text.isEmpty()) bar(style, from, next == null ? svg.end : next, title, text);
            });
            svg.y += 17;
        });
    }

    /** A bar, and in it the first of the texts that fits. */
    private void bar(String style, double from, double to, String title, String... texts) {
        double width = svg.x(to) - svg.x(from);
        svg.group(title + ", from " + Words.seconds(from) + " to " + Words.seconds(to));
        svg.rect("bar " + style, svg.x(from), svg.y, Math.max(1, width - 1), 16);
        for (String text : texts) {
            if (TextWidth.of(text, 12) + 8 > width) continue;
            svg.text("small", svg.x(from) + 5, svg.y + 12, text);
            break;
        }
        svg.endGroup();
    }
}
