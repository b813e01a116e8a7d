package lab.drill;

import java.io.IOException;
import java.net.*;
import java.time.Duration;
import java.util.*;
import java.util.regex.*;
import lab.drill.faults.*;
import lab.drill.recording.Unobserved;
import lab.history.*;

/** What a power cut has left of the logs: read from the answer of cluster.java, which runs lab/cut.java. */
class RemainingLogs {
    /** No record is sent for so long before a power cut: then several checkpoints are newer than the last record. */
    static final Duration QUIET = Duration.ofSeconds(3);

    private static final Pattern LOG = Pattern.compile("(\\S+) ([\\d,]+) -> ([\\d,]+)");
    private static final Pattern AGE = Pattern.compile("\\(checkpoint (-?[\\d.]+) s old\\)");

    private final long flushMessages;
    private final Map<Integer, Double> intervals = new HashMap<>(); // in s, by broker

    /** Reads the settings that decide what is fsynced, before these nodes are cut. */
    RemainingLogs(Cluster cluster, Experiment.Topic topic, List<Target> nodes) throws InterruptedException {
        String flush = cluster.topicProperties(topic.name()).getOrDefault("flush.messages", "");
        flushMessages = flush.isEmpty() ? Long.MAX_VALUE : Long.parseLong(flush);
        for (Target node : nodes) {
            long ms = cluster.brokerSetting(node.id(), "log.flush.offset.checkpoint.interval.ms");
            intervals.put(node.id(), ms < 0 ? Double.NaN : ms / 1e3);
        }
    }

    /** @param answer such as {@code power kafka-1: t-0 10,026 -> 0 (checkpoint 0.8 s old); kafka-2: nothing to cut} */
    Action.Cut of(Outage outage, String answer, double t) throws Unobserved {
        String start = outage.node.name() + ": ";
        String mine = Arrays.stream(answer.replaceFirst("^power ", "").split("; "))
                .filter(it -> it.startsWith(start))
                .findFirst()
                .orElseThrow(() -> new Unobserved("nothing is known of the logs of " + outage.node.name()))
                .substring(start.length());
        var logs = new ArrayList<Action.Cut.Log>();
        for (MatchResult it : LOG.matcher(mine).results().toList())
            logs.add(new Action.Cut.Log(it.group(1), offset(it.group(2)), offset(it.group(3))));
        Matcher age = AGE.matcher(mine);
        return new Action.Cut(
                t,
                outage.n,
                outage.node.id(),
                refuses(outage.node),
                age.find() ? Double.parseDouble(age.group(1)) : Double.NaN,
                intervals.getOrDefault(outage.node.id(), Double.NaN),
                flushMessages,
                logs);
    }

    private static long offset(String text) {
        return Long.parseLong(text.replace(",", ""));
    }

    /** Whether the node refuses connections: then it was not started after lab/cut.java had found it dead. */
    private static boolean refuses(Target node) {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(node.host(), node.port()), 1_000);
            return false;
        } catch (ConnectException refused) {
            return true;
        } catch (IOException unclear) {
            return false;
        }
    }
}
