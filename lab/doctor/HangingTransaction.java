package lab.doctor;

import lab.prediction.PartitionId;
import org.apache.kafka.common.TopicPartition;

/**
 * A transaction that is open in a partition, and that no coordinator will end: none knows it, or its coordinator knows the
 * producer and not this transaction.
 *
 * @param producer the producer's id
 * @param start the offset of its first record
 */
record HangingTransaction(PartitionId partition, long producer, long start) {
    TopicPartition at() {
        return new TopicPartition(partition.topic(), partition.number());
    }

    @Override
    public String toString() {
        return "%s (producer %d, from offset %d)".formatted(partition, producer, start);
    }
}
