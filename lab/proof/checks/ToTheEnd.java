package lab.proof.checks;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import lab.history.Action;
import lab.history.Experiment;
import lab.proof.facts.Facts;
import lab.proof.facts.Text;

/**
 * The run came to its planned end, and its history is whole and sound.
 *
 * <p>INCONCLUSIVE: the history has no end line (its writer was killed), the run gave up, the history contradicts
 * itself, or it lacks what every verdict needs, such as the topic or the producer's settings.
 */
class ToTheEnd implements Check {
    private static final Set<String> ACKS = Set.of("0", "1", "all", "-1");

    @Override
    public List<Claim> claims(Facts facts) {
        var claims = new ArrayList<Claim>();
        if (!facts.run().complete())
            claims.add(Claim.unknown(
                    "the history is complete",
                    Text.of(
                            "it ends after %.1f s, without an end line",
                            facts.run().length())));
        for (Action.GaveUp it : facts.run().all(Action.GaveUp.class))
            claims.add(Claim.unknown("the run came to its end", it.why()));
        if (!facts.contradictions().isEmpty())
            claims.add(Claim.unknown("the history is sound", String.join("; ", facts.contradictions())));
        List<String> missing = missing(facts);
        if (!missing.isEmpty())
            claims.add(Claim.unknown("the history has what a verdict needs", "it lacks " + String.join(", ", missing)));
        return claims;
    }

    private static List<String> missing(Facts facts) {
        var missing = new ArrayList<String>();
        if (facts.setup().partitions() == 0) missing.add("the topic");
        if (!ACKS.contains(facts.setup().setting("acks"))) missing.add("the producer's settings");
        if (facts.run().all(Experiment.Cluster.class).isEmpty()) missing.add("the cluster");
        boolean group = facts.run().all(Experiment.Group.class).stream().anyMatch(it -> it.state() == null);
        if (!group) missing.add("the group");
        for (String what : List.of("begin", "end"))
            if (facts.run().complete()
                    && facts.run().all(Action.Load.class).stream()
                            .noneMatch(it -> it.what().equals(what))) missing.add("the " + what + " of the load");
        for (int partition : facts.flows().partitions().toArray())
            if (facts.observed().stateAt(partition, 0) == null)
                missing.add(Text.of("the state of partition %d", partition));
        return missing;
    }
}
