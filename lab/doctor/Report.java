package lab.doctor;

import java.util.*;
import java.util.stream.Collectors;
import lab.common.*;
import lab.prediction.*;

/**
 * The report as text, and as an object for JSON.
 *
 * @param stops by broker, what would stop if it failed
 */
record Report(Snapshot seen, List<Finding> stopped, SortedMap<Integer, List<Finding>> stops, List<Finding> traps) {
    private static final int SHOWN = 5; // names of a finding

    String asText() {
        var lines = new ArrayList<String>();
        if (!stopped.isEmpty()) {
            lines.add(Script.text("@|bold,red Already stopped:|@"));
            stopped.forEach(it -> lines.addAll(text(it)));
        }
        stops.forEach((id, findings) -> {
            String head = "If broker %d (%s) failed now:"
                    .formatted(id, seen.cluster().brokers().get(id).address());
            if (!findings.isEmpty()) lines.add(Script.text("@|bold %s|@", head));
            else lines.add(head + carriesOn());
            findings.forEach(it -> lines.addAll(text(it)));
        });
        if (!traps.isEmpty()) lines.add(Script.text("@|bold Risks:|@"));
        traps.forEach(it -> lines.addAll(text(it)));
        seen.notSeen().forEach(it -> lines.add("Not seen: " + it.text(SHOWN)));
        return String.join("\n", lines);
    }

    /** Nothing is predicted to carry on without a controller, or by a broker that may be down. */
    private String carriesOn() {
        if (!new Prediction(seen.cluster()).elects(Set.of())) return " not known, because no controller responds.";
        List<Integer> unknown = seen.cluster().brokers().values().stream()
                .filter(it -> it.state() == Broker.State.NOT_KNOWN)
                .map(Broker::id)
                .toList();
        return unknown.isEmpty()
                ? " nothing would stop."
                : " not known, because broker %s does not respond.".formatted(Remedies.joined(unknown));
    }

    private static List<String> text(Finding it) {
        int more = it.where().size() - SHOWN;
        String names = it.where().stream().limit(SHOWN).collect(Collectors.joining(", "));
        String where = ": %,d %s%s: %s%s"
                .formatted(
                        it.where().size(),
                        it.kind(),
                        it.where().size() == 1 ? "" : "s",
                        names,
                        more > 0 ? ", and %,d more".formatted(more) : "");
        var lines = new ArrayList<String>();
        lines.add(Script.text("  @|yellow %s|@%s", it.what(), it.where().isEmpty() ? "" : where));
        lines.add("    " + it.means());
        if (!it.mend().isEmpty()) lines.add("    Fix: " + it.mend());
        return lines;
    }

    Map<String, Object> asMap() {
        var brokers = new ArrayList<Object>();
        stops.forEach((id, findings) -> brokers.add(Json.object("broker", id, "stops", findings)));
        List<String> notSeen =
                seen.notSeen().stream().map(it -> it.text(Integer.MAX_VALUE)).toList();
        return Json.object("stopped", stopped, "brokers", brokers, "traps", traps, "notSeen", notSeen);
    }
}
