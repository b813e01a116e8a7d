package lab.report;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Makes tables of JSON. */
class JsonTable {
    /** Names of settings whose values are secret. */
    private static final Pattern SECRET = Pattern.compile("(?i)password|secret|jaas|token|credential|keystore[. ]key");

    /** A list of objects, or an object of objects, as a table. A value of an object is a cell. */
    static Table of(String caption, Object json) {
        var rows = new ArrayList<Map<String, String>>();
        for (JsonObject object : objects(json)) rows.add(flat("", object));
        if (json instanceof JsonObject named)
            named.forEach((name, value) -> {
                var row = new LinkedHashMap<>(Map.of("", name));
                row.putAll(flat("", value));
                if (value != null) rows.add(row);
            });
        var columns = new LinkedHashSet<String>();
        for (var row : rows) columns.addAll(row.keySet());
        var table = new Table(caption, List.copyOf(columns), new ArrayList<>());
        for (var row : rows)
            table.rows()
                    .add(columns.stream()
                            .map(column -> row.getOrDefault(column, ""))
                            .toList());
        return table;
    }

    /** The values in an object, and in the objects in it. The names of these go into the names of the values. */
    static Map<String, String> flat(String name, Object json) {
        var flat = new LinkedHashMap<String, String>();
        if (json instanceof JsonObject object)
            object.forEach((key, value) -> flat.putAll(flat((name + " " + key.replace('_', ' ')).strip(), value)));
        else flat.put(name, SECRET.matcher(name).find() ? "[hidden]" : Words.number(json));
        return flat;
    }

    static List<JsonObject> objects(Object json) {
        if (!(json instanceof JsonArray array)) return List.of();
        return array.stream()
                .filter(JsonObject.class::isInstance)
                .map(JsonObject.class::cast)
                .toList();
    }

    /** Sorted. */
    static List<Integer> integers(Object json) {
        if (!(json instanceof JsonArray array)) return List.of();
        return IntStream.range(0, array.size()).mapToObj(array::getInt).sorted().toList();
    }
}
