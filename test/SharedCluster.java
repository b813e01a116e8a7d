package test;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.serialization.StringDeserializer;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * The cluster that the tests share: {@code cluster.java}, started when it is first needed, on ports
 * of its own; it ends with the suite. A test takes topics and groups that no other test uses, and
 * calls {@link #heal} if it took a broker down.
 *
 * <p>What the scripts say is checked against what Kafka's own client says, not against another
 * script.
 */
public final class SharedCluster {
    private static final int PORTS = 50; // in a row for each caller of freePort()
    private static int nextPort = 20_000 + PORTS * ThreadLocalRandom.current().nextInt(240);
    private static final int PORT = freePort();
    private static final List<Integer> BROKERS = List.of(PORT, PORT + 3);
    private static final List<String> SOON_BACK = List.of(
            "-X",
            "broker.session.timeout.ms=5000",
            "-X",
            "broker.heartbeat.interval.ms=500",
            "-X",
            "group.share.min.record.lock.duration.ms=1000",
            "-X",
            "auto.leader.rebalance.enable=false"); // every 5 minutes, in the middle of any test
    private static Run cluster;
    private static List<String> options = List.of();
    private static Admin admin;
    private static int topics;

    private SharedCluster() {}

    /** The brokers' addresses, as {@code -b} takes them. */
    public static synchronized String servers() {
        if (cluster == null) {
            var all = new ArrayList<>(List.of("--port", Integer.toString(PORT)));
            all.addAll(options);
            Run starting = Run.script("cluster.java", all.toArray(String[]::new));
            starting.awaitLine("ready: ");
            cluster = starting;
        }
        return "localhost:%d,localhost:%d".formatted(BROKERS.toArray());
    }

    /**
     * In the cluster that is used from here on a broker that was stopped is soon back, and a queue gets back soon what a
     * member does not answer. A cluster without that ends, and its topics with it.
     */
    public static synchronized void soonBack() {
        if (options.equals(SOON_BACK)) return;
        options = SOON_BACK;
        if (admin != null) admin.close();
        if (cluster != null) cluster.close();
        admin = null;
        cluster = null;
    }

    /** Kafka's own client. */
    public static synchronized Admin admin() {
        if (admin == null) admin = Admin.create(Map.of("bootstrap.servers", servers()));
        return admin;
    }

    /** Surroundings in which a script finds this cluster without an option. */
    public static Run.Surroundings here() {
        return Run.here().with("KAFKA_BOOTSTRAP_SERVERS", servers());
    }

    /** A script on this cluster. */
    public static Run script(String script, String... arguments) {
        return here().script(script, arguments);
    }

    /** Creates a topic that no other test has, of the shape that the name ends in. Each broker knows it then. */
    public static synchronized String topic(String shape) {
        String name = name(shape);
        try (Run create = script("topics.java", "create", name)) {
            create.expectExit(0);
        }
        awaitKnown(name);
        return name;
    }

    /** A name that no other test has, also not the same test when it runs once more. */
    public static synchronized String name(String shape) {
        return "t%d-%s".formatted(++topics, shape);
    }

    /** Each broker knows the topic, and a leader of each partition: a client asks any of them. */
    public static void awaitKnown(String topic) {
        awaitEach("knows " + topic, topic, it -> it.errorCode() == 0 && partitions(it, one -> one.leaderId() >= 0));
    }

    /** Each broker knows that the topic was deleted. */
    public static void awaitGone(String topic) {
        awaitEach("knows of no " + topic, topic, it -> it.errorCode() != 0);
    }

    /** Each broker knows that this one leads a partition. */
    public static void awaitLeader(String topic, int partition, int broker) {
        awaitEach(
                "knows that %d leads %s-%d".formatted(broker, topic, partition),
                topic,
                it -> it.errorCode() == 0
                        && partitions(it, one -> one.partitionIndex() != partition || one.leaderId() == broker));
    }

    /** Each broker that runs knows this of a topic. They learn of a change one after the other. */
    public static void awaitEach(String what, String topic, Predicate<MetadataResponseTopic> condition) {
        var request = new MetadataRequest.Builder(List.of(topic), false);
        try {
            await("each broker " + what, () -> eachKnows(request, condition));
        } catch (InterruptedException end) {
            throw new IllegalStateException(end);
        }
    }

    public static boolean partitions(MetadataResponseTopic topic, Predicate<MetadataResponsePartition> condition) {
        return topic.partitions().stream().allMatch(condition);
    }

    private static boolean eachKnows(MetadataRequest.Builder request, Predicate<MetadataResponseTopic> condition) {
        servers();
        for (int port : BROKERS)
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setSoTimeout(10_000);
                var answer = (MetadataResponse) ask(socket, request.build((short) 12));
                if (!answer.data().topics().stream().allMatch(condition)) return false;
            } catch (ConnectException down) {
                // it is not asked
            } catch (IOException | IllegalStateException notNow) {
                return false;
            }
        return true;
    }

    /** Sends a request, and waits for its answer. */
    static AbstractResponse ask(Socket socket, AbstractRequest request) {
        try {
            var header = new RequestHeader(request.apiKey(), request.version(), "by hand", 1);
            ByteBuffer bytes = request.serializeWithHeader(header);
            ByteBuffer length = ByteBuffer.allocate(4).putInt(bytes.remaining()).flip();
            var out = Channels.newChannel(socket.getOutputStream());
            out.write(length);
            out.write(bytes);
            var in = new DataInputStream(socket.getInputStream());
            return AbstractResponse.parseResponse(ByteBuffer.wrap(in.readNBytes(in.readInt())), header);
        } catch (IOException failed) {
            throw new IllegalStateException(failed);
        }
    }

    /** Says a command to cluster.java, such as {@code stop kafka-1}, and returns its answer. */
    public static synchronized String command(String command) {
        servers();
        cluster.type(command);
        return cluster.awaitLine(""); // whatever comes next
    }

    /** How many of the nodes are stopped by SIGSTOP. */
    public static long frozen() {
        return ProcessHandle.of(cluster.pid())
                .orElseThrow()
                .descendants()
                .filter(node -> stateOf(node) == 'T')
                .count();
    }

    private static char stateOf(ProcessHandle process) {
        try {
            String all = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
            return all.charAt(all.lastIndexOf(')') + 2);
        } catch (IOException ended) {
            return 'X';
        }
    }

    /**
     * The processes of a cluster's nodes; a command line of Java's is too long for ProcessHandle.
     */
    public static List<ProcessHandle> nodes(Run cluster, String name) {
        return ProcessHandle.of(cluster.pid())
                .orElseThrow()
                .descendants()
                .filter(process -> commandLine(process).endsWith("/" + name + ".properties"))
                .toList();
    }

    /** A process's arguments, with a line for each. */
    public static String commandLine(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"))
                    .replace('\0', '\n')
                    .strip();
        } catch (IOException ended) {
            return "";
        }
    }

    /** All brokers run, all replicas are in sync, and each partition's first replica leads; each broker knows it. */
    public static void heal() throws Exception {
        for (String broker : List.of("kafka-1", "kafka-2")) {
            command("resume " + broker);
            command("start " + broker);
        }
        awaitInSync();
        await("the first replicas lead", () -> {
            try {
                admin().electLeaders(org.apache.kafka.common.ElectionType.PREFERRED, null)
                        .partitions()
                        .get();
            } catch (Exception notNow) {
                return false;
            }
            return eachKnows(
                    MetadataRequest.Builder.allTopics(),
                    topic -> partitions(topic, it -> it.replicaNodes().indexOf(it.leaderId()) == 0));
        });
    }

    public static void awaitInSync() throws InterruptedException {
        await(
                "all replicas in sync",
                () -> eachKnows(
                        MetadataRequest.Builder.allTopics(),
                        topic -> partitions(
                                topic,
                                it -> it.isrNodes().size() == it.replicaNodes().size())));
    }

    /** All records that a topic has now, partition after partition. */
    public static List<ConsumerRecord<String, String>> records(String topic) throws Exception {
        return records(servers(), topic);
    }

    /** The same on another cluster. */
    public static List<ConsumerRecord<String, String>> records(String servers, String topic) throws Exception {
        var settings = new Properties();
        settings.put("bootstrap.servers", servers);
        settings.put("key.deserializer", StringDeserializer.class.getName());
        settings.put("value.deserializer", StringDeserializer.class.getName());
        var records = new ArrayList<ConsumerRecord<String, String>>();
        try (var consumer = new KafkaConsumer<String, String>(settings)) {
            var partitions = consumer.partitionsFor(topic).stream()
                    .map(it -> new TopicPartition(topic, it.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            var ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(it -> consumer.position(it) < ends.get(it)))
                consumer.poll(java.time.Duration.ofMillis(100)).forEach(records::add);
        }
        records.sort(java.util.Comparator.<ConsumerRecord<String, String>>comparingInt(ConsumerRecord::partition)
                .thenComparingLong(ConsumerRecord::offset));
        return records;
    }

    /** The offset that the group has committed for each partition; 0 where it has none. */
    public static long committed(String group, String topic) throws Exception {
        var offsets = admin().listConsumerGroupOffsets(group)
                .partitionsToOffsetAndMetadata()
                .get();
        return offsets.entrySet().stream()
                .filter(it -> it.getKey().topic().equals(topic) && it.getValue() != null)
                .mapToLong(it -> it.getValue().offset())
                .sum();
    }

    /** The offset after a partition's last record. */
    public static long end(String topic, int partition) throws Exception {
        var it = new TopicPartition(topic, partition);
        return admin().listOffsets(Map.of(it, OffsetSpec.latest()))
                .partitionResult(it)
                .get()
                .offset();
    }

    /** The broker that leads a partition; -1 if none does. */
    public static int leader(String topic, int partition) throws Exception {
        var leader = admin().describeTopics(List.of(topic))
                .allTopicNames()
                .get()
                .get(topic)
                .partitions()
                .get(partition)
                .leader();
        return leader == null ? -1 : leader.id();
    }

    /** Waits for what no process prints. */
    public static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + Run.LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline)
                throw new AssertionError("not within " + Run.LIMIT.toSeconds() + " s: " + what);
            Thread.sleep(50);
        }
    }

    /**
     * A port that is free, and so are the next ones. No other caller gets one of them, so two clusters never want the
     * same. They are below those that the system gives to outgoing connections: while a broker is stopped, its port must
     * stay free.
     */
    public static synchronized int freePort() {
        while (true) {
            int port = nextPort;
            nextPort = port + PORTS < 32_000 ? port + PORTS : 20_000;
            if (IntStream.range(port, port + PORTS).allMatch(SharedCluster::isFree)) return port;
        }
    }

    public static boolean isFree(int port) {
        try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException taken) {
            return false;
        }
    }
}
