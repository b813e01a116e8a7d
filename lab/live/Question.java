package lab.live;

import lab.common.Script;

/** Something that is asked again and again. Times are those of {@link Clock}. */
class Question {
    long answeredAt; // 0: never
    long askedAt; // when it was asked last
    Throwable error; // of the last answer; null: none
    long everyMs;
    private final Clock clock;
    private boolean waiting;
    private long took; // the last good answer

    Question(Clock clock, long everyMs) {
        this.clock = clock;
        this.everyMs = everyMs;
    }

    /** A question whose answer takes long is asked less often, which leaves the cluster time for other work. */
    boolean isDue() {
        long pause = Math.min(took, 1_000); // after an answer, as long as the answer took
        return !waiting && clock.since(askedAt) >= Math.max(everyMs, took + pause);
    }

    void asked() {
        waiting = true;
        askedAt = clock.now();
    }

    void answered(Throwable error) {
        waiting = false;
        this.error = error == null ? null : Script.rootOf(error);
        if (error != null) return;
        answeredAt = clock.now();
        took = answeredAt - askedAt;
    }
}
