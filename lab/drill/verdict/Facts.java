package lab.drill.verdict;

import java.time.Instant;
import java.util.*;
import java.util.stream.Collectors;
import lab.common.Script;
import lab.drill.clients.*;
import lab.drill.faults.Fault;
import lab.drill.ledger.*;
import lab.drill.observer.Observer;
import lab.drill.scenarios.*;

/** What a trial has recorded: all that its verdict is computed from. */
public class Facts {
    public final Scenario scenario;
    public final Fault fault; // null: the scenario has its own, or there is none
    public final Producing producing;
    public final int number;
    public final String run = UUID.randomUUID().toString().substring(0, 8); // in a header of each record
    public final Instant started = Instant.now();
    public final Journal journal;
    public final List<Outage> outages;
    public String cluster; // who takes nodes down, for readers
    public Set<Integer> brokers;
    public boolean commandsAreKnown;
    public long sessionTimeout;
    public Topic topic;
    public Ledger ledger;
    public Observer observer;
    public List<Integer> leaders; // by partition, at the start
    public List<Epoch> epochs = List.of();
    public boolean audited;
    public boolean minInSyncIsSteady; // nobody has changed min.insync.replicas
    public String unobserved; // why the trial could not be brought to its end
    public String complaint; // the first record that was not acknowledged, and why
    public final Map<Integer, String> failedConsumers = new TreeMap<>(); // with why they could not read on
    public int loadEndedAt;

    public Facts(
            Scenario scenario, Fault fault, Producing producing, int number, Journal journal, List<Outage> outages) {
        this.scenario = scenario;
        this.fault = fault;
        this.producing = producing;
        this.number = number;
        this.journal = journal;
        this.outages = outages;
    }

    public String group() {
        return "drill-" + run;
    }

    public String title() {
        if (!(scenario instanceof AnyTopic any)) return scenario.title;
        String what = any.onlyObserves() ? "observed" : "custom steps";
        return scenario.title + ": " + (fault == null ? what : fault + " a broker under load");
    }

    /** The nodes that are down, as far as the trial has taken them down. */
    public Set<Integer> down() {
        return outages.stream()
                .filter(outage -> outage.wholeAt == 0)
                .map(outage -> outage.id)
                .collect(Collectors.toSet());
    }

    /** The trial cannot be brought to its end. */
    public void giveUp(Exception because) {
        boolean ofKafka = because instanceof org.apache.kafka.common.KafkaException;
        String why = ofKafka ? Script.oneLine(because) : because.getMessage();
        if (unobserved == null) unobserved = why;
        journal.add("unobserved", Map.of(), "%s", why);
    }
}
