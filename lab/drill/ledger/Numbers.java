package lab.drill.ledger;

import java.util.*;
import java.util.function.*;
import java.util.stream.*;
import lab.common.*;
import lab.drill.ledger.*;

/** A list of numbers that grows without being copied. What was never set is 0. */
public class Numbers {
    private static final int CHUNK = 1 << 16;
    private final List<int[]> chunks = new ArrayList<>();

    public void set(int index, int value) {
        while (chunks.size() <= index / CHUNK) chunks.add(new int[CHUNK]);
        chunks.get(index / CHUNK)[index % CHUNK] = value;
    }

    public int get(int index) {
        return index / CHUNK < chunks.size() ? chunks.get(index / CHUNK)[index % CHUNK] : 0;
    }
}
