///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Shows a Kafka cluster in a browser: who leads, who reads, what flows
//JAVA 17+
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-nop:2.0.17
//COMPILE_OPTIONS -encoding UTF-8 -XDignore.symbol.file

import com.sun.net.httpserver.*;
import java.io.*;
import java.net.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.*;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.*;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.*;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.serialization.*;
import picocli.CommandLine;
import picocli.CommandLine.*;
import picocli.CommandLine.Help.Ansi;

/**
 * Shows a cluster in a browser while it works: the brokers with their replicas, the consumers with their partitions,
 * and for each partition the records of the last minute.
 *
 * <pre>jbang live.java</pre>
 *
 * It prints the address of the page, and runs until Ctrl-C. It only looks: it asks the cluster with Kafka's Admin
 * client, each question up to ten times a second, whatever produces and consumes, and changes nothing.
 *
 * <p>The watcher asks the cluster and keeps the answers; the server gives the browsers a snapshot of them as JSON; the
 * page draws the snapshot. All browsers get the same snapshot: ten browsers cost the cluster no more than one.
 */
@Command(
        name = "live",
        version = "live 1.1.0, Kafka client 4.4.0",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        sortOptions = false,
        header = "Shows a Kafka cluster in a browser: who leads, who reads, what flows.%n",
        exitCodeListHeading = "%nCtrl-C ends it. Exit status:%n",
        exitCodeList = {
            "0:ended by Ctrl-C",
            "1:a topic does not exist, or the cluster refuses a request",
            "2:wrong usage, or the port is taken",
            "3:no cluster could be reached"
        })
class live implements Callable<Integer> {
    public static void main(String... args) {
        Script.run(new live(), args);
    }

    @Parameters(paramLabel = "TOPIC", arity = "0..*",
            description = "The topics to show (default: all, without Kafka's own).")
    List<String> topics = List.of();

    @Option(names = "--group", paramLabel = "NAME",
            description = "A consumer group to show. Repeatable (default: the groups that read the topics).")
    List<String> groups = List.of();

    @Option(names = "--seconds", paramLabel = "N", defaultValue = "60",
            description = "How many seconds the page looks back, 10 to 3600 (default: ${DEFAULT-VALUE}).")
    int seconds;

    @Option(names = "--port", paramLabel = "PORT", defaultValue = "8093",
            description = "The page's port on 127.0.0.1; 0: any that is free (default: ${DEFAULT-VALUE}).")
    int port;

    @Mixin
    Connection connection;

    // ---- the story ----

    @Override
    public Integer call() throws Exception {
        if (seconds < 10 || seconds > 3600) throw new Failure(2, "--seconds takes 10 to 3600, not %d.", seconds);
        if (port < 0 || port > 65_535) throw new Failure(2, "--port takes 0 to 65535, not %d.", port);
        try (var server = new Server(port)) {
            try (Admin admin = connection.connect()) {
                for (String topic : topics) Connection.describe(admin, topic);
            }
            server.start();
            show(server);
        }
        return 0;
    }

    /** Asks and shows, until Ctrl-C. */
    private void show(Server server) {
        Admin admin = impatientAdmin();
        try {
            var watcher = new Watcher(admin);
            Script.say("http://127.0.0.1:%d/", server.port());
            while (!Script.stopsWithin(50_000_000)) {
                watcher.ask();
                watcher.hear();
                server.snapshot = watcher.snapshot();
            }
        } finally {
            admin.close(Duration.ZERO);
        }
    }

    private Admin impatientAdmin() {
        var settings = connection.settings(AdminClientConfig.configNames(), Map.of(), Map.of());
        settings.remove("retries");
        // In ms. A broker that hangs is given up so early that another is asked in time.
        settings.put("request.timeout.ms", 1_000);
        settings.put("default.api.timeout.ms", 2_000);
        // In ms. A broker that comes back is found so soon.
        settings.put("reconnect.backoff.max.ms", 200);
        return connection.create(() -> Admin.create(settings));
    }

    // ---- the watcher: asks the cluster, and keeps what it knows ----

    /**
     * Asks many questions at the same time, each again when its answer has come. A question goes to one broker, or to
     * any: a broker that hangs delays only its own answers.
     *
     * <p>Answers come in the Admin client's thread, and wait in the inbox. Only the main thread works with them.
     */
    private class Watcher {
        private final Admin admin;
        private final Queue<Runnable> inbox = new ConcurrentLinkedQueue<>();
        private final Question cluster = new Question(100);
        private final Question topicNames = new Question(1_000);
        private final Question descriptions = new Question(100);
        private final Question groupNames = new Question(1_000);

        private final Map<String, Topic> known = new TreeMap<>();
        private final Map<Integer, Broker> brokers = new TreeMap<>();
        private final Map<String, Group> groupsByName = new TreeMap<>();
        private Set<String> shareGroups = Set.of(); // names
        private final News news = new News();
        private final Belief<Set<Integer>> alive = new Belief<>(); // the brokers' ids
        private Set<String> listed = new TreeSet<>(topics);
        private boolean ready; // the topics are known
        private String clusterId = "";
        private byte[] snapshot = {};
        private long snapshotAt;
        private long silentSince; // no broker answers since then; 0: one does

        Watcher(Admin admin) {
            this.admin = admin;
            nameGroups();
        }

        /** The groups of --group are on the page, whether they have consumers or not. */
        private void nameGroups() {
            for (String name : groups) groupsByName.put(name, new Group(name));
        }

        /** Asks whatever is due. Never waits. */
        void ask() {
            ask(cluster, this::describeCluster, this::hearCluster);
            if (topics.isEmpty())
                ask(topicNames, () -> admin.listTopics().names().toCompletionStage(), it -> listed = it);
            ask(descriptions, this::describeTopics, this::hearTopics);
            ask(groupNames, () -> admin.listGroups().valid().toCompletionStage(), this::hearGroups);
            for (Broker it : brokers.values()) ask(it.ends, () -> listEnds(it), this::hearEnds);
            for (Group it : groupsByName.values()) {
                ask(it.description, () -> describe(it), it::hearConsumers);
                // A share group commits no offset: each record is acknowledged on its own.
                if (it.matters() && !shareGroups.contains(it.name))
                    ask(it.offsets, () -> listOffsets(it), it::hearOffsets);
            }
        }

        /** Asks, unless the last answer is still to come, or is too new. */
        private <T> void ask(Question question, Supplier<CompletionStage<T>> request, Consumer<T> use) {
            if (!question.isDue()) return;
            question.asked();
            request.get()
                    .whenComplete((answer, error) -> inbox.add(() -> {
                        question.answered(error);
                        if (error == null) use.accept(answer);
                    }));
        }

        private CompletionStage<ClusterNow> describeCluster() {
            var told = admin.describeCluster();
            return told.clusterId()
                    .toCompletionStage()
                    .thenCombine(told.nodes().toCompletionStage(), (id, nodes) -> new ClusterNow(id, nodes));
        }

        private CompletionStage<Map<String, Answer<TopicDescription>>> describeTopics() {
            var names = new TreeSet<>(listed);
            names.addAll(known.keySet());
            // Thousands of partitions come in several answers, one after the other.
            return each(admin.describeTopics(names, new DescribeTopicsOptions().timeoutMs(10_000))
                    .topicNameValues());
        }

        /** The ends of the partitions that the broker leads. */
        private CompletionStage<Map<TopicPartition, Answer<ListOffsetsResultInfo>>> listEnds(Broker broker) {
            List<TopicPartition> wanted = partitions().stream()
                    .filter(it -> it.leader() == broker.id)
                    .map(it -> it.at)
                    .toList();
            var asked = new HashMap<TopicPartition, KafkaFuture<ListOffsetsResultInfo>>();
            for (int i = 0; i < wanted.size(); i += 1_000) { // Kafka's client takes longer and longer for more
                List<TopicPartition> portion = wanted.subList(i, Math.min(wanted.size(), i + 1_000));
                ListOffsetsResult told = admin.listOffsets(
                        portion.stream().collect(Collectors.toMap(at -> at, at -> OffsetSpec.latest())));
                for (TopicPartition at : portion) asked.put(at, told.partitionResult(at));
            }
            return each(asked);
        }

        private CompletionStage<Answer<GroupNow>> describe(Group group) {
            // Many groups are asked more seldom, so that the cluster has no more to do.
            group.description.everyMs = group.matters() ? Math.max(250, 50 * groupsByName.size()) : 3_000;
            var name = List.of(group.name);
            KafkaFuture<GroupNow> told = shareGroups.contains(group.name)
                    ? admin.describeShareGroups(name)
                            .describedGroups()
                            .get(group.name)
                            .thenApply(GroupNow::of)
                    : admin.describeConsumerGroups(name)
                            .describedGroups()
                            .get(group.name)
                            .thenApply(GroupNow::of);
            return answer(told);
        }

        private CompletionStage<Map<TopicPartition, OffsetAndMetadata>> listOffsets(Group group) {
            return admin.listConsumerGroupOffsets(group.name)
                    .partitionsToOffsetAndMetadata()
                    .toCompletionStage();
        }

        /** Uses the answers that have come. */
        void hear() {
            for (Runnable answer = inbox.poll(); answer != null; answer = inbox.poll()) answer.run();
            long answeredAt = cluster.answeredAt;
            boolean silent = answeredAt > 0 && now() - answeredAt > OLD;
            if (silent && silentSince == 0) {
                silentSince = answeredAt;
                news.add(BAD, "no broker answers");
            } else if (!silent && silentSince > 0) {
                news.add(GOOD, "the cluster answers again, after " + length(now() - silentSince));
                silentSince = 0;
            }
        }

        private void hearCluster(ClusterNow told) {
            if (!clusterId.isEmpty() && !clusterId.equals(told.id)) forget();
            clusterId = told.id;
            for (Node node : told.nodes) broker(node.id()).address = node.host() + ":" + node.port();
            Set<Integer> ids = told.nodes.stream().map(Node::id).collect(Collectors.toCollection(TreeSet::new));
            Set<Integer> before = alive.value;
            if (!alive.hear(ids) || before == null) return;
            for (Broker it : brokers.values()) it.look(before.contains(it.id));
        }

        /** Another cluster has taken the place of the one before. */
        private void forget() {
            known.clear();
            brokers.clear();
            groupsByName.clear();
            nameGroups();
            alive.value = null;
            news.add(PLAIN, "another cluster answers now");
        }

        private void hearTopics(Map<String, Answer<TopicDescription>> answers) {
            answers.forEach((name, answer) -> {
                boolean gone = answer.error instanceof UnknownTopicOrPartitionException;
                if (answer.error != null && !(gone && known.containsKey(name))) return;
                Topic topic = known.computeIfAbsent(name, Topic::new);
                topic.hear(answer.value);
                if (topic.isGone()) known.remove(name);
            });
            ready |= !answers.isEmpty();
        }

        private void hearEnds(Map<TopicPartition, Answer<ListOffsetsResultInfo>> ends) {
            ends.forEach((at, end) -> {
                Partition partition = partition(at);
                if (partition != null && end.error == null) partition.in.hear(end.value.offset());
            });
        }

        private void hearGroups(Collection<GroupListing> told) {
            shareGroups = told.stream()
                    .filter(it -> it.type().equals(Optional.of(GroupType.SHARE)))
                    .map(GroupListing::groupId)
                    .collect(Collectors.toSet());
            if (!groups.isEmpty()) return;
            var names = told.stream()
                    .filter(it -> it.type().map(SHOWN_GROUPS::contains).orElse(true))
                    .filter(it -> Set.of("", "consumer", "share").contains(it.protocol()))
                    .map(GroupListing::groupId)
                    .toList();
            for (String it : names) groupsByName.computeIfAbsent(it, Group::new);
            groupsByName.values().removeIf(it -> !it.matters() && !names.contains(it.name));
            for (Partition it : partitions()) it.out.keySet().retainAll(groupsByName.keySet());
        }

        private Broker broker(int id) {
            return brokers.computeIfAbsent(id, Broker::new);
        }

        private List<Partition> partitions() {
            return known.values().stream().flatMap(it -> it.partitions.stream()).toList();
        }

        /** Null for a partition that is not known. */
        private Partition partition(TopicPartition at) {
            Topic topic = known.get(at.topic());
            boolean exists = topic != null && at.partition() < topic.partitions.size();
            return exists ? topic.partitions.get(at.partition()) : null;
        }

        // ---- what the watcher knows ----

        /** A broker keeps its place while it is away. */
        private class Broker {
            final int id;
            final Question ends = new Question(200);
            String address = "";
            private long awaySince; // 0: the broker is here, or was away before the watcher began

            Broker(int id) {
                this.id = id;
            }

            boolean isAway() {
                return alive.value != null && !alive.value.contains(id);
            }

            /** Tells what has changed. */
            void look(boolean wasHere) {
                if (wasHere == !isAway()) return;
                if (isAway()) news.add(BAD, this + " is away");
                else
                    news.add(
                            GOOD,
                            this + " is here" + (awaySince == 0 ? "" : " again, after " + length(now() - awaySince)));
                awaySince = isAway() ? now() : 0;
            }

            /** The cluster says that the broker is here, and the broker does not tell the ends of its partitions. */
            boolean hangs() {
                return !isAway() && partitions().stream().anyMatch(it -> it.leader() == id && it.isMute());
            }

            @Override
            public String toString() {
                return "broker " + id;
            }
        }

        private class Topic {
            final String name;
            final Belief<Uuid> id = new Belief<>();
            final List<Partition> partitions = new ArrayList<>();

            Topic(String name) {
                this.name = name;
                if (ready) news.add(PLAIN, "topic " + name + " is new");
            }

            /** Null: there is no such topic. */
            void hear(TopicDescription told) {
                boolean other = id.hear(told == null ? Uuid.ZERO_UUID : told.topicId());
                if (isGone()) news.add(PLAIN, "topic " + name + " was deleted");
                if (other) partitions.clear();
                if (isGone() || told == null || !told.topicId().equals(id.value)) return;
                while (partitions.size() < told.partitions().size())
                    partitions.add(new Partition(new TopicPartition(name, partitions.size())));
                for (TopicPartitionInfo it : told.partitions())
                    if (it.partition() < partitions.size())
                        partitions.get(it.partition()).hear(it);
            }

            boolean isGone() {
                return Uuid.ZERO_UUID.equals(id.value);
            }
        }

        /** Who leads a partition (-1: nobody), who has replicas, who is in sync. */
        private record State(int leader, List<Integer> replicas, Set<Integer> inSync) {}

        /** From then on, this broker leads. */
        private record Led(long from, int leader) {}

        private class Partition {
            final TopicPartition at;
            final Belief<State> state = new Belief<>();
            final Deque<Led> leaders = new ArrayDeque<>();
            final Deque<Gap> gaps = new ArrayDeque<>();
            final Flow in = new Flow();
            final Map<String, Flow> out = new TreeMap<>(); // by group

            Partition(TopicPartition at) {
                this.at = at;
            }

            int leader() {
                return state.value == null ? NOBODY : state.value.leader;
            }

            void hear(TopicPartitionInfo told) {
                int leader = told.leader() == null || told.leader().isEmpty()
                        ? NOBODY
                        : told.leader().id();
                Set<Integer> inSync = told.isr().stream().map(Node::id).collect(Collectors.toCollection(TreeSet::new));
                List<Integer> replicas = told.replicas().stream().map(Node::id).toList();
                for (int it : replicas) broker(it);
                State before = state.value;
                if (!state.hear(new State(leader, replicas, inSync))) return;
                if (before == null || leader != before.leader) {
                    Led last = leaders.peekLast();
                    if (last != null) tellLeader(last, leader);
                    leaders.add(new Led(now(), leader));
                }
                if (before != null) tellInSync(before, state.value);
            }

            private void tellLeader(Led last, int leader) {
                if (leader == NOBODY) news.add(BAD, this, "no leader; it was broker " + last.leader);
                else if (last.leader != NOBODY)
                    news.add(PLAIN, this, "broker " + leader + " leads now; it was broker " + last.leader);
                else
                    news.add(
                            GOOD,
                            this,
                            "broker " + leader + " leads, after " + length(now() - last.from) + " without a leader");
            }

            private void tellInSync(State before, State after) {
                for (int it : before.replicas) {
                    if (!after.replicas.contains(it)) continue;
                    boolean was = before.inSync.contains(it);
                    boolean is = after.inSync.contains(it);
                    if (was && !is) news.add(BAD, this, "broker " + it + " is not in sync any more");
                    if (!was && is) news.add(GOOD, this, "broker " + it + " is in sync again");
                }
            }

            /** The leader has not told the partition's end for a while. */
            boolean isMute() {
                return leader() != NOBODY && now() - Math.max(in.knownAt, leaders.getLast().from) > OLD;
            }

            /** Opens a gap when records stay away, and closes the gap when they come. */
            void look() {
                while (leaders.stream().skip(1).limit(1).anyMatch(second -> second.from < now() - window()))
                    leaders.removeFirst();
                while (!gaps.isEmpty() && gaps.peekFirst().to > 0 && gaps.peekFirst().to < now() - window())
                    gaps.removeFirst();
                if (state.value == null) return;
                String cause = leader() == NOBODY
                        ? "no leader"
                        : !isMute()
                                ? ""
                                : silentSince > 0 ? "no broker answers" : "broker " + leader() + " does not answer";
                Gap open = gaps.isEmpty() || gaps.peekLast().to > 0 ? null : gaps.peekLast();
                if (open != null && in.movedAt > open.from) {
                    close(open, in.movedAt);
                } else if (open != null && !open.ofRecords && cause.isEmpty()) {
                    close(open, now());
                } else if (open == null && in.isSilent()) {
                    gaps.add(new Gap(in.movedAt, true, cause));
                } else if (open == null && !cause.isEmpty()) {
                    gaps.add(new Gap(in.flows() ? in.movedAt : now(), in.flows(), cause));
                } else if (open != null && !open.alarm && !cause.isEmpty() && now() - open.from > 10_000) {
                    close(open, now()); // nobody sent before
                    gaps.add(new Gap(now(), false, cause));
                } else if (open != null) {
                    open.because(cause);
                }
            }

            private void close(Gap gap, long to) {
                gap.to = to;
                if (gap.ofRecords && to == in.movedAt && to - gap.from > 3_000)
                    news.add(GOOD, this, "records again, after " + length(to - gap.from));
            }

            /** 0 for the worst. */
            int trouble() {
                if (leader() == NOBODY) return 0;
                if (isMute()) return 1;
                if (state.value.inSync.size() < state.value.replicas.size()) return 2;
                return lag().orElse(0) > 0 ? 3 : 4;
            }

            /** Of the group that is furthest behind. */
            OptionalLong lag() {
                return out.keySet().stream()
                        .map(this::lag)
                        .flatMapToLong(OptionalLong::stream)
                        .max();
            }

            /** Records that the group has not committed; empty where one of the two offsets is not known. */
            OptionalLong lag(String group) {
                Flow read = out.get(group);
                boolean isKnown = in.isKnown() && read != null && read.isKnown();
                return isKnown ? OptionalLong.of(Math.max(0, in.offset - read.offset)) : OptionalLong.empty();
            }

            @Override
            public String toString() {
                return "partition " + at.partition();
            }
        }

        /** A time without records, or without a leader. */
        private static class Gap {
            final long from;
            final boolean ofRecords; // records came before; else only the cause is told
            String cause; // "": not known; perhaps nobody sends
            boolean alarm; // there was a cause
            long to; // 0: it lasts

            Gap(long from, boolean ofRecords, String cause) {
                this.from = from;
                this.ofRecords = ofRecords;
                because(cause);
            }

            void because(String cause) {
                this.cause = cause;
                alarm |= !cause.isEmpty();
            }
        }

        /** How an offset grows: the records of each cell, and when records came last. */
        private class Flow {
            long offset;
            long knownAt; // 0: never
            long movedAt; // 0: never
            private final long[] amounts = new long[CELLS];
            private final long[] numbers = new long[CELLS]; // the cell that an amount belongs to
            private final Deque<Long> pauses = new ArrayDeque<>(); // the last times between two moves

            void hear(long told) {
                long now = now();
                long cell = now / cellMs();
                // Between two answers that follow soon, nothing is unknown.
                for (long it = Math.max(knownAt / cellMs() + 1, cell - 2); it <= cell; it++)
                    if (it == cell || now - knownAt < OLD) start(it);
                if (knownAt > 0 && told > offset) {
                    amounts[(int) (cell % CELLS)] += told - offset;
                    if (movedAt > 0) pauses.add(now - movedAt);
                    if (pauses.size() > 5) pauses.removeFirst();
                    movedAt = now;
                }
                offset = told;
                knownAt = now;
            }

            private void start(long cell) {
                int place = (int) (cell % CELLS);
                if (numbers[place] == cell) return;
                numbers[place] = cell;
                amounts[place] = 0;
            }

            boolean isKnown() {
                return knownAt > 0 && now() - knownAt < OLD;
            }

            /** Records came until now, about as often as before. */
            boolean flows() {
                if (movedAt == 0 || pauses.isEmpty()) return false;
                long usual = pauses.stream()
                        .sorted()
                        .skip(pauses.size() / 2)
                        .findFirst()
                        .orElse(0L);
                return now() - movedAt < Math.max(2_000, usual * 5 / 2);
            }

            boolean isSilent() {
                return movedAt > 0 && !pauses.isEmpty() && !flows();
            }

            /** From the oldest to the newest; null where it is not known. */
            List<Long> cells() {
                long last = now() / cellMs();
                return LongStream.rangeClosed(last - CELLS + 1, last)
                        .mapToObj(it -> numbers[(int) (it % CELLS)] == it ? (Long) amounts[(int) (it % CELLS)] : null)
                        .toList();
            }

            /** Records per second in the last five seconds, or in the last whole cell; null where not known. */
            Double rate() {
                if (!isKnown()) return null;
                int number = (int) Math.max(1, 5_000 / cellMs());
                List<Long> cells = cells().subList(CELLS - 1 - number, CELLS - 1);
                if (cells.contains(null)) return null;
                double records = cells.stream().mapToLong(it -> it).sum();
                return records * 1_000 / (number * cellMs());
            }
        }

        /** A consumer of a group. It keeps its number while it is a member. */
        private static class Reader {
            final int number;
            final String client;
            final String host;
            Set<TopicPartition> partitions; // null: not known yet
            long leftAt; // 0: it is a member

            Reader(int number, Member member) {
                this.number = number;
                client = member.client;
                host = member.host;
            }

            @Override
            public String toString() {
                return "consumer " + number;
            }
        }

        /** A member of a consumer group, or of a share group: Kafka's client has classes of its own for each. */
        private record Member(String id, String client, String host, Set<TopicPartition> partitions) {
            static Member of(MemberDescription it) {
                var partitions = it.assignment().topicPartitions();
                return new Member(it.consumerId(), it.clientId(), it.host(), partitions);
            }

            static Member of(ShareMemberDescription it) {
                var partitions = it.assignment().topicPartitions();
                return new Member(it.consumerId(), it.clientId(), it.host(), partitions);
            }
        }

        private record GroupNow(GroupState state, List<Member> members) {
            static GroupNow of(ConsumerGroupDescription it) {
                return new GroupNow(
                        it.groupState(), it.members().stream().map(Member::of).toList());
            }

            static GroupNow of(ShareGroupDescription it) {
                return new GroupNow(
                        it.groupState(), it.members().stream().map(Member::of).toList());
            }
        }

        private class Group {
            final String name;
            final Map<String, Reader> consumers = new LinkedHashMap<>(); // by member id
            final Question description = new Question(250);
            final Question offsets = new Question(250);
            GroupState state = GroupState.UNKNOWN;
            long answeredAt;
            String refusal; // null: none
            private long readAt; // when there was last a consumer of the topics

            Group(String name) {
                this.name = name;
                answeredAt = now();
            }

            /** Worth a place on the page, and frequent questions. */
            boolean matters() {
                return groups.contains(name) || readAt > 0 && now() - readAt < window();
            }

            void hearConsumers(Answer<GroupNow> answer) {
                boolean gone = answer.error instanceof GroupIdNotFoundException;
                boolean refused = answer.error instanceof AuthorizationException;
                refusal = refused ? "no permission to describe it" : null;
                if (answer.error != null && !gone) return;
                answeredAt = now();
                state = gone ? GroupState.EMPTY : answer.value.state;
                List<Member> members = gone ? List.of() : answer.value.members;
                for (Member it : members) consumers.computeIfAbsent(it.id, id -> new Reader(freeNumber(), it));
                var ids = members.stream().map(Member::id).toList();
                consumers.forEach((id, it) -> {
                    if (ids.contains(id)) it.leftAt = 0;
                    else if (it.leftAt == 0) leave(it);
                });
                boolean reads =
                        members.stream().flatMap(it -> it.partitions.stream()).anyMatch(it -> partition(it) != null);
                if (reads || !members.isEmpty() && (topics.isEmpty() || matters())) readAt = now();
                if (!isRebalancing()) assign(members);
            }

            /** In a rebalance of the classic kind no assignment is told. */
            boolean isRebalancing() {
                return state == GroupState.PREPARING_REBALANCE || state == GroupState.COMPLETING_REBALANCE;
            }

            private void leave(Reader consumer) {
                consumer.leftAt = now();
                if (matters()) news.add(PLAIN, "group " + name + ": " + consumer + " has left");
            }

            private void assign(List<Member> members) {
                var changes = new ArrayList<String>();
                for (Member it : members) {
                    Reader consumer = consumers.get(it.id);
                    Set<TopicPartition> now = it.partitions;
                    if (now.equals(consumer.partitions)) continue;
                    consumer.partitions = now;
                    changes.add(consumer + (now.isEmpty() ? " is idle" : " reads " + named(now)));
                }
                if (!changes.isEmpty() && matters())
                    news.add(PLAIN, "group " + name + ": " + String.join("; ", changes));
            }

            void hearOffsets(Map<TopicPartition, OffsetAndMetadata> told) {
                told.forEach((at, offset) -> {
                    Partition partition = partition(at);
                    if (partition != null && offset != null)
                        partition.out.computeIfAbsent(name, it -> new Flow()).hear(offset.offset());
                });
            }

            private int freeNumber() {
                var taken = consumers.values().stream().map(it -> it.number).toList();
                return IntStream.iterate(1, it -> it + 1)
                        .filter(it -> !taken.contains(it))
                        .findFirst()
                        .orElseThrow();
            }

            /** Who has left is shown for a while. */
            void look() {
                consumers.values().removeIf(it -> it.leftAt > 0 && now() - it.leftAt > 10_000);
            }

            @Override
            public String toString() {
                return "group " + name;
            }
        }

        // ---- what has happened, in words ----

        private record Line(long number, long at, String mood, String text) {}

        /** The last changes. What many partitions have in common becomes one line. */
        private class News {
            private final Deque<Line> lines = new ArrayDeque<>();
            private final Map<Line, Set<TopicPartition>> waiting = new LinkedHashMap<>();
            private long last; // the number of the newest line

            void add(String mood, String text) {
                lines.addFirst(new Line(++last, now(), mood, text));
                while (lines.size() > 60) lines.removeLast();
            }

            void add(String mood, Partition partition, String text) {
                waiting.computeIfAbsent(new Line(0, 0, mood, text), it -> new HashSet<>())
                        .add(partition.at);
            }

            void flush() {
                int number = 0;
                for (var it : waiting.entrySet())
                    if (number++ < 8) add(it.getKey().mood, named(it.getValue()) + ": " + it.getKey().text);
                if (number > 8) add(PLAIN, "and " + (number - 8) + " more changes");
                waiting.clear();
            }
        }

        /** Such as: partitions 0, 1; or with several topics on the page: orders 0, 1, payments 2. */
        private String named(Set<TopicPartition> partitions) {
            var numbers = new TreeMap<String, Set<Integer>>();
            for (TopicPartition it : partitions)
                numbers.computeIfAbsent(it.topic(), topic -> new TreeSet<>()).add(it.partition());
            if (partitions.size() > 8)
                return "%,d partitions".formatted(partitions.size())
                        + (known.size() < 2
                                ? ""
                                : numbers.size() == 1
                                        ? " of " + numbers.firstKey()
                                        : " of " + numbers.size() + " topics");
            return numbers.entrySet().stream()
                    .map(it -> {
                        String list = it.getValue().toString().replaceAll("[\\[\\]]", "");
                        if (known.size() > 1 || !known.containsKey(it.getKey())) return it.getKey() + " " + list;
                        return (it.getValue().size() == 1 ? "partition " : "partitions ") + list;
                    })
                    .collect(Collectors.joining(", "));
        }

        // ---- the snapshot ----

        /** What the page draws, as JSON. New five times a second. */
        byte[] snapshot() {
            if (now() - snapshotAt < 200) return snapshot;
            snapshotAt = now();
            for (Partition partition : partitions()) partition.look();
            for (Group group : groupsByName.values()) group.look();
            news.flush();
            snapshot = Json.of(picture()).getBytes(StandardCharsets.UTF_8);
            return snapshot;
        }

        private Map<String, Object> picture() {
            List<Partition> all = partitions();
            List<Partition> drawn = drawn(all);
            List<Group> shown = groupsByName.values().stream()
                    .filter(Group::matters)
                    .limit(6)
                    .toList();
            return Json.object(
                    "run", RUN,
                    "now", now(),
                    "seconds", seconds,
                    "cellMs", cellMs(),
                    "firstCell", now() / cellMs() - CELLS + 1,
                    "ready", ready,
                    "silentSince", silentSince == 0 ? null : silentSince,
                    "cluster", clusterId,
                    "servers", connection.servers().list(),
                    "topics", known.size(),
                    "title", known.size() == 1 ? known.keySet().iterator().next() : known.size() + " topics",
                    "folded", all.size() > drawn.size() ? folded(all, drawn) : null,
                    "notes", notes(),
                    "brokers",
                            brokers.values().stream().map(it -> draw(it, all)).toList(),
                    "partitions", drawn.stream().map(it -> draw(it, shown)).toList(),
                    "groups", shown.stream().map(it -> draw(it, drawn)).toList(),
                    "news",
                            news.lines.stream()
                                    .map(it -> Json.object(
                                            "number", it.number, "at", it.at, "mood", it.mood, "text", it.text))
                                    .toList());
        }

        /** Up to 12 partitions one by one. Of more, those that matter: no leader, behind, lagging. */
        private List<Partition> drawn(List<Partition> all) {
            var known = all.stream().filter(it -> it.state.value != null);
            if (all.size() <= DRAWN) return known.toList();
            return known.map(Rank::of)
                    .sorted(Rank.WORST_FIRST)
                    .limit(DRAWN)
                    .map(Rank::partition)
                    .sorted(Comparator.comparing((Partition it) -> it.at.topic())
                            .thenComparing(it -> it.at.partition()))
                    .toList();
        }

        /** How much a partition matters at this moment: while they are sorted, no clock may change that. */
        private record Rank(Partition partition, int trouble, int lag, int moved) {
            static final Comparator<Rank> WORST_FIRST = Comparator.comparingInt(Rank::trouble)
                    .thenComparingInt(it -> -it.lag)
                    .thenComparingInt(it -> -it.moved);

            static Rank of(Partition it) {
                return new Rank(it, it.trouble(), magnitude(it.lag().orElse(0)), magnitude(it.in.movedAt));
            }
        }

        /** Two numbers of the same magnitude do not change places all the time. */
        private static int magnitude(long number) {
            return 64 - Long.numberOfLeadingZeros(number);
        }

        private String folded(List<Partition> all, List<Partition> drawn) {
            long[] by = new long[5];
            for (Partition it : all) if (it.state.value != null) by[it.trouble()]++;
            String words = "%,d partitions: %,d without a leader, %,d whose leader does not answer,"
                    + " %,d with a replica behind, %,d that lag. Drawn: the %d that matter most.";
            return words.formatted(all.size(), by[0], by[1], by[2], by[3], drawn.size());
        }

        /** What the cluster refuses to tell. */
        private List<String> notes() {
            return Stream.of(cluster, topicNames, descriptions, groupNames)
                    .map(it -> it.error)
                    .filter(it -> it instanceof ApiException && !(it instanceof RetriableException))
                    .map(Script::oneLine)
                    .distinct()
                    .toList();
        }

        private Map<String, Object> draw(Broker broker, List<Partition> all) {
            long leads = all.stream().filter(it -> it.leader() == broker.id).count();
            boolean away = broker.isAway();
            return Json.object(
                    "id",
                    broker.id,
                    "address",
                    broker.address,
                    "state",
                    away ? "away" : broker.hangs() ? "mute" : "here",
                    "awaySince",
                    away && broker.awaySince > 0 ? broker.awaySince : null,
                    "leads",
                    leads);
        }

        private Map<String, Object> draw(Partition it, List<Group> shown) {
            var replicas = new ArrayList<Object>();
            for (int id : it.state.value.replicas) {
                boolean inSync = it.state.value.inSync.contains(id);
                boolean away = broker(id).isAway();
                String state = away ? "gone" : id == it.leader() ? "leader" : inSync ? "in sync" : "behind";
                replicas.add(Json.object("broker", id, "state", state));
            }
            var out = new ArrayList<Object>();
            for (Group group : shown) {
                Flow flow = it.out.get(group.name);
                if (flow == null) continue;
                OptionalLong lag = it.lag(group.name);
                out.add(Json.object(
                        "group",
                        group.name,
                        "cells",
                        flow.cells(),
                        "rate",
                        flow.rate(),
                        "lag",
                        lag.isPresent() ? lag.getAsLong() : null));
            }
            return Json.object(
                    "topic", it.at.topic(),
                    "number", it.at.partition(),
                    "leader", it.leader() == NOBODY ? null : it.leader(),
                    "mute", it.isMute(),
                    "replicas", replicas,
                    "led",
                            it.leaders.stream()
                                    .map(led -> List.of(led.from, led.leader))
                                    .toList(),
                    "cells", it.in.cells(),
                    "rate", it.in.rate(),
                    "out", out,
                    "gaps",
                            it.gaps.stream()
                                    .map(gap -> Json.object(
                                            "from", gap.from,
                                            "to", gap.to == 0 ? null : gap.to,
                                            "text", gap.ofRecords ? "no record" : gap.cause,
                                            "cause", gap.ofRecords ? gap.cause : "",
                                            "alarm", gap.alarm))
                                    .toList());
        }

        private Map<String, Object> draw(Group group, List<Partition> drawn) {
            boolean old = now() - group.answeredAt > OLD;
            var consumers = new ArrayList<Object>();
            group.consumers.values().stream()
                    .sorted(Comparator.comparingInt(it -> it.number))
                    .limit(12)
                    .forEach(it -> consumers.add(draw(it, drawn)));
            return Json.object(
                    "name",
                    group.name,
                    "share",
                    shareGroups.contains(group.name),
                    "refusal",
                    group.refusal,
                    "oldSince",
                    old ? group.answeredAt : null,
                    "rebalancing",
                    group.isRebalancing(),
                    "more",
                    Math.max(0, group.consumers.size() - 12),
                    "consumers",
                    consumers);
        }

        private Map<String, Object> draw(Reader consumer, List<Partition> drawn) {
            Set<TopicPartition> its = consumer.partitions == null ? Set.of() : consumer.partitions;
            var chips = drawn.stream()
                    .map(it -> it.at)
                    .filter(its::contains)
                    .map(it -> Json.object("topic", it.topic(), "number", it.partition()))
                    .toList();
            return Json.object(
                    "number",
                    consumer.number,
                    "client",
                    consumer.client,
                    "left",
                    consumer.leftAt > 0,
                    "known",
                    consumer.partitions != null,
                    "partitions",
                    chips,
                    "more",
                    its.size() - chips.size());
        }

        // ---- details of the watcher ----

        private long window() {
            return seconds * 1_000L;
        }

        private long cellMs() {
            return window() / CELLS;
        }
    }

    /** The brokers that the cluster names, and the cluster's id. */
    private record ClusterNow(String id, Collection<Node> nodes) {}

    /** One of many answers to one question: a value or an error. */
    private record Answer<T>(T value, Throwable error) {}

    private static <V> CompletionStage<Answer<V>> answer(KafkaFuture<V> asked) {
        return asked.toCompletionStage()
                .handle((value, error) -> new Answer<>(value, error == null ? null : Script.rootOf(error)));
    }

    /** The answers to all, when the last one is there. */
    private static <K, V> CompletionStage<Map<K, Answer<V>>> each(Map<K, KafkaFuture<V>> asked) {
        var answers = new ConcurrentHashMap<K, Answer<V>>();
        var all = asked.entrySet().stream()
                .map(it -> answer(it.getValue()).thenApply(answer -> answers.put(it.getKey(), answer)))
                .map(CompletionStage::toCompletableFuture)
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(all).thenApply(done -> answers);
    }

    /** Something that is asked again and again. Times are in ms, as {@link #now()} tells them. */
    private static class Question {
        long answeredAt; // 0: never
        Throwable error; // of the last answer; null: none
        long everyMs;
        private boolean waiting;
        private long askedAt;
        private long took; // the last good answer

        Question(long everyMs) {
            this.everyMs = everyMs;
        }

        /** A question whose answer takes long is asked more seldom, so that the cluster has other work to do, too. */
        boolean isDue() {
            long pause = Math.min(took, 1_000); // after an answer, as long as the answer took
            return !waiting && now() - askedAt >= Math.max(everyMs, took + pause);
        }

        void asked() {
            waiting = true;
            askedAt = now();
        }

        void answered(Throwable error) {
            waiting = false;
            this.error = error == null ? null : Script.rootOf(error);
            if (error != null) return;
            answeredAt = now();
            took = answeredAt - askedAt;
        }
    }

    /**
     * What the brokers say, believed when several answers in a row agree: brokers learn of a change at different times,
     * and a broker that was frozen tells for a while what was true before.
     */
    private static class Belief<T> {
        private static final int AGREEING = 3;
        private static final int AGREEING_ON_OLD_NEWS = 8;

        T value; // null: nothing is known yet
        private T before;
        private T next; // told, and not believed yet
        private int agreeing;

        /** Returns whether the value is another now. */
        boolean hear(T told) {
            if (told.equals(value)) {
                next = null;
                return false;
            }
            agreeing = told.equals(next) ? agreeing + 1 : 1;
            next = told;
            int needed = value == null ? 1 : told.equals(before) ? AGREEING_ON_OLD_NEWS : AGREEING;
            if (agreeing < needed) return false;
            before = value;
            value = told;
            next = null;
            return true;
        }
    }

    /** Cells of a strip; with the usual window of 60 s, each is a second. */
    private static final int CELLS = 60;

    /** So many partitions are drawn one by one. */
    private static final int DRAWN = 12;

    /** In ms. An answer that is older says nothing about now. */
    private static final long OLD = 3_000;

    private static final int NOBODY = -1;
    private static final String GOOD = "good";
    private static final String BAD = "bad";
    private static final String PLAIN = "plain";
    private static final Set<GroupType> SHOWN_GROUPS = Set.of(GroupType.CLASSIC, GroupType.CONSUMER, GroupType.SHARE);

    /** By this the page sees that the script was started again. */
    private static final long RUN = System.currentTimeMillis();

    private static final long RUN_NANOS = System.nanoTime();

    /** In ms since 1970. Never goes back. */
    private static long now() {
        return RUN + (System.nanoTime() - RUN_NANOS) / 1_000_000;
    }

    private static String length(long ms) {
        return ms < 100_000 ? "%.1f s".formatted(ms / 1e3) : "%d min".formatted(Math.round(ms / 60e3));
    }

    // ---- the server: the page, and the snapshot ----

    /** Answers GET and HEAD on 127.0.0.1. Nothing that a browser sends changes anything. */
    private static class Server implements AutoCloseable {
        volatile byte[] snapshot = {};
        private final HttpServer server;
        private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
            var thread = new Thread(work);
            thread.setDaemon(true);
            return thread;
        });

        Server(int port) {
            // In s. A browser that sends or reads more slowly loses the connection, so that no thread waits for long.
            System.setProperty("sun.net.httpserver.maxReqTime", "10");
            System.setProperty("sun.net.httpserver.maxRspTime", "10");
            try {
                server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port), 0);
            } catch (IOException taken) {
                throw new Failure(2, "Port %d of 127.0.0.1: %s Choose another: --port", port, Script.oneLine(taken));
            }
            server.setExecutor(threads);
            server.createContext("/", this::answer);
        }

        void start() {
            server.start();
        }

        int port() {
            return server.getAddress().getPort();
        }

        private void answer(HttpExchange exchange) throws IOException {
            try (exchange) {
                String method = exchange.getRequestMethod();
                String path = exchange.getRequestURI().getPath();
                // A foreign name that leads to 127.0.0.1 must not make this server part of a foreign page.
                if (!isOwnName(exchange.getRequestHeaders().getFirst("Host"))) {
                    send(exchange, 403, "text/plain", "This page is http://127.0.0.1:" + port() + "/ only.\n");
                } else if (!method.equals("GET") && !method.equals("HEAD")) {
                    exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                    send(exchange, 405, "text/plain", "GET and HEAD only.\n");
                } else if (path.equals("/")) {
                    send(exchange, 200, "text/html", Page.HTML);
                } else if (path.equals("/snapshot")) {
                    send(exchange, 200, "application/json", snapshot);
                } else {
                    send(exchange, 404, "text/plain", "There is only one page: /\n");
                }
            }
        }

        private boolean isOwnName(String host) {
            return host != null
                    && Set.of("127.0.0.1:" + port(), "localhost:" + port()).contains(host.toLowerCase(Locale.ROOT));
        }

        private static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
            send(exchange, status, type, text.getBytes(StandardCharsets.UTF_8));
        }

        private static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
            Headers headers = exchange.getResponseHeaders();
            headers.set("Content-Type", type + "; charset=utf-8");
            headers.set("Content-Security-Policy", Page.POLICY);
            headers.set("X-Content-Type-Options", "nosniff");
            headers.set("Referrer-Policy", "no-referrer");
            headers.set("Cross-Origin-Resource-Policy", "same-origin");
            headers.set("Cache-Control", "no-store");
            if (exchange.getRequestMethod().equals("HEAD")) {
                headers.set("Content-Length", Integer.toString(body.length));
                exchange.sendResponseHeaders(status, -1);
                return;
            }
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }

    // ---- the page ----

    /** One page, whole in itself. What the cluster names reaches the page only as text, never as markup. */
    private static class Page {
        private static final String STYLE = """
                :root {
                    color-scheme: light dark;
                    --paper: #fff; --panel: #f5f6f8; --line: #d5d9df; --text: #222; --soft: #555; --strong: #000;
                    --bad: #a3172b; --bad-area: #c2255c22; --good: #00704f; --on: #fff; --on-bright: #111;
                    --b0: #6b5a4d; --b1: #0067b1; --b2: #d97a00; --b3: #008066; --b4: #9a4fb3; --b5: #4bb3d8;
                    font: clamp(14px, min(1.25vw, 2.2vh), 27px)/1.3 Helvetica, Arial, 'Liberation Sans', sans-serif;
                }
                @media (prefers-color-scheme: dark) {
                    :root {
                        --paper: #0d1117; --panel: #161b22; --line: #363e49; --text: #c9d1d9; --soft: #a3adb8; --strong: #f0f6fc;
                        --bad: #ff8a9c; --bad-area: #c2255c44; --good: #3fd39f; --on: #0d1117; --on-bright: #0d1117;
                        --b0: #bfae9f; --b1: #58b0f5; --b2: #f5a030; --b3: #30c9a3; --b4: #d493ea; --b5: #a5e0f7;
                    }
                }
                .b0 { --own: var(--b0) } .b1 { --own: var(--b1) } .b2 { --own: var(--b2); --on: var(--on-bright) }
                .b3 { --own: var(--b3) } .b4 { --own: var(--b4) } .b5 { --own: var(--b5); --on: var(--on-bright) }
                .nobody { --own: var(--bad) }

                * { box-sizing: border-box; margin: 0; padding: 0 }
                body {
                    background: var(--paper); color: var(--text); min-height: 100vh; padding: .6rem .9rem;
                    display: flex; flex-direction: column; gap: .5rem;
                }
                [hidden] { display: none !important }
                h1 { font-size: 1.6rem; line-height: 1.2; overflow-wrap: anywhere } h1, h2, b { color: var(--strong) }
                h2 { font-size: 1rem }
                small, footer, #cluster { color: var(--soft); font-size: .85rem }
                header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 1rem }
                #state { margin-left: auto; font-weight: bold; color: var(--good) }
                #state.bad { color: var(--bad) }
                #alarm { background: var(--bad); color: var(--paper); font-weight: bold; padding: .4rem .7rem; border-radius: .4rem }
                #picture {
                    flex: 1; display: grid; gap: .7rem;
                    grid-template: auto minmax(0, 1fr) / minmax(0, 1fr) minmax(15rem, 24%);
                    grid-template-areas: 'now news' 'strips news';
                }
                #picture.old { filter: grayscale(1); opacity: .55 }
                aside { grid-area: news; position: relative; min-height: 10rem }
                aside, #now > section { background: var(--panel); border-radius: .5rem; padding: .5rem .7rem }
                #now { grid-area: now; display: flex; flex-wrap: wrap; gap: .7rem; align-items: stretch }

                /* Brokers are columns, partitions are rows. The leader's mark is one element, which moves from column to column. */
                #brokers {
                    flex: 3 1 26rem; display: grid; gap: .3rem var(--gap); --gap: .7rem; align-content: start;
                    grid-template-rows: 2.8rem; grid-auto-rows: var(--row);
                    grid-template-columns: minmax(max-content, 9rem) repeat(var(--columns), minmax(5.5rem, 1fr)); overflow-x: auto;
                }
                .broker {
                    grid-row: 1 / span var(--rows); border: .13rem solid var(--own); border-radius: .5rem; background: var(--paper);
                    text-align: center; transition: opacity 1s; padding-top: .2rem; margin-bottom: -.35rem
                }
                .broker b { display: block; color: var(--own) }
                .broker.away { opacity: .38; border-style: dashed }
                .broker.mute { border-style: dashed }
                .broker .word { display: block; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; font-size: .85rem; color: var(--soft) }
                .broker.away .word, .broker.mute .word { color: var(--bad); font-weight: bold }
                .name { align-self: center; font-weight: bold; max-width: 14rem; display: flex; gap: .4em; white-space: nowrap }
                .name span:first-child { overflow: hidden; text-overflow: ellipsis }
                .replica, .leader {
                    margin: 0 .5rem; border-radius: .4rem; display: flex; align-items: center; justify-content: center;
                    border: .12rem solid var(--own); overflow: hidden; white-space: nowrap; z-index: 1
                }
                .replica { color: var(--text); transition: opacity 1s }
                .replica.behind { border-style: dashed; color: var(--bad) }
                .replica.gone { border-style: dashed; opacity: .45 }
                .leader {
                    background: var(--own); color: var(--on); font-weight: bold; z-index: 2; grid-column: 2;
                    transform: translateX(calc(var(--at) * (100% + var(--margins, 1rem) + var(--gap)))); transition: transform .8s, opacity .5s, background .8s
                }
                .leader.none { opacity: 0 }
                .leader.mute { background: repeating-linear-gradient(-45deg, var(--own) 0 .7rem, var(--soft) .7rem 1.4rem) }

                #groups { flex: 2 1 16rem; display: flex; flex-direction: column; gap: .4rem }
                #groups:empty { display: none }
                .group h2 small { color: var(--bad) }
                .consumers { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .5rem; margin-top: .2rem }
                .consumer { background: var(--paper); border: .12rem solid var(--soft); border-radius: .5rem; padding: .25rem .5rem; transition: opacity 1s }
                .consumer.idle { border-style: dashed }
                .consumer.left { opacity: .4 }
                .consumer small { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 14rem }
                .chips { display: flex; flex-wrap: wrap; gap: .25rem; margin-top: .15rem }
                .chip { background: var(--own); color: var(--on); border-radius: .3rem; padding: 0 .4rem; font-weight: bold; font-size: .9rem; max-width: 100%; overflow-wrap: anywhere; transition: background .8s }
                .chip.nobody { color: var(--paper) }

                #strips { grid-area: strips; display: grid; grid-template-columns: minmax(max-content, 8rem) minmax(0, 1fr) repeat(3, max-content); gap: .35rem .8rem; grid-template-rows: min-content; grid-auto-rows: minmax(4rem, min(16rem, 30rem / var(--partitions))); align-content: start }
                #strips .row { display: contents }
                #strips .head > * { white-space: nowrap; font-size: .85rem; color: var(--soft); align-self: end }
                #strips .row > * { align-self: center }
                #strips .row > svg { align-self: stretch; width: 100%; height: 100%; background: var(--panel); border-radius: .3rem; overflow: hidden }
                .number { text-align: right; font-variant-numeric: tabular-nums; white-space: pre; min-width: 3rem; font-weight: bold }
                .number.bad { color: var(--bad) }
                svg text { font-size: .85rem; fill: var(--text) }
                .bar { fill: var(--own); opacity: .75 }
                .band { fill: var(--own) } .band-name { fill: var(--on) !important; font-weight: bold }
                .read { fill: var(--soft); opacity: .6 }
                .unknown { fill: var(--line); opacity: .6 }
                .gap { fill: none; stroke: var(--soft); stroke-width: 2 }
                .gap.alarm { stroke: var(--bad) } .gap-area { fill: none } .gap-area.alarm { fill: var(--bad-area) }
                text.gap-name { font-weight: bold; font-size: 1rem; text-anchor: middle; paint-order: stroke; stroke: var(--panel); stroke-width: .35rem; stroke-linejoin: round } text.gap-name.alarm { fill: var(--bad) }
                text.end { text-anchor: end !important } text.soft { fill: var(--soft); paint-order: stroke; stroke: var(--panel); stroke-width: .25rem } text.middle { text-anchor: middle }

                #news { list-style: none; position: absolute; inset: 2.2rem .7rem .4rem; overflow-y: auto; scrollbar-width: thin }
                #news li { padding: .18rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere }
                #news time { color: var(--soft); font-variant-numeric: tabular-nums; margin-right: .4rem; font-size: .9rem }
                #news .bad { color: var(--bad) } #news .good { color: var(--good) } #news li:first-child { font-weight: bold }
                /* A wide window shows all at once. */
                @media (min-width: 60.01rem) {
                    body { height: 100vh; min-height: 36rem }
                    #picture { min-height: 0 }
                    #groups, #strips { overflow-y: auto; scrollbar-width: thin }
                }
                /* Many partitions: the strips stand beside the brokers, in the same rows. */
                @media (min-width: 60.01rem) {
                    .dense #picture { grid-template: auto minmax(0, 1fr) / minmax(max-content, auto) minmax(18rem, 1fr) minmax(14rem, 20%); grid-template-areas: 'brokers strips news' 'groups groups news' }
                    .dense #now { display: contents }
                    .dense #brokers { grid-area: brokers; grid-template-columns: max-content repeat(var(--columns), minmax(4.6rem, 6.4rem)); --gap: .4rem }
                    .dense .name { max-width: 10rem }
                    .dense #groups { grid-area: groups; flex-direction: row; flex-wrap: wrap; gap: .4rem 1.2rem }
                    .dense .group { flex: 1 1 18rem }
                    .dense #strips { padding: .5rem 0; gap: .3rem .8rem; grid-template: 2.8rem / minmax(0, 1fr) repeat(3, max-content); grid-auto-rows: var(--row) }
                    .dense #strips .row > :first-child { display: none }
                }
                @media (max-width: 60rem) {
                    #picture { grid-template: auto / minmax(0, 1fr); grid-template-areas: 'now' 'strips' 'news' }
                    #brokers { grid-template-columns: auto repeat(var(--columns), minmax(4.4rem, 1fr)); --gap: .3rem }
                    .name { max-width: 7rem }
                    .replica, .leader { margin: 0 .3rem } .leader { --margins: .6rem }
                    #strips { display: block }
                    #strips .row { display: grid; grid-template-columns: 1fr repeat(3, minmax(3.5rem, max-content)); gap: 0 .6rem; margin-top: .4rem }
                    #strips .row > :nth-child(2) { grid-area: 2 / 1 / 3 / -1; height: 5.5rem }
                    #strips .head > :nth-child(1) { display: none }
                    #strips .head > :nth-child(2) { grid-area: auto; height: auto }
                    aside { min-height: 20rem }
                }
                @media (prefers-reduced-motion: reduce) { * { transition: none !important } }
                """;

        private static final String CODE = """
                'use strict';
                const $ = id => document.getElementById(id);
                let shown = null;       // the snapshot on the page
                let answeredAt = null;  // when the script answered last; null: never

                // ---- one snapshot after the other; a script that has ended is asked again until it is back ----

                async function ask() {
                    const snapshot = await fetch('snapshot', {signal: AbortSignal.timeout(3000)}).then(it => it.json()).catch(() => null);
                    if (snapshot && shown && shown.run !== snapshot.run) return location.reload();
                    setTimeout(ask, 250);
                    if (!snapshot) return sayState();
                    shown = snapshot;
                    answeredAt = Date.now();
                    draw(snapshot);
                }

                function sayState() {
                    const away = answeredAt === null || Date.now() - answeredAt > 2000;
                    const silent = shown && shown.silentSince;
                    let alarm = '';
                    if (away && answeredAt !== null)
                        alarm = `live.java has ended, or does not answer, since ${clock(answeredAt)}. `
                            + 'This is what it showed last. Start it again, and the page goes on.';
                    else if (silent)
                        alarm = `No broker answers since ${clock(silent)}, for ${length(shown.now - silent)}. This is what was true then.`;
                    else if (shown && shown.notes.length) alarm = 'Not told: ' + shown.notes.join(' ');
                    $('alarm').hidden = !alarm;
                    text($('alarm'), alarm);
                    const old = away || silent;
                    $('picture').classList.toggle('old', Boolean(old));
                    $('state').className = old ? 'bad' : '';
                    text($('state'), answeredAt === null ? 'connecting' : old ? 'OLD' : 'live, ' + clock(shown.now));
                }

                function draw(s) {
                    const many = s.topics !== 1, count = s.partitions.length;
                    document.body.className = count > 4 ? 'dense' : '';
                    document.body.style.setProperty('--partitions', count);
                    document.body.style.setProperty('--row', (count > 8 ? 1.7 : 2.6) + 'rem');
                    text($('title'), s.ready ? s.title : 'Kafka live');
                    document.title = 'Kafka live: ' + s.title;
                    text($('cluster'), `${s.servers}   cluster ${s.cluster}`);
                    drawBrokers(s, many);
                    keyed($('groups'), s.groups, g => g.name, () => element('div', 'group'), (node, g) => drawGroup(node, g, s, many));
                    drawStrips(s, many);
                    keyed($('news'), s.news, n => n.number, () => element('li'), (node, n) => {
                        if (node.firstChild) return;
                        node.append(element('time', '', clock(n.at)), element('span', n.mood, n.text));
                    });
                    const bar = length(s.cellMs).replace('.0', '');
                    text($('legend'), (s.folded ? s.folded + ' ' : '')
                        + `Bars: records in, each bar ${bar}, in the colour of the broker that led. `
                        + 'Below the band, grey: records out, as the group commits its offsets. Lag: records that the group has not committed.');
                    sayState();
                }

                // ---- brokers as columns, with their replicas; the leader's mark moves ----

                function drawBrokers(s, many) {
                    const columns = s.brokers.map(b => b.id);
                    const grid = $('brokers');
                    grid.style.setProperty('--columns', columns.length);
                    grid.style.setProperty('--rows', s.partitions.length + 1);
                    const cells = [];
                    s.brokers.forEach((b, column) => cells.push({
                        key: 'broker ' + b.id, row: 1, column: column + 2, type: 'broker ' + b.state + ' ' + colour(b.id),
                        parts: [['b', '', 'broker ' + b.id], ['span', 'word', wordFor(b, s)]],
                    }));
                    s.partitions.forEach((p, i) => {
                        const name = nameOf(p, many), row = i + 2;
                        const words = wordsOf(p, many).map(word => ['span', '', word]);
                        cells.push({key: 'name ' + name, row, column: 1, type: 'name', parts: words, title: name});
                        for (const r of p.replicas)
                            cells.push({
                                key: name + ' replica ' + r.broker, row, column: columns.indexOf(r.broker) + 2,
                                type: 'replica ' + (r.state === 'leader' ? 'leads' : r.state.replace(' ', '-')) + ' ' + colour(r.broker),
                                parts: [['span', '', r.state === 'leader' ? '' : r.state]],
                            });
                        cells.push({
                            key: name + ' leader', row, at: columns.indexOf(p.leader),
                            type: 'leader ' + (p.leader === null ? 'none' : colour(p.leader)) + (p.mute ? ' mute' : ''),
                            parts: [['span', '', p.mute ? 'leader, no answer' : 'leader']],
                        });
                    });
                    keyed(grid, cells, c => c.key, () => element('div'), (node, c) => {
                        // Where nobody leads, the mark stays where it was, and cannot be seen.
                        if (c.at >= 0) node.style.setProperty('--at', c.at);
                        node.className = c.type;
                        node.style.gridRow = c.type.startsWith('broker') ? '' : c.row;
                        if (c.column) node.style.gridColumn = c.column;
                        if (c.title) node.title = c.title;
                        keyed(node, c.parts, (part, i) => i, part => element(part[0], part[1]), (n, part) => text(n, part[2]));
                    });
                }

                function wordFor(b, s) {
                    if (b.state === 'away') return 'away' + (b.awaySince ? ' for ' + length(s.now - b.awaySince) : '');
                    if (b.state === 'mute') return 'does not answer';
                    return s.folded ? `leads ${b.leads}` : b.address;
                }

                // ---- consumers of a group, with their partitions ----

                function drawGroup(node, g, s, many) {
                    if (!node.firstChild) {
                        node.append(element('h2'), element('div', 'consumers'));
                        node.firstChild.append(element('span'), ' ', element('small'));
                    }
                    const [name, word] = node.firstChild.children;
                    text(name, (g.share ? 'share group ' : 'group ') + g.name);
                    text(word, g.refusal ? g.refusal : g.oldSince ? `no answer for ${length(s.now - g.oldSince)}` : g.rebalancing ? 'rebalancing'
                        : !g.consumers.length ? 'no consumer' : g.more ? `and ${g.more} consumers more` : '');
                    keyed(node.lastChild, g.consumers, c => c.number, () => {
                        const box = element('div', 'consumer');
                        box.append(element('b'), element('small'), element('div', 'chips'));
                        return box;
                    }, (box, c) => {
                        const idle = c.known && !c.left && !c.partitions.length && !c.more;
                        box.className = 'consumer' + (idle ? ' idle' : '') + (c.left ? ' left' : '');
                        text(box.children[0], 'consumer ' + c.number);
                        text(box.children[1], c.client);
                        const chips = c.left ? [['left', '']] : idle ? [['idle', '']] : c.known ? c.partitions.map((at, i) => {
                            const p = s.partitions.find(it => it.topic === at.topic && it.number === at.number);
                            const leaderless = p.leader === null;
                            const again = i > 0 && c.partitions[i - 1].topic === at.topic && many; // the topic's name is there already
                            const name = again ? at.number : nameOf(at, many);
                            return [name + (leaderless ? ': no leader' : ''), leaderless ? 'nobody' : colour(p.leader)];
                        }) : [['rebalancing', '']];
                        if (c.more && !c.left) chips.push([c.more + ' more', '']);
                        keyed(box.children[2], chips, (it, i) => i, () => element('span'), (chip, it) => {
                            text(chip, String(it[0]));
                            chip.className = it[1] ? 'chip ' + it[1] : '';
                        });
                    });
                }

                // ---- a strip for each partition: what came in and went out ----

                function drawStrips(s, many) {
                    const rows = [null, ...s.partitions];
                    keyed($('strips'), rows, p => p ? nameOf(p, many) : '', p => {
                        const row = element('div', p ? 'row' : 'row head');
                        row.append(element('div', 'name'), p ? drawing('svg') : element('div'));
                        for (let i = 0; i < 3; i++) row.append(element('div', 'number'));
                        return row;
                    }, (row, p) => {
                        const [names, strip, ...numbers] = row.children;
                        if (!p) {
                            text(strip, `the last ${s.seconds} s`);
                            ['in/s', 'out/s', 'lag'].forEach((word, i) => text(numbers[i], word));
                            return;
                        }
                        keyed(names, wordsOf(p, many), (word, i) => i, () => element('span'), text);
                        names.title = nameOf(p, many);
                        // In a low row there is room for one group: the one that is furthest behind.
                        const furthest = [...p.out].sort((a, b) => b.lag - a.lag).slice(0, 1);
                        const groups = s.partitions.length > 4 ? furthest : p.out;
                        const each = of => groups.map(o => (groups.length > 1 ? o.group + ' ' : '') + of(o)).join('\\n') || '?';
                        row.children[4].title = p.out.map(o => `${o.group}: ${o.lag === null ? '?' : o.lag}`).join('\\n');
                        text(numbers[0], number(p.rate));
                        text(numbers[1], each(o => number(o.rate)));
                        text(numbers[2], each(o => o.lag === null ? '?' : o.lag.toLocaleString('en')));
                        drawStrip(strip, p, s);
                    });
                }

                /** Records in grow upwards from the band, in the colour of the leader; records out grow downwards. */
                function drawStrip(svg, p, s) {
                    const width = svg.clientWidth, height = svg.clientHeight, end = s.now, start = end - s.seconds * 1000;
                    const em = parseFloat(getComputedStyle(document.documentElement).fontSize);
                    const tall = height > 4.5 * em;
                    const band = tall ? 1.3 * em : .3 * em, floor = (height - band) * .6, deep = floor + band;
                    const x = t => Math.max(0, Math.min(width, (t - start) / (end - start) * width));
                    const top = scale([p.cells, ...p.out.map(o => o.cells)]);
                    const y = n => Math.min(1, n / top);
                    const shapes = [];
                    const add = (tag, type, attributes, words = '') => {
                        const shape = drawing(tag, type);
                        for (const name in attributes) shape.setAttribute(name, attributes[name]);
                        shape.textContent = words;
                        shapes.push(shape);
                    };
                    const box = (type, from, to, y0, y1) => {
                        if (x(to) > x(from)) add('rect', type, {x: x(from), y: y0, width: x(to) - x(from), height: y1 - y0});
                    };
                    const eachCell = (cells, use) => cells.forEach((n, i) => {
                        const from = (s.firstCell + i) * s.cellMs;
                        use(n, from, from + s.cellMs * .9, Math.min(end, from + s.cellMs));
                    });

                    const led = p.led.map(([from, leader], i) => ({from, to: i + 1 < p.led.length ? p.led[i + 1][0] : end, leader}));
                    const leaderAt = t => (led.find(l => t <= l.to) || {leader: -1}).leader;
                    const ledBy = (from, until) => leaderAt(until) < 0 ? leaderAt(from) : leaderAt(until); // who could take records
                    const watched = led.length ? led[0].from : end;

                    for (const g of p.gaps) box('gap-area' + (g.alarm ? ' alarm' : ''), g.from, g.to || end, 0, height);
                    eachCell(p.cells, (n, from, to, until) => {
                        if (n === null && from > watched + 2000 && leaderAt(until) >= 0) box('unknown', from, until, 0, floor);
                        if (n > 0) box('bar ' + colour(ledBy(from, until)), from, to, floor * (1 - y(n)), floor);
                    });
                    for (const o of p.out)
                        eachCell(o.cells, (n, from, to) => n > 0 && box('read', from, to, deep, deep + y(n) * (height - deep)));
                    for (const l of led) {
                        box('band ' + colour(l.leader), l.from, l.to, floor, deep);
                        const words = l.leader < 0 ? 'no leader' : 'broker ' + l.leader;
                        if (tall && x(l.to) - x(l.from) > words.length * .62 * em)
                            add('text', 'band-name ' + colour(l.leader), {x: x(l.from) + .3 * em, y: deep - .32 * em}, words);
                    }
                    // The newest gap first: its words may need the room of older ones.
                    let taken = width, free = x(watched) || width;
                    [...p.gaps].reverse().forEach(g => {
                        const x0 = x(g.from), x1 = x(g.to || end), type = g.alarm ? ' alarm' : '';
                        const words = (tall ? `${g.text} for ` : '') + length((g.to || end) - g.from)
                            + (g.cause && !g.to ? `: ${g.cause}` : '');
                        const wide = words.length * .6 * em, line = tall ? 1.2 * em : height / 2 + .35 * em;
                        const right = Math.max(wide, x1 - x0 > wide ? (x0 + x1 + wide) / 2 : x1);
                        if (x1 - x0 < 1) return;
                        if (tall) add('path', 'gap' + type, {d: `M${x0} ${line + .9 * em}v${-em / 2}H${x1}v${em / 2}`});
                        if (right > taken) return; // no room for words
                        add('text', 'gap-name end' + type, {x: right, y: line}, words);
                        taken = right - wide;
                        free = Math.min(free, taken);
                    });
                    if (x(watched) > 9 * em && free > x(watched) / 2 + 4.5 * em)
                        add('text', 'soft middle', {x: x(watched) / 2, y: height / 2 + .3 * em}, 'not watched yet');
                    if (tall && free > 6 * em) {
                        const records = number(top * 1000 / s.cellMs).replace('.0', '') + '/s';
                        add('text', 'soft', {x: .3 * em, y: 1.1 * em}, 'in, ' + records);
                        add('text', 'soft', {x: .3 * em, y: height - .4 * em}, 'out');
                    }
                    svg.replaceChildren(...shapes);
                    svg.setAttribute('role', 'img');
                    svg.setAttribute('aria-label', `${nameOf(p, true)}: ${number(p.rate)} records/s in`);
                }

                /** The records of a full bar: 1, 2 or 5 times a power of ten. A few high bars do not make all others small. */
                function scale(cells) {
                    const some = cells.flat().filter(n => n > 0).sort((a, b) => a - b);
                    const usual = some.length ? some[Math.floor(some.length / 2)] : 1;
                    const wanted = Math.max(2, Math.min(some[some.length - 1] || 0, 2.5 * usual));
                    const power = 10 ** Math.floor(Math.log10(wanted));
                    return [1, 2, 5, 10].find(n => n * power >= wanted) * power;
                }

                // ---- small things ----

                const colour = broker => broker < 0 ? 'nobody' : 'b' + broker % 6;
                const wordsOf = (at, many) => [many ? at.topic : 'partition', String(at.number)];
                const nameOf = (at, many) => wordsOf(at, many).join(' ');
                const number = n => n === null ? '?' : n < 10 ? n.toFixed(1) : Math.round(n).toLocaleString('en');
                const two = n => String(n).padStart(2, '0');

                function clock(ms) {
                    const at = new Date(ms);
                    return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
                }

                function length(ms) {
                    if (ms < 9950) return (ms / 1000).toFixed(1) + ' s';
                    if (ms < 99500) return Math.round(ms / 1000) + ' s';
                    return `${Math.floor(ms / 60000)} min ${Math.floor(ms / 1000) % 60} s`;
                }

                function element(tag, type = '', words = '') {
                    const node = document.createElement(tag);
                    node.className = type;
                    node.textContent = words;
                    return node;
                }

                function drawing(tag, type = '') {
                    const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
                    node.setAttribute('class', type);
                    return node;
                }

                function text(node, words) {
                    if (node.textContent !== words) node.textContent = words;
                }

                /** One child for each item, in this order. A child stays as long as an item has its key, so that changes are seen. */
                function keyed(parent, items, keyOf, create, update) {
                    const before = new Map([...parent.children].map(child => [child.dataset.key, child]));
                    items.forEach((item, i) => {
                        const key = String(keyOf(item, i));
                        const child = before.get(key) || create(item);
                        before.delete(key);
                        child.dataset.key = key;
                        if (parent.children[i] !== child) parent.insertBefore(child, parent.children[i] || null);
                        update(child, item);
                    });
                    before.forEach(child => child.remove());
                }

                ask();
                """;

        static final String HTML = """
                <!doctype html>
                <html lang="en">
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width">
                <title>Kafka live</title>
                <link rel="icon" href="data:,">
                <style>STYLE</style>
                <header>
                    <h1 id="title">Kafka live</h1>
                    <p id="cluster"></p>
                    <p id="state">connecting</p>
                </header>
                <p id="alarm" role="alert" hidden></p>
                <main id="picture">
                    <section id="now">
                        <section id="brokers" aria-label="brokers and their replicas"></section>
                        <section id="groups" aria-label="consumer groups"></section>
                    </section>
                    <section id="strips" aria-label="records of the last seconds"></section>
                    <aside><h2>What happened</h2><ol id="news"></ol></aside>
                </main>
                <footer id="legend"></footer>
                <script>CODE</script>
                </html>
                """.replace("STYLE", STYLE).replace("CODE", CODE);

        /** The browser runs this script and this style, asks this server, and nothing else. */
        static final String POLICY = "default-src 'none'; script-src '%s'; style-src '%s'; connect-src 'self';"
                        .formatted(hash(CODE), hash(STYLE))
                + " img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

        private static String hash(String text) {
            try {
                byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
                return "sha256-" + Base64.getEncoder().encodeToString(hash);
            } catch (NoSuchAlgorithmException everyJavaHasIt) {
                throw new IllegalStateException(everyJavaHasIt);
            }
        }
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
