package lab.common;

import java.io.*;
import java.net.*;
import java.security.cert.X509Certificate;
import java.util.*;
import javax.net.ssl.*;

/**
 * One connection to a server, outside Kafka's client, which retries without a reason where nothing that speaks Kafka
 * answers. It speaks Kafka's protocol, sends no password, and waits 2 s at most for each answer.
 */
class Probe implements AutoCloseable {
    private static final int TIMEOUT_MS = 2_000;
    private static final int LONGEST = 10_000_000; // bytes: a longer answer is not Kafka's

    // numbers of Kafka's requests (kafka.apache.org/protocol)
    private static final int METADATA = 3;
    private static final int SASL_HANDSHAKE = 17;
    private static final int API_VERSIONS = 18;

    private static final int UNSUPPORTED_SASL_MECHANISM = 33;

    private final Socket socket;
    private final Socket line; // the same, or TLS over it

    /**
     * Connects, and asks the server for its protocol's versions.
     *
     * @throws ProtocolException the server speaks another protocol; the message names that
     * @throws SocketTimeoutException it accepts the connection, and does not answer
     */
    Probe(String host, int port, boolean tls) throws IOException {
        socket = open(host, port);
        try {
            socket.setSoTimeout(TIMEOUT_MS);
            line = tls ? throughTls(host) : socket;
            ask(API_VERSIONS, 0);
        } catch (IOException failed) {
            socket.close();
            throw failed;
        }
    }

    /** Whether the server wants a login. A server without logins does not know the request's mechanism '?' either. */
    boolean wantsLogin() throws IOException {
        return ask(SASL_HANDSHAKE, 1, 0, 1, '?').readShort() == UNSUPPORTED_SASL_MECHANISM;
    }

    /** The addresses of all brokers, as the server advertises them. Only before a login, where none is wanted. */
    List<String> brokers() throws IOException {
        DataInputStream answer = ask(METADATA, 1, 0, 0, 0, 0);
        var brokers = new ArrayList<String>();
        for (int left = answer.readInt(); left > 0; left--) { // of each: id, host, port and rack
            answer.readInt();
            brokers.add(answer.readUTF() + ":" + answer.readInt());
            answer.skipNBytes(Math.max(0, answer.readShort()));
        }
        return brokers;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /** Sends a request, and returns the answer behind its length and number. */
    private DataInputStream ask(int kind, int version, int... body) throws IOException {
        var request = new DataOutputStream(new BufferedOutputStream(line.getOutputStream()));
        request.writeInt(15 + body.length);
        request.writeShort(kind);
        request.writeShort(version);
        request.writeInt(7); // the request's number
        request.writeUTF("\r\n\r\n?"); // the client's name, with the line ends for which a web server waits
        for (int next : body) request.write(next);
        request.flush();
        var answer = new DataInputStream(line.getInputStream());
        int length = answer.readInt();
        if (length >>> 16 == 0x1503) throw new ProtocolException("TLS"); // an alert
        if (length == 0x48545450) throw new ProtocolException("HTTP");
        if (length < 4 || length > LONGEST || answer.readInt() != 7) throw new ProtocolException("another protocol");
        byte[] rest = answer.readNBytes(length - 4);
        if (rest.length < length - 4) throw new EOFException();
        return new DataInputStream(new ByteArrayInputStream(rest));
    }

    /** To the first of the host's addresses at which something listens. */
    private static Socket open(String host, int port) throws IOException {
        IOException refused = null;
        for (InetAddress address : InetAddress.getAllByName(host)) {
            var socket = new Socket();
            try {
                socket.connect(new InetSocketAddress(address, port), TIMEOUT_MS);
                return socket;
            } catch (IOException tryTheNext) {
                refused = tryTheNext;
                socket.close();
            }
        }
        throw refused;
    }

    /** Any certificate is accepted here, because nothing secret is sent. Kafka's client checks it. */
    private Socket throughTls(String host) throws IOException {
        try {
            var context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new TrustAll()}, null);
            var tls = (SSLSocket) context.getSocketFactory().createSocket(socket, host, socket.getPort(), true);
            tls.startHandshake();
            return tls;
        } catch (SSLException failed) {
            boolean tls = !failed.getMessage().matches("Unsupported or unrecognized.*|.*terminated the handshake");
            throw tls ? failed : new ProtocolException("no TLS");
        } catch (java.security.GeneralSecurityException noTlsHere) {
            throw new IOException(noTlsHere);
        }
    }

    private static class TrustAll implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String kind) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String kind) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
