package lab.report;

import static lab.report.Markup.markup;

import java.util.ArrayList;
import java.util.List;
import lab.report.Trial.Claim;

/** JUnit's format for CI servers: a test suite for each trial, a test case for each claim. */
record JUnit(List<Trial> trials) {
    String text() {
        var suites = new StringBuilder();
        var all = new ArrayList<Claim>();
        var names = new Names(trials);
        names.full().forEach((trial, name) -> {
            suites.append(suite(trial, name));
            all.addAll(new Story(trial).cases());
        });
        double seconds = trials.stream().mapToDouble(it -> it.lengthMs / 1_000).sum();
        return "<?xml version='1.0' encoding='UTF-8'?>\n"
                + markup("<testsuites name='%s' ", names.title())
                + counts(all, seconds)
                + ">\n"
                + suites
                + "</testsuites>\n";
    }

    private static String suite(Trial trial, String name) {
        var story = new Story(trial);
        List<Claim> cases = story.cases();
        double seconds = trial.lengthMs / 1_000;
        String started = trial.about.started().replaceFirst("(?<=^.{19}).*", "");
        var suite = new StringBuilder(markup("<testsuite name='%s' hostname='localhost' skipped='0' ", name));
        if (started.matches("\\d{4}(-\\d\\d){2}T\\d\\d(:\\d\\d){2}")) suite.append("timestamp='" + started + "' ");
        suite.append(counts(cases, seconds) + ">\n<properties>\n");
        for (var row : trial.settings.rows())
            suite.append(markup("<property name='%s' value='%s'/>\n", row.get(0), row.get(1)));
        suite.append("</properties>\n");
        // Many readers show a suite's time as the sum of its cases' times: each case has an equal share of it.
        String share = "%.3f".formatted(seconds / cases.size());
        String className = "failover." + name.replace('.', '_'); // a dot would end the name of a package
        for (Claim claim : cases) {
            suite.append(markup("<testcase classname='%s' name='%s' time='%s'>", className, claim.text(), share));
            suite.append(outcome(claim) + "</testcase>\n");
        }
        suite.append(markup("<system-out>%s\n%s\n%s\n", story.title(), story.numbers(), story.lostIds()));
        return suite.append("</system-out>\n</testsuite>\n").toString();
    }

    private static String outcome(Claim claim) {
        String element = claim.holds() ? "system-out" : claim.verdict().equals("FAIL") ? "failure" : "error";
        String reason = claim.holds() ? "" : markup(" type='%s' message='%s'", claim.verdict(), claim.evidence());
        String text = markup("%s: %s\n%s\n", claim.verdict(), claim.text(), claim.evidence());
        return "<" + element + reason + ">" + text + "</" + element + ">";
    }

    private static String counts(List<Claim> cases, double seconds) {
        long failures = cases.stream().filter(it -> it.verdict().equals("FAIL")).count();
        long errors = cases.stream().filter(claim -> !claim.holds()).count() - failures;
        return "tests='%d' failures='%d' errors='%d' time='%.3f'".formatted(cases.size(), failures, errors, seconds);
    }
}
