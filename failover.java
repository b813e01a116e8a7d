///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Stops a Kafka broker in mid-stream and proves what became of every record
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
import java.time.Instant;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.*;
import java.util.regex.Pattern;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.*;
import picocli.CommandLine;
import picocli.CommandLine.*;
import picocli.CommandLine.Help.Ansi;

/**
 * Runs the guide's scenarios on a real cluster and proves each observation: which consumer received what, when the
 * leader moved, how long the pause was, and that every acknowledged record is in the log.
 *
 * <pre>jbang failover.java</pre>
 *
 * It uses the cluster that it finds. Where none answers, it starts one with cluster.java, and ends it. What it prints,
 * for each trial:
 *
 * <pre>
 * Scenario 3: high availability (2 partitions, 2 replicas)        its title, then what will flow
 *    3.4 s  stop kafka-1                                          what happens, with seconds since the trial's start
 *    3.5 s  partition 0: broker 2 leads now; it was broker 1
 *   acknowledged by partition; a character is 0.5 s               a strip for each partition
 *   kafka-1 away: in seconds after the fault ...                  the outage, taken apart
 *   latency             p50       p99   maximum ...               before, during, after
 *                      records  in log once  twice, more ...      the account of all records
 *   PASS  no acknowledged record is lost                          each claim, with its evidence below
 * </pre>
 *
 * and a table of all trials at the end. Where to read: a {@link Scenario} tells its steps and its claims;
 * {@link Trial#run} carries them out; {@link Ledger} and {@link #claimsOf} are the proof.
 */
@Command(
        name = "failover",
        version = "failover 1.1.0, Kafka client 4.4.0",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        sortOptions = false,
        header = "Stops a Kafka broker in mid-stream and proves what became of every record.%n",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:every claim holds",
            "1:a claim does not hold, or could not be observed",
            "2:wrong usage",
            "3:no cluster could be reached"
        })
class failover implements Callable<Integer> {
    public static void main(String... args) {
        Script.run(new failover(), args);
    }

    @Parameters(paramLabel = "WHAT", arity = "0..*",
            description = "Scenarios of the guide (1, 2, 3) and of docs/scenario-4.md (4), or topics. A name such as"
                    + " orders-3p-rf2 gives the shape of a topic that does not exist yet (default: 1 2 3).")
    List<String> what = List.of("1", "2", "3");

    @Option(names = "--fault", paramLabel = "FAULT", split = ",",
            description = "What happens to the broker: stop (SIGTERM), kill (SIGKILL), pause (SIGSTOP: it hangs) or"
                    + " disconnect (off the network; Docker only). A list compares (default: stop).")
    List<Fault> faults = List.of(Fault.stop);

    @Option(names = "--target", paramLabel = "NODE", defaultValue = "leader",
            description = "Who is harmed: a broker's number, 'leader' (of partition 0), 'all-in-turn' (a rolling"
                    + " restart) or 'controller' (default: ${DEFAULT-VALUE}).")
    String target;

    @Option(names = "--steps", paramLabel = "STEPS", converter = StepsConverter.class,
            description = "Another order of events for a topic, such as 'stop 1, 5s, kill 2, 10s, start 1, start 2'."
                    + " Steps: a fault and a node; start and a node; a time; whole; elect; unclean.")
    List<Step> customSteps;

    @Option(names = "--before", paramLabel = "TIME", converter = TimeConverter.class, defaultValue = "2s",
            description = "How long records flow before the fault, such as 500ms, 10s or 2m (default:"
                    + " ${DEFAULT-VALUE}).")
    Duration before;

    @Option(names = "--down", paramLabel = "TIME", converter = TimeConverter.class,
            description = "How long the broker stays away (default: 3s for stop; 15s else, as a dead broker is noticed"
                    + " after broker.session.timeout.ms, 9 s).")
    Duration down;

    @Option(names = "--after", paramLabel = "TIME", converter = TimeConverter.class, defaultValue = "1s",
            description = "How long records flow after the cluster has healed (default: ${DEFAULT-VALUE}).")
    Duration after;

    @Option(names = "--rate", paramLabel = "RATE", defaultValue = "200",
            description = "Records per second, over all partitions (default: ${DEFAULT-VALUE}).")
    int rate;

    @Option(names = "--size", paramLabel = "BYTES", defaultValue = "0",
            description = "Pad each record to this size (default: the guide's record, about 80 bytes).")
    int size;

    @Option(names = "--acks", paramLabel = "ACKS", split = ",",
            description = "The producer's acks: all, 1 or 0. A list compares (default: that of the client properties,"
                    + " else all).")
    List<String> acks = List.of("");

    @Option(names = "--try", paramLabel = "NAME:KEY=VALUE,...",
            description = "Client properties to try, such as patient:linger.ms=50,acks=all. Repeatable: each is an"
                    + " experiment.")
    List<String> tries = List.of("");

    @Option(names = "--runs", paramLabel = "N", defaultValue = "1",
            description = "Repeat each experiment; the table has the median pause and the longest (default:"
                    + " ${DEFAULT-VALUE}).")
    int runs;

    @Option(names = "--max-pause", paramLabel = "TIME", converter = TimeConverter.class,
            description = "A claim of yours: no pause in acknowledgements is longer.")
    Duration maxPause;

    @Option(names = "--max-latency", paramLabel = "TIME", converter = TimeConverter.class,
            description = "A claim of yours: 99 of 100 records are acknowledged in less.")
    Duration maxLatency;

    @Option(names = "--strict",
            description = "A loss is a failure also where the settings allow it (acks=1, acks=0, unclean election).")
    boolean strict;

    @ArgGroup(exclusive = true)
    WhoHarms whoHarms = new WhoHarms();

    /** Who harms a broker, where it is neither Docker's nor the script's own. */
    static class WhoHarms {
        @ArgGroup(exclusive = false)
        Commands commands;

        @Option(names = "--manual", description = "You harm and heal the broker when asked; the script judges.")
        boolean manual;

        @Option(names = "--observe", paramLabel = "TIME", converter = TimeConverter.class,
                description = "Harm nobody: records flow for this time, and whatever happens is noticed and judged.")
        Duration observe;
    }

    static class Commands {
        @Option(names = "--stop-command", paramLabel = "COMMAND", required = true,
                description = "Your command that harms a broker; {id}, {host} and {port} are put in.")
        String stop;

        @Option(names = "--start-command", paramLabel = "COMMAND", required = true,
                description = "Your command that heals the broker.")
        String start;
    }

    @Option(names = "--cluster", paramLabel = "SCRIPT", defaultValue = "cluster.java",
            description = "The script that starts a cluster where none answers (default: ${DEFAULT-VALUE}).")
    String clusterScript;

    @Option(names = "--events", paramLabel = "FILE",
            description = "Write what happened as JSON, one object a line (see docs/failover.md).")
    Path events;

    @Option(names = "--report", paramLabel = "FILE",
            description = "Draw the run with report.java: .svg or .html, .xml (JUnit) or .md. Repeatable.")
    List<Path> reports = List.of();

    @Option(names = "--json", description = "Print the verdict as one JSON object instead of the text.")
    boolean json;

    @Mixin
    Connection connection;

    @Spec
    Model.CommandSpec spec;

    // ---- the story of all trials ----

    @Override
    public Integer call() throws Exception {
        checkOptions();
        List<Plan> plans = plans(); // refused here, before anything is harmed: what Kafka's client would refuse
        var results = new ArrayList<Result>();
        Path log = events != null || reports.isEmpty() ? events : Files.createTempFile("failover-", ".jsonl");
        try (Stage stage = openStage(plans.stream().allMatch(Plan::isOfTheGuide));
                Writer file = log == null ? Writer.nullWriter() : Files.newBufferedWriter(log)) {
            plans.forEach(stage::checkFault);
            say("@|bold %s|@: %d brokers (%s)", stage.hands.about, stage.brokers.size(), addresses(stage.brokers));
            for (Plan plan : plans)
                for (int run = 1; run <= runs && !Script.stopping(); run++) {
                    Result result = new Trial(stage, plan, run).run();
                    results.add(result);
                    if (!json) new Teller(result).tell();
                    for (Object line : new Lines(result).all()) file.write(Json.of(line) + "\n");
                    file.flush();
                }
        } catch (Failure failed) {
            if (results.isEmpty()) throw failed;
            Script.complain("%s", failed.getMessage()); // what was proven before it is told all the same
        } finally {
            if (results.isEmpty() && log != null && events == null) Files.delete(log);
        }
        int status = conclude(plans, results);
        if (!reports.isEmpty()) draw(log);
        return status;
    }

    private void checkOptions() throws IOException {
        if (rate < 1) throw new Failure(2, "--rate takes 1 or more records/s, not %d.", rate);
        if (runs < 1) throw new Failure(2, "--runs takes 1 or more, not %d.", runs);
        if (size < 0 || size > 1_000_000) throw new Failure(2, "--size takes 0 to 1,000,000 bytes, not %d.", size);
        if (!target.matches("\\d+|leader|all-in-turn|controller"))
            throw new Failure(
                    2, "--target takes a broker's number, leader, all-in-turn or controller, not '%s'.", target);
        for (String ack : acks)
            if (!List.of("", "all", "-1", "1", "0").contains(ack))
                throw new Failure(2, "--acks takes all, 1 or 0, not '%s'.", ack);
        if (events != null) checkOutput("--events", events);
        for (Path report : reports) {
            checkOutput("--report", report);
            if (!report.toString().matches(".*\\.(svg|html|xml|md)"))
                throw new Failure(2, "--report takes a file .svg, .html, .xml or .md, not %s.", report);
            if (sibling("report.java") == null)
                throw new Failure(2, "--report needs report.java in this directory. There is none.");
        }
        checkEffect();
    }

    /** An option without effect is refused: whoever gave it believes that something else was tried. */
    private void checkEffect() {
        boolean scenarios = what.stream().anyMatch(it -> it.matches("\\d"));
        if (customSteps != null && scenarios)
            throw new Failure(2, "--steps is for a topic: a scenario has its own steps.");
        if (whoHarms.observe != null && scenarios)
            throw new Failure(2, "--observe is for a topic: a scenario harms a broker.");
        if (customSteps != null) refuse("--steps says what is harmed", "--observe", "--fault", "--target", "--down");
        if (whoHarms.observe != null) refuse("--observe harms nobody", "--fault", "--target", "--down");
        if (List.of("1", "2", "4").containsAll(what)) refuse("The scenario chooses the broker", "--target");
        if (List.of("1", "4").containsAll(what)) refuse("The scenario chooses what is done", "--fault");
    }

    private void refuse(String reason, String... options) {
        for (String option : options)
            if (spec.commandLine().getParseResult().hasMatchedOption(option))
                throw new Failure(2, "%s: leave out %s.", reason, option);
    }

    private static void checkOutput(String option, Path file) {
        Path directory = file.toAbsolutePath().getParent();
        boolean good = Files.exists(file)
                ? Files.isRegularFile(file) && Files.isWritable(file)
                : Files.isDirectory(directory) && Files.isWritable(directory);
        if (!good) throw new Failure(2, "%s: %s cannot be written.", option, file);
    }

    /** The experiments: each WHAT with each fault and each set of client properties. */
    private List<Plan> plans() {
        var plans = new ArrayList<Plan>();
        for (String each : what)
            for (Scenario scenario : scenarios(each))
                for (Fault fault : faults)
                    for (String ack : acks)
                        for (String attempt : tries) {
                            Producing producing = Producing.of(connection, ack, attempt, rate, size);
                            connection.create(() -> new ConsumerConfig(producing.consumer(connection, "any", "any")));
                            var plan = new Plan(scenario, scenario.hasFault ? fault : null, producing);
                            if (!plans.contains(plan)) plans.add(plan); // Scenario 1 has no fault to compare
                        }
        return plans;
    }

    /** The scenarios of one WHAT. A new scenario is a class below, and a line here. */
    private List<Scenario> scenarios(String each) {
        var timing = new Timing(before, down, after);
        return switch (each) {
            case "1" -> List.of(new BasicTopic(timing));
            case "2" -> List.of(new Scalability(timing));
            case "3" -> List.of(new HighAvailability(timing, target));
            case "4" -> LastReplica.all(timing);
            default -> List.of(new AnyTopic(topicName(each), timing, target, customSteps, whoHarms.observe));
        };
    }

    private static String topicName(String name) {
        if (name.matches("\\d{1,3}"))
            throw new Failure(2, "There is no Scenario %s: WHAT is 1, 2, 3, 4, or the name of a topic.", name);
        if (name.startsWith("__")) throw new Failure(2, "Topic '%s' is Kafka's own: no records go there.", name);
        return name;
    }

    private int conclude(List<Plan> plans, List<Result> results) {
        say("");
        say("@|bold " + ROW + "|@", "", "FAULT", "SETTINGS", "ACKED", "LOST", "TWICE", "PAUSE", "VERDICT");
        for (Plan plan : plans) {
            List<Result> ofPlan =
                    results.stream().filter(result -> result.plan == plan).toList();
            if (!ofPlan.isEmpty()) say("%s", row(plan, ofPlan));
        }
        if (json)
            Script.print(Json.of(Json.object(
                    "trials",
                    results.stream().map(it -> new Lines(it).verdictLine()).toList())));
        boolean complete = results.size() == plans.size() * runs;
        boolean allHold = results.stream().allMatch(result -> result.verdict().holds(strict));
        if (Script.stopping()) Script.complain("Interrupted: a trial that did not come to its end proves nothing.");
        return complete && allHold ? 0 : 1;
    }

    private static final String ROW = "%-13s %-10s %-8s %10s %7s %6s %8s  %s";

    /** One line per plan. Over several runs: the sums, and the median pause with the longest. */
    private static String row(Plan plan, List<Result> ofPlan) {
        double[] pauses =
                ofPlan.stream().mapToDouble(Result::pauseSeconds).sorted().toArray();
        Verdict worst = Verdict.worst(ofPlan.stream().map(Result::verdict));
        String pause = "%.2f s".formatted(pauses[pauses.length / 2]);
        if (pauses.length > 1) pause += " (%.2f s)".formatted(pauses[pauses.length - 1]);
        String acknowledged = total(ofPlan, Kind.ACKNOWLEDGED);
        String lost = total(ofPlan, Kind.LOST);
        String twice = total(ofPlan, Kind.DUPLICATES);
        Object fault = plan.fault == null ? "-" : plan.fault;
        String label = plan.producing.label;
        return ROW.formatted(plan.scenario.name, fault, label, acknowledged, lost, twice, pause, worst.painted());
    }

    /** Only the log tells what is lost: without an audit that is not known. */
    private static String total(List<Result> ofPlan, Kind kind) {
        if (kind != Kind.ACKNOWLEDGED && !ofPlan.stream().allMatch(it -> it.audited)) return "?";
        int sum = ofPlan.stream().mapToInt(it -> it.account.count(kind)).sum();
        return "%,d".formatted(sum);
    }

    private void draw(Path log) throws Exception {
        var command = new ArrayList<>(jbang());
        command.addAll(List.of(sibling("report.java").toString(), log.toString()));
        for (Path report : reports) command.addAll(List.of("-o", report.toString()));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (process.waitFor() != 0) throw new Failure(1, "The run was not drawn. Try: %s", String.join(" ", command));
        if (events == null) Files.delete(log);
        for (Path report : reports) say("picture: %s", report);
    }

    private void say(String format, Object... values) {
        if (!json) Script.say(format, values);
    }

    /**
     * The text behind so many columns. A terminal breaks a line that is too long in the middle of a word: there the text
     * goes on in a line of its own.
     */
    private static String fitted(int columns, String text) {
        int room = Script.columns() - columns;
        int end = room < 20 || text.length() <= room ? -1 : text.lastIndexOf(' ', room);
        if (end < 1) return text;
        return text.substring(0, end) + "\n" + " ".repeat(columns) + fitted(columns, text.substring(end + 1));
    }

    // ---- the scenarios ----

    /** What can happen to a node. */
    enum Fault {
        stop,
        kill,
        pause,
        disconnect;

        /** How long the broker stays away where nobody said: a dead one is noticed after 9 s. */
        Duration usualDown() {
            return Duration.ofSeconds(this == stop ? 3 : 15);
        }
    }

    /** One experiment: a scenario, the fault in it (null: none), and the producer's settings. */
    record Plan(Scenario scenario, Fault fault, Producing producing) {
        /** A scenario of the guide, and in it a broker is stopped in good order, or none is. */
        boolean isOfTheGuide() {
            return scenario.observation != null && (fault == null || fault == Fault.stop);
        }
    }

    /** How long records flow before the fault, how long a broker is away (null: as usual), how long they flow after. */
    record Timing(Duration before, Duration down, Duration after) {
        Duration absence(Fault fault) {
            return down == null ? fault.usualDown() : down;
        }
    }

    /**
     * A scenario: its topic, its consumers, its steps in their order, and what is claimed afterwards. What is claimed of
     * every trial is in {@link Judge#claims}.
     */
    abstract static class Scenario {
        final String name; // in tables
        final String title;
        final String topic;
        final Timing timing;
        Map<String, String> topicProperties = Map.of(); // that the topic must have
        String target = "leader"; // who is harmed
        int consumers = 1;
        String group; // null: one that nobody else has
        String observation; // the guide's words; null where it has none
        boolean hasFault = true; // of the user's choice

        Scenario(String name, String title, String topic, Timing timing) {
            this.name = name;
            this.title = title;
            this.topic = topic;
            this.timing = timing;
        }

        /** One outage of the target, or one of each broker in turn, with records before and after. */
        List<Step> steps(Fault fault, Collection<Node> brokers) {
            var steps = new ArrayList<Step>(List.of(flow(timing.before)));
            List<String> nodes = target.equals("all-in-turn")
                    ? brokers.stream().map(Node::idString).toList()
                    : List.of(target);
            for (String node : nodes) steps.addAll(outage(fault, node, timing.absence(fault)));
            steps.add(flow(timing.after));
            return steps;
        }

        abstract List<Claim> claims(Result result, Judge judge);

        /** Records whose loss an operator has chosen: they are the scenario's claim, and no failure. */
        BitSet chosenLoss(Result result) {
            return new BitSet();
        }
    }

    /** A node is harmed, healed, and all is as before. */
    private static List<Step> outage(Fault fault, String node, Duration down) {
        return List.of(harm(fault, node), staysAway(node, down), heal(node), Trial::awaitWhole, Trial::electPreferred);
    }

    /** Scenario 1: one partition has one reader in a group. No broker is harmed; the busy consumer leaves. */
    static class BasicTopic extends Scenario {
        BasicTopic(Timing timing) {
            super("Scenario 1", "Scenario 1: a basic topic (1 partition, 1 replica)", "test-1p-rf1", timing);
            consumers = 2;
            group = "group1";
            hasFault = false;
            observation = "Only one consumer receives messages. The other is idle because there is only one partition.";
        }

        @Override
        List<Step> steps(Fault none, Collection<Node> brokers) {
            return List.of(flow(timing.before), Trial::busyConsumerLeaves, flow(timing.after));
        }

        @Override
        List<Claim> claims(Result result, Judge judge) {
            GroupConsumer busy = result.handover.busy();
            GroupConsumer idle = result.handover.idle();
            int busyReceived = result.ledger.receivedBy(busy.number, result.handover.tick());
            int idleReceived = result.ledger.receivedBy(idle.number, result.handover.tick());
            boolean goesOn = idle.firstOffset >= 0 && idle.firstOffset <= busy.lastOffset + 1;
            String shares = "consumer %d received %,d, consumer %d %,d"
                    .formatted(busy.number, busyReceived, idle.number, idleReceived);
            String handover = "consumer %d ended after offset %,d, consumer %d went on at %,d"
                    .formatted(busy.number, busy.lastOffset, idle.number, idle.firstOffset);
            boolean alone = busyReceived > 0 && idleReceived == 0;
            return List.of(
                    judge.claim(alone, "only one consumer receives messages, the other is idle", shares),
                    judge.claim(goesOn, "the idle one is a standby: it takes over where the other stopped", handover));
        }
    }

    /** Scenario 2: two consumers share two partitions. The stopped broker's partition has no other replica. */
    static class Scalability extends Scenario {
        Scalability(Timing timing) {
            super(
                    "Scenario 2",
                    "Scenario 2: scalability with partitions (2 partitions, 1 replica)",
                    "test-2p-rf1",
                    timing);
            consumers = 2;
            group = "group2";
            observation =
                    "Messages are load-balanced across both consumers. The partition on the stopped broker becomes"
                            + " unavailable: a lack of fault tolerance.";
        }

        @Override
        List<Claim> claims(Result result, Judge judge) {
            Outage outage = result.outages.get(0);
            var claims = new ArrayList<Claim>();
            claims.add(sharing(result, judge, outage));
            for (int partition = 0; partition < result.topic.partitions(); partition++) {
                if (!outage.partitionsLed.contains(partition)) claims.add(goesOn(result, judge, outage, partition));
                else claims.addAll(halts(result, judge, outage, partition));
            }
            return claims;
        }

        /** Of the records that were received before the fault, in the order of their ids, each consumer got half. */
        private Claim sharing(Result result, Judge judge, Outage outage) {
            int first = 1;
            for (int at; (at = result.ledger.receivedAt(first)) > 0 && at < outage.harmedAt; ) first++;
            int one = result.ledger.receivedBy(1, first, outage.harmedAt);
            int two = result.ledger.receivedBy(2, first, outage.harmedAt);
            String evidence =
                    "of the first %,d, consumer 1 received %,d and consumer 2 %,d".formatted(first - 1, one, two);
            String text = "messages are load-balanced across both consumers";
            if (first <= 10) return Claim.unknown(text, evidence + ": too few to tell (--before)");
            return judge.claim(Math.abs(one - two) <= 1, text, evidence);
        }

        private List<Claim> halts(Result result, Judge judge, Outage outage, int partition) {
            int gone = result.lostLeader(outage, partition);
            int back = result.gotLeader(outage, partition);
            Gap silence = result.pause(result.waited(partition), outage);
            // A leader that resigns acknowledges for a moment what it has: the silence may begin a little later.
            boolean lasts = silence.to() >= back - result.observer.resolution && silence.ticks() > 0.8 * (back - gone);
            long after = result.count(partition, outage.preferredAt, Integer.MAX_VALUE);
            boolean unavailable = gone > 0 && back > gone && lasts;
            String text = "partition %d is unavailable while its broker is away".formatted(partition);
            String evidence = "no leader for %.1f s, no acknowledgement for %.1f s"
                    .formatted(seconds(Math.max(0, back - gone)), silence.seconds());
            String since = "%,d acknowledged since".formatted(after);
            return List.of(
                    judge.claimWhileAway(unavailable, outage, text, evidence),
                    judge.claim(after > 0, outage, "it resumes when its broker is back", since));
        }

        private Claim goesOn(Result result, Judge judge, Outage outage, int partition) {
            Gap gap = Gap.longest(result.acknowledged[partition], outage.harmedAt, outage.healedAt);
            long meanwhile = result.count(partition, outage.harmedAt, outage.healedAt);
            boolean flows = meanwhile > 0 && gap.ticks() < (outage.healedAt - outage.harmedAt) / 2;
            String text = "partition %d, on the other broker, goes on".formatted(partition);
            String evidence = "%,d acknowledged meanwhile, longest pause %.2f s".formatted(meanwhile, gap.seconds());
            return judge.claim(flows, outage, text, evidence);
        }
    }

    /** Scenario 3: each partition has a second replica, which takes over. */
    static class HighAvailability extends Scenario {
        HighAvailability(Timing timing, String target) {
            super("Scenario 3", "Scenario 3: high availability (2 partitions, 2 replicas)", "test-2p-rf2", timing);
            this.target = target;
            group = "group3";
            observation =
                    "The producer and consumer pause briefly, then recover automatically as a new leader is elected."
                            + " No data is lost.";
        }

        @Override
        List<Claim> claims(Result result, Judge judge) {
            var claims = new ArrayList<Claim>();
            for (Outage outage : result.outages) claims.addAll(recovers(result, judge, outage));
            return claims;
        }

        /** A new leader for each partition that the broker led, and a pause within the bound. */
        private static List<Claim> recovers(Result result, Judge judge, Outage outage) {
            var claims = new ArrayList<Claim>();
            long since = Long.MAX_VALUE;
            for (int partition : outage.partitionsLed) {
                int elected = result.gotLeader(outage, partition);
                String text = "partition %d gets a new leader while %s is away".formatted(partition, outage.name);
                String when = elected == 0 ? "it got none" : "%.2f s after the fault".formatted(outage.after(elected));
                boolean another = elected > 0 && result.observer.leaderAt(partition, elected) != outage.id;
                boolean inTime = another && elected < outage.healedAt;
                claims.add(judge.claimWhileAway(inTime, outage, text, when));
                since = Math.min(since, elected == 0 ? 0 : result.count(partition, elected, outage.healedAt));
            }
            Gap pause = result.longestPause(result::waited, outage);
            Bound bound = judge.bound(outage);
            String evidence =
                    "longest pause %.2f s, bound %.1f s (%s)".formatted(pause.seconds(), bound.seconds, bound.why);
            if (!outage.partitionsLed.isEmpty())
                evidence += "; %,d acknowledged before %s was back".formatted(since, outage.name);
            boolean brief = pause.seconds() <= bound.seconds && since > 0;
            // Not brief, although somebody helped: FAIL. Brief, and perhaps only because somebody helped: unknown.
            String helpedBy = judge.fromOutside(outage.harmedAt, outage.overAt(), it -> it.node() != CONTROLLER);
            boolean noticeable = pause.seconds() > 5; // a pause in which nobody answered may have needed help, too
            String doubt = helpedBy == null && noticeable ? judge.silence(pause.from(), pause.to()) : helpedBy;
            if (!brief && helpedBy != null)
                claims.add(new Claim(Verdict.FAIL, BRIEF, evidence + "; not by itself: " + helpedBy));
            else if (brief && doubt != null) claims.add(Claim.unknown(BRIEF, evidence + "; but " + doubt));
            else if (pause.seconds() > bound.seconds) claims.add(judge.claim(brief, outage, BRIEF, evidence));
            else claims.add(judge.claimWhileAway(brief, outage, BRIEF, evidence));
            return claims;
        }

        private static final String BRIEF = "a brief pause, then it recovers by itself";
    }

    /** A topic of the user's: the claims are those of every trial, and that the user's limits hold. */
    static class AnyTopic extends Scenario {
        private final List<Step> steps; // null: one outage of the target
        private final Duration observe; // null: somebody is harmed

        AnyTopic(String topic, Timing timing, String target, List<Step> steps, Duration observe) {
            super(topic, "Topic " + topic, topic, timing);
            this.target = target;
            this.steps = steps;
            this.observe = observe;
            hasFault = observe == null && steps == null;
        }

        @Override
        List<Step> steps(Fault fault, Collection<Node> brokers) {
            if (observe != null) return List.of(flow(observe));
            if (steps == null) return super.steps(fault, brokers);
            var all = new ArrayList<Step>(List.of(flow(timing.before)));
            all.addAll(steps);
            all.addAll(List.of(Trial::awaitWhole, Trial::electPreferred, flow(timing.after)));
            return all;
        }

        @Override
        List<Claim> claims(Result result, Judge judge) {
            return List.of();
        }
    }

    /**
     * Scenario 4: how an acknowledged record is really lost. The leader is stopped, so that the follower alone has the
     * new records; then the follower is killed, and the old leader comes back. Either everybody waits for the follower,
     * or an operator elects the old leader, which never saw those records.
     */
    static class LastReplica extends Scenario {
        private final int minInSync;
        private final boolean unclean;

        static List<Scenario> all(Timing timing) {
            var all = new ArrayList<Scenario>();
            for (int minInSync : List.of(1, 2))
                for (boolean unclean : List.of(false, true)) all.add(new LastReplica(timing, minInSync, unclean));
            return all;
        }

        private LastReplica(Timing timing, int minInSync, boolean unclean) {
            super(
                    "4 min=%d %s".formatted(minInSync, unclean ? "elect" : "wait"),
                    TITLE.formatted(minInSync, unclean ? "an unclean election" : "wait"),
                    minInSync == 1 ? "test-1p-rf2" : "test-min2-1p-rf2",
                    timing);
            this.minInSync = minInSync;
            this.unclean = unclean;
            group = "group4";
            hasFault = false; // the faults of this scenario are not the user's choice
            topicProperties = Map.of("min.insync.replicas", "" + minInSync);
        }

        private static final String TITLE = "Scenario 4: the last replica, min.insync.replicas=%d, then %s";

        @Override
        List<Step> steps(Fault none, Collection<Node> brokers) {
            var steps = new ArrayList<Step>();
            steps.addAll(List.of(flow(timing.before), harm(Fault.stop, "leader"), awaitOut("leader")));
            steps.addAll(
                    List.of(flow(Duration.ofSeconds(4)), harm(Fault.kill, "follower"), flow(Duration.ofSeconds(2))));
            steps.addAll(List.of(heal("leader"), awaitGone("follower")));
            if (unclean) steps.add(Trial::electUnclean);
            steps.addAll(List.of(flow(Duration.ofSeconds(4)), heal("follower")));
            steps.addAll(List.of(Trial::awaitWhole, Trial::electPreferred, flow(timing.after)));
            return steps;
        }

        @Override
        List<Claim> claims(Result result, Judge judge) {
            Outage old = result.outages.get(0); // the old leader's
            Outage other = result.outages.get(1);
            int alone =
                    result.firstChange(0, old.harmedAt, it -> it.now().inSync().equals(List.of(other.id)));
            int elected = result.gotLeader(other, 0);
            int leader = elected == 0 ? -1 : result.observer.leaderAt(0, elected);
            var claims = new ArrayList<Claim>();

            long onOneDisk = alone == 0 ? 0 : result.count(0, alone + ticks(1), other.harmedAt);
            boolean asPromised = alone > 0 && onOneDisk > 0 == (minInSync == 1);
            String text = minInSync == 1
                    ? "acks=all acknowledges records that are on one disk"
                    : "with one replica away nothing is acknowledged";
            String whileAway = "%,d acknowledged while %s alone was in sync".formatted(onOneDisk, other.name);
            claims.add(judge.claim(asPromised, old, text, whileAway));

            int end = result.trial.journal.now(); // where none was acknowledged
            int again = Result.firstAfter(result.acknowledged[0], other.doneAt + ticks(1), end);
            boolean silent = elected > 0 && again >= (minInSync == 1 ? elected : other.healedAt);
            text = minInSync == 1
                    ? "without a leader nothing is acknowledged"
                    : "with one replica back, still nothing is acknowledged";
            String silence = "no acknowledgement for %.1f s".formatted(seconds(again - other.doneAt));
            claims.add(judge.claim(silent, other, text, silence));

            boolean early = elected > 0 && elected < other.healedAt;
            boolean oldLeads = early && leader == old.id;
            String when = elected == 0
                    ? "no leader was elected"
                    : "broker %d leads, %.1f s after %s was started"
                            .formatted(leader, seconds(elected - old.healedAt), old.name);
            if (minInSync == 2) {
                text = "%s leads on its return: it is an eligible leader replica".formatted(old.name);
                claims.add(judge.claim(oldLeads, other, text, when));
            } else if (unclean) {
                text = "the unclean election makes %s lead".formatted(old.name);
                claims.add(judge.claim(oldLeads, other, text, when));
            } else {
                text = "%s is not elected: the partition waits for %s".formatted(old.name, other.name);
                claims.add(judge.claim(!early && leader == other.id, other, text, when));
            }
            if (unclean && minInSync == 1) claims.add(losesExactly(result, chosenLoss(result), other));
            return claims;
        }

        private static Claim losesExactly(Result result, BitSet predicted, Outage other) {
            String text = "it loses the records that only %s had: all of them, and no others".formatted(other.name);
            String evidence = "%,d predicted from offsets and leader epochs, %,d lost"
                    .formatted(predicted.cardinality(), result.account.count(Kind.LOST));
            if (predicted.isEmpty()) return Claim.unknown(text, evidence);
            return Claim.of(result.account.get(Kind.LOST).equals(predicted), text, evidence);
        }

        /**
         * Acknowledged before anybody was elected, at an offset that the elected replica did not have. Its log ended
         * where the records begin that it wrote as the new leader: their leader epoch is in the log, and does not come
         * from the producer.
         */
        @Override
        BitSet chosenLoss(Result result) {
            var records = new BitSet();
            if (!unclean || minInSync > 1 || result.outages.size() < 2) return records;
            int elected = result.gotLeader(result.outages.get(1), 0);
            long end = result.epochs.stream()
                    .filter(epoch -> epoch.partition() == 0 && elected > 0 && epoch.lastAcknowledged() > elected)
                    .mapToLong(Epoch::firstOffset)
                    .min()
                    .orElse(Long.MAX_VALUE);
            for (int id = 1; id <= result.ledger.last(); id++) {
                int at = result.ledger.acknowledgedAt(id);
                if (at > 0 && at < elected && result.ledger.offset(id) >= end) records.set(id);
            }
            return records;
        }
    }

    // ---- the steps of a trial ----

    /** One thing that is done, or waited for, while records flow. */
    interface Step {
        void take(Trial trial) throws Exception;
    }

    static Step flow(Duration time) {
        return trial -> trial.flow(time);
    }

    /**
     * @param node a broker's number; 'leader': who leads partition 0 now; 'follower': the second replica of partition 0
     *     as it was placed, which may lead by now; or 'controller'
     */
    static Step harm(Fault fault, String node) {
        return trial -> trial.harm(fault, node);
    }

    /**
     * Records flow until the node was away for so long. That time begins with the fault: a controlled shutdown hands
     * its leaders over at once, and may take seconds to end.
     */
    static Step staysAway(String node, Duration time) {
        return trial -> {
            int since = trial.journal.now() - trial.outage(node).harmedAt;
            Duration rest = time.minusMillis((long) (since / TICKS_PER_MS));
            trial.flow(rest.isNegative() ? Duration.ZERO : rest);
        };
    }

    /** @param node as it was called when it was harmed */
    static Step heal(String node) {
        return trial -> trial.heal(trial.outage(node));
    }

    /** Waits until the harmed broker is out of the in-sync replicas of partition 0. */
    static Step awaitOut(String node) {
        return trial -> {
            int id = trial.outage(node).id;
            trial.await(
                    node + " stayed in sync",
                    60,
                    () -> !trial.observer.state(0).inSync().contains(id));
        };
    }

    /** Waits until the cluster has given up the harmed broker, and another one answers. */
    static Step awaitGone(String node) {
        return trial -> {
            int id = trial.outage(node).id;
            String complaint = "the cluster did not give up broker " + id;
            trial.await(complaint, 90, () -> trial.observer.leader(0) != id && trial.observer.knowsAsAway(id));
        };
    }

    /** Reads steps such as 'stop 1, 5s, kill 2, 10s, start 1, start 2'. */
    static class StepsConverter implements ITypeConverter<List<Step>> {
        @Override
        public List<Step> convert(String text) {
            return Arrays.stream(text.strip().split("\\s*,\\s*"))
                    .map(this::step)
                    .toList();
        }

        private Step step(String text) {
            String[] words = text.split("\\s+");
            String node = words.length == 2 ? words[1] : "";
            boolean isNode = node.matches("\\d+|leader|follower|controller");
            if (isNode && words[0].matches("start|resume|heal|connect")) return heal(node);
            if (isNode && words[0].matches("stop|kill|pause|disconnect")) return harm(Fault.valueOf(words[0]), node);
            return switch (text) {
                case "whole" -> Trial::awaitWhole;
                case "elect" -> Trial::electPreferred;
                case "unclean" -> Trial::electUnclean;
                default -> flow(new TimeConverter().convert(text));
            };
        }
    }

    // ---- the story of one trial ----

    /** Records flow, steps are taken, all is put back, and then every record is accounted for. */
    private class Trial {
        final Stage stage;
        final Plan plan;
        final int number;
        final String runId = UUID.randomUUID().toString().substring(0, 8); // in a header of each record
        final String group;
        final Journal journal = new Journal(!json);
        final List<GroupConsumer> consumers = new ArrayList<>();
        final List<Outage> outages = new CopyOnWriteArrayList<>(); // the observer reads it, too
        final Instant started = Instant.now();
        Topic topic;
        Ledger ledger;
        Observer observer;
        Load load;
        List<Integer> leaders; // by partition, at the start
        Handover handover; // Scenario 1
        List<Epoch> epochs = List.of();
        boolean audited;
        boolean minInSyncIsSteady; // nobody has changed min.insync.replicas
        String unobserved; // why the trial could not be brought to its end
        int loadEndedAt;

        Trial(Stage stage, Plan plan, int number) {
            this.stage = stage;
            this.plan = plan;
            this.number = number;
            this.group = plan.scenario.group == null ? "failover-" + runId : plan.scenario.group;
        }

        Result run() throws Exception {
            say("");
            say("@|bold %s|@%s", title(), runs > 1 ? ", run " + number : "");
            topic = stage.prepare(plan.scenario, group);
            checkRate();
            ledger = new Ledger(topic.partitions(), journal::now);
            say("  %s", intention());
            say("");
            try {
                observer = new Observer(connection, topic, journal, this::harmedIds, isPatient());
                takeSteps();
                account();
            } finally {
                if (load != null) load.close();
                consumers.forEach(
                        each -> each.leaving = true); // all at once: none is given what another one gives back
                consumers.forEach(GroupConsumer::leave);
                if (observer != null) observer.close();
                // A group that this script made up. If that fails, it is empty, and expires by itself.
                if (plan.scenario.group == null) stage.admin.deleteConsumerGroups(List.of(group));
            }
            return new Result(this);
        }

        String title() {
            return plan.scenario.title + (plan.scenario instanceof AnyTopic ? ": " + whatHappens() : "");
        }

        private String whatHappens() {
            if (plan.fault != null) return plan.fault + " a broker in mid-stream";
            return whoHarms.observe != null ? "observed" : "steps in mid-stream";
        }

        private String intention() {
            String consumers = plan.scenario.consumers == 1 ? "1 consumer" : plan.scenario.consumers + " consumers";
            String format = "%s in group %s, %,d records/s to %s, %s";
            return format.formatted(consumers, group, rate, plan.scenario.topic, plan.producing.label);
        }

        /** Each partition needs records before the fault: else nothing could be claimed of it. */
        private void checkRate() {
            Duration window = whoHarms.observe == null ? before : whoHarms.observe;
            int enough = (int) Math.ceil(2 * topic.partitions() * 1e3 / Math.max(1, window.toMillis()));
            String few =
                    "%d records/s are too few for %d partitions: each needs 2 before the fault. Use --rate %d or more.";
            if (rate < enough) throw new Failure(2, few, rate, topic.partitions(), enough);
        }

        /** Brokers that were frozen or cut off, or are harmed in an unknown way, may tell old news. */
        private boolean isPatient() {
            boolean restarts = plan.fault == null || plan.fault == Fault.stop || plan.fault == Fault.kill;
            return !restarts || !stage.hands.isKnown;
        }

        private void takeSteps() throws Exception {
            try {
                observer.begin();
                leaders = IntStream.range(0, topic.partitions())
                        .mapToObj(observer::leader)
                        .toList();
                gather();
                load = new Load(plan.producing, topic, runId, ledger, journal);
                journal.tell("load", Map.of(), "the producer begins");
                for (Step step : plan.scenario.steps(plan.fault, stage.brokers.values())) step.take(this);
            } catch (InterruptedException ctrlC) {
                giveUp(new Unobserved("interrupted"));
            } catch (Unobserved | Failure | KafkaException because) {
                giveUp(because);
            } finally {
                boolean gone = observer != null && observer.topicGone;
                stage.mend(gone ? null : topic.name());
            }
        }

        /** What became of the records: also when the trial did not come to its end. */
        private void account() throws Exception {
            if (load == null || Script.stopping()) return;
            try {
                load.finish(observer);
                loadEndedAt = journal.tell("load", Map.of(), "the producer ends: %,d records sent", ledger.last());
                boolean settled = waitsForAll() && ledger.account().count(Kind.ACKNOWLEDGED) == ledger.last();
                var audit = new Audit(
                        connection,
                        stage.admin,
                        topic,
                        runId,
                        ledger,
                        journal,
                        observer.topicGone,
                        this::mayHaveBeenCut,
                        settled,
                        new LinkedHashMap<>());
                epochs = audit.read();
                audited = true;
                if (!observer.topicGone) lookAtSettingsAgain();
                awaitTheGroup();
            } catch (Unobserved because) {
                giveUp(because);
            }
        }

        /** Somebody may have changed them in mid-run: what they allowed before or allow now is allowed. */
        private void lookAtSettingsAgain() throws InterruptedException {
            Map<String, String> now = stage.topicProperties(topic.name());
            minInSyncIsSteady = now.getOrDefault("min.insync.replicas", "0").equals("" + topic.minInSync());
            topic = topic.allowing(now);
        }

        /** Whether a new leader may lack what an earlier one has acknowledged. */
        private boolean mayHaveBeenCut(int partition) {
            return observer.changedUncleanly(partition) || !waitsForAll() && observer.changedLeader(partition);
        }

        boolean waitsForAll() {
            return plan.producing.asKafkaReads.getString("acks").equals("-1");
        }

        private void giveUp(Exception because) {
            String why = because instanceof KafkaException ? Script.oneLine(because) : because.getMessage();
            if (unobserved == null) unobserved = why;
            journal.tell("unobserved", Map.of(), "%s", why);
        }

        /** Starts the consumers and waits until the group has given out all partitions, evenly. */
        private void gather() throws Exception {
            for (int number = 1; number <= plan.scenario.consumers; number++) {
                Map<String, Object> settings = plan.producing.consumer(connection, group, "consumer-" + number);
                consumers.add(new GroupConsumer(number, settings, topic.name(), runId, ledger, journal));
            }
            await("the consumers were not given the partitions", 60, this::gathered);
            consumers.forEach(GroupConsumer::tellIdle);
        }

        private boolean gathered() {
            var counts = consumers.stream().mapToInt(it -> it.partitions.size()).summaryStatistics();
            return counts.getSum() == topic.partitions() && counts.getMax() - counts.getMin() <= 1;
        }

        /** Records flow for a time. While a node is away they need not: without any broker send() waits. */
        void flow(Duration time) throws Exception {
            boolean mustFlow = harmedIds().isEmpty();
            int goal = ledger.last() + Math.max(1, (int) (time.toMillis() / 1e3 * rate * 0.5));
            if (Script.stopsWithin(time.toNanos())) throw new Unobserved("interrupted");
            if (mustFlow) await("the records do not flow", 60, () -> ledger.last() >= goal);
        }

        Set<Integer> harmedIds() {
            return outages.stream()
                    .filter(outage -> outage.wholeAt == 0)
                    .map(outage -> outage.id)
                    .collect(Collectors.toSet());
        }

        /** The latest outage of a node that is called so. */
        Outage outage(String node) throws Unobserved {
            return outages.stream()
                    .filter(outage -> outage.calledAs.equals(node) || (outage.id + "").equals(node))
                    .reduce((one, later) -> later)
                    .orElseThrow(
                            () -> new Unobserved("'%s' was not harmed, so that it cannot be healed".formatted(node)));
        }

        void harm(Fault fault, String word) throws Exception {
            if (Script.stopping()) throw new Unobserved("interrupted");
            boolean controls = word.equals("controller");
            List<Integer> replicas = topic.replicas().get(0); // the preferred leader first
            int follower = replicas.size() > 1 ? replicas.get(1) : -1;
            Harmable node = controls
                    ? new Harmable(CONTROLLER, observer.controller(), "controller", "", 0)
                    : stage.nodeCalled(word, observer.leader(0), follower);
            if (node == null) throw new Unobserved("partition 0 has no " + word + " to harm");
            String command = stage.hands.harmCommand(fault, node); // refused before anything is noted
            var outage = new Outage(word, node, stage.hands.name(node), fault, observer.led(node.id()));
            outages.add(outage);
            outage.harmedAt = journal.tell("fault", outage.details(), "%s", command);
            String answer = stage.harm(fault, node);
            if (whoHarms.manual) awaitPerson(outage);
            outage.doneAt = journal.now();
            // Only known hands tell how the broker ended.
            outage.controlled = fault == Fault.stop && stage.hands.isKnown && !answer.contains("SIGKILL");
            if (!answer.isEmpty()) journal.note("%s", answer);
        }

        void heal(Outage outage) throws Exception {
            String command = stage.hands.healCommand(outage.fault, outage.node);
            outage.healedAt = journal.tell("heal", outage.details(), "%s", command);
            String answer = stage.execute(command);
            if (!answer.isEmpty()) journal.note("%s", answer);
        }

        /** A person is slower than the script: the fault is when the cluster shows it. */
        private void awaitPerson(Outage outage) throws Exception {
            int asked = outage.harmedAt;
            await(
                    "nothing happened to a broker",
                    600,
                    () -> !observer.changesSince(asked).isEmpty());
            outage.harmedAt = observer.changesSince(asked).get(0).tick();
        }

        /** The cluster says so, and each broker says for itself that it is there: a lone answer may be old news. */
        void awaitWhole() throws Exception {
            for (Outage outage : outages) if (outage.healedAt == 0) heal(outage);
            await(
                    "the in-sync replicas were not whole again",
                    whoHarms.manual ? 600 : 180,
                    () -> seemsWhole() && stage.allAnswer(topic) && seemsWhole()); // to ask all may take 5 s
            int now = journal.tell("whole", Map.of(), "all replicas are in sync again");
            for (Outage outage : outages) if (outage.wholeAt == 0) outage.wholeAt = now;
            stage.nothingIsBroken();
        }

        /** As the observer sees it. A controller that was harmed must have answered a question asked after its start. */
        private boolean seemsWhole() {
            boolean controllerAnswers = outages.stream()
                    .filter(it -> it.id == CONTROLLER && it.wholeAt == 0)
                    .allMatch(it -> observer.controllerAskedAt > it.healedAt);
            return observer.whole()
                    && controllerAnswers
                    && !observer.controllerIsAway
                    && harmedIds().stream().noneMatch(id -> id != CONTROLLER && observer.knowsAsAway(id));
        }

        void electPreferred() throws Exception {
            for (int tries = 0; tries < 60 && !observer.preferred(); tries++) {
                stage.elect(ElectionType.PREFERRED, topic.name());
                if (holdsWithin(1, observer::preferred)) break;
                if (Script.stopping()) throw new Unobserved("interrupted");
            }
            if (!observer.preferred()) throw new Unobserved("the preferred leaders did not return (waited 60 s)");
            int now = journal.tell("preferred", Map.of(), "the preferred leaders lead again");
            for (Outage outage : outages) if (outage.preferredAt == 0) outage.preferredAt = now;
        }

        /** An operator's choice: a replica that was not in sync becomes the leader. */
        void electUnclean() throws Exception {
            journal.tell("elect", Map.of(), "unclean election, an operator's choice");
            for (int tries = 0; tries < 30 && observer.leader(0) < 0; tries++) {
                stage.elect(ElectionType.UNCLEAN, topic.name());
                if (holdsWithin(1, () -> observer.leader(0) >= 0)) return;
                if (Script.stopping()) throw new Unobserved("interrupted");
            }
            if (observer.leader(0) < 0) throw new Unobserved("the unclean election gave no leader (waited 30 s)");
        }

        /** Scenario 1: the idle consumer is a standby, not a waste. */
        void busyConsumerLeaves() throws Exception {
            boolean firstIsBusy = !consumers.get(0).partitions.isEmpty();
            GroupConsumer busy = consumers.get(firstIsBusy ? 0 : 1);
            GroupConsumer idle = consumers.get(firstIsBusy ? 1 : 0);
            await("the busy consumer received nothing", 60, () -> busy.lastOffset >= 0);
            var which = Json.object("consumer", busy.number);
            int now = journal.tell("leave", which, "consumer %d, the busy one, leaves the group", busy.number);
            handover = new Handover(now, busy, idle);
            busy.leave();
            await("the idle consumer did not take over", 60, () -> idle.firstOffset >= 0);
        }

        /** Waits for a condition. Every wait has a limit, and ends with Ctrl-C and with the topic. */
        void await(String complaint, int limitSeconds, Callable<Boolean> condition) throws Exception {
            long start = System.nanoTime();
            while (true) {
                // First: what is known of a topic that is gone is old news.
                if (observer != null && observer.topicGone)
                    throw new Unobserved("topic %s was deleted in mid-run".formatted(topic.name()));
                if (condition.call()) return;
                if (System.nanoTime() - start > limitSeconds * 1e9)
                    throw new Unobserved("%s (waited %d s)".formatted(complaint, limitSeconds));
                if (Script.stopsWithin(10_000_000)) throw new Unobserved("interrupted");
            }
        }

        /** Until the group has received all that is in the log, or nothing for 60 s: the rest counts as unseen. */
        private void awaitTheGroup() throws Exception {
            long quietSince = System.nanoTime();
            int before = -1;
            for (int unseen; (unseen = ledger.unseen().cardinality()) > 0; before = unseen) {
                if (unseen != before) quietSince = System.nanoTime();
                if (System.nanoTime() - quietSince > 60e9) return;
                if (Script.stopsWithin(200_000_000)) throw new Unobserved("interrupted");
            }
        }
    }

    /** Who had the partition in Scenario 1, who takes it over, and when (in ticks). */
    record Handover(int tick, GroupConsumer busy, GroupConsumer idle) {}

    /**
     * A node that can be harmed.
     *
     * @param id CONTROLLER for any controller: the observer knows only whether one answers
     * @param number by which the cluster knows the node
     * @param host "" for a controller: clients do not reach it
     */
    record Harmable(int id, String number, String name, String host, int port) {
        String shown() {
            return id == CONTROLLER ? "The controller" : "Broker " + id;
        }
    }

    /** A node's absence, in ticks of the journal; 0 is never. */
    private static class Outage {
        final String calledAs; // by the step, such as 'leader'
        final Harmable node;
        final int id;
        final String name;
        final Fault fault;
        final Set<Integer> partitionsLed; // when it was harmed
        boolean controlled; // a shutdown that hands over the leaders
        // In this order: harmed, the command done, healed, the replicas in sync, the preferred leaders back.
        int harmedAt;
        int doneAt; // when the command had ended
        int healedAt;
        volatile int wholeAt;
        int preferredAt; // when the preferred leaders led again

        Outage(String calledAs, Harmable node, String name, Fault fault, Set<Integer> partitionsLed) {
            this.calledAs = calledAs;
            this.node = node;
            this.id = node.id;
            this.name = name;
            this.fault = fault;
            this.partitionsLed = partitionsLed;
        }

        Map<String, Object> details() {
            return Json.object("broker", id, "name", name, "fault", fault);
        }

        /** When its preferred leaders led again; while they do not, a tick that never comes. */
        int overAt() {
            return preferredAt > 0 ? preferredAt : Integer.MAX_VALUE;
        }

        /** Seconds from the fault to then. */
        double after(int tick) {
            return seconds(tick - harmedAt);
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

    /**
     * What is known of a record. The first three are what its producer was told. After a time-out it was told nothing: the
     * record may be in the log. IN_LOG, IN_LOG_AGAIN, REORDERED, EXPIRED and UNTOLD are noted while the log is read. The
     * others follow from these and from what the group received, in {@link Ledger#account}.
     */
    enum Kind {
        ACKNOWLEDGED,
        UNKNOWN, // no answer: it may be in the log or not
        FAILED, // refused for good: it must not be in the log
        IN_LOG,
        IN_LOG_AGAIN, // twice or more
        LOST, // acknowledged, and not in the log
        GHOSTS, // failed, and in the log all the same
        DUPLICATES, // in the log more than once
        REORDERED, // in the log behind a record with a higher id
        NOT_DELIVERED, // neither acknowledged nor in the log
        UNSEEN, // in the log, and the group never received it
        REDELIVERED, // the group received it more often than it is in the log
        PHANTOMS, // the group received it, and the log does not have it any more
        EXPIRED, // removed from the log by retention, or by somebody
        UNTOLD; // not in the log, and the log begins later now: it expired, or was lost before

        static final List<Kind> FATES = List.of(ACKNOWLEDGED, UNKNOWN, FAILED);

        String lowerCase() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Every record of a trial: what its producer was told, whether it is in the log, whether the group received it, and
     * when, in ticks of the journal (0 is never). Ids count from 1 and go to the partitions in turn. It holds 10
     * million records in 180 MB. All methods may be called from any thread.
     */
    static class Ledger {
        private final int partitions;
        private final IntSupplier clock;
        private int last;
        private int resolved;
        private final Numbers sentAt = new Numbers();
        private final Numbers acknowledgedAt = new Numbers();
        private final Numbers receivedAt = new Numbers();
        private final Numbers offsets = new Numbers(); // where it was acknowledged: after the partition's first, plus 1
        private final Map<Kind, BitSet> sets = new EnumMap<>(Kind.class);
        private final BitSet received = new BitSet();
        private final BitSet receivedAgain = new BitSet();
        private final Map<Integer, BitSet> firstReceivedBy = new TreeMap<>(); // by consumer

        Ledger(int partitions, IntSupplier clock) {
            this.partitions = partitions;
            this.clock = clock;
        }

        int partition(int id) {
            return (id - 1) % partitions;
        }

        private BitSet set(Kind kind) {
            return sets.computeIfAbsent(kind, it -> new BitSet());
        }

        /** The id of the last record that was sent. */
        synchronized int last() {
            return last;
        }

        /** Of how many records the producer was told the fate. */
        synchronized int resolved() {
            return resolved;
        }

        synchronized boolean holds(int id) {
            return id >= 1 && id <= last;
        }

        synchronized void sent(int id) {
            sentAt.set(id, clock.getAsInt());
            last = id;
        }

        /** @param offset counted from the partition's end at the start of the trial; -1: not known (acks=0) */
        synchronized void acknowledged(int id, long offset) {
            resolved++;
            set(Kind.ACKNOWLEDGED).set(id);
            acknowledgedAt.set(id, clock.getAsInt());
            offsets.set(id, (int) Math.max(0, Math.min(Integer.MAX_VALUE, offset + 1)));
        }

        /** @param refused for good, so that it must not be in the log; else its fate is unknown */
        synchronized void notAcknowledged(int id, boolean refused) {
            resolved++;
            if (refused) set(Kind.FAILED).set(id);
        }

        synchronized void received(int id, int consumer) {
            if (received.get(id)) receivedAgain.set(id);
            else {
                received.set(id);
                receivedAt.set(id, clock.getAsInt());
                firstReceivedBy.computeIfAbsent(consumer, it -> new BitSet()).set(id);
            }
        }

        /** To be called in the log's order, for each partition. */
        synchronized void foundInLog(int id, int highestBefore) {
            if (set(Kind.IN_LOG).get(id)) set(Kind.IN_LOG_AGAIN).set(id);
            else if (id < highestBefore) set(Kind.REORDERED).set(id);
            set(Kind.IN_LOG).set(id);
        }

        /**
         * The partition's log begins at this offset now: what was acknowledged before it has expired. An offset that is
         * not higher than each earlier one shows that the log was cut between them: then the earlier record may have
         * been lost before it could expire.
         *
         * @param begin counted as in {@link #acknowledged(int, long)}
         * @param cut the log may have been cut, and filled by others: then nobody can tell
         * @return how many records have expired, or were lost before
         */
        synchronized int expire(int partition, long begin, boolean cut) {
            int lowestLater = Integer.MAX_VALUE;
            int count = 0;
            for (int id = last; id >= 1; id--) {
                if (partition(id) != partition) continue;
                int offset = offsets.get(id); // 0: not acknowledged, or with acks=0
                boolean lower = lowestLater <= offset;
                if (offset > 0) lowestLater = Math.min(lowestLater, offset);
                if (set(Kind.IN_LOG).get(id) || set(Kind.FAILED).get(id) || offset > begin) continue;
                set(cut || lower || offset == 0 ? Kind.UNTOLD : Kind.EXPIRED).set(id);
                count++;
            }
            return count;
        }

        synchronized int sentAt(int id) {
            return sentAt.get(id);
        }

        synchronized int acknowledgedAt(int id) {
            return acknowledgedAt.get(id);
        }

        synchronized int receivedAt(int id) {
            return receivedAt.get(id);
        }

        /** Where it was acknowledged, counted from the partition's end at the start of the trial; -1: not known. */
        synchronized long offset(int id) {
            return offsets.get(id) - 1;
        }

        /** How many of the records a consumer was the first to receive, before a tick. */
        int receivedBy(int consumer, int before) {
            return receivedBy(consumer, Integer.MAX_VALUE, before);
        }

        /** The same for records with an id below a limit. */
        synchronized int receivedBy(int consumer, int idLimit, int before) {
            return (int) firstReceivedBy.getOrDefault(consumer, new BitSet()).stream()
                    .filter(id -> id < idLimit && receivedAt.get(id) < before)
                    .count();
        }

        /** Of the acknowledged records of a partition; -1 where none is known. */
        synchronized long highestOffset(int partition) {
            return ids(partition).mapToLong(this::offset).max().orElse(-1);
        }

        synchronized BitSet unseen() {
            return minus(set(Kind.IN_LOG), received);
        }

        /** By partition, when each of its records was acknowledged (or received), in order. */
        int[][] times(IntUnaryOperator when) {
            int[][] times = new int[partitions][];
            for (int partition = 0; partition < partitions; partition++) {
                times[partition] =
                        ids(partition).map(when).filter(tick -> tick > 0).toArray();
                Arrays.sort(times[partition]); // in place: a stream's sorted() would copy it
            }
            return times;
        }

        /**
         * When each was acknowledged (the upper 32 bits), and after how long, in order. In one long, because an array of
         * them is sorted in place; an object for each would need several times the memory.
         */
        long[] latencies(int partition) {
            long[] latencies = ids(partition)
                    .filter(id -> acknowledgedAt(id) > 0)
                    .mapToLong(id -> ((long) acknowledgedAt(id) << 32) | (acknowledgedAt(id) - sentAt(id)))
                    .toArray();
            Arrays.sort(latencies);
            return latencies;
        }

        IntStream ids(int partition) {
            return IntStream.rangeClosed(1, last()).filter(id -> partition(id) == partition);
        }

        /**
         * The crossing table as set algebra. Lost: acknowledged, and not in the log. Phantom: received, and not in the
         * log any more. Not delivered: neither acknowledged nor in the log.
         */
        synchronized Account account() {
            var all = new BitSet();
            all.set(1, last + 1);
            var account = new EnumMap<Kind, BitSet>(Kind.class);
            for (Kind kind : Kind.values()) account.put(kind, copy(set(kind)));
            BitSet acknowledged = set(Kind.ACKNOWLEDGED);
            BitSet inLog = set(Kind.IN_LOG);
            BitSet expired = copy(set(Kind.EXPIRED));
            expired.or(set(Kind.UNTOLD));
            account.put(Kind.UNKNOWN, minus(minus(all, acknowledged), set(Kind.FAILED)));
            account.put(Kind.LOST, minus(minus(acknowledged, inLog), expired));
            account.put(Kind.GHOSTS, and(set(Kind.FAILED), inLog));
            account.put(Kind.DUPLICATES, minus(set(Kind.IN_LOG_AGAIN), set(Kind.FAILED)));
            account.put(Kind.NOT_DELIVERED, minus(minus(minus(all, acknowledged), inLog), expired));
            account.put(Kind.UNSEEN, minus(inLog, received));
            account.put(Kind.REDELIVERED, and(minus(receivedAgain, set(Kind.IN_LOG_AGAIN)), inLog));
            account.put(Kind.PHANTOMS, minus(minus(received, inLog), expired));
            return new Account(account);
        }

        private static BitSet copy(BitSet set) {
            return (BitSet) set.clone();
        }

        static BitSet minus(BitSet set, BitSet without) {
            BitSet rest = copy(set);
            rest.andNot(without);
            return rest;
        }

        private static BitSet and(BitSet set, BitSet other) {
            BitSet both = copy(set);
            both.and(other);
            return both;
        }
    }

    /** A list of numbers that grows without being copied. What was never set is 0. */
    private static class Numbers {
        private static final int CHUNK = 1 << 16;
        private final List<int[]> chunks = new ArrayList<>();

        void set(int index, int value) {
            while (chunks.size() <= index / CHUNK) chunks.add(new int[CHUNK]);
            chunks.get(index / CHUNK)[index % CHUNK] = value;
        }

        int get(int index) {
            return index / CHUNK < chunks.size() ? chunks.get(index / CHUNK)[index % CHUNK] : 0;
        }
    }

    /** The ids of the records, by what is known of them. */
    record Account(Map<Kind, BitSet> sets) {
        BitSet get(Kind kind) {
            return sets.get(kind);
        }

        int count(Kind kind) {
            return get(kind).cardinality();
        }

        int sent() {
            return Kind.FATES.stream().mapToInt(this::count).sum();
        }

        int received() {
            return count(Kind.IN_LOG) - count(Kind.UNSEEN);
        }

        /** How many with this fate are in the log: not at all, once, more often. */
        int[] crossed(Kind fate) {
            int found = Ledger.and(get(fate), get(Kind.IN_LOG)).cardinality();
            int again = Ledger.and(get(fate), get(Kind.IN_LOG_AGAIN)).cardinality();
            return new int[] {count(fate) - found, found - again, again};
        }

        List<String> table() {
            var lines = new ArrayList<String>();
            lines.add("%-13s %12s %12s %12s %12s".formatted("", "records", "in log once", "twice, more", "not in log"));
            for (Kind fate : Kind.FATES) {
                int[] row = crossed(fate);
                String format = "%-13s %,12d %,12d %,12d %,12d";
                lines.add(format.formatted(fate.lowerCase(), count(fate), row[1], row[2], row[0]));
            }
            lines.add("received by the group %,d; unseen %,d, redelivered %,d, out of order %,d"
                    .formatted(received(), count(Kind.UNSEEN), count(Kind.REDELIVERED), count(Kind.REORDERED)));
            String phantoms = "phantoms %,d: the group received them, and the log does not have them any more";
            if (count(Kind.PHANTOMS) > 0) lines.add(phantoms.formatted(count(Kind.PHANTOMS)));
            String expired = "expired %,d: removed from the log by retention, or by somebody";
            if (count(Kind.EXPIRED) > 0) lines.add(expired.formatted(count(Kind.EXPIRED)));
            String untold = "expired or lost %,d: not in the log, which begins later now; nobody can tell";
            if (count(Kind.UNTOLD) > 0) lines.add(untold.formatted(count(Kind.UNTOLD)));
            return lines;
        }
    }

    /** From good to bad, so that the worst of several is the greatest. */
    enum Verdict {
        PASS("green"),
        ALLOWED("yellow"), // the settings do not rule it out
        INCONCLUSIVE("yellow"), // could not be observed
        FAIL("red");

        private final String colour;

        Verdict(String colour) {
            this.colour = colour;
        }

        static Verdict worst(Stream<Verdict> several) {
            return several.max(Comparator.naturalOrder()).orElse(INCONCLUSIVE);
        }

        boolean holds(boolean strict) {
            return this == PASS || (this == ALLOWED && !strict);
        }

        String painted() {
            return Script.text("@|bold," + colour + " " + name() + "|@");
        }
    }

    /** Something that the guide, or Kafka, says; whether it held; and the numbers. */
    record Claim(Verdict verdict, String text, String evidence) {
        static Claim of(boolean holds, String text, String evidence) {
            return new Claim(holds ? Verdict.PASS : Verdict.FAIL, text, evidence);
        }

        /** The same. Where it does not hold, and something hid what happened (null: nothing), nobody can tell. */
        static Claim of(boolean holds, String text, String evidence, String doubt) {
            return holds || doubt == null ? of(holds, text, evidence) : unknown(text, evidence + "; but " + doubt);
        }

        static Claim unknown(String text, String evidence) {
            return new Claim(Verdict.INCONCLUSIVE, text, evidence);
        }
    }

    /**
     * What the settings promise, as Kafka's client and the cluster read them.
     *
     * @param lossAllowedBy null where no acknowledged record may be lost; else the setting that allows a loss
     * @param repeatsAllowedBy null where no record may be repeated or reordered; else the setting that allows that
     */
    record Promises(String lossAllowedBy, String repeatsAllowedBy) {
        static Promises of(ProducerConfig config, boolean uncleanElection) {
            String acks = config.getString("acks");
            String loss =
                    !acks.equals("-1") ? "acks=" + acks : uncleanElection ? "unclean.leader.election.enable" : null;
            boolean idempotent = config.getBoolean("enable.idempotence"); // off also by acks=1, by retries=0
            return new Promises(loss, idempotent ? null : "a producer without idempotence");
        }
    }

    /**
     * The claims about the records themselves: the same for every trial with a log.
     *
     * @param chosenLoss records whose loss an operator has chosen
     * @param groupReadOn false: a consumer of this script had ended, so that unseen records prove nothing
     */
    static List<Claim> claimsOf(
            Account account, Ledger ledger, Promises promises, BitSet chosenLoss, boolean groupReadOn) {
        var claims = new ArrayList<Claim>(List.of(lossClaim(account, ledger, promises, chosenLoss)));
        int ghosts = account.count(Kind.GHOSTS);
        if (ghosts > 0)
            claims.add(Claim.of(false, "a record that failed is not in the log", "%,d are".formatted(ghosts)));
        boolean clean = account.get(Kind.DUPLICATES).isEmpty()
                && account.get(Kind.REORDERED).isEmpty();
        String order = "%,d duplicates, %,d out of order"
                .formatted(account.count(Kind.DUPLICATES), account.count(Kind.REORDERED));
        if (clean || promises.repeatsAllowedBy == null)
            claims.add(Claim.of(clean, "each record is in the log once, in order", order));
        else {
            String text = "repeated or out of order: %s allows it".formatted(promises.repeatsAllowedBy);
            claims.add(new Claim(Verdict.ALLOWED, text, order));
        }
        String received = "%,d of %,d; %,d more than once"
                .formatted(account.received(), account.count(Kind.IN_LOG), account.count(Kind.REDELIVERED));
        boolean all = account.get(Kind.UNSEEN).isEmpty();
        Verdict verdict = all ? Verdict.PASS : groupReadOn ? Verdict.FAIL : Verdict.INCONCLUSIVE;
        claims.add(new Claim(verdict, "the group received all that is in the log", received));
        return claims;
    }

    private static Claim lossClaim(Account account, Ledger ledger, Promises promises, BitSet chosenLoss) {
        BitSet lost = Ledger.minus(account.get(Kind.LOST), chosenLoss);
        String evidence = "%,d acknowledged, %,d of them not in the log"
                .formatted(account.count(Kind.ACKNOWLEDGED), account.count(Kind.LOST));
        if (!lost.isEmpty()) evidence += ": " + some(lost, ledger);
        String text = "no %sacknowledged record is lost".formatted(chosenLoss.isEmpty() ? "" : "other ");
        int untold = Ledger.and(account.get(Kind.ACKNOWLEDGED), account.get(Kind.UNTOLD))
                .cardinality();
        if (untold > 0) evidence += "; %,d expired or lost: the log cannot tell".formatted(untold);
        boolean surelyLost = !lost.isEmpty() && promises.lossAllowedBy == null;
        if (untold > 0 && !surelyLost) return Claim.unknown(text, evidence);
        if (lost.isEmpty() || promises.lossAllowedBy == null) return Claim.of(lost.isEmpty(), text, evidence);
        String allowed = "lost %,d: %s allows it".formatted(lost.cardinality(), promises.lossAllowedBy);
        return new Claim(Verdict.ALLOWED, allowed, evidence);
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

    // ---- measuring: the result of a trial, in ticks ----

    /** Nothing from one tick to another. */
    record Gap(int from, int to) {
        int ticks() {
            return to - from;
        }

        double seconds() {
            return failover.seconds(ticks());
        }

        boolean overlaps(int from, int to) {
            return this.to >= from && this.from <= to;
        }

        /** The longest time between two of these (in order) that overlaps the window. */
        static Gap longest(int[] times, int from, int to) {
            var longest = new Gap(0, 0);
            for (int i = 1; i < times.length; i++) {
                var gap = new Gap(times[i - 1], times[i]);
                if (gap.ticks() > longest.ticks() && gap.overlaps(from, to)) longest = gap;
            }
            return longest;
        }

        static Gap longest(Stream<Gap> gaps) {
            return gaps.max(Comparator.comparingInt(Gap::ticks)).orElse(new Gap(0, 0));
        }
    }

    /** A limit for a pause, in seconds, and where it comes from. */
    record Bound(double seconds, String why) {}

    /** What a trial has shown, in numbers. The claims made of them are in {@link Judge}. */
    private class Result {
        final Plan plan;
        final Trial trial;
        final Topic topic;
        final Ledger ledger;
        final Account account;
        final Observer observer;
        final List<Outage> outages;
        final Handover handover;
        final List<Epoch> epochs;
        final boolean audited;
        final int[][] acknowledged; // by partition: when its records were acknowledged, in order
        final int[][] read; // by partition: when the group received its records, in order
        private final List<Claim> claims;

        Result(Trial trial) {
            this.trial = trial;
            this.plan = trial.plan;
            this.topic = trial.topic;
            this.ledger = trial.ledger;
            this.account = ledger.account();
            this.observer = trial.observer;
            this.outages = trial.outages;
            this.handover = trial.handover;
            this.epochs = trial.epochs;
            this.audited = trial.audited;
            this.acknowledged = ledger.times(ledger::acknowledgedAt);
            this.read = ledger.times(ledger::receivedAt);
            this.claims = new Judge(this, maxPause, maxLatency).claims();
        }

        /**
         * The times of acknowledgement between that of the first call and, where records still waited, the end of the
         * load: a pause that is open at its beginning or at its end counts. Made when asked for: kept, the times of
         * 10 million records would stand in memory twice.
         */
        int[] waited(int partition) {
            int[] times = acknowledged[partition];
            int first = partition + 1;
            int last = ledger.ids(partition).max().orElse(0);
            if (last == 0) return times;
            boolean open = ledger.acknowledgedAt(last) == 0;
            int[] longer = new int[times.length + (open ? 2 : 1)];
            longer[0] = ledger.sentAt(first);
            System.arraycopy(times, 0, longer, 1, times.length);
            if (open) longer[times.length + 1] = Math.max(trial.loadEndedAt, longer[times.length]);
            return longer;
        }

        /** How many records of a partition were acknowledged after one tick and before another. */
        long count(int partition, int after, int before) {
            return Arrays.stream(acknowledged[partition])
                    .filter(it -> it > after && it < before)
                    .count();
        }

        /** The first of these times after a tick. */
        static int firstAfter(int[] times, int tick, int otherwise) {
            return Arrays.stream(times).filter(it -> it > tick).findFirst().orElse(otherwise);
        }

        /** When a partition first had a new leader after a fault; 0 is never. */
        int gotLeader(Outage outage, int partition) {
            return firstChange(
                    partition,
                    outage.harmedAt,
                    it -> it.leaderChanged() && it.now().leader() >= 0);
        }

        /** When a partition first had no leader any more after a fault; 0 is never. */
        int lostLeader(Outage outage, int partition) {
            return firstChange(
                    partition,
                    outage.harmedAt,
                    it -> it.leaderChanged() && it.now().leader() < 0);
        }

        int firstChange(int partition, int after, Predicate<Change> wanted) {
            return observer.changesSince(after).stream()
                    .filter(it -> it.partition() == partition && wanted.test(it))
                    .mapToInt(Change::tick)
                    .findFirst()
                    .orElse(0);
        }

        /** The pause that an outage made in a partition, until the replicas are in sync again. */
        Gap pause(int[] times, Outage outage) {
            int end = outage.wholeAt > 0 ? outage.wholeAt : Integer.MAX_VALUE;
            return Gap.longest(times, outage.harmedAt, end);
        }

        /**
         * The longest pause that an outage made in any partition.
         *
         * @param times by partition: those of the acknowledgements, or of the reads
         */
        Gap longestPause(IntFunction<int[]> times, Outage outage) {
            return Gap.longest(partitions().mapToObj(partition -> pause(times.apply(partition), outage)));
        }

        /** The longest pause of a partition: that of an outage where there is one, else of the whole trial. */
        Gap longestPause(int[] times) {
            if (outages.isEmpty()) return Gap.longest(times, 0, Integer.MAX_VALUE);
            return Gap.longest(outages.stream().map(it -> pause(times, it)));
        }

        /** The longest pause in seconds, before, during and after the outages. */
        double longestEver() {
            return Gap.longest(partitions().mapToObj(it -> Gap.longest(waited(it), 0, Integer.MAX_VALUE)))
                    .seconds();
        }

        double pauseSeconds() {
            return Gap.longest(partitions().mapToObj(it -> longestPause(waited(it))))
                    .seconds();
        }

        IntStream partitions() {
            return IntStream.range(0, topic.partitions());
        }

        /** When the first fault came; a tick that never comes where there was none. */
        int firstFault() {
            return outages.isEmpty() ? Integer.MAX_VALUE : outages.get(0).harmedAt;
        }

        /** When the preferred leaders led again for the last time; 0 is never. */
        int lastRecovery() {
            return outages.stream().mapToInt(it -> it.preferredAt).max().orElse(0);
        }

        Verdict verdict() {
            return Verdict.worst(claims.stream().map(Claim::verdict));
        }

        // -- the outage, taken apart --

        /** When each thing happened to a partition after a fault, in ticks; 0 is never. */
        Map<String, Integer> phases(Outage outage, int partition) {
            var phases = new LinkedHashMap<String, Integer>();
            phases.put("leader gone", lostLeader(outage, partition));
            int elected = gotLeader(outage, partition);
            phases.put("new leader", elected);
            phases.put("first acknowledged", elected == 0 ? 0 : firstAfter(acknowledged[partition], elected, 0));
            phases.put("first read", elected == 0 ? 0 : firstAfter(read[partition], elected, 0));
            int replicas = topic.replicas().get(partition).size();
            Predicate<Change> whole =
                    it -> it.now().leader() >= 0 && it.now().inSync().size() == replicas;
            phases.put("in sync", firstChange(partition, outage.harmedAt, whole));
            int preferred = topic.preferredLeader(partition);
            Predicate<Change> leads = it -> it.leaderChanged() && it.now().leader() == preferred;
            phases.put("preferred", firstChange(partition, outage.harmedAt, leads));
            return phases;
        }

        /** In ms: 99 of 100 records that were sent are acknowledged within. A record without an answer is late. */
        double percentile99() {
            Latencies acknowledged = latencies(id -> true);
            int index = (int) (0.99 * account.sent());
            return index < acknowledged.records() ? acknowledged.at(index) : Double.POSITIVE_INFINITY;
        }

        private Latencies latencies(IntPredicate wanted) {
            var latencies = new Latencies();
            for (int id = 1; id <= ledger.last(); id++)
                if (ledger.acknowledgedAt(id) > 0 && wanted.test(id))
                    latencies.add(ledger.acknowledgedAt(id) - ledger.sentAt(id));
            return latencies;
        }

        /** Acknowledged before the first fault, sent after the last recovery, and all between. */
        private Map<String, Latency> latencies() {
            int first = firstFault();
            int last = lastRecovery() == 0 ? Integer.MAX_VALUE : lastRecovery();
            var latencies = new LinkedHashMap<String, Latency>();
            latencies.put(
                    "before", latencies(id -> ledger.acknowledgedAt(id) < first).summary());
            latencies.put(
                    "during",
                    latencies(id -> ledger.acknowledgedAt(id) >= first && ledger.sentAt(id) < last)
                            .summary());
            latencies.put("after", latencies(id -> ledger.sentAt(id) >= last).summary());
            return latencies;
        }
    }

    // ---- judging: the claims of every trial ----

    private record Judge(Result result, Duration maxPause, Duration maxLatency) {
        /** A controlled stop moves the leaders first; else the cluster, or the client, gives up a silent broker. */
        Bound bound(Outage outage) {
            if (outage.controlled) return new Bound(5, "a controlled stop");
            boolean silent = outage.fault == Fault.pause || outage.fault == Fault.disconnect;
            String name = silent ? "request.timeout.ms" : "broker.session.timeout.ms";
            long limit = silent ? result.plan.producing.requestTimeout() : result.trial.stage.sessionTimeout;
            return new Bound(1.5 * limit / 1e3, "1.5 times %s, %.0f s".formatted(name, limit / 1e3));
        }

        /** What somebody else did to the cluster in a window; null if nothing was seen. */
        String fromOutside(int from, int to, Predicate<OutsideEvent> wanted) {
            return result.observer.outside.stream()
                    .filter(it -> it.tick() >= from && it.tick() <= to && wanted.test(it))
                    .map(OutsideEvent::text)
                    .findFirst()
                    .orElse(null);
        }

        /** A claim about an outage. Where it does not hold, and the script could not see or was disturbed: unknown. */
        Claim claim(boolean holds, Outage outage, String text, String evidence) {
            return claim(holds, outage.harmedAt, outage.overAt(), text, evidence);
        }

        /** The same about a whole trial. */
        Claim claim(boolean holds, String text, String evidence) {
            return claim(holds, 0, Integer.MAX_VALUE, text, evidence);
        }

        private Claim claim(boolean holds, int from, int to, String text, String evidence) {
            String unseen = disturbed(from, to);
            return Claim.of(holds, text, evidence, unseen != null ? unseen : fromOutside(from, to, event -> true));
        }

        /** The same about what happens while the node is away: a short absence need not be noticed. */
        Claim claimWhileAway(boolean holds, Outage outage, String text, String evidence) {
            double away = seconds((outage.healedAt > 0 ? outage.healedAt : Integer.MAX_VALUE) - outage.harmedAt);
            double session = result.trial.stage.sessionTimeout / 1e3;
            if (holds || outage.controlled || away > 1.5 * session) return claim(holds, outage, text, evidence);
            String why = "; but it was away for %.1f s only, and a dead broker is noticed after %.0f s (--down)";
            return Claim.unknown(text, evidence + why.formatted(away, session));
        }

        /** Why the script could not see all that happened in a window; null if it could. */
        private String disturbed(int from, int to) {
            if (result.observer.topicGone) return "somebody deleted the topic";
            String stall = stall(from, to);
            return stall != null ? stall : silence(from, to);
        }

        private String stall(int from, int to) {
            for (Gap gap : result.observer.stalls)
                if (gap.overlaps(from, to)) return "this script did not run for %.1f s".formatted(gap.seconds());
            return null;
        }

        String silence(int from, int to) {
            for (Gap gap : result.observer.silences())
                if (gap.overlaps(from, to)) return "no broker told who leads for %.1f s".formatted(gap.seconds());
            return null;
        }

        List<Claim> claims() {
            var claims = new ArrayList<Claim>();
            if (result.trial.unobserved != null)
                claims.add(Claim.unknown("the trial came to its end", result.trial.unobserved));
            for (Outage outage : result.outages) claims.add(wentAway(outage));
            for (Outage outage : result.outages)
                if (outage.id == CONTROLLER && outage.healedAt > 0) claims.addAll(withoutController(outage));
            claims.addAll(flowed());
            for (GroupConsumer consumer : result.trial.consumers)
                if (consumer.failure != null) {
                    String text = "consumer %d reads to the end".formatted(consumer.number);
                    claims.add(Claim.unknown(text, consumer.failure));
                }
            if (result.trial.unobserved == null) claims.addAll(result.plan.scenario.claims(result, this));
            if (!result.audited) claims.add(Claim.unknown("the log was read", "it was not"));
            else {
                boolean gone = result.observer.topicGone;
                String deleted = "somebody deleted it in mid-run, or made another of its name";
                if (gone) claims.add(Claim.unknown("the topic is there to the end", deleted));
                Promises promises = gone // then no setting explains a loss
                        ? new Promises(null, "a topic that was made anew")
                        : Promises.of(result.plan.producing.asKafkaReads, result.topic.allowsUncleanElection());
                boolean readOn =
                        !gone && result.trial.consumers.stream().allMatch(consumer -> consumer.failure == null);
                claims.addAll(claimsOf(
                        result.account, result.ledger, promises, result.plan.scenario.chosenLoss(result), readOn));
                refusesWithFew().ifPresent(claims::add);
                if (result.account.count(Kind.NOT_DELIVERED) > 0) claims.add(delivered());
                int untold = Ledger.minus(result.account.get(Kind.UNTOLD), result.account.get(Kind.ACKNOWLEDGED))
                        .cardinality();
                String evidence = "%,d were not acknowledged, and may have been in the log before it was cut";
                if (untold > 0) claims.add(Claim.unknown(DELIVERED, evidence.formatted(untold)));
            }
            if (maxPause != null)
                claims.add(limit("no pause is longer than", maxPause, result.longestEver(), "longest pause"));
            if (maxLatency == null) return claims;
            double p99 = result.percentile99() / 1e3;
            claims.add(limit("99 percent of the records are acknowledged within", maxLatency, p99, "p99"));
            return claims;
        }

        private Claim limit(String text, Duration limit, double seconds, String what) {
            boolean holds = result.account.count(Kind.ACKNOWLEDGED) > 0 && seconds <= limit.toMillis() / 1e3;
            String format = limit.toMillis() % 100 == 0 ? "%s %.1f s" : "%s %.3f s";
            String full = format.formatted(text, limit.toMillis() / 1e3);
            String evidence = "%s %.2f s".formatted(what, seconds);
            return Claim.of(holds, full, evidence, stall(0, Integer.MAX_VALUE));
        }

        /** PASS needs that the cluster itself noticed: nothing else shows that the fault was one. */
        private Claim wentAway(Outage outage) {
            String seen = evidenceOf(outage);
            String nothing = outage.id == CONTROLLER
                    ? "no three questions to it in a row stayed without an answer: it must be away for 5 s or more (--down)"
                    : "the cluster noticed nothing: a dead broker is noticed after broker.session.timeout.ms (--down)";
            Verdict verdict = seen == null ? Verdict.INCONCLUSIVE : Verdict.PASS;
            return new Claim(verdict, outage.name + " went away", seen == null ? nothing : seen);
        }

        /** With fewer replicas in sync than min.insync.replicas the cluster takes no record with acks=all. */
        private Optional<Claim> refusesWithFew() {
            int min = result.topic.minInSync();
            if (min < 2 || !result.trial.waitsForAll() || !result.trial.minInSyncIsSteady) return Optional.empty();
            var few = new TreeMap<Integer, List<Gap>>(); // by partition
            for (int partition : result.partitions().toArray()) {
                List<Gap> gaps =
                        result.observer.times(partition, state -> state.inSync().size() < min);
                // At its edges brokers learn of a change at different times.
                List<Gap> inner = gaps.stream()
                        .map(gap -> new Gap(gap.from() + ticks(1), gap.to() - ticks(2)))
                        .filter(gap -> gap.ticks() > ticks(1))
                        .toList();
                if (!inner.isEmpty()) few.put(partition, inner);
            }
            if (few.isEmpty()) return Optional.empty();
            long taken = few.entrySet().stream()
                    .flatMapToLong(it ->
                            it.getValue().stream().mapToLong(gap -> result.count(it.getKey(), gap.from(), gap.to())))
                    .sum();
            Gap longest = Gap.longest(few.values().stream().flatMap(List::stream));
            String text = "with fewer in sync than min.insync.replicas=%d nothing is acknowledged".formatted(min);
            String evidence = "%,d acknowledged in partition %s, for %.1f s"
                    .formatted(taken, joined(few.keySet()), longest.seconds() + 3);
            return Optional.of(claim(taken == 0, text, evidence));
        }

        /** Records need no controller. A partition whose leader dies does. */
        private List<Claim> withoutController(Outage controller) {
            List<Outage> meanwhile = result.outages.stream()
                    .filter(it -> it.id != CONTROLLER && it.harmedAt < controller.healedAt)
                    .filter(it -> it.wholeAt == 0 || it.wholeAt > controller.harmedAt)
                    .toList();
            if (meanwhile.isEmpty()) return List.of(flowsOn(controller));
            var claims = new ArrayList<Claim>();
            for (Outage outage : meanwhile)
                if (outage.harmedAt > controller.doneAt && result.observer.isOnlyController)
                    for (int partition : outage.partitionsLed) claims.add(noSuccessor(controller, outage, partition));
            return claims;
        }

        private Claim flowsOn(Outage controller) {
            int from = controller.harmedAt;
            int to = controller.healedAt;
            Gap pause = Gap.longest(result.partitions().mapToObj(it -> Gap.longest(result.waited(it), from, to)));
            long least = result.partitions()
                    .mapToLong(it -> result.count(it, from, to))
                    .min()
                    .orElse(0);
            String evidence = "at least %,d acknowledged in each partition meanwhile, longest pause %.2f s";
            boolean flows = least > 0 && pause.ticks() < (to - from) / 2;
            return claim(
                    flows,
                    controller,
                    "records flow on while the controller is away",
                    evidence.formatted(least, pause.seconds()));
        }

        private Claim noSuccessor(Outage controller, Outage outage, int partition) {
            int elected = result.gotLeader(outage, partition);
            String text = "partition %d gets no new leader while the controller is away".formatted(partition);
            String evidence = elected == 0
                    ? "nobody was elected"
                    : "elected %.1f s after the controller was started"
                            .formatted(seconds(elected - controller.healedAt));
            double dead = seconds(controller.healedAt - outage.harmedAt);
            double session = result.trial.stage.sessionTimeout / 1e3;
            boolean holds = elected == 0 || elected > controller.healedAt;
            String tooShort = "the controller was back after %.1f s; it gives a dead broker up after %.0f s";
            if (holds && !outage.controlled && dead <= session)
                return Claim.unknown(text, tooShort.formatted(dead, session));
            return claim(holds, outage, text, evidence);
        }

        private String evidenceOf(Outage outage) {
            String after = ", %.2f s after the fault";
            // The next outage of the same node has evidence of its own; and when all is whole, this script elects
            // leaders.
            int end = result.outages.stream()
                    .filter(it -> it.id == outage.id && it.harmedAt > outage.harmedAt)
                    .mapToInt(it -> it.harmedAt)
                    .min()
                    .orElse(outage.wholeAt > 0 ? outage.wholeAt : Integer.MAX_VALUE);
            int gone = result.observer.goneBetween(outage.id, outage.harmedAt, end);
            for (Change change : result.observer.changesSince(outage.harmedAt)) {
                if (change.tick() > end) break;
                // No evidence: a partition that somebody moved, and a leader that stays in sync after an election.
                if (result.observer.moved.contains(change.partition())) continue;
                boolean led = change.before().leader() == outage.id
                        && (change.now().leader() < 0 || !change.now().inSync().contains(outage.id));
                boolean out = change.before().inSync().contains(outage.id)
                        && !change.now().inSync().contains(outage.id);
                String how = led ? "it led partition %d no more" : "it was out of the in-sync replicas of partition %d";
                if (led || out) return (how + after).formatted(change.partition(), outage.after(change.tick()));
            }
            String seen = outage.id == CONTROLLER
                    ? "no controller, or another one, led"
                    : "the cluster did not list it any more";
            return gone == 0 ? null : (seen + after).formatted(outage.after(gone));
        }

        private List<Claim> flowed() {
            if (result.trial.unobserved != null || result.outages.stream().anyMatch(it -> it.preferredAt == 0))
                return List.of();
            Handover handover = result.handover; // of Scenario 1, which has no outage
            int first = handover != null ? handover.tick() : result.firstFault();
            int last = handover != null ? handover.tick() : result.lastRecovery();
            var without = new ArrayList<Integer>();
            for (int partition : result.partitions().toArray())
                if (result.count(partition, 0, first) == 0 || result.count(partition, last, Integer.MAX_VALUE) == 0)
                    without.add(partition);
            if (without.isEmpty()) return List.of();
            String evidence = "none were acknowledged before, or none after, in partition " + joined(without);
            return List.of(Claim.unknown("records flow before and after", evidence));
        }

        /** Sent, and not delivered: allowed only where the cluster could not take records for longer than the client waits. */
        private Claim delivered() {
            double limit = result.plan.producing.deliveryTimeout() / 1e3;
            var reasons = new TreeSet<String>();
            for (int partition : result.partitions().toArray()) {
                if (result.ledger.ids(partition).noneMatch(result.account.get(Kind.NOT_DELIVERED)::get)) continue;
                Gap gap = result.longestPause(result.waited(partition));
                String why = whyUnavailable(partition, gap);
                if (why == null || gap.seconds() < limit) {
                    String evidence =
                            "%,d were not; the longest pause of partition %d was %.1f s, delivery.timeout.ms is %.0f s (%s)"
                                    .formatted(
                                            result.account.count(Kind.NOT_DELIVERED),
                                            partition,
                                            gap.seconds(),
                                            limit,
                                            result.trial.load.complaint);
                    return Claim.of(false, DELIVERED, evidence, disturbed(gap.from(), gap.to()));
                }
                reasons.add(why);
            }
            String text = "not delivered %,d: the cluster could not take them for longer than delivery.timeout.ms"
                    .formatted(result.account.count(Kind.NOT_DELIVERED));
            return new Claim(
                    Verdict.ALLOWED,
                    text,
                    "%s; delivery.timeout.ms is %.0f s".formatted(String.join("; ", reasons), limit));
        }

        private static final String DELIVERED = "every record that was sent is delivered";

        /** Why a partition could not take records in the middle of a pause; null if nothing of the kind was seen. */
        private String whyUnavailable(int partition, Gap gap) {
            int middle = gap.from() + gap.ticks() / 2;
            State state = result.observer.stateAt(partition, middle);
            boolean all = result.plan.producing.asKafkaReads.getString("acks").equals("-1");
            if (state.leader() < 0) return "partition %d had no leader".formatted(partition);
            if (all && state.inSync().size() < result.topic.minInSync())
                return "partition %d had %d in sync, min.insync.replicas is %d"
                        .formatted(partition, state.inSync().size(), result.topic.minInSync());
            return result.outages.stream()
                    .filter(it -> middle >= it.harmedAt && (it.healedAt == 0 || middle < it.healedAt))
                    .filter(it ->
                            it.id == state.leader() || all && state.inSync().contains(it.id))
                    .map(it -> "%s was away, and still leader or in sync".formatted(it.name))
                    .findFirst()
                    .orElse(null);
        }
    }

    // ---- telling: to a person ----

    private record Teller(Result result) {
        void tell() {
            Script.say("");
            strips();
            result.outages.forEach(this::tellPhases);
            if (!result.outages.isEmpty()) tellLatencies();
            Script.say("");
            if (result.audited) result.account.table().forEach(line -> Script.say("  %s", line));
            else Script.say("  The log was not read: nobody knows what became of %,d records.", result.account.sent());
            Script.say("");
            if (result.plan.scenario.observation != null)
                Script.say("  The guide: %s", fitted(13, result.plan.scenario.observation));
            for (Claim claim : result.claims) {
                int indent = claim.verdict.name().length() + 4;
                Script.say("  %s  %s", claim.verdict.painted(), fitted(indent, claim.text));
                Script.say("@|faint         %s|@", fitted(8, claim.evidence));
            }
            if (result.plan.scenario instanceof HighAvailability && !result.outages.isEmpty())
                Script.say("@|faint   %s|@", fitted(2, ONE_FAILURE.formatted(result.outages.get(0).name)));
        }

        private static final String ONE_FAILURE =
                "(This holds for one failure: while %s was away, new records were on one broker only.)";

        /** A line per partition: each character is half a second, or more in a long run. */
        private void strips() {
            int end = result.trial.journal.now();
            int step = ticks(0.5) * Math.max(1, (int) Math.ceil(seconds(end) / 0.5 / 60));
            int columns = end / step + 1;
            double full = (double) result.plan.producing.rate() / result.topic.partitions() * seconds(step);
            Script.say("  acknowledged by partition; a character is %.1f s", seconds(step));
            for (int partition : result.partitions().toArray()) {
                long[] counts = new long[columns];
                for (int tick : result.acknowledged[partition]) counts[tick / step]++;
                Script.say("  partition %-3d %s", partition, strip(counts, full));
            }
            for (Outage outage : result.outages) {
                int from = outage.harmedAt / step;
                int to = outage.healedAt == 0 ? columns : outage.healedAt / step + 1;
                String away = "-".repeat(from) + "x".repeat(to - from) + "-".repeat(columns - to);
                Script.say("  %-13s %s  x away", outage.name, away);
            }
        }

        private static String strip(long[] counts, double full) {
            var strip = new StringBuilder();
            for (long count : counts) {
                int level = count == 0 ? 0 : (int) Math.max(1, Math.min(8, Math.round(8 * count / full)));
                strip.append(" \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588".charAt(level));
            }
            return strip.toString();
        }

        private void tellPhases(Outage outage) {
            Script.say("");
            Script.say(
                    "  %s away: in seconds after the fault (leaders to within %.2f s)",
                    outage.name, seconds(result.observer.resolution));
            for (int partition : outage.partitionsLed) {
                var phases = new ArrayList<String>();
                result.phases(outage, partition).forEach((phase, tick) -> {
                    if (tick > 0) phases.add("%s %.2f".formatted(phase, outage.after(tick)));
                });
                Script.say("  partition %-3d %s", partition, fitted(16, String.join(", ", phases)));
            }
            Script.say(
                    "  longest pause %.2f s in acknowledgements, %.2f s in reads",
                    result.longestPause(result::waited, outage).seconds(),
                    result.longestPause(partition -> result.read[partition], outage)
                            .seconds());
        }

        private void tellLatencies() {
            Script.say("");
            Script.say(
                    "  %-13s %9s %9s %9s   ms from the call to the acknowledgement",
                    "latency", "p50", "p99", "maximum");
            result.latencies().forEach((when, it) -> {
                if (it.records > 0) Script.say("  %-13s %,9.1f %,9.1f %,9.1f", when, it.p50, it.p99, it.max);
            });
        }
    }

    // ---- telling: to a program ----

    /** The JSON lines of a trial. docs/failover.md lists the fields. */
    private record Lines(Result result) {
        /** The trial as JSON lines: what was to be done, what happened, the flow, the verdict. */
        List<Object> all() {
            var lines = new ArrayList<Object>(List.of(trialLine()));
            for (Event event : result.trial.journal.events()) {
                var line = Json.object("type", "event", "ms", ms(event.tick()), "kind", event.kind());
                line.putAll(event.details());
                line.put("text", event.text());
                lines.add(line);
            }
            result.partitions().forEach(partition -> lines.addAll(flowLines(partition)));
            lines.add(verdictLine());
            return lines;
        }

        private Map<String, Object> trialLine() {
            Producing producing = result.plan.producing;
            var line = Json.object("type", "trial", "ms", 0, "run", result.trial.runId, "number", result.trial.number);
            line.putAll(Json.object("started", result.trial.started.toString(), "title", result.trial.title()));
            line.putAll(Json.object("observation", result.plan.scenario.observation, "settings", producing.label));
            line.putAll(Json.object("topic", result.topic.name(), "partitions", result.topic.partitions()));
            line.putAll(Json.object("replicas", result.topic.replicas().get(0).size(), "group", result.trial.group));
            line.putAll(Json.object("consumers", result.plan.scenario.consumers, "fault", result.plan.fault));
            line.putAll(Json.object("rate", producing.rate(), "size", producing.size()));
            line.putAll(Json.object("properties", producing.shown(), "cluster", result.trial.stage.hands.about));
            line.putAll(Json.object("brokers", result.trial.stage.brokers.keySet(), "leaders", result.trial.leaders));
            line.put("in_sync", result.topic.replicas());
            String java = System.getProperty("java.version");
            line.put("versions", Json.object("failover", "1.1.0", "kafka_client", "4.4.0", "java", java));
            Map<String, Object> limits = Json.object("broker.session.timeout.ms", result.trial.stage.sessionTimeout);
            limits.put("request.timeout.ms", producing.requestTimeout());
            line.put("limit_ms", limits);
            return line;
        }

        /** For each 100 ms in which something was acknowledged or read: how much, how late, and how much of it was lost. */
        private List<Map<String, Object>> flowLines(int partition) {
            int width = ticks(0.1);
            int[] reads = new int[result.trial.journal.now() / width + 1];
            int[] lost = new int[reads.length];
            for (int tick : result.read[partition]) reads[tick / width]++;
            result.ledger
                    .ids(partition)
                    .filter(id ->
                            result.audited && result.account.get(Kind.LOST).get(id))
                    .forEach(id -> lost[result.ledger.acknowledgedAt(id) / width]++);
            long[] latencies = result.ledger.latencies(partition); // by time of acknowledgement
            var lines = new ArrayList<Map<String, Object>>();
            int from = 0;
            for (int bucket = 0; bucket < reads.length; bucket++) {
                int to = from;
                while (to < latencies.length && (latencies[to] >> 32) / width <= bucket) to++;
                int acknowledged = to - from;
                var ticks = new Latencies();
                for (; from < to; from++) ticks.add((int) latencies[from]);
                if (acknowledged == 0 && reads[bucket] == 0) continue;
                var line = Json.object("type", "flow", "ms", bucket * 100, "partition", partition);
                line.putAll(Json.object("acknowledged", acknowledged, "read", reads[bucket], "lost", lost[bucket]));
                Latency it = ticks.summary();
                if (it.records > 0) line.putAll(Json.object("p50_ms", it.p50, "p99_ms", it.p99, "max_ms", it.max));
                lines.add(line);
            }
            return lines;
        }

        /** The verdict, with every number that was printed. */
        Map<String, Object> verdictLine() {
            var line = Json.object(
                    "type", "verdict", "ms", ms(result.trial.journal.now()), "name", result.plan.scenario.name);
            line.putAll(Json.object(
                    "run", result.trial.runId, "verdict", result.verdict(), "settings", result.plan.producing.label));
            line.putAll(Json.object(
                    "fault", result.plan.fault, "unobserved", result.trial.unobserved, "audited", result.audited));
            line.put("sent", result.account.sent());
            for (Kind kind : Kind.values()) {
                boolean known = result.audited || Kind.FATES.contains(kind); // the rest only the log tells
                line.put(kind.lowerCase(), known ? result.account.count(kind) : null);
            }
            int shown = result.audited ? 100 : 0;
            line.put(
                    "lost_ids",
                    result.account.get(Kind.LOST).stream().limit(shown).boxed().toList());
            var crossed = Json.object();
            for (Kind fate : Kind.FATES) {
                int[] row = result.account.crossed(fate);
                crossed.put(fate.lowerCase(), Json.object("not_in_log", row[0], "once", row[1], "more", row[2]));
            }
            line.putAll(Json.object("crossed", crossed, "claims", result.claims));
            line.put("outages", result.outages.stream().map(this::outageLine).toList());
            line.put("pauses", result.partitions().mapToObj(this::pauseLine).toList());
            var latency = Json.object();
            result.latencies().forEach((when, it) -> latency.put(when, it.records == 0 ? null : it));
            line.putAll(Json.object("latency_ms", latency, "resolution_ms", ms(result.observer.resolution)));
            return line;
        }

        private Object outageLine(Outage outage) {
            var partitions = new ArrayList<Object>();
            for (int partition : outage.partitionsLed) {
                var times = Json.object("partition", partition);
                result.phases(outage, partition)
                        .forEach((phase, tick) -> times.put(phase.replace(' ', '_') + "_ms", ms(tick)));
                partitions.add(times);
            }
            var line = outage.details();
            line.putAll(Json.object("fault_ms", ms(outage.harmedAt), "heal_ms", ms(outage.healedAt)));
            line.putAll(Json.object("whole_ms", ms(outage.wholeAt), "preferred_ms", ms(outage.preferredAt)));
            line.put("partitions", partitions);
            return line;
        }

        private Object pauseLine(int partition) {
            var line = Json.object("partition", partition);
            line.put("acknowledged", gapLine(result.longestPause(result.waited(partition))));
            line.put("read", gapLine(result.longestPause(result.read[partition])));
            return line;
        }

        private Object gapLine(Gap gap) {
            return Json.object("from_ms", ms(gap.from()), "to_ms", ms(gap.to()), "ms", gap.ticks() / TICKS_PER_MS);
        }
    }

    /** Latency from the call to the acknowledgement, in ms. */
    private record Latency(double p50, double p99, double max, int records) {}

    /** How many records had which latency: a list of 10 million latencies would need 40 MB. */
    private static class Latencies {
        private final TreeMap<Integer, Integer> records = new TreeMap<>(); // by latency, in ticks

        void add(int ticks) {
            records.merge(ticks, 1, Integer::sum);
        }

        int records() {
            return records.values().stream().mapToInt(it -> it).sum();
        }

        /** In ms: the latency at an index, where all latencies stand in order. */
        double at(int index) {
            int behind = index;
            for (var each : records.entrySet()) {
                behind -= each.getValue();
                if (behind < 0) return each.getKey() / TICKS_PER_MS;
            }
            throw new IndexOutOfBoundsException(index);
        }

        Latency summary() {
            int n = records();
            return n == 0 ? new Latency(0, 0, 0, 0) : new Latency(at(n / 2), at((int) (n * 0.99)), at(n - 1), n);
        }
    }

    // ---- measuring: what happens, and when ----

    /** Ticks are 0.1 ms: an int has 59 hours of them. */
    private static final double TICKS_PER_MS = 10.0;

    private static double seconds(int ticks) {
        return ticks / TICKS_PER_MS / 1e3;
    }

    private static int ticks(double seconds) {
        return (int) (seconds * 1e3 * TICKS_PER_MS);
    }

    /** Null for what was never. */
    private static Double ms(int ticks) {
        return ticks == 0 ? null : ticks / TICKS_PER_MS;
    }

    record Event(int tick, String kind, Map<String, Object> details, String text) {}

    /** What happened in a trial, in ticks since its start; told at once. */
    static class Journal {
        private static final Map<String, String> COLOURS = Map.of(
                "fault", "bold,red",
                "heal", "bold,green",
                "outside", "bold,red",
                "leader", "yellow",
                "assigned", "cyan",
                "unobserved", "bold,yellow");

        private final long start = System.nanoTime();
        private final List<Event> events = Collections.synchronizedList(new ArrayList<>());
        private final boolean printing;

        Journal(boolean printing) {
            this.printing = printing;
        }

        /** At least 1, because 0 means 'never' in the ledger. */
        int now() {
            return 1 + (int) Math.min(Integer.MAX_VALUE - 1, (System.nanoTime() - start) / 100_000);
        }

        int tell(String kind, Map<String, Object> details, String format, Object... values) {
            return tellAt(now(), kind, details, format, values);
        }

        int note(String format, Object... values) {
            return tell("note", Map.of(), format, values);
        }

        int tellAt(int tick, String kind, Map<String, Object> details, String format, Object... values) {
            String text = Script.hidden(format.formatted(values));
            events.add(new Event(tick, kind, details, text));
            String colour = COLOURS.get(kind);
            String line = colour == null ? "%6.1f s  %s" : "%6.1f s  @|" + colour + " %s|@";
            if (printing) Script.say(line, seconds(tick), fitted(10, text));
            return tick;
        }

        List<Event> events() {
            synchronized (events) {
                return events.stream()
                        .sorted(Comparator.comparingInt(Event::tick))
                        .toList();
            }
        }
    }

    /** Who leads a partition (-1: nobody), and which replicas are in sync. */
    record State(int leader, List<Integer> inSync) {}

    record Change(int tick, int partition, State before, State now) {
        boolean leaderChanged() {
            return now.leader != before.leader;
        }
    }

    /** When the cluster gave a node up. */
    record Absence(int tick, int node) {}

    /** Something that happened to the cluster, and that this script did not do. */
    record OutsideEvent(int tick, int node, String text) {}

    /**
     * Watches who leads, who is in sync, and which brokers are there, by asking the cluster every 20 ms. One thread does
     * all the work; the answers reach that thread through a queue.
     */
    static class Observer {
        /** Brokers learn of a change at different times: so many answers in a row must agree. */
        private static final int AGREEING = 3;

        /** A broker that was frozen, or cut off, tells for a while what was true before. */
        private static final int AGREEING_ON_OLD_NEWS = 50;

        /** A longer silence of the cluster, or of this script, is told: what happened meanwhile was not seen. */
        private static final int WORTH_A_LINE = ticks(2);

        private final Admin admin;

        /** A broker answers one question of a connection after another; one to the controller holds up those behind it. */
        private final Admin controllers;

        private final Topic topic;
        private final Journal journal;
        private final Supplier<Set<Integer>> harmed; // the brokers that the script has harmed, and not yet healed
        private final boolean patient;
        private final BlockingQueue<Runnable> answers = new LinkedBlockingQueue<>();
        private final AtomicReferenceArray<State> states; // believed, by partition
        private final List<List<Integer>> replicas; // now, by partition; the preferred leader first
        private final Map<Integer, Integer> othersInARow = new HashMap<>(); // answers with other replicas, by partition
        final Set<Integer> moved = ConcurrentHashMap.newKeySet(); // partitions that somebody moved in mid-run
        private final State[] first;
        private final Change[] candidates; // seen, and not believed yet, by partition
        private final int[] agreeing; // how many answers in a row tell the candidate
        private final List<Change> changes = new CopyOnWriteArrayList<>();
        final List<OutsideEvent> outside = new CopyOnWriteArrayList<>();
        private final List<Gap> silences = new CopyOnWriteArrayList<>();
        final List<Gap> stalls = new CopyOnWriteArrayList<>(); // times in which this script did not run
        private final List<Absence> absences = new CopyOnWriteArrayList<>(); // of brokers and of the controller
        private final Set<Integer> known = new HashSet<>();
        private final Thread thread = new Thread(this::watch, "observer");
        private volatile boolean ending;
        volatile boolean topicGone;
        private int unknownSince; // answers that do not know the topic: a broker may learn of a new topic late; 0: none
        volatile int resolution; // the longest time between two answers, in ticks: no change is told more exactly
        private volatile Set<Integer> nodesNow = Set.of(); // believed
        private Set<Integer> nodesSeen = Set.of();
        private int nodesSeenAt;
        private int nodesAgreeing; // answers in a row
        private int outstanding;
        private long asked;
        private long answered;
        private volatile int answeredAt;
        private volatile int endedAt; // 0: it still watches
        private volatile int controller = -1; // not known
        volatile boolean isOnlyController;
        volatile boolean controllerIsAway;
        private boolean silent; // no broker answers
        private boolean controllerIsAsked; // and has not answered
        volatile int controllerAskedAt; // when the last question that has an answer was asked
        private int controllerSilences; // requests in a row without an answer; one alone may be a busy machine

        Observer(Connection connection, Topic topic, Journal journal, Supplier<Set<Integer>> harmed, boolean patient) {
            this.topic = topic;
            this.journal = journal;
            this.harmed = harmed;
            this.patient = patient;
            states = new AtomicReferenceArray<>(topic.partitions());
            replicas = new CopyOnWriteArrayList<>(topic.replicas);
            first = new State[topic.partitions()];
            candidates = new Change[topic.partitions()];
            agreeing = new int[topic.partitions()];
            Map<String, Object> settings = connection.settings(AdminClientConfig.configNames(), Map.of(), Map.of());
            settings.remove("retries");
            // In ms. A broker that hangs must not make the observer blind.
            settings.put("request.timeout.ms", 1_000);
            settings.put("default.api.timeout.ms", 2_000);
            settings.put("reconnect.backoff.max.ms", 200);
            admin = connection.create(() -> Admin.create(settings));
            controllers = connection.create(() -> Admin.create(settings));
        }

        void begin() throws Unobserved {
            thread.setDaemon(true);
            thread.start();
            for (int partition = 0; partition < states.length(); partition++)
                for (long start = System.nanoTime(); states.get(partition) == null; ) {
                    if (System.nanoTime() - start > 30e9) throw new Unobserved("the cluster does not tell who leads");
                    if (Script.stopsWithin(20_000_000)) throw new Unobserved("interrupted");
                }
        }

        private void watch() {
            int before = journal.now();
            answeredAt = before;
            for (long tick = 0; !ending; tick++) {
                if (outstanding < 4) askTopic();
                if (tick % 5 == 0) askNodes();
                if (tick % 25 == 0) askController();
                try {
                    runAnswersFor(20_000_000);
                } catch (InterruptedException end) {
                    return;
                }
                int now = journal.now();
                tellSilence(now);
                if (now - before > WORTH_A_LINE) {
                    stalls.add(new Gap(before, now));
                    String text = "this script did not run for %.1f s: the machine, or somebody, held it up";
                    journal.note(text, seconds(now - before));
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

        private void tellSilence(int now) {
            boolean silence = now - answeredAt > WORTH_A_LINE;
            if (silence && !silent) journal.tellAt(answeredAt, "note", Map.of(), "no broker answers");
            if (!silence && silent) journal.note("brokers answer again");
            silent = silence;
        }

        private void askTopic() {
            outstanding++;
            long number = ++asked;
            admin.describeTopics(List.of(topic.name))
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
                if (unknown) answeredAt = journal.now(); // an answer, too: nobody leads a topic that is not there
                if (unknown && journal.now() - unknownSince > ticks(1)) topicHasGone();
                return;
            }
            unknownSince = 0;
            int now = journal.now();
            resolution = Math.max(resolution, now - answeredAt);
            if (now - answeredAt > WORTH_A_LINE) silences.add(new Gap(answeredAt, now));
            answeredAt = now;
            TopicDescription description = found.get(topic.name);
            if (!description.topicId().equals(topic.id)) topicHasGone();
            for (TopicPartitionInfo it : description.partitions()) {
                int leader = it.leader() == null ? -1 : it.leader().id();
                var state = new State(
                        leader, it.isr().stream().map(Node::id).sorted().toList());
                if (it.partition() >= states.length()) continue; // added in mid-run: no record is sent there
                see(it.partition(), state);
                seeReplicas(it.partition(), it.replicas().stream().map(Node::id).toList());
            }
        }

        /** Somebody may move a partition to other brokers in mid-run. */
        private void seeReplicas(int partition, List<Integer> now) {
            List<Integer> before = replicas.get(partition);
            int answers = now.equals(before) || topicGone ? 0 : othersInARow.merge(partition, 1, Integer::sum);
            if (answers == 0) othersInARow.remove(partition);
            if (answers < AGREEING) return;
            replicas.set(partition, now);
            moved.add(partition);
            String text = "partition %d: its replicas are %s now, not %s, and this script did not do it";
            tellOutside(before.get(0), text.formatted(partition, joined(now), joined(before)));
        }

        private void topicHasGone() {
            if (!topicGone) journal.note("topic %s does not exist any more", topic.name);
            topicGone = true;
        }

        /**
         * A state is believed when three answers in a row tell it; 50, where it was true once before and brokers may be
         * behind. Its time is that of the first of them.
         */
        private void see(int partition, State now) {
            State believed = states.get(partition);
            if (believed == null) first[partition] = now;
            if (believed == null || now.equals(believed)) {
                states.set(partition, now);
                candidates[partition] = null;
                return;
            }
            if (candidates[partition] == null || !now.equals(candidates[partition].now)) {
                candidates[partition] = new Change(journal.now(), partition, believed, now);
                agreeing[partition] = 0;
            }
            Change candidate = candidates[partition];
            boolean oldNews =
                    patient && changes.stream().anyMatch(it -> it.partition == partition && it.before.equals(now));
            if (++agreeing[partition] < (oldNews ? AGREEING_ON_OLD_NEWS : AGREEING)) return;
            states.set(partition, now);
            candidates[partition] = null;
            changes.add(candidate);
            tell(candidate);
        }

        private void tell(Change change) {
            int partition = change.partition;
            State before = change.before;
            State now = change.now;
            if (change.leaderChanged()) {
                String text = now.leader < 0
                        ? "no leader; it was broker " + before.leader
                        : "broker " + now.leader + " leads"
                                + (before.leader < 0 ? "" : " now; it was broker " + before.leader);
                var details = Json.object("partition", partition, "leader", now.leader, "before", before.leader);
                journal.tellAt(change.tick, "leader", details, "partition %d: %s", partition, text);
            }
            if (now.inSync.equals(before.inSync)) return;
            String few = !now.inSync.isEmpty() && now.inSync.size() < topic.minInSync
                    ? " (fewer than min.insync.replicas=" + topic.minInSync + ")"
                    : "";
            String ids = now.inSync.isEmpty() ? "none" : joined(now.inSync);
            var details = Json.object("partition", partition, "in_sync", now.inSync);
            journal.tellAt(change.tick, "in_sync", details, "partition %d: in sync %s%s", partition, ids, few);
        }

        // -- the brokers, and the controller --

        private void askNodes() {
            admin.describeCluster()
                    .nodes()
                    .whenComplete((nodes, error) -> answers.add(() -> {
                        if (error == null) onNodes(nodes.stream().map(Node::id).collect(Collectors.toSet()));
                    }));
        }

        /** A broker is away when the cluster does not list it any more: fenced, or shut down. Believed as a state is. */
        private void onNodes(Set<Integer> now) {
            if (!now.equals(nodesSeen)) {
                nodesSeen = now;
                nodesSeenAt = journal.now();
                nodesAgreeing = 0;
            }
            if (++nodesAgreeing < AGREEING && !nodesNow.isEmpty()) return;
            for (int id : known) {
                boolean was = nodesNow.contains(id);
                boolean is = now.contains(id);
                if (was && !is) absences.add(new Absence(nodesSeenAt, id));
                if (was == is || harmed.get().contains(id)) continue;
                String what = is ? "back, and this script did not start it" : "away, and this script did not do it";
                tellOutside(id, "broker %d is %s".formatted(id, what));
            }
            known.addAll(now);
            nodesNow = now;
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
                        if (!isTimeout(error)) controllerAskedAt = now; // a refusal is an answer, too
                        if (error == null) isOnlyController = quorum.voters().size() == 1;
                        if (error == null) onController(quorum.leaderId());
                        // Where brokers are silent, too, nothing is known of the controller.
                        boolean brokersAnswer = journal.now() - answeredAt < ticks(1);
                        controllerSilences = isTimeout(error) && brokersAnswer ? controllerSilences + 1 : 0;
                        if (controllerSilences >= 3) onController(-1);
                    }));
        }

        /** No answer in time. Its own cause differs: a client that gives up waiting also cuts the connection. */
        private static boolean isTimeout(Throwable error) {
            return error instanceof TimeoutException || error != null && error.getCause() instanceof TimeoutException;
        }

        private void onController(int id) {
            boolean changed = controller >= 0 && id != controller;
            if (changed && !controllerIsAway) absences.add(new Absence(journal.now(), CONTROLLER));
            boolean everybodyIsHarmed = harmed.get().containsAll(known);
            boolean isHarmed = harmed.get().contains(CONTROLLER) || harmed.get().contains(controller); // a broker, too
            boolean bySomebodyElse = !isHarmed && !nodesNow.isEmpty() && !everybodyIsHarmed;
            if (changed && id < 0 && !controllerIsAway && bySomebodyElse)
                tellOutside(CONTROLLER, "the controller does not answer, and this script did not do it");
            if (id >= 0 && controllerIsAway && bySomebodyElse) tellOutside(CONTROLLER, "the controller answers again");
            controllerIsAway = id < 0 && controller >= 0;
            if (id >= 0) controller = id;
        }

        private void tellOutside(int node, String text) {
            outside.add(new OutsideEvent(journal.now(), node, text));
            journal.tell("outside", Map.of(), "%s", text);
        }

        // -- what was seen; may be called from any thread --

        State state(int partition) {
            return states.get(partition);
        }

        int leader(int partition) {
            return state(partition).leader;
        }

        /** The number of the controller that leads now, or did last; "" where that must not be asked. */
        String controller() {
            return controller < 0 ? "" : "" + controller;
        }

        /** Whether the cluster itself says, now, that a broker is away. */
        boolean knowsAsAway(int broker) {
            return !nodesNow.isEmpty() && !nodesNow.contains(broker) && journal.now() - answeredAt < WORTH_A_LINE;
        }

        /** When the cluster first gave up a node, or its controller was another one, in a window; 0 is never. */
        int goneBetween(int node, int from, int to) {
            return absences.stream()
                    .filter(it -> it.node == node && it.tick >= from && it.tick <= to)
                    .mapToInt(Absence::tick)
                    .findFirst()
                    .orElse(0);
        }

        /** The partitions that a broker leads now. */
        Set<Integer> led(int broker) {
            return all().filter(it -> leader(it) == broker).boxed().collect(Collectors.toCollection(TreeSet::new));
        }

        boolean whole() {
            return all().allMatch(it -> leader(it) >= 0
                    && state(it).inSync.size() == replicas.get(it).size());
        }

        boolean preferred() {
            return all().allMatch(it -> leader(it) == replicas.get(it).get(0));
        }

        private IntStream all() {
            return IntStream.range(0, states.length());
        }

        /** When a partition was in such a state, as far as was seen; a time that is still open is left out. */
        List<Gap> times(int partition, Predicate<State> wanted) {
            var times = new ArrayList<Gap>();
            int since = first[partition] != null && wanted.test(first[partition]) ? 1 : 0;
            for (Change change : changes) {
                if (change.partition != partition) continue;
                boolean now = wanted.test(change.now);
                if (now && since == 0) since = change.tick;
                if (now || since == 0) continue;
                times.add(new Gap(since, change.tick));
                since = 0;
            }
            return times;
        }

        /** What was believed of a partition at a tick. */
        State stateAt(int partition, int tick) {
            return changes.stream()
                    .filter(it -> it.partition == partition && it.tick <= tick)
                    .reduce((one, later) -> later)
                    .map(Change::now)
                    .orElse(first[partition]);
        }

        int leaderAt(int partition, int tick) {
            return stateAt(partition, tick).leader;
        }

        /** Whether a replica that was not in sync became the leader, or may have: unseen. */
        boolean changedUncleanly(int partition) {
            List<Integer> inSync = first[partition].inSync; // the latest that was not empty
            for (Change change : changes) {
                if (change.partition != partition) continue;
                if (change.leaderChanged() && change.now.leader >= 0 && !inSync.contains(change.now.leader))
                    return true;
                if (!change.now.inSync.isEmpty()) inSync = change.now.inSync;
            }
            return !silences().isEmpty() || !stalls.isEmpty();
        }

        boolean changedLeader(int partition) {
            return changes.stream().anyMatch(it -> it.partition == partition && it.leaderChanged());
        }

        List<Change> changesSince(int tick) {
            return changes.stream().filter(it -> it.tick >= tick).toList();
        }

        /** Times in which no broker answered. */
        List<Gap> silences() {
            int now = endedAt > 0 ? endedAt : journal.now();
            var all = new ArrayList<>(silences);
            if (now - answeredAt > WORTH_A_LINE) all.add(new Gap(answeredAt, now)); // still open
            return all;
        }

        void close() {
            ending = true;
            endedAt = journal.now();
            thread.interrupt();
            admin.close(Duration.ZERO);
            controllers.close(Duration.ZERO);
        }
    }

    // ---- the clients of a trial ----

    /**
     * How the records of an experiment are produced.
     *
     * @param label in tables, such as acks=all
     * @param given what --acks and --try set, over the client properties
     * @param asKafkaReads the settings as Kafka's client reads them: trimmed, with all defaults
     */
    record Producing(
            String label,
            Map<String, String> given,
            Map<String, Object> settings,
            ProducerConfig asKafkaReads,
            int rate,
            int size) {

        static Producing of(Connection connection, String acks, String attempt, int rate, int size) {
            var given = new LinkedHashMap<String, String>();
            if (!acks.isEmpty()) given.put("acks", acks);
            if (!attempt.isEmpty()) given.putAll(parsed(attempt));
            String bytes = ByteArraySerializer.class.getName();
            // Records are bytes and belong to no transaction.
            var own = Map.of("key.serializer", bytes, "value.serializer", bytes, "transactional.id", "");
            // In ms. While no broker is there, or the buffer is full, send() waits so long before the record fails.
            Map<String, Integer> usual = Map.of("max.block.ms", 120_000);
            Map<String, Object> settings = connection.settings(ProducerConfig.configNames(), usual, own);
            given.forEach((key, value) -> {
                if (own.containsKey(key)) throw new Failure(2, "--try: '%s' is set by this script itself.", key);
                if (ProducerConfig.configNames().contains(key)) settings.put(key, value);
            });
            ProducerConfig config = connection.create(() -> new ProducerConfig(settings));
            String label =
                    attempt.isEmpty() ? "acks=" + config.getString("acks").replace("-1", "all") : attempt.split(":")[0];
            return new Producing(label, given, settings, config, rate, size);
        }

        private static Map<String, String> parsed(String attempt) {
            var properties = new LinkedHashMap<String, String>();
            for (String pair : attempt.substring(attempt.indexOf(':') + 1).split(",(?=\\s*[\\w.]+=)")) {
                String[] parts = pair.strip().split("=", 2);
                boolean known = ProducerConfig.configNames().contains(parts[0])
                        || ConsumerConfig.configNames().contains(parts[0]);
                if (parts.length < 2 || !known || attempt.indexOf(':') < 1)
                    throw new Failure(
                            2,
                            "--try takes NAME:KEY=VALUE,... with client properties, not '%s'.",
                            Script.hidden(attempt));
                properties.put(parts[0], parts[1]);
            }
            return properties;
        }

        /** Settings of a consumer of the group. */
        Map<String, Object> consumer(Connection connection, String group, String name) {
            var own = new HashMap<String, Object>(audit());
            own.put("group.id", group);
            own.put("client.id", name);
            own.put("auto.offset.reset", "earliest");
            Map<String, Object> settings = connection.settings(ConsumerConfig.configNames(), Map.of(), own);
            given.forEach((key, value) -> {
                if (ConsumerConfig.configNames().contains(key) && !own.containsKey(key)) settings.put(key, value);
            });
            boolean classic = connection
                    .create(() -> new ConsumerConfig(settings))
                    .getString("group.protocol")
                    .equalsIgnoreCase("classic");
            // In ms; Kafka's default is 3,000. With a heartbeat a consumer learns that partitions are given out anew.
            if (classic) settings.putIfAbsent("heartbeat.interval.ms", 500);
            return settings;
        }

        /** Settings of every consumer here: it commits for itself, and reads bytes. */
        static Map<String, Object> audit() {
            String bytes = ByteArrayDeserializer.class.getName();
            return Map.of("enable.auto.commit", "false", "key.deserializer", bytes, "value.deserializer", bytes);
        }

        /** What decides on the promises, and what was given; passwords are not shown. */
        Map<String, String> shown() {
            var shown = new LinkedHashMap<String, String>();
            shown.put("acks", asKafkaReads.getString("acks").replace("-1", "all"));
            given.forEach((key, value) -> {
                var known = ProducerConfig.configDef().configKeys().get(key);
                boolean secret = known != null && known.type == ConfigDef.Type.PASSWORD || key.contains("jaas");
                shown.putIfAbsent(key, secret ? "[hidden]" : value);
            });
            return shown;
        }

        int requestTimeout() {
            return asKafkaReads.getInt("request.timeout.ms");
        }

        int deliveryTimeout() {
            return asKafkaReads.getInt("delivery.timeout.ms");
        }
    }

    /** The producer: numbered records to the partitions in turn, at a steady rate. */
    static class Load {
        /** Refused for good: such a record was never written. All other errors leave the fate unknown. */
        private static final List<Class<? extends Exception>> REFUSALS = List.of(
                RecordTooLargeException.class,
                RecordBatchTooLargeException.class,
                InvalidRecordException.class,
                SerializationException.class,
                BufferExhaustedException.class,
                InvalidTopicException.class,
                AuthorizationException.class);

        private final Producing producing;
        private final Topic topic;
        private final byte[] run;
        private final Ledger ledger;
        private final Journal journal;
        private final Producer<byte[], byte[]> producer;
        private final Thread thread = new Thread(this::send, "load");
        private volatile boolean ending;
        volatile String complaint; // the first record that was not acknowledged, and why

        Load(Producing producing, Topic topic, String run, Ledger ledger, Journal journal) {
            this.producing = producing;
            this.topic = topic;
            this.run = run.getBytes(StandardCharsets.UTF_8);
            this.ledger = ledger;
            this.journal = journal;
            producer = new KafkaProducer<>(producing.settings);
            producer.partitionsFor(topic.name);
            thread.setDaemon(true);
            thread.start();
        }

        /** By the clock, not by the gap: records that an outage held up are sent as soon as they can be. */
        private void send() {
            long start = System.nanoTime();
            for (int id = 1; !ending; id++) {
                long due = start + (long) ((id - 1) * 1e9 / producing.rate);
                while (!ending && System.nanoTime() < due) LockSupport.parkNanos(due - System.nanoTime());
                if (ending) return;
                ledger.sent(id);
                var record = new ProducerRecord<byte[], byte[]>(topic.name, ledger.partition(id), null, value(id));
                record.headers().add("run", run);
                int sent = id;
                try {
                    producer.send(record, (at, error) -> ended(sent, at, error));
                } catch (KafkaException | IllegalStateException closed) {
                    ended(sent, null, closed);
                    return;
                }
            }
        }

        private void ended(int id, RecordMetadata at, Exception error) {
            if (error == null) {
                long offset = at.hasOffset() ? at.offset() - topic.ends.get(at.partition()) : -1;
                ledger.acknowledged(id, offset);
                return;
            }
            ledger.notAcknowledged(id, REFUSALS.stream().anyMatch(kind -> kind.isInstance(error)));
            if (complaint != null) return;
            complaint = "record %d: %s".formatted(id, Script.oneLine(error));
            journal.note("not acknowledged: %s", complaint);
        }

        /** The guide's record, padded to the size that was asked for. */
        private byte[] value(int id) {
            String json = "{\"event_id\": " + id + ", \"key\": \"test\", \"message\": \"This is event number " + id;
            String padding = " ".repeat(Math.max(0, producing.size - json.length() - 2));
            return (json + padding + "\"}").getBytes(StandardCharsets.UTF_8);
        }

        /** Sends no more, and waits until the fate of all records is known. */
        void finish(Observer observer) throws Unobserved {
            ending = true;
            long limit = System.nanoTime() + (10_000L + producing.deliveryTimeout()) * 1_000_000;
            // Also the sending thread must have ended: else it may send one more record to a closed producer.
            while ((thread.isAlive() || ledger.resolved() < ledger.last()) && !observer.topicGone) {
                if (System.nanoTime() > limit) throw new Unobserved("some records' fate is not known");
                if (Script.stopsWithin(20_000_000)) throw new Unobserved("interrupted");
            }
            close();
        }

        /** Records that are on their way then stay unknown. */
        void close() {
            ending = true;
            producer.close(patience());
        }
    }

    /** How long a client may take to close. */
    private static Duration patience() {
        return Duration.ofMillis(Script.stopping() ? 200 : 2_000);
    }

    /** A consumer of the group, in a thread of its own. It commits what it has received: at least once. */
    static class GroupConsumer {
        final int number;
        volatile Set<Integer> partitions = Set.of();
        volatile long firstOffset = -1; // in partition 0
        volatile long lastOffset = -1;
        volatile String failure; // why it could not read on; null: it did
        private final String topic;
        private final String run;
        private final Ledger ledger;
        private final Journal journal;
        private final Consumer<byte[], byte[]> consumer;
        private final Thread thread;
        private volatile boolean leaving;
        private String complaint = "";

        GroupConsumer(
                int number, Map<String, Object> settings, String topic, String run, Ledger ledger, Journal journal) {
            this.number = number;
            this.topic = topic;
            this.run = run;
            this.ledger = ledger;
            this.journal = journal;
            consumer = new KafkaConsumer<>(settings);
            thread = new Thread(this::read, "consumer-" + number);
            thread.setDaemon(true);
            thread.start();
        }

        private void read() {
            try (consumer) {
                consumer.subscribe(List.of(topic), commitBeforeRevocation());
                while (!leaving) {
                    ConsumerRecords<byte[], byte[]> records = poll();
                    for (var record : records) receive(record);
                    if (!records.isEmpty()) consumer.commitAsync((offsets, error) -> complain(error));
                    tellAssignment();
                }
                commit();
            } catch (RuntimeException failed) {
                if (leaving) return;
                failure = Script.oneLine(failed);
                journal.note("consumer %d ended: %s", number, failure);
            }
        }

        /** What passes by itself, such as a coordinator that is away, is no reason to end. */
        private ConsumerRecords<byte[], byte[]> poll() {
            try {
                return consumer.poll(Duration.ofMillis(100));
            } catch (RetriableException | CommitFailedException passing) {
                complain(passing);
                return ConsumerRecords.empty();
            }
        }

        private ConsumerRebalanceListener commitBeforeRevocation() {
            return new ConsumerRebalanceListener() {
                @Override
                public void onPartitionsAssigned(Collection<TopicPartition> given) {}

                @Override
                public void onPartitionsRevoked(Collection<TopicPartition> taken) {
                    if (!leaving && !taken.isEmpty()) commit();
                }
            };
        }

        /** Without a commit the records come again, which at least once allows. */
        private void commit() {
            try {
                consumer.commitSync(patience());
            } catch (KafkaException refused) {
                complain(refused);
            }
        }

        private void complain(Exception error) {
            if (error == null || leaving) return;
            String now = Script.oneLine(error);
            if (error instanceof TimeoutException) now = "no answer from the group's coordinator.";
            if (Script.rootOf(error) instanceof DisconnectException)
                now = "the connection to the group's coordinator broke.";
            if (!now.equals(complaint)) journal.note("consumer %d: %s", number, now);
            complaint = now;
        }

        private void receive(ConsumerRecord<byte[], byte[]> record) {
            int id = idOf(record, run);
            if (!ledger.holds(id)) return; // another run's, or another producer's
            ledger.received(id, number);
            if (record.partition() != 0) return;
            lastOffset = record.offset();
            if (firstOffset < 0) firstOffset = record.offset();
        }

        private void tellAssignment() {
            var now = new TreeSet<Integer>();
            for (TopicPartition each : consumer.assignment()) now.add(each.partition());
            if (now.equals(partitions)) return;
            partitions = now;
            if (!now.isEmpty()) tell("partition " + joined(now));
        }

        /** Said when the group has given out all partitions, as before that nobody has one. */
        void tellIdle() {
            if (partitions.isEmpty()) tell("idle, no partition is left for it");
        }

        private void tell(String text) {
            var details = Json.object("consumer", number, "assigned", List.copyOf(partitions));
            journal.tell("assigned", details, "consumer %d: %s", number, text);
        }

        void leave() {
            leaving = true;
            try {
                thread.join(patience().toMillis() * 2);
            } catch (InterruptedException hurry) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The id of a record of this run, or -1. */
    static int idOf(ConsumerRecord<byte[], byte[]> record, String run) {
        var header = record.headers().lastHeader("run");
        byte[] value = record.value();
        if (header == null || value == null || !run.equals(new String(header.value(), StandardCharsets.UTF_8)))
            return -1;
        long id = 0;
        int begin = "{\"event_id\": ".length();
        for (int i = begin; i < value.length; i++) {
            int digit = value[i] - '0';
            if (digit < 0 || digit > 9) return i == begin ? -1 : (int) id;
            id = 10 * id + digit;
            if (id > Integer.MAX_VALUE) return -1;
        }
        return -1;
    }

    /** The records that one leader wrote, by the log itself: where they begin, and when the last was acknowledged. */
    record Epoch(int partition, long firstOffset, int lastAcknowledged) {
        Epoch and(Epoch later) {
            return new Epoch(partition, firstOffset, Math.max(lastAcknowledged, later.lastAcknowledged));
        }
    }

    /**
     * Reads the log itself, without the group, from where the trial began to its end.
     *
     * @param cut partitions whose log may have been cut
     * @param epochs by partition and leader epoch; empty at first
     */
    record Audit(
            Connection connection,
            Admin admin,
            Topic topic,
            String run,
            Ledger ledger,
            Journal journal,
            boolean topicGone,
            IntPredicate cut,
            boolean nothingIsOnItsWay,
            Map<List<Integer>, Epoch> epochs) {

        List<Epoch> read() throws Exception {
            List<Long> ends = settledEnds();
            List<Long> begins = offsets(OffsetSpec.earliest());
            var own = new HashMap<>(Producing.audit());
            own.put("group.id", "");
            own.put("auto.offset.reset", "none"); // what the log does not have any more must not be passed over
            Map<String, Object> settings = connection.settings(ConsumerConfig.configNames(), Map.of(), own);
            try (var consumer = new KafkaConsumer<byte[], byte[]>(settings)) {
                for (int partition = 0; partition < topic.partitions(); partition++) {
                    long first = topicGone ? 0 : topic.ends.get(partition); // a topic of the same name starts at 0
                    for (long begin = begins.get(partition); ; )
                        try {
                            read(consumer, partition, Math.max(first, begin), ends.get(partition));
                            break;
                        } catch (org.apache.kafka.clients.consumer.OffsetOutOfRangeException expiredMeanwhile) {
                            long moved = offsets(OffsetSpec.earliest()).get(partition);
                            if (moved <= begin || Script.stopping())
                                throw new Unobserved("the log changed while it was read");
                            begin = moved;
                        }
                }
                if (!topicGone) expire(offsets(OffsetSpec.earliest()));
            } catch (KafkaException refused) {
                throw new Unobserved("the log cannot be read: " + Script.oneLine(refused));
            }
            return List.copyOf(epochs.values());
        }

        /** What the log does not begin with any more was not lost by the failover. */
        private void expire(List<Long> begins) {
            for (int partition = 0; partition < topic.partitions(); partition++) {
                long begin = begins.get(partition) - topic.ends.get(partition);
                int expired = begin > 0 ? ledger.expire(partition, begin, cut.test(partition)) : 0;
                if (expired > 0)
                    journal.note(
                            "partition %d: the log starts at offset %d now; %,d records have expired, or were deleted",
                            partition, begins.get(partition), expired);
            }
        }

        /**
         * Records for which nobody waits (acks=0), or waits no more, may still be on their way into the log: seen with
         * 193 records on a busy machine. So the ends must stand still for 1 s; if others write, 10 s must do.
         * With acks=all a record is acknowledged when readers may see it: when all are, nothing is on its way.
         */
        private List<Long> settledEnds() throws Exception {
            List<Long> ends = offsets(OffsetSpec.latest());
            if (nothingIsOnItsWay && !topicGone && haveAll(ends)) return ends;
            for (int seconds = 0; seconds < 10; seconds++) {
                if (Script.stopsWithin(1_000_000_000)) throw new Unobserved("interrupted");
                List<Long> before = ends;
                ends = offsets(OffsetSpec.latest());
                if (ends.equals(before)) break;
            }
            return ends;
        }

        /** Whether all acknowledged records are before these ends. A leader that was frozen may tell an old end. */
        private boolean haveAll(List<Long> ends) {
            return IntStream.range(0, topic.partitions())
                    .allMatch(it -> ledger.highestOffset(it) < ends.get(it) - topic.ends.get(it));
        }

        /** A topic that is gone has no records: then all that was acknowledged is lost. */
        private List<Long> offsets(OffsetSpec spec) throws Exception {
            try {
                boolean gone = topicGone && !admin.listTopics().names().get().contains(topic.name);
                return gone
                        ? Collections.nCopies(topic.partitions(), 0L)
                        : failover.offsets(admin, topic.name, topic.partitions(), spec);
            } catch (ExecutionException failed) {
                throw new Unobserved("the log cannot be read: " + Script.oneLine(failed));
            }
        }

        private void read(Consumer<byte[], byte[]> consumer, int partition, long begin, long end) throws Unobserved {
            if (begin >= end) return;
            var it = new TopicPartition(topic.name, partition);
            consumer.assign(List.of(it));
            consumer.seek(it, begin);
            int highest = 0;
            long progressAt = System.nanoTime();
            while (consumer.position(it) < end) {
                var records = consumer.poll(Duration.ofMillis(100));
                for (var record : records) {
                    int id = idOf(record, run);
                    if (!ledger.holds(id)) continue;
                    ledger.foundInLog(id, highest);
                    highest = Math.max(highest, id);
                    note(record, id);
                }
                if (!records.isEmpty()) progressAt = System.nanoTime();
                if (System.nanoTime() - progressAt > 30e9)
                    throw new Unobserved(
                            "partition %d cannot be read to its end (no progress for 30 s)".formatted(partition));
                if (Script.stopping()) throw new Unobserved("interrupted");
            }
        }

        private void note(ConsumerRecord<?, ?> record, int id) {
            int partition = record.partition();
            var now = new Epoch(partition, record.offset() - topic.ends.get(partition), ledger.acknowledgedAt(id));
            epochs.merge(List.of(partition, record.leaderEpoch().orElse(-1)), now, Epoch::and);
        }
    }

    /** The offsets of a topic's partitions, in order. */
    private static List<Long> offsets(Admin admin, String topic, int partitions, OffsetSpec spec) throws Exception {
        var asked = new HashMap<TopicPartition, OffsetSpec>();
        for (int partition = 0; partition < partitions; partition++)
            asked.put(new TopicPartition(topic, partition), spec);
        var found = admin.listOffsets(asked, new ListOffsetsOptions().timeoutMs(20_000))
                .all()
                .get();
        return IntStream.range(0, partitions)
                .mapToObj(partition ->
                        found.get(new TopicPartition(topic, partition)).offset())
                .toList();
    }

    // ---- the cluster ----

    /**
     * The topic of a trial, as it was before.
     *
     * @param ends by partition, the offset after the last record
     * @param minInSync replicas that must be in sync for acks=all; 0 if that must not be read
     */
    record Topic(
            String name,
            Uuid id,
            List<List<Integer>> replicas,
            List<Long> ends,
            int minInSync,
            boolean allowsUncleanElection) {

        int partitions() {
            return replicas.size();
        }

        /** With what these properties allow as well. */
        Topic allowing(Map<String, String> properties) {
            int min = Integer.parseInt(properties.getOrDefault("min.insync.replicas", "0"));
            boolean unclean = "true".equals(properties.get("unclean.leader.election.enable"));
            return new Topic(name, id, replicas, ends, Math.max(minInSync, min), allowsUncleanElection || unclean);
        }

        /** The first replica is the preferred leader. */
        int preferredLeader(int partition) {
            return replicas.get(partition).get(0);
        }
    }

    /** The id that a controller has here: brokers have others. */
    private static final int CONTROLLER = -100;

    /**
     * Uses the cluster that is named, or answers; where none does, and none was named, starts one.
     *
     * @param shortSessions for a cluster that is started: a broker that was stopped is soon taken back
     */
    private Stage openStage(boolean shortSessions) throws Exception {
        if (File.separatorChar == '\\')
            throw new Failure(2, "failover.java needs a POSIX shell. On Windows, run it in WSL.");
        OwnCluster own = null;
        boolean local = Set.of(LOCAL.split(","))
                .containsAll(List.of(connection.servers().list().split(",")));
        if (local && connection.bootstrapServer == null && !answers(9092) && !answers(9095))
            own = startCluster(shortSessions ? SHORT_SESSIONS : List.of());
        Admin admin = null;
        try {
            admin = connection.connect();
            var brokers = new TreeMap<Integer, Node>();
            for (Node node : admin.describeCluster().nodes().get()) brokers.put(node.id(), node);
            return new Stage(admin, own == null ? handsFor(brokers) : own.hands(), brokers, own);
        } catch (Exception failed) {
            if (admin != null) admin.close(Duration.ZERO);
            if (own != null) own.close();
            throw failed;
        }
    }

    private static final String LOCAL = "localhost:9092,localhost:9095,127.0.0.1:9092,127.0.0.1:9095";

    private static boolean answers(int port) {
        for (String host : List.of("127.0.0.1", "::1"))
            try (var socket = new Socket(host, port)) {
                return socket.isConnected();
            } catch (IOException refused) {
                // the other address, perhaps
            }
        return false;
    }

    /** Such as localhost:9092,localhost:9095. */
    private static String addresses(Map<Integer, Node> brokers) {
        return brokers.values().stream().map(it -> it.host() + ":" + it.port()).collect(Collectors.joining(","));
    }

    /** The cluster of all trials. It remembers what is broken, and mends it. */
    private class Stage implements AutoCloseable {
        final Admin admin;
        final Hands hands;
        final Map<Integer, Node> brokers;
        private final OwnCluster own; // null: somebody else's cluster
        private final Map<Harmable, String> broken = new LinkedHashMap<>(); // with the command that mends it
        final long sessionTimeout; // in ms: a broker that is silent for so long is given up

        Stage(Admin admin, Hands hands, Map<Integer, Node> brokers, OwnCluster own) throws InterruptedException {
            this.admin = admin;
            this.hands = hands;
            this.brokers = brokers;
            this.own = own;
            this.sessionTimeout = askSessionTimeout();
        }

        /** Wrong usage is found before anything is harmed. */
        void checkFault(Plan plan) {
            if (plan.fault != null) hands.remedy(plan.fault);
            if (target.matches("\\d+")) nodeCalled(target, 0, -1);
        }

        /** The broker that a step names. Null: it names the leader or the follower, and there is none (-1). */
        Harmable nodeCalled(String word, int leader, int follower) {
            int id = word.equals("leader") ? leader : word.equals("follower") ? follower : Integer.parseInt(word);
            if (id < 0) return null;
            Node broker = brokers.get(id);
            if (broker == null) throw new Failure(2, "There is no broker %d; there are %s.", id, brokers.keySet());
            return new Harmable(id, "" + id, "kafka-" + id, broker.host(), broker.port());
        }

        String harm(Fault fault, Harmable node) throws Exception {
            broken.put(node, hands.healCommand(fault, node));
            Script.mending = own == null; // its own cluster ends with the script: nothing to mend
            return execute(hands.harmCommand(fault, node));
        }

        /** A command that fails ends the trial. */
        String execute(String command) throws Exception {
            try {
                return hands.execute.apply(command);
            } catch (Failure | IOException failed) {
                throw new Unobserved(Script.oneLine(failed));
            }
        }

        /** Called when the cluster is whole. A heal command that "worked" is not enough: the broker may have died again. */
        void nothingIsBroken() {
            broken.clear();
            Script.mending = false;
        }

        /**
         * Puts back what is still broken, however the trial ended.
         *
         * @param topic null: it was deleted
         */
        void mend(String topic) throws InterruptedException {
            boolean endsAnyway = own != null && Script.stopping();
            if (endsAnyway) nothingIsBroken();
            if (broken.isEmpty()) return;
            var failed = new LinkedHashMap<Harmable, String>();
            broken.forEach((node, command) -> {
                try {
                    say("  putting back what was broken: %s", command);
                    hands.execute.apply(command);
                } catch (Exception cannot) {
                    failed.put(node, Script.oneLine(cannot));
                }
            });
            boolean whole = Script.stopping() || failed.isEmpty() && isMendedWithin(90, topic);
            broken.forEach((node, command) -> {
                String why = failed.getOrDefault(node, "the command ended, and the broker did not come back");
                if (failed.containsKey(node) || !whole && !isThere(node))
                    Script.complain("%s is still broken. Mend it: %s (%s)", node.shown(), command, why);
            });
            if (!whole && failed.isEmpty() && topic != null)
                Script.complain(
                        "The replicas of %s are not all in sync. See: jbang topics.java describe %s", topic, topic);
            boolean hasLeaders = whole && topic != null && !Script.stopping();
            nothingIsBroken();
            if (hasLeaders) electQuietly(topic);
        }

        private boolean isThere(Harmable node) {
            try {
                var nodes = admin.describeCluster(new DescribeClusterOptions().timeoutMs(5_000))
                        .nodes()
                        .get();
                return node.id == CONTROLLER || nodes.stream().anyMatch(it -> it.id() == node.id);
            } catch (ExecutionException | InterruptedException noAnswer) {
                return false;
            }
        }

        private boolean isMendedWithin(int seconds, String topic) throws InterruptedException {
            try {
                return holdsWithin(
                        seconds,
                        () -> topic == null ? broken.keySet().stream().allMatch(this::isThere) : isWhole(topic));
            } catch (Exception noAnswer) {
                return false;
            }
        }

        private boolean isWhole(String topic) throws InterruptedException {
            try {
                return Connection.describe(admin, topic).partitions().stream()
                        .allMatch(it -> it.leader() != null
                                && it.isr().size() == it.replicas().size());
            } catch (Failure noAnswer) {
                return false;
            }
        }

        /** Whether each broker with a replica answers a request that only that broker can answer. */
        boolean allAnswer(Topic topic) throws InterruptedException {
            var resources = topic.replicas.stream()
                    .flatMap(List::stream)
                    .distinct()
                    .map(id -> new ConfigResource(ConfigResource.Type.BROKER, "" + id))
                    .toList();
            try {
                admin.describeConfigs(resources, new DescribeConfigsOptions().timeoutMs(5_000))
                        .all()
                        .get();
                return true;
            } catch (ExecutionException refused) {
                return Script.rootOf(refused) instanceof AuthorizationException; // a refusal is an answer, too
            }
        }

        /** Preferred leaders return by themselves only every 300 s (leader.imbalance.check.interval.seconds). */
        void elect(ElectionType type, String topic) throws Exception {
            var partitions = new HashSet<TopicPartition>();
            for (TopicPartitionInfo it : describeSoon(topic).partitions())
                partitions.add(new TopicPartition(topic, it.partition()));
            try {
                var options = new ElectLeadersOptions().timeoutMs(10_000);
                admin.electLeaders(type, partitions, options).partitions().get();
            } catch (ExecutionException refused) {
                if (Script.rootOf(refused) instanceof AuthorizationException)
                    throw Connection.refused("elect leaders (Alter on the cluster)", refused);
                // not yet, or no controller: the caller looks who leads
            }
        }

        private void electQuietly(String topic) {
            try {
                elect(ElectionType.PREFERRED, topic);
            } catch (Exception notNow) {
                Script.complain("The preferred leaders of %s do not lead: %s", topic, Script.oneLine(notNow));
            }
        }

        /** A topic that is whole, led as it was placed, and a group that starts at its end. */
        Topic prepare(Scenario scenario, String group) throws Exception {
            try {
                return prepared(scenario, group);
            } catch (ExecutionException refused) {
                throw Connection.refused("prepare topic '" + scenario.topic + "'", refused);
            }
        }

        private Topic prepared(Scenario scenario, String group) throws Exception {
            String name = scenario.topic;
            createIfMissing(scenario);
            TopicDescription described = describeSoon(name);
            Map<String, String> properties = topicProperties(name);
            checkTopic(scenario, described, properties);
            if (!holdsWithin(60, () -> isWhole(name)))
                throw new Failure(
                        1,
                        "Topic '%s' is not whole: start all its brokers. See: jbang topics.java describe %s",
                        name,
                        name);
            elect(ElectionType.PREFERRED, name);
            List<Long> ends = offsets(admin, name, described.partitions().size(), OffsetSpec.latest());
            rewind(group, name, ends);
            var replicas = described.partitions().stream()
                    .map(it -> it.replicas().stream().map(Node::id).toList())
                    .toList();
            return new Topic(name, described.topicId(), replicas, ends, 0, false).allowing(properties);
        }

        /** A busy broker may learn late of a topic that was just made. */
        private TopicDescription describeSoon(String topic) throws InterruptedException {
            for (int tries = 1; ; tries++)
                try {
                    return Connection.describe(admin, topic);
                } catch (Failure notKnown) {
                    if (tries == 50 || Script.stopsWithin(100_000_000)) throw notKnown;
                }
        }

        private void createIfMissing(Scenario scenario) throws Exception {
            String name = scenario.topic;
            if (admin.listTopics().names().get().contains(name)) return;
            var shape = Pattern.compile(".*-(\\d{1,4})p-rf(\\d)").matcher(name);
            if (!shape.matches()) Connection.describe(admin, name); // says that it does not exist, and what to do
            int partitions = Integer.parseInt(shape.group(1));
            int replicas = Integer.parseInt(shape.group(2));
            if (partitions < 1 || replicas < 1)
                throw new Failure(2, "Topic '%s': a topic has at least 1 partition and 1 replica.", name);
            List<Integer> ids = new ArrayList<>(brokers.keySet());
            if (replicas > ids.size())
                throw new Failure(
                        1,
                        "Topic '%s' needs %d brokers for its replicas; %d answer. Start the others.",
                        name,
                        replicas,
                        ids.size());
            // Partition 0 leads on the first broker, 1 on the next.
            var placement = new TreeMap<Integer, List<Integer>>();
            for (int partition = 0; partition < partitions; partition++) {
                placement.put(partition, List.copyOf(ids.subList(0, replicas)));
                Collections.rotate(ids, -1);
            }
            try {
                admin.createTopics(List.of(new NewTopic(name, placement).configs(scenario.topicProperties)))
                        .all()
                        .get();
            } catch (ExecutionException refused) {
                throw Connection.refused("create topic '" + name + "'", refused);
            }
            if (!holdsWithin(30, () -> isWhole(name)))
                throw new Failure(1, "Topic '%s' was created, and has no leaders.", name);
        }

        /** The topic's properties; empty where they must not be read. */
        /** Empty where they must not be read: then nobody knows what these properties allow. */
        private Map<String, String> topicProperties(String topic) throws InterruptedException {
            var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            for (int tries = 1; ; tries++)
                try {
                    Config config =
                            admin.describeConfigs(List.of(resource)).all().get().get(resource);
                    var properties = new HashMap<String, String>();
                    config.entries().forEach(entry -> properties.put(entry.name(), entry.value()));
                    return properties;
                } catch (ExecutionException failed) {
                    // A busy broker may learn late of a topic that was just made.
                    boolean unknown = failed.getCause() instanceof UnknownTopicOrPartitionException;
                    if (!unknown || tries == 50 || Script.stopsWithin(100_000_000)) return Map.of();
                }
        }

        private void checkTopic(Scenario scenario, TopicDescription topic, Map<String, String> properties) {
            String name = topic.name();
            if (topic.isInternal()) throw new Failure(2, "Topic '%s' is Kafka's own: no records go there.", name);
            if (properties.getOrDefault("cleanup.policy", "").contains("compact"))
                throw new Failure(
                        2,
                        "Topic '%s' has cleanup.policy=compact: compaction removes records, so that none can be called lost.",
                        name);
            String recreate = "Recreate it (this deletes its records): jbang topics.java reset " + name;
            String found = topic.partitions().size() + "p-rf"
                    + topic.partitions().get(0).replicas().size();
            if (!(scenario instanceof AnyTopic) && !name.endsWith("-" + found))
                throw new Failure(1, "Topic '%s' has not the shape that its name says. %s", name, recreate);
            scenario.topicProperties.forEach((key, value) -> {
                if (!value.equals(properties.getOrDefault(key, value)))
                    throw new Failure(
                            1,
                            "Topic '%s' has %s=%s; this scenario needs %s. Delete it: jbang topics.java delete %s",
                            name,
                            key,
                            properties.get(key),
                            value,
                            name);
            });
        }

        private void rewind(String group, String topic, List<Long> ends) throws Exception {
            try {
                if (!holdsWithin(5, () -> membersOf(group) == 0))
                    throw new Failure(
                            1,
                            "Group '%s' has members: end your consumers first; they would take part of the records.",
                            group);
            } catch (ExecutionException noSuchGroup) {
                if (!(noSuchGroup.getCause() instanceof GroupIdNotFoundException))
                    throw Connection.refused("describe group '" + group + "'", noSuchGroup);
            }
            var starts = new HashMap<TopicPartition, OffsetAndMetadata>();
            for (int partition = 0; partition < ends.size(); partition++)
                starts.put(new TopicPartition(topic, partition), new OffsetAndMetadata(ends.get(partition)));
            try {
                admin.alterConsumerGroupOffsets(group, starts).all().get();
            } catch (ExecutionException refused) {
                throw Connection.refused("set group '" + group + "' to the end of the topic", refused);
            }
        }

        private int membersOf(String group) throws Exception {
            return admin.describeConsumerGroups(List.of(group))
                    .describedGroups()
                    .get(group)
                    .get()
                    .members()
                    .size();
        }

        private long askSessionTimeout() throws InterruptedException {
            var broker = new ConfigResource(
                    ConfigResource.Type.BROKER, "" + brokers.keySet().iterator().next());
            try {
                Config config =
                        admin.describeConfigs(List.of(broker)).all().get().get(broker);
                return Long.parseLong(config.get("broker.session.timeout.ms").value());
            } catch (ExecutionException | NumberFormatException | NullPointerException notKnown) {
                return 9_000; // Kafka's default
            }
        }

        @Override
        public void close() throws IOException {
            admin.close(patience());
            if (own != null) own.close();
        }
    }

    // ---- who harms a node, and heals it ----

    /** Runs a command, and returns what is to be said of it; empty is nothing. */
    private interface Executor {
        String apply(String command) throws Exception;
    }

    /** A command that harms and the one that heals; {name}, {id}, {host} and {port} of the node are put in. */
    record Remedy(String harm, String heal) {}

    /**
     * Who can harm a node.
     *
     * @param about for the first line of the output
     * @param isKnown false: the commands may do anything, so that what brokers tell is believed later
     * @param remedies the commands for a fault; null where that fault is not possible
     */
    record Hands(String about, boolean isKnown, Function<Fault, Remedy> remedies, Executor execute) {
        String name(Harmable node) {
            return isKnown || node.id == CONTROLLER ? node.name : "broker " + node.id;
        }

        String harmCommand(Fault fault, Harmable node) {
            return filledIn(remedy(fault).harm, node).replace("{fault}", fault.name());
        }

        String healCommand(Fault fault, Harmable node) {
            return filledIn(remedy(fault).heal, node);
        }

        Remedy remedy(Fault fault) {
            Remedy remedy = remedies.apply(fault);
            if (remedy == null)
                throw new Failure(
                        2, "--fault %s is not possible on %s. It needs: docker compose up -d --wait", fault, about);
            return remedy;
        }

        /** Refuses host names with characters that a shell would read. */
        private static String filledIn(String command, Harmable node) {
            if (!node.host.matches("[\\w.:-]*"))
                throw new Failure(1, "Broker %d has a strange host name: '%s'.", node.id, node.host);
            return command.replace("{name}", node.name)
                    .replace("{id}", node.number)
                    .replace("{host}", node.host)
                    .replace("{port}", "" + node.port);
        }
    }

    private Hands handsFor(Map<Integer, Node> brokers) throws Exception {
        boolean harmsNobody = whoHarms.observe != null || what.equals(List.of("1"));
        if (harmsNobody) return new Hands("your cluster, nobody is harmed", false, fault -> null, command -> "");
        if (whoHarms.manual) {
            var asked = new Remedy("now {fault} broker {id} ({host}:{port})", "now heal broker {id} ({host}:{port})");
            return new Hands("your cluster, harmed by hand", false, fault -> asked, command -> "");
        }
        if (whoHarms.commands != null) {
            var yours = new Remedy(whoHarms.commands.stop, whoHarms.commands.start);
            return new Hands("your cluster, harmed by your commands", false, fault -> yours, failover::shell);
        }
        String notOurs = Compose.whyNot(brokers);
        if (notOurs == null) return Compose.hands();
        throw new Failure(
                2,
                "%s Say how to stop and start a broker (--stop-command, --start-command), or do it yourself (--manual).",
                notOurs);
    }

    /** The containers of docker-compose.yml. */
    private static class Compose {
        private static final String PREFIX = "kafka-deploy-";

        /** Null if each broker's address is the one that its container publishes; else a sentence that says why not. */
        static String whyNot(Map<Integer, Node> brokers) throws Exception {
            String not = "The brokers at " + addresses(brokers) + " are not those of docker-compose.yml";
            String all;
            try {
                all = shell("docker ps -a --filter name=" + PREFIX + " --format '{{.Names}}'");
            } catch (Failure noDocker) {
                return not + ": " + Script.oneLine(noDocker);
            }
            var containers = new TreeSet<>(List.of(all.split("\\s+")));
            for (Node broker : brokers.values()) {
                boolean here = List.of("localhost", "127.0.0.1").contains(broker.host());
                String container = PREFIX + "kafka-" + broker.id();
                if (!here || !containers.contains(container)) return not + ".";
                String ports = shell("docker inspect -f '{{json .HostConfig.PortBindings}}' " + container);
                if (!ports.contains("\"HostPort\":\"" + broker.port() + "\"")) return not + ".";
            }
            for (String container : containers) mendFirst(container);
            return null;
        }

        /** What is still broken from another run, or by hand, is to be mended first. */
        private static void mendFirst(String container) throws Exception {
            if (!container.matches(PREFIX + "(kafka|controller)-\\d+")) return;
            String state =
                    shell("docker inspect -f '{{.State.Status}} {{len .NetworkSettings.Networks}}' " + container);
            String mend = state.startsWith("paused")
                    ? "docker unpause "
                    : !state.startsWith("running")
                            ? "docker start "
                            : state.endsWith(" 0") ? "docker network connect " + network() + " " : null;
            if (mend == null) return;
            String what = state.replace(" 0", ", off its network,").replaceAll(" \\d+", "");
            throw new Failure(1, "%s is %s from before. Mend it: %s%s", container, what, mend, container);
        }

        /** The controller's network, which is never disconnected. Its name begins with that of the compose project. */
        private static String network() throws Exception {
            String names = "{{range $name, $n := .NetworkSettings.Networks}}{{$name}} {{end}}";
            return shell("docker inspect -f '" + names + "' " + PREFIX + "controller-1")
                    .strip();
        }

        static Hands hands() throws Exception {
            String node = PREFIX + "{name}";
            String both = network() + " " + node;
            var cutOff = new Remedy("docker network disconnect " + both, "docker network connect " + both);
            var remedies = Map.of(
                    Fault.stop, new Remedy("docker stop " + node, "docker start " + node),
                    Fault.kill, new Remedy("docker kill " + node, "docker start " + node),
                    Fault.pause, new Remedy("docker pause " + node, "docker unpause " + node),
                    Fault.disconnect, cutOff);
            return new Hands("the cluster of docker-compose.yml", true, remedies::get, Compose::execute);
        }

        /** {@code docker stop} sends SIGTERM and, after 10 s, SIGKILL: it is said which it was. */
        private static String execute(String command) throws Exception {
            String full = command.replaceFirst("controller$", "controller-1");
            shell(full);
            if (!full.startsWith("docker stop ")) return "";
            String status = shell("docker inspect -f '{{.State.ExitCode}}' " + full.substring("docker stop ".length()));
            return status.equals("137")
                    ? "Docker sent SIGKILL: it did not end within 10 s of SIGTERM"
                    : "it ended itself after SIGTERM (exit status " + status + ")";
        }
    }

    /** Runs a shell's command. Ctrl-C does not reach it: it is to end in good order. */
    private static String shell(String command) throws Exception {
        Path output = Files.createTempFile("failover-", ".out");
        try {
            Process process = new ProcessBuilder("sh", "-c", "trap '' INT; " + command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            process.outputWriter().close();
            if (!process.waitFor(120, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                throw new Failure(1, "'%s' did not end within 120 s.", command);
            }
            String said = Files.readString(output).strip();
            if (process.exitValue() == 0) return said;
            String last = said.isEmpty() ? "it says nothing." : said.substring(said.lastIndexOf('\n') + 1);
            throw new Failure(1, "'%s' failed (exit status %d): %s", command, process.exitValue(), last);
        } finally {
            Files.deleteIfExists(output);
        }
    }

    /**
     * Kafka takes a broker back only when the session has ended that the broker had before (KAFKA-19047). With 9 s, the
     * default, a broker that was stopped for 3 s would wait for 6 s more. A broker that dies is noticed when its session
     * ends: where that is measured, the default stays.
     */
    private static final List<String> SHORT_SESSIONS =
            List.of("-X", "broker.session.timeout.ms=5000", "-X", "broker.heartbeat.interval.ms=500");

    private OwnCluster startCluster(List<String> options) throws Exception {
        Path script = sibling(clusterScript);
        if (script == null)
            throw new Failure(
                    3,
                    "No cluster answers at localhost:9092,localhost:9095, and there is no %s here to start one. Start one:"
                            + " docker compose up -d --wait; or name one: -b HOST:PORT, --cluster SCRIPT",
                    clusterScript);
        String command = String.join(
                " ", Stream.concat(Stream.of(clusterScript), options.stream()).toList());
        String text = "No cluster answers at localhost:9092,localhost:9095. Starting one: " + command;
        say("@|faint %s|@", fitted(0, text));
        return new OwnCluster(script, options, line -> say("  @|red %s|@", line));
    }

    /** cluster.java as a child: commands go to its standard input, answers come from its output. */
    private static class OwnCluster {
        private final Process process;
        private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

        OwnCluster(Path script, List<String> options, java.util.function.Consumer<String> onDeath) throws Exception {
            var command = new ArrayList<>(List.of("sh", "-c", "trap '' INT; exec \"$@\"", "sh"));
            command.addAll(jbang());
            command.add(script.toString());
            command.addAll(options);
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            Script.inBackground(() -> {
                process.inputReader(StandardCharsets.UTF_8).lines().forEach(line -> {
                    if (line.contains(" died: ")) onDeath.accept(line);
                    else answers.add(line);
                });
                answers.add("error: " + script + " has ended");
            });
            String first = nextAnswer(300); // the first time, JBang fetches Kafka
            if (first.startsWith("ready: ")) return;
            close();
            throw new Failure(1, "The cluster did not start: %s", first);
        }

        Hands hands() {
            var remedies = Map.of(
                    Fault.stop, new Remedy("stop {name}", "start {name}"),
                    Fault.kill, new Remedy("kill {name}", "start {name}"),
                    Fault.pause, new Remedy("pause {name}", "resume {name}"));
            return new Hands("its own cluster", true, remedies::get, this::execute);
        }

        private String execute(String command) throws Exception {
            answers.clear(); // of a command that took too long
            process.outputWriter().write(command + "\n");
            process.outputWriter().flush();
            String answer = nextAnswer(120);
            if (answer.startsWith("error: "))
                throw new Failure(1, "'%s' did not work: %s", command, answer.substring(7));
            return answer;
        }

        private String nextAnswer(int limitSeconds) throws InterruptedException {
            for (int tenths = 0; tenths < 10 * limitSeconds && !Script.stopping(); tenths++) {
                String answer = answers.poll(100, TimeUnit.MILLISECONDS);
                if (answer != null) return answer;
            }
            return "error: " + (Script.stopping() ? "interrupted" : "no answer within " + limitSeconds + " s");
        }

        /** The end of its input ends it, and its nodes with it. */
        void close() throws IOException {
            process.outputWriter().close();
            try {
                if (!process.waitFor(30, TimeUnit.SECONDS)) process.toHandle().destroy();
            } catch (InterruptedException hurry) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A script of this collection: in this directory, or beside the jbang that runs this one. Null: there is none. */
    private static Path sibling(String script) throws IOException {
        String launcher = System.getenv("JBANG_LAUNCH_CMD");
        Path beside =
                launcher == null ? null : Path.of(launcher).toAbsolutePath().resolveSibling(script);
        return Stream.of(Path.of(script), beside)
                .filter(it -> it != null && Files.exists(it))
                .findFirst()
                .orElse(null);
    }

    /** The command that runs JBang: the one that runs this script, where that is known. */
    private static List<String> jbang() {
        String launcher = System.getenv().getOrDefault("JBANG_LAUNCH_CMD", "jbang");
        boolean isFile = launcher.contains("/") && !Files.isExecutable(Path.of(launcher));
        return isFile ? List.of("sh", launcher) : List.of(launcher);
    }

    // ---- details ----

    /** Reads a time such as 500ms, 10s or 2m; a number alone is seconds. */
    static class TimeConverter implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            var parts = Pattern.compile("(\\d{1,9}(?:\\.\\d+)?)(ms|s|m|h|)").matcher(text);
            if (!parts.matches())
                throw new TypeConversionException("takes a time such as 500ms, 10s or 2m, not '" + text + "'");
            double unit = switch (parts.group(2)) {
                case "ms" -> 1;
                case "m" -> 60_000;
                case "h" -> 3_600_000;
                default -> 1_000;
            };
            double ms = Double.parseDouble(parts.group(1)) * unit;
            if (ms > 3_600_000) throw new TypeConversionException("takes at most an hour, not '" + text + "'");
            return Duration.ofMillis((long) ms);
        }
    }

    private static boolean holdsWithin(int limitSeconds, Callable<Boolean> condition) throws Exception {
        long start = System.nanoTime();
        while (!condition.call()) {
            if (Script.stopsWithin(20_000_000)) throw new InterruptedException();
            if (System.nanoTime() - start > limitSeconds * 1e9) return false;
        }
        return true;
    }

    private static String joined(Collection<?> several) {
        return several.stream().map(Object::toString).collect(Collectors.joining(", "));
    }

    // ---- Json: the same lines in every script that writes JSON ----

    /** Writes JSON: a map or a record as an object, a collection as an array. */
    static class Json {
        /** An object: keys and values in turn, in this order. */
        static Map<String, Object> object(Object... keysAndValues) {
            var object = new LinkedHashMap<String, Object>();
            for (int i = 0; i < keysAndValues.length; i += 2)
                object.put((String) keysAndValues[i], keysAndValues[i + 1]);
            return object;
        }

        static String of(Object value) {
            if (value instanceof Record it) return of(components(it));
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

        private static Map<String, Object> components(Record record) {
            var object = new LinkedHashMap<String, Object>();
            for (var each : record.getClass().getRecordComponents()) {
                try {
                    object.put(each.getName(), each.getAccessor().invoke(record));
                } catch (ReflectiveOperationException notReadable) {
                    throw new IllegalStateException(notReadable);
                }
            }
            return object;
        }
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
