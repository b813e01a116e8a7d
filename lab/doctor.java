///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Read-only check of a Kafka cluster: why does it not answer, what becomes unavailable if a broker fails?
//JAVA 17+
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-nop:2.0.17
//COMPILE_OPTIONS -encoding UTF-8 -XDignore.symbol.file
//MAIN lab.doctor.Doctor
//SOURCES doctor/Doctor.java // the command: its options, and the story
//SOURCES doctor/Reader.java // reads the cluster
//SOURCES doctor/BrokerReader.java // which brokers respond, their versions and settings
//SOURCES doctor/QuorumReader.java // the controllers, and which brokers they hear from
//SOURCES doctor/LogDirectoryReader.java // log directories that have failed, or are cordoned
//SOURCES doctor/TopicReader.java // topics, and their partitions
//SOURCES doctor/GroupReader.java // groups of all kinds, transactional ids, and where their state is
//SOURCES doctor/OffsetReader.java // committed offsets that are not in the log
//SOURCES doctor/TransactionReader.java // transactions that are open for ever
//SOURCES doctor/Clients.java // further connections
//SOURCES doctor/Questions.java // waits for answers, and notes what was refused
//SOURCES doctor/Snapshot.java // what was seen of the cluster
//SOURCES doctor/Keeper.java // a group or a transactional id, and its partition
//SOURCES doctor/StrayOffset.java // a committed offset that is not in the log
//SOURCES doctor/HangingTransaction.java // one of these transactions
//SOURCES doctor/NotSeen.java // what was refused
//SOURCES doctor/Stops.java // what has stopped, and what would stop
//SOURCES doctor/Traps.java // what would not work after one more failure
//SOURCES doctor/InternalTopics.java // Kafka's own topics that cannot be created
//SOURCES doctor/Finding.java // one thing that is wrong
//SOURCES doctor/Findings.java // collects them
//SOURCES doctor/Remedies.java // what fixes a finding, and breaks nothing else
//SOURCES doctor/Placement.java // chooses brokers for replicas
//SOURCES doctor/Commands.java // the commands of Kafka's own tools
//SOURCES doctor/Report.java // text and JSON
//SOURCES prediction/Cluster.java // what a prediction is made from
//SOURCES prediction/Broker.java // a broker, and whether it responds
//SOURCES prediction/Quorum.java // the controllers
//SOURCES prediction/Partition.java // a partition
//SOURCES prediction/PartitionId.java // its topic and number
//SOURCES prediction/Prediction.java // what becomes of each partition while brokers are down
//SOURCES prediction/Outcome.java // and why
//SOURCES prediction/Fate.java // whether it can be written and read
//SOURCES common/Connection.java // the options that name a cluster, and its clients' settings
//SOURCES common/SettingsFile.java // a file of client properties
//SOURCES common/KnownSettings.java // the settings that clients know, and other clients' names for them
//SOURCES common/Diagnosis.java // why no cluster answers
//SOURCES common/Probe.java // one connection in Kafka's protocol
//SOURCES common/Script.java // how a program runs, prints and ends
//SOURCES common/Failure.java // an error in one line
//SOURCES common/Json.java // writes JSON
