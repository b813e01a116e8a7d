package lab.drill.faults;

import java.nio.file.*;
import java.util.*;
import java.util.stream.Stream;

/** The other scripts of this collection, and the JBang that runs them. */
public class Siblings {
    /** A script in this directory, or beside the jbang that runs this one. Null: there is none. */
    public static Path find(String script) {
        String launcher = System.getenv("JBANG_LAUNCH_CMD");
        Path beside =
                launcher == null ? null : Path.of(launcher).toAbsolutePath().resolveSibling(script);
        return Stream.of(Path.of(script), beside)
                .filter(it -> it != null && Files.exists(it))
                .findFirst()
                .orElse(null);
    }

    /** The command that runs JBang: the one that runs this script, if that is known. */
    public static List<String> jbang() {
        String launcher = System.getenv().getOrDefault("JBANG_LAUNCH_CMD", "jbang");
        boolean isFile = launcher.contains("/") && !Files.isExecutable(Path.of(launcher));
        return isFile ? List.of("sh", launcher) : List.of(launcher);
    }
}
