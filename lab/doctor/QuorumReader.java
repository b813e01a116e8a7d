package lab.doctor;

import static lab.doctor.Questions.PATIENCE_MS;

import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.stream.*;
import lab.common.Script;
import lab.prediction.*;
import lab.prediction.Quorum.State;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.UnsupportedVersionException;

/**
 * Asks the controllers which of them follow their leader, and which brokers they hear from: each broker fetches the
 * metadata from them. So a broker that this client cannot reach is not taken as down.
 */
class QuorumReader {
    /** In ms. A node that runs fetches every 0.5 s, and a controller becomes a candidate after 2 s without its leader. */
    private static final long SILENCE = 5_000;

    private final Clients clients;
    private final Questions questions;
    private final KafkaFuture<QuorumInfo> first;
    private QuorumInfo last; // null: no answer, and the reason follows
    private ExecutionException refused;

    /** Asks. {@link #read} waits for the answer. */
    QuorumReader(Clients clients, Questions questions) {
        this.clients = clients;
        this.questions = questions;
        first = ask(clients.another(2_000));
    }

    private static KafkaFuture<QuorumInfo> ask(Admin admin) {
        return admin.describeMetadataQuorum(new DescribeMetadataQuorumOptions().timeoutMs(PATIENCE_MS))
                .quorumInfo();
    }

    /**
     * The controllers. They are asked again where their first answer may not tell: brokers have not responded since, or
     * a broker is not listed as running, and was a controller that follows. It may have ended just before.
     */
    Quorum read(SortedMap<Integer, Broker> brokers) throws InterruptedException {
        await(first);
        boolean silent = brokers.values().stream().anyMatch(it -> it.state() == Broker.State.UNRESPONSIVE);
        if (silent) await(again(brokers));
        boolean mayHaveEnded = voters().entrySet().stream()
                .anyMatch(voter -> voter.getValue()
                        && brokers.containsKey(voter.getKey())
                        && brokers.get(voter.getKey()).state() == Broker.State.DOWN);
        if (mayHaveEnded && !Script.stopsWithin(SILENCE * 1_000_000)) await(again(brokers));
        return last == null ? notSeen() : new Quorum(State.LED, voters());
    }

    private void await(KafkaFuture<QuorumInfo> asked) throws InterruptedException {
        try {
            last = asked.get();
        } catch (ExecutionException failed) {
            last = null;
            refused = failed;
        }
    }

    /** A client asks the broker to which it is connected, so it is connected first to one that responds. */
    private KafkaFuture<QuorumInfo> again(SortedMap<Integer, Broker> brokers) throws InterruptedException {
        Admin admin = clients.another(2_000);
        for (Broker it : brokers.values()) {
            if (!it.responds()) continue;
            try {
                var options = new DescribeFeaturesOptions().nodeId(it.id()).timeoutMs(PATIENCE_MS);
                admin.describeFeatures(options).featureMetadata().get();
                break;
            } catch (ExecutionException unresponsiveNow) {
                // the next one
            }
        }
        return ask(admin);
    }

    private SortedMap<Integer, Boolean> voters() {
        var voters = new TreeMap<Integer, Boolean>();
        if (last == null) return voters;
        for (QuorumInfo.ReplicaState it : last.voters())
            voters.put(it.replicaId(), it.lastCaughtUpTimestamp().orElse(0) > now() - SILENCE);
        return voters;
    }

    private Quorum notSeen() {
        boolean late = Questions.isLate(refused);
        String why = refused.getCause() instanceof UnsupportedVersionException
                ? ": the brokers do not know this request (ZooKeeper, or before Kafka 3.3)."
                : ": " + Questions.reason(refused);
        if (!late) why += " The predictions assume that a controller leads after each failure.";
        questions.note(true, new NotSeen("controllers", List.of(), why));
        return Quorum.unseen(late ? State.NO_LEADER : State.NOT_KNOWN);
    }

    /** The leader's time when it answered. */
    private long now() {
        return last.voters().stream()
                .mapToLong(it -> it.lastCaughtUpTimestamp().orElse(0))
                .max()
                .orElse(0);
    }

    /** The brokers; those that did not respond, by what the controllers have heard from them since. */
    SortedMap<Integer, Broker> judged(SortedMap<Integer, Broker> brokers, Quorum quorum) {
        var judged = new TreeMap<>(brokers);
        judged.replaceAll((id, it) -> it.state() == Broker.State.UNRESPONSIVE ? it.with(state(id, quorum)) : it);
        return judged;
    }

    private Broker.State state(int id, Quorum quorum) {
        if (quorum.state() == State.NO_LEADER) return Broker.State.UNRESPONSIVE;
        boolean tells = last != null
                && last.voters().stream().anyMatch(it -> it.lastFetchTimestamp().isPresent());
        if (!tells) return Broker.State.NOT_KNOWN;
        long heard = Stream.concat(last.voters().stream(), last.observers().stream())
                .filter(it -> it.replicaId() == id)
                .mapToLong(it -> it.lastFetchTimestamp().orElse(0))
                .max()
                .orElse(0);
        return heard > now() - SILENCE ? Broker.State.UNREACHABLE : Broker.State.UNRESPONSIVE;
    }
}
