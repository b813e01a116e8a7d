package lab.drill;

import java.util.*;
import lab.drill.ledger.*;
import lab.drill.verdict.*;

/** The table of all experiments, a row each. */
class Table {
    private static final String ROW = "%-13s %-10s %-8s %10s %7s %6s %8s  %s";

    private final Printer printer;
    private final Map<Plan, List<Result>> results = new LinkedHashMap<>();

    Table(Printer printer) {
        this.printer = printer;
    }

    void add(Plan plan, Result result) {
        results.computeIfAbsent(plan, it -> new ArrayList<>()).add(result);
    }

    boolean isEmpty() {
        return results.isEmpty();
    }

    private List<Result> all() {
        return results.values().stream().flatMap(List::stream).toList();
    }

    int size() {
        return all().size();
    }

    boolean allHold(boolean strict) {
        return all().stream().allMatch(it -> it.verdict().holds(strict));
    }

    List<Map<String, Object>> verdictLines() {
        return all().stream().map(it -> new Lines(it).verdictLine()).toList();
    }

    void print() {
        printer.print("");
        printer.print("@|bold " + ROW + "|@", "", "FAULT", "SETTINGS", "ACKED", "LOST", "TWICE", "PAUSE", "VERDICT");
        results.forEach((plan, ofPlan) -> printer.print("%s", row(plan, ofPlan)));
    }

    /** Over several runs: the sums, and the median pause with the longest. */
    private static String row(Plan plan, List<Result> ofPlan) {
        double[] pauses =
                ofPlan.stream().mapToDouble(Result::pauseSeconds).sorted().toArray();
        Verdict worst = Verdict.worst(ofPlan.stream().map(Result::verdict));
        String pause = "%.2f s".formatted(pauses[pauses.length / 2]);
        if (pauses.length > 1) pause += " (%.2f s)".formatted(pauses[pauses.length - 1]);
        return ROW.formatted(
                plan.scenario().name,
                plan.fault() == null ? "-" : plan.fault(),
                plan.producing().label(),
                total(ofPlan, Kind.ACKNOWLEDGED),
                total(ofPlan, Kind.LOST),
                total(ofPlan, Kind.DUPLICATES),
                pause,
                worst.painted());
    }

    /** Only the log shows what is lost: without it that is not known. */
    private static String total(List<Result> ofPlan, Kind kind) {
        if (kind != Kind.ACKNOWLEDGED && !ofPlan.stream().allMatch(it -> it.audited)) return "?";
        int sum = ofPlan.stream().mapToInt(it -> it.account.count(kind)).sum();
        return "%,d".formatted(sum);
    }
}
