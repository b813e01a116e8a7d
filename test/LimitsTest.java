package test;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The limits that keep the files readable hold, and each of them notices what breaks it. */
class LimitsTest {
    private static final String HEADER =
            "///usr/bin/env jbang \"$0\" \"$@\" ; exit $?\n//DESCRIPTION Any\n//JAVA 17+\n";
    private static final String TAIL = "    // ---- the tail ----\n    int it;\n}\n";

    @TempDir
    private Path directory;

    static Set<String> limits() {
        return House.LIMITS.keySet();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("limits")
    @DisplayName("in this project")
    void limit(String limit) {
        assertThat(House.LIMITS.get(limit).apply(new House(Run.ROOT))).isEmpty();
    }

    // ---- each limit is seen failing, on a small house in which one line is wrong ----

    @BeforeEach
    void build() throws IOException {
        var lengths =
                Map.of("producer", 275, "consumer", 286, "topics", 286, "queue", 264, "cluster", 605, "failover", 1100);
        for (var script : lengths.entrySet()) {
            String name = script.getKey();
            boolean short_ = script.getValue() < 300;
            String tail = short_ ? TAIL : "}\n";
            String start = HEADER + "class " + name + " {\n";
            long fields = script.getValue() - (start + tail).lines().count();
            write(name + ".java", start + fields(name, (int) fields) + tail);
        }
        write("lab/drill.java", HEADER + """
                //DEPS any:any:1.0
                //MAIN lab.drill.Drill
                //SOURCES drill/Drill.java // the command
                //SOURCES drill/Page.java // what it shows
                //FILES lab/drill/page.html=drill/page.html
                //SOURCES common/Script.java // how it ends

                /* ./jbang lab/drill.java */
                """);
        write(
                "lab/drill/Drill.java",
                "package lab.drill;\n\nimport lab.common.Script;\n\nclass Drill {\n" + fields("drill", 294) + "}\n");
        write(
                "lab/drill/Page.java",
                "package lab.drill;\n\n/** It knows lab.live.Live. */\nrecord Page(Drill drill) {}\n");
        write("lab/drill/page.html", "<p>\n");
        write("lab/common/Script.java", "package lab.common;\n\npublic class Script {\n    class Nested {}\n}\n");
        write("test/format.java", HEADER + "//DEPS any:any:1.0-rc1\nclass format {}\n");
    }

    private static String fields(String name, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> "    int " + name + i + ";\n")
                .collect(Collectors.joining());
    }

    private void write(String file, String text) throws IOException {
        Path path = directory.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
        String mode = text.startsWith("///") ? "rwxr-xr-x" : "rw-r--r--";
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
    }

    @Test
    @DisplayName("nothing is wrong in a house that keeps all limits to the line")
    void nothingWrong() {
        assertThat(complaints()).isEmpty();
    }

    private Map<String, Object> complaints() {
        var complaints = new TreeMap<String, Object>();
        House.LIMITS.forEach((name, limit) -> {
            var found = limit.apply(new House(directory));
            if (!found.isEmpty()) complaints.put(name, found);
        });
        return complaints;
    }

    /** A file, the line in it that is replaced, the new lines, and the only complaint that is expected. */
    @ParameterizedTest(name = "{0}: {3}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "producer.java | int producer1; | int producer1;~int x; | producer.java: 276 lines, at most 275",
                "failover.java | int failover1; | int failover1;~int x; | failover.java: 1101 lines, at most 1100",
                "topics.java | //JAVA 17+ | //SOURCES Other.java | topics.java: has //SOURCES or //FILES and cannot be copied alone",
                "doctor.java | | class doctor {} | doctor.java: not one of the guide's scripts",
                "queue.java | int it; | int its; | queue.java: another tail than producer.java's, in line 263: int its;",
                "lab/drill.java | /* | class drill {}~/* | lab/drill.java: has Java",
                "lab/drill.java | //MAIN lab.drill.Drill | | lab/drill.java: no line //MAIN lab.drill.",
                "lab/drill.java | //JAVA 17+ | | lab/drill.java: no line //JAVA 17+",
                "lab/drill.java | // the command | | lab/drill.java: not one file, or no comment behind it: //SOURCES",
                "lab/drill.java | common/Script | common/* | lab/drill.java: not one file, or no comment behind it: //SOURCES",
                "lab/drill.java | //SOURCES drill/Page.java // what it shows | | lab/drill.java: does not list lab/drill/Page.java",
                "lab/drill.java | //FILES lab/drill/page.html=drill/page.html | | lab/drill.java: does not list lab/drill/page.html",
                "lab/drill.java | //FILES lab/drill/page | //FILES page | its name at run time must be lab/drill/page.html",
                "lab/drill.java | drill/Page.java | drill/Pages.java | lab/drill.java: there is no lab/drill/Pages.java",
                "lab/drill.java | //MAIN | //SOURCES drill/Page.java // again~//MAIN | lab/drill.java: twice lab/drill/Page.java",
                "lab/drill/Drill.java | import lab.common.Script; | | lab/drill.java: lists lab/common/Script.java, which no other room uses",
                "lab/common/Json.java | | package lab.common;~class Json {} | no entry lists lab/common/Json.java",
                "lab/drill/Drill.java | int drill1; | int drill1;~int x; | lab/drill/Drill.java: 301 lines, at most 300",
                "lab/drill/Page.java | package lab.drill | package lab | lab/drill/Page.java: no line 'package lab.drill;'",
                "lab/drill/Page.java | record Page | class Other {}~record Page | top-level classes [Other, Page], expected Page",
                "lab/common/Script.java | public class Script | //DEPS a:b:1~public class Script | has a directive",
                "lab/common/Script.java | class Nested {} | lab.drill.Page page; | lab.common may not know lab.drill",
                "lab/common/Script.java | package lab.common; | package lab.common;~import lab.drill.*; | lab.common may not know lab.drill",
                "lab/drill/faults/A.java | | package lab.drill.faults;~import lab.drill.scenarios.*;~class A {} | lab.drill.faults may not know lab.drill.scenarios",
                "lab/drill/clients/A.java | | package lab.drill.clients;~class A { lab.drill.Page page; } | lab.drill.clients may not know lab.drill",
                "lab/live/A.java | | package lab.live;~import static lab.drill.faults.B.*;~class A {} | lab.live may not know lab.drill.faults",
                "lab/other/A.java | | package lab.other;~class A {} | lab/other/A.java: what it may import is not known",
                "lab/drill/Page.java | package lab.drill; | package lab.drill;~import static lab.drill.Drill.*; | import static of a main class, lab.drill.Drill",
                "test/format.java | 1.0-rc1 | LATEST | test/format.java: not pinned",
                "test/format.java | 1.0-rc1 | [1,2) | test/format.java: not pinned",
                "test/format.java | any:any:1.0-rc1 | any:any:1.0 b:b:+ | test/format.java: not pinned",
                "test/format.java | //DESCRIPTION Any | | test/format.java: has no //DESCRIPTION",
                "lab/drill.java | ///usr/bin/env | // /usr/bin/env | lab/drill.java: its first line is not ///usr/bin/env",
            })
    @DisplayName("a limit notices")
    void noticed(String file, String old, String changed, String complaint) throws IOException {
        Path path = directory.resolve(file);
        String lines = changed == null ? "" : changed.replace('~', '\n');
        String before = Files.exists(path) ? Files.readString(path) : "";
        assertThat(before).contains(old == null ? "" : old);
        write(file, old == null ? lines : before.replace(old, lines));
        assertThat(complaints().toString()).contains(complaint);
    }

    @Test
    @DisplayName("a limit notices six lines in two files, and no five, imports, braces or comments")
    void noticesTwice() throws IOException {
        String five = fields("same", 5);
        String thin = "import a.B;\nimport a.C;\n  }\n// a comment\n * a comment\n\n";
        write("test/One.java", five + thin + "int one;\n" + thin);
        write("test/Two.java", thin + "int two;\n" + five + thin);
        assertThat(complaints()).isEmpty();
        write("test/Two.java", thin + "int two;\n" + five + thin + "\tint one;\n");
        assertThat(complaints()).containsOnlyKeys("no six lines in a row stand in two files");
        assertThat(complaints().toString()).contains("6 lines from test/One.java:1 and test/Two.java:8");
    }

    @Test
    @DisplayName("a limit notices a script that cannot be executed, and a room that can")
    void noticesModes() throws IOException {
        Files.setPosixFilePermissions(directory.resolve("topics.java"), PosixFilePermissions.fromString("rw-r--r--"));
        assertThat(complaints().toString()).contains("topics.java: cannot be executed");
        build();
        Files.setPosixFilePermissions(
                directory.resolve("lab/common/Script.java"), PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(complaints().toString()).contains("lab/common/Script.java: can be executed and has no command line");
    }

    @Test
    @DisplayName("a limit notices a script that is missing, and a tail that is too long or is not there")
    void noticesMissing() throws IOException {
        Files.delete(directory.resolve("consumer.java"));
        assertThat(complaints().toString()).contains("consumer.java: is not there");
        String longer = Files.readString(directory.resolve("producer.java"))
                .replace("    // ---- the tail ----\n", "")
                .replace("    int producer200;\n", "    // ---- the tail ----\n    int producer200;\n");
        write("producer.java", longer);
        assertThat(complaints().toString()).contains("the common tail has 71 lines, at most 55");
        write("producer.java", longer.replace("    // ---- the tail ----\n", ""));
        assertThat(complaints().toString()).contains("producer.java: no line '    // ---- ...'");
    }
}
