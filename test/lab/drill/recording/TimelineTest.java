package lab.drill.recording;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import lab.history.*;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The lines of a run for people: of any history, also of one whose lines come in another order or are missing. */
public class TimelineTest {
    private static final Experiment.Run RUN = new Experiment.Run(
            0, "abc", 1, 1, "now", "topic", "Topic t: kill", "acks=all", "kill", "leader", 200, 0, 2);
    private static final Experiment.Topic TOPIC = new Experiment.Topic(
            0, true, "t", "id", List.of(new Experiment.Partition(List.of(1, 2), 0, 10)), 2, 2, false);
    private static final Experiment.Group GROUP = new Experiment.Group(0, "g", 1, "classic", Map.of(), null, -1);

    @Test
    @DisplayName("what happened, in words; what others did is told from what this run did")
    void words() {
        assertThat(printed(
                        RUN,
                        GROUP,
                        TOPIC,
                        new Seen.Brokers(0, List.of(1, 2)),
                        new Seen.State(0, Double.NaN, 0, 1, List.of(1, 2), List.of(1, 2)),
                        new Action.Fault(1, 1, 1, "broker", "kafka-1", "kill", "me", "kill kafka-1"),
                        new Seen.Brokers(2, List.of(2)),
                        new Seen.State(2, 1.9, 0, 2, List.of(2), List.of(1, 2)),
                        new Seen.Brokers(3, List.of()),
                        new Seen.State(4, 3, 0, -1, List.of(), List.of(3))))
                .contains("  1 consumer in group g, 200 records/s to t, acks=all")
                .contains("   1.0 s  kill kafka-1")
                .contains("   2.0 s  partition 0: broker 2 leads now; it was broker 1")
                .contains("   2.0 s  partition 0: in sync 2 (fewer than min.insync.replicas=2)")
                .contains("   3.0 s  broker 2 is down; this script did not do it")
                .contains("   4.0 s  partition 0: no leader; it was broker 2")
                .contains("   4.0 s  partition 0: its replicas are 3 now, not 1, 2; this script did not move it")
                .doesNotContain("broker 1 is down");
    }

    @Test
    @DisplayName("a history of which lines are missing is printed as far as it goes")
    void incomplete() {
        assertThat(printed(
                        RUN,
                        new Seen.State(0, Double.NaN, 0, 1, List.of(1), List.of()),
                        new Seen.State(1, Double.NaN, 0, 2, List.of(2), List.of()),
                        new Action.Fault(1, 1, -1, "controller", "controller", "kill", null, null),
                        new Action.FaultDone(1, 1, true, false, null, Double.NaN),
                        new Action.Restore(1, 1, null),
                        Experiment.Topic.gone(2),
                        new Audit(3, 0, 0, 0, 0, 5, null, false, null),
                        new Audit(3, 1, 0, 0, 0, 0, null, false, "no progress")))
                .contains("   1.0 s  kill controller")
                .contains("   1.0 s  restore controller")
                .contains("partition 1: the log was not read: no progress");
    }

    private static String printed(Entry... entries) {
        PrintStream before = System.out;
        var bytes = new ByteArrayOutputStream();
        System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            var timeline = new Timeline(new Printer(false));
            for (Entry entry : entries) timeline.print(entry);
        } finally {
            System.setOut(before);
        }
        return bytes.toString(StandardCharsets.UTF_8).replaceAll("\u001b\\[[0-9;]*m", "");
    }
}
