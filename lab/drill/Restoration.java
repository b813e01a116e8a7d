package lab.drill;

import java.util.*;
import lab.common.*;
import lab.drill.faults.Outage;
import lab.drill.recording.Printer;
import org.apache.kafka.common.ElectionType;

/**
 * Restores what an aborted trial left down, before the next one begins. After Ctrl-C and after SIGKILL, the executor does
 * it alone.
 *
 * @param topic its name
 */
record Restoration(Cluster cluster, String topic, List<Outage> down, boolean topicGone, Printer printer) {
    void restore() throws InterruptedException {
        if (down.isEmpty() || Script.stopping()) return;
        var failed = new HashMap<Outage, String>();
        for (Outage outage : down)
            try {
                String text = "restoring: " + cluster.executor.shown(outage.fault.restore, outage.node);
                printer.print("  %s", Printer.wrapped(2, text));
                cluster.executor.execute(outage.fault.restore, outage.node);
            } catch (Exception cannot) {
                failed.put(outage, Script.oneLine(cannot));
            }
        boolean whole = failed.isEmpty() && isWholeWithin(90);
        for (Outage outage : down)
            if (failed.containsKey(outage) || !whole && !cluster.lists(outage.node))
                Script.complain(
                        "%s is still down. Fix: %s (%s)",
                        outage.node.shown(),
                        cluster.executor.shown(outage.fault.restore, outage.node),
                        failed.getOrDefault(outage, "the command ended, and the broker did not come back"));
        if (!whole && failed.isEmpty() && !topicGone && !Script.stopping())
            Script.complain("The replicas of %s are not all in sync. See: jbang topics.java list %s", topic, topic);
        if (failed.isEmpty()) Script.mending = false;
        if (whole && !topicGone) elect();
    }

    private boolean isWholeWithin(int seconds) {
        try {
            return Cluster.holdsWithin(
                    seconds,
                    () -> topicGone ? down.stream().allMatch(it -> cluster.lists(it.node)) : cluster.isWhole(topic));
        } catch (Exception noAnswer) {
            return false;
        }
    }

    private void elect() {
        try {
            cluster.elect(ElectionType.PREFERRED, topic);
        } catch (Exception notNow) {
            Script.complain("The preferred leaders of %s do not lead: %s", topic, Script.oneLine(notNow));
        }
    }
}
