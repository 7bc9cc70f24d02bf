// Copy and paste, with every protocol there is for it.
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>
#include <zlib.h>

#include "base/fd.h"
#include "scenario.h"
#include "selections.h"

namespace tv::test {

namespace {

constexpr auto kPatience = std::chrono::seconds(20);

std::uint32_t crc(const std::string& text) {
    return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()));
}

// A text as long as asked that no two places of are alike.
std::string sample(std::size_t bytes) {
    std::string text;
    text.reserve(bytes + 16);
    for (std::size_t line = 0; text.size() < bytes; ++line) text += fmt::format("line {}\n", line);
    text.resize(bytes);
    return text;
}

// Writes all that fits until the reader is done or gone.
void write_all(int fd, const std::string& text) {
    const UniqueFd owned = UniqueFd::adopt(fd);
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t wrote = write(fd, text.data() + done, text.size() - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return;
        done += static_cast<std::size_t>(wrote);
    }
}

// Offers a text (its length is the second argument) and stays until somebody else takes the selection, or
// until it was fetched as often as the third argument says.
bool copy(Connection& connection, const std::string& kind, const Arguments& arguments) {
    const auto device = open_selection(connection, kind);
    if (!device || !connection.roundtrip()) return false;
    const std::string text = sample(static_cast<std::size_t>(arguments.number(0, 1000)));
    const int wanted = arguments.number(1, 1);
    int sent = 0;
    device->offer({"text/plain", "text/plain;charset=utf-8"}, [&](const std::string& type, int fd) {
        write_all(fd, text);
        ++sent;
        connection.say(fmt::format("sent {} {} bytes crc={:08x}", type, text.size(), crc(text)));
    });
    if (!connection.roundtrip()) return false;
    connection.say("offering");
    return connection.wait([&] { return sent >= wanted || device->cancelled(); }, kPatience);
}

// Waits for a selection, fetches its first type and prints size and CRC.
bool paste(Connection& connection, const std::string& kind, const Arguments& arguments) {
    const auto device = open_selection(connection, kind);
    if (!device || !connection.roundtrip()) return false;
    if (!connection.wait([&] { return !device->types().empty(); }, kPatience)) return false;
    const std::string type = arguments.word(0, device->types().front());
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    const UniqueFd reading = UniqueFd::adopt(ends[0]);
    UniqueFd writing = UniqueFd::adopt(ends[1]);
    device->receive(type, writing.get());
    connection.flush();
    writing.reset();
    std::string text;
    char block[65536];
    for (;;) {
        pollfd watched{reading.get(), POLLIN, 0};
        if (poll(&watched, 1, 20'000) <= 0) return false;
        const ssize_t got = read(reading.get(), block, sizeof block);
        if (got < 0) return false;
        if (got == 0) break;
        text.append(block, static_cast<std::size_t>(got));
    }
    connection.say(fmt::format("received {} {} bytes crc={:08x}", type, text.size(), crc(text)));
    return connection.roundtrip();
}

bool clipboard_copy(Connection& connection, const Arguments& arguments) {
    return copy(connection, "clipboard", arguments);
}
bool clipboard_paste(Connection& connection, const Arguments& arguments) {
    return paste(connection, "clipboard", arguments);
}
bool primary_copy(Connection& connection, const Arguments& arguments) {
    return copy(connection, "primary", arguments);
}
bool primary_paste(Connection& connection, const Arguments& arguments) {
    return paste(connection, "primary", arguments);
}

// The first argument chooses the protocol.
bool control_copy(Connection& connection, const Arguments& arguments) {
    if (arguments.words.empty()) return false;
    return copy(connection, arguments.words[0], {{arguments.words.begin() + 1, arguments.words.end()}});
}
bool control_paste(Connection& connection, const Arguments& arguments) {
    if (arguments.words.empty()) return false;
    return paste(connection, arguments.words[0], {{arguments.words.begin() + 1, arguments.words.end()}});
}

constexpr Scenario kScenarios[] = {
    {"clipboard-copy", "[BYTES [TIMES]]", "offers a text until it was fetched that often", clipboard_copy},
    {"clipboard-paste", "[TYPE]", "fetches the selection", clipboard_paste},
    {"primary-copy", "[BYTES [TIMES]]", "the same with the primary selection", primary_copy},
    {"primary-paste", "[TYPE]", "", primary_paste},
    {"data-control-copy", "{wlr|ext}-data-control[-primary] [BYTES [TIMES]]", "the same through data control",
     control_copy},
    {"data-control-paste", "{wlr|ext}-data-control[-primary] [TYPE]", "", control_paste},
};

} // namespace

std::span<const Scenario> data_scenarios() {
    return kScenarios;
}

} // namespace tv::test
