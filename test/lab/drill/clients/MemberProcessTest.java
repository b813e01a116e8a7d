package lab.drill.clients;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.Callable;
import lab.drill.recording.*;
import lab.history.Flow;
import lab.history.HistoryReader;
import lab.history.HistoryWriter;
import lab.history.Experiment;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A member of the share group, played by a shell that prints what a member prints. */
public class MemberProcessTest {
    @TempDir
    private Path directory;

    @Test
    @DisplayName("what it holds, and which answers were confirmed, as far as its lines are read")
    void answers() throws Exception {
        Path pipe = directory.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", "" + pipe).start().waitFor()).isZero();
        Path file = directory.resolve("run.jsonl");
        var progress = new Progress();
        progress.sent(2);
        progress.found(1);
        progress.found(2);
        var recording = new Recording(new HistoryWriter(file, "test", "1", "4.4.0"), new Timeline(new Printer(true)));
        recording.write(new Experiment.Run(0, "abc", 1, 1, "now", "queue", "", "", null, null, 9, 0, 2));
        String lines = "echo ready; echo 'DELIVERED 0 10 1 1 '; echo 'DELIVERED 0 11 2 1 '; exec cat '" + pipe + "'";
        var member = new MemberProcess(1, List.of("sh", "-c", lines), recording, progress);
        try {
            await(() -> member.received().size() == 2);
            assertThat(member.holdsNothing()).isFalse();
            assertThat(member.isRunning()).isTrue();
            assertThat(progress.allFoundIn(confirmed(member))).isFalse();
            Files.writeString(pipe, "ACCEPTED 0 10 1 1 \nREFUSED 0 11 2 1 too late\n");
            await(member::hasEnded);
            assertThat(member.holdsNothing()).isTrue();
            assertThat(member.isRunning()).isFalse();
            assertThat(confirmed(member).stream()).containsExactly(1);
            assertThat(progress.allFoundIn(confirmed(member))).isFalse();
        } finally {
            member.kill("end");
            recording.end();
        }
        var run = HistoryReader.read(file).runs().get(0);
        for (Flow.Kind kind : List.of(Flow.Kind.ACCEPTED, Flow.Kind.REFUSED))
            assertThat(run.flows(kind)).hasSize(1);
    }

    private static BitSet confirmed(MemberProcess member) {
        var ids = new BitSet();
        member.addConfirmed(ids);
        return ids;
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        for (int tries = 0; !condition.call(); tries++) {
            assertThat(tries).isLessThan(3_000);
            Thread.sleep(10);
        }
    }
}
