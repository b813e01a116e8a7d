package lab.drill.recording;

import java.io.UncheckedIOException;
import java.util.concurrent.locks.LockSupport;
import lab.common.Script;
import lab.history.*;

/**
 * One run as it happens: every entry goes to the history, and is printed for people. It has the run's clock. All methods
 * may be called from any thread.
 */
public class Recording {
    private final long start = System.nanoTime();
    private final Recorder recorder;
    private final Timeline timeline;
    private volatile String failure; // why the history could not be written
    private volatile boolean ended;

    public Recording(HistoryWriter writer, Timeline timeline) {
        this.recorder = new Recorder(writer);
        this.timeline = timeline;
        Script.inBackground(() -> {
            for (; !ended; LockSupport.parkNanos(50_000_000L))
                try {
                    recorder.flush(now());
                } catch (UncheckedIOException full) {
                    failure = Script.oneLine(full);
                }
        });
    }

    /** Seconds since the run began, with four decimals. */
    public double now() {
        return Math.round((System.nanoTime() - start) / 1e5) / 1e4;
    }

    /** For the lines of records. */
    public Recorder records() {
        return recorder;
    }

    /** Its lines are printed in the order in which they are written. */
    public synchronized void write(Entry entry) {
        if (ended) return;
        try {
            recorder.write(entry);
        } catch (UncheckedIOException full) {
            failure = Script.oneLine(full);
        }
        timeline.print(entry);
    }

    /** For readers. */
    public void note(String format, Object... values) {
        write(new Seen.Note(now(), Script.hidden(format.formatted(values))));
    }

    /** Why the history could not be written; null: it was. */
    public String failure() {
        return failure;
    }

    /** From here on nothing is written: a client may still be closing. */
    public synchronized void end() {
        ended = true;
        try {
            recorder.end();
        } catch (UncheckedIOException full) {
            failure = Script.oneLine(full); // without its end, the run is INCONCLUSIVE
        }
    }
}
