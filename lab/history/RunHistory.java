package lab.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The entries of one run.
 *
 * @param begin its first entry
 * @param entries all, in the order of the file
 * @param complete whether its {@code end} line is there
 */
public record RunHistory(Experiment.Run begin, List<Entry> entries, boolean complete) {
    /** The entries of a kind, in the order of time. */
    public <E extends Entry> List<E> all(Class<E> kind) {
        var all = new ArrayList<E>();
        for (Entry entry : entries) if (kind.isInstance(entry)) all.add(kind.cast(entry));
        all.sort(Comparator.comparingDouble(Entry::t)); // stable: equal times stay in the order of the file
        return all;
    }

    /** The records of a kind, in the order of time. */
    public List<Flow> flows(Flow.Kind kind) {
        return all(Flow.class).stream().filter(it -> it.kind() == kind).toList();
    }

    /** The time of the last entry: how long the run was seen. */
    public double length() {
        return entries.stream()
                .mapToDouble(it -> it instanceof Flow flow ? flow.to() : it.t())
                .max()
                .orElse(0);
    }
}
