package lab.proof.facts;

import java.util.List;
import lab.history.Action;
import lab.history.Experiment;
import lab.history.RunHistory;
import lab.history.Seen;

/** What the settings promise, as Kafka's client and the cluster read them. */
public class Promises {
    private static final double AT_ONCE = 5; // seconds between the first and the last power cut

    private final Setup setup;
    private final Observed observed;
    private final PowerCuts powerCuts;
    private final Ids ids;
    private final boolean electsUncleanly;

    Promises(RunHistory run, Setup setup, Observed observed, PowerCuts powerCuts, Ids ids) {
        this.setup = setup;
        this.observed = observed;
        this.powerCuts = powerCuts;
        this.ids = ids;
        this.electsUncleanly =
                run.all(Action.Elect.class).stream().anyMatch(it -> it.what().equals("unclean"));
    }

    /** Why an acknowledged record may be lost; null if it may not be. */
    public String lossAllowedBy(int id) {
        if (!setup.setting("acks").isEmpty() && !setup.acksAll()) return "acks=" + setup.setting("acks");
        boolean allowed =
                setup.topic().uncleanElection() || setup.later().stream().anyMatch(Experiment.Topic::uncleanElection);
        if (allowed) return "unclean.leader.election.enable=true";
        if (electsUncleanly) return "the unclean election that was asked for";
        if (powerCuts.areKnown()) return powerCuts.predicted().get(id) ? powerCutAllowedBy() : null;
        boolean all = allLostPower(ids.partition(id));
        return all ? "a power cut of all in-sync replicas: Kafka acknowledges before fsync" : null;
    }

    /** The setting that lets Kafka acknowledge before fsync. */
    public String powerCutAllowedBy() {
        long messages = powerCuts.cut(powerCuts.outages().get(0)).flushMessages();
        return Text.of("log.flush.interval.messages=%d (Kafka acknowledges before fsync)", messages);
    }

    /** Whether every replica that was in sync lost what its machine had not written to the disk. */
    private boolean allLostPower(int partition) {
        List<Outage> cuts = powerCuts.outages();
        if (cuts.isEmpty()) return false;
        Seen.State state = observed.stateAt(partition, cuts.get(0).from());
        return state != null
                && !state.inSync().isEmpty()
                && state.inSync().stream()
                        .allMatch(id -> cuts.stream()
                                .anyMatch(it -> it.node() == id
                                        && it.from() <= cuts.get(0).from() + AT_ONCE));
    }

    /** Why a record may be in the log twice, or out of order; null if it may not be. */
    public String repeatsAllowedBy() {
        if (!setup.setting("enable.idempotence").equals("false")) return null;
        if (!setup.acksAll()) return "acks=" + setup.setting("acks") + ", which switches idempotence off";
        if (setup.setting("retries").equals("0")) return "retries=0, which switches idempotence off";
        return "enable.idempotence=false";
    }

    /** Why a record may not be delivered at all, even to a cluster that takes records; null if it must be. */
    public String nonDeliveryAllowedBy() {
        if (setup.setting("acks").equals("0")) return "acks=0";
        String retries = setup.setting("retries");
        return retries.isEmpty() || retries.equals("" + Integer.MAX_VALUE) ? null : "retries=" + retries;
    }
}
