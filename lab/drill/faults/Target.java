package lab.drill.faults;

/**
 * A node that can be taken down.
 *
 * @param id {@link #CONTROLLER} for any controller: the observer knows only whether one answers
 * @param number the node's id in the cluster; "" for a controller whose id is not known
 * @param host "" for a controller: clients do not reach it
 */
public record Target(int id, String number, String name, String host, int port) {
    public static final int CONTROLLER = -100;

    public static Target controller(String number) {
        return new Target(CONTROLLER, number, "controller", "", 0);
    }

    public static Target broker(int id, String host, int port) {
        return new Target(id, "" + id, "kafka-" + id, host, port);
    }

    public boolean isController() {
        return id == CONTROLLER;
    }

    /** As the start of a sentence. */
    public String shown() {
        return isController() ? "The controller" : "Broker " + id;
    }
}
