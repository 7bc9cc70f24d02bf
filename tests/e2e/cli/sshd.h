// A real sshd on loopback, with keys and a configuration of its own in a temporary folder.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "support/process.h"

namespace tv::test {

class Sshd {
public:
    // The error says why it cannot run here. `remote_runtime` becomes XDG_RUNTIME_DIR of what is started
    // through it.
    [[nodiscard]] static std::expected<std::unique_ptr<Sshd>, std::string>
    start(const TempDir& folder, const std::string& remote_runtime);

    // ssh's options and the destination.
    [[nodiscard]] std::vector<std::string> words() const;

private:
    Sshd(std::string folder, int port, Child child)
        : folder_(std::move(folder)), port_(port), child_(std::move(child)) {}

    std::string folder_;
    int port_;
    Child child_;
};

} // namespace tv::test
