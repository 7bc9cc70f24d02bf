#include "raw_bed.h"

#include <algorithm>
#include <random>

namespace tv::test {

void RawTest::TearDown() {
    peer_.reset();
    if (session_) {
        if (!session_->wait(10s)) ADD_FAILURE() << "the session goes on without its remote side";
        session_.reset();
    }
    compositor_.reset();
    IntegrationTest::TearDown();
}

bool RawTest::start(Wire wire, CompositorOptions options, std::optional<SessionConfig> config) {
    if (!config) config = session_config();
    compositor_ = start_compositor(std::move(options));
    if (!compositor_) return false;
    auto wayland = compositor_->connect();
    auto channel = make_socket_pair();
    EXPECT_TRUE(wayland && channel);
    if (!wayland || !channel) return false;
    auto session =
        SessionThread::start({std::move(channel->theirs), {}, std::move(*wayland)}, std::move(*config));
    EXPECT_TRUE(session.has_value());
    if (!session) return false;
    session_ = std::move(*session);
    peer_.emplace(std::move(channel->ours), wire.version, wire.compression, wire.video);
    return true;
}

SessionReport RawTest::report(Milliseconds timeout) {
    auto report = session_->wait(timeout);
    EXPECT_TRUE(report.has_value()) << "the session goes on";
    return report.value_or(SessionReport{});
}

SessionReport RawTest::close_cleanly() {
    peer_->send(msg::Close{0});
    EXPECT_TRUE(peer_->wait_for_end());
    const SessionReport ended = report();
    EXPECT_EQ(ended.end, SessionEnd::ApplicationClosed);
    EXPECT_TRUE(compositor_->wait_until_no_clients(10s));
    return ended;
}

std::string RawTest::error_text() {
    const ReceivedEvent* error = peer_->event("wl_display.error");
    return error != nullptr ? error->strings.at(0) : std::string();
}

void RawTest::expect_refusal(const std::string& words, ErrorCategory category) {
    EXPECT_TRUE(peer_->wait_for_end());
    peer_->finish_writing(); // what a remote side does that was told to go
    const SessionReport ended = report();
    EXPECT_EQ(ended.end, SessionEnd::Failed);
    ASSERT_TRUE(ended.error.has_value());
    EXPECT_EQ(ended.error->category, category) << describe(*ended.error);
    EXPECT_NE(describe(*ended.error).find(words), std::string::npos) << describe(*ended.error);
    EXPECT_NE(error_text().find(words), std::string::npos) << "the application was told: " << error_text();
    ASSERT_FALSE(peer_->messages.empty());
    EXPECT_EQ(peer_->messages.back().type, MessageType::Close);
    EXPECT_TRUE(compositor_->wait_until_no_clients(10s));
}

RawTest::Shown RawTest::make_buffer(int width, int height, std::uint32_t format) {
    Shown shown;
    const auto size = static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 4;
    const auto u = [](auto value) { return static_cast<std::uint32_t>(value); };
    shown.width = width;
    shown.height = height;
    shown.file = peer_->open_file(size);
    shown.pool = peer_->request(peer_->shm, "create_pool", {FdOf{shown.file.rid}, u(size)});
    shown.buffer =
        peer_->request(shown.pool, "create_buffer", {0U, u(width), u(height), u(width * 4), format});
    return shown;
}

void RawTest::show(std::uint32_t surface, std::uint32_t buffer) {
    peer_->begin_batch();
    peer_->request(surface, "attach", {buffer, 0U, 0U});
    peer_->request(surface, "damage_buffer", {0U, 0U, 0x7fffffffU, 0x7fffffffU});
    peer_->request(surface, "commit");
    peer_->end_batch();
}

std::uint32_t RawTest::crc_of(const RemoteFile& file) {
    return crc32_of(file.bytes.data(), file.bytes.size());
}

std::vector<std::byte> RawTest::noise(std::size_t size, std::uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<std::byte> bytes(size);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    return bytes;
}

std::vector<Wire> every_wire() {
    std::vector<Wire> wires;
    for (const unsigned version : {16U, 17U}) {
        for (const auto compression : {CompressionKind::None, CompressionKind::Lz4, CompressionKind::Zstd})
            wires.push_back({version, compression});
    }
    return wires;
}

std::string wire_name(const testing::TestParamInfo<Wire>& info) {
    return "v" + std::to_string(info.param.version) + "_" + compression_name(info.param.compression);
}

} // namespace tv::test
