// One session in the test's process between a peer and a compositor that are both the test itself: either may
// misbehave at any moment.
#pragma once

#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "peer.h"
#include "session/session.h"

namespace tv::test {

struct Request {
    std::uint32_t object = 0;
    unsigned opcode = 0;
    ByteVector arguments;
};

// The compositor's end of a connection. Not thread-safe.
class CompositorEnd {
public:
    explicit CompositorEnd(UniqueFd socket) : socket_(std::move(socket)) {}

    // What get_registry is answered with.
    std::vector<Global> globals{
        {1, "wl_compositor", 5}, {2, "wl_shm", 1}, {3, "wl_seat", 7}, {4, "wl_data_device_manager", 3}};
    bool answers = true; // get_registry and sync

    // Takes what has come, and answers. False at the end of the stream.
    bool serve();
    // Nothing is read while this is set.
    bool asleep = false;

    // All of it, or as much as is taken within the time.
    std::size_t send(Bytes bytes, std::vector<int> fds = {}, std::chrono::milliseconds patience = kPatience);
    // All of it, without descriptors.
    void say(const ByteVector& events) { EXPECT_EQ(send(events), events.size()); }
    void hang_up() { socket_.reset(); }

    [[nodiscard]] const std::vector<Request>& requests() const { return requests_; }
    [[nodiscard]] std::vector<UniqueFd>& descriptors() { return descriptors_; }
    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] std::size_t bytes_received() const { return bytes_received_; }

private:
    void take_requests();
    void answer(const Request& request);

    UniqueFd socket_;
    ByteQueue incoming_;
    std::vector<Request> requests_;
    std::vector<UniqueFd> descriptors_;
    std::size_t bytes_received_ = 0;
    bool ended_ = false;
};

class Duel : public testing::Test {
protected:
    void SetUp() override;
    // Ends the session if it still runs; counts descriptors.
    void TearDown() override;

    // The session's last word; ends the test when there is none.
    [[nodiscard]] SessionReport wait_for_report();
    // Ended with this error, at both ends.
    void expect_failed(const std::string& text);
    // The connection still works, both ways.
    void expect_alive() { EXPECT_TRUE(peer_->round_trip(kFreeAtEnd)) << peer_->error().value_or("no error"); }
    // The compositor was asked this much.
    [[nodiscard]] bool wait_for_request(std::uint32_t object, unsigned opcode);
    // Bound: wl_compositor, wl_shm under their usual ids.
    void open(CompressionKind compression = CompressionKind::None, unsigned version = 17);

    static constexpr std::uint32_t kFreeAtEnd = 4000;

    std::optional<Peer> peer_;
    std::optional<CompositorEnd> compositor_;

private:
    int descriptors_before_ = 0;
    std::unique_ptr<Session> session_;
    std::thread thread_;
    std::mutex mutex_;
    std::optional<SessionReport> report_; // under the mutex
};

// A memory file with these bytes.
[[nodiscard]] UniqueFd memory_file(Bytes bytes);

} // namespace tv::test
