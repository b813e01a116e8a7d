package lab.secure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import test.Run;
import test.SharedCluster;

/** lab/secure.java, and the guide's scripts on its cluster: with the right login, with a wrong one, without permission. */
public class SecureTest {
    private static final int PORT = SharedCluster.freePort();
    private static final String WRONG_PASSWORD = "not-the-right-one";

    @TempDir
    private static Path directory;

    private static Path client; // the properties of a user who may do everything
    private static Path guest; // and of one who may do nothing
    private static Admin admin;
    private static Run cluster;

    @BeforeAll
    static void start() throws Exception {
        Path data = directory.resolve("my d\u00e4ta, 100 % = 'mine'");
        cluster = Run.script("lab/secure.java", "--acls", "--brokers=1", "--port=" + PORT, "--dir=" + data);
        client = path(cluster.awaitLine("client properties: "));
        guest = path(cluster.awaitLine("client properties of a user without any permission: "));
        cluster.awaitLine("ready: localhost:" + PORT + " (1 broker, ");
        admin = Admin.create(PrivateFile.load(client).entrySet().stream()
                .collect(java.util.stream.Collectors.toMap(it -> (String) it.getKey(), Map.Entry::getValue)));
        admin.createTopics(List.of(new NewTopic("t", 1, (short) 1))).all().get();
    }

    @AfterAll
    static void end() {
        admin.close();
        cluster.type("quit");
        cluster.expectExit(0);
        cluster.awaitNothingLeft();
    }

    private static Path path(String line) {
        return Path.of(line.substring(line.indexOf(": ") + 2));
    }

    private static Run run(String command, Path properties) {
        String[] words = command.split(" ");
        var arguments = new ArrayList<>(List.of(words).subList(1, words.length));
        arguments.addAll(List.of("--command-config", properties.toString()));
        return Run.script(words[0], arguments.toArray(String[]::new));
    }

    private static List<String> succeeds(String command) {
        try (Run run = run(command, client)) {
            run.expectExit(0);
            assertThat(run.err()).isEmpty();
            return run.out();
        }
    }

    @Test
    @Order(1)
    @DisplayName("the printed client can do everything; files with secrets are readable to their owner alone")
    void works() throws IOException {
        for (String file : List.of("client.properties", "no-permissions.properties", "server.p12", "arguments"))
            assertThat(Files.getPosixFilePermissions(client.resolveSibling(file)))
                    .as(file)
                    .hasSize(2);
        for (String node : List.of("controller", "kafka-1"))
            assertThat(Files.getPosixFilePermissions(client.resolveSibling(node + ".properties")))
                    .hasSize(2);
        succeeds("topics.java list t");
        succeeds("producer.java t -n 3 -r max");
        succeeds("consumer.java t g -n 3");
        succeeds("topics.java create made-1p-rf1");
        succeeds("topics.java delete made-1p-rf1");
        cluster.type("status"); // commands are passed on
        cluster.awaitLine("controller running, kafka-1 running");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"producer.java t", "consumer.java t g", "topics.java list", "queue.java t g"})
    @Order(2)
    @DisplayName("a wrong password: exit status 3, one line with Kafka's reason, and no password in it:")
    void wrongPassword(String command) throws IOException {
        Properties properties = PrivateFile.load(client);
        String login = properties.getProperty("sasl.jaas.config");
        properties.setProperty(
                "sasl.jaas.config", login.replaceAll("password=.*", "password=\"" + WRONG_PASSWORD + "\";"));
        Path file = Files.createTempFile(directory, "client", ".properties");
        try (var output = Files.newOutputStream(file)) {
            properties.store(output, null);
        }
        refuses(command, file, 3, "Authentication failed");
    }

    private static void refuses(String command, Path properties, int status, String reason) {
        try (Run run = run(command, properties)) {
            run.expectExit(status);
            assertThat(run.err())
                    .singleElement()
                    .asString()
                    .contains(reason)
                    .doesNotContain("password", WRONG_PASSWORD);
        }
    }

    @Test
    @Order(3)
    @DisplayName("without permission: exit status 1 and Kafka's reason; with it, topics.java shows the topic")
    void permissions() throws Exception {
        refuses("topics.java list t", guest, 1, "authoriz");
        refuses("topics.java create new", guest, 1, "uthoriz");
        refuses("producer.java t -n 1", guest, 1, "authoriz");
        var entry = new AccessControlEntry("User:guest", "*", AclOperation.DESCRIBE, AclPermissionType.ALLOW);
        var pattern = new ResourcePattern(ResourceType.TOPIC, "t", PatternType.LITERAL);
        admin.createAcls(List.of(new AclBinding(pattern, entry))).all().get();
        SharedCluster.await("the permission is known", () -> {
            try (Run list = run("topics.java list t", guest)) {
                return list.awaitExit() == 0;
            }
        });
        refuses("topics.java delete t", guest, 1, "uthoriz");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"end of input", "TERM", "KILL"}) // "quit": see end()
    @DisplayName("however it ends, no process is left, and a temporary directory goes with it:")
    void ends(String how) throws Exception {
        String port = Integer.toString(SharedCluster.freePort());
        try (Run secure = Run.script("lab/secure.java", "--brokers=1", "--port=" + port)) {
            Path file = path(secure.awaitLine("client properties: "));
            secure.awaitLine("ready: ");
            switch (how) {
                case "end of input" -> secure.endInput();
                default -> secure.signal(how);
            }
            secure.expectExit(how.equals("KILL") ? 137 : how.equals("TERM") ? 143 : 0);
            secure.awaitNothingLeft();
            if (how.equals("KILL")) for (var each : file.getParent().toFile().listFiles()) Files.delete(each.toPath());
            if (how.equals("KILL")) Files.delete(file.getParent());
            assertThat(file.getParent()).doesNotExist();
        }
    }

    @Test
    @DisplayName("an option that cluster.java does not know, a directory of a cluster without users: exit status 2")
    void wrongUsage() throws IOException {
        try (Run secure = Run.script("lab/secure.java", "--nonsense")) {
            secure.expectExit(2);
            assertThat(secure.err()).singleElement().asString().contains("--nonsense");
        }
        Files.writeString(directory.resolve("cluster.id"), "abc");
        try (Run secure = Run.script("lab/secure.java", "--dir", directory.toString())) {
            secure.expectExit(2);
            assertThat(secure.out()).isEmpty();
            assertThat(secure.err()).singleElement().asString().contains("was made without a login");
        }
    }
}
