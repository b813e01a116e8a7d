package lab.drill.ledger;

import java.util.*;
import java.util.function.*;
import java.util.stream.*;
import lab.common.*;
import lab.drill.ledger.*;

/** When the cluster gave a node up. */
public record Absence(int tick, int node) {}
