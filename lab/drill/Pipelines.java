package lab.drill;

import java.nio.file.Path;
import java.util.*;
import java.util.concurrent.ExecutionException;
import lab.common.*;
import lab.drill.clients.*;
import lab.drill.faults.Siblings;
import lab.drill.observer.*;
import lab.drill.recording.*;
import lab.drill.scenarios.*;
import lab.history.*;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/** The processes of the pipeline in a trial, its output, and its group. */
class Pipelines implements PipelineActions {
    /** In ms: transaction.timeout.ms of lab/pipeline.java. */
    private static final int TIMEOUT = 10_000;

    private final Connection connection;
    private final Cluster cluster;
    private final Scenario scenario;
    private final String run;
    private final Recording recording;
    private final Steps steps;
    private final TopicPartition input;
    private final TopicPartition output;
    private final long inputFirst;
    private final long outputFirst;
    private final OutputWatch watch;
    private final List<Worker> processes = new ArrayList<>();
    private Worker frozen;
    private OpenTransaction transaction; // of the user's pipeline; null: none was seen
    private long open; // the output's end when it was frozen

    /** @param output as it was before the run */
    Pipelines(
            Connection connection,
            Cluster cluster,
            Scenario scenario,
            String run,
            Recording recording,
            Steps steps,
            Experiment.Topic input,
            Experiment.Topic output) {
        this.connection = connection;
        this.cluster = cluster;
        this.scenario = scenario;
        this.run = run;
        this.recording = recording;
        this.steps = steps;
        this.input = new TopicPartition(input.name(), 0);
        this.output = new TopicPartition(output.name(), 0);
        inputFirst = input.partitions().get(0).end();
        outputFirst = output.partitions().get(0).end();
        recording.write(new Processing.Pipeline(
                0,
                output.name(),
                outputFirst,
                group(run),
                isTransactional(),
                !scenario.pipeline().contains("--no-seek-back"),
                TIMEOUT,
                scenario.command() == null ? null : Script.hidden(scenario.command())));
        watch = new OutputWatch(cluster.admin, this.output, recording);
    }

    static String group(String run) {
        return "pipeline-" + run;
    }

    private boolean isTransactional() {
        return scenario.pipeline().contains("--transactions");
    }

    /** For a user's pipeline, a suggestion: {@code {id}} in its command. */
    private String transactionalId(int process) {
        return "pipeline-" + run + "-" + process;
    }

    @Override
    public void start() throws Exception {
        if (scenario.command() != null) {
            processes.add(new ForeignPipeline(processes.size() + 1, usersCommand(), recording));
            return;
        }
        Path script = Siblings.find("lab/pipeline.java");
        if (script == null) throw new Unobserved("there is no lab/pipeline.java here");
        var command = new ArrayList<>(Siblings.jbang());
        command.addAll(List.of(script.toString(), input.topic(), output.topic(), "--group", group(run)));
        command.addAll(List.of("--id", transactionalId(processes.size() + 1)));
        command.addAll(connection.arguments());
        command.addAll(scenario.pipeline());
        var process = new PipelineProcess(processes.size() + 1, command, recording);
        processes.add(process);
        steps.await("the pipeline did not start", 120, () -> process.isReady() || process.hasEnded());
    }

    private String usersCommand() {
        return scenario.command()
                .replace("{servers}", connection.servers().asList())
                .replace("{input}", input.topic())
                .replace("{output}", output.topic())
                .replace("{group}", group(run))
                .replace("{id}", transactionalId(processes.size() + 1));
    }

    /** Of its own pipeline, the drill knows the transactions. */
    @Override
    public void awaitTransaction() throws Exception {
        if (scenario.command() == null || !isTransactional()) return;
        steps.await("no open transaction was seen in the output", 30, () -> {
            transaction = OpenTransaction.in(cluster.admin, output);
            return transaction != null;
        });
        recording.write(new Processing.Transaction(recording.now(), transaction.id(), transaction.timeoutMs()));
    }

    @Override
    public void awaitProgress() throws Exception {
        long[] before = {-1};
        String complaint = "the group '%s' did not commit more of the input".formatted(group(run));
        steps.await(complaint, 120, () -> {
            if (processes.stream().allMatch(Worker::hasEnded)) throw new Unobserved("the pipeline has ended");
            long now = consumed();
            if (before[0] < 0) before[0] = now;
            return before[0] >= 0 && now > before[0];
        });
    }

    /** The group's committed offset of the input; -1: no answer. */
    private long consumed() throws InterruptedException {
        try {
            var offsets = cluster.admin.listConsumerGroupOffsets(group(run)).partitionsToOffsetAndMetadata();
            var offset = offsets.get().get(input);
            return offset == null ? inputFirst : offset.offset();
        } catch (ExecutionException noAnswer) {
            return -1;
        }
    }

    /** While the process is frozen, nothing it has written is committed: so two looks must agree. */
    @Override
    public void freezeInBatch() throws Exception {
        frozen = processes.get(processes.size() - 1);
        for (int tries = 0; tries < 200; tries++) {
            frozen.freeze();
            Processing.Open first = look();
            if (isOpen(first)) {
                if (Script.stopsWithin(500_000_000)) throw new Unobserved("interrupted");
                Processing.Open second = look();
                boolean same = second.stable() == first.stable()
                        && second.end() == first.end()
                        && second.consumed() == first.consumed();
                if (same) {
                    frozen.noteFrozen();
                    recording.write(second);
                    open = second.end();
                    return;
                }
            }
            frozen.resume(false);
            if (Script.stopsWithin((long) (20e6 + 80e6 * Math.random()))) throw new Unobserved("interrupted");
        }
        throw new Unobserved("the pipeline was never in the middle of a batch (200 looks)");
    }

    private Processing.Open look() throws Exception {
        long consumed = consumed();
        long[] ends = watch.ends();
        return new Processing.Open(recording.now(), frozen.number(), ends[0], ends[1], consumed);
    }

    private boolean isOpen(Processing.Open it) {
        if (it.consumed() < 0) return false;
        return isTransactional()
                ? it.end() > it.stable() && it.stable() >= outputFirst // not left open by an earlier run
                : it.end() == it.stable()
                        && it.end() - outputFirst > it.consumed() - inputFirst; // an output for each input
    }

    @Override
    public void killFrozen() throws Exception {
        frozen.kill("kill");
    }

    @Override
    public void resumeFrozen() throws Exception {
        frozen.resume(true);
    }

    @Override
    public void awaitReleased() throws Exception {
        int timeout = transaction == null ? TIMEOUT : transaction.timeoutMs();
        steps.await("the last stable offset did not move", timeout / 1000 + 80, () -> {
            try {
                return watch.ends()[0] >= open;
            } catch (ExecutionException noAnswer) {
                return false;
            }
        });
    }

    /** The broker that leads the output, or that coordinates the newest process's transactions. */
    int node(String word) throws Exception {
        if (word.equals("output")) {
            var leader =
                    cluster.describeSoon(output.topic()).partitions().get(0).leader();
            return leader == null ? Seen.NONE : leader.id();
        }
        String id = transaction == null ? transactionalId(processes.size()) : transaction.id();
        return cluster.admin
                .describeTransactions(List.of(id))
                .description(id)
                .get()
                .coordinatorId();
    }

    /** After the producer has ended: waits for the end of the input, ends the pipeline, and reads the output. */
    void account(Progress progress) throws Exception {
        long end =
                Offsets.of(cluster.admin, input.topic(), 1, OffsetSpec.latest()).get(0);
        // If the group is not at the end in time, the history shows that, and the verdict is INCONCLUSIVE.
        Cluster.holdsWithin(90, () -> consumed() >= end);
        recording.write(new Processing.Consumed(recording.now(), consumed(), end));
        Cluster.holdsWithin(30, () -> {
            long[] ends = watch.ends();
            return ends[0] == ends[1];
        });
        for (Worker it : processes) it.kill("end");
        watch.close();
        long last = watch.ends()[1];
        var reader = new PartitionReader(connection, output, outputFirst, run, recording, progress);
        reader.readOutput(true, last);
        reader.readOutput(false, last);
    }

    void close() throws Exception {
        watch.close();
        for (Worker it : processes) it.kill("end");
        cluster.admin.deleteConsumerGroups(List.of(group(run)));
    }
}
