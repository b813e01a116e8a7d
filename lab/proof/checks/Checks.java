package lab.proof.checks;

import java.util.List;

/** All checks, in the order in which their claims are shown. */
public class Checks {
    private Checks() {}

    public static final List<Check> ALL = List.of(
            new ToTheEnd(),
            new SameTopic(),
            new LogRead(),
            new Undisturbed(),
            new FaultHappened(),
            new AsPlanned(),
            new FlowedBeforeAndAfter(),
            new ConsumersReadOn(),
            // Effects of the fault
            new OneReader(),
            new StandbyTakesOver(),
            new LoadBalanced(),
            new UnavailableWhileDown(),
            new Resumes(),
            new OthersGoOn(),
            new NewLeader(),
            new BriefPause(),
            new ReadsGoOn(),
            new WithoutController(),
            new NoSuccessor(),
            new RefusedBelowMinimum(),
            new AloneInSync(),
            new SilentUntilElected(),
            new WhoLeads(),
            new LosesExactly(),
            new PowerCut(),
            // Fate of the records
            new NoneLost(),
            new AtItsOffset(),
            new OnceInOrder(),
            new FailedNotInLog(),
            new Delivered(),
            new GroupReceived(),
            new NoPhantom(),
            // A pipeline between two topics
            new OutputSeen(),
            new EachInputOnce(),
            new AbortedCopies(),
            new StableOffsetHeld(),
            new RepeatsBatch(),
            new SkipsBatch(),
            // A share group
            new QueueSeen(),
            new QueueNoneLost(),
            new AcceptedOnce(),
            new DeliveriesExplained(),
            new DeadLetters(),
            new LockExpires(),
            // Your limits
            new MaxPause(),
            new MaxLatency());
}
