#include "replay/recorder.h"

#include <cerrno>
#include <chrono>

#include <fcntl.h>
#include <unistd.h>

#include "base/limits.h"
#include "replay/recording.h"

namespace tv::replay {
namespace {

// A crash loses no more than this.
constexpr std::chrono::milliseconds kFlushInterval{200};
// Earlier, if this much has come together.
constexpr std::size_t kFlushBytes = 1 * limits::kMiB;

constexpr std::int64_t kNsPerUs = 1000;

Status write_all(int file, Bytes bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(file, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno("write");
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

} // namespace

Result<std::unique_ptr<Recorder>> Recorder::create(const std::string& path, const Clock& clock, Log log) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return fail_errno("open");
    return std::make_unique<Recorder>(UniqueFd::adopt(fd), clock, std::move(log));
}

Recorder::Recorder(UniqueFd file, const Clock& clock, Log log)
    : file_(std::move(file)), clock_(clock), log_(std::move(log)), start_(clock.steady()) {
    append_file_header(waiting_);
    thread_ = std::thread([this] { write_on(); });
}

Recorder::~Recorder() {
    {
        const std::lock_guard lock(mutex_);
        append_end(waiting_, (clock_.steady() - start_) / kNsPerUs);
        finish_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void Recorder::passed(ChannelDirection direction, Bytes bytes) {
    const std::lock_guard lock(mutex_);
    if (given_up_) return;
    if (waiting_.size() + bytes.size() > limits::kMaxRecordingBacklog) return give_up("the disk is too slow");
    const std::size_t before = waiting_.size();
    append_record(waiting_, {(clock_.steady() - start_) / kNsPerUs, direction, bytes});
    if (before == 0 || (before < kFlushBytes && waiting_.size() >= kFlushBytes)) changed_.notify_one();
}

void Recorder::give_up(const std::string& reason) {
    given_up_ = true;
    waiting_ = {};
    log_.warning("the recording ends here, the session goes on: {}", reason);
}

// The recorder's thread.
void Recorder::write_on() {
    ByteQueue writing;
    bool finish = false;
    while (!finish) {
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return finish_ || !waiting_.empty(); });
            changed_.wait_for(lock, kFlushInterval,
                              [this] { return finish_ || waiting_.size() >= kFlushBytes; });
            finish = finish_;
            if (given_up_) continue;
            std::swap(writing, waiting_);
        }
        const auto written = write_all(file_.get(), writing.bytes());
        writing.consume(writing.size());
        if (written) continue;
        const std::lock_guard lock(mutex_);
        if (!given_up_) give_up(describe(written.error()));
    }
}

} // namespace tv::replay
