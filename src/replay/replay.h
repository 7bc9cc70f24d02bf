// A recording, shown: a player and a session of ours between it and a compositor.
#pragma once

#include "replay/player.h"
#include "session/session.h"

namespace tv::replay {

struct ReplayReport {
    PlayReport play;
    SessionReport session;
};

// The session runs on a thread of its own, the player on the caller's.
[[nodiscard]] Result<ReplayReport> replay(RecordingReader& recording, UniqueFd compositor,
                                          SessionConfig config, PlayOptions options);

} // namespace tv::replay
