package lab.drill.clients;

import java.util.*;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.TopicPartition;

/** The offsets of a topic's partitions. */
public class Offsets {
    /** In the order of the partitions. */
    public static List<Long> of(Admin admin, String topic, int partitions, OffsetSpec spec) throws Exception {
        var asked = new HashMap<TopicPartition, OffsetSpec>();
        for (int partition = 0; partition < partitions; partition++)
            asked.put(new TopicPartition(topic, partition), spec);
        var found = admin.listOffsets(asked, new ListOffsetsOptions().timeoutMs(20_000))
                .all()
                .get();
        return IntStream.range(0, partitions)
                .mapToObj(partition ->
                        found.get(new TopicPartition(topic, partition)).offset())
                .toList();
    }
}
