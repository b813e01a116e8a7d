package lab.live;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import lab.common.Script;
import org.apache.kafka.common.KafkaFuture;

/** One of many answers to one question: a value or an error. */
record Answer<T>(T value, Throwable error) {
    static <V> CompletionStage<Answer<V>> answer(KafkaFuture<V> asked) {
        return asked.toCompletionStage()
                .handle((value, error) -> new Answer<>(value, error == null ? null : Script.rootOf(error)));
    }

    /** All answers, once the last one has come. */
    static <K, V> CompletionStage<Map<K, Answer<V>>> each(Map<K, KafkaFuture<V>> asked) {
        var answers = new ConcurrentHashMap<K, Answer<V>>();
        var all = asked.entrySet().stream()
                .map(it -> answer(it.getValue()).thenApply(answer -> answers.put(it.getKey(), answer)))
                .map(CompletionStage::toCompletableFuture)
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(all).thenApply(done -> answers);
    }
}
