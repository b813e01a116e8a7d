package test;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What the tests themselves stand on: a terminal that is one. */
class RunTest {
    @Test
    @DisplayName("a terminal: its size, another size, keys, Ctrl-C, the exit status")
    void terminal() {
        String says = "trap 'stty size' WINCH; trap 'echo interrupted; exit 7' INT; test -t 0 && test -t 1 && test -t 2"
                + " && stty size; read word; echo got $word; while :; do sleep 0.1; done";
        try (Run run = Run.here().terminal(100, 30).command("bash", "-c", says)) {
            run.awaitLine("30 100");
            run.type("it's");
            run.awaitLine("got it's");
            run.resize(60, 20);
            run.awaitLine("20 60");
            run.interrupt();
            run.awaitLine("interrupted");
            run.expectExit(7);
            assertThat(run.screen()).startsWith("30 100", "it's", "got it's", "20 60");
            assertThat(run.err()).isEmpty();
        }
    }

    @Test
    @DisplayName("the screen: what stands there after lines were wrapped, drawn again and erased")
    void screen() {
        var screen = new Screen(10, 4);
        screen.draw("one\r\n0123456789abc\r\n\u001b[31mred\u001b[0m");
        assertThat(screen.rows()).containsExactly("one", "0123456789", "abc", "red");
        screen.draw("\u001b[2A\rsecond\u001b[K\u001b[J");
        assertThat(screen.rows()).containsExactly("one", "second", "", "");
        screen.draw("\r\n3\r\n4\r\n5");
        assertThat(screen.rows()).containsExactly("second", "3", "4", "5");
        assertThat(screen.scrolledAway()).isEqualTo(1);
        screen.draw("\u001b[A");
        screen.resize(10, 3);
        assertThat(screen.rows()).containsExactly("second", "3", "4");
        screen.resize(10, 2);
        assertThat(screen.rows()).containsExactly("3", "4");
        screen.draw("\r\n5");
        assertThat(screen.rows()).containsExactly("4", "5");
        screen.draw("\u001b[H\u001b[2Jtop\u001b[2;3Hhere");
        assertThat(screen.rows()).containsExactly("top", "  here");
    }

    @Test
    @DisplayName("a test class or method that there is not is named, with those that there are")
    void unknownTest() {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String[] command = {java, "-cp", System.getProperty("java.class.path"), "test.suite", "none"};
        var says = Map.of(
                "nothing", "No test class is called 'nothing'", "RunTest#nothing", "RunTest has no test 'nothing'");
        says.forEach((name, line) -> {
            command[4] = name;
            try (Run run = Run.command(command)) {
                run.expectExit(2);
                assertThat(run.out()).isEmpty();
                assertThat(run.err())
                        .singleElement()
                        .asString()
                        .startsWith(line)
                        .containsPattern("RunTest|unknownTest");
            }
        });
    }

    /** Not in a file that ends with Test, so the suite does not find it. */
    static class ByChance {
        static int runs;

        @Test
        @DisplayName("fails the first time")
        void once() {
            assertThat(++runs).isGreaterThan(1);
        }

        @Test
        @DisplayName("fails each time")
        void always() {
            assertThat(runs).isNegative();
        }
    }

    @Test
    @DisplayName(
            "with CI=true a failed test runs once more: what passes only then is named; what fails again has failed")
    void secondRun() {
        String strict = printed(() -> assertThat(end(new suite.Report(true))).isFalse());
        assertThat(strict)
                .contains("PASSED ONLY IN A SECOND RUN; first: FAIL RunTest$ByChance: fails the first time")
                .containsPattern("fails each time(?s).*again: FAIL RunTest.ByChance: fails each time")
                .endsWith("\n1 passed, 1 failed\n");
        String once = printed(() -> assertThat(end(new suite.Report(false))).isFalse());
        assertThat(once).doesNotContain("SECOND RUN").endsWith("\n0 passed, 2 failed\n");
    }

    private static boolean end(suite.Report report) {
        ByChance.runs = 0;
        suite.run(Set.of(ByChance.class), List.of(), report, () -> {});
        return report.end();
    }

    private static String printed(Runnable what) {
        PrintStream before = System.out;
        var caught = new ByteArrayOutputStream();
        System.setOut(new PrintStream(caught, true, StandardCharsets.UTF_8));
        try {
            what.run();
        } finally {
            System.setOut(before);
        }
        return caught.toString(StandardCharsets.UTF_8);
    }
}
