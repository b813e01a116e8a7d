package lab.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.*;
import java.util.*;
import java.util.function.Predicate;
import test.*;

/** What {@code lab/doctor.java --json} printed: each finding by its name, such as "traps: partition one replica: [t-0]". */
record Said(SortedMap<String, String> remedies, List<String> notSeen, int status) {

    static Said ask(String servers, String... arguments) throws JsonParserException {
        var all = new ArrayList<>(List.of("--json", "-b", servers));
        all.addAll(List.of(arguments));
        try (Run doctor = Run.script("lab/doctor.java", all.toArray(String[]::new))) {
            int status = doctor.awaitExit();
            assertThat(doctor.err()).as(doctor.toString()).isEmpty();
            JsonObject said = JsonParser.object().from(doctor.out().get(0));
            var remedies = new TreeMap<String, String>();
            for (String part : List.of("stopped", "traps")) add(remedies, part, said.getArray(part));
            for (Object broker : said.getArray("brokers"))
                add(
                        remedies,
                        "broker " + ((JsonObject) broker).getInt("broker"),
                        ((JsonObject) broker).getArray("stops"));
            List<String> notSeen =
                    said.getArray("notSeen").stream().map(Object::toString).toList();
            return new Said(remedies, notSeen, status);
        }
    }

    /** The first answer that has all of these findings: brokers learn of changes one after the other. */
    static Said await(String servers, Set<String> findings) throws Exception {
        return await(servers, findings.toString(), it -> it.findings().containsAll(findings));
    }

    /** The first answer that is wanted. */
    static Said await(String servers, String what, Predicate<Said> wanted, String... arguments) throws Exception {
        long deadline = System.nanoTime() + Run.LIMIT.toNanos();
        while (true) {
            Said said = ask(servers, arguments);
            if (wanted.test(said)) return said;
            if (System.nanoTime() > deadline) throw new AssertionError("not said: %s, but %s".formatted(what, said));
        }
    }

    private static void add(Map<String, String> remedies, String part, JsonArray findings) {
        for (Object each : findings) {
            JsonObject it = (JsonObject) each;
            remedies.put(
                    "%s: %s %s: %s".formatted(part, it.getString("kind"), it.getString("what"), it.getArray("where")),
                    it.getString("mend"));
        }
    }

    Set<String> findings() {
        return remedies.keySet();
    }

    /** The finding of this sort, such as "broker 1: partition no leader", if it has this name. */
    Optional<String> finding(String sort, String name) {
        if (!where(sort).contains(name)) return Optional.empty();
        return findings().stream().filter(it -> it.startsWith(sort + ": ")).findFirst();
    }

    /** Each finding was there before, about these names and maybe more. */
    void expectNothingNew(Said before) {
        for (String it : findings()) {
            String sort = it.substring(0, it.indexOf(": ["));
            assertThat(before.where(sort)).as("%s%nbefore: %s", this, before).containsAll(where(sort));
        }
    }

    /** The names in findings of this sort, such as "broker 1: partition no leader". */
    Set<String> where(String finding) {
        var names = new TreeSet<String>();
        for (String it : findings())
            if (it.startsWith(finding + ": ")) {
                String list = it.substring(finding.length() + 3, it.length() - 1);
                if (!list.isEmpty()) names.addAll(List.of(list.split(", ")));
            }
        return names;
    }
}
