package lab.report;

import java.util.ArrayList;
import java.util.List;

/** A table of texts, for all formats. All rows are as long as the head. */
record Table(String caption, List<String> head, List<List<String>> rows) {
    Table(String caption, String... head) {
        this(caption, List.of(head), new ArrayList<>());
    }

    void add(String... row) {
        rows.add(List.of(row));
    }

    Table called(String otherCaption) {
        return new Table(otherCaption, head, rows);
    }

    /** The table with at most so many rows. The caption reports how many are left out. */
    Table first(int limit) {
        if (rows.size() <= limit) return this;
        String leftOut = "%s (the first %,d of %,d)".formatted(caption, limit, rows.size());
        return new Table(leftOut, head, rows.subList(0, limit));
    }
}
