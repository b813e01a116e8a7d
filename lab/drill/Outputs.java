package lab.drill;

import java.io.*;
import java.nio.file.*;
import java.util.*;
import lab.common.*;
import lab.drill.faults.Siblings;
import lab.drill.ledger.Printer;
import picocli.CommandLine.Option;

/** Where the run is written, besides the text. */
class Outputs {
    @Option(names = "--events", paramLabel = "FILE",
            description = "Write what happened as JSON, one object a line (see docs/drill.md).")
    Path events;

    @Option(names = "--report", paramLabel = "FILE",
            description = "Draw the run with report.java: .svg or .html, .xml (JUnit) or .md. Repeatable.")
    List<Path> reports = List.of();

    @Option(names = "--json", description = "Print the verdict as one JSON object instead of the text.")
    boolean json;

    private Path log; // null: none is wanted
    private Writer writer;

    void check() {
        if (events != null) checkWritable("--events", events);
        for (Path report : reports) {
            checkWritable("--report", report);
            if (!report.toString().matches(".*\\.(svg|html|xml|md)"))
                throw new Failure(2, "--report takes a file .svg, .html, .xml or .md, not %s.", report);
            if (reporter() == null)
                throw new Failure(2, "--report needs report.java beside this script. There is none.");
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
        for (String script : List.of("lab/report.java", "report.java"))
            if (Siblings.find(script) != null) return Siblings.find(script);
        return null;
    }

    void open() throws IOException {
        log = events != null || reports.isEmpty() ? events : Files.createTempFile("drill-", ".jsonl");
        writer = log == null ? Writer.nullWriter() : Files.newBufferedWriter(log);
    }

    void write(List<Object> lines) throws IOException {
        for (Object line : lines) writer.write(Json.of(line) + "\n");
        writer.flush();
    }

    /** @param drawing there is something to draw */
    void close(boolean drawing, Printer printer) throws Exception {
        writer.close();
        try {
            if (drawing && !reports.isEmpty()) draw(printer);
        } finally {
            if (log != null && events == null) Files.delete(log);
        }
    }

    private void draw(Printer printer) throws Exception {
        var command = new ArrayList<>(Siblings.jbang());
        command.addAll(List.of(reporter().toString(), log.toString()));
        for (Path report : reports) command.addAll(List.of("-o", report.toString()));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (process.waitFor() != 0) throw new Failure(1, "The run was not drawn. Try: %s", String.join(" ", command));
        for (Path report : reports) printer.print("picture: %s", report);
    }
}
