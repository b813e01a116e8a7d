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
//SOURCES drill/Cluster.java // the questions to a cluster, and the changes to its topics and leaders
//SOURCES drill/Preparation.java // the topic and the group before a trial
//SOURCES drill/Trial.java // one run of an experiment: load, steps, the log
//SOURCES drill/Steps.java // carries out the steps
//SOURCES drill/Pipelines.java // the processes of the pipeline in a trial, its output, and its group
//SOURCES drill/RemainingLogs.java // what a power cut has left of the logs
//SOURCES drill/Queues.java // the members of the share group in a trial
//SOURCES drill/Restoration.java // restores what an aborted trial has left down
//SOURCES drill/Judging.java // prints what a history proves
//SOURCES drill/Strips.java // when records were acknowledged, as a line per partition
//SOURCES drill/Table.java // the table of all experiments

// Scenarios: which steps, in which order
//SOURCES drill/scenarios/Scenario.java // what every scenario has
//SOURCES drill/scenarios/AnyTopic.java // a topic of yours: an outage, your own steps, or observation
//SOURCES drill/scenarios/LastReplica.java // --scenario last-replica
//SOURCES drill/scenarios/ExactlyOnce.java // --scenario exactly-once
//SOURCES drill/scenarios/SharedQueue.java // --scenario queue
//SOURCES drill/scenarios/QueueActions.java // what a step can do with the members of the share group
//SOURCES drill/scenarios/PipelineActions.java // what a step can do with the pipeline
//SOURCES drill/scenarios/PowerCut.java // --scenario power-cut
//SOURCES drill/scenarios/Actions.java // what a step can do
//SOURCES drill/scenarios/Step.java // one step
//SOURCES drill/scenarios/StepsConverter.java // reads --steps
//SOURCES drill/scenarios/TimeConverter.java // reads a time such as 500ms
//SOURCES drill/scenarios/Timing.java // --before, --down, --after

// Faults: who takes a node down and restores it, and how
//SOURCES drill/faults/Fault.java // stop, kill, pause, disconnect, power
//SOURCES drill/faults/Target.java // a node that can be taken down
//SOURCES drill/faults/Outage.java // a node that was taken down
//SOURCES drill/faults/Executor.java // what every executor does
//SOURCES drill/faults/Child.java // a child process: a command a line, an answer a line
//SOURCES drill/faults/OwnCluster.java // the nodes of cluster.java
//SOURCES drill/faults/Commands.java // your commands: --stop-command, --start-command
//SOURCES drill/faults/Containers.java // the containers of docker-compose.yml
//SOURCES drill/faults/ByHand.java // you: --manual
//SOURCES drill/faults/Nobody.java // no fault: --observe
//SOURCES drill/faults/Siblings.java // finds cluster.java, lab/pipeline.java, lab/report.java and jbang

// Clients: they send, receive, and read the log
//SOURCES drill/clients/Producing.java // the settings of the clients
//SOURCES drill/clients/Load.java // the producer
//SOURCES drill/clients/GroupConsumer.java // a consumer of the group
//SOURCES drill/clients/LogReader.java // reads the log after the run, without the group
//SOURCES drill/clients/PipelineProcess.java // a process of the pipeline
//SOURCES drill/clients/ForeignPipeline.java // a process of the user's pipeline
//SOURCES drill/clients/PartitionReader.java // reads the output of a pipeline, or the dead letters, after the run
//SOURCES drill/clients/Worker.java // a child process that can be frozen and killed
//SOURCES drill/clients/MemberProcess.java // a member of the share group, as a process
//SOURCES drill/clients/ShareMember.java // what runs in that process
//SOURCES drill/clients/Offsets.java // the ends of a topic's partitions
//SOURCES drill/clients/RecordId.java // which record of a run was read

// The observer: what the cluster reports
//SOURCES drill/observer/Observer.java // asks every 20 ms
//SOURCES drill/observer/PartitionWatch.java // leaders and in-sync replicas
//SOURCES drill/observer/OutputWatch.java // the last stable offset of the output
//SOURCES drill/observer/OpenTransaction.java // whose transaction is open in the output
//SOURCES drill/observer/NodeWatch.java // brokers and controllers
//SOURCES drill/observer/GroupWatch.java // the group: its state, its members

// Recording: what happens goes to the history, and is printed
//SOURCES drill/recording/Recording.java // writes and prints each entry; has the clock
//SOURCES drill/recording/Timeline.java // the entries for people
//SOURCES drill/recording/Printer.java // lines for people
//SOURCES drill/recording/Progress.java // how far the clients are
//SOURCES drill/recording/Unobserved.java // why a trial did not come to its end

// The history: what a run is made of
//SOURCES history/Action.java // what was done: to the cluster, to the group, and by the producer
//SOURCES history/Audit.java // how far the log of a partition was read after the run
//SOURCES history/Entry.java // one line of a history
//SOURCES history/Experiment.java // what a run is about: its topic, cluster, clients and limits
//SOURCES history/Fields.java // the fields of one line, as their types
//SOURCES history/Flow.java // records of one partition that were sent, acknowledged, failed, unknown, received, or found in the log, within at most 0.1 s
//SOURCES history/History.java // a file as it was read
//SOURCES history/HistoryReader.java // reads a history
//SOURCES history/HistoryWriter.java // writes a history
//SOURCES history/Malformed.java // a file that is not a history, or not a whole and undamaged one
//SOURCES history/Processing.java // what a pipeline between two topics did, and what was seen of its output
//SOURCES history/Ranges.java // records as ranges of ids and offsets
//SOURCES history/Recorder.java // writes what happens in a run
//SOURCES history/RunHistory.java // the entries of one run
//SOURCES history/Seen.java // what was seen of the cluster, of the group and of the observer itself
//SOURCES history/Sharing.java // the share group that reads the topic, and how far it came

// The prediction: what an outage should do
//SOURCES prediction/Prediction.java // what would stop if a broker died
//SOURCES prediction/Quorum.java // the controllers, which elect the partitions' leaders
//SOURCES prediction/PartitionId.java // a partition's topic and number, ordered by these; its text is like orders-0
//SOURCES prediction/Partition.java // a partition, as the cluster's metadata describe it
//SOURCES prediction/Outcome.java // what becomes of a partition
//SOURCES prediction/Fate.java // whether a partition can be written and read
//SOURCES prediction/Cluster.java // everything that a prediction is made from
//SOURCES prediction/Broker.java // a broker that is registered, or that has replicas

// The proof: a history in, claims and a verdict out
//SOURCES proof/Proof.java // what is proven of one run: computed from its history, and from nothing else
//SOURCES proof/ProofText.java // a proof as lines for a person
//SOURCES proof/ProofJson.java // a proof as JSON
//SOURCES proof/facts/Account.java // the ids of a run's records, by what is known of them
//SOURCES proof/facts/Accounting.java // goes through a history once, and gives each record its fate
//SOURCES proof/facts/Bound.java // a limit for a pause, in seconds, and where it comes from
//SOURCES proof/facts/Complaints.java // what is wrong with a history, as sentences
//SOURCES proof/facts/Contradictions.java // what cannot be in a history, or does not fit together
//SOURCES proof/facts/Delays.java // whether acknowledgements came as late as their latencies say
//SOURCES proof/facts/Disturbance.java // something that happened to the cluster, and that this run did not do
//SOURCES proof/facts/Doubts.java // why something that does not hold, or seems to hold, cannot be blamed on the fault
//SOURCES proof/facts/Expectation.java // what an outage of one broker should do to each partition
//SOURCES proof/facts/Facts.java // all that the checks may know of a run: computed from its history, and from nothing else
//SOURCES proof/facts/Flows.java // when records flowed, by partition: acknowledgements and reads, and the pauses in both
//SOURCES proof/facts/Gap.java // a time, in seconds since the run began
//SOURCES proof/facts/Ids.java // by id: the partition of a record, and the offset at which it was acknowledged
//SOURCES proof/facts/Latencies.java // how many records were acknowledged after which time, in ms
//SOURCES proof/facts/Observed.java // who led and who was in sync, when; and when that was not observed
//SOURCES proof/facts/Outage.java // the time of a fault
//SOURCES proof/facts/PipelineContradictions.java // what cannot be in the history of a pipeline
//SOURCES proof/facts/Pipelined.java // what became of the inputs of a pipeline
//SOURCES proof/facts/PowerCuts.java // power cuts, and which records they must have lost
//SOURCES proof/facts/Promises.java // what the settings promise, as Kafka's client and the cluster read them
//SOURCES proof/facts/QueueContradictions.java // what cannot be in the history of a share group
//SOURCES proof/facts/Recoveries.java // what the run says of replicas and leaders, against what was seen
//SOURCES proof/facts/Series.java // when records of one partition were acknowledged, or received
//SOURCES proof/facts/Setup.java // what the run was about, as it was written down
//SOURCES proof/facts/Shared.java // what became of the records of a share group
//SOURCES proof/facts/Refusals.java // what the refused answers of a share group's members tell
//SOURCES proof/facts/Workers.java // when the processes of a run worked
//SOURCES proof/facts/Text.java // sentences with numbers that are the same in every locale
//SOURCES proof/facts/Evidence.java // what shows that a node was really down
//SOURCES proof/checks/AloneInSync.java // scenario 4: what one replica in sync acknowledges
//SOURCES proof/checks/AtItsOffset.java // each record that is in the log is where the broker acknowledged it
//SOURCES proof/checks/BriefPause.java // acknowledgements pause briefly, then continue by themselves while the broker is down
//SOURCES proof/checks/Check.java // one thing that is checked of every run
//SOURCES proof/checks/Checks.java // all checks, in the order in which their claims are shown
//SOURCES proof/checks/Claim.java // something that is claimed of a run, whether it holds, and the numbers
//SOURCES proof/checks/ConsumersReadOn.java // each consumer of the group reads to the end
//SOURCES proof/checks/Delivered.java // every record that was sent is delivered: it was acknowledged, or is in the log
//SOURCES proof/checks/FailedNotInLog.java // a record that was rejected for good is not in the log
//SOURCES proof/checks/FaultHappened.java // each node that a fault hit was down: the cluster's metadata confirms it
//SOURCES proof/checks/FlowedBeforeAndAfter.java // records of each partition were acknowledged before the first fault and after the last recovery
//SOURCES proof/checks/GroupReceived.java // the group received every record that is in the log
//SOURCES proof/checks/LastReplica.java // scenario 4, as its checks need it
//SOURCES proof/checks/LoadBalanced.java // scenario 2: the records are balanced across the consumers
//SOURCES proof/checks/LogRead.java // the log of each partition was read after the run
//SOURCES proof/checks/PowerCut.java // a power cut loses exactly what was predicted
//SOURCES proof/checks/LosesExactly.java // scenario 4: an unclean election loses exactly what was predicted
//SOURCES proof/checks/MaxLatency.java // your limit (--max-latency): 99 percent of all records that were sent are acknowledged within it
//SOURCES proof/checks/MaxPause.java // your limit (--max-pause): no gap between acknowledgements of a partition is longer, in the whole run
//SOURCES proof/checks/NewLeader.java // a partition that the broker led gets a new leader while the broker is down, within the bound
//SOURCES proof/checks/NoPhantom.java // the group received no phantom: a record that it received is in the log
//SOURCES proof/checks/NoSuccessor.java // while the only controller is down, a partition whose leader goes down gets no new leader
//SOURCES proof/checks/NoneLost.java // no acknowledged record is lost: each one is in the log
//SOURCES proof/checks/OnceInOrder.java // each record is in the log once, in order
//SOURCES proof/checks/OneReader.java // scenario 1: only one consumer receives records
//SOURCES proof/checks/OthersGoOn.java // a partition that has no replica on the broker continues while the broker is down
//SOURCES proof/checks/ReadsGoOn.java // the group's reading also pauses briefly, then continues
//SOURCES proof/checks/RefusedBelowMinimum.java // with acks=all, nothing is acknowledged while fewer replicas are in sync than the effective min.insync.replicas
//SOURCES proof/checks/Resumes.java // a partition that was unavailable, or refused acks=all, takes records again when the broker is back
//SOURCES proof/checks/SameTopic.java // the topic is the same one from the beginning to the end
//SOURCES proof/checks/SilentUntilElected.java // scenario 4: nothing is acknowledged without a leader
//SOURCES proof/checks/StandbyTakesOver.java // scenario 1: the idle consumer is a standby
//SOURCES proof/checks/ToTheEnd.java // the run came to its planned end, and its history is whole and sound
//SOURCES proof/checks/UnavailableWhileDown.java // a partition without another in-sync replica has no leader
//SOURCES proof/checks/Undisturbed.java // only the run changed the cluster
//SOURCES proof/checks/Verdict.java // from good to bad: the worst of several is the greatest
//SOURCES proof/checks/WhoLeads.java // scenario 4: who leads when the old leader is back and the last in-sync replica is down
//SOURCES proof/checks/WithoutController.java // while the controller is down, records flow on in each partition
//SOURCES proof/checks/OutputSeen.java // the pipeline processed the input to its end, and its output was read
//SOURCES proof/checks/EachInputOnce.java // each input is in the output once
//SOURCES proof/checks/AbortedCopies.java // what only readers with read_uncommitted receive
//SOURCES proof/checks/StableOffsetHeld.java // how long an open transaction holds readers with read_committed
//SOURCES proof/checks/RepeatsBatch.java // the control without transactions
//SOURCES proof/checks/SkipsBatch.java // the control that does not seek back
//SOURCES proof/checks/QueueSeen.java // the share group finished every record
//SOURCES proof/checks/QueueNoneLost.java // each record was accepted, rejected or given up
//SOURCES proof/checks/AcceptedOnce.java // whether a record was accepted twice
//SOURCES proof/checks/DeliveriesExplained.java // why records were delivered again
//SOURCES proof/checks/DeadLetters.java // what is in the dead-letter topic
//SOURCES proof/checks/LockExpires.java // when the records of a frozen member are delivered again
//SOURCES proof/checks/AsPlanned.java // the run did what its scenario is about

// Common to all instruments
//SOURCES common/Connection.java // which cluster, and the settings of its clients
//SOURCES common/Diagnosis.java // why no cluster answers
//SOURCES common/Failure.java // an error in one line
//SOURCES common/Json.java // writes JSON
//SOURCES common/Script.java // how a script runs, prints and ends
//SOURCES common/StateTopics.java // Kafka's own topics that cannot be created
//SOURCES common/SettingsFile.java // a file of client properties, read as Kafka's own tools read it
//SOURCES common/Probe.java // one connection to a server, outside Kafka's client
//SOURCES common/KnownSettings.java // the names of all settings of Kafka's Java clients
