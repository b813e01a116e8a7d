package test;

import java.time.Duration;
import java.util.List;

/** Docker's own commands, for the tests of docker-compose.yml. */
public final class Docker {
    public static final String KAFKA_1 = "kafka-deploy-kafka-1";

    private static final Duration LONG = Duration.ofMinutes(6);

    private Docker() {}

    public static boolean answers() {
        try (Run run = Run.command("docker", "info")) {
            return run.awaitExit() == 0;
        } catch (java.io.UncheckedIOException notInstalled) {
            return false;
        }
    }

    /** A command that must work. */
    public static void run(String... command) {
        try (Run run = Run.command(command)) {
            run.expectExit(0, LONG);
        }
    }

    /** What a command that must work prints. */
    public static List<String> output(String... command) {
        try (Run run = Run.command(command)) {
            run.expectExit(0);
            return run.out();
        }
    }
}
