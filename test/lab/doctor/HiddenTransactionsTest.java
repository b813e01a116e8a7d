package lab.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.*;
import java.time.Duration;
import java.util.*;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.acl.*;
import org.apache.kafka.common.resource.*;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.*;
import org.junit.jupiter.api.io.TempDir;
import test.*;

/** A transaction that runs, and whose transactional id the doctor's user may not see: it does not hang. */
public class HiddenTransactionsTest {
    private static final int PORT = SharedCluster.freePort();
    private static final String NOT_SEEN =
            "whether transactions hang: one is open whose transactional id this client may"
                    + " not see (DESCRIBE on all transactional ids).";

    @TempDir
    private static Path directory;

    private static Run cluster;
    private static Map<String, Object> client; // of a user who may do everything
    private static Path guest; // of one who may do nothing
    private static Admin admin;

    @BeforeAll
    static void start() throws Exception {
        cluster = Run.script("lab/secure.java", "--acls", "--brokers=1", "--port=" + PORT, "--dir=" + directory);
        String line = cluster.awaitLine("client properties: ");
        client = properties(line.substring(line.indexOf(": ") + 2));
        line = cluster.awaitLine("client properties of a user without any permission: ");
        guest = Path.of(line.substring(line.indexOf(": ") + 2));
        cluster.awaitLine("ready: ");
        admin = Admin.create(client);
        admin.createTopics(List.of(new NewTopic("t", 1, (short) 1))).all().get();
        for (AclOperation it : List.of(AclOperation.DESCRIBE, AclOperation.ALTER, AclOperation.DESCRIBE_CONFIGS))
            rule(ResourceType.CLUSTER, "kafka-cluster", PatternType.LITERAL, it, AclPermissionType.ALLOW);
        for (AclOperation it : List.of(AclOperation.READ, AclOperation.DESCRIBE_CONFIGS))
            rule(ResourceType.TOPIC, "*", PatternType.LITERAL, it, AclPermissionType.ALLOW);
        rule(ResourceType.GROUP, "*", PatternType.LITERAL, AclOperation.DESCRIBE, AclPermissionType.ALLOW);
    }

    private static Map<String, Object> properties(String file) throws Exception {
        var all = new Properties();
        try (var reader = Files.newBufferedReader(Path.of(file))) {
            all.load(reader);
        }
        return all.entrySet().stream().collect(Collectors.toMap(it -> (String) it.getKey(), Map.Entry::getValue));
    }

    @AfterAll
    static void end() {
        admin.close();
        cluster.close();
    }

    private static AclBinding rule(
            ResourceType type, String name, PatternType pattern, AclOperation operation, AclPermissionType permission)
            throws Exception {
        var rule = new AclBinding(
                new ResourcePattern(type, name, pattern),
                new AccessControlEntry("User:guest", "*", operation, permission));
        admin.createAcls(List.of(rule)).all().get();
        return rule;
    }

    private static Said asked() throws Exception {
        return Said.ask("localhost:" + PORT, "--command-config", guest.toString());
    }

    @Test
    @DisplayName(
            "no permission for its id, one for another prefix, or for all but its own: it is not seen, and not hanging")
    void hidden() throws Exception {
        var settings = new HashMap<>(client);
        settings.put("transactional.id", "payments-1");
        var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
        try {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("t", "v")).get();

            expectNotSeen("no permission");
            var prefix = PatternType.PREFIXED;
            for (String it : List.of("a", "0"))
                rule(ResourceType.TRANSACTIONAL_ID, it, prefix, AclOperation.DESCRIBE, AclPermissionType.ALLOW);
            expectNotSeen("a permission for another prefix");
            rule(
                    ResourceType.TRANSACTIONAL_ID,
                    "*",
                    PatternType.LITERAL,
                    AclOperation.DESCRIBE,
                    AclPermissionType.ALLOW);
            AclBinding forbidden =
                    rule(ResourceType.TRANSACTIONAL_ID, "pay", prefix, AclOperation.DESCRIBE, AclPermissionType.DENY);
            expectNotSeen("a permission for all but its own");
            admin.deleteAcls(List.of(forbidden.toFilter())).all().get();
            Said.await(
                    "localhost:" + PORT,
                    "all is seen",
                    it -> !it.notSeen().contains(NOT_SEEN),
                    "--command-config",
                    guest.toString());
            assertThat(asked().findings()).noneMatch(it -> it.contains("hanging"));
        } finally {
            producer.close(Duration.ZERO);
        }
    }

    private static void expectNotSeen(String why) throws Exception {
        Said said = asked();
        assertThat(said.findings()).as(why).noneMatch(it -> it.contains("hanging"));
        assertThat(said.notSeen()).as(why).contains(NOT_SEEN);
    }
}
