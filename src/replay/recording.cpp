#include "replay/recording.h"

#include <algorithm>
#include <cerrno>
#include <memory>

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/limits.h"

namespace tv::replay {
namespace {

// What a record's head says of its bytes.
constexpr std::uint32_t kFromApplication = 0;
constexpr std::uint32_t kToApplication = 1;
constexpr std::uint32_t kEnd = 2;

constexpr std::size_t kFileRead = 64 * limits::kKiB;

void append_head(ByteQueue& file, std::int64_t time, std::uint32_t kind, std::size_t size) {
    MutableBytes head = file.append(kRecordHeadSize);
    store_le<std::uint64_t>(head, 0, static_cast<std::uint64_t>(time));
    store_u32(head, 8, kind);
    store_u32(head, 12, static_cast<std::uint32_t>(size));
}

} // namespace

void append_file_header(ByteQueue& file) {
    file.append(std::as_bytes(std::span(kMagic)));
    MutableBytes rest = file.append(kFileHeaderSize - kMagic.size());
    store_u32(rest, 0, kFormatVersion);
    store_u32(rest, 4, 0);
}

void append_record(ByteQueue& file, const Record& record) {
    Bytes left = record.bytes;
    while (!left.empty()) {
        const Bytes part = left.first(std::min(left.size(), limits::kMaxRecordBytes));
        const bool from = record.direction == ChannelDirection::FromApplication;
        append_head(file, record.time, from ? kFromApplication : kToApplication, part.size());
        file.append(part);
        left = left.subspan(part.size());
    }
}

void append_end(ByteQueue& file, std::int64_t time) {
    append_head(file, time, kEnd, 0);
}

Result<RecordingReader> RecordingReader::create(Source source) {
    RecordingReader reader(std::move(source));
    TV_ASSIGN(bool whole, reader.have(kFileHeaderSize));
    const Bytes bytes = reader.buffer_.bytes();
    if (!whole || !std::ranges::equal(bytes.first(kMagic.size()), std::as_bytes(std::span(kMagic))))
        return fail(ErrorCategory::Unsupported, "not a recording made with --record");
    const std::uint32_t version = load_u32(bytes, kMagic.size());
    if (version != kFormatVersion)
        return fail(ErrorCategory::Unsupported, "recording of an unknown format version", version);
    reader.buffer_.consume(kFileHeaderSize);
    return reader;
}

Result<RecordingReader> RecordingReader::open(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_errno("open");
    // std::function wants to be copied.
    auto file = std::make_shared<UniqueFd>(UniqueFd::adopt(fd));
    return create([file](MutableBytes room) -> Result<std::size_t> {
        while (true) {
            const ssize_t count = ::read(file->get(), room.data(), room.size());
            if (count >= 0) return static_cast<std::size_t>(count);
            if (errno != EINTR) return fail_errno("read");
        }
    });
}

Result<RecordingReader> RecordingReader::of_bytes(Bytes file) {
    return create([file](MutableBytes room) mutable -> Result<std::size_t> {
        const std::size_t count = std::min(room.size(), file.size());
        std::copy_n(file.begin(), count, room.begin());
        file = file.subspan(count);
        return count;
    });
}

Result<bool> RecordingReader::have(std::size_t size) {
    while (buffer_.size() < size) {
        const std::size_t missing = std::max(size - buffer_.size(), kFileRead);
        TV_ASSIGN(std::size_t count, source_(buffer_.spare(missing).first(missing)));
        if (count == 0) return false;
        buffer_.commit(count);
    }
    return true;
}

Result<std::optional<Record>> RecordingReader::next() {
    buffer_.consume(std::exchange(taken_, 0));
    if (over_) return std::nullopt;
    TV_ASSIGN(bool head_is_here, have(kRecordHeadSize));
    over_ = !head_is_here;
    if (over_) return std::nullopt;
    ByteReader head(buffer_.bytes().first(kRecordHeadSize));
    const std::uint64_t time = head.u64();
    const std::uint32_t kind = head.u32();
    const std::size_t size = head.u32();
    const bool wrong_size = kind == kEnd ? size != 0 : size == 0 || size > limits::kMaxRecordBytes;
    if (kind > kEnd || wrong_size || time < static_cast<std::uint64_t>(time_) || time > INT64_MAX / 1000)
        return fail(ErrorCategory::Corrupted, "record of an impossible kind, size or time", kind);
    time_ = static_cast<std::int64_t>(time);
    if (kind == kEnd) {
        over_ = ended_ = true;
        return std::nullopt;
    }
    // A record that was cut off is played as far as it goes: its bytes did pass.
    TV_ASSIGN(bool whole, have(kRecordHeadSize + size));
    over_ = !whole;
    taken_ = std::min(kRecordHeadSize + size, buffer_.size());
    if (taken_ == kRecordHeadSize) return std::nullopt;
    return Record{
        time_, kind == kFromApplication ? ChannelDirection::FromApplication : ChannelDirection::ToApplication,
        buffer_.bytes().subspan(kRecordHeadSize, taken_ - kRecordHeadSize)};
}

} // namespace tv::replay
