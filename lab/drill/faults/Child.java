package lab.drill.faults;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.*;
import java.util.function.Consumer;
import lab.common.*;

/**
 * A process that takes commands on its standard input, one a line, and answers each with one line. It ends when its input
 * ends. Ctrl-C does not reach it: it ends in good order, after the drill.
 */
class Child implements AutoCloseable {
    private static final int COMMAND_LIMIT = 120; // s
    private static final String ENDED = "error: the process has ended";

    private final Process process;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private int late; // answers that are still to come, of commands that took too long
    int limit = COMMAND_LIMIT;

    /** @param aside takes the lines that are no answers: that a node died */
    Child(List<String> command, Map<String, String> environment, Consumer<String> aside) throws IOException {
        var all = new ArrayList<>(List.of("sh", "-c", "trap '' INT; exec \"$@\"", "sh"));
        all.addAll(command);
        var builder = new ProcessBuilder(all).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment);
        process = builder.start();
        Script.inBackground(() -> {
            process.inputReader(StandardCharsets.UTF_8).lines().forEach(line -> {
                if (line.contains(" died: ")) aside.accept(line);
                else if (!line.startsWith("[")) answers.add(line); // the JVM's warnings
            });
            answers.add(ENDED);
        });
    }

    /** Sends a command, and returns the answer. A command that hangs is ended; its answer is not taken for a later one. */
    String execute(String command) throws IOException, InterruptedException {
        process.outputWriter(StandardCharsets.UTF_8).write(command + "\n");
        process.outputWriter(StandardCharsets.UTF_8).flush();
        String answer = answer(limit);
        for (; late > 0 && answer != null && !answer.equals(ENDED); late--) answer = answer(limit);
        if (answer == null) {
            late++;
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            answer = "error: no answer within " + limit + " s";
        }
        if (!answer.startsWith("error: ")) return answer;
        throw new Failure(1, "'%s' failed: %s", command.strip(), answer.substring(7));
    }

    /** The next line; null: there was none in time. */
    String answer(int limitSeconds) throws InterruptedException {
        for (int tenths = 0; tenths < 10 * limitSeconds; tenths++) {
            if (Script.stopping()) return "error: interrupted";
            String answer = answers.poll(100, TimeUnit.MILLISECONDS);
            if (answer != null) return answer;
        }
        return null;
    }

    /** Ends its input, and waits until it has restored what it took down. */
    @Override
    public void close() {
        try {
            process.outputWriter(StandardCharsets.UTF_8).close();
            if (!process.waitFor(COMMAND_LIMIT, TimeUnit.SECONDS))
                process.toHandle().destroy();
        } catch (IOException hasEnded) {
            // nothing is left to end
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
    }
}
