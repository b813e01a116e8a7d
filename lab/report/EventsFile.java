package lab.report;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lab.common.Failure;

/** The events of a run: JSON lines. A run that is cut off proves nothing, and is refused. */
record EventsFile(Path file) {
    private static final String AGAIN = "Record a run: jbang failover.java --events RUN.jsonl";

    /** All trials of the run. */
    List<Trial> trials() {
        var trials = new ArrayList<Trial>();
        EventsTrial open = null;
        int lineNumber = 0;
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            for (String text = lines.readLine(); text != null; text = lines.readLine()) {
                lineNumber++;
                JsonObject line = JsonParser.object().from(text);
                String type = line.getString("type", "");
                if (type.equals("trial")) {
                    if (open != null) throw new Broken("begins a trial before the last one's verdict");
                    open = new EventsTrial(line);
                } else if (List.of("event", "flow", "verdict").contains(type)) {
                    if (open == null) throw new Broken("comes before any trial");
                    open.add(type, line);
                    if (!type.equals("verdict")) continue;
                    trials.add(open.trial());
                    open = null;
                }
            }
        } catch (JsonParserException | StackOverflowError notJson) {
            String text = "%s, line %d is not JSON: cut off, broken, or not the events of a run. %s";
            throw new Failure(1, text, file, lineNumber, AGAIN);
        } catch (Broken broken) {
            throw new Failure(1, "%s, line %d %s. %s", file, lineNumber, broken.getMessage(), AGAIN);
        } catch (CharacterCodingException binary) {
            throw new Failure(1, "%s is not text, so not the events of a run. %s", file, AGAIN);
        } catch (IOException error) {
            throw new Failure(2, "Cannot read %s: %s.", file, Output.reason(error));
        }
        if (open != null) {
            String text = "%s is cut off after line %d: trial %d has no verdict. %s";
            throw new Failure(1, text, file, lineNumber, trials.size() + 1, AGAIN);
        }
        if (trials.isEmpty()) throw new Failure(1, "%s has no trial in it. %s", file, AGAIN);
        return trials;
    }

    /** A line that is wrong: how. */
    static class Broken extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Broken(String how) {
            super(how);
        }
    }
}
