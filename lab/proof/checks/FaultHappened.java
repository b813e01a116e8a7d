package lab.proof.checks;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import lab.history.Seen;
import lab.proof.facts.Facts;
import lab.proof.facts.Observed;
import lab.proof.facts.Outage;
import lab.proof.facts.Text;

/**
 * Each node that a fault hit was down: the cluster's metadata confirms it. Evidence is a partition that it no longer leads,
 * in-sync replicas without it, a list of brokers without it, no broker that answers while a fault is on each of them;
 * for a controller, none or another one that is active. A leader that moves while the node stays in sync is no evidence.
 *
 * <p>INCONCLUSIVE: the cluster noticed nothing, or was not observed between the fault and the first evidence. Never FAIL.
 */
class FaultHappened implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        var claims = new ArrayList<Claim>();
        for (Outage outage : facts.outages()) claims.add(claim(facts, outage));
        return claims;
    }

    /** What the cluster shows, and when. */
    private record Evidence(double t, String text) {}

    private static Claim claim(Facts facts, Outage outage) {
        String text = outage.name() + " was down";
        Evidence seen = evidence(facts, outage);
        if (seen == null && silence(facts, outage) != null)
            return Claim.pass(
                    text,
                    Text.of(
                            "no broker answered for %.1f s: a fault was on each of them",
                            silence(facts, outage).to() - silence(facts, outage).t()));
        if (seen == null)
            return Claim.unknown(
                    text,
                    outage.isController()
                            ? "a controller answered all the time: it must be down for 5 s or more (--down)"
                            : "the cluster noticed nothing: a dead broker is noticed after"
                                    + " broker.session.timeout.ms (--down)");
        String when = Text.of("%s, %.2f s after the fault", seen.text, outage.after(seen.t));
        String blind = facts.observed().blindIn(outage.from(), seen.t);
        return blind == null || silence(facts, outage) != null
                ? Claim.pass(text, when)
                : Claim.unknown(text, when + "; but " + blind);
    }

    private static Evidence evidence(Facts facts, Outage outage) {
        double end = end(facts, outage);
        if (outage.isController()) {
            double at = facts.observed().controllerChanged(outage.from(), end);
            return at == Outage.NEVER ? null : new Evidence(at, "no controller, or another one, was active");
        }
        Evidence first = null;
        double unlisted = facts.observed().unlisted(outage.node(), outage.from(), end);
        if (unlisted < Outage.NEVER) first = new Evidence(unlisted, "the cluster no longer listed it");
        for (Observed.Change change : facts.observed().changes()) {
            if (change.t() < outage.from() || change.t() > end || first != null && change.t() >= first.t) continue;
            if (!change.now().replicas().equals(change.before().replicas())) continue; // moved by others
            boolean was = change.before().inSync().contains(outage.node());
            boolean is = change.now().inSync().contains(outage.node());
            boolean led =
                    change.before().leader() == outage.node() && (change.now().leader() < 0 || !is);
            if (led) first = new Evidence(change.t(), Text.of("it no longer led partition %d", change.partition()));
            else if (was && !is)
                first = new Evidence(
                        change.t(), Text.of("it left the in-sync replicas of partition %d", change.partition()));
        }
        return first;
    }

    /** The next fault on the same node has evidence of its own; and when all is in sync, preferred leaders are elected. */
    private static double end(Facts facts, Outage outage) {
        return facts.outages().stream()
                .filter(it -> it.node() == outage.node() && it.from() > outage.from())
                .mapToDouble(Outage::from)
                .min()
                .orElse(outage.wholeAt());
    }

    /** A time without any answer, in which a fault was on every broker; null if there is none. */
    private static Seen.Blind silence(Facts facts, Outage outage) {
        if (outage.isController()) return null;
        for (Seen.Blind it : facts.observed().blind()) {
            boolean inTime = it.to() >= outage.from() && it.t() >= outage.from() - 1 && it.t() <= outage.restoredAt();
            if (inTime && it.why().equals(Seen.Blind.NO_ANSWER) && allDown(facts, Math.max(it.t(), outage.from())))
                return it;
        }
        return null;
    }

    private static boolean allDown(Facts facts, double time) {
        Set<Integer> brokers = new HashSet<>();
        facts.setup().cluster().brokers().forEach(it -> brokers.add(it.id()));
        for (Outage it : facts.outages())
            if (!it.isController() && time >= it.from() && time <= it.restoredAt()) brokers.remove(it.node());
        return brokers.isEmpty() && !facts.setup().cluster().brokers().isEmpty();
    }
}
