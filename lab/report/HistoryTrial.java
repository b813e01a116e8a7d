package lab.report;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import lab.history.Experiment;
import lab.history.Flow;
import lab.history.RunHistory;
import lab.history.Seen;
import lab.proof.Proof;
import lab.proof.facts.Account.Kind;
import lab.proof.facts.Facts;
import lab.proof.facts.Flows;
import lab.proof.facts.Gap;
import lab.proof.facts.Outage;
import lab.proof.facts.Series;
import lab.report.Trial.About;
import lab.report.Trial.Cell;
import lab.report.Trial.Claim;
import lab.report.Trial.Pause;
import lab.report.Trial.State;

/** Makes a trial of a run's history and of what is proven of it. The history counts in s, a trial in ms. */
class HistoryTrial {
    private static final int CELL_MS = 100;

    private final Facts facts;
    private final RunHistory run;
    private final Trial trial;

    HistoryTrial(Map<String, String> header, RunHistory run) {
        this.run = run;
        Proof proof = Proof.of(run);
        facts = proof.facts();
        trial = new Trial(about(header), states());
        trial.verdict = proof.verdict().name();
        for (Proof.Judged it : proof.claims())
            trial.claims.add(
                    new Claim(it.verdict().name(), it.claim().text(), it.claim().evidence()));
        trial.lengthMs = 1_000 * run.length();
        if (facts.observed().late() > 0)
            trial.resolutionMs = 1_000 * facts.observed().late();
        HistoryEvents.add(facts, trial);
        cells();
        facts.outages().forEach(this::outage);
        for (int partition = 0; partition < trial.partitions; partition++) pauses(partition);
        numbers();
        ProofTables.add(header, facts, trial);
    }

    Trial trial() {
        return trial;
    }

    private About about(Map<String, String> header) {
        Experiment.Run begin = run.begin();
        String instrument =
                header.getOrDefault("instrument", "").replaceFirst(".*/", "").replace(".java", "");
        var versions = new ArrayList<>(List.of(
                (instrument + " " + header.getOrDefault("instrument_version", "")).strip(),
                "Kafka client " + header.getOrDefault("kafka_client", "?"),
                "Java " + header.getOrDefault("java", "?")));
        facts.setup().cluster().brokers().stream()
                .filter(it -> it.version() != null)
                .map(it -> "Kafka " + it.version())
                .distinct()
                .forEach(versions::add);
        return new About(
                begin.title(),
                facts.setup().topic().name(),
                begin.settings(),
                begin.fault(),
                run.all(Experiment.Group.class).stream()
                        .map(Experiment.Group::group)
                        .findFirst()
                        .orElse(""),
                begin.started(),
                begin.rate() == 0 ? Double.NaN : begin.rate(),
                versions);
    }

    private List<State> states() {
        return IntStream.range(0, facts.setup().partitions())
                .mapToObj(it -> facts.observed().stateAt(it, 0))
                .map(it ->
                        it == null ? new State(0, 0, Seen.NONE, List.of()) : new State(0, 0, it.leader(), it.inSync()))
                .toList();
    }

    // ---- records over time ----

    private void cells() {
        BitSet lost = facts.account().of(Kind.LOST);
        for (Flow flow : run.flows(Flow.Kind.ACKNOWLEDGED)) {
            var lostHere = new AtomicLong();
            if (!lost.isEmpty()) flow.records().forEach((id, offset) -> lostHere.addAndGet(lost.get(id) ? 1 : 0));
            add(flow, flow.records().size(), lostHere.get(), 0, latency(flow, 0.5), latency(flow, 0.99));
        }
        for (Flow flow : run.flows(Flow.Kind.RECEIVED))
            add(flow, 0, 0, flow.records().size(), Double.NaN, Double.NaN);
    }

    /** A line of a history has at most 0.1 s: its records are shared out to the one or two cells that it touches. */
    private void add(Flow flow, double acknowledged, double lost, double read, double p50, double p99) {
        if (flow.partition() >= trial.partitions) return;
        double from = 1_000 * flow.t();
        double to = 1_000 * flow.to();
        double cell = Math.floor(from / CELL_MS) * CELL_MS;
        double share = to < cell + CELL_MS ? 1 : (cell + CELL_MS - from) / (to - from);
        for (double part : share == 1 ? List.of(1.0) : List.of(share, 1 - share)) {
            trial.add(flow.partition(), new Cell(cell, part * acknowledged, part * lost, part * read, p50, p99));
            cell += CELL_MS;
        }
    }

    /** In ms: this share of the line's records was acknowledged within it; NaN if there are none. */
    private static double latency(Flow flow, double share) {
        long all = flow.latencies().stream().mapToLong(Flow.Latency::records).sum();
        double left = share * all;
        for (Flow.Latency it : flow.latencies()) if ((left -= it.records()) <= 0) return it.ms();
        return Double.NaN;
    }

    private void outage(Outage outage) {
        boolean isRestored = outage.restoredAt() < Outage.NEVER;
        double from = 1_000 * outage.from();
        double to = isRestored ? Math.min(trial.end, 1_000 * outage.restoredAt()) : trial.end;
        String node = outage.isController() ? outage.name() : Words.broker(outage.node());
        trial.outages.add(new Trial.Outage(
                node,
                harm(outage),
                from,
                Math.max(from, to),
                isRestored,
                facts.evidence().containsKey(outage)));
    }

    private static String harm(Outage outage) {
        return switch (outage.fault()) {
            case "stop" -> "stopped";
            case "kill" -> "killed";
            case "pause" -> "paused";
            case "disconnect" -> "disconnected";
            case "power" -> "without power";
            default -> "down";
        };
    }

    private void pauses(int partition) {
        Flows flows = facts.flows();
        pause(trial.pauses, partition, flows.acknowledged(partition), "no acknowledgement for ");
        pause(trial.readPauses, partition, flows.received(partition), "nothing read for ");
    }

    private void pause(Map<Integer, Pause> pauses, int partition, Series series, String text) {
        if (series.flows().isEmpty() && Double.isNaN(series.begin())) return; // not known
        Gap gap = facts.flows().pause(series, facts.outages());
        double from = Math.min(trial.end, 1_000 * gap.from());
        double to = Math.max(from, Math.min(trial.end, 1_000 * gap.to()));
        double ms = 1_000 * gap.seconds();
        pauses.put(partition, new Pause(partition, from, to, ms, text + Words.seconds(ms)));
    }

    // ---- the account ----

    /** A number about the log is known only if all of the log was read; but what is lost is lost. */
    private void numbers() {
        boolean isRead = IntStream.range(0, trial.partitions).allMatch(facts::isRead);
        for (Kind kind : List.of(Kind.SENT, Kind.ACKNOWLEDGED, Kind.UNKNOWN, Kind.FAILED)) number(kind, true);
        for (Kind kind : List.of(
                Kind.LOST,
                Kind.UNPROVEN,
                Kind.DUPLICATES,
                Kind.UNSEEN,
                Kind.REDELIVERED,
                Kind.REORDERED,
                Kind.PHANTOMS,
                Kind.IN_LOG_THOUGH_FAILED)) number(kind, isRead);
        trial.lostIds =
                facts.account().of(Kind.LOST).stream().limit(100).boxed().toList();
    }

    private void number(Kind kind, boolean isKnown) {
        long number = facts.account().count(kind);
        if (isKnown || number > 0) trial.numbers.put(kind.lowerCase().replace('_', ' '), number);
    }
}
