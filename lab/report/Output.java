package lab.report;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.function.Function;
import lab.common.Failure;

/** A file to write. Its extension selects the format. */
record Output(Path file) {
    /** The kinds of files, each with its text for a run. The names are the endings of the files' names. */
    private enum Format {
        SVG(trials -> Picture.of(trials).whole(Style.PICTURE)),
        HTML(trials -> new HtmlPage(trials).text()),
        MD(trials -> new Markdown(trials).text()),
        XML(trials -> new JUnit(trials).text());

        private final Function<List<Trial>, String> text;

        Format(Function<List<Trial>, String> text) {
            this.text = text;
        }
    }

    String text(List<Trial> trials) {
        return format().text.apply(trials);
    }

    private Format format() {
        String ending = file.toString().replaceFirst(".*[.]", "").toUpperCase();
        for (Format format : Format.values()) if (format.name().equals(ending)) return format;
        throw new Failure(2, "The name of an output file ends in .svg, .html, .md or .xml, not '%s'.", file);
    }

    /** Refuses a file that cannot be written, before anything is done. */
    void check(Path input) {
        format();
        Path absolute = file.toAbsolutePath().normalize();
        Path parent = absolute.getParent();
        String why = null;
        if (absolute.equals(input.toAbsolutePath().normalize())) why = "it is the input. Choose another name: -o FILE";
        else if (Files.isDirectory(absolute)) why = "it is a directory";
        else if (!Files.isDirectory(parent)) why = "there is no directory " + parent;
        else if (!Files.isWritable(parent)) why = "no permission to write in " + parent;
        if (why != null) throw new Failure(2, "Cannot write %s: %s.", file, why);
    }

    /** Writes beside the file and then moves: the file has the whole text, or is as before. */
    void write(String text) {
        long process = ProcessHandle.current().pid();
        Path part = file.resolveSibling("." + file.getFileName() + "." + process);
        try {
            Files.writeString(part, text);
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException error) {
            part.toFile().delete();
            throw new Failure(2, "Cannot write %s: %s.", file, reason(error));
        }
    }

    /** Why a file cannot be read or written. */
    static String reason(IOException error) {
        if (error instanceof NoSuchFileException) return "no such file or directory";
        if (error instanceof AccessDeniedException) return "permission denied";
        return error.getMessage();
    }
}
