package lab.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import lab.proof.checks.Check;
import lab.proof.checks.Checks;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import test.ChecksPage;
import test.Run;

/** docs/checks.md. */
public class ChecksPageTest {
    private static final Path ROOT = Run.ROOT;

    @Test
    @DisplayName("docs/checks.md is what the checks' comments say (./jbang test/ChecksPage.java writes it)")
    void page() throws IOException {
        String page = Files.readString(ROOT.resolve("docs/checks.md"));
        assertThat(page).isEqualTo(ChecksPage.page(ROOT));
        for (Check check : Checks.ALL)
            assertThat(page).contains("### " + check.getClass().getSimpleName() + "\n");
    }

    @Test
    @DisplayName("each file of the folder is in the list of all checks")
    void all() throws IOException {
        try (var files = Files.list(ROOT.resolve("lab/proof/checks"))) {
            assertThat(files.filter(it -> contains(it, " implements Check {"))).hasSize(Checks.ALL.size());
        }
    }

    private static boolean contains(Path file, String text) {
        try {
            return Files.readString(file).contains(text);
        } catch (IOException gone) {
            return false;
        }
    }
}
