package lab.prediction;

/**
 * A broker that is registered, or that has replicas.
 *
 * @param address host:port as advertised; null: not known
 * @param rack broker.rack; null: none is set
 * @param capsMinInSync whether it counts min.insync.replicas only up to the number of replicas; null: not known
 * @param takesReplicas false: all its log directories are cordoned (cordoned.log.dirs, KIP-1066) or have failed. Then
 *     the controller refuses each assignment that names it, also for a replica that it has already
 */
public record Broker(int id, String address, String rack, State state, Boolean capsMinInSync, boolean takesReplicas) {

    public Broker(int id, String address, String rack, State state, Boolean capsMinInSync) {
        this(id, address, rack, state, capsMinInSync, true);
    }

    /** What was seen of it. */
    public enum State {
        /** It responds. */
        UP,
        /** The controllers hear from it, and it does not respond to this client. */
        UNREACHABLE,
        /** The metadata list it as running, it does not respond, and what the controllers hear was not seen. */
        NOT_KNOWN,
        /** The metadata list it as running, it does not respond, and no controller hears from it. */
        UNRESPONSIVE,
        /** The metadata do not list it as running. */
        DOWN,
        /** The cluster has no registration of it: starting a broker does not bring its replicas back. */
        UNREGISTERED
    }

    /** Whether it can lead and follow. If that is not known, the metadata are believed. */
    public boolean isUp() {
        return state == State.UNREACHABLE || state == State.NOT_KNOWN || responds();
    }

    /** Whether this client can ask it. */
    public boolean responds() {
        return state == State.UP;
    }

    /** The same broker in another state. */
    public Broker with(State other) {
        return new Broker(id, address, rack, other, capsMinInSync, takesReplicas);
    }

    /** The same broker, whose log directories are cordoned or have failed. */
    public Broker withoutRoom() {
        return new Broker(id, address, rack, state, capsMinInSync, false);
    }
}
