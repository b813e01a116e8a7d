package lab.doctor;

import java.util.*;
import java.util.concurrent.ExecutionException;
import lab.common.Script;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.*;

/** Waits for answers. A question that is refused is noted, and the others are asked all the same. */
class Questions {
    /** For each answer, in ms. */
    static final int PATIENCE_MS = 8_000;

    private final List<NotSeen> notSeen = new ArrayList<>();
    private boolean seesEnough = true;

    List<NotSeen> notSeen() {
        return notSeen;
    }

    /** Whether nothing was refused that decides what would stop. */
    boolean seesEnough() {
        return seesEnough;
    }

    void note(boolean decides, NotSeen it) {
        notSeen.add(it);
        if (decides) seesEnough = false;
    }

    /**
     * The answer; or the other value, and a note that it was refused.
     *
     * @param decides whether the answer decides what would stop. A question that the cluster's version does not know
     *     does not: it has no such thing
     */
    <T> T ask(String what, KafkaFuture<T> answer, T otherwise, boolean decides) throws InterruptedException {
        try {
            return answer.get();
        } catch (ExecutionException failed) {
            boolean unknown = failed.getCause() instanceof UnsupportedVersionException;
            note(decides && !unknown, new NotSeen(what, List.of(), ": " + reason(failed)));
            return otherwise;
        }
    }

    /**
     * The answer; null if the cluster is too old to know the question. It is also null, with a note, if it was refused
     * for any other reason.
     *
     * @param so what follows, in a sentence
     */
    <T> T askIfSupported(String what, KafkaFuture<T> answer, String so) throws InterruptedException {
        try {
            return answer.get();
        } catch (ExecutionException failed) {
            boolean unsupported = failed.getCause() instanceof UnsupportedVersionException;
            if (!unsupported) note(false, new NotSeen(what, List.of(), ": " + reason(failed) + " " + so));
            return null;
        }
    }

    /**
     * The answers by name, and one note about those that were refused.
     *
     * @param so what follows, in a sentence
     */
    <T> SortedMap<String, T> askEach(
            String what, String kind, SortedMap<String, KafkaFuture<T>> answers, String so, boolean decides)
            throws InterruptedException {
        var seen = new TreeMap<String, T>();
        var refused = new TreeMap<String, ExecutionException>();
        for (var answer : answers.entrySet()) {
            try {
                seen.put(answer.getKey(), answer.getValue().get());
            } catch (ExecutionException failed) {
                refused.put(answer.getKey(), failed);
            }
        }
        if (!refused.isEmpty())
            note(
                    decides,
                    new NotSeen(
                            "%s of %d of %d %s:".formatted(what, refused.size(), answers.size(), kind),
                            List.copyOf(refused.keySet()),
                            (": " + reason(refused.get(refused.firstKey())) + " " + so).stripTrailing()));
        return seen;
    }

    /** Whether no broker responded in time. */
    static boolean isLate(ExecutionException failed) {
        return failed.getCause() instanceof RetriableException;
    }

    static String reason(ExecutionException failed) {
        return isLate(failed) ? "no answer within %d s.".formatted(PATIENCE_MS / 1000) : Script.oneLine(failed);
    }
}
