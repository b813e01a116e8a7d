package lab.proof.checks;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Collectors;
import lab.proof.facts.Account;
import lab.proof.facts.Account.Kind;
import lab.proof.facts.Facts;
import lab.proof.facts.Outage;
import lab.proof.facts.PowerCuts;
import lab.proof.facts.Text;

/**
 * A power cut loses exactly the records that were acknowledged at or above the offset at which the log of the elected
 * replica was cut. If Kafka fsyncs every record, or the elected replica kept its power, no record is lost.
 *
 * <p>FAIL: others were lost, or fewer; or acknowledged records were cut away although log.flush.interval.messages is
 * 1.
 *
 * <p>ALLOWED: exactly these were lost, in a topic of yours, and log.flush.interval.messages is not 1.
 *
 * <p>INCONCLUSIVE: nothing shows that a node was dead before its logs were cut; its checkpoint was older than twice
 * its interval, or records were acknowledged after it; no acknowledged record was cut away on a node, although not
 * every record was fsynced; the offsets are not known (acks=0), or the log was not read to its end.
 */
class PowerCut implements Check {
    private static final String WORST_CASE =
            "; the worst case: of what Kafka wrote, only what it had fsynced survived, and Linux wrote nothing by itself";

    @Override
    public List<Claim> claims(Facts facts) {
        PowerCuts cuts = facts.powerCuts();
        if (cuts.outages().isEmpty()) return List.of();
        BitSet predicted = cuts.predicted();
        BitSet lost = facts.account().of(Kind.LOST);
        boolean scenario = facts.setup().isScenario("power-cut");
        String who =
                cuts.outages().stream().map(Outage::name).collect(Collectors.joining(", ", "the power cut of ", ""));
        String text = who
                + (scenario && !predicted.isEmpty()
                        ? " loses what was not fsynced on the elected replica: all of it, and nothing else"
                        : " loses no acknowledged record");
        String evidence =
                evidence(facts) + Text.of("; %,d predicted, %,d lost", predicted.cardinality(), lost.cardinality());

        var doubts = new ArrayList<>(cuts.doubts());
        if (!facts.isRead()) doubts.add("the log was not read to its end");
        if (facts.account().count(Kind.UNPROVEN) > 0) doubts.add("the place of some records could not be seen");
        if (!doubts.isEmpty()) return List.of(Claim.unknown(text, evidence + "; but " + String.join("; ", doubts)));
        boolean promised = cuts.flushesEach() && !predicted.isEmpty();
        if (!lost.equals(predicted) || promised) return List.of(Claim.fail(text, evidence + others(facts)));
        if (predicted.isEmpty()) return List.of(Claim.pass(text, evidence));
        evidence += WORST_CASE;
        if (scenario) return List.of(Claim.pass(text, evidence));
        return List.of(Claim.allowed(text, facts.promises().powerCutAllowedBy(), evidence));
    }

    private static String evidence(Facts facts) {
        PowerCuts cuts = facts.powerCuts();
        String cutAway = cuts.outages().stream()
                .map(it -> Text.of("%s %,d", it.name(), cuts.cutAway(it).cardinality()))
                .collect(Collectors.joining(", "));
        Outage last = cuts.outages().get(cuts.outages().size() - 1);
        boolean atOnce = cuts.outages().get(0).from() == last.from();
        String elected = facts.flows()
                .partitions()
                .mapToObj(it -> Text.of("broker %d for partition %d", cuts.elected(last, it), it))
                .collect(Collectors.joining(", "));
        return (cuts.flushesEach() ? "log.flush.interval.messages=1; " : "") + "acknowledged and cut away: " + cutAway
                + (atOnce ? "; elected: " : "; elected after the last cut: ") + elected;
    }

    private static String others(Facts facts) {
        BitSet predicted = facts.powerCuts().predicted();
        BitSet lost = facts.account().of(Kind.LOST);
        BitSet more = Account.minus(lost, predicted);
        BitSet fewer = Account.minus(predicted, lost);
        return (more.isEmpty() ? "" : "; not predicted: " + facts.account().some(more))
                + (fewer.isEmpty() ? "" : "; not lost: " + facts.account().some(fewer));
    }

    /** The lost records that this check judges; {@link NoneLost} and {@link NoPhantom} judge all others. */
    static BitSet judged(Facts facts) {
        PowerCuts cuts = facts.powerCuts();
        boolean mine = facts.setup().isScenario("power-cut") || cuts.flushesEach();
        return mine ? cuts.predicted() : new BitSet();
    }
}
