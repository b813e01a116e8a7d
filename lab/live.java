///usr/bin/env jbang "$0" "$@" ; exit $?
// Shows a Kafka cluster in a browser. Start it, then open the address that it prints:
//
//     jbang lab/live.java [TOPIC...]
//
// docs/live.md describes the page.

//DESCRIPTION Shows a Kafka cluster in a browser: who leads, who reads, what flows
//JAVA 17+
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-nop:2.0.17
//COMPILE_OPTIONS -encoding UTF-8 -XDignore.symbol.file
//MAIN lab.live.Live

//SOURCES live/Live.java // the command: its options, and what it does in turn
//SOURCES live/Clock.java // the time of the run, and how far back the page looks

//SOURCES live/Watcher.java // asks the cluster
//SOURCES live/Question.java // when something is asked again
//SOURCES live/Answer.java // one of many answers to a question: a value or an error

//SOURCES live/Known.java // what is known of the cluster: takes the answers
//SOURCES live/Belief.java // a change is confirmed when several answers agree
//SOURCES live/Broker.java // whether a broker is up
//SOURCES live/Topic.java // the partitions of a topic
//SOURCES live/Partition.java // who leads, who is in sync, what came in and went out
//SOURCES live/Flow.java // records by cell of time
//SOURCES live/Gaps.java // times without records
//SOURCES live/Lag.java // how far a group is behind, or outside the log
//SOURCES live/Group.java // the members of a group, and what each reads
//SOURCES live/GroupKind.java // consumer, share, Streams, Connect: words and requests
//SOURCES live/GroupNow.java // one description of a group, of any kind
//SOURCES live/News.java // what has changed, in words

//SOURCES live/Snapshot.java // what the page draws, as JSON
//SOURCES live/Server.java // gives browsers the page and the snapshot
//SOURCES live/Page.java // page.html with page.css and page.js in it
//FILES lab/live/page.html=live/page.html
//FILES lab/live/page.css=live/page.css
//FILES lab/live/page.js=live/page.js

//SOURCES common/Connection.java // which cluster, and the settings of its clients
//SOURCES common/Diagnosis.java // why no cluster answers
//SOURCES common/Failure.java // an error in one line
//SOURCES common/Json.java // writes JSON
//SOURCES common/KnownSettings.java // the names of all settings of Kafka's Java clients
//SOURCES common/Probe.java // one connection to a server, outside Kafka's client
//SOURCES common/Resource.java // files that are part of the program
//SOURCES common/Script.java // how a script runs, prints and ends
//SOURCES common/SettingsFile.java // a file of client properties, read as Kafka's own tools read it
