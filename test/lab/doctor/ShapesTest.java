package lab.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.*;
import java.util.*;
import java.util.stream.*;
import lab.prediction.*;
import org.junit.jupiter.api.*;
import org.junit.jupiter.api.io.TempDir;
import test.*;

/**
 * Clusters of shapes that a seed makes: the doctor predicts what the failure of a broker stops, that broker is killed,
 * and each partition is tried. The suite always tries the same ones; others:
 * {@code SHAPES_SEED=42 SHAPES=1 ./jbang test/suite.java ShapesTest}.
 */
public class ShapesTest {
    private static final long SEED = Long.parseLong(System.getenv().getOrDefault("SHAPES_SEED", "176313"));
    private static final int COUNT = Integer.parseInt(System.getenv().getOrDefault("SHAPES", "2"));
    private static final int TOPICS = 8;

    /**
     * @param down a broker that is killed before the doctor is asked; 0: none
     * @param noController the controllers that are no brokers are killed before the doctor is asked
     */
    private record Shape(
            Set<Integer> brokers,
            Set<Integer> controllers,
            Map<Integer, String> racks,
            int down,
            boolean noController,
            int victim) {

        static Shape of(Random random) {
            var brokers = ids(1, 2 + random.nextInt(3));
            boolean combined = random.nextBoolean();
            Set<Integer> controllers = combined
                    ? ids(1, 1 + random.nextInt(Math.min(3, brokers.size())))
                    : ids(101, random.nextBoolean() ? 1 : 3);
            var racks = new TreeMap<Integer, String>();
            if (random.nextBoolean()) brokers.forEach(id -> racks.put(id, random.nextBoolean() ? "a" : "b"));
            var order = new ArrayList<>(brokers);
            Collections.shuffle(order, random);
            int down = brokers.size() > 2 && random.nextInt(3) == 0 ? order.get(1) : 0;
            boolean noController = !combined && random.nextInt(3) == 0;
            return new Shape(brokers, controllers, racks, down, noController, order.get(0));
        }

        private static Set<Integer> ids(int first, int count) {
            return IntStream.range(first, first + count).boxed().collect(Collectors.toCollection(TreeSet::new));
        }

        Set<Integer> brokersWithout(int... ids) {
            var left = new TreeSet<>(brokers);
            for (int id : ids) left.remove(id);
            return left;
        }
    }

    static List<Integer> shapes() {
        return IntStream.range(0, COUNT).boxed().toList();
    }

    @TestFactory
    @DisplayName("what is predicted of a broker's failure is what happens:")
    Stream<DynamicTest> predicted(@TempDir Path directory) {
        return shapes().stream().map(i -> {
            long seed = SEED + i;
            Shape shape = Shape.of(new Random(seed));
            return DynamicTest.dynamicTest(
                    "SHAPES_SEED=%d %s".formatted(seed, shape),
                    () -> tryShape(shape, new Random(seed), Files.createDirectory(directory.resolve("" + i))));
        });
    }

    private void tryShape(Shape shape, Random random, Path directory) throws Exception {
        try (var nodes = new Nodes(directory)) {
            nodes.start(shape.brokers, shape.controllers, shape.racks, settings(shape));
            var topics = new TreeMap<String, Integer>();
            for (int i = 0; i < TOPICS; i++) create(nodes, "t" + i, shape, random, topics);
            Tries.awaitAccepted(nodes.servers(), topics);

            Set<Integer> before = shape.brokersWithout(shape.down);
            if (shape.down > 0) {
                nodes.kill(shape.down);
                if (elects(shape, shape.down)) nodes.awaitUp(before);
            }
            if (shape.noController) for (int id : shape.controllers) nodes.kill(id);

            Said said = awaitSaid(nodes, shape, before);
            Map<PartitionId, Fate> expected = expected(topics, said, shape.victim);
            nodes.kill(shape.victim);
            Set<Integer> left = shape.brokersWithout(shape.down, shape.victim);
            if (!shape.noController && elects(shape, shape.down, shape.victim)) nodes.awaitUp(left);
            Map<PartitionId, Fate> seen = Map.of();
            for (int tries = 0; tries < 6 && !seen.equals(expected); tries++) // a slow answer is not a no
            seen = Tries.fates(nodes.servers(left), topics);
            assertThat(seen).as("%s%nit said %s", shape, said).isEqualTo(expected);
        }
    }

    /** Where no controller is killed, none is elected in another's place, also on a machine that stalls. */
    private static Map<String, String> settings(Shape shape) {
        boolean stays =
                !shape.noController && Collections.disjoint(shape.controllers, Set.of(shape.down, shape.victim));
        return stays ? Map.of("controller.quorum.fetch.timeout.ms", "20000") : Map.of();
    }

    private static void create(Nodes nodes, String topic, Shape shape, Random random, Map<String, Integer> topics)
            throws Exception {
        int replicas = 1 + random.nextInt(shape.brokers.size());
        var placement = new ArrayList<List<Integer>>();
        for (int partition = 0; partition < 2; partition++) {
            var brokers = new ArrayList<>(shape.brokers);
            Collections.shuffle(brokers, random);
            placement.add(brokers.subList(0, replicas));
        }
        Tries.create(nodes.admin(), topic, Map.of("min.insync.replicas", "" + (1 + random.nextInt(3))), placement);
        topics.put(topic, placement.size());
    }

    private static boolean elects(Shape shape, int... down) {
        var left = new TreeSet<>(shape.controllers);
        for (int id : down) left.remove(id);
        return left.size() > shape.controllers.size() / 2;
    }

    /** The doctor's answer when the cluster has noticed what was killed before. */
    private static Said awaitSaid(Nodes nodes, Shape shape, Set<Integer> up) throws Exception {
        boolean led = !shape.noController && elects(shape, shape.down);
        for (int tries = 0; ; tries++) {
            Said said = Said.ask(nodes.servers(up));
            boolean none = said.findings().contains("stopped: controller no controller: []");
            boolean noticed = said.findings().stream().noneMatch(it -> it.startsWith("traps: broker unresponsive"));
            if (led != none && (noticed || !led) || tries == 20) return said;
        }
    }

    /** What the doctor predicts for each partition: what has stopped already, and over it what would stop. */
    private static Map<PartitionId, Fate> expected(Map<String, Integer> topics, Said said, int victim) {
        var expected = new TreeMap<PartitionId, Fate>();
        topics.forEach((topic, partitions) -> {
            for (int i = 0; i < partitions; i++) expected.put(new PartitionId(topic, i), Fate.FINE);
        });
        for (String part : List.of("stopped", "broker " + victim)) {
            expected.replaceAll((id, fate) ->
                    said.where(part + ": partition no acks=all").contains("" + id) ? Fate.NO_WRITES : fate);
            expected.replaceAll(
                    (id, fate) -> said.where(part + ": partition no leader").contains("" + id) ? Fate.NO_LEADER : fate);
        }
        return expected;
    }
}
