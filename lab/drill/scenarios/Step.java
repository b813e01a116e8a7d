package lab.drill.scenarios;

/** One thing that is done, or waited for, while records flow. */
public interface Step {
    void take(Actions run) throws Exception;
}
