package lab.history;

/** A file that is not a history, or an incomplete or damaged one: one line that names the place and the reason. */
public class Malformed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Malformed(String why) {
        super(why);
    }
}
