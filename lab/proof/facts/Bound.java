package lab.proof.facts;

/** A limit for a pause, in seconds, and where it comes from. */
public record Bound(double seconds, String why) {
    /**
     * A controlled stop moves the leaders first. Otherwise the cluster gives up a silent broker after its session; and
     * if the broker holds its connections, the client after its own timeout.
     */
    public static Bound of(Outage outage, Setup setup) {
        if (outage.controlled()) return new Bound(5, "a controlled stop");
        double request = setup.timeout("request.timeout.ms", 30_000);
        return outage.isSilent() && request > setup.session()
                ? of("request.timeout.ms", request)
                : election(outage, setup);
    }

    /** Until a new leader is elected: the controller gives up a broker after its session. */
    public static Bound election(Outage outage, Setup setup) {
        return outage.controlled() ? of(outage, setup) : of("broker.session.timeout.ms", setup.session());
    }

    private static Bound of(String setting, double seconds) {
        return new Bound(1.5 * seconds, Text.of("1.5 times %s, %.0f s", setting, seconds));
    }

    @Override
    public String toString() {
        return Text.of("%.1f s (%s)", seconds, why);
    }
}
