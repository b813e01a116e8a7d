package lab.drill.clients;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.*;
import lab.common.Script;
import lab.drill.recording.Recording;
import lab.history.Processing;

/** A child process that can be frozen, resumed and killed. It ends with the drill, even if the drill is killed. */
public abstract class Worker {
    /** Runs a command, prints its number, and kills it when standard input ends. */
    private static final String KEEPER = "exec 3<&0; \"$@\" </dev/null 2>&1 3<&- & p=$!; echo \"pid $p\";"
            + " (cat <&3; kill -9 $p) >/dev/null 2>&1 & wait $p; echo \"ended $?\"";

    final int number;
    final Recording recording;
    private final Process keeper;
    private volatile long pid;
    private volatile boolean ready;
    private volatile boolean ended;
    private volatile boolean killed;

    Worker(int number, List<String> command, Recording recording) throws IOException {
        this.number = number;
        this.recording = recording;
        var all = new ArrayList<>(List.of("sh", "-c", KEEPER, "sh"));
        all.addAll(command);
        note("start");
        keeper = new ProcessBuilder(all)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    /** Starts reading lines. The subclass calls it when it can take them. */
    void listen() {
        Script.inBackground(
                () -> keeper.inputReader(StandardCharsets.UTF_8).lines().forEach(this::line));
    }

    private void note(String what) {
        recording.write(new Processing.Process(recording.now(), number, what));
    }

    private void line(String line) {
        if (line.startsWith("pid ")) pid = Long.parseLong(line.substring(4));
        else if (line.startsWith("ready")) ready = true;
        else if (line.startsWith("ended ")) {
            if (!killed) note("ended");
            ended = true;
        } else if (!take(line, recording.now()) && !line.startsWith("[jbang]"))
            recording.note("process %d: %s", number, line);
    }

    /**
     * Takes a line that the process has printed.
     *
     * @return false if the line has no known meaning
     */
    abstract boolean take(String line, double t);

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

    public boolean isRunning() {
        return !ended && !killed;
    }

    public void freeze() throws IOException, InterruptedException {
        signal("STOP");
    }

    /** @param told whether to write an entry: not between two attempts to freeze the process at the right moment */
    public void resume(boolean told) throws IOException, InterruptedException {
        if (told) note("resume");
        signal("CONT");
    }

    /** The process was frozen at the right moment. */
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
        if (pid == 0) return; // not known yet: "kill 0" would mean this program's own process group
        var command = new ArrayList<>(List.of("kill", "-" + name, "" + pid));
        ProcessHandle.of(pid).ifPresent(it -> it.descendants().forEach(child -> command.add("" + child.pid())));
        new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }
}
