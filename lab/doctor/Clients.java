package lab.doctor;

import java.util.Map;
import lab.common.Connection;
import org.apache.kafka.clients.admin.*;

/**
 * Further clients. A broker answers a connection's requests one after the other, so a question that may take long has
 * a client of its own. They are never closed: the process ends with the report.
 */
record Clients(Connection connection) {
    /** @param requestTimeout after which another broker is asked, in ms */
    Admin another(int requestTimeout) {
        Map<String, Object> settings = connection.settings(AdminClientConfig.configNames(), Map.of(), Map.of());
        settings.remove("retries"); // a file's are meant for a producer
        settings.put("request.timeout.ms", requestTimeout);
        settings.put("default.api.timeout.ms", Questions.PATIENCE_MS);
        return connection.create(() -> Admin.create(settings));
    }
}
