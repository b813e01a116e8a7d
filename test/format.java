///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Formats Java files with palantir-java-format and leaves the JBang header as it is
//JAVA 17+
//DEPS com.palantir.javaformat:palantir-java-format:2.103.0
//RUNTIME_OPTIONS --add-exports=jdk.compiler/com.sun.tools.javac.api=ALL-UNNAMED
//RUNTIME_OPTIONS --add-exports=jdk.compiler/com.sun.tools.javac.code=ALL-UNNAMED
//RUNTIME_OPTIONS --add-exports=jdk.compiler/com.sun.tools.javac.file=ALL-UNNAMED
//RUNTIME_OPTIONS --add-exports=jdk.compiler/com.sun.tools.javac.parser=ALL-UNNAMED
//RUNTIME_OPTIONS --add-exports=jdk.compiler/com.sun.tools.javac.tree=ALL-UNNAMED
//RUNTIME_OPTIONS --add-exports=jdk.compiler/com.sun.tools.javac.util=ALL-UNNAMED

import com.palantir.javaformat.java.Formatter;
import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.JavaFormatterOptions;
import com.palantir.javaformat.java.JavaFormatterOptions.Style;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code ./jbang test/format.java [--check] FILE...}: formats the files, or with {@code --check}
 * only reports which would change. Exit status 1 if one would, or if one cannot be formatted.
 *
 * <p>palantir-java-format (120 columns, as few line breaks as can be) takes {@code //DEPS} and its like for comments and puts a blank behind the
 * slashes, and JBang then sees nothing in them. So all that stands before the first line of Java
 * stays as it is.
 */
class format {
    public static void main(String... arguments) throws IOException {
        var files = new ArrayList<>(List.of(arguments));
        boolean check = files.remove("--check");
        if (files.isEmpty()) {
            System.err.println("Which files? Usage: ./jbang test/format.java [--check] FILE...");
            System.exit(2);
        }
        var formatter = Formatter.createFormatter(
                JavaFormatterOptions.builder().style(Style.PALANTIR).build());
        boolean good = true;
        for (String file : files) {
            Path path = Path.of(file);
            String text = Files.readString(path);
            int body = startOfJava(text);
            if (body == text.length()) continue; // an entry of the lab: only a header
            String formatted;
            try {
                formatted = text.substring(0, body) + compact(formatter.formatSource(text.substring(body)));
            } catch (FormatterException e) {
                int headerLines = (int) text.substring(0, body).lines().count();
                for (var problem : e.diagnostics()) {
                    System.out.printf("%s:%d: %s%n", file, problem.line() + headerLines, problem.message());
                }
                good = false;
                continue;
            }
            if (formatted.equals(text)) {
                continue;
            }
            if (check) {
                System.out.printf("needs formatting: %s (./jbang test/format.java %s)%n", file, file);
                good = false;
            } else {
                Files.writeString(path, formatted);
                System.out.printf("formatted: %s%n", file);
            }
        }
        System.exit(good ? 0 : 1);
    }

    /**
     * palantir-java-format gives every attribute of an annotation a line of its own. An option is seen at a glance when
     * it takes one line where it fits, and else as few as can be.
     */
    private static String compact(String source) {
        var result = new StringBuilder();
        var annotation = new StringBuilder(); // what was read of one
        for (String line : source.split("\n", -1)) {
            if (annotation.isEmpty() && !line.matches(" *@(Option|Parameters)\\("))
                result.append(line).append('\n');
            else {
                annotation.append(annotation.isEmpty() ? line : line.strip()).append(' ');
                if (depth(annotation) > 0) continue;
                fill(result, annotation.toString().stripTrailing());
                annotation.setLength(0);
            }
        }
        return result.substring(0, result.length() - 1);
    }

    /** Open parentheses and braces that are not closed, outside of strings. */
    private static int depth(CharSequence code) {
        String bare = code.toString().replaceAll("\"(\\\\.|[^\"\\\\])*\"", "");
        return bare.replaceAll("[^({]", "").length()
                - bare.replaceAll("[^)}]", "").length();
    }

    private static void fill(StringBuilder result, String annotation) {
        String all = annotation
                .replaceAll("\" [+] \"", "")
                .replaceAll("([({]) ", "$1")
                .replaceAll(" ([)}])", "$1");
        String indent = " ".repeat(all.indexOf('@') + 8);
        var line = new StringBuilder();
        for (String part : all.split("(?<=,) (?=\\w+ = )")) {
            boolean fits = line.length() + 1 + part.length() <= WIDTH;
            if (!fits && !line.isEmpty()) {
                result.append(line).append('\n');
                line = new StringBuilder(indent + part);
            } else line.append(line.isEmpty() ? "" : " ").append(part);
            while (line.length() > WIDTH) { // a long description: split between words
                int cut = line.lastIndexOf(" ", WIDTH - 2);
                result.append(line, 0, cut).append("\"\n");
                line = new StringBuilder(indent + "        + \"" + line.substring(cut));
            }
        }
        result.append(line).append('\n');
    }

    private static final int WIDTH = 120;

    /** The offset of the first line that is neither blank nor a {@code //} comment. */
    private static int startOfJava(String text) {
        int offset = 0;
        for (String line : text.split("(?<=\n)")) {
            if (!line.isBlank() && !line.startsWith("//")) {
                break;
            }
            offset += line.length();
        }
        return offset;
    }
}
