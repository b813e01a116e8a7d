package lab.drill.clients;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Which record of a run one has read. */
class RecordId {
    private static final int BEGIN = "{\"event_id\": ".length();

    /** The id of a record of this run, or -1. */
    static int of(ConsumerRecord<byte[], byte[]> record, String run) {
        var header = record.headers().lastHeader("run");
        byte[] value = record.value();
        if (header == null || value == null || !run.equals(new String(header.value(), StandardCharsets.UTF_8)))
            return -1;
        long id = 0;
        for (int i = BEGIN; i < value.length; i++) {
            int digit = value[i] - '0';
            if (digit < 0 || digit > 9) return i == BEGIN ? -1 : (int) id;
            id = 10 * id + digit;
            if (id > Integer.MAX_VALUE) return -1;
        }
        return -1;
    }
}
