package lab.drill.scenarios;

import java.time.Duration;
import java.util.*;
import lab.drill.faults.Fault;
import picocli.CommandLine.ITypeConverter;

/** Reads steps such as 'stop 1, 5s, kill 2, 10s, start 1, start 2'. */
public class StepsConverter implements ITypeConverter<List<Step>> {
    @Override
    public List<Step> convert(String text) {
        return Arrays.stream(text.strip().split("\\s*,\\s*")).map(this::step).toList();
    }

    /** A step that takes a node down. */
    record TakeDown(Fault fault, String node) implements Step {
        @Override
        public void take(Actions run) throws Exception {
            run.takeDown(fault, node);
        }
    }

    private Step step(String text) {
        String[] words = text.split("\\s+");
        String node = words.length == 2 ? words[1] : "";
        boolean isNode = node.matches("\\d+|leader|follower|controller");
        if (isNode && words[0].matches("start|resume|restore|heal|connect")) return run -> run.restore(node);
        if (isNode && words[0].matches("stop|kill|pause|disconnect"))
            return new TakeDown(Fault.valueOf(words[0]), node);
        if (text.equals("whole")) return Actions::awaitWhole;
        if (text.equals("elect")) return Actions::electPreferred;
        if (text.equals("unclean")) return Actions::electUnclean;
        Duration time = new TimeConverter().convert(text);
        return run -> run.flow(time);
    }
}
