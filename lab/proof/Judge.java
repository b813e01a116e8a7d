package lab.proof;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import lab.history.History;
import lab.history.HistoryReader;
import lab.history.Malformed;
import lab.history.RunHistory;
import lab.proof.checks.Verdict;
import lab.proof.facts.Text;

/** Judges a history without any cluster: {@code lab/drill.java --judge FILE}. */
public class Judge {
    private Judge() {}

    /**
     * Prints the proof of each run and the verdict of all.
     *
     * @param strict whether ALLOWED counts as a failure, too
     * @return the exit status: 0 if everything holds, 1 if something does not or is not known
     * @throws Malformed if the file is no history, or was changed
     */
    public static int judge(Path file, boolean strict, PrintStream out) throws IOException {
        History history = HistoryReader.read(file);
        Verdict worst = Verdict.PASS;
        for (RunHistory run : history.runs()) {
            Proof proof = Proof.of(run);
            out.println();
            out.println(title(history, run));
            out.println();
            ProofText.of(proof).forEach(out::println);
            out.println();
            out.println("  " + proof.verdict());
            worst = Verdict.worst(java.util.stream.Stream.of(worst, proof.verdict()));
        }
        if (history.missing() != null) {
            out.println();
            out.println(Text.of("%s  the history is incomplete: %s", Verdict.INCONCLUSIVE, history.missing()));
            worst = Verdict.worst(java.util.stream.Stream.of(worst, Verdict.INCONCLUSIVE));
        }
        return worst.holds(strict) ? 0 : 1;
    }

    private static String title(History history, RunHistory run) {
        String several = history.runs().size() == 1
                ? ""
                : Text.of(", run %d", run.begin().number());
        String settings =
                run.begin().settings().isEmpty() ? "" : ", " + run.begin().settings();
        return run.begin().title() + settings + several;
    }

    public static void main(String[] arguments) throws IOException {
        try {
            System.exit(judge(Path.of(arguments[0]), false, System.out));
        } catch (Malformed damaged) {
            System.err.println(damaged.getMessage());
            System.exit(2);
        }
    }
}
