package lab.doctor;

import java.util.*;
import java.util.function.*;
import lab.prediction.*;

/** Collects findings about partitions, topics and brokers: one for each kind that has a case. */
class Findings {
    private final List<Finding> all = new ArrayList<>();

    List<Finding> all() {
        return all;
    }

    void add(String what, String kind, List<String> where, String means, String mend) {
        all.add(new Finding(what, kind, where, means, mend));
    }

    /** @param mend is given all partitions of the finding */
    void partitions(String what, List<Partition> partitions, String means, Function<List<Partition>, String> mend) {
        if (partitions.isEmpty()) return;
        List<String> names = partitions.stream().map(it -> it.id().toString()).toList();
        add(what, "partition", names, means, mend.apply(partitions));
    }

    /** The topics of these partitions. */
    void topics(String what, List<Partition> partitions, String means, Function<List<Partition>, String> mend) {
        if (partitions.isEmpty()) return;
        List<String> names =
                partitions.stream().map(it -> it.id().topic()).distinct().toList();
        add(what, "topic", names, means, mend.apply(partitions));
    }

    /** The ids of brokers or controllers. */
    void nodes(String what, String kind, Collection<Integer> ids, String means, String mend) {
        if (ids.isEmpty()) return;
        add(what, kind, ids.stream().map(Object::toString).toList(), means, mend);
    }
}
