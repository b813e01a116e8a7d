package lab.report;

import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/** The picture of a run: everything there is to see of one trial, or a comparison of several. */
class Picture {
    static final int MOST_STRIPS = 12;

    static Svg of(List<Trial> trials) {
        return trials.size() == 1 ? single(trials.get(0), "") : comparison(trials);
    }

    /** From the top down: the words, then all parts of the plot. The id is different for each picture of a page. */
    static Svg single(Trial trial, String id) {
        var story = new Story(trial);
        List<Integer> shown = trial.worst(MOST_STRIPS);
        var svg = new Svg(id, story.title(), story.description(), trial.end);
        var heading = new Heading(svg);
        heading.paragraph("title", story.title(), 3);
        heading.paragraph("", story.about(), 2);
        heading.verdict(trial.verdict, story.numbers());
        heading.legend(List.of(trial));
        svg.beginPlot();
        var timeline = new Timeline(svg);
        timeline.outages(trial);
        timeline.changes(trial);
        for (int partition : shown) new Strip(svg, trial, partition, shown.size()).draw();
        new LatencyCurve(svg, trial).draw();
        var bars = new Bars(svg, trial);
        bars.leaders(shown);
        bars.consumers();
        svg.endPlot(trial);
        heading.paragraph("", story.leftOut(shown.size()), 2);
        heading.paragraph("small", story.origin(), 2);
        return svg;
    }

    /** A table, and for each trial a few strips. All trials have the same time axis. */
    private static Svg comparison(List<Trial> trials) {
        double end = trials.stream().mapToDouble(trial -> trial.end).max().orElseThrow();
        var names = new Names(trials);
        Map<Trial, String> each = names.each();
        var description = new StringJoiner(" ");
        each.forEach((trial, name) -> description.add(name + ": " + new Story(trial).description()));
        var svg = new Svg("", names.title(), description.toString(), end);
        var heading = new Heading(svg);
        heading.paragraph("title", names.title(), 3);
        heading.paragraph("", names.common(), 2);
        heading.table(Tables.overview(each));
        heading.legend(trials);
        int strips = trials.size() <= 4 ? 2 : 1;
        each.forEach((trial, name) -> {
            List<Integer> shown = trial.worst(strips);
            svg.y += 14;
            heading.verdict(trial.verdict, name);
            heading.paragraph("", new Story(trial).title(), 2);
            svg.beginPlot();
            new Timeline(svg).outages(trial);
            for (int partition : shown) new Strip(svg, trial, partition, 8).draw();
            if (trial.downNodes() > 1) new Bars(svg, trial).leaders(shown);
            svg.endPlot(trial);
        });
        heading.paragraph("small", new Story(trials.get(0)).origin(), 2);
        return svg;
    }
}
