package lab.secure;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** cluster.java as a child. It ends at the end of its input, and so with this process, even by SIGKILL. */
class ClusterProcess {
    private final Process process;

    ClusterProcess(List<String> arguments) throws IOException {
        String jbang = System.getenv().getOrDefault("JBANG_LAUNCH_CMD", "jbang");
        Path beside = Path.of(jbang).toAbsolutePath().resolveSibling("cluster.java");
        Path script = Files.exists(beside) ? beside : Path.of("cluster.java").toAbsolutePath();
        if (!Files.exists(script)) throw new IOException("there is no cluster.java in this directory");
        // Ctrl-C goes to every process of a terminal. This child ends in good order, by the end of its input.
        var command = new ArrayList<>(List.of("sh", "-c", "trap '' INT; exec \"$@\"", "sh", jbang, script.toString()));
        command.addAll(arguments);
        process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        var input = new Thread(this::passOnInput);
        input.setDaemon(true);
        input.start();
    }

    private void passOnInput() {
        try (OutputStream commands = process.getOutputStream()) {
            for (int bytes; (bytes = System.in.read()) >= 0; ) {
                commands.write(bytes);
                if (bytes == '\n') commands.flush();
            }
        } catch (IOException ended) {
            // then it takes no more commands
        }
    }

    /** Waits for the end, and returns the exit status. */
    int await() throws InterruptedException {
        return process.waitFor();
    }

    /** The end of its input ends it, and its nodes. SIGTERM if that takes longer than 30 s. */
    void end() {
        try {
            process.getOutputStream().close();
            if (!process.waitFor(30, TimeUnit.SECONDS)) process.toHandle().destroy();
            process.waitFor(30, TimeUnit.SECONDS);
        } catch (IOException | InterruptedException ended) {
            process.toHandle().destroy();
        }
    }
}
