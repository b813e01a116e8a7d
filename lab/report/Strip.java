package lab.report;

import static lab.report.Svg.LEFT;
import static lab.report.Svg.MARGIN;
import static lab.report.Svg.RIGHT;
import static lab.report.Words.number;

import java.util.Comparator;
import java.util.List;
import java.util.stream.DoubleStream;
import lab.report.Trial.Cell;
import lab.report.Trial.Event;
import lab.report.Trial.Pause;
import lab.report.Trial.State;

/** A strip: the records of a partition over time, acknowledged in the colour of the leader, lost, and read. */
class Strip {
    private final Svg svg;
    private final Trial trial;
    private final int partition;
    private final double height;
    private final boolean isTall;
    private final Columns columns;
    private final double scale; // records per second at the top

    /** One of so many strips. */
    Strip(Svg svg, Trial trial, int partition, int strips) {
        this.svg = svg;
        this.trial = trial;
        this.partition = partition;
        height = strips <= 2 ? 88 : strips <= 4 ? 60 : strips <= 8 ? 44 : 34;
        isTall = strips <= 4;
        columns = new Columns(trial, svg.end);
        scale = columns.scale();
    }

    void draw() {
        double[] acknowledged = columns.perSecond(partition, Cell::acknowledged);
        svg.y += 6;
        svg.group(inWords());
        labels(acknowledged);
        double base = svg.y + height;
        double middle = svg.y + height / 2;
        svg.text("bold", MARGIN, middle + (isTall ? -2 : height > 40 ? 5 : 9), "partition " + partition);
        if (isTall) svg.text("small", MARGIN, middle + 15, "records/s");
        svg.text("small end", LEFT - 6, svg.y + 9, number(scale));
        svg.path("grid", "M", LEFT, svg.y, "H", RIGHT, "M", LEFT, middle, "H", RIGHT);
        String fill = "url(#" + gradient() + ")";
        svg.add("<path class='flow' fill='%s' stroke='%s' d='%sV%s'/>", fill, fill, steps(acknowledged), base);
        String lost = steps(columns.perSecond(partition, Cell::lost));
        if (trial.lost(partition) > 0) svg.add("<path class='lost' fill='%s' d='%sV%s'/>", svg.hatching(), lost, base);
        svg.path("read", steps(columns.perSecond(partition, Cell::read)));
        for (Event change : trial.events("leader"))
            if (change.partition() == partition) svg.path("change", "M", svg.x(change.ms()), svg.y, "V", base);
        svg.endGroup();
        svg.y = base + (isTall ? 8 : 6);
    }

    private void labels(double[] acknowledged) {
        var labels = new Lane(svg);
        labelLost(labels);
        for (Pause pause : trial.notable(partition))
            labels.put("bracket", pause.from(), pause.to(), pause.text(), pause.inShort());
        double peak = DoubleStream.of(acknowledged).max().orElse(0);
        for (int i = 0; peak > scale && isTall && i < acknowledged.length; i++) {
            double ms = (i + 0.5) * columns.width;
            if (acknowledged[i] == peak) labels.put("mark", ms, ms, "peak " + number(Math.rint(peak)) + "/s");
        }
        labels.draw("", height);
    }

    /** A bracket over each stretch of time in which records were acknowledged that are not in the log. */
    private void labelLost(Lane labels) {
        List<Cell> cells = trial.cells(partition).stream()
                .filter(cell -> cell.lost() > 0)
                .sorted(Comparator.comparingDouble(Cell::ms))
                .toList();
        double lost = 0;
        double from = 0;
        for (int i = 0; i < cells.size(); i++) {
            Cell cell = cells.get(i);
            if (lost == 0) from = cell.ms();
            lost += cell.lost();
            boolean last = i == cells.size() - 1 || cells.get(i + 1).ms() > cell.ms() + svg.end / 20;
            if (!last) continue;
            labels.put("bracket", from, cell.ms() + 100, number(lost) + " lost");
            lost = 0;
        }
    }

    private String inWords() {
        double acknowledged = 0;
        double read = 0;
        for (Cell cell : trial.cells(partition)) {
            acknowledged += cell.acknowledged();
            read += cell.read();
        }
        String text = "partition %d: %s acknowledged, %s read";
        var words = new StringBuilder(text.formatted(partition, number(acknowledged), number(read)));
        if (trial.lost(partition) > 0) words.append(", " + number(trial.lost(partition)) + " lost");
        for (var pauses : List.of(trial.pauses, trial.readPauses)) {
            Pause pause = pauses.get(partition);
            if (pause == null || pause.ms() <= 0) continue;
            String times = "; %s, from %s to %s";
            words.append(times.formatted(pause.text(), Words.seconds(pause.from()), Words.seconds(pause.to())));
        }
        return words.toString();
    }

    /** A line over the columns. It begins at the foot of the strip. */
    private String steps(double[] rates) {
        var path = new StringBuilder("M" + Words.decimal(LEFT) + " " + Words.decimal(svg.y + height));
        String before = "";
        for (int i = 0; i < rates.length; i++) {
            String level = Words.decimal(svg.y + height * (1 - Math.min(1, rates[i] / scale)));
            if (!level.equals(before)) path.append("H" + Words.decimal(svg.x(i * columns.width)) + "V" + level);
            before = level;
        }
        double end = Math.min(svg.end, rates.length * columns.width);
        return path.append("H" + Words.decimal(svg.x(end))).toString();
    }

    /** The colours of the partition's leaders over time. */
    private String gradient() {
        String name = svg.id + "g" + Math.round(svg.y); // each strip of a picture has another y
        String element = "<linearGradient id='%s' gradientUnits='userSpaceOnUse' x1='%s' x2='%s'>";
        svg.add(element, name, LEFT, RIGHT);
        for (State state : trial.states(partition))
            for (double ms : new double[] {state.from(), state.to()})
                svg.add("<stop class='%s' offset='%s%%'/>", Svg.colour(state.leader()), 100 * ms / svg.end);
        svg.add("</linearGradient>");
        return name;
    }
}
