package lab.history;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Records as ranges of ids and offsets: 10 million records that were sent in turn to the partitions need a few KB. The
 * order is the order in which the records were added. Not safe for several threads.
 */
public class Ranges {
    /** An offset that is not known: with acks=0, and where a record has none. */
    public static final long UNKNOWN = -1;

    private static final int WIDTH = 4; // first id, last id, step, first offset
    private long[] numbers = new long[WIDTH];
    private int ranges;

    /** Sees one record after another. */
    public interface Visitor {
        void visit(int id, long offset);
    }

    /** Adds one record: to the last range, if it continues that range. */
    public void add(int id, long offset) {
        if (ranges > 0 && continues(id, offset)) {
            int at = (ranges - 1) * WIDTH;
            if (numbers[at] == numbers[at + 1]) numbers[at + 2] = id - numbers[at];
            numbers[at + 1] = id;
        } else addRange(id, id, 1, offset);
    }

    private boolean continues(int id, long offset) {
        int at = (ranges - 1) * WIDTH;
        boolean single = numbers[at] == numbers[at + 1];
        boolean nextId = single ? id > numbers[at] : id == numbers[at + 1] + numbers[at + 2];
        long count = (numbers[at + 1] - numbers[at]) / numbers[at + 2] + 1;
        long expected = numbers[at + 3] == UNKNOWN ? UNKNOWN : numbers[at + 3] + count;
        return nextId && offset == expected;
    }

    void addRange(long first, long last, long step, long offset) {
        if (numbers.length == ranges * WIDTH) numbers = Arrays.copyOf(numbers, 2 * numbers.length);
        long[] range = {first, last, step, offset};
        System.arraycopy(range, 0, numbers, WIDTH * ranges++, WIDTH);
    }

    public void forEach(Visitor visitor) {
        for (int at = 0; at < ranges * WIDTH; at += WIDTH) {
            long offset = numbers[at + 3];
            for (long id = numbers[at]; id <= numbers[at + 1]; id += numbers[at + 2]) {
                visitor.visit((int) id, offset);
                if (offset != UNKNOWN) offset++;
            }
        }
    }

    /** How many records. */
    public int size() {
        int size = 0;
        for (int at = 0; at < ranges * WIDTH; at += WIDTH)
            size += (int) ((numbers[at + 1] - numbers[at]) / numbers[at + 2] + 1);
        return size;
    }

    /** Whether the offset of some is not known. */
    boolean lacksOffsets() {
        for (int at = 0; at < ranges * WIDTH; at += WIDTH) if (numbers[at + 3] == UNKNOWN) return true;
        return false;
    }

    /** The lowest id; 0 if there is none. */
    public int lowestId() {
        long lowest = Long.MAX_VALUE;
        for (int at = 0; at < ranges * WIDTH; at += WIDTH) lowest = Math.min(lowest, numbers[at]);
        return ranges == 0 ? 0 : (int) lowest;
    }

    /** The highest id; 0 if there is none. */
    public int highestId() {
        long highest = 0;
        for (int at = 0; at < ranges * WIDTH; at += WIDTH) highest = Math.max(highest, numbers[at + 1]);
        return (int) highest;
    }

    /** As in the file: {@code [first, last, step, offset]}, without an offset that is not known. */
    List<List<Long>> asLists() {
        var lists = new ArrayList<List<Long>>();
        for (int at = 0; at < ranges * WIDTH; at += WIDTH) {
            List<Long> range = List.of(numbers[at], numbers[at + 1], numbers[at + 2]);
            lists.add(
                    numbers[at + 3] == UNKNOWN
                            ? range
                            : List.of(range.get(0), range.get(1), range.get(2), numbers[at + 3]));
        }
        return lists;
    }

    /** Without spare room: a history keeps many. */
    Ranges trimmed() {
        numbers = Arrays.copyOf(numbers, Math.max(1, ranges) * WIDTH);
        return this;
    }
}
