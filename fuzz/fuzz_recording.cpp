// Replay files: whatever they hold, reading ends, and what was read is written again to the same bytes; the
// channel in them is played into a receiver that answers with the file's own answers.
#include <algorithm>
#include <vector>

#include <sys/socket.h>

#include "check.h"
#include "replay/player.h"
#include "replay/recording.h"

namespace tv::replay {
namespace {

// Reads as a file would be read: the source gives what it likes.
RecordingReader::Source in_pieces(Bytes file) {
    return [file, turn = 0U](MutableBytes room) mutable -> Result<std::size_t> {
        const std::size_t count = std::min({room.size(), file.size(), std::size_t{1} + turn++ % 37});
        std::copy_n(file.begin(), count, room.begin());
        file = file.subspan(count);
        return count;
    };
}

void try_format(Bytes file) {
    auto reader = RecordingReader::create(in_pieces(file));
    if (!reader) return;
    ByteQueue again;
    append_file_header(again);
    std::int64_t time = 0;
    while (true) {
        const auto record = reader->next();
        if (!record) return;
        if (!*record) break;
        TV_EXPECT((*record)->time >= time);
        TV_EXPECT(!(*record)->bytes.empty() && (*record)->bytes.size() <= limits::kMaxRecordBytes);
        time = (*record)->time;
        append_record(again, **record);
    }
    TV_EXPECT(!*reader->next());
    // Of a record that was cut off the head differs. The header's last word is nobody's.
    if (!reader->cut_off())
        TV_EXPECT(std::ranges::equal(again.bytes().subspan(kFileHeaderSize),
                                     file.subspan(kFileHeaderSize, again.size() - kFileHeaderSize)));
}

// The answers are all there before the first question: the socket holds them.
void try_player(Bytes file) {
    int ends[2];
    TV_EXPECT(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    UniqueFd ours = UniqueFd::adopt(ends[0]), theirs = UniqueFd::adopt(ends[1]);
    auto answers = RecordingReader::of_bytes(file);
    while (answers) {
        const auto record = answers->next();
        if (!record || !*record) break;
        if ((*record)->direction == ChannelDirection::ToApplication)
            (void)::send(theirs.get(), (*record)->bytes.data(), (*record)->bytes.size(),
                         MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    (void)::shutdown(theirs.get(), SHUT_WR);
    auto reader = RecordingReader::of_bytes(file);
    if (!reader) return;
    PlayOptions options;
    options.speed = 0;
    options.patience = 0;
    Player player(std::move(ours), options);
    (void)player.play(*reader);
}

} // namespace
} // namespace tv::replay

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const tv::Bytes bytes = std::as_bytes(std::span(data, size));
    tv::replay::try_format(bytes);
    tv::replay::try_player(bytes);
    return 0;
}
