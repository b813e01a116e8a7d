package lab.drill.verdict;

import java.util.*;
import java.util.function.*;
import java.util.stream.*;
import lab.common.*;
import lab.drill.ledger.*;

/** Latency from the call to the acknowledgement, in ms. */
public record Latency(double p50, double p99, double max, int records) {}
