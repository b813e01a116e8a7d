package lab.proof;

import java.io.IOException;
import java.nio.file.Path;
import lab.history.Lines;

/** The good runs of {@link Sample} as histories, for tests of other packages. */
public final class SampleHistories {
    private SampleHistories() {}

    /** Scenario 1, 2 or 3. */
    public static Lines scenario(int number, Path directory) throws IOException {
        Sample sample = number == 1 ? Sample.one() : number == 2 ? Sample.two() : Sample.three();
        return sample.lines(directory);
    }

    public static Lines controllerKilled(Path directory) throws IOException {
        return Sample.controller().lines(directory);
    }

    public static Lines undisturbed(Path directory) throws IOException {
        return Sample.observe().lines(directory);
    }
}
