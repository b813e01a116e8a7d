package lab.proof.facts;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lab.history.Seen;

/**
 * What shows that a node was really down: the cluster's metadata, and nothing that the run reports of itself.
 *
 * @param t when it was first seen
 * @param blind why the cluster was not observed between the fault and then; null if it was
 */
public record Evidence(double t, String text, String blind) {

    /** By outage; without those that nothing shows. */
    static Map<Outage, Evidence> of(List<Outage> outages, Observed observed, Setup setup) {
        var all = new HashMap<Outage, Evidence>();
        for (Outage outage : outages) {
            Evidence evidence =
                    outage.isController() ? controller(outage, observed) : broker(outage, outages, observed);
            Seen.Blind silence = silence(outage, outages, observed, setup);
            if (silence != null && (evidence == null || evidence.blind() != null))
                evidence = new Evidence(
                        Math.max(silence.t(), outage.from()),
                        Text.of(
                                "no broker answered for %.1f s, while a fault was on each of them",
                                silence.to() - silence.t()),
                        observed.blindIn(outage.from(), Math.max(silence.t(), outage.from()), silence));
            if (evidence != null) all.put(outage, evidence);
        }
        return all;
    }

    private static Evidence controller(Outage outage, Observed observed) {
        double t = observed.controllerChanged(outage.from(), outage.wholeAt());
        if (t == Outage.NEVER) return null;
        return new Evidence(t, "no controller, or another one, was active", observed.blindIn(outage.from(), t));
    }

    private static Evidence broker(Outage outage, List<Outage> outages, Observed observed) {
        double end = end(outage, outages);
        double first = observed.unlisted(outage.node(), outage.from(), end);
        String text = "the cluster no longer listed it";
        for (Observed.Change change : observed.changes()) {
            if (change.t() < outage.from() || change.t() > end || change.t() >= first) continue;
            if (!change.now().replicas().equals(change.before().replicas())) continue; // moved by others
            boolean was = change.before().inSync().contains(outage.node());
            boolean is = change.now().inSync().contains(outage.node());
            boolean led = change.before().leader() == outage.node();
            // No evidence: a leader that stays in sync after an election.
            if (led && (change.now().leader() < 0 || !is)) text = "it no longer led partition %d";
            else if (was && !is) text = "it left the in-sync replicas of partition %d";
            else continue;
            text = Text.of(text, change.partition());
            first = change.t();
        }
        return first == Outage.NEVER ? null : new Evidence(first, text, observed.blindIn(outage.from(), first));
    }

    /** The next fault on the same node has evidence of its own; and when all is in sync, preferred leaders are elected. */
    private static double end(Outage outage, List<Outage> outages) {
        return outages.stream()
                .filter(it -> it.node() == outage.node() && it.from() > outage.from())
                .mapToDouble(Outage::from)
                .min()
                .orElse(outage.wholeAt());
    }

    /** A time without any answer, from a fault on the last broker until one is restored; null if there is none. */
    private static Seen.Blind silence(Outage outage, List<Outage> outages, Observed observed, Setup setup) {
        if (outage.isController()) return null;
        for (Seen.Blind it : observed.blind()) {
            double begin = Math.max(it.t(), outage.from());
            double restored = outages.stream()
                    .filter(each -> !each.isController())
                    .mapToDouble(Outage::restoredAt)
                    .filter(t -> t >= begin)
                    .min()
                    .orElse(Outage.NEVER);
            // Brokers that are taken down within a second are all down when the last one is.
            double from = outages.stream()
                    .filter(each -> !each.isController() && each.from() <= restored && each.restoredAt() >= restored)
                    .mapToDouble(Outage::from)
                    .filter(t -> t <= it.t() + 1)
                    .reduce(begin, Math::max);
            boolean spans = it.t() >= outage.from() - 1 && it.t() <= outage.restoredAt() && it.to() >= restored;
            if (spans && it.why().equals(Seen.Blind.NO_ANSWER) && allDown(outages, setup, from)) return it;
        }
        return null;
    }

    private static boolean allDown(List<Outage> outages, Setup setup, double time) {
        Set<Integer> brokers = new HashSet<>();
        setup.cluster().brokers().forEach(it -> brokers.add(it.id()));
        boolean known = !brokers.isEmpty();
        for (Outage it : outages)
            if (!it.isController() && time >= it.from() && time <= it.restoredAt()) brokers.remove(it.node());
        return known && brokers.isEmpty();
    }
}
