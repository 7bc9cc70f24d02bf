// A session between two ends that the test plays itself.
#pragma once

#include <optional>

#include "byte_compositor.h"
#include "raw_bed.h"

namespace tv::test {

class ByteTest : public IntegrationTest {
protected:
    void TearDown() override {
        peer_.reset();
        compositor_.reset();
        if (session_ && !session_->wait(10s)) ADD_FAILURE() << "the session goes on without its ends";
        session_.reset();
        IntegrationTest::TearDown();
    }

    // The registry has been read when this returns true.
    [[nodiscard]] bool start(Wire wire, std::vector<std::pair<std::string, std::uint32_t>> globals,
                             std::optional<SessionConfig> config = {}) {
        if (!config) config = session_config();
        auto wayland = make_socket_pair();
        auto channel = make_socket_pair();
        EXPECT_TRUE(wayland && channel);
        if (!wayland || !channel) return false;
        auto session = SessionThread::start({std::move(channel->theirs), {}, std::move(wayland->theirs)},
                                            std::move(*config));
        EXPECT_TRUE(session.has_value());
        if (!session) return false;
        session_ = std::move(*session);
        compositor_.emplace(std::move(wayland->ours), std::move(globals));
        peer_.emplace(std::move(channel->ours), wire.version, wire.compression);
        peer_->idle = [this] {
            if (compositor_) compositor_->pump(0);
        };
        return peer_->read_registry();
    }
    [[nodiscard]] SessionReport report() {
        auto report = session_->wait(10s);
        EXPECT_TRUE(report.has_value()) << "the session goes on";
        return report.value_or(SessionReport{});
    }
    // The session's error, after both ends have closed.
    [[nodiscard]] std::string refusal() {
        EXPECT_TRUE(peer_->wait_for_end());
        peer_->finish_writing();
        const SessionReport ended = report();
        EXPECT_EQ(ended.end, SessionEnd::Failed);
        const ReceivedEvent* told = peer_->event("wl_display.error");
        EXPECT_NE(told, nullptr);
        const std::string text = ended.error ? describe(*ended.error) : "";
        const std::string shown = told != nullptr ? told->strings.at(0) : "";
        EXPECT_NE(shown.find(text), std::string::npos) << shown;
        EXPECT_TRUE(compositor_->wait_for_end());
        return text;
    }

    std::unique_ptr<SessionThread> session_;
    std::optional<ByteCompositor> compositor_;
    std::optional<RawPeer> peer_;
};

class EveryByteWire : public ByteTest, public testing::WithParamInterface<Wire> {
protected:
    [[nodiscard]] bool start_it(std::vector<std::pair<std::string, std::uint32_t>> globals) {
        return start(GetParam(), std::move(globals));
    }
};

} // namespace tv::test
