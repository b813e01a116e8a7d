package lab.secure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Properties;

/** Files with passwords: only their owner can read them. */
class PrivateFile {
    private PrivateFile() {}

    static void write(Path file, String text) throws IOException {
        Files.deleteIfExists(file);
        var owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        Files.writeString(Files.createFile(file, owner), text);
    }

    static void store(Path file, Map<String, String> properties) throws IOException {
        write(file, "");
        var all = new Properties();
        all.putAll(properties);
        try (var output = Files.newOutputStream(file)) {
            all.store(output, null);
        }
    }

    static Properties load(Path file) throws IOException {
        var properties = new Properties();
        try (var input = Files.newInputStream(file)) {
            properties.load(input);
        }
        return properties;
    }
}
