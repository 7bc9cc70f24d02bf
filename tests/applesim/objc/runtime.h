// A small Objective-C runtime for Linux: what clang's -fobjc-runtime=gnustep-2.0 -fobjc-arc -fblocks asks of
// one, for classes that are linked in, and strict where Apple's is silent: an autorelease without a pool, a
// release too many, a message to a dead object or one that its class does not have end the process. Tests
// only.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tv::objc {

// Objects and copied blocks that live, by class name ("block" for blocks), sorted.
[[nodiscard]] std::vector<std::string> alive();
// Autorelease pools of this thread.
[[nodiscard]] std::size_t pool_depth();

} // namespace tv::objc
