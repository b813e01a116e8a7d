package lab.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import lab.history.HistoryReader;
import lab.history.Lines;
import lab.proof.checks.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistoriesTest {
    @TempDir
    private static Path directory;

    private static Proof judge(Lines lines) throws IOException {
        return Proof.of(HistoryReader.read(lines.seal(directory.resolve("it.jsonl")))
                .runs()
                .get(0));
    }

    @Test
    void good() throws IOException {
        for (Sample it : java.util.List.of(
                Sample.one(),
                Sample.two(),
                Sample.three(),
                Sample.topic(),
                Sample.refusing(),
                Sample.controller(),
                Sample.successor(),
                Sample.observe())) {
            Lines lines = it.lines(directory);
            Judge.judge(lines.seal(directory.resolve("good.jsonl")), false, System.out);
        }
    }
}
