package lab.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.*;
import java.nio.file.*;
import java.security.KeyStore;
import java.util.*;
import javax.net.ssl.*;
import org.junit.jupiter.api.*;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.*;
import test.*;

/** Files of client properties, and -X: what is wrong in them is reported, with file and line. No cluster is needed. */
public class SettingsFileTest {
    @TempDir
    private Path directory;

    private final String nothing = "localhost:" + SharedCluster.freePort();

    private Path write(String name, String text, Charset charset) throws IOException {
        return Files.writeString(directory.resolve(name), text, charset);
    }

    private static Run doctor(String... arguments) {
        return Run.script("lab/doctor.java", arguments);
    }

    @Test
    @DisplayName("a setting that no Kafka client knows is reported, with file and line; a byte order mark as well")
    void unknownSettings() throws IOException {
        Path file = write(
                "client.properties",
                "\ufeffacks=all\n\n# not aks\n  aks : 0\nlinger.ms=1\nmetadata.broker.list=x:1\n",
                StandardCharsets.UTF_8);
        try (Run run = doctor("-b", nothing, "--command-config", "" + file, "-X", "security.protcol=SSL")) {
            run.expectExit(3);
            assertThat(run.err())
                    .hasSize(5)
                    .contains(
                            file + ":1: the byte order mark at the beginning is ignored.",
                            file + ":4: no Kafka client knows the setting 'aks'. Did you mean acks?",
                            file + ":6: no Kafka client knows the setting 'metadata.broker.list'."
                                    + " It is librdkafka's name; the Java clients' is bootstrap.servers.",
                            "-X: no Kafka client knows the setting 'security.protcol'."
                                    + " Did you mean security.protocol?");
        }
    }

    @ParameterizedTest(name = "{0}  ->  {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "sasl.mechanisms        | It is librdkafka's name; the Java clients' is sasl.mechanism.",
                "sasl.username          | It is librdkafka's name; the Java clients' is sasl.jaas.config.",
                "ssl.ca.location        | ssl.truststore.location, with ssl.truststore.type=PEM.",
                "queue.buffering.max.ms | is linger.ms.",
                "statistics.interval.ms | It is librdkafka's, and the Java clients have none like it.",
                "sasl_plain_password    | It is Python's name; the Java clients' is sasl.jaas.config.",
                "ssl_cafile             | It is Python's name; the Java clients' is ssl.truststore.location",
                "bootstrap_servers      | The Java clients' name is bootstrap.servers.",
                "spring.kafka.bootstrap-servers | The Java clients' name is bootstrap.servers.",
                "spring.kafka.properties.security.protocol | The Java clients' name is security.protocol.",
                "producer.acks          | The Java clients' name is acks.",
                "isolation.levle        | Did you mean isolation.level?",
            })
    @DisplayName("another client's name of a setting is translated, and a typing error corrected:")
    void otherNames(String key, String hint) {
        assertThat(KnownSettings.instead(key)).startsWith(" ").contains(hint);
    }

    @Test
    @DisplayName("no other name is the name of a Java client's setting, and what has nothing similar has no hint")
    void noHint() {
        assertThat(KnownSettings.instead("my.application.setting")).isEmpty();
        assertThat(KnownSettings.ALL).noneMatch(KnownSettings::isOfAnother);
    }

    @Test
    @DisplayName("a password in Latin-1 is read as Kafka's own tools read it; a wrong one, and no file, are named")
    void latin1Password() throws Exception {
        var store = KeyStore.getInstance("JKS"); // the other type takes only ASCII
        store.load(null, null);
        store.setCertificateEntry("any", anyAuthority());
        Path truststore = directory.resolve("truststore.jks");
        try (var file = Files.newOutputStream(truststore)) {
            store.store(file, "geh\u00e4im".toCharArray());
        }
        String settings =
                "security.protocol=SSL\nssl.truststore.type=JKS\nssl.truststore.location=%s\nssl.truststore.password=%s\n";
        Path right = write("right", settings.formatted(truststore, "geh\u00e4im"), StandardCharsets.ISO_8859_1);
        Path wrong = write("wrong", settings.formatted(truststore, "gehaim"), StandardCharsets.ISO_8859_1);
        Path none = write("none", settings.formatted("nothere.p12", "any"), StandardCharsets.ISO_8859_1);
        try (Run good = doctor("-b", nothing, "--command-config", "" + right);
                Run bad = doctor("-b", nothing, "--command-config", "" + wrong);
                Run missing = doctor("-b", nothing, "--command-config", "" + none)) {
            good.expectExit(3);
            assertThat(good.err()).singleElement().asString().contains("nothing listens at " + nothing);
            bad.expectExit(2);
            assertThat(bad.err()).singleElement().asString().containsIgnoringCase("password");
            missing.expectExit(2);
            assertThat(missing.err()).singleElement().asString().contains("there is no file nothere.p12");
        }
    }

    private static java.security.cert.Certificate anyAuthority() throws Exception {
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init((KeyStore) null);
        return ((X509TrustManager) trust.getTrustManagers()[0]).getAcceptedIssuers()[0];
    }

    @ParameterizedTest(name = "{0}  ->  {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "--command-config missing.properties | missing.properties",
                "--command-config broken.properties  | broken.properties",
                "--command-config utf16.properties   | utf16.properties:1: UTF-16",
                "-X linger.ms                        | linger.ms",
                "-X default.api.timeout.ms=x         | default.api.timeout.ms",
                "-X bootstrap.servers=,              | No server is named by -X bootstrap.servers",
                "-X metric.reporters=x.Nope          | there is no class x.Nope",
                "-b nowhere                          | nowhere",
                "-b ''                               | No server is named by -b",
                "--unknown                           | --unknown",
            },
            quoteCharacter = '"')
    @DisplayName("settings that cannot be used are wrong usage: one line and status 2:")
    void wrongUsage(String arguments, String expected) throws IOException {
        write("broken.properties", "acks=\\u12\n", StandardCharsets.ISO_8859_1);
        write("utf16.properties", "acks=0\n", StandardCharsets.UTF_16);
        String[] words = arguments.strip().replace("''", "\u0000").split("\\s+");
        for (int i = 0; i < words.length; i++) {
            if (words[i].equals("\u0000")) words[i] = "";
            if (words[i].endsWith(".properties"))
                words[i] = directory.resolve(words[i]).toString();
        }
        try (Run run = doctor(words)) {
            run.expectExit(2);
            assertThat(run.out()).isEmpty();
            assertThat(run.err()).singleElement().asString().contains(expected);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ssl.key.password=hunter2",
                "ssl.keystore.key=hunter2",
                "ssl.truststore.password = two hunter2",
                "sasl.oauthbearer.client.credentials.client.secret=a,hunter2",
                "sasl.jaas.config=o.P required username=\"u\" password=\"x hunter2\";",
                "listener.name.x.plain.sasl.jaas.config=o.P required\n password='hunter2';",
                "sasl.oauthbearer.assertion.private.key.passphrase=hunter2",
            })
    @DisplayName("a password is not in an error, wherever it stands on the command line:")
    void secrets(String property) {
        for (String[] wrong : List.of(
                new String[] {"--broker", property},
                new String[] {"-X" + property, "-X", "nothing", "--broker", property},
                new String[] {"-X", property, "-X", "default.api.timeout.ms=x"}))
            try (Run run = doctor(wrong)) {
                run.awaitExit();
                assertThat(run.toString().lines().skip(1).toList())
                        .filteredOn(line -> line.startsWith("  out|") || line.startsWith("  err|"))
                        .isNotEmpty()
                        .noneMatch(line -> line.contains("hunter2"));
            }
    }
}
