package lab.proof.facts;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lab.history.Action;
import lab.history.Audit;
import lab.history.Entry;
import lab.history.Flow;
import lab.history.Processing;
import lab.history.RunHistory;

/** What cannot be in the history of a pipeline: its processes, the offsets of its input, and those of its output. */
record PipelineContradictions(RunHistory run, Setup setup, Account account, Workers workers, Complaints complaints) {
    void find() {
        List<Processing.Pipeline> all = run.all(Processing.Pipeline.class);
        complaints.check(all.size() <= 1, "two lines begin the run: Pipeline");
        if (all.isEmpty()) {
            boolean any = run.entries().stream().anyMatch(PipelineContradictions::belongsToPipeline);
            complaints.check(!any && !setup.isScenario("exactly-once"), "a pipeline ran, and its beginning is missing");
            return;
        }
        complaints.check(setup.partitions() == 1, "the input of the pipeline has not one partition");
        if (setup.partitions() != 1) return;
        boolean knows =
                all.get(0).isForeign() || run.all(Processing.Transaction.class).isEmpty();
        complaints.check(knows, "a transaction of a user's pipeline, in a run without one");
        long inputEnd = consumed();
        batches(inputEnd);
        long outputEnd = audits(all.get(0));
        open(all.get(0), inputEnd, outputEnd);
        output(!all.get(0).transactions() && !all.get(0).isForeign());
    }

    private static boolean belongsToPipeline(Entry it) {
        return it instanceof Processing && !(it instanceof Processing.Process)
                || it instanceof Flow flow && isOutput(flow);
    }

    private static boolean isOutput(Flow it) {
        return it.kind() == Flow.Kind.PROCESSED || it.kind() == Flow.Kind.WRITTEN;
    }

    private double loadEnd() {
        return run.all(Action.Load.class).stream()
                .filter(it -> it.what().equals("end"))
                .mapToDouble(Action.Load::t)
                .findFirst()
                .orElse(0);
    }

    /** @return the input's end */
    private long consumed() {
        List<Processing.Consumed> all = run.all(Processing.Consumed.class);
        complaints.check(all.size() <= 1, "the pipeline was asked for its end twice");
        long log = inputRead();
        for (Processing.Consumed it : all) {
            complaints.check(it.t() >= loadEnd(), "the pipeline was asked for its end before the load had ended");
            complaints.check(it.end() >= log, "the input ended before records that were read");
            complaints.check(it.committed() <= it.end(), "the pipeline had committed more than the input has");
        }
        return all.isEmpty() ? Long.MAX_VALUE : all.get(0).end();
    }

    /** The end of the input as the log showed it. */
    private long inputRead() {
        var read = new long[1];
        for (Audit it : run.all(Audit.class)) read[0] = Math.max(read[0], Math.max(it.to(), it.end()));
        for (Flow flow : run.flows(Flow.Kind.FOUND))
            flow.records().forEach((id, offset) -> read[0] = Math.max(read[0], offset + 1));
        return read[0];
    }

    private void batches(long inputEnd) {
        Map<Integer, Long> next = new HashMap<>(); // by process
        for (Processing.Batch it : run.all(Processing.Batch.class)) {
            complaints.check(
                    workers.worked(it.process(), it.t()), "process %d reported while it did not run", it.process());
            if (!it.isCommitted()) continue;
            long begin = it.to() - it.records() + 1;
            boolean inInput = it.records() >= 1 && begin >= setup.firstOffset(0) && it.to() < inputEnd;
            complaints.check(inInput, "a batch was committed that is not in the input");
            Long before = next.put(it.process(), it.to() + 1);
            complaints.check(before == null || before <= begin, "process %d committed a batch twice", it.process());
        }
    }

    /** @return the output's end */
    private long audits(Processing.Pipeline pipeline) {
        Set<String> isolations = new HashSet<>();
        Set<Long> ends = new HashSet<>();
        for (Processing.OutputAudit it : run.all(Processing.OutputAudit.class)) {
            complaints.check(isolations.add(it.isolation()), "the output was read twice with %s", it.isolation());
            complaints.check(it.t() >= loadEnd(), "the output was read before the load had ended");
            complaints.check(it.from() == pipeline.first(), "the output was not read from the run's first offset");
            complaints.check(it.from() <= it.to() && it.from() <= it.end(), "the output was read backwards");
            ends.add(it.end());
        }
        complaints.check(ends.size() <= 1, "the output has two ends");
        return ends.stream().findFirst().orElse(Long.MAX_VALUE);
    }

    private void open(Processing.Pipeline pipeline, long inputEnd, long outputEnd) {
        Set<Integer> frozen = new HashSet<>();
        for (Processing.Open it : run.all(Processing.Open.class)) {
            int process = it.process();
            complaints.check(frozen.add(process), "process %d was frozen in two batches", process);
            complaints.check(workers.wasFrozen(process, it.t()), "process %d was not frozen in its batch", process);
            boolean stands = pipeline.transactions() ? it.stable() < it.end() : it.stable() == it.end();
            complaints.check(
                    stands && it.stable() >= pipeline.first() && it.end() <= outputEnd,
                    "an open batch is not in the output");
            complaints.check(
                    it.consumed() >= setup.firstOffset(0) && it.consumed() <= inputEnd,
                    "an open batch is not of the input");
        }
        for (Processing.Held it : run.all(Processing.Held.class)) {
            complaints.check(it.t() <= it.to(), "the last stable offset stood until before it began to stand");
            complaints.check(
                    it.stable() >= pipeline.first() && it.stable() < it.end() && it.end() <= outputEnd,
                    "the last stable offset stood where the output is not");
        }
    }

    /**
     * What was found of the output: in its order, where it was read, and the same for both kinds of readers.
     *
     * @param alike whether no output can be open or aborted
     */
    private void output(boolean alike) {
        Map<String, Processing.OutputAudit> audits = new HashMap<>();
        for (Processing.OutputAudit it : run.all(Processing.OutputAudit.class)) audits.put(it.isolation(), it);
        Map<Long, Integer> processed = new HashMap<>();
        Map<Long, Integer> written = new HashMap<>();
        Map<Flow.Kind, Long> before = new HashMap<>();
        Set<String> over = new HashSet<>();
        for (Entry entry : run.entries()) { // in the order of the file, which is that of the output
            if (entry instanceof Processing.OutputAudit audit) over.add(audit.isolation());
            if (!(entry instanceof Flow flow) || !isOutput(flow)) continue;
            boolean committed = flow.kind() == Flow.Kind.PROCESSED;
            String isolation = committed ? "read_committed" : "read_uncommitted";
            Processing.OutputAudit audit = audits.get(isolation);
            complaints.check(flow.partition() == 0, "an output is in a partition that is not there");
            complaints.check(!over.contains(isolation), "an output was found after the output was read");
            flow.records().forEach((id, offset) -> {
                Long last = before.put(flow.kind(), offset);
                complaints.check(last == null || last < offset, "the output was not written down in its order");
                boolean read = audit == null || offset >= audit.from() && offset < audit.to() && offset < audit.end();
                complaints.check(read, "an output was found where it was not read");
                complaints.check(account.ids().partition(id) >= 0, "a record is in the output and was never sent");
                (committed ? processed : written).put(offset, id);
            });
        }
        Processing.OutputAudit all = audits.get("read_uncommitted");
        Processing.OutputAudit some = audits.get("read_committed");
        if (alike && some != null)
            written.forEach((offset, id) -> complaints.check(
                    offset >= some.to() || processed.containsKey(offset),
                    "readers with read_committed did not find an output, and the pipeline had no transactions"));
        if (all == null) return;
        processed.forEach((offset, id) -> complaints.check(
                offset >= all.to() || id.equals(written.get(offset)),
                "readers with read_committed found an output that others did not find"));
    }
}
