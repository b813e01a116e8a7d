package lab.history;

/** A file that is not a history, or not a whole and undamaged one: one line that says where and why. */
public class Malformed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Malformed(String why) {
        super(why);
    }
}
