package lab.drill.clients;

import java.io.IOException;
import java.util.List;
import java.util.regex.*;
import lab.common.Script;
import lab.drill.recording.Recording;
import lab.history.Processing;

/** A process of the pipeline. What it prints about its batches goes to the history. */
public class PipelineProcess extends Worker {
    private static final Pattern BATCH =
            Pattern.compile("(committed|aborted) +([\\d,]+) records  (?:input up to .*offset (\\d+)$)?(.*)");

    public PipelineProcess(int number, List<String> command, Recording recording) throws IOException {
        super(number, command, recording);
        listen();
    }

    @Override
    boolean take(String line, double t) {
        Matcher batch = BATCH.matcher(line);
        if (line.startsWith("clients replaced  "))
            recording.write(new Processing.Batch(t, number, "replaced", 0, -1, Script.hidden(line.substring(18))));
        else if (!batch.matches()) return false;
        else if (batch.group(3) == null)
            recording.write(
                    new Processing.Batch(t, number, "aborted", count(batch), -1, Script.hidden(batch.group(4))));
        else
            recording.write(
                    new Processing.Batch(t, number, "committed", count(batch), Long.parseLong(batch.group(3)), null));
        return true;
    }

    private static int count(Matcher batch) {
        return Integer.parseInt(batch.group(2).replace(",", ""));
    }
}
