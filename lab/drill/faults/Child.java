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

    private final Process process;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

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
            answers.add("error: the process has ended");
        });
    }

    /** Sends a command, and returns the answer. A command that hangs is ended. */
    String execute(String command) throws IOException, InterruptedException {
        answers.clear(); // of a command that took too long
        process.outputWriter(StandardCharsets.UTF_8).write(command + "\n");
        process.outputWriter(StandardCharsets.UTF_8).flush();
        String answer = answer(COMMAND_LIMIT);
        if (answer == null) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            answer = "error: no answer within " + COMMAND_LIMIT + " s";
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
