package lab.proof.facts;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import lab.history.RunHistory;
import lab.history.Seen;

/** Something that happened to the cluster, and that this run did not do. The node is -1 if it is about none. */
public record Disturbance(double t, int node, boolean isController, String text) {
    private static final double STALE = 3; // seconds for which brokers may disagree after a fault

    /** All of a run, in the order of time. */
    static List<Disturbance> of(RunHistory run, Observed observed, List<Outage> outages) {
        var all = new ArrayList<Disturbance>();
        for (Seen.Outside it : run.all(Seen.Outside.class))
            all.add(new Disturbance(it.t(), it.node(), false, it.text()));
        brokers(observed, outages, all);
        controllers(observed, outages, all);
        for (Observed.Change it : observed.changes())
            if (!it.now().replicas().equals(it.before().replicas()))
                all.add(new Disturbance(
                        it.t(),
                        it.before().leader(),
                        false,
                        Text.of(
                                "partition %d: its replicas are %s now, not %s, and this run did not move them",
                                it.partition(),
                                Text.joined(it.now().replicas()),
                                Text.joined(it.before().replicas()))));
        all.sort(Comparator.comparingDouble(Disturbance::t));
        return List.copyOf(all);
    }

    private static void brokers(Observed observed, List<Outage> outages, List<Disturbance> all) {
        Set<Integer> before = Set.of();
        var known = new HashSet<Integer>();
        for (Seen.Brokers each : observed.brokers()) {
            for (int id : before)
                if (!each.listed().contains(id) && !isOurs(outages, id, each.t()))
                    all.add(new Disturbance(
                            each.t(),
                            id,
                            false,
                            Text.of("broker %d left the cluster, and this run did not stop it", id)));
            for (int id : each.listed())
                if (known.contains(id) && !before.contains(id) && returnsByOthers(outages, id, each.t()))
                    all.add(new Disturbance(
                            each.t(), id, false, Text.of("broker %d is back, and this run did not start it", id)));
            before = Set.copyOf(each.listed());
            known.addAll(before);
        }
    }

    private static boolean isOurs(List<Outage> outages, int broker, double t) {
        return outages.stream().anyMatch(it -> !it.isController() && it.node() == broker && it.covers(t));
    }

    /** Not under a fault of ours, or under one that has not been ended. */
    private static boolean returnsByOthers(List<Outage> outages, int broker, double t) {
        List<Outage> ours = outages.stream()
                .filter(it -> !it.isController() && it.node() == broker && it.covers(t))
                .toList();
        return ours.isEmpty() || ours.stream().anyMatch(it -> t > it.doneAt() + STALE && t < it.restoredAt());
    }

    private static void controllers(Observed observed, List<Outage> outages, List<Disturbance> all) {
        int before = Seen.NONE;
        for (Seen.Controller each : observed.controllers()) {
            boolean gone = before != Seen.NONE && each.id() == Seen.NONE;
            boolean ours = outages.stream()
                    .anyMatch(it -> it.covers(each.t())
                            && (it.isController() || each.voters().contains(it.node())));
            if (gone && !ours && !allDown(observed, outages, each.t()))
                all.add(new Disturbance(
                        each.t(), before, true, "no controller answered, and this run did not stop it"));
            before = each.id();
        }
    }

    /** With all brokers down, the controller is not known. */
    private static boolean allDown(Observed observed, List<Outage> outages, double t) {
        Set<Integer> ever = new HashSet<>();
        observed.brokers().forEach(it -> ever.addAll(it.listed()));
        return !ever.isEmpty() && ever.stream().allMatch(id -> isOurs(outages, id, t));
    }
}
