///usr/bin/env jbang "$0" "$@" ; exit $?
// Cuts the logs of dead nodes of cluster.java back to what Kafka had fsynced, as a power failure can at worst.
// Run by cluster.java for 'power NODE...'. By hand: jbang lab/cut.java DIR NODE...
//DESCRIPTION Cuts the logs of dead Kafka nodes back to what was fsynced
//MAIN lab.cut.Cut
//JAVA 17+
//DEPS info.picocli:picocli:4.7.7
//RUNTIME_OPTIONS -Duser.language=en -Duser.country=US -Dfile.encoding=UTF-8 -XX:TieredStopAtLevel=1
//SOURCES cut/Cut.java // the command: which nodes, and what it prints
//SOURCES cut/NodeDirectory.java // whose directory it is, that the node is dead, what it had fsynced
//SOURCES cut/PartitionLog.java // the segments of a partition, cut at an offset
//SOURCES cut/Batches.java // the batches of a segment, by their headers
