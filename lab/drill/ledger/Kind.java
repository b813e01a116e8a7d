package lab.drill.ledger;

import java.util.*;
import java.util.function.*;
import java.util.stream.*;
import lab.common.*;
import lab.drill.ledger.*;

/**
 * What is known of a record. The first three are what its producer was told. After a time-out it was told nothing: the
 * record may be in the log. IN_LOG, IN_LOG_AGAIN, REORDERED, EXPIRED and UNTOLD are noted while the log is read. The
 * others follow from these and from what the group received, in {@link Ledger#account}.
 */
public enum Kind {
    ACKNOWLEDGED,
    UNKNOWN, // no answer: it may be in the log or not
    FAILED, // refused for good: it must not be in the log
    IN_LOG,
    IN_LOG_AGAIN, // twice or more
    LOST, // acknowledged, and not in the log
    GHOSTS, // failed, and in the log all the same
    DUPLICATES, // in the log more than once
    REORDERED, // in the log behind a record with a higher id
    NOT_DELIVERED, // neither acknowledged nor in the log
    UNSEEN, // in the log, and the group never received it
    REDELIVERED, // the group received it more often than it is in the log
    PHANTOMS, // the group received it, and the log does not have it any more
    EXPIRED, // removed from the log by retention, or by somebody
    UNTOLD; // not in the log, and the log begins later now: it expired, or was lost before

    public static final List<Kind> FATES = List.of(ACKNOWLEDGED, UNKNOWN, FAILED);

    public String lowerCase() {
        return name().toLowerCase(Locale.ROOT);
    }
}
