package lab.drill.observer;

import java.util.*;
import lab.drill.recording.Recording;
import lab.history.Seen;

/** Which brokers the cluster lists, and which controller leads. Fed by one thread; may be asked by any. */
public class NodeWatch {
    private final Recording recording;
    private volatile Set<Integer> listed = Set.of(); // confirmed
    private Set<Integer> candidate = Set.of();
    private double candidateAt;
    private int agreeing; // answers in a row
    private volatile int controller = Seen.NONE; // that leads, or did last; none: not known
    private volatile boolean controllerIsDown;
    private volatile double controllerAskedAt;
    private List<Integer> voters = List.of();
    private int controllerSilences; // requests in a row without an answer; one alone may be a busy machine

    NodeWatch(Recording recording) {
        this.recording = recording;
    }

    /** A broker is down when the cluster does not list it: fenced, or shut down. Believed as a state is. */
    void seeBrokers(Set<Integer> now) {
        if (!now.equals(candidate)) {
            candidate = now;
            candidateAt = recording.now();
            agreeing = 0;
        }
        if (++agreeing < PartitionWatch.AGREEING && !listed.isEmpty() || now.equals(listed)) return;
        listed = now;
        controllerSilences = 0; // a broker that leaves takes the questions with it that it was asked
        recording.write(new Seen.Brokers(candidateAt, List.copyOf(new TreeSet<>(now))));
    }

    void seeController(int id, List<Integer> now, double askedAt) {
        seeRefusal(askedAt);
        voters = now;
        see(id);
    }

    /** The request failed with an answer, such as a refusal. */
    void seeRefusal(double askedAt) {
        controllerAskedAt = askedAt;
        controllerSilences = 0;
    }

    /** @param brokersAnswer if they are silent as well, nothing is known of the controller */
    void seeNoAnswer(boolean brokersAnswer) {
        controllerSilences = brokersAnswer ? controllerSilences + 1 : 0;
        if (controllerSilences >= 3) see(Seen.NONE);
    }

    private void see(int id) {
        boolean isDown = id < 0;
        boolean changed = isDown ? controller >= 0 && !controllerIsDown : id != controller || controllerIsDown;
        controllerIsDown = isDown && controller >= 0;
        if (!isDown) controller = id;
        if (changed) recording.write(new Seen.Controller(recording.now(), isDown ? Seen.NONE : id, voters));
    }

    /** The id of the controller that leads now, or did last; {@link Seen#NONE} if it is not known. */
    public int controller() {
        return controller;
    }

    public boolean controllerIsDown() {
        return controllerIsDown;
    }

    /** When the last question that has an answer was asked. */
    public double controllerAskedAt() {
        return controllerAskedAt;
    }

    boolean doesNotList(int broker) {
        return !listed.isEmpty() && !listed.contains(broker);
    }
}
