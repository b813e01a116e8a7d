package lab.drill.observer;

import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import lab.common.*;
import lab.drill.ledger.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * Asks the cluster every 20 ms who leads, who is in sync, and which nodes are there. One thread does all the work; the
 * answers reach that thread through a queue.
 */
public class Observer {
    /** A longer silence of the cluster, or of this script, is noted: what happened meanwhile was not seen. */
    private static final int WORTH_A_LINE = Ticks.of(2);

    private final Admin admin;

    /** A broker answers one question of a connection after another; one to the controller holds up those behind it. */
    private final Admin controllers;

    private final Topic topic;
    private final Journal journal;
    private final PartitionWatch partitions;
    private final NodeWatch nodes;
    private final BlockingQueue<Runnable> answers = new LinkedBlockingQueue<>();
    private final List<OutsideEvent> outside = new CopyOnWriteArrayList<>();
    private final List<Gap> silences = new CopyOnWriteArrayList<>();
    private final List<Gap> stalls = new CopyOnWriteArrayList<>();
    private final Thread thread = new Thread(this::watch, "observer");
    private volatile boolean ending;
    private volatile boolean topicGone;
    private int unknownSince; // answers that do not know the topic: a broker may learn of a new topic late; 0: none
    private volatile int resolution;
    private int outstanding;
    private long asked;
    private long answered;
    private volatile int answeredAt;
    private volatile int endedAt; // 0: it still watches
    private boolean silent; // no broker answers
    private boolean controllerIsAsked; // and has not answered

    /**
     * @param down the nodes that the drill has taken down, and not yet restored
     * @param patient brokers may report old news
     */
    public Observer(Connection connection, Topic topic, Journal journal, Supplier<Set<Integer>> down, boolean patient) {
        this.topic = topic;
        this.journal = journal;
        partitions = new PartitionWatch(topic, journal, patient);
        nodes = new NodeWatch(journal, down, this::note);
        Map<String, Object> settings = connection.settings(AdminClientConfig.configNames(), Map.of(), Map.of());
        settings.remove("retries"); // for a producer's tries; with 0, an Admin client would give up
        // In ms. A broker that hangs must not make the observer blind.
        settings.put("request.timeout.ms", 1_000);
        settings.put("default.api.timeout.ms", 2_000);
        settings.put("reconnect.backoff.max.ms", 200);
        admin = connection.create(() -> Admin.create(settings));
        controllers = connection.create(() -> Admin.create(settings));
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
        for (int partition = 0; partition < topic.partitions(); partition++)
            for (long start = System.nanoTime(); partitions.state(partition) == null; ) {
                if (System.nanoTime() - start > 30e9) throw new Unobserved("the cluster does not report who leads");
                if (Script.stopsWithin(20_000_000)) throw new Unobserved("interrupted");
            }
    }

    private void watch() {
        int before = journal.now();
        answeredAt = before;
        for (long round = 0; !ending; round++) {
            if (outstanding < 4) askTopic();
            if (round % 5 == 0) askNodes();
            if (round % 25 == 0) askController();
            try {
                runAnswersFor(20_000_000);
            } catch (InterruptedException end) {
                return;
            }
            int now = journal.now();
            noteSilence(now);
            if (now - before > WORTH_A_LINE) {
                stalls.add(new Gap(before, now));
                String text = "this script did not run for %.1f s: the machine, or somebody, held it up";
                journal.note(text, Ticks.seconds(now - before));
            }
            before = now;
        }
    }

    /** For so many ns: the pace of the questions. */
    private void runAnswersFor(long nanos) throws InterruptedException {
        long end = System.nanoTime() + nanos;
        for (long left = nanos; left > 0; left = end - System.nanoTime()) {
            Runnable answer = answers.poll(left, TimeUnit.NANOSECONDS);
            if (answer != null) answer.run();
        }
    }

    private void noteSilence(int now) {
        boolean silence = now - answeredAt > WORTH_A_LINE;
        if (silence && !silent) journal.addAt(answeredAt, "note", Map.of(), "no broker answers");
        if (!silence && silent) journal.note("brokers answer again");
        silent = silence;
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
        if (error != null) {
            boolean unknown = Script.rootOf(error) instanceof UnknownTopicOrPartitionException;
            unknownSince = !unknown ? 0 : unknownSince == 0 ? journal.now() : unknownSince;
            if (unknown) answeredAt = journal.now(); // an answer, too
            if (unknown && journal.now() - unknownSince > Ticks.of(1)) topicHasGone();
            return;
        }
        unknownSince = 0;
        int now = journal.now();
        resolution = Math.max(resolution, now - answeredAt);
        if (now - answeredAt > WORTH_A_LINE) silences.add(new Gap(answeredAt, now));
        answeredAt = now;
        TopicDescription description = found.get(topic.name());
        if (!description.topicId().equals(topic.id())) topicHasGone();
        if (!topicGone) partitions.see(description).forEach(this::note);
    }

    private void topicHasGone() {
        if (!topicGone) journal.note("topic %s does not exist any more", topic.name());
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
        int now = journal.now();
        controllers
                .describeMetadataQuorum(new DescribeMetadataQuorumOptions().timeoutMs(1_000))
                .quorumInfo()
                .whenComplete((quorum, error) -> answers.add(() -> {
                    controllerIsAsked = false;
                    if (error == null)
                        nodes.seeController(quorum.leaderId(), quorum.voters().size(), now);
                    else if (isTimeout(error)) nodes.seeNoAnswer(journal.now() - answeredAt < Ticks.of(1));
                    else nodes.seeRefusal(now);
                }));
    }

    /** No answer in time. Its own cause differs: a client that gives up waiting also cuts the connection. */
    private static boolean isTimeout(Throwable error) {
        return error instanceof TimeoutException || error.getCause() instanceof TimeoutException;
    }

    private void note(OutsideEvent event) {
        outside.add(event);
        journal.add("outside", Map.of(), "%s", event.text());
    }

    // -- what was seen; may be asked by any thread --

    /** Whether the topic was deleted, or another one made with its name. */
    public boolean topicGone() {
        return topicGone;
    }

    /** Whether the cluster itself reports, now, that a broker is down. */
    public boolean knowsAsDown(int broker) {
        return nodes.doesNotList(broker) && journal.now() - answeredAt < WORTH_A_LINE;
    }

    /** What others did to the cluster. */
    public List<OutsideEvent> outside() {
        return outside;
    }

    /** The longest time between two answers, in ticks: no change is known more exactly. */
    public int resolution() {
        return resolution;
    }

    /** Times in which this script did not run. */
    public List<Gap> stalls() {
        return stalls;
    }

    /** Times in which no broker answered. */
    public List<Gap> silences() {
        int now = endedAt > 0 ? endedAt : journal.now();
        var all = new ArrayList<>(silences);
        if (now - answeredAt > WORTH_A_LINE) all.add(new Gap(answeredAt, now)); // still open
        return all;
    }

    /** Whether a replica that was not in sync became the leader, or may have: unseen. */
    public boolean mayHaveChangedUncleanly(int partition) {
        return partitions.changedUncleanly(partition) || !silences().isEmpty() || !stalls.isEmpty();
    }

    public void close() {
        ending = true;
        endedAt = journal.now();
        thread.interrupt();
        admin.close(Duration.ZERO);
        controllers.close(Duration.ZERO);
    }
}
