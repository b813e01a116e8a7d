package lab.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The files of this folder that go into what is written, so that each file is complete in itself. */
class Style {
    static final String PICTURE = file("picture.css");

    /** The page, with TITLE and TRIALS still to be filled in. */
    static final String PAGE = file("page.html")
            .replace("<link rel=\"stylesheet\" href=\"picture.css\">\n", "")
            .replace(
                    "<link rel=\"stylesheet\" href=\"page.css\">",
                    "<style>\n" + PICTURE + file("page.css") + "</style>");

    private static String file(String name) {
        try (InputStream in = Style.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("\r\n", "\n");
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
