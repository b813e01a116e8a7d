package lab.drill.clients;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Which records are a run's own. */
public class RecordIdTest {
    @Test
    @DisplayName("a record is this run's by its header, and its id is in its value")
    void id() {
        String value = "{\"event_id\": 4711, \"key\": \"test\", \"message\": \"This is event number 4711\"}";
        assertThat(RecordId.of(record(value, "abc"), "abc")).isEqualTo(4711);
        assertThat(RecordId.of(record(value, "other"), "abc")).isEqualTo(-1);
        assertThat(RecordId.of(record(value, null), "abc")).isEqualTo(-1);
        assertThat(RecordId.of(record(null, "abc"), "abc")).isEqualTo(-1);
        assertThat(RecordId.of(record("{}", "abc"), "abc")).isEqualTo(-1);
        assertThat(RecordId.of(record("{\"event_id\": 99999999999}", "abc"), "abc"))
                .isEqualTo(-1);
    }

    private static ConsumerRecord<byte[], byte[]> record(String value, String run) {
        byte[] bytes = value == null ? null : value.getBytes(StandardCharsets.UTF_8);
        var record = new ConsumerRecord<byte[], byte[]>("topic", 0, 0, null, bytes);
        if (run != null) record.headers().add("run", run.getBytes(StandardCharsets.UTF_8));
        return record;
    }
}
