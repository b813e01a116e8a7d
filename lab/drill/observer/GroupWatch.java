package lab.drill.observer;

import java.util.List;
import java.util.Map;
import java.util.Queue;
import lab.drill.recording.Recording;
import lab.history.Experiment;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsOptions;

/** Writes the state of the consumer group, and how many members it has, when one of them changes. No check judges it. */
class GroupWatch {
    private final String name;
    private final Recording recording;
    private boolean asked; // and not answered
    private String state = "";
    private int members = -1;

    GroupWatch(String name, Recording recording) {
        this.name = name;
        this.recording = recording;
    }

    /** Asks the group's coordinator; what it answers is to be run in the observer's thread. */
    void ask(Admin admin, Queue<Runnable> answers) {
        if (asked) return;
        asked = true;
        admin.describeConsumerGroups(List.of(name), new DescribeConsumerGroupsOptions().timeoutMs(1_000))
                .describedGroups()
                .get(name)
                .whenComplete((found, error) -> answers.add(() -> {
                    asked = false;
                    if (error == null) see(found); // without an answer, the state before is the last one known
                }));
    }

    private void see(ConsumerGroupDescription found) {
        String now = found.groupState().toString();
        int size = found.members().size();
        if (now.equals(state) && size == members) return;
        state = now;
        members = size;
        recording.write(new Experiment.Group(recording.now(), name, 0, null, Map.of(), state, members));
    }
}
