package lab.live;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.LongStream;

/** How an offset grows: the records of each cell, and when records came last. */
class Flow {
    long offset;
    long askedAt; // when the answer with this offset was asked for
    long knownAt; // when it came; 0: never
    long changedAt; // when the offset was first heard
    long movedAt; // when it last grew; 0: never
    private final Clock clock;
    private final long[] amounts = new long[Clock.CELLS];
    private final long[] numbers = new long[Clock.CELLS]; // the cell that an amount belongs to
    private final Deque<Long> pauses = new ArrayDeque<>(); // the last times between two moves

    Flow(Clock clock) {
        this.clock = clock;
    }

    void hear(long heard, long askedAt) {
        long now = clock.now();
        long cell = clock.cell();
        // Between two answers that follow soon, nothing is unknown.
        for (long it = Math.max(knownAt / clock.cellMs() + 1, cell - 2); it <= cell; it++)
            if (it == cell || !clock.isOld(knownAt)) start(it);
        if (knownAt > 0 && heard > offset) {
            amounts[(int) (cell % Clock.CELLS)] += heard - offset;
            if (movedAt > 0) pauses.add(now - movedAt);
            if (pauses.size() > 5) pauses.removeFirst();
            movedAt = now;
        }
        if (knownAt == 0 || heard != offset) changedAt = now;
        this.askedAt = askedAt;
        offset = heard;
        knownAt = now;
    }

    private void start(long cell) {
        int place = (int) (cell % Clock.CELLS);
        if (numbers[place] == cell) return;
        numbers[place] = cell;
        amounts[place] = 0;
    }

    boolean isKnown() {
        return knownAt > 0 && !clock.isOld(knownAt);
    }

    /** Records came until now, about as often as before. */
    boolean flows() {
        if (movedAt == 0 || pauses.isEmpty()) return false;
        long usual =
                pauses.stream().sorted().skip(pauses.size() / 2).findFirst().orElse(0L);
        return clock.since(movedAt) < Math.max(2_000, usual * 5 / 2);
    }

    /** Records came, and stay out for longer than usual. */
    boolean isSilent() {
        return movedAt > 0 && !pauses.isEmpty() && !flows();
    }

    /** From the oldest to the newest; null where it is not known. */
    List<Long> cells() {
        long last = clock.cell();
        return LongStream.rangeClosed(last - Clock.CELLS + 1, last)
                .mapToObj(
                        it -> numbers[(int) (it % Clock.CELLS)] == it ? (Long) amounts[(int) (it % Clock.CELLS)] : null)
                .toList();
    }

    /** Records per second in the last five seconds, or in the last whole cell; null where not known. */
    Double rate() {
        if (!isKnown()) return null;
        int number = (int) Math.max(1, 5_000 / clock.cellMs());
        List<Long> cells = cells().subList(Clock.CELLS - 1 - number, Clock.CELLS - 1);
        if (cells.contains(null)) return null;
        double records = cells.stream().mapToLong(it -> it).sum();
        return records * 1_000 / (number * clock.cellMs());
    }
}
