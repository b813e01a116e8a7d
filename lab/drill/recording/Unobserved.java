package lab.drill.recording;

/** Why a trial could not be brought to its end: its verdict is INCONCLUSIVE, never PASS. */
public class Unobserved extends Exception {
    private static final long serialVersionUID = 1L;

    public Unobserved(String why) {
        super(why);
    }
}
