package lab.drill.ledger;

import java.util.*;
import lab.common.Json;
import lab.drill.faults.*;

/** A node's outage, in ticks of the journal; 0 is never. */
public class Outage {
    public final String calledAs; // by the step, such as 'leader'
    public final Target node;
    public final int id;
    public final String name;
    public final Fault fault;
    public final List<State> before; // the partitions, when it was taken down
    public boolean controlled; // a shutdown that hands over the leaders
    // In this order: taken down, the command done, restored, the replicas in sync, the preferred leaders back.
    public int harmedAt;
    public int doneAt;
    public int healedAt;
    public volatile int wholeAt;
    public int preferredAt;

    public Outage(String calledAs, Target node, String name, Fault fault, List<State> before) {
        this.calledAs = calledAs;
        this.node = node;
        this.id = node.id();
        this.name = name;
        this.fault = fault;
        this.before = before;
    }

    /** The partitions that it led when it was taken down. */
    public Set<Integer> partitionsLed() {
        var led = new TreeSet<Integer>();
        for (int partition = 0; partition < before.size(); partition++)
            if (before.get(partition).leader() == id) led.add(partition);
        return led;
    }

    public Map<String, Object> details() {
        return Json.object("broker", id, "name", name, "fault", fault);
    }

    /** When its preferred leaders led again; while they do not, a tick that never comes. */
    public int overAt() {
        return preferredAt > 0 ? preferredAt : Integer.MAX_VALUE;
    }

    /** Seconds from the fault to then. */
    public double after(int tick) {
        return Ticks.seconds(tick - harmedAt);
    }
}
