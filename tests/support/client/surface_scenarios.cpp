// Surfaces together: subsurfaces, popups, viewports, presentation feedback.
#include "drawing.h"
#include "scenario.h"

namespace tv::test {

std::span<const Scenario> surface_scenarios() {
    return {};
}

} // namespace tv::test
