package lab.drill.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import lab.common.Failure;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What executes the faults, without a cluster: the commands are scripts that write down that they ran. */
public class CommandsTest {
    private static final Target KAFKA_1 = Target.broker(1, "localhost", 9092);

    @TempDir
    private Path directory;

    @Test
    @DisplayName("a stop that failed may still be in progress: it is sent again before the start")
    void stopAgain() throws Exception {
        Path done = directory.resolve("done");
        String note = "echo {fault} {name} >> " + done;
        try (Commands commands = Commands.of(note + "; exit 1", note)) {
            assertThatThrownBy(() -> commands.execute("stop", KAFKA_1)).isInstanceOf(Failure.class);
            commands.execute("start", KAFKA_1);
            assertThatThrownBy(() -> commands.execute("stop", KAFKA_1)).isInstanceOf(Failure.class);
        }
        assertThat(Files.readAllLines(done))
                .containsExactly(
                        "stop kafka-1",
                        "stop kafka-1",
                        "start kafka-1",
                        "stop kafka-1",
                        "stop kafka-1",
                        "start kafka-1");
    }

    @Test
    @DisplayName("a stop that worked is not sent again")
    void onceOnly() throws Exception {
        Path done = directory.resolve("done");
        String note = "echo {fault} {name} >> " + done;
        try (Commands commands = Commands.of(note, note)) {
            commands.execute("stop", KAFKA_1);
        }
        assertThat(Files.readAllLines(done)).containsExactly("stop kafka-1", "start kafka-1");
    }

    @Test
    @DisplayName("a late answer is not taken for that of the next command")
    void lateAnswer() throws Exception {
        String loop =
                "while read -r command; do [ $command = quick ] || sleep 60; echo \"answer to $command\"; done; echo end";
        try (var child = new Child(List.of("sh", "-c", loop), Map.of(), line -> {})) {
            child.limit = 1;
            assertThatThrownBy(() -> child.execute("slow")).hasMessageContaining("no answer within 1 s");
            child.limit = 30;
            assertThat(child.execute("quick")).isEqualTo("answer to quick");
            assertThat(child.execute("quick")).isEqualTo("answer to quick");
        }
    }

    @Test
    @DisplayName("a controlled shutdown is one of which the answer says so; a stop that ended in SIGKILL is none")
    void controlled() {
        assertThat(Fault.stop.isControlled("kafka-1 stopped: controlled shutdown, 1.2 s"))
                .isTrue();
        for (String answer : List.of(
                "kafka-1 stopped: killed, because it did not end within 10 s of SIGTERM, 10.1 s",
                "kafka-1 stopped: SIGTERM, without a controlled shutdown, 1.2 s",
                "kafka-1 stopped: without a controlled shutdown, exit status 1",
                "")) assertThat(Fault.stop.isControlled(answer)).as(answer).isFalse();
        assertThat(Fault.kill.isControlled("kafka-1 stopped: controlled shutdown, 1.2 s"))
                .isFalse();
    }
}
