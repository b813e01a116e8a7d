package lab.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.NoSuchFileException;
import java.util.*;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.*;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import test.*;

/** What all programs of the lab have in common: errors in one line, secrets, locales, exit statuses, JSON. */
public class ScriptTest {
    @Test
    @DisplayName("LC_ALL=C: an argument whose letters Java has lost is refused, with the way out")
    void asciiLocale() {
        try (Run run = Run.here().with("LC_ALL", "C").script("lab/doctor.java", "m\u00fcller")) {
            run.expectExit(2);
            assertThat(run.err()).singleElement().asString().contains("LC_ALL=C.UTF-8");
        }
    }

    @Test
    @DisplayName("an error is the innermost cause, in one line that ends with a full stop")
    void oneLine() {
        var cause = new IllegalStateException("two\n  lines");
        assertThat(Script.oneLine(new ExecutionException(cause))).isEqualTo("two lines.");
        assertThat(Script.oneLine(new NoSuchFileException("x.p12"))).isEqualTo("there is no file x.p12.");
        assertThat(Script.oneLine(new InterruptedException())).isEqualTo("interrupted.");
        assertThat(Script.oneLine(new ClassNotFoundException("x.Nope"))).isEqualTo("there is no class x.Nope.");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "ssl.key.password=hunter2",
        "-Xssl.truststore.password = two hunter2 three",
        "sasl.jaas.config=o.P required password=\"hunter2\";",
        "oauth.client.secret=hunter2",
        "'value ''hunter2'' in JAAS config'",
    })
    @DisplayName("a secret is never printed:")
    void secrets(String text) {
        assertThat(Script.hidden(text)).contains("[hidden]").doesNotContain("hunter2");
    }

    private record Pair(String name, Integer value) {}

    @Test
    @DisplayName("JSON: records and maps are objects, collections arrays; quotes and control characters are escaped")
    void json() {
        assertThat(Json.of(Json.object("a", List.of(1, true), "b", null, "c", new Pair("x\"\\\n", 2))))
                .isEqualTo("{\"a\":[1,true],\"b\":null,\"c\":{\"name\":\"x\\\"\\\\\\u000a\",\"value\":2}}");
    }
}
