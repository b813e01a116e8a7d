package lab.proof;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lab.common.Json;
import lab.history.Experiment;
import lab.proof.facts.Account;
import lab.proof.facts.Account.Kind;
import lab.proof.facts.Evidence;
import lab.proof.facts.Facts;
import lab.proof.facts.Gap;
import lab.proof.facts.Latencies;
import lab.proof.facts.Outage;
import lab.proof.facts.Pipelined;

/** A proof for programs: every number that {@link ProofText} shows. Times are in seconds since the run began. */
public class ProofJson {
    private static final int SHOWN = 100; // ids

    private ProofJson() {}

    /** As an object, with its fields in order. */
    public static Map<String, Object> of(Proof proof) {
        Facts facts = proof.facts();
        Experiment.Run run = facts.setup().run();
        var json = Json.object("run", run.run(), "number", run.number(), "started", run.started());
        json.putAll(Json.object("scenario", run.scenario(), "title", run.title(), "settings", run.settings()));
        json.putAll(Json.object("topic", facts.setup().topic().name(), "fault", run.fault()));
        json.putAll(Json.object("complete", facts.run().complete(), "verdict", proof.verdict()));
        json.put("claims", proof.claims().stream().map(ProofJson::claim).toList());
        json.putAll(account(facts.account()));
        json.put(
                "outages", facts.outages().stream().map(it -> outage(facts, it)).toList());
        json.put(
                "pauses",
                facts.flows().partitions().mapToObj(it -> pauses(facts, it)).toList());
        var latencies = Json.object();
        facts.latencies().forEach((when, it) -> latencies.put(when, it.count() == 0 ? null : latency(it)));
        json.put("latency_ms", latencies);
        Pipelined pipeline = Pipelined.of(facts);
        if (pipeline != null) json.put("pipeline", pipeline(pipeline));
        json.put("observer_late_s", facts.observed().late());
        return json;
    }

    private static Object claim(Proof.Judged it) {
        var json = Json.object(
                "check", it.check(), "verdict", it.verdict(), "text", it.claim().text());
        json.put("evidence", it.claim().evidence());
        return json;
    }

    /** The number of records of each kind; the ids of some that should not be; and the crossing table. */
    private static Map<String, Object> account(Account account) {
        var json = Json.object();
        for (Kind kind : Kind.values()) json.put(kind.lowerCase(), account.count(kind));
        json.put("lost_ids", account.of(Kind.LOST).stream().limit(SHOWN).boxed().toList());
        var crossed = Json.object();
        for (Kind fate : Account.FATES) {
            int[] row = account.crossed(fate);
            crossed.put(
                    fate.lowerCase(),
                    Json.object("once", row[0], "more", row[1], "not_in_log", row[2], "not_to_be_seen", row[3]));
        }
        json.put("crossed", crossed);
        return json;
    }

    private static Object outage(Facts facts, Outage outage) {
        Evidence evidence = facts.evidence().get(outage);
        var json = Json.object("n", outage.n(), "node", outage.node(), "name", outage.name());
        json.putAll(Json.object("controller", outage.isController(), "fault", outage.fault()));
        json.putAll(Json.object("controlled", outage.controlled(), "fault_s", time(outage.from())));
        json.putAll(Json.object("restored_s", time(outage.restoredAt()), "whole_s", time(outage.wholeAt())));
        json.put("preferred_s", time(outage.preferredAt()));
        json.put("noticed_s", evidence == null ? null : time(evidence.t()));
        var partitions = new ArrayList<Object>();
        for (int partition : facts.expectation().led(outage)) {
            var phases = Json.object("partition", partition);
            ProofText.phases(facts, outage, partition).forEach((t, phase) -> {
                for (String each : phase.split(" and ")) phases.put(each.replace(' ', '_') + "_s", time(t));
            });
            partitions.add(phases);
        }
        json.put("partitions", partitions);
        return json;
    }

    private static Object pauses(Facts facts, int partition) {
        List<Outage> outages = facts.outages();
        var json = Json.object("partition", partition);
        json.put("acknowledged", gap(facts.flows().pause(facts.flows().acknowledged(partition), outages)));
        json.put("read", gap(facts.flows().pause(facts.flows().received(partition), outages)));
        return json;
    }

    private static Object gap(Gap gap) {
        return Json.object("from_s", time(gap.from()), "to_s", time(gap.to()), "s", time(gap.seconds()));
    }

    private static Object pipeline(Pipelined it) {
        return Json.object(
                "output",
                it.setup().output(),
                "transactions",
                it.setup().transactions(),
                "inputs",
                it.inputs().cardinality(),
                "twice",
                it.twice().cardinality(),
                "missing",
                it.missing().cardinality(),
                "aborted",
                it.aborted().size());
    }

    private static Object latency(Latencies it) {
        var json = Json.object("p50", it.percentile(0.5), "p99", it.percentile(0.99), "max", it.longest());
        json.put("records", it.count());
        return json;
    }

    /** With four decimals; null for what never happened. */
    private static Double time(double t) {
        return Double.isInfinite(t) || Double.isNaN(t) ? null : Math.round(t * 1e4) / 1e4;
    }
}
