// The host's callbacks, and who is inside one.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "tunnelview/tunnelview.h"

namespace tv::capi {

// Any thread. Outlives its receiver where a thread was left behind.
class Callbacks {
public:
    explicit Callbacks(const tv_callbacks& given) : given_(given) { inside_.reserve(kUsual); }

    // Calls one of them, unless it is not set or close() was called.
    template <typename... Parameters, typename... Arguments>
    void call(void (*tv_callbacks::*which)(void*, Parameters...), Arguments... arguments) {
        void (*function)(void*, Parameters...) = given_.*which;
        if (function == nullptr || !enter()) return;
        function(given_.user, arguments...);
        leave();
    }
    // Whether the calling thread is inside one.
    [[nodiscard]] bool inside();
    // None begins after this; true when none runs either, false when one still does after that time.
    [[nodiscard]] bool close(std::chrono::milliseconds patience);

private:
    // At once: more than usually call, so that calling one needs no memory.
    static constexpr std::size_t kUsual = 64;
    [[nodiscard]] bool enter();
    void leave();

    const tv_callbacks given_;
    std::mutex mutex_;
    std::condition_variable left_;
    std::vector<std::thread::id> inside_;
    bool closed_ = false;
};

} // namespace tv::capi
