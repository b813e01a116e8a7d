package lab.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.junit.jupiter.api.*;

/** What is noted about answers, without a cluster. */
public class QuestionsTest {
    private final Questions questions = new Questions();

    private String ask(KafkaFuture<String> answer) throws InterruptedException {
        return questions.askIfSupported("which brokers are registered", answer, "So this is not known.");
    }

    private static KafkaFuture<String> failed(ApiException reason) {
        var answer = new KafkaFutureImpl<String>();
        answer.completeExceptionally(reason);
        return answer;
    }

    @Test
    @DisplayName("a cluster that is too old for a question: that is no refusal, and is not noted")
    void tooOld() throws Exception {
        assertThat(ask(KafkaFuture.completedFuture("1, 2"))).isEqualTo("1, 2");
        assertThat(ask(failed(new UnsupportedVersionException("v1")))).isNull();
        assertThat(questions.notSeen()).isEmpty();
    }

    @Test
    @DisplayName("any other error does not mean that the cluster is too old: it is noted, with what follows")
    void notKnown() throws Exception {
        assertThat(ask(failed(new TimeoutException("late")))).isNull();
        assertThat(ask(failed(new ClusterAuthorizationException("Not permitted."))))
                .isNull();
        assertThat(questions.notSeen())
                .extracting(it -> it.text(9))
                .containsExactly(
                        "which brokers are registered: no answer within 8 s. So this is not known.",
                        "which brokers are registered: Not permitted. So this is not known.");
        assertThat(questions.seesEnough()).isTrue();
    }
}
