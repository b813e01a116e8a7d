package lab.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import test.Run;
import test.SharedCluster;

/** lab/drill.java --scenario queue on a real cluster. */
public class SharedQueueTest {
    @Test
    @DisplayName("a member that is killed while it holds records: none is lost, each repeated delivery has a reason")
    void killed() {
        String[] arguments = {"-b", SharedCluster.servers(), "--manual", "--scenario", "queue:member"};
        try (Run run = Run.script("lab/drill.java", arguments)) {
            run.expectExit(0, Duration.ofMinutes(4));
            assertThat(run.out())
                    .contains("  PASS          the share group loses no record")
                    .contains("  PASS          each repeated delivery has a reason, and the delivery counts are right")
                    .contains(
                            "  PASS          the dead-letter topic has the records that were rejected or given up, and no"
                                    + " others");
        }
    }
}
