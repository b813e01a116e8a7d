package lab.drill;

import java.util.*;
import lab.common.Script;
import lab.drill.recording.Printer;
import lab.history.Flow;
import lab.proof.Proof;
import lab.proof.checks.Verdict;
import lab.proof.facts.*;
import lab.proof.facts.Account.Kind;

/** The table of all experiments, a row each. */
class Table {
    private static final String ROW = "%-13s %-10s %-8s %10s %7s %6s %8s  %s";

    private final Printer printer;
    private final Map<List<String>, List<Proof>> proofs = new LinkedHashMap<>(); // by experiment

    Table(Printer printer) {
        this.printer = printer;
    }

    void add(Proof proof) {
        var run = proof.facts().setup().run();
        proofs.computeIfAbsent(List.of(run.title(), run.settings()), it -> new ArrayList<>())
                .add(proof);
    }

    List<Proof> proofs() {
        return proofs.values().stream().flatMap(List::stream).toList();
    }

    void print() {
        printer.print("");
        printer.print("@|bold " + ROW + "|@", "", "FAULT", "SETTINGS", "ACKED", "LOST", "TWICE", "PAUSE", "VERDICT");
        proofs.values().forEach(runs -> printer.print("%s", row(runs)));
    }

    /** Over several runs: the sums, and the median pause with the longest. */
    private static String row(List<Proof> runs) {
        Setup setup = runs.get(0).facts().setup();
        double[] pauses = runs.stream().mapToDouble(Table::pause).sorted().toArray();
        String pause = Text.of("%.2f s", pauses[pauses.length / 2]);
        if (pauses.length > 1) pause += Text.of(" (%.2f s)", pauses[pauses.length - 1]);
        boolean scenario = !setup.isScenario("topic") && !setup.isScenario("observe");
        return Text.of(
                ROW,
                scenario ? setup.run().title().split(":")[0] : setup.topic().name(),
                setup.run().fault() == null ? "-" : setup.run().fault(),
                setup.run().settings(),
                total(runs, Kind.ACKNOWLEDGED),
                total(runs, Kind.LOST),
                total(runs, Kind.DUPLICATES),
                pause,
                painted(Verdict.worst(runs.stream().map(Proof::verdict))));
    }

    /** The longest in acknowledgements: of the outages, or of the whole run if there is none. */
    private static double pause(Proof proof) {
        Facts facts = proof.facts();
        Flows flows = facts.flows();
        return flows.longest(it -> flows.pause(flows.acknowledged(it), facts.outages()))
                .seconds();
    }

    /** Only the log shows what is lost: without it that is not known. */
    private static String total(List<Proof> runs, Kind kind) {
        Pipelined pipeline = Pipelined.of(runs.get(0).facts());
        if (pipeline != null && kind != Kind.ACKNOWLEDGED) return processed(runs, kind);
        if (Shared.of(runs.get(0).facts()) != null && kind != Kind.ACKNOWLEDGED) return shared(runs, kind);
        boolean known = kind == Kind.ACKNOWLEDGED
                || runs.stream().allMatch(it -> it.facts().flows().partitions().allMatch(it.facts()::isRead));
        return known
                ? Text.of(
                        "%,d",
                        runs.stream()
                                .mapToInt(it -> it.facts().account().count(kind))
                                .sum())
                : "?";
    }

    /** Of a pipeline: inputs that are missing in the output, or there twice. */
    private static String processed(List<Proof> runs, Kind kind) {
        List<Pipelined> all = runs.stream().map(it -> Pipelined.of(it.facts())).toList();
        if (all.stream().anyMatch(it -> it.unseen() != null)) return "?";
        return Text.of(
                "%,d",
                all.stream()
                        .map(it -> kind == Kind.LOST ? it.missing() : it.twice())
                        .mapToInt(BitSet::cardinality)
                        .sum());
    }

    /** Of a share group: records that were lost, or accepted twice. */
    private static String shared(List<Proof> runs, Kind kind) {
        List<Shared> all = runs.stream().map(it -> Shared.of(it.facts())).toList();
        if (all.stream().anyMatch(it -> it.unseen() != null)) return "?";
        return Text.of(
                "%,d",
                all.stream()
                        .map(it -> kind == Kind.LOST ? it.lost() : it.with(Flow.Kind.ACCEPTED, 2))
                        .mapToInt(BitSet::cardinality)
                        .sum());
    }

    static String painted(Verdict verdict) {
        String colour = verdict == Verdict.PASS ? "green" : verdict == Verdict.FAIL ? "red" : "yellow";
        return Script.text("@|bold," + colour + " " + verdict + "|@");
    }
}
