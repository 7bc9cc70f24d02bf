// Putting surfaces together into one picture.
#pragma once

#include "core.h"
#include "picture.h"

namespace tv::test {

enum class Layout {
    Stacked, // as on a screen: each toplevel 24 pixels right of and below the one before
    Tiled,   // side by side, for pictures that show everything
};

// All mapped toplevels with their subsurfaces and popups. Width and height 0: as large as needed.
[[nodiscard]] Picture render_toplevels(Core& core, Layout layout, int width = 0, int height = 0);
// What an output shows: the first the toplevels, the others a fixed pattern that differs from pixel to pixel.
[[nodiscard]] Picture render_output(Core& core, int index);

} // namespace tv::test
