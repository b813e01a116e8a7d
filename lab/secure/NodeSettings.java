package lab.secure;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the nodes need. Brokers speak TLS and know users by SCRAM passwords. Controllers know brokers by the certificate,
 * because a broker gets the SCRAM passwords only from a controller.
 */
class NodeSettings {
    private NodeSettings() {}

    static Map<String, String> of(Certificate certificate, Users users, boolean acls)
            throws IOException, GeneralSecurityException {
        var all = new LinkedHashMap<String, String>();
        all.put("listener.security.protocol.map", "CONTROLLER:SSL,BROKER:SASL_SSL");
        all.put("ssl.keystore.location", certificate.keystore.toString());
        all.put("ssl.keystore.password", Certificate.PASSWORD);
        all.put("ssl.truststore.type", "PEM");
        all.put("ssl.truststore.certificates", certificate.pem());
        all.put("listener.name.controller.ssl.client.auth", "required");
        all.put("sasl.enabled.mechanisms", Users.MECHANISM);
        all.put("sasl.mechanism.inter.broker.protocol", Users.MECHANISM);
        all.put("listener.name.broker.scram-sha-256.sasl.jaas.config", users.brokersLogin());
        if (!acls) return all;
        all.put("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
        all.put("super.users", "User:admin;" + Certificate.PRINCIPAL);
        return all;
    }

    /** A file of arguments, as picocli reads it after {@code @}: passwords do not show in a list of processes. */
    static String asArguments(Map<String, String> settings, Users users) {
        var properties = settings.entrySet().stream().flatMap(it -> Stream.of("-X", it.getKey() + "=" + it.getValue()));
        var logins = users.scram().stream().flatMap(it -> Stream.of("--add-scram", it));
        return Stream.concat(properties, logins).map(NodeSettings::quoted).collect(Collectors.joining("\n"));
    }

    private static String quoted(String argument) {
        return "'" + argument.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'";
    }
}
