package lab.proof.facts;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import lab.history.Action;
import lab.history.Entry;
import lab.history.Flow;
import lab.history.RunHistory;
import lab.proof.facts.Account.Kind;

/** When records flowed, by partition: acknowledgements and reads, and the pauses in both. */
public class Flows {
    /** Seconds for which a record may be on its way, and did not wait for a broker. */
    public static final double A_MOMENT = 1;

    private final List<Series> acknowledged = new ArrayList<>();
    private final List<Series> received = new ArrayList<>();
    private final List<List<Flow>> sent = new ArrayList<>();
    private final double loadEnd;

    Flows(RunHistory run, int partitions, Account account) {
        loadEnd = run.all(Action.Load.class).stream()
                .filter(it -> it.what().equals("end"))
                .mapToDouble(Action.Load::t)
                .findFirst()
                .orElse(run.length());
        List<Gap> quiet = quiet(run);
        List<Flow> allSent = run.flows(Flow.Kind.SENT);
        List<Flow> allAcknowledged = run.flows(Flow.Kind.ACKNOWLEDGED);
        List<Flow> allReceived = run.flows(Flow.Kind.RECEIVED);
        for (int partition = 0; partition < partitions; partition++) {
            List<Flow> mine = of(allSent, partition);
            double first = mine.isEmpty() ? Double.NaN : mine.get(0).t();
            int last =
                    mine.stream().mapToInt(it -> it.records().highestId()).max().orElse(0);
            boolean open = last > 0 && !account.of(Kind.ACKNOWLEDGED).get(last);
            boolean unseen = account.of(Kind.UNSEEN).get(last);
            sent.add(mine);
            acknowledged.add(new Series(of(allAcknowledged, partition), first, open ? loadEnd : Double.NaN, quiet));
            received.add(new Series(of(allReceived, partition), first, unseen ? run.length() : Double.NaN, quiet));
        }
    }

    /** When the producer paused by itself: until it went on, or a fault came. */
    static List<Gap> quiet(RunHistory run) {
        var quiet = new ArrayList<Gap>();
        for (Action.Load begin : run.all(Action.Load.class)) {
            if (!begin.what().equals("pause")) continue;
            double end = run.entries().stream()
                    .filter(it -> it instanceof Action.Fault || it instanceof Action.Load)
                    .mapToDouble(Entry::t)
                    .filter(it -> it > begin.t())
                    .min()
                    .orElse(run.length());
            quiet.add(new Gap(begin.t(), end));
        }
        return quiet;
    }

    private static List<Flow> of(List<Flow> flows, int partition) {
        return flows.stream().filter(it -> it.partition() == partition).toList();
    }

    /**
     * The acknowledgements of a partition, from the first call of {@code send}: a pause that is open at the beginning
     * or at the end counts.
     */
    public Series acknowledged(int partition) {
        return acknowledged.get(partition);
    }

    /** What the group received of a partition. */
    public Series received(int partition) {
        return received.get(partition);
    }

    public IntStream partitions() {
        return IntStream.range(0, acknowledged.size());
    }

    /** When the producer ended, or the history does. */
    public double loadEnd() {
        return loadEnd;
    }

    /** The longest pause of a partition that an outage caused, until the replicas are in sync again. */
    public Gap pause(Series series, Outage outage) {
        return series.longest(outage.from(), outage.wholeAt());
    }

    /** The longest pause of a partition: in the outages, or in the whole run if there is none. */
    public Gap pause(Series series, List<Outage> outages) {
        if (outages.isEmpty()) return longest(series);
        return Gap.longest(outages.stream().map(it -> pause(series, it)));
    }

    public Gap longest(Series series) {
        return series.longest(0, Outage.NEVER);
    }

    /** The longest pause of any partition. */
    public Gap longest(Function<Integer, Gap> byPartition) {
        return Gap.longest(partitions().boxed().map(byPartition));
    }

    /** The highest id that had been sent at a time, in any partition. */
    public int lastSent(double time) {
        return sent.stream()
                .flatMap(List::stream)
                .filter(it -> it.t() <= time)
                .mapToInt(it -> it.records().highestId())
                .max()
                .orElse(0);
    }

    /** Whether records of a partition waited for an acknowledgement at a time: more were sent than acknowledged. */
    public boolean waiting(int partition, double time) {
        long given = sent.get(partition).stream()
                .filter(it -> it.to() < time)
                .mapToLong(it -> it.records().size())
                .sum();
        return given > acknowledged.get(partition).count(0, time);
    }

    /**
     * The longest time that a record of a partition was on its way, at most, from the call of {@code send}: of the
     * records that were so in a window. 0 if none was; {@link Outage#NEVER} if one never came.
     */
    public double longestWait(int partition, Series series, double from, double to) {
        List<Flow> given =
                sent.get(partition).stream().filter(it -> it.t() <= to).toList();
        int last = given.stream().mapToInt(it -> it.records().highestId()).max().orElse(0);
        var came = new double[last + 1]; // by id
        Arrays.fill(came, Outage.NEVER);
        for (Flow flow : series.flows())
            flow.records().forEach((id, offset) -> {
                if (id <= last) came[id] = Math.min(came[id], flow.to());
            });
        double[] longest = {0};
        for (Flow flow : given)
            flow.records().forEach((id, offset) -> {
                if (came[id] >= from) longest[0] = Math.max(longest[0], came[id] - flow.t());
            });
        return longest[0];
    }

    /**
     * Whether a pause of a partition in a window shows nothing, because no record waited: none was on its way for
     * longer than a time, until the first one that came after the window; and none at all if none came in the window.
     */
    public boolean idle(int partition, Series series, double from, double to, double longest) {
        if (series.count(from, to) == 0 && longestWait(partition, series, from, to) > A_MOMENT) return false;
        return longestWait(partition, series, from, series.firstAfter(to)) <= longest;
    }
}
