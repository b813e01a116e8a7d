package lab.drill.scenarios;

import java.time.Duration;
import lab.drill.faults.Fault;

/** How long records flow before the fault, how long the node is down (null: the default), how long they flow after. */
public record Timing(Duration before, Duration down, Duration after) {
    Duration outage(Fault fault) {
        return down == null ? fault.usualDown() : down;
    }
}
