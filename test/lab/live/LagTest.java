package lab.live;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Flows, lag and gaps, without a cluster: the clock is set by hand. */
public class LagTest {
    private final HandClock clock = new HandClock();
    private final Flow end = new Flow(clock);
    private final Flow committed = new Flow(clock);

    /** A clock that stands still until it is told. */
    static class HandClock extends Clock {
        private long now = 1_000_000;

        HandClock() {
            super(60);
        }

        @Override
        long now() {
            return now;
        }

        void pass(long ms) {
            now += ms;
        }
    }

    private Lag lag(long start) {
        return Lag.of(start, end, committed);
    }

    private void hear(Flow flow, long offset) {
        flow.hear(offset, clock.now());
    }

    @Test
    @DisplayName("the lag is the number of records behind; what is not known, or is old, is no number")
    void records() {
        assertThat(Lag.of(0, end, null)).isEqualTo(Lag.UNKNOWN);
        hear(committed, 70);
        assertThat(lag(0)).isEqualTo(Lag.UNKNOWN);
        hear(end, 100);
        assertThat(lag(0)).isEqualTo(new Lag(Lag.Kind.RECORDS, 30));
        assertThat(lag(0).shown()).isEqualTo(30L);
        clock.pass(Clock.OLD + 1);
        assertThat(lag(0)).isEqualTo(Lag.UNKNOWN);
    }

    @Test
    @DisplayName("a committed offset that is newer than the end is no error, one that is past it is")
    void pastTheEnd() {
        hear(end, 100);
        hear(committed, 100);
        clock.pass(200);
        hear(committed, 105);
        assertThat(lag(0)).as("the end was asked for before").isEqualTo(new Lag(Lag.Kind.RECORDS, 0));
        clock.pass(200);
        hear(committed, 105);
        hear(end, 105);
        assertThat(lag(0)).isEqualTo(new Lag(Lag.Kind.RECORDS, 0));
        clock.pass(200);
        hear(end, 60);
        assertThat(lag(0)).as("the log was cut off").isEqualTo(new Lag(Lag.Kind.PAST_END, 45));
        assertThat(lag(0).isOutside()).isTrue();
        assertThat(lag(0).shown()).isEqualTo("past the end by 45");
    }

    @Test
    @DisplayName("the first committed offset past the end is not known to be caught up")
    void firstPastTheEnd() {
        hear(end, 10);
        hear(committed, 500);
        assertThat(lag(0)).isEqualTo(Lag.UNKNOWN);
        clock.pass(200);
        hear(end, 10);
        assertThat(lag(0)).isEqualTo(new Lag(Lag.Kind.PAST_END, 490));
    }

    @Test
    @DisplayName("a committed offset below the log's start is not counted as lag, also where the log is empty")
    void belowTheStart() {
        hear(end, 100);
        hear(committed, 20);
        assertThat(lag(20)).isEqualTo(new Lag(Lag.Kind.RECORDS, 80));
        assertThat(lag(50)).isEqualTo(new Lag(Lag.Kind.BELOW_START, 30));
        assertThat(lag(100).shown()).isEqualTo("below the start by 80");
    }

    @Test
    @DisplayName("records of a cell are counted once; a cell without an answer is not known")
    void cells() {
        hear(end, 0);
        for (int i = 1; i <= 10; i++) {
            clock.pass(200);
            hear(end, i * 10);
        }
        assertThat(end.cells().stream()
                        .filter(it -> it != null)
                        .mapToLong(it -> it)
                        .sum())
                .isEqualTo(100);
        clock.pass(5_000);
        hear(end, 700);
        var cells = end.cells();
        assertThat(cells.get(Clock.CELLS - 1)).isEqualTo(600);
        assertThat(cells.get(Clock.CELLS - 3))
                .as("no answer came in that second")
                .isNull();
    }

    @Test
    @DisplayName(
            "a gap opens when records stay out for longer than usual, has the cause, and ends with the next record")
    void gaps() {
        var gaps = new Gaps(clock);
        for (int i = 0; i < 20; i++) {
            clock.pass(200);
            hear(end, i);
            gaps.look(end, "");
        }
        assertThat(gaps.all).isEmpty();
        long last = clock.now();
        clock.pass(1_900);
        hear(end, 19);
        gaps.look(end, "");
        assertThat(gaps.all).as("not longer than 2 s").isEmpty();
        clock.pass(200);
        gaps.look(end, "no leader");
        var gap = gaps.all.getLast();
        assertThat(gap.from).isEqualTo(last);
        assertThat(gap.cause).isEqualTo("no leader");
        assertThat(gap.alarm).isTrue();
        clock.pass(5_000);
        assertThat(gaps.look(end, "")).isEmpty();
        assertThat(gap.to)
                .as("it lasts: the leader is back, and no record has come")
                .isZero();
        hear(end, 20);
        assertThat(gaps.look(end, "")).hasValue(clock.now() - last);
        assertThat(gap.to).isEqualTo(clock.now());
        clock.pass(clock.window() + 1);
        gaps.look(end, "");
        assertThat(gaps.all).filteredOn(it -> it.to > 0).isEmpty();
    }

    @Test
    @DisplayName("a change is believed when three answers agree, a return to what was before only when eight do")
    void belief() {
        var belief = new Belief<String>();
        assertThat(belief.hear("a")).as("the first").isTrue();
        assertThat(belief.hear("b")).isFalse();
        assertThat(belief.hear("a")).isFalse();
        assertThat(belief.hear("b")).isFalse();
        assertThat(belief.hear("b")).isFalse();
        assertThat(belief.hear("b")).isTrue();
        for (int i = 0; i < 7; i++) assertThat(belief.hear("a")).isFalse();
        assertThat(belief.hear("a")).isTrue();
        assertThat(belief.value).isEqualTo("a");
    }
}
