///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Reads a Kafka cluster, harms nothing, and tells what would stop if a broker died now
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
import java.util.function.*;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import picocli.CommandLine;
import picocli.CommandLine.*;
import picocli.CommandLine.Help.Ansi;

/**
 * Asks a cluster for its state, and says for each broker what would stop if it died now. Then it names the traps: what
 * is well today, and would not be after one more failure. It changes nothing.
 *
 * <pre>jbang doctor.java</pre>
 *
 * It prints:
 *
 * <pre>
 * If broker 1 (localhost:9092) died now:
 *   no leader: 1 partition: orders-0
 *     Nobody could write or read. No other replica is in sync: what was acknowledged is on this broker's disk alone.
 *     To mend it: ...
 * If broker 2 (localhost:9095) died now: nothing would stop.
 * Traps:
 *   one replica: 1 partition: orders-0
 *     ...
 * </pre>
 */
@Command(
        name = "doctor",
        version = "doctor 1.0.0, Kafka client 4.4.0",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        sortOptions = false,
        header = "Reads a Kafka cluster, harms nothing, and tells what would stop if a broker died now.",
        synopsisHeading = "%nUsage: ",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:nothing would stop",
            "1:something would, or does already, or could not be seen",
            "2:wrong usage",
            "3:no cluster could be reached"
        })
class doctor implements Callable<Integer> {
    public static void main(String... args) {
        Script.run(new doctor(), args);
    }

    @Parameters(paramLabel = "TOPIC", arity = "0..*",
            description = "Only these topics, and the groups that have read them (default: all).")
    Set<String> only = Set.of();

    @Option(names = "--broker", paramLabel = "ID", description = "Only the death of this broker (default: each one).")
    Integer broker;

    @Option(names = "--json", description = "One JSON object, with every name, instead of text.")
    boolean json;

    @Mixin
    Connection connection;

    // ---- the story ----

    @Override
    public Integer call() throws Exception {
        Snapshot now = new Reader(connection, only).read(connection.servers().list());
        if (broker != null && !now.live.containsKey(broker))
            throw new Failure(2, "There is no broker %d that runs. Running: %s.", broker, joined(now.live.keySet()));
        var stops = new TreeMap<Integer, List<Finding>>();
        for (int id : now.live.keySet())
            if (broker == null || broker == id) stops.put(id, new Death(now, id).findings());
        var traps = new Traps(now);
        var report = new Report(now, traps.stopped(), stops, traps.findings());
        Script.print(json ? Json.of(report.asMap()) : report.asText());
        boolean well = report.stopped.isEmpty() && stops.values().stream().allMatch(List::isEmpty);
        return well && now.seesEnough ? 0 : 1;
    }

    /**
     * One thing that is wrong, or would be.
     *
     * @param what in a few words, such as "no leader"
     * @param kind the noun for what is counted, such as "partition"
     * @param where the names, all of them
     * @param means the consequence, in a sentence
     * @param mend the command that mends it, with the first name as an example
     */
    record Finding(String what, String kind, List<String> where, String means, String mend) {}

    // ---- the cluster as it is ----

    /**
     * A partition.
     *
     * @param leader null: none
     * @param inSync the replicas that are in sync and run
     * @param eligible replicas that run, are out of sync, and have all records (eligible leader replicas, KIP-966)
     * @param minInSync with fewer replicas in sync, acks=all is refused; 0: not known
     * @param unclean whether a replica without all records may lead (unclean.leader.election.enable)
     */
    record Part(
            TopicPartition at,
            boolean internal,
            Integer leader,
            List<Integer> replicas,
            Set<Integer> inSync,
            Set<Integer> eligible,
            int minInSync,
            boolean unclean) {

        /** A broker counts min.insync.replicas only up to the number of replicas (Partition.effectiveMinIsr). */
        boolean refusesAcksAll(int inSyncThen) {
            return inSyncThen < Math.min(minInSync, replicas.size());
        }

        Fate now() {
            return leader == null ? Fate.NO_LEADER : refusesAcksAll(inSync.size()) ? Fate.NO_WRITES : Fate.FINE;
        }

        /** What becomes of it when a broker dies: who can lead then, as Kafka's controller chooses, and who is in sync. */
        Fate after(int dead, Snapshot now) {
            boolean led = leader != null && leader != dead;
            if (now.controllersLost(dead)) // then nobody elects a leader, or takes the dead one out of the in-sync set
            return leader != null && leader == dead ? Fate.NO_LEADER : inSync.contains(dead) ? Fate.NO_WRITES : now();
            var remain = new TreeSet<>(inSync);
            remain.remove(dead);
            boolean otherEligible = eligible.stream().anyMatch(it -> it != dead);
            boolean otherAlive = replicas.stream().anyMatch(it -> it != dead && now.live.containsKey(it));
            if (!led && remain.isEmpty() && !otherEligible) return unclean && otherAlive ? Fate.LOSSY : Fate.NO_LEADER;
            return refusesAcksAll(Math.max(1, remain.size())) ? Fate.NO_WRITES : Fate.FINE;
        }
    }

    enum Fate {
        FINE,
        NO_WRITES,
        LOSSY,
        NO_LEADER
    }

    /**
     * Something whose state is kept in a partition of one of Kafka's own topics.
     *
     * @param kind "group", "transactional id" or "share group"
     */
    record Keeper(String kind, String name, TopicPartition partition) {
        /** As Kafka's coordinators do it: Utils.abs(key.hashCode()) % partitions. */
        static TopicPartition partitionOf(String topic, String key, int partitions) {
            int hash = key.hashCode();
            return new TopicPartition(topic, (hash == Integer.MIN_VALUE ? 0 : Math.abs(hash)) % partitions);
        }
    }

    /**
     * What was seen.
     *
     * @param servers to ask first, as a command takes them
     * @param live the brokers that run, by id
     * @param away brokers that have replicas, and do not run
     * @param voters the controllers; empty: not seen
     * @param moving partitions that are being moved
     * @param settings of a broker, such as auto.leader.rebalance.enable
     * @param notSeen what was refused
     * @param seesEnough whether nothing was refused that decides what would stop
     */
    record Snapshot(
            String servers,
            SortedMap<Integer, Node> live,
            SortedSet<Integer> away,
            SortedMap<TopicPartition, Part> parts,
            List<Keeper> keepers,
            Map<Integer, Boolean> voters,
            Set<TopicPartition> moving,
            Map<String, String> settings,
            List<NotSeen> notSeen,
            boolean seesEnough) {
        /** Whether fewer than half of the controllers are left. A broker may be a controller, too. */
        boolean controllersLost(int dead) {
            if (!voters.containsKey(dead)) return false;
            long left = voters.entrySet().stream()
                    .filter(voter -> voter.getValue() && voter.getKey() != dead)
                    .count();
            return left <= voters.size() / 2;
        }
    }

    /**
     * What was refused.
     *
     * @param names of what it was refused for; empty: there is one such thing only
     * @param why the reason, and what follows
     */
    record NotSeen(String what, List<String> names, String why) {
        /** @param shown so many names at most */
        String text(int shown) {
            int more = names.size() - shown;
            String first = names.stream().limit(shown).collect(Collectors.joining(", "));
            return what
                    + (names.isEmpty() ? "" : " " + first)
                    + (more > 0 ? ", and %,d more".formatted(more) : "")
                    + why;
        }
    }

    // ---- what would stop ----

    /** The death of a broker, thought through. What is stopped already is not counted again. */
    record Death(Snapshot now, int dead) {
        List<Finding> findings() {
            var findings = new ArrayList<Finding>();
            if (now.controllersLost(dead))
                findings.add(new Finding(
                        "no controller",
                        "broker",
                        List.of("" + dead),
                        "It is a controller, too, and too few would be left: no new leader could be elected anywhere.",
                        "run three controllers, none of them on a broker (process.roles=controller)"));
            add(
                    findings,
                    "no leader",
                    Fate.NO_LEADER,
                    "Nobody could write or read. No other replica is in sync: what was acknowledged is on this broker's"
                            + " disk alone.");
            add(
                    findings,
                    "records lost",
                    Fate.LOSSY,
                    "unclean.leader.election.enable: a replica without the newest records would lead at once, and those"
                            + " records would be lost.");
            add(
                    findings,
                    "no acks=all",
                    Fate.NO_WRITES,
                    "Producers with acks=all would wait or be refused: fewer replicas in sync than min.insync.replicas.");
            for (String kind : KINDS) {
                add(findings, kind, "out of reach", Fate.NO_LEADER, "No coordinator: its state cannot be read.");
                add(findings, kind, "forgets", Fate.LOSSY, "Its newest state would be lost.");
                add(
                        findings,
                        kind,
                        "cannot store its state",
                        Fate.NO_WRITES,
                        "Its coordinator runs, and can store nothing: no commit, no rebalance, no end of a transaction.");
            }
            return findings;
        }

        private boolean becomes(Part part, Fate fate) {
            return part != null && part.after(dead, now) == fate && part.now() != fate;
        }

        private void add(List<Finding> findings, String what, Fate fate, String means) {
            List<Part> parts = now.parts.values().stream()
                    .filter(part -> becomes(part, fate))
                    .toList();
            if (!parts.isEmpty())
                findings.add(new Finding(what, "partition", names(parts), means, mend(parts.get(0), fate)));
        }

        private void add(List<Finding> findings, String kind, String what, Fate fate, String means) {
            List<Keeper> keepers = now.keepers.stream()
                    .filter(keeper -> keeper.kind.equals(kind) && becomes(now.parts.get(keeper.partition), fate))
                    .toList();
            if (keepers.isEmpty()) return;
            List<String> names = keepers.stream().map(Keeper::name).distinct().toList();
            Part first = now.parts.get(keepers.get(0).partition);
            findings.add(new Finding(what, kind, names, means + " It is in " + first.at + ".", mend(first, fate)));
        }

        /** Replicas that run or can be started again help first; then more replicas, or fewer that must be in sync. */
        private String mend(Part part, Fate fate) {
            var out = new TreeSet<>(part.replicas);
            out.removeAll(part.inSync);
            if (!out.isEmpty())
                return "start broker " + joined(out) + ", and wait until it is in sync: jbang topics.java describe "
                        + part.at.topic() + " --watch";
            int fewer = part.replicas.size() - 1;
            if (fate == Fate.NO_WRITES && fewer > 0)
                return topicConfig(now, part.at.topic(), "min.insync.replicas=" + fewer) + ", or one more replica";
            return moreReplicas(part, now);
        }
    }

    private static String topicConfig(Snapshot now, String topic, String setting) {
        return "kafka-configs.sh --bootstrap-server " + now.servers + " --alter --entity-type topics --entity-name "
                + topic + " --add-config " + setting;
    }

    /** On the brokers that have the fewest replicas. */
    private static String moreReplicas(Part part, Snapshot now) {
        var load = new HashMap<Integer, Integer>();
        now.parts.values().forEach(it -> it.replicas.forEach(id -> load.merge(id, 1, Integer::sum)));
        var others = now.live.keySet().stream()
                .filter(id -> !part.replicas.contains(id))
                .sorted(Comparator.comparing(id -> load.getOrDefault(id, 0)))
                .toList();
        if (others.isEmpty()) return "start one more broker, and give the partition a replica there";
        String replicas = joined(
                Stream.concat(part.replicas.stream(), Stream.of(others.get(0))).toList());
        return "kafka-reassign-partitions.sh --bootstrap-server " + now.servers
                + " --execute --reassignment-json-file <(echo '"
                + "{\"version\":1,\"partitions\":[{\"topic\":\"%s\",\"partition\":%d,\"replicas\":[%s]}]}')"
                        .formatted(part.at.topic(), part.at.partition(), replicas.replace(" ", ""));
    }

    // ---- the traps ----

    /** What is well today, and would not be after one more failure. */
    record Traps(Snapshot now) {
        /** What has stopped already. */
        List<Finding> stopped() {
            var findings = new ArrayList<Finding>();
            add(
                    findings,
                    "no leader",
                    part -> part.now() == Fate.NO_LEADER,
                    "Nobody can write or read.",
                    part -> "start broker "
                            + String.join(
                                    " or ",
                                    part.replicas.stream().map(Object::toString).toList()));
            add(
                    findings,
                    "no acks=all",
                    part -> part.now() == Fate.NO_WRITES,
                    "Producers with acks=all are refused: fewer replicas in sync than min.insync.replicas.",
                    part -> "start broker " + joined(outOfSync(part)));
            return findings;
        }

        List<Finding> findings() {
            var findings = new ArrayList<Finding>();
            if (!now.away.isEmpty())
                findings.add(new Finding(
                        "away",
                        "broker",
                        now.away.stream().map(Object::toString).toList(),
                        "It has replicas and does not run.",
                        "start it"));
            add(
                    findings,
                    "out of sync",
                    part -> part.inSync.size() < part.replicas.size() && !now.moving.contains(part.at),
                    "One broker less has the newest records than was meant.",
                    part -> "start broker " + joined(outOfSync(part)) + ", or find out why it lags");
            add(
                    findings,
                    "being moved",
                    part -> now.moving.contains(part.at),
                    "New replicas count when they are in sync. All of this is about the replicas of now.",
                    part -> "kafka-reassign-partitions.sh --bootstrap-server " + now.servers + " --list");
            add(
                    findings,
                    "one replica",
                    part -> part.replicas.size() == 1 && !part.internal,
                    "It stops with its broker, and is lost with its broker's disk.",
                    part -> moreReplicas(part, now));
            add(
                    findings,
                    "one replica of Kafka's own topics",
                    part -> part.replicas.size() == 1 && part.internal,
                    "Groups, transactions or share groups stop with one broker, and their state is lost with its disk.",
                    part -> moreReplicas(part, now));
            add(
                    findings,
                    "another leader",
                    part -> part.leader != null && !part.leader.equals(part.replicas.get(0)),
                    "It is not led by its first replica, which gives one broker more work than others. " + howLong(),
                    part -> "jbang topics.java elect " + part.at.topic());
            addTopics(
                    findings,
                    "unclean election",
                    part -> part.unclean,
                    "A replica without the newest records may lead: acknowledged records can be lost.",
                    topic -> topicConfig(now, topic, "unclean.leader.election.enable=false"));
            addTopics(
                    findings,
                    "min.insync.replicas 1",
                    part -> part.replicas.size() > 2 && part.minInSync == 1 && !part.internal,
                    "acks=all is acknowledged when one broker has the record, although there are three replicas.",
                    topic -> topicConfig(now, topic, "min.insync.replicas=2"));
            addTopics(
                    findings,
                    "all must be in sync",
                    part -> part.replicas.size() > 1 && part.minInSync >= part.replicas.size(),
                    "min.insync.replicas is the number of replicas: with one broker away, acks=all is refused.",
                    topic -> topicConfig(now, topic, "min.insync.replicas=" + (replicasOf(topic) - 1)));
            add(
                    findings,
                    "one rack",
                    this::inOneRack,
                    "All replicas go away with one rack.",
                    part -> moreReplicas(part, now));
            if (now.voters.size() == 1)
                findings.add(new Finding(
                        "one controller",
                        "controller",
                        now.voters.keySet().stream().map(Object::toString).toList(),
                        "While it is away, no partition gets a new leader.",
                        "run three controllers"));
            List<String> behind = now.voters.entrySet().stream()
                    .filter(voter -> !voter.getValue())
                    .map(voter -> "" + voter.getKey())
                    .toList();
            if (!behind.isEmpty())
                findings.add(new Finding(
                        "away",
                        "controller",
                        behind,
                        "It does not follow. With fewer than %d of %d, no partition gets a new leader."
                                .formatted(now.voters.size() / 2 + 1, now.voters.size()),
                        "start it"));
            return findings;
        }

        private void add(
                List<Finding> findings, String what, Predicate<Part> is, String means, Function<Part, String> mend) {
            List<Part> parts = now.parts.values().stream().filter(is).toList();
            if (!parts.isEmpty())
                findings.add(new Finding(what, "partition", names(parts), means, mend.apply(parts.get(0))));
        }

        private void addTopics(
                List<Finding> findings, String what, Predicate<Part> is, String means, Function<String, String> mend) {
            List<String> topics = now.parts.values().stream()
                    .filter(is)
                    .map(part -> part.at.topic())
                    .distinct()
                    .toList();
            if (!topics.isEmpty()) findings.add(new Finding(what, "topic", topics, means, mend.apply(topics.get(0))));
        }

        private int replicasOf(String topic) {
            return now.parts.get(new TopicPartition(topic, 0)).replicas.size();
        }

        private static Set<Integer> outOfSync(Part part) {
            var out = new TreeSet<>(part.replicas);
            out.removeAll(part.inSync);
            return out;
        }

        /** leader.imbalance.check.interval.seconds: how often the controller itself lets preferred leaders return. */
        private String howLong() {
            String seconds = now.settings.get("leader.imbalance.check.interval.seconds");
            if (seconds == null) return "For how long is not known.";
            boolean alone = "true".equals(now.settings.get("auto.leader.rebalance.enable"));
            return alone
                    ? "The controller mends it within " + seconds + " s, if the first replica is in sync."
                    : "It stays so until somebody elects: auto.leader.rebalance.enable is false.";
        }

        private boolean inOneRack(Part part) {
            List<Node> nodes = part.replicas.stream()
                    .map(now.live::get)
                    .filter(Objects::nonNull)
                    .toList();
            boolean racks = now.live.values().stream()
                            .filter(Node::hasRack)
                            .map(Node::rack)
                            .distinct()
                            .count()
                    > 1;
            return racks
                    && part.replicas.size() > 1
                    && nodes.size() == part.replicas.size()
                    && nodes.stream().map(Node::rack).distinct().count() == 1;
        }
    }

    // ---- the report ----

    record Report(Snapshot now, List<Finding> stopped, SortedMap<Integer, List<Finding>> stops, List<Finding> traps) {
        private static final int SHOWN = 5; // names of a finding

        String asText() {
            var lines = new ArrayList<String>();
            if (!stopped.isEmpty()) {
                lines.add(Script.text("@|bold,red Stopped already:|@"));
                stopped.forEach(it -> lines.addAll(text(it)));
            }
            stops.forEach((id, findings) -> {
                Node node = now.live.get(id);
                String head = "If broker %d (%s:%d) died now:".formatted(id, node.host(), node.port());
                lines.add(findings.isEmpty() ? head + " nothing would stop." : Script.text("@|bold %s|@", head));
                findings.forEach(it -> lines.addAll(text(it)));
            });
            if (!traps.isEmpty()) lines.add(Script.text("@|bold Traps:|@"));
            traps.forEach(it -> lines.addAll(text(it)));
            now.notSeen.forEach(it -> lines.add("Not seen: " + it.text(SHOWN)));
            return String.join("\n", lines);
        }

        private static List<String> text(Finding it) {
            int more = it.where.size() - SHOWN;
            String names = it.where.stream().limit(SHOWN).collect(Collectors.joining(", "));
            return List.of(
                    Script.text(
                            "  @|yellow %s|@: %,d %s%s: %s%s",
                            it.what,
                            it.where.size(),
                            it.kind,
                            it.where.size() == 1 ? "" : "s",
                            names,
                            more > 0 ? ", and %,d more".formatted(more) : ""),
                    "    " + it.means,
                    "    To mend it: " + it.mend);
        }

        Map<String, Object> asMap() {
            var brokers = new ArrayList<Object>();
            stops.forEach((id, findings) -> brokers.add(Json.object("broker", id, "stops", findings)));
            List<String> notSeen =
                    now.notSeen.stream().map(it -> it.text(Integer.MAX_VALUE)).toList();
            return Json.object("stopped", stopped, "brokers", brokers, "traps", traps, "notSeen", notSeen);
        }
    }

    // ---- reading the cluster ----

    /** Asks for all that a report needs, in few requests. What is refused is noted, and the rest goes on. */
    static class Reader {
        private static final String OFFSETS = "__consumer_offsets";
        private static final String TRANSACTIONS = "__transaction_state";
        private static final String SHARES = "__share_group_state";

        private static final int MORE_CLIENTS = 20;

        private final Connection connection;
        private final Admin admin; // never closed: the process ends with the report
        private final Set<String> only;
        private final List<NotSeen> notSeen = new ArrayList<>();
        private final Set<String> unanswered = new HashSet<>(); // of these, what no broker answered in time
        private boolean seesEnough = true;
        private SortedMap<String, TopicDescription> topics = new TreeMap<>();

        Reader(Connection connection, Set<String> only) throws InterruptedException {
            this.connection = connection;
            admin = connection.connect();
            this.only = only;
        }

        Snapshot read(String servers) throws Exception {
            var live = new TreeMap<Integer, Node>();
            for (Node node : admin.describeCluster(new DescribeClusterOptions().timeoutMs(PATIENCE_MS))
                    .nodes()
                    .get()) live.put(node.id(), node);
            topics = describedTopics();
            List<Keeper> keepers = keepers();
            SortedMap<TopicPartition, Part> parts = parts(live.keySet());
            if (!only.isEmpty()) {
                Set<TopicPartition> kept =
                        keepers.stream().map(Keeper::partition).collect(Collectors.toSet());
                parts.keySet().removeIf(at -> !only.contains(at.topic()) && !kept.contains(at));
            }
            var away = new TreeSet<Integer>();
            parts.values().forEach(part -> away.addAll(part.replicas));
            away.removeAll(live.keySet());
            if (parts.isEmpty()) {
                notSeen.add(new NotSeen(
                        "any topic", List.of(), ". There is none, or this client may not see one (DESCRIBE)."));
                seesEnough = false;
            }
            Map<Integer, Boolean> voters = voters();
            Set<TopicPartition> moving = moving();
            Map<String, String> settings = settings(live.firstKey());
            return new Snapshot(servers, live, away, parts, keepers, voters, moving, settings, notSeen, seesEnough);
        }

        /** All topics that may be seen. The ones that were asked for must be among them. */
        private SortedMap<String, TopicDescription> describedTopics() throws Exception {
            var described = new TreeMap<String, TopicDescription>();
            try {
                var all = new ListTopicsOptions().listInternal(true).timeoutMs(PATIENCE_MS);
                Set<String> names = admin.listTopics(all).names().get();
                var options = new DescribeTopicsOptions().timeoutMs(PATIENCE_MS);
                for (var answer :
                        admin.describeTopics(names, options).topicNameValues().entrySet()) {
                    try {
                        described.put(answer.getKey(), answer.getValue().get());
                    } catch (ExecutionException failed) {
                        if (!(failed.getCause() instanceof UnknownTopicOrPartitionException)) throw failed;
                    } // else it was deleted meanwhile
                }
            } catch (ExecutionException failed) {
                throw Connection.refused("describe the topics", failed);
            }
            for (String name : only)
                if (!described.containsKey(name))
                    throw new Failure(1, "There is no topic '%s', or it may not be seen.", name);
            return described;
        }

        private SortedMap<TopicPartition, Part> parts(Set<Integer> live) throws Exception {
            Set<String> names = topics.keySet();
            Map<String, Config> configs = configs(names);
            var parts = new TreeMap<TopicPartition, Part>(
                    Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition));
            for (String name : names) {
                TopicDescription topic = topics.get(name);
                Config config = configs.get(name);
                int minInSync = config == null
                        ? 0
                        : Integer.parseInt(config.get("min.insync.replicas").value());
                boolean unclean = config != null
                        && config.get("unclean.leader.election.enable").value().equals("true");
                for (TopicPartitionInfo it : topic.partitions()) {
                    var at = new TopicPartition(name, it.partition());
                    Integer leader = it.leader() == null ? null : it.leader().id();
                    Set<Integer> inSync = ids(it.isr(), live);
                    Set<Integer> eligible = ids(it.elr(), live);
                    List<Integer> replicas =
                            it.replicas().stream().map(Node::id).toList();
                    parts.put(
                            at,
                            new Part(at, topic.isInternal(), leader, replicas, inSync, eligible, minInSync, unclean));
                }
            }
            return parts;
        }

        /** @param nodes null: a broker of before Kafka 4.0 does not tell */
        private static Set<Integer> ids(List<Node> nodes, Set<Integer> live) {
            var ids = new TreeSet<Integer>();
            if (nodes != null) nodes.forEach(node -> ids.add(node.id()));
            ids.retainAll(live);
            return ids;
        }

        /** In portions: the answer for one topic has some 40 settings. */
        private Map<String, Config> configs(Set<String> names) throws InterruptedException {
            var answers = new TreeMap<String, KafkaFuture<Config>>();
            var all = names.stream()
                    .map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name))
                    .toList();
            var options = new DescribeConfigsOptions().timeoutMs(PATIENCE_MS);
            for (int i = 0; i < all.size(); i += 500)
                admin.describeConfigs(all.subList(i, Math.min(all.size(), i + 500)), options)
                        .values()
                        .forEach((topic, answer) -> answers.put(topic.name(), answer));
            return seenOfEach("min.insync.replicas", "topics", answers, "So acks=all is not judged there.");
        }

        private List<Keeper> keepers() throws InterruptedException {
            var keepers = new ArrayList<Keeper>();
            if (has(OFFSETS)) {
                Collection<GroupListing> groups = groups();
                Map<String, Set<TopicPartition>> reads = readByShareGroups(groups);
                if (!only.isEmpty()) reads.putAll(readByGroups(groups));
                for (GroupListing group : groups)
                    keepers.addAll(keepersOf(group, reads.getOrDefault(group.groupId(), Set.of())));
            }
            var transactions = admin.listTransactions(new ListTransactionsOptions().timeoutMs(PATIENCE_MS));
            if (has(TRANSACTIONS) && only.isEmpty())
                for (TransactionListing it : seen("transactions", transactions.all(), List.<TransactionListing>of()))
                    keepers.add(keeper("transactional id", it.transactionalId(), TRANSACTIONS, it.transactionalId()));
            keepers.sort(Comparator.comparing(Keeper::name));
            return keepers;
        }

        private Collection<GroupListing> groups() throws InterruptedException {
            var options = new ListGroupsOptions().timeoutMs(PATIENCE_MS);
            return seen("groups", admin.listGroups(options).all(), List.of());
        }

        /** The offsets or the membership of a group; and a share group's state, for each partition that it reads. */
        private List<Keeper> keepersOf(GroupListing group, Set<TopicPartition> reads) {
            String id = group.groupId();
            if (!only.isEmpty() && reads.stream().map(TopicPartition::topic).noneMatch(only::contains))
                return List.of();
            var keepers = new ArrayList<>(List.of(keeper("group", id, OFFSETS, id)));
            if (isShare(group) && has(SHARES))
                for (TopicPartition at : reads)
                    if (has(at.topic())) {
                        Uuid topic = topics.get(at.topic()).topicId();
                        // as SharePartitionKey.asCoordinatorKey puts it together
                        keepers.add(keeper("share group", id, SHARES, id + ":" + topic + ":" + at.partition()));
                    }
            return keepers;
        }

        private static boolean isShare(GroupListing group) {
            return group.type().filter(GroupType.SHARE::equals).isPresent();
        }

        /**
         * A broker answers a connection's requests one after the other, and does not answer for a group whose state is
         * out of reach. So while there may be such a group, no other group waits on its connection.
         */
        private Map<String, Set<TopicPartition>> readByShareGroups(Collection<GroupListing> groups)
                throws InterruptedException {
            boolean outOfReach =
                    has(SHARES) && topics.get(SHARES).partitions().stream().anyMatch(it -> it.leader() == null);
            var clients = new ArrayList<Admin>();
            var answers = new TreeMap<String, KafkaFuture<Set<TopicPartition>>>();
            for (String id : groups.stream()
                    .filter(Reader::isShare)
                    .map(GroupListing::groupId)
                    .toList()) {
                if (outOfReach && clients.size() < MORE_CLIENTS) clients.add(patientClient());
                Admin client = outOfReach ? clients.get(answers.size() % clients.size()) : admin;
                var options = new ListShareGroupOffsetsOptions().timeoutMs(PATIENCE_MS);
                var asked = client.listShareGroupOffsets(Map.of(id, new ListShareGroupOffsetsSpec()), options);
                answers.put(id, asked.all().thenApply(states -> states.get(id).keySet()));
            }
            return seenOfEach("state", "share groups", answers, "");
        }

        /** The broker asks other brokers for the state: that takes seconds while one of them is away. */
        private Admin patientClient() {
            Map<String, Object> settings = connection.settings(AdminClientConfig.configNames(), Map.of(), Map.of());
            settings.put("request.timeout.ms", PATIENCE_MS);
            settings.put("default.api.timeout.ms", PATIENCE_MS);
            return connection.create(() -> Admin.create(settings));
        }

        private Map<String, Set<TopicPartition>> readByGroups(Collection<GroupListing> groups)
                throws InterruptedException {
            var all = new HashMap<String, ListConsumerGroupOffsetsSpec>();
            for (GroupListing group : groups)
                if (!isShare(group)) all.put(group.groupId(), new ListConsumerGroupOffsetsSpec());
            var options = new ListConsumerGroupOffsetsOptions().timeoutMs(PATIENCE_MS);
            ListConsumerGroupOffsetsResult asked = admin.listConsumerGroupOffsets(all, options);
            var answers = new TreeMap<String, KafkaFuture<Map<TopicPartition, OffsetAndMetadata>>>();
            all.keySet().forEach(id -> answers.put(id, asked.partitionsToOffsetAndMetadata(id)));
            var reads = new HashMap<String, Set<TopicPartition>>();
            seenOfEach("offsets", "groups", answers, "").forEach((id, offsets) -> reads.put(id, offsets.keySet()));
            return reads;
        }

        private boolean has(String topic) {
            return topics.containsKey(topic);
        }

        private Keeper keeper(String kind, String name, String topic, String key) {
            int partitions = topics.get(topic).partitions().size();
            return new Keeper(kind, name, Keeper.partitionOf(topic, key, partitions));
        }

        /** The controllers, and whether each one follows their leader. */
        private Map<Integer, Boolean> voters() throws InterruptedException {
            var options = new DescribeMetadataQuorumOptions().timeoutMs(PATIENCE_MS);
            KafkaFuture<QuorumInfo> asked =
                    admin.describeMetadataQuorum(options).quorumInfo();
            QuorumInfo quorum = seen("controllers", asked, null);
            if (unanswered.contains("controllers"))
                notSeen.add(new NotSeen(
                        "a controller that leads", List.of(), ": without one, no partition gets a new leader."));
            var voters = new TreeMap<Integer, Boolean>();
            if (quorum == null) return voters;
            long newest = quorum.voters().stream()
                    .mapToLong(it -> it.lastCaughtUpTimestamp().orElse(0))
                    .max()
                    .orElse(0);
            for (QuorumInfo.ReplicaState it : quorum.voters())
                voters.put(it.replicaId(), it.lastCaughtUpTimestamp().orElse(0) > newest - 10_000);
            return voters;
        }

        private Set<TopicPartition> moving() throws InterruptedException {
            var options = new ListPartitionReassignmentsOptions().timeoutMs(PATIENCE_MS);
            return seen(
                            "partitions that are being moved",
                            admin.listPartitionReassignments(options).reassignments(),
                            Map.<TopicPartition, PartitionReassignment>of(),
                            false)
                    .keySet();
        }

        private Map<String, String> settings(int id) throws InterruptedException {
            var resource = new ConfigResource(ConfigResource.Type.BROKER, "" + id);
            var options = new DescribeConfigsOptions().timeoutMs(PATIENCE_MS);
            Config config = seen(
                    "settings of broker " + id,
                    admin.describeConfigs(List.of(resource), options).values().get(resource),
                    null,
                    false);
            var settings = new HashMap<String, String>();
            if (config != null) config.entries().forEach(it -> settings.put(it.name(), it.value()));
            return settings;
        }

        /** The answers by name, and one note that the others were refused. */
        private <T> Map<String, T> seenOfEach(
                String what, String kind, SortedMap<String, KafkaFuture<T>> answers, String so)
                throws InterruptedException {
            var seen = new HashMap<String, T>();
            var refused = new TreeMap<String, ExecutionException>();
            for (var answer : answers.entrySet()) {
                try {
                    seen.put(answer.getKey(), answer.getValue().get());
                } catch (ExecutionException failed) {
                    refused.put(answer.getKey(), failed);
                    seesEnough = false;
                }
            }
            if (!refused.isEmpty())
                notSeen.add(new NotSeen(
                        "%s of %d of %d %s:".formatted(what, refused.size(), answers.size(), kind),
                        List.copyOf(refused.keySet()),
                        (": " + reason(refused.get(refused.firstKey())) + " " + so).stripTrailing()));
            return seen;
        }

        /** The answer; or what stands for it, and a note that it was refused. It decides what would stop. */
        private <T> T seen(String what, KafkaFuture<T> answer, T otherwise) throws InterruptedException {
            return seen(what, answer, otherwise, true);
        }

        private <T> T seen(String what, KafkaFuture<T> answer, T otherwise, boolean decides)
                throws InterruptedException {
            try {
                return answer.get();
            } catch (ExecutionException failed) {
                notSeen.add(new NotSeen(what, List.of(), ": " + reason(failed)));
                if (failed.getCause() instanceof RetriableException) unanswered.add(what);
                // a cluster that does not know the question has no such thing
                if (decides && !(failed.getCause() instanceof UnsupportedVersionException)) seesEnough = false;
                return otherwise;
            }
        }

        private static String reason(ExecutionException failed) {
            boolean late = failed.getCause() instanceof RetriableException;
            return late ? "no answer within %d s.".formatted(PATIENCE_MS / 1000) : Script.oneLine(failed);
        }
    }

    // ---- details ----

    private static final int PATIENCE_MS = 8_000;

    private static final List<String> KINDS = List.of("group", "transactional id", "share group");

    private static List<String> names(List<Part> parts) {
        return parts.stream().map(part -> part.at.toString()).toList();
    }

    private static String joined(Collection<?> items) {
        return items.stream().map(Object::toString).collect(Collectors.joining(", "));
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
