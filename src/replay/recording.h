// The file format of recorded channels (docs/recording.md): bytes <-> records.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/byte_queue.h"
#include "base/result.h"
#include "session/channel_tap.h"

namespace tv::replay {

// A zero byte, so that nobody takes it for text, and line ends, so that a conversion of them is seen.
inline constexpr std::array<unsigned char, 8> kMagic{0x89, 'T', 'V', 'R', '\r', '\n', 0x1a, 0x00};
inline constexpr std::uint32_t kFormatVersion = 1;
inline constexpr std::size_t kFileHeaderSize = 16;
inline constexpr std::size_t kRecordHeadSize = 16;

// Bytes that passed together.
struct Record {
    std::int64_t time = 0; // microseconds since the recording began
    ChannelDirection direction{};
    Bytes bytes;
};

// Appends to a file in the making. `record` may be longer than limits::kMaxRecordBytes: it is cut.
void append_file_header(ByteQueue& file);
void append_record(ByteQueue& file, const Record& record);
// The last thing in a file: what follows a recording without it was lost.
void append_end(ByteQueue& file, std::int64_t time);

// Reads a recording from its beginning, one record after the other, in bounded memory. Not thread-safe.
class RecordingReader {
public:
    // Fills a part of the span and returns how much; 0 at the end of the file.
    using Source = std::function<Result<std::size_t>(MutableBytes)>;

    // Unsupported: no recording, or one of a version that is not known here.
    [[nodiscard]] static Result<RecordingReader> create(Source source);
    // Io with the errno when the file cannot be opened.
    [[nodiscard]] static Result<RecordingReader> open(const std::string& path);
    // `file` is borrowed.
    [[nodiscard]] static Result<RecordingReader> of_bytes(Bytes file);

    // Nothing: the recording is over; it was cut_off() if it does not say so itself. The record's bytes live
    // until the next call. Corrupted: a head that no recorder writes. Times never go backwards.
    [[nodiscard]] Result<std::optional<Record>> next();

    [[nodiscard]] bool cut_off() const { return over_ && !ended_; }

private:
    explicit RecordingReader(Source source) : source_(std::move(source)) {}
    // False when the file ends before.
    [[nodiscard]] Result<bool> have(std::size_t size);

    Source source_;
    ByteQueue buffer_;
    std::size_t taken_ = 0; // of buffer_, by the record handed out last
    std::int64_t time_ = 0;
    bool over_ = false;
    bool ended_ = false;
};

} // namespace tv::replay
