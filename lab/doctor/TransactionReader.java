package lab.doctor;

import static lab.doctor.Questions.PATIENCE_MS;

import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import lab.common.Script;
import lab.prediction.PartitionId;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.acl.*;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.resource.*;

/**
 * Finds transactions that are open in a partition for ever (KIP-664). A transaction ends in all its partitions before its
 * coordinator forgets it. So one that the coordinators do not know, and that is open before and after they were asked,
 * will not end. They are asked twice, because a coordinator may move.
 */
class TransactionReader {
    private static final long SOON = 1_000_000_000; // ns: until they are asked again

    private static final String WHAT = "whether transactions hang";

    private final Admin admin;
    private final Questions questions;

    TransactionReader(Admin admin, Questions questions) {
        this.admin = admin;
        this.questions = questions;
    }

    /**
     * @param partitions those that have a leader
     * @param seesCoordinators whether __transaction_state is seen, and each of its partitions has one: otherwise none
     *     is found
     */
    List<HangingTransaction> read(Collection<TopicPartition> partitions, boolean seesCoordinators)
            throws InterruptedException {
        if (!seesCoordinators) return List.of();
        Set<TopicPartition> held = held(partitions);
        Set<HangingTransaction> hanging = hanging(held);
        if (hanging.isEmpty() || Script.stopsWithin(SOON)) return List.of();
        hanging.retainAll(hanging(held));
        return hanging.stream()
                .sorted(Comparator.comparing(HangingTransaction::partition).thenComparing(HangingTransaction::start))
                .toList();
    }

    /** The partitions whose last stable offset is below the high watermark: a transaction is open there. */
    private Set<TopicPartition> held(Collection<TopicPartition> partitions) throws InterruptedException {
        Map<TopicPartition, Long> stable = ends(partitions, IsolationLevel.READ_COMMITTED); // first: it only grows
        Map<TopicPartition, Long> ends = ends(partitions, IsolationLevel.READ_UNCOMMITTED);
        return stable.keySet().stream()
                .filter(it -> stable.get(it) < ends.getOrDefault(it, 0L))
                .collect(Collectors.toSet());
    }

    /** Without partitions that have lost their leader in the meantime. */
    private Map<TopicPartition, Long> ends(Collection<TopicPartition> partitions, IsolationLevel level)
            throws InterruptedException {
        var specs = new HashMap<TopicPartition, OffsetSpec>();
        partitions.forEach(it -> specs.put(it, OffsetSpec.latest()));
        var options = new ListOffsetsOptions(level).timeoutMs(PATIENCE_MS);
        return answered(partitions, admin.listOffsets(specs, options)::partitionResult).entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, it -> it.getValue().offset()));
    }

    private interface Asked<T> {
        KafkaFuture<T> about(TopicPartition partition);
    }

    private static <T> Map<TopicPartition, T> answered(Collection<TopicPartition> partitions, Asked<T> asked)
            throws InterruptedException {
        var answers = new HashMap<TopicPartition, T>();
        for (TopicPartition it : partitions) {
            try {
                answers.put(it, asked.about(it).get());
            } catch (ExecutionException noLeaderNow) {
                // nothing is said of it
            }
        }
        return answers;
    }

    private Set<HangingTransaction> hanging(Set<TopicPartition> held) throws InterruptedException {
        Set<HangingTransaction> open = open(held);
        if (open.isEmpty()) return open;
        open.removeAll(known(open));
        open.retainAll(open(held));
        return open;
    }

    private Set<HangingTransaction> open(Set<TopicPartition> held) throws InterruptedException {
        var open = new HashSet<HangingTransaction>();
        if (held.isEmpty()) return open;
        var options = new DescribeProducersOptions().timeoutMs(PATIENCE_MS);
        answered(held, admin.describeProducers(held, options)::partitionResult).forEach((at, seen) -> {
            for (ProducerState it : seen.activeProducers())
                it.currentTransactionStartOffset()
                        .ifPresent(start -> open.add(new HangingTransaction(
                                new PartitionId(at.topic(), at.partition()), it.producerId(), start)));
        });
        return open;
    }

    /** Those that their coordinators know, or may know; all, if a coordinator does not answer. */
    private Set<HangingTransaction> known(Set<HangingTransaction> open) throws InterruptedException {
        Set<Long> producers = open.stream().map(HangingTransaction::producer).collect(Collectors.toSet());
        var listing = new ListTransactionsOptions().filterProducerIds(producers).timeoutMs(PATIENCE_MS);
        Collection<TransactionListing> listed =
                questions.ask(WHAT, admin.listTransactions(listing).all(), null, false);
        if (listed == null) return open;
        Set<String> ids =
                listed.stream().map(TransactionListing::transactionalId).collect(Collectors.toSet());
        var describing = new DescribeTransactionsOptions().timeoutMs(PATIENCE_MS);
        Map<String, TransactionDescription> described = ids.isEmpty()
                ? Map.of()
                : questions.ask(
                        WHAT, admin.describeTransactions(ids, describing).all(), null, false);
        if (described == null) return open;
        var byProducer = new HashMap<Long, Set<TopicPartition>>();
        described.values().forEach(it -> byProducer.put(it.producerId(), it.topicPartitions()));
        boolean seesAll = byProducer.keySet().containsAll(producers) || mayAbort() && seesAllIds();
        return open.stream()
                .filter(it -> byProducer.containsKey(it.producer())
                        ? byProducer.get(it.producer()).contains(it.at())
                        : !seesAll)
                .collect(Collectors.toSet());
    }

    /** Who may not abort a transaction is not told to do it. */
    private boolean mayAbort() throws InterruptedException {
        var options =
                new DescribeClusterOptions().includeAuthorizedOperations(true).timeoutMs(PATIENCE_MS);
        Set<AclOperation> may =
                questions.ask(WHAT, admin.describeCluster(options).authorizedOperations(), Set.of(), false);
        boolean abort = may.contains(AclOperation.ALTER);
        if (!abort && !may.isEmpty()) noteUnseen("ALTER on the cluster");
        return abort;
    }

    /**
     * Brokers leave transactional ids out that this client may not see (DESCRIBE), and so do not say that there are any.
     * They say it about an id by name, also if it does not exist. An id that nobody has given a permission for shows
     * whether all are permitted, if none is forbidden.
     */
    private boolean seesAllIds() throws InterruptedException {
        String nobodys = "?" + UUID.randomUUID(); // no prefix that has a permission begins like this
        var options = new DescribeTransactionsOptions().timeoutMs(PATIENCE_MS);
        boolean all = false;
        try {
            admin.describeTransactions(Set.of(nobodys), options).all().get();
        } catch (ExecutionException failed) {
            all = failed.getCause() instanceof TransactionalIdNotFoundException && noneIsForbidden();
        }
        if (!all) noteUnseen("DESCRIBE on all transactional ids");
        return all;
    }

    /** Also for others: which rules are this client's, it cannot know. */
    private boolean noneIsForbidden() throws InterruptedException {
        var filter = new AclBindingFilter(
                new ResourcePatternFilter(ResourceType.TRANSACTIONAL_ID, null, PatternType.ANY),
                new AccessControlEntryFilter(null, null, AclOperation.ANY, AclPermissionType.DENY));
        try {
            return admin.describeAcls(filter, new DescribeAclsOptions().timeoutMs(PATIENCE_MS)).values().get().stream()
                    .map(it -> it.entry().operation())
                    .noneMatch(it -> it == AclOperation.DESCRIBE || it == AclOperation.ALL);
        } catch (ExecutionException failed) {
            return failed.getCause() instanceof SecurityDisabledException; // no permissions at all
        }
    }

    private void noteUnseen(String permission) {
        String why = ": one is open whose transactional id this client may not see (%s).".formatted(permission);
        questions.note(false, new NotSeen(WHAT, List.of(), why));
    }
}
