package lab.live;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalLong;

/** The times of a partition without records, or without a leader. */
class Gaps {
    /** One such time. */
    static class Gap {
        final long from;
        final boolean ofRecords; // records came before; otherwise only the cause is reported
        String cause; // "": not known; perhaps no producer sends
        boolean alarm; // there was a cause
        long to; // 0: it lasts

        private Gap(long from, boolean ofRecords, String cause) {
            this.from = from;
            this.ofRecords = ofRecords;
            because(cause);
        }

        private void because(String cause) {
            this.cause = cause;
            alarm |= !cause.isEmpty();
        }
    }

    final Deque<Gap> all = new ArrayDeque<>();
    private final Clock clock;

    Gaps(Clock clock) {
        this.clock = clock;
    }

    /**
     * Opens a gap when records stay out, and closes it when they come.
     *
     * @param cause what the cluster reports as the reason; "" if nothing
     * @return how long no record came, in ms, if records have just come again
     */
    OptionalLong look(Flow in, String cause) {
        while (!all.isEmpty() && all.peekFirst().to > 0 && clock.since(all.peekFirst().to) > clock.window())
            all.removeFirst();
        Gap open = all.isEmpty() || all.peekLast().to > 0 ? null : all.peekLast();
        if (open != null && in.movedAt > open.from) {
            open.to = in.movedAt;
            return open.ofRecords ? OptionalLong.of(open.to - open.from) : OptionalLong.empty();
        }
        if (open != null && !open.ofRecords && cause.isEmpty()) {
            open.to = clock.now();
        } else if (open == null && in.isSilent()) {
            all.add(new Gap(in.movedAt, true, cause));
        } else if (open == null && !cause.isEmpty()) {
            all.add(new Gap(in.flows() ? in.movedAt : clock.now(), in.flows(), cause));
        } else if (open != null && !open.alarm && !cause.isEmpty() && clock.since(open.from) > 10_000) {
            open.to = clock.now(); // no producer sent before
            all.add(new Gap(clock.now(), false, cause));
        } else if (open != null) {
            open.because(cause);
        }
        return OptionalLong.empty();
    }
}
