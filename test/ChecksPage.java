///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Writes docs/checks.md from the class comments of lab/proof/checks
//JAVA 17+

package test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code ./jbang test/ChecksPage.java}. A test compares the page with the comments. */
public class ChecksPage {
    private static final Pattern CHECK = Pattern.compile("(?m)^            new (\\w+)\\(\\)|^            // (.+)$");
    private static final Pattern COMMENT = Pattern.compile("(?s)/\\*\\*(.*?)\\*/\\s*class ");

    public static void main(String[] arguments) throws IOException {
        Files.writeString(Path.of("docs/checks.md"), page(Path.of(".")));
    }

    /** The page as it should be. */
    public static String page(Path root) throws IOException {
        Path checks = root.resolve("lab/proof/checks");
        var page = new StringBuilder("""
                # Checks

                What `lab/drill.java` claims of a run, and when the claim does not hold. A verdict is computed from the
                [history](history.md) of the run alone.

                | verdict | |
                |---|---|
                | PASS | It was observed, and it holds. |
                | ALLOWED | It does not hold, and the settings do not promise it. The claim names the setting. |
                | INCONCLUSIVE | It could not be observed. The claim gives the reason. |
                | FAIL | It does not hold, and the settings promise it. |

                The verdict of a run is the worst of its claims, in this order. If a run was killed, interrupted or given up,
                what did not happen is INCONCLUSIVE, not FAIL. So is a claim about a fault for which there is no evidence.

                *Disturbed*: something other than the run changed the cluster at that time. *Unobserved*: the cluster was not
                observed then. *Hidden*: the record's place in the log could not be seen, because the log's start has moved or
                too few replicas were in sync.

                `./jbang test/ChecksPage.java` generates this page from the comments of `lab/proof/checks/`.

                ## The run itself

                These claims are shown only if they do not hold (FaultHappened always). They are never FAIL.
                """);
        Matcher check = CHECK.matcher(Files.readString(checks.resolve("Checks.java")));
        while (check.find())
            if (check.group(1) == null)
                page.append("\n## ").append(check.group(2)).append('\n');
            else page.append(section(check.group(1), Files.readString(checks.resolve(check.group(1) + ".java"))));
        return page.toString();
    }

    private static String section(String name, String source) {
        Matcher comment = COMMENT.matcher(source);
        if (!comment.find()) throw new IllegalStateException(name + " has no class comment");
        String text = comment.group(1).replaceAll("(?m)^ *\\* ?", "").strip();
        var section = new StringBuilder("\n### ").append(name).append("\n");
        boolean inList = false;
        for (String paragraph : List.of(text.split("<p>"))) {
            String line = paragraph.strip().replaceAll("\\s+", " ").replaceAll("\\{@code (.*?)}", "`$1`");
            line = line.replaceFirst("^(FAIL|ALLOWED|INCONCLUSIVE): ", "- **$1**: ");
            boolean isItem = line.startsWith("- **");
            section.append(isItem && inList ? "" : "\n").append(wrapped(line)).append('\n');
            inList = isItem;
        }
        return section.toString();
    }

    /** In lines of at most 140 characters. */
    private static String wrapped(String text) {
        String indent = text.startsWith("- ") ? "  " : "";
        return text.replaceAll("(.{1,138})(?: +|$)", "$1\n" + indent).stripTrailing();
    }
}
