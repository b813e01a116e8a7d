package lab.live;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.Uuid;

/** A topic with its partitions. One that was deleted and created again has another id, and starts again. */
class Topic {
    final String name;
    final List<Partition> partitions = new ArrayList<>();
    private final Belief<Uuid> id = new Belief<>();
    private final Clock clock;
    private final News news;

    Topic(String name, Clock clock, News news) {
        this.name = name;
        this.clock = clock;
        this.news = news;
    }

    /** Null: there is no such topic. */
    void hear(TopicDescription heard) {
        boolean isOther = id.hear(heard == null ? Uuid.ZERO_UUID : heard.topicId());
        if (isDeleted()) news.add(News.PLAIN, "topic " + name + " was deleted");
        if (isOther) partitions.clear();
        if (isDeleted() || heard == null || !heard.topicId().equals(id.value)) return;
        while (partitions.size() < heard.partitions().size())
            partitions.add(new Partition(new TopicPartition(name, partitions.size()), clock, news));
        for (TopicPartitionInfo it : heard.partitions())
            if (it.partition() < partitions.size())
                partitions.get(it.partition()).hear(it);
    }

    boolean isDeleted() {
        return Uuid.ZERO_UUID.equals(id.value);
    }
}
