package lab.drill.verdict;

import java.util.*;
import java.util.function.*;
import java.util.stream.*;
import lab.common.*;
import lab.drill.ledger.*;

/** A limit for a pause, in seconds, and where it comes from. */
public record Bound(double seconds, String why) {}
