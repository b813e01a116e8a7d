package lab.proof.checks;

import java.util.List;
import lab.proof.facts.Facts;
import lab.proof.facts.Shared;

/**
 * The share group finished every record, and its dead letters were read. Shown only if it does not hold.
 *
 * <p>INCONCLUSIVE: it did not come to the end of the topic, the dead letters were not read, or there were no records.
 * Never FAIL.
 */
class QueueSeen implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        Shared it = Shared.of(facts);
        if (it == null) return List.of();
        String text = "the share group finished every record";
        String unseen = it.unseen();
        return List.of(unseen == null ? Claim.pass(text, "").routinely() : Claim.unknown(text, unseen));
    }
}
