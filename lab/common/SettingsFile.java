package lab.common;

import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import java.util.regex.Pattern;

/**
 * A file of client properties, read as Kafka's own tools read it: Latin-1, with a backslash and uXXXX for other
 * characters. What no Kafka client would notice is reported: the encoding, and settings that no client knows.
 */
class SettingsFile {
    private SettingsFile() {}

    /** @param file null: no settings */
    static Properties read(Path file) {
        var properties = new Properties();
        if (file == null) return properties;
        try {
            String text = Files.readString(file, StandardCharsets.ISO_8859_1);
            if (text.indexOf(0) >= 0) throw new Failure(2, "%s:1: UTF-16. Save it as UTF-8.", file);
            String byteOrderMark = "\u00ef\u00bb\u00bf"; // of UTF-8, read as Latin-1
            if (text.startsWith(byteOrderMark)) {
                Script.complain("%s:1: the byte order mark at the beginning is ignored.", file);
                text = text.substring(byteOrderMark.length());
            }
            properties.load(new StringReader(text));
            for (Object key : new TreeSet<>(properties.keySet()))
                KnownSettings.check(file + ":" + lineOf((String) key, text), (String) key);
            return properties;
        } catch (IOException | IllegalArgumentException broken) {
            throw new Failure(2, "Cannot read %s: %s", file, Script.oneLine(broken));
        }
    }

    /** The number of the last line that sets the key: that value counts. */
    private static int lineOf(String key, String text) {
        var sets = Pattern.compile("\\s*" + Pattern.quote(key) + "(\\s*[=:].*|\\s.*|)");
        List<String> lines = text.lines().toList();
        for (int i = lines.size(); i > 0; i--)
            if (sets.matcher(lines.get(i - 1)).matches()) return i;
        return 1; // written with escapes
    }
}
