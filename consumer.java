///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Reads events from a Kafka topic in a consumer group, and tells which partitions it was given
//JAVA 17+
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-nop:2.0.17
//COMPILE_OPTIONS -encoding UTF-8 -XDignore.symbol.file

import java.io.*;
import java.net.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.*;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.*;
import org.apache.kafka.common.serialization.*;
import picocli.CommandLine;
import picocli.CommandLine.*;
import picocli.CommandLine.Help.Ansi;

/**
 * Reads a topic as one consumer of a group. Prints each event, the partitions that this consumer has, and why it has
 * none. Commits what it has printed: at least once.
 *
 * <pre>jbang consumer.java test-1p-rf1 group1</pre>
 *
 * The lines that it prints:
 *
 * <pre>
 * Consumer c (group: group1) received: EVENT  partition 0, offset 7
 * assigned: partitions 0, 1                           all that it has now
 * assigned: partitions 0, 1  (nothing read for 3.1 s) the same, after a time without any
 * revoked: partition 1                                in good order: what was printed is committed first
 * lost: partition 1                                   the group had given it up: the last events come again
 * idle: group1 has 2 members and test-1p-rf1 has 1 partition
 * waiting: group1 is rebalancing; a consumer that died is given up after its session time-out
 * group1 is rebalancing, commits wait; a consumer that died is given up after its session time-out
 * waiting for the coordinator of group1: broker 1 is away
 * partition 0: no leader; it was broker 1
 * partition 0: broker 2 leads now; it was broker 1
 * partition 0: broker 1 leads, after 16.2 s without a leader
 * not committed, the last events will come again: REASON
 * received 7 (event ids: none missing, none twice)
 *   partition 0: 7, offsets 0 to 6
 * </pre>
 */
@Command(
        name = "consumer",
        version = "consumer 1.1.0, Kafka client 4.4.0",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        sortOptions = false,
        header = "Reads events from a Kafka topic in a consumer group.%n",
        footer = {
            "%nA new group starts at the topic's beginning; with -X auto.offset.reset=latest",
            "at its end. Offsets are committed after the events were printed: at least once."
        },
        exitCodeListHeading = "%nCtrl-C ends it, with a summary. Exit status:%n",
        exitCodeList = {
            "0:done as asked",
            "1:it could not read on, or its output was closed",
            "2:wrong usage",
            "3:no cluster could be reached"
        })
class consumer implements Callable<Integer> {
    public static void main(String... args) {
        Script.run(new consumer(), args);
    }

    @Parameters(index = "0", paramLabel = "TOPIC", description = "The topic to read. It must exist.")
    String topic;

    @Parameters(index = "1", paramLabel = "GROUP",
            description = "The consumer group. Its consumers share the topic's partitions.")
    String group;

    @Option(names = {"-n", "--count"}, paramLabel = "N", description = "End after so many events (default: at Ctrl-C).")
    long count = Long.MAX_VALUE;

    @Option(names = "--name", paramLabel = "NAME", defaultValue = "c",
            description = "This consumer's name in the lines that it prints (default: ${DEFAULT-VALUE}).")
    String name;

    @Option(names = {"-q", "--quiet"}, description = "Print one line a second instead of one for each event.")
    boolean quiet;

    @Mixin
    Connection connection;

    private Consumer<byte[], byte[]> consumer;
    private final Map<Integer, Partition> partitions = new TreeMap<>(); // all that this consumer ever had
    private final Map<TopicPartition, OffsetAndMetadata> printed = new HashMap<>(); // and not committed yet
    private long received;

    // ---- the story ----

    @Override
    public Integer call() throws Exception {
        if (count < 1) throw new Failure(2, "-n takes 1 or more, not %d.", count);
        if (group.isBlank()) throw new Failure(2, "The name of the group is empty.");
        connection.create(() -> new ConsumerConfig(settings())); // what Kafka refuses is found before anything is asked
        try (Admin admin = connection.connect()) {
            TopicDescription description = Connection.describe(admin, topic);
            if (description.isInternal())
                throw new Failure(2, "Topic '%s' is Kafka's own: to read it in a group would write to it.", topic);
            topicId = description.topicId();
            partitionCount = description.partitions().size();
        }
        consumer = connection.create(() -> new KafkaConsumer<>(settings())); // without the servers that hang
        try {
            consumer.subscribe(List.of(topic), new Rebalance());
            Script.inBackground(this::askWhileNothingComes);
            read();
            ending = true;
            commit(PATIENCE_AT_THE_END);
        } catch (AuthorizationException refused) {
            throw Connection.refused("read topic '" + topic + "' in group '" + group + "'", refused);
        } catch (InconsistentGroupProtocolException otherKind) {
            String reason = "it is a share group, or its consumers have another assignor or another group.protocol";
            throw new Failure(1, "Cannot join group '%s': %s.", group, reason);
        } catch (InterruptException hurry) {
            // Ctrl-C, and the cluster does not answer
        } finally {
            Duration patience = Thread.interrupted() ? Duration.ZERO : PATIENCE_AT_THE_END;
            consumer.close(CloseOptions.timeout(patience));
        }
        return summary();
    }

    /** Until enough is received, until Ctrl-C, or until nobody reads the output. */
    private void read() throws Exception {
        long lookedAt = System.nanoTime();
        while (received < count && !Script.stopping()) {
            ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(100));
            var next = new HashMap<>(records.nextOffsets());
            for (TopicPartition each : records.partitions()) {
                List<ConsumerRecord<byte[], byte[]>> batch = records.records(each);
                int wanted = (int) Math.min(batch.size(), count - received);
                if (wanted > 0) receive(batch.subList(0, wanted));
                if (wanted < batch.size())
                    next.put(each, new OffsetAndMetadata(batch.get(wanted).offset()));
            }
            if (!print()) return;
            printed.putAll(next);
            // Ten times a second. A fast consumer polls much more often.
            if (System.nanoTime() - lookedAt < 100_000_000) continue;
            lookedAt = System.nanoTime();
            commitInTheBackground();
            lookAtPartitions();
            lookWhyNothingComes();
            if (quiet) sayProgressEverySecond();
        }
    }

    /** Takes records of one partition, in the order of their offsets. */
    private void receive(List<ConsumerRecord<byte[], byte[]>> batch) throws InterruptedException {
        int number = batch.get(0).partition();
        long offset = batch.get(0).offset();
        if (partition(number).hasPassed(offset)) lookWhyBackAt(offset, number);
        Partition partition = partition(number);
        for (ConsumerRecord<byte[], byte[]> record : batch) {
            partition.receive(record);
            if (!quiet) show(record, partition);
        }
        received += batch.size();
    }

    private Partition partition(int number) {
        return partitions.computeIfAbsent(number, Partition::new);
    }

    /** One commit at a time: with one for each poll, a fast consumer would wait for thousands of them at its end. */
    private void commitInTheBackground() {
        if (printed.isEmpty()) committedAt = System.nanoTime();
        if (printed.isEmpty() || committing) return;
        committing = true;
        var offsets = Map.copyOf(printed);
        consumer.commitAsync(offsets, (same, error) -> {
            committing = false;
            if (error != null) return; // the next commit has these offsets, too
            printed.entrySet().removeAll(offsets.entrySet());
            committedAt = System.nanoTime();
        });
    }

    /** Commits what was printed, at the end and before partitions go to another consumer. */
    private void commit(Duration patience) {
        if (printed.isEmpty()) return;
        try {
            consumer.commitSync(Map.copyOf(printed), patience);
            printed.clear();
        } catch (KafkaException refused) {
            boolean silence = refused instanceof TimeoutException;
            String reason = silence ? "no answer from the group's coordinator." : Script.oneLine(refused);
            Script.say("@|yellow not committed, the last events will come again: %s|@", reason);
        }
    }

    private Integer summary() {
        Script.say("@|bold received %,d|@%s", received, received == 0 ? "" : " (" + eventIds() + ")");
        ofAnotherLog.addAll(partitions.values());
        for (Partition each : ofAnotherLog)
            if (each.received > 0)
                Script.say(
                        "  partition %d: %,d, offsets %d to %d%s",
                        each.number,
                        each.received,
                        each.first,
                        each.next - 1,
                        each.redelivered == 0 ? "" : ", %,d of them redelivered".formatted(each.redelivered));
        return 0;
    }

    // ---- which partitions this consumer has ----

    private boolean ending; // the consumer gives its partitions back because it ends: nothing to tell

    /** Kafka calls this within poll(), and tells what is given and taken, not what the consumer has in the end. */
    private class Rebalance implements ConsumerRebalanceListener {
        private Set<TopicPartition> told; // null: something was taken since then
        private Long nothingSince; // ns: when a consumer that had read lost all partitions

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> given) {
            given.forEach(each -> partition(each.partition()).begins());
            Set<TopicPartition> now = consumer.assignment();
            if (now.equals(told)) return;
            told = Set.copyOf(now);
            boolean again = !now.isEmpty() && nothingSince != null;
            double seconds = again ? (System.nanoTime() - nothingSince) / 1e9 : 0;
            Script.say(
                    "@|cyan assigned: %s|@%s",
                    numbers(now), again ? "  (nothing read for %.1f s)".formatted(seconds) : "");
            if (again) nothingSince = null;
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> taken) {
            if (!ending) commit(PATIENCE_IN_A_REBALANCE);
            taken("revoked", taken);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> taken) {
            taken("lost", taken);
        }

        private void taken(String how, Collection<TopicPartition> taken) {
            printed.keySet().removeAll(taken); // another consumer reads on there
            if (taken.isEmpty() || ending) return;
            if (received > 0 && taken.containsAll(consumer.assignment())) nothingSince = System.nanoTime();
            Script.say("@|cyan %s: %s|@", how, numbers(taken));
            told = null;
        }

        private String numbers(Collection<TopicPartition> some) {
            String numbers = some.stream()
                    .map(TopicPartition::partition)
                    .sorted()
                    .map(String::valueOf)
                    .collect(Collectors.joining(", "));
            return some.isEmpty() ? "no partition" : (some.size() == 1 ? "partition " : "partitions ") + numbers;
        }
    }

    // ---- who leads the partitions ----

    private int partitionCount;
    private int looksWithoutTopic;
    private volatile boolean isMissing; // the consumer itself knows no partition of the topic any more
    private volatile boolean isGone; // the topic does not exist any more, and a line has told it
    private final Map<Integer, Leader> leaders = new HashMap<>(); // by partition

    /** A partition's leader, or -1 for none, and since when (ns). */
    private record Leader(int id, long since) {}

    /** What the consumer itself knows, without a request. Its metadata never goes back to an older leader. */
    private void lookAtPartitions() {
        List<PartitionInfo> now = List.of();
        try {
            now = consumer.partitionsFor(topic, Duration.ZERO);
        } catch (TimeoutException notKnown) {
            // the topic is gone; at the start, the brokers have not answered yet
        }
        for (PartitionInfo each : now) {
            boolean none = each.leader() == null || each.leader().isEmpty();
            compareLeader(each.partition(), new Leader(none ? -1 : each.leader().id(), System.nanoTime()));
        }
        if (!now.isEmpty()) partitionCount = now.size();
        looksWithoutTopic = now.isEmpty() ? looksWithoutTopic + 1 : 0;
        if (!now.isEmpty()) isGone = false;
        boolean wasThere = !leaders.isEmpty() || received > 0; // else the brokers may not have answered yet
        isMissing = looksWithoutTopic >= 10 && wasThere;
        if (isGone) leaders.clear();
    }

    /** In the background. A consumer forgets all topics, too, when no broker answers (KIP-899): so the cluster is asked. */
    private void lookForTopic() throws InterruptedException {
        try (Admin admin = connection.connect()) {
            if (admin.listTopics().names().get().contains(topic)) return;
            isGone = true;
            Script.say("@|red topic %s does not exist any more|@", topic);
        } catch (Failure | ExecutionException noAnswer) {
            // the next look may succeed
        }
    }

    private void compareLeader(int partition, Leader now) {
        Leader before = leaders.getOrDefault(partition, now);
        if (before.id != now.id || before == now) leaders.put(partition, now);
        if (before.id == now.id) return;
        String news = "@|yellow partition %1$d: broker %3$d leads now; it was broker %2$d|@";
        if (now.id < 0) news = "@|yellow partition %1$d: no leader; it was broker %2$d|@";
        if (before.id < 0) news = "@|green partition %1$d: broker %3$d leads, after %4$.1f s without a leader|@";
        Script.say(news, partition, before.id, now.id, (now.since - before.since) / 1e9);
    }

    // ---- why nothing comes, and why an offset comes again ----

    private volatile String waitingMember; // this consumer's id in the group while nothing comes; else null
    private volatile boolean readsOn; // though a commit waits
    private volatile String reason = ""; // why nothing comes, as far as the cluster has told
    private String said = "";

    /** Nothing comes while this consumer has no partition. A commit that waits for 2 s is worth a question, too. */
    private void lookWhyNothingComes() {
        readsOn = !consumer.assignment().isEmpty();
        boolean allIsWell = readsOn && System.nanoTime() - committedAt < 2_000_000_000L;
        // A topic that is gone needs no other reason. Where no broker answers, the topic is missing, too, and is not
        // gone.
        boolean nothingToAsk = isGone || !isMissing && (allIsWell || looksWithoutTopic > 0);
        if (nothingToAsk) reason = "";
        waitingMember = nothingToAsk ? null : consumer.groupMetadata().memberId();
        String now = reason;
        if (!now.isEmpty() && !now.equals(said)) Script.say("@|yellow %s|@", now);
        if (nothingToAsk || !now.isEmpty()) said = now;
    }

    /** In the background, as an answer may take seconds. Each question has an Admin client of its own. */
    private void askWhileNothingComes() {
        try {
            while (!Script.stopsWithin(1_000_000_000L)) {
                if (isMissing && !isGone) lookForTopic();
                String member = waitingMember;
                if (member != null && !isGone) reason = whyNothingComes(member);
            }
        } catch (InterruptedException never) {
            // nobody interrupts this thread
        }
    }

    private String whyNothingComes(String memberId) {
        String coordinator = "waiting for the coordinator of " + group + ": ";
        try (Admin admin = connection.connect()) {
            for (int patience : List.of(2_000, 5_000)) { // in ms. A new coordinator may need more than 2 s.
                try {
                    var options = new DescribeConsumerGroupsOptions().timeoutMs(patience);
                    var groups = admin.describeConsumerGroups(List.of(group), options)
                            .all();
                    return whyIdle(groups.get().get(group), memberId);
                } catch (ExecutionException noAnswer) {
                    if (!(noAnswer.getCause() instanceof TimeoutException)) return "";
                    String away = brokersAway(admin);
                    if (!away.isEmpty()) return coordinator + away;
                }
            }
            return coordinator + "it does not answer";
        } catch (Failure noCluster) {
            return "waiting: " + noCluster.getMessage();
        } catch (InterruptedException never) {
            return "";
        }
    }

    private String whyIdle(ConsumerGroupDescription now, String memberId) {
        if (now.groupState() == GroupState.PREPARING_REBALANCE)
            return (readsOn ? "%s is rebalancing, commits wait" : "waiting: %s is rebalancing").formatted(group)
                    + "; a consumer that died is given up after its session time-out";
        boolean idle = now.groupState() == GroupState.STABLE
                && now.members().stream()
                        .filter(member -> member.consumerId().equals(memberId))
                        .anyMatch(
                                member -> member.assignment().topicPartitions().isEmpty());
        return idle
                ? "idle: %s has %s and %s has %s"
                        .formatted(
                                group,
                                counted(now.members().size(), "member"),
                                topic,
                                counted(partitionCount, "partition"))
                : "";
    }

    /** The coordinator leads one partition of __consumer_offsets: see Kafka's GroupCoordinatorService. */
    private String brokersAway(Admin admin) throws InterruptedException {
        try {
            var offsets = Connection.describe(admin, "__consumer_offsets").partitions();
            TopicPartitionInfo partition = offsets.get(Math.abs(group.hashCode() % offsets.size()));
            if (partition.leader() != null) return "";
            String ids = partition.replicas().stream().map(Node::idString).collect(Collectors.joining(", "));
            return partition.replicas().size() == 1 ? "broker " + ids + " is away" : "brokers " + ids + " are away";
        } catch (Failure notCreatedYet) { // a cluster creates this topic for its first group
            return "";
        }
    }

    private Uuid topicId; // a topic that is created anew under the same name has another
    private final List<Partition> ofAnotherLog =
            new ArrayList<>(); // of a topic that is no more, or of a log that was cut

    /**
     * Called when a partition goes back to an offset that was read before. Usually the group gives the records again.
     * But where the log itself is another one, these are other records.
     */
    private void lookWhyBackAt(long offset, int number) throws InterruptedException {
        Uuid idNow = topicId;
        try (Admin admin = connection.connect()) {
            idNow = Connection.describe(admin, topic).topicId();
        } catch (Failure notNow) {
            // then it counts as the same topic
        }
        Partition before = partition(number);
        if (!idNow.equals(topicId)) {
            topicId = idNow;
            Script.say("@|yellow topic %s was created anew: its offsets begin again|@", topic);
            ofAnotherLog.addAll(partitions.values());
            partitions.clear();
        } else if (before.isInTheMiddle()) {
            Script.say(
                    "@|yellow partition %d: its log was cut at offset %d; offset %d had been read|@",
                    number, offset, before.next - 1);
            ofAnotherLog.add(partitions.remove(number));
        }
    }

    // ---- a partition ----

    /** What was received of a partition. */
    private class Partition {
        final int number;
        final byte[] behind; // the words behind an event, without the offset
        long received;
        long redelivered;
        long first = -1; // offset
        long next; // the offset after the highest one that was received
        private long last = -1; // the last offset since the partition was assigned; -1: none yet
        private Stretch stretch; // of the run that sent the last record
        private final Map<String, Stretch> stretches = new HashMap<>(); // by run

        Partition(int number) {
            this.number = number;
            behind = ("  partition " + number + ", offset ").getBytes(StandardCharsets.US_ASCII);
        }

        /** The partition is assigned: the next record may have any offset. */
        void begins() {
            last = -1;
        }

        boolean isInTheMiddle() {
            return last >= 0;
        }

        /** Whether the offset comes again, where a higher one was expected. */
        boolean hasPassed(long offset) {
            return isInTheMiddle() ? offset <= last : offset < next;
        }

        void receive(ConsumerRecord<byte[], byte[]> record) {
            long offset = record.offset();
            received++;
            if (first < 0) first = offset;
            if (offset > next) breakStretches(); // the records between were not read here, or there are none
            if (offset < next) redelivered++;
            else noteId(record);
            next = Math.max(next, offset + 1);
            last = offset;
        }

        private void breakStretches() {
            stretches.clear();
            stretch = null;
        }

        private void noteId(ConsumerRecord<byte[], byte[]> record) {
            int id = eventId(record.value());
            if (id < 0 || !findStretch(record.headers())) unnumbered++;
            else stretch.add(id);
        }

        /** The stretch of the record's run. False if the record has no run. */
        private boolean findStretch(Headers headers) {
            Header[] all = headers.toArray();
            // Usually the run of the record before. The header's name, a text to be decoded, need not be read then.
            if (stretch != null && all.length == 1 && Arrays.equals(stretch.run, all[0].value())) return true;
            Header run = headers.lastHeader("run");
            if (run != null) stretch = stretches.computeIfAbsent(text(run.value()), it -> new Stretch(run.value()));
            return run != null;
        }
    }

    // ---- event ids ----

    private long unnumbered; // records that are not producer.java's
    private final Map<String, BitSet> ids = new HashMap<>(); // by run
    private final List<Integer> twice = new ArrayList<>();
    private final List<Stretch> allStretches = new ArrayList<>();

    /**
     * The ids of one run of the producer in one partition, as long as no offset between them was left out. A run sends
     * to n partitions in turn, or to one, so its ids in a partition rise by equal steps. Only here can a consumer know
     * that one is missing: what lies before, behind, and in another partition, another consumer may have read.
     */
    private class Stretch {
        final byte[] run;
        private final BitSet seen; // of this run, in all partitions
        private int first;
        private int last;
        private int step; // the greatest common divisor of the distances to the first; 0: there is one id only

        Stretch(byte[] run) {
            this.run = run;
            seen = ids.computeIfAbsent(text(run), it -> new BitSet());
            allStretches.add(this);
        }

        void add(int id) {
            if (seen.get(id)) twice.add(id);
            seen.set(id);
            if (first == 0) first = id;
            last = Math.max(last, id);
            int distance = Math.abs(id - first);
            if (step == 0) step = distance;
            else if (distance % step != 0) step = greatestCommonDivisor(step, distance);
        }

        IntStream missing() {
            if (step == 0) return IntStream.empty();
            // Where each second record is lost, the steps are twice as wide as the topic has partitions.
            int width = step % partitionCount == 0 ? partitionCount : step;
            return IntStream.iterate(first, id -> id < last, id -> id + width).filter(id -> !seen.get(id));
        }

        private static int greatestCommonDivisor(int a, int b) {
            return b == 0 ? a : greatestCommonDivisor(b, a % b);
        }
    }

    /** The number in {@code {"event_id": 1, ...}}, or -1. */
    private static int eventId(byte[] value) {
        int start = EVENT_ID.length;
        if (value == null || value.length <= start) return -1;
        if (!Arrays.equals(value, 0, start, EVENT_ID, 0, start)) return -1;
        int id = 0;
        for (int i = start; i < value.length; i++) {
            int digit = value[i] - '0';
            if (digit < 0 || digit > 9) return id > 0 ? id : -1;
            id = id * 10 + digit;
            if (id > 200_000_000) return -1; // not a number that a set of bits should hold
        }
        return id;
    }

    private String eventIds() {
        var says = new ArrayList<String>();
        if (!allStretches.isEmpty()) {
            List<Integer> missing =
                    allStretches.stream().flatMapToInt(Stretch::missing).boxed().toList();
            says.add("event ids: " + some(missing, "missing") + ", " + some(twice, "twice"));
        }
        if (unnumbered > 0) says.add("%,d not from producer.java".formatted(unnumbered));
        return String.join("; ", says);
    }

    private static String some(List<Integer> ids, String what) {
        if (ids.isEmpty()) return "none " + what;
        String shown = ids.stream().limit(5).map(String::valueOf).collect(Collectors.joining(", "));
        return "%,d %s (%s%s)".formatted(ids.size(), what, shown, ids.size() > 5 ? ", ..." : "");
    }

    // ---- a line for each event ----

    private byte[] lines = new byte[1 << 16]; // of one poll
    private int end; // of what is in it
    private byte[] head;

    /** Piped, bytes are passed on as bytes: to make text of them, and bytes of the text, would double the time. */
    private void show(ConsumerRecord<byte[], byte[]> record, Partition partition) {
        Printable value = Printable.of(record.value());
        if (Script.columns() > 0) {
            String behind = text(partition.behind) + record.offset() + value.note;
            boolean narrow = text(head()).length() + 40 + behind.length() > Script.columns();
            String from = narrow ? "Consumer " + name + " received: " : text(head());
            Script.show("", from + text(value.bytes), behind);
            return;
        }
        if (end > 0) add(NEW_LINE);
        add(head());
        add(value.bytes);
        add(partition.behind);
        add((record.offset() + value.note).getBytes(StandardCharsets.ISO_8859_1));
    }

    private void add(byte[] bytes) {
        if (bytes.length > lines.length - end) lines = Arrays.copyOf(lines, 2 * (end + bytes.length));
        System.arraycopy(bytes, 0, lines, end, bytes.length);
        end += bytes.length;
    }

    private byte[] head() {
        if (head == null) {
            String text = "Consumer " + name + " (group: " + group + ") received: ";
            head = Printable.of(text.getBytes(StandardCharsets.UTF_8)).bytes;
        }
        return head;
    }

    /** Prints the lines of one poll at once. Returns false when nobody reads them. */
    private boolean print() {
        if (end > 0) {
            System.out.write(lines, 0, end);
            end = 0;
            Script.print(""); // ends the last line
        }
        return !System.out.checkError();
    }

    /**
     * A value as it is printed on one line. Where these are not the value's own bytes, the note says so: no other value
     * is printed alike.
     */
    private record Printable(byte[] bytes, String note) {
        static Printable of(byte[] value) {
            if (value == null) return new Printable(new byte[0], ", no value");
            if (isPrintableAscii(value)) return new Printable(value, "");
            String text = text(value);
            boolean isUtf8 = Arrays.equals(text.getBytes(StandardCharsets.UTF_8), value);
            if (isUtf8 && text.chars().noneMatch(Printable::isControl)) return new Printable(value, "");
            String source = isUtf8 ? text : new String(value, StandardCharsets.ISO_8859_1);
            String escaped = source.chars().mapToObj(c -> escaped(c, isUtf8)).collect(Collectors.joining());
            return new Printable(escaped.getBytes(StandardCharsets.UTF_8), ", escaped");
        }

        private static boolean isPrintableAscii(byte[] value) {
            for (byte each : value) if (each < ' ' || each == 127) return false;
            return true;
        }

        /** What a terminal may obey, and what ends a line. */
        private static boolean isControl(int c) {
            return Character.isISOControl(c) || c == 0x2028 || c == 0x2029;
        }

        /** As in Java and JSON; the bytes of a value that is no UTF-8 as \\xff. */
        private static String escaped(int c, boolean isUtf8) {
            return switch (c) {
                case '\\' -> "\\\\";
                case '\n' -> "\\n";
                case '\r' -> "\\r";
                case '\t' -> "\\t";
                default ->
                    !isUtf8 && c > 126 ? "\\x%02x".formatted(c) : isControl(c) ? "\\u%04x".formatted(c) : "" + (char) c;
            };
        }
    }

    // ---- details ----

    private static final byte[] NEW_LINE = {'\n'};
    private static final byte[] EVENT_ID = "{\"event_id\": ".getBytes(StandardCharsets.UTF_8);

    /** Twice, for the last commit and for leaving the group: Ctrl-C ends the script within 3 s. */
    private static final Duration PATIENCE_AT_THE_END = Duration.ofSeconds(1);

    /** For the commit before partitions go. Meanwhile the whole group waits. */
    private static final Duration PATIENCE_IN_A_REBALANCE = Duration.ofSeconds(5);

    private boolean committing; // a commit is on its way
    private long committedAt = System.nanoTime(); // when nothing was waiting to be committed

    private Map<String, Object> settings() {
        var usual = new HashMap<String, Object>();
        // Brokers and Kafka's own tools show this name.
        usual.put("client.id", name);
        // Where a new group begins.
        usual.put("auto.offset.reset", "earliest");
        // How many records a poll returns at most. With 5,000, the first ones have left the processor's cache when
        // read.
        usual.put("max.poll.records", 1_000);
        // In ms: the consumer asks who leads, and how many partitions there are, at least so often.
        usual.put("metadata.max.age.ms", 1_000);
        // To ask for a topic that was deleted must not create the topic.
        usual.put("allow.auto.create.topics", false);
        // The values here are bytes, the group is an argument, and what is committed was printed before.
        Map<String, String> own = Map.of(
                "group.id",
                group,
                "enable.auto.commit",
                "false",
                "key.deserializer",
                ByteArrayDeserializer.class.getName(),
                "value.deserializer",
                ByteArrayDeserializer.class.getName());
        return connection.settings(ConsumerConfig.configNames(), usual, own);
    }

    private long progressAt = System.nanoTime();
    private long progressBefore;

    private void sayProgressEverySecond() {
        if (System.nanoTime() - progressAt < 1e9) return;
        progressAt += 1_000_000_000L;
        Script.say("%,12d records/s   %,d received", received - progressBefore, received);
        progressBefore = received;
    }

    private static String counted(int number, String thing) {
        return number + " " + thing + (number == 1 ? "" : "s");
    }

    private static String text(byte[] utf8) {
        return new String(utf8, StandardCharsets.UTF_8);
    }

    // ---- Connection: the same lines in every script that needs a cluster ----

    /** The options that name a cluster, the settings of its clients, and the cause when no cluster answers. */
    static class Connection {
        @Option(names = {"-b", "--bootstrap-server"}, paramLabel = "HOST:PORT,...", scope = ScopeType.INHERIT,
                description = "The brokers to ask first (default: $$KAFKA_BOOTSTRAP_SERVERS, else"
                        + " localhost:9092,localhost:9095).")
        String bootstrapServer;

        @Option(names = "--command-config", paramLabel = "FILE", scope = ScopeType.INHERIT,
                description = "A file of client properties (TLS, SASL, timeouts), as Kafka's own tools take it.")
        Path commandConfig;

        @Option(names = {"-X", "--command-property"}, paramLabel = "KEY=VALUE", scope = ScopeType.INHERIT,
                description = "One client property, over those of the file. Repeatable.")
        Map<String, String> commandProperties = new LinkedHashMap<>();

        private Properties file; // null: not read yet
        private Set<String> hanging = Set.of(); // servers that are not to be asked

        /** The servers to ask first, and who named them. */
        record Servers(String list, String namedBy) {
            List<String> each() {
                return List.of(list.strip().replaceFirst("^[,\\s]+", "").split("[,\\s]+"));
            }

            @Override
            public String toString() {
                return list + " (" + namedBy + ")";
            }
        }

        Servers servers() {
            Servers servers = named();
            if (servers.each().contains("")) throw new Failure(2, "No server is named by %s.", servers.namedBy);
            return servers;
        }

        private Servers named() {
            String key = "bootstrap.servers";
            if (bootstrapServer != null) return new Servers(bootstrapServer, "-b");
            if (commandProperties.containsKey(key)) return new Servers(commandProperties.get(key), "-X " + key);
            if (file().containsKey(key)) return new Servers(file().getProperty(key), commandConfig.toString());
            String variable = System.getenv().getOrDefault("KAFKA_BOOTSTRAP_SERVERS", "");
            if (!variable.isBlank()) return new Servers(variable, "$KAFKA_BOOTSTRAP_SERVERS");
            return new Servers("localhost:9092,localhost:9095", "the default");
        }

        /**
         * A client's settings: the script's usual ones, over them the file's, over them those of -X, over them the
         * script's own. A setting that only other Kafka clients know is left out.
         *
         * @param known the names of all settings of this client, such as {@link AdminClientConfig#configNames()}
         * @param own not taken from the file, and wrong usage with -X; the value "" stands for: not set
         */
        Map<String, Object> settings(Set<String> known, Map<String, ?> usual, Map<String, ?> own) {
            var settings = new HashMap<String, Object>(usual);
            var given = new TreeMap<Object, Object>(file());
            given.putAll(commandProperties);
            given.forEach((key, value) -> {
                if (known.contains(key) || !KnownSettings.ALL.contains(key)) settings.put((String) key, value);
            });
            own.forEach((key, value) -> {
                if (commandProperties.containsKey(key))
                    throw new Failure(2, "-X %s: this script sets it itself. Leave it out.", key);
                settings.put(key, value);
                settings.remove(key, "");
            });
            settings.put("bootstrap.servers", String.join(",", answering()));
            return settings;
        }

        /** The servers without those that hang, unless all do. */
        private List<String> answering() {
            var servers = new ArrayList<>(servers().each());
            if (!hanging.containsAll(servers)) servers.removeAll(hanging);
            return servers;
        }

        /** All that Kafka's clients know. Loaded only when somebody gives a setting. */
        private static class KnownSettings {
            static final Set<String> ALL = new HashSet<>(ProducerConfig.configNames());

            static {
                ALL.addAll(ConsumerConfig.configNames());
                ALL.addAll(AdminClientConfig.configNames());
            }
        }

        /** Reads the file once, as Kafka's own tools do: Latin-1, with a backslash and uXXXX for other characters. */
        private Properties file() {
            if (file != null) return file;
            file = new Properties();
            commandProperties.keySet().forEach(key -> complainIfUnknown("-X", key));
            if (commandConfig == null) return file;
            try {
                String text = Files.readString(commandConfig, StandardCharsets.ISO_8859_1);
                if (text.indexOf(0) >= 0) throw new Failure(2, "%s:1: UTF-16. Save it as UTF-8.", commandConfig);
                if (text.startsWith("\u00ef\u00bb\u00bf"))
                    Script.complain("%s:1: the byte order mark at its beginning is ignored.", commandConfig);
                file.load(new StringReader(text.replaceFirst("^\u00ef\u00bb\u00bf", "")));
                List<String> lines = text.lines().toList();
                for (Object key : new TreeSet<>(file.keySet())) {
                    long before = lines.stream()
                            .takeWhile(line -> !line.contains((String) key))
                            .count();
                    complainIfUnknown(commandConfig + ":" + (before + 1), (String) key);
                }
                return file;
            } catch (IOException | IllegalArgumentException broken) {
                throw new Failure(2, "Cannot read %s: %s", commandConfig, Script.oneLine(broken));
            }
        }

        private static void complainIfUnknown(String where, String key) {
            boolean ofPlugin = key.startsWith("config.providers.") || key.startsWith("metrics.context.");
            if (!ofPlugin && !KnownSettings.ALL.contains(key))
                Script.complain("%s: no Kafka client knows the setting '%s'.", where, key);
        }

        /** Creates a client, or reads settings as a client does. What Kafka refuses is wrong usage. */
        <T> T create(Supplier<T> client) {
            try {
                return client.get();
            } catch (KafkaException refused) {
                String reason = Script.oneLine(refused);
                if (reason.contains("No resolvable")) diagnosis().hanging(); // fails, and names the host
                throw new Failure(2, "Kafka's client refuses its settings: %s", reason);
            }
        }

        private Diagnosis diagnosis() {
            String inFile = file().getProperty("security.protocol", "PLAINTEXT");
            String protocol = commandProperties.getOrDefault("security.protocol", inFile);
            return new Diagnosis(servers(), protocol.strip().toUpperCase(Locale.ROOT));
        }

        /**
         * An Admin client that was seen to work. Else a failure that names the cause, within 10 s. Servers that hang
         * are left out from then on: a client that picks one of them waits 30 s for an answer.
         */
        Admin connect() throws InterruptedException {
            Map<String, Object> settings = settings(AdminClientConfig.configNames(), Map.of(), Map.of());
            // For a producer's tries. With 0, an Admin client would give up before its first answer.
            settings.remove("retries");
            // In ms. A broker that hangs is given up so early that others are asked in time.
            settings.put("request.timeout.ms", 1_900);
            settings.putIfAbsent("default.api.timeout.ms", 60_000);
            Admin admin = create(() -> Admin.create(settings)); // refuses wrong settings before any server is asked
            Diagnosis diagnosis = diagnosis();
            hanging = diagnosis.hanging();
            if (!hanging.isEmpty()) {
                admin.close(Duration.ZERO);
                settings.put("bootstrap.servers", String.join(",", answering()));
                admin = create(() -> Admin.create(settings));
            }
            for (int tries = 1; ; tries++)
                try {
                    var options = new DescribeClusterOptions().timeoutMs(5_000);
                    admin.describeCluster(options).nodes().get();
                    return admin;
                } catch (ExecutionException noAnswer) {
                    Optional<Failure> cause =
                            diagnosis.of(noAnswer.getCause()).or(() -> diagnosis.ofBrokers(namedAfterLogin()));
                    boolean slow = cause.isEmpty(); // a busy machine: the brokers do answer
                    if (slow && tries < 5 && !Script.stopping()) continue;
                    admin.close(Duration.ZERO);
                    throw cause.orElseGet(() -> new Failure(3, "%s answers, and too slowly.", servers()));
                }
        }

        /** The brokers with a partition, by the addresses that the servers tell after a login; none without an answer. */
        private List<String> namedAfterLogin() {
            Map<String, Object> settings = settings(ConsumerConfig.configNames(), Map.of(), Map.of());
            settings.put("key.deserializer", ByteArrayDeserializer.class);
            settings.put("value.deserializer", ByteArrayDeserializer.class);
            try (var consumer = new KafkaConsumer<byte[], byte[]>(settings)) {
                return consumer.listTopics(Duration.ofSeconds(3)).values().stream()
                        .flatMap(List::stream)
                        .flatMap(partition -> Stream.of(partition.replicas()))
                        .map(broker -> broker.host() + ":" + broker.port())
                        .distinct()
                        .toList();
            } catch (KafkaException noAnswer) {
                return List.of();
            }
        }

        /** The topic as the cluster knows it. A topic that does not exist is an error. */
        static TopicDescription describe(Admin admin, String topic) throws InterruptedException {
            try {
                return admin.describeTopics(List.of(topic))
                        .allTopicNames()
                        .get()
                        .get(topic);
            } catch (ExecutionException failed) {
                if (failed.getCause() instanceof InvalidTopicException)
                    throw new Failure(2, "'%s' cannot be a topic's name: letters, digits, '.', '_' and '-'.", topic);
                if (!(failed.getCause() instanceof UnknownTopicOrPartitionException))
                    throw refused("describe topic '" + topic + "'", failed);
                throw new Failure(1, "Topic '%s' does not exist. Create it: jbang topics.java create %s", topic, topic);
            }
        }

        /** The cluster's refusal in one line: what was refused, and why. */
        static Failure refused(String request, Throwable error) {
            boolean permission = Script.rootOf(error) instanceof AuthorizationException;
            String format = permission ? "No permission to %s: %s" : "Cannot %s: %s";
            return new Failure(1, format, request, Script.oneLine(error));
        }
    }

    /** Finds out why no cluster answers: asks each server, on a socket of its own, in Kafka's protocol. */
    private record Diagnosis(Connection.Servers servers, String protocol) {
        private static final String NAMES = " names brokers (advertised.listeners): ";
        private static final int METADATA = 3; // the numbers of Kafka's requests
        private static final int SASL_HANDSHAKE = 17;
        private static final int API_VERSIONS = 18;

        /** What is wrong with a server: "" if that is not seen. */
        private record Look(String server, String wrong) {
            boolean isFine() {
                return wrong.isEmpty();
            }

            boolean hangs() {
                return wrong.endsWith(" is silent");
            }
        }

        /** The servers that listen, and do not answer within 2 s. A failure if no server can be a broker. */
        Set<String> hanging() {
            List<Look> looks = lookAt(servers.each(), false);
            if (looks.stream().noneMatch(it -> it.isFine() || it.hangs())) throw failure(looks);
            return looks.stream().filter(Look::hangs).map(Look::server).collect(Collectors.toSet());
        }

        /** Why a client has failed. Nothing if that is not seen: its answer may only be late. */
        Optional<Failure> of(Throwable error) {
            String reason = Script.oneLine(error);
            String format = "No connection to %s: %s";
            if (error instanceof AuthenticationException)
                format = "%s refuses the login (sasl.mechanism, sasl.jaas.config): %s";
            if (error instanceof SslAuthenticationException)
                format = "The certificate of %s is not trusted (ssl.truststore.location): %s";
            if (reason.matches(".*(subject alternative|No name matching).*"))
                format = "The certificate of %s is for another host: %s";
            boolean noLogin = reason.contains("enabled mechanisms are []"); // the server has no login at all
            if (!noLogin && !(error instanceof RetriableException))
                return Optional.of(new Failure(3, format, servers, reason));
            List<Look> looks = lookAt(servers.each(), true);
            return looks.stream().anyMatch(Look::isFine) ? Optional.empty() : Optional.of(failure(looks));
        }

        /** That none of the brokers can be reached. Nothing if one can, or if there is none. */
        Optional<Failure> ofBrokers(List<String> brokers) {
            List<Look> looks = lookAt(brokers, false);
            if (looks.isEmpty() || looks.stream().anyMatch(Look::isFine)) return Optional.empty();
            return Optional.of(failure(List.of(new Look(servers.list(), servers.list() + NAMES + texts(looks)))));
        }

        private Failure failure(List<Look> looks) {
            String all = texts(looks);
            if (all.contains(" speaks ") || all.contains(" names "))
                return new Failure(3, "No connection to %s: %s.", servers, all);
            String start =
                    " Start one: jbang cluster.java, or docker compose up -d --wait; or name another: -b HOST:PORT";
            boolean nobody = looks.stream().allMatch(it -> it.wrong.startsWith("nobody"));
            return new Failure(3, "No cluster answers at %s: %s.%s", servers, all, nobody ? start : "");
        }

        private static String texts(List<Look> looks) {
            return looks.stream().filter(it -> !it.isFine()).map(Look::wrong).collect(Collectors.joining("; "));
        }

        private List<Look> lookAt(List<String> servers, boolean closely) {
            return servers.parallelStream()
                    .map(server -> lookAt(server, closely))
                    .toList();
        }

        private Look lookAt(String server, boolean closely) {
            String host = server.replaceFirst("^\\w+://", "").replaceFirst(":\\d*$", "");
            String wrong = "";
            try (Socket socket = open(host, Integer.parseInt(server.substring(server.lastIndexOf(':') + 1)))) {
                socket.setSoTimeout(2_000);
                Socket line = protocol.endsWith("SSL") ? throughTls(socket, host) : socket;
                ask(line, API_VERSIONS, 0);
                if (closely) wrong = lookCloser(server, line);
            } catch (UnknownHostException unknown) {
                wrong = "host '" + host + "' cannot be resolved";
            } catch (ConnectException | NoRouteToHostException refused) {
                wrong = "nobody listens at " + server;
            } catch (SocketTimeoutException silent) {
                wrong = server + " is silent";
            } catch (ProtocolException other) {
                wrong = server + " speaks " + other.getMessage() + ", and security.protocol is " + protocol;
            } catch (Exception unclear) {
                // Kafka's client will say more
            }
            return new Look(server, wrong);
        }

        /** At a server that answers, though Kafka's client got no answer: is a login wanted? Are other brokers away? */
        private String lookCloser(String server, Socket line) throws IOException {
            // The answer to a mechanism '?' is UNSUPPORTED_SASL_MECHANISM (33); another where no login is wanted.
            boolean login = ask(line, SASL_HANDSHAKE, 1, 0, 1, '?').readShort() == 33;
            String speaks = (login ? "SASL_" : "") + protocol.replace("SASL_", "");
            if (!speaks.equals(protocol)) throw new ProtocolException(speaks);
            if (login) return ""; // brokers are named only after a login
            DataInputStream answer = ask(line, METADATA, 1, 0, 0, 0, 0);
            var brokers = new ArrayList<String>(); // of each: id, host, port and rack
            for (int left = answer.readInt(); left > 0; left--) {
                answer.readInt();
                brokers.add(answer.readUTF() + ":" + answer.readInt());
                answer.skipNBytes(Math.max(0, answer.readShort()));
            }
            List<Look> looks = lookAt(brokers, false);
            if (looks.stream().anyMatch(Look::isFine)) return "";
            return server + NAMES + texts(looks);
        }

        /** Sends one request, and returns the answer behind its length and number. */
        private static DataInputStream ask(Socket line, int kind, int version, int... body) throws IOException {
            var request = new DataOutputStream(new BufferedOutputStream(line.getOutputStream()));
            request.writeInt(15 + body.length);
            request.writeShort(kind);
            request.writeShort(version);
            request.writeInt(7); // the request's number
            request.writeUTF("\r\n\r\n?"); // the client's name, with the line ends for which a web server waits
            for (int next : body) request.write(next);
            request.flush();
            var answer = new DataInputStream(line.getInputStream());
            int length = answer.readInt();
            if (length >>> 16 == 0x1503) throw new ProtocolException("TLS"); // an alert
            if (length == 0x48545450) throw new ProtocolException("HTTP");
            answer.readInt();
            return new DataInputStream(new ByteArrayInputStream(answer.readNBytes(length - 4)));
        }

        /** To the first of the host's addresses at which somebody listens. */
        private static Socket open(String host, int port) throws IOException {
            IOException refused = null;
            for (InetAddress address : InetAddress.getAllByName(host)) {
                var socket = new Socket();
                try {
                    socket.connect(new InetSocketAddress(address, port), 2_000);
                    return socket;
                } catch (IOException tryTheNext) {
                    refused = tryTheNext;
                }
            }
            throw refused;
        }

        /** Any certificate is good enough here: nothing secret is sent. */
        private static Socket throughTls(Socket socket, String host) throws Exception {
            var anybody = new javax.net.ssl.X509TrustManager() {
                @Override
                public void checkClientTrusted(java.security.cert.X509Certificate[] chain, String kind) {}

                @Override
                public void checkServerTrusted(java.security.cert.X509Certificate[] chain, String kind) {}

                @Override
                public java.security.cert.X509Certificate[] getAcceptedIssuers() {
                    return new java.security.cert.X509Certificate[0];
                }
            };
            var context = javax.net.ssl.SSLContext.getInstance("TLS");
            context.init(null, new javax.net.ssl.TrustManager[] {anybody}, null);
            var line = (javax.net.ssl.SSLSocket)
                    context.getSocketFactory().createSocket(socket, host, socket.getPort(), true);
            try {
                line.startHandshake();
            } catch (javax.net.ssl.SSLException failed) {
                boolean tls = !failed.getMessage().matches("Unsupported or unrecognized.*|.*terminated the handshake");
                throw tls ? failed : new ProtocolException("no TLS");
            }
            return line;
        }
    }

    // ---- Script: the same lines in every script ----

    /** How a script runs, prints and ends: exit status, error messages, colours, the window, Ctrl-C. */
    static class Script {
        private static final CountDownLatch STOP = new CountDownLatch(1);
        private static volatile boolean outputClosed;
        private static volatile FutureTask<int[]> window = lookAtWindow();

        /** True while the script puts back what it broke. Then Ctrl-C waits longer than 3 s. */
        static volatile boolean mending;

        /** Runs the script's command and exits with its status. Numbers and text are the same in every locale. */
        static void run(Callable<Integer> script, String... args) {
            Locale.setDefault(Locale.ROOT);
            System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8));
            // Java reads a letter as U+FFFD where the locale has only ASCII.
            if (String.join("", args).contains("\ufffd"))
                System.exit(complain(2, "An argument has letters that this locale does not know: set LC_ALL=C.UTF-8."));
            Thread main = Thread.currentThread();
            for (String signal : List.of("INT", "TERM", "HUP")) onSignal(signal, () -> stop(main));
            onSignal("WINCH", () -> window = lookAtWindow());
            int status = new CommandLine(script)
                    .setColorScheme(CommandLine.Help.defaultColorScheme(ansi()))
                    .setParameterExceptionHandler((error, given) -> complain(
                            2, sentence(error.getMessage().replace("option option", "option")) + " Try --help."))
                    .setExecutionExceptionHandler((error, command, parsed) -> failed(error))
                    .execute(args);
            System.exit(outputClosed ? 1 : status);
        }

        /** An expected error is one line. Any other error is a defect of the script: it shows its stack trace. */
        private static int failed(Exception error) throws Exception {
            if (error instanceof Failure failure) return complain(failure.exitStatus, failure.getMessage());
            boolean ofKafka = error.getClass().getName().startsWith("org.apache.kafka.");
            if (stopping() && (ofKafka || error instanceof InterruptedException)) return complain(130, "Interrupted.");
            if (ofKafka) return complain(1, oneLine(error));
            throw error;
        }

        private static void onSignal(String name, Runnable action) {
            try {
                sun.misc.Signal.handle(new sun.misc.Signal(name), signal -> action.run());
            } catch (IllegalArgumentException notOnThisSystem) {
                // Windows has no HUP and no WINCH
            }
        }

        /** The first signal asks the script to end in good order, within 3 s. The second ends it at once. */
        private static void stop(Thread main) {
            if (stopping()) Runtime.getRuntime().halt(130);
            STOP.countDown();
            inBackground(() -> {
                while (mending) LockSupport.parkNanos(50_000_000L);
                LockSupport.parkNanos(2_200_000_000L);
                main.interrupt(); // it may be waiting for a cluster that does not answer
                LockSupport.parkNanos(600_000_000L);
                Runtime.getRuntime().halt(130);
            });
        }

        /** Whether the script was asked to stop. */
        static boolean stopping() {
            return STOP.getCount() == 0;
        }

        /** Waits so many ns. Ends early, and returns true, when the script is asked to stop. */
        static boolean stopsWithin(long nanos) {
            try {
                return STOP.await(nanos, TimeUnit.NANOSECONDS);
            } catch (InterruptedException hurry) {
                return true;
            }
        }

        /** Runs the work in a thread that does not keep the script alive, and ends with an exception unnoticed. */
        static void inBackground(Runnable work) {
            var thread = new Thread(work);
            thread.setDaemon(true);
            thread.setUncaughtExceptionHandler((ended, why) -> {}); // such as a client that was closed meanwhile
            thread.start();
        }

        /** Prints a line. Only the format may have picocli's markup for colours: the values are shown as they are. */
        static void say(String format, Object... values) {
            print(text(format, values));
        }

        static String text(String format, Object... values) {
            return String.format(Locale.ROOT, ansi().string(format), values);
        }

        /** Prints a line that a terminal cuts to its window: the record's end gives way, the text behind it does not. */
        static void show(String head, String record, String behind) {
            int room = Math.max(16, columns() - Ansi.OFF.string(head).length() - behind.length());
            boolean cut = columns() > 0 && record.length() > room;
            print(ansi().string(head) + (cut ? record.substring(0, room - 1) + "\u2026" : record) + behind);
        }

        /** Prints whole lines. Returns false, and asks the script to stop, when nobody reads them. */
        static boolean print(String lines) {
            System.out.println(lines);
            if (!System.out.checkError()) return true;
            if (!outputClosed) complain("Standard output was closed.");
            outputClosed = true;
            STOP.countDown();
            return false;
        }

        /** Prints a line on standard error. */
        static void complain(String format, Object... values) {
            System.err.println(hidden(String.format(Locale.ROOT, format, values)));
        }

        private static int complain(int exitStatus, String message) {
            complain("%s", message);
            return exitStatus;
        }

        /** What went wrong, without the exceptions that it is wrapped in. */
        static String oneLine(Throwable error) {
            Throwable root = rootOf(error);
            String message = root.getMessage() == null ? root.toString() : root.getMessage();
            if (root instanceof NoSuchFileException) message = "there is no file " + message;
            if (root instanceof ClassNotFoundException) message = "there is no class " + message;
            return sentence(message);
        }

        private static String sentence(String text) {
            return text.replaceAll("\\s+", " ").replaceFirst("[.]?$", ".");
        }

        static Throwable rootOf(Throwable error) {
            return error.getCause() == null ? error : rootOf(error.getCause());
        }

        /** The text without passwords. */
        static String hidden(String text) {
            String secret = "(sasl\\.jaas\\.config|password|passphrase|secret|token|keystore\\.key)";
            return text.replaceAll("(?is)(" + secret + "\\S*?\\s*=\\s*)\\S.*", "$1[hidden]")
                    .replaceAll("'[^']*' in JAAS", "[hidden] in JAAS");
        }

        /** The columns of the terminal's window; 0 where standard output is no terminal. */
        static int columns() {
            return window(1);
        }

        /** The rows of the terminal's window; 0 where standard output is no terminal. */
        static int rows() {
            return window(0);
        }

        private static int window(int index) {
            try {
                return window.get()[index];
            } catch (InterruptedException | ExecutionException notKnown) {
                return 0;
            }
        }

        /** In the background, as asking the terminal takes 30 ms. */
        private static FutureTask<int[]> lookAtWindow() {
            var look = new FutureTask<>(() -> {
                try {
                    var stty = new ProcessBuilder("sh", "-c", "test -t 1 && stty size </dev/tty >&2")
                            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                            .start();
                    String size = new String(stty.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
                    String[] numbers = size.strip().split(" ");
                    return new int[] {Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1])};
                } catch (IOException | RuntimeException noTerminal) {
                    return new int[] {0, 0}; // to throw would cost 1 µs in each call, and so for each record
                }
            });
            inBackground(look);
            return look;
        }

        /** Colours: only on a terminal that can, never with NO_COLOR, always with CLICOLOR_FORCE. */
        static Ansi ansi() {
            Map<String, String> variables = System.getenv();
            boolean never = !variables.getOrDefault("NO_COLOR", "").isEmpty();
            boolean always = !Set.of("", "0").contains(variables.getOrDefault("CLICOLOR_FORCE", ""));
            return !never && (always || canRedraw()) ? Ansi.ON : Ansi.OFF;
        }

        /** Whether a picture can be drawn again in its place. */
        static boolean canRedraw() {
            return columns() > 0 && !"dumb".equals(System.getenv("TERM"));
        }
    }

    /** An error for the user: one line that names the cause and the next step, and an exit status. */
    static class Failure extends RuntimeException {
        private static final long serialVersionUID = 1L;
        final int exitStatus;

        Failure(int exitStatus, String format, Object... values) {
            super(String.format(Locale.ROOT, format, values));
            this.exitStatus = exitStatus;
        }
    }
}
