package lab.drill.faults;

import java.nio.file.Path;
import java.util.*;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import lab.common.*;

/** The nodes of a cluster.java that the drill has started. They end with it. */
public class OwnCluster implements Executor {
    /**
     * A restarted broker cannot rejoin until its previous session expires (KAFKA-19047). With the default of 9 s, a
     * broker that was stopped for 3 s would be refused for 6 s more. Where a broker is killed, the session is what is
     * measured, and stays.
     */
    public static final List<String> SHORT_SESSIONS =
            List.of("-X", "broker.session.timeout.ms=5000", "-X", "broker.heartbeat.interval.ms=500");

    /**
     * Kafka writes the first checkpoint 30 s after a broker's start, and one every 60 s. A power cut goes back to the last
     * one.
     */
    public static final List<String> EARLY_CHECKPOINTS =
            List.of("-X", "log.initial.task.delay.ms=500", "-X", "log.flush.offset.checkpoint.interval.ms=1000");

    private static final int START_LIMIT = 300; // s; the first time, JBang fetches Kafka

    private final Child child;

    /** @param died takes a line for each node that ended by itself */
    public OwnCluster(Path script, List<String> options, Consumer<String> died) throws Exception {
        var command = new ArrayList<>(Siblings.jbang());
        command.add(script.toString());
        command.addAll(options);
        child = new Child(command, Map.of(), died);
        String first = child.answer(START_LIMIT);
        if (first != null && first.startsWith("ready: ")) return;
        child.close();
        throw new Failure(1, "The cluster did not start: %s", first == null ? "no answer" : first);
    }

    @Override
    public String about() {
        return "its own cluster";
    }

    @Override
    public boolean isKnown() {
        return true;
    }

    @Override
    public Set<Fault> faults() {
        return EnumSet.complementOf(EnumSet.of(Fault.disconnect));
    }

    @Override
    public String shown(String command, Target target) {
        return command + " " + target.name();
    }

    @Override
    public String execute(String command, Target target) throws Exception {
        return child.execute(shown(command, target));
    }

    @Override
    public String cutPower(List<Target> nodes) throws Exception {
        return child.execute(nodes.stream().map(Target::name).collect(Collectors.joining(" ", "power ", "")));
    }

    @Override
    public boolean endsWithDrill() {
        return true;
    }

    @Override
    public void close() {
        child.close();
    }
}
