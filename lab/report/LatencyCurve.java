package lab.report;

import static lab.report.Svg.LEFT;
import static lab.report.Svg.MARGIN;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lab.report.Trial.Cell;

/** The latency of all partitions: p50 and p99 on a logarithmic scale, blank where nothing was acknowledged. */
class LatencyCurve {
    private static final double HEIGHT = 96;

    private final Svg svg;
    private final double column; // in ms
    private final Map<Integer, Double> p50 = new TreeMap<>(); // by column
    private final Map<Integer, Double> p99 = new TreeMap<>();

    LatencyCurve(Svg svg, Trial trial) {
        this.svg = svg;
        column = new Columns(trial, svg.end).width;
        var columns = new TreeMap<Integer, List<Cell>>();
        for (int partition = 0; partition < trial.partitions; partition++)
            for (Cell cell : trial.cells(partition))
                if (cell.acknowledged() > 0 && cell.p50() > 0 && cell.p99() >= cell.p50())
                    columns.computeIfAbsent((int) (cell.ms() / column), number -> new ArrayList<>())
                            .add(cell);
        columns.forEach((number, cells) -> {
            p50.put(number, median(cells));
            p99.put(number, cells.stream().mapToDouble(Cell::p99).max().orElseThrow());
        });
    }

    /** The median of the cells' p50, each as often as it has records. */
    private static double median(List<Cell> cells) {
        cells.sort(Comparator.comparingDouble(Cell::p50));
        double left = cells.stream().mapToDouble(Cell::acknowledged).sum() / 2;
        int middle = 0;
        while ((left -= cells.get(middle).acknowledged()) > 0) middle++;
        return cells.get(middle).p50();
    }

    void draw() {
        if (p50.isEmpty()) return;
        double lowest = Collections.min(p50.values());
        double highest = Collections.max(p99.values());
        int low = (int) Math.floor(Math.log10(lowest));
        int high = Math.max(low + 2, (int) Math.ceil(Math.log10(highest)));
        double decade = HEIGHT / (high - low);
        svg.y += 12;
        String title = "latency, from send to acknowledgement: p50 from %s, p99 to %s";
        svg.group(title.formatted(Words.latency(lowest), Words.latency(highest)));
        svg.text("bold", MARGIN, svg.y + 20, "latency");
        svg.path("p99", "M", MARGIN, svg.y + 36, "h", 18);
        svg.text("small", MARGIN + 24, svg.y + 40, "p99");
        svg.path("p50", "M", MARGIN, svg.y + 53, "h", 18);
        svg.text("small", MARGIN + 24, svg.y + 57, "p50");
        for (int power = high; power >= low; power--) {
            double level = svg.y + (high - power) * decade;
            svg.path("grid", "M", LEFT, level, "H", Svg.RIGHT);
            if (decade >= 16 || (high - power) % 2 == 0)
                svg.text("small end", LEFT - 6, level + 4, Words.latency(Math.pow(10, power)));
        }
        curve("p50", p50, decade, high);
        curve("p99", p99, decade, high);
        svg.endGroup();
        svg.y += HEIGHT + 8;
    }

    private void curve(String style, Map<Integer, Double> values, double decade, int high) {
        var path = new StringBuilder();
        values.forEach((number, ms) -> {
            String level = Words.decimal(svg.y + (high - Math.log10(ms)) * decade);
            boolean continues = values.containsKey(number - 1);
            path.append(continues ? "V" + level : "M" + Words.decimal(svg.x(number * column)) + " " + level);
            path.append("H" + Words.decimal(svg.x(Math.min(svg.end, (number + 1) * column))));
        });
        svg.path(style, path);
    }
}
