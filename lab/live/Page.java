package lab.live;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** The page: page.html with page.css and page.js in it. Names from the cluster reach it as text, never as markup. */
class Page {
    private static final String STYLE = file("page.css");
    private static final String CODE = file("page.js");

    static final String HTML = file("page.html")
            .replace("<link rel=\"stylesheet\" href=\"page.css\">", "<style>" + STYLE + "</style>")
            .replace("<script src=\"page.js\"></script>", "<script>" + CODE + "</script>");

    /** The browser runs this script and this style, asks this server, and nothing else. */
    static final String POLICY = "default-src 'none'; script-src '%s'; style-src '%s'; connect-src 'self';"
                    .formatted(hash(CODE), hash(STYLE))
            + " img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /** A file of this folder. A browser hashes it with LF at the line ends, whatever Git has made of them. */
    private static String file(String name) {
        try (InputStream in = Page.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("\r\n", "\n");
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static String hash(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return "sha256-" + Base64.getEncoder().encodeToString(hash);
        } catch (NoSuchAlgorithmException everyJavaHasIt) {
            throw new IllegalStateException(everyJavaHasIt);
        }
    }
}
