package lab.proof.checks;

import java.util.BitSet;
import java.util.List;
import lab.proof.facts.Account.Kind;
import lab.proof.facts.Facts;
import lab.proof.facts.Text;

/**
 * Scenario 4 with an unclean election: it loses the records that only the other replica had, all of them and no
 * others. They are predicted from offsets and leader epochs.
 *
 * <p>FAIL: others were lost, or fewer.
 *
 * <p>INCONCLUSIVE: none are predicted, or the log was not read to its end.
 */
class LosesExactly implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        LastReplica scenario = LastReplica.of(facts);
        if (scenario == null || !scenario.unclean() || !scenario.one()) return List.of();
        BitSet predicted = chosen(facts);
        String text = Text.of(
                "it loses the records that only %s had: all of them, and no others",
                scenario.other().name());
        String evidence = Text.of(
                "%,d predicted from offsets and leader epochs, %,d lost",
                predicted.cardinality(), facts.account().count(Kind.LOST));
        if (predicted.isEmpty() || !facts.isRead(0)) return List.of(Claim.unknown(text, evidence));
        return List.of(Claim.of(facts.account().of(Kind.LOST).equals(predicted), text, evidence));
    }

    /** The records whose loss the operator has chosen; empty in any other run. */
    static BitSet chosen(Facts facts) {
        LastReplica scenario = LastReplica.of(facts);
        return scenario == null ? new BitSet() : scenario.predicted(facts);
    }
}
