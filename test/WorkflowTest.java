package test;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The workflow in docs/your-cluster.md, which users copy: its commands run here. */
class WorkflowTest {
    private static final Pattern YAML = Pattern.compile("(?sm)^```yaml\\n(.*?)^```$");
    /** What a checkout has. Files that the commands write are then not in the repository's directory. */
    private static final List<String> LINKS = List.of("jbang", "lab", "cluster.java", "docker-compose.yml");

    private static final Set<String> KEYS = Set.of("run", "uses", "with", "if", "continue-on-error");

    @TempDir
    Path directory;

    @Test
    @DisplayName("it is valid YAML, every job has a machine, and every step runs something")
    void valid() throws Exception {
        Path file = Files.writeString(directory.resolve("drill.yml"), yaml());
        try (Run lint = Run.command("yamllint", "--strict", file.toString())) {
            lint.expectExit(0);
        }
        JsonObject jobs = workflow(directory).getObject("jobs");
        assertThat(jobs).containsOnlyKeys("containers", "cluster");
        for (Object each : jobs.values()) {
            var job = (JsonObject) each;
            assertThat(job.getString("runs-on")).isEqualTo("ubuntu-latest");
            assertThat(job.getArray("steps").getObject(0).getString("uses")).isEqualTo("actions/checkout@v4");
            for (Object step : job.getArray("steps")) {
                var keys = ((JsonObject) step).keySet();
                assertThat(keys).containsAnyOf("run", "uses").isSubsetOf(KEYS);
                assertThat(((JsonObject) step).getString("if", "always()")).isEqualTo("always()");
            }
        }
    }

    @Test
    @DisplayName(
            "the job for your cluster: what the doctor finds and the drill's Markdown are in the summary, JUnit's XML is there")
    void cluster() throws Exception {
        var environment = Map.of(
                "KAFKA_BOOTSTRAP_SERVERS",
                SharedCluster.servers(),
                "CLIENT_PROPERTIES",
                "client.id=workflow",
                "TOPIC",
                SharedCluster.topic("2p-rf2"),
                "TIME",
                "2s");
        Job job = run("cluster", directory, environment);
        assertThat(job.failed).isFalse();
        assertThat(job.summary)
                .startsWith("```\n")
                .contains("If broker 1 ", environment.get("TOPIC"))
                .contains("PASS");
        assertThat(job.junit).contains("<testsuites ", " failures='0' errors='0'");
    }

    /** What a job leaves behind. */
    record Job(boolean failed, String summary, String junit) {}

    /** Runs the commands of a job as GitHub does: each in a shell of its own, after a failure only those with always(). */
    static Job run(String name, Path directory, Map<String, String> environment) throws Exception {
        for (String link : LINKS) Files.createSymbolicLink(directory.resolve(link), Run.ROOT.resolve(link));
        Path summary = Files.createFile(directory.resolve("summary.md"));
        boolean failed = false;
        for (Object each : workflow(directory).getObject("jobs").getObject(name).getArray("steps")) {
            var step = (JsonObject) each;
            if (!step.has("run") || failed && !step.has("if")) continue;
            Path script = Files.writeString(directory.resolve("step.sh"), step.getString("run"));
            var surroundings = Run.here().in(directory).with("GITHUB_STEP_SUMMARY", summary);
            environment.forEach(surroundings::with);
            try (Run run =
                    surroundings.command("bash", "--noprofile", "--norc", "-eo", "pipefail", script.toString())) {
                int status = run.awaitExit(Duration.ofMinutes(6));
                assertThat(status).as(run.toString()).isBetween(0, 1);
                failed |= status == 1 && !step.getBoolean("continue-on-error");
            }
        }
        for (String link : LINKS) Files.delete(directory.resolve(link)); // JUnit warns of each
        return new Job(failed, Files.readString(summary), Files.readString(directory.resolve("drill.xml")));
    }

    private static String yaml() throws Exception {
        var block = YAML.matcher(Files.readString(Run.ROOT.resolve("docs/your-cluster.md")));
        assertThat(block.find()).isTrue();
        return block.group(1);
    }

    private static JsonObject workflow(Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("workflow.yml"), yaml());
        String toJson = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))";
        try (Run parser = Run.command("/usr/bin/python3", "-c", toJson, file.toString())) {
            parser.expectExit(0);
            return JsonParser.object().from(String.join("", parser.out()));
        }
    }
}
