// A stock waypipe server whose application draws dmabufs, and a session of this process between it and the
// contract compositor.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contract_bed.h"

namespace tv::test {

// A run of tv-test-dmabuf-client and the frames that it says it drew.
struct Played {
    Exit exit;
    std::string out;
    std::string complaints;
    std::vector<ContractCommit> drawn;
    [[nodiscard]] bool has_line(const std::string& line) const {
        return ("\n" + out).find("\n" + line + "\n") != std::string::npos;
    }
};

class ContractLive : public ContractTest {
protected:
    // Skips where there is no waypipe 0.8.
    void SetUp() override;

    // `video`: waypipe's option, "sw,h264".
    Played play(ContractCompositor& compositor, std::vector<std::string> arguments,
                const std::string& compression = "lz4", SessionConfig config = {},
                const std::string& video = {});
    // What was drawn was shown, bit for bit, and nothing besides (the first `before` commits left out).
    static void expect_exact(const Played& played, ContractCompositor& compositor, std::size_t before = 0);

private:
    int runs_ = 0;
};

} // namespace tv::test
