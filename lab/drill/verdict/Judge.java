package lab.drill.verdict;

import java.time.Duration;
import java.util.*;
import java.util.function.*;
import lab.drill.faults.*;
import lab.drill.ledger.*;
import lab.drill.scenarios.LastReplica;

/** The claims of a trial: what is common to them, and which are made. */
record Judge(Result result, Duration maxPause, Duration maxLatency) {
    /** A controlled stop moves the leaders first; else the cluster, or the client, gives up a silent broker. */
    Bound bound(Outage outage) {
        if (outage.controlled) return new Bound(5, "a controlled stop");
        long session = result.facts.sessionTimeout;
        int request = result.facts.producing.requestTimeout();
        boolean byRequest = outage.fault.isSilent() && request > session;
        String name = byRequest ? "request.timeout.ms" : "broker.session.timeout.ms";
        long limit = byRequest ? request : session;
        return new Bound(1.5 * limit / 1e3, "1.5 times %s, %.0f s".formatted(name, limit / 1e3));
    }

    /** What somebody else did to the cluster in a window; null if nothing was seen. */
    String fromOutside(int from, int to, Predicate<OutsideEvent> wanted) {
        return result.observer.outside().stream()
                .filter(it -> it.tick() >= from && it.tick() <= to && wanted.test(it))
                .map(OutsideEvent::text)
                .findFirst()
                .orElse(null);
    }

    /** A claim about an outage. Where it does not hold, and the script could not see or was disturbed: unknown. */
    Claim claim(boolean holds, Outage outage, String text, String evidence) {
        return claim(holds, outage.harmedAt, outage.overAt(), text, evidence);
    }

    /** The same about a whole trial. */
    Claim claim(boolean holds, String text, String evidence) {
        return claim(holds, 0, Integer.MAX_VALUE, text, evidence);
    }

    private Claim claim(boolean holds, int from, int to, String text, String evidence) {
        String unseen = disturbed(from, to);
        return Claim.of(holds, text, evidence, unseen != null ? unseen : fromOutside(from, to, event -> true));
    }

    /** The same about what happens while the node is away: a short absence need not be noticed. */
    Claim claimWhileAway(boolean holds, Outage outage, String text, String evidence) {
        double away = Ticks.seconds((outage.healedAt > 0 ? outage.healedAt : Integer.MAX_VALUE) - outage.harmedAt);
        double session = result.facts.sessionTimeout / 1e3;
        if (holds || outage.controlled || away > 1.5 * session) return claim(holds, outage, text, evidence);
        String why = "; but it was away for %.1f s only, and a dead broker is noticed after %.0f s (--down)";
        return Claim.unknown(text, evidence + why.formatted(away, session));
    }

    /** Why the script could not see all that happened in a window; null if it could. */
    String disturbed(int from, int to) {
        if (result.observer.topicGone()) return "somebody deleted the topic";
        String stall = stall(from, to);
        return stall != null ? stall : silence(from, to);
    }

    private String stall(int from, int to) {
        for (Gap gap : result.observer.stalls())
            if (gap.overlaps(from, to)) return "this script did not run for %.1f s".formatted(gap.seconds());
        return null;
    }

    String silence(int from, int to) {
        for (Gap gap : result.observer.silences())
            if (gap.overlaps(from, to)) return "no broker told who leads for %.1f s".formatted(gap.seconds());
        return null;
    }

    List<Claim> claims() {
        var claims = new ArrayList<Claim>();
        if (result.facts.unobserved != null)
            claims.add(Claim.unknown("the trial came to its end", result.facts.unobserved));
        claims.addAll(new OutageClaims(result, this).claims());
        claims.addAll(flowed());
        result.facts.failedConsumers.forEach(
                (consumer, why) -> claims.add(Claim.unknown("consumer %d reads to the end".formatted(consumer), why)));
        BitSet chosenLoss = new BitSet();
        if (result.facts.unobserved == null && result.facts.scenario instanceof LastReplica scenario) {
            var ofScenario = new LastReplicaClaims(result, this, scenario);
            chosenLoss = ofScenario.chosenLoss();
            claims.addAll(ofScenario.claims());
        } else if (result.facts.unobserved == null) claims.addAll(new PlacementClaims(result, this).claims());
        if (!result.audited) claims.add(Claim.unknown("the log was read", "it was not"));
        else claims.addAll(new RecordClaims(result, this, chosenLoss).claims());
        if (maxPause != null)
            claims.add(limit("no pause is longer than", maxPause, result.longestEver(), "longest pause"));
        if (maxLatency == null) return claims;
        double p99 = result.percentile99() / 1e3;
        claims.add(limit("99 percent of the records are acknowledged within", maxLatency, p99, "p99"));
        return claims;
    }

    private Claim limit(String text, Duration limit, double seconds, String what) {
        boolean holds = result.account.count(Kind.ACKNOWLEDGED) > 0 && seconds <= limit.toMillis() / 1e3;
        String format = limit.toMillis() % 100 == 0 ? "%s %.1f s" : "%s %.3f s";
        String full = format.formatted(text, limit.toMillis() / 1e3);
        String evidence = "%s %.2f s".formatted(what, seconds);
        return Claim.of(holds, full, evidence, stall(0, Integer.MAX_VALUE));
    }

    private List<Claim> flowed() {
        if (result.facts.unobserved != null || result.outages.stream().anyMatch(it -> it.preferredAt == 0))
            return List.of();
        int first = result.firstFault();
        int last = result.lastRecovery();
        var without = new ArrayList<Integer>();
        for (int partition : result.allPartitions().toArray())
            if (result.count(partition, 0, first) == 0 || result.count(partition, last, Integer.MAX_VALUE) == 0)
                without.add(partition);
        if (without.isEmpty()) return List.of();
        String evidence = "none were acknowledged before, or none after, in partition " + Claim.joined(without);
        return List.of(Claim.unknown("records flow before and after", evidence));
    }
}
