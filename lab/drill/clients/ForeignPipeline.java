package lab.drill.clients;

import java.io.IOException;
import java.util.*;
import lab.drill.recording.Recording;

/** A process of the user's pipeline. What it prints has no meaning here; if it ends by itself, its last lines are notes. */
public class ForeignPipeline extends Worker {
    private static final int SHOWN = 5; // lines

    private final Deque<String> last = new ArrayDeque<>();

    /** @param command for a shell */
    public ForeignPipeline(int number, String command, Recording recording) throws IOException {
        super(number, List.of("sh", "-c", command), recording);
        listen();
    }

    @Override
    boolean take(String line, double t) {
        last.addLast(line);
        if (last.size() > SHOWN) last.removeFirst();
        return true;
    }

    @Override
    void over() {
        for (String line : last) recording.note("process %d: %s", number, line);
    }
}
