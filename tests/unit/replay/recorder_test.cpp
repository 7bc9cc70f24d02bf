#include "replay/recorder.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/limits.h"
#include "replay/recording.h"

namespace tv::replay {
namespace {

namespace fs = std::filesystem;

class RecorderTest : public testing::Test {
protected:
    void SetUp() override {
        std::string name = (fs::temp_directory_path() / "tv-recorder-XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
    }
    void TearDown() override { fs::remove_all(folder_); }

    [[nodiscard]] Log log() {
        return {LogLevel::Warning, [this](LogLevel, std::string_view line) {
                    const std::lock_guard lock(mutex_);
                    warnings_.emplace_back(line);
                }};
    }
    [[nodiscard]] std::size_t warnings() {
        const std::lock_guard lock(mutex_);
        return warnings_.size();
    }
    [[nodiscard]] std::string path() const { return (folder_ / "recording").string(); }

    fs::path folder_;
    std::mutex mutex_;
    std::vector<std::string> warnings_; // under mutex_
};

TEST_F(RecorderTest, writes_what_passed_in_its_order_and_an_end) {
    const std::vector<std::byte> some(1000, std::byte{1}), more(3 * limits::kMiB, std::byte{2});
    {
        auto recorder = Recorder::create(path(), system_clock(), log());
        ASSERT_TRUE(recorder.has_value());
        (*recorder)->passed(ChannelDirection::FromApplication, some);
        (*recorder)->passed(ChannelDirection::ToApplication, more);
    }
    auto reader = RecordingReader::open(path());
    ASSERT_TRUE(reader.has_value());
    std::vector<std::byte> from, to;
    while (true) {
        const auto record = reader->next();
        ASSERT_TRUE(record.has_value());
        if (!*record) break;
        auto& side = (*record)->direction == ChannelDirection::FromApplication ? from : to;
        EXPECT_TRUE(&side == &to || to.empty());
        side.insert(side.end(), (*record)->bytes.begin(), (*record)->bytes.end());
    }
    EXPECT_EQ(from, some);
    EXPECT_EQ(to, more);
    EXPECT_FALSE(reader->cut_off());
    EXPECT_EQ(warnings(), 0u);
}

TEST_F(RecorderTest, what_passed_is_in_the_file_soon_while_the_session_goes_on) {
    auto recorder = Recorder::create(path(), system_clock(), log());
    ASSERT_TRUE(recorder.has_value());
    const std::vector<std::byte> some(100, std::byte{1});
    for (int round = 1; round <= 2; ++round) {
        (*recorder)->passed(ChannelDirection::FromApplication, some);
        const auto size = kFileHeaderSize + static_cast<std::size_t>(round) * (kRecordHeadSize + some.size());
        for (int wait = 0; wait < 1000 && fs::file_size(path()) < size; ++wait)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        EXPECT_EQ(fs::file_size(path()), size);
    }
}

TEST_F(RecorderTest, a_file_that_exists_is_not_touched) {
    {
        const auto first = Recorder::create(path(), system_clock(), log());
    }
    const auto size = fs::file_size(path());
    const auto second = Recorder::create(path(), system_clock(), log());
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().sys_errno, EEXIST);
    EXPECT_EQ(fs::file_size(path()), size);
}

TEST_F(RecorderTest, a_full_disk_is_told_once_and_nothing_waits_for_it) {
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (full < 0) GTEST_SKIP() << "skipped: no /dev/full";
    {
        Recorder recorder(UniqueFd::adopt(full), system_clock(), log());
        const std::vector<std::byte> some(2 * limits::kMiB, std::byte{1});
        for (int round = 0; round < 100; ++round) recorder.passed(ChannelDirection::FromApplication, some);
    }
    ASSERT_EQ(warnings(), 1u);
    EXPECT_NE(warnings_[0].find("the session goes on"), std::string::npos) << warnings_[0];
}

TEST_F(RecorderTest, a_disk_that_does_not_keep_up_ends_the_recording) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const std::vector<std::byte> some(limits::kMiB, std::byte{1});
    std::thread reader;
    {
        Recorder recorder(UniqueFd::adopt(pipe[1]), system_clock(), log());
        // Nobody reads: the writer blocks, and memory is bounded.
        for (std::size_t round = 0; round < 2 * limits::kMaxRecordingBacklog / some.size() + 8; ++round)
            recorder.passed(ChannelDirection::FromApplication, some);
        EXPECT_EQ(warnings(), 1u);
        reader = std::thread([end = pipe[0]] {
            std::vector<std::byte> dropped(limits::kMiB);
            while (::read(end, dropped.data(), dropped.size()) > 0) {
            }
            ::close(end);
        });
    } // the writer's end of the pipe is closed
    reader.join();
    EXPECT_EQ(warnings(), 1u);
    EXPECT_NE(warnings_[0].find("too slow"), std::string::npos) << warnings_[0];
}

} // namespace
} // namespace tv::replay
