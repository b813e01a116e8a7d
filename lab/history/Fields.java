package lab.history;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The fields of one line, as their types. What is missing or has another type is an error with the line's number. */
class Fields {
    private static final double LONGEST = 1e9; // seconds, about 30 years
    private static final int MOST = 10_000_000; // records in a line: it covers 0.1 s

    private final JsonObject object;
    private final String where;

    Fields(JsonObject object, String where) {
        this.object = object;
        this.where = where;
    }

    Malformed wrong(String what) {
        return new Malformed(where + ": " + what);
    }

    private Object required(String key) {
        Object value = object.get(key);
        if (value == null) throw wrong("'" + key + "' is missing");
        return value;
    }

    private double number(String key) {
        if (required(key) instanceof Number number && Double.isFinite(number.doubleValue()))
            return number.doubleValue();
        throw wrong("'" + key + "' is not a number");
    }

    double seconds(String key) {
        double seconds = number(key);
        if (seconds < 0 || seconds > LONGEST) throw wrong("'" + key + "' is not a time: " + seconds);
        return seconds;
    }

    double seconds(String key, double otherwise) {
        return object.has(key) ? seconds(key) : otherwise;
    }

    /** Seconds from one time to another, which may be the earlier one. */
    double difference(String key, double otherwise) {
        return object.has(key) ? number(key) : otherwise;
    }

    long offset(String key) {
        long offset = integer(key);
        if (offset < 0) throw wrong("'" + key + "' is less than 0");
        return offset;
    }

    private long integer(String key) {
        double value = number(key);
        long whole = ((Number) object.get(key)).longValue();
        if (value != whole) throw wrong("'" + key + "' is not a whole number");
        return whole;
    }

    long offset(String key, long otherwise) {
        return object.has(key) ? offset(key) : otherwise;
    }

    int whole(String key) {
        long value = integer(key);
        if (value != (int) value) throw wrong("'" + key + "' is too large");
        return (int) value;
    }

    int whole(String key, int otherwise) {
        return object.has(key) ? whole(key) : otherwise;
    }

    /** A whole number that is not less than another one. */
    int least(int least, String key) {
        int value = whole(key);
        if (value < least) throw wrong("'" + key + "' is less than " + least);
        return value;
    }

    int least(int least, String key, int otherwise) {
        return object.has(key) ? least(least, key) : otherwise;
    }

    String text(String key) {
        if (required(key) instanceof String text) return text;
        throw wrong("'" + key + "' is not a text");
    }

    /** One of these texts. */
    String oneOf(String key, Set<String> all) {
        String text = text(key);
        if (!all.contains(text)) throw wrong("unknown '" + key + "': " + text);
        return text;
    }

    String text(String key, String otherwise) {
        return object.has(key) && !object.isNull(key) ? text(key) : otherwise;
    }

    boolean yes(String key, boolean otherwise) {
        if (!object.has(key)) return otherwise;
        if (object.get(key) instanceof Boolean value) return value;
        throw wrong("'" + key + "' is neither true nor false");
    }

    List<Double> numbers(String key, List<Double> otherwise) {
        return object.has(key) ? numbers(array(key)) : otherwise;
    }

    private List<Double> numbers(Object value) {
        var numbers = new ArrayList<Double>();
        if (!(value instanceof JsonArray array)) throw wrong("a list of numbers is expected");
        for (Object each : array)
            if (each instanceof Number number && Double.isFinite(number.doubleValue()))
                numbers.add(number.doubleValue());
            else throw wrong("a list of numbers is expected");
        return numbers;
    }

    List<Integer> ids(String key) {
        List<Double> ids = numbers(array(key));
        for (double id : ids)
            if (id != (int) id || id < 0) throw wrong("'" + key + "' has an id that cannot be: " + id);
        if (Set.copyOf(ids).size() < ids.size()) throw wrong("'" + key + "' has an id twice");
        return ids.stream().map(Double::intValue).toList();
    }

    List<Integer> ids(String key, List<Integer> otherwise) {
        return object.has(key) ? ids(key) : otherwise;
    }

    /** A list of pairs of numbers; empty if there is no such field. */
    List<List<Double>> lists(String key) {
        var lists = new ArrayList<List<Double>>();
        if (object.has(key))
            for (Object each : array(key)) {
                List<Double> pair = numbers(each);
                if (pair.size() != 2) throw wrong("'" + key + "' is not a list of pairs");
                lists.add(pair);
            }
        return lists;
    }

    Ranges ranges(String key) {
        var ranges = new Ranges();
        long records = 0;
        for (Object each : array(key)) {
            if (!(each instanceof JsonArray range) || range.size() < 3 || range.size() > 4)
                throw wrong("'" + key + "' is not a list of ranges");
            for (int i = 0; i < range.size(); i++)
                if (!(range.get(i) instanceof Number number) || number.doubleValue() != number.longValue())
                    throw wrong("'" + key + "' has a range that is not of whole numbers");
            long first = range.getLong(0);
            long last = range.getLong(1);
            long step = range.getLong(2);
            boolean sound = first >= 1 && last >= first && last < Integer.MAX_VALUE && step >= 1;
            long offset = range.size() == 4 ? range.getLong(3) : 0;
            sound &= offset >= 0 && offset <= Long.MAX_VALUE - Integer.MAX_VALUE;
            if (!sound || (last - first) % step != 0) throw wrong("'" + key + "' has a range that cannot be: " + range);
            ranges.addRange(first, last, step, range.size() == 4 ? offset : Ranges.UNKNOWN);
            records += (last - first) / step + 1;
            if (records > MOST) throw wrong("'" + key + "' has more than 10,000,000 records");
        }
        return ranges.trimmed();
    }

    /** Objects in a list; empty if there is no such field. */
    List<Fields> objects(String key) {
        var objects = new ArrayList<Fields>();
        if (!object.has(key)) return objects;
        for (Object each : array(key))
            if (each instanceof JsonObject it) objects.add(new Fields(it, where));
            else throw wrong("'" + key + "' is not a list of objects");
        return objects;
    }

    /** An object's values as texts, by key; empty if there is no such field. */
    Map<String, String> texts(String key) {
        var texts = new TreeMap<String, String>();
        if (!object.has(key)) return texts;
        if (!(object.get(key) instanceof JsonObject map)) throw wrong("'" + key + "' is not an object");
        map.forEach((name, value) -> texts.put(name, String.valueOf(value)));
        return texts;
    }

    /** All fields, as texts. */
    Map<String, String> all() {
        var texts = new TreeMap<String, String>();
        object.forEach((name, value) -> texts.put(name, String.valueOf(value)));
        return texts;
    }

    private JsonArray array(String key) {
        if (required(key) instanceof JsonArray array) return array;
        throw wrong("'" + key + "' is not a list");
    }
}
