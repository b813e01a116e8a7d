package lab.live;

/**
 * What the brokers report, confirmed when several answers in a row agree. Brokers learn of a change at different times,
 * and a broker that was paused reports old news for a while.
 */
class Belief<T> {
    private static final int AGREEING = 3;
    private static final int AGREEING_ON_OLD_NEWS = 8;

    T value; // null: nothing is known yet
    private T before;
    private T next; // seen, and not confirmed yet
    private int agreeing;

    /** Returns whether the value has changed. */
    boolean hear(T heard) {
        if (heard.equals(value)) {
            next = null;
            return false;
        }
        agreeing = heard.equals(next) ? agreeing + 1 : 1;
        next = heard;
        int needed = value == null ? 1 : heard.equals(before) ? AGREEING_ON_OLD_NEWS : AGREEING;
        if (agreeing < needed) return false;
        before = value;
        value = heard;
        next = null;
        return true;
    }
}
