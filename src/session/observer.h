// Who watches a session from inside the same process: the C API.
#pragma once

#include <array>

#include "channel/header.h"
#include "proxy/frame_watch.h"

namespace tv {

// The poll thread's. Must not block.
class SessionObserver : public proxy::FrameWatch {
public:
    // The connection header has come and suits us.
    virtual void connected(const ConnectionHeader& header) = 0;
    // Around each try to send requests: what is forwarded between the two may be seen by the compositor
    // before forwarded() says so.
    virtual void sending() = 0;
    virtual void sent() = 0;
};

// Several watches in place of one. They outlive it.
class FrameWatches final : public proxy::FrameWatch {
public:
    void add(proxy::FrameWatch* watch) {
        if (watch != nullptr) watches_[count_++] = watch;
    }
    // What a proxy takes: null when nobody watches.
    [[nodiscard]] proxy::FrameWatch* any() { return count_ != 0 ? this : nullptr; }

    void committed(proxy::CommittedFrame frame, mirror::Replica& replica) override {
        for (std::size_t i = 0; i < count_; ++i) watches_[i]->committed(frame, replica);
    }
    void forwarded(std::uint64_t gate, mirror::Replica& replica) override {
        for (std::size_t i = 0; i < count_; ++i) watches_[i]->forwarded(gate, replica);
    }
    void named(const proxy::SurfaceName& surface) override {
        for (std::size_t i = 0; i < count_; ++i) watches_[i]->named(surface);
    }

private:
    std::array<proxy::FrameWatch*, 2> watches_{};
    std::size_t count_ = 0;
};

} // namespace tv
