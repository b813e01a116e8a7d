///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Measures a history of many records: written, read and judged in a heap of 512 MB
//JAVA 17+
//SOURCES ../lab/drill.java
//RUNTIME_OPTIONS -Xmx512m

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import lab.history.*;
import lab.proof.Proof;
import lab.proof.ProofText;

/**
 * {@code ./jbang bench/history.java [RECORDS [RECORDS_PER_SECOND [PARTITIONS]]]}. The records flow evenly, with latencies of 1 to 30 ms,
 * and one outage of 9 s in which one partition waits. No cluster is needed: the clock is the records' own.
 */
class history {
    private static Recorder recorder;
    private static int partitions;

    public static void main(String[] arguments) throws IOException {
        int records = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 10_000_000;
        int rate = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 20_000;
        partitions = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 2;
        Path file = Files.createTempFile("history", ".jsonl");
        long start = System.nanoTime();
        write(file, records, rate);
        System.out.printf("%,d records, %,d/s, %d partitions%n", records, rate, partitions);
        System.out.printf("written in %.1f s: %.1f MB, %,d lines%n", since(start), Files.size(file) / 1e6, lines(file));
        start = System.nanoTime();
        Proof proof = Proof.of(HistoryReader.read(file).runs().get(0));
        System.out.printf("read and judged in %.1f s: %s%n", since(start), proof.verdict());
        if (arguments.length > 3) ProofText.of(proof).forEach(System.out::println);
        System.out.printf("in a heap of %.0f MB%n", Runtime.getRuntime().maxMemory() / 1e6);
        Files.delete(file);
    }

    private static double since(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    private static long lines(Path file) throws IOException {
        try (var lines = Files.lines(file)) {
            return lines.count();
        }
    }

    private static void write(Path file, int records, int rate) throws IOException {
        try (var writer = new HistoryWriter(file, "bench/history.java", "1", "4.4.0")) {
            recorder = new Recorder(writer);
            double length = records / (double) rate;
            double fault = 5;
            double elected = 14;
            begin();
            for (int id = 1; id <= records; id++) {
                double t = 1 + (id - 1) / (double) rate;
                int partition = (id - 1) % partitions;
                recorder.sent(t, partition, id);
                double latency = 0.001 + (id * 2654435761L >>> 7 & 1023) / 1023.0 * 0.03;
                boolean waits = partition == 0 && t > fault && t < elected;
                double acknowledged = waits ? elected + 0.1 : t + latency;
                long offset = (id - 1) / partitions;
                recorder.acknowledged(acknowledged, partition, id, offset, acknowledged - t);
                recorder.received(acknowledged + 0.001, 1, partition, id, offset);
                if (id == 4 * rate) fault(fault, elected, length);
            }
            recorder.write(new Action.Load(length + 2, "end"));
            audit(records, length + 3);
            recorder.end();
        }
    }

    private static void begin() {
        recorder.write(new Experiment.Run(
                0, "bench", 1, 1, "2026-01-01T00:00:00Z", "topic", "bench", "acks=all", "kill", "leader", 0, 0, 2));
        var replicas = new java.util.ArrayList<Experiment.Partition>();
        for (int it = 0; it < partitions; it++)
            replicas.add(new Experiment.Partition(it == 0 ? List.of(1, 2) : List.of(2, 3), 0, 0));
        recorder.write(new Experiment.Topic(0, true, "bench", "id", replicas, 1, 1, false));
        var brokers = new java.util.ArrayList<Experiment.Broker>();
        for (int it = 1; it <= 3; it++) brokers.add(new Experiment.Broker(it, "kafka-" + it, null));
        recorder.write(new Experiment.Cluster(0, "bench", null, brokers, 9_000, "bench"));
        recorder.write(new Experiment.Producer(0, Map.of("acks", "all", "enable.idempotence", true), Map.of()));
        recorder.write(new Experiment.Group(0, "group", 1, "classic", Map.of(), null, -1));
        recorder.write(new Seen.Brokers(0.1, List.of(1, 2, 3)));
        for (int it = 0; it < partitions; it++) {
            List<Integer> ids = replicas.get(it).replicas();
            recorder.write(new Seen.State(0.1, Double.NaN, it, ids.get(0), ids, ids));
        }
        recorder.write(new Action.Load(0.9, "begin"));
    }

    private static void fault(double fault, double elected, double length) {
        recorder.write(new Action.Fault(fault, 1, 1, "broker", "kafka-1", "kill", "bench", "kill kafka-1"));
        recorder.write(new Action.FaultDone(fault + 0.1, 1, true, false, "", Double.NaN));
        recorder.write(new Seen.State(elected, elected - 0.02, 0, 2, List.of(2), List.of(1, 2)));
        recorder.write(new Action.Restore(elected + 4, 1, "start kafka-1"));
        recorder.write(new Action.RestoreDone(elected + 4.5, 1, true, ""));
        recorder.write(new Seen.State(elected + 5, elected + 4.98, 0, 2, List.of(1, 2), List.of(1, 2)));
        recorder.write(new Action.Whole(elected + 5));
        recorder.write(new Action.Preferred(elected + 6));
    }

    private static void audit(int records, double t) {
        for (int partition = 0; partition < partitions; partition++) {
            long offset = 0;
            for (int id = partition + 1; id <= records; id += partitions)
                recorder.found(t + offset / 1e6, partition, offset < 80_000 ? 1 : 2, id, offset++);
            recorder.write(new Audit(t + 10, partition, 0, offset, offset, 0, "id", true, null));
        }
    }
}
