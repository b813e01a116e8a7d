package lab.drill.faults;

import java.util.*;
import java.util.concurrent.TimeUnit;
import lab.common.*;
import org.apache.kafka.common.Node;

/** The containers of docker-compose.yml. */
public class Containers extends Commands {
    private static final String PREFIX = "kafka-deploy-";

    private Containers(Map<Fault, String> takingDown, Map<Fault, String> restoring) throws Exception {
        super("the cluster of docker-compose.yml", true, takingDown, restoring);
    }

    public static Containers open() throws Exception {
        String node = " " + PREFIX + "{name}";
        String network = " " + network() + node;
        return new Containers(
                Map.of(
                        Fault.stop, "docker stop" + node,
                        Fault.kill, "docker kill" + node,
                        Fault.pause, "docker pause" + node,
                        Fault.disconnect, "docker network disconnect" + network),
                Map.of(
                        Fault.stop, "docker start" + node,
                        Fault.pause, "docker unpause" + node,
                        Fault.disconnect, "docker network connect" + network));
    }

    /** Only the controller's container is not called as the node is. */
    private static Target named(Target target) {
        if (!target.isController()) return target;
        return new Target(target.id(), target.number(), "controller-1", target.host(), target.port());
    }

    @Override
    public String shown(String command, Target target) {
        return super.shown(command, named(target));
    }

    /** {@code docker stop} sends SIGTERM and, after 10 s, SIGKILL: the answer names what happened, as the log shows it. */
    @Override
    public String execute(String command, Target target) throws Exception {
        super.execute(command, named(target)); // Docker answers with the container's name
        if (!command.equals("stop")) return "";
        String container = PREFIX + named(target).name();
        String status = docker("inspect", "-f", "{{.State.ExitCode}}", container);
        String log = docker("logs", "--since", docker("inspect", "-f", "{{.State.StartedAt}}", container), container);
        boolean moved = target.isController() || log.contains("has asked us to exit controlled shutdown");
        return target.name() + " stopped"
                + (status.equals("137")
                        ? ": killed, because it did not end within 10 s of SIGTERM"
                        : (moved ? Fault.CONTROLLED : ": without a controlled shutdown") + ", exit status " + status);
    }

    /** Null if each broker's address is the one that its container publishes; otherwise a sentence with the reason. */
    public static String whyNot(Collection<Node> brokers) throws Exception {
        var addresses = brokers.stream().map(it -> it.host() + ":" + it.port()).toList();
        String not = "The brokers at " + String.join(",", addresses) + " are not those of docker-compose.yml";
        String all;
        try {
            all = docker("ps", "-a", "--filter", "name=" + PREFIX, "--format", "{{.Names}}");
        } catch (Failure noDocker) {
            return not + ": " + Script.oneLine(noDocker);
        }
        var containers = new TreeSet<>(List.of(all.split("\\s+")));
        for (Node broker : brokers) {
            boolean here = List.of("localhost", "127.0.0.1").contains(broker.host());
            String container = PREFIX + "kafka-" + broker.id();
            if (!here || !containers.contains(container)) return not + ".";
            String ports = docker("inspect", "-f", "{{json .HostConfig.PortBindings}}", container);
            if (!ports.contains("\"HostPort\":\"" + broker.port() + "\"")) return not + ".";
        }
        for (String container : containers) refuseIfDown(container);
        return null;
    }

    /** What is down before the drill begins, such as by hand, is to be restored first. */
    private static void refuseIfDown(String container) throws Exception {
        if (!container.matches(PREFIX + "(kafka|controller)-\\d+")) return;
        String state = docker("inspect", "-f", "{{.State.Status}} {{len .NetworkSettings.Networks}}", container);
        String fix = state.startsWith("paused")
                ? "docker unpause "
                : !state.startsWith("running")
                        ? "docker start "
                        : state.endsWith(" 0") ? "docker network connect " + network() + " " : null;
        if (fix == null) return;
        String what = state.replace(" 0", ", off its network,").replaceAll(" \\d+", "");
        throw new Failure(1, "%s is %s before the drill begins. Fix: %s%s", container, what, fix, container);
    }

    /** The controller's network, which is never disconnected. Its name begins with that of the compose project. */
    private static String network() throws Exception {
        String names = "{{range $name, $n := .NetworkSettings.Networks}}{{$name}} {{end}}";
        return docker("inspect", "-f", names, PREFIX + "controller-1");
    }

    /** What a docker command prints. */
    private static String docker(String... words) throws Exception {
        var command = new ArrayList<>(List.of("docker"));
        command.addAll(List.of(words));
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (java.io.IOException notInstalled) {
            throw new Failure(1, "docker is not installed.");
        }
        process.outputWriter().close();
        String output = new String(process.getInputStream().readAllBytes()).strip();
        if (!process.waitFor(60, TimeUnit.SECONDS)) process.destroyForcibly();
        if (process.exitValue() == 0) return output;
        String last = output.substring(output.lastIndexOf('\n') + 1);
        throw new Failure(1, "docker %s failed: %s", words[0], last);
    }
}
