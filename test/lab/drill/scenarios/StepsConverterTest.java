package lab.drill.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

/** How --steps and times are read. */
public class StepsConverterTest {
    private static final Timing TIMING = new Timing(Duration.ZERO, null, Duration.ZERO);

    @Test
    @DisplayName("steps are read in any order; anything else is refused")
    void steps() {
        var read = new StepsConverter();
        assertThat(read.convert("stop 1, 5s, kill 2,10s , start 1, start 2, whole, elect, unclean"))
                .hasSize(9);
        for (String wrong : List.of("stop", "stop x", "burn 1", "start", "5 s", ""))
            assertThatThrownBy(() -> read.convert(wrong)).as(wrong).isInstanceOf(TypeConversionException.class);
    }

    @Test
    @DisplayName("steps without a fault only observe: nothing may be claimed of a fault")
    void withoutFault() {
        var read = new StepsConverter();
        assertThat(new AnyTopic("t", TIMING, "leader", read.convert("1s, elect"), null).id())
                .isEqualTo("observe");
        assertThat(new AnyTopic("t", TIMING, "leader", read.convert("1s, stop 1"), null).id())
                .isEqualTo("topic");
    }

    @Test
    @DisplayName("times are read with their units, up to an hour")
    void times() {
        var read = new TimeConverter();
        assertThat(read.convert("500ms")).isEqualTo(Duration.ofMillis(500));
        assertThat(read.convert("1.5s")).isEqualTo(Duration.ofMillis(1500));
        assertThat(read.convert("2")).isEqualTo(Duration.ofSeconds(2));
        assertThat(read.convert("1h")).isEqualTo(Duration.ofHours(1));
        for (String wrong : List.of("61m", "-1s", "x", ""))
            assertThatThrownBy(() -> read.convert(wrong)).as(wrong).isInstanceOf(TypeConversionException.class);
    }
}
