package lab.drill.faults;

import java.util.*;
import lab.common.Script;

/** A person who takes nodes down and restores them when asked. */
public class ByHand implements Executor {
    private final Map<Target, String> down = new LinkedHashMap<>(); // with what restores the node

    @Override
    public String about() {
        return "your cluster, by hand";
    }

    @Override
    public boolean isKnown() {
        return false;
    }

    @Override
    public Set<Fault> faults() {
        return EnumSet.complementOf(EnumSet.of(Fault.power));
    }

    @Override
    public String shown(String command, Target target) {
        String where = target.isController() ? "" : " (" + target.host() + ":" + target.port() + ")";
        return "now %s %s%s".formatted(command, target.isController() ? "the controller" : nameOf(target), where);
    }

    @Override
    public String execute(String command, Target target) {
        for (Fault fault : Fault.values()) if (fault.name().equals(command)) down.put(target, fault.restore);
        if (command.equals(down.get(target))) down.remove(target);
        return "";
    }

    @Override
    public void close() {
        down.forEach((target, command) -> Script.complain("%s may still be down: %s it.", target.shown(), command));
    }
}
