package lab.secure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.UUID;

/** Two users: admin, who may do everything, and guest, who may do nothing once there are permissions. */
class Users {
    static final String MECHANISM = "SCRAM-SHA-256";

    final Path client;
    final Path guest;
    private final String password;
    private final String guestPassword;

    /** Takes the users that are in the directory, or makes them. */
    Users(Path directory) throws IOException {
        client = directory.resolve("client.properties");
        guest = directory.resolve("no-permissions.properties");
        password = passwordIn(client);
        guestPassword = passwordIn(guest);
    }

    private static String passwordIn(Path file) throws IOException {
        if (!Files.exists(file)) return UUID.randomUUID().toString();
        String login = PrivateFile.load(file).getProperty("sasl.jaas.config", "");
        return login.replaceFirst(".*password=\"([^\"]*)\".*", "$1");
    }

    /** Writes the properties with which a client connects as either of them. */
    void writeClientProperties(String servers, String certificate) throws IOException {
        write(client, servers, certificate, "admin", password);
        write(guest, servers, certificate, "guest", guestPassword);
    }

    private static void write(Path file, String servers, String certificate, String user, String password)
            throws IOException {
        var all = new LinkedHashMap<String, String>();
        all.put("bootstrap.servers", servers);
        all.put("security.protocol", "SASL_SSL");
        all.put("sasl.mechanism", MECHANISM);
        all.put("sasl.jaas.config", login(user, password));
        all.put("ssl.truststore.type", "PEM");
        all.put("ssl.truststore.certificates", certificate);
        PrivateFile.store(file, all);
    }

    /** With this login the brokers speak to each other. */
    String brokersLogin() {
        return login("admin", password);
    }

    private static String login(String user, String password) {
        return "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"%s\" password=\"%s\";"
                .formatted(user, password);
    }

    /** As {@code cluster.java --add-scram} takes them. */
    List<String> scram() {
        return List.of(
                MECHANISM + "=[name=admin,password=" + password + "]",
                MECHANISM + "=[name=guest,password=" + guestPassword + "]");
    }
}
