package lab.drill.faults;

import java.util.*;
import java.util.stream.Collectors;
import lab.common.Failure;

/**
 * Nodes that shell commands take down and restore. A child process runs the commands, and remembers what it took down:
 * when its input ends, also after SIGKILL of the drill, it restores that.
 */
public class Commands implements Executor {
    /**
     * Takes lines such as {@code stop kafka-1 1 localhost 9092}. The command for each verb is in a variable, such as
     * {@code COMMAND_stop}. The shell ignores every signal that could end it before it has restored everything; its
     * commands ignore only Ctrl-C, because a JVM that is started with SIGTERM ignored could not be stopped later.
     */
    private static final String LOOP = """
            trap '' INT HUP TERM PIPE
            down=
            cut=
            newline='
            '
            run() {
              eval "command=\\$COMMAND_$1"
              command=$(printf '%s' "$command" |
                sed "s/{fault}/$1/g; s/{name}/$2/g; s/{id}/$3/g; s/{host}/$4/g; s/{port}/$5/g")
              (trap - HUP TERM PIPE; exec sh -c "$command") </dev/null 2>&1
            }
            # A stop that failed may still be in progress, such as docker's, and would follow the start.
            again() {
              case $cut in *" $1 "*) run stop "$@" >/dev/null ;; esac
            }
            echo ready
            while read -r verb node rest; do
              case $verb in
                stop | kill) down="$down""start $node $rest$newline" ;;
                pause) down="$down""resume $node $rest$newline" ;;
                disconnect) down="$down""connect $node $rest$newline" ;;
              esac
              [ "$verb" != start ] || again "$node" $rest
              output=$(run "$verb" "$node" $rest)
              status=$?
              last=$(printf '%s' "$output" | tail -n 1)
              if [ $status -ne 0 ]; then
                [ "$verb" != stop ] || cut="$cut $node "
                echo "error: exit status $status: ${last:-no output}"
                continue
              fi
              case $verb in
                start | resume | connect)
                  down=$(printf '%s' "$down" | grep -v "^[a-z]* $node ")
                  down=$down${down:+$newline} ;;
              esac
              echo "$last"
            done
            printf '%s' "$down" | while read -r verb node rest; do
              echo "  restoring: $verb $node" >&2
              [ "$verb" != start ] || again "$node" $rest
              run "$verb" "$node" $rest >&2 || echo "$node is still down: its command failed." >&2
            done
            """;

    private final String about;
    private final boolean isKnown;
    private final Map<Fault, String> takingDown; // commands with {name}, {id}, {host}, {port} and {fault}
    private final Map<String, String> all = new HashMap<>(); // the same and those that restore, by verb
    private final Child child;

    /** The user's commands. */
    public static Commands of(String stop, String start) throws Exception {
        var takingDown = new EnumMap<Fault, String>(Fault.class);
        var restoring = new EnumMap<Fault, String>(Fault.class);
        for (Fault fault : EnumSet.complementOf(EnumSet.of(Fault.power))) {
            takingDown.put(fault, stop);
            restoring.put(fault, start);
        }
        return new Commands("your cluster, with your commands", false, takingDown, restoring);
    }

    Commands(String about, boolean isKnown, Map<Fault, String> takingDown, Map<Fault, String> restoring)
            throws Exception {
        this.about = about;
        this.isKnown = isKnown;
        this.takingDown = takingDown;
        takingDown.forEach((fault, command) -> all.put(fault.name(), command));
        restoring.forEach((fault, command) -> all.put(fault.restore, command));
        Map<String, String> environment =
                all.entrySet().stream().collect(Collectors.toMap(it -> "COMMAND_" + it.getKey(), Map.Entry::getValue));
        child = new Child(List.of("sh", "-c", LOOP), environment, line -> {});
        if (!"ready".equals(child.answer(10))) throw new Failure(1, "No POSIX shell (sh) starts here.");
    }

    @Override
    public String about() {
        return about;
    }

    @Override
    public boolean isKnown() {
        return isKnown;
    }

    @Override
    public Set<Fault> faults() {
        return takingDown.keySet();
    }

    @Override
    public String shown(String command, Target target) {
        return all.get(command)
                .replace("{fault}", command)
                .replace("{name}", target.name())
                .replace("{id}", target.number())
                .replace("{host}", target.host())
                .replace("{port}", "" + target.port());
    }

    /** Refuses host names with characters that a shell would read. */
    @Override
    public String execute(String command, Target target) throws Exception {
        if (!target.host().matches("[\\w.:-]*"))
            throw new Failure(1, "Broker %d has a strange host name: '%s'.", target.id(), target.host());
        String id = target.number().isEmpty() ? "-" : target.number();
        String host = target.host().isEmpty() ? "-" : target.host();
        try {
            return child.execute("%s %s %s %s %d".formatted(command, target.name(), id, host, target.port()));
        } catch (Failure failed) {
            String why = failed.getMessage().replaceFirst("(?s)^'.*?' failed: ", "");
            throw new Failure(1, "'%s' failed: %s", shown(command, target), why);
        }
    }

    @Override
    public void close() {
        child.close();
    }
}
