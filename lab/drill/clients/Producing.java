package lab.drill.clients;

import java.util.*;
import lab.common.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.serialization.*;

/**
 * How the records of an experiment are produced and consumed.
 *
 * @param label in tables, such as acks=all
 * @param given what --acks and --try set, over the client properties
 * @param asKafkaReads the settings as Kafka's client reads them: trimmed, with all defaults
 */
public record Producing(
        String label,
        Map<String, String> given,
        Map<String, Object> settings,
        ProducerConfig asKafkaReads,
        int rate,
        int size) {

    /**
     * @param acks "" for that of the client properties
     * @param attempt NAME:KEY=VALUE,... or ""
     * @throws Failure if Kafka's clients refuse these settings
     */
    public static Producing of(Connection connection, String acks, String attempt, int rate, int size) {
        var given = new LinkedHashMap<String, String>();
        if (!acks.isEmpty()) given.put("acks", acks);
        if (!attempt.isEmpty()) given.putAll(parsed(attempt));
        String bytes = ByteArraySerializer.class.getName();
        // Records are bytes and belong to no transaction.
        var own = Map.of("key.serializer", bytes, "value.serializer", bytes, "transactional.id", "");
        // In ms. If no broker answers, or the buffer is full, send() waits so long before the record fails.
        Map<String, Integer> usual = Map.of("max.block.ms", 120_000);
        Map<String, Object> settings = connection.settings(ProducerConfig.configNames(), usual, own);
        given.forEach((key, value) -> {
            if (own.containsKey(key)) throw new Failure(2, "--try: '%s' is set by this script itself.", key);
            if (ProducerConfig.configNames().contains(key)) settings.put(key, value);
        });
        ProducerConfig config = connection.create(() -> new ProducerConfig(settings));
        boolean all = config.getString("acks").equals("-1");
        String label = all ? "acks=all" : "acks=" + config.getString("acks");
        if (all && !config.getBoolean("enable.idempotence")) label += ", not idempotent";
        if (!attempt.isEmpty()) label = attempt.split(":")[0];
        var producing = new Producing(label, given, settings, config, rate, size);
        producing.check(connection);
        return producing;
    }

    /** Some settings are refused only by the client itself: such as a delivery.timeout.ms that is too short. */
    private void check(Connection connection) {
        connection.create(() -> new KafkaProducer<byte[], byte[]>(settings)).close(java.time.Duration.ZERO);
        Map<String, Object> consumer = consumer(connection, "any", "any");
        connection
                .create(() -> new KafkaConsumer<byte[], byte[]>(consumer))
                .close(CloseOptions.timeout(java.time.Duration.ZERO));
    }

    private static Map<String, String> parsed(String attempt) {
        var properties = new LinkedHashMap<String, String>();
        for (String pair : attempt.substring(attempt.indexOf(':') + 1).split(",(?=\\s*[\\w.]+=)")) {
            String[] parts = pair.strip().split("=", 2);
            boolean known = ProducerConfig.configNames().contains(parts[0])
                    || ConsumerConfig.configNames().contains(parts[0]);
            if (parts.length < 2 || !known || attempt.indexOf(':') < 1)
                throw new Failure(
                        2, "--try takes NAME:KEY=VALUE,... with client properties, not '%s'.", Script.hidden(attempt));
            properties.put(parts[0], parts[1]);
        }
        return properties;
    }

    /** Settings of a consumer of the group. */
    public Map<String, Object> consumer(Connection connection, String group, String name) {
        var own = new HashMap<String, Object>(audit());
        own.put("group.id", group);
        own.put("client.id", name);
        own.put("auto.offset.reset", "earliest");
        own.put("group.instance.id", ""); // of two consumers with the same, one is fenced
        Map<String, Object> settings = connection.settings(ConsumerConfig.configNames(), Map.of(), own);
        given.forEach((key, value) -> {
            if (ConsumerConfig.configNames().contains(key) && !own.containsKey(key)) settings.put(key, value);
        });
        boolean classic = connection
                .create(() -> new ConsumerConfig(settings))
                .getString("group.protocol")
                .equalsIgnoreCase("classic");
        // In ms; Kafka's default is 3,000. With a heartbeat a consumer learns that partitions are reassigned.
        if (classic) settings.putIfAbsent("heartbeat.interval.ms", 500);
        return settings;
    }

    /** Settings of every consumer here: it commits for itself, reads bytes, and creates no topic. */
    public static Map<String, Object> audit() {
        String bytes = ByteArrayDeserializer.class.getName();
        return Map.of(
                "enable.auto.commit",
                "false",
                "allow.auto.create.topics",
                "false",
                "key.deserializer",
                bytes,
                "value.deserializer",
                bytes);
    }

    /** The settings that decide what is promised, as Kafka's client reads them. */
    public Map<String, Object> config() {
        var config = new LinkedHashMap<String, Object>();
        for (String key : List.of(
                "acks",
                "enable.idempotence",
                "retries",
                "delivery.timeout.ms",
                "request.timeout.ms",
                "max.block.ms",
                "linger.ms",
                "batch.size",
                "buffer.memory",
                "max.in.flight.requests.per.connection",
                "compression.type")) config.put(key, asKafkaReads.values().get(key));
        config.put("acks", asKafkaReads.getString("acks").replace("-1", "all"));
        config.put("enable.idempotence", asKafkaReads.getBoolean("enable.idempotence")); // off with acks=1, retries=0
        return config;
    }

    /** What was given; passwords are not shown. */
    public Map<String, String> shown() {
        var shown = new LinkedHashMap<String, String>();
        given.forEach((key, value) -> {
            var known = ProducerConfig.configDef().configKeys().get(key);
            boolean secret = known != null && known.type == ConfigDef.Type.PASSWORD || key.contains("jaas");
            shown.putIfAbsent(key, secret ? "[hidden]" : value);
        });
        return shown;
    }

    public boolean waitsForAll() {
        return asKafkaReads.getString("acks").equals("-1");
    }

    public int deliveryTimeout() {
        return asKafkaReads.getInt("delivery.timeout.ms");
    }
}
