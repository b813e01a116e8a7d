package lab.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.*;
import java.time.Duration;
import java.util.*;
import java.util.stream.Stream;
import lab.history.*;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.*;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import test.Run;
import test.SharedCluster;

/** lab/drill.java --scenario exactly-once on a real cluster. Independent readers of the output, also kcat, count the same. */
public class ExactlyOnceTest {
    private static final Duration LONG = Duration.ofMinutes(4);

    @TempDir
    private Path directory;

    private Processing.Pipeline pipeline; // of the run
    private int inputs;
    private RunHistory found;

    @Test
    @DisplayName("a pipeline that is killed in a transaction: each input once, the predicted copies are aborted")
    void killed() throws Exception {
        List<String> text = drill("pipeline");
        assertThat(text)
                .contains("  PASS          each input is in the output once, for readers with read_committed")
                .contains("  PASS          an open transaction holds readers with read_committed for at most 20 s")
                .contains("  PASS          readers with read_uncommitted also receive the open transaction's outputs,"
                        + " and no others");
        List<Integer> ids = outputs("read_committed");
        assertThat(ids).doesNotHaveDuplicates().hasSize(inputs);
        assertThat(outputs("read_uncommitted").size()).isGreaterThan(inputs);
        expectKcatCounts();
    }

    @Test
    @DisplayName(
            "somebody else's pipeline, Kafka Streams, as a zombie: the same, and all of it is seen from the brokers")
    void streams() throws Exception {
        String command = String.join(" ", Run.commandOf("test/streams.java")); // built before the drill's waits begin
        String values = " {servers} {input} {output} {group}";
        assertThat(drill("zombie", "--pipeline", command + values))
                .contains("  PASS          each input is in the output once, for readers with read_committed")
                .contains("  PASS          readers with read_uncommitted also receive the open transaction's outputs,"
                        + " and no others")
                .anyMatch(it -> it.contains("transaction of " + pipeline.group())); // Streams begins its ids so
        assertThat(outputs("read_committed")).doesNotHaveDuplicates().hasSize(inputs);
        expectKcatCounts();
    }

    @Test
    @DisplayName("the control without transactions: the drill finds those that are there twice")
    void control() throws Exception {
        assertThat(drill("without"))
                .contains(
                        "  PASS          control: without transactions, what was not committed is in the output twice,"
                                + " and nothing else");
        List<Integer> ids = outputs("read_committed");
        assertThat(new HashSet<>(ids)).hasSize(inputs);
        assertThat(ids.size()).isGreaterThan(inputs);
    }

    @Test
    @DisplayName("transactions of others in the topic: control records, aborted ones and an open one are no loss")
    void transactionsOfOthers() throws Exception {
        String topic = SharedCluster.topic("1p-rf2");
        var settings = Map.<String, Object>of(
                "bootstrap.servers", SharedCluster.servers(), "transactional.id", "of-others-" + topic);
        Path history = directory.resolve("others.jsonl");
        String[] arguments = {"-b", SharedCluster.servers(), "--observe", "8s", "--history", history.toString(), topic};
        try (var others = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
                Run run = Run.script("lab/drill.java", arguments)) {
            others.initTransactions();
            run.awaitLine("the producer begins");
            for (int i = 0; i < 9; i++) {
                others.beginTransaction();
                others.send(new ProducerRecord<>(topic, "of others")).get();
                if (i < 4) others.commitTransaction();
                else if (i < 8) others.abortTransaction();
            }
            run.expectExit(0, LONG); // the last one is open while the log is read
            others.abortTransaction();
            assertThat(run.out()).contains("  PASS          no acknowledged record is lost");
        }
        RunHistory written = HistoryReader.read(history).runs().get(0);
        Audit audit = written.all(Audit.class).get(0);
        assertThat(audit.to()).isEqualTo(audit.end());
        int found = written.flows(Flow.Kind.FOUND).stream()
                .mapToInt(it -> it.records().size())
                .sum();
        assertThat(audit.end() - audit.from()).isEqualTo(found + 9 + 8); // records and control records
    }

    /** No broker is taken down, so nobody is asked to do it. */
    private List<String> drill(String trial, String... more) throws Exception {
        Path history = directory.resolve(trial + ".jsonl");
        List<String> arguments = List.of("-b", SharedCluster.servers(), "--manual", "--history", history.toString());
        var all = new ArrayList<>(arguments);
        all.addAll(List.of("--scenario", "exactly-once:" + trial));
        all.addAll(List.of(more));
        try (Run run = Run.script("lab/drill.java", all.toArray(String[]::new))) {
            run.expectExit(0, LONG);
            RunHistory written = HistoryReader.read(history).runs().get(0);
            pipeline = written.all(Processing.Pipeline.class).get(0);
            found = written;
            inputs = written.flows(Flow.Kind.ACKNOWLEDGED).stream()
                    .mapToInt(it -> it.records().size())
                    .sum();
            return run.out();
        }
    }

    /** What kcat reads of the output, with both isolation levels, is what the drill has found there. */
    private void expectKcatCounts() {
        String[] path = System.getenv("PATH").split(":");
        assumeTrue(Stream.of(path).anyMatch(it -> Files.isExecutable(Path.of(it, "kcat"))), "kcat is not installed");
        for (Flow.Kind kind : List.of(Flow.Kind.PROCESSED, Flow.Kind.WRITTEN)) {
            String isolation = kind == Flow.Kind.PROCESSED ? "read_committed" : "read_uncommitted";
            int counted = found.flows(kind).stream()
                    .mapToInt(it -> it.records().size())
                    .sum();
            var command =
                    new ArrayList<>(List.of("kcat", "-b", SharedCluster.servers(), "-C", "-t", pipeline.output()));
            command.addAll(List.of("-p", "0", "-o", "" + pipeline.first(), "-e", "-q", "-f", "%o\n"));
            command.addAll(List.of("-X", "isolation.level=" + isolation));
            try (Run kcat = Run.command(command.toArray(String[]::new))) {
                kcat.expectExit(0);
                assertThat(kcat.out()).as(isolation).hasSize(counted);
            }
        }
    }

    private List<Integer> outputs(String isolation) {
        var settings =
                Map.<String, Object>of("bootstrap.servers", SharedCluster.servers(), "isolation.level", isolation);
        var ids = new ArrayList<Integer>();
        var output = new TopicPartition(pipeline.output(), 0);
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(output));
            consumer.seek(output, pipeline.first());
            long end = consumer.endOffsets(List.of(output)).get(output);
            while (consumer.position(output) < end)
                for (var it : consumer.poll(Duration.ofMillis(200)))
                    ids.add(Integer.parseInt(it.value().replaceFirst(".*\"event_id\": (\\d+),.*", "$1")));
        }
        return ids;
    }
}
