package lab.drill.verdict;

import java.util.*;
import java.util.function.*;
import java.util.stream.*;
import lab.common.*;
import org.apache.kafka.clients.producer.ProducerConfig;

/**
 * What the settings promise, as Kafka's client and the cluster read them.
 *
 * @param lossAllowedBy null where no acknowledged record may be lost; else the setting that allows a loss
 * @param repeatsAllowedBy null where no record may be repeated or reordered; else the setting that allows that
 */
public record Promises(String lossAllowedBy, String repeatsAllowedBy) {
    public static Promises of(ProducerConfig config, boolean uncleanElection) {
        String acks = config.getString("acks");
        String loss = !acks.equals("-1") ? "acks=" + acks : uncleanElection ? "unclean.leader.election.enable" : null;
        boolean idempotent = config.getBoolean("enable.idempotence"); // off also by acks=1, by retries=0
        return new Promises(loss, idempotent ? null : "a producer without idempotence");
    }
}
