package lab.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import test.Run;

/** A history is written, read back the same, and refused where it is not one. */
public class HistoryFileTest {
    private static final Experiment.Run RUN =
            new Experiment.Run(0, "abc", 1, 1, "2026-11-30T02:28:46Z", "3", "title", "acks=all", null, null, 9, 0, 2);

    @TempDir
    private Path directory;

    @Test
    @DisplayName("ranges give back the records that were added, in their order")
    void ranges() {
        var random = new Random(1);
        for (int round = 0; round < 200; round++) {
            var ranges = new Ranges();
            var expected = new ArrayList<List<Long>>();
            int id = 1;
            long offset = random.nextBoolean() ? Ranges.UNKNOWN : 1000;
            for (int i = 0; i < 50; i++) {
                ranges.add(id, offset);
                expected.add(List.of((long) id, offset));
                id = Math.max(1, id + (random.nextInt(10) == 0 ? random.nextInt(9) - 4 : 2));
                if (offset != Ranges.UNKNOWN) offset += random.nextInt(10) == 0 ? 3 : 1;
            }
            assertThat(visited(ranges)).isEqualTo(expected);
            assertThat(ranges.size()).isEqualTo(50);
        }
    }

    private static List<List<Long>> visited(Ranges ranges) {
        var visited = new ArrayList<List<Long>>();
        ranges.forEach((id, offset) -> visited.add(List.of((long) id, offset)));
        return visited;
    }

    @Test
    @DisplayName("records in turn to the partitions are one range, however many")
    void compact() {
        var ranges = new Ranges();
        for (int id = 1; id < 100_000; id += 2) ranges.add(id, 1000 + id / 2);
        assertThat(ranges.asLists()).containsExactly(List.of(1L, 99_999L, 2L, 1000L));
    }

    @ParameterizedTest
    @DisplayName("latencies are rounded up to 0.1 ms and three digits")
    @CsvSource({
        "0,0",
        "0.01,0.1",
        "0.1,0.1",
        "2.31,2.4",
        "99.91,100",
        "100.1,101",
        "999.2,1000",
        "1000,1000",
        "1001,1010"
    })
    void latencies(double ms, double rounded) {
        assertThat(Recorder.roundedUp(ms)).isEqualTo(rounded);
    }

    @Test
    @DisplayName("a line has at most 0.1 s, its longest gap, and records of one kind, partition and consumer")
    void ticks() throws IOException {
        RunHistory run = written(recorder -> {
            recorder.acknowledged(1.00, 0, 1, 7, 0.0021);
            recorder.acknowledged(1.01, 0, 3, 8, 0.0021);
            recorder.acknowledged(1.07, 0, 5, 9, 0.0090);
            recorder.acknowledged(1.08, 1, 2, 7, 0.0021);
            recorder.acknowledged(1.11, 0, 7, 10, 0.0021);
            recorder.received(1.12, 2, 0, 1, 7);
        });
        List<Flow> flows = run.flows(Flow.Kind.ACKNOWLEDGED);
        assertThat(flows).hasSize(3);
        Flow first = flows.get(0);
        assertThat(List.of(first.t(), first.to(), first.gapFrom(), first.gapTo()))
                .containsExactly(1.0, 1.07, 1.01, 1.07);
        assertThat(first.records().asLists()).containsExactly(List.of(1L, 5L, 2L, 7L));
        assertThat(first.latencies()).containsExactly(new Flow.Latency(2.1, 2), new Flow.Latency(9, 1));
        assertThat(run.flows(Flow.Kind.RECEIVED).get(0).consumer()).isEqualTo(2);
    }

    @Test
    @DisplayName("what was collected is written before the entry that follows it: a fault divides the lines")
    void order() throws IOException {
        RunHistory run = written(recorder -> {
            recorder.sent(1.00, 0, 1);
            recorder.write(new Action.Load(1.01, "end"));
            recorder.sent(1.02, 0, 3);
        });
        assertThat(run.entries().stream().map(Entry::type)).containsExactly("run", "sent", "load", "sent");
    }

    @Test
    @DisplayName("the log is written in its order, also when the leader epoch changes within a tick")
    void epochs() throws IOException {
        RunHistory run = written(recorder -> {
            for (int id = 1; id <= 6; id++) recorder.found(1 + id / 1000.0, 0, id <= 3 ? 4 : 5, id, id);
            recorder.found(1.01, 1, 4, 7, 1);
        });
        var ids = new ArrayList<Integer>();
        run.flows(Flow.Kind.FOUND).forEach(it -> it.records().forEach((id, offset) -> ids.add(id)));
        assertThat(ids).containsExactly(1, 2, 3, 4, 5, 6, 7);
        assertThat(run.entries()).hasSize(4);
    }

    @Test
    @DisplayName("after a tick, what was collected can be written without another record: kill -9 loses no more")
    void flushed() throws IOException {
        Path file = directory.resolve("killed.jsonl");
        var recorder = new Recorder(new HistoryWriter(file, "test", "1", "4.4.0"));
        recorder.write(RUN);
        recorder.sent(1.00, 0, 1);
        recorder.flush(1.05);
        assertThat(HistoryReader.read(file).runs().get(0).entries()).hasSize(1);
        recorder.flush(1.10);
        RunHistory run = HistoryReader.read(file).runs().get(0);
        assertThat(run.entries()).hasSize(2);
        assertThat(run.complete()).isFalse();
    }

    @Test
    @DisplayName("each entry is read as it was written")
    void entries() throws IOException {
        List<Entry> all = List.of(
                RUN,
                new Experiment.Topic(
                        0, true, "t", "id", List.of(new Experiment.Partition(List.of(1, 2), 3, 4)), 2, 1, true),
                Experiment.Topic.gone(1),
                new Experiment.Cluster(
                        0,
                        "id",
                        "not told; features: none",
                        List.of(new Experiment.Broker(1, "kafka-1", "4.4.0")),
                        9_000,
                        "me"),
                new Experiment.Producer(0, Map.of("acks", "all"), Map.of()),
                new Experiment.Group(0, "g", 2, "classic", Map.of(), null, -1),
                new Experiment.Group(3, "g", 0, null, Map.of(), "Stable", 2),
                new Experiment.Limits(0, 5, Double.NaN),
                new Action.Load(1, "begin"),
                new Action.Fault(2, 1, 1, "broker", "kafka-1", "kill", "me", "kill \"kafka-1\"\\\n"),
                new Action.FaultDone(2.1, 1, true, true, "äöü \u0000", 2.05),
                new Action.Cut(2.2, 1, 1, true, 0.8, 1, 1, List.of(new Action.Cut.Log("t-0", 5, 4))),
                new Action.Cut(2.2, 2, 2, false, Double.NaN, Double.NaN, Long.MAX_VALUE, List.of()),
                new Action.Restore(3, 1, "start"),
                new Action.RestoreDone(3, 1, false, null),
                new Action.Whole(4),
                new Action.Preferred(5),
                new Action.Elect(5, "unclean"),
                new Action.Leave(5, 1),
                new Action.GaveUp(5, "why"),
                new Seen.State(6, 5.98, 0, -1, List.of(), List.of(1, 2)),
                new Seen.Brokers(6, List.of(1)),
                new Seen.Controller(6, -1, List.of(100)),
                new Seen.Blind(6, 9, Seen.Blind.NO_ANSWER),
                new Seen.Observer(9, 0.04),
                new Seen.Assigned(9, 1, List.of(0)),
                new Seen.Consumer(9, 1, "failed", "why"),
                new Seen.Outside(9, 2, "text"),
                new Seen.Note(9, "text"),
                new Audit(10, 0, 1, 2, 3, 4, "id", true, "why"));
        RunHistory run = written(recorder -> all.stream().skip(1).forEach(recorder::write));
        assertThat(run.entries()).isEqualTo(all);
        assertThat(run.complete()).isTrue();
        // Every type of entry is among them.
        var kinds = new ArrayList<Class<?>>(List.of(Audit.class));
        for (Class<?> kind : List.of(Experiment.class, Action.class, Seen.class))
            kinds.addAll(List.of(kind.getPermittedSubclasses()));
        assertThat(all)
                .extracting(Object::getClass)
                .containsAll(
                        new ArrayList<>(kinds).stream().map(it -> (Class<?>) it).toList());
    }

    @ParameterizedTest
    @DisplayName("what is no history, or another version, is refused with the line:")
    @ValueSource(
            strings = {
                "",
                "\n",
                "hello\n",
                "{}\n",
                "{\"type\":\"run\"}\n",
                "{\"type\":\"trial\",\"ms\":0,\"run\":\"x\"}\n",
                "{\"type\":\"history\"}\n",
                "{\"type\":\"history\",\"version\":2}\n",
                "{\"type\":\"history\",\"version\":1}\n{\"type\":\"state\",\"t\":1}\n",
                "{\"type\":\"history\",\"version\":1}\n{\"type\":\"end\",\"lines\":1,\"crc\":\"0\"}\n",
                "{\"type\":\"history\",\"version\":1}\n{\"type\":\"what\",\"t\":1}\n",
                "\ufeff{\"type\":\"history\",\"version\":1}\n",
            })
    void refused(String text) throws IOException {
        Path file = Files.writeString(directory.resolve("no.jsonl"), text);
        assertThatThrownBy(() -> HistoryReader.read(file))
                .isInstanceOf(Malformed.class)
                .hasMessageContaining("no.jsonl:");
    }

    @ParameterizedTest
    @DisplayName("a line that cannot be is refused with its number:")
    @ValueSource(
            strings = {
                "{\"type\":\"sent\",\"t\":1,\"to\":0,\"partition\":0,\"records\":[]}",
                "{\"type\":\"sent\",\"t\":1,\"to\":1,\"partition\":0,\"records\":[[1,2]]}",
                "{\"type\":\"sent\",\"t\":1,\"to\":1,\"partition\":0,\"records\":[[0,2,1]]}",
                "{\"type\":\"sent\",\"t\":1,\"to\":1,\"partition\":0,\"records\":[[3,2,1]]}",
                "{\"type\":\"sent\",\"t\":1,\"to\":1,\"partition\":0,\"records\":[[1,4,2]]}",
                "{\"type\":\"sent\",\"t\":1,\"to\":1,\"partition\":0,\"records\":[[1,4,0]]}",
                "{\"type\":\"sent\",\"t\":1,\"to\":1,\"partition\":0,\"records\":[[1,9999999999,1]]}",
                "{\"type\":\"sent\",\"t\":1,\"to\":1,\"partition\":0.5,\"records\":[]}",
                "{\"type\":\"sent\",\"t\":\"1\",\"to\":1,\"partition\":0,\"records\":[]}",
                "{\"type\":\"acknowledged\",\"t\":1,\"to\":2,\"gap\":[0,2],\"partition\":0,\"records\":[]}",
                "{\"type\":\"acknowledged\",\"t\":1,\"to\":2,\"partition\":0,\"records\":[],\"latency_ms\":[1]}",
                "{\"type\":\"state\",\"t\":1,\"partition\":0,\"leader\":1,\"in_sync\":2}",
                "{\"type\":\"audit\",\"t\":1,\"partition\":0}",
                "{\"type\":\"run\",\"t\":0,\"run\":\"x\",\"number\":2,\"started\":\"\",\"scenario\":\"3\",\"title\":\"\"}",
            })
    void impossible(String line) throws IOException {
        Path file = directory.resolve("no.jsonl");
        try (var writer = new HistoryWriter(file, "test", "1", "4.4.0")) {
            writer.write(RUN);
        }
        Files.writeString(file, Files.readString(file) + line + "\n");
        assertThatThrownBy(() -> HistoryReader.read(file))
                .isInstanceOf(Malformed.class)
                .hasMessageContaining("no.jsonl:3: ");
    }

    @Test
    @DisplayName("several runs are one after another")
    void severalRuns() throws IOException {
        Path file = directory.resolve("several.jsonl");
        try (var writer = new HistoryWriter(file, "test", "1", "4.4.0")) {
            for (int number = 1; number <= 3; number++) {
                var recorder = new Recorder(writer);
                recorder.write(new Experiment.Run(0, "r" + number, number, 3, "", "3", "", "", null, null, 0, 0, 2));
                recorder.sent(1, 0, number);
                recorder.end();
            }
        }
        History history = HistoryReader.read(file);
        assertThat(history.missing()).isNull();
        assertThat(history.runs()).extracting(it -> it.begin().run()).containsExactly("r1", "r2", "r3");
        assertThat(history.header()).containsEntry("instrument", "test");
    }

    @Test
    @DisplayName("docs/history.md: each example line is read")
    void examples() throws IOException {
        Path page = Run.ROOT.resolve("docs/history.md");
        var lines = Files.readAllLines(page).stream()
                .filter(it -> it.startsWith("{\"type\""))
                .toList();
        var types = new ArrayList<String>();
        for (String line : lines) {
            if (line.contains("\"type\":\"history\"") || line.contains("\"type\":\"end\"")) continue;
            Path file = directory.resolve("example.jsonl");
            try (var writer = new HistoryWriter(file, "test", "1", "4.4.0")) {
                if (!line.contains("\"type\":\"run\"")) writer.write(RUN);
            }
            Files.writeString(file, Files.readString(file) + line + "\n");
            List<Entry> entries = HistoryReader.read(file).runs().get(0).entries();
            types.add(entries.get(entries.size() - 1).type());
        }
        assertThat(types)
                .contains(
                        "run",
                        "topic",
                        "cluster",
                        "producer",
                        "group",
                        "limits",
                        "load",
                        "fault",
                        "fault_done",
                        "cut",
                        "restore",
                        "restore_done",
                        "whole",
                        "preferred",
                        "elect",
                        "leave",
                        "gave_up",
                        "state",
                        "brokers",
                        "controller",
                        "blind",
                        "observer",
                        "assigned",
                        "consumer",
                        "outside",
                        "note",
                        "audit",
                        "sent",
                        "acknowledged",
                        "failed",
                        "unknown",
                        "received",
                        "found");
    }

    private interface Writing {
        void write(Recorder recorder);
    }

    private RunHistory written(Writing writing) throws IOException {
        Path file = directory.resolve("it.jsonl");
        try (var writer = new HistoryWriter(file, "test", "1", "4.4.0")) {
            var recorder = new Recorder(writer);
            recorder.write(RUN);
            writing.write(recorder);
            recorder.end();
        }
        return HistoryReader.read(file).runs().get(0);
    }
}
