package test;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.*;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.acl.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.resource.*;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** topics.java: every replica where the guide needs it, and a table that is true. */
class TopicsTest {
    private static final String CURSOR = "\033\\[[0-9;?]*[A-HJKSTfhls]"; // moves the cursor, clears, changes the screen

    private static Run topics(String... arguments) {
        return SharedCluster.script("topics.java", arguments);
    }

    private static Run onTerminal(String... arguments) {
        return SharedCluster.here().terminal(80, 24).script("topics.java", arguments);
    }

    /** Runs it to its end. */
    private static Run finished(int status, String... arguments) {
        try (Run run = topics(arguments)) {
            run.expectExit(status);
            return run;
        }
    }

    private static void expectError(int status, String line, String... arguments) {
        Run run = finished(status, arguments);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).singleElement().asString().contains(line);
    }

    private static TopicDescription described(String topic) throws Exception {
        return SharedCluster.admin()
                .describeTopics(List.of(topic))
                .allTopicNames()
                .get()
                .get(topic);
    }

    /** Each partition's replicas, the leader first. */
    private static List<List<Integer>> placement(String topic) throws Exception {
        return described(topic).partitions().stream()
                .map(partition -> partition.replicas().stream().map(Node::id).toList())
                .toList();
    }

    private static Set<String> existing() throws Exception {
        return SharedCluster.admin().listTopics().names().get();
    }

    private static void send(String topic, int count) {
        try (Run run = SharedCluster.script("producer.java", topic, "-n", "" + count, "-r", "max")) {
            run.expectExit(0);
        }
    }

    // ---- create, list, delete, reset ----

    @Test
    @DisplayName("without a command: the guide's topics, as often as one likes")
    void guide() throws Exception {
        for (int i = 0; i < 2; i++) {
            Run run = finished(0);
            assertThat(run.err()).isEmpty();
            assertThat(run.out())
                    .containsExactly(
                            "TOPIC        PARTITION  LEADER  REPLICAS  IN SYNC  OFFSETS",
                            "test-1p-rf1          0       1  1         1          empty",
                            "test-2p-rf1          0       1  1         1          empty",
                            "test-2p-rf1          1       2  2         2          empty",
                            "test-2p-rf2          0       1  1,2       1,2        empty",
                            "test-2p-rf2          1       2  2,1       1,2        empty");
        }
        assertThat(placement("test-1p-rf1")).isEqualTo(List.of(List.of(1)));
        assertThat(placement("test-2p-rf1")).isEqualTo(List.of(List.of(1), List.of(2)));
        assertThat(placement("test-2p-rf2")).isEqualTo(List.of(List.of(1, 2), List.of(2, 1)));
    }

    @Test
    @DisplayName("create: the shape of the name, or of -p and -r, and properties; list; delete; a name twice is one")
    void create() throws Exception {
        assertThat(finished(0, "create", "orders-3p-rf2", "plain", "x-2p-rf1", "plain")
                        .out())
                .hasSize(1 + 3 + 1 + 2);
        assertThat(placement("orders-3p-rf2")).isEqualTo(List.of(List.of(1, 2), List.of(2, 1), List.of(1, 2)));
        assertThat(placement("plain")).isEqualTo(List.of(List.of(1)));
        finished(0, "create", "own-1p-rf1", "-p", "2", "-r", "2", "-c", "retention.ms=3600000");
        assertThat(placement("own-1p-rf1")).isEqualTo(List.of(List.of(1, 2), List.of(2, 1)));
        finished(0, "create", "many-0011p-rf01");
        assertThat(placement("many-0011p-rf01")).hasSize(11);
        assertThat(finished(0, "list").out())
                .anyMatch(it -> it.matches("orders-3p-rf2 +3 partitions, 2 replicas"))
                .anyMatch(it -> it.matches("plain +1 partition, 1 replica"))
                .noneMatch(it -> it.startsWith("__"));
        send("plain", 3);
        Run delete = finished(1, "delete", "orders-3p-rf2", "plain", "x-2p-rf1", "never", "x-2p-rf1");
        assertThat(delete.out())
                .containsExactly(
                        "deleted orders-3p-rf2: no records",
                        "deleted plain: at most 3 records",
                        "deleted x-2p-rf1: no records");
        assertThat(delete.err()).singleElement().asString().contains("'never' does not exist");
        assertThat(existing()).contains("own-1p-rf1").doesNotContain("orders-3p-rf2", "x-2p-rf1", "plain");
    }

    @Test
    @DisplayName("what cannot be: one line, and the status that says whose fault it is")
    void errors() {
        String there = SharedCluster.topic("1p-rf1");
        expectError(1, "Topic '" + there + "' exists already: 1 partition, 1 replica", "create", there);
        expectError(1, "needs 3 brokers for its replicas, and 2 answer: 1,2", "create", "t-1p-rf3");
        expectError(1, "Cannot create topic 't'", "create", "t", "-c", "retention.ms=soon");
        expectError(1, "Topic 'never' does not exist", "describe", "never");
        expectError(1, "Topic 'never' does not exist", "describe", "--watch", "never");
        expectError(1, "Topic 'never' does not exist", "reset", "never");
        expectError(1, "Topic 'never' does not exist", "delete", "never");
        expectError(1, "Topic 'never' does not exist", "elect", "never");
    }

    @ParameterizedTest(name = "{0}  ->  {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "create no/topic            | 'no/topic' cannot be a topic's name",
                "create ..                  | '..' cannot be a topic's name",
                "delete ''                  | '' cannot be a topic's name",
                "describe a b?              | 'b?' cannot be a topic's name",
                "create t -p 0              | 1 to 9,999 partitions, not 0",
                "create t -p 2000000000     | 1 to 9,999 partitions, not 2000000000",
                "create t -r -1             | 1 or more replicas, not -1",
                "create ok orders-0p-rf2    | 'orders-0p-rf2': 1 to 9,999 partitions, not 0",
                "create orders-2p-rf0       | 1 or more replicas, not 0",
                "create orders-00p-rf00     | partitions, not 0",
                "create o-12345p-rf1        | partitions, not 12345",
                "create o-99999999999p-rf1  | 1 to 9,999 partitions",
                "create __consumer_offsets  | Kafka's own. It is not created by hand",
                "delete x __consumer_offsets| Kafka's own. It is not deleted",
                "reset __transaction_state  | Kafka's own. It is not reset",
                "reset __share_group_state  | Kafka's own. It is not reset",
                "delete __cluster_metadata  | Kafka's own. It is not deleted",
            },
            quoteCharacter = '"')
    @DisplayName("wrong usage is found before a cluster is asked:")
    void wrongUsage(String command, String says) {
        String[] words = command.strip().split("\\s+");
        for (int i = 0; i < words.length; i++) if (words[i].equals("''")) words[i] = "";
        try (Run run = Run.here().with("KAFKA_BOOTSTRAP_SERVERS", "localhost:1").script("topics.java", words)) {
            run.expectExit(2);
            assertThat(run.out()).isEmpty();
            assertThat(run.err()).singleElement().asString().contains(says);
        }
    }

    @Test
    @DisplayName("reset: empty, in the same shape, with the properties that it had")
    void reset() throws Exception {
        finished(0, "create", "again", "-p", "2", "-c", "retention.ms=3600000");
        send("again", 6);
        assertThat(finished(0, "describe", "again").out().get(2)).matches("again +1 +2 +2 +2 +0 to 2");
        Run reset = finished(0, "reset", "again");
        assertThat(reset.out().get(0)).isEqualTo("emptied again: at most 6 records");
        assertThat(reset.out().get(3)).matches("again +1 +2 +2 +2 +empty");
        assertThat(SharedCluster.records("again")).isEmpty();
        var topic = new ConfigResource(ConfigResource.Type.TOPIC, "again");
        assertThat(SharedCluster.admin()
                        .describeConfigs(List.of(topic))
                        .all()
                        .get()
                        .get(topic)
                        .get("retention.ms")
                        .value())
                .isEqualTo("3600000");
    }

    @Test
    @DisplayName(
            "on a terminal reset asks when there are records; no is no, --yes does not ask, an empty topic neither")
    void resetAsks() throws Exception {
        String topic = SharedCluster.topic("1p-rf1");
        send(topic, 2);
        try (Run run = onTerminal("reset", topic)) {
            run.type("no"); // is read when it asks
            run.expectExit(1);
            assertThat(String.join("\n", run.out()))
                    .contains("reset deletes the records of " + topic + " (at most 2 records)")
                    .contains("Nothing was deleted.");
        }
        assertThat(SharedCluster.records(topic)).hasSize(2);
        try (Run run = onTerminal("reset", topic, "--yes")) {
            run.expectExit(0);
            assertThat(String.join("\n", run.out())).doesNotContain("[y/N]");
        }
        try (Run run = onTerminal("reset", topic)) {
            run.expectExit(0);
            assertThat(String.join("\n", run.out())).doesNotContain("[y/N]");
        }
        send(topic, 1);
        try (Run run = onTerminal("reset", topic)) {
            run.type("y");
            run.expectExit(0);
        }
        assertThat(SharedCluster.records(topic)).isEmpty();
    }

    @Test
    @DisplayName("offsets are no number of records: transactions, also aborted ones, and deleted records")
    void offsets() throws Exception {
        String topic = SharedCluster.topic("1p-rf1");
        var settings = Map.<String, Object>of("bootstrap.servers", SharedCluster.servers(), "transactional.id", topic);
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            producer.initTransactions();
            for (int i = 0; i < 10; i++) {
                producer.beginTransaction();
                producer.send(new ProducerRecord<>(topic, "v")).get();
                if (i % 2 == 0) producer.commitTransaction();
                else producer.abortTransaction();
            }
        }
        Run run = finished(0, "describe", topic);
        assertThat(run.out().get(0)).endsWith("OFFSETS").doesNotContain("RECORDS");
        assertThat(run.out().get(1)).endsWith(" 0 to 19");
        var partition = new TopicPartition(topic, 0);
        for (long before : List.of(7, 20)) {
            SharedCluster.admin()
                    .deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(before)))
                    .all()
                    .get();
            assertThat(finished(0, "describe", topic).out().get(1)).endsWith(before == 7 ? " 7 to 19" : " empty");
        }
        assertThat(finished(0, "delete", topic).out()).containsExactly("deleted " + topic + ": no records");
    }

    // ---- a cluster that does not do at once what it is told ----

    @Test
    @DisplayName("a controller that hangs: what was asked may still come; one that is slow: it is waited for; Ctrl-C")
    void controller() throws Exception {
        String toDelete = SharedCluster.topic("1p-rf1");
        String slow = toDelete + "-slow";
        String late = toDelete + "-late";
        try {
            SharedCluster.command("pause controller");
            try (Run create = topics("create", slow)) {
                create.awaitIn("topics.change");
                TimeUnit.SECONDS.sleep(4); // longer than a request's time-out in the script
                SharedCluster.command("resume controller");
                create.expectExit(0);
                assertThat(create.err()).isEmpty();
                assertThat(create.out()).hasSize(2);
            }
            SharedCluster.command("pause controller");
            try (Run create = topics("create", late);
                    Run delete = topics("delete", toDelete);
                    Run interrupted = topics("create", toDelete + "-never")) {
                for (Run run : List.of(create, delete, interrupted)) run.awaitIn("topics.change");
                interrupted.interrupt();
                interrupted.expectExit(130);
                assertThat(interrupted.err()).singleElement().asString().contains("may still be carried out");
                for (Run run : List.of(create, delete)) {
                    run.expectExit(1);
                    assertThat(run.err())
                            .singleElement()
                            .asString()
                            .startsWith("No answer to the request to ")
                            .contains("It may still be carried out.", "jbang topics.java list");
                }
            }
            assertThat(existing()).contains(toDelete).doesNotContain(late);
            SharedCluster.command("resume controller");
            // The topic is deleted after all. To create one may fail now: the controller gave up the brokers meanwhile.
            SharedCluster.await("what was asked before", () -> {
                try {
                    return !existing().contains(toDelete);
                } catch (Exception notNow) {
                    return false;
                }
            });
        } finally {
            SharedCluster.command("resume controller");
            SharedCluster.heal();
        }
    }

    @Test
    @DisplayName("without permission: what was refused, and which permission it takes; nothing is deleted before")
    void permissions() throws Exception {
        int port = SharedCluster.freePort();
        String authorizer = "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer";
        String all = "allow.everyone.if.no.acl.found=true";
        try (Run cluster =
                Run.script("cluster.java", "--brokers", "1", "--port", "" + port, "-X", authorizer, "-X", all)) {
            cluster.awaitLine("ready: ");
            Run.Surroundings here = Run.here().with("KAFKA_BOOTSTRAP_SERVERS", "localhost:" + port);
            try (Run create = here.script("topics.java", "create", "locked", "fixed", "hidden");
                    var admin = Admin.create(Map.of("bootstrap.servers", "localhost:" + port))) {
                create.expectExit(0);
                admin.createAcls(List.of(
                                rule(ResourceType.CLUSTER, "kafka-cluster", AclOperation.CLUSTER_ACTION, true),
                                rule(ResourceType.CLUSTER, "kafka-cluster", AclOperation.DESCRIBE, true),
                                rule(ResourceType.TOPIC, "*", AclOperation.ALL, true),
                                rule(ResourceType.TOPIC, "*", AclOperation.CREATE, false),
                                rule(ResourceType.TOPIC, "locked", AclOperation.DELETE, false),
                                rule(ResourceType.TOPIC, "hidden", AclOperation.DESCRIBE, false)))
                        .all()
                        .get();
                SharedCluster.await("the rules hold", () -> {
                    try (Run describe = here.script("topics.java", "describe", "hidden")) {
                        return describe.awaitExit() == 1;
                    }
                });
                refused(here, "create topic 'new'", "CREATE", "create", "new");
                refused(here, "delete topic 'locked'", "DELETE", "delete", "locked");
                refused(here, "describe topic 'hidden'", "DESCRIBE", "describe", "hidden");
                refused(here, "describe topic 'hidden'", "DESCRIBE", "describe", "--watch", "hidden");
                refused(here, "create topic 'fixed'", "CREATE", "reset", "fixed");
                assertThat(admin.listTopics().names().get()).contains("fixed", "locked");
            }
        }
    }

    private static AclBinding rule(ResourceType type, String name, AclOperation operation, boolean allowed) {
        return new AclBinding(
                new ResourcePattern(type, name, PatternType.LITERAL),
                new AccessControlEntry(
                        "User:*", "*", operation, allowed ? AclPermissionType.ALLOW : AclPermissionType.DENY));
    }

    private static void refused(Run.Surroundings here, String request, String needed, String... arguments) {
        try (Run run = here.script("topics.java", arguments)) {
            run.expectExit(1);
            assertThat(run.err())
                    .singleElement()
                    .asString()
                    .startsWith("No permission to " + request)
                    .contains("Needed: " + needed + " on the topic");
        }
    }

    // ---- describe --watch ----

    @Test
    @DisplayName("describe --watch, piped: the table, then a line for each change, and none without a change")
    void watch() throws Exception {
        String topic = SharedCluster.topic("1p-rf2");
        String eleven = topic + "-e"; // with partition 10, and the next one's name followed by 0
        String one = topic + "-e1";
        finished(0, "create", eleven, "-p", "11", "-r", "1");
        finished(0, "create", one, "-p", "1", "-r", "2");
        Run.Surroundings coloured = SharedCluster.here().with("CLICOLOR_FORCE", "1");
        try (Run watch = topics("describe", "--watch", topic, eleven, one);
                Run all = coloured.script("topics.java", "describe", "--watch")) {
            watch.awaitLine(Pattern.compile("^" + topic + " +0 +1 +1,2 +1,2 +empty$"));
            all.awaitLine(topic + "-e1");
            SharedCluster.command("stop kafka-1");
            watch.awaitLine(Pattern.compile(
                    "^\\d\\d:\\d\\d:\\d\\d  " + topic + " partition 0: leader 1 -> 2, in sync 1,2 -> 2$"));
            SharedCluster.command("start kafka-1");
            watch.awaitLine(topic + " partition 0: leader 2 -> 2, in sync 2 -> 1,2");
            finished(0, "create", topic + "-new");
            all.awaitLine(topic + "-new partition 0: new, leader 1, in sync 1");
            finished(0, "delete", eleven);
            watch.awaitLine(eleven + " partition 10: deleted");
            all.awaitLine(eleven + " partition 10: deleted");
            for (Run run : List.of(watch, all)) {
                run.interrupt();
                run.expectExit(0);
                assertThat(run.err()).isEmpty();
                assertThat(String.join("\n", run.out())).doesNotContainPattern(CURSOR);
            }
            List<String> changes = watch.out().stream()
                    .filter(line -> line.contains(" partition "))
                    .map(line -> line.substring("hh:mm:ss".length()))
                    .toList();
            assertThat(changes).doesNotHaveDuplicates();
        } finally {
            SharedCluster.heal();
        }
    }

    @Test
    @DisplayName("describe --watch on a terminal: drawn in its place, never taller or wider than the window")
    void watchOnTerminal() throws Exception {
        String topic = SharedCluster.topic("60p-rf2");
        try (Run watch = onTerminal("describe", "--watch", topic)) {
            awaitScreen(watch, "and 39 partitions more");
            SharedCluster.command("stop kafka-1");
            awaitScreen(watch, topic + " +0 +2 +1,2 +2 +empty");
            watch.resize(40, 8);
            awaitScreen(watch, "and 55 partitions more");
            watch.resize(100, 30);
            awaitScreen(watch, "and 33 partitions more");
            assertThat(watch.screen().get(0)).matches("TOPIC +PARTITION .*");
            assertThat(watch.screen().stream().filter(row -> row.contains("PARTITION")))
                    .hasSize(1);
            assertThat(watch.out()).noneMatch(line -> line.contains("\033[2J")); // would fill the terminal's history
            watch.interrupt();
            watch.expectExit(0);
            // The second screen, without a history, is left; the whole table stays on the first one.
            String all = String.join("\n", watch.out());
            assertThat(all).containsOnlyOnce("\033[?1049h").containsOnlyOnce("\033[?1049l");
            assertThat(all.substring(all.indexOf("\033[?1049l")).lines().filter(line -> line.contains(topic)))
                    .hasSize(60);
            String drawn = all.substring(all.indexOf("\033[?1049h"), all.indexOf("\033[?1049l"))
                    .replaceFirst("\n\\^C", ""); // the key itself
            for (String frame : drawn.split("\033\\[H"))
                assertThat(frame.lines()).hasSizeLessThan(30);
        } finally {
            SharedCluster.heal();
        }
    }

    private static void awaitScreen(Run run, String row) throws InterruptedException {
        var pattern = Pattern.compile(row);
        SharedCluster.await(
                "on the screen: " + row,
                () -> pattern.matcher(String.join("\n", run.screen())).find());
    }

    @Test
    @DisplayName("describe --watch on a terminal that cannot move the cursor: plain lines")
    void watchOnDumbTerminal() throws Exception {
        String topic = SharedCluster.topic("1p-rf1");
        Run.Surroundings dumb = SharedCluster.here().terminal(80, 24).with("TERM", "dumb");
        try (Run watch = dumb.script("topics.java", "describe", "--watch", topic)) {
            watch.awaitLine(topic);
            finished(0, "delete", topic);
            watch.awaitLine(topic + " partition 0: deleted");
            watch.interrupt();
            watch.expectExit(0);
            assertThat(String.join("\n", watch.out())).doesNotContain("\033");
        }
    }

    @Test
    @DisplayName("on a terminal of 80 columns each line of the table fits, also with a long name")
    void longName() throws Exception {
        String name = "a-name-that-is-longer-than-the-window-is-wide-less-the-other-columns-2p-rf2";
        assertThat(finished(0, "create", name).out().get(1)).startsWith(name + " "); // a pipe has no width
        try (Run run = onTerminal("describe", name)) {
            run.expectExit(0);
            List<String> lines = run.out().stream()
                    .map(it -> it.replaceAll("\033\\[[0-9;]*m", ""))
                    .filter(it -> !it.isBlank())
                    .toList();
            assertThat(lines).hasSize(3).allMatch(line -> line.length() <= 80);
            assertThat(lines.get(1)).startsWith("a-name-that").containsPattern("\\.\\.\\S*-2p-rf2 ");
        }
    }

    // ---- leaders ----

    @Test
    @DisplayName("a leader that is not the preferred one leads again after the guide's command, or elect")
    void preferredLeaders() throws Exception {
        finished(0);
        String topic = SharedCluster.topic("1p-rf2");
        assertThat(finished(0, "elect", topic).out()).containsExactly("The preferred leaders lead already.");
        try {
            SharedCluster.command("stop kafka-1");
            Run cannot = finished(1, "elect", topic);
            assertThat(cannot.err()).containsExactly(topic + " partition 0: broker 1 cannot lead: it is not in sync.");
            SharedCluster.command("start kafka-1");
            assertThat(SharedCluster.leader("test-2p-rf2", 0)).isEqualTo(2);
            SharedCluster.awaitInSync();
            assertThat(finished(0, "elect", topic).out())
                    .containsExactly(topic + " partition 0: broker 1 leads now; it was broker 2");
            assertThat(SharedCluster.leader("test-2p-rf2", 0)).isEqualTo(2);
            finished(0);
            assertThat(SharedCluster.leader("test-2p-rf2", 0)).isEqualTo(1);
        } finally {
            SharedCluster.heal();
        }
    }

    @Test
    @DisplayName("an unclean election asks, says what may go, and gives a leader; what the other one had is lost")
    void uncleanElection() throws Exception {
        String topic = SharedCluster.topic("1p-rf2");
        String alone = topic + "-alone"; // on kafka-2 only
        send(topic, 5);
        try {
            assertThat(finished(0, "elect", topic, "--unclean").out())
                    .containsExactly("Every partition has a leader. Nothing to do.");
            SharedCluster.command("stop kafka-1");
            finished(0, "create", alone); // the only broker there is
            send(topic, 4);
            SharedCluster.command("kill kafka-2");
            SharedCluster.command("start kafka-1");
            SharedCluster.await("no leader", () -> hasNoLeader(topic));
            Run describe = finished(0, "describe", topic);
            assertThat(describe.out().get(0)).matches("TOPIC .* IN SYNC +ELIGIBLE +OFFSETS");
            assertThat(describe.out().get(1)).matches(topic + " +0 +none +1,2 +none +2 +-");

            Run refused = finished(2, "elect", topic, "--unclean");
            assertThat(refused.out().get(0))
                    .matches(topic + " partition 0: no leader. Broker 1 would lead, with \\d+ bytes of the log."
                            + " All records are on: broker 2.");
            assertThat(refused.out().get(1)).contains("Lost: what was acknowledged while broker 1 was not in sync");
            assertThat(refused.err()).singleElement().asString().contains("--yes");
            try (Run no = onTerminal("elect", topic, "--unclean")) {
                no.type("n");
                no.expectExit(1);
                assertThat(String.join("\n", no.out())).contains("Nothing was changed.");
            }
            assertThat(SharedCluster.leader(topic, 0)).isNegative();

            Run done = finished(1, "elect", topic, alone, "--unclean", "--yes");
            assertThat(done.err())
                    .containsExactly(alone + " partition 0: no replica is there: start one of brokers 2.");
            assertThat(done.out())
                    .contains(
                            topic + " partition 0: broker 1 leads now; it had no leader",
                            topic + " partition 0: offsets in the log now: 0 to 4");
            SharedCluster.command("start kafka-2");
            SharedCluster.awaitInSync();
            assertThat(SharedCluster.records(topic)).hasSize(5);
        } finally {
            SharedCluster.heal();
        }
    }

    private static boolean hasNoLeader(String topic) {
        try {
            return SharedCluster.leader(topic, 0) < 0;
        } catch (Exception notNow) {
            return false;
        }
    }
}
