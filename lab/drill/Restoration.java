package lab.drill;

import java.util.*;
import lab.common.*;
import lab.drill.ledger.*;
import lab.drill.verdict.Facts;
import org.apache.kafka.common.ElectionType;

/**
 * Restores what a trial that did not come to its end has left down, so that the next one can begin. After Ctrl-C and after
 * SIGKILL the executor does it alone.
 */
class Restoration {
    private final Cluster cluster;
    private final Facts facts;
    private final Printer printer;

    Restoration(Cluster cluster, Facts facts, Printer printer) {
        this.cluster = cluster;
        this.facts = facts;
        this.printer = printer;
    }

    void restore() throws InterruptedException {
        List<Outage> down = facts.outages.stream().filter(it -> it.wholeAt == 0).toList();
        if (down.isEmpty() || Script.stopping()) return;
        var failed = new HashMap<Outage, String>();
        for (Outage outage : down)
            try {
                String command = cluster.executor.shown(outage.fault.restore, outage.node);
                printer.print("  restoring: %s", command);
                cluster.executor.execute(outage.fault.restore, outage.node);
            } catch (Exception cannot) {
                failed.put(outage, Script.oneLine(cannot));
            }
        boolean topicGone = facts.observer.topicGone();
        boolean whole = failed.isEmpty() && isWholeWithin(90, topicGone ? null : down);
        for (Outage outage : down)
            if (failed.containsKey(outage) || !whole && !cluster.lists(outage.node))
                Script.complain(
                        "%s is still down. Fix: %s (%s)",
                        outage.node.shown(),
                        cluster.executor.shown(outage.fault.restore, outage.node),
                        failed.getOrDefault(outage, "the command ended, and the broker did not come back"));
        String name = facts.topic.name();
        if (!whole && failed.isEmpty() && !topicGone && !Script.stopping())
            Script.complain("The replicas of %s are not all in sync. See: jbang topics.java list %s", name, name);
        if (failed.isEmpty()) Script.mending = false;
        if (whole && !topicGone) elect(name);
    }

    /** @param down null: the topic was deleted, all nodes that were taken down must be listed */
    private boolean isWholeWithin(int seconds, List<Outage> down) throws InterruptedException {
        try {
            return Cluster.holdsWithin(
                    seconds,
                    () -> down == null
                            ? facts.outages.stream().allMatch(it -> cluster.lists(it.node))
                            : cluster.isWhole(facts.topic.name()));
        } catch (InterruptedException stopping) {
            return false;
        } catch (Exception noAnswer) {
            return false;
        }
    }

    private void elect(String topic) {
        try {
            cluster.elect(ElectionType.PREFERRED, topic);
        } catch (Exception notNow) {
            Script.complain("The preferred leaders of %s do not lead: %s", topic, Script.oneLine(notNow));
        }
    }
}
