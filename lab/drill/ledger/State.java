package lab.drill.ledger;

import java.util.*;
import java.util.function.*;
import java.util.stream.*;
import lab.common.*;
import lab.drill.ledger.*;

/** Who leads a partition (-1: nobody), and which replicas are in sync. */
public record State(int leader, List<Integer> inSync) {}
