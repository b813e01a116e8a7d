package lab.common;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.FileInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
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
import org.junit.jupiter.params.provider.CsvSource;
import test.*;

/**
 * A cluster behind TLS, a login and permissions. The doctor reads it with the right settings. What is wrong is reported
 * in one line that names the cause, without a password, and never with "Start one" for a cluster that answers.
 */
public class SecureDiagnosisTest {
    /** Further listeners of the one broker: without TLS; without TLS or login; with a wrong name, also behind a login. */
    private static final int PORT = SharedCluster.freePort();

    private static final String SECURE = "localhost:" + PORT;
    private static final String LOGIN = "localhost:" + (PORT + 10);
    private static final String PLAIN = "localhost:" + (PORT + 20);
    private static final String UNRESOLVABLE = "localhost:" + (PORT + 30);
    private static final String SECURE_UNRESOLVABLE = "localhost:" + (PORT + 40);
    private static final String WRONG_PASSWORD = "not-the-right-one";

    private static Path client; // the properties of a user who may do everything
    private static Path guest; // and of one who may do nothing
    private static Run cluster;
    private static Admin admin;

    @TempDir
    private static Path directory;

    @BeforeAll
    static void start() throws Exception {
        cluster = Run.script(
                "lab/secure.java",
                "--acls",
                "--brokers=1",
                "--port=" + PORT,
                "-X",
                "listeners=BROKER://127.0.0.1:%d,LOGIN://127.0.0.1:%d,PLAIN://127.0.0.1:%d,WRONG://127.0.0.1:%d,"
                                .formatted(PORT, PORT + 10, PORT + 20, PORT + 30)
                        + "HIDDEN://127.0.0.1:%d".formatted(PORT + 40),
                "-X",
                "advertised.listeners=BROKER://%s,LOGIN://%s,PLAIN://%s,WRONG://kafka-x.invalid:9192,HIDDEN://kafka-y.invalid:9193"
                        .formatted(SECURE, LOGIN, PLAIN),
                "-X",
                "listener.security.protocol.map=CONTROLLER:SSL,BROKER:SASL_SSL,LOGIN:SASL_PLAINTEXT,PLAIN:PLAINTEXT,"
                        + "WRONG:PLAINTEXT,HIDDEN:SASL_SSL",
                "-X",
                "listener.name.login.scram-sha-256.sasl.jaas.config="
                        + "org.apache.kafka.common.security.scram.ScramLoginModule required;",
                "-X",
                "listener.name.hidden.scram-sha-256.sasl.jaas.config="
                        + "org.apache.kafka.common.security.scram.ScramLoginModule required;");
        client = path(cluster.awaitLine("client properties: "));
        guest = path(cluster.awaitLine("client properties of a user without any permission: "));
        cluster.awaitLine("ready: ");
        admin = Admin.create(load(client));
        var unclean = Map.of("unclean.leader.election.enable", "true"); // a finding whose remedy is a command
        admin.createTopics(List.of(new NewTopic("t", 1, (short) 1), new NewTopic("u", 1, (short) 1).configs(unclean)))
                .all()
                .get();
    }

    @AfterAll
    static void end() {
        admin.close();
        cluster.type("quit");
        cluster.expectExit(0);
        assertThat(client).doesNotExist();
    }

    private static Path path(String line) {
        return Path.of(line.substring(line.indexOf(": ") + 2));
    }

    private static Properties load(Path file) throws IOException {
        var properties = new Properties();
        try (var input = new FileInputStream(file.toFile())) {
            properties.load(input);
        }
        return properties;
    }

    private static Path store(Map<?, ?> properties) throws IOException {
        Path file = Files.createTempFile(directory, "client", ".properties");
        var all = new Properties();
        all.putAll(properties);
        try (var output = Files.newOutputStream(file)) {
            all.store(output, null);
        }
        return file;
    }

    /** The right client's properties, with others over them; an empty value leaves one out. */
    private static Path with(Map<String, String> others) throws IOException {
        Properties all = load(client);
        all.putAll(others);
        all.values().removeIf(""::equals);
        return store(all);
    }

    // ---- what works ----

    @Test
    @Order(1)
    @DisplayName("the printed client reads everything, and its file is part of the remedies")
    void works() {
        try (Run run = doctor(client)) {
            run.expectExit(1); // one broker: t and u have one replica
            assertThat(run.err()).isEmpty();
            assertThat(run.out())
                    .contains("  no leader: 2 partitions: t-0, u-0", "  one replica: 2 partitions: t-0, u-0")
                    .anyMatch(line -> line.startsWith("    Fix: ") && line.contains(" --command-config " + client))
                    .noneMatch(line -> line.startsWith("Not seen: ") && !line.startsWith("Not seen: racks: "));
        }
    }

    // ---- who is not let in ----

    @Test
    @Order(2)
    @DisplayName("a wrong password")
    void wrongPassword() throws IOException {
        String login = load(client).getProperty("sasl.jaas.config").replaceAll("password=.*", "password=\"%s\";");
        Path file = with(Map.of("sasl.jaas.config", login.formatted(WRONG_PASSWORD)));
        refuses(file, 3, SECURE, "refuses the login", "Authentication failed");
    }

    @Test
    @Order(3)
    @DisplayName("a certificate that is not trusted; another host's; a truststore that is not there")
    void certificates() throws Exception {
        Path other = directory.resolve("other.p12");
        String keytool =
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        String make = keytool + " -genkeypair -alias x -keyalg EC -dname CN=x -storepass changeit -keystore " + other;
        try (Run run = Run.command(make.split(" "))) {
            run.expectExit(0);
        }
        try (Run run = Run.command(
                (keytool + " -exportcert -rfc -alias x -storepass changeit -keystore " + other).split(" "))) {
            run.expectExit(0);
            String certificate = String.join("\n", run.out());
            refuses(with(Map.of("ssl.truststore.certificates", certificate)), 3, "is not trusted", SECURE);
        }
        Path hosts = Files.writeString(directory.resolve("hosts"), "127.0.0.1 broker.invalid localhost\n");
        Run.Surroundings named = Run.here().with("JAVA_TOOL_OPTIONS", "-Djdk.net.hosts.file=" + hosts);
        String server = "broker.invalid:" + PORT;
        try (Run run = named.script("lab/doctor.java", "-b", server, "--command-config", client.toString())) {
            isRefused(run, 3, "The certificate of " + server + " (-b) is for another host");
        }
        Path nothing = directory.resolve("nothere.p12");
        Path missing = with(Map.of(
                "ssl.truststore.type", "PKCS12",
                "ssl.truststore.certificates", "",
                "ssl.truststore.location", nothing.toString()));
        refuses(missing, 2, "there is no file " + nothing);
    }

    /** Settings that do not fit a port: {@code protocol} is that of the client. */
    @ParameterizedTest(name = "{0} at {1}")
    @CsvSource({
        "PLAINTEXT, SASL_SSL, TLS",
        "SASL_PLAINTEXT, SASL_SSL, TLS",
        "SSL, SASL_SSL, SASL_SSL",
        "PLAINTEXT, SASL_PLAINTEXT, SASL_PLAINTEXT",
        "SASL_SSL, SASL_PLAINTEXT, no TLS",
        "SSL, PLAINTEXT, no TLS",
        "SASL_PLAINTEXT, PLAINTEXT, PLAINTEXT",
    })
    @Order(4)
    @DisplayName("another security.protocol than the port's:")
    void protocols(String protocol, String port, String speaks) throws IOException {
        String server = port.equals("SASL_SSL") ? SECURE : port.equals("PLAINTEXT") ? PLAIN : LOGIN;
        Path file = with(Map.of("security.protocol", protocol, "bootstrap.servers", server));
        refuses(
                file,
                3,
                "No connection to " + server,
                server + " speaks " + speaks + ", and security.protocol is " + protocol);
    }

    @Test
    @Order(5)
    @DisplayName("no login at all: the setting is named; a mechanism that the broker has not: those that it has")
    void noLogin() throws IOException {
        refuses(with(Map.of("sasl.jaas.config", "")), 2, "JAAS");
        refuses(with(Map.of("sasl.mechanism", "SCRAM-SHA-512")), 3, "SCRAM-SHA-256");
        String halfALogin = "org.apache.kafka.common.security.scram.ScramLoginModule username=\"x\" password=\"%s\";";
        refuses(with(Map.of("sasl.jaas.config", halfALogin.formatted(WRONG_PASSWORD))), 2, "JAAS");
    }

    // ---- who is let in, and may not ----

    @Test
    @Order(5)
    @DisplayName("the doctor without any permission: it does not say that all is well")
    void doctorSeesNothing() {
        doctorSays("Not seen: any topic. There is none, or this client may not see one (DESCRIBE).", "controllers");
    }

    @Test
    @Order(10)
    @DisplayName("the doctor with few permissions: what it sees, and what it may not see")
    void doctorSeesLittle() throws Exception {
        allow(ResourceType.TOPIC, "t", AclOperation.DESCRIBE);
        SharedCluster.await("the permission is known", () -> {
            try (Run doctor = doctor(guest, "t")) {
                doctor.awaitExit();
                return doctor.err().isEmpty();
            }
        });
        doctorSays("  no leader: 1 partition: t-0", "min.insync.replicas of 1 of 1 topics: t", "controllers");
    }

    private static void doctorSays(String line, String... notSeen) {
        try (Run doctor = doctor(guest)) {
            doctor.expectExit(1);
            assertThat(doctor.out()).contains(line);
            for (String it : notSeen)
                assertThat(doctor.out())
                        .anyMatch(out -> out.startsWith("Not seen: " + it + ": ") && out.contains("authoriz"));
            assertThat(doctor.err()).isEmpty();
        }
    }

    private static void allow(ResourceType type, String name, AclOperation operation) throws Exception {
        var entry = new AccessControlEntry("User:guest", "*", operation, AclPermissionType.ALLOW);
        var pattern = new ResourcePattern(type, name, PatternType.LITERAL);
        admin.createAcls(List.of(new AclBinding(pattern, entry))).all().get();
    }

    // ---- who is not there ----

    @Test
    @Order(7)
    @DisplayName("a broker that advertises a name that cannot be resolved, also behind TLS and a login")
    void unresolvable() throws IOException {
        String names = " names brokers (advertised.listeners): ";
        refuses(
                store(Map.of("bootstrap.servers", UNRESOLVABLE)),
                3,
                UNRESOLVABLE + names + "host 'kafka-x.invalid' cannot be resolved");
        refuses(
                with(Map.of("bootstrap.servers", SECURE_UNRESOLVABLE)),
                3,
                SECURE_UNRESOLVABLE + names + "host 'kafka-y.invalid' cannot be resolved");
    }

    @Test
    @Order(8)
    @DisplayName("a host that cannot be resolved: which, and who named it; nothing there; a web server")
    void others() throws IOException {
        try (Run run = doctor(client, "-b", "kafka-x.invalid:9092")) {
            isRefused(run, 3, "kafka-x.invalid:9092 (-b): host 'kafka-x.invalid'");
        }
        var web = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        web.start();
        try {
            String server = "localhost:" + web.getAddress().getPort();
            refuses(store(Map.of("bootstrap.servers", server)), 3, server + " speaks HTTP");
            refuses(with(Map.of("bootstrap.servers", server)), 3, server + " is silent");
        } finally {
            web.stop(0);
        }
    }

    @Test
    @Order(9)
    @DisplayName("one of two brokers is frozen: it is left out, and a cluster that answers is read")
    void frozen() throws Exception {
        SharedCluster.servers();
        SharedCluster.topic("2p-rf2");
        SharedCluster.command("pause kafka-1");
        try {
            for (int i = 0; i < 3; i++) // a client asks one of two servers first, by chance
            try (Run run = SharedCluster.script("lab/doctor.java")) {
                    run.expectExit(1);
                    assertThat(run.err()).isEmpty();
                    assertThat(run.out()).anyMatch(line -> line.matches("  (unresponsive|down): 1 broker: 1"));
                }
        } finally {
            SharedCluster.heal();
        }
    }

    // ---- details ----

    private static Run doctor(Path properties, String... arguments) {
        var all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--command-config", properties.toString()));
        return Run.script("lab/doctor.java", all.toArray(String[]::new));
    }

    private static void refuses(Path properties, int status, String... says) throws IOException {
        try (Run run = doctor(properties)) {
            isRefused(run, status, says);
        }
    }

    private static void isRefused(Run run, int status, String... says) throws IOException {
        run.expectExit(status);
        if (status > 1) assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .filteredOn(line -> !line.startsWith("Picked up JAVA_TOOL_OPTIONS"))
                .singleElement()
                .asString()
                .contains(says)
                .doesNotContain("Start one", WRONG_PASSWORD)
                .doesNotContain(password(client), password(guest));
    }

    private static String password(Path properties) throws IOException {
        return load(properties).getProperty("sasl.jaas.config").replaceFirst(".*password=\"([^\"]*)\".*", "$1");
    }
}
