package lab.proof.checks;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import lab.history.Action;
import lab.history.Processing;
import lab.proof.facts.Expectation.Fate;
import lab.proof.facts.Facts;
import lab.proof.facts.Outage;
import lab.proof.facts.Pipelined;
import lab.proof.facts.Shared;

/**
 * The run did what its scenario is about. Scenario 1: a consumer leaves. Scenario 2: the broker leads a partition
 * that has no other in-sync replica, and another partition is elsewhere. Scenario 3: it leads a partition that has
 * one. Scenario 4: two faults. A pipeline: a fault, or a process that was frozen in the middle of a batch. Your
 * pipeline: also a transaction, except in the control. A share group: a released record. Otherwise: a fault, unless
 * the run only observes.
 *
 * <p>INCONCLUSIVE: it did not, so the scenario was not tried.
 */
class AsPlanned implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        var missing = new ArrayList<String>();
        List<Outage> outages = facts.outages();
        String scenario = facts.setup().run().scenario();
        var fates = new TreeSet<Fate>();
        for (Outage outage : outages)
            for (int partition = 0; partition < facts.setup().partitions(); partition++)
                fates.add(facts.expectation().of(outage, partition));
        switch (scenario) {
            case "observe" -> {
                if (!outages.isEmpty()) missing.add("a fault was injected");
            }
            case "1" -> {
                if (facts.run().all(Action.Leave.class).isEmpty()) missing.add("no consumer left");
            }
            case "2" -> {
                if (!fates.contains(Fate.UNAVAILABLE)) missing.add("no partition was on the broker alone");
                if (!fates.contains(Fate.UNTOUCHED)) missing.add("no partition was elsewhere");
            }
            case "3" -> {
                if (!fates.contains(Fate.NEW_LEADER)) missing.add("no partition had a leader to be replaced");
            }
            case "last-replica" -> {
                if (LastReplica.of(facts) == null) missing.add("the two faults were not both injected");
            }
            case "queue" -> {
                Shared shared = Shared.of(facts);
                if (shared == null
                        || shared.deliveries(shared.setup().released()).isEmpty())
                    missing.add("the record that is to be released was not delivered");
            }
            case "exactly-once" -> {
                if (outages.isEmpty() && facts.run().all(Processing.Open.class).isEmpty())
                    missing.add("no fault was injected, and no process was frozen in the middle of a batch");
                Pipelined pipeline = Pipelined.of(facts);
                if (pipeline == null) missing.add("nothing says what the pipeline was");
                else if (pipeline.setup().transactions() && pipeline.timeoutMs() < 0)
                    missing.add("no transaction of the pipeline was seen in the output");
            }
            case "topic", "power-cut" -> {
                if (outages.isEmpty()) missing.add("no fault was injected");
            }
            default -> missing.add("no checks are known for scenario '" + scenario + "'");
        }
        String text = "the run did what its scenario is about";
        return List.of(
                missing.isEmpty()
                        ? Claim.pass(text, scenario).routinely()
                        : Claim.unknown(text, String.join("; ", missing)));
    }
}
