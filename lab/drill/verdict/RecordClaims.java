package lab.drill.verdict;

import java.util.*;
import java.util.stream.*;
import lab.drill.ledger.*;

/** What is claimed of the records themselves. */
record RecordClaims(Result result, Judge judge, BitSet chosenLoss) {
    private static final String DELIVERED = "every record that was sent is delivered";

    List<Claim> claims() {
        var claims = new ArrayList<Claim>();
        boolean gone = result.observer.topicGone();
        String deleted = "somebody deleted it in mid-run, or made another of its name";
        if (gone) claims.add(Claim.unknown("the topic is there to the end", deleted));
        Promises promises = gone // then no setting explains a loss
                ? new Promises(null, "a topic that was made anew")
                : Promises.of(result.facts.producing.asKafkaReads(), result.topic.allowsUncleanElection());
        boolean readOn = !gone && result.facts.failedConsumers.isEmpty();
        claims.addAll(of(result.account, result.ledger, promises, chosenLoss, readOn));
        refusesWithFew().ifPresent(claims::add);
        if (result.account.count(Kind.NOT_DELIVERED) > 0) claims.add(delivered());
        int untold = Ledger.minus(result.account.get(Kind.UNTOLD), result.account.get(Kind.ACKNOWLEDGED))
                .cardinality();
        String evidence = "%,d were not acknowledged, and may have been in the log before it was cut";
        if (untold > 0) claims.add(Claim.unknown(DELIVERED, evidence.formatted(untold)));
        return claims;
    }

    /**
     * The claims about the records themselves: the same for every trial with a log.
     *
     * @param chosenLoss records whose loss an operator has chosen
     * @param groupReadOn false: a consumer of this script had ended, so unseen records prove nothing
     */
    static List<Claim> of(Account account, Ledger ledger, Promises promises, BitSet chosenLoss, boolean groupReadOn) {
        var claims = new ArrayList<Claim>(List.of(lossClaim(account, ledger, promises, chosenLoss)));
        int ghosts = account.count(Kind.GHOSTS);
        if (ghosts > 0)
            claims.add(Claim.of(false, "a record that failed is not in the log", "%,d are".formatted(ghosts)));
        boolean clean = account.get(Kind.DUPLICATES).isEmpty()
                && account.get(Kind.REORDERED).isEmpty();
        String order = "%,d duplicates, %,d out of order"
                .formatted(account.count(Kind.DUPLICATES), account.count(Kind.REORDERED));
        if (clean || promises.repeatsAllowedBy() == null)
            claims.add(Claim.of(clean, "each record is in the log once, in order", order));
        else {
            String text = "repeated or out of order: %s allows it".formatted(promises.repeatsAllowedBy());
            claims.add(new Claim(Verdict.ALLOWED, text, order));
        }
        String received = "%,d of %,d; %,d more than once"
                .formatted(account.received(), account.count(Kind.IN_LOG), account.count(Kind.REDELIVERED));
        boolean all = account.get(Kind.UNSEEN).isEmpty();
        Verdict verdict = all ? Verdict.PASS : groupReadOn ? Verdict.FAIL : Verdict.INCONCLUSIVE;
        claims.add(new Claim(verdict, "the group received all that is in the log", received));
        return claims;
    }

    private static Claim lossClaim(Account account, Ledger ledger, Promises promises, BitSet chosenLoss) {
        BitSet lost = Ledger.minus(account.get(Kind.LOST), chosenLoss);
        String evidence = "%,d acknowledged, %,d of them not in the log"
                .formatted(account.count(Kind.ACKNOWLEDGED), account.count(Kind.LOST));
        if (!lost.isEmpty()) evidence += ": " + some(lost, ledger);
        String text = "no %sacknowledged record is lost".formatted(chosenLoss.isEmpty() ? "" : "other ");
        int untold = Ledger.and(account.get(Kind.ACKNOWLEDGED), account.get(Kind.UNTOLD))
                .cardinality();
        if (untold > 0) evidence += "; %,d expired or lost: the log cannot tell".formatted(untold);
        boolean surelyLost = !lost.isEmpty() && promises.lossAllowedBy() == null;
        if (untold > 0 && !surelyLost) return Claim.unknown(text, evidence);
        if (lost.isEmpty() || promises.lossAllowedBy() == null) return Claim.of(lost.isEmpty(), text, evidence);
        String allowed = "lost %,d: %s allows it".formatted(lost.cardinality(), promises.lossAllowedBy());
        return new Claim(Verdict.ALLOWED, allowed, evidence);
    }

    /** The first few ids and the last few, with their partitions. */
    private static String some(BitSet ids, Ledger ledger) {
        List<String> all = ids.stream()
                .limit(9)
                .mapToObj(id -> id + " in partition " + ledger.partition(id))
                .toList();
        if (all.size() <= 8) return String.join(", ", all);
        int[] last = ids.stream().skip(ids.cardinality() - 3).toArray();
        return "%s, ... %d, %d, %d".formatted(String.join(", ", all.subList(0, 3)), last[0], last[1], last[2]);
    }

    /** With fewer replicas in sync than min.insync.replicas the cluster takes no record with acks=all. */
    private Optional<Claim> refusesWithFew() {
        int min = result.topic.minInSync();
        if (min < 2 || !result.facts.producing.waitsForAll() || !result.facts.minInSyncIsSteady)
            return Optional.empty();
        var few = new TreeMap<Integer, List<Gap>>(); // by partition
        for (int partition : result.allPartitions().toArray()) {
            List<Gap> gaps =
                    result.partitions.times(partition, state -> state.inSync().size() < min);
            // At its edges brokers learn of a change at different times.
            List<Gap> inner = gaps.stream()
                    .map(gap -> new Gap(gap.from() + Ticks.of(1), gap.to() - Ticks.of(2)))
                    .filter(gap -> gap.ticks() > Ticks.of(1))
                    .toList();
            if (!inner.isEmpty()) few.put(partition, inner);
        }
        if (few.isEmpty()) return Optional.empty();
        long taken = few.entrySet().stream()
                .flatMapToLong(
                        it -> it.getValue().stream().mapToLong(gap -> result.count(it.getKey(), gap.from(), gap.to())))
                .sum();
        Gap longest = Gap.longest(few.values().stream().flatMap(List::stream));
        String text = "with fewer in sync than min.insync.replicas=%d nothing is acknowledged".formatted(min);
        String evidence = "%,d acknowledged in partition %s, for %.1f s"
                .formatted(taken, Claim.joined(few.keySet()), longest.seconds() + 3);
        return Optional.of(judge.claim(taken == 0, text, evidence));
    }

    /** Sent, and not delivered: allowed only where the cluster could not take records for longer than the client waits. */
    private Claim delivered() {
        double limit = result.facts.producing.deliveryTimeout() / 1e3;
        var reasons = new TreeSet<String>();
        for (int partition : result.allPartitions().toArray()) {
            if (result.ledger.ids(partition).noneMatch(result.account.get(Kind.NOT_DELIVERED)::get)) continue;
            Gap gap = result.longestPause(result.waited(partition));
            String why = whyUnavailable(partition, gap);
            if (why == null || gap.seconds() < limit) {
                String evidence =
                        "%,d were not; the longest pause of partition %d was %.1f s, delivery.timeout.ms is %.0f s (%s)"
                                .formatted(
                                        result.account.count(Kind.NOT_DELIVERED),
                                        partition,
                                        gap.seconds(),
                                        limit,
                                        result.facts.complaint);
                return Claim.of(false, DELIVERED, evidence, judge.disturbed(gap.from(), gap.to()));
            }
            reasons.add(why);
        }
        String text = "not delivered %,d: the cluster could not take them for longer than delivery.timeout.ms"
                .formatted(result.account.count(Kind.NOT_DELIVERED));
        return new Claim(
                Verdict.ALLOWED,
                text,
                "%s; delivery.timeout.ms is %.0f s".formatted(String.join("; ", reasons), limit));
    }

    /** Why a partition could not take records in the middle of a pause; null if nothing of the kind was seen. */
    private String whyUnavailable(int partition, Gap gap) {
        int middle = gap.from() + gap.ticks() / 2;
        State state = result.partitions.stateAt(partition, middle);
        boolean all = result.facts.producing.asKafkaReads().getString("acks").equals("-1");
        if (state.leader() < 0) return "partition %d had no leader".formatted(partition);
        if (all && state.inSync().size() < result.topic.minInSync())
            return "partition %d had %d in sync, min.insync.replicas is %d"
                    .formatted(partition, state.inSync().size(), result.topic.minInSync());
        return result.outages.stream()
                .filter(it -> middle >= it.harmedAt && (it.healedAt == 0 || middle < it.healedAt))
                .filter(it -> it.id == state.leader() || all && state.inSync().contains(it.id))
                .map(it -> "%s was down, and still leader or in sync".formatted(it.name))
                .findFirst()
                .orElse(null);
    }
}
