package lab.drill;

import java.util.*;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import lab.common.*;
import lab.drill.clients.*;
import lab.drill.faults.Fault;
import lab.drill.ledger.*;
import lab.drill.observer.Observer;
import lab.drill.scenarios.Step;
import lab.drill.verdict.Facts;
import org.apache.kafka.common.KafkaException;

/** Records flow, steps are taken, everything is restored, and then every record is accounted for. */
class Trial {
    private final Connection connection;
    private final Cluster cluster;
    private final Plan plan;
    private final Printer printer;
    private final Facts facts;
    private final List<GroupConsumer> consumers = new ArrayList<>();
    private Load load;

    Trial(Connection connection, Cluster cluster, Plan plan, int number, Printer printer) {
        this.connection = connection;
        this.cluster = cluster;
        this.plan = plan;
        this.printer = printer;
        var journal = new Journal(printer);
        facts = new Facts(
                plan.scenario(), plan.fault(), plan.producing(), number, journal, new CopyOnWriteArrayList<>());
        facts.cluster = cluster.executor.about();
        facts.brokers = cluster.brokers.keySet();
        facts.commandsAreKnown = cluster.executor.isKnown();
        facts.sessionTimeout = cluster.sessionTimeout;
    }

    Facts run(boolean severalRuns) throws Exception {
        printer.print("");
        printer.print("@|bold %s|@%s", facts.title(), severalRuns ? ", run " + facts.number : "");
        facts.topic = new Preparation(cluster, plan.scenario()).prepare(facts.group());
        checkRate();
        facts.ledger = new Ledger(facts.topic.partitions(), facts.journal::now);
        printer.print(
                "  1 consumer in group %s, %,d records/s to %s, %s",
                facts.group(),
                plan.producing().rate(),
                facts.topic.name(),
                plan.producing().label());
        printer.print("");
        try {
            facts.observer = new Observer(connection, facts.topic, facts.journal, facts::down, isPatient());
            takeSteps();
            account();
        } finally {
            if (load != null) load.close();
            consumers.forEach(GroupConsumer::beginLeaving);
            consumers.forEach(GroupConsumer::leave);
            if (facts.observer != null) facts.observer.close();
            // If that fails, the group is empty, and expires by itself.
            cluster.admin.deleteConsumerGroups(List.of(facts.group()));
        }
        facts.complaint = load == null ? null : load.complaint();
        for (GroupConsumer each : consumers)
            if (each.failure() != null) facts.failedConsumers.put(each.number(), each.failure());
        return facts;
    }

    /** Each partition needs records before the fault: otherwise nothing could be claimed of it. */
    private void checkRate() {
        int partitions = facts.topic.partitions();
        int rate = plan.producing().rate();
        long window = Math.max(1, plan.scenario().before().toMillis());
        int enough = (int) Math.ceil(2 * partitions * 1e3 / window);
        String few =
                "%d records/s are too few for %d partitions: each needs 2 before the fault. Use --rate %d or more.";
        if (rate < enough) throw new Failure(2, few, rate, partitions, enough);
    }

    /** Brokers that were frozen or cut off, or were taken down in an unknown way, may report old news. */
    private boolean isPatient() {
        boolean restarts = plan.fault() == null || plan.fault() == Fault.stop || plan.fault() == Fault.kill;
        return !restarts || !cluster.executor.isKnown();
    }

    private void takeSteps() throws Exception {
        var steps = new Steps(cluster, facts);
        try {
            facts.observer.begin();
            facts.leaders = IntStream.range(0, facts.topic.partitions())
                    .mapToObj(facts.observer.partitions()::leader)
                    .toList();
            gather(steps);
            load = new Load(plan.producing(), facts.topic, facts.run, facts.ledger, facts.journal);
            facts.journal.add("load", Map.of(), "the producer begins");
            for (Step step : plan.scenario().steps(plan.fault(), cluster.brokers.keySet())) step.take(steps);
        } catch (InterruptedException ctrlC) {
            facts.giveUp(new Unobserved("interrupted"));
        } catch (Unobserved | Failure | KafkaException because) {
            facts.giveUp(because);
        } finally {
            new Restoration(cluster, facts, printer).restore();
        }
    }

    /** Starts the consumer, and waits until it has all partitions. */
    private void gather(Steps steps) throws Exception {
        Map<String, Object> settings = plan.producing().consumer(connection, facts.group(), "consumer-1");
        var consumer = new GroupConsumer(1, settings, facts.topic.name(), facts.run, facts.ledger, facts.journal);
        consumers.add(consumer);
        steps.await(
                "the consumer was not given the partitions",
                60,
                () -> consumer.partitions().size() == facts.topic.partitions() || consumer.failure() != null);
        if (consumer.failure() != null) throw new Unobserved("the consumer ended: " + consumer.failure());
    }

    /** What became of the records: also if the trial did not come to its end. */
    private void account() throws Exception {
        if (load == null || Script.stopping()) return;
        boolean gone = facts.observer.topicGone();
        try {
            load.finish(facts.observer::topicGone);
            facts.loadEndedAt =
                    facts.journal.add("load", Map.of(), "the producer ends: %,d records sent", facts.ledger.last());
            boolean all = facts.ledger.account().count(Kind.ACKNOWLEDGED) == facts.ledger.last();
            gone = facts.observer.topicGone();
            var reader =
                    new LogReader(connection, cluster.admin, facts.topic, facts.run, facts.ledger, facts.journal, gone);
            facts.epochs = reader.read(this::mayHaveBeenCut, plan.producing().waitsForAll() && all);
            facts.audited = true;
            if (!gone) lookAtSettingsAgain();
            awaitTheGroup();
        } catch (Unobserved because) {
            facts.giveUp(because);
        }
    }

    /** Somebody may have changed them in mid-run: what they allowed before or allow now is allowed. */
    private void lookAtSettingsAgain() throws InterruptedException {
        Map<String, String> now = cluster.topicProperties(facts.topic.name());
        boolean capped = cluster.capsMinInSync();
        Topic before = facts.topic;
        Topic alone = new Topic(before.name(), before.id(), before.replicas(), before.ends(), 0, false);
        facts.minInSyncIsSteady = alone.allowing(now, capped).minInSync() == before.minInSync();
        facts.topic = before.allowing(now, capped);
    }

    /** Whether a new leader may lack what an earlier one has acknowledged. */
    private boolean mayHaveBeenCut(int partition) {
        return facts.observer.mayHaveChangedUncleanly(partition)
                || !plan.producing().waitsForAll()
                        && facts.observer.partitions().changedLeader(partition);
    }

    /** Until the group has received all that is in the log, or nothing for 60 s: the rest counts as unseen. */
    private void awaitTheGroup() throws Exception {
        long quietSince = System.nanoTime();
        int before = -1;
        for (int unseen; (unseen = facts.ledger.unseen().cardinality()) > 0; before = unseen) {
            if (consumers.stream().allMatch(it -> it.failure() != null)) return; // nobody reads any more
            if (unseen != before) quietSince = System.nanoTime();
            if (System.nanoTime() - quietSince > 60e9) return;
            if (Script.stopsWithin(200_000_000)) throw new Unobserved("interrupted");
        }
    }
}
