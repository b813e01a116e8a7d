package lab.live;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import lab.common.Failure;
import lab.common.Script;

/** Answers GET and HEAD on 127.0.0.1. Nothing that a browser sends changes anything. */
class Server implements AutoCloseable {
    volatile byte[] snapshot = {};
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        var thread = new Thread(work);
        thread.setDaemon(true);
        return thread;
    });

    Server(int port) {
        // In s. A browser that sends or reads more slowly loses the connection, so no thread waits for long.
        System.setProperty("sun.net.httpserver.maxReqTime", "10");
        System.setProperty("sun.net.httpserver.maxRspTime", "10");
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port), 0);
        } catch (IOException taken) {
            throw new Failure(2, "Port %d of 127.0.0.1: %s Choose another: --port", port, Script.oneLine(taken));
        }
        server.setExecutor(threads);
        server.createContext("/", this::answer);
    }

    void start() {
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String method = exchange.getRequestMethod();
            String path = exchange.getRequestURI().getPath();
            // A foreign host name that resolves to 127.0.0.1 must not let a foreign page read this one (DNS rebinding).
            if (!isOwnName(exchange.getRequestHeaders().getFirst("Host"))) {
                send(exchange, 403, "text/plain", "The address of this page is http://127.0.0.1:" + port() + "/\n");
            } else if (!method.equals("GET") && !method.equals("HEAD")) {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                send(exchange, 405, "text/plain", "Only GET and HEAD are allowed.\n");
            } else if (path.equals("/")) {
                send(exchange, 200, "text/html", Page.HTML);
            } else if (path.equals("/snapshot")) {
                send(exchange, 200, "application/json", snapshot);
            } else {
                send(exchange, 404, "text/plain", "The only page is /\n");
            }
        }
    }

    private boolean isOwnName(String host) {
        return host != null
                && Set.of("127.0.0.1:" + port(), "localhost:" + port()).contains(host.toLowerCase(Locale.ROOT));
    }

    private static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
        send(exchange, status, type, text.getBytes(StandardCharsets.UTF_8));
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        Headers headers = exchange.getResponseHeaders();
        headers.set("Content-Type", type + "; charset=utf-8");
        headers.set("Content-Security-Policy", Page.POLICY);
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Referrer-Policy", "no-referrer");
        headers.set("Cross-Origin-Resource-Policy", "same-origin");
        headers.set("Cache-Control", "no-store");
        if (exchange.getRequestMethod().equals("HEAD")) {
            headers.set("Content-Length", Integer.toString(body.length));
            exchange.sendResponseHeaders(status, -1);
            return;
        }
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
