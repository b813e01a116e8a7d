///usr/bin/env jbang "$0" "$@" ; exit $?
// Draws the history of a run. A file's extension selects the format: .svg, .html, .md or .xml (JUnit).
//
//     jbang lab/report.java HISTORY -o RUN.svg -o RUN.html
//
// It needs no cluster.

//DESCRIPTION Draws the history of a run, and writes it for a browser, a pull request or a CI server
//JAVA 17+
//DEPS info.picocli:picocli:4.7.7
//DEPS com.grack:nanojson:1.10
//COMPILE_OPTIONS -encoding UTF-8 -XDignore.symbol.file
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1
//MAIN lab.report.Report

//SOURCES report/Report.java // the command: its options, and what it does in turn
//SOURCES report/HistoryFile.java // reads a history, and judges it
//SOURCES report/HistoryTrial.java // makes a trial of a run and of its proof
//SOURCES report/HistoryEvents.java // the timeline of a trial
//SOURCES report/ProofTables.java // the account, outages, latencies and settings as tables
//SOURCES report/Output.java // a file to write, and the kinds of files

//SOURCES report/Trial.java // a trial as it is drawn: events, outages, pauses, claims
//SOURCES report/Story.java // a trial in words
//SOURCES report/Names.java // several trials: what differs between them
//SOURCES report/Columns.java // records per second, and their scale
//SOURCES report/Table.java // a table of texts
//SOURCES report/Tables.java // the tables that several formats have
//SOURCES report/Words.java // numbers, times and lists as text

//SOURCES report/Picture.java // the picture: its parts, from the top down
//SOURCES report/Svg.java // elements, and the time axis
//SOURCES report/TextWidth.java // how wide a text is
//SOURCES report/Heading.java // text, verdict, legend, table
//SOURCES report/Timeline.java // which node was down, and what changed
//SOURCES report/Lane.java // labels that do not touch one another
//SOURCES report/Strip.java // the records of a partition
//SOURCES report/LatencyCurve.java // p50 and p99
//SOURCES report/Bars.java // who led, who read

//SOURCES report/HtmlPage.java // .html: the picture, and all numbers
//SOURCES report/Style.java // the files of the page
//FILES lab/report/page.html=report/page.html
//FILES lab/report/page.css=report/page.css
//FILES lab/report/picture.css=report/picture.css
//SOURCES report/Markdown.java // .md: a summary for a pull request
//SOURCES report/JUnit.java // .xml: for CI servers
//SOURCES report/Markup.java // fills text into SVG, HTML and XML

//SOURCES proof/Proof.java // what is proven of one run: computed from its history, and from nothing else
//SOURCES proof/ProofText.java // a proof as lines for a person
//SOURCES proof/checks/AloneInSync.java // scenario 4: what one replica in sync acknowledges
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
//SOURCES proof/facts/Account.java // the ids of a run's records, by what is known of them
//SOURCES proof/facts/Accounting.java // goes through a history once, and gives each record its fate
//SOURCES proof/facts/Bound.java // a limit for a pause, in seconds, and where it comes from
//SOURCES proof/facts/Complaints.java // what is wrong with a history, as sentences
//SOURCES proof/facts/Contradictions.java // what cannot be in a history, or does not fit together
//SOURCES proof/facts/Delays.java // whether acknowledgements came as late as their latencies say
//SOURCES proof/facts/Disturbance.java // something that happened to the cluster, and that this run did not do
//SOURCES proof/facts/Doubts.java // why something that does not hold, or seems to hold, cannot be blamed on the fault
//SOURCES proof/facts/Evidence.java // what shows that a node was really down
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
//SOURCES history/RunHistory.java // the entries of one run
//SOURCES history/Seen.java // what was seen of the cluster, of the group and of the observer itself
//SOURCES history/Sharing.java // the share group that reads the topic, and how far it came

//SOURCES prediction/Broker.java // a broker that is registered, or that has replicas
//SOURCES prediction/Cluster.java // everything that a prediction is made from
//SOURCES prediction/Fate.java // whether a partition can be written and read
//SOURCES prediction/Outcome.java // what becomes of a partition
//SOURCES prediction/Partition.java // a partition, as the cluster's metadata describe it
//SOURCES prediction/PartitionId.java // a partition's topic and number, ordered by these; its text is like orders-0
//SOURCES prediction/Prediction.java // what would stop if a broker died
//SOURCES prediction/Quorum.java // the controllers, which elect the partitions' leaders

//SOURCES common/Failure.java // an error in one line
//SOURCES common/Json.java // writes JSON
//SOURCES common/Resource.java // files that are part of the program
//SOURCES common/Script.java // how a script runs, prints and ends
