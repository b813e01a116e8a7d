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
        ProofText.of(proof).forEach(line -> printer.print("%s", coloured(line)));
        table.add(proof);
        worst = Verdict.worst(java.util.stream.Stream.of(worst, proof.verdict()));
    }

    /** A line that begins with a verdict. */
    private static String coloured(String line) {
        for (Verdict verdict : Verdict.values())
            if (line.startsWith("  " + verdict)) return "  " + Table.painted(verdict) + line.substring(2 + verdict.name().length());
        return line;
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
        return Json.of(Json.object("trials", table.proofs().stream().map(ProofJson::of).toList()));
    }
}
