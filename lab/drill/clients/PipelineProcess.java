package lab.drill.clients;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.regex.*;
import lab.common.Script;
import lab.drill.recording.Recording;
import lab.history.Processing;

/** A process of the pipeline. What it prints about its batches goes to the history. It ends with the drill, however that ends. */
public class PipelineProcess {
    /** Runs a command, prints its number, and kills it when standard input ends. */
    private static final String KEEPER = "exec 3<&0; \"$@\" </dev/null 2>&1 3<&- & p=$!; echo \"pid $p\";"
            + " (cat <&3; kill -9 $p) >/dev/null 2>&1 & wait $p; echo \"ended $?\"";

    private static final Pattern BATCH =
            Pattern.compile("(committed|aborted) +([\\d,]+) records  (?:input up to .*offset (\\d+)$)?(.*)");

    private final int number;
    private final Recording recording;
    private final Process keeper;
    private volatile long pid;
    private volatile boolean ready;
    private volatile boolean ended;
    private boolean killed;

    public PipelineProcess(int number, List<String> command, Recording recording) throws IOException {
        this.number = number;
        this.recording = recording;
        var all = new ArrayList<>(List.of("sh", "-c", KEEPER, "sh"));
        all.addAll(command);
        note("start");
        keeper = new ProcessBuilder(all)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        Script.inBackground(
                () -> keeper.inputReader(StandardCharsets.UTF_8).lines().forEach(this::line));
    }

    private void note(String what) {
        recording.write(new Processing.Process(recording.now(), number, what));
    }

    private void line(String line) {
        double t = recording.now();
        Matcher batch = BATCH.matcher(line);
        if (line.startsWith("pid ")) pid = Long.parseLong(line.substring(4));
        else if (line.startsWith("ready: ")) ready = true;
        else if (line.startsWith("ended ")) {
            if (!killed) note("ended");
            ended = true;
        } else if (line.startsWith("clients replaced  "))
            recording.write(new Processing.Batch(t, number, "replaced", 0, -1, Script.hidden(line.substring(18))));
        else if (batch.matches() && batch.group(3) == null)
            recording.write(
                    new Processing.Batch(t, number, "aborted", count(batch), -1, Script.hidden(batch.group(4))));
        else if (batch.matches())
            recording.write(
                    new Processing.Batch(t, number, "committed", count(batch), Long.parseLong(batch.group(3)), null));
        else if (!line.startsWith("[jbang]")) recording.note("pipeline %d: %s", number, line);
    }

    private static int count(Matcher batch) {
        return Integer.parseInt(batch.group(2).replace(",", ""));
    }

    public int number() {
        return number;
    }

    public boolean isReady() {
        return ready;
    }

    /** By itself, or because it was killed. */
    public boolean hasEnded() {
        return ended;
    }

    public void freeze() throws IOException, InterruptedException {
        signal("STOP");
    }

    /** @param told whether it is worth an entry: not between two attempts to freeze it at the right moment */
    public void resume(boolean told) throws IOException, InterruptedException {
        if (told) note("resume");
        signal("CONT");
    }

    /** The process was frozen in the middle of a batch. */
    public void noteFrozen() {
        note("freeze");
    }

    /** @param what {@code kill}, or {@code end} after the run */
    public void kill(String what) throws IOException, InterruptedException {
        if (ended || killed) return;
        killed = true;
        note(what);
        signal("KILL");
        keeper.outputWriter(StandardCharsets.UTF_8).close();
    }

    private void signal(String name) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("kill", "-" + name, "" + pid));
        ProcessHandle.of(pid).ifPresent(it -> it.descendants().forEach(child -> command.add("" + child.pid())));
        new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }
}
