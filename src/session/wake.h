// Interrupts a poll from another thread or from a signal handler.
#pragma once

#include "base/fd.h"

namespace tv {

class WakePipe {
public:
    [[nodiscard]] static Result<WakePipe> create();
    // Any thread; async-signal-safe; errno is kept.
    void wake() const;
    // The poll thread, after poll said readable.
    void drain() const;
    [[nodiscard]] int fd() const { return read_.get(); }

private:
    UniqueFd read_;
    UniqueFd write_;
};

} // namespace tv
