///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Takes a Kafka broker down under load, and accounts for every acknowledged record
//JAVA 17+
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS info.picocli:picocli:4.7.7
//DEPS com.grack:nanojson:1.10
//DEPS org.slf4j:slf4j-nop:2.0.17
//COMPILE_OPTIONS -encoding UTF-8 -XDignore.symbol.file
//MAIN lab.drill.Drill

// What runs it
//SOURCES drill/Drill.java // the command: from the options to the exit status
//SOURCES drill/ExperimentOptions.java // topics, faults, steps, client properties: what is tried
//SOURCES drill/ClusterOptions.java // finds or starts the cluster, and chooses who takes nodes down
//SOURCES drill/Outputs.java // --history, --judge, --report, --json
//SOURCES drill/Plan.java // one experiment
//SOURCES drill/Cluster.java // what a cluster is asked and told
//SOURCES drill/Preparation.java // the topic and the group before a trial
//SOURCES drill/Trial.java // one run of an experiment: load, steps, the log
//SOURCES drill/Steps.java // carries out the steps
//SOURCES drill/Restoration.java // restores what an aborted trial has left down
//SOURCES drill/Judging.java // prints what a history proves
//SOURCES drill/Strips.java // when records were acknowledged, as a line per partition
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
//SOURCES drill/faults/Outage.java // a node that was taken down
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

// Recording: what happens goes to the history, and is printed
//SOURCES drill/recording/Recording.java // writes and prints each entry; has the clock
//SOURCES drill/recording/Timeline.java // the entries for people
//SOURCES drill/recording/Printer.java // lines for people
//SOURCES drill/recording/Progress.java // how far the clients are
//SOURCES drill/recording/Unobserved.java // why a trial did not come to its end

// The history: what a run is made of
//SOURCES history/Action.java // x
//SOURCES history/Audit.java // x
//SOURCES history/Entry.java // x
//SOURCES history/Experiment.java // x
//SOURCES history/Fields.java // x
//SOURCES history/Flow.java // x
//SOURCES history/History.java // x
//SOURCES history/HistoryReader.java // x
//SOURCES history/HistoryWriter.java // x
//SOURCES history/Malformed.java // x
//SOURCES history/Ranges.java // x
//SOURCES history/Recorder.java // x
//SOURCES history/RunHistory.java // x
//SOURCES history/Seen.java // x

// The proof: a history in, claims and a verdict out
//SOURCES proof/Judge.java // x
//SOURCES proof/Proof.java // x
//SOURCES proof/ProofText.java // x
//SOURCES proof/ProofJson.java // a proof for programs
//SOURCES proof/facts/Account.java // x
//SOURCES proof/facts/Accounting.java // x
//SOURCES proof/facts/Bound.java // x
//SOURCES proof/facts/Disturbance.java // x
//SOURCES proof/facts/Doubts.java // x
//SOURCES proof/facts/Expectation.java // x
//SOURCES proof/facts/Facts.java // x
//SOURCES proof/facts/Flows.java // x
//SOURCES proof/facts/Gap.java // x
//SOURCES proof/facts/Ids.java // x
//SOURCES proof/facts/Latencies.java // x
//SOURCES proof/facts/Observed.java // x
//SOURCES proof/facts/Outage.java // x
//SOURCES proof/facts/Promises.java // x
//SOURCES proof/facts/Series.java // x
//SOURCES proof/facts/Setup.java // x
//SOURCES proof/facts/Text.java // x
//SOURCES proof/facts/Evidence.java // * What shows that a node was really down
//SOURCES proof/checks/AloneInSync.java // x
//SOURCES proof/checks/AtItsOffset.java // x
//SOURCES proof/checks/BriefPause.java // x
//SOURCES proof/checks/Check.java // x
//SOURCES proof/checks/Checks.java // x
//SOURCES proof/checks/Claim.java // x
//SOURCES proof/checks/ConsumersReadOn.java // x
//SOURCES proof/checks/Delivered.java // x
//SOURCES proof/checks/FailedNotInLog.java // x
//SOURCES proof/checks/FaultHappened.java // x
//SOURCES proof/checks/FlowedBeforeAndAfter.java // x
//SOURCES proof/checks/GroupReceived.java // x
//SOURCES proof/checks/LastReplica.java // x
//SOURCES proof/checks/LoadBalanced.java // x
//SOURCES proof/checks/LogRead.java // x
//SOURCES proof/checks/LosesExactly.java // x
//SOURCES proof/checks/MaxLatency.java // x
//SOURCES proof/checks/MaxPause.java // x
//SOURCES proof/checks/NewLeader.java // x
//SOURCES proof/checks/NoPhantom.java // x
//SOURCES proof/checks/NoSuccessor.java // x
//SOURCES proof/checks/NoneLost.java // x
//SOURCES proof/checks/OnceInOrder.java // x
//SOURCES proof/checks/OneReader.java // x
//SOURCES proof/checks/OthersGoOn.java // x
//SOURCES proof/checks/ReadsGoOn.java // x
//SOURCES proof/checks/RefusedBelowMinimum.java // x
//SOURCES proof/checks/Resumes.java // x
//SOURCES proof/checks/SameTopic.java // x
//SOURCES proof/checks/SilentUntilElected.java // x
//SOURCES proof/checks/StandbyTakesOver.java // x
//SOURCES proof/checks/ToTheEnd.java // x
//SOURCES proof/checks/UnavailableWhileDown.java // x
//SOURCES proof/checks/Undisturbed.java // x
//SOURCES proof/checks/Verdict.java // x
//SOURCES proof/checks/WhoLeads.java // x
//SOURCES proof/checks/WithoutController.java // x

// Common to all instruments
//SOURCES common/Connection.java // which cluster, and the settings of its clients
//SOURCES common/Diagnosis.java // why no cluster answers
//SOURCES common/Failure.java // an error in one line
//SOURCES common/Json.java // writes JSON
//SOURCES common/Script.java // how a script runs, prints and ends
//SOURCES common/KnownSettings.java // the settings that clients know, and other clients' names for them
//SOURCES common/Probe.java // one connection in Kafka's protocol
//SOURCES common/SettingsFile.java // a file of client properties
