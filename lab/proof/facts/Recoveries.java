package lab.proof.facts;

import java.util.List;
import java.util.function.Predicate;
import lab.history.Action;
import lab.history.RunHistory;
import lab.history.Seen;

/** What the run says of replicas and leaders, compared with what was seen of them. */
record Recoveries(RunHistory run, Setup setup, Complaints complaints) {
    private static final int ANSWERS = 3; // that must agree on a change before it is believed
    private static final double EARLIER = 3; // s: what was seen then may still have been believed
    private static final double LATER = 0.1; // s

    void find() {
        for (int partition = 0; partition < setup.partitions(); partition++) {
            int it = partition;
            List<Seen.State> states = run.all(Seen.State.class).stream()
                    .filter(state -> state.partition() == it)
                    .toList();
            if (states.isEmpty()) continue; // another complaint
            List<Integer> placed = setup.replicas(partition);
            complaints.check(
                    replicas(states.get(0), placed).equals(placed),
                    "partition %d had other replicas than its topic",
                    partition);
            for (Action.Whole whole : run.all(Action.Whole.class))
                complaints.check(
                        seen(states, whole.t(), state -> state.inSync().containsAll(replicas(state, placed))),
                        "partition %d was not in sync when all was said to be",
                        partition);
            for (Action.Preferred preferred : run.all(Action.Preferred.class))
                complaints.check(
                        seen(
                                states,
                                preferred.t(),
                                state -> state.leader()
                                        == replicas(state, placed).get(0)),
                        "partition %d was not led by its preferred leader when all were said to be",
                        partition);
        }
    }

    private static List<Integer> replicas(Seen.State state, List<Integer> placed) {
        return state.replicas().isEmpty() ? placed : state.replicas();
    }

    /** Whether a state like this was seen about that time; also if it cannot be known. */
    private boolean seen(List<Seen.State> states, double t, Predicate<Seen.State> wanted) {
        double late = run.all(Seen.Observer.class).stream()
                .mapToDouble(Seen.Observer::lateS)
                .max()
                .orElse(0);
        double from = t - EARLIER - ANSWERS * late;
        double to = t + LATER;
        boolean blind = run.all(Seen.Blind.class).stream().anyMatch(it -> it.to() >= from && it.t() <= to);
        if (blind || states.get(0).t() > t) return true;
        for (int i = 0; i < states.size(); i++) {
            double until = i + 1 < states.size() ? states.get(i + 1).t() : Outage.NEVER;
            if (states.get(i).t() <= to && until >= from && wanted.test(states.get(i))) return true;
        }
        return false;
    }
}
