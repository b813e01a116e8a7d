package lab.drill.verdict;

import java.time.Duration;
import java.util.*;
import java.util.function.*;
import java.util.stream.*;
import lab.drill.ledger.*;
import lab.drill.observer.Observer;
import lab.drill.observer.PartitionWatch;

/** What a trial has shown, in numbers. The claims made of them are in {@link Judge}. */
public class Result {
    public final Facts facts;
    public final Topic topic;
    public final Ledger ledger;
    public final Account account;
    public final Observer observer;
    public final PartitionWatch partitions;
    public final List<Outage> outages;
    public final boolean audited;
    final int[][] acknowledged; // by partition: when its records were acknowledged, in order
    final int[][] read; // by partition: when the group received its records, in order
    public final List<Claim> claims;

    public Result(Facts facts, Duration maxPause, Duration maxLatency) {
        this.facts = facts;
        this.topic = facts.topic;
        this.ledger = facts.ledger;
        this.account = ledger.account();
        this.observer = facts.observer;
        this.partitions = observer.partitions();
        this.outages = facts.outages;
        this.audited = facts.audited;
        this.acknowledged = ledger.times(ledger::acknowledgedAt);
        this.read = ledger.times(ledger::receivedAt);
        this.claims = new Judge(this, maxPause, maxLatency).claims();
    }

    /**
     * The times of acknowledgement between that of the first call and, where records still waited, the end of the
     * load: a pause that is open at its beginning or at its end counts. Made when asked for: kept, the times of
     * 10 million records would stand in memory twice.
     */
    public int[] waited(int partition) {
        int[] times = acknowledged[partition];
        int first = partition + 1;
        int last = ledger.ids(partition).max().orElse(0);
        if (last == 0) return times;
        boolean open = ledger.acknowledgedAt(last) == 0;
        int[] longer = new int[times.length + (open ? 2 : 1)];
        longer[0] = ledger.sentAt(first);
        System.arraycopy(times, 0, longer, 1, times.length);
        if (open) longer[times.length + 1] = Math.max(facts.loadEndedAt, longer[times.length]);
        return longer;
    }

    /** How many records of a partition were acknowledged after one tick and before another. */
    public long count(int partition, int after, int before) {
        return Arrays.stream(acknowledged[partition])
                .filter(it -> it > after && it < before)
                .count();
    }

    /** The first of these times after a tick. */
    public static int firstAfter(int[] times, int tick, int otherwise) {
        return Arrays.stream(times).filter(it -> it > tick).findFirst().orElse(otherwise);
    }

    /** When a partition first had a new leader after a fault; 0 is never. */
    public int gotLeader(Outage outage, int partition) {
        return firstChange(
                partition, outage.harmedAt, it -> it.leaderChanged() && it.now().leader() >= 0);
    }

    /** When a partition first had no leader any more after a fault; 0 is never. */
    public int lostLeader(Outage outage, int partition) {
        return firstChange(
                partition, outage.harmedAt, it -> it.leaderChanged() && it.now().leader() < 0);
    }

    public int firstChange(int partition, int after, Predicate<Change> wanted) {
        return partitions.changesSince(after).stream()
                .filter(it -> it.partition() == partition && wanted.test(it))
                .mapToInt(Change::tick)
                .findFirst()
                .orElse(0);
    }

    /** The pause that an outage made in a partition, until the replicas are in sync again. */
    public Gap pause(int[] times, Outage outage) {
        int end = outage.wholeAt > 0 ? outage.wholeAt : Integer.MAX_VALUE;
        return Gap.longest(times, outage.harmedAt, end);
    }

    /**
     * The longest pause that an outage made in any partition.
     *
     * @param times by partition: those of the acknowledgements, or of the reads
     */
    public Gap longestPause(IntFunction<int[]> times, Outage outage) {
        return Gap.longest(allPartitions().mapToObj(partition -> pause(times.apply(partition), outage)));
    }

    /** The longest pause of a partition: that of an outage where there is one, else of the whole trial. */
    public Gap longestPause(int[] times) {
        if (outages.isEmpty()) return Gap.longest(times, 0, Integer.MAX_VALUE);
        return Gap.longest(outages.stream().map(it -> pause(times, it)));
    }

    /** The longest pause in seconds, before, during and after the outages. */
    public double longestEver() {
        return Gap.longest(allPartitions().mapToObj(it -> Gap.longest(waited(it), 0, Integer.MAX_VALUE)))
                .seconds();
    }

    public double pauseSeconds() {
        return Gap.longest(allPartitions().mapToObj(it -> longestPause(waited(it))))
                .seconds();
    }

    IntStream allPartitions() {
        return IntStream.range(0, topic.partitions());
    }

    /** When the first fault came; a tick that never comes where there was none. */
    public int firstFault() {
        return outages.isEmpty() ? Integer.MAX_VALUE : outages.get(0).harmedAt;
    }

    /** When the preferred leaders led again for the last time; 0 is never. */
    public int lastRecovery() {
        return outages.stream().mapToInt(it -> it.preferredAt).max().orElse(0);
    }

    public Verdict verdict() {
        return Verdict.worst(claims.stream().map(Claim::verdict));
    }

    // -- the outage, taken apart --

    /** When each thing happened to a partition after a fault, in ticks; 0 is never. */
    public Map<String, Integer> phases(Outage outage, int partition) {
        var phases = new LinkedHashMap<String, Integer>();
        phases.put("leader gone", lostLeader(outage, partition));
        int elected = gotLeader(outage, partition);
        phases.put("new leader", elected);
        phases.put("first acknowledged", elected == 0 ? 0 : firstAfter(acknowledged[partition], elected, 0));
        phases.put("first read", elected == 0 ? 0 : firstAfter(read[partition], elected, 0));
        int replicas = topic.replicas().get(partition).size();
        Predicate<Change> whole =
                it -> it.now().leader() >= 0 && it.now().inSync().size() == replicas;
        phases.put("in sync", firstChange(partition, outage.harmedAt, whole));
        int preferred = topic.preferredLeader(partition);
        Predicate<Change> leads = it -> it.leaderChanged() && it.now().leader() == preferred;
        phases.put("preferred", firstChange(partition, outage.harmedAt, leads));
        return phases;
    }

    /** In ms: 99 of 100 records that were sent are acknowledged within. A record without an answer is late. */
    public double percentile99() {
        Latencies acknowledged = latencies(id -> true);
        int index = (int) (0.99 * account.sent());
        return index < acknowledged.records() ? acknowledged.at(index) : Double.POSITIVE_INFINITY;
    }

    private Latencies latencies(IntPredicate wanted) {
        var latencies = new Latencies();
        for (int id = 1; id <= ledger.last(); id++)
            if (ledger.acknowledgedAt(id) > 0 && wanted.test(id))
                latencies.add(ledger.acknowledgedAt(id) - ledger.sentAt(id));
        return latencies;
    }

    /** Acknowledged before the first fault, sent after the last recovery, and all between. */
    public Map<String, Latency> latencies() {
        int first = firstFault();
        int last = lastRecovery() == 0 ? Integer.MAX_VALUE : lastRecovery();
        var latencies = new LinkedHashMap<String, Latency>();
        latencies.put(
                "before", latencies(id -> ledger.acknowledgedAt(id) < first).summary());
        latencies.put(
                "during",
                latencies(id -> ledger.acknowledgedAt(id) >= first && ledger.sentAt(id) < last)
                        .summary());
        latencies.put("after", latencies(id -> ledger.sentAt(id) >= last).summary());
        return latencies;
    }
}
