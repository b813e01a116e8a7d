package lab.drill.faults;

import java.util.*;

/** For a drill that only observes. */
public class Nobody implements Executor {
    @Override
    public String about() {
        return "your cluster, without a fault of ours";
    }

    @Override
    public boolean isKnown() {
        return false;
    }

    @Override
    public Set<Fault> faults() {
        return Set.of();
    }

    @Override
    public String shown(String command, Target target) {
        throw new IllegalStateException(command);
    }

    @Override
    public String execute(String command, Target target) {
        throw new IllegalStateException(command);
    }
}
