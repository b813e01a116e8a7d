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
        return parsed(value, BEGIN);
    }

    /** The id of the input that a pipeline has made this output of, or -1. A pipeline need not copy the header. */
    static int ofOutput(ConsumerRecord<byte[], byte[]> output, String run) {
        var header = output.headers().lastHeader("run");
        if (output.value() == null || header != null && !run.equals(new String(header.value(), StandardCharsets.UTF_8)))
            return -1;
        int at = new String(output.value(), StandardCharsets.ISO_8859_1).indexOf("{\"event_id\": ");
        return at < 0 ? -1 : parsed(output.value(), at + BEGIN);
    }

    private static int parsed(byte[] value, int begin) {
        long id = 0;
        for (int i = begin; i < value.length; i++) {
            int digit = value[i] - '0';
            if (digit < 0 || digit > 9) return i == begin ? -1 : (int) id;
            id = 10 * id + digit;
            if (id > Integer.MAX_VALUE) return -1;
        }
        return -1;
    }
}
