// What a thread of ours does first when it lives in somebody else's process.
#pragma once

#include <cstdint>

namespace tv {

enum class ThreadQos : std::uint8_t { Inherit, Background, Utility, Default, UserInitiated, UserInteractive };

// For the calling thread. No effect where the system knows no such classes.
void set_thread_qos(ThreadQos qos);

// The host's signals are not ours to handle: blocks, in the calling thread, all that are not faults of its
// own.
void block_host_signals();

} // namespace tv
