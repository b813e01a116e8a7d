///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION A pipeline that nobody here wrote, for the drill: Kafka Streams copies a topic, exactly once
//JAVA 17+
//DEPS org.apache.kafka:kafka-streams:4.4.0
//DEPS org.slf4j:slf4j-nop:2.0.17

import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;

/** {@code ./jbang test/streams.java SERVERS INPUT OUTPUT GROUP}. */
class streams {
    public static void main(String... arguments) {
        var settings = new Properties();
        settings.put("bootstrap.servers", arguments[0]);
        settings.put("application.id", arguments[3]); // also the group
        settings.put("processing.guarantee", "exactly_once_v2");
        settings.put("auto.offset.reset", "earliest");
        settings.put("consumer.session.timeout.ms", 10_000); // a successor begins after this time
        var bytes = Serdes.ByteArray();
        var builder = new StreamsBuilder();
        builder.stream(arguments[1], Consumed.with(bytes, bytes)).to(arguments[2], Produced.with(bytes, bytes));
        new KafkaStreams(builder.build(), settings).start();
    }
}
