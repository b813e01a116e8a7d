///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Takes a Kafka broker down under load, and accounts for every acknowledged record
//JAVA 17+
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-nop:2.0.17
//COMPILE_OPTIONS -encoding UTF-8 -XDignore.symbol.file
//MAIN lab.drill.Drill

// What runs it
//SOURCES drill/Drill.java // the command: from the options to the exit status
//SOURCES drill/ExperimentOptions.java // topics, faults, steps, client properties: what is tried
//SOURCES drill/ClusterOptions.java // finds or starts the cluster, and chooses who takes nodes down
//SOURCES drill/Outputs.java // --events, --report, --json
//SOURCES drill/Plan.java // one experiment
//SOURCES drill/Cluster.java // what a cluster is asked and told
//SOURCES drill/Preparation.java // the topic and the group before a trial
//SOURCES drill/Trial.java // one run of an experiment: load, steps, the log
//SOURCES drill/Steps.java // carries out the steps
//SOURCES drill/Restoration.java // restores what an aborted trial has left down
//SOURCES drill/Table.java // the table of all experiments

// Scenarios: which steps, in which order
//SOURCES drill/scenarios/Scenario.java // what every scenario has
//SOURCES drill/scenarios/AnyTopic.java // a topic of yours: an outage, your own steps, or observation
//SOURCES drill/scenarios/LastReplica.java // --scenario last-replica
//SOURCES drill/scenarios/Actions.java // what a step can do
//SOURCES drill/scenarios/Step.java // one step
//SOURCES drill/scenarios/StepsConverter.java // reads --steps
//SOURCES drill/scenarios/TimeConverter.java // reads a time such as 500ms
//SOURCES drill/scenarios/Timing.java // --before, --down, --after

// Faults: who takes a node down and restores it, and how
//SOURCES drill/faults/Fault.java // stop, kill, pause, disconnect
//SOURCES drill/faults/Target.java // a node that can be taken down
//SOURCES drill/faults/Executor.java // what every executor does
//SOURCES drill/faults/Child.java // a child process: a command a line, an answer a line
//SOURCES drill/faults/OwnCluster.java // the nodes of cluster.java
//SOURCES drill/faults/Commands.java // your commands: --stop-command, --start-command
//SOURCES drill/faults/Containers.java // the containers of docker-compose.yml
//SOURCES drill/faults/ByHand.java // you: --manual
//SOURCES drill/faults/Nobody.java // no fault: --observe
//SOURCES drill/faults/Siblings.java // finds cluster.java, report.java and jbang

// Clients: they send, receive, and read the log
//SOURCES drill/clients/Producing.java // the settings of the clients
//SOURCES drill/clients/Load.java // the producer
//SOURCES drill/clients/GroupConsumer.java // a consumer of the group
//SOURCES drill/clients/LogReader.java // reads the log after the run, without the group
//SOURCES drill/clients/Offsets.java // the ends of a topic's partitions
//SOURCES drill/clients/RecordId.java // which record of a run was read

// The observer: what the cluster reports
//SOURCES drill/observer/Observer.java // asks every 20 ms
//SOURCES drill/observer/PartitionWatch.java // leaders and in-sync replicas
//SOURCES drill/observer/NodeWatch.java // brokers and controllers

// What was recorded
//SOURCES drill/ledger/Ledger.java // every record
//SOURCES drill/ledger/Journal.java // what happened, in the order of time
//SOURCES drill/ledger/Event.java // an entry of the journal
//SOURCES drill/ledger/Ticks.java // the unit of time
//SOURCES drill/ledger/Printer.java // lines for people
//SOURCES drill/ledger/Topic.java // the topic as it was before
//SOURCES drill/ledger/Outage.java // a node that was taken down
//SOURCES drill/ledger/State.java // a leader and in-sync replicas
//SOURCES drill/ledger/Change.java // from one state to another
//SOURCES drill/ledger/Absence.java // a node that the cluster gave up
//SOURCES drill/ledger/OutsideEvent.java // what others did
//SOURCES drill/ledger/Epoch.java // what one leader wrote
//SOURCES drill/ledger/Kind.java // what can be known of a record
//SOURCES drill/ledger/Account.java // the records by kind
//SOURCES drill/ledger/Gap.java // a time without a record
//SOURCES drill/ledger/Numbers.java // a long list of numbers
//SOURCES drill/ledger/Unobserved.java // why a trial did not come to its end

// The verdict
//SOURCES drill/verdict/Facts.java // all that a verdict is computed from
//SOURCES drill/verdict/Result.java // measures
//SOURCES drill/verdict/Judge.java // which claims are made
//SOURCES drill/verdict/RecordClaims.java // no record is lost, doubled, unseen
//SOURCES drill/verdict/OutageClaims.java // each fault really happened
//SOURCES drill/verdict/PlacementClaims.java // what each partition does while one broker is down
//SOURCES drill/verdict/LastReplicaClaims.java // of --scenario last-replica
//SOURCES drill/verdict/Promises.java // what the settings promise
//SOURCES drill/verdict/Bound.java // how long a pause may be
//SOURCES drill/verdict/Claim.java // a claim and its evidence
//SOURCES drill/verdict/Verdict.java // PASS, ALLOWED, INCONCLUSIVE, FAIL
//SOURCES drill/verdict/Latencies.java // how many records had which latency
//SOURCES drill/verdict/Latency.java // their summary
//SOURCES drill/verdict/Teller.java // as text
//SOURCES drill/verdict/Lines.java // as JSON lines

// Common to all instruments
//SOURCES common/Connection.java // which cluster, and the settings of its clients
//SOURCES common/Diagnosis.java // why no cluster answers
//SOURCES common/Failure.java // an error in one line
//SOURCES common/Json.java // writes JSON
//SOURCES common/Script.java // how a script runs, prints and ends
