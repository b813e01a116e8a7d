package lab.drill.verdict;

import java.util.*;
import lab.drill.ledger.*;
import lab.drill.scenarios.LastReplica;

/** What is claimed of the scenario {@link LastReplica}. */
record LastReplicaClaims(Result result, Judge judge, LastReplica scenario) {
    List<Claim> claims() {
        Outage old = result.outages.get(0); // the old leader's
        Outage other = result.outages.get(1);
        int alone = result.firstChange(0, old.harmedAt, it -> it.now().inSync().equals(List.of(other.id)));
        int elected = result.gotLeader(other, 0);
        int leader = elected == 0 ? -1 : result.partitions.leaderAt(0, elected);
        var claims = new ArrayList<Claim>();

        long onOneDisk = alone == 0 ? 0 : result.count(0, alone + Ticks.of(1), other.harmedAt);
        boolean asPromised = alone > 0 && onOneDisk > 0 == (scenario.minInSync() == 1);
        String text = scenario.minInSync() == 1
                ? "acks=all acknowledges records that are on one disk"
                : "with one replica away nothing is acknowledged";
        String whileAway = "%,d acknowledged while %s alone was in sync".formatted(onOneDisk, other.name);
        claims.add(judge.claim(asPromised, old, text, whileAway));

        int end = result.facts.journal.now(); // where none was acknowledged
        int again = Result.firstAfter(result.acknowledged[0], other.doneAt + Ticks.of(1), end);
        boolean silent = elected > 0 && again >= (scenario.minInSync() == 1 ? elected : other.healedAt);
        text = scenario.minInSync() == 1
                ? "without a leader nothing is acknowledged"
                : "with one replica back, still nothing is acknowledged";
        String silence = "no acknowledgement for %.1f s".formatted(Ticks.seconds(again - other.doneAt));
        claims.add(judge.claim(silent, other, text, silence));

        boolean early = elected > 0 && elected < other.healedAt;
        boolean oldLeads = early && leader == old.id;
        String when = elected == 0
                ? "no leader was elected"
                : "broker %d leads, %.1f s after %s was started"
                        .formatted(leader, Ticks.seconds(elected - old.healedAt), old.name);
        if (scenario.minInSync() == 2) {
            text = "%s leads on its return: it is an eligible leader replica".formatted(old.name);
            claims.add(judge.claim(oldLeads, other, text, when));
        } else if (scenario.isUnclean()) {
            text = "the unclean election makes %s lead".formatted(old.name);
            claims.add(judge.claim(oldLeads, other, text, when));
        } else {
            text = "%s is not elected: the partition waits for %s".formatted(old.name, other.name);
            claims.add(judge.claim(!early && leader == other.id, other, text, when));
        }
        if (scenario.isUnclean() && scenario.minInSync() == 1) claims.add(losesExactly(chosenLoss(), other));
        return claims;
    }

    private Claim losesExactly(BitSet predicted, Outage other) {
        String text = "it loses the records that only %s had: all of them, and no others".formatted(other.name);
        String evidence = "%,d predicted from offsets and leader epochs, %,d lost"
                .formatted(predicted.cardinality(), result.account.count(Kind.LOST));
        if (predicted.isEmpty()) return Claim.unknown(text, evidence);
        return Claim.of(result.account.get(Kind.LOST).equals(predicted), text, evidence);
    }

    /**
     * Acknowledged before anybody was elected, at an offset that the elected replica did not have. Its log ended
     * where the records begin that it wrote as the new leader: their leader epoch is in the log, and does not come
     * from the producer.
     */
    BitSet chosenLoss() {
        var records = new BitSet();
        if (!scenario.isUnclean() || scenario.minInSync() > 1 || result.outages.size() < 2) return records;
        int elected = result.gotLeader(result.outages.get(1), 0);
        long end = result.facts.epochs.stream()
                .filter(epoch -> epoch.partition() == 0 && elected > 0 && epoch.lastAcknowledged() > elected)
                .mapToLong(Epoch::firstOffset)
                .min()
                .orElse(Long.MAX_VALUE);
        for (int id = 1; id <= result.ledger.last(); id++) {
            int at = result.ledger.acknowledgedAt(id);
            if (at > 0 && at < elected && result.ledger.offset(id) >= end) records.set(id);
        }
        return records;
    }
}
