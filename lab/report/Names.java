package lab.report;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;

/** Names the trials of a run by what differs between them, and sums up the run in a title. */
record Names(List<Trial> trials) {
    /** What may be different between two trials. */
    private static final List<Function<Trial, String>> TRAITS = List.of(
            trial -> trial.about.title().replaceFirst("[:(].*", "").strip(),
            trial -> trial.about.topic(),
            trial -> trial.about.settings(),
            trial -> trial.about.fault() == null ? "" : trial.about.fault());

    /** What happened, and how it ended. */
    String title() {
        if (trials.size() == 1) return new Story(trials.get(0)).title();
        var ends = new ArrayList<String>();
        long losing = trials.stream().filter(trial -> trial.number("lost") > 0).count();
        if (losing > 0) ends.add("records lost in " + losing + " of them");
        else if (trials.stream().allMatch(trial -> trial.knows("lost"))) ends.add("nothing lost");
        var verdicts = new LinkedHashMap<String, Integer>();
        for (Trial trial : trials) verdicts.merge(trial.verdict, 1, Integer::sum);
        verdicts.forEach((verdict, times) -> ends.add(times + " " + verdict));
        return trials.size() + " trials: " + String.join(", ", ends);
    }

    /** Each trial with its name. */
    Map<Trial, String> each() {
        if (trials.size() == 1) return named(trait -> trait == TRAITS.get(0));
        Map<Trial, String> ends = endsOfTitles();
        return ends.isEmpty() ? named(trait -> valuesOf(trait) > 1) : ends;
    }

    /** Each trial named by all traits, so a CI server finds the same names in the next run. */
    Map<Trial, String> full() {
        return named(trait -> true);
    }

    String common() {
        return traits(trials.get(0), trait -> valuesOf(trait) == 1);
    }

    /** Where all titles differ, and begin alike: from where they differ. Otherwise empty. */
    private Map<Trial, String> endsOfTitles() {
        Function<Trial, String> title = trial -> trial.about.title();
        if (valuesOf(TRAITS.get(0)) > 1 || valuesOf(title) < trials.size()) return Map.of();
        String common = title.apply(trials.get(0));
        for (Trial trial : trials)
            while (!title.apply(trial).startsWith(common)) common = common.substring(0, common.length() - 1);
        int from = Math.max(-2, Math.max(common.lastIndexOf(", "), common.lastIndexOf(": "))) + 2;
        var ends = new LinkedHashMap<Trial, String>();
        for (Trial trial : trials) ends.put(trial, title.apply(trial).substring(from));
        return ends;
    }

    /** Each trial named by these traits, and by a number where these are the same. */
    private Map<Trial, String> named(Predicate<Function<Trial, String>> which) {
        var names = new LinkedHashMap<Trial, String>();
        for (Trial trial : trials) names.put(trial, traits(trial, which));
        List<String> plainNames = List.copyOf(names.values());
        var runs = new HashMap<String, Integer>();
        names.replaceAll((trial, name) -> {
            if (!name.isEmpty() && Collections.frequency(plainNames, name) == 1) return name;
            return (name + " run " + runs.merge(name, 1, Integer::sum)).strip();
        });
        return names;
    }

    private long valuesOf(Function<Trial, String> trait) {
        return trials.stream().map(trait).distinct().count();
    }

    private static String traits(Trial trial, Predicate<Function<Trial, String>> which) {
        var texts = new ArrayList<String>();
        for (var trait : TRAITS) if (which.test(trait)) texts.add(trait.apply(trial));
        texts.removeIf(text -> texts.contains("Topic " + text)); // a title that names the topic already
        return Words.dotted(texts);
    }
}
