package lab.drill.observer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import lab.drill.recording.Printer;
import lab.drill.recording.Recording;
import lab.drill.recording.Timeline;
import lab.history.HistoryWriter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When no controller is believed to be active, without a cluster. */
public class NodeWatchTest {
    @TempDir
    Path directory;

    private NodeWatch watch;

    @BeforeEach
    void aController() throws IOException {
        Path file = directory.resolve("history.jsonl");
        watch = new NodeWatch(
                new Recording(new HistoryWriter(file, "test", "1", "4.4.0"), new Timeline(new Printer(false))));
        list(1, 2, 3);
        watch.seeController(101, List.of(101, 102, 103), 0);
        assertThat(Files.readString(file)).contains("\"instrument\":\"test\"");
    }

    @Test
    @DisplayName("no controller is active after three questions in a row without an answer")
    void silent() {
        watch.seeNoAnswer(true);
        watch.seeNoAnswer(true);
        watch.seeRefusal(1);
        watch.seeNoAnswer(true);
        watch.seeNoAnswer(true);
        assertThat(watch.controllerIsDown()).isFalse();
        watch.seeNoAnswer(true);
        assertThat(watch.controllerIsDown()).isTrue();
    }

    @Test
    @DisplayName("questions that a broker may have taken with it when it left do not count")
    void leaving() {
        watch.seeNoAnswer(true);
        watch.seeNoAnswer(true);
        list(3);
        watch.seeNoAnswer(true);
        assertThat(watch.controllerIsDown()).isFalse();
        watch.seeNoAnswer(true);
        watch.seeNoAnswer(true);
        assertThat(watch.controllerIsDown()).isTrue();
    }

    private void list(Integer... brokers) {
        for (int i = 0; i <= PartitionWatch.AGREEING; i++) watch.seeBrokers(Set.of(brokers));
    }
}
