package lab.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Callable;
import lab.common.Script;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Reads the history of a run, judges it as {@code lab/drill.java --judge} does, and writes files for people and for
 * machines. Each file is complete in itself.
 *
 * <pre>jbang lab/report.java HISTORY -o RUN.svg -o RUN.html -o RUN.md -o RUN.xml</pre>
 *
 * It prints a line for each file: its name, and what happened in the run.
 */
@Command(
        name = "report",
        version = "report 2.0.0",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        sortOptions = false,
        header = "Draws the history of a run, for a browser, a pull request or a CI server.%n",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:every file was written, whatever the verdict",
            "2:wrong usage, a damaged history, or a file that cannot be read or written"
        })
class Report implements Callable<Integer> {
    public static void main(String... args) {
        Script.run(new Report(), args);
    }

    @Parameters(paramLabel = "HISTORY",
            description = "History of a run, written by: jbang lab/drill.java --history HISTORY")
    private Path history;

    @Option(names = {"-o", "--output"}, paramLabel = "FILE",
            description = "Write this file. Its extension selects the format: .svg the picture, .html the picture and"
                    + " all numbers as tables, .md a summary for a pull request, .xml JUnit's format for CI."
                    + " Repeatable (default: a picture beside the history).")
    private List<Path> files = new ArrayList<>();

    @Override
    public Integer call() {
        List<Output> outputs = new ArrayList<>(files.stream().map(Output::new).toList());
        for (Output output : outputs) output.check(history);
        List<Trial> trials = new HistoryFile(history).trials();
        if (outputs.isEmpty()) {
            outputs.add(new Output(besideTheInput()));
            outputs.get(0).check(history);
        }
        var texts = new LinkedHashMap<Output, String>();
        for (Output output : outputs) texts.put(output, output.text(trials));
        texts.forEach(Output::write);
        String title = new Names(trials).title();
        for (Output output : texts.keySet()) Script.print(Words.printable(output.file() + ": " + title));
        return 0;
    }

    private Path besideTheInput() {
        String name = history.toAbsolutePath().normalize().getFileName() + "";
        return history.resolveSibling(name.replaceFirst("(?<=.)[.][^.]*$", "") + ".svg");
    }
}
