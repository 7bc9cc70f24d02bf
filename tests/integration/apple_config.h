// Sessions as they are on a Mac, on the simulated system, and what their pictures went through.
#pragma once

#include <thread>

#include "applesim/sim/calls.h"
#include "applesim/sim/metal.h"
#include "backend/surface_backend.h"
#include "session_bed.h"
#include "video/decoders.h"

namespace tv::test {

// VideoToolbox before the decoders that there are, and pictures converted by a GPU that is there before the
// first of them: so that nothing is left to who is faster. `log` is the configuration's.
inline SessionConfig on_a_mac(SessionConfig config, SessionLog& log) {
    config.decoders.insert(config.decoders.begin(), video::videotoolbox_decoders());
    config.make_surface_painter = [&log](video::Executor& executor, const Log& to) {
        return [&log, painter = backend::surface_backend().make_painter(executor, to)](
                   std::shared_ptr<surface::Surface> surface,
                   std::shared_ptr<const video::PixelTarget> target, video::CpuMark by_cpu) {
            video::Paint paint = painter(std::move(surface), std::move(target), std::move(by_cpu));
            const auto deadline = std::chrono::steady_clock::now() + 10s;
            while (!log.contains("pictures are converted by ") && std::chrono::steady_clock::now() < deadline)
                std::this_thread::sleep_for(1ms);
            return paint;
        };
    };
    return config;
}

// How often the CPU looked at the pixels of a decoded picture so far.
inline unsigned long locked_pictures() {
    const auto calls = sim::calls();
    const auto found = calls.find("CVPixelBufferLockBaseAddress");
    return found == calls.end() ? 0 : found->second;
}

} // namespace tv::test
