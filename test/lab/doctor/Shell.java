package lab.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.*;
import java.nio.file.*;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.*;
import test.*;

/** Runs a printed remedy in bash, with Kafka's own tools. */
class Shell {
    private static final Path TOOLS = tools();

    private Shell() {}

    /** A directory with the commands of Kafka's bin directory that remedies use. */
    private static Path tools() {
        try {
            Path directory = Files.createTempDirectory("tools");
            String command = String.join(" ", Run.commandOf("test/tool.java"));
            for (String name : List.of(
                    "kafka-configs.sh",
                    "kafka-topics.sh",
                    "kafka-reassign-partitions.sh",
                    "kafka-leader-election.sh",
                    "kafka-transactions.sh",
                    "kafka-consumer-groups.sh",
                    "kafka-features.sh",
                    "kafka-metadata-quorum.sh",
                    "kafka-streams-groups.sh")) {
                Path tool = Files.writeString(
                        directory.resolve(name), "#!/bin/sh\nexec %s %s \"$@\"\n".formatted(command, name));
                Files.setPosixFilePermissions(tool, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs the commands in a remedy; the words before the first one are for people. */
    static void run(String remedy) {
        assertThat(remedy).contains("kafka-");
        try (Run bash = bash(remedy.substring(remedy.indexOf("kafka-")))) {
            bash.expectExit(0);
        }
    }

    /** Whether a command succeeds. */
    static boolean works(String command) {
        try (Run bash = bash(command)) {
            return bash.awaitExit() == 0;
        }
    }

    private static Run bash(String commands) {
        return Run.here()
                .with("PATH", TOOLS + ":" + System.getenv("PATH"))
                .command("bash", "-c", "set -e; " + commands);
    }
}
