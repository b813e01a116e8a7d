package lab.drill.observer;

import java.util.*;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.*;
import lab.drill.faults.Target;
import lab.drill.ledger.*;

/** Which brokers the cluster lists, and which controller leads. Fed by one thread; may be asked by any. */
public class NodeWatch {
    private final Journal journal;
    private final Supplier<Set<Integer>> down; // the nodes that the drill has taken down, and not yet restored
    private final Consumer<OutsideEvent> outside;
    private final List<Absence> absences = new CopyOnWriteArrayList<>(); // of brokers and of the controller
    private final Set<Integer> known = new HashSet<>();
    private volatile Set<Integer> listed = Set.of(); // believed
    private Set<Integer> seen = Set.of();
    private int seenAt;
    private int agreeing; // answers in a row
    private volatile int controller = -1; // not known
    private volatile boolean isOnlyController;
    private volatile boolean controllerIsDown;
    private volatile int controllerAskedAt;
    private int controllerSilences; // requests in a row without an answer; one alone may be a busy machine

    NodeWatch(Journal journal, Supplier<Set<Integer>> down, Consumer<OutsideEvent> outside) {
        this.journal = journal;
        this.down = down;
        this.outside = outside;
    }

    /** A broker is down when the cluster does not list it: fenced, or shut down. Believed as a state is. */
    void seeBrokers(Set<Integer> now) {
        if (!now.equals(seen)) {
            seen = now;
            seenAt = journal.now();
            agreeing = 0;
        }
        if (++agreeing < PartitionWatch.AGREEING && !listed.isEmpty()) return;
        for (int id : known) {
            boolean was = listed.contains(id);
            boolean is = now.contains(id);
            if (was && !is) absences.add(new Absence(seenAt, id));
            if (was == is || down.get().contains(id)) continue;
            note(id, "broker %d is %s".formatted(id, is ? "up again" : "down") + "; this script did not do it");
        }
        known.addAll(now);
        listed = now;
    }

    /**
     * @param askedAt when
     * @param voters 0: not known
     */
    void seeController(int id, int voters, int askedAt) {
        controllerAskedAt = askedAt;
        controllerSilences = 0;
        isOnlyController = voters == 1;
        see(id);
    }

    /** The request failed with an answer, such as a refusal. */
    void seeRefusal(int askedAt) {
        controllerAskedAt = askedAt;
        controllerSilences = 0;
    }

    /** @param brokersAnswer if they are silent, too, nothing is known of the controller */
    void seeNoAnswer(boolean brokersAnswer) {
        controllerSilences = brokersAnswer ? controllerSilences + 1 : 0;
        if (controllerSilences >= 3) see(-1);
    }

    private void see(int id) {
        boolean changed = controller >= 0 && id != controller;
        if (changed && !controllerIsDown) absences.add(new Absence(journal.now(), Target.CONTROLLER));
        boolean allAreDown = down.get().containsAll(known);
        boolean isTakenDown =
                down.get().contains(Target.CONTROLLER) || down.get().contains(controller); // a broker, too
        boolean bySomebodyElse = !isTakenDown && !listed.isEmpty() && !allAreDown;
        if (changed && id < 0 && !controllerIsDown && bySomebodyElse)
            note(Target.CONTROLLER, "the controller does not answer; this script did not do it");
        if (id >= 0 && controllerIsDown && bySomebodyElse) note(Target.CONTROLLER, "the controller answers again");
        controllerIsDown = id < 0 && controller >= 0;
        if (id >= 0) controller = id;
    }

    private void note(int node, String text) {
        outside.accept(new OutsideEvent(journal.now(), node, text));
    }

    /** The number of the controller that leads now, or did last; "" if it is not known. */
    public String controller() {
        return controller < 0 ? "" : "" + controller;
    }

    public boolean isOnlyController() {
        return isOnlyController;
    }

    public boolean controllerIsDown() {
        return controllerIsDown;
    }

    /** When the last question that has an answer was asked. */
    public int controllerAskedAt() {
        return controllerAskedAt;
    }

    boolean doesNotList(int broker) {
        return !listed.isEmpty() && !listed.contains(broker);
    }

    /** When the cluster first gave up a node, or its controller was another one, in a window; 0 is never. */
    public int goneBetween(int node, int from, int to) {
        return absences.stream()
                .filter(it -> it.node() == node && it.tick() >= from && it.tick() <= to)
                .mapToInt(Absence::tick)
                .findFirst()
                .orElse(0);
    }
}
