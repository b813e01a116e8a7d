package lab.doctor;

import lab.prediction.PartitionId;

/**
 * Something whose state is stored in a partition of one of Kafka's own topics.
 *
 * @param kind one of {@link Stops#KEEPERS}
 */
record Keeper(String kind, String name, PartitionId partition) {}
