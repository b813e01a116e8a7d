package lab.drill.ledger;

import java.util.*;
import java.util.function.*;
import java.util.stream.*;
import lab.common.*;
import lab.drill.ledger.*;

public record Change(int tick, int partition, State before, State now) {
    public boolean leaderChanged() {
        return now.leader() != before.leader();
    }
}
