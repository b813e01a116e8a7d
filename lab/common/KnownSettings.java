package lab.common;

import java.util.*;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;

/** The names of all settings of Kafka's Java clients, and the names that other clients have for them. */
class KnownSettings {
    static final Set<String> ALL = new TreeSet<>(ProducerConfig.configNames());

    /** By the name in librdkafka's CONFIGURATION.md or in kafka-python; "": the Java clients have no such setting. */
    private static final Map<String, String> ELSEWHERE = new HashMap<>();

    private static final String PEM_TRUST = "ssl.truststore.location, with ssl.truststore.type=PEM";
    private static final String PEM_KEY =
            "ssl.keystore.location, with ssl.keystore.type=PEM (key and certificate in one file)";
    private static final String LOGIN = "sasl.jaas.config";

    static {
        ALL.addAll(ConsumerConfig.configNames());
        ALL.addAll(AdminClientConfig.configNames());
        // librdkafka, and with it confluent-kafka for Python, Go, .NET and JavaScript
        also("bootstrap.servers", "metadata.broker.list");
        also("sasl.mechanism", "sasl.mechanisms");
        also(LOGIN, "sasl.username", "sasl.password", "sasl.plain.username", "sasl.plain.password");
        also(PEM_TRUST, "ssl.ca.location", "ssl.ca.pem", "ssl.cafile");
        also(PEM_KEY, "ssl.certificate.location", "ssl.certificate.pem", "ssl.certfile");
        also(PEM_KEY, "ssl.key.location", "ssl.key.pem", "ssl.keyfile");
        also("ssl.key.password", "ssl.password");
        also("ssl.endpoint.identification.algorithm", "enable.ssl.certificate.verification", "ssl.check.hostname");
        also("acks", "request.required.acks");
        also("retries", "message.send.max.retries");
        also("delivery.timeout.ms", "message.timeout.ms");
        also("linger.ms", "queue.buffering.max.ms");
        also("buffer.memory", "queue.buffering.max.messages", "queue.buffering.max.kbytes");
        also("batch.size", "batch.num.messages");
        also("compression.type", "compression.codec");
        also("max.request.size", "message.max.bytes");
        also("max.in.flight.requests.per.connection", "max.in.flight");
        also("partitioner.class", "partitioner");
        also("request.timeout.ms", "socket.timeout.ms");
        also("metadata.max.age.ms", "topic.metadata.refresh.interval.ms");
        also("max.partition.fetch.bytes", "fetch.message.max.bytes");
        also("fetch.max.wait.ms", "fetch.wait.max.ms");
        also("enable.auto.commit", "auto.commit.enable");
        also("", "debug", "log.level", "log.connection.close", "statistics.interval.ms", "enable.partition.eof");
        also("", "api.version", "api.version.request", "broker.version.fallback", "broker.address.family");
        also(
                "",
                "enable.auto.offset.store",
                "consumer.timeout.ms",
                "socket.keepalive.enable",
                "socket.nagle.disable",
                "ssl.context",
                "sasl.kerberos.keytab");
    }

    private KnownSettings() {}

    private static void also(String java, String... others) {
        for (String other : others) ELSEWHERE.put(other, java);
    }

    /** Complains on standard error if no Java client knows the setting. A configured plugin's own are not checked. */
    static void check(String where, String key) {
        boolean ofPlugin = key.startsWith("config.providers.") || key.startsWith("metrics.context.");
        if (!ofPlugin && !ALL.contains(key))
            Script.complain("%s: no Kafka client knows the setting '%s'.%s", where, key, instead(key));
    }

    /** Whether another client uses this name, and the Java clients another one. */
    static boolean isOfAnother(String key) {
        return ELSEWHERE.containsKey(key);
    }

    /** A hint that begins with a blank, or "". */
    static String instead(String key) {
        String dotted = key.toLowerCase(Locale.ROOT).replaceAll("[_-]", ".");
        String bare = dotted.replaceFirst(
                "^(spring\\.kafka\\.|kafka\\.)?(properties\\.|producer\\.|consumer\\.|admin\\.)?", "");
        if (isOfAnother(bare)) {
            String java = ELSEWHERE.get(bare);
            String program = key.contains("_") ? "Python's" : "librdkafka's";
            return java.isEmpty()
                    ? " It is " + program + ", and the Java clients have none like it."
                    : " It is " + program + " name; the Java clients' is " + java + ".";
        }
        if (ALL.contains(bare)) return " The Java clients' name is " + bare + ".";
        return ALL.stream()
                .filter(it -> distance(it, bare) <= 2)
                .min(Comparator.comparing(it -> distance(it, bare)))
                .map(it -> " Did you mean " + it + "?")
                .orElse("");
    }

    /** How many characters to insert, delete or replace (Levenshtein). */
    private static int distance(String one, String other) {
        int[] above = new int[other.length() + 1];
        for (int j = 0; j < above.length; j++) above[j] = j;
        for (int i = 1; i <= one.length(); i++) {
            int[] row = new int[above.length];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int replaced = above[j - 1] + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, 1 + Math.min(above[j], row[j - 1]));
            }
            above = row;
        }
        return above[other.length()];
    }
}
