package lab.report;

import static lab.report.JsonTable.integers;
import static lab.report.JsonTable.objects;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lab.report.EventsFile.Broken;
import lab.report.Trial.About;
import lab.report.Trial.Cell;
import lab.report.Trial.Claim;
import lab.report.Trial.Event;
import lab.report.Trial.Outage;
import lab.report.Trial.Pause;
import lab.report.Trial.State;

/** Makes a trial of its lines in the events file: the first, those of events and flows, and the verdict. */
class EventsTrial {
    /** The numbers of a verdict that count only if the log was read. */
    private static final List<String> OF_THE_LOG =
            List.of("lost", "phantoms", "ghosts", "duplicates", "unseen", "redelivered", "reordered");

    private static final List<String> OF_THE_PRODUCER = List.of("sent", "acknowledged", "unknown", "failed");

    private final JsonObject header;
    private final Trial trial;
    private final List<JsonObject> faults = new ArrayList<>();
    private final List<JsonObject> heals = new ArrayList<>();

    EventsTrial(JsonObject header) {
        this.header = header;
        int partitions = (int) number(header, "partitions", 1, 1_000_000);
        var states = new ArrayList<State>();
        JsonArray leaders = header.getArray("leaders", new JsonArray());
        JsonArray inSync = header.getArray("in_sync", new JsonArray());
        for (int i = 0; i < partitions; i++)
            states.add(new State(0, 0, leaders.getInt(i, -1), integers(inSync.get(i))));
        trial = new Trial(about(), states);
        var settings = new JsonObject(header);
        settings.keySet().removeAll(List.of("type", "ms", "title", "observation", "leaders", "in_sync"));
        JsonTable.flat("", settings).forEach((name, value) -> trial.settings.add(name, value));
    }

    private About about() {
        var versions = new ArrayList<String>();
        header.getObject("versions", new JsonObject())
                .forEach((program, version) -> versions.add(program.replace('_', ' ') + " " + Words.number(version)));
        return new About(
                header.getString("title", ""),
                header.getString("observation", ""),
                header.getString("topic", ""),
                header.getString("settings", ""),
                header.getString("fault"),
                header.getString("group", ""),
                header.getString("started", ""),
                header.getDouble("rate", Double.NaN),
                versions);
    }

    Trial trial() {
        return trial;
    }

    void add(String type, JsonObject line) {
        double ms = number(line, "ms", 0, 604_800_000); // a week
        switch (type) {
            case "event" -> event(line, ms);
            case "flow" -> trial.add((int) number(line, "partition", 0, trial.partitions - 1), cell(line, ms));
            default -> conclude(line, ms);
        }
    }

    private void event(JsonObject line, double ms) {
        String kind = line.getString("kind", "");
        trial.events.add(new Event(
                ms,
                kind,
                line.getInt("partition", -1),
                line.getString("text", kind),
                line.getInt("leader", -1),
                line.getInt("before", -1),
                line.getInt("consumer", -1),
                integers(line.get(kind.equals("in_sync") ? "in_sync" : "assigned"))));
        if (kind.equals("fault")) faults.add(line);
        if (kind.equals("heal")) heals.add(line);
    }

    private static Cell cell(JsonObject flow, double ms) {
        double acknowledged = number(flow, "acknowledged", 0, 1e9);
        double lost = flow.isNumber("lost") ? number(flow, "lost", 0, acknowledged) : 0;
        double read = number(flow, "read", 0, 1e9);
        double p50 = flow.getDouble("p50_ms", Double.NaN);
        return new Cell(ms, acknowledged, lost, read, p50, flow.getDouble("p99_ms", Double.NaN));
    }

    private static double number(JsonObject line, String name, double least, double most) {
        double number = line.getDouble(name, Double.NaN);
        if (number >= least && number <= most) return number;
        String found = Words.shortened(Words.printable(Words.number(line.get(name))), 60);
        String format = "should have %s from %s to %s, not '%s'";
        throw new Broken(format.formatted(name, Words.number(least), Words.number(most), found));
    }

    // ---- the verdict ----

    private void conclude(JsonObject line, double ms) {
        trial.verdict = line.getString("verdict", "");
        if (trial.verdict.isBlank()) throw new Broken("has no verdict");
        trial.lengthMs = ms;
        trial.sortEvents();
        for (JsonObject fault : faults) trial.outages.add(outage(fault));
        for (JsonObject pause : objects(line.get("pauses"))) {
            addPause(trial.pauses, pause, "acknowledged", "no acknowledgement for ");
            addPause(trial.readPauses, pause, "read", "nothing read for ");
        }
        for (JsonObject it : objects(line.get("claims")))
            trial.claims.add(
                    new Claim(it.getString("verdict", "?"), it.getString("text", ""), it.getString("evidence", "")));
        var known = new ArrayList<>(OF_THE_PRODUCER);
        if (line.getBoolean("audited", true)) known.addAll(OF_THE_LOG);
        for (String name : known) if (line.isNumber(name)) trial.numbers.put(name, line.getLong(name));
        trial.lostIds = integers(line.get("lost_ids"));
        trial.unobserved = line.getString("unobserved", "");
        trial.resolutionMs = line.getDouble("resolution_ms", Double.NaN);
        trial.recordTables.add(JsonTable.of("What became of the records", line.get("crossed")));
        for (JsonObject outage : objects(line.get("outages"))) trial.timeTables.add(times(outage));
        trial.latencyTables.add(JsonTable.of("Latency from send to acknowledgement, in ms", line.get("latency_ms")));
    }

    private void addPause(Map<Integer, Pause> pauses, JsonObject line, String name, String text) {
        int partition = line.getInt("partition", -1);
        if (partition < 0 || partition >= trial.partitions) return;
        JsonObject pause = line.getObject(name, new JsonObject());
        double ms = pause.getDouble("ms", 0);
        double from = Math.max(0, Math.min(trial.end, pause.getDouble("from_ms", 0)));
        double to = Math.max(from, Math.min(trial.end, pause.getDouble("to_ms", from + ms)));
        pauses.put(partition, new Pause(partition, from, to, ms, text + Words.seconds(ms)));
    }

    private Outage outage(JsonObject fault) {
        int id = fault.getInt("broker", -1);
        double from = fault.getDouble("ms");
        boolean isBroker = integers(header.get("brokers")).contains(id);
        String node = isBroker ? Words.broker(id) : fault.getString("name", Words.broker(id));
        return heals.stream()
                .filter(it -> it.getInt("broker", -1) == id && it.getDouble("ms") >= from)
                .mapToDouble(it -> it.getDouble("ms"))
                .min()
                .stream()
                .mapToObj(to -> new Outage(node, harm(fault), from, to, true))
                .findFirst()
                .orElse(new Outage(node, harm(fault), from, trial.end, false));
    }

    /** A word for the fault: of the event, otherwise of the whole trial, otherwise of the command. */
    private String harm(JsonObject fault) {
        String command = fault.getString("text", "").replaceFirst(".*?\\b(stop|kill|pause|disconnect)\\b.*", "$1");
        return switch (fault.getString("fault", header.getString("fault", command))) {
            case "stop" -> "stopped";
            case "kill" -> "killed";
            case "pause" -> "paused";
            case "disconnect" -> "disconnected";
            default -> "down";
        };
    }

    private static Table times(JsonObject outage) {
        var times = new ArrayList<String>();
        JsonTable.flat("", outage).forEach((name, ms) -> {
            if (name.endsWith(" ms")) times.add(name.replace(" ms", " ") + ms);
        });
        String node = outage.getString("name", Words.broker(outage.getInt("broker", -1)));
        String caption = Words.capitalized(node) + ", in ms since the start: " + Words.joined(times);
        return JsonTable.of(caption, outage.get("partitions"));
    }
}
