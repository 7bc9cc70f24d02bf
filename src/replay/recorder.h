// Writes a session's channel into a recording while the session runs.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/byte_queue.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/result.h"
#include "session/channel_tap.h"

namespace tv::replay {

// passed() only copies; a thread of the recorder's own does the writing, a few times a second. When the disk
// is full, fails or falls behind by limits::kMaxRecordingBacklog, the log gets one warning and nothing more
// is recorded. SIGXFSZ, if the process has a file size limit, is the process's business.
class Recorder final : public ChannelTap {
public:
    // A new file that only its owner can read: everything typed is in it. Io with EEXIST when it exists.
    // `clock` outlives the recorder.
    [[nodiscard]] static Result<std::unique_ptr<Recorder>> create(const std::string& path, const Clock& clock,
                                                                  Log log);
    // Into an open, blocking descriptor.
    Recorder(UniqueFd file, const Clock& clock, Log log);
    // Writes what is left and the end mark.
    ~Recorder() override;
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    void passed(ChannelDirection direction, Bytes bytes) override;

private:
    void write_on();
    void give_up(const std::string& reason); // with mutex_ held

    const UniqueFd file_;
    const Clock& clock_;
    const Log log_;
    const std::int64_t start_;
    std::mutex mutex_;
    std::condition_variable changed_;
    ByteQueue waiting_;     // under mutex_: not yet handed to the disk
    bool finish_ = false;   // under mutex_
    bool given_up_ = false; // under mutex_
    std::thread thread_;
};

} // namespace tv::replay
