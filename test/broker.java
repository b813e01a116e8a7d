///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Runs one Kafka node: tests need combined nodes, and brokers of earlier versions
//JAVA 17+
//DEPS org.apache.kafka:kafka_2.13:4.4.0
//DEPS org.slf4j:slf4j-nop:2.0.17

/** {@code ./jbang test/broker.java FILE.properties}. For another version, a copy with that version in {@code //DEPS}. */
class broker {
    public static void main(String... arguments) throws Exception {
        Class<?> kafka = Class.forName("kafka.Kafka");
        kafka.getMethod("main", String[].class).invoke(null, (Object) arguments);
    }
}
