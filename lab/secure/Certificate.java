package lab.secure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** One certificate for all nodes, for localhost and 127.0.0.1, signed by itself. */
class Certificate {
    /** Only the owner can read the file. */
    static final String PASSWORD = "changeit";

    /** The nodes' name, as Kafka's authorizer sees it. */
    static final String PRINCIPAL = "User:CN=localhost";

    final Path keystore;

    /** Takes the certificate that is in the directory, or makes it. */
    Certificate(Path directory) throws IOException, InterruptedException {
        keystore = directory.resolve("server.p12");
        if (Files.exists(keystore)) return;
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        String options = "-genkeypair -alias node -keyalg EC -dname CN=localhost -ext san=dns:localhost,ip:127.0.0.1"
                + " -validity 3650 -storetype PKCS12 -storepass " + PASSWORD;
        command.addAll(List.of(options.split(" ")));
        command.addAll(List.of("-keystore", keystore.toString()));
        Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (keytool.waitFor() != 0) throw new IOException("keytool cannot make a certificate: " + output);
        Files.setPosixFilePermissions(keystore, PosixFilePermissions.fromString("rw-------"));
    }

    /** In PEM, which a property can hold. */
    String pem() throws IOException, GeneralSecurityException {
        var store = KeyStore.getInstance(keystore.toFile(), PASSWORD.toCharArray());
        byte[] encoded = store.getCertificate("node").getEncoded();
        String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded);
        return "-----BEGIN CERTIFICATE-----\n" + lines + "\n-----END CERTIFICATE-----";
    }
}
