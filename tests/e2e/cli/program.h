// The tunnelview program under test, with a runtime folder and a bare compositor socket of its own.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/process.h"

namespace tv::test {

inline constexpr std::chrono::milliseconds kPatience{10'000};

// A socket that accepts and keeps what connects, as a compositor that never says a word.
class SilentCompositor {
public:
    explicit SilentCompositor(const std::string& path);
    SilentCompositor(const SilentCompositor&) = delete;
    SilentCompositor& operator=(const SilentCompositor&) = delete;
    ~SilentCompositor();

    // Connections accepted so far.
    [[nodiscard]] std::size_t accepted() const { return accepted_; }

private:
    void serve();

    UniqueFd listener_;
    UniqueFd stop_read_;
    UniqueFd stop_write_;
    std::atomic<std::size_t> accepted_ = 0;
    std::thread thread_;
};

// Connects to a Unix socket; fails the test when that does not work.
[[nodiscard]] UniqueFd connect_to(const std::string& path);
// Whether somebody listens there; a file that a dead listener left does not count.
[[nodiscard]] bool listens(const std::string& path);
// The header that a waypipe server begins with: lz4, no video, version 17.
void send_header(const UniqueFd& channel);
// Whether the other end closes within the time; what it sends is dropped.
[[nodiscard]] bool closes(const UniqueFd& channel, std::chrono::milliseconds timeout);

class Program : public testing::Test {
protected:
    void SetUp() override;
    void TearDown() override;

    // The program's command line in this test's environment.
    [[nodiscard]] SpawnOptions command(std::vector<std::string> arguments) const;
    [[nodiscard]] RunResult run_program(std::vector<std::string> arguments) const;
    // `client` on socket_, ready to accept.
    [[nodiscard]] Child start_client(std::vector<std::string> options = {});
    // A line of the program's own, alone, with exit code 1.
    static void expect_one_line(const RunResult& result, const std::string& part);
    // Writes an executable shell script and returns its path.
    [[nodiscard]] std::string script(const std::string& name, const std::string& body) const;

    TempDir folder_ = TempDir::create().value();
    std::string display_ = folder_ / "wayland-0";
    std::string socket_ = folder_ / "channel";
    std::unique_ptr<SilentCompositor> compositor_;

private:
    int descriptors_before_ = 0;
};

} // namespace tv::test
