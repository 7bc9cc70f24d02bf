#include <algorithm>
#include <array>
#include <vector>

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/poll.h"
#include "base/wait_set.h"

namespace tv {

// epoll does not enter and leave every descriptor's queue for each wait. The time is a descriptor, too, set
// only when it comes nearer: a timer started and stopped around each wait costs as much as a system call.
class WaitSet::System {
public:
    // Null where one of them cannot be watched (a regular file, say) or descriptors have run out.
    static std::unique_ptr<System> create(std::span<const int> lasting) {
        auto made = std::make_unique<System>();
        made->lasting_.assign(lasting.begin(), lasting.end());
        made->epoll_ = UniqueFd::adopt(::epoll_create1(EPOLL_CLOEXEC));
        made->timer_ = UniqueFd::adopt(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
        if (!made->epoll_.valid() || !made->timer_.valid() || !made->add(made->timer_.get())) return nullptr;
        for (int fd : lasting)
            if (!made->add(fd)) return nullptr;
        return made;
    }

    // All that lasts is asked for, for reading, and nothing else.
    [[nodiscard]] bool holds_exactly(std::span<const pollfd> asked) const {
        std::size_t count = 0;
        for (const pollfd& one : asked) {
            if (one.fd < 0) continue;
            if (one.events != POLLIN || std::ranges::find(lasting_, one.fd) == lasting_.end()) return false;
            ++count;
        }
        return count == lasting_.size();
    }

    [[nodiscard]] int wait(std::span<pollfd> asked, std::int64_t now, std::int64_t until) {
        for (pollfd& one : asked) one.revents = 0;
        int milliseconds = -1; // the timer tells
        if (until != 0 && (until <= now || !set_timer(now, until)))
            milliseconds = wait_milliseconds(now, until);
        std::array<epoll_event, kEvents> events;
        const int count = ::epoll_wait(epoll_.get(), events.data(), kEvents, milliseconds);
        int found = count < 0 ? count : 0;
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            if (event.data.fd == timer_.get()) {
                clear_timer();
                continue;
            }
            for (pollfd& one : asked) {
                if (one.fd != event.data.fd) continue;
                one.revents = static_cast<short>(event.events); // EPOLLIN and the others are POLLIN's values
                ++found;
            }
        }
        return found;
    }

private:
    static constexpr int kEvents = 8; // more than anybody lets last

    [[nodiscard]] bool add(int fd) const {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
    }

    // One that is set for sooner than needed, or for nobody any more, stays: it wakes us once for nothing.
    [[nodiscard]] bool set_timer(std::int64_t now, std::int64_t until) {
        if (rings_at_ != 0 && rings_at_ <= until) return true;
        constexpr std::int64_t kSecond = 1'000'000'000;
        const std::int64_t left = std::min(until - now, kSecond); // as wait_milliseconds
        itimerspec when{};
        when.it_value = {left / kSecond, left % kSecond};
        const bool set = ::timerfd_settime(timer_.get(), 0, &when, nullptr) == 0;
        rings_at_ = set ? now + left : 0;
        return set;
    }

    void clear_timer() {
        std::uint64_t times;
        (void)!::read(timer_.get(), &times, sizeof times);
        rings_at_ = 0;
    }

    UniqueFd epoll_;
    UniqueFd timer_;
    std::vector<int> lasting_;
    std::int64_t rings_at_ = 0; // 0: not set
};

WaitSet::WaitSet(std::span<const int> lasting) : system_(System::create(lasting)) {}
WaitSet::~WaitSet() = default;

int WaitSet::wait(std::span<pollfd> asked, std::int64_t now, std::int64_t until) {
    if (system_ && system_->holds_exactly(asked)) return system_->wait(asked, now, until);
    return poll_descriptors(asked, wait_milliseconds(now, until));
}

} // namespace tv
