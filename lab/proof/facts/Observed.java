package lab.proof.facts;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import lab.history.Processing;
import lab.history.RunHistory;
import lab.history.Seen;

/** Who led and who was in sync, when; and when that was not observed. */
public class Observed {
    /** A partition changed; {@code earliest} is the last time at which the state before was seen. */
    public record Change(double t, double earliest, Seen.State before, Seen.State now) {
        public int partition() {
            return now.partition();
        }

        public boolean leaderChanged() {
            return now.leader() != before.leader();
        }
    }

    private final Map<Integer, Seen.State> first = new HashMap<>();
    private final List<Change> changes = new ArrayList<>();
    private final List<Seen.Blind> blind;
    private final List<Seen.Brokers> brokers;
    private final List<Seen.Controller> controllers;
    private final double late;
    private final double end;

    Observed(RunHistory run) {
        var latest = new HashMap<Integer, Seen.State>();
        for (Seen.State state : run.all(Seen.State.class)) {
            Seen.State before = latest.put(state.partition(), state);
            if (before == null) first.put(state.partition(), state);
            else if (!same(before, state)) {
                double earliest = Double.isNaN(state.after()) ? before.t() : state.after();
                changes.add(new Change(state.t(), earliest, before, state));
            }
        }
        blind = run.all(Seen.Blind.class);
        brokers = run.all(Seen.Brokers.class);
        controllers = run.all(Seen.Controller.class);
        late = run.all(Seen.Observer.class).stream()
                .mapToDouble(Seen.Observer::lateS)
                .max()
                .orElse(0);
        end = run.length();
    }

    private static boolean same(Seen.State one, Seen.State other) {
        return one.leader() == other.leader()
                && one.inSync().equals(other.inSync())
                && one.replicas().equals(other.replicas());
    }

    /** What was known of a partition at a time; null if it was never seen. */
    public Seen.State stateAt(int partition, double time) {
        return changes.stream()
                .filter(it -> it.partition() == partition && it.t() <= time)
                .reduce((one, later) -> later)
                .map(Change::now)
                .orElse(first.get(partition));
    }

    public List<Change> changes() {
        return changes;
    }

    /** The first change of a partition after a time; null if there is none. */
    public Change firstChange(int partition, double after, Predicate<Change> wanted) {
        return changes.stream()
                .filter(it -> it.partition() == partition && it.t() > after && wanted.test(it))
                .findFirst()
                .orElse(null);
    }

    /** When a partition got another leader, or one again, after a time; null: it did not. */
    public Change gotLeader(int partition, double after) {
        return firstChange(
                partition, after, it -> it.leaderChanged() && it.now().leader() >= 0);
    }

    /** When a partition lost its leader and had none, after a time; null: it did not. */
    public Change lostLeader(int partition, double after) {
        return firstChange(
                partition, after, it -> it.leaderChanged() && it.now().leader() < 0);
    }

    /** The times of a partition in such a state; a time that is still open ends with the run. */
    public List<Gap> times(int partition, Predicate<Seen.State> wanted) {
        var times = new ArrayList<Gap>();
        Seen.State begin = first.get(partition);
        double since = begin != null && wanted.test(begin) ? begin.t() : Double.NaN;
        for (Change change : changes) {
            if (change.partition() != partition) continue;
            boolean now = wanted.test(change.now());
            if (now && Double.isNaN(since)) since = change.t();
            if (now || Double.isNaN(since)) continue;
            times.add(new Gap(since, change.t()));
            since = Double.NaN;
        }
        if (!Double.isNaN(since)) times.add(new Gap(since, end));
        return times;
    }

    public List<Seen.Blind> blind() {
        return blind;
    }

    /** Why the cluster was not observed all the time in a window; null if it was. */
    public String blindIn(double from, double to) {
        return blindIn(from, to, null);
    }

    /** The same, apart from one time in which it was not observed. */
    String blindIn(double from, double to, Seen.Blind except) {
        return blind.stream()
                .filter(it -> it.to() >= from && it.t() <= to && it != except)
                .max(Comparator.comparingDouble(it -> it.to() - it.t()))
                .map(it -> Text.of("%s for %.1f s", it.why(), it.to() - it.t()))
                .orElse(null);
    }

    /** Why a process was frozen or killed while the cluster was not observed; null if it was. */
    String blindAt(List<Processing.Process> processes) {
        return processes.stream()
                .filter(it -> it.what().equals("freeze") || it.what().equals("kill"))
                .map(it -> blindIn(it.t(), it.t()))
                .filter(Objects::nonNull)
                .findFirst()
                .map("a process was frozen or killed, and the cluster was not observed: "::concat)
                .orElse(null);
    }

    /** The same, only where the observer itself did not run: then no client did. */
    public String stalledIn(double from, double to) {
        return blind.stream()
                .filter(it -> it.to() >= from && it.t() <= to && !it.why().equals(Seen.Blind.NO_ANSWER))
                .map(it -> Text.of("%s for %.1f s", it.why(), it.to() - it.t()))
                .findFirst()
                .orElse(null);
    }

    /** When the cluster did not list a broker any more, in a window; {@link Outage#NEVER} if it always did. */
    public double unlisted(int broker, double from, double to) {
        boolean was = false;
        for (Seen.Brokers each : brokers) {
            boolean is = each.listed().contains(broker);
            if (was && !is && each.t() >= from && each.t() <= to) return each.t();
            was = is;
        }
        return Outage.NEVER;
    }

    /** When no controller was active, or another one, in a window. */
    public double controllerChanged(double from, double to) {
        Integer was = null;
        for (Seen.Controller each : controllers) {
            if (was != null && !Objects.equals(was, each.id()) && each.t() >= from && each.t() <= to) return each.t();
            was = each.id();
        }
        return Outage.NEVER;
    }

    public List<Seen.Brokers> brokers() {
        return brokers;
    }

    public List<Seen.Controller> controllers() {
        return controllers;
    }

    /** Whether one controller decides alone; false also if that is not known. */
    public boolean hasOneController() {
        return controllers.stream().anyMatch(it -> it.voters().size() == 1);
    }

    /** In seconds: no change is known more exactly. */
    public double late() {
        return late;
    }
}
