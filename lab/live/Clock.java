package lab.live;

/** The time of this run, and how far back the page looks. Times are in ms since 1970. */
class Clock {
    /** The cells of a strip. With the default window of 60 s, each is a second. */
    static final int CELLS = 60;

    /** In ms. An older answer says nothing about now. */
    static final long OLD = 3_000;

    /** When the run began. The page reloads itself when it changes. */
    final long run = System.currentTimeMillis();

    final int seconds;
    private final long runNanos = System.nanoTime();

    /** Looks back for so many seconds. */
    Clock(int seconds) {
        this.seconds = seconds;
    }

    /** Never goes back. */
    long now() {
        return run + (System.nanoTime() - runNanos) / 1_000_000;
    }

    long since(long ms) {
        return now() - ms;
    }

    boolean isOld(long ms) {
        return since(ms) > OLD;
    }

    /** How far back the page looks, in ms. */
    long window() {
        return seconds * 1_000L;
    }

    long cellMs() {
        return window() / CELLS;
    }

    /** The number of the current cell. */
    long cell() {
        return now() / cellMs();
    }

    static String length(long ms) {
        return ms < 100_000 ? "%.1f s".formatted(ms / 1e3) : "%d min".formatted(Math.round(ms / 60e3));
    }
}
