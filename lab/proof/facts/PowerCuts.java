package lab.proof.facts;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import lab.history.Action;
import lab.history.Flow;
import lab.history.Ranges;
import lab.history.RunHistory;
import lab.history.Seen;

/**
 * The power cuts of a run, and which records they must have lost: those that were acknowledged before the cut, at or
 * above the offset at which the log of the replica that was elected afterwards was cut.
 */
public class PowerCuts {
    private final RunHistory run;
    private final Setup setup;
    private final Observed observed;
    private final List<Outage> outages; // of the fault power
    private final BitSet predicted = new BitSet();

    PowerCuts(RunHistory run, Setup setup, Observed observed, List<Outage> outages) {
        this.run = run;
        this.setup = setup;
        this.observed = observed;
        this.outages = outages.stream().filter(it -> it.fault().equals("power")).toList();
        for (Outage outage : this.outages)
            for (int partition = 0; partition < setup.partitions(); partition++)
                if (elected(outage, partition) == outage.node())
                    predicted.or(acknowledged(outage, partition, elsewhere(outage, partition)));
    }

    /**
     * With acks=all, an in-sync replica had every acknowledged record. So a record at or above the end of its log before
     * the cut was not lost by this cut.
     */
    private long elsewhere(Outage outage, int partition) {
        Action.Cut.Log log = log(outage, partition);
        return log == null || !setup.acksAll() ? Long.MAX_VALUE : log.before();
    }

    public List<Outage> outages() {
        return outages;
    }

    /** How a node's logs were cut; null if that is not known. */
    public Action.Cut cut(Outage outage) {
        return run.all(Action.Cut.class).stream()
                .filter(it -> it.n() == outage.n())
                .findFirst()
                .orElse(null);
    }

    public boolean areKnown() {
        return outages.stream().allMatch(it -> cut(it) != null);
    }

    /** The broker that was elected after a cut; the one that led before, if nothing else was seen. */
    public int elected(Outage outage, int partition) {
        List<Observed.Change> changes = observed.changes().stream()
                .filter(it -> it.partition() == partition && it.t() > outage.from())
                .toList();
        for (Observed.Change it : changes) {
            int leader = it.now().leader();
            if (leader >= 0 && hasPower(leader, it.t()) && !wasDead(changes, it, outage.wholeAt())) return leader;
        }
        Seen.State before = observed.stateAt(partition, outage.from());
        return before == null ? Seen.NONE : before.leader();
    }

    /** Until the session of a dead broker expires, the metadata may name it as the leader. Then there is none. */
    private static boolean wasDead(List<Observed.Change> changes, Observed.Change now, double before) {
        return changes.stream()
                .filter(it -> it.t() > now.t() && it.t() < before && it.leaderChanged())
                .limit(1)
                .anyMatch(it -> it.now().leader() < 0);
    }

    private boolean hasPower(int broker, double time) {
        return outages.stream().noneMatch(it -> it.node() == broker && time >= it.from() && time < it.restoredAt());
    }

    /** All records that cuts must have lost. */
    public BitSet predicted() {
        return predicted;
    }

    /** The acknowledged records that were cut away on a node. */
    public BitSet cutAway(Outage outage) {
        var ids = new BitSet();
        for (int partition = 0; partition < setup.partitions(); partition++) {
            Action.Cut.Log log = log(outage, partition);
            if (log != null) ids.or(acknowledged(outage, partition, log.before()));
        }
        return ids;
    }

    private Action.Cut.Log log(Outage outage, int partition) {
        Action.Cut cut = cut(outage);
        return cut == null ? null : cut.of(setup.topic().name(), partition);
    }

    /** Records acknowledged before the cut, at or above the offset at which the log was cut, and below another offset. */
    private BitSet acknowledged(Outage outage, int partition, long below) {
        var ids = new BitSet();
        Action.Cut.Log log = log(outage, partition);
        if (log == null) return ids;
        for (Flow flow : run.flows(Flow.Kind.ACKNOWLEDGED))
            if (flow.partition() == partition && flow.t() < outage.from())
                flow.records().forEach((id, offset) -> {
                    if (offset >= log.after() && offset < below) ids.set(id);
                });
        return ids;
    }

    /** Why these cuts may not show what a power failure loses; empty if they do. */
    public List<String> doubts() {
        var doubts = new ArrayList<String>();
        for (Outage outage : outages) {
            Action.Cut cut = cut(outage);
            if (cut == null || !cut.dead()) {
                doubts.add("nothing shows that " + outage.name() + " was dead before its logs were cut");
                continue;
            }
            if (Double.isNaN(cut.checkpointAgeS()) || Double.isNaN(cut.intervalS()))
                doubts.add(outage.name() + ": the age of its checkpoint, or the interval, is not known");
            else if (cut.checkpointAgeS() < -1)
                doubts.add(outage.name() + ": its checkpoint is newer than the power cut");
            else if (cut.checkpointAgeS() > 2 * cut.intervalS()) // the next one is just being written
            doubts.add(Text.of(
                    "%s: its checkpoint was %.1f s old, and one is due every %.1f s",
                    outage.name(), cut.checkpointAgeS(), cut.intervalS()));
            else if (acknowledgedIn(outage.from() - cut.checkpointAgeS(), outage.from()))
                doubts.add("records were acknowledged after the checkpoint of " + outage.name());
            if (cutAway(outage).isEmpty() && !flushesEach())
                doubts.add("nothing that was acknowledged was cut away on " + outage.name());
        }
        if (hasUnknownOffsets()) doubts.add("the offsets of the acknowledged records are not known");
        return doubts;
    }

    private boolean acknowledgedIn(double from, double to) {
        return run.flows(Flow.Kind.ACKNOWLEDGED).stream().anyMatch(it -> it.to() >= from && it.t() < to);
    }

    private boolean hasUnknownOffsets() {
        var unknown = new BitSet();
        for (Flow flow : run.flows(Flow.Kind.ACKNOWLEDGED))
            flow.records().forEach((id, offset) -> {
                if (offset == Ranges.UNKNOWN) unknown.set(id);
            });
        return !unknown.isEmpty();
    }

    /** Whether Kafka was to fsync every record of the topic before it acknowledged it. */
    public boolean flushesEach() {
        return outages.stream().allMatch(it -> cut(it) != null && cut(it).flushMessages() == 1);
    }
}
