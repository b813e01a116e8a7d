package lab.drill.ledger;

import java.util.*;
import lab.common.Script;

/** What happened in a trial, in ticks since its start. Each entry is printed at once. */
public class Journal {
    private static final Map<String, String> COLOURS = Map.of(
            "fault", "bold,red",
            "heal", "bold,green",
            "outside", "bold,red",
            "leader", "yellow",
            "assigned", "cyan",
            "unobserved", "bold,yellow");

    private final long start = System.nanoTime();
    private final List<Event> entries = Collections.synchronizedList(new ArrayList<>());
    private final Printer printer;

    public Journal(Printer printer) {
        this.printer = printer;
    }

    /** At least 1, because 0 means 'never' in the ledger. */
    public int now() {
        return 1 + (int) Math.min(Integer.MAX_VALUE - 1, (System.nanoTime() - start) / 100_000);
    }

    public int add(String kind, Map<String, Object> details, String format, Object... values) {
        return addAt(now(), kind, details, format, values);
    }

    public int note(String format, Object... values) {
        return add("note", Map.of(), format, values);
    }

    public int addAt(int tick, String kind, Map<String, Object> details, String format, Object... values) {
        String text = Script.hidden(format.formatted(values));
        entries.add(new Event(tick, kind, details, text));
        String colour = COLOURS.get(kind);
        String line = colour == null ? "%6.1f s  %s" : "%6.1f s  @|" + colour + " %s|@";
        printer.print(line, Ticks.seconds(tick), Printer.wrapped(10, text));
        return tick;
    }

    /** In the order of time. */
    public List<Event> entries() {
        synchronized (entries) {
            return entries.stream().sorted(Comparator.comparingInt(Event::tick)).toList();
        }
    }
}
