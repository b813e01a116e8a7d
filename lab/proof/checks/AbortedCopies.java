package lab.proof.checks;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import lab.history.Processing;
import lab.proof.facts.Facts;
import lab.proof.facts.Pipelined;
import lab.proof.facts.Text;

/**
 * A pipeline was frozen in a transaction: the outputs that only a reader with read_uncommitted receives are those
 * between the last stable offset and the high watermark at that time, and no others.
 *
 * <p>FAIL: they are others, more or fewer.
 *
 * <p>INCONCLUSIVE: not everything was observed (OutputSeen); or they are others, and the pipeline reports that it
 * aborted another transaction.
 */
class AbortedCopies implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        Pipelined it = Pipelined.of(facts);
        if (it == null || !it.setup().transactions() || it.open().isEmpty()) return List.of();
        Set<Long> predicted = new TreeSet<>();
        Set<Integer> frozen = new TreeSet<>();
        for (Processing.Open open : it.open()) {
            LongStream.range(open.stable(), open.end()).forEach(predicted::add);
            frozen.add(open.process());
        }
        Set<Long> aborted = it.aborted().keySet();
        String text = "readers with read_uncommitted also receive the open transaction's outputs, and no others";
        String evidence = Text.of("%,d predicted from offsets, %,d aborted", predicted.size(), aborted.size());
        if (it.unseen() != null) return List.of(Claim.unknown(text, evidence + "; but " + it.unseen()));
        // The frozen process itself reports once that its transaction is lost, if it is resumed.
        int others = it.batches("aborted").size() + it.batches("replaced").size() - frozen.size();
        String doubt = others > 0 ? "the pipeline aborted other transactions, too" : null;
        return List.of(Claim.of(aborted.equals(predicted), text, evidence, doubt));
    }
}
