package lab.prediction;

import java.util.Comparator;

/** A partition's topic and number, ordered by these; its text is like {@code orders-0}. */
public record PartitionId(String topic, int number) implements Comparable<PartitionId> {
    private static final Comparator<PartitionId> ORDER =
            Comparator.comparing(PartitionId::topic).thenComparing(PartitionId::number);

    /**
     * Where Kafka's coordinators store the state of a group, a transactional id, or a share group's partition:
     * {@code Utils.abs(key.hashCode()) % partitions}, as in GroupCoordinatorService.partitionFor.
     */
    public static PartitionId ofKey(String topic, String key, int partitions) {
        int hash = key.hashCode();
        return new PartitionId(topic, (hash == Integer.MIN_VALUE ? 0 : Math.abs(hash)) % partitions);
    }

    @Override
    public int compareTo(PartitionId other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return topic + "-" + number;
    }
}
