package lab.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import lab.report.Trial.Claim;
import lab.report.Trial.Event;
import lab.report.Trial.Pause;

/** The tables that several formats have. */
class Tables {
    /** A row for each trial. */
    static Table overview(Map<Trial, String> names) {
        var counts = List.of("acknowledged", "unknown", "lost", "duplicates", "reordered");
        var head = new ArrayList<String>(counts);
        head.add(0, "trial");
        head.addAll(List.of("longest pause", "verdict"));
        var table = new Table("Trials", head, new ArrayList<>());
        names.forEach((trial, name) -> {
            var row = new ArrayList<>(List.of(name));
            for (String count : counts) row.add(trial.knows(count) ? Words.number(trial.number(count)) : "?");
            var longest = trial.pauses.values().stream().mapToDouble(Pause::ms).max();
            row.add(longest.isPresent() ? Words.seconds(longest.getAsDouble()) : "?");
            row.add(trial.verdict);
            table.rows().add(row);
        });
        return table;
    }

    static Table pauses(Trial trial, List<Integer> partitions) {
        String head = "partition,no acknowledgement for,from,to,nothing read for,from,to";
        var table = new Table("The longest pauses", head.split(","));
        for (int partition : partitions) {
            var row = new ArrayList<>(List.of(partition + ""));
            for (var pauses : List.of(trial.pauses, trial.readPauses)) {
                Pause pause = pauses.get(partition);
                if (pause == null) row.addAll(List.of("?", "", ""));
                else
                    row.addAll(
                            List.of(Words.seconds(pause.ms()), Words.seconds(pause.from()), Words.seconds(pause.to())));
            }
            table.rows().add(row);
        }
        return table;
    }

    static Table claims(Trial trial) {
        var table = new Table("What was claimed", "verdict", "claim", "evidence");
        for (Claim claim : trial.claims) table.add(claim.verdict(), claim.text(), claim.evidence());
        return table;
    }

    /** The claims that hold, or those that do not: a FAIL comes before what could not be observed. */
    static Table claims(String caption, Map<Trial, String> names, boolean holding) {
        var table = new Table(caption, "verdict", "trial", "claim", "evidence");
        names.forEach((trial, name) -> {
            for (Claim claim : new Story(trial).cases())
                if (claim.holds() == holding) table.add(claim.verdict(), name, claim.text(), claim.evidence());
        });
        table.rows().sort(Comparator.comparing(row -> !row.get(0).equals("FAIL")));
        return table;
    }

    static Table events(Trial trial) {
        var table = new Table("Timeline", "time", "what happened");
        for (Event event : trial.events) table.add(Words.seconds(event.ms()), event.text());
        return table;
    }
}
