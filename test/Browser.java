package test;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import com.grack.nanojson.JsonWriter;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A page in headless Chromium, driven by the DevTools protocol; with all that went wrong in its console. */
public final class Browser implements AutoCloseable {
    private final Run process;
    private final Path profile;
    private final WebSocket socket;
    private final String page; // the session of the one page
    private final AtomicInteger requests = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonObject>> answers = new ConcurrentHashMap<>();
    private final List<String> errors = new CopyOnWriteArrayList<>();

    /** The browser that this machine has; without one, the test is skipped. */
    public static String command() {
        var found = Stream.of(System.getenv("PATH").split(":"))
                .flatMap(it -> Stream.of(Path.of(it, "chromium"), Path.of(it, "google-chrome")))
                .filter(Files::isExecutable)
                .findFirst();
        assumeTrue(found.isPresent(), "there is no chromium: apt-get install chromium");
        return found.get().toString();
    }

    /** Opens the page, in a window of this size. */
    public Browser(String url, int width, int height) throws IOException {
        profile = Files.createTempDirectory("browser");
        process = Run.here()
                .with("TMPDIR", profile.toString())
                .command(
                        command(),
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--hide-scrollbars",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--user-data-dir=" + profile,
                        "--remote-debugging-port=0",
                        "about:blank");
        String address = process.awaitLine(Pattern.compile("DevTools listening on (ws:.*)"))
                .group(1);
        socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(URI.create(address), new Listener())
                .join();
        String target =
                send(null, "Target.createTarget", Map.of("url", "about:blank")).getString("targetId");
        page = send(null, "Target.attachToTarget", Map.of("targetId", target, "flatten", true))
                .getString("sessionId");
        for (String domain : List.of("Page", "Runtime", "Log")) send(page, domain + ".enable", Map.of());
        resize(width, height);
        send(page, "Page.navigate", Map.of("url", url));
    }

    public void resize(int width, int height) {
        boolean phone = width < 600;
        send(
                page,
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", phone));
    }

    public void prefer(String feature, String value) {
        var features = List.of(Map.of("name", feature, "value", value));
        send(page, "Emulation.setEmulatedMedia", Map.of("features", features));
    }

    /** The value of a JavaScript expression, as JSON has it. */
    public Object evaluate(String expression) {
        JsonObject answer = send(
                page,
                "Runtime.evaluate",
                Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
        if (answer.has("exceptionDetails")) throw new AssertionError(expression + ": " + answer);
        return answer.getObject("result").get("value");
    }

    /** All that can be read on the page; nothing yet while it loads. */
    public String text() {
        return (String) evaluate("document.body?.innerText ?? ''");
    }

    public void screenshot(Path file) throws IOException {
        String data =
                send(page, "Page.captureScreenshot", Map.of("format", "png")).getString("data");
        Files.write(file, Base64.getDecoder().decode(data));
    }

    /** What the console has to complain about. */
    public List<String> errors() {
        return List.copyOf(errors);
    }

    public void forgetErrors() {
        errors.clear();
    }

    private JsonObject send(String session, String method, Map<String, ?> parameters) {
        int id = requests.incrementAndGet();
        var request = new JsonObject();
        request.put("id", id);
        request.put("method", method);
        request.put("params", parameters);
        if (session != null) request.put("sessionId", session);
        var answer = new CompletableFuture<JsonObject>();
        answers.put(id, answer);
        synchronized (this) {
            socket.sendText(JsonWriter.string(request), true).join();
        }
        JsonObject it =
                answer.orTimeout(Run.LIMIT.toSeconds(), TimeUnit.SECONDS).join();
        if (it.has("error")) throw new AssertionError(method + ": " + it.getObject("error"));
        return it.getObject("result");
    }

    private class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                hear(text.toString());
                text.setLength(0);
            }
            socket.request(1);
            return null;
        }

        private void hear(String message) {
            try {
                JsonObject it = JsonParser.object().from(message);
                if (it.has("id")) answers.remove(it.getInt("id")).complete(it);
                String method = it.getString("method", "");
                JsonObject told = it.getObject("params", new JsonObject());
                boolean error = method.equals("Runtime.exceptionThrown")
                        || method.equals("Log.entryAdded")
                                && told.getObject("entry").getString("level").equals("error")
                        || method.equals("Runtime.consoleAPICalled")
                                && told.getString("type").equals("error");
                if (error) errors.add(message);
            } catch (JsonParserException notJson) {
                errors.add(message);
            }
        }
    }

    @Override
    public void close() {
        socket.abort();
        process.close();
        try {
            SharedCluster.await("the end of " + profile, this::deletesProfile);
        } catch (InterruptedException end) {
            throw new IllegalStateException(end);
        }
    }

    private boolean deletesProfile() {
        if (!Files.exists(profile)) return true;
        try (Stream<Path> files = Files.walk(profile)) {
            var all = new ArrayList<>(files.toList());
            java.util.Collections.reverse(all);
            for (Path file : all) Files.deleteIfExists(file);
            return true;
        } catch (IOException | UncheckedIOException changing) {
            return false; // Chromium's processes that are ending still write there
        }
    }
}
