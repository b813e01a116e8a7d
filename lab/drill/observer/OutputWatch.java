package lab.drill.observer;

import java.util.*;
import java.util.concurrent.ExecutionException;
import lab.common.Script;
import lab.drill.recording.Recording;
import lab.history.Processing;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.*;

/**
 * Asks every 50 ms for the output's last stable offset and high watermark, and writes when the first stood below the
 * second: readers with read_committed wait there.
 */
public class OutputWatch {
    private static final double WORTH = 1; // s: a shorter time is a usual transaction

    private final Admin admin;
    private final TopicPartition output;
    private final Recording recording;
    private volatile boolean ending;
    private Processing.Held held; // now; null: nothing is open
    private final Thread thread = new Thread(this::watch, "output-watch");

    public OutputWatch(Admin admin, TopicPartition output, Recording recording) {
        this.admin = admin;
        this.output = output;
        this.recording = recording;
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * The last stable offset and the high watermark.
     *
     * @throws ExecutionException if the leader does not answer within 1 s
     */
    public long[] ends() throws ExecutionException, InterruptedException {
        long stable = end(IsolationLevel.READ_COMMITTED); // first: a transaction that ends now is not seen as open
        return new long[] {stable, end(IsolationLevel.READ_UNCOMMITTED)};
    }

    private long end(IsolationLevel level) throws ExecutionException, InterruptedException {
        var options = new ListOffsetsOptions(level).timeoutMs(1_000);
        return admin.listOffsets(Map.of(output, OffsetSpec.latest()), options)
                .partitionResult(output)
                .get()
                .offset();
    }

    private void watch() {
        while (!ending && !Script.stopsWithin(50_000_000))
            try {
                double asked = recording.now();
                long[] ends = ends();
                note(asked, ends[0], ends[1]);
            } catch (ExecutionException noAnswer) {
                // the next answer shows whether it has moved
            } catch (InterruptedException end) {
                return;
            }
        over();
    }

    private void note(double asked, long stable, long end) {
        if (held != null && held.stable() == stable && end > stable) {
            held = new Processing.Held(held.t(), asked, stable, end);
            return;
        }
        over();
        held = end > stable ? new Processing.Held(recording.now(), asked, stable, end) : null;
    }

    private void over() {
        if (held != null && held.to() - held.t() >= WORTH) recording.write(held);
    }

    /** Writes what is held still. */
    public void close() {
        ending = true;
        try {
            thread.join(3_000);
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
    }
}
