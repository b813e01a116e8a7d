package lab.proof.checks;

import java.util.List;
import lab.history.Seen;
import lab.proof.facts.Facts;
import lab.proof.facts.Text;

/**
 * Each consumer of the group reads to the end.
 *
 * <p>INCONCLUSIVE: one failed.
 */
class ConsumersReadOn implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        return failed(facts).stream()
                .map(it -> Claim.unknown(Text.of("consumer %d reads to the end", it.consumer()), "" + it.error()))
                .toList();
    }

    /** Why the group need not have received what was there; null: nothing hides it. */
    static String doubt(Facts facts) {
        if (!failed(facts).isEmpty()) return "a consumer failed";
        if (!facts.setup().readsCommitted()) return null;
        return "with isolation.level=read_committed, an open transaction of others holds the group";
    }

    static List<Seen.Consumer> failed(Facts facts) {
        return facts.run().all(Seen.Consumer.class).stream()
                .filter(it -> it.what().equals("failed"))
                .toList();
    }
}
