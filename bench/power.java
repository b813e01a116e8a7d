///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Compares what the drill reports of power cuts with kcat and with the controller's log
//JAVA 17+
//SOURCES ../lab/drill.java
//SOURCES ../test/Run.java
//SOURCES ../test/Screen.java

import com.grack.nanojson.*;
import java.nio.file.*;
import java.time.*;
import java.util.*;
import java.util.concurrent.Callable;
import java.util.regex.*;
import java.util.stream.*;
import lab.history.*;
import lab.proof.Proof;
import lab.proof.facts.*;
import lab.proof.facts.Account.Kind;
import picocli.CommandLine;
import picocli.CommandLine.*;
import test.Run;

/**
 * Runs trials of {@code --scenario power-cut}, each on a cluster of its own. After each trial, it starts the cluster's
 * directory again, counts with kcat which acknowledged records are gone, and reads the controller's metadata log with
 * Kafka's own tool. The lost records must be the predicted ones, to the drill and to kcat. The leader must be the same one
 * to the drill and to the controller.
 *
 * <pre>./jbang bench/power.java</pre>
 */
@Command(
        name = "power",
        mixinStandardHelpOptions = true,
        header = "Compares what the drill reports of power cuts with kcat and with the controller's log.%n",
        footer = {"", "Exit status: 0 all agree, 1 something does not, or was not measured, 2 wrong usage."})
class power implements Callable<Integer> {
    private static final List<String> TRIALS = List.of("control", "one", "both", "alone", "flush");
    private static final String TOPIC = "test-2p-rf2";
    private static final String SERVERS = "localhost:9092,localhost:9095";
    private static final Pattern RECORD = Pattern.compile("(?:.*,)?run=(\\w+)(?:,.*)? \\{\"event_id\": (\\d+),.*");

    @Parameters(paramLabel = "TRIAL", arity = "0..*",
            description = "Trials to run (default: all): control, one, both, alone, flush.")
    List<String> trials = TRIALS;

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "3",
            description = "How often each trial runs (default: ${DEFAULT-VALUE}).")
    int rounds;

    @Option(names = "--rate", paramLabel = "RATE", defaultValue = "1000",
            description = "Records per second (default: ${DEFAULT-VALUE}).")
    int rate;

    private final List<String> disagreements = new ArrayList<>();

    public static void main(String... args) {
        System.exit(new CommandLine(new power()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (!TRIALS.containsAll(trials)) {
            System.err.printf("Unknown trial in %s. There are: %s%n", trials, TRIALS);
            return 2;
        }
        Run.build("lab/drill.java", "lab/cut.java", "cluster.java", "test/tool.java");
        System.out.println("| trial | acknowledged | predicted loss | lost: drill | lost: kcat"
                + " | leaders after the fault: drill | controller | verdict |");
        System.out.println("|---|---|---|---|---|---|---|---|");
        for (int round = 1; round <= rounds; round++) for (String trial : trials) measure(trial, round);
        disagreements.forEach(System.err::println);
        return disagreements.isEmpty() ? 0 : 1;
    }

    private void measure(String trial, int round) throws Exception {
        Path directory = Files.createTempDirectory("power-");
        Path history = directory.resolve("history.jsonl");
        Path cluster = directory.resolve("cluster");
        try {
            try (Run drill = Run.script(
                    "lab/drill.java",
                    "--scenario",
                    "power-cut:" + trial,
                    "--rate",
                    "" + rate,
                    "--history",
                    "" + history,
                    "--cluster",
                    "cluster.java --dir " + cluster)) {
                drill.awaitExit(Duration.ofMinutes(10));
            }
            compare(trial + " " + round, HistoryReader.read(history).runs().get(0), cluster);
        } catch (Exception | AssertionError failed) {
            disagreements.add("%s %d: not measured: %s".formatted(trial, round, failed.getMessage()));
        } finally {
            delete(directory);
        }
    }

    private void compare(String trial, RunHistory run, Path cluster) throws Exception {
        Proof proof = Proof.of(run);
        Facts facts = proof.facts();
        BitSet predicted = facts.powerCuts().predicted();
        BitSet lost = facts.account().of(Kind.LOST);
        BitSet acknowledged = ids(run, Flow.Kind.ACKNOWLEDGED);
        BitSet gone = (BitSet) acknowledged.clone();
        gone.andNot(kcat(run.begin().run(), cluster));
        var controller = new Controller(cluster, facts.setup().topic().id());
        List<Integer> drill =
                facts.flows().partitions().map(it -> leader(facts, it)).boxed().toList();
        List<Integer> elected = facts.flows()
                .partitions()
                .map(it -> controller.leader(it, epoch(facts, it)))
                .boxed()
                .toList();
        System.out.printf(
                "| %s | %,d | %,d | %,d | %,d | %s | %s | %s |%n",
                trial.replaceFirst(" .*", ""),
                acknowledged.cardinality(),
                predicted.cardinality(),
                lost.cardinality(),
                gone.cardinality(),
                shown(drill),
                shown(elected),
                proof.verdict());
        if (!gone.equals(lost)) disagreements.add(trial + ": kcat and the drill do not find the same records lost");
        if (!predicted.equals(lost)) disagreements.add(trial + ": other records are lost than predicted");
        if (!drill.equals(elected)) disagreements.add(trial + ": the controller elected " + elected);
        facts.flows().partitions().forEach(it -> {
            List<Integer> seen = leaders(facts, it);
            if (!isIn(seen, controller.leaders(it)))
                disagreements.add("%s: partition %d was led by %s to the drill, by %s to the controller"
                        .formatted(trial, it, seen, controller.leaders(it)));
        });
        if (!proof.verdict().name().equals("PASS")) disagreements.add(trial + ": " + proof.verdict());
    }

    private static String shown(List<Integer> leaders) {
        return leaders.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    // ---- what the drill has recorded ----

    private static BitSet ids(RunHistory run, Flow.Kind kind) {
        var ids = new BitSet();
        for (Flow flow : run.flows(kind)) flow.records().forEach((id, offset) -> ids.set(id));
        return ids;
    }

    /** Who leads a partition after the last fault, to the drill. */
    private static int leader(Facts facts, int partition) {
        List<Outage> cuts = facts.powerCuts().outages();
        if (!cuts.isEmpty()) return facts.powerCuts().elected(cuts.get(cuts.size() - 1), partition);
        return facts.observed()
                .stateAt(partition, firstAfter(facts, partition).to())
                .leader();
    }

    /** The first acknowledgements of a partition after the last fault. */
    private static Flow firstAfter(Facts facts, int partition) {
        double last = facts.outages().stream().mapToDouble(Outage::doneAt).max().orElseThrow();
        return facts.run().flows(Flow.Kind.ACKNOWLEDGED).stream()
                .filter(it -> it.partition() == partition && it.t() > last)
                .findFirst()
                .orElseThrow();
    }

    /** The leader epoch in which these records are in the log. */
    private static int epoch(Facts facts, int partition) {
        var ids = new BitSet();
        firstAfter(facts, partition).records().forEach((id, offset) -> ids.set(id));
        int first = ids.nextSetBit(0);
        return facts.run().flows(Flow.Kind.FOUND).stream()
                .filter(it -> ids(it).get(first))
                .mapToInt(Flow::epoch)
                .findFirst()
                .orElseThrow();
    }

    private static BitSet ids(Flow flow) {
        var ids = new BitSet();
        flow.records().forEach((id, offset) -> ids.set(id));
        return ids;
    }

    /** All leaders of a partition that the drill has observed, in order; -1 for none. */
    private static List<Integer> leaders(Facts facts, int partition) {
        var all = new ArrayList<Integer>();
        for (Seen.State state : facts.run().all(Seen.State.class)) {
            boolean same = !all.isEmpty() && all.get(all.size() - 1) == state.leader();
            if (state.partition() == partition && !same) all.add(state.leader());
        }
        return all;
    }

    /** Whether all of these are in a list, in this order, perhaps with others between them. */
    private static boolean isIn(List<Integer> some, List<Integer> all) {
        Iterator<Integer> left = all.iterator();
        for (int each : some) {
            boolean found = false;
            while (!found && left.hasNext()) found = left.next() == each;
            if (!found) return false;
        }
        return true;
    }

    // ---- what kcat finds ----

    /** The ids of the run's records in the topic. The cluster is started again in its directory. */
    private static BitSet kcat(String run, Path directory) throws Exception {
        try (Run cluster = Run.script("cluster.java", "--dir", "" + directory)) {
            cluster.awaitLine("ready: ");
            String whole = "(?s).*partition 0, leader \\d.*isrs: \\d,\\d.*partition 1, leader \\d.*isrs: \\d,\\d.*";
            for (String listed = ""; !listed.matches(whole); Thread.sleep(200)) listed = kcat("-L", "-t", TOPIC);
            var ids = new BitSet();
            kcat("-C", "-t", TOPIC, "-o", "beginning", "-e", "-q", "-f", "%h %s\n")
                    .lines()
                    .map(RECORD::matcher)
                    .filter(it -> it.matches() && it.group(1).equals(run))
                    .forEach(it -> ids.set(Integer.parseInt(it.group(2))));
            cluster.endInput();
            cluster.expectExit(0);
            return ids;
        }
    }

    private static String kcat(String... arguments) throws Exception {
        var command = new ArrayList<>(List.of("kcat", "-b", SERVERS));
        command.addAll(List.of(arguments));
        Process kcat = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(kcat.getInputStream().readAllBytes());
        if (kcat.waitFor() != 0) throw new IllegalStateException(printed);
        return printed;
    }

    // ---- what the controller has decided ----

    /** The controller's own log: each change of a partition is a record in it. */
    private static class Controller {
        private final Map<Integer, List<Integer>> byEpoch = new HashMap<>(); // leaders, by partition

        Controller(Path cluster, String topicId) throws Exception {
            Path log = cluster.resolve("controller/__cluster_metadata-0/00000000000000000000.log");
            String[] dump = {"kafka-dump-log.sh", "--cluster-metadata-decoder", "--files", "" + log};
            List<String> printed;
            try (Run tool = Run.script("test/tool.java", dump)) {
                tool.expectExit(0);
                printed = tool.out();
            }
            for (String line : printed) {
                int payload = line.indexOf("payload: {");
                if (payload > 0) add(JsonParser.object().from(line.substring(payload + 9)), topicId);
            }
        }

        /** Each change of the leader begins the next leader epoch. */
        private void add(JsonObject record, String topicId) {
            if (!record.getString("type", "").matches("PARTITION(_CHANGE)?_RECORD")) return;
            JsonObject data = record.getObject("data");
            if (!topicId.equals(data.getString("topicId")) || !data.has("leader")) return;
            int none = -2; // in a change: the leader stays
            if (data.getInt("leader") == none) return;
            byEpoch.computeIfAbsent(data.getInt("partitionId"), it -> new ArrayList<>())
                    .add(data.getInt("leader"));
        }

        int leader(int partition, int epoch) {
            return byEpoch.get(partition).get(epoch);
        }

        List<Integer> leaders(int partition) {
            return byEpoch.get(partition);
        }
    }

    private static void delete(Path directory) throws Exception {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(file);
        }
    }
}
