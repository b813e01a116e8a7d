package lab.doctor;

import static lab.doctor.Questions.PATIENCE_MS;

import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import lab.prediction.PartitionId;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** Compares committed offsets with the logs. */
class OffsetReader {
    private final Admin admin;

    OffsetReader(Admin admin) {
        this.admin = admin;
    }

    /**
     * The offsets that are not in their log. The logs are read later than the offsets, so a record that was read in
     * the meantime is no such case.
     *
     * @param kinds of the groups
     * @param committed by group
     * @param readable whether a partition has a leader, and is asked for
     */
    List<StrayOffset> read(
            Map<String, String> kinds,
            Map<String, Map<TopicPartition, OffsetAndMetadata>> committed,
            Predicate<TopicPartition> readable)
            throws InterruptedException {
        var partitions = new HashSet<TopicPartition>();
        committed.values().forEach(offsets -> partitions.addAll(offsets.keySet()));
        partitions.removeIf(readable.negate());
        Map<TopicPartition, Long> starts = offsets(partitions, OffsetSpec.earliest());
        Map<TopicPartition, Long> ends = offsets(partitions, OffsetSpec.latest());
        var stray = new ArrayList<StrayOffset>();
        new TreeMap<>(committed)
                .forEach((group, offsets) -> offsets.forEach((at, offset) -> {
                    if (offset == null || !starts.containsKey(at) || !ends.containsKey(at)) return;
                    var it = new StrayOffset(
                            kinds.get(group),
                            group,
                            new PartitionId(at.topic(), at.partition()),
                            offset.offset(),
                            starts.get(at),
                            ends.get(at));
                    if (it.isBeyondEnd() || it.committed() < it.start()) stray.add(it);
                }));
        stray.sort(Comparator.comparing(StrayOffset::group).thenComparing(StrayOffset::partition));
        return stray;
    }

    /** Without partitions that have lost their leader in the meantime. */
    private Map<TopicPartition, Long> offsets(Set<TopicPartition> partitions, OffsetSpec which)
            throws InterruptedException {
        var specs = new HashMap<TopicPartition, OffsetSpec>();
        partitions.forEach(at -> specs.put(at, which));
        ListOffsetsResult asked = admin.listOffsets(specs, new ListOffsetsOptions().timeoutMs(PATIENCE_MS));
        var offsets = new HashMap<TopicPartition, Long>();
        for (TopicPartition at : partitions) {
            try {
                offsets.put(at, asked.partitionResult(at).get().offset());
            } catch (ExecutionException noLeaderNow) {
                // it is not compared
            }
        }
        return offsets;
    }
}
