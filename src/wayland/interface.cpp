#include "wayland/interface.h"

#include <algorithm>

namespace tv::wayland {
namespace {

// Ids must be exactly 1..n, each given once: a hole or a repetition leaves an entry of kById without a name
// or with another's id.
static_assert([] {
    for (std::size_t i = 1; i < tables::kIdCount; ++i)
        if (static_cast<std::size_t>(tables::kById[i].id) != i || tables::kById[i].name.empty()) return false;
    return true;
}());

constexpr std::string_view name_of(InterfaceId id) {
    return interface(id).name;
}

constexpr auto kByName = [] {
    std::array<InterfaceId, tables::kIdCount - 1> ids{};
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<InterfaceId>(i + 1);
    std::ranges::sort(ids, {}, name_of);
    return ids;
}();

static_assert(std::ranges::adjacent_find(kByName, {}, name_of) == kByName.end(),
              "a name is in the tables twice");

} // namespace

const Interface* find_interface(std::string_view name) {
    const auto* const found = std::ranges::lower_bound(kByName, name, {}, name_of);
    return found != kByName.end() && name_of(*found) == name ? &interface(*found) : nullptr;
}

} // namespace tv::wayland
