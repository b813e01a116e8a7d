package lab.proof.checks;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lab.history.Action;
import lab.history.Audit;
import lab.history.Flow;
import lab.proof.facts.Account;
import lab.proof.facts.Account.Kind;
import lab.proof.facts.Facts;
import lab.proof.facts.Text;

/**
 * The group received every record that is in the log.
 *
 * <p>FAIL: it did not receive one, although its consumers read until no more records came.
 *
 * <p>INCONCLUSIVE: the log has none of the run's records, or was not read to its end; a consumer failed, the topic
 * was deleted, the run gave up while the group still read, or the history is incomplete; acknowledged records are
 * hidden, and were not received; or the group reads with isolation.level=read_committed, and lacks only the end of a
 * partition, as with an open transaction of others.
 */
class GroupReceived implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        if (facts.setup().consumers() == 0) return List.of();
        Account account = facts.account();
        String text = "the group received every record in the log";
        int inLog = account.count(Kind.IN_LOG);
        String evidence =
                Text.of("%,d of %,d; %,d more than once", account.received(), inLog, account.count(Kind.REDELIVERED));
        if (inLog == 0) return List.of(Claim.unknown(text, evidence));
        if (account.count(Kind.UNSEEN) > 0) {
            evidence += "; not received: " + account.some(account.of(Kind.UNSEEN));
            return List.of(Claim.of(false, text, evidence, doubt(facts)));
        }
        if (!facts.isRead()) return List.of(Claim.unknown(text, evidence + "; the log was not read to its end"));
        if (account.count(Kind.UNPROVEN) > 0)
            return List.of(Claim.unknown(
                    text,
                    evidence + Text.of("; %,d are neither to be seen nor received", account.count(Kind.UNPROVEN))));
        return List.of(Claim.pass(text, evidence));
    }

    private static String doubt(Facts facts) {
        if (!facts.run().complete()) return "the history is incomplete";
        if (facts.topicGone()) return "the topic was deleted in mid-run";
        String held = ConsumersReadOn.doubt(facts);
        if (held != null && (!ConsumersReadOn.failed(facts).isEmpty() || isEnd(facts))) return held;
        double audited =
                facts.audits().values().stream().mapToDouble(Audit::t).max().orElse(0);
        for (Action.GaveUp it : facts.run().all(Action.GaveUp.class))
            if (it.t() >= audited) return "the run gave up before the group had ended";
        return null;
    }

    /** Whether the group received nothing behind what it did not receive: an open transaction holds readers there. */
    private static boolean isEnd(Facts facts) {
        BitSet unseen = facts.account().of(Kind.UNSEEN);
        Map<Integer, Long> first = new HashMap<>(); // offset, by partition
        for (Flow flow : facts.run().flows(Flow.Kind.FOUND))
            flow.records().forEach((id, offset) -> {
                if (unseen.get(id)) first.merge(flow.partition(), offset, Math::min);
            });
        var behind = new boolean[1];
        for (Flow flow : facts.run().flows(Flow.Kind.RECEIVED))
            flow.records()
                    .forEach(
                            (id, offset) -> behind[0] |= offset > first.getOrDefault(flow.partition(), Long.MAX_VALUE));
        return !behind[0];
    }
}
