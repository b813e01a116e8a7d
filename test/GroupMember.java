package test;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.util.List;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FindCoordinatorRequest;
import org.apache.kafka.common.requests.FindCoordinatorResponse;
import org.apache.kafka.common.requests.HeartbeatRequest;
import org.apache.kafka.common.requests.JoinGroupRequest;
import org.apache.kafka.common.requests.JoinGroupResponse;
import org.apache.kafka.common.requests.LeaveGroupRequest;
import org.apache.kafka.common.requests.StreamsGroupHeartbeatRequest;
import org.apache.kafka.common.requests.StreamsGroupHeartbeatResponse;
import org.apache.kafka.common.requests.SyncGroupRequest;
import org.apache.kafka.common.requests.SyncGroupResponse;

/**
 * A member of a group whose client is not in kafka-clients: a worker of Connect, or a Kafka Streams application. It
 * speaks Kafka's protocol by hand, and stays a member until it leaves or is closed.
 */
public final class GroupMember implements AutoCloseable {
    private final String group;
    private Socket socket;
    private AbstractRequest leaving;
    private volatile AbstractRequest staying; // sent every 3 s while it is a member

    public GroupMember(String servers, String group) throws Exception {
        this.group = group;
        String[] bootstrap = servers.split(",")[0].split(":");
        socket = new Socket(bootstrap[0], Integer.parseInt(bootstrap[1]));
        SharedCluster.await("the coordinator of " + group, this::findsCoordinator);
        var beats = new Thread(this::stay);
        beats.setDaemon(true);
        beats.start();
    }

    private void stay() {
        try {
            for (; !socket.isClosed(); Thread.sleep(3_000)) beat();
        } catch (InterruptedException | IllegalStateException closed) {
            // it is no member any more
        }
    }

    private synchronized void beat() {
        if (staying == null) return;
        AbstractResponse answer = ask(staying);
        if (answer instanceof StreamsGroupHeartbeatResponse it && it.data().errorCode() == 0)
            staying = stayInStreams(it.data().memberEpoch());
    }

    private AbstractRequest stayInStreams(int epoch) {
        var stay = new StreamsGroupHeartbeatRequestData()
                .setGroupId(group)
                .setMemberId("by-hand")
                .setMemberEpoch(epoch);
        return new StreamsGroupHeartbeatRequest.Builder(stay).build((short) 0);
    }

    private boolean findsCoordinator() {
        var data = new FindCoordinatorRequestData().setKeyType((byte) 0).setCoordinatorKeys(List.of(group));
        var answer = (FindCoordinatorResponse) ask(new FindCoordinatorRequest.Builder(data).build((short) 4));
        var coordinator = answer.data().coordinators().get(0);
        if (coordinator.errorCode() != 0) return false;
        try {
            socket.close();
            socket = new Socket(coordinator.host(), coordinator.port());
            return true;
        } catch (IOException notNow) {
            throw new IllegalStateException(notNow);
        }
    }

    /** As Connect's herder does: the protocol's own metadata, of which the coordinator understands nothing. */
    public void joinConnect() throws Exception {
        var protocols = new JoinGroupRequestData.JoinGroupRequestProtocolCollection();
        protocols.add(new JoinGroupRequestData.JoinGroupRequestProtocol()
                .setName("sessioned")
                .setMetadata(new byte[] {0, 2, 9}));
        var join = new JoinGroupRequestData()
                .setGroupId(group)
                .setSessionTimeoutMs(60_000)
                .setRebalanceTimeoutMs(60_000)
                .setMemberId("")
                .setProtocolType("connect")
                .setProtocols(protocols);
        SharedCluster.await("a member id in " + group, () -> {
            var first = (JoinGroupResponse) ask(new JoinGroupRequest.Builder(join).build((short) 9));
            join.setMemberId(first.data().memberId());
            return first.data().errorCode() == Errors.MEMBER_ID_REQUIRED.code();
        });
        var joined = (JoinGroupResponse) ask(new JoinGroupRequest.Builder(join).build((short) 9));
        expectNoError(joined.data().errorCode());
        var sync = new SyncGroupRequestData()
                .setGroupId(group)
                .setGenerationId(joined.data().generationId())
                .setMemberId(join.memberId())
                .setProtocolType("connect")
                .setProtocolName("sessioned")
                .setAssignments(List.of(new SyncGroupRequestData.SyncGroupRequestAssignment()
                        .setMemberId(join.memberId())
                        .setAssignment(new byte[] {0, 2, 0, 0, 0, 1, 7})));
        var synced = (SyncGroupResponse) ask(new SyncGroupRequest.Builder(sync).build((short) 5));
        expectNoError(synced.data().errorCode());
        leaving = new LeaveGroupRequest.Builder(group, List.of(new MemberIdentity().setMemberId(join.memberId())))
                .build((short) 5);
        var beat = new HeartbeatRequestData()
                .setGroupId(group)
                .setGenerationId(joined.data().generationId())
                .setMemberId(join.memberId());
        staying = new HeartbeatRequest.Builder(beat).build((short) 4);
    }

    /** A topology that reads the topic, and nothing else (KIP-1071). */
    public void joinStreams(String topic) throws Exception {
        var topology = new StreamsGroupHeartbeatRequestData.Topology()
                .setEpoch(1)
                .setSubtopologies(List.of(new StreamsGroupHeartbeatRequestData.Subtopology()
                        .setSubtopologyId("0")
                        .setSourceTopics(List.of(topic))));
        var beat = new StreamsGroupHeartbeatRequestData()
                .setGroupId(group)
                .setMemberId("by-hand")
                .setProcessId("by-hand")
                .setRebalanceTimeoutMs(60_000)
                .setTopology(topology)
                .setActiveTasks(List.of())
                .setStandbyTasks(List.of())
                .setWarmupTasks(List.of())
                .setClientTags(List.of());
        SharedCluster.await("tasks of " + group, () -> {
            var builder = new StreamsGroupHeartbeatRequest.Builder(beat);
            var answer = ((StreamsGroupHeartbeatResponse) ask(builder.build((short) 0))).data();
            // A coordinator that has just been chosen loads its groups first.
            if (Errors.forCode(answer.errorCode()).exception() instanceof RetriableException) return false;
            expectNoError(answer.errorCode());
            beat.setMemberEpoch(answer.memberEpoch()).setTopology(null);
            return answer.activeTasks() != null && !answer.activeTasks().isEmpty();
        });
        leaving = stayInStreams(-1);
        staying = stayInStreams(beat.memberEpoch());
    }

    /** The group stays, and has no members. */
    public synchronized void leave() {
        staying = null;
        assertThat(ask(leaving).errorCounts()).containsOnlyKeys(Errors.NONE);
    }

    private static void expectNoError(short code) {
        if (code != 0) throw new AssertionError(Errors.forCode(code).message());
    }

    private AbstractResponse ask(AbstractRequest request) {
        return SharedCluster.ask(socket, request);
    }

    @Override
    public void close() throws IOException {
        staying = null;
        socket.close();
    }
}
