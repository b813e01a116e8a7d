package lab.drill.ledger;

/** The unit of all times of a trial: 0.1 ms. An int has 59 hours of them. */
public class Ticks {
    public static final double PER_MS = 10.0;

    public static double seconds(int ticks) {
        return ticks / PER_MS / 1e3;
    }

    public static int of(double seconds) {
        return (int) (seconds * 1e3 * PER_MS);
    }

    /** Null for what was never. */
    public static Double ms(int ticks) {
        return ticks == 0 ? null : ticks / PER_MS;
    }
}
