package lab.drill.ledger;

import java.util.*;
import java.util.function.*;
import java.util.stream.*;
import lab.common.*;
import lab.drill.ledger.*;

/** Something that happened to the cluster, and that this script did not do. */
public record OutsideEvent(int tick, int node, String text) {}
