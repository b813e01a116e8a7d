package lab.doctor;

import java.util.*;
import lab.prediction.*;

/**
 * What was seen of a cluster.
 *
 * @param topics the names of all that may be seen
 * @param shareGroups whether the cluster has this feature
 * @param settings by broker id, such as auto.leader.rebalance.enable; without those that were not seen
 * @param offsets committed offsets that are not in their partition's log
 * @param hanging transactions that are open for ever
 * @param notSeen what was refused
 * @param seesEnough whether nothing was refused that decides what would stop
 */
record Snapshot(
        Cluster cluster,
        Set<String> topics,
        boolean shareGroups,
        List<Keeper> keepers,
        Map<Integer, Map<String, String>> settings,
        List<StrayOffset> offsets,
        List<HangingTransaction> hanging,
        List<NotSeen> notSeen,
        boolean seesEnough) {

    /** The setting of the first broker that has it; null: not seen. */
    String setting(String name) {
        return settings.values().stream()
                .map(it -> it.get(name))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }
}
