package lab.live;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import lab.common.Resource;

/** The page: page.html with page.css and page.js in it. Names from the cluster reach it as text, never as markup. */
class Page {
    private static final String STYLE = Resource.text(Page.class, "page.css");
    private static final String CODE = Resource.text(Page.class, "page.js");

    static final String HTML = Resource.text(Page.class, "page.html")
            .replace("<link rel=\"stylesheet\" href=\"page.css\">", "<style>" + STYLE + "</style>")
            .replace("<script src=\"page.js\"></script>", "<script>" + CODE + "</script>");

    /** The browser runs this script and this style, asks this server, and nothing else. */
    static final String POLICY = "default-src 'none'; script-src '%s'; style-src '%s'; connect-src 'self';"
                    .formatted(hash(CODE), hash(STYLE))
            + " img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static String hash(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return "sha256-" + Base64.getEncoder().encodeToString(hash);
        } catch (NoSuchAlgorithmException everyJavaHasIt) {
            throw new IllegalStateException(everyJavaHasIt);
        }
    }
}
