///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Runs the tests: all of them, or those whose class has one of the arguments in its name
//JAVA 17+
//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS org.junit.platform:junit-platform-launcher:6.1.3
//DEPS org.assertj:assertj-core:3.27.7
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS org.slf4j:slf4j-nop:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.grack:nanojson:1.10
//MAIN test.suite
//SOURCES Run.java
//SOURCES Screen.java
//SOURCES SharedCluster.java
//SOURCES ClassArchives.java
//SOURCES GroupMember.java
//SOURCES RunTest.java
//SOURCES House.java
//SOURCES LimitsTest.java
//SOURCES WrapperTest.java
//SOURCES ScriptsTest.java
//SOURCES ../lab/report.java
//SOURCES ../lab/drill.java
//SOURCES lab/history/Lines.java
//SOURCES lab/proof/Sample.java
//SOURCES lab/proof/SampleHistories.java
//SOURCES lab/history/HistoryFileTest.java
//SOURCES lab/proof/DamageTest.java
//SOURCES lab/proof/ForgeryTest.java
//SOURCES lab/proof/HistoriesTest.java
//SOURCES lab/proof/ChecksPageTest.java
//SOURCES lab/proof/facts/AccountTest.java
//SOURCES ChecksPage.java
//SOURCES lab/report/MadeUp.java
//SOURCES lab/report/ReportTest.java
//SOURCES lab/report/HistoryTest.java
//SOURCES ../lab/cut.java
//SOURCES lab/cut/CutTest.java
//SOURCES ClusterTest.java
//SOURCES ../lab/secure.java
//SOURCES lab/secure/SecureTest.java
//SOURCES TopicsTest.java
//SOURCES ../lab/doctor.java
//SOURCES lab/prediction/PredictionTest.java
//SOURCES lab/common/ScriptTest.java
//SOURCES lab/common/DiagnosisTest.java
//SOURCES lab/common/SettingsFileTest.java
//SOURCES lab/common/SecureDiagnosisTest.java
//SOURCES lab/doctor/RemediesTest.java
//SOURCES lab/doctor/DoctorTest.java
//SOURCES lab/doctor/Nodes.java
//SOURCES lab/doctor/Tries.java
//SOURCES lab/doctor/Said.java
//SOURCES lab/doctor/Shell.java
//SOURCES lab/doctor/Keepers.java
//SOURCES lab/doctor/OldBrokersTest.java
//SOURCES lab/doctor/GroupReaderTest.java
//SOURCES lab/doctor/QuestionsTest.java
//SOURCES lab/doctor/RemedyTest.java
//SOURCES lab/doctor/ControllersTest.java
//SOURCES lab/doctor/ShapesTest.java
//SOURCES lab/doctor/ReachTest.java
//SOURCES lab/doctor/DirectoriesTest.java
//SOURCES lab/doctor/HiddenTransactionsTest.java
//SOURCES ProducerTest.java
//SOURCES ConsumerTest.java
//SOURCES QueueTest.java
//SOURCES ../lab/pipeline.java
//SOURCES lab/pipeline/PipelineTest.java
//SOURCES Browser.java
//SOURCES ../lab/live.java
//SOURCES lab/live/LagTest.java
//SOURCES lab/live/GroupTest.java
//SOURCES lab/live/LiveTest.java
//SOURCES PeersTest.java
//SOURCES FailoverTest.java
//SOURCES ../lab/drill.java
//SOURCES lab/drill/faults/CommandsTest.java
//SOURCES lab/drill/clients/RecordIdTest.java
//SOURCES lab/drill/clients/MemberProcessTest.java
//SOURCES lab/drill/scenarios/StepsConverterTest.java
//SOURCES lab/drill/observer/NodeWatchTest.java
//SOURCES lab/drill/recording/TimelineTest.java
//SOURCES lab/drill/DrillTest.java
//SOURCES lab/drill/ExactlyOnceTest.java
//SOURCES lab/drill/SharedQueueTest.java
//SOURCES WorkflowTest.java
//SOURCES ReadmeTest.java
//SOURCES Docker.java
//SOURCES DockerTest.java

package test;

import static org.junit.platform.commons.support.AnnotationSupport.isAnnotated;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectUniqueId;

import org.junit.jupiter.api.MethodOrderer;
import org.junit.platform.commons.annotation.Testable;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.discovery.UniqueIdSelector;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * {@code ./jbang test/suite.java [CLASS | CLASS#METHOD]...}. A new test class is a file beside this one, or for a room
 * of the lab in {@code lab/ROOM'S FOLDER} below it, named above in a {@code //SOURCES} line.
 *
 * <p>All tests together: those of {@link #BESIDE} run in a second process, in a network namespace
 * of Linux. The clusters of both processes can then use the same ports. Where that is not possible,
 * such as on macOS or without the right, all tests run one after another.
 */
class suite {
    /** The test classes, in the order in which they run: those of the {@code //SOURCES} lines above. */
    private static final List<Class<?>> TESTS = tests();

    /** Mostly waiting, and without need of another network than 127.0.0.1: these run beside the others. */
    private static final List<Class<?>> BESIDE = List.of(
            FailoverTest.class,
            lab.drill.DrillTest.class,
            QueueTest.class,
            ConsumerTest.class,
            lab.live.LiveTest.class,
            lab.pipeline.PipelineTest.class,
            lab.secure.SecureTest.class,
            lab.drill.ExactlyOnceTest.class,
            lab.drill.SharedQueueTest.class,
            lab.doctor.ControllersTest.class,
            lab.doctor.ShapesTest.class,
            lab.doctor.ReachTest.class,
            lab.doctor.DirectoriesTest.class);

    /** Methods with an {@code @Order} run in that order. */
    private static final String ORDER = MethodOrderer.OrderAnnotation.class.getName();

    public static void main(String... names) {
        var selected = select(names);
        ClassArchives.use();
        var report = new Report(Boolean.parseBoolean(System.getenv("CI")));
        if (names.length > 0 || !namespacesWork()) {
            run(selected, List.of(names), report, Boolean.getBoolean("beside") ? suite::awaitEndOfInput : () -> {});
        } else {
            Set<String> directories = directoriesOfClusters();
            // Before anything else: a namespace has no network for downloads, and JBang builds one script at a time.
            Run.build(scripts());
            Run.build("test/tool.java");
            ClassArchives.write();
            selected.removeAll(BESIDE);
            try (Run beside = startBeside()) {
                run(selected, List.of(), report, () -> {
                    beside.endInput();
                    beside.awaitExit(Duration.ofMinutes(60));
                });
                report.add(beside.out(), beside.err());
            }
            Run.endAll();
            report.leftBehind(directoriesOfClusters(), directories);
        }
        System.exit(report.end() ? 0 : 1);
    }

    private static List<Class<?>> tests() {
        try (Stream<String> lines = Files.lines(Run.ROOT.resolve("test/suite.java"))) {
            return lines.filter(line -> line.matches("//SOURCES (lab/.*/)?\\w+Test\\.java"))
                    .map(line -> line.replace("//SOURCES ", "").replace(".java", ""))
                    .<Class<?>>map(name -> classOf(name.contains("/") ? name.replace('/', '.') : "test." + name))
                    .toList();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static Class<?> classOf(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException notThere) {
            throw new IllegalStateException(name + ": the package is not the folder", notThere);
        }
    }

    /** @param untilAlone waits until nothing else runs here: a second run is to show what a quiet machine shows */
    static void run(Set<Class<?>> tests, List<String> names, Report report, Runnable untilAlone) {
        PostDiscoveryFilter named = test -> FilterResult.includedIf(isWanted(test, names));
        var classes = tests.stream().map(test -> selectClass(test)).toList();
        execute(request().selectors(classes).filters(named), report);
        untilAlone.run();
        var again = report.worthAnotherRun();
        if (!again.isEmpty()) execute(request().selectors(again), report);
    }

    private static LauncherDiscoveryRequestBuilder request() {
        return LauncherDiscoveryRequestBuilder.request()
                .configurationParameter("junit.jupiter.testmethod.order.default", ORDER)
                .configurationParameter("junit.jupiter.execution.timeout.default", "30 m");
    }

    private static void execute(LauncherDiscoveryRequestBuilder request, Report report) {
        LauncherFactory.create().execute(request.build(), report);
    }

    /** Those that cluster.java has made in the temporary directory. It removes each when it ends, however it ends. */
    private static Set<String> directoriesOfClusters() {
        String[] names = new File(System.getProperty("java.io.tmpdir"))
                .list((directory, name) -> name.startsWith("kafka-cluster-"));
        return new TreeSet<>(List.of(Objects.requireNonNull(names)));
    }

    private static boolean namespacesWork() {
        try {
            var probe = new ProcessBuilder("unshare", "-n", "ip", "link", "set", "lo", "up").redirectErrorStream(true);
            return probe.start().waitFor() == 0;
        } catch (IOException | InterruptedException notHere) {
            return false;
        }
    }

    /** All scripts, and the entries of the lab. */
    private static String[] scripts() {
        var house = new House(Run.ROOT);
        return Stream.concat(house.top().stream(), house.entries().stream()).toArray(String[]::new);
    }

    /** The process that started this one ends its input when it has run its own tests. */
    private static void awaitEndOfInput() {
        try {
            System.in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        }
    }

    /** The same program in a namespace with a loopback interface of its own, with the tests of {@link #BESIDE}. */
    private static Run startBeside() {
        var command = new ArrayList<>(List.of("unshare", "-n", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh"));
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(List.of("-Dbeside=true", "-cp", System.getProperty("java.class.path"), suite.class.getName()));
        BESIDE.forEach(test -> command.add(test.getSimpleName()));
        return Run.command(command.toArray(String[]::new));
    }

    /** All tests, or those with one of the names in theirs. */
    private static Set<Class<?>> select(String... names) {
        var selected = new LinkedHashSet<>(names.length == 0 ? TESTS : List.<Class<?>>of());
        for (String name : names) {
            var called = TESTS.stream()
                    .filter(test -> isCalled(test.getSimpleName(), beforeHash(name)))
                    .toList();
            if (called.isEmpty()) refuse("No test class is called '%s'. There are: %s", beforeHash(name), names(TESTS));
            Set<String> methods = methods(called);
            String method = name.replaceFirst("^[^#]*#?", "");
            if (!method.isEmpty() && !methods.contains(method))
                refuse("%s has no test '%s'. There are: %s", names(called), method, String.join(", ", methods));
            selected.addAll(called);
        }
        return selected;
    }

    private static void refuse(String format, Object... values) {
        System.err.printf(format + "%n", values);
        System.exit(2);
    }

    /** The names of all tests in these classes, also in classes within them. */
    private static Set<String> methods(List<Class<?>> classes) {
        return classes.stream()
                .flatMap(test -> Stream.concat(Stream.of(test), Stream.of(test.getDeclaredClasses())))
                .flatMap(test -> Stream.of(test.getDeclaredMethods()))
                .filter(method -> isAnnotated(method, Testable.class))
                .map(Method::getName)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean isCalled(String test, String name) {
        return test.toLowerCase(Locale.ROOT).contains(name.toLowerCase(Locale.ROOT));
    }

    /** The class of CLASS#METHOD. */
    private static String beforeHash(String name) {
        return name.replaceFirst("#.*", "");
    }

    /** Whether a test was asked for: without names all are, also those of classes within a class. */
    private static boolean isWanted(TestDescriptor test, List<String> names) {
        if (!(test.getSource().orElse(null) instanceof MethodSource method)) return true;
        return names.isEmpty()
                || names.stream()
                        .filter(name -> isCalled(method.getClassName(), beforeHash(name)))
                        .anyMatch(name -> !name.contains("#") || name.endsWith("#" + method.getMethodName()));
    }

    private static String names(List<Class<?>> tests) {
        return tests.stream().map(Class::getSimpleName).collect(Collectors.joining(", "));
    }

    /**
     * Prints a line for each test when it has ended, under its class; at the end what failed, and
     * the count.
     */
    static class Report implements TestExecutionListener {
        /** A skipped test has failed: where all must run, none is left out unnoticed. */
        private final boolean strict;

        /** More failures than this are no chance: none of them is run again. */
        private static final int CHANCES = 3;

        private final Map<TestIdentifier, Long> started = new ConcurrentHashMap<>();
        private final Map<UniqueId, String> failures = new LinkedHashMap<>();
        private final List<String> failedFirst = new ArrayList<>();
        private TestPlan plan;
        private int passed;
        private int failed;
        private int skipped;

        Report(boolean strict) {
            this.strict = strict;
        }

        @Override
        public void testPlanExecutionStarted(TestPlan plan) {
            this.plan = plan;
        }

        @Override
        public void executionStarted(TestIdentifier test) {
            started.put(test, System.nanoTime());
            if (isClass(test)) {
                System.out.printf("%s%n", test.getDisplayName());
            }
        }

        @Override
        public void executionSkipped(TestIdentifier test, String reason) {
            if (isClass(test)) {
                System.out.printf("%s%n", test.getDisplayName());
            }
            skip(test, reason);
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            var reason = result.getThrowable();
            switch (result.getStatus()) {
                case SUCCESSFUL -> {
                    if (test.isTest()) {
                        passed++;
                        line("ok", test, "");
                    }
                    String before = failures.remove(test.getUniqueIdObject());
                    if (before == null) return;
                    failed--;
                    failedFirst.add(before);
                }
                case ABORTED -> skip(test, reason.map(Throwable::getMessage).orElse("no reason given"));
                case FAILED -> fail(test, reason.map(Report::inShort).orElse("no reason given"));
            }
        }

        /**
         * With CI=true up to three failed tests run once more, when those of both processes have ended: real clusters on a
         * busy machine of two cores can be late. What passes only then is printed at the end with its first failure.
         */
        List<UniqueIdSelector> worthAnotherRun() {
            if (!strict || failures.size() > CHANCES) return List.of();
            return failures.keySet().stream().map(id -> selectUniqueId(id)).toList();
        }

        /**
         * Prints the failures and, as the last line, the count; false if something failed or
         * nothing ran.
         */
        boolean end() {
            failedFirst.forEach(failure -> System.out.printf("%nPASSED ONLY IN A SECOND RUN; first: %s%n", failure));
            failures.values().forEach(failure -> System.out.printf("%n%s%n", failure));
            System.out.printf("%n%d passed, %d failed", passed, failed);
            System.out.printf(skipped > 0 ? ", %d skipped%n" : "%n", skipped);
            return failed == 0 && passed > 0;
        }

        /** Adds what another process has printed with {@link #end}. Without a count at its end, that is a failure. */
        void add(List<String> out, List<String> err) {
            var count = Pattern.compile("(\\d+) passed, (\\d+) failed(?:, (\\d+) skipped)?")
                    .matcher(out.isEmpty() ? "" : out.get(out.size() - 1));
            boolean ended = count.matches();
            out.subList(0, out.size() - (ended ? 1 : 0)).forEach(System.out::println);
            if (ended) {
                passed += Integer.parseInt(count.group(1));
                failed += Integer.parseInt(count.group(2));
                skipped += count.group(3) == null ? 0 : Integer.parseInt(count.group(3));
            } else {
                failWithoutTest("the tests beside did not end with a count\n" + String.join("\n", err));
            }
        }

        /** What is there now, and was not before, is a failure. */
        void leftBehind(Set<String> now, Set<String> before) {
            now.removeAll(before);
            if (now.isEmpty()) return;
            failWithoutTest("left behind in the temporary directory: " + String.join(", ", now));
        }

        private void failWithoutTest(String reason) {
            failed++;
            failures.put(UniqueId.root("suite", reason), "FAIL " + reason);
        }

        /** Skips a test, or all the tests of a class. */
        private void skip(TestIdentifier part, String reason) {
            var tests = new ArrayList<>(plan.getDescendants(part));
            tests.removeIf(below -> !below.isTest());
            if (tests.isEmpty()) {
                tests.add(part);
            }
            for (TestIdentifier test : tests) {
                if (strict) {
                    fail(test, "skipped, and with CI=true all tests must run: " + reason);
                } else {
                    skipped++;
                    line("skipped", test, ": " + reason);
                }
            }
        }

        private void fail(TestIdentifier test, String reason) {
            String text = "FAIL " + className(test) + name(test) + "\n"
                    + reason.indent(5).stripTrailing();
            if (!failures.containsKey(test.getUniqueIdObject())) failed++;
            failures.merge(test.getUniqueIdObject(), text, (first, second) -> first + "\n\nagain: " + second);
            line("FAIL", test, "");
        }

        private void line(String verdict, TestIdentifier test, String remark) {
            long start = started.getOrDefault(test, System.nanoTime());
            double seconds = (System.nanoTime() - start) / 1e9;
            System.out.printf(Locale.ROOT, "  %-7s %6.1f s  %s%s%n", verdict, seconds, name(test), remark);
        }

        /** What the test is called; before a case of a parameterized test the name of that. */
        private String name(TestIdentifier test) {
            var parent = plan.getParent(test).filter(above -> !isClass(above) && !isClass(test));
            return parent.map(above -> name(above) + " ").orElse("") + test.getDisplayName();
        }

        private String className(TestIdentifier test) {
            var parent = plan.getParent(test).filter(above -> !isClass(test));
            return parent.map(above -> isClass(above) ? above.getDisplayName() + ": " : className(above))
                    .orElse("");
        }

        private static boolean isClass(TestIdentifier part) {
            return part.getSource()
                    .filter(source -> source instanceof ClassSource)
                    .isPresent();
        }

        /** The message, and where in the tests it happened. */
        private static String inShort(Throwable failure) {
            String message = failure instanceof AssertionError ? failure.getMessage() : failure.toString();
            String where = Arrays.stream(failure.getStackTrace())
                    .filter(Report::isOurs)
                    .map(frame -> "at " + frame.getFileName() + ":" + frame.getLineNumber())
                    .collect(Collectors.joining(", "));
            return String.valueOf(message).strip() + "\n" + where;
        }

        private static boolean isOurs(StackTraceElement frame) {
            String name = frame.getClassName();
            return (name.startsWith("test.") || name.startsWith("lab.")) && !name.startsWith("test.suite");
        }
    }
}
