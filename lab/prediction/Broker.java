package lab.prediction;

/**
 * A broker that is registered, or that has replicas.
 *
 * @param address host:port as advertised; null: not known
 * @param rack broker.rack; null: none is set
 * @param capsMinInSync whether it counts min.insync.replicas only up to the number of replicas; null: not known
 */
public record Broker(int id, String address, String rack, State state, Boolean capsMinInSync) {
    /** What was seen of it. */
    public enum State {
        /** It responds. */
        UP,
        /** The metadata list it as running, and it does not respond. */
        UNRESPONSIVE,
        /** The metadata do not list it as running. */
        DOWN,
        /** The cluster has no registration of it: starting a broker does not bring its replicas back. */
        UNREGISTERED
    }

    /** Whether it can lead and follow. */
    public boolean isUp() {
        return state == State.UP;
    }
}
