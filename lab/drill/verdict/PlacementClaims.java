package lab.drill.verdict;

import java.util.*;
import lab.drill.faults.Target;
import lab.drill.ledger.*;

/**
 * What is expected of each partition while one broker is down, from its placement and the topic's settings. A partition
 * that the broker leads and another in-sync replica follows gets a new leader. One without such a replica is unavailable
 * until the broker is back. The others continue. Nothing is claimed while other nodes are down as well, or if fewer
 * replicas are in sync than min.insync.replicas: then acks=all is refused, which is a claim of its own.
 */
record PlacementClaims(Result result, Judge judge) {
    private static final String BRIEF = "a brief pause, then it recovers by itself";

    List<Claim> claims() {
        var claims = new ArrayList<Claim>();
        for (Outage outage : result.outages)
            if (!outage.node.isController() && standsAlone(outage) && wasNoticed(outage)) claims.addAll(of(outage));
        return claims;
    }

    private boolean standsAlone(Outage outage) {
        return outage.wholeAt > 0
                && result.outages.stream()
                        .filter(it -> it != outage)
                        .allMatch(it -> it.harmedAt > outage.wholeAt || it.wholeAt > 0 && it.wholeAt < outage.harmedAt);
    }

    /** Commands of the user's may have done nothing at all. */
    private boolean wasNoticed(Outage outage) {
        return result.facts.commandsAreKnown || new OutageClaims(result, judge).evidenceOf(outage) != null;
    }

    private List<Claim> of(Outage outage) {
        var claims = new ArrayList<Claim>();
        var recovering = new TreeSet<Integer>();
        for (int partition = 0; partition < outage.before.size(); partition++) {
            State before = outage.before.get(partition);
            var others = new TreeSet<>(before.inSync());
            boolean needed = others.remove(outage.id);
            boolean led = before.leader() == outage.id;
            boolean refused = result.facts.producing.waitsForAll() && others.size() < result.topic.minInSync();
            if (result.partitions.wasMoved(partition)) continue;
            if (led && others.isEmpty() && !result.topic.allowsUncleanElection())
                claims.addAll(halts(outage, partition));
            else if (led && !others.isEmpty()) {
                claims.add(getsLeader(outage, partition));
                if (!refused) recovering.add(partition);
            } else if (needed && result.facts.producing.waitsForAll()) {
                if (!refused) recovering.add(partition);
            } else if (before.leader() >= 0 && !refused) claims.add(goesOn(outage, partition));
        }
        if (!recovering.isEmpty()) claims.add(isBrief(outage, recovering));
        return claims;
    }

    private Claim getsLeader(Outage outage, int partition) {
        int elected = result.gotLeader(outage, partition);
        String text = "partition %d gets a new leader while %s is down".formatted(partition, outage.name);
        String when = elected == 0 ? "it got none" : "%.2f s after the fault".formatted(outage.after(elected));
        boolean another = elected > 0 && result.partitions.leaderAt(partition, elected) != outage.id;
        return judge.claimWhileAway(another && elected < outage.healedAt, outage, text, when);
    }

    /** The partitions that can recover: none has a pause beyond the bound, and each goes on before the broker is back. */
    private Claim isBrief(Outage outage, Set<Integer> recovering) {
        long since = Long.MAX_VALUE;
        var pause = new Gap(0, 0);
        for (int partition : recovering) {
            boolean led = outage.partitionsLed().contains(partition);
            int elected = led ? result.gotLeader(outage, partition) : outage.harmedAt;
            since = Math.min(since, elected == 0 ? 0 : result.count(partition, elected, outage.healedAt));
            Gap own = result.pause(result.waited(partition), outage);
            if (own.ticks() > pause.ticks()) pause = own;
        }
        Bound bound = judge.bound(outage);
        String evidence = "longest pause %.2f s, bound %.1f s (%s); %,d acknowledged before %s was back"
                .formatted(pause.seconds(), bound.seconds(), bound.why(), since, outage.name);
        boolean brief = pause.seconds() <= bound.seconds() && since > 0;
        // Not brief, although somebody helped: FAIL. Brief, and perhaps only because somebody helped: unknown.
        String helpedBy = judge.fromOutside(outage.harmedAt, outage.overAt(), it -> it.node() != Target.CONTROLLER);
        boolean noticeable = pause.seconds() > 5; // a pause in which nobody answered may have needed help, too
        String doubt = helpedBy == null && noticeable ? judge.silence(pause.from(), pause.to()) : helpedBy;
        if (!brief && helpedBy != null)
            return new Claim(Verdict.FAIL, BRIEF, evidence + "; not by itself: " + helpedBy);
        if (brief && doubt != null) return Claim.unknown(BRIEF, evidence + "; but " + doubt);
        double down = Ticks.seconds(outage.healedAt - outage.harmedAt);
        if (!brief && pause.seconds() <= bound.seconds() && down < bound.seconds())
            return Claim.unknown(BRIEF, evidence + "; but it was down for %.1f s only (--down)".formatted(down));
        return pause.seconds() > bound.seconds()
                ? judge.claim(brief, outage, BRIEF, evidence)
                : judge.claimWhileAway(brief, outage, BRIEF, evidence);
    }

    private List<Claim> halts(Outage outage, int partition) {
        int gone = result.lostLeader(outage, partition);
        int back = result.gotLeader(outage, partition);
        Gap silence = result.pause(result.waited(partition), outage);
        // A leader that resigns acknowledges for a moment what it has: the silence may begin a little later.
        boolean lasts = silence.to() >= back - result.observer.resolution() && silence.ticks() > 0.8 * (back - gone);
        long after = result.count(partition, outage.preferredAt, Integer.MAX_VALUE);
        boolean unavailable = gone > 0 && back > gone && lasts;
        String text = "partition %d is unavailable while its broker is down".formatted(partition);
        String evidence = "no leader for %.1f s, no acknowledgement for %.1f s"
                .formatted(Ticks.seconds(Math.max(0, back - gone)), silence.seconds());
        String since = "%,d acknowledged since".formatted(after);
        return List.of(
                judge.claimWhileAway(unavailable, outage, text, evidence),
                judge.claim(after > 0, outage, "it resumes when its broker is back", since));
    }

    private Claim goesOn(Outage outage, int partition) {
        Gap gap = Gap.longest(result.acknowledged[partition], outage.harmedAt, outage.healedAt);
        long meanwhile = result.count(partition, outage.harmedAt, outage.healedAt);
        boolean flows = meanwhile > 0 && gap.ticks() < (outage.healedAt - outage.harmedAt) / 2;
        String text = "partition %d, led by another broker, goes on".formatted(partition);
        String evidence = "%,d acknowledged meanwhile, longest pause %.2f s".formatted(meanwhile, gap.seconds());
        return judge.claim(flows, outage, text, evidence);
    }
}
