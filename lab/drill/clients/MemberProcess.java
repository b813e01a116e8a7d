package lab.drill.clients;

import java.io.IOException;
import java.util.*;
import java.util.concurrent.ConcurrentHashMap;
import lab.common.Connection;
import lab.drill.recording.*;
import lab.history.Flow;

/** A member of the share group, as a process. Its deliveries and answers go to the history. */
public class MemberProcess extends Worker {
    private final Progress progress;
    private final Set<Integer> held = ConcurrentHashMap.newKeySet();
    private final Set<Integer> received = ConcurrentHashMap.newKeySet();
    private final BitSet confirmed = new BitSet(); // guarded by itself
    private volatile int answered;
    private volatile boolean answering;

    public MemberProcess(int number, List<String> command, Recording recording, Progress progress) throws IOException {
        super(number, command, recording);
        this.progress = progress;
        listen();
    }

    /** The command of a member: {@link ShareMember} in a JVM like this one. */
    public static List<String> command(Connection connection, String... arguments) {
        var command = new ArrayList<String>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), ShareMember.class.getName()));
        command.addAll(List.of(arguments));
        command.addAll(connection.arguments());
        return command;
    }

    /** The ids that were delivered to it, and that it has certainly not answered. */
    public Set<Integer> held() {
        return answering ? Set.of() : Set.copyOf(held);
    }

    /** The ids that were delivered to it. */
    public Set<Integer> received() {
        return received;
    }

    /** Whether it has answered all that was delivered to it, as far as its lines are read. */
    public boolean holdsNothing() {
        return held.isEmpty();
    }

    /** Adds the ids of its answers that were confirmed. */
    public void addConfirmed(BitSet ids) {
        synchronized (confirmed) {
            ids.or(confirmed);
        }
    }

    /** How many of its answers were confirmed. */
    public int answered() {
        return answered;
    }

    private void confirm(int id) {
        answered++;
        synchronized (confirmed) {
            confirmed.set(id);
        }
    }

    @Override
    boolean take(String line, double t) {
        if (line.equals("answering")) answering = true;
        String[] words = line.split(" ", 6); // WHAT PARTITION OFFSET ID DELIVERY REASON
        Flow.Kind kind = Arrays.stream(Flow.Kind.values())
                .filter(it -> words.length == 6 && it.toString().equals(words[0]))
                .findFirst()
                .orElse(null);
        if (kind == null) return line.equals("answering");
        int id = Integer.parseInt(words[3]);
        if (id < 1 || id > progress.sent()) return true;
        if (kind == Flow.Kind.DELIVERED) {
            answering = false;
            held.add(id);
            received.add(id);
        } else {
            held.remove(id);
            if (kind != Flow.Kind.REFUSED) confirm(id);
        }
        recording
                .records()
                .shared(
                        kind,
                        t,
                        number,
                        Integer.parseInt(words[1]),
                        id,
                        Long.parseLong(words[2]),
                        kind == Flow.Kind.DELIVERED ? Integer.parseInt(words[4]) : 0,
                        kind == Flow.Kind.REFUSED ? words[5] : null);
        return true;
    }
}
