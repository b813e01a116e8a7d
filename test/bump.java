///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Sets the version of Kafka that all scripts, tests and docker-compose.yml use
//JAVA 17+

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * {@code ./jbang test/bump.java VERSION}, in the repository's directory: replaces the version of Kafka that
 * producer.java depends on, wherever it stands. What was measured or captured with a version keeps it. Prints each
 * changed line. Exit status 2 for wrong usage.
 */
class bump {
    private static final Pattern CURRENT = Pattern.compile("(?m)^//DEPS org[.]apache[.]kafka:kafka-clients:(\\S+)$");

    public static void main(String... arguments) throws IOException {
        Path source = Path.of("producer.java");
        if (arguments.length != 1 || !arguments[0].matches("\\d+[.]\\d+[.]\\d+") || !Files.exists(source)) {
            System.err.println("Usage, in the repository's directory: ./jbang test/bump.java VERSION, such as 4.5.0");
            System.exit(2);
        }
        Matcher current = CURRENT.matcher(Files.readString(source));
        if (!current.find()) throw new IllegalStateException("producer.java does not depend on kafka-clients");
        var old = Pattern.compile("(?<![\\w.])" + Pattern.quote(current.group(1)) + "(?![\\w.]*\\d)");
        for (Path file : files()) {
            List<String> lines = List.of(Files.readString(file).split("(?<=\n)"));
            var changed = new StringBuilder();
            for (int i = 0; i < lines.size(); i++) {
                String line = lines.get(i);
                boolean another = line.startsWith("//DEPS ") && !line.contains(" org.apache.kafka:");
                String bumped = another ? line : old.matcher(line).replaceAll(arguments[0]);
                if (!bumped.equals(line)) System.out.printf("%s:%d: %s", file, i + 1, bumped);
                changed.append(bumped);
            }
            Files.writeString(file, changed);
        }
    }

    /** All files that decide which version is used, or show it. */
    private static List<Path> files() throws IOException {
        try (Stream<Path> all = Files.walk(Path.of(""))) {
            return all.filter(Files::isRegularFile)
                    .filter(file ->
                            file.toString().matches("(?!(bench|docs)/.*md|test/histories/).*[.](java|yml|md|json)"))
                    .filter(file -> !file.startsWith(".git"))
                    .sorted()
                    .collect(Collectors.toList());
        }
    }
}
