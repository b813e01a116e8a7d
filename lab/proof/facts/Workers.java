package lab.proof.facts;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lab.history.Processing;
import lab.history.RunHistory;

/** When the processes of a run worked: those of a pipeline, or the members of a share group. */
class Workers {
    private static final double LATE = 5; // s: what a process printed before it was frozen or killed is read so late

    private final List<Processing.Process> all;
    private final Map<Integer, String> last = new HashMap<>(); // what happened to a process

    Workers(RunHistory run, Complaints complaints) {
        all = run.all(Processing.Process.class);
        for (Processing.Process it : all) {
            String before = last.put(it.process(), it.what());
            boolean fits = switch (it.what()) {
                case "start" -> before == null && it.process() == last.size();
                case "freeze" -> "start".equals(before) || "resume".equals(before);
                case "resume" -> "freeze".equals(before);
                case "kill" -> before != null && !before.equals("kill") && !before.startsWith("end");
                default -> before != null && !before.equals("kill") && !before.equals("end"); // both may be seen
            };
            complaints.check(
                    fits, "process %d: %s after %s", it.process(), it.what(), before == null ? "none" : before);
        }
    }

    boolean areNone() {
        return last.isEmpty();
    }

    /** Whether a process can have printed something that was read at a time. */
    boolean worked(int process, double t) {
        boolean works = false;
        double until = 0; // if it does not work
        for (Processing.Process it : all) {
            if (it.process() != process || it.t() > t) continue;
            works = it.what().equals("start") || it.what().equals("resume");
            if (!works) until = it.t() + LATE;
        }
        return works || t <= until;
    }

    /** Whether a process was frozen within a second of a time. */
    boolean wasFrozen(int process, double t) {
        return all.stream()
                .anyMatch(it -> it.process() == process && it.what().equals("freeze") && Math.abs(it.t() - t) <= 1);
    }
}
