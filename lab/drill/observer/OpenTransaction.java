package lab.drill.observer;

import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.TopicPartition;

/**
 * A transaction that has written to a partition and is open, as the brokers report it.
 *
 * @param id its transactional.id
 * @param timeoutMs its transaction.timeout.ms
 */
public record OpenTransaction(String id, int timeoutMs) {
    /** One that is open now; null: none, or no answer. */
    public static OpenTransaction in(Admin admin, TopicPartition partition) throws InterruptedException {
        try {
            var producers = admin.describeProducers(List.of(partition))
                    .partitionResult(partition)
                    .get();
            Set<Long> open = producers.activeProducers().stream()
                    .filter(it -> it.currentTransactionStartOffset().isPresent())
                    .map(ProducerState::producerId)
                    .collect(Collectors.toSet());
            if (open.isEmpty()) return null; // a filter by none would mean all
            var options = new ListTransactionsOptions().filterProducerIds(open);
            var listed = admin.listTransactions(options).all().get().iterator();
            if (!listed.hasNext()) return null;
            String id = listed.next().transactionalId();
            var description =
                    admin.describeTransactions(List.of(id)).description(id).get();
            return new OpenTransaction(id, (int) description.transactionTimeoutMs());
        } catch (ExecutionException noAnswer) {
            return null;
        }
    }
}
