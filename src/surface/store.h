// Where the pixels of remote buffers live on this side, and what the compositor can take.
#pragma once

#include <cstdint>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace tv::surface {

enum class StoreKind : std::uint8_t {
    Shm,       // mapped files behind wl_shm: every compositor, every system
    IOSurface, // BGRA IOSurfaces behind zwp_linux_dmabuf_v1, their id in the modifier: macOS with such a
               // compositor
};

[[nodiscard]] const char* store_name(StoreKind kind);

// What one look at the compositor showed.
struct CompositorSurvey {
    bool has_shm = false;
    std::uint32_t dmabuf_version = 0; // of zwp_linux_dmabuf_v1; 0: none
    struct FormatModifier {
        std::uint32_t format = 0; // DRM fourcc
        std::uint64_t modifier = 0;
    };
    std::vector<FormatModifier> modifiers; // announced to a version 3 bind
};

// Asks a fresh connection of our own; blocks for at most a few seconds. The connection is used up.
[[nodiscard]] Result<CompositorSurvey> survey_compositor(UniqueFd connection);

// Marks the modifiers whose low 32 bits are an IOSurfaceID.
inline constexpr std::uint64_t kIOSurfaceModifier = 0x8000'0000'0000'0000;

// What the compositor says that it takes; whether it does is probe_surfaces()'s question.
[[nodiscard]] StoreKind offered_store(const CompositorSurvey& survey);

} // namespace tv::surface
