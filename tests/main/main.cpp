// main() of every test program: a test that leaves descriptors open has failed.
#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace {

// Beyond what any test opens at once, the ones of descriptor exhaustion included.
constexpr int kMost = 4096;
// Threads that were left behind on purpose may still have some to close.
constexpr std::chrono::seconds kPatience{5};

std::vector<int> open_descriptors() {
    std::vector<int> found;
    for (int fd = 0; fd < kMost; ++fd)
        if (::fcntl(fd, F_GETFD) != -1) found.push_back(fd);
    return found;
}

// What it is, where the system tells: "/dev/null", "socket:[4711]".
std::string name_of(int fd) {
    char name[256];
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const ssize_t size = ::readlink(link.c_str(), name, sizeof name);
    return std::to_string(fd) +
           (size > 0 ? " (" + std::string(name, static_cast<std::size_t>(size)) + ")" : "");
}

class DescriptorCount final : public testing::EmptyTestEventListener {
    void OnTestStart(const testing::TestInfo&) override { before_ = open_descriptors(); }
    void OnTestEnd(const testing::TestInfo&) override {
        const auto deadline = std::chrono::steady_clock::now() + kPatience;
        std::vector<int> after = open_descriptors();
        while (after.size() > before_.size() && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            after = open_descriptors();
        }
        if (after.size() <= before_.size()) return;
        std::string names;
        for (const int fd : after)
            if (std::ranges::find(before_, fd) == before_.end()) names += " " + name_of(fd);
        ADD_FAILURE() << before_.size() << " descriptors before the test, " << after.size()
                      << " after it:" << names;
    }

    std::vector<int> before_;
};

} // namespace

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    testing::UnitTest::GetInstance()->listeners().Append(new DescriptorCount);
    return RUN_ALL_TESTS();
}
