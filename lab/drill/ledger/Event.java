package lab.drill.ledger;

import java.util.*;
import java.util.function.*;
import java.util.stream.*;
import lab.common.*;
import lab.drill.ledger.*;

public record Event(int tick, String kind, Map<String, Object> details, String text) {}
