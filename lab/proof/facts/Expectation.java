package lab.proof.facts;

import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import lab.history.Seen;

/**
 * What an outage of one broker should do to each partition, from its replicas, who was in sync, and the settings. It
 * stands until lab/prediction has the same.
 */
public class Expectation {
    /** What becomes of a partition while the broker is down. */
    public enum Fate {
        NEW_LEADER, // it led, and another in-sync replica takes over
        REFUSED, // a leader is there, and acks=all needs more in-sync replicas than are left
        UNAVAILABLE, // it led, and no other replica was in sync
        FOLLOWER_LOST, // another broker leads, and goes on when the broker has left the in-sync replicas
        UNTOUCHED, // it has no replica on this broker
        NOT_PREDICTED // other faults at the same time, or it was not seen
    }

    private final Setup setup;
    private final Observed observed;
    private final List<Outage> outages;

    Expectation(Setup setup, Observed observed, List<Outage> outages) {
        this.setup = setup;
        this.observed = observed;
        this.outages = outages;
    }

    public Fate of(Outage outage, int partition) {
        Seen.State state = observed.stateAt(partition, outage.from());
        if (state == null || state.leader() < 0 || outage.isController()) return Fate.NOT_PREDICTED;
        List<Integer> replicas = state.replicas().isEmpty() ? setup.replicas(partition) : state.replicas();
        boolean entangled = outages.stream()
                .anyMatch(it -> it.overlaps(outage) && (it.isController() || replicas.contains(it.node())));
        if (entangled || outvoted(outage)) return Fate.NOT_PREDICTED;
        if (!replicas.contains(outage.node())) return Fate.UNTOUCHED;
        var rest = new TreeSet<>(state.inSync());
        rest.remove(outage.node());
        boolean refused = setup.acksAll() && rest.size() < setup.topic().effectiveMinInSync();
        if (state.leader() != outage.node()) return refused ? Fate.REFUSED : Fate.FOLLOWER_LOST;
        if (!rest.isEmpty()) return refused ? Fate.REFUSED : Fate.NEW_LEADER;
        boolean unclean = setup.topic().uncleanElection() && replicas.size() > 1;
        return unclean ? Fate.NOT_PREDICTED : Fate.UNAVAILABLE;
    }

    /** Whether the broker is a controller, too, and too few of these are left to elect anyone. */
    private boolean outvoted(Outage outage) {
        for (Seen.Controller it : observed.controllers())
            if (it.voters().contains(outage.node())
                    && 2 * (it.voters().size() - 1) <= it.voters().size()) return true;
        return false;
    }

    /** The partitions that the broker led when it went down, and that get a new leader (also if they then refuse). */
    public List<Integer> successions(Outage outage) {
        return IntStream.range(0, setup.partitions())
                .filter(it -> leads(outage, it)
                        && List.of(Fate.NEW_LEADER, Fate.REFUSED).contains(of(outage, it)))
                .boxed()
                .toList();
    }

    public List<Integer> partitions(Outage outage, Fate... fates) {
        return IntStream.range(0, setup.partitions())
                .filter(it -> List.of(fates).contains(of(outage, it)))
                .boxed()
                .toList();
    }

    /** The partitions that the node led when it went down. */
    public List<Integer> led(Outage outage) {
        return IntStream.range(0, setup.partitions())
                .filter(it -> leads(outage, it))
                .boxed()
                .toList();
    }

    private boolean leads(Outage outage, int partition) {
        Seen.State state = observed.stateAt(partition, outage.from());
        return state != null && state.leader() == outage.node();
    }
}
