package lab.report;

import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import lab.report.Trial.Cell;

/** The curves of a trial: columns of equal width over the time axis, and their scale. */
class Columns {
    final double width; // in ms: at most 180 columns, and three records in each if possible
    private final Trial trial;

    /** For an axis that ends at this time, in ms. */
    Columns(Trial trial, double end) {
        this.trial = trial;
        double records = Math.min(3 * trial.msBetweenRecords(), 2_000);
        width = roundUp(Math.max(100, Math.max(end / 180, records)), 1, 2, 5);
    }

    /** For each column the sum over a partition's cells, per second. */
    double[] perSecond(int partition, ToDoubleFunction<Cell> records) {
        var sums = new double[(int) Math.ceil(trial.end / width)];
        for (Cell cell : trial.cells(partition)) sums[(int) (cell.ms() / width)] += records.applyAsDouble(cell);
        for (int i = 0; i < sums.length; i++) sums[i] *= 1_000 / Math.min(width, trial.end - i * width);
        return sums;
    }

    /**
     * Where the scale of the strips ends: not far above the usual rate. Records that waited for a leader are
     * acknowledged all at once, and a scale for that peak would flatten the rest.
     */
    double scale() {
        double[] rates = trial.worst(Picture.MOST_STRIPS).stream()
                .flatMapToDouble(partition -> DoubleStream.of(perSecond(partition, Cell::acknowledged)))
                .filter(rate -> rate > 0)
                .sorted()
                .toArray();
        if (rates.length == 0) return 1;
        double usual = rates[rates.length / 2];
        return roundUp(Math.min(rates[rates.length - 1], 1.5 * usual), 1, 2, 3, 4, 6, 8);
    }

    /** The least of these steps, times a power of ten, that is not below the value. */
    static double roundUp(double value, double... steps) {
        if (!Double.isFinite(value)) throw new IllegalArgumentException("no length: " + value);
        for (double power = Math.pow(10, Math.floor(Math.log10(value))); ; power *= 10)
            for (double step : steps) if (step * power >= value * 0.999) return step * power;
    }
}
