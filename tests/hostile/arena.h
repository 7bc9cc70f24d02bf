// The program under attack: `tunnelview client` with a compositor behind it, an honest application that must
// not notice anything, and attackers who connect beside it.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "peer.h"
#include "support/compositor/compositor.h"
#include "support/process.h"
#include "support/sanitizers.h"

namespace tv::test {

// The most that a process serving one connection may ever have had in memory, unless a test says otherwise:
// an idle one has less than 12 MiB. Not asked of sanitized builds, whose shadow memory is not ours.
inline constexpr long kPeakKib = 32 * 1024;

[[nodiscard]] UniqueFd connect_to(const std::string& path);
// Highest resident set of a process so far, -1 when it is gone.
[[nodiscard]] long peak_resident_kib(pid_t pid);

class Arena : public testing::Test {
protected:
    void SetUp() override;
    // Ends everything and counts what is left: processes, descriptors, files.
    void TearDown() override;

    // A new channel; nothing has been sent on it.
    [[nodiscard]] Peer connect() const { return Peer(connect_to(socket_)); }
    // A channel whose application has bound wl_compositor and wl_shm.
    [[nodiscard]] Peer attacker(CompressionKind compression = CompressionKind::None, unsigned version = 17);

    // The attack was seen: wl_display.error with the text and Close, the same text in the program's log, the
    // end of that connection and of its process; all others live.
    void expect_refused(Peer& peer, const std::string& text, long peak_kib = kPeakKib);
    // That connection ends without a word of blame.
    void expect_ended(Peer& peer);
    // The connection lives, and so does everybody else.
    void expect_served(Peer& peer, std::uint32_t free_id);
    void expect_honest_is_served();
    // Only the honest application's connection is left.
    void expect_nothing_left_of_attackers();

    // The process that serves the only attacker.
    [[nodiscard]] pid_t attacked_process();

    TempDir folder_ = TempDir::create().value();
    std::string socket_ = folder_ / "channel";
    std::unique_ptr<TestCompositor> compositor_;
    std::optional<Child> program_;
    std::optional<Peer> honest_;
    pid_t honest_process_ = -1;

private:
    [[nodiscard]] bool program_sleeps() const;

    int own_descriptors_ = 0;
    int program_descriptors_ = 0;
};

} // namespace tv::test
