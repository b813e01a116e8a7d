package lab.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import test.Browser;
import test.GroupMember;
import test.Run;
import test.SharedCluster;

/**
 * lab/live.java: the page shows what the cluster reports. One page shows the topics of the three scenarios, with
 * producers and consumers; each test waits until what can be seen is what Kafka's own client reports.
 */
public class LiveTest {
    private static final int PORT = SharedCluster.freePort();
    private static final String HOSTILE = "<img src=x onerror=\"document.title='harmed'\"> & 'quoted' \u4e2d\u6587";

    private static String[] topics;
    private static Traffic traffic;
    private static Run live;
    private static Browser page;

    @BeforeAll
    static void open() throws Exception {
        SharedCluster.soonBack();
        topics = new String[] {
            SharedCluster.topic("1p-rf1"), SharedCluster.topic("2p-rf1"), SharedCluster.topic("2p-rf2")
        };
        traffic = new Traffic();
        traffic.produce(topics);
        traffic.consume(topics[0], "one", "a");
        traffic.consume(topics[0], "one", "b");
        traffic.consume(topics[1], "two", "a");
        traffic.consume(topics[1], "two", "b");
        traffic.consume(topics[2], HOSTILE, HOSTILE);
        live = start();
        page = new Browser("http://127.0.0.1:" + PORT + "/", 1280, 720);
    }

    @AfterAll
    static void end() {
        if (page != null) page.close();
        if (live != null) live.close();
        if (traffic != null) traffic.close();
    }

    @AfterEach
    void consoleIsClean() {
        assertThat(page.errors()).isEmpty();
    }

    private static Run start() {
        var arguments = new ArrayList<>(List.of("--port", Integer.toString(PORT)));
        arguments.addAll(List.of(topics));
        Run live = SharedCluster.script("lab/live.java", arguments.toArray(String[]::new));
        live.awaitLine("http://127.0.0.1:" + PORT + "/");
        return live;
    }

    // ---- what can be seen is what the cluster says ----

    @Test
    @Order(1)
    @DisplayName("leaders, replicas, consumers with their partitions, an idle one; rates and lag")
    void whole() throws Exception {
        awaitTruth();
        assertThat(consumers()).isEqualTo(HOSTILE + ": 0+1; one: 0, idle; two: 0, 1");
        SharedCluster.await("all numbers are known", () -> !numbers().contains("?"));
        assertThat(page.text()).contains("What happened").contains("reads " + topics[0] + " 0");
    }

    @ParameterizedTest(name = "{0} kafka-1")
    @ValueSource(strings = {"stop", "kill"})
    @Order(2)
    @DisplayName(
            "scenarios 1, 2, 3: who leads, who is in sync, who reads, while the broker is away and when it is back:")
    void brokerAway(String harm) throws Exception {
        int down = 1;
        SharedCluster.command(harm + " kafka-1");
        try {
            awaitText("broker 1\ndown");
            awaitTruth();
            assertThat(seen().get(topics[1] + " 0")).contains("leader none").contains("down " + down);
            assertThat(seen().get(topics[2] + " 0")).contains("leader 2").contains("in sync none");
            awaitText(": no leader"); // on the strip, with its length
            awaitText(topics[1] + " 0: no leader; it was broker 1");
            awaitText(topics[2] + " 0: broker 2 leads now; it was broker 1");
            String waits = (String) page.evaluate("document.querySelector('.chip.nobody').innerText");
            assertThat(waits).endsWith(" 0: no leader"); // in the consumer that waits
            assertThat(problems()).isEmpty();
        } finally {
            SharedCluster.heal();
        }
        awaitTruth();
        awaitText("broker 1 is up again, after");
        awaitText(topics[1] + " 0: broker 1 leads, after");
        awaitText(topics[2] + " 0: broker 1 leads now; it was broker 2");
    }

    @Test
    @Order(3)
    @DisplayName("a broker that hangs is named; when no broker answers the page says so, and what it shows is old")
    void hangs() throws Exception {
        SharedCluster.command("pause kafka-1");
        try {
            SharedCluster.await("broker 1 is unresponsive", () -> {
                if (page.text().contains("broker 1\nunresponsive")) return true;
                if (page.text().contains("broker 1\ndown")) pauseAgain(); // its session ends 5 s after the pause
                return false;
            });
            SharedCluster.command("pause kafka-2");
            awaitText("No broker answers since");
            assertThat((Boolean) page.evaluate("document.getElementById('picture').classList.contains('old')"))
                    .isTrue();
            assertThat(page.text()).contains("OLD");
            SharedCluster.await("no number is known", () -> numbers().stream().allMatch("?"::equals));
        } finally {
            SharedCluster.heal();
        }
        awaitTruth();
        awaitText("the cluster answers again, after");
        SharedCluster.await("numbers are known again", () -> !numbers().contains("?"));
        assertThat(page.text()).doesNotContain("OLD");
    }

    private static void pauseAgain() {
        try {
            SharedCluster.heal();
            SharedCluster.await("broker 1 is up", () -> !page.text().contains("broker 1\ndown"));
        } catch (Exception failed) {
            throw new AssertionError(failed);
        }
        SharedCluster.command("pause kafka-1");
    }

    // ---- safe ----

    @ParameterizedTest(name = "{0} {1} Host: {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "GET|/|127.0.0.1:PORT|200",
                "GET|/snapshot|localhost:PORT|200",
                "HEAD|/|LOCALHOST:PORT|200",
                "GET|/|example.com:PORT|403",
                "GET|/snapshot|127.0.0.1.nip.io:PORT|403",
                "GET|/snapshot|127.0.0.1|403",
                "GET|/snapshot||403",
                "POST|/|127.0.0.1:PORT|405",
                "DELETE|/snapshot|127.0.0.1:PORT|405",
                "OPTIONS|/|127.0.0.1:PORT|405",
                "GET|/../live.java|127.0.0.1:PORT|404",
            })
    @DisplayName("GET and HEAD for the own name only:")
    void refuses(String method, String path, String host, int status) throws IOException {
        String header = host == null ? "" : "Host: " + host.replace("PORT", "" + PORT) + "\r\n";
        String answer = request("%s %s HTTP/1.1\r\n%sConnection: close\r\n\r\n".formatted(method, path, header));
        assertThat(answer).startsWith("HTTP/1.1 " + status + " ");
        assertThat(answer.toLowerCase())
                .contains("content-security-policy: default-src 'none'; script-src 'sha256-")
                .doesNotContain("unsafe-inline")
                .contains("x-content-type-options: nosniff");
        String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
        if (method.equals("HEAD")) assertThat(body).isEmpty();
        if (status != 200) assertThat(body).doesNotContain("partition");
    }

    private static String request(String text) throws IOException {
        try (var socket = new Socket(InetAddress.getByName("127.0.0.1"), PORT)) {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    @DisplayName("nobody else can connect: 127.0.0.1 only")
    void onlyHere() throws IOException {
        var addresses = java.net.NetworkInterface.networkInterfaces()
                .flatMap(java.net.NetworkInterface::inetAddresses)
                .filter(it -> !it.getHostAddress().equals("127.0.0.1"))
                .toList();
        for (InetAddress address : addresses)
            org.assertj.core.api.Assertions.assertThatThrownBy(() -> new Socket(address, PORT).close())
                    .isInstanceOf(IOException.class);
    }

    @Test
    @DisplayName("hostile names are text")
    void hostile() {
        awaitText("group " + HOSTILE);
        assertThat(page.evaluate("document.querySelectorAll('img, script:not(:last-child), iframe, b > *').length"))
                .isEqualTo(0);
        assertThat((String) page.evaluate("document.title")).startsWith("Kafka live");
        for (String topic : List.of("__proto__.x", "constructor"))
            assertThat(page.text()).doesNotContain(topic);
    }

    @Test
    @DisplayName("browsers that read nothing, or send half a request, harm nobody")
    void slow() throws Exception {
        var sockets = new ArrayList<Socket>();
        try {
            for (int i = 0; i < 40; i++) {
                var socket = new Socket();
                socket.setReceiveBufferSize(1_024);
                socket.connect(new java.net.InetSocketAddress("127.0.0.1", PORT));
                sockets.add(socket);
                String one = "GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n".formatted(PORT);
                String half = "GET / HTTP/1.1\r\nHost: 127";
                socket.getOutputStream()
                        .write((i % 2 == 0 ? one.repeat(200) : half).getBytes(StandardCharsets.US_ASCII));
            }
            for (int i = 0; i < 3; i++) {
                Object now = page.evaluate("shown.now");
                SharedCluster.await(
                        "the next snapshot", () -> !page.evaluate("shown.now").equals(now));
            }
            assertThat(page.text()).doesNotContain("live.java has ended");
        } finally {
            for (Socket socket : sockets) socket.close();
        }
    }

    // ---- readable ----

    @ParameterizedTest(name = "{0} x {1}")
    @CsvSource({"1280, 720", "1920, 1080", "390, 844"})
    @DisplayName("no label lies on another, and nothing is outside the window:")
    void layout(int width, int height) {
        page.resize(width, height);
        try {
            Object before = page.evaluate("shown.now");
            SharedCluster.await(
                    "drawn for this size", () -> !page.evaluate("shown.now").equals(before));
            assertThat(problems()).isEmpty();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            page.resize(1280, 720);
        }
    }

    @Test
    @DisplayName("the measure of labels can fail")
    void measureCanFail() {
        page.evaluate("document.getElementById('cluster').style.transform = 'translateX(-3rem)'");
        assertThat(problems()).anyMatch(it -> it.startsWith("overlap"));
        page.evaluate("document.getElementById('cluster').style.transform = ''");
    }

    @Test
    @DisplayName("of more than 12 partitions, those that matter; a topic that comes and goes is told")
    void many() throws Exception {
        String many = SharedCluster.topic("30p-rf2");
        int port = SharedCluster.freePort();
        try (Run all = SharedCluster.script("lab/live.java", "--port", "" + port);
                Browser page = new Browser(address(all), 1280, 720)) {
            SharedCluster.await("12 partitions", () -> count(page, "#brokers .name") == 12);
            assertThat(count(page, "#strips svg")).isEqualTo(12);
            assertThat(page.text()).contains("Drawn: the 12 that matter most");
            String another = SharedCluster.topic("1p-rf1");
            SharedCluster.await("the new topic", () -> page.text().contains("topic " + another + " is new"));
            SharedCluster.admin().deleteTopics(List.of(another, many)).all().get();
            SharedCluster.await("deleted", () -> page.text().contains("topic " + another + " was deleted"));
            assertThat(page.errors()).isEmpty();
            all.terminate();
            all.expectExit(0);
        }
    }

    @Test
    @DisplayName("groups of other kinds: Streams, Connect, and one that assigns partitions itself")
    void kinds() throws Exception {
        String topic = SharedCluster.topic("2p-rf2");
        String kinds = "kinds-" + topic;
        try (var streams = new GroupMember(SharedCluster.servers(), kinds + "-streams");
                var connect = new GroupMember(SharedCluster.servers(), kinds + "-connect");
                var simple = new Traffic()) {
            streams.joinStreams(topic);
            connect.joinConnect();
            simple.produce(topic);
            simple.assign(topic, kinds + "-simple");
            int port = SharedCluster.freePort();
            var arguments = new ArrayList<>(List.of("--port", "" + port, topic));
            for (String kind : List.of("streams", "connect", "simple"))
                arguments.addAll(List.of("--group", kinds + "-" + kind));
            try (Run all = SharedCluster.script("lab/live.java", arguments.toArray(String[]::new));
                    Browser page = new Browser(address(all), 1280, 720)) {
                SharedCluster.await(
                        "the Streams group",
                        () -> page.text()
                                .contains("Streams group " + kinds
                                        + "-streams\nmember 1\nby hand\npartition 0\npartition 1"));
                SharedCluster.await(
                        "the Connect group",
                        () -> page.text()
                                .contains("Connect group " + kinds
                                        + "-connect\nworker 1\nby hand\nassignment not reported"));
                SharedCluster.await(
                        "the group without members",
                        () -> page.text().contains("group " + kinds + "-simple assigns partitions itself"));
                SharedCluster.await("each answers", () -> !page.text().contains("no answer"));
                assertThat(page.text()).doesNotContain("idle");
                assertThat(page.errors()).isEmpty();
            }
            int anyPort = SharedCluster.freePort();
            try (Run all = SharedCluster.script("lab/live.java", "--port", "" + anyPort, topic);
                    Browser page = new Browser(address(all), 1280, 720)) {
                SharedCluster.await(
                        "those that read the topic are found",
                        () -> page.text().contains("group " + kinds + "-simple assigns partitions itself")
                                && page.text().contains("member 1"));
                assertThat(page.text()).doesNotContain(kinds + "-connect");
            }
        }
    }

    @Test
    @DisplayName("a committed offset past the end or below the start is said: there is no lag")
    void outside() throws Exception {
        String topic = SharedCluster.topic("2p-rf2");
        var first = new TopicPartition(topic, 0);
        var second = new TopicPartition(topic, 1);
        try (var traffic = new Traffic()) {
            traffic.produce(topic);
            SharedCluster.await("records", () -> Stream.of(0, 1).allMatch(it -> end(topic, it) > 20));
        }
        var admin = SharedCluster.admin();
        admin.deleteRecords(Map.of(second, RecordsToDelete.beforeOffset(15)))
                .all()
                .get();
        var offsets = Map.of(first, new OffsetAndMetadata(end(topic, 0) + 500), second, new OffsetAndMetadata(10));
        admin.alterConsumerGroupOffsets("outside", offsets).all().get();
        int port = SharedCluster.freePort();
        try (Run all = SharedCluster.script("lab/live.java", "--port", "" + port, "--group", "outside", topic);
                Browser page = new Browser(address(all), 1280, 720)) {
            SharedCluster.await(
                    "both in the table",
                    () -> page.text().contains("past the end\n") && page.text().contains("below the start\n"));
            SharedCluster.await(
                    "both in words",
                    () -> page.text()
                                    .contains(
                                            "partition 0: the committed offset of group outside is past the end by 500")
                            && page.text()
                                    .contains(
                                            "partition 1: the committed offset of group outside is below the start by 5"));
            admin.alterConsumerGroupOffsets("outside", Map.of(first, new OffsetAndMetadata(end(topic, 0) - 7)))
                    .all()
                    .get();
            SharedCluster.await("a lag again", () -> !page.text().contains("past the end\n"));
        }
    }

    private static long end(String topic, int partition) {
        try {
            return SharedCluster.end(topic, partition);
        } catch (Exception notNow) {
            throw new IllegalStateException(notNow);
        }
    }

    private static String address(Run live) {
        return live.awaitLine("http://127.0.0.1:");
    }

    private static int count(Browser page, String selector) {
        return ((Number) page.evaluate("document.querySelectorAll('" + selector + "').length")).intValue();
    }

    // ---- how it starts and ends ----

    @Test
    @Order(Integer.MAX_VALUE - 1)
    @DisplayName("a share group: both consumers have the one partition; one that has left is told")
    void shareGroup() throws Exception {
        try (var sharing = new Traffic()) {
            sharing.share(topics[0], "three", "a");
            awaitText("group three: consumer 1 reads " + topics[0] + " 0");
            try (var second = new Traffic()) {
                second.share(topics[0], "three", "b");
                SharedCluster.await("both", () -> consumers().contains("share three: 0, 0"));
                assertThat(problems()).isEmpty();
            }
            awaitText("group three: consumer 2 has left");
        }
    }

    @Test
    @Order(Integer.MAX_VALUE)
    @DisplayName("the page says when the script has ended, and goes on when it is started again")
    void comesBack() throws Exception {
        Object run = page.evaluate("shown.run");
        live.terminate();
        live.expectExit(0);
        awaitText("live.java has ended or is unresponsive since");
        assertThat(page.text()).contains("OLD");
        live = start();
        SharedCluster.await("the page goes on", () -> {
            Object now = page.evaluate("typeof shown === 'undefined' || !shown ? null : shown.run");
            return now != null && !now.equals(run);
        });
        awaitTruth();
        assertThat(page.text()).doesNotContain("OLD");
        page.forgetErrors(); // Chromium itself reports the requests that found no server
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "--port PORT|2|Address already in use",
                "--port 99999|2|--port takes 0 to 65535, not 99999.",
                "--seconds 5|2|--seconds takes 10 to 3600, not 5.",
                "no-such-topic|1|Topic 'no-such-topic' does not exist.",
            })
    @DisplayName("wrong usage is one line:")
    void wrongUsage(String arguments, int status, String says) {
        try (Run run = SharedCluster.script(
                "lab/live.java", arguments.replace("PORT", "" + PORT).split(" "))) {
            run.expectExit(status);
            assertThat(run.err()).hasSize(1);
            assertThat(run.err().get(0)).contains(says);
        }
    }

    // ---- what the cluster says, and what can be seen; in the same words ----

    private static void awaitTruth() throws InterruptedException {
        SharedCluster.await("the page shows what the cluster says", () -> {
            var truth = truth();
            return truth.equals(seen()) && consumersInTruth().equals(consumers()) && truth.equals(truth());
        });
    }

    private static void awaitText(String text) {
        try {
            SharedCluster.await("'" + text + "' on the page", () -> page.text().contains(text));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } catch (AssertionError late) {
            throw new AssertionError(late.getMessage() + "\n" + page.text(), late);
        }
    }

    private static Map<String, String> truth() {
        try {
            var alive = ids(SharedCluster.admin().describeCluster().nodes().get());
            var truth = new TreeMap<String, String>();
            for (TopicDescription topic : SharedCluster.admin()
                    .describeTopics(List.of(topics))
                    .allTopicNames()
                    .get()
                    .values())
                topic.partitions().forEach(it -> {
                    int leader = it.leader() == null ? -1 : it.leader().id();
                    var inSync = ids(it.isr());
                    var words = new TreeMap<String, TreeSet<Integer>>();
                    for (int id : ids(it.replicas())) {
                        String word = !alive.contains(id) ? "down" : inSync.contains(id) ? "in sync" : "behind";
                        if (id != leader)
                            words.computeIfAbsent(word, any -> new TreeSet<>()).add(id);
                    }
                    truth.put(topic.name() + " " + it.partition(), words(leader < 0 ? "none" : "" + leader, words));
                });
            return truth;
        } catch (Exception notNow) {
            return Map.of("no answer", notNow.toString());
        }
    }

    private static TreeSet<Integer> ids(Collection<Node> nodes) {
        return nodes.stream().map(Node::id).collect(Collectors.toCollection(TreeSet::new));
    }

    private static String words(String leader, Map<String, TreeSet<Integer>> replicas) {
        var words = new ArrayList<>(List.of("leader " + leader));
        for (String state : List.of("in sync", "behind", "down")) {
            var ids = replicas.getOrDefault(state, new TreeSet<>());
            words.add(state + " "
                    + (ids.isEmpty()
                            ? "none"
                            : ids.stream().map(String::valueOf).collect(Collectors.joining(","))));
        }
        return String.join("; ", words);
    }

    /** By where the marks and words are, not by how the page calls them. */
    private static Map<String, String> seen() {
        var lines = (String) page.evaluate("""
                (() => {
                    const box = e => e.getBoundingClientRect();
                    const brokers = [...document.querySelectorAll('.broker')];
                    const brokerOf = e => {
                        const x = box(e).left + box(e).width / 2;
                        const broker = brokers.find(b => box(b).left < x && x < box(b).right);
                        return broker ? broker.innerText.split('\\n')[0].replace('broker ', '') : '?';
                    };
                    return [...document.querySelectorAll('#brokers .name')].map(name => {
                        const y = box(name).top + box(name).height / 2;
                        const row = [...document.querySelectorAll('#brokers > *')]
                            .filter(e => !e.matches('.broker, .name') && box(e).top < y && y < box(e).bottom);
                        const opaque = e => getComputedStyle(e).opacity > .9;
                        const leaders = row.filter(e => e.innerText.startsWith('leader') && opaque(e));
                        const leader = leaders.length ? leaders.map(brokerOf).join() : 'none';
                        const words = ['in sync', 'behind', 'down'].map(word => word + ' '
                            + (row.filter(e => e.innerText === word).map(brokerOf).sort().join() || 'none'));
                        return [...name.children].map(word => word.innerText).join(' ') + '|' + ['leader ' + leader, ...words].join('; ');
                    }).join('\\n');
                })()
                """);
        var seen = new TreeMap<String, String>();
        lines.lines().map(it -> it.split("\\|")).forEach(it -> seen.put(it[0], it[1]));
        return seen;
    }

    /** Of each group, what its consumers have: "two: 0, 1" or "one: 0, idle"; a consumer with two: "0+1". */
    private static String consumersInTruth() {
        try {
            var groups = new ArrayList<String>();
            for (String group : List.of("one", "two", HOSTILE)) {
                var told = SharedCluster.admin()
                        .describeConsumerGroups(List.of(group))
                        .all()
                        .get()
                        .get(group);
                groups.add(group + ": "
                        + told.members().stream()
                                .map(LiveTest::partitionsOf)
                                .sorted()
                                .collect(Collectors.joining(", ")));
            }
            return groups.stream().sorted().collect(Collectors.joining("; "));
        } catch (Exception notNow) {
            return notNow.toString();
        }
    }

    private static String partitionsOf(MemberDescription member) {
        String numbers = member.assignment().topicPartitions().stream()
                .map(TopicPartition::partition)
                .sorted()
                .map(String::valueOf)
                .collect(Collectors.joining("+"));
        return numbers.isEmpty() ? "idle" : numbers;
    }

    private static String consumers() {
        return (String) page.evaluate("""
                [...document.querySelectorAll('.group')].map(group =>
                    group.querySelector('h2 span').innerText.replace('group ', '') + ': '
                    + [...group.querySelectorAll('.consumer')].map(c => [...c.querySelectorAll('.chips > *')]
                        .map(chip => chip.innerText.replace(': no leader', '').split(' ').pop()).join('+')).sort().join(', '))
                .sort().join('; ')
                """);
    }

    private static List<String> numbers() {
        var all = (String) page.evaluate(
                "[...document.querySelectorAll('.row:not(.head) .number')].map(it => it.innerText).join('\\n')");
        return all.lines().toList();
    }

    /** Labels that lie on one another or outside, as far as they can be seen. */
    private static List<String> problems() {
        var all = (String) page.evaluate("""
                (async () => {
                    await new Promise(done => setTimeout(done, 1200)); // marks that move have arrived
                    const labels = [];
                    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
                    while (texts.nextNode()) {
                        const node = texts.currentNode, parent = node.parentElement;
                        if (!node.textContent.trim() || parent.closest('script, [hidden], aside')) continue;
                        if (getComputedStyle(parent.closest('.leader') || parent).opacity < .1) continue;
                        const range = document.createRange();
                        range.selectNodeContents(node);
                        for (const it of range.getClientRects()) {
                            let box = {left: it.left, right: it.right, top: it.top, bottom: it.bottom};
                            for (let e = parent; e && e !== document.body; e = e.parentElement) {
                                if (getComputedStyle(e).overflow === 'visible') continue;
                                const c = e.getBoundingClientRect();
                                box = {left: Math.max(box.left, c.left), right: Math.min(box.right, c.right),
                                    top: Math.max(box.top, c.top), bottom: Math.min(box.bottom, c.bottom)};
                            }
                            if (box.right - box.left > 1 && box.bottom - box.top > 1)
                                labels.push({...box, node, text: node.textContent});
                        }
                    }
                    const problems = [];
                    if (labels.length < 20) problems.push('only ' + labels.length + ' labels');
                    if (document.documentElement.scrollWidth > innerWidth) problems.push('wider than the window');
                    labels.forEach((a, i) => {
                        if (a.left < 0 || a.right > innerWidth + 1) problems.push('outside: ' + a.text);
                        for (const b of labels.slice(i + 1)) {
                            const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
                            const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
                            if (a.node !== b.node && wide > 1 && high > 2.5) problems.push('overlap: ' + a.text + ' / ' + b.text);
                        }
                    });
                    return problems.join('\\n');
                })()
                """);
        return all.lines().toList();
    }

    // ---- producers and consumers ----

    /** Records and readers that go on whatever happens to the cluster. */
    private static class Traffic implements AutoCloseable {
        private final AtomicBoolean ending = new AtomicBoolean();
        private final List<Thread> threads = new ArrayList<>();

        private void run(Runnable work) {
            var thread = new Thread(work);
            thread.setDaemon(true);
            thread.start();
            threads.add(thread);
        }

        /** Ten records a second to each partition. */
        void produce(String... topics) {
            Map<String, Object> settings = Map.of(
                    "bootstrap.servers", SharedCluster.servers(),
                    "key.serializer", ByteArraySerializer.class.getName(),
                    "value.serializer", ByteArraySerializer.class.getName(),
                    "max.block.ms", 500,
                    "delivery.timeout.ms", 60_000);
            run(() -> {
                try (var producer = new KafkaProducer<byte[], byte[]>(settings)) {
                    while (!ending.get()) {
                        for (String topic : topics)
                            IntStream.range(0, topic.contains("1p") ? 1 : 2)
                                    .forEach(it -> producer.send(new ProducerRecord<>(topic, it, null, new byte[10])));
                        pause();
                    }
                }
            });
        }

        private static Map<String, Object> reader(String group, String client) {
            String bytes = ByteArrayDeserializer.class.getName();
            return Map.of(
                    "bootstrap.servers", SharedCluster.servers(),
                    "key.deserializer", bytes,
                    "value.deserializer", bytes,
                    "group.id", group,
                    "client.id", client);
        }

        /** As {@link #reader}, from the first record on, with a commit three times a second. */
        private static KafkaConsumer<byte[], byte[]> consumer(String group, String client) {
            var settings = new HashMap<>(reader(group, client));
            settings.put("auto.offset.reset", "earliest");
            settings.put("auto.commit.interval.ms", 300);
            return new KafkaConsumer<>(settings);
        }

        void consume(String topic, String group, String client) {
            run(() -> {
                try (var consumer = consumer(group, client)) {
                    consumer.subscribe(List.of(topic));
                    while (!ending.get()) consumer.poll(Duration.ofMillis(200));
                    consumer.unsubscribe();
                }
            });
        }

        /** Without membership: the consumer chooses its partitions, and only commits to the group. */
        void assign(String topic, String group) {
            run(() -> {
                try (var consumer = consumer(group, "a")) {
                    consumer.assign(List.of(new TopicPartition(topic, 0), new TopicPartition(topic, 1)));
                    while (!ending.get()) consumer.poll(Duration.ofMillis(200));
                }
            });
        }

        void share(String topic, String group, String client) {
            run(() -> {
                try (var consumer = new KafkaShareConsumer<byte[], byte[]>(reader(group, client))) {
                    consumer.subscribe(List.of(topic));
                    while (!ending.get()) consumer.poll(Duration.ofMillis(200));
                }
            });
        }

        private static void pause() {
            try {
                Thread.sleep(100);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void close() {
            ending.set(true);
            for (Thread it : threads) {
                try {
                    it.join(10_000);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }
}
