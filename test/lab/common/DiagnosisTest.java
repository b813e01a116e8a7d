package lab.common;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.*;
import java.net.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.KeyStore;
import java.util.*;
import javax.net.ssl.*;
import org.junit.jupiter.api.*;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import test.*;

/** Why does no cluster answer? One line names the cause. SecureDiagnosisTest asks the same behind TLS and a login. */
public class DiagnosisTest {
    @TempDir
    private Path directory;

    private static Run doctor(String... arguments) {
        return Run.script("lab/doctor.java", arguments);
    }

    private static void fails(Run run, String... expected) {
        run.expectExit(3);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).singleElement().asString().contains(expected);
    }

    @Test
    @DisplayName("nothing listens: how to start a cluster, or to name another")
    void nothingListens() {
        String nothing = "localhost:" + SharedCluster.freePort();
        try (Run run = doctor("-b", nothing)) {
            fails(
                    run,
                    "No cluster answers at " + nothing,
                    "nothing listens at " + nothing,
                    "jbang cluster.java",
                    "docker compose up",
                    "-b HOST:PORT");
        }
    }

    @Test
    @DisplayName("a host that does not resolve is named, and who named it; an empty variable names none")
    void unknownHost() throws IOException {
        String host = "no-such-host.invalid:9092";
        Path file = Files.writeString(directory.resolve("client.properties"), "bootstrap.servers=" + host + "\n");
        try (Run option = doctor("-b", host);
                Run property = doctor("-X", "bootstrap.servers=" + host);
                Run inFile = doctor("--command-config", "" + file);
                Run variable = Run.here().with("KAFKA_BOOTSTRAP_SERVERS", host).script("lab/doctor.java");
                Run empty = Run.here().with("KAFKA_BOOTSTRAP_SERVERS", "").script("lab/doctor.java", "no-such-topic")) {
            var runs = new LinkedHashMap<Run, String>();
            runs.put(option, "-b");
            runs.put(property, "-X bootstrap.servers");
            runs.put(inFile, file.toString());
            runs.put(variable, "$KAFKA_BOOTSTRAP_SERVERS");
            runs.forEach((run, name) -> {
                fails(run, host + " (" + name + ")", "host 'no-such-host.invalid' cannot be resolved");
                assertThat(run.err().get(0)).doesNotContain("Start one");
            });
            empty.awaitExit(); // it depends on whether a cluster runs at the usual ports
            assertThat(empty.err()).singleElement().asString().doesNotContain("You must set");
        }
    }

    @Test
    @DisplayName("what listens and is no cluster is named: TLS, HTTP, silence; a certificate that is not trusted")
    void notACluster() throws Exception {
        HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.start();
        try (ServerSocket tls = tlsServer();
                var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            var expected = new LinkedHashMap<Integer, String>();
            expected.put(tls.getLocalPort(), " speaks TLS, and security.protocol is PLAINTEXT");
            expected.put(http.getAddress().getPort(), " speaks HTTP");
            expected.put(silent.getLocalPort(), " is silent");
            for (var each : expected.entrySet()) {
                String server = "localhost:" + each.getKey();
                try (Run run = doctor("-b", server)) {
                    fails(run, server + each.getValue());
                    assertThat(run.err().get(0)).doesNotContain("Start one");
                }
            }
            String server = "localhost:" + tls.getLocalPort();
            try (Run run = doctor("-b", server, "-X", "security.protocol=SSL")) {
                fails(run, "The certificate of " + server, "is not trusted (ssl.truststore.location)");
            }
        } finally {
            http.stop(0);
        }
    }

    @ParameterizedTest(name = "greeting {index}")
    @ValueSource(
            strings = {
                "SSH-2.0-OpenSSH_9.6\r\n",
                "AMQP\0\0\11\1",
                "\0\0\0\2OK",
                "\377\377\377\3771234",
                "\0\0\0\10ABCDEFGH"
            })
    @DisplayName("a server that speaks neither Kafka nor HTTP is named at once, however long its answer seems to be:")
    void anotherProtocol(String greeting) throws Exception {
        try (var server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            serve(server, socket -> socket.getOutputStream().write(greeting.getBytes(StandardCharsets.ISO_8859_1)));
            String name = "localhost:" + server.getLocalPort();
            try (Run run = doctor("-b", name)) {
                fails(run, name + " speaks another protocol, and security.protocol is PLAINTEXT");
            }
        }
    }

    /** A server with a self-signed certificate, which speaks TLS and nothing else. */
    private ServerSocket tlsServer() throws Exception {
        String keys = directory.resolve("server.p12").toString();
        Path program = Path.of(System.getProperty("java.home"), "bin", "keytool");
        String options = " -genkeypair -keyalg EC -alias server -dname CN=localhost -storepass secret -keystore ";
        try (Run keytool = Run.command((program + options + keys).split(" "))) {
            keytool.expectExit(0);
        }
        char[] password = "secret".toCharArray();
        var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(KeyStore.getInstance(new File(keys), password), password);
        var context = SSLContext.getInstance("TLS");
        context.init(factory.getKeyManagers(), null, null);
        var server = (SSLServerSocket)
                context.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress());
        serve(server, socket -> ((SSLSocket) socket).startHandshake());
        return server;
    }

    private interface Served {
        void by(Socket socket) throws IOException;
    }

    private static void serve(ServerSocket server, Served each) {
        var accepting = new Thread(() -> {
            while (!server.isClosed()) {
                try (Socket socket = server.accept()) {
                    each.by(socket);
                } catch (IOException failed) {
                    // the next one
                }
            }
        });
        accepting.setDaemon(true);
        accepting.start();
    }
}
