///usr/bin/env jbang "$0" "$@" ; exit $?
// Starts cluster.java behind TLS and a login (SASL/SCRAM-SHA-256), with --acls also with permissions.
// jbang lab/secure.java [--acls] [OPTION OF cluster.java]...
//DESCRIPTION A Kafka cluster behind TLS, a login and permissions, on this machine
//MAIN lab.secure.Secure
//JAVA 17+
//DEPS info.picocli:picocli:4.7.7
//RUNTIME_OPTIONS -Duser.language=en -Duser.country=US -Dfile.encoding=UTF-8 -XX:TieredStopAtLevel=1
//SOURCES secure/Secure.java // the command: makes the files, starts the cluster, removes the files
//SOURCES secure/Certificate.java // the certificate of all nodes
//SOURCES secure/Users.java // admin and guest: their passwords and client properties
//SOURCES secure/NodeSettings.java // what the nodes need for it, as arguments of cluster.java
//SOURCES secure/ClusterProcess.java // cluster.java as a child that ends with this process
//SOURCES secure/PrivateFile.java // files that only their owner can read
