package lab.proof.facts;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lab.history.Action;
import lab.history.Audit;
import lab.history.Flow;
import lab.history.Ranges;
import lab.history.RunHistory;
import lab.history.Sharing;
import lab.proof.facts.Account.Kind;

/** What cannot be in the history of a share group: its members, their answers, and its dead letters. */
record QueueContradictions(RunHistory run, Setup setup, Account account, Workers workers, Complaints complaints) {
    void find() {
        List<Sharing.Queue> all = run.all(Sharing.Queue.class);
        complaints.check(all.size() <= 1, "two lines begin the run: Queue");
        List<Flow> flows = run.all(Flow.class).stream()
                .filter(it -> it.kind().compareTo(Flow.Kind.DELIVERED) >= 0)
                .toList();
        if (all.isEmpty()) {
            boolean any = !flows.isEmpty() || !run.all(Sharing.class).isEmpty();
            complaints.check(!any && !setup.isScenario("queue"), "a share group ran, and its beginning is missing");
            boolean pipeline = !run.all(lab.history.Processing.Pipeline.class).isEmpty();
            complaints.check(pipeline || workers.areNone(), "processes were started, and nothing says what for");
            return;
        }
        drained();
        for (Flow flow : flows) flow(flow, all.get(0));
        answers(flows);
        deadLetters(all.get(0));
    }

    private void flow(Flow flow, Sharing.Queue queue) {
        String what = flow.type();
        complaints.check(flow.partition() == 0, "a record was %s in a partition that is not there", what);
        flow.records()
                .forEach((id, offset) ->
                        complaints.check(account.ids().partition(id) >= 0, "a record was %s and never sent", what));
        if (flow.kind() == Flow.Kind.DEAD_LETTER) return;
        int member = flow.consumer();
        complaints.check(
                workers.worked(member, flow.to()), "a record was %s by member %d, which did not run", what, member);
        flow.records().forEach((id, offset) -> {
            boolean there = account.ids().offset(id) == Ranges.UNKNOWN
                    || account.ids().offset(id) == offset
                    || account.of(Kind.IN_LOG_AGAIN).get(id)
                    || account.of(Kind.ELSEWHERE).get(id);
            complaints.check(there, "a record was %s at an offset where it is not", what);
            boolean asked = switch (flow.kind()) {
                case RELEASED -> id == queue.released();
                case REJECTED -> id == queue.rejected();
                case ACCEPTED -> id != queue.released() && id != queue.rejected();
                default -> true;
            };
            complaints.check(asked, "a record was %s, and no member does that with it", what);
        });
    }

    /** A member answers each delivery once, and after it. */
    private void answers(List<Flow> flows) {
        Map<Integer, Map<Integer, Integer>> open = new HashMap<>(); // deliveries without an answer, by member and id
        flows.stream()
                .filter(it -> it.kind() != Flow.Kind.DEAD_LETTER)
                .sorted(Comparator.comparingDouble((Flow it) -> isAnswer(it) ? it.to() : it.t())
                        .thenComparing(QueueContradictions::isAnswer))
                .forEach(flow -> {
                    var mine = open.computeIfAbsent(flow.consumer(), it -> new HashMap<>());
                    flow.records().forEach((id, offset) -> {
                        int left = mine.getOrDefault(id, 0) + (isAnswer(flow) ? -1 : 1);
                        complaints.check(
                                left >= 0, "a record was %s that was not delivered to that member", flow.type());
                        if (left == 0) mine.remove(id);
                        else mine.put(id, left);
                    });
                });
    }

    private static boolean isAnswer(Flow it) {
        return it.kind() != Flow.Kind.DELIVERED;
    }

    /** How far the group was, after the load. */
    private void drained() {
        List<Sharing.Drained> all = run.all(Sharing.Drained.class);
        complaints.check(all.size() <= 1, "the share group was asked for its end twice");
        double loadEnd = run.all(Action.Load.class).stream()
                .filter(it -> it.what().equals("end"))
                .mapToDouble(Action.Load::t)
                .findFirst()
                .orElse(0);
        var log = new long[1];
        for (Audit it : run.all(Audit.class)) log[0] = Math.max(log[0], it.end());
        for (Flow.Kind kind : List.of(Flow.Kind.FOUND, Flow.Kind.DELIVERED))
            for (Flow flow : run.flows(kind))
                flow.records().forEach((id, offset) -> log[0] = Math.max(log[0], offset + 1));
        for (Sharing.Drained it : all) {
            complaints.check(it.t() >= loadEnd, "the share group was asked for its end before the load had ended");
            complaints.check(
                    it.start() <= it.end() && it.end() >= log[0],
                    "the share group was asked for the end of another log");
        }
    }

    private void deadLetters(Sharing.Queue queue) {
        List<Flow> flows = run.flows(Flow.Kind.DEAD_LETTER);
        boolean has = queue.deadLetters() != null && !queue.deadLetters().isBlank();
        boolean read = run.all(Sharing.Drained.class).stream().anyMatch(it -> it.deadTo() >= 0);
        complaints.check(has || flows.isEmpty() && !read, "a share group without dead letters has some");
        var next = new long[1];
        for (Flow flow : flows)
            flow.records().forEach((id, offset) -> {
                complaints.check(offset >= next[0], "the dead letters were not written down in their order");
                next[0] = offset + 1;
            });
        for (Sharing.Drained it : run.all(Sharing.Drained.class))
            complaints.check(
                    it.deadTo() < 0 || it.deadTo() >= next[0] && it.deadEnd() >= next[0],
                    "a dead letter was found where it was not read");
    }
}
