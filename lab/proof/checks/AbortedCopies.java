package lab.proof.checks;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import lab.history.Processing;
import lab.proof.facts.Facts;
import lab.proof.facts.Pipelined;
import lab.proof.facts.Text;

/**
 * A pipeline was frozen in a transaction: the outputs that only a reader with read_uncommitted receives are those
 * between the last stable offset and the high watermark at that time, of inputs that were not committed, and no others.
 *
 * <p>FAIL: they are others, more or fewer. With your pipeline: a reader with read_committed receives one of them.
 *
 * <p>INCONCLUSIVE: OutputSeen does not hold; or they are others, and the pipeline reports that it aborted another
 * transaction. Your pipeline does not report that, so with it, others are INCONCLUSIVE.
 */
class AbortedCopies implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        Pipelined it = Pipelined.of(facts);
        if (it == null || !it.setup().transactions() || it.open().isEmpty()) return List.of();
        Set<Integer> frozen = new TreeSet<>();
        long predicted = 0;
        for (Processing.Open open : it.open()) {
            predicted += open.end() - open.stable();
            frozen.add(open.process());
        }
        Map<Long, Integer> aborted = it.aborted();
        String text = "readers with read_uncommitted also receive the open transaction's outputs, and no others";
        String evidence = Text.of("%,d predicted from offsets, %,d aborted", predicted, aborted.size());
        if (it.unseen() != null) return List.of(Claim.unknown(text, evidence + "; but " + it.unseen()));
        // The frozen process itself reports once that its transaction is lost, if it is resumed.
        int others = it.batches("aborted").size() + it.batches("replaced").size() - frozen.size();
        String doubt = others > 0 ? "the pipeline aborted other transactions, too" : null;
        if (it.setup().isForeign() && it.processed().noneMatch(offset -> isOpen(it, offset)))
            doubt = "your pipeline does not report which other transactions it aborted";
        boolean all = aborted.size() == predicted
                && aborted.entrySet().stream().allMatch(each -> isOpen(it, each.getKey(), each.getValue()));
        return List.of(Claim.of(all, text, evidence, doubt));
    }

    private static boolean isOpen(Pipelined it, long offset) {
        return it.open().stream().anyMatch(open -> offset >= open.stable() && offset < open.end());
    }

    /** Whether it is also an output of an input that the group had not committed. */
    private static boolean isOpen(Pipelined it, long offset, int id) {
        return it.open().stream()
                .anyMatch(open -> offset >= open.stable() && offset < open.end() && it.isUncommitted(id, open));
    }
}
