package lab.drill.verdict;

import java.util.*;
import java.util.function.*;
import java.util.stream.*;
import lab.common.*;
import lab.drill.clients.Producing;
import lab.drill.ledger.*;

/** The JSON lines of a trial. docs/drill.md lists the fields. */
public record Lines(Result result) {
    /** The trial as JSON lines: what was to be done, what happened, the flow, the verdict. */
    public List<Object> all() {
        var lines = new ArrayList<Object>(List.of(trialLine()));
        for (Event event : result.facts.journal.entries()) {
            var line = Json.object("type", "event", "ms", Ticks.ms(event.tick()), "kind", event.kind());
            line.putAll(event.details());
            line.put("text", event.text());
            lines.add(line);
        }
        result.allPartitions().forEach(partition -> lines.addAll(flowLines(partition)));
        lines.add(verdictLine());
        return lines;
    }

    private Map<String, Object> trialLine() {
        Facts facts = result.facts;
        Producing producing = facts.producing;
        var line = Json.object("type", "trial", "ms", 0, "run", facts.run, "number", facts.number);
        line.putAll(Json.object("started", facts.started.toString(), "title", facts.title()));
        line.putAll(Json.object("observation", null, "settings", producing.label()));
        line.putAll(Json.object("topic", result.topic.name(), "partitions", result.topic.partitions()));
        line.putAll(Json.object("replicas", result.topic.replicas().get(0).size(), "group", facts.group()));
        line.putAll(Json.object("consumers", 1, "fault", facts.fault));
        line.putAll(Json.object("rate", producing.rate(), "size", producing.size()));
        line.putAll(Json.object("properties", producing.shown(), "cluster", facts.cluster));
        line.putAll(Json.object("brokers", facts.brokers, "leaders", facts.leaders));
        line.put("in_sync", result.topic.replicas());
        String java = System.getProperty("java.version");
        line.put("versions", Json.object("drill", "2.0.0", "kafka_client", "4.4.0", "java", java));
        Map<String, Object> limits = Json.object("broker.session.timeout.ms", facts.sessionTimeout);
        limits.put("request.timeout.ms", producing.requestTimeout());
        line.put("limit_ms", limits);
        return line;
    }

    /** For each 100 ms in which something was acknowledged or read: how much, how late, and how much of it was lost. */
    private List<Map<String, Object>> flowLines(int partition) {
        int width = Ticks.of(0.1);
        int[] reads = new int[result.facts.journal.now() / width + 1];
        int[] lost = new int[reads.length];
        for (int tick : result.read[partition]) reads[tick / width]++;
        result.ledger
                .ids(partition)
                .filter(id -> result.audited && result.account.get(Kind.LOST).get(id))
                .forEach(id -> lost[result.ledger.acknowledgedAt(id) / width]++);
        long[] latencies = result.ledger.latencies(partition); // by time of acknowledgement
        var lines = new ArrayList<Map<String, Object>>();
        int from = 0;
        for (int bucket = 0; bucket < reads.length; bucket++) {
            int to = from;
            while (to < latencies.length && (latencies[to] >> 32) / width <= bucket) to++;
            int acknowledged = to - from;
            var ticks = new Latencies();
            for (; from < to; from++) ticks.add((int) latencies[from]);
            if (acknowledged == 0 && reads[bucket] == 0) continue;
            var line = Json.object("type", "flow", "ms", bucket * 100, "partition", partition);
            line.putAll(Json.object("acknowledged", acknowledged, "read", reads[bucket], "lost", lost[bucket]));
            Latency it = ticks.summary();
            if (it.records() > 0) line.putAll(Json.object("p50_ms", it.p50(), "p99_ms", it.p99(), "max_ms", it.max()));
            lines.add(line);
        }
        return lines;
    }

    /** The verdict, with every number that was printed. */
    public Map<String, Object> verdictLine() {
        var line = Json.object(
                "type", "verdict", "ms", Ticks.ms(result.facts.journal.now()), "name", result.facts.scenario.name);
        line.putAll(Json.object(
                "run", result.facts.run, "verdict", result.verdict(), "settings", result.facts.producing.label()));
        line.putAll(Json.object(
                "fault", result.facts.fault, "unobserved", result.facts.unobserved, "audited", result.audited));
        line.put("sent", result.account.sent());
        for (Kind kind : Kind.values()) {
            boolean known = result.audited || Kind.FATES.contains(kind); // the rest only the log tells
            line.put(kind.lowerCase(), known ? result.account.count(kind) : null);
        }
        int shown = result.audited ? 100 : 0;
        line.put(
                "lost_ids",
                result.account.get(Kind.LOST).stream().limit(shown).boxed().toList());
        var crossed = Json.object();
        for (Kind fate : Kind.FATES) {
            int[] row = result.account.crossed(fate);
            crossed.put(fate.lowerCase(), Json.object("not_in_log", row[0], "once", row[1], "more", row[2]));
        }
        line.putAll(Json.object("crossed", crossed, "claims", result.claims));
        line.put("outages", result.outages.stream().map(this::outageLine).toList());
        line.put("pauses", result.allPartitions().mapToObj(this::pauseLine).toList());
        var latency = Json.object();
        result.latencies().forEach((when, it) -> latency.put(when, it.records() == 0 ? null : it));
        line.putAll(Json.object("latency_ms", latency, "resolution_ms", Ticks.ms(result.observer.resolution())));
        return line;
    }

    private Object outageLine(Outage outage) {
        var partitions = new ArrayList<Object>();
        for (int partition : outage.partitionsLed()) {
            var times = Json.object("partition", partition);
            result.phases(outage, partition)
                    .forEach((phase, tick) -> times.put(phase.replace(' ', '_') + "_ms", Ticks.ms(tick)));
            partitions.add(times);
        }
        var line = outage.details();
        line.putAll(Json.object("fault_ms", Ticks.ms(outage.harmedAt), "heal_ms", Ticks.ms(outage.healedAt)));
        line.putAll(Json.object("whole_ms", Ticks.ms(outage.wholeAt), "preferred_ms", Ticks.ms(outage.preferredAt)));
        line.put("partitions", partitions);
        return line;
    }

    private Object pauseLine(int partition) {
        var line = Json.object("partition", partition);
        line.put("acknowledged", gapLine(result.longestPause(result.waited(partition))));
        line.put("read", gapLine(result.longestPause(result.read[partition])));
        return line;
    }

    private Object gapLine(Gap gap) {
        return Json.object(
                "from_ms", Ticks.ms(gap.from()), "to_ms", Ticks.ms(gap.to()), "ms", gap.ticks() / Ticks.PER_MS);
    }
}
