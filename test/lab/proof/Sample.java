package lab.proof;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lab.history.Action;
import lab.history.Audit;
import lab.history.Experiment;
import lab.history.Flow;
import lab.history.HistoryWriter;
import lab.history.Lines;
import lab.history.Processing;
import lab.history.Recorder;
import lab.history.Seen;
import lab.history.Sharing;

/**
 * Good runs, made by a small model of a cluster instead of a cluster: two brokers and one controller. Records flow from 1.0 s; a
 * partition that cannot take them acknowledges them when it can again.
 */
class Sample {
    private static final double SESSION = 3;

    private final String scenario;
    private final List<List<Integer>> replicas;
    private final List<Down> down = new ArrayList<>();
    private final List<Timed> timed = new ArrayList<>();
    private final double end;
    private double every = 0.02; // seconds between two records of any partition
    private int consumers = 1;
    private double handover = Double.MAX_VALUE;

    /** A partition takes no records from one time to another. */
    private record Down(int partition, double from, double to) {}

    private record Timed(double t, Runnable write) {}

    private Recorder recorder;

    Sample(String scenario, List<List<Integer>> replicas, double end) {
        this.scenario = scenario;
        this.replicas = replicas;
        this.end = end;
    }

    /** Each kind of run, by name. */
    static Map<String, Sample> all() {
        var all = new TreeMap<>(Map.of(
                "one",
                one(),
                "two",
                two(),
                "three",
                three(),
                "topic",
                topic(),
                "refusing",
                refusing(),
                "controller",
                controller(),
                "successor",
                successor(),
                "observe",
                observe()));
        for (String kind : List.of("piped", "zombie", "without", "mistake")) all.put(kind, pipeline(kind));
        all.put("stopped", stopped());
        all.put("followed", followed());
        all.put("queue", queue());
        all.put("power", power("power-cut", 1020, 1030, Long.MAX_VALUE));
        all.put("powertopic", power("topic", 1020, 1030, Long.MAX_VALUE));
        all.put("flushed", power("power-cut", 1050, 1050, 1));
        for (int min : List.of(1, 2)) {
            all.put("wait" + min, last(min, false));
            all.put("elect" + min, last(min, true));
        }
        return all;
    }

    /** Scenario 1: the busy consumer leaves at 3.0 s. */
    static Sample one() {
        var sample = new Sample("1", List.of(List.of(1)), 5);
        sample.consumers = 2;
        sample.handover = 3;
        sample.at(3, new Action.Leave(3, 1)).at(3.2, new Seen.Assigned(3.2, 2, List.of(0)));
        return sample;
    }

    /** Scenario 2: kafka-1 is stopped at 3.0 s and started at 6.0 s; partition 0 is on it alone. */
    static Sample two() {
        var sample = new Sample("2", List.of(List.of(1), List.of(2)), 9);
        sample.consumers = 2;
        sample.fault(1, 1, "stop", true, 3, 6).whole(7);
        sample.asked = "stop";
        sample.state(3.3, 0, -1, List.of(1), 3.28).state(6.5, 0, 1, List.of(1), 6.48);
        sample.brokers(3.3, List.of(2)).brokers(6.4, List.of(1, 2));
        sample.down.add(new Down(0, 3.25, 6.55));
        return sample;
    }

    /** Scenario 3: kafka-1 is killed at 3.0 s, and given up after the session of 3 s. */
    static Sample three() {
        return led("3");
    }

    /** The same of any topic. */
    static Sample topic() {
        return led("topic");
    }

    private static Sample led(String scenario) {
        var sample = new Sample(scenario, List.of(List.of(1, 2), List.of(2, 1)), 14);
        sample.fault(1, 1, "kill", false, 3, 9).whole(11);
        sample.asked = "kill";
        sample.state(6.1, 0, 2, List.of(2), 6.08).state(6.1, 1, 2, List.of(2), 6.08);
        sample.brokers(6.1, List.of(2)).brokers(10, List.of(1, 2));
        sample.state(10.5, 0, 2, List.of(1, 2), 10.48).state(10.5, 1, 2, List.of(1, 2), 10.48);
        sample.state(11.5, 0, 1, List.of(1, 2), 11.48);
        sample.down.add(new Down(0, 3, 6.2));
        sample.down.add(new Down(1, 3, 6.15)); // the follower is still in sync until it is given up
        return sample;
    }

    /** kafka-1 is stopped at 3.0 s, hands over partition 0, and is started at 6.0 s. */
    static Sample stopped() {
        var sample = new Sample("topic", List.of(List.of(1, 2), List.of(2, 1)), 10);
        sample.fault(1, 1, "stop", true, 3, 6).whole(7);
        sample.asked = "stop";
        sample.state(3.2, 0, 2, List.of(2), 3.18).state(3.2, 1, 2, List.of(2), 3.18);
        sample.brokers(3.3, List.of(2)).brokers(6.2, List.of(1, 2));
        sample.state(6.5, 0, 2, List.of(1, 2), 6.48).state(6.5, 1, 2, List.of(1, 2), 6.48);
        sample.state(7.5, 0, 1, List.of(1, 2), 7.48);
        sample.down.add(new Down(0, 3, 3.3));
        return sample;
    }

    /** kafka-2, which only follows, is killed at 3.0 s, and given up after the session of 3 s. */
    static Sample followed() {
        var sample = new Sample("topic", List.of(List.of(1, 2)), 14);
        sample.fault(1, 2, "kill", false, 3, 9).whole(11);
        sample.asked = "kill";
        sample.state(6.1, 0, 1, List.of(1), 6.08).brokers(6.1, List.of(1)).brokers(10, List.of(1, 2));
        sample.state(10.5, 0, 1, List.of(1, 2), 10.48);
        sample.down.add(new Down(0, 3, 6.15));
        return sample;
    }

    /** With min.insync.replicas=2: everything waits while kafka-1 is down. To be built with {@code minInSync}. */
    static Sample refusing() {
        var sample = new Sample("topic", List.of(List.of(1, 2), List.of(2, 1)), 18);
        sample.fault(1, 1, "kill", false, 3, 14).whole(15.5);
        sample.state(6.1, 0, 2, List.of(2), 6.08).state(6.1, 1, 2, List.of(2), 6.08);
        sample.brokers(6.1, List.of(2)).brokers(14.5, List.of(1, 2));
        sample.state(15, 0, 2, List.of(1, 2), 14.98).state(15, 1, 2, List.of(1, 2), 14.98);
        sample.state(16, 0, 1, List.of(1, 2), 15.98);
        sample.down.add(new Down(0, 3, 15.05));
        sample.down.add(new Down(1, 3, 15.05));
        sample.minInSync = 2;
        return sample;
    }

    /** The controller is killed at 3.0 s and started at 9.0 s. */
    static Sample controller() {
        var sample = new Sample("topic", List.of(List.of(1, 2), List.of(2, 1)), 12);
        sample.controllerDown(1, 3, 9).whole(10);
        return sample;
    }

    /** The controller is killed, then kafka-1: nobody is elected until the controller is back. */
    static Sample successor() {
        var sample = new Sample("topic", List.of(List.of(1, 2), List.of(2, 1)), 21);
        sample.controllerDown(1, 3, 10).fault(2, 1, "kill", false, 4, 16).whole(18);
        sample.state(13.2, 0, 2, List.of(2), 13.18).state(13.2, 1, 2, List.of(2), 13.18);
        sample.brokers(13.2, List.of(2)).brokers(16.5, List.of(1, 2));
        sample.state(17, 0, 2, List.of(1, 2), 16.98).state(17, 1, 2, List.of(1, 2), 16.98);
        sample.state(19, 0, 1, List.of(1, 2), 18.98);
        sample.down.add(new Down(0, 4, 13.3));
        sample.down.add(new Down(1, 4, 13.3));
        return sample;
    }

    /**
     * Scenario 4: kafka-1, the leader, is stopped at 3.0 s; kafka-2, alone in sync, is killed at 6.0 s; kafka-1 is back at 8.0 s and
     * kafka-2 at 16.0 s.
     */
    static Sample last(int minInSync, boolean unclean) {
        var sample = new Sample("last-replica", List.of(List.of(1, 2)), 21);
        boolean oldLeads = unclean || minInSync == 2;
        sample.minInSync = minInSync;
        sample.fault(1, 1, "stop", true, 3, 8).fault(2, 2, "kill", false, 6, 16).whole(18);
        sample.state(3.3, 0, 2, List.of(2), 3.28).brokers(3.3, List.of(2));
        sample.state(9.1, 0, -1, List.of(2), 9.08).brokers(9.1, List.of(1));
        if (unclean) sample.at(10, new Action.Elect(10, "unclean"));
        double elected = oldLeads ? 11 : 16.6;
        sample.state(elected, 0, oldLeads ? 1 : 2, List.of(oldLeads ? 1 : 2), elected - 0.02);
        sample.brokers(16.5, List.of(1, 2));
        sample.state(17, 0, oldLeads ? 1 : 2, List.of(1, 2), 16.98);
        if (!oldLeads) sample.state(19, 0, 1, List.of(1, 2), 18.98);
        if (minInSync == 2) sample.down.add(new Down(0, 3.25, 17.05));
        else {
            sample.down.add(new Down(0, 3.25, 3.35));
            sample.down.add(new Down(0, 6, elected + 0.1));
            if (unclean) sample.lost = new Down(0, 3.3, 6.01);
        }
        return sample;
    }

    /**
     * A pipeline between two topics. {@code piped} and {@code without} transactions: process 1 is frozen at 3.0 s with
     * records 81 to 90 written and not committed, and killed. {@code zombie}: it is not killed, but resumed at 7.2 s.
     * {@code mistake}: it skips them, because it does not seek back.
     */
    static Sample pipeline(String kind) {
        boolean transactions = !kind.equals("without");
        boolean mistake = kind.equals("mistake");
        var sample = new Sample("exactly-once", List.of(List.of(1, 2)), mistake ? 14 : 8);
        if (mistake) {
            sample.fault(1, 1, "kill", false, 3, 9).whole(11);
            sample.state(6.1, 0, 2, List.of(2), 6.08).brokers(6.1, List.of(2)).brokers(10, List.of(1, 2));
            sample.state(10.5, 0, 2, List.of(1, 2), 10.48).state(11.5, 0, 1, List.of(1, 2), 11.48);
            sample.down.add(new Down(0, 3, 6.2));
        }
        sample.at(0, new Processing.Pipeline(0, "output", 500, "pipeline", transactions, !mistake, 2_000, null))
                .at(0.5, new Processing.Process(0.5, 1, "start"))
                .at(2.9, new Processing.Batch(2.9, 1, "committed", 80, 1079, null));
        long stable = transactions ? 580 : 590;
        if (mistake) sample.at(3, new Processing.Batch(3, 1, "aborted", 10, -1, "timed out"));
        else sample.at(3, new Processing.Process(3, 1, "freeze")).at(3, new Processing.Open(3, 1, stable, 590, 1080));
        if (kind.equals("zombie"))
            sample.at(7.2, new Processing.Process(7.2, 1, "resume"))
                    .at(7.7, new Processing.Batch(7.7, 1, "replaced", 0, -1, "fenced"));
        else if (!mistake) sample.at(3.1, new Processing.Process(3.1, 1, "kill"));
        if (!mistake) sample.at(3.1, new Processing.Process(3.1, 2, "start"));
        if (transactions && !mistake) sample.at(7.1, new Processing.Held(2.8, 7.1, 580, 600));
        sample.kind = kind;
        return sample;
    }

    /**
     * A share group with two members. Record 10 is released, 15 rejected. Member 2 is frozen at 3.0 s, holding record 100, which
     * member 1 is given when the lock of 4 s expires.
     */
    static Sample queue() {
        var sample = new Sample("queue", List.of(List.of(1, 2)), 10);
        sample.at(0, new Sharing.Queue(0, "queue", 4_000, 5, "dlq", 10, 15));
        for (int member = 1; member <= 2; member++) sample.at(0.5, new Processing.Process(0.5, member, "start"));
        sample.at(3, new Processing.Process(3, 2, "freeze")).at(8, new Processing.Process(8, 2, "resume"));
        sample.kind = "queue";
        return sample;
    }

    private void share(int last) {
        for (int id = 1; id <= last; id++) {
            double t = 1.01 + (id - 1) * every;
            int member = t < 3 && id % 2 == 0 ? 2 : 1;
            if (id == 10)
                for (int count = 1; count <= 5; count++) {
                    shared(Flow.Kind.DELIVERED, t + count * 0.3, 1, id, count);
                    shared(Flow.Kind.RELEASED, t + count * 0.3 + 0.1, 1, id, 0);
                }
            else {
                shared(Flow.Kind.DELIVERED, t, member, id, 1);
                if (id == 100) {
                    shared(Flow.Kind.DELIVERED, t + 4.2, 1, id, 2);
                    shared(Flow.Kind.ACCEPTED, t + 4.3, 1, id, 0);
                    shared(Flow.Kind.REFUSED, 8.1, 2, id, 0);
                } else shared(id == 15 ? Flow.Kind.REJECTED : Flow.Kind.ACCEPTED, t + 0.005, member, id, 0);
            }
        }
        double t = end + 1.5;
        for (int dead = 0; dead < 2; dead++) {
            int id = dead == 0 ? 15 : 10;
            long offset = dead;
            timed.add(new Timed(t, () -> recorder.shared(Flow.Kind.DEAD_LETTER, t, 0, 0, id, offset, 0, null)));
        }
        at(end + 1.6, new Sharing.Drained(end + 1.6, 1000 + last, 1000 + last, 2, 2));
    }

    private void shared(Flow.Kind kind, double t, int member, int id, int count) {
        String error = kind == Flow.Kind.REFUSED ? "the lock has expired" : null;
        timed.add(new Timed(t, () -> recorder.shared(kind, t, member, 0, id, 999 + id, count, error)));
    }

    private String kind; // of pipeline, or queue; null: none

    /** The output: 80 records, 10 aborted ones or repeated ones and a marker, and the rest. */
    private void output(int last) {
        double t = end + 1.5;
        recorder.write(
                new Processing.Batch(t, kind.equals("mistake") ? 1 : 2, "committed", last - 90, 999 + last, null));
        recorder.write(new Processing.Consumed(t, 1000 + last, 1000 + last));
        for (boolean committed : new boolean[] {true, false}) {
            for (int id = 1; id <= 80; id++) recorder.output(t, committed, 0, id, 499 + id);
            boolean again = kind.equals("without")
                    || !committed && List.of("piped", "zombie").contains(kind);
            for (int id = 81; again && id <= 90; id++) recorder.output(t, committed, 0, id, 499 + id);
            for (int id = kind.equals("mistake") ? 91 : 81; id <= last; id++)
                recorder.output(t, committed, 0, id, 510 + id);
            String isolation = committed ? "read_committed" : "read_uncommitted";
            recorder.write(new Processing.OutputAudit(t, isolation, 500, 512 + last, 512 + last));
        }
    }

    /**
     * After 3 s without records, both brokers lose their power at 6.0 s. Then kafka-1 leads partition 0 and kafka-2 partition 1.
     *
     * @param first kafka-1's logs are cut at this offset
     * @param second those of kafka-2
     */
    static Sample power(String scenario, long first, long second, long flushMessages) {
        var sample = new Sample(scenario, List.of(List.of(1, 2), List.of(2, 1)), 16);
        sample.at(3, new Action.Load(3, "pause"));
        sample.fault(1, 1, "power", false, 6, 9)
                .fault(2, 2, "power", false, 6, 9.5)
                .whole(13);
        long[] ends = {first, second};
        for (int n = 1; n <= 2; n++) {
            var logs = new ArrayList<Action.Cut.Log>(List.of(new Action.Cut.Log("__consumer_offsets-3", 60, 0)));
            for (int it = 0; it < 2; it++) logs.add(new Action.Cut.Log("sample-" + it, 1050, ends[n - 1]));
            sample.at(6.3, new Action.Cut(6.3, n, n, true, 0.8, 1, flushMessages, logs));
        }
        sample.at(6.4, new Action.Load(6.4, "resume"));
        sample.at(11.2, new Seen.Blind(6, 11.2, Seen.Blind.NO_ANSWER));
        sample.state(11.3, 0, 1, List.of(1), 6).state(11.4, 1, 2, List.of(2), 6);
        sample.state(12, 0, 1, List.of(1, 2), 11.98).state(12, 1, 2, List.of(1, 2), 11.98);
        sample.down.add(new Down(0, 6, 11.5));
        sample.down.add(new Down(1, 6, 11.5));
        sample.quiet = new Down(-1, 3, 6.4);
        sample.cutAt = ends;
        return sample;
    }

    private Down quiet = new Down(-1, 0, 0); // nothing is sent then
    private long[] cutAt; // by partition, at the end of the quiet time; null: no log is cut
    private long firstLost; // its offset; 0: none yet

    private Down lost; // acknowledged then, and not in the log

    /** No fault of ours. */
    static Sample observe() {
        return new Sample("observe", List.of(List.of(1, 2), List.of(2, 1)), 6);
    }

    /** The same with fewer records; not of a pipeline or a share group, which treat certain records in their own way. */
    Sample every(double seconds) {
        if (kind == null) every = seconds;
        return this;
    }

    private int minInSync = 1;
    private String asked; // the fault; null: steps

    private Sample at(double t, lab.history.Entry entry) {
        timed.add(new Timed(t, () -> recorder.write(entry)));
        return this;
    }

    private Sample state(double t, int partition, int leader, List<Integer> inSync, double after) {
        return at(t, new Seen.State(t, after, partition, leader, inSync, replicas.get(partition)));
    }

    private Sample brokers(double t, List<Integer> listed) {
        return at(t, new Seen.Brokers(t, listed));
    }

    private Sample fault(int n, int node, String fault, boolean controlled, double from, double to) {
        String name = "kafka-" + node;
        return at(from, new Action.Fault(from, n, node, "broker", name, fault, "test", fault + " " + name))
                .at(from + 0.2, new Action.FaultDone(from + 0.2, n, true, controlled, "", Double.NaN))
                .at(to, new Action.Restore(to, n, "start " + name))
                .at(to + 0.2, new Action.RestoreDone(to + 0.2, n, true, ""));
    }

    private Sample controllerDown(int n, double from, double to) {
        return at(from, new Action.Fault(from, n, 100, "controller", "controller", "kill", "test", "kill controller"))
                .at(from + 0.2, new Action.FaultDone(from + 0.2, n, true, false, "", Double.NaN))
                .at(from + 3, new Seen.Controller(from + 3, -1, List.of(100)))
                .at(to, new Action.Restore(to, n, "start controller"))
                .at(to + 0.2, new Action.RestoreDone(to + 0.2, n, true, ""))
                .at(to + 0.5, new Seen.Controller(to + 0.5, 100, List.of(100)));
    }

    private Sample whole(double t) {
        return at(t, new Action.Whole(t)).at(t + 1, new Action.Preferred(t + 1));
    }

    /** The history in a file, and from there as lines. */
    Lines lines(Path directory) throws IOException {
        Path file = Files.createTempFile(directory, "sample", ".jsonl");
        try (var writer = new HistoryWriter(file, "lab/drill.java", "2.0.0", "4.4.0")) {
            recorder = new Recorder(writer);
            experiment();
            flow();
            timed.sort(Comparator.comparingDouble(Timed::t)); // stable
            timed.forEach(it -> it.write.run());
            recorder.end();
        }
        return Lines.read(file);
    }

    private void experiment() {
        recorder.write(new Experiment.Run(
                0,
                "3f2a91bc",
                1,
                1,
                "2026-11-30T02:28:46Z",
                scenario,
                "Sample of " + scenario,
                "acks=all",
                asked,
                "leader",
                50,
                0,
                2));
        List<Experiment.Partition> partitions = replicas.stream()
                .map(it -> new Experiment.Partition(it, 0, 1000))
                .toList();
        recorder.write(new Experiment.Topic(0, true, "sample", "idOfTopic", partitions, minInSync, minInSync, false));
        var brokers =
                List.of(new Experiment.Broker(1, "kafka-1", "4.4.0"), new Experiment.Broker(2, "kafka-2", "4.4.0"));
        recorder.write(new Experiment.Cluster(
                0, "idOfCluster", "not told; features: metadata.version 33", brokers, (int) (SESSION * 1e3), "test"));
        Map<String, Object> config = Map.of(
                "acks",
                "all",
                "enable.idempotence",
                true,
                "retries",
                Integer.MAX_VALUE,
                "delivery.timeout.ms",
                120_000,
                "request.timeout.ms",
                30_000);
        recorder.write(new Experiment.Producer(0, config, Map.of()));
        recorder.write(new Experiment.Group(0, "group", consumers, "classic", Map.of(), null, -1));
        for (int it = 0; it < replicas.size(); it++)
            state(0.1, it, replicas.get(it).get(0), replicas.get(it), Double.NaN);
        brokers(0.1, List.of(1, 2)).at(0.1, new Seen.Controller(0.1, 100, List.of(100)));
        at(0.9, new Action.Load(0.9, "begin")).at(end, new Action.Load(end, "end"));
        at(end, new Seen.Observer(end, 0.03));
    }

    private void flow() {
        int partitions = replicas.size();
        long[] next = new long[partitions];
        java.util.Arrays.fill(next, 1000);
        var rewound = new boolean[partitions];
        int id = 0;
        for (double t = 1; t < end - 0.2; t += every) {
            if (t >= quiet.from && t < quiet.to) continue;
            int record = ++id;
            int partition = (record - 1) % partitions;
            double sent = t;
            double acknowledged = taken(partition, t) + 0.002;
            if (lost != null && acknowledged > lost.to && next[partition] > firstLost && firstLost > 0) {
                next[partition] = firstLost; // the new leader never had them
                firstLost = -1;
            }
            boolean cut = cutAt != null && acknowledged < quiet.to;
            if (cutAt != null && !cut && !rewound[partition]) {
                next[partition] = cutAt[partition];
                rewound[partition] = true;
            }
            long offset = next[partition]++;
            boolean isLost = cut && offset >= cutAt[partition]
                    || lost != null && acknowledged > lost.from && acknowledged <= lost.to;
            if (lost != null && isLost && firstLost == 0) firstLost = offset;
            timed.add(new Timed(sent, () -> recorder.sent(sent, partition, record)));
            timed.add(new Timed(
                    acknowledged,
                    () -> recorder.acknowledged(acknowledged, partition, record, offset, acknowledged - sent)));
            double read = acknowledged + 0.001;
            int consumer = scenario.equals("2") ? partition + 1 : read < handover ? 1 : 2;
            int reader = consumers == 1 ? 1 : consumer;
            double received = scenario.equals("1") && read >= handover ? Math.max(read, handover + 0.3) : read;
            timed.add(new Timed(received, () -> recorder.received(received, reader, partition, record, offset)));
            int epoch = acknowledged < 4 ? 1 : 2;
            if (!isLost) timed.add(new Timed(end + 1, () -> recorder.found(end + 1, partition, epoch, record, offset)));
        }
        int last = id;
        if ("queue".equals(kind)) share(last);
        else if (kind != null) timed.add(new Timed(end + 1.5, () -> output(last)));
        for (int it = 0; it < partitions; it++)
            at(end + 1, new Audit(end + 1, it, 1000, next[it], next[it], 0, "idOfTopic", true, null));
    }

    private double taken(int partition, double t) {
        for (Down it : down) if (it.partition == partition && t >= it.from && t < it.to) return it.to;
        return t;
    }
}
