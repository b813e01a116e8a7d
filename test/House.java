package test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.*;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The project's Java files, and the limits that keep them readable: sizes, what is listed, who imports whom, nothing
 * twice. Each limit reads files and returns its complaints, one line each.
 */
final class House {
    /** Each script of the top level with the number of lines that it may have: its goal and a tenth. */
    private static final Map<String, Integer> SCRIPTS = Map.of(
            "producer.java", 275,
            "consumer.java", 286,
            "topics.java", 286,
            "queue.java", 264,
            "cluster.java", 605,
            "failover.java", 1100);

    /** The scripts that end with the same lines. */
    private static final List<String> WITH_TAIL =
            List.of("producer.java", "consumer.java", "queue.java", "topics.java");

    private static final int TAIL_LINES = 55;
    private static final int ROOM_LINES = 300;
    private static final int LINES_IN_A_ROW = 6;

    /** The folders of the lab that the rooms of each folder may use besides their own. */
    private static final Map<String, Set<String>> IMPORTS = Map.ofEntries(
            Map.entry("common", Set.of()),
            Map.entry("history", Set.of("common")),
            Map.entry("prediction", Set.of()),
            Map.entry("proof", Set.of("history", "prediction", "common")),
            Map.entry("drill", Set.of("history", "proof", "common")),
            Map.entry("pipeline", Set.of("common")),
            Map.entry("doctor", Set.of("prediction", "common")),
            Map.entry("report", Set.of("history", "proof", "common")),
            Map.entry("live", Set.of("common")),
            Map.entry("secure", Set.of()),
            Map.entry("cut", Set.of()));

    /** Packages that may not know certain others, though {@link #IMPORTS} allows it. */
    private static final Map<String, Pattern> STRICTER = Map.of(
            "drill.faults", Pattern.compile("drill\\.scenarios.*"),
            "drill.clients", Pattern.compile("drill(?!\\.recording).*|prediction.*|proof.*"),
            "drill.recording", Pattern.compile("drill.*|prediction.*|proof.*"));

    private static final String SHEBANG = "///usr/bin/env jbang \"$0\" \"$@\" ; exit $?";
    private static final Pattern PART = Pattern.compile("(?m)^//(SOURCES|FILES)\\s+(.*)$");
    private static final Pattern LISTED =
            Pattern.compile("//SOURCES [^ =*,;]+[.]java // \\S.*|//FILES ([^ =*,;]+)=([^ =*,;]+)( // \\S.*)?");
    private static final Pattern PINNED = Pattern.compile("[\\w.-]+:[\\w.-]+:\\d[\\w.-]*");
    private static final Pattern TOP_LEVEL = Pattern.compile(
            "(?m)^(?:(?:public|final|abstract|sealed|non-sealed|strictfp) )*(?:class|interface|enum|record|@interface) (\\w+)");

    /** Lines that may stand anywhere: they carry no thought. */
    private static final Pattern THIN = Pattern.compile("|[\\W_]+|(import|package) .*|(//|/?\\*).*|@(Override|Test)");

    /** What must hold, and what checks it. */
    static final Map<String, Function<House, List<String>>> LIMITS = limits();

    private final Path root;

    /** A directory that contains the scripts, {@code lab}, {@code test} and {@code bench}. */
    House(Path root) {
        this.root = root;
    }

    private static Map<String, Function<House, List<String>>> limits() {
        var limits = new LinkedHashMap<String, Function<House, List<String>>>();
        limits.put("the guide's scripts are short, and stand alone", House::scripts);
        limits.put("the scripts on a cluster end with the same lines", House::tail);
        limits.put("an entry of the lab is a table of contents", House::contents);
        limits.put("an entry lists its rooms", House::lists);
        limits.put("a room has one class and can be read at once", House::rooms);
        limits.put("the data goes one way", House::imports);
        limits.put("no six lines in a row stand in two files", House::twice);
        limits.put("all dependencies are pinned", House::pins);
        limits.put("what has a command line can be executed", House::executable);
        return limits;
    }

    private List<String> scripts() {
        var complaints = new ArrayList<String>();
        for (String script : top()) {
            String text = text(script);
            int limit = SCRIPTS.getOrDefault(script, 0);
            long lines = text.lines().count();
            if (limit == 0) complaints.add(script + ": not one of the guide's scripts; its place is lab/");
            else if (lines > limit) complaints.add("%s: %d lines, at most %d".formatted(script, lines, limit));
            if (PART.matcher(text).find())
                complaints.add(script + ": has //SOURCES or //FILES and cannot be copied alone");
        }
        for (String script : new TreeSet<>(SCRIPTS.keySet()))
            if (!top().contains(script)) complaints.add(script + ": is not there");
        return complaints;
    }

    private List<String> tail() {
        var complaints = new ArrayList<String>();
        String tail = commonTail();
        long lines = tail.lines().count();
        if (lines == 0) complaints.add("producer.java: no line '    // ---- ...' at which a common tail begins");
        if (lines > TAIL_LINES) complaints.add("the common tail has %d lines, at most %d".formatted(lines, TAIL_LINES));
        for (String script : WITH_TAIL)
            if (!text(script).endsWith(tail))
                complaints.add(script + ": another tail than producer.java's, " + first(script, tail));
        return complaints;
    }

    /** What follows the last headline in producer.java. */
    private String commonTail() {
        String text = text("producer.java");
        int start = text.lastIndexOf("\n    // ---- ");
        return start < 0 ? "" : text.substring(start + 1);
    }

    /** The last line that a script has and the tail has not. */
    private String first(String script, String tail) {
        List<String> ours = text(script).lines().toList();
        List<String> theirs = tail.lines().toList();
        int same = 0;
        while (same < Math.min(ours.size(), theirs.size())
                && ours.get(ours.size() - 1 - same).equals(theirs.get(theirs.size() - 1 - same))) same++;
        int at = ours.size() - same;
        return "in line %d: %s".formatted(at, at == 0 ? "" : ours.get(at - 1).strip());
    }

    private List<String> contents() {
        var complaints = new ArrayList<String>();
        for (String entry : entries()) {
            String name = Path.of(entry).getFileName().toString().replace(".java", "");
            String text = text(entry);
            if (!text.replaceAll("(?s)/\\*.*?\\*/", "")
                    .lines()
                    .allMatch(line -> line.isBlank() || line.startsWith("//")))
                complaints.add(entry + ": has Java; an entry has only directives and a comment");
            String start = "//MAIN lab." + name + ".";
            if (text.lines().noneMatch(line -> line.startsWith(start)))
                complaints.add(entry + ": no line " + start + "...");
            if (text.lines().noneMatch(line -> line.equals("//JAVA 17+")))
                complaints.add(entry + ": no line //JAVA 17+");
            PART.matcher(text)
                    .results()
                    .map(MatchResult::group)
                    .filter(line -> !LISTED.matcher(line).matches())
                    .limit(3)
                    .forEach(line -> complaints.add(entry + ": not one file, or no comment behind it: " + line));
        }
        return complaints;
    }

    private List<String> lists() {
        var complaints = new ArrayList<String>();
        var listedAnywhere = new TreeSet<String>();
        for (String entry : entries()) {
            String folder = entry.replace(".java", "/");
            var listed = new ArrayList<String>();
            for (MatchResult part : PART.matcher(text(entry)).results().toList()) {
                String[] words = part.group(2).strip().split("\\s+//")[0].split("=");
                String file = "lab/" + words[words.length - 1];
                if (!Files.isRegularFile(root.resolve(file))) complaints.add(entry + ": there is no " + file);
                if (listed.contains(file)) complaints.add(entry + ": twice " + file);
                if (part.group(1).equals("FILES") && !words[0].equals(file))
                    complaints.add(entry + ": its name at run time must be " + file + ": " + part.group());
                listed.add(file);
            }
            files(folder)
                    .filter(file -> !listed.contains(file))
                    .forEach(file -> complaints.add(entry + ": does not list " + file));
            listed.stream()
                    .filter(file -> !file.startsWith(folder) && file.endsWith(".java"))
                    .filter(file -> listed.stream().noneMatch(other -> !other.equals(file) && uses(other, file)))
                    .forEach(file -> complaints.add(entry + ": lists " + file + ", which no other room uses"));
            listedAnywhere.addAll(listed);
        }
        files("lab/")
                .filter(file -> !listedAnywhere.contains(file) && !entries().contains(file))
                .forEach(file -> complaints.add("no entry lists " + file));
        return complaints;
    }

    /** Whether a room names the class of another one. */
    private boolean uses(String room, String other) {
        String name = Path.of(other).getFileName().toString().replace(".java", "");
        return Pattern.compile("\\b" + name + "\\b").matcher(text(room)).find();
    }

    private List<String> rooms() {
        var complaints = new ArrayList<String>();
        for (String room : rooms("lab/")) {
            String text = text(room);
            Path file = Path.of(room);
            long lines = text.lines().count();
            if (lines > ROOM_LINES) complaints.add("%s: %d lines, at most %d".formatted(room, lines, ROOM_LINES));
            String expected = "package " + file.getParent().toString().replace('/', '.') + ";";
            if (text.lines().noneMatch(expected::equals)) complaints.add(room + ": no line '" + expected + "'");
            List<String> classes =
                    TOP_LEVEL.matcher(text).results().map(it -> it.group(1)).toList();
            String name = file.getFileName().toString().replace(".java", "");
            if (!classes.equals(List.of(name)))
                complaints.add(room + ": top-level classes " + classes + ", expected " + name);
            if (Pattern.compile("(?m)^//[A-Z_]{3,} ").matcher(text).find())
                complaints.add(room + ": has a directive; those of a program stand in its entry");
        }
        return complaints;
    }

    private List<String> imports() {
        var complaints = new ArrayList<String>();
        for (String room : rooms("lab/")) {
            String own = packageOf(room);
            if (!IMPORTS.containsKey(folder(own)))
                complaints.add(room + ": what it may import is not known; see IMPORTS in test/House.java");
            String code = text(room).replaceAll("(?s:/\\*.*?\\*/)|//[^\n]*|(?m:^package .*$)", "");
            Pattern.compile("\\blab((?:\\.[a-z]\\w*)+)\\.[A-Z*]")
                    .matcher(code)
                    .results()
                    .map(it -> it.group(1).substring(1))
                    .filter(other -> !mayKnow(own, other))
                    .distinct()
                    .forEach(other -> complaints.add("%s: lab.%s may not know lab.%s".formatted(room, own, other)));
            Pattern.compile("(?m)^import static (lab\\.\\w+\\.\\w+)\\.")
                    .matcher(code)
                    .results()
                    .filter(it ->
                            entries().stream().anyMatch(entry -> text(entry).contains("//MAIN " + it.group(1) + "\n")))
                    .forEach(it -> complaints.add(room + ": import static of a main class, " + it.group(1)));
        }
        return complaints;
    }

    private static boolean mayKnow(String own, String other) {
        if (own.equals(other)) return true;
        if (STRICTER.containsKey(own) && STRICTER.get(own).matcher(other).matches()) return false;
        return folder(own).equals(folder(other))
                || IMPORTS.getOrDefault(folder(own), Set.of()).contains(folder(other));
    }

    private static String folder(String ofPackage) {
        return ofPackage.split("\\.")[0];
    }

    private static String packageOf(String room) {
        return Path.of("lab").relativize(Path.of(room).getParent()).toString().replace('/', '.');
    }

    private List<String> twice() {
        var places = new LinkedHashMap<String, Map<String, Integer>>();
        String tail = commonTail();
        for (String file : Stream.concat(
                        top().stream(), Stream.of("lab/", "test/", "bench/").flatMap(it -> rooms(it).stream()))
                .toList()) {
            String text = text(file);
            List<String> lines = text.lines().toList();
            if (!tail.isEmpty() && text.endsWith(tail))
                lines = lines.subList(0, lines.size() - (int) tail.lines().count());
            var thick = new ArrayList<String>();
            var numbers = new ArrayList<Integer>();
            for (int i = 0; i < lines.size(); i++) {
                if (THIN.matcher(lines.get(i).strip()).matches()) continue;
                thick.add(lines.get(i).strip());
                numbers.add(i + 1);
            }
            for (int i = 0; i + LINES_IN_A_ROW <= thick.size(); i++)
                places.computeIfAbsent(
                                String.join("\n", thick.subList(i, i + LINES_IN_A_ROW)), it -> new LinkedHashMap<>())
                        .putIfAbsent(file, numbers.get(i));
        }
        var complaints = new LinkedHashMap<Set<String>, String>(); // one for each set of files
        for (Map<String, Integer> place : places.values())
            if (place.size() > 1)
                complaints.putIfAbsent(
                        place.keySet(),
                        place.entrySet().stream()
                                .map(it -> it.getKey() + ":" + it.getValue())
                                .collect(Collectors.joining(" and ", LINES_IN_A_ROW + " lines from ", "")));
        return List.copyOf(complaints.values());
    }

    private List<String> pins() {
        var complaints = new ArrayList<String>();
        for (String file : all())
            text(file)
                    .lines()
                    .filter(line -> line.startsWith("//DEPS"))
                    .filter(line ->
                            !PINNED.matcher(line.replaceFirst("//DEPS ", "")).matches())
                    .forEach(line -> complaints.add(file + ": not pinned, as in //DEPS group:artifact:1.2.3: " + line));
        return complaints;
    }

    private List<String> executable() {
        var complaints = new ArrayList<String>();
        for (String file : all()) {
            boolean starts = text(file).startsWith(SHEBANG + "\n");
            boolean expected = top().contains(file)
                    || entries().contains(file)
                    || text(file).contains("\n//DEPS ");
            if (expected && !starts) complaints.add(file + ": its first line is not " + SHEBANG);
            if (expected && text(file).lines().noneMatch(line -> line.startsWith("//DESCRIPTION ")))
                complaints.add(file + ": has no //DESCRIPTION");
            if (starts != Files.isExecutable(root.resolve(file)))
                complaints.add(file + (starts ? ": cannot be executed" : ": can be executed and has no command line"));
        }
        return complaints;
    }

    /** The scripts of the top level. */
    List<String> top() {
        return list("", 1).filter(file -> file.endsWith(".java")).toList();
    }

    /** The programs of the lab: {@code lab/drill.java}. */
    List<String> entries() {
        return list("lab/", 1).filter(file -> file.endsWith(".java")).toList();
    }

    private List<String> all() {
        return Stream.of("", "lab/", "test/", "bench/")
                .flatMap(it -> list(it, it.isEmpty() ? 1 : 9))
                .filter(it -> it.endsWith(".java"))
                .toList();
    }

    /** The Java files below a folder, without the lab's entries. */
    List<String> rooms(String folder) {
        return files(folder)
                .filter(file -> file.endsWith(".java") && !entries().contains(file))
                .toList();
    }

    private Stream<String> files(String folder) {
        return list(folder, 9);
    }

    private Stream<String> list(String folder, int depth) {
        Path start = root.resolve(folder);
        if (!Files.isDirectory(start)) return Stream.of();
        try (Stream<Path> found = Files.walk(start, depth)) {
            return found
                    .filter(Files::isRegularFile)
                    .map(it -> root.relativize(it).toString())
                    .sorted()
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String text(String file) {
        try {
            return Files.exists(root.resolve(file)) ? Files.readString(root.resolve(file)) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
