package lab.drill;

import java.util.*;
import java.util.concurrent.ExecutionException;
import lab.common.*;
import lab.drill.clients.*;
import lab.drill.recording.*;
import lab.drill.scenarios.QueueActions;
import lab.history.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;

/** The members of the share group in a trial, its settings, and its dead-letter topic. */
class Queues implements QueueActions {
    private static final String DEAD_LETTERS = "dlq.queue-1p-rf2";
    private static final int LOCK = 15_000; // ms, the least that brokers allow; Kafka's default is 30,000
    private static final int RELEASED = 100; // an id
    private static final int REJECTED = 150; // an id

    private final Connection connection;
    private final Cluster cluster;
    private final Experiment.Topic topic;
    private final String run;
    private final Recording recording;
    private final Progress progress;
    private final Steps steps;
    private final TopicPartition partition;
    private final TopicPartition dead; // null: these brokers have no dead-letter queue
    private final long deadFirst;
    private final List<MemberProcess> members = new ArrayList<>();
    private MemberProcess frozen;
    private Set<Integer> heldThen;

    Queues(
            Connection connection,
            Cluster cluster,
            Experiment.Topic topic,
            String run,
            Recording recording,
            Progress progress,
            Steps steps)
            throws Exception {
        this.connection = connection;
        this.cluster = cluster;
        this.topic = topic;
        this.run = run;
        this.recording = recording;
        this.progress = progress;
        this.steps = steps;
        partition = new TopicPartition(topic.name(), 0);
        dead = hasDeadLetters() ? new TopicPartition(DEAD_LETTERS, 0) : null;
        if (dead != null) createDeadLetters();
        deadFirst = dead == null ? -1 : end(dead);
        configure();
        long limit =
                cluster.brokerSetting(topic.partitions().get(0).replicas().get(0), "group.share.delivery.count.limit");
        recording.write(new Sharing.Queue(
                0,
                group(),
                LOCK,
                limit < 0 ? 5 : (int) limit, // Kafka's default
                dead == null ? null : DEAD_LETTERS,
                RELEASED,
                REJECTED));
    }

    private String group() {
        return "queue-" + run;
    }

    private boolean hasDeadLetters() throws Exception {
        var version = cluster.admin
                .describeFeatures()
                .featureMetadata()
                .get()
                .finalizedFeatures()
                .get("share.version");
        return version != null && version.maxVersionLevel() >= 2; // KIP-1191
    }

    private void createDeadLetters() throws Exception {
        var replicas = topic.partitions().get(0).replicas();
        var created = new NewTopic(DEAD_LETTERS, Map.of(0, replicas))
                .configs(Map.of("errors.deadletterqueue.group.enable", "true"));
        try {
            cluster.admin.createTopics(List.of(created)).all().get();
        } catch (ExecutionException refused) {
            if (!(refused.getCause() instanceof TopicExistsException))
                throw Connection.refused("create topic '" + DEAD_LETTERS + "'", refused);
        }
        if (!Cluster.holdsWithin(30, () -> cluster.isWhole(DEAD_LETTERS)))
            throw new Failure(1, "Topic '%s' has no leader.", DEAD_LETTERS);
    }

    /** The group begins at the end of the topic. */
    private void configure() throws Exception {
        var settings = new LinkedHashMap<String, String>();
        settings.put("share.record.lock.duration.ms", "" + LOCK);
        settings.put("share.auto.offset.reset", "latest");
        if (dead != null) {
            settings.put("errors.deadletterqueue.topic.name", DEAD_LETTERS);
            settings.put("errors.deadletterqueue.copy.record.enable", "true");
        }
        List<AlterConfigOp> changes = settings.entrySet().stream()
                .map(it -> new AlterConfigOp(new ConfigEntry(it.getKey(), it.getValue()), AlterConfigOp.OpType.SET))
                .toList();
        var resource = new ConfigResource(ConfigResource.Type.GROUP, group());
        try {
            cluster.admin
                    .incrementalAlterConfigs(Map.of(resource, changes))
                    .all()
                    .get();
            cluster.admin
                    .alterShareGroupOffsets(
                            group(), Map.of(partition, topic.partitions().get(0).end()))
                    .all()
                    .get();
        } catch (ExecutionException refused) {
            throw Connection.refused("set up share group '" + group() + "'", refused);
        }
    }

    @Override
    public void join() throws Exception {
        List<String> command = MemberProcess.command(
                connection,
                topic.name(),
                group(),
                run,
                "--release=" + RELEASED,
                "--reject=" + REJECTED,
                "--work=3"); // ms for each record: a freeze must hit a member that is working
        var member = new MemberProcess(members.size() + 1, command, recording, progress);
        members.add(member);
        steps.await("the member did not start", 60, () -> member.isReady() || member.hasEnded());
    }

    @Override
    public void awaitAnswers() throws Exception {
        MemberProcess newest = members.get(members.size() - 1);
        int before = newest.answered();
        steps.await("the member answers no records", 90, () -> {
            if (newest.hasEnded()) throw new Unobserved("the member has ended");
            return newest.answered() > before;
        });
    }

    @Override
    public void freezeHolder() throws Exception {
        frozen = members.get(members.size() - 1);
        for (int tries = 0; tries < 200; tries++) {
            frozen.freeze();
            if (Script.stopsWithin(100_000_000)) throw new Unobserved("interrupted"); // until its lines are read
            heldThen = frozen.held();
            if (!heldThen.isEmpty()) {
                frozen.noteFrozen();
                return;
            }
            frozen.resume(false);
            if (Script.stopsWithin((long) (20e6 + 50e6 * Math.random()))) throw new Unobserved("interrupted");
        }
        throw new Unobserved("the member never held a record (200 looks)");
    }

    @Override
    public void killHolder() throws Exception {
        frozen.kill("kill");
    }

    @Override
    public void resumeHolder() throws Exception {
        frozen.resume(true);
    }

    @Override
    public void awaitRedelivery() throws Exception {
        // Not all records need be delivered again: an answer may have reached the broker before the freeze.
        steps.await(
                "no other member received what this member held",
                90,
                () -> members.stream()
                        .filter(it -> it != frozen)
                        .anyMatch(it -> it.received().stream().anyMatch(heldThen::contains)));
    }

    /** After the producer has ended: waits until the group has finished all records, and reads the dead letters. */
    void account() throws Exception {
        long end = end(partition);
        Cluster.holdsWithin(120, () -> start() >= end);
        long start = start();
        Cluster.holdsWithin(10, this::answersAreRead); // not those that a member could not print before it was killed
        for (MemberProcess it : members) it.kill("end");
        long to = -1;
        long last = -1;
        if (dead != null) {
            last = end(dead);
            to = new PartitionReader(connection, dead, deadFirst, run, recording, progress).readDeadLetters(last);
        }
        recording.write(new Sharing.Drained(recording.now(), start, end, to, last));
    }

    /** Whether the members' last lines are read: each record was answered, and no running member holds one. */
    private boolean answersAreRead() {
        var answered = new BitSet();
        members.forEach(it -> it.addConfirmed(answered));
        return progress.allFoundIn(answered) && members.stream().allMatch(it -> !it.isRunning() || it.holdsNothing());
    }

    private long end(TopicPartition of) throws Exception {
        return Offsets.of(cluster.admin, of.topic(), 1, OffsetSpec.latest()).get(0);
    }

    /** The offset below which the group has finished every record; -1: not known. */
    private long start() throws InterruptedException {
        try {
            var offsets = cluster.admin
                    .listShareGroupOffsets(Map.of(group(), new ListShareGroupOffsetsSpec()))
                    .partitionsToOffsetInfo(group())
                    .get()
                    .get(partition);
            if (offsets == null) return -1;
            // Kafka updates the start offset late. Without lag, the group has finished everything.
            return offsets.lag().orElse(-1L) == 0 ? end(partition) : offsets.startOffset();
        } catch (InterruptedException stop) {
            throw stop;
        } catch (Exception noAnswer) {
            return -1;
        }
    }

    void close() throws Exception {
        for (MemberProcess it : members) it.kill("end");
        cluster.admin.deleteShareGroups(List.of(group()));
    }
}
