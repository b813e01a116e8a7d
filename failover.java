///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Stops a Kafka broker in mid-stream and proves what became of every record
//JAVA 17+
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-nop:2.0.17
//COMPILE_OPTIONS -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -Xmx512m

import java.io.File;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntPredicate;
import java.util.function.IntSupplier;
import java.util.function.IntUnaryOperator;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.BufferExhaustedException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.internals.AppInfoParser;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine;

/**
 * Runs the guide's three scenarios on a real cluster, and proves each observation: which consumer
 * received what, when the leader moved, how long the pause was, and that every acknowledged record
 * is in the log.
 *
 * <pre>jbang failover.java</pre>
 *
 * <p>It uses the cluster that it finds; where none answers, it starts one (cluster.java) and takes
 * it away. Read on at {@link Trial#run}: it is the story; {@link Ledger} is the proof.
 */
@Command(
        name = "failover",
        mixinStandardHelpOptions = true,
        header = "Stops a Kafka broker in mid-stream and proves what became of every record.%n",
        footer = {
            "",
            "Exit status: 0 every claim holds; 1 one does not, or could not be observed;",
            "2 wrong usage; 3 no cluster."
        })
class failover implements Callable<Integer> {
    public static void main(String... args) {
        Cluster.run(new failover(), args);
    }

    @Parameters(
            paramLabel = "WHAT",
            arity = "0..*",
            description = "Scenarios of the guide (1, 2, 3), or topics; a name such as orders-3p-rf2"
                    + " gives the shape of a topic that does not exist yet (default: 1 2 3).")
    List<String> what = List.of("1", "2", "3");

    @Option(
            names = "--fault",
            paramLabel = "FAULT",
            split = ",",
            description = "What happens to the broker: stop (SIGTERM), kill (SIGKILL), pause (SIGSTOP: it"
                    + " hangs) or disconnect (off the network; Docker only). A list compares"
                    + " (default: stop).")
    List<Fault> faults = List.of(Fault.stop);

    @Option(
            names = "--target",
            paramLabel = "BROKER",
            description = "The broker: a number, 'leader' (of partition 0), or 'all-in-turn', a rolling"
                    + " restart (default: ${DEFAULT-VALUE}).",
            defaultValue = "leader")
    String target;

    @Option(
            names = "--before",
            paramLabel = "TIME",
            converter = Time.class,
            defaultValue = "3s",
            description = "How long records flow before the fault, such as 500ms, 10s or 2m (default:"
                    + " ${DEFAULT-VALUE}).")
    Duration before;

    @Option(
            names = "--down",
            paramLabel = "TIME",
            converter = Time.class,
            description = "How long the broker stays away (default: 4s for stop; 15s else, as a dead"
                    + " broker is noticed after broker.session.timeout.ms, 9 s).")
    Duration down;

    @Option(
            names = "--after",
            paramLabel = "TIME",
            converter = Time.class,
            defaultValue = "2s",
            description = "How long records flow after the cluster has healed (default: ${DEFAULT-VALUE}).")
    Duration after;

    @Option(
            names = "--rate",
            paramLabel = "RATE",
            defaultValue = "200",
            description = "Records per second, over all partitions (default: ${DEFAULT-VALUE}).")
    int rate;

    @Option(
            names = "--size",
            paramLabel = "BYTES",
            defaultValue = "0",
            description = "Pad each record to this size (default: the guide's record, about 80 bytes).")
    int size;

    @Option(
            names = "--acks",
            paramLabel = "ACKS",
            split = ",",
            description = "The producer's acks: all, 1 or 0. A list compares (default: that of the client"
                    + " properties, else all).")
    List<String> acks = List.of("");

    @Option(
            names = "--try",
            paramLabel = "NAME:KEY=VALUE,...",
            description = "A set of client properties to try, such as patient:linger.ms=50,acks=all."
                    + " Repeatable: each is an experiment.")
    List<String> tries = List.of("");

    @Option(
            names = "--runs",
            paramLabel = "N",
            defaultValue = "1",
            description = "Repeat each experiment, and report the worst and the median (default: ${DEFAULT-VALUE}).")
    int runs;

    @Option(names = "--strict", description = "A loss is a failure also where the settings allow it (acks=1, acks=0).")
    boolean strict;

    @Option(
            names = "--cluster",
            paramLabel = "SCRIPT",
            defaultValue = "cluster.java",
            description = "The script that starts a cluster where none answers (default: ${DEFAULT-VALUE}).")
    String clusterScript;

    @Option(
            names = "--stop-command",
            paramLabel = "COMMAND",
            description = "Your command that harms a broker; {id}, {host} and {port} are put in.")
    String stopCommand;

    @Option(names = "--start-command", paramLabel = "COMMAND", description = "Your command that heals it.")
    String startCommand;

    @Option(
            names = "--manual",
            description = "You harm and heal the broker when asked; the script notices, measures and judges.")
    boolean manual;

    @Option(
            names = "--events",
            paramLabel = "FILE",
            description = "Write what happened as JSON, one object a line (see the README).")
    Path events;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description = "Draw the run as a picture, .svg or .html; it takes report.java in this directory.")
    Path report;

    @Option(names = "--json", description = "Print the verdict as one JSON object instead of the text.")
    boolean json;

    @Mixin
    Cluster cluster;

    // ---- what is tried ----

    /** What can happen to a broker. */
    enum Fault {
        stop,
        kill,
        pause,
        disconnect
    }

    /** The scenarios of the guide, with its observations. */
    enum Scenario {
        ONE("a basic topic (1 partition, 1 replica)", "test-1p-rf1", 2, """
                Only one consumer receives messages. The other is idle because there is only one partition."""),
        TWO("scalability with partitions (2 partitions, 1 replica)", "test-2p-rf1", 2, """
                Messages are load-balanced across both consumers. The partition on the stopped broker \
                becomes unavailable: a lack of fault tolerance."""),
        THREE("high availability (2 partitions, 2 replicas)", "test-2p-rf2", 1, """
                The producer and consumer pause briefly, then recover automatically as a new leader is \
                elected. No data is lost.""");

        final int number = ordinal() + 1;
        final String title;
        final String topic;
        final int consumers;
        final String observation;

        Scenario(String title, String topic, int consumers, String observation) {
            this.title = "Scenario %d: %s".formatted(number, title);
            this.topic = topic;
            this.consumers = consumers;
            this.observation = observation;
        }
    }

    /** One experiment: a scenario or any topic, a fault, and the client's settings. */
    record Plan(Scenario scenario, String topic, Fault fault, String settings, Map<String, String> properties) {
        static Plan of(String what, Fault fault, String settings, Map<String, String> properties) {
            if (!what.matches("[123]")) return new Plan(null, what, fault, settings, properties);
            Scenario scenario = Scenario.values()[Integer.parseInt(what) - 1];
            Fault its = scenario == Scenario.ONE ? null : fault; // there, a consumer leaves instead
            return new Plan(scenario, scenario.topic, its, settings, properties);
        }

        String name() {
            return scenario == null ? topic : "Scenario " + scenario.number;
        }

        String title() {
            return scenario == null ? "Topic %s: %s a broker in mid-stream".formatted(topic, fault) : scenario.title;
        }

        String observation() {
            return scenario == null ? null : scenario.observation;
        }

        int consumers() {
            return scenario == null ? 1 : scenario.consumers;
        }

        /** Whether Kafka promises to keep what it acknowledged: not with acks=1 or acks=0. */
        boolean promisesNoLoss() {
            return List.of("all", "-1").contains(properties.get("acks"));
        }

        /** Idempotence goes off silently when another setting rules it out (ProducerConfig). */
        boolean promisesNoDuplicate() {
            String inFlight = properties.getOrDefault("max.in.flight.requests.per.connection", "5");
            return promisesNoLoss()
                    && !"false".equalsIgnoreCase(properties.get("enable.idempotence"))
                    && !"0".equals(properties.get("retries"))
                    && Integer.parseInt(inFlight) <= 5;
        }
    }

    private List<Plan> plans() {
        var plans = new ArrayList<Plan>();
        for (String each : what)
            for (Fault fault : faults)
                for (String ack : acks)
                    for (String attempt : tries) {
                        Map<String, String> properties = promising(ack);
                        properties.putAll(parsed(attempt));
                        String settings = attempt.isEmpty() ? "acks=" + properties.get("acks") : attempt.split(":")[0];
                        Plan plan = Plan.of(each, fault, settings, properties);
                        if (!plans.contains(plan)) plans.add(plan); // Scenario 1 has no fault to compare
                    }
        return plans;
    }

    /**
     * What decides on the promises: the client properties that were given, and --acks over them.
     */
    private Map<String, String> promising(String ack) {
        var properties = new LinkedHashMap<String, String>();
        Properties given = cluster.properties(Map.of());
        properties.put("acks", ack.isEmpty() ? given.getProperty("acks", "all") : ack);
        for (String name : PROMISING) if (given.containsKey(name)) properties.put(name, given.getProperty(name));
        return properties;
    }

    private static final List<String> PROMISING = List.of(
            "enable.idempotence",
            "retries",
            "max.in.flight.requests.per.connection",
            "delivery.timeout.ms",
            "request.timeout.ms");

    private static Map<String, String> parsed(String attempt) {
        var properties = new LinkedHashMap<String, String>();
        if (attempt.isEmpty()) return properties;
        for (String pair : attempt.substring(attempt.indexOf(':') + 1).split(",")) {
            String[] parts = pair.split("=", 2);
            boolean known = ProducerConfig.configNames().contains(parts[0])
                    || ConsumerConfig.configNames().contains(parts[0]);
            if (parts.length < 2 || !known || attempt.indexOf(':') < 1)
                throw new Failure(2, "--try takes NAME:KEY=VALUE,... with client properties, not '%s'.", attempt);
            properties.put(parts[0], parts[1]);
        }
        return properties;
    }

    // ---- the story of all trials ----

    @Override
    public Integer call() throws Exception {
        checkOptions();
        List<Plan> plans = plans();
        var results = new ArrayList<Result>();
        Path log = events != null || report == null ? events : Files.createTempFile("failover-", ".jsonl");
        try (Writer file = log == null ? Writer.nullWriter() : openEvents(log);
                Stage stage = openStage()) {
            show("@|bold %s|@: %d brokers (%s)", stage.engine.about(), stage.brokers.size(), addresses(stage.brokers));
            for (Plan plan : plans)
                for (int run = 1; run <= runs && !Cluster.stopping(); run++) {
                    Result result = new Trial(stage, plan, run).run();
                    results.add(result);
                    result.report();
                    result.writeTo(file);
                }
        }
        int status = conclude(plans, results);
        if (report != null) draw(log);
        return status;
    }

    private static Writer openEvents(Path file) {
        try {
            return Files.newBufferedWriter(file);
        } catch (IOException cannot) {
            throw new Failure(2, "Cannot write the events to %s: %s", file, cannot);
        }
    }

    /** Scripts talk to one another only as commands. */
    private void draw(Path log) throws Exception {
        String command = "jbang report.java " + log + " -o " + report;
        if (!Files.exists(Path.of("report.java")))
            throw new Failure(1, "There is no report.java in this directory. Where it is: %s", command);
        String jbang = System.getenv().getOrDefault("JBANG_LAUNCH_CMD", "jbang");
        var process = new ProcessBuilder(jbang, "report.java", log.toString(), "-o", report.toString())
                .redirectError(Redirect.INHERIT)
                .redirectOutput(Redirect.DISCARD)
                .start();
        if (process.waitFor() != 0) throw new Failure(1, "The picture was not drawn. Try: %s", command);
        if (events == null) Files.delete(log);
        show("picture: %s", report);
    }

    private void checkOptions() {
        if (size < 0) throw new Failure(2, "--size takes a number of bytes, not %d.", size);
        if (rate < 1) throw new Failure(2, "--rate takes 1 or more records/s, not %d.", rate);
        if (runs < 1) throw new Failure(2, "--runs takes 1 or more, not %d.", runs);
        if ((stopCommand == null) != (startCommand == null))
            throw new Failure(2, "--stop-command and --start-command go together.");
        if (stopCommand != null && manual) throw new Failure(2, "--manual and --stop-command exclude each other.");
        if (!target.matches("\\d+|leader|all-in-turn"))
            throw new Failure(2, "--target takes a broker's number, leader or all-in-turn, not '%s'.", target);
        for (String ack : acks)
            if (!List.of("", "all", "-1", "1", "0").contains(ack))
                throw new Failure(2, "--acks takes all, 1 or 0, not '%s'.", ack);
    }

    private Integer conclude(List<Plan> plans, List<Result> results) {
        show("");
        show(
                "@|bold " + ROW + "|@",
                "",
                "FAULT",
                "SETTINGS",
                "ACKNOWLEDGED",
                "LOST",
                "DUPLICATES",
                "REORDERED",
                "UNKNOWN",
                "PAUSE",
                "VERDICT");
        for (Plan plan : plans) {
            List<Result> its =
                    results.stream().filter(result -> result.plan == plan).toList();
            if (!its.isEmpty()) show("%s", row(plan, its));
        }
        if (json)
            Cluster.print(Json.of(
                    details("trials", results.stream().map(Result::toMap).toList())));
        boolean complete = results.size() == plans.size() * runs;
        boolean allHold = results.stream().allMatch(result -> result.verdict().holds(strict));
        if (Cluster.stopping()) System.err.println("Interrupted: what did not come to its end is not proven.");
        return complete && allHold ? 0 : 1;
    }

    /** One line per plan; over several runs the sum, and the median pause with the worst. */
    private static String row(Plan plan, List<Result> its) {
        double[] pauses =
                its.stream().mapToDouble(Result::pauseSeconds).sorted().toArray();
        Verdict worst =
                its.stream().map(Result::verdict).max(Comparator.naturalOrder()).orElseThrow();
        String pause = "%.2f s".formatted(pauses[pauses.length / 2]);
        if (pauses.length > 1) pause += " (%.2f s)".formatted(pauses[pauses.length - 1]);
        return ROW.formatted(
                plan.name(),
                plan.fault == null ? "-" : plan.fault,
                plan.settings,
                total(its, false, Account::acknowledged),
                total(its, true, Account::lost),
                total(its, true, Account::duplicates),
                total(its, true, Account::reordered),
                total(its, false, Account::unknown),
                pause,
                worst.painted());
    }

    private static final String ROW = "%-12s %-10s %-9s %12s %6s %10s %9s %8s %8s  %s";

    /** What only the log tells is not known where it was not read. */
    private static String total(List<Result> its, boolean fromLog, ToLongFunction<Account> what) {
        if (fromLog && !its.stream().allMatch(it -> it.trial.audited)) return "?";
        return "%,d"
                .formatted(its.stream()
                        .mapToLong(it -> what.applyAsLong(it.account))
                        .sum());
    }

    // ---- the story of one trial ----

    /** Records flow, a broker is harmed, it is healed, and then every record is accounted for. */
    private class Trial {
        final Stage stage;
        final Plan plan;
        final String run = UUID.randomUUID().toString().substring(0, 8); // in a header of each record
        final String group;
        final Journal journal = new Journal();
        final List<Member> members = new ArrayList<>();
        final List<Outage> outages = new ArrayList<>();
        Topic topic;
        Ledger ledger;
        Observer observer;
        Load load;
        Member busy; // Scenario 1: the one that leaves
        int leftAt; // and when
        boolean audited;
        String unobserved; // why the trial could not be brought to its end
        private final int number;
        private final Instant started = Instant.now();
        private List<Integer> leaders;

        Trial(Stage stage, Plan plan, int number) {
            this.stage = stage;
            this.plan = plan;
            this.number = number;
            this.group = plan.scenario == null ? "failover-" + run : "group" + plan.scenario.number;
        }

        Result run() throws Exception {
            show("");
            show("@|bold %s|@%s", plan.title(), runs > 1 ? ", run " + number : "");
            topic = stage.prepare(plan, group);
            ledger = new Ledger(topic.partitions(), journal::now);
            show("  %s", intention());
            show("");
            try {
                observer = new Observer(this);
                if (Ansi.AUTO.enabled() && !json) live = new Live(this);
                leaders = IntStream.range(0, topic.partitions())
                        .mapToObj(observer::leader)
                        .toList();
                act();
                account();
            } finally {
                if (live != null) live.close();
                if (load != null) load.close();
                members.forEach(Member::leave);
                if (observer != null) observer.close();
                if (plan.scenario == null) stage.admin.deleteConsumerGroups(List.of(group));
            }
            return new Result(this);
        }

        /** What happens, and in which order. */
        private void act() throws Exception {
            try {
                gather();
                load = new Load(this);
                journal.tell("load", Map.of(), "the producer begins");
                flow(before);
                if (plan.fault == null) busyConsumerLeaves();
                else for (Node broker : targets()) harmAndHeal(broker);
                flow(after);
            } catch (Unobserved because) {
                giveUp(because);
            } finally {
                stage.mend(plan.topic);
            }
        }

        /** What became of the records: also when the trial did not come to its end. */
        private void account() throws Exception {
            if (load == null || Cluster.stopping()) return;
            try {
                load.finish();
                journal.tell("load", Map.of(), "the producer ends: %,d records sent", ledger.last());
                new Audit(this).read();
                audited = true;
                awaitTheGroup();
            } catch (Unobserved because) {
                giveUp(because);
            }
        }

        private void giveUp(Unobserved because) {
            if (unobserved == null) unobserved = because.getMessage();
            journal.tell("unobserved", Map.of(), "%s", because.getMessage());
        }

        private String intention() {
            String consumers = plan.consumers() == 1 ? "1 consumer" : plan.consumers() + " consumers";
            String intention = "%s in group %s, %,d records/s to %s, %s";
            return intention.formatted(consumers, group, rate, plan.topic, plan.settings);
        }

        /** What was to be done, and with what: the first of the trial's JSON lines. */
        Map<String, Object> header() {
            var line = details("type", "trial", "ms", 0, "run", run, "number", number, "started", started.toString());
            line.putAll(details("title", plan.title(), "observation", plan.observation(), "settings", plan.settings));
            line.putAll(details("topic", topic.name(), "partitions", topic.partitions(), "replicas", topic.copies()));
            line.putAll(details("group", group, "consumers", plan.consumers(), "fault", plan.fault, "rate", rate));
            line.putAll(details("size", size, "properties", plan.properties, "cluster", stage.engine.about()));
            line.putAll(details("brokers", stage.brokers.keySet(), "leaders", leaders, "in_sync", topic.replicas()));
            String java = System.getProperty("java.version");
            line.put(
                    "versions", details("failover", "1.0.0", "kafka_client", AppInfoParser.getVersion(), "java", java));
            line.put("limit_ms", limits());
            return line;
        }

        /** After how many ms the cluster, or a client, gives up a broker that is silent. */
        Map<String, Object> limits() {
            String request = plan.properties.getOrDefault("request.timeout.ms", "30000");
            return details(
                    "broker.session.timeout.ms", stage.sessionTimeout, "request.timeout.ms", Long.valueOf(request));
        }

        /** Starts the consumers and waits until the group has given out all partitions, evenly. */
        private void gather() throws Exception {
            for (int number = 1; number <= plan.consumers(); number++) members.add(new Member(this, number));
            await("the consumers were not given the partitions", 60, this::gathered);
        }

        private boolean gathered() {
            int assigned = 0;
            for (Member member : members) {
                Set<Integer> its = member.partitions;
                if (its == null || (its.isEmpty() && topic.partitions() >= members.size())) return false;
                assigned += its.size();
            }
            return assigned == topic.partitions();
        }

        private void flow(Duration time) throws Exception {
            int goal = ledger.last() + Math.max(1, (int) (time.toMillis() / 1e3 * rate * 0.5));
            if (Cluster.stopsWithin(time.toNanos())) throw new Unobserved("interrupted");
            await("the records do not flow", 60, () -> ledger.last() >= goal);
        }

        private List<Node> targets() throws Exception {
            var brokers = new TreeMap<>(stage.brokers);
            if (target.equals("all-in-turn")) return new ArrayList<>(brokers.values());
            int id = target.equals("leader") ? observer.leader(0) : Integer.parseInt(target);
            if (id < 0) throw new Unobserved("partition 0 has no leader to harm");
            if (!brokers.containsKey(id))
                throw new Failure(2, "There is no broker %d; there are %s.", id, brokers.keySet());
            return List.of(brokers.get(id));
        }

        private void harmAndHeal(Node broker) throws Exception {
            var outage = new Outage(broker.id(), stage.engine.name(broker), observer.led(broker.id()));
            outages.add(outage);
            var details = details("broker", broker.id(), "name", outage.name);
            outage.harmedAt = journal.tell("fault", details, "%s", stage.engine.harmCommand(plan.fault, broker));
            stage.harm(plan.fault, broker, journal);
            if (manual) awaitPerson(outage);
            if (Cluster.stopsWithin(downTime().toNanos())) throw new Unobserved("interrupted");

            outage.healedAt = journal.tell("heal", details, "%s", stage.engine.healCommand(plan.fault, broker));
            stage.heal(broker, journal);
            await("the in-sync replicas were not whole again", manual ? 600 : 180, observer::whole);
            outage.wholeAt = journal.tell("whole", Map.of(), "all replicas are in sync again");
            awaitPreferredLeaders();
            outage.endedAt = journal.tell("preferred", Map.of(), "the preferred leaders lead again");
        }

        private void awaitPreferredLeaders() throws Exception {
            for (int tries = 0; tries < 60 && !observer.preferred(); tries++) {
                stage.electPreferredLeaders(plan.topic);
                if (holdsWithin(1, observer::preferred)) return;
                if (Cluster.stopping()) throw new Unobserved("interrupted");
            }
            if (!observer.preferred()) throw new Unobserved("the preferred leaders did not return (waited 60 s)");
        }

        /** A person is slower than the script: the fault is when the cluster shows it. */
        private void awaitPerson(Outage outage) throws Exception {
            int asked = outage.harmedAt;
            await(
                    "nothing happened to a broker",
                    600,
                    () -> observer.changesSince(asked).size() > 0);
            outage.harmedAt = observer.changesSince(asked).get(0).tick();
        }

        private Duration downTime() {
            return down != null ? down : Duration.ofSeconds(plan.fault == Fault.stop ? 4 : 15);
        }

        /** Scenario 1: the idle consumer is a standby, not a waste. */
        private void busyConsumerLeaves() throws Exception {
            busy = members.get(members.get(0).partitions.isEmpty() ? 1 : 0);
            Member idle = members.get(2 - busy.number);
            var details = details("consumer", busy.number);
            leftAt = journal.tell("leave", details, "consumer %d, the busy one, leaves the group", busy.number);
            busy.leave();
            await("the idle consumer did not take over", 60, () -> idle.received > 0);
        }

        /** Waits for a condition; every wait has a limit, and ends with Ctrl-C, or with the topic. */
        void await(String complaint, int limitSeconds, Callable<Boolean> condition) throws Exception {
            long start = System.nanoTime();
            while (!condition.call()) {
                if (System.nanoTime() - start > limitSeconds * 1e9)
                    throw new Unobserved("%s (waited %d s)".formatted(complaint, limitSeconds));
                if (topicGone()) throw new Unobserved("topic %s was deleted in mid-run".formatted(topic.name));
                if (Cluster.stopsWithin(10_000_000)) throw new Unobserved("interrupted");
            }
        }

        boolean topicGone() {
            return observer != null && observer.topicGone;
        }

        /** Until the group has received all that is in the log, or nothing for 20 s. */
        private void awaitTheGroup() throws Exception {
            long quietSince = System.nanoTime();
            long before = -1;
            while (ledger.countUnseen() > 0) {
                long received = members.stream().mapToLong(it -> it.received).sum();
                if (received != before) quietSince = System.nanoTime();
                before = received;
                if (System.nanoTime() - quietSince > 20e9) return; // they are unseen, then
                if (Cluster.stopsWithin(100_000_000)) throw new Unobserved("interrupted");
            }
        }
    }

    /** One broker's absence, in ticks of the journal; 0 is never. */
    private static class Outage {
        final int broker;
        final String name;
        final Set<Integer> partitions; // that it led
        int harmedAt;
        int healedAt;
        int wholeAt;
        int endedAt;

        Outage(int broker, String name, Set<Integer> partitions) {
            this.broker = broker;
            this.name = name;
            this.partitions = partitions;
        }
    }

    /** Why a trial could not be brought to its end: its verdict is INCONCLUSIVE, never PASS. */
    private static class Unobserved extends Exception {
        private static final long serialVersionUID = 1L;

        Unobserved(String why) {
            super(why);
        }
    }

    // ---- the proof ----

    /** What became of a record, as far as its producer knows. A time-out is not a no. */
    enum Fate {
        UNKNOWN,
        ACKNOWLEDGED,
        FAILED;

        String said() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Every record of a trial: what its producer was told, how often it is in the log, how often
     * the group received it, and when. Ids count from 1, and go to the partitions in turn. It holds
     * 10 million records in 160 MB.
     */
    static class Ledger {
        private static final int CHUNK = 1 << 16;

        private static class Chunk {
            final int[] sent = new int[CHUNK]; // when, in the journal's ticks; 0 is never
            final int[] acknowledged = new int[CHUNK];
            final int[] received = new int[CHUNK];
            final byte[] fate = new byte[CHUNK];
            final byte[] inLog = new byte[CHUNK]; // how often
            final byte[] seen = new byte[CHUNK]; // how often
            final byte[] reader = new byte[CHUNK]; // which consumer was the first
        }

        private final int partitions;
        private final IntSupplier clock;
        private final Chunk[] chunks = new Chunk[1 << 12];
        private volatile int last;
        private volatile int resolved;
        private final BitSet outOfOrder = new BitSet();
        final AtomicLongArray sentIn; // by partition, for the live view
        final AtomicLongArray acknowledgedIn;
        final AtomicLongArray readIn;

        Ledger(int partitions, IntSupplier clock) {
            sentIn = new AtomicLongArray(partitions);
            acknowledgedIn = new AtomicLongArray(partitions);
            readIn = new AtomicLongArray(partitions);
            this.partitions = partitions;
            this.clock = clock;
        }

        int partition(int id) {
            return (id - 1) % partitions;
        }

        /** The id of the last record that was sent. */
        int last() {
            return last;
        }

        /** How many records' fate the producer was told. */
        int resolved() {
            return resolved;
        }

        void sent(int id) {
            if (chunks[id / CHUNK] == null) chunks[id / CHUNK] = new Chunk();
            chunks[id / CHUNK].sent[id % CHUNK] = clock.getAsInt();
            last = id;
            sentIn.incrementAndGet(partition(id));
        }

        synchronized void ended(int id, Fate fate) {
            Chunk chunk = chunks[id / CHUNK];
            chunk.fate[id % CHUNK] = (byte) fate.ordinal();
            resolved++;
            if (fate != Fate.ACKNOWLEDGED) return;
            chunk.acknowledged[id % CHUNK] = clock.getAsInt();
            acknowledgedIn.incrementAndGet(partition(id));
        }

        void received(int id, int reader) {
            Chunk chunk = chunks[id / CHUNK];
            synchronized (chunk) {
                if (chunk.seen[id % CHUNK] < Byte.MAX_VALUE) chunk.seen[id % CHUNK]++;
                if (chunk.received[id % CHUNK] > 0) return;
                chunk.received[id % CHUNK] = clock.getAsInt();
                chunk.reader[id % CHUNK] = (byte) reader;
                readIn.incrementAndGet(partition(id));
            }
        }

        /** To be called in the log's order, for each partition. */
        void foundInLog(int id, int highestBefore) {
            Chunk chunk = chunks[id / CHUNK];
            boolean again = chunk.inLog[id % CHUNK] > 0;
            if (chunk.inLog[id % CHUNK] < Byte.MAX_VALUE) chunk.inLog[id % CHUNK]++;
            if (!again && id < highestBefore) outOfOrder.set(id);
        }

        boolean holds(int id) {
            return id >= 1 && id <= last;
        }

        Fate fate(int id) {
            return Fate.values()[chunks[id / CHUNK].fate[id % CHUNK]];
        }

        int sentAt(int id) {
            return chunks[id / CHUNK].sent[id % CHUNK];
        }

        int acknowledgedAt(int id) {
            return chunks[id / CHUNK].acknowledged[id % CHUNK];
        }

        int receivedAt(int id) {
            return chunks[id / CHUNK].received[id % CHUNK];
        }

        int reader(int id) {
            return chunks[id / CHUNK].reader[id % CHUNK];
        }

        private int inLog(int id) {
            return chunks[id / CHUNK].inLog[id % CHUNK];
        }

        private int seen(int id) {
            return chunks[id / CHUNK].seen[id % CHUNK];
        }

        long countUnseen() {
            return IntStream.rangeClosed(1, last)
                    .filter(id -> inLog(id) > 0 && seen(id) == 0)
                    .count();
        }

        /** By partition, when each of its records was acknowledged (or read), in order. */
        int[][] times(IntUnaryOperator when) {
            int[][] times = new int[partitions][];
            for (int partition = 0; partition < partitions; partition++) {
                times[partition] =
                        ids(partition).map(when).filter(tick -> tick > 0).toArray();
                Arrays.sort(times[partition]); // in place: a stream's sorted() would copy it
            }
            return times;
        }

        /** When each was acknowledged (the upper 32 bits), and after how long, in order. */
        long[] latencies(int partition) {
            long[] latencies = ids(partition)
                    .filter(id -> acknowledgedAt(id) > 0)
                    .mapToLong(id -> ((long) acknowledgedAt(id) << 32) | (acknowledgedAt(id) - sentAt(id)))
                    .toArray();
            Arrays.sort(latencies);
            return latencies;
        }

        private IntStream ids(int partition) {
            return IntStream.rangeClosed(1, last).filter(id -> partition(id) == partition);
        }

        /** Crosses what the producer was told with what is in the log and what was received. */
        Account account() {
            long[][] crossed = new long[Fate.values().length][3];
            var lost = new BitSet();
            long unseen = 0;
            long redelivered = 0;
            for (int id = 1; id <= last; id++) {
                int times = Math.min(2, inLog(id));
                crossed[fate(id).ordinal()][times]++;
                if (fate(id) == Fate.ACKNOWLEDGED && times == 0) lost.set(id);
                if (times > 0 && seen(id) == 0) unseen++;
                if (seen(id) > inLog(id)) redelivered++;
            }
            return new Account(crossed, lost, unseen, redelivered, outOfOrder.cardinality());
        }
    }

    /** The crossing table: by fate, how many records are in the log not, once, or more often. */
    record Account(long[][] crossed, BitSet lostIds, long unseen, long redelivered, long reordered) {
        private long sum(Fate fate) {
            return Arrays.stream(crossed[fate.ordinal()]).sum();
        }

        long acknowledged() {
            return sum(Fate.ACKNOWLEDGED);
        }

        long unknown() {
            return sum(Fate.UNKNOWN);
        }

        long failed() {
            return sum(Fate.FAILED);
        }

        long sent() {
            return acknowledged() + unknown() + failed();
        }

        /** Acknowledged, and not in the log. */
        long lost() {
            return crossed[Fate.ACKNOWLEDGED.ordinal()][0];
        }

        /** Said to have failed, and in the log all the same. */
        long ghosts() {
            return crossed[Fate.FAILED.ordinal()][1] + crossed[Fate.FAILED.ordinal()][2];
        }

        long duplicates() {
            return crossed[Fate.ACKNOWLEDGED.ordinal()][2] + crossed[Fate.UNKNOWN.ordinal()][2];
        }

        long inLog() {
            return Arrays.stream(crossed).mapToLong(row -> row[1] + row[2]).sum();
        }

        List<String> table() {
            var lines = new ArrayList<String>();
            lines.add("%-13s %12s %12s %12s %12s".formatted("", "records", "in log once", "twice, more", "not in log"));
            for (Fate fate : List.of(Fate.ACKNOWLEDGED, Fate.UNKNOWN, Fate.FAILED)) {
                long[] row = crossed[fate.ordinal()];
                lines.add("%-13s %,12d %,12d %,12d %,12d".formatted(fate.said(), sum(fate), row[1], row[2], row[0]));
            }
            lines.add("received by the group %,d; unseen %,d, redelivered %,d, out of order %,d"
                    .formatted(inLog() - unseen, unseen, redelivered, reordered));
            return lines;
        }
    }

    /** From good to bad, so that the worst of several is the greatest. */
    enum Verdict {
        PASS("green"),
        ALLOWED("yellow"), // a loss that the settings do not rule out
        INCONCLUSIVE("yellow"),
        FAIL("red");

        private final String colour;

        Verdict(String colour) {
            this.colour = colour;
        }

        boolean holds(boolean strict) {
            return this == PASS || (this == ALLOWED && !strict);
        }

        String painted() {
            return Ansi.AUTO.string("@|bold," + colour + " " + name() + "|@");
        }
    }

    /** Something that the guide, or Kafka, says; whether it held; and the numbers. */
    record Claim(Verdict verdict, String text, String evidence) {
        static Claim of(boolean holds, String text, String evidence, Object... values) {
            return new Claim(holds ? Verdict.PASS : Verdict.FAIL, text, evidence.formatted(values));
        }
    }

    /** The claims about the records themselves: they are the same for every trial with a log. */
    static List<Claim> claimsOf(Account it, Ledger ledger, boolean promisesNoLoss, boolean promisesNoDuplicate) {
        var claims = new ArrayList<Claim>();
        String lost = "%,d acknowledged, %,d of them not in the log".formatted(it.acknowledged(), it.lost());
        if (it.lost() > 0) lost += ": " + some(it.lostIds(), ledger);
        claims.add(
                it.lost() == 0 || promisesNoLoss
                        ? new Claim(
                                it.lost() == 0 ? Verdict.PASS : Verdict.FAIL, "no acknowledged record is lost", lost)
                        : new Claim(Verdict.ALLOWED, "lost %,d: these settings allow it".formatted(it.lost()), lost));
        if (it.ghosts() > 0) claims.add(Claim.of(false, "what failed is not in the log", "%,d are", it.ghosts()));
        boolean clean = it.duplicates() == 0 && it.reordered() == 0;
        String order = "%,d duplicates, %,d out of order".formatted(it.duplicates(), it.reordered());
        claims.add(
                clean || promisesNoDuplicate
                        ? Claim.of(clean, "each record is in the log once, in order", order)
                        : new Claim(Verdict.ALLOWED, "repeated or out of order: these settings allow it", order));
        claims.add(Claim.of(
                it.unseen() == 0,
                "the group received all that is in the log",
                "%,d of %,d; %,d more than once",
                it.inLog() - it.unseen(),
                it.inLog(),
                it.redelivered()));
        return claims;
    }

    /** The first few ids and the last few, with their partitions. */
    private static String some(BitSet ids, Ledger ledger) {
        List<String> all = ids.stream()
                .limit(9)
                .mapToObj(id -> id + " in partition " + ledger.partition(id))
                .toList();
        if (all.size() <= 8) return String.join(", ", all);
        int[] last = ids.stream().skip(ids.cardinality() - 3).toArray();
        return "%s, ... %d, %d, %d".formatted(String.join(", ", all.subList(0, 3)), last[0], last[1], last[2]);
    }

    // ---- the stage: the cluster, and who can harm its brokers ----

    private Stage openStage() throws Exception {
        Engine engine = null;
        boolean named = cluster.bootstrapServer != null
                || !cluster.properties(Map.of()).get("bootstrap.servers").equals(DEFAULT_SERVERS);
        if (!named && !answers(9092) && !answers(9095)) engine = new OwnCluster();
        Admin admin = null;
        try {
            admin = cluster.connect();
            var brokers = new TreeMap<Integer, Node>();
            for (Node node : admin.describeCluster().nodes().get()) brokers.put(node.id(), node);
            if (engine == null) engine = engineFor(brokers);
            return new Stage(admin, engine, brokers);
        } catch (Exception failed) {
            if (admin != null) admin.close(Duration.ZERO);
            if (engine != null) engine.close();
            throw failed;
        }
    }

    private Engine engineFor(Map<Integer, Node> brokers) throws Exception {
        if (manual) return new Person();
        if (stopCommand != null) return new Commands();
        if (what.equals(List.of("1"))) return new Person(); // nobody is harmed in Scenario 1
        if (Compose.runs(brokers)) return new Compose();
        throw new Failure(
                2,
                "The brokers at %s are not those of docker-compose.yml: say how to stop and start"
                        + " one (--stop-command, --start-command), or do it yourself (--manual).",
                addresses(brokers));
    }

    private static boolean answers(int port) {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException refused) {
            return false;
        }
    }

    private static String addresses(Map<Integer, Node> brokers) {
        return brokers.values().stream().map(it -> it.host() + ":" + it.port()).collect(Collectors.joining(","));
    }

    /** The topic of a trial, as it was before. */
    record Topic(String name, Uuid id, List<List<Integer>> replicas, List<Long> ends) {
        int partitions() {
            return replicas.size();
        }

        /** How many replicas a partition has. */
        int copies() {
            return replicas.get(0).size();
        }

        /** The first replica is the preferred leader. */
        int preferredLeader(int partition) {
            return replicas.get(partition).get(0);
        }
    }

    /** The cluster; it remembers what is broken, and mends it. */
    private class Stage implements AutoCloseable {
        final Admin admin;
        final Engine engine;
        final Map<Integer, Node> brokers;
        final Long sessionTimeout; // ms after which the cluster gives up a silent broker; null: not
        // known
        private final Map<Node, String> broken = new LinkedHashMap<>(); // with the command that mends it

        Stage(Admin admin, Engine engine, Map<Integer, Node> brokers) {
            this.admin = admin;
            this.engine = engine;
            this.brokers = brokers;
            this.sessionTimeout = askSessionTimeout();
        }

        void harm(Fault fault, Node broker, Journal journal) throws Exception {
            broken.put(broker, engine.healCommand(fault, broker));
            tellAnswer(engine.execute(engine.harmCommand(fault, broker)), journal);
        }

        void heal(Node broker, Journal journal) throws Exception {
            tellAnswer(engine.execute(broken.get(broker)), journal);
            broken.remove(broker);
        }

        private void tellAnswer(String answer, Journal journal) {
            if (!answer.isEmpty()) journal.tell("note", Map.of(), "%s", answer);
        }

        /** Puts back what is still broken, however the trial ended. */
        void mend(String topic) {
            if (broken.isEmpty() || (engine instanceof OwnCluster && Cluster.stopping())) return; // it ends, too
            var still = new ArrayList<Node>();
            broken.forEach((broker, command) -> {
                try {
                    show("  putting back what was broken: %s", command);
                    engine.execute(command);
                } catch (Exception cannot) {
                    still.add(broker);
                    String complaint = "Broker %d is still broken. Mend it: %s (%s)%n";
                    System.err.printf(complaint, broker.id(), command, Cluster.oneLine(cannot));
                }
            });
            broken.clear();
            if (!still.isEmpty()) return;
            try {
                if (!holdsWithin(90, () -> isWhole(topic))) throw new Unobserved("waited 90 s");
                electPreferredLeaders(topic);
            } catch (Exception notYet) {
                String complaint = "The replicas of %s are not all in sync yet (%s). See: jbang topics.java describe%n";
                System.err.printf(complaint, topic, Cluster.oneLine(notYet));
            }
        }

        private boolean isWhole(String topic) throws Exception {
            try {
                return Cluster.describe(admin, topic).partitions().stream()
                        .allMatch(it -> it.leader() != null
                                && it.isr().size() == it.replicas().size());
            } catch (Failure noAnswer) {
                return false;
            }
        }

        /** They return by themselves only every 300 s (leader.imbalance.check.interval.seconds). */
        void electPreferredLeaders(String topic) throws Exception {
            var partitions = new HashSet<TopicPartition>();
            for (TopicPartitionInfo it : Cluster.describe(admin, topic).partitions())
                partitions.add(new TopicPartition(topic, it.partition()));
            try {
                admin.electLeaders(ElectionType.PREFERRED, partitions).all().get();
            } catch (ExecutionException notNeededOrNotYet) {
                // whoever needs it looks who leads
            }
        }

        /** A topic that is whole, led as it was placed, and a group that starts at its end. */
        Topic prepare(Plan plan, String group) throws Exception {
            createIfMissing(plan.topic);
            TopicDescription described = Cluster.describe(admin, plan.topic);
            checkShape(plan, described);
            if (!holdsWithin(60, () -> isWhole(plan.topic)))
                throw new Failure(
                        1,
                        "Topic '%s' is not whole: start all its brokers first. See: jbang topics.java describe %s",
                        plan.topic,
                        plan.topic);
            electPreferredLeaders(plan.topic);

            var wanted = new TreeMap<Integer, OffsetSpec>();
            for (TopicPartitionInfo it : described.partitions()) wanted.put(it.partition(), OffsetSpec.latest());
            List<Long> ends = offsets(admin, plan.topic, wanted);
            rewind(group, plan.topic, ends);
            var replicas = described.partitions().stream()
                    .map(it -> it.replicas().stream().map(Node::id).toList())
                    .toList();
            return new Topic(plan.topic, described.topicId(), replicas, ends);
        }

        private void createIfMissing(String name) throws Exception {
            if (admin.listTopics().names().get().contains(name)) return;
            var shape = Pattern.compile(".*-(\\d{1,4})p-rf(\\d)").matcher(name);
            if (!shape.matches()) Cluster.describe(admin, name); // says that it does not exist, and what to do
            int partitionCount = Integer.parseInt(shape.group(1));
            int replicaCount = Integer.parseInt(shape.group(2));
            List<Integer> ids = new ArrayList<>(brokers.keySet());
            if (replicaCount > ids.size())
                throw new Failure(
                        1,
                        "Topic '%s' needs %d brokers for its replicas; %d answer. Start the others.",
                        name,
                        replicaCount,
                        ids.size());
            var placement = new TreeMap<Integer, List<Integer>>(); // partition 0 leads on the first broker, 1 on the
            // next
            for (int partition = 0; partition < partitionCount; partition++)
                for (int replica = 0; replica < replicaCount; replica++)
                    placement
                            .computeIfAbsent(partition, it -> new ArrayList<>())
                            .add(ids.get((partition + replica) % ids.size()));
            try {
                admin.createTopics(List.of(new NewTopic(name, placement))).all().get();
            } catch (ExecutionException refused) {
                throw new Failure(1, "Topic '%s' cannot be created: %s", name, Cluster.oneLine(refused));
            }
            if (!holdsWithin(30, () -> isWhole(name)))
                throw new Failure(1, "Topic '%s' was created, and has no leaders.", name);
        }

        private void checkShape(Plan plan, TopicDescription topic) {
            if (plan.scenario == null) return;
            String shape = "test-%dp-rf%d"
                    .formatted(
                            topic.partitions().size(),
                            topic.partitions().get(0).replicas().size());
            if (!shape.equals(topic.name()))
                throw new Failure(
                        1,
                        "Topic '%s' has not the shape that its name says. Put it right: jbang topics.java reset",
                        topic.name());
        }

        private void rewind(String group, String topic, List<Long> ends) throws Exception {
            var described = admin.describeConsumerGroups(List.of(group))
                    .describedGroups()
                    .get(group);
            try {
                if (!holdsWithin(
                        5,
                        () -> admin.describeConsumerGroups(List.of(group))
                                .describedGroups()
                                .get(group)
                                .get()
                                .members()
                                .isEmpty()))
                    throw new Failure(
                            1,
                            "Group '%s' has members: end your consumers first; they would take part of the records.",
                            group);
                described.get();
            } catch (ExecutionException noSuchGroup) {
                if (!(noSuchGroup.getCause() instanceof GroupIdNotFoundException)) throw noSuchGroup;
            }
            var starts = new HashMap<TopicPartition, OffsetAndMetadata>();
            for (int partition = 0; partition < ends.size(); partition++)
                starts.put(new TopicPartition(topic, partition), new OffsetAndMetadata(ends.get(partition)));
            try {
                admin.alterConsumerGroupOffsets(group, starts).all().get();
            } catch (ExecutionException refused) {
                throw new Failure(
                        1, "Group '%s' cannot be set to the end of the topic: %s", group, Cluster.oneLine(refused));
            }
        }

        private Long askSessionTimeout() {
            try {
                var broker = new ConfigResource(
                        ConfigResource.Type.BROKER,
                        "" + brokers.keySet().iterator().next());
                var entry = admin.describeConfigs(List.of(broker))
                        .all()
                        .get()
                        .get(broker)
                        .get("broker.session.timeout.ms");
                return entry == null ? null : Long.valueOf(entry.value());
            } catch (ExecutionException | InterruptedException | NumberFormatException notKnown) {
                return null;
            }
        }

        @Override
        public void close() throws IOException {
            admin.close(Duration.ofSeconds(2));
            engine.close();
        }
    }

    /** The offsets of a topic's partitions, in order. */
    private static List<Long> offsets(Admin admin, String topic, Map<Integer, OffsetSpec> wanted) throws Exception {
        var asked = new HashMap<TopicPartition, OffsetSpec>();
        wanted.forEach((partition, spec) -> asked.put(new TopicPartition(topic, partition), spec));
        var found = admin.listOffsets(asked, new ListOffsetsOptions().timeoutMs(20_000))
                .all()
                .get();
        return wanted.keySet().stream()
                .map(partition ->
                        found.get(new TopicPartition(topic, partition)).offset())
                .toList();
    }

    // ---- the engines: what harms a broker, and heals it ----

    /** Commands that harm a broker and heal it, and what carries them out. */
    private interface Engine {
        /** What it is, for a person. */
        String about();

        String name(Node broker);

        String harmCommand(Fault fault, Node broker);

        String healCommand(Fault fault, Node broker);

        /** Carries a command out and returns what is to be said of it; empty is nothing. */
        String execute(String command) throws Exception;

        default void close() throws IOException {}
    }

    /** cluster.java as a child: commands go to its standard input, answers come from its output. */
    private class OwnCluster implements Engine {
        private final Process process;
        private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

        OwnCluster() throws Exception {
            if (!Files.exists(Path.of(clusterScript)))
                throw new Failure(
                        3,
                        "No cluster answers at %s, and there is no %s here to start one. Start one:"
                                + " docker compose up -d --wait; or name one: -b HOST:PORT, --cluster"
                                + " SCRIPT",
                        DEFAULT_SERVERS,
                        clusterScript);
            show("@|faint No cluster answers at %s: starting one with %s.|@", DEFAULT_SERVERS, clusterScript);
            String jbang = System.getenv().getOrDefault("JBANG_LAUNCH_CMD", "jbang");
            process = startDeafToCtrlC(List.of(jbang, clusterScript), Redirect.INHERIT);
            var reader = new Thread(this::readAnswers);
            reader.setDaemon(true);
            reader.start();
            String first = nextAnswer(300); // the first time, JBang fetches Kafka
            if (!first.startsWith("ready: ")) {
                close();
                throw new Failure(1, "The cluster did not start: %s", first);
            }
        }

        private void readAnswers() {
            process.inputReader().lines().forEach(line -> {
                if (line.contains(" died: ")) show("  @|red %s|@", line);
                else answers.add(line);
            });
            answers.add("error: " + clusterScript + " has ended");
        }

        private String nextAnswer(int limitSeconds) throws InterruptedException {
            for (int tenths = 0; tenths < 10 * limitSeconds; tenths++) {
                String answer = answers.poll(100, TimeUnit.MILLISECONDS);
                if (answer != null) return answer;
                if (limitSeconds >= 300 && Cluster.stopping()) return "interrupted";
            }
            return "error: no answer within " + limitSeconds + " s";
        }

        @Override
        public String about() {
            return "its own cluster";
        }

        @Override
        public String name(Node broker) {
            return "kafka-" + broker.id();
        }

        @Override
        public String harmCommand(Fault fault, Node broker) {
            if (fault == Fault.disconnect)
                throw new Failure(2, "--fault disconnect needs Docker's network: docker compose up -d --wait");
            return fault + " " + name(broker);
        }

        @Override
        public String healCommand(Fault fault, Node broker) {
            return (fault == Fault.pause ? "resume " : "start ") + name(broker);
        }

        @Override
        public String execute(String command) throws Exception {
            process.outputWriter().write(command + "\n");
            process.outputWriter().flush();
            String answer = nextAnswer(120);
            if (answer.startsWith("error: "))
                throw new Failure(1, "'%s' did not work: %s", command, answer.substring(7));
            return answer;
        }

        /** The end of its input ends it, and its nodes with it. */
        @Override
        public void close() throws IOException {
            process.outputWriter().close();
            try {
                if (!process.waitFor(30, TimeUnit.SECONDS)) process.toHandle().destroy();
            } catch (InterruptedException hurry) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A child that Ctrl-C does not reach: we are to end it, or wait for it, in good order. */
    private static Process startDeafToCtrlC(List<String> command, Redirect errors) throws IOException {
        var all = new ArrayList<>(List.of("sh", "-c", "trap '' INT; exec \"$@\"", "sh"));
        all.addAll(command);
        return new ProcessBuilder(all).redirectError(errors).start();
    }

    /** Runs a shell's command; what it prints is told only when it fails. */
    private static String shell(String command) throws Exception {
        Path output = Files.createTempFile("failover-", ".out");
        try {
            var builder = new ProcessBuilder("sh", "-c", "trap '' INT; " + command);
            Process process = builder.redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            process.outputWriter().close();
            boolean ended = process.waitFor(120, TimeUnit.SECONDS);
            if (!ended) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                throw new Failure(1, "'%s' did not end within 120 s.", command);
            }
            String said = Files.readString(output).strip();
            if (process.exitValue() == 0) return said;
            throw new Failure(
                    1,
                    "'%s' failed (exit status %d): %s",
                    command,
                    process.exitValue(),
                    said.isEmpty() ? "it says nothing." : said.substring(said.lastIndexOf('\n') + 1));
        } finally {
            Files.deleteIfExists(output);
        }
    }

    /** The containers of docker-compose.yml. */
    private static class Compose implements Engine {
        /** Whether each broker's address is the one that its container has published. */
        static boolean runs(Map<Integer, Node> brokers) {
            for (Node broker : brokers.values()) {
                try {
                    String published = shell("docker port " + container(broker));
                    boolean here = List.of("localhost", "127.0.0.1").contains(broker.host());
                    if (!here || !published.matches("(?s).*:" + broker.port() + "\\b.*")) return false;
                } catch (Exception noDockerOrNoContainer) {
                    return false;
                }
            }
            return true;
        }

        private static String container(Node broker) {
            return "kafka-deploy-kafka-" + broker.id();
        }

        @Override
        public String about() {
            return "the cluster of docker-compose.yml";
        }

        @Override
        public String name(Node broker) {
            return "kafka-" + broker.id();
        }

        @Override
        public String harmCommand(Fault fault, Node broker) {
            return switch (fault) {
                case disconnect -> "docker network disconnect kafka-deploy_default " + container(broker);
                default -> "docker " + fault + " " + container(broker);
            };
        }

        @Override
        public String healCommand(Fault fault, Node broker) {
            return switch (fault) {
                case disconnect -> "docker network connect kafka-deploy_default " + container(broker);
                case pause -> "docker unpause " + container(broker);
                default -> "docker start " + container(broker);
            };
        }

        /** {@code docker stop} sends SIGTERM and, after 10 s, SIGKILL: it is said which it was. */
        @Override
        public String execute(String command) throws Exception {
            shell(command);
            if (!command.startsWith("docker stop ")) return "";
            String status =
                    shell("docker inspect -f '{{.State.ExitCode}}' " + command.substring("docker stop ".length()));
            return status.equals("137")
                    ? "Docker sent SIGKILL: it did not end within 10 s of SIGTERM"
                    : "it ended itself after SIGTERM (exit status " + status + ")";
        }
    }

    /** Commands of yours: {@code --stop-command} and {@code --start-command}. */
    private class Commands implements Engine {
        @Override
        public String about() {
            return "your cluster, your commands";
        }

        @Override
        public String name(Node broker) {
            return "broker " + broker.id();
        }

        @Override
        public String harmCommand(Fault fault, Node broker) {
            return filledIn(stopCommand, broker);
        }

        @Override
        public String healCommand(Fault fault, Node broker) {
            return filledIn(startCommand, broker);
        }

        /** What is put into a shell's command has no character that a shell reads. */
        private static String filledIn(String command, Node broker) {
            if (!broker.host().matches("[\\w.:-]+"))
                throw new Failure(1, "Broker %d has a strange host name: '%s'.", broker.id(), broker.host());
            return command.replace("{id}", broker.idString())
                    .replace("{host}", broker.host())
                    .replace("{port}", "" + broker.port());
        }

        @Override
        public String execute(String command) throws Exception {
            shell(command);
            return "";
        }
    }

    /** A person harms and heals the broker; the script notices. */
    private static class Person implements Engine {
        @Override
        public String about() {
            return "your cluster, your hands";
        }

        @Override
        public String name(Node broker) {
            return "broker " + broker.id();
        }

        @Override
        public String harmCommand(Fault fault, Node broker) {
            return "now %s broker %d (%s:%d)".formatted(fault, broker.id(), broker.host(), broker.port());
        }

        @Override
        public String healCommand(Fault fault, Node broker) {
            return "now heal broker %d (%s:%d)".formatted(broker.id(), broker.host(), broker.port());
        }

        @Override
        public String execute(String command) {
            return "";
        }
    }

    // ---- the clients of a trial ----

    /** The producer: numbered records to the partitions in turn, at a steady rate. */
    private class Load {
        /** Refused for good: such a record was never written. All else is unknown, not failed. */
        private static final List<Class<? extends Exception>> REFUSALS = List.of(
                RecordTooLargeException.class,
                RecordBatchTooLargeException.class,
                InvalidRecordException.class,
                SerializationException.class,
                BufferExhaustedException.class,
                InvalidTopicException.class,
                AuthorizationException.class);

        private final Trial trial;
        private final Producer<byte[], byte[]> producer;
        private final Thread thread = new Thread(this::send, "load");
        private final List<Header> headers;
        private volatile boolean ending;
        private volatile String complaint; // the first record that was not acknowledged, and why

        Load(Trial trial) {
            this.trial = trial;
            this.headers = List.of(new RecordHeader("run", trial.run.getBytes(StandardCharsets.UTF_8)));
            var settings = new HashMap<String, Object>();
            settings.put("key.serializer", ByteArraySerializer.class.getName());
            settings.put("value.serializer", ByteArraySerializer.class.getName());
            Properties properties = cluster.properties(settings);
            trial.plan.properties.forEach((key, value) -> {
                if (ProducerConfig.configNames().contains(key)) properties.put(key, value);
            });
            producer = Cluster.create(() -> new KafkaProducer<>(properties));
            producer.partitionsFor(trial.topic.name);
            thread.start();
        }

        /** By the clock, not by the gap: what an outage held up is sent as soon as it can be. */
        private void send() {
            long start = System.nanoTime();
            for (int next = 1; !ending; next++) {
                int id = next;
                long due = start + (long) ((id - 1) * 1e9 / rate);
                for (long left = 1; left > 0 && !ending; left = due - System.nanoTime())
                    LockSupport.parkNanos(due - System.nanoTime());
                if (ending) return;
                trial.ledger.sent(id);
                var record = new ProducerRecord<byte[], byte[]>(
                        trial.topic.name, trial.ledger.partition(id), null, null, event(id), headers);
                try {
                    producer.send(record, (at, error) -> ended(id, error));
                } catch (KafkaException | IllegalStateException closed) {
                    ended(id, closed);
                    return;
                }
            }
        }

        private void ended(int id, Exception error) {
            boolean refused = REFUSALS.stream().anyMatch(kind -> kind.isInstance(error));
            trial.ledger.ended(id, error == null ? Fate.ACKNOWLEDGED : refused ? Fate.FAILED : Fate.UNKNOWN);
            if (error != null && complaint == null) {
                complaint = "record %d: %s".formatted(id, Cluster.oneLine(error));
                trial.journal.tell("note", Map.of(), "not acknowledged: %s", complaint);
            }
        }

        /** The guide's record, padded to the size that was asked for. */
        private byte[] event(int id) {
            String json = "{\"event_id\": " + id + ", \"key\": \"test\", \"message\": \"This is event number " + id;
            return (json + " ".repeat(Math.max(0, size - json.length() - 2)) + "\"}").getBytes(StandardCharsets.UTF_8);
        }

        /** Sends no more, and waits until the fate of all that was sent is known. */
        void finish() throws Exception {
            ending = true;
            int limit = Integer.parseInt(trial.plan.properties.getOrDefault("delivery.timeout.ms", "120000")) / 1000;
            if (!trial.topicGone())
                trial.await(
                        "some records' fate is not known",
                        10 + limit,
                        () -> trial.ledger.resolved() >= trial.ledger.last());
            close();
        }

        /** What is under way then stays unknown. */
        void close() {
            ending = true;
            producer.close(Duration.ofSeconds(2));
        }
    }

    /** A member of the group. It commits what it has received: at least once. */
    private class Member {
        final int number;
        volatile Set<Integer> partitions; // null: the group has not told yet
        volatile long received;
        volatile long firstOffset = -1; // in partition 0
        volatile long lastOffset = -1;
        private final Trial trial;
        private final Consumer<byte[], byte[]> consumer;
        private final Thread thread;
        private volatile boolean leaving;

        Member(Trial trial, int number) {
            this.trial = trial;
            this.number = number;
            var settings = new HashMap<String, Object>();
            settings.put("group.id", trial.group);
            settings.put("client.id", "consumer-" + number);
            settings.put("enable.auto.commit", "false");
            settings.put("auto.offset.reset", "earliest");
            settings.put("key.deserializer", ByteArrayDeserializer.class.getName());
            settings.put("value.deserializer", ByteArrayDeserializer.class.getName());
            Properties properties = cluster.properties(settings);
            trial.plan.properties.forEach((key, value) -> {
                if (ConsumerConfig.configNames().contains(key)) properties.put(key, value);
            });
            consumer = Cluster.create(() -> new KafkaConsumer<>(properties));
            thread = new Thread(this::read, "consumer-" + number);
            thread.start();
        }

        private void read() {
            try (consumer) {
                consumer.subscribe(List.of(trial.topic.name), new Rebalance());
                while (!leaving) {
                    var records = consumer.poll(Duration.ofMillis(100));
                    for (var record : records) receive(record);
                    if (!records.isEmpty()) consumer.commitAsync();
                }
                consumer.commitSync(Duration.ofSeconds(3));
                consumer.unsubscribe();
            } catch (KafkaException failed) {
                trial.journal.tell("note", Map.of(), "consumer %d: %s", number, Cluster.oneLine(failed));
            }
            partitions = Set.of();
        }

        private void receive(ConsumerRecord<byte[], byte[]> record) {
            int id = idOf(record, trial.run);
            if (!trial.ledger.holds(id)) return; // another run's, or another producer's
            trial.ledger.received(id, number);
            received++;
            if (record.partition() != 0) return;
            if (firstOffset < 0) firstOffset = record.offset();
            lastOffset = record.offset();
        }

        void leave() {
            leaving = true;
            try {
                thread.join(15_000);
            } catch (InterruptedException hurry) {
                Thread.currentThread().interrupt();
            }
        }

        private class Rebalance implements ConsumerRebalanceListener {
            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> given) {
                tell();
            }

            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> taken) {
                if (!leaving && !taken.isEmpty()) consumer.commitSync(Duration.ofSeconds(3));
                if (!leaving) partitions = null; // until the group tells what it has now
            }

            @Override
            public void onPartitionsLost(Collection<TopicPartition> taken) {
                trial.journal.tell(
                        "note", Map.of(), "consumer %d lost its partitions: the group went on without it", number);
                partitions = null;
            }

            private void tell() {
                var now = new TreeSet<Integer>();
                for (TopicPartition each : consumer.assignment()) now.add(each.partition());
                partitions = now;
                var details = details("consumer", number, "assigned", List.copyOf(now));
                trial.journal.tell(
                        "assigned",
                        details,
                        "consumer %d: %s",
                        number,
                        now.isEmpty() ? "idle, no partition is left for it" : "partition " + joined(now));
            }
        }
    }

    /** The id of a record of this run, or -1. */
    static int idOf(ConsumerRecord<byte[], byte[]> record, String run) {
        Header header = record.headers().lastHeader("run");
        if (header == null || record.value() == null || !run.equals(new String(header.value(), StandardCharsets.UTF_8)))
            return -1;
        int id = 0;
        for (int i = "{\"event_id\": ".length(); i < record.value().length; i++) {
            int digit = record.value()[i] - '0';
            if (digit < 0 || digit > 9) return id;
            id = 10 * id + digit;
        }
        return -1;
    }

    /** Watches who leads and who is in sync, by asking the cluster every 20 ms. */
    private class Observer {
        /** Brokers learn of a change at different times: so many answers in a row must agree. */
        private static final int AGREEING = 3;

        /** A broker that was frozen, or cut off, tells for a while what was true before. */
        private static final int AGREEING_ON_OLD_NEWS = 50;

        record State(int leader, List<Integer> inSync) {}

        record Change(int tick, int partition, State before, State now) {
            boolean leaderChanged() {
                return now.leader != before.leader;
            }
        }

        private final Admin admin;
        private final Topic topic;
        private final Journal journal;
        private final boolean patient;
        private final State[] states;
        private final State[] next; // seen, and not believed yet
        private final int[] nextSince;
        private final int[] nextSeen;
        private final List<Change> changes = new ArrayList<>();
        private final Thread thread = new Thread(this::watch, "observer");
        private volatile boolean ending;
        private volatile boolean topicGone;
        private long asked;
        private long answered;
        private int outstanding;
        private int lastAnswerAt;
        private int worstGap;

        Observer(Trial trial) throws Exception {
            topic = trial.topic;
            journal = trial.journal;
            boolean restarts = trial.plan.fault == Fault.stop || trial.plan.fault == Fault.kill;
            patient = !restarts || stopCommand != null || manual;
            states = new State[topic.partitions()];
            next = new State[topic.partitions()];
            nextSince = new int[topic.partitions()];
            nextSeen = new int[topic.partitions()];
            Properties properties = cluster.properties(Map.of());
            properties.put("request.timeout.ms", "1000"); // a broker that hangs must not blind us
            properties.put("default.api.timeout.ms", "2000");
            properties.put("reconnect.backoff.max.ms", "200");
            admin = Cluster.create(() -> Admin.create(properties));
            thread.setDaemon(true);
            thread.start();
            trial.await("the cluster does not tell who leads", 30, () -> state(0) != null);
        }

        private void watch() {
            while (!ending) {
                ask();
                LockSupport.parkNanos(20_000_000);
            }
        }

        private void ask() {
            long number;
            synchronized (this) {
                if (outstanding >= 4) return;
                outstanding++;
                number = ++asked;
            }
            admin.describeTopics(List.of(topic.name))
                    .allTopicNames()
                    .whenComplete((found, error) -> answer(number, found, error));
        }

        private synchronized void answer(long number, Map<String, TopicDescription> found, Throwable error) {
            outstanding--;
            if (number < answered || ending) return; // overtaken
            answered = number;
            if (error != null) {
                boolean gone = error instanceof UnknownTopicOrPartitionException
                        || error.getCause() instanceof UnknownTopicOrPartitionException;
                if (gone && !topicGone) journal.tell("note", Map.of(), "topic %s does not exist any more", topic.name);
                topicGone |= gone;
                return;
            }
            if (lastAnswerAt > 0) worstGap = Math.max(worstGap, journal.now() - lastAnswerAt);
            lastAnswerAt = journal.now();
            TopicDescription now = found.get(topic.name);
            if (!now.topicId().equals(topic.id)) topicGone = true;
            for (TopicPartitionInfo it : now.partitions()) {
                if (it.partition() >= states.length) continue;
                int leader = it.leader() == null ? -1 : it.leader().id();
                see(
                        it.partition(),
                        new State(
                                leader, it.isr().stream().map(Node::id).sorted().toList()));
            }
        }

        private void see(int partition, State now) {
            if (states[partition] == null) states[partition] = now;
            if (now.equals(states[partition])) {
                next[partition] = null;
                return;
            }
            if (!now.equals(next[partition])) {
                next[partition] = now;
                nextSince[partition] = journal.now();
                nextSeen[partition] = 0;
            }
            boolean oldNews =
                    patient && changes.stream().anyMatch(it -> it.partition == partition && it.before.equals(now));
            if (++nextSeen[partition] < (oldNews ? AGREEING_ON_OLD_NEWS : AGREEING)) return;
            State before = states[partition];
            states[partition] = now;
            next[partition] = null;
            changes.add(new Change(nextSince[partition], partition, before, now));
            tell(nextSince[partition], partition, before, now);
        }

        private void tell(int tick, int partition, State before, State now) {
            if (now.leader != before.leader) {
                String text = now.leader < 0
                        ? "no leader; it was broker " + before.leader
                        : "broker "
                                + now.leader
                                + " leads"
                                + (before.leader < 0 ? "" : " now; it was broker " + before.leader);
                journal.tellAt(
                        tick,
                        "leader",
                        details("partition", partition, "leader", now.leader, "before", before.leader),
                        "partition %d: %s",
                        partition,
                        text);
            }
            if (!now.inSync.equals(before.inSync))
                journal.tellAt(
                        tick,
                        "in_sync",
                        details("partition", partition, "in_sync", now.inSync),
                        "partition %d: in sync %s",
                        partition,
                        now.inSync.isEmpty() ? "none" : joined(now.inSync));
        }

        private synchronized State state(int partition) {
            return states[partition];
        }

        int leader(int partition) {
            return state(partition).leader;
        }

        /** The partitions that a broker leads now. */
        Set<Integer> led(int broker) {
            return partitions(partition -> leader(partition) == broker);
        }

        private Set<Integer> partitions(IntPredicate wanted) {
            return IntStream.range(0, states.length)
                    .filter(wanted)
                    .boxed()
                    .collect(Collectors.toCollection(TreeSet::new));
        }

        boolean whole() {
            return partitions(it -> leader(it) >= 0
                                    && state(it).inSync.size()
                                            == topic.replicas.get(it).size())
                            .size()
                    == states.length;
        }

        boolean preferred() {
            return partitions(it -> leader(it) == topic.preferredLeader(it)).size() == states.length;
        }

        synchronized List<Change> changesSince(int tick) {
            return changes.stream().filter(it -> it.tick >= tick).toList();
        }

        /** The longest time between two answers, in ticks: no change is told more exactly. */
        synchronized int resolution() {
            return worstGap;
        }

        void close() {
            ending = true;
            admin.close(Duration.ZERO);
        }
    }

    /** Reads the log itself, without the group, from where the trial began to its end. */
    private class Audit {
        private final Trial trial;

        Audit(Trial trial) {
            this.trial = trial;
        }

        void read() throws Exception {
            Map<Integer, OffsetSpec> all = new TreeMap<>();
            for (int partition = 0; partition < trial.topic.partitions(); partition++)
                all.put(partition, OffsetSpec.latest());
            List<Long> ends = settled(all);
            all.replaceAll((partition, spec) -> OffsetSpec.earliest());
            List<Long> begins = ask(all);
            var settings = new HashMap<String, Object>();
            settings.put("enable.auto.commit", "false");
            settings.put("auto.offset.reset", "none");
            settings.put("key.deserializer", ByteArrayDeserializer.class.getName());
            settings.put("value.deserializer", ByteArrayDeserializer.class.getName());
            Properties properties = cluster.properties(settings);
            properties.remove("group.id");
            try (var consumer = new KafkaConsumer<byte[], byte[]>(properties)) {
                for (int partition = 0; partition < trial.topic.partitions(); partition++)
                    read(consumer, partition, begins.get(partition), ends.get(partition));
            } catch (KafkaException refused) {
                throw new Unobserved("the log cannot be read: " + Cluster.oneLine(refused));
            }
        }

        /**
         * What nobody waits for (acks=0), or waits for no more, may still be on its way into the log: seen with 193
         * records, on a busy machine. Where others write to the topic, too, there is no end, and 10 s must do.
         */
        private List<Long> settled(Map<Integer, OffsetSpec> wanted) throws Exception {
            List<Long> ends = ask(wanted);
            for (int seconds = 0; seconds < 10; seconds++) {
                if (Cluster.stopsWithin(1_000_000_000)) throw new Unobserved("interrupted");
                List<Long> before = ends;
                ends = ask(wanted);
                if (ends.equals(before)) break;
            }
            return ends;
        }

        /** A topic that is gone has no records: then all that was acknowledged is lost. */
        private List<Long> ask(Map<Integer, OffsetSpec> wanted) throws Exception {
            try {
                Admin admin = trial.stage.admin;
                boolean gone =
                        trial.topicGone() && !admin.listTopics().names().get().contains(trial.topic.name);
                return gone ? Collections.nCopies(wanted.size(), 0L) : offsets(admin, trial.topic.name, wanted);
            } catch (ExecutionException failed) {
                throw new Unobserved("the log cannot be read: " + Cluster.oneLine(failed));
            }
        }

        private void read(Consumer<byte[], byte[]> consumer, int partition, long begin, long end) throws Exception {
            long from = trial.topic.ends.get(partition);
            if (trial.observer.topicGone) from = 0; // it was deleted; one of the same name starts at 0
            if (begin > from)
                trial.journal.tell(
                        "note",
                        Map.of(),
                        "partition %d: the log starts at offset %d now; what was before was deleted",
                        partition,
                        begin);
            from = Math.max(from, begin);
            if (from >= end) return;
            var it = new TopicPartition(trial.topic.name, partition);
            consumer.assign(List.of(it));
            consumer.seek(it, from);
            int highest = 0;
            long progressAt = System.nanoTime();
            while (consumer.position(it) < end) {
                var records = consumer.poll(Duration.ofMillis(100));
                for (var record : records) {
                    int id = idOf(record, trial.run);
                    if (!trial.ledger.holds(id)) continue;
                    trial.ledger.foundInLog(id, highest);
                    highest = Math.max(highest, id);
                }
                if (!records.isEmpty()) progressAt = System.nanoTime();
                if (System.nanoTime() - progressAt > 30e9)
                    throw new Unobserved(
                            "partition %d cannot be read to its end (no progress for 30 s)".formatted(partition));
                if (Cluster.stopping()) throw new Unobserved("interrupted");
            }
        }
    }

    // ---- what is told, and when ----

    /**
     * What happened in a trial, in ticks of 10 microseconds since its start: an int has 6 h of
     * them.
     */
    private class Journal {
        record Event(int tick, String kind, Map<String, Object> details, String text) {}

        private final long start = System.nanoTime();
        private final List<Event> events = new ArrayList<>();

        /** Never 0: that is the ledger's word for never. */
        int now() {
            return 1 + (int) ((System.nanoTime() - start) / 10_000);
        }

        int tell(String kind, Map<String, Object> details, String format, Object... values) {
            return tellAt(now(), kind, details, format, values);
        }

        synchronized int tellAt(int tick, String kind, Map<String, Object> details, String format, Object... values) {
            String text = String.format(Locale.ROOT, format, values);
            events.add(new Event(tick, kind, details, text));
            show(COLOURS.getOrDefault(kind, "%6.1f s  %s"), seconds(tick), text);
            return tick;
        }

        synchronized List<Event> events() {
            return events.stream().sorted(Comparator.comparingInt(Event::tick)).toList();
        }
    }

    private static final Map<String, String> COLOURS = Map.of(
            "fault", "%6.1f s  @|bold,red %s|@",
            "heal", "%6.1f s  @|bold,green %s|@",
            "leader", "%6.1f s  @|yellow %s|@",
            "assigned", "%6.1f s  @|cyan %s|@",
            "unobserved", "%6.1f s  @|bold,yellow %s|@");

    private static double seconds(int ticks) {
        return ticks / 1e5;
    }

    private synchronized void show(String format, Object... values) {
        if (json) return;
        if (live != null) live.erase();
        Cluster.say(format, values);
        if (live != null) live.draw();
    }

    private Live live; // only on a terminal, and while a trial runs

    /** What happens now: a line per partition below the events, redrawn in place 5 times a second. */
    private class Live {
        private static final int SECONDS = 30;
        private static final int MOST_LINES = 12;
        private final Trial trial;
        private final long[][] perSecond; // by partition: acknowledged in each of the last seconds
        private final long[] before; // acknowledged until the last full second
        private final Thread thread = new Thread(this::run, "live");
        private volatile boolean ending;
        private final List<Integer> drawn = new ArrayList<>(); // the lengths of the lines
        private volatile int width = 80;

        Live(Trial trial) {
            this.trial = trial;
            this.perSecond = new long[trial.topic.partitions()][SECONDS];
            this.before = new long[trial.topic.partitions()];
            System.out.print("\033[?25l"); // no cursor
            thread.setDaemon(true);
            thread.start();
        }

        private void run() {
            for (int tick = 0; !ending; tick++) {
                if (tick % 5 == 0) nextSecond();
                width = windowWidth();
                synchronized (failover.this) {
                    if (ending) return;
                    erase();
                    draw();
                }
                LockSupport.parkNanos(200_000_000);
            }
        }

        private void nextSecond() {
            for (int partition = 0; partition < before.length; partition++) {
                long now = trial.ledger.acknowledgedIn.get(partition);
                long[] seconds = perSecond[partition];
                System.arraycopy(seconds, 1, seconds, 0, SECONDS - 1);
                seconds[SECONDS - 1] = now - before[partition];
                before[partition] = now;
            }
        }

        void erase() {
            int rows =
                    drawn.stream().mapToInt(length -> 1 + (length - 1) / width).sum(); // in a narrower window they wrap
            if (rows > 0) System.out.print("\033[" + rows + "A\033[J");
            drawn.clear();
        }

        void draw() {
            draw("  %-3s%-30s  %-6s  %-7s %8s %8s %8s"
                    .formatted("", "the last 30 s", "LEADER", "IN SYNC", "SENT", "ACKED", "READ"));
            for (int partition = 0; partition < Math.min(before.length, MOST_LINES); partition++) {
                int leader = trial.observer.leader(partition);
                draw("  %-3d%s  %-6s  %-7s %,8d %,8d %,8d"
                        .formatted(
                                partition,
                                Result.strip(perSecond[partition], (double) rate / before.length),
                                leader < 0 ? "none" : leader,
                                joined(trial.observer.state(partition).inSync),
                                trial.ledger.sentIn.get(partition),
                                trial.ledger.acknowledgedIn.get(partition),
                                trial.ledger.readIn.get(partition)));
            }
            System.out.flush();
        }

        private void draw(String line) {
            String cut = line.substring(0, Math.min(line.length(), width - 1));
            System.out.println(cut);
            drawn.add(cut.length());
        }

        void close() {
            synchronized (failover.this) {
                ending = true;
                erase();
                live = null;
                System.out.print("\033[?25h");
                System.out.flush();
            }
        }

        /** The window may be resized while we run; only the terminal knows. */
        private static int windowWidth() {
            try {
                var stty = new ProcessBuilder("stty", "size")
                        .redirectInput(new File("/dev/tty"))
                        .start();
                String[] size = new String(stty.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                        .strip()
                        .split(" ");
                return Math.max(20, Integer.parseInt(size[1]));
            } catch (IOException | RuntimeException notKnown) {
                return 80;
            }
        }
    }

    // ---- the result of a trial ----

    /** What a trial has shown: its claims, its numbers and its picture in the terminal. */
    private class Result {
        final Plan plan;
        final Account account;
        private final Trial trial;
        private final Ledger ledger;
        private final List<Outage> outages;
        private final int partitions;
        private final int[][] acknowledged; // by partition: when, in order
        private final int[][] read;
        private final List<Claim> claims = new ArrayList<>();

        Result(Trial trial) {
            this.trial = trial;
            this.plan = trial.plan;
            this.ledger = trial.ledger;
            this.outages = trial.outages;
            this.partitions = trial.topic.partitions();
            this.account = ledger.account();
            this.acknowledged = ledger.times(ledger::acknowledgedAt);
            this.read = ledger.times(ledger::receivedAt);
            judge();
        }

        Verdict verdict() {
            return claims.stream()
                    .map(Claim::verdict)
                    .max(Comparator.naturalOrder())
                    .orElse(Verdict.INCONCLUSIVE);
        }

        // -- the claims --

        private void judge() {
            if (trial.unobserved != null) claim(Verdict.INCONCLUSIVE, "the trial came to its end", trial.unobserved);
            for (Outage outage : outages) judgeFault(outage);
            judgeFlow();
            if (plan.scenario != null && trial.unobserved == null) {
                switch (plan.scenario) {
                    case ONE -> judgeStandby();
                    case TWO -> judgeSharing(outages.get(0));
                    case THREE -> outages.forEach(this::judgeRecovery);
                }
            }
            if (!trial.audited) claim(Verdict.INCONCLUSIVE, "the log was read", "it was not");
            else claims.addAll(claimsOf(account, ledger, plan.promisesNoLoss(), plan.promisesNoDuplicate()));
        }

        private void claim(Verdict verdict, String text, String evidence) {
            claims.add(new Claim(verdict, text, evidence));
        }

        private void claim(boolean holds, String text, String evidence) {
            claim(holds ? Verdict.PASS : Verdict.FAIL, text, evidence);
        }

        /** PASS needs that the cluster itself noticed: nothing else shows that the fault was one. */
        private void judgeFault(Outage outage) {
            String text = outage.name + " went away";
            for (var change : trial.observer.changesSince(outage.harmedAt)) {
                if (outage.endedAt > 0 && change.tick() > outage.endedAt) break;
                boolean led = change.before().leader() == outage.broker
                        && change.now().leader() != outage.broker;
                boolean out = change.before().inSync().contains(outage.broker)
                        && !change.now().inSync().contains(outage.broker);
                if (!led && !out) continue;
                String what = led ? "led partition %d no more" : "was out of the in-sync replicas of partition %d";
                String when = ", %.2f s after the fault".formatted(seconds(change.tick() - outage.harmedAt));
                claim(true, text, "it " + what.formatted(change.partition()) + when);
                return;
            }
            String hint =
                    "the cluster noticed nothing: a dead broker is noticed after broker.session.timeout.ms (--down)";
            claim(Verdict.INCONCLUSIVE, text, hint);
        }

        private void judgeFlow() {
            int first = outages.isEmpty() ? trial.leftAt : outages.get(0).harmedAt;
            int last = outages.isEmpty() ? trial.leftAt : outages.get(outages.size() - 1).endedAt;
            if (first == 0 || last == 0) return; // then the trial did not come to its end
            for (int partition = 0; partition < partitions; partition++) {
                long before = count(partition, 0, first);
                long after = count(partition, last, Integer.MAX_VALUE);
                if (before > 0 && after > 0) continue;
                String evidence = "partition %d: %,d acknowledged before, %,d after";
                claim(
                        Verdict.INCONCLUSIVE,
                        "records flow before and after",
                        evidence.formatted(partition, before, after));
            }
        }

        /** How many records of a partition were acknowledged after one tick and before another. */
        private long count(int partition, int after, int before) {
            return Arrays.stream(acknowledged[partition])
                    .filter(it -> it > after && it < before)
                    .count();
        }

        /** Scenario 1. */
        private void judgeStandby() {
            long[] received = new long[3]; // by consumer
            for (int id = 1; id <= ledger.last(); id++)
                if (ledger.receivedAt(id) > 0 && ledger.receivedAt(id) < trial.leftAt) received[ledger.reader(id)]++;
            Member busy = trial.busy;
            Member idle = trial.members.get(2 - busy.number);
            String both = "consumer %d received %,d, consumer %d %,d"
                    .formatted(busy.number, received[busy.number], idle.number, received[idle.number]);
            boolean alone = received[busy.number] > 0 && received[idle.number] == 0;
            claim(alone, "only one consumer receives messages, the other is idle", both);
            String handover = "consumer %d ended after offset %,d, consumer %d went on at %,d"
                    .formatted(busy.number, busy.lastOffset, idle.number, idle.firstOffset);
            boolean takesOver = idle.firstOffset >= 0 && idle.firstOffset <= busy.lastOffset + 1;
            claim(takesOver, "the idle one is a standby: it takes over where the other stopped", handover);
        }

        /** Scenario 2. */
        private void judgeSharing(Outage outage) {
            long[] received = new long[3]; // by consumer
            int id = 1;
            while (id <= ledger.last() && ledger.receivedAt(id) > 0 && ledger.receivedAt(id) < outage.harmedAt)
                received[ledger.reader(id++)]++;
            boolean balanced = id > 10 && Math.abs(received[1] - received[2]) <= 1;
            String halves = "of the first %,d, consumer 1 received %,d and consumer 2 %,d";
            claim(
                    balanced,
                    "messages are load-balanced across both consumers",
                    halves.formatted(id - 1, received[1], received[2]));

            int slack = trial.observer.resolution();
            for (int partition = 0; partition < partitions; partition++) {
                if (outage.partitions.contains(partition)) {
                    int gone = change(outage, partition, false);
                    int back = change(outage, partition, true);
                    Gap silence = pause(acknowledged, outage, partition);
                    // A leader that resigns still acknowledges, for a moment, what it has.
                    boolean silent = silence.to >= back - slack && silence.ticks() > 0.8 * (back - gone);
                    String text = "partition %d is unavailable while its broker is away".formatted(partition);
                    String evidence = "no leader for %.1f s, no acknowledgement for %.1f s";
                    claim(
                            gone > 0 && back > gone && silent,
                            text,
                            evidence.formatted(seconds(Math.max(0, back - gone)), silence.seconds()));
                    long after = count(partition, outage.endedAt, Integer.MAX_VALUE);
                    claim(after > 0, "it resumes when its broker is back", "%,d acknowledged since".formatted(after));
                } else {
                    Gap gap = longestGap(acknowledged[partition], outage.harmedAt, outage.healedAt);
                    long meanwhile = count(partition, outage.harmedAt, outage.healedAt);
                    boolean goesOn = meanwhile > 0 && gap.ticks() < (outage.healedAt - outage.harmedAt) / 2;
                    String evidence = "%,d acknowledged meanwhile, longest pause %.2f s";
                    claim(
                            goesOn,
                            "partition %d, on the other broker, goes on".formatted(partition),
                            evidence.formatted(meanwhile, gap.seconds()));
                }
            }
        }

        /** Scenario 3. */
        private void judgeRecovery(Outage outage) {
            for (int partition : outage.partitions) {
                int elected = change(outage, partition, true);
                String text = "partition %d gets a new leader while %s is away".formatted(partition, outage.name);
                String when = elected == 0
                        ? "it got none"
                        : "%.2f s after the fault".formatted(seconds(elected - outage.harmedAt));
                claim(elected > 0 && elected < outage.healedAt, text, when);
                long since = elected == 0 ? 0 : count(partition, elected, outage.healedAt);
                Gap gap = pause(acknowledged, outage, partition);
                String pause = "longest pause %.2f s%s; %,d acknowledged before %s was back"
                        .formatted(gap.seconds(), bound(gap), since, outage.name);
                claim(since > 0, "a brief pause, then it recovers by itself", pause);
            }
        }

        /** When a partition first had a leader again (or had none any more) after a fault; 0 is never. */
        private int change(Outage outage, int partition, boolean elected) {
            return first(outage, partition, it -> it.leaderChanged() && it.now().leader() >= 0 == elected);
        }

        private int first(Outage outage, int partition, Predicate<Observer.Change> wanted) {
            return trial.observer.changesSince(outage.harmedAt).stream()
                    .filter(it -> it.partition() == partition && wanted.test(it))
                    .mapToInt(Observer.Change::tick)
                    .findFirst()
                    .orElse(0);
        }

        // -- the outage, taken apart --

        /** Nothing from here to there, in ticks. */
        private record Gap(int from, int to) {
            int ticks() {
                return to - from;
            }

            double seconds() {
                return failover.seconds(ticks());
            }
        }

        /** The longest time between two of these that overlaps the window. */
        private static Gap longestGap(int[] times, int from, int to) {
            var longest = new Gap(0, 0);
            for (int i = 1; i < times.length; i++)
                if (times[i] >= from && times[i - 1] <= to && times[i] - times[i - 1] > longest.ticks())
                    longest = new Gap(times[i - 1], times[i]);
            return longest;
        }

        /** The pause that an outage made, until the replicas are in sync again. */
        private Gap pause(int[][] times, Outage outage, int partition) {
            int end = outage.wholeAt > 0 ? outage.wholeAt : Integer.MAX_VALUE;
            return longestGap(times[partition], outage.harmedAt, end);
        }

        /** The longest pause that an outage made in any partition. */
        private Gap worst(int[][] times, Outage outage) {
            return longestOf(IntStream.range(0, partitions).mapToObj(partition -> pause(times, outage, partition)));
        }

        private static Gap longestOf(Stream<Gap> gaps) {
            return gaps.max(Comparator.comparingInt(Gap::ticks)).orElse(new Gap(0, 0));
        }

        double pauseSeconds() {
            return longestOf(outages.stream().map(outage -> worst(acknowledged, outage)))
                    .seconds();
        }

        /** What a pause is bounded by: the time in which the cluster, or the client, gives a broker up. */
        private String bound(Gap gap) {
            String name = plan.fault == Fault.pause ? "request.timeout.ms" : "broker.session.timeout.ms";
            Long limit = (Long) trial.limits().get(name);
            if (plan.fault == Fault.stop || limit == null) return "";
            return ": %.2f times %s (%.0f s)".formatted(gap.seconds() * 1e3 / limit, name, limit / 1e3);
        }

        /** When each thing happened to a partition after a fault, in ticks; 0 is never. */
        private Map<String, Integer> phases(Outage outage, int partition) {
            int copies = trial.topic.copies();
            var phases = new LinkedHashMap<String, Integer>();
            phases.put("leader gone", change(outage, partition, false));
            phases.put("new leader", change(outage, partition, true));
            phases.put("first acknowledged", firstAfter(acknowledged[partition], phases.get("new leader")));
            phases.put("first read", firstAfter(read[partition], phases.get("new leader")));
            phases.put(
                    "in sync",
                    first(
                            outage,
                            partition,
                            it -> it.now().leader() >= 0 && it.now().inSync().size() == copies));
            int preferred = trial.topic.preferredLeader(partition);
            phases.put(
                    "preferred",
                    first(
                            outage,
                            partition,
                            it -> it.leaderChanged() && it.now().leader() == preferred));
            return phases;
        }

        private static int firstAfter(int[] times, int tick) {
            return tick == 0
                    ? 0
                    : Arrays.stream(times).filter(it -> it > tick).findFirst().orElse(0);
        }

        /** Latency from the call to the acknowledgement, in ms, of records sent in a window. */
        private record Latency(double p50, double p99, double max, int records) {
            static Latency of(int[] ticks) {
                Arrays.sort(ticks);
                int n = ticks.length;
                if (n == 0) return new Latency(0, 0, 0, 0);
                return new Latency(ticks[n / 2] / 100.0, ticks[(int) (n * 0.99)] / 100.0, ticks[n - 1] / 100.0, n);
            }

            Map<String, Object> toMap() {
                return records == 0 ? null : details("p50", p50, "p99", p99, "max", max);
            }
        }

        private Latency latency(IntPredicate wanted) {
            return Latency.of(IntStream.rangeClosed(1, ledger.last())
                    .filter(id -> ledger.acknowledgedAt(id) > 0 && wanted.test(id))
                    .map(id -> ledger.acknowledgedAt(id) - ledger.sentAt(id))
                    .toArray());
        }

        /** Acknowledged before the first fault, sent after the last recovery, and all between. */
        private Map<String, Latency> latencies() {
            var latencies = new LinkedHashMap<String, Latency>();
            int first = outages.isEmpty() ? Integer.MAX_VALUE : outages.get(0).harmedAt;
            int end = outages.isEmpty() ? 0 : outages.get(outages.size() - 1).endedAt;
            int last = end == 0 ? Integer.MAX_VALUE : end;
            latencies.put("before", latency(id -> ledger.acknowledgedAt(id) < first));
            latencies.put("during", latency(id -> ledger.acknowledgedAt(id) >= first && ledger.sentAt(id) < last));
            latencies.put("after", latency(id -> ledger.sentAt(id) >= last));
            return latencies;
        }

        // -- told to a person --

        void report() {
            show("");
            strips();
            outages.forEach(this::tellApart);
            if (!outages.isEmpty()) tellLatencies();
            show("");
            if (trial.audited) account.table().forEach(line -> show("  %s", line));
            else show("  The log was not read, so that it is not known what became of %,d records.", account.sent());
            show("");
            if (plan.scenario != null) show("  The guide: %s", plan.scenario.observation);
            for (Claim claim : claims) {
                show("  %s  %s", claim.verdict.painted(), claim.text);
                show("@|faint         %s|@", claim.evidence);
            }
            if (plan.scenario == Scenario.THREE)
                show("@|faint   (About one failure: what was acknowledged meanwhile was on one disk.)|@");
        }

        /** A line per partition: each character is half a second, or more in a long run. */
        private void strips() {
            int end = trial.journal.now();
            int step = 50_000 * Math.max(1, (int) Math.ceil(end / 50_000.0 / 64));
            int columns = end / step + 1;
            show("  acknowledged by partition; a character is %.1f s", seconds(step));
            for (int partition = 0; partition < partitions; partition++) {
                long[] counts = new long[columns];
                for (int tick : acknowledged[partition]) counts[tick / step]++;
                show("  partition %-3d %s", partition, strip(counts, (double) rate / partitions * seconds(step)));
            }
            for (Outage outage : outages) {
                int from = outage.harmedAt / step;
                int to = outage.healedAt == 0 ? columns : outage.healedAt / step + 1;
                String away = "-".repeat(from) + "x".repeat(to - from) + "-".repeat(columns - to);
                show("  %-13s %s  x away", outage.name, away);
            }
        }

        private static String strip(long[] counts, double full) {
            String levels = speaksUnicode() ? " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588" : " .:-=+*#@";
            var strip = new StringBuilder();
            for (long count : counts) {
                int level = count == 0 ? 0 : (int) Math.max(1, Math.min(8, Math.round(8 * count / full)));
                strip.append(levels.charAt(level));
            }
            return strip.toString();
        }

        private void tellApart(Outage outage) {
            String within = "leaders to within %.2f s".formatted(seconds(trial.observer.resolution()));
            show("");
            show("  %s away: in seconds after the fault (%s)", outage.name, within);
            for (int partition : outage.partitions) {
                var phases = new ArrayList<String>();
                phases(outage, partition).forEach((what, tick) -> {
                    if (tick > 0) phases.add("%s %.2f".formatted(what, seconds(tick - outage.harmedAt)));
                });
                show("  partition %-3d %s", partition, String.join(", ", phases));
            }
            Gap acks = worst(acknowledged, outage);
            Gap reads = worst(read, outage);
            String format = "  longest pause %.2f s in acknowledgements%s, %.2f s in reads";
            show(format, acks.seconds(), bound(acks), reads.seconds());
        }

        private void tellLatencies() {
            show("");
            show("  %-13s %9s %9s %9s   ms from the call to the acknowledgement", "latency", "p50", "p99", "maximum");
            latencies().forEach((when, it) -> {
                if (it.records > 0) show("  %-13s %,9.1f %,9.1f %,9.1f", when, it.p50, it.p99, it.max);
            });
        }

        // -- told to a program --

        /** The trial as JSON lines: what was to be done, what happened, the flow, the verdict. */
        void writeTo(Writer file) throws IOException {
            var lines = new ArrayList<Map<String, Object>>();
            lines.add(trial.header());
            for (var event : trial.journal.events()) {
                var line = details("type", "event", "ms", ms(event.tick()), "kind", event.kind());
                line.putAll(event.details());
                line.put("text", event.text());
                lines.add(line);
            }
            for (int partition = 0; partition < partitions; partition++) addFlow(partition, lines);
            lines.add(toMap());
            for (var line : lines) file.write(Json.of(line) + "\n");
            file.flush();
        }

        /** For each 100 ms in which something was acknowledged or read: how much, and how late. */
        private void addFlow(int partition, List<Map<String, Object>> lines) {
            int width = 10_000; // ticks
            int[] reads = new int[trial.journal.now() / width + 1];
            for (int tick : read[partition]) reads[tick / width]++;
            long[] latencies = ledger.latencies(partition); // by time of acknowledgement
            int from = 0;
            for (int bucket = 0; bucket < reads.length; bucket++) {
                int to = from;
                while (to < latencies.length && (latencies[to] >> 32) / width <= bucket) to++;
                int[] ticks = Arrays.stream(latencies, from, to)
                        .mapToInt(it -> (int) it)
                        .toArray();
                from = to;
                if (ticks.length == 0 && reads[bucket] == 0) continue;
                var line = details("type", "flow", "ms", bucket * 100, "partition", partition);
                line.putAll(details("acknowledged", ticks.length, "read", reads[bucket]));
                Latency it = Latency.of(ticks);
                if (ticks.length > 0) line.putAll(details("p50_ms", it.p50, "p99_ms", it.p99, "max_ms", it.max));
                lines.add(line);
            }
        }

        /** The verdict, with every number that was printed. */
        Map<String, Object> toMap() {
            var line = details("type", "verdict", "ms", ms(trial.journal.now()), "name", plan.name(), "run", trial.run);
            line.putAll(details("verdict", verdict(), "settings", plan.settings, "fault", plan.fault));
            line.put("unobserved", trial.unobserved);
            line.putAll(details("sent", account.sent(), "acknowledged", account.acknowledged()));
            line.putAll(details("unknown", account.unknown(), "failed", account.failed(), "in_log", account.inLog()));
            line.put("audited", trial.audited);
            line.putAll(details("lost", account.lost(), "ghosts", account.ghosts(), "unseen", account.unseen()));
            line.putAll(details("duplicates", account.duplicates(), "redelivered", account.redelivered()));
            line.putAll(details("reordered", account.reordered()));
            line.put("lost_ids", account.lostIds().stream().limit(100).boxed().toList());
            var crossed = details();
            for (Fate fate : Fate.values()) {
                long[] row = account.crossed()[fate.ordinal()];
                crossed.put(fate.said(), details("not_in_log", row[0], "once", row[1], "more", row[2]));
            }
            line.put("crossed", crossed);
            line.put(
                    "claims",
                    claims.stream()
                            .map(it -> details("verdict", it.verdict, "text", it.text, "evidence", it.evidence))
                            .toList());
            line.put("outages", outages.stream().map(this::toMap).toList());
            line.put(
                    "pauses",
                    IntStream.range(0, partitions)
                            .mapToObj(it -> details(
                                    "partition",
                                    it,
                                    "acknowledged",
                                    longest(acknowledged, it),
                                    "read",
                                    longest(read, it)))
                            .toList());
            var latency = details();
            latencies().forEach((when, it) -> latency.put(when, it.toMap()));
            line.putAll(details("latency_ms", latency, "resolution_ms", ms(trial.observer.resolution())));
            return line;
        }

        private Map<String, Object> toMap(Outage outage) {
            var line = details("broker", outage.broker, "name", outage.name, "fault_ms", ms(outage.harmedAt));
            line.putAll(details("heal_ms", ms(outage.healedAt), "whole_ms", ms(outage.wholeAt)));
            line.put("preferred_ms", ms(outage.endedAt));
            var its = new ArrayList<Object>();
            for (int partition : outage.partitions) {
                var times = details("partition", partition);
                phases(outage, partition).forEach((what, tick) -> times.put(what.replace(' ', '_') + "_ms", ms(tick)));
                its.add(times);
            }
            line.put("partitions", its);
            return line;
        }

        private Map<String, Object> longest(int[][] times, int partition) {
            Gap gap = outages.isEmpty()
                    ? longestGap(times[partition], 0, Integer.MAX_VALUE)
                    : longestOf(outages.stream().map(it -> pause(times, it, partition)));
            return details("from_ms", ms(gap.from), "to_ms", ms(gap.to), "ms", gap.ticks() / 100.0);
        }
    }

    // ---- details ----

    /** Where a cluster is looked for when none is named: as in {@link Cluster#properties}. */
    private static final String DEFAULT_SERVERS = "localhost:9092,localhost:9095";

    /** Reads a time such as 500ms, 10s or 2m; a number alone is seconds. */
    static class Time implements CommandLine.ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            var parts = Pattern.compile("(\\d+(?:\\.\\d+)?)(ms|s|m|)").matcher(text);
            if (!parts.matches())
                throw new CommandLine.TypeConversionException(
                        "takes a time such as 500ms, 10s or 2m, not '" + text + "'");
            double unit = switch (parts.group(2)) {
                case "ms" -> 1;
                case "m" -> 60_000;
                default -> 1_000;
            };
            double ms = Double.parseDouble(parts.group(1)) * unit;
            if (ms > 3_600_000)
                throw new CommandLine.TypeConversionException("takes at most an hour, not '" + text + "'");
            return Duration.ofMillis((long) ms);
        }
    }

    private static boolean speaksUnicode() {
        String encoding = System.getProperty(
                "stdout.encoding", System.getProperty("sun.stdout.encoding", System.getProperty("native.encoding")));
        return "UTF-8".equalsIgnoreCase(encoding);
    }

    private static boolean holdsWithin(int limitSeconds, Callable<Boolean> condition) throws Exception {
        long start = System.nanoTime();
        while (!condition.call()) {
            if (System.nanoTime() - start > limitSeconds * 1e9) return false;
            LockSupport.parkNanos(20_000_000);
        }
        return true;
    }

    private static String joined(Collection<?> several) {
        return several.stream().map(Object::toString).collect(Collectors.joining(", "));
    }

    /** Null for what was never. */
    private static Double ms(int ticks) {
        return ticks == 0 ? null : ticks / 100.0;
    }

    /** Keys and values in turn, in this order. */
    private static Map<String, Object> details(Object... keysAndValues) {
        var map = new LinkedHashMap<String, Object>();
        for (int i = 0; i < keysAndValues.length; i += 2) map.put((String) keysAndValues[i], keysAndValues[i + 1]);
        return map;
    }

    /** Just enough JSON to write. */
    static class Json {
        static String of(Object value) {
            if (value instanceof Map<?, ?> map)
                return map.entrySet().stream()
                        .map(it -> of(it.getKey()) + ":" + of(it.getValue()))
                        .collect(Collectors.joining(",", "{", "}"));
            if (value instanceof Collection<?> list)
                return list.stream().map(Json::of).collect(Collectors.joining(",", "[", "]"));
            if (value == null || value instanceof Number || value instanceof Boolean) return String.valueOf(value);
            var text = new StringBuilder("\"");
            for (char c : value.toString().toCharArray()) {
                if (c == '"' || c == '\\') text.append('\\').append(c);
                else if (c < ' ') text.append("\\u%04x".formatted((int) c));
                else text.append(c);
            }
            return text.append('"').toString();
        }
    }

    // ---- the cluster: these lines are the same in every script ----

    /** How a script reaches the cluster, what it says when something is wrong, how it ends. */
    static class Cluster {
        @Option(
                names = {"-b", "--bootstrap-server"},
                paramLabel = "HOST:PORT,...",
                scope = ScopeType.INHERIT,
                description = "The brokers to ask first (default: $$KAFKA_BOOTSTRAP_SERVERS, else"
                        + " localhost:9092,localhost:9095).")
        String bootstrapServer;

        @Option(
                names = "--command-config",
                paramLabel = "FILE",
                scope = ScopeType.INHERIT,
                description = "A file of client properties (TLS, SASL, timeouts), as Kafka's own tools take it.")
        Path commandConfig;

        @Option(
                names = {"-X", "--command-property"},
                paramLabel = "KEY=VALUE",
                scope = ScopeType.INHERIT,
                description = "One client property, over those of the file. Repeatable.")
        Map<String, String> commandProperties = new LinkedHashMap<>();

        @Option(
                names = "--stack-trace",
                scope = ScopeType.INHERIT,
                description = "Print the stack trace of an error, too.")
        boolean stackTrace;

        /** How long a cluster that does not answer is waited for. */
        static final int PATIENCE_MS = 6_000;

        private static final CountDownLatch STOP = new CountDownLatch(1);
        private static volatile boolean outputClosed;

        /**
         * Runs a script's command and exits with its status. Ctrl-C and SIGTERM ask the command to
         * stop and wait for it, so that it ends in good order and prints its summary.
         */
        static void run(Callable<Integer> script, String... args) {
            var ended = new CompletableFuture<Integer>();
            Runnable onSignal = () -> {
                STOP.countDown();
                Runtime.getRuntime().halt(ended.join());
            };
            Runtime.getRuntime().addShutdownHook(new Thread(onSignal));
            int status = commandLine(script).execute(args);
            ended.complete(outputClosed ? 1 : status);
            System.exit(status);
        }

        private static CommandLine commandLine(Callable<Integer> script) {
            var commandLine = new CommandLine(script);
            String name = commandLine.getCommandName();
            String version = name + " 1.0.0, Kafka client " + AppInfoParser.getVersion();
            var all = new ArrayList<>(List.of(commandLine));
            all.addAll(commandLine.getSubcommands().values());
            for (CommandLine each : all) {
                each.getCommandSpec().version(version);
                each.getCommandSpec().usageMessage().sortOptions(false).autoWidth(true);
            }
            return commandLine
                    .setParameterExceptionHandler((error, given) -> {
                        System.err.println(oneLine(error) + " Try --help.");
                        return 2;
                    })
                    .setExecutionExceptionHandler((error, command, parsed) -> {
                        System.err.println(oneLine(error));
                        boolean more = parsed.originalArgs().contains("--stack-trace");
                        if (more) error.printStackTrace();
                        return error instanceof Failure failure ? failure.exitStatus : 1;
                    });
        }

        /** What went wrong, without the exceptions that it is wrapped in. */
        static String oneLine(Throwable error) {
            Throwable root = error;
            while (root.getCause() != null) root = root.getCause();
            if (root instanceof Failure) return root.getMessage();
            String message = root.getMessage() == null ? root.toString() : root.getMessage();
            return message.replaceAll("\\s+", " ").replaceFirst("[.]?$", ".");
        }

        /** Whether the script was asked to stop. */
        static boolean stopping() {
            return STOP.getCount() == 0;
        }

        /** Waits so many ns; ends early, and says true, when the script is asked to stop. */
        static boolean stopsWithin(long nanos) throws InterruptedException {
            return STOP.await(nanos, TimeUnit.NANOSECONDS);
        }

        /** Prints a line; the format may have picocli's markup, which a terminal shows. */
        static void say(String format, Object... values) {
            print(String.format(Locale.ROOT, Ansi.AUTO.string(format), values));
        }

        /** Prints lines as they are; says no, and asks the script to stop, when nobody reads. */
        static synchronized boolean print(String lines) {
            System.out.println(lines);
            if (!System.out.checkError()) return true;
            if (!outputClosed) System.err.println("Standard output was closed.");
            outputClosed = true;
            STOP.countDown();
            return false;
        }

        /** The script's client properties; over them the file's; over these those of -X. */
        Properties properties(Map<String, ?> ofTheScript) {
            var all = new Properties();
            all.putAll(ofTheScript);
            String known = System.getenv("KAFKA_BOOTSTRAP_SERVERS");
            all.put("bootstrap.servers", known != null ? known : "localhost:9092,localhost:9095");
            if (commandConfig != null) {
                try (Reader file = Files.newBufferedReader(commandConfig)) {
                    all.load(file);
                } catch (IOException | IllegalArgumentException broken) {
                    throw new Failure(2, "Cannot read properties from %s: %s", commandConfig, broken);
                }
            }
            all.putAll(commandProperties);
            if (bootstrapServer != null) all.put("bootstrap.servers", bootstrapServer);
            return all;
        }

        /** A connection that was seen to work. */
        Admin connect() throws InterruptedException {
            Properties properties = properties(Map.of());
            Admin admin = create(() -> Admin.create(properties));
            try {
                var options = new DescribeClusterOptions().timeoutMs(PATIENCE_MS);
                admin.describeCluster(options).nodes().get();
                return admin;
            } catch (ExecutionException unreachable) {
                admin.close(Duration.ZERO);
                throw new Failure(
                        3,
                        "No cluster answers at %s (%s) Start one: jbang cluster.java, or docker"
                                + " compose up -d --wait; or name another: -b HOST:PORT",
                        properties.get("bootstrap.servers"),
                        oneLine(unreachable));
            }
        }

        /** Creates a client; a setting that Kafka refuses is wrong usage. */
        static <T> T create(Supplier<T> client) {
            try {
                return client.get();
            } catch (KafkaException refused) {
                throw new Failure(2, "Kafka's client refuses its settings: %s", oneLine(refused));
            }
        }

        /** The topic as the cluster knows it; a topic that does not exist is an error. */
        static TopicDescription describe(Admin admin, String topic) throws InterruptedException {
            try {
                return admin.describeTopics(List.of(topic))
                        .allTopicNames()
                        .get()
                        .get(topic);
            } catch (ExecutionException failed) {
                if (!(failed.getCause() instanceof UnknownTopicOrPartitionException))
                    throw new Failure(1, "Topic '%s': %s", topic, oneLine(failed));
                throw new Failure(1, "Topic '%s' does not exist. Create it: jbang topics.java create %s", topic, topic);
            }
        }
    }

    /** An error for the user: one line that says what to do next, and an exit status. */
    static class Failure extends RuntimeException {
        private static final long serialVersionUID = 1L;
        final int exitStatus;

        Failure(int exitStatus, String format, Object... values) {
            super(String.format(Locale.ROOT, format, values));
            this.exitStatus = exitStatus;
        }
    }
}
