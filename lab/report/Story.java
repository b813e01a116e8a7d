package lab.report;

import static lab.report.Words.number;
import static lab.report.Words.seconds;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import lab.report.Trial.Claim;
import lab.report.Trial.Outage;
import lab.report.Trial.Pause;

/** What happened in a trial, in words. */
record Story(Trial trial) {
    /** What happened, and how it ended. */
    String title() {
        var ends = new ArrayList<String>(List.of(flow(), fate()));
        String broken = firstClaim("FAIL").text();
        if (trial.number("lost") <= 0 && !broken.isEmpty()) ends.add("but not: " + broken);
        if (trial.verdict.equals("INCONCLUSIVE"))
            ends.add("inconclusive: " + firstClaim("INCONCLUSIVE").evidence());
        ends.removeIf(String::isEmpty);
        return cause() + (ends.isEmpty() ? "" : ": " + String.join(", ", ends));
    }

    private Claim firstClaim(String verdict) {
        for (Claim claim : trial.claims) if (claim.verdict().equals(verdict)) return claim;
        return new Claim(verdict, "", "");
    }

    /** What was done to the cluster or to the group. */
    private String cause() {
        var outside = trial.events("outside");
        var leaving = trial.events("leave");
        if (!trial.outages.isEmpty()) return Words.capitalized(faults());
        if (!outside.isEmpty()) return Words.capitalized(outside.get(0).text());
        if (!leaving.isEmpty()) return "Consumer " + leaving.get(0).consumer() + " left the group";
        if (trial.about.fault() != null) return "No fault was injected";
        return trial.events("leader").isEmpty() ? "Undisturbed" : "Leaders changed";
    }

    private String faults() {
        var nodes = new LinkedHashMap<String, Set<String>>(); // by fate
        for (Outage outage : trial.outages)
            nodes.computeIfAbsent(outage.fate(), fate -> new TreeSet<>()).add(outage.node());
        var texts = new ArrayList<String>();
        nodes.forEach((fate, hit) -> texts.add(Words.and(hit) + " " + fate));
        String text = String.join(", ", texts);
        List<Outage> outages = trial.outages;
        if (outages.stream().map(Outage::node).distinct().count() == 1)
            return outages.size() > texts.size() ? text + " " + outages.size() + " times" : text;
        boolean inTurn = true;
        for (int i = 1; i < outages.size(); i++)
            inTurn &= outages.get(i).from() >= outages.get(i - 1).to();
        return inTurn ? text + " in turn" : text;
    }

    private String flow() {
        boolean ofReads = trial.notable(trial.pauses).isEmpty();
        List<Pause> paused = trial.notable(ofReads ? trial.readPauses : trial.pauses);
        if (paused.isEmpty()) return trial.pauses.isEmpty() ? "" : "no pause above " + seconds(trial.leastNotable());
        double longest = paused.stream().mapToDouble(Pause::ms).max().orElseThrow();
        List<Integer> which = paused.stream()
                .filter(pause -> pause.ms() >= longest / 2)
                .map(Pause::partition)
                .toList();
        boolean all = which.size() == trial.partitions && trial.partitions > 1;
        String whose = all ? "all partitions" : Words.partitions(which);
        String upTo = which.size() > 1 ? "up to " : "";
        return (ofReads ? "reading " : "") + whose + " paused for " + upTo + seconds(longest);
    }

    private String fate() {
        if (!trial.knows("lost")) return "";
        long lost = trial.number("lost");
        String records = lost == 1 ? " acknowledged record lost" : " acknowledged records lost";
        var fate = new ArrayList<>(List.of(lost == 0 ? "nothing lost" : number(lost) + records));
        if (trial.verdict.equals("ALLOWED")) fate.add("which the settings allow");
        if (trial.verdict.equals("PASS") && lost > 0) fate.add("as expected");
        Stream.of("unproven", "phantoms", "in log though failed", "unseen", "duplicates")
                .map(this::ifAny)
                .forEach(fate::add);
        fate.removeIf(String::isEmpty);
        return String.join(", ", fate);
    }

    private String ifAny(String name) {
        return trial.number(name) > 0 ? number(trial.number(name)) + " " + name : "";
    }

    /** The verdict's numbers; of those that should be 0, most only if they are not. */
    String numbers() {
        var numbers = new ArrayList<String>();
        for (String name : List.of("sent", "acknowledged", "lost", "duplicates"))
            if (trial.knows(name)) numbers.add(number(trial.number(name)) + " " + name);
        Stream.of(
                        "unproven",
                        "unknown",
                        "failed",
                        "in log though failed",
                        "unseen",
                        "redelivered",
                        "reordered",
                        "phantoms")
                .map(this::ifAny)
                .forEach(numbers::add);
        return Words.dotted(numbers);
    }

    String about() {
        var about = trial.about;
        String rate = Double.isNaN(about.rate()) ? "" : number(about.rate()) + " records/s";
        return Words.dotted(List.of(about.title(), about.topic(), about.settings(), rate));
    }

    String origin() {
        String started = trial.about.started().replaceFirst("[.]\\d+", "");
        var origin = new ArrayList<>(List.of(started.replace('T', ' ').replace("Z", " UTC")));
        origin.addAll(trial.about.versions());
        String within = "leaders seen to within %.0f ms";
        if (!Double.isNaN(trial.resolutionMs)) origin.add(within.formatted(trial.resolutionMs));
        return Words.dotted(origin);
    }

    /** The picture for readers who do not see it. */
    String description() {
        var text = new StringBuilder(about() + ". " + trial.verdict + ": " + numbers() + ".");
        for (Outage outage : trial.outages) text.append(" " + seconds(outage.from()) + ": " + outage.text() + ".");
        List<Integer> shown = trial.worst(Picture.MOST_STRIPS);
        for (var each : List.of(trial.pauses, trial.readPauses))
            for (Pause pause : trial.notable(each))
                if (shown.contains(pause.partition()))
                    text.append(
                            " %s: partition %d, %s.".formatted(seconds(pause.from()), pause.partition(), pause.text()));
        return text.toString();
    }

    /** A sentence on the lost records; empty if there are none. */
    String lostIds() {
        List<Integer> ids = trial.lostIds;
        return ids.isEmpty() ? "" : "Event ids of lost records (at most the first 100): " + Words.ranges(ids);
    }

    /** A sentence on the partitions that are not shown; empty if there are none. */
    String leftOut(int shown) {
        if (shown == trial.partitions) return "";
        String which = trial.hasLost() ? "those that lost most records, then those" : "those";
        return "%,d of %,d partitions are shown: %s with the longest pauses. %,d are left out."
                .formatted(shown, trial.partitions, which, trial.partitions - shown);
    }

    /** The claims. If none of them explains the verdict, the trial as a whole is also one: no failure gets lost. */
    List<Claim> cases() {
        var cases = new ArrayList<>(trial.claims);
        if (cases.stream().noneMatch(claim -> claim.verdict().equals(trial.verdict)))
            cases.add(new Claim(trial.verdict, "the trial as a whole", title()));
        return cases;
    }
}
