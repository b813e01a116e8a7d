package lab.drill;

import java.time.Instant;
import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import lab.common.*;
import lab.drill.clients.*;
import lab.drill.faults.Fault;
import lab.drill.observer.Observer;
import lab.drill.recording.*;
import lab.drill.scenarios.Step;
import lab.history.*;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/** Records flow, steps are taken, everything is restored, and the log is read. What happens is written to the history. */
class Trial {
    private final Connection connection;
    private final Cluster cluster;
    private final Plan plan;
    private final Printer printer;
    private final String run = UUID.randomUUID().toString().substring(0, 8); // in a header of each record
    private final String group = "drill-" + run;
    private final Progress progress = new Progress();
    private Experiment.Topic topic;
    private Recording recording;
    private Observer observer;
    private GroupConsumer consumer;
    private Load load;
    private Pipelines pipelines; // null: the scenario has none
    private Queues queues; // the same
    private Steps steps;

    Trial(Connection connection, Cluster cluster, Plan plan, Printer printer) {
        this.connection = connection;
        this.cluster = cluster;
        this.plan = plan;
        this.printer = printer;
    }

    /** @throws Failure if the topic cannot be used: then nothing is written */
    void run(HistoryWriter writer, int number, int of, Experiment.Limits limits) throws Exception {
        topic = new Preparation(cluster, plan.scenario(), plan.scenario().topic).prepare(group);
        checkRate();
        recording = new Recording(writer, new Timeline(printer));
        describe(number, of, limits);
        try {
            observer = new Observer(connection, topic, group, recording, isPatient());
            takeSteps();
            account();
        } finally {
            if (load != null) load.close();
            if (consumer != null) consumer.leave();
            if (pipelines != null) pipelines.close();
            if (queues != null) queues.close();
            if (observer != null) observer.close();
            // If that fails, the group is empty, and expires by itself.
            cluster.admin.deleteConsumerGroups(List.of(group));
            recording.end();
        }
    }

    /** Each partition needs records before the fault: otherwise nothing could be claimed of it. */
    private void checkRate() {
        int partitions = topic.partitions().size();
        int rate = plan.producing().rate();
        long window = Math.max(1, plan.scenario().before().toMillis());
        int enough = (int) Math.ceil(2 * partitions * 1e3 / window);
        String few =
                "%d records/s are too few for %d partitions: each needs 2 before the fault. Use --rate %d or more.";
        if (rate < enough) throw new Failure(2, few, rate, partitions, enough);
    }

    private void describe(int number, int of, Experiment.Limits limits) throws Exception {
        Producing producing = plan.producing();
        recording.write(new Experiment.Run(
                0,
                run,
                number,
                of,
                Instant.now().toString(),
                plan.scenario().id(),
                plan.title(),
                producing.label(),
                plan.fault() == null ? null : plan.fault().name(),
                plan.scenario().target(),
                producing.rate(),
                producing.size(),
                Observer.BLIND));
        recording.write(topic);
        recording.write(cluster.describe());
        recording.write(new Experiment.Producer(0, producing.config(), producing.shown()));
        Map<String, Object> settings = producing.consumer(connection, group, "consumer-1");
        String protocol = String.valueOf(settings.getOrDefault("group.protocol", "classic"));
        Map<String, Object> config =
                Map.of("isolation.level", settings.getOrDefault("isolation.level", "read_uncommitted"));
        recording.write(new Experiment.Group(0, group, 1, protocol.toLowerCase(Locale.ROOT), config, null, -1));
        if (limits != null) recording.write(limits);
    }

    /** Brokers that were frozen or cut off, or were taken down in an unknown way, may report old news. */
    private boolean isPatient() {
        boolean restarts = plan.fault() == null || !plan.fault().isSilent();
        return !restarts || !cluster.executor.isKnown();
    }

    private void takeSteps() throws Exception {
        steps = new Steps(cluster, topic, plan.producing().rate(), recording, progress, observer);
        try {
            if (plan.scenario().output() != null) steps.with(pipelines = connectPipeline(steps));
            if (plan.scenario().isQueue())
                steps.with(queues = new Queues(connection, cluster, topic, run, recording, progress, steps));
            observer.begin();
            gather(steps);
            load = new Load(plan.producing(), topic, run, recording, progress);
            steps.load = load;
            recording.write(new Action.Load(recording.now(), "begin"));
            for (Step step : plan.scenario().steps(plan.fault(), cluster.brokers.keySet())) step.take(steps);
        } catch (InterruptedException ctrlC) {
            giveUp("interrupted");
        } catch (Unobserved | Failure | KafkaException because) {
            giveUp(because instanceof KafkaException ? Script.oneLine(because) : because.getMessage());
        } finally {
            new Restoration(cluster, topic.name(), steps.down(), observer.topicGone(), printer).restore();
        }
    }

    /** Its group begins at the end of the input, and the output exists. */
    private Pipelines connectPipeline(Steps steps) throws Exception {
        var scenario = plan.scenario();
        new Preparation(cluster, scenario, topic.name()).prepare(Pipelines.group(run));
        Experiment.Topic output = new Preparation(cluster, scenario, scenario.output()).prepare(Pipelines.group(run));
        return new Pipelines(connection, cluster, scenario, run, recording, steps, topic, output);
    }

    /** Starts the consumer, and waits until it has all partitions. */
    private void gather(Steps steps) throws Exception {
        Map<String, Object> settings = plan.producing().consumer(connection, group, "consumer-1");
        consumer = new GroupConsumer(1, settings, topic.name(), run, recording, progress);
        steps.await(
                "the consumer was not given the partitions",
                60,
                () -> consumer.partitions().size() == topic.partitions().size() || consumer.failure() != null);
        if (consumer.failure() != null) throw new Unobserved("the consumer ended: " + consumer.failure());
    }

    /** What became of the records: also if the trial did not come to its end. */
    private void account() throws Exception {
        if (load == null || Script.stopping()) return;
        try {
            load.finish(observer::topicGone);
            recording.write(new Action.Load(recording.now(), "end"));
            Experiment.Topic read = topic.cutBack(steps.cuts());
            var reader = new LogReader(connection, cluster.admin, read, run, recording, progress);
            if (observer.topicGone()) {
                reader.cannotRead("the topic was deleted in mid-run, or another one made with its name");
                return;
            }
            List<Long> ends = reader.read(plan.producing().waitsForAll());
            recording.write(cluster.look(topic.name(), recording.now())); // its settings may have changed in mid-run
            awaitTheGroup(ends);
            if (pipelines != null) pipelines.account(progress);
            if (queues != null) queues.account();
        } catch (Unobserved | Failure because) {
            giveUp(because.getMessage());
        } catch (KafkaException | ExecutionException because) {
            giveUp(Script.oneLine(because));
        }
    }

    /**
     * Until the group has received all that is in the log, or has committed the ends, or receives nothing for 60 s: the
     * rest counts as unseen.
     *
     * @param ends of what was found in each partition
     */
    private void awaitTheGroup(List<Long> ends) throws Exception {
        long quietSince = System.nanoTime();
        int before = -1;
        for (int unseen; (unseen = progress.unseen()) > 0 && consumer.failure() == null; before = unseen) {
            if (unseen != before) quietSince = System.nanoTime();
            double quiet = (System.nanoTime() - quietSince) / 1e9;
            if (quiet > 60 || quiet > 5 && hasCommitted(ends)) return; // 5 s: it may be going back, after a power cut
            if (Script.stopsWithin(200_000_000)) throw new Unobserved("interrupted");
        }
    }

    /** Then nothing of it is delivered to the group any more. A consumer records what it receives before it commits it. */
    private boolean hasCommitted(List<Long> ends) throws InterruptedException {
        try {
            var options = new ListConsumerGroupOffsetsOptions().timeoutMs(2_000);
            Map<TopicPartition, OffsetAndMetadata> committed = cluster.admin
                    .listConsumerGroupOffsets(group, options)
                    .partitionsToOffsetAndMetadata()
                    .get();
            return IntStream.range(0, ends.size()).allMatch(it -> {
                OffsetAndMetadata offset = committed.get(new TopicPartition(topic.name(), it));
                return offset != null && offset.offset() >= ends.get(it);
            });
        } catch (ExecutionException notKnown) {
            return false;
        }
    }

    /** The trial cannot be brought to its planned end. */
    private void giveUp(String why) {
        recording.write(new Action.GaveUp(recording.now(), Script.hidden(why)));
    }
}
