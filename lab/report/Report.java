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
 * Reads the events that {@code jbang failover.java --events RUN.jsonl} writes, and writes files for people and for
 * machines. Each file is complete in itself.
 *
 * <pre>jbang lab/report.java RUN.jsonl -o RUN.svg -o RUN.html -o RUN.md -o RUN.xml</pre>
 *
 * It prints a line for each file: its name, and what happened in the run.
 */
@Command(
        name = "report",
        version = "report 1.1.0",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        sortOptions = false,
        header = "Draws a run of failover.java, for a browser, a pull request or a CI server.%n",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:every file was written",
            "1:the events are broken or cut off",
            "2:wrong usage, or a file that cannot be read or written"
        })
class Report implements Callable<Integer> {
    public static void main(String... args) {
        Script.run(new Report(), args);
    }

    @Parameters(paramLabel = "RUN.jsonl",
            description = "The events of a run, written by: jbang failover.java --events RUN.jsonl")
    private Path run;

    @Option(names = {"-o", "--output"}, paramLabel = "FILE",
            description = "A file to write. The ending of its name says what: .svg the picture, .html the picture and"
                    + " all numbers as tables, .md a summary for a pull request, .xml JUnit's format for CI."
                    + " Repeatable (default: RUN.svg beside the events).")
    private List<Path> files = new ArrayList<>();

    @Override
    public Integer call() {
        List<Output> outputs = new ArrayList<>(files.stream().map(Output::new).toList());
        for (Output output : outputs) output.check(run);
        List<Trial> trials = new EventsFile(run).trials();
        if (outputs.isEmpty()) {
            outputs.add(new Output(besideTheInput()));
            outputs.get(0).check(run);
        }
        var texts = new LinkedHashMap<Output, String>();
        for (Output output : outputs) texts.put(output, output.text(trials));
        texts.forEach(Output::write);
        String title = new Names(trials).title();
        for (Output output : texts.keySet()) Script.print(Words.printable(output.file() + ": " + title));
        return 0;
    }

    private Path besideTheInput() {
        String name = run.toAbsolutePath().normalize().getFileName() + "";
        return run.resolveSibling(name.replaceFirst("(?<=.)[.][^.]*$", "") + ".svg");
    }
}
