package lab.live;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;

/** What has changed, in words: the last 60 changes. What several partitions have in common becomes one line. */
class News {
    static final String GOOD = "good";
    static final String BAD = "bad";
    static final String PLAIN = "plain";

    /** One change. The page identifies lines by their numbers. */
    record Line(long number, long at, String mood, String text) {}

    final Deque<Line> lines = new ArrayDeque<>(); // the newest first
    private final Clock clock;
    private final Set<String> topics;
    private final Map<Line, Set<TopicPartition>> waiting = new LinkedHashMap<>();
    private long last; // the number of the newest line

    /** Partitions are named by their topic if these topics, at that time, are several. */
    News(Clock clock, Set<String> topics) {
        this.clock = clock;
        this.topics = topics;
    }

    void add(String mood, String text) {
        lines.addFirst(new Line(++last, clock.now(), mood, text));
        while (lines.size() > 60) lines.removeLast();
    }

    /** Waits for {@link #flush}, so that the same change of other partitions can join it. */
    void add(String mood, TopicPartition partition, String text) {
        waiting.computeIfAbsent(new Line(0, 0, mood, text), it -> new HashSet<>())
                .add(partition);
    }

    void flush() {
        int number = 0;
        for (var it : waiting.entrySet())
            if (number++ < 8) add(it.getKey().mood, named(it.getValue()) + ": " + it.getKey().text);
        if (number > 8) add(PLAIN, "and " + (number - 8) + " more changes");
        waiting.clear();
    }

    /** Such as: partitions 0, 1; or with several topics on the page: orders 0, 1, payments 2. */
    String named(Set<TopicPartition> partitions) {
        var numbers = new TreeMap<String, Set<Integer>>();
        for (TopicPartition it : partitions)
            numbers.computeIfAbsent(it.topic(), topic -> new TreeSet<>()).add(it.partition());
        if (partitions.size() > 8) {
            String of = numbers.size() == 1 ? " of " + numbers.firstKey() : " of " + numbers.size() + " topics";
            return "%,d partitions".formatted(partitions.size()) + (topics.size() < 2 ? "" : of);
        }
        return numbers.entrySet().stream()
                .map(it -> named(it.getKey(), it.getValue()))
                .collect(Collectors.joining(", "));
    }

    private String named(String topic, Set<Integer> numbers) {
        String list = numbers.toString().replaceAll("[\\[\\]]", "");
        if (topics.size() > 1 || !topics.contains(topic)) return topic + " " + list;
        return (numbers.size() == 1 ? "partition " : "partitions ") + list;
    }
}
