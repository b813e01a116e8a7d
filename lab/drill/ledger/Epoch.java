package lab.drill.ledger;

import java.util.*;
import java.util.function.*;
import java.util.stream.*;
import lab.common.*;
import lab.drill.ledger.*;

/** The records that one leader wrote, by the log itself: where they begin, and when the last was acknowledged. */
public record Epoch(int partition, long firstOffset, int lastAcknowledged) {
    public Epoch and(Epoch later) {
        return new Epoch(partition, firstOffset, Math.max(lastAcknowledged, later.lastAcknowledged));
    }
}
