package lab.drill;

import java.io.IOException;
import java.nio.file.Path;
import java.util.*;
import lab.common.*;
import lab.drill.recording.*;
import lab.history.*;
import lab.proof.*;
import lab.proof.checks.Verdict;

/** Prints what a history proves: of each run when it has ended, and of a whole file. Both print the same. */
class Judging {
    private final Printer printer;
    private final Table table;
    private Verdict worst = Verdict.PASS;

    Judging(Printer printer) {
        this.printer = printer;
        this.table = new Table(printer);
    }

    /** Reads a file, and prints everything again: what happened, and what it proves. */
    History judge(Path file) throws IOException {
        History history = read(file);
        for (RunHistory run : history.runs()) {
            var timeline = new Timeline(printer);
            run.entries().forEach(timeline::print);
            judge(run);
        }
        return history;
    }

    /** @throws Failure if it is no history */
    static History read(Path file) throws IOException {
        try {
            return HistoryReader.read(file);
        } catch (Malformed damaged) {
            throw new Failure(2, "%s", damaged.getMessage());
        }
    }

    void judge(RunHistory run) {
        Proof proof = Proof.of(run);
        printer.print("");
        Strips.of(proof.facts()).forEach(line -> printer.print("%s", line));
        ProofText.of(proof).forEach(line -> printer.print("%s", shown(line)));
        table.add(proof);
        worst = Verdict.worst(java.util.stream.Stream.of(worst, proof.verdict()));
    }

    /** Wrapped where a terminal ends; a verdict at its beginning is painted. */
    private static String shown(String line) {
        int verdict = line.startsWith("  ") ? line.indexOf(' ', 2) : -1;
        int indent = line.length() - line.stripLeading().length();
        for (Verdict it : Verdict.values())
            if (line.startsWith("  " + it + " ")) {
                int text = verdict
                        + line.substring(verdict).length()
                        - line.substring(verdict).stripLeading().length();
                String blanks = " ".repeat(text - verdict);
                return "  " + Table.painted(it) + blanks + Printer.wrapped(text, line.substring(text));
            }
        return " ".repeat(indent) + Printer.wrapped(indent, line.strip());
    }

    /** @return whether everything holds */
    boolean conclude(History history, boolean strict) {
        table.print();
        if (history.missing() == null) return worst.holds(strict);
        printer.print("");
        printer.print("%s  the history is incomplete: %s", Table.painted(Verdict.INCONCLUSIVE), history.missing());
        return false;
    }

    String json() {
        return Json.of(
                Json.object("trials", table.proofs().stream().map(ProofJson::of).toList()));
    }
}
