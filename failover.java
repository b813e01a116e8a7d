///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Stops a Kafka broker while records are flowing, and accounts for every record
//JAVA 17+
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-nop:2.0.17
//RUNTIME_OPTIONS -Duser.language=en -Duser.country=US -Dfile.encoding=UTF-8

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.*;
import java.nio.file.*;
import java.time.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.*;
import java.util.stream.*;
import java.util.zip.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.*;
import picocli.CommandLine;
import picocli.CommandLine.*;
import picocli.CommandLine.Help.Ansi;

/**
 * Runs the three scenarios of a guide about Kafka's partitions and replicas on a real cluster of two brokers, and checks
 * what the guide observes. Records flow, kafka-1 is stopped and started again, and every record that the cluster
 * acknowledged is looked up in the log.
 *
 * <pre>jbang failover.java</pre>
 *
 * It uses the containers of docker-compose.yml if they run. Otherwise it starts a cluster with cluster.java. It prints:
 *
 * <pre>
 *    2.9 s  stop kafka-1                        what happens, in seconds since the scenario's start
 *    3.0 s  partition 0  leader: broker 2  in sync: [2]
 *                      records  in log once     the account of all records
 *   PASS  no acknowledged record is lost        each claim, with its evidence below; at the end a table
 * </pre>
 */
@Command(
        name = "failover",
        version = "failover 2.0.0, Kafka client 4.4.0",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Stops a Kafka broker while records are flowing, and accounts for every record.%n",
        footer = "%nExit status: 0 every claim holds, 1 one fails or is inconclusive, 2 wrong usage, 3 no cluster.")
class failover implements Callable<Integer> {
    public static void main(String... args) {
        int status = new CommandLine(new failover())
                .setParameterExceptionHandler((error, given) -> complain(2, error.getMessage()))
                .setExecutionExceptionHandler((error, command, parsed) -> {
                    if (ending) return 130; // an error of a cluster that ends
                    if (error instanceof Failure known) return complain(known.exitStatus, known.getMessage());
                    throw error; // a defect of this script: with its stack trace
                })
                .execute(args);
        System.exit(status); // closes the cluster, as Ctrl-C does
    }

    private static int complain(int exitStatus, String message) {
        System.err.println(message);
        return exitStatus;
    }

    @Parameters(paramLabel = "SCENARIO", arity = "0..*", description = "Scenarios of the guide (default: 1 2 3).")
    List<Integer> numbers = List.of(1, 2, 3);

    @Option(names = "--fault", paramLabel = "FAULT",
            description = "How to take kafka-1 down: stop (SIGTERM) or kill (SIGKILL) (default: ${DEFAULT-VALUE}).")
    Fault fault = Fault.stop;

    enum Fault {
        stop,
        kill
    }

    @Option(names = "--acks", paramLabel = "ACKS",
            description = "Who acknowledges: all in-sync replicas (all), the leader (1), none (0) (default: all).")
    String acks = "all";

    @Option(names = "--rate", paramLabel = "RATE", description = "Records per second (default: ${DEFAULT-VALUE}).")
    int rate = 200;

    @Option(names = "--history", paramLabel = "FILE", description = "Write a history, for lab/drill.java --judge FILE.")
    Path historyFile;

    private static final String SERVERS = "localhost:9092,localhost:9095"; // kafka-1, kafka-2
    private boolean idempotent;
    private String acknowledged; // or "sent"
    private History history;
    private Brokers brokers;
    private Admin admin;

    @Override
    public Integer call() throws Exception {
        checkOptions();
        history = new History(historyFile);
        brokers = new Brokers(fault);
        admin = Admin.create(Map.of("bootstrap.servers", SERVERS));
        var trials = new ArrayList<Trial>();
        for (int number : numbers) {
            if (trials.size() > 0 && !brokers.child.isAlive()) break;
            trials.add(number == 1 ? new Scenario1() : number == 2 ? new Scenario2() : new Scenario3());
            trials.get(trials.size() - 1).run(number, trials.size());
        }
        Object sent = acks.equals("0") ? "SENT" : "ACKED";
        say("%n              FAULT      SETTINGS %10s    LOST  TWICE    PAUSE  VERDICT", sent);
        trials.forEach(Trial::printRow);
        boolean hold = trials.stream().allMatch(it -> it.worst.compareTo(Verdict.ALLOWED) <= 0);
        return hold && trials.size() == numbers.size() ? 0 : 1;
    }

    private void checkOptions() {
        for (int number : numbers)
            if (number < 1 || number > 3) throw new Failure(2, "The scenarios are 1, 2 and 3, not %d.", number);
        if (rate < 20 || rate > 50_000) throw new Failure(2, "--rate takes 20 to 50,000 records/s, not %,d.", rate);
        try {
            var read = new ProducerConfig(producerSettings());
            acks = read.getString("acks").replace("-1", "all");
            acknowledged = acks.equals("0") ? "sent" : "acknowledged"; // with acks=0, brokers do not respond
            idempotent = read.getBoolean("enable.idempotence"); // acks=1 and acks=0 switch it off
        } catch (KafkaException refused) {
            throw new Failure(2, "--acks takes all, 1 or 0, not '%s'.", acks);
        }
    }

    private Map<String, Object> producerSettings() {
        var settings = new HashMap<String, Object>(Map.of("bootstrap.servers", SERVERS, "acks", acks));
        settings.put("key.serializer", ByteArraySerializer.class);
        settings.put("value.serializer", ByteArraySerializer.class);
        // In bytes. The records of a partition without a leader wait here, and must not hold up those of the other one.
        settings.put("buffer.memory", 128 << 20);
        return settings;
    }

    // ---- the scenarios: what is done, and what is claimed ----

    /** In a group, one consumer reads a partition. No broker is taken down; the busy consumer leaves. */
    class Scenario1 extends Trial {
        private GroupConsumer busy, idle;
        private double leftAt;

        Scenario1() {
            title = "Scenario 1: a basic topic (1 partition, 1 replica)";
            topic = "test-1p-rf1";
            replicas = List.of(List.of(1));
            members = 2;
            observation = "Only one consumer receives messages. The other is idle because there is only one partition.";
        }

        @Override
        void steps() throws Exception {
            flow(1);
            consumers.sort(Comparator.comparing(it -> it.assigned.size()));
            idle = consumers.get(0);
            busy = consumers.get(1);
            leftAt = note("consumer %d, the busy one, leaves the group", busy.number);
            history.write("leave", leftAt, "consumer", busy.number);
            busy.leaving = true;
            busy.join();
            await("the idle consumer did not take over", 60, () -> idle.firstId > 0);
            flow(1);
        }

        @Override
        void claims() {
            long ofBusy = count(it -> it.receivedBy == busy.number && it.receivedAt < leftAt);
            long ofIdle = count(it -> it.receivedBy == idle.number && it.receivedAt < leftAt);
            String shares = "consumer %d received %,d, consumer %d %,d";
            String text = "only one consumer receives records, the other is idle";
            claim(ofBusy > 0 && ofIdle == 0, text, shares, busy.number, ofBusy, idle.number, ofIdle);
            String next = "consumer %d ended after record %,d, consumer %d started at %,d";
            text = "the idle one is a standby: it takes over where the other stopped";
            claim(idle.firstId == busy.lastId + 1, text, next, busy.number, busy.lastId, idle.number, idle.firstId);
        }
    }

    /** Two consumers share two partitions. The partition of the broker that is taken down has no other replica. */
    class Scenario2 extends Trial {
        Scenario2() {
            title = "Scenario 2: scalability with partitions (2 partitions, 1 replica)";
            topic = "test-2p-rf1";
            replicas = List.of(List.of(1), List.of(2));
            members = 2;
            observation = "Messages are load-balanced across both consumers. The partition on the stopped broker"
                    + " becomes unavailable, halting message flow for one consumer.";
        }

        @Override
        void claims() {
            claimBalanced();
            claimHalted();
            claimUnaffected();
        }

        private void claimBalanced() {
            Predicate<Entry> before = it -> it.receivedAt > 0 && it.receivedAt < outage.injected;
            List<Entry> first = all(SENT).takeWhile(before).toList();
            long one = first.stream().filter(it -> it.receivedBy == 1).count();
            long two = first.stream().filter(it -> it.receivedBy == 2).count();
            String text = "the records are balanced across the consumers";
            String shares = "before the fault consumer 1 received %,d, consumer 2 %,d";
            if (first.size() <= 10) claim(Verdict.INCONCLUSIVE, text, shares, one, two);
            else claim(Math.abs(one - two) <= 1, text, shares, one, two);
        }

        private void claimHalted() {
            double gone = observer.when(0, outage.injected, it -> it.leader < 0);
            double back = observer.when(0, outage.injected, it -> it.leader == 1);
            long written = count(ACKNOWLEDGEMENT, IN_0, gone + 1, outage.restored); // 1 s: what was on its way
            String text = "partition 0 is unavailable while kafka-1 is down";
            String lasts = "no leader for %.1f s; %,d acknowledged";
            claimSeen(gone > 0 && back > outage.restored && written == 0, text, lasts, back - gone, written);
            int reader = consumers.get(0).assigned.contains(at(0)) ? 1 : 2;
            long read = count(RECEIPT, it -> it.receivedBy == reader, gone + 1, outage.restored);
            String halts = "consumer %d received %,d while partition 0 had no leader";
            claimSeen(gone > 0 && read == 0, "message flow halts for one consumer", halts, reader, read);
            written = count(ACKNOWLEDGEMENT, IN_0, outage.whole, now());
            read = count(RECEIPT, IN_0, outage.whole, now());
            String since = "since then %,d acknowledged, %,d received";
            claimSeen(written > 0 && read > 0, "partition 0 resumes when kafka-1 is back", since, written, read);
        }

        private void claimUnaffected() {
            double down = outage.restored - outage.injected;
            double bound = Math.max(2, down / 10);
            var meanwhile = new Outage(outage.injected, outage.restored, outage.restored, false);
            double writes = longestGap(all(IN_1).mapToDouble(ACKNOWLEDGEMENT), meanwhile);
            double reads = longestGap(all(IN_1).mapToDouble(RECEIPT), meanwhile);
            double longest = Math.max(writes, reads - 10); // the group may have to find its coordinator
            boolean brief = longest <= bound && count(RECEIPT, IN_1, outage.injected + 1, outage.restored) > 0;
            String text = "partition 1, not on kafka-1, goes on";
            String pauses = "longest pause in writes %.2f s, bound %.1f s; in reads %.2f s, 10 s more";
            if (brief || longest > down / 2) claimSeen(brief, text, pauses, writes, bound, reads);
            else claim(Verdict.INCONCLUSIVE, text, pauses, writes, bound, reads);
        }
    }

    /** Each partition has a second replica, which takes over. */
    class Scenario3 extends Trial {
        Scenario3() {
            title = "Scenario 3: high availability (2 partitions, 2 replicas)";
            topic = "test-2p-rf2";
            replicas = List.of(List.of(1, 2), List.of(2, 1));
            members = 1;
            observation = "The producer and consumer pause briefly, then recover automatically as a new leader is"
                    + " elected. No data is lost.";
        }

        @Override
        void claims() {
            double elected = observer.when(0, outage.injected, it -> it.leader == 2);
            boolean inTime = elected > 0 && elected < outage.restored;
            String when = inTime ? "%.2f s after the fault" : "it got none in time";
            claimSeen(inTime, "partition 0 gets a new leader while kafka-1 is down", when, elected - outage.injected);
            double bound = outage.controlled ? 5 : 1.5 * 9; // a crash: 1.5 times broker.session.timeout.ms
            double writes = Math.max(pause(ACKNOWLEDGEMENT, IN_0), pause(ACKNOWLEDGEMENT, IN_1));
            double reads = Math.max(pause(RECEIPT, IN_0), pause(RECEIPT, IN_1));
            boolean brief = Math.max(writes, reads - 10) + observer.blindness(outage) <= bound; // seen so late
            String pauses = "longest pause in writes %.2f s, bound %.1f s; in reads %.2f s, bound %.1f s";
            claimSeen(brief, "producer and consumer pause briefly", pauses, writes, bound, reads, bound + 10);
            long written = count(ACKNOWLEDGEMENT, IN_0, elected, outage.restored);
            long other = count(ACKNOWLEDGEMENT, IN_1, outage.restored - 2, outage.restored); // when kafka-1 had ended
            long read = count(RECEIPT, IN_0, elected, outage.restored);
            boolean goOn = inTime && written > 0 && other > 0 && read > 0;
            String before = "%,d acknowledged, %,d received before the restart; partition 1: %,d in the last 2 s";
            claimSeen(goOn, "then they recover automatically", before, written, read, other);
        }
    }

    // ---- a trial: how a scenario is carried out, and judged ----

    /** When kafka-1 was taken down and started again, and all replicas were in sync; whether it handed over leaders. */
    record Outage(double injected, double restored, double whole, boolean controlled) {}

    interface Part {
        void run() throws Exception;
    }

    /** Records flow while the steps are taken. Then every record is accounted for, and the claims are judged. */
    abstract class Trial {
        String title, topic;
        List<List<Integer>> replicas; // brokers, by partition; the first is the preferred leader
        int members; // of the group
        String observation; // the guide's words

        void steps() throws Exception {
            flow(1);
            outage();
            flow(1);
        }

        abstract void claims();

        final String run = UUID.randomUUID().toString().substring(0, 8); // in each record: others do not count
        final String group = "failover-" + run; // you may have consumers in group1
        final List<Entry> entries = Collections.synchronizedList(new ArrayList<>()); // of all records
        final List<GroupConsumer> consumers = new ArrayList<>();
        final Observer observer = new Observer();
        Outage outage; // null: none
        volatile String failure; // of a consumer; null: none
        private final long start = System.nanoTime(); // times are in seconds since then
        private final Map<TopicPartition, OffsetAndMetadata> begins = new HashMap<>(); // the run, in the log
        Verdict worst = Verdict.PASS; // of the claims
        private Load load; // null: not begun
        private boolean logRead; // to its end
        private boolean unclean; // a replica that is not in sync may become leader

        void run(int scenario, int number) throws Exception {
            say("%n@|bold %s|@", title);
            say("  topic %s, %,d records/s, acks=%s; consumers in the group: %d%n", topic, rate, acks, members);
            history.begin(this, scenario, number);
            boolean asPlanned = attempt(() -> {
                prepare();
                gather();
                produce();
                steps();
            });
            if (!asPlanned) attempt(this::restore);
            if (load != null) {
                load.finish();
                note("the producer ends: %,d records sent", entries.size());
                attempt(this::readLog);
                attempt(() -> await("the group did not receive the log", 60, () -> count(UNSEEN) == 0));
            }
            consumers.forEach(it -> it.leaving = true); // all at once: none takes over another's partitions
            for (GroupConsumer each : consumers) each.join();
            observer.ending = true;
            observer.join();
            admin.deleteConsumerGroups(List.of(group));
            print();
            if (asPlanned && isProof()) claims();
            judgeRecords();
            history.write("end", now(), "lines crc", history.lines, "%08x".formatted(history.crc.getValue()));
        }

        private boolean attempt(Part part) throws Exception {
            try {
                part.run();
                return true;
            } catch (Failure | ExecutionException | KafkaException | IOException because) {
                String why = because instanceof ExecutionException ? "" + because.getCause() : because.getMessage();
                history.write("gave_up", note("@|bold,yellow %s|@", why), "why", why);
                claim(Verdict.INCONCLUSIVE, "the scenario is carried out as planned", "%s", why);
                return false;
            }
        }

        double now() {
            return (System.nanoTime() - start) / 1e9;
        }

        double note(String format, Object... values) {
            double now = now();
            say("%6.1f s  %s", now, Ansi.AUTO.string(format).formatted(values));
            return now;
        }

        /** A topic that is in sync and led as it was placed, and a group that starts at the end of its log. */
        private void prepare() throws Exception {
            if (!admin.listTopics().names().get().contains(topic)) {
                var placement = new TreeMap<Integer, List<Integer>>();
                replicas.forEach(each -> placement.put(placement.size(), each));
                admin.createTopics(Set.of(new NewTopic(topic, placement))).all().get();
            }
            observer.setDaemon(true);
            observer.start();
            awaitWhole();
            electPreferred();
            var latest = partitions().stream().collect(Collectors.toMap(it -> it, it -> OffsetSpec.latest()));
            var ends = admin.listOffsets(latest).all().get();
            ends.forEach((it, end) -> begins.put(it, new OffsetAndMetadata(end.offset())));
            admin.alterConsumerGroupOffsets(group, begins).all().get();
            history.topic(this);
        }

        private Set<TopicPartition> partitions() {
            return IntStream.range(0, replicas.size()).mapToObj(this::at).collect(Collectors.toSet());
        }

        TopicPartition at(int partition) {
            return new TopicPartition(topic, partition);
        }

        private long beginOf(int partition) {
            return begins.get(at(partition)).offset();
        }

        /** Starts the consumers, and waits until each is a member of the group and all partitions are assigned. */
        private void gather() throws Exception {
            for (int number = 1; number <= members; number++) consumers.add(new GroupConsumer(number));
            await("the group did not assign the partitions", 60, () -> {
                var described = admin.describeConsumerGroups(List.of(group));
                var it = described.all().get().get(group);
                if (it.groupState() != GroupState.STABLE || it.members().size() != members) return false;
                return consumers.stream().mapToInt(each -> each.assigned.size()).sum() == replicas.size();
            });
            for (GroupConsumer each : consumers)
                if (each.assigned.isEmpty()) note("consumer %d: idle, no partition is left for it", each.number);
        }

        private void produce() throws Exception {
            load = new Load();
            load.setDaemon(true);
            load.start();
            history.write("load", note("the producer starts"), "what", "begin");
            Predicate<Entry> first = ACKNOWLEDGED.and(it -> it.id <= replicas.size()); // one in each partition
            await("no record is acknowledged", 60, () -> count(first) == replicas.size());
        }

        void flow(int seconds) throws Exception {
            double until = now() + seconds;
            await("", 60, () -> now() >= until);
        }

        /** kafka-1 is down until clients have noticed it, and 2 s longer. Then leadership is moved back to it. */
        private void outage() throws Exception {
            double injected = note("@|bold,red %s kafka-1|@", fault);
            String answer = order("fault", fault + " kafka-1");
            double down = note("%s", answer);
            await("", 60, () -> {
                // A broker that was killed is noticed after broker.session.timeout.ms, 9 s.
                double noticed = observer.when(0, injected, it -> it.leader != 1);
                boolean last = replicas.get(0).size() == 1; // otherwise the consumer reads from the next leader
                return noticed > 0 && (last || count(RECEIPT, IN_0, noticed, now()) > 0) || now() > down + 20;
            });
            flow(2);
            double restored = now();
            restore();
            outage = new Outage(injected, restored, now(), answer.contains(CONTROLLED));
            electPreferred();
        }

        /** Starts kafka-1 if it may be down, and waits until all replicas are in sync. */
        private void restore() throws Exception {
            if (!brokers.mayBeDown) return;
            note("@|bold,green start kafka-1|@");
            note("%s", order("restore", "start kafka-1"));
            awaitWhole();
            history.write("whole", note("all replicas are in sync again"), "");
        }

        private String order(String type, String command) throws Exception {
            history.write(type, now(), "n node role name fault command", 1, 1, "broker", "kafka-1", fault, command);
            String said = brokers.execute(command);
            history.write(type + "_done", now(), "n ok controlled answer", 1, true, said.contains(CONTROLLED), said);
            return said;
        }

        private void awaitWhole() throws Exception {
            List<Set<Integer>> wanted = replicas.stream().map(Set::copyOf).toList();
            String otherwise = "a broker is down, or topic %s has other replicas".formatted(topic);
            await(otherwise, 90, () -> observer.sees(Leadership::inSync).equals(wanted));
        }

        /** Moves leadership back to the preferred replicas. By themselves they lead again only every 300 s. */
        private void electPreferred() throws Exception {
            List<Integer> wanted = replicas.stream().map(it -> it.get(0)).toList();
            await("the preferred replicas did not become leaders", 60, () -> {
                if (observer.sees(Leadership::leader).equals(wanted)) return true;
                var asked = admin.electLeaders(ElectionType.PREFERRED, partitions());
                asked.partitions().get();
                return false;
            });
            history.write("preferred", now(), "");
        }

        void await(String complaint, int limitSeconds, Callable<Boolean> condition) throws Exception {
            for (double limit = now() + limitSeconds; !condition.call(); Thread.sleep(50)) {
                if (isHopeless()) throw new Failure(1, "the cluster has ended, or topic %s was deleted", topic);
                if (failure != null) throw new Failure(1, "%s", failure);
                if (now() > limit) throw new Failure(1, "%s (waited %d s)", complaint, limitSeconds);
            }
        }

        boolean isHopeless() {
            return !brokers.child.isAlive() || observer.missing > 20;
        }

        /** Reads the log from where the run begins to its end, from the leaders: what a follower has is not read. */
        private void readLog() throws Exception {
            if (isHopeless()) throw new Failure(1, "the log could not be read");
            // Records that the log no longer has are skipped.
            Map<String, Object> settings = Map.of("bootstrap.servers", SERVERS, "auto.offset.reset", "earliest");
            try (var log = new KafkaConsumer<>(settings, BYTES, BYTES)) {
                log.assign(partitions());
                begins.forEach(log::seek);
                int[] highest = new int[replicas.size()]; // id, by partition
                double foundAt = now();
                for (boolean atEnd = false; !atEnd || now() - foundAt < patience(log); ) {
                    for (var record : log.poll(Duration.ofMillis(100))) {
                        find(record, highest);
                        foundAt = now();
                    }
                    var ends = log.endOffsets(partitions()).entrySet();
                    atEnd = ends.stream().allMatch(it -> log.position(it.getKey()) >= it.getValue());
                    if (now() - foundAt > 60) throw new Failure(1, "the log could not be read to its end");
                }
                var starts = log.beginningOffsets(partitions());
                if (observer.missing > 0) throw new Failure(1, "topic %s was deleted", topic);
                for (Entry it : entries) {
                    long first = starts.get(at(it.partition));
                    it.looked = it.offset >= first || first <= beginOf(it.partition);
                }
                String names = "partition from to end log_start settled topic_id";
                for (int p = 0; p < replicas.size(); p++) {
                    long end = log.position(at(p)), start = starts.get(at(p));
                    history.write("audit", now(), names, p, beginOf(p), end, end, start, true, observer.topicId);
                }
            }
            logRead = true;
        }

        /** In seconds: how long the log's end must stand still, because a record may still be on its way. */
        private double patience(KafkaConsumer<?, ?> log) {
            // A follower that hangs keeps back what consumers see, for replica.lag.time.max.ms, 30 s.
            if (count(MISSING.and(ACKNOWLEDGED).and(it -> it.offset >= log.position(at(it.partition)))) > 0) return 40;
            return count(MISSING) > 0 ? 5 : idempotent ? 0 : 1; // without idempotence, a retry may come late
        }

        private void find(ConsumerRecord<byte[], byte[]> record, int[] highest) {
            Entry it = entryOf(record);
            if (it == null) return;
            boolean ordered = ACKNOWLEDGED.test(it); // one that was given up may arrive at any time
            it.reordered |= it.inLog++ == 0 && ordered && it.id < highest[record.partition()];
            it.inPlace |= record.partition() == it.partition && (it.offset < 0 || it.offset == record.offset());
            if (ordered) highest[record.partition()] = Math.max(highest[record.partition()], it.id);
            history.record("found", now(), record.partition(), it.id, record.offset(), "", null);
        }

        Entry entryOf(ConsumerRecord<byte[], byte[]> record) { // null: it is not of this run
            var header = record.headers().lastHeader(HEADER);
            String text = header == null ? "" : new String(header.value(), UTF_8);
            return text.startsWith(run) ? entries.get(Integer.parseInt(text.substring(run.length() + 1)) - 1) : null;
        }

        Stream<Entry> all(Predicate<Entry> which) {
            return List.copyOf(entries).stream().filter(which);
        }

        long count(Predicate<Entry> which) {
            return all(which).count();
        }

        long count(ToDoubleFunction<Entry> when, Predicate<Entry> which, double from, double to) {
            return count(which.and(it -> when.applyAsDouble(it) > from && when.applyAsDouble(it) < to));
        }

        /** In seconds, the longest time in the outage in which nothing was acknowledged, or received. */
        double pause(ToDoubleFunction<Entry> when, Predicate<Entry> which) {
            return longestGap(all(which).mapToDouble(when), outage);
        }

        /** Nothing is proven if the cluster did not notice the fault, or if other programs stop or start brokers. */
        private boolean isProof() {
            String others = null;
            for (Change it : observer.changes) {
                String other = null;
                boolean ours = outage != null && it.at > outage.injected && it.at < outage.whole;
                for (int broker : it.before.inSync)
                    if (!it.now.inSync.contains(broker) && !(ours && broker == 1))
                        other = "broker %d went down after %.1f s".formatted(broker, it.at);
                if (ours && it.at < outage.restored && it.partition == 0 && it.now.leader == 1)
                    other = "broker 1 came back after %.1f s".formatted(it.at);
                if (!it.now.replicas.equals(it.before.replicas))
                    other = "partition %d was moved after %.1f s".formatted(it.partition, it.at);
                if (other == null) continue;
                history.write("outside", it.at, "text", other);
                others = other;
            }
            if (others != null) claim(Verdict.INCONCLUSIVE, "only this script stops and starts brokers", others);
            if (outage == null) return others == null;
            double noticed = observer.when(0, outage.injected, it -> it.leader != 1 && !it.inSync.contains(1));
            boolean inTime = noticed > 0 && noticed < outage.restored;
            String when = "partition 0 lost its leader, no longer in sync, %.2f s after the fault";
            if (inTime) claim(true, "kafka-1 was down", when, noticed - outage.injected);
            else claim(Verdict.INCONCLUSIVE, "kafka-1 was down", "the cluster did not notice it");
            return inTime && others == null;
        }

        private void judgeRecords() {
            String weak = !acks.equals("all") ? "acks=" + acks : unclean ? "unclean.leader.election.enable=true" : null;
            String repeats = idempotent ? null : "a producer without idempotence";
            String account = "%,d acknowledged, %,d of them not in the log, %,d no longer visible";
            account = account.formatted(count(ACKNOWLEDGED), count(LOST), count(ACKNOWLEDGED.and(HIDDEN)));
            claimNone(LOST, weak, "no acknowledged record is lost", account);
            String order = "%,d twice or more, %,d out of order".formatted(count(DUPLICATE), count(REORDERED));
            claimNone(DUPLICATE.or(REORDERED), repeats, "each record is in the log once, in order", order);
            String received = "%,d in the log, %,d of them not received, %,d received more than once";
            received = received.formatted(count(FOUND), count(UNSEEN), count(FOUND.and(it -> it.received > it.inLog)));
            String failed = failure == null ? null : "a consumer that failed";
            claimNone(UNSEEN, failed, "the group received every record in the log", received);
            claimNone(MISPLACED, repeats, "each record is at the offset that was acknowledged", "");
            claimNone(PHANTOM, weak, "the group received nothing that the log no longer has", "");
            double gone = observer.when(0, 0, it -> it.leader < 0);
            Outage fault = outage != null ? outage : new Outage(gone, gone, now(), false); // it did not start again
            double pause = longestGap(all(IN_0).mapToDouble(ACKNOWLEDGEMENT), fault);
            boolean expired = gone > 0 && count(UNDELIVERED.and(IN_1)) == 0 && pause >= 120;
            String why = acks.equals("0") ? weak : expired ? "delivery.timeout.ms, 120 s: it had no leader" : null;
            claimNone(UNDELIVERED, why, "every record that was sent is delivered", "");
        }

        /** Claims that there are no such records; ALLOWED if a setting does not promise it. No line without evidence. */
        private void claimNone(Predicate<Entry> which, String notPromisedBy, String text, String evidence) {
            List<Integer> ids = all(which).limit(5).map(it -> it.id).toList();
            if (ids.isEmpty() && evidence.isEmpty()) return;
            if (!ids.isEmpty()) evidence += " (records %s%s)".formatted(ids, count(which) > 5 ? " ..." : "");
            if (count(UNPROVEN) > 0) evidence += "; %,d unproven".formatted(count(UNPROVEN));
            // Only a log that was read, and has acknowledged records, proves that there are none.
            boolean any = count(which == LOST ? ACKNOWLEDGED : ACKNOWLEDGED.and(FOUND)) > 0;
            Verdict none = logRead && any && count(UNPROVEN) == 0 ? Verdict.PASS : Verdict.INCONCLUSIVE;
            if (ids.isEmpty()) claim(none, text, "%s", evidence);
            else if (notPromisedBy == null) claim(false, text, "%s", evidence);
            else claim(Verdict.ALLOWED, text, "%s; not promised by %s", evidence, notPromisedBy);
        }

        void claim(boolean holds, String text, String evidence, Object... values) {
            claim(holds ? Verdict.PASS : Verdict.FAIL, text, evidence, values);
        }

        void claimSeen(boolean holds, String text, String evidence, Object... values) {
            double blindness = observer.blindness(outage);
            if (blindness <= BLIND) claim(holds, text, evidence, values);
            else claim(Verdict.INCONCLUSIVE, text, "nothing was observed for %.1f s", blindness);
        }

        void claim(Verdict verdict, String text, String evidence, Object... values) {
            evidence = evidence.formatted(values).replace("acknowledged", acknowledged);
            worst = worst.compareTo(verdict) > 0 ? worst : verdict;
            text = text.replace("acknowledged", acknowledged);
            say("  @|bold %s|@  %s%n@|faint         %s|@", verdict, text, evidence);
        }

        private void print() {
            String columns = "%n  %-13s %12s %12s %12s %12s %12s";
            say(columns, "", "records", "in log once", "twice, more", "not in log", "not visible");
            printFate(acknowledged, ACKNOWLEDGED);
            printFate("unknown", ACKNOWLEDGED.negate());
            say("%n  The guide: %s", observation);
        }

        private void printFate(String fate, Predicate<Entry> which) {
            Stream<Predicate<Entry>> columns = Stream.of(SENT, it -> it.inLog == 1, DUPLICATE, ABSENT, HIDDEN);
            Stream<String> counts = columns.map(it -> "%,12d".formatted(count(which.and(it))));
            say("  %-13s %s", fate, counts.collect(Collectors.joining(" ")));
        }

        void printRow() {
            String lost = logRead ? "%,d".formatted(count(LOST)) : "?";
            String twice = logRead ? "%,d".formatted(count(DUPLICATE)) : "?";
            String pause = outage == null ? "-" : "%.2f s".formatted(pause(ACKNOWLEDGEMENT, IN_0));
            Object harm = outage == null ? "-" : fault;
            String row = "%-13s %-10s %-8s %,10d %7s %6s %8s  @|bold %s|@";
            say(row, title.split(":")[0], harm, "acks=" + acks, count(ACKNOWLEDGED), lost, twice, pause, worst);
        }

        /** The producer: numbered records to the partitions in turn, at a steady rate. */
        class Load extends Thread {
            private final KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(producerSettings());
            private volatile boolean ending;
            private int refused; // records

            /** Paced by the clock: records that an outage delayed are sent as soon as they can be. */
            @Override
            public void run() {
                long begin = System.nanoTime();
                for (int n = 0; !ending; n++) {
                    long due = begin + n * 1_000_000_000L / rate;
                    while (System.nanoTime() < due) LockSupport.parkNanos(due - System.nanoTime());
                    var next = new Entry(n + 1, n % replicas.size());
                    entries.add(next);
                    send(next);
                }
            }

            private void send(Entry it) {
                String value = "{\"event_id\": %d, \"key\": \"test\", \"message\": \"This is event number %d\"}";
                byte[] bytes = value.formatted(it.id, it.id).getBytes(UTF_8);
                var record = new ProducerRecord<byte[], byte[]>(topic, it.partition, null, bytes);
                record.headers().add(HEADER, (run + "/" + it.id).getBytes(UTF_8));
                history.record("sent", now(), it.partition, it.id, -1, "", null);
                producer.send(record, (at, error) -> answered(it, at, error));
            }

            private void answered(Entry it, RecordMetadata at, Exception error) {
                double now = now();
                if (error == null) it.offset = at.hasOffset() ? at.offset() : -1;
                if (error == null) it.acknowledgedAt = now;
                else if (refused++ == 0) note("record %d is not acknowledged: %s", it.id, error.getMessage());
                String type = error == null ? "acknowledged" : "unknown"; // after an error it may be in the log
                history.record(type, now, it.partition, it.id, it.offset, "error", error);
            }

            /** Sends no more, and waits for all acknowledgements: at most for delivery.timeout.ms, 120 s. */
            void finish() throws InterruptedException {
                ending = true;
                if (isHopeless()) setUncaughtExceptionHandler((thread, closed) -> {}); // of send()
                if (isHopeless()) producer.close(Duration.ZERO);
                join();
                producer.close();
                history.write("load", now(), "what", "end");
            }
        }

        /** A consumer of the group. It commits automatically, as is Kafka's default: each record comes at least once. */
        class GroupConsumer extends Thread {
            final int number;
            volatile Set<TopicPartition> assigned = Set.of();
            volatile int firstId; // of the records that it received; 0: none
            volatile int lastId;
            volatile boolean leaving;

            GroupConsumer(int number) {
                this.number = number;
                setDaemon(true);
                start();
            }

            @Override
            public void run() {
                var settings = new HashMap<String, Object>(Map.of("bootstrap.servers", SERVERS, "group.id", group));
                settings.put("auto.offset.reset", "earliest"); // no record is passed over
                settings.put("heartbeat.interval.ms", 500); // with which it learns of a rebalance; the default is 3,000
                try (var consumer = new KafkaConsumer<>(settings, BYTES, BYTES)) {
                    consumer.subscribe(List.of(topic));
                    while (!leaving) {
                        for (var record : consumer.poll(Duration.ofMillis(100))) receive(record);
                        if (!consumer.assignment().equals(assigned)) report(Set.copyOf(consumer.assignment()));
                    }
                    if (isHopeless()) consumer.unsubscribe(); // otherwise close() tries to commit for 30 s
                } catch (RuntimeException ended) {
                    failure = "consumer %d ended: %s".formatted(number, ended);
                    history.write("consumer", now(), "consumer what error", number, "failed", ended);
                }
            }

            private void receive(ConsumerRecord<byte[], byte[]> record) {
                Entry it = entryOf(record);
                if (it == null) return;
                double now = now();
                if (it.received++ == 0) {
                    it.receivedBy = number;
                    it.receivedAt = now;
                }
                history.record("received", now, record.partition(), it.id, record.offset(), "consumer", number);
                lastId = it.id;
                if (firstId == 0) firstId = it.id;
            }

            private void report(Set<TopicPartition> now) {
                assigned = now;
                var numbers = now.stream().map(it -> it.partition()).collect(Collectors.toCollection(TreeSet::new));
                history.write("assigned", now(), "consumer partitions", number, numbers);
                if (!now.isEmpty()) note("@|cyan consumer %d: partitions %s|@", number, numbers);
            }
        }

        /** Asks the cluster every 50 ms for leaders and replicas in sync, and reports each change. */
        class Observer extends Thread {
            final List<Change> changes = new CopyOnWriteArrayList<>();
            volatile Uuid topicId;
            volatile int missing; // answers in a row without the topic: it was deleted, or another one has its name
            volatile boolean ending;
            private final List<Double> answers = Collections.synchronizedList(new ArrayList<>(List.of(0.0))); // times
            private volatile List<Leadership> believed = List.of(); // by partition
            private List<Leadership> seen = List.of();
            private double seenAt; // first
            private double seenAfter; // the answer before
            private int agreeing; // answers in a row

            @Override
            public void run() {
                var soon = new DescribeTopicsOptions().timeoutMs(1_000); // then another broker is asked
                for (; !ending; LockSupport.parkNanos(50_000_000))
                    try {
                        var asked = admin.describeTopics(List.of(topic), soon).allTopicNames();
                        see(asked.get().get(topic), now());
                    } catch (ExecutionException | InterruptedException none) {
                        if (none.getCause() instanceof UnknownTopicOrPartitionException) missing++;
                    }
            }

            /** Brokers learn of a change at different times: it is confirmed when three answers in a row agree. */
            private void see(TopicDescription topic, double now) {
                double last = answers.get(answers.size() - 1);
                if (now - last > BLIND) history.write("blind", last, "to why", now, "no answer");
                answers.add(now);
                if (topicId == null) topicId = topic.topicId();
                missing = topic.topicId().equals(topicId) ? 0 : missing + 1;
                Stream<Leadership> partitions = topic.partitions().stream().map(Leadership::of);
                List<Leadership> all = partitions.toList();
                if (!all.equals(seen)) {
                    seen = all;
                    seenAt = now;
                    seenAfter = last;
                    agreeing = 0;
                }
                if (++agreeing < 3 || all.equals(believed) || missing > 0) return;
                for (int partition = 0; partition < all.size(); partition++)
                    report(partition, believed.isEmpty() ? null : believed.get(partition), all.get(partition));
                believed = all;
            }

            private void report(int partition, Leadership before, Leadership now) {
                if (now.equals(before)) return;
                String names = "after partition leader in_sync replicas";
                history.write("state", seenAt, names, seenAfter, partition, now.leader, now.inSync, now.replicas);
                if (before == null) return;
                changes.add(new Change(seenAt, partition, before, now));
                String leader = now.leader < 0 ? "none" : "broker " + now.leader;
                note("@|yellow partition %d  leader: %s  in sync: %s|@", partition, leader, now.inSync);
            }

            <T> List<T> sees(Function<Leadership, T> what) {
                return believed.stream().map(what).toList();
            }

            /** When a partition first was in such a state after a time; 0: never. */
            double when(int partition, double after, Predicate<Leadership> wanted) {
                for (Change it : changes)
                    if (it.partition == partition && it.at > after && wanted.test(it.now)) return it.at;
                return 0;
            }

            double blindness(Outage during) {
                return longestGap(List.copyOf(answers).stream().mapToDouble(it -> it), during);
            }
        }
    }

    /** From good to bad: the worst of several is the greatest. */
    enum Verdict {
        PASS,
        ALLOWED, // the producer's settings do not rule it out
        INCONCLUSIVE, // could not be observed
        FAIL
    }

    /** What is known of a record; each field is written by one thread. Times are those of the trial; 0: never. */
    static class Entry {
        final int id; // from 1, in the order of sending
        final int partition;
        volatile double acknowledgedAt;
        volatile long offset = -1; // as acknowledged; -1: not known
        volatile int received; // how often
        volatile double receivedAt; // the first time
        volatile int receivedBy; // the first consumer
        int inLog; // how often it was found
        boolean inPlace; // found in its partition, at the acknowledged offset if that is known
        boolean reordered; // acknowledged, and found behind such a record with a higher id
        boolean looked; // its place in the log was read

        Entry(int id, int partition) {
            this.id = id;
            this.partition = partition;
        }
    }

    static final ToDoubleFunction<Entry> ACKNOWLEDGEMENT = it -> it.acknowledgedAt;
    static final ToDoubleFunction<Entry> RECEIPT = it -> it.receivedAt;
    static final Predicate<Entry> SENT = it -> true;
    static final Predicate<Entry> IN_0 = it -> it.partition == 0;
    static final Predicate<Entry> IN_1 = it -> it.partition == 1;
    static final Predicate<Entry> ACKNOWLEDGED = it -> it.acknowledgedAt > 0; // any other may be in the log, or not
    static final Predicate<Entry> RECEIVED = it -> it.received > 0;
    static final Predicate<Entry> FOUND = it -> it.inLog > 0;
    static final Predicate<Entry> MISSING = it -> it.inLog == 0;
    static final Predicate<Entry> ABSENT = MISSING.and(it -> it.looked);
    static final Predicate<Entry> HIDDEN = MISSING.and(it -> !it.looked); // deleted meanwhile, or the log was not read
    static final Predicate<Entry> LOST = ACKNOWLEDGED.and(ABSENT);
    static final Predicate<Entry> UNDELIVERED = ACKNOWLEDGED.negate().and(ABSENT);
    static final Predicate<Entry> UNPROVEN = ACKNOWLEDGED.and(HIDDEN).and(RECEIVED.negate());
    static final Predicate<Entry> DUPLICATE = it -> it.inLog > 1;
    static final Predicate<Entry> REORDERED = it -> it.reordered;
    static final Predicate<Entry> MISPLACED = FOUND.and(it -> !it.inPlace);
    static final Predicate<Entry> UNSEEN = FOUND.and(RECEIVED.negate());
    static final Predicate<Entry> PHANTOM = ABSENT.and(RECEIVED);

    /** The broker that leads a partition (-1: none), the replicas in sync, and all replicas. */
    record Leadership(int leader, Set<Integer> inSync, List<Integer> replicas) {
        static Leadership of(TopicPartitionInfo it) {
            List<Integer> replicas = it.replicas().stream().map(Node::id).toList();
            // The last replica in sync may stay listed while it is down.
            if (it.leader() == null) return new Leadership(-1, Set.of(), replicas);
            Stream<Integer> inSync = it.isr().stream().map(Node::id);
            return new Leadership(it.leader().id(), inSync.collect(Collectors.toSet()), replicas);
        }
    }

    record Change(double at, int partition, Leadership before, Leadership now) {}

    private static final double BLIND = 2; // in seconds: without an answer for longer, nothing was observed

    /** A child that answers commands such as 'stop kafka-1'. When its input ends, also by SIGKILL, nothing stays down. */
    static class Brokers {
        volatile Process child;
        volatile boolean mayBeDown; // kafka-1
        private static final String ENDED = "error: the cluster has ended";
        private CompletableFuture<String> next = CompletableFuture.completedFuture(""); // answer

        /** The containers if they run; otherwise a cluster of this script's own. */
        Brokers(Fault fault) throws IOException {
            boolean containers = starts(20, List.of("sh", "-c", DOCKER));
            Runtime.getRuntime().addShutdownHook(new Thread(this::close));
            if (containers) return;
            // A broker cannot rejoin until its previous session, 9 s, expires (KAFKA-19047). With a kill, the usual
            // session is what is measured.
            String sessions = " -X broker.session.timeout.ms=5000 -X broker.heartbeat.interval.ms=500";
            String options = fault == Fault.stop ? sessions : "";
            say("No containers are running. Starting a cluster: cluster.java%s", options);
            String jbang = System.getenv().getOrDefault("JBANG_LAUNCH_CMD", "jbang");
            Path beside = Path.of(jbang).toAbsolutePath().resolveSibling("cluster.java");
            String script = Files.exists(beside) ? beside.toString() : "cluster.java";
            // Ctrl-C goes to every process of a terminal. The child ignores it: it ends when its input does.
            String start = "trap '' INT; exec \"$0\" \"$1\"" + options;
            if (!starts(600, List.of("sh", "-c", start, jbang, script))) throw new Failure(3, "No cluster started.");
        }

        private boolean starts(int limitSeconds, List<String> command) throws IOException {
            var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
            child = builder.start();
            String answer = answer(limitSeconds);
            if (answer.equals(ENDED)) return false;
            if (answer.startsWith("error: ")) throw new Failure(3, "%s", answer);
            say("%s", answer);
            return true;
        }

        /** The next line, except for news of a node that ended without a command, and the JVM's warnings. */
        private String answer(int limitSeconds) {
            Stream<String> lines = child.inputReader().lines().filter(it -> !it.matches(".* died: .*|\\[.*"));
            // A late answer is read before the next one, and is not taken for it.
            next = next.thenApplyAsync(before -> lines.findFirst().orElse(ENDED));
            String late = "error: no answer within %d s".formatted(limitSeconds);
            var inTime = next.copy().completeOnTimeout(late, limitSeconds, TimeUnit.SECONDS);
            return inTime.join();
        }

        String execute(String command) throws IOException {
            mayBeDown = true;
            child.outputWriter().append(command + "\n").flush();
            String answer = answer(120);
            if (answer.startsWith("error: ")) throw new Failure(1, "'%s' did not work: %s", command, answer);
            mayBeDown = !command.startsWith("start ");
            return answer;
        }

        private void close() {
            ending = true;
            try {
                child.outputWriter().close();
                if (!child.waitFor(3, TimeUnit.SECONDS)) child.toHandle().destroy(); // it may still be starting
                child.waitFor(60, TimeUnit.SECONDS);
            } catch (IOException | InterruptedException ended) {
                // it had ended before
            }
        }
    }

    private static final String HEADER = "failover"; // of each record: run/id
    private static final String CONTROLLED = ": controlled shutdown"; // in an answer of Brokers
    private static final ByteArrayDeserializer BYTES = new ByteArrayDeserializer();
    private static volatile boolean ending; // then errors of the cluster that ends are not printed

    /** In seconds, from the fault until all replicas are in sync: the longest time without one of these times. */
    private static double longestGap(DoubleStream times, Outage outage) {
        DoubleStream ends = DoubleStream.of(outage.injected, outage.whole);
        DoubleStream inside = times.filter(it -> it > outage.injected && it < outage.whole);
        double[] all = DoubleStream.concat(ends, inside).sorted().toArray();
        double longest = 0;
        for (int i = 1; i < all.length; i++) longest = Math.max(longest, all[i] - all[i - 1]);
        return longest;
    }

    /** Prints a line. Only the format may have picocli's markup for colours. */
    private static void say(String format, Object... values) {
        if (ending) return;
        System.out.println(Ansi.AUTO.string(format).formatted(values));
        if (System.out.checkError()) System.exit(1); // the program that reads the output has ended
    }

    /** An error in one line, and the exit status. In a trial: why it is INCONCLUSIVE. */
    static class Failure extends RuntimeException {
        private static final long serialVersionUID = 1L;
        final int exitStatus;

        Failure(int exitStatus, String format, Object... values) {
            super(format.formatted(values));
            this.exitStatus = exitStatus;
        }
    }

    /** What was done and seen, a JSON object per line, as docs/history.md defines it. */
    class History {
        private final CRC32 crc = new CRC32();
        private final PrintStream file; // null: none is asked for
        private long lines;

        History(Path path) {
            try {
                file = path == null ? null : new PrintStream(new CheckedOutputStream(Files.newOutputStream(path), crc));
            } catch (IOException cannot) {
                throw new Failure(2, "Cannot write %s: %s", path, cannot);
            }
            write("history", 0, "version instrument kafka_client", 1, "failover.java", "4.4.0");
        }

        void begin(Trial it, int scenario, int number) {
            Object[] values = {it.run, number, numbers.size(), Instant.now(), "" + scenario, it.title, acks, fault};
            write("run", 0, "run number of started scenario title settings fault", values);
            write("producer", 0, "config", Map.of("acks", acks, "enable.idempotence", idempotent));
            write("group", 0, "group consumers", it.group, it.members);
        }

        void topic(Trial it) throws Exception {
            var partitions = new ArrayList<Object>();
            for (List<Integer> each : it.replicas)
                partitions.add(Map.of("replicas", each, "end", it.beginOf(partitions.size())));
            var topic = new ConfigResource(ConfigResource.Type.TOPIC, it.topic);
            var broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
            var all = admin.describeConfigs(List.of(topic, broker)).all().get();
            Config its = all.get(topic);
            int min = Integer.parseInt(its.get("min.insync.replicas").value());
            int effective = Math.min(min, it.replicas.get(0).size()); // since Kafka 3.7
            it.unclean = its.get("unclean.leader.election.enable").value().equals("true");
            String names = "name id partitions min_insync_replicas effective_min_insync unclean_leader_election";
            write("topic", 0, names, it.topic, it.observer.topicId, partitions, min, effective, it.unclean);
            String session = all.get(broker).get("broker.session.timeout.ms").value();
            var brokers = List.of(Map.of("id", 1, "name", "kafka-1"), Map.of("id", 2, "name", "kafka-2"));
            write("cluster", 0, "brokers session_timeout_ms", brokers, Integer.valueOf(session));
        }

        /** What was done with a record. Offset -1 is left out; 'name' is that of a further value. */
        void record(String type, double at, int partition, int id, long offset, String name, Object value) {
            List<Object> range = offset < 0 ? List.of(id, id, 1) : List.of(id, id, 1, offset);
            write(type, at, "to partition records " + name, at, partition, List.of(range), value);
        }

        synchronized void write(String type, double at, String names, Object... values) {
            if (file == null) return;
            var line = new StringBuilder("{\"type\":\"" + type + "\",\"t\":" + json(at));
            String[] name = names.split(" ");
            for (int i = 0; i < values.length; i++)
                if (values[i] != null) line.append(",\"" + name[i] + "\":" + json(values[i]));
            file.writeBytes((line + "}\n").getBytes(UTF_8));
            if (file.checkError()) throw new Failure(1, "The history could not be written to %s.", historyFile);
            lines++;
        }

        private static String json(Object value) {
            if (value instanceof Map<?, ?> map) {
                var pairs = map.entrySet().stream().map(it -> "\"" + it.getKey() + "\":" + json(it.getValue()));
                return pairs.collect(Collectors.joining(",", "{", "}"));
            }
            if (value instanceof Collection<?> list) {
                Stream<String> all = list.stream().map(History::json);
                return all.collect(Collectors.joining(",", "[", "]"));
            }
            if (value instanceof Double seconds) return "%.4f".formatted(seconds);
            if (value instanceof Number || value instanceof Boolean) return "" + value;
            String text = value.toString().replaceAll("\\p{Cntrl}", " ");
            return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
        }
    }

    /** For the containers of docker-compose.yml. It ends at once if they do not run. */
    private static final String DOCKER = """
            running=$(docker ps --format '{{.Names}}' 2>/dev/null | grep -cx 'kafka-deploy-kafka-[12]')
            [ "$running" != 0 ] || exit
            [ "$running" = 2 ] || { echo 'error: one of two brokers runs. Start both: docker compose up -d --wait'; exit; }
            trap '' INT HUP TERM PIPE
            echo 'ready: the containers of docker-compose.yml'
            down=
            while read -r verb node; do
              [ "$verb" = start ] || down=kafka-deploy-$node
              docker "$verb" "kafka-deploy-$node" >/dev/null || { echo "error: docker $verb failed"; continue; }
              [ "$verb" != start ] || down=
              status=$(docker inspect -f '{{.State.ExitCode}} {{.State.StartedAt}}' "kafka-deploy-$node")
              log=$(docker logs --since "${status#* }" "kafka-deploy-$node" 2>&1 | grep -c 'asked us to exit controlled')
              case $verb$log-$status in
                stop*-137*) echo "$node stopped: killed, because it did not end within 10 s of SIGTERM" ;;
                stop0-*) echo "$node stopped: without a controlled shutdown, exit status ${status% *}" ;;
                stop*) echo "$node stopped: controlled shutdown, exit status ${status% *}" ;;
                *) echo "$node: docker $verb done" ;;
              esac
            done
            [ -n "$down" ] || exit
            echo "docker start $down" >&2
            # Again: a 'docker stop' that Ctrl-C cut short may still be in progress, and would follow the start.
            for attempt in 1 2 3; do docker stop "$down" && docker start "$down" && exit; done >/dev/null
            """;
}
