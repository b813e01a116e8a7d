package lab.drill;

import java.io.*;
import java.nio.file.*;
import java.util.*;
import lab.common.*;
import lab.drill.faults.Siblings;
import lab.drill.recording.Printer;
import lab.history.HistoryWriter;
import picocli.CommandLine.Option;

/** Where the run is written, besides the text. */
class Outputs {
    @Option(names = "--history", paramLabel = "FILE",
            description = "Write everything that happens, one JSON object a line (see docs/history.md): the verdict"
                    + " can be computed again from it.")
    Path history;

    @Option(names = "--judge", paramLabel = "FILE",
            description = "Run nothing: print what a history proves, with the same text and exit status.")
    Path judge;

    @Option(names = "--report", paramLabel = "FILE",
            description = "Draw the run with lab/report.java: .svg or .html, .xml (JUnit) or .md. Repeatable.")
    List<Path> reports = List.of();

    @Option(names = "--json", description = "Print the verdict as one JSON object instead of the text.")
    boolean json;

    private Path file;

    void check() {
        if (judge != null && !Files.isReadable(judge)) throw new Failure(2, "There is no file %s to judge.", judge);
        if (history != null) checkWritable("--history", history);
        for (Path report : reports) {
            checkWritable("--report", report);
            if (!report.toString().matches(".*\\.(svg|html|xml|md)"))
                throw new Failure(2, "--report takes a file .svg, .html, .xml or .md, not %s.", report);
            if (reporter() == null) throw new Failure(2, "--report needs lab/report.java. There is none here.");
        }
    }

    private static void checkWritable(String option, Path file) {
        Path directory = file.toAbsolutePath().getParent();
        boolean good = Files.exists(file)
                ? Files.isRegularFile(file) && Files.isWritable(file)
                : Files.isDirectory(directory) && Files.isWritable(directory);
        if (!good) throw new Failure(2, "%s: %s cannot be written.", option, file);
    }

    private static Path reporter() {
        Path here = Siblings.find("lab/report.java");
        return here == null ? Siblings.find("report.java") : here;
    }

    /** The file that has the history: that of --history, or a temporary one. */
    Path file() {
        return file;
    }

    HistoryWriter open() throws IOException {
        file = history == null ? Files.createTempFile("drill-", ".jsonl") : history;
        if (history == null) file.toFile().deleteOnExit(); // also at Ctrl-C
        return new HistoryWriter(file, "lab/drill.java", Drill.VERSION, Drill.KAFKA_CLIENT);
    }

    void draw(Path from, Printer printer) throws Exception {
        if (reports.isEmpty()) return;
        var command = new ArrayList<>(Siblings.jbang());
        command.addAll(List.of(reporter().toString(), from.toString()));
        for (Path report : reports) command.addAll(List.of("-o", report.toString()));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (process.waitFor() != 0) throw new Failure(1, "The run was not drawn. Try: %s", String.join(" ", command));
        for (Path report : reports) printer.print("picture: %s", report);
    }

    void close() throws IOException {
        if (file != null && history == null) Files.deleteIfExists(file);
    }
}
