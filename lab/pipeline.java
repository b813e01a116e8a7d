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
//SOURCES common/Connection.java // the options that name a cluster, and its clients' settings
//SOURCES common/Diagnosis.java // why no cluster answers
//SOURCES common/Failure.java // an error in one line
//SOURCES common/Script.java // how a program runs, prints and ends
//SOURCES common/KnownSettings.java // the settings that clients know, and other clients' names for them
//SOURCES common/Probe.java // one connection in Kafka's protocol
//SOURCES common/StateTopics.java // Kafka's own topics that cannot be created
//SOURCES common/SettingsFile.java // a file of client properties
