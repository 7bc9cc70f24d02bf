#include "recording.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "channel/header.h"
#include "channel/messages.h"

namespace tv::test {
namespace {

ByteVector read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const Bytes bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

// Cuts whole channel messages off the front of `bytes`.
template <typename Visitor>
void take_messages(ByteVector& bytes, Visitor&& visit) {
    std::size_t at = 0;
    while (bytes.size() - at >= kFrameWordSize) {
        const std::uint32_t word = load_u32(bytes, at);
        const std::size_t size = word >> 5;
        if (bytes.size() - at < padded4(size)) break;
        visit(static_cast<MessageType>(word & 31), Bytes(bytes).subspan(at + 4, size - 4));
        at += padded4(size);
    }
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

void append_untagged(ByteVector& out, Bytes events) {
    while (!events.empty()) {
        const std::size_t size = load_u32(events, 4) >> 16;
        append(out, events.first(size));
        store_u32(out, out.size() - size + 4, untag(load_u32(events, 4)));
        events = events.subspan(size);
    }
}

} // namespace

std::size_t Recording::size() const {
    std::size_t total = 0;
    for (const RecordedStep& step : steps) total += step.bytes.size();
    return total;
}

Recording read_recording(const std::string& base) {
    Recording recording;
    const ByteVector sent = read_file(base + ".s2c"), answered = read_file(base + ".c2s");
    std::ifstream order(base + ".tsv");
    std::size_t sent_at = 0, answered_at = 0, requests = 0;
    ByteVector channel, answers;                       // not yet whole messages
    std::vector<RecordedStep::Descriptor> descriptors; // of events that are still to come
    long time = 0;
    std::string direction;
    std::size_t count = 0;
    while (order >> time >> direction >> count) {
        if (direction == "s2c") {
            const Bytes part = Bytes(sent).subspan(sent_at, count);
            append(channel, sent_at == 0 ? part.subspan(kConnectionHeaderSize) : part);
            sent_at += count;
            take_messages(channel, [&](MessageType type, Bytes body) {
                if (type == MessageType::Protocol) requests += body.size();
            });
            recording.steps.push_back(
                {RecordedStep::From::Application, {part.begin(), part.end()}, {}, requests});
        } else {
            append(answers, Bytes(answered).subspan(answered_at, count));
            answered_at += count;
            RecordedStep step{RecordedStep::From::Compositor, {}, {}, requests};
            take_messages(answers, [&](MessageType type, Bytes body) {
                if (type == MessageType::Protocol) append_untagged(step.bytes, body);
                if (type == MessageType::OpenFile) descriptors.push_back(RecordedStep::Descriptor::File);
                if (type == MessageType::OpenIRPipe) descriptors.push_back(RecordedStep::Descriptor::Pipe);
            });
            if (step.bytes.empty()) continue;
            step.descriptors = std::exchange(descriptors, {});
            recording.steps.push_back(std::move(step));
        }
    }
    return recording;
}

} // namespace tv::test
