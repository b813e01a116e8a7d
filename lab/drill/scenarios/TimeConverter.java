package lab.drill.scenarios;

import java.time.Duration;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a time such as 500ms, 10s or 2m, at most an hour; a number alone is seconds. */
public class TimeConverter implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
        var parts = Pattern.compile("(\\d{1,9}(?:\\.\\d+)?)(ms|s|m|h|)").matcher(text);
        if (!parts.matches())
            throw new TypeConversionException("takes a time such as 500ms, 10s or 2m, not '" + text + "'");
        double unit = switch (parts.group(2)) {
            case "ms" -> 1;
            case "m" -> 60_000;
            case "h" -> 3_600_000;
            default -> 1_000;
        };
        double ms = Double.parseDouble(parts.group(1)) * unit;
        if (ms > 3_600_000) throw new TypeConversionException("takes at most an hour, not '" + text + "'");
        return Duration.ofMillis((long) ms);
    }
}
