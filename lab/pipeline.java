///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Reads a Kafka topic, transforms each record and writes it to another topic, exactly once with --transactions
//JAVA 17+
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-nop:2.0.17
//COMPILE_OPTIONS -encoding UTF-8 -XDignore.symbol.file
//MAIN lab.pipeline.Pipeline
//SOURCES pipeline/Pipeline.java // the command: its options, and the clients' settings
//SOURCES pipeline/Processor.java // the loop: read, transform, write, commit; and what to do after an error
//SOURCES common/Connection.java
//SOURCES common/Diagnosis.java
//SOURCES common/Failure.java
//SOURCES common/Json.java
//SOURCES common/Script.java
