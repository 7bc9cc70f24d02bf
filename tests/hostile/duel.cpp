#include "duel.h"

#include <algorithm>
#include <cerrno>

#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/socket.h"
#include "support/process.h"

namespace tv::test {
namespace {

std::pair<UniqueFd, UniqueFd> socket_pair() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    return {UniqueFd::adopt(ends[0]), UniqueFd::adopt(ends[1])};
}

} // namespace

UniqueFd memory_file(Bytes bytes) {
    UniqueFd file = UniqueFd::adopt(::memfd_create("hostile", MFD_CLOEXEC));
    EXPECT_EQ(::write(file.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    return file;
}

// --- compositor ---

bool CompositorEnd::serve() {
    while (!asleep && !ended_ && socket_.valid()) {
        MutableBytes room = incoming_.spare(64 * 1024);
        iovec part{room.data(), room.size()};
        Fifo<UniqueFd> fds;
        auto count = receive_some(socket_.get(), std::span(&part, 1), &fds);
        while (!fds.empty()) descriptors_.push_back(fds.pop());
        if (!count && count.error().category == ErrorCategory::TryAgain) break;
        if (!count || *count == 0) {
            ended_ = true;
            break;
        }
        incoming_.commit(*count);
        bytes_received_ += *count;
        take_requests();
    }
    return !ended_;
}

void CompositorEnd::take_requests() {
    while (incoming_.size() >= 8) {
        const std::uint32_t word = load_u32(incoming_.bytes(), 4);
        const std::size_t size = word >> 16;
        if (size < 8 || incoming_.size() < size) return;
        const Bytes arguments = incoming_.bytes().first(size).subspan(8);
        Request request{load_u32(incoming_.bytes(), 0), word & 0xffff, {arguments.begin(), arguments.end()}};
        incoming_.consume(size);
        if (answers) answer(request);
        requests_.push_back(std::move(request));
    }
}

void CompositorEnd::answer(const Request& request) {
    if (request.object != kDisplay || request.arguments.size() < 4) return;
    const std::uint32_t id = load_u32(request.arguments, 0);
    ByteVector events;
    if (request.opcode == 0) events = together(Words(id, 0).u(1), Words(kDisplay, 1).u(id));
    if (request.opcode == 1)
        for (const Global& global : globals)
            append(events, ByteVector(Words(id, 0).u(global.name).s(global.interface).u(global.version)));
    (void)send(events);
}

std::size_t CompositorEnd::send(Bytes bytes, std::vector<int> fds, std::chrono::milliseconds patience) {
    std::size_t sent = 0;
    while (sent < bytes.size() && socket_.valid()) {
        auto count = send_some(socket_.get(), bytes.subspan(sent), fds);
        if (count) {
            sent += *count;
            fds.clear();
            continue;
        }
        if (count.error().category != ErrorCategory::TryAgain) break;
        pollfd entry{socket_.get(), POLLOUT, 0};
        if (::poll(&entry, 1, static_cast<int>(patience.count())) <= 0) break;
    }
    return sent;
}

// --- duel ---

void Duel::SetUp() {
    descriptors_before_ = count_descriptors();
    auto [channel, peer_end] = socket_pair();
    auto [wayland, compositor_end] = socket_pair();
    peer_.emplace(std::move(peer_end));
    compositor_.emplace(std::move(compositor_end));
    peer_->meanwhile = [this] { (void)compositor_->serve(); };
    SessionConfig config;
    config.worker_threads = 2;
    session_ = Session::create({std::move(channel), {}, std::move(wayland)}, std::move(config)).value();
    thread_ = std::thread([this] {
        const SessionReport report = session_->run();
        const std::lock_guard lock(mutex_);
        report_ = report;
    });
}

void Duel::TearDown() {
    session_->stop();
    peer_.reset();
    thread_.join();
    session_.reset();
    compositor_.reset();
    EXPECT_EQ(count_descriptors(), descriptors_before_);
}

SessionReport Duel::wait_for_report() {
    EXPECT_TRUE(eventually(
        [&] {
            if (peer_->meanwhile) peer_->meanwhile();
            const std::lock_guard lock(mutex_);
            return report_.has_value();
        },
        kPatience));
    const std::lock_guard lock(mutex_);
    return report_.value_or(SessionReport{SessionEnd::Stopped, {}});
}

void Duel::expect_failed(const std::string& text) {
    const auto refusal = peer_->wait_for_refusal();
    ASSERT_TRUE(refusal) << "no wl_display.error with a Close behind it";
    EXPECT_NE(refusal->find(text), std::string::npos) << *refusal;
    peer_->stop_sending();
    EXPECT_TRUE(peer_->wait_for_end());
    const SessionReport report = wait_for_report();
    EXPECT_EQ(report.end, SessionEnd::Failed);
    ASSERT_TRUE(report.error);
    EXPECT_NE(describe(*report.error).find(text), std::string::npos) << describe(*report.error);
}

bool Duel::wait_for_request(std::uint32_t object, unsigned opcode) {
    return peer_->wait_for([&] {
        return std::ranges::any_of(compositor_->requests(), [&](const Request& request) {
            return request.object == object && request.opcode == opcode;
        });
    });
}

void Duel::open(CompressionKind compression, unsigned version) {
    ASSERT_TRUE(peer_->header(compression, version));
    ASSERT_TRUE(peer_->open_desktop());
    ASSERT_TRUE(peer_->round_trip(kFreeAtEnd));
}

} // namespace tv::test
