package lab.report;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lab.common.Failure;
import lab.history.History;
import lab.history.HistoryReader;
import lab.history.Malformed;
import lab.history.RunHistory;
import lab.report.Trial.Claim;

/** The history of a run: read, judged, and made into trials. */
record HistoryFile(Path file) {
    private static final String AGAIN = "Record a history: jbang lab/drill.java --history FILE";

    /** All trials. A history that was cut off is drawn as far as it goes, and is INCONCLUSIVE. */
    List<Trial> trials() {
        History history = read();
        if (history.runs().isEmpty()) throw new Failure(2, "%s has no run in it. %s", file, AGAIN);
        var trials = new ArrayList<Trial>();
        for (RunHistory run : history.runs()) trials.add(new HistoryTrial(history.header(), run).trial());
        if (history.missing() != null) {
            Trial last = trials.get(trials.size() - 1);
            last.claims.add(new Claim("INCONCLUSIVE", "the history is complete", history.missing()));
            if (!last.verdict.equals("FAIL")) last.verdict = "INCONCLUSIVE";
        }
        return trials;
    }

    private History read() {
        try {
            return HistoryReader.read(file);
        } catch (Malformed malformed) {
            throw new Failure(2, "%s. %s", Words.printable(malformed.getMessage()), AGAIN);
        } catch (IOException error) {
            throw new Failure(2, "Cannot read %s: %s.", file, Output.reason(error));
        }
    }
}
