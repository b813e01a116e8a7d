package lab.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.common.*;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Groups of all kinds, as brokers list them. */
public class GroupReaderTest {
    @ParameterizedTest(name = "type {0}, protocol {1}  ->  {2}")
    @CsvSource({
        "CLASSIC, consumer, group",
        "CONSUMER, consumer, group",
        "CLASSIC, '', group", // offsets without members
        "SHARE, share, share group",
        "STREAMS, streams, Streams group",
        "CLASSIC, connect, Connect group",
        ", connect, Connect group", // brokers before 3.8 do not report the type
        ", consumer, group",
        "CLASSIC, sr, group", // a schema registry's
    })
    @DisplayName("a group is called by its kind:")
    void kinds(GroupType type, String protocol, String kind) {
        var listing = new GroupListing("g", Optional.ofNullable(type), protocol, Optional.of(GroupState.STABLE));
        assertThat(GroupReader.kindOf(listing)).isEqualTo(kind);
        assertThat(Stops.KEEPERS).contains(kind);
    }
}
