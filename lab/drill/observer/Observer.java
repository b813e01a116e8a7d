package lab.drill.observer;

import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.Collectors;
import lab.common.*;
import lab.drill.recording.*;
import lab.history.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * Asks the cluster every 20 ms who leads, who is in sync, and which nodes are there, and writes what changes. One thread
 * does all the work; the answers reach that thread through a queue.
 */
public class Observer {
    /** In s. After a longer time without an answer, or without this program, something may have been missed. */
    public static final double BLIND = 2;

    private final Admin admin;

    /** A broker answers one question of a connection after another; one to the controller holds up those behind it. */
    private final Admin controllers;

    private final Experiment.Topic topic;
    private final Recording recording;
    private final PartitionWatch partitions;
    private final NodeWatch nodes;
    private final GroupWatch group;
    private final BlockingQueue<Runnable> answers = new LinkedBlockingQueue<>();
    private final Thread thread = new Thread(this::watch, "observer");
    private volatile boolean ending;
    private volatile boolean topicGone;
    private double unknownSince = -1; // answers that do not know the topic: a broker may learn of it late; -1: none
    private double late; // the longest time between two answers that is not a blind time
    private int outstanding;
    private long asked;
    private long answered;
    private volatile double answeredAt;
    private boolean controllerIsAsked; // and has not answered

    /**
     * @param group the consumer group whose state is watched
     * @param patient brokers may report old news
     */
    public Observer(Connection connection, Experiment.Topic topic, String group, Recording recording, boolean patient) {
        this.topic = topic;
        this.recording = recording;
        partitions = new PartitionWatch(topic.partitions().size(), recording, patient);
        nodes = new NodeWatch(recording);
        this.group = new GroupWatch(group, recording);
        admin = connection.impatient();
        controllers = connection.impatient();
    }

    public PartitionWatch partitions() {
        return partitions;
    }

    public NodeWatch nodes() {
        return nodes;
    }

    /** Begins, and waits until it knows the state of each partition. */
    public void begin() throws Unobserved {
        thread.setDaemon(true);
        thread.start();
        for (long start = System.nanoTime(); !partitions.isComplete(); ) {
            if (System.nanoTime() - start > 30e9) throw new Unobserved("the cluster does not report who leads");
            if (Script.stopsWithin(20_000_000)) throw new Unobserved("interrupted");
        }
    }

    private void watch() {
        double before = recording.now();
        answeredAt = before;
        for (long round = 0; !ending; round++) {
            if (outstanding < 4) askTopic();
            if (round % 5 == 0) askNodes();
            if (round % 25 == 0) askController();
            if (round % 10 == 0) group.ask(controllers, answers);
            try {
                runAnswersFor(20_000_000);
            } catch (InterruptedException end) {
                break;
            }
            double now = recording.now();
            if (now - before > BLIND) recording.write(new Seen.Blind(before, now, "this program did not run"));
            before = now;
        }
        double now = recording.now();
        noteAnswer(now);
        recording.write(new Seen.Observer(now, Math.round(late * 1e4) / 1e4));
    }

    /** For so many ns: the pace of the questions. */
    private void runAnswersFor(long nanos) throws InterruptedException {
        long end = System.nanoTime() + nanos;
        for (long left = nanos; left > 0; left = end - System.nanoTime()) {
            Runnable answer = answers.poll(left, TimeUnit.NANOSECONDS);
            if (answer != null) answer.run();
        }
    }

    private void askTopic() {
        outstanding++;
        long number = ++asked;
        admin.describeTopics(List.of(topic.name()))
                .allTopicNames()
                .whenComplete((found, error) -> answers.add(() -> onTopic(number, found, error)));
    }

    private void onTopic(long number, Map<String, TopicDescription> found, Throwable error) {
        outstanding--;
        if (number < answered || ending) return; // a later question was answered before
        answered = number;
        double now = recording.now();
        if (error != null) {
            boolean unknown = Script.rootOf(error) instanceof UnknownTopicOrPartitionException;
            unknownSince = !unknown ? -1 : unknownSince < 0 ? now : unknownSince;
            if (unknown) noteAnswer(now); // this is also an answer
            if (unknown && now - unknownSince > 1) topicHasGone(Experiment.Topic.gone(unknownSince));
            return;
        }
        unknownSince = -1;
        noteAnswer(now);
        TopicDescription description = found.get(topic.name());
        String id = description.topicId().toString();
        if (!id.equals(topic.id()))
            topicHasGone(new Experiment.Topic(now, true, topic.name(), id, List.of(), 0, 0, false));
        if (!topicGone) partitions.see(description);
    }

    private void noteAnswer(double now) {
        double silence = now - answeredAt;
        if (silence > BLIND) recording.write(new Seen.Blind(answeredAt, now, Seen.Blind.NO_ANSWER));
        else late = Math.max(late, silence);
        answeredAt = now;
    }

    private void topicHasGone(Experiment.Topic seen) {
        if (!topicGone) recording.write(seen);
        topicGone = true;
    }

    private void askNodes() {
        admin.describeCluster()
                .nodes()
                .whenComplete((found, error) -> answers.add(() -> {
                    if (error == null)
                        nodes.seeBrokers(found.stream().map(Node::id).collect(Collectors.toSet()));
                }));
    }

    private void askController() {
        if (controllerIsAsked) return;
        controllerIsAsked = true;
        double now = recording.now();
        controllers
                .describeMetadataQuorum(new DescribeMetadataQuorumOptions().timeoutMs(1_000))
                .quorumInfo()
                .whenComplete((quorum, error) -> answers.add(() -> {
                    controllerIsAsked = false;
                    if (error == null) nodes.seeController(quorum.leaderId(), voters(quorum), now);
                    else if (isTimeout(error)) nodes.seeNoAnswer(recording.now() - answeredAt < 1);
                    else nodes.seeRefusal(now);
                }));
    }

    private static List<Integer> voters(QuorumInfo quorum) {
        return quorum.voters().stream()
                .map(QuorumInfo.ReplicaState::replicaId)
                .sorted()
                .toList();
    }

    /** No answer in time. Its own cause differs: a client that gives up waiting also cuts the connection. */
    private static boolean isTimeout(Throwable error) {
        return error instanceof TimeoutException || error.getCause() instanceof TimeoutException;
    }

    /** Whether the topic was deleted, or another one made with its name. */
    public boolean topicGone() {
        return topicGone;
    }

    /** Whether the cluster itself reports, now, that a broker is down. */
    public boolean knowsAsDown(int broker) {
        return nodes.doesNotList(broker) && recording.now() - answeredAt < BLIND;
    }

    public void close() {
        ending = true;
        thread.interrupt();
        try {
            thread.join(1_000);
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
        admin.close(Duration.ZERO);
        controllers.close(Duration.ZERO);
    }
}
