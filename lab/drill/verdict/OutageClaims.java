package lab.drill.verdict;

import java.util.*;
import java.util.stream.*;
import lab.drill.faults.*;
import lab.drill.ledger.*;

/** What is claimed of each node that was taken down, and of a controller. */
record OutageClaims(Result result, Judge judge) {
    List<Claim> claims() {
        var claims = new ArrayList<Claim>();
        for (Outage outage : result.outages) claims.add(wentDown(outage));
        for (Outage outage : result.outages)
            if (outage.node.isController() && outage.healedAt > 0) claims.addAll(withoutController(outage));
        return claims;
    }

    /** PASS needs that the cluster itself noticed: nothing else shows that the fault was one. */
    private Claim wentDown(Outage outage) {
        String seen = evidenceOf(outage);
        String nothing = outage.id == Target.CONTROLLER
                ? "no three questions to it in a row stayed without an answer: it must be down for 5 s or more (--down)"
                : "the cluster noticed nothing: a dead broker is noticed after broker.session.timeout.ms (--down)";
        Verdict verdict = seen == null ? Verdict.INCONCLUSIVE : Verdict.PASS;
        return new Claim(verdict, outage.name + " went down", seen == null ? nothing : seen);
    }

    /** Records need no controller. A partition whose leader dies does. */
    private List<Claim> withoutController(Outage controller) {
        List<Outage> meanwhile = result.outages.stream()
                .filter(it -> it.id != Target.CONTROLLER && it.harmedAt < controller.healedAt)
                .filter(it -> it.wholeAt == 0 || it.wholeAt > controller.harmedAt)
                .toList();
        if (meanwhile.isEmpty()) return List.of(flowsOn(controller));
        var claims = new ArrayList<Claim>();
        for (Outage outage : meanwhile)
            if (outage.harmedAt > controller.doneAt && result.observer.nodes().isOnlyController())
                for (int partition : outage.partitionsLed()) claims.add(noSuccessor(controller, outage, partition));
        return claims;
    }

    private Claim flowsOn(Outage controller) {
        int from = controller.harmedAt;
        int to = controller.healedAt;
        Gap pause = Gap.longest(result.allPartitions().mapToObj(it -> Gap.longest(result.waited(it), from, to)));
        long least = result.allPartitions()
                .mapToLong(it -> result.count(it, from, to))
                .min()
                .orElse(0);
        String evidence = "at least %,d acknowledged in each partition meanwhile, longest pause %.2f s";
        boolean flows = least > 0 && pause.ticks() < (to - from) / 2;
        return judge.claim(
                flows,
                controller,
                "records flow on while the controller is down",
                evidence.formatted(least, pause.seconds()));
    }

    private Claim noSuccessor(Outage controller, Outage outage, int partition) {
        int elected = result.gotLeader(outage, partition);
        String text = "partition %d gets no new leader while the controller is down".formatted(partition);
        String evidence = elected == 0
                ? "nobody was elected"
                : "elected %.1f s after the controller was started"
                        .formatted(Ticks.seconds(elected - controller.healedAt));
        double dead = Ticks.seconds(controller.healedAt - outage.harmedAt);
        double session = result.facts.sessionTimeout / 1e3;
        boolean holds = elected == 0 || elected > controller.healedAt;
        String tooShort = "the controller was back after %.1f s; it gives a dead broker up after %.0f s";
        if (holds && !outage.controlled && dead <= session)
            return Claim.unknown(text, tooShort.formatted(dead, session));
        return judge.claim(holds, outage, text, evidence);
    }

    String evidenceOf(Outage outage) {
        String after = ", %.2f s after the fault";
        // The next outage of the same node has evidence of its own; and when all is whole, this script elects
        // leaders.
        int end = result.outages.stream()
                .filter(it -> it.id == outage.id && it.harmedAt > outage.harmedAt)
                .mapToInt(it -> it.harmedAt)
                .min()
                .orElse(outage.wholeAt > 0 ? outage.wholeAt : Integer.MAX_VALUE);
        int gone = result.observer.nodes().goneBetween(outage.id, outage.harmedAt, end);
        for (Change change : result.partitions.changesSince(outage.harmedAt)) {
            if (change.tick() > end) break;
            // No evidence: a partition that somebody moved, and a leader that stays in sync after an election.
            if (result.partitions.wasMoved(change.partition())) continue;
            boolean led = change.before().leader() == outage.id
                    && (change.now().leader() < 0 || !change.now().inSync().contains(outage.id));
            boolean out = change.before().inSync().contains(outage.id)
                    && !change.now().inSync().contains(outage.id);
            String how = led ? "it led partition %d no more" : "it was out of the in-sync replicas of partition %d";
            if (led || out) return (how + after).formatted(change.partition(), outage.after(change.tick()));
        }
        String seen = outage.id == Target.CONTROLLER
                ? "no controller, or another one, led"
                : "the cluster did not list it any more";
        return gone == 0 ? null : (seen + after).formatted(outage.after(gone));
    }
}
