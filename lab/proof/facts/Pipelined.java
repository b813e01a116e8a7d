package lab.proof.facts;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
import lab.history.Flow;
import lab.history.Processing;
import lab.history.RunHistory;
import lab.proof.facts.Account.Kind;

/** What became of the inputs of a pipeline: the ids in its output, for both kinds of readers. */
public class Pipelined {
    private final Facts facts;
    private final RunHistory run;
    private final Processing.Pipeline setup;
    private final TreeMap<Long, Integer> processed; // the id at each offset, for read_committed
    private final TreeMap<Long, Integer> written; // for read_uncommitted
    private final Map<Integer, Long> inputs = new HashMap<>(); // the offset of each id in the log of the input
    private final Map<Integer, Long> lastInputs = new HashMap<>(); // the same; of an id that is there twice, the second
    private final BitSet missing = new BitSet();
    private final BitSet twice = new BitSet(); // or more often
    private final BitSet thrice = new BitSet(); // or more often

    private Pipelined(Facts facts, Processing.Pipeline setup) {
        this.facts = facts;
        this.run = facts.run();
        this.setup = setup;
        processed = output(Flow.Kind.PROCESSED);
        written = output(Flow.Kind.WRITTEN);
        var copies = new HashMap<Integer, Integer>(); // of each id, in the log of the input
        for (Flow flow : run.flows(Flow.Kind.FOUND))
            flow.records().forEach((id, offset) -> {
                inputs.putIfAbsent(id, offset);
                lastInputs.merge(id, offset, Math::max);
                copies.merge(id, 1, Integer::sum);
            });
        var outputs = new HashMap<Integer, Integer>();
        for (int id : processed.values()) outputs.merge(id, 1, Integer::sum);
        outputs.forEach((id, count) -> {
            int once = Math.max(1, copies.getOrDefault(id, 0));
            twice.set(id, count > once);
            thrice.set(id, count > 2 * once);
        });
        copies.forEach((id, count) -> missing.set(id, count > outputs.getOrDefault(id, 0)));
        missing.and(inputs());
    }

    /** Null if the run has no pipeline. */
    public static Pipelined of(Facts facts) {
        List<Processing.Pipeline> all = facts.run().all(Processing.Pipeline.class);
        return all.isEmpty() ? null : new Pipelined(facts, all.get(0));
    }

    private TreeMap<Long, Integer> output(Flow.Kind kind) {
        var output = new TreeMap<Long, Integer>();
        for (Flow flow : run.flows(kind)) flow.records().forEach((id, offset) -> output.put(offset, id));
        return output;
    }

    public Processing.Pipeline setup() {
        return setup;
    }

    /** The longest transaction.timeout.ms of its transactions; -1: not known. */
    public int timeoutMs() {
        if (!setup.isForeign()) return setup.timeoutMs();
        return run.all(Processing.Transaction.class).stream()
                .mapToInt(Processing.Transaction::timeoutMs)
                .max()
                .orElse(-1);
    }

    /** The ids in the log of the input. */
    public BitSet inputs() {
        return facts.account().of(Kind.IN_LOG);
    }

    /** Inputs with more than one output for each copy in the log, for a reader with read_committed. */
    public BitSet twice() {
        return twice;
    }

    /** Inputs with more than two outputs for each copy in the log, for a reader with read_committed. */
    public BitSet thrice() {
        return thrice;
    }

    /** Inputs with fewer outputs than copies in the log, for a reader with read_committed. */
    public BitSet missing() {
        return missing;
    }

    /** The offsets of the outputs that only a reader with read_uncommitted receives, and their ids. */
    public TreeMap<Long, Integer> aborted() {
        var aborted = new TreeMap<>(written);
        aborted.keySet().removeAll(processed.keySet());
        return aborted;
    }

    /** The offsets of the outputs that a reader with read_committed receives. */
    public LongStream processed() {
        return processed.keySet().stream().mapToLong(it -> it);
    }

    /** Processes that were frozen in the middle of a batch. */
    public List<Processing.Open> open() {
        return run.all(Processing.Open.class);
    }

    /** What its processes report of their batches. */
    public List<Processing.Batch> batches(String what) {
        return run.all(Processing.Batch.class).stream()
                .filter(it -> it.what().equals(what))
                .toList();
    }

    /** The inputs whose outputs a frozen process had written, and that the group had not committed. */
    public BitSet uncommitted(Processing.Open open) {
        var ids = new BitSet();
        for (int id : written.headMap(open.end()).values()) if (isUncommitted(id, open)) ids.set(id);
        return ids;
    }

    /** Whether an input was not committed when a process was frozen. */
    public boolean isUncommitted(int id, Processing.Open open) {
        return lastInputs.getOrDefault(id, facts.account().ids().offset(id)) >= open.consumed();
    }

    /** The inputs that no process reports in a committed batch. */
    public BitSet skipped() {
        BitSet skipped = (BitSet) inputs().clone();
        List<Processing.Batch> committed = batches("committed");
        for (int id = skipped.nextSetBit(0); id >= 0; id = skipped.nextSetBit(id + 1)) {
            long offset = inputs.get(id);
            if (committed.stream().anyMatch(it -> offset <= it.to() && offset > it.to() - it.records()))
                skipped.clear(id);
        }
        return skipped;
    }

    /** Why not all outputs could be observed; null if they could. */
    public String unseen() {
        List<Processing.Consumed> consumed = run.all(Processing.Consumed.class);
        if (consumed.isEmpty()) return "the pipeline was not watched to the end of the input";
        Processing.Consumed last = consumed.get(consumed.size() - 1);
        if (last.committed() < 0) return "it is not known how far the pipeline had committed the input";
        if (last.committed() < last.end())
            return Text.of(
                    "the pipeline had committed the input up to offset %,d of %,d", last.committed(), last.end());
        if (inputs().isEmpty()) return "there were no inputs";
        if (!facts.isRead()) return "the log of the input was not read to its end";
        for (String isolation : List.of("read_committed", "read_uncommitted")) {
            var audit = run.all(Processing.OutputAudit.class).stream()
                    .filter(it -> it.isolation().equals(isolation))
                    .findFirst()
                    .orElse(null);
            if (audit == null) return "the output was not read with " + isolation;
            if (audit.from() > setup.first() || audit.to() < audit.end())
                return Text.of(
                        "with %s, the output was read from offset %,d to %,d; it begins at %,d and ends at %,d",
                        isolation, audit.from(), audit.to(), setup.first(), audit.end());
        }
        if (setup.isForeign() && written.isEmpty()) return "no output has the value of an input in it";
        return facts.observed().blindAt(run.all(Processing.Process.class));
    }
}
