#include "session/channel_reader.h"

#include <algorithm>

#include "mirror/stream_copy.h"

namespace tv {
namespace {

// One read. Linux hands over at most some 200 KiB of a Unix socket at once.
constexpr std::size_t kRead = 256 * limits::kKiB;
// With data that comes as it is, what is read ahead has to be copied again: enough for what surrounds them.
constexpr std::size_t kReadAhead = 16 * limits::kKiB;
// Diffs from this size on are read span by span, spans from this size on straight into the file: a system
// call costs about as much as copying them.
constexpr std::size_t kDirectBytes = 16 * limits::kKiB;
// The buffer of a connection at rest.
constexpr std::size_t kKeptBuffer = 1 * limits::kMiB;

} // namespace

Result<bool> ChannelReader::read(std::int64_t now, const std::function<Status()>& before_update) {
    const bool between_messages = buffer_.empty() && !direct_;
    auto count = receive();
    if (!count && count.error().category == ErrorCategory::TryAgain) return true;
    if (!count && count.error().category == ErrorCategory::Closed) return false;
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return false;
    bytes_read_ += *count;
    last_read_ = now;
    if (between_messages) begun_ = now;
    TV_TRY(resume(now, before_update));
    return true;
}

Status ChannelReader::resume(std::int64_t now, const std::function<Status()>& before_update) {
    TV_TRY(process(now, before_update));
    buffer_.shrink_to(kKeptBuffer);
    return {};
}

Result<std::size_t> ChannelReader::receive() {
    if (!direct_) return fill_buffer();
    TV_ASSIGN(auto step, direct_->cursor.next(buffer_.bytes()));
    buffer_.consume(step.skip);
    bool straight = step.action == DiffCursor::Action::Copy && step.length >= kDirectBytes && buffer_.empty();
    return straight ? fill_direct(step) : fill_buffer();
}

Result<std::size_t> ChannelReader::fill_buffer() {
    MutableBytes room = buffer_.spare(plain_ ? kReadAhead : kRead);
    if (plain_) room = room.first(std::min(room.size(), kReadAhead * 2));
    iovec part{room.data(), room.size()};
    auto count = link_.read(std::span(&part, 1));
    if (count) buffer_.commit(*count);
    return count;
}

Result<std::size_t> ChannelReader::fill_direct(const DiffCursor::Step& step) {
    TV_TRY(direct_->file->note_update(step.offset, step.length));
    MutableBytes span = direct_->file->target().subspan(step.offset, step.length);
    MutableBytes ahead = buffer_.spare(kReadAhead);
    iovec parts[2] = {{span.data(), span.size()}, {ahead.data(), kReadAhead}};
    TV_ASSIGN(std::size_t count, link_.read(parts));
    std::size_t placed = std::min(count, span.size());
    direct_->cursor.copied(placed);
    buffer_.commit(count - placed);
    return count;
}

Status ChannelReader::process(std::int64_t now, const std::function<Status()>& before_update) {
    if (!started_) {
        if (buffer_.size() < kConnectionHeaderSize) return {};
        TV_ASSIGN(header_, parse_connection_header(buffer_.bytes().first<kConnectionHeaderSize>()));
        buffer_.consume(kConnectionHeaderSize);
        begun_ = last_read_;
        proxy_.start(header_);
        plain_ = proxy_.mirror.compression == CompressionKind::None;
        started_ = true;
    }
    bool more = true;
    held_back_ = false;
    while (more && !proxy_.peer_closed()) {
        held_back_ = proxy_.congested();
        if (held_back_) break;
        if (direct_) {
            TV_ASSIGN(more, continue_direct(now));
        } else {
            TV_ASSIGN(more, process_message(now, before_update));
        }
    }
    return {};
}

Result<bool> ChannelReader::process_message(std::int64_t now, const std::function<Status()>& before_update) {
    Bytes bytes = buffer_.bytes();
    if (bytes.size() < kFrameWordSize) return false;
    TV_ASSIGN(FrameWord frame, peek_frame(bytes));
    bool update = frame.type == MessageType::BufferDiff || frame.type == MessageType::BufferFill;
    bool whole = bytes.size() >= frame.padded_size();
    TV_ASSIGN(const auto prefix, plain_data(frame));
    if (prefix) {
        TV_TRY(before_update());
        TV_ASSIGN(bool begun, begin_direct(frame, *prefix));
        if (begun) return true;
    }
    if (!whole) return false;
    if (update) TV_TRY(before_update());
    proxy_.message_begun = begun_;
    TV_TRY(proxy_.channel_message(frame.type, bytes.first(frame.size)));
    proxy_.channel.received(frame.type, frame.size, now);
    buffer_.consume(frame.padded_size());
    begun_ = last_read_;
    return true;
}

// A diff worth reading straight into its file: how many bytes stand between its head and its data.
Result<std::optional<std::size_t>> ChannelReader::plain_data(const FrameWord& frame) {
    const Bytes bytes = buffer_.bytes();
    if (frame.type != MessageType::BufferDiff || frame.size < kDirectBytes) return std::nullopt;
    if (bytes.size() < msg::BufferDiff::kHeadSize) return std::nullopt;
    switch (proxy_.mirror.compression) {
    case CompressionKind::None:
        if (bytes.size() >= frame.padded_size()) return std::nullopt; // it is here already
        return 0;
    case CompressionKind::Lz4:
        break;
    case CompressionKind::Zstd:
        return std::nullopt; // its raw blocks are small, and a checksum may follow
    }
    TV_ASSIGN(auto head, decode_head<msg::BufferDiff>(bytes));
    const Bytes data = bytes.subspan(msg::BufferDiff::kHeadSize);
    const Lz4Literals literals =
        find_lz4_literals(data.first(std::min(data.size(), head.data_size)), head.data_size,
                          std::size_t{head.fields.diff_size} + head.fields.ntrailing);
    if (literals.answer == Lz4Literals::Answer::Unknown) return std::nullopt;
    plain_ = literals.answer == Lz4Literals::Answer::Yes;
    return plain_ ? std::optional(literals.prefix) : std::nullopt;
}

Result<bool> ChannelReader::begin_direct(const FrameWord& frame, std::size_t prefix) {
    TV_ASSIGN(auto head, decode_head<msg::BufferDiff>(buffer_.bytes()));
    TV_ASSIGN(auto file, proxy_.rids.find_file(head.fields.rid));
    if (!file || !file->direct()) {
        plain_ = proxy_.mirror.compression == CompressionKind::None; // it has to be read whole
        return false;
    }
    mirror::Update update{mirror::Update::Kind::Diff, head.fields.diff_size, head.fields.ntrailing};
    TV_TRY(file->check_direct(update, head.data_size));
    std::size_t target = file->target().size();
    direct_.emplace(
        Direct{std::move(file), DiffCursor(update.first, update.second, target), head.padding(), frame});
    buffer_.consume(msg::BufferDiff::kHeadSize + prefix);
    return true;
}

// False when more has to be read.
Result<bool> ChannelReader::continue_direct(std::int64_t now) {
    mirror::Replica& file = *direct_->file;
    while (!direct_->cursor.done()) {
        TV_ASSIGN(auto step, direct_->cursor.next(buffer_.bytes()));
        buffer_.consume(step.skip);
        std::size_t count = std::min(step.length, buffer_.size());
        if (step.action == DiffCursor::Action::NeedHeader || count == 0) return false;
        TV_TRY(file.note_update(step.offset, count));
        mirror::stream_copy(file.target().data() + step.offset, buffer_.bytes().data(), count);
        direct_->cursor.copied(count);
        buffer_.consume(count);
    }
    if (buffer_.size() < direct_->padding) return false;
    buffer_.consume(direct_->padding);
    proxy_.message_begun = std::exchange(begun_, last_read_);
    proxy_.note_arrival(file, direct_->frame.size);
    file.note_direct_update();
    proxy_.channel.received(direct_->frame.type, direct_->frame.size, now);
    direct_.reset();
    TV_TRY(proxy_.resume_requests());
    return true;
}

} // namespace tv
