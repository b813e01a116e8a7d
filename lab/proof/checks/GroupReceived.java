package lab.proof.checks;

import java.util.List;
import lab.history.Action;
import lab.history.Audit;
import lab.proof.facts.Account;
import lab.proof.facts.Account.Kind;
import lab.proof.facts.Facts;
import lab.proof.facts.Text;

/**
 * The group received every record that is in the log.
 *
 * <p>FAIL: it did not receive one, although its consumers read until no more records came.
 *
 * <p>INCONCLUSIVE: the log has none of the run's records; a consumer failed, the topic was deleted, the run gave up while the
 * group still read, or the history is incomplete; the log was not read to its end; or acknowledged records could not be
 * seen, and were not received.
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
        if (!ConsumersReadOn.failed(facts).isEmpty()) return "a consumer failed";
        double audited =
                facts.audits().values().stream().mapToDouble(Audit::t).max().orElse(0);
        for (Action.GaveUp it : facts.run().all(Action.GaveUp.class))
            if (it.t() >= audited) return "the run gave up before the group had ended";
        return null;
    }
}
