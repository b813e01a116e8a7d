package lab.proof.checks;

import java.util.BitSet;
import java.util.List;
import lab.history.Processing;
import lab.proof.facts.Facts;
import lab.proof.facts.Pipelined;
import lab.proof.facts.Text;

/**
 * A control, a pipeline that does not seek back after an aborted transaction: the inputs of that batch are missing,
 * and no others. They are predicted from what the pipeline reports as committed.
 *
 * <p>FAIL: others are missing, or fewer, or an input is there twice.
 *
 * <p>INCONCLUSIVE: the pipeline reports no aborted batch, or not as many records as it skipped; OutputSeen does not
 * hold; or the claim does not hold, and the pipeline replaced its clients, which read the batch again.
 */
class SkipsBatch implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        Pipelined it = Pipelined.of(facts);
        if (it == null || it.setup().seekBack()) return List.of();
        BitSet predicted = it.skipped();
        String text = "control: without seeking back, the aborted batch is missing, and nothing else";
        String evidence = Text.of(
                "%,d aborted batches; %,d inputs predicted from those committed, %,d missing, %,d twice or more",
                it.batches("aborted").size(),
                predicted.cardinality(),
                it.missing().cardinality(),
                it.twice().cardinality());
        if (it.unseen() != null) return List.of(Claim.unknown(text, evidence + "; but " + it.unseen()));
        int aborted = it.batches("aborted").stream()
                .mapToInt(Processing.Batch::records)
                .sum();
        boolean holds = it.missing().equals(predicted) && it.twice().isEmpty();
        if (holds && (aborted == 0 || aborted != predicted.cardinality()))
            return List.of(Claim.unknown(text, evidence + Text.of("; %,d reported as aborted", aborted)));
        String doubt = it.batches("replaced").isEmpty() ? null : "the pipeline replaced its clients";
        return List.of(Claim.of(holds, text, evidence, doubt));
    }
}
