// Copy and paste between an application behind a stock waypipe and one at the compositor, in both directions
// and with every protocol for it that waypipe 0.8.4 can carry.
#include <algorithm>
#include <csignal>
#include <filesystem>

#include "session_bed.h"

namespace {

using namespace tv;
using namespace tv::test;

struct Pair {
    std::vector<std::string> copy;
    std::vector<std::string> paste;
};

enum class Remote { Copies, Pastes, Both };

struct Case {
    Pair pair;
    Remote remote = Remote::Both;
};

void PrintTo(const Case& value, std::ostream* out) {
    for (const auto& word : value.pair.copy) *out << word << " ";
    *out << "to";
    for (const auto& word : value.pair.paste) *out << " " << word;
}

class Selection : public IntegrationTest, public testing::WithParamInterface<Case> {
protected:
    void TearDown() override {
        receiver_.reset();
        compositor_.reset();
        std::error_code ignored;
        for (int index = 0; index < displays_; ++index)
            std::filesystem::remove(display(index), ignored); // 0.8.4 leaves them
        IntegrationTest::TearDown();
    }
    [[nodiscard]] std::string display(int index) const { return dir() / ("app" + std::to_string(index)); }
    [[nodiscard]] Result<Child> client(std::vector<std::string> arguments, bool remote) {
        arguments.insert(arguments.begin(), TV_TEST_CLIENT);
        if (remote)
            return Child::spawn(
                command(waypipe_server("lz4", receiver_->path(), display(displays_++), arguments)));
        SpawnOptions options = command(std::move(arguments));
        options.environment["WAYLAND_DISPLAY"] = compositor_->display();
        return Child::spawn(options);
    }
    std::unique_ptr<TestCompositor> compositor_;
    std::unique_ptr<Receiver> receiver_;
    int displays_ = 0;
};

// "30000 bytes crc=..." behind a word.
std::string told_after(const std::string& text, const std::string& word, const std::string& size) {
    const auto at = text.find(word);
    const auto begin = text.find(size + " bytes", at);
    return at == std::string::npos || begin == std::string::npos ? "no " + word
                                                                 : text.substr(begin, size.size() + 19);
}

// waypipe 0.8.4's server looks at the pipe that an application writes into only when something else has woken
// it, and not at all when the application leaves at once (with 0.8.4's own client, too). So an application
// that copies stays, with no more than a pipe holds, and further readers do the waking. pipe_test.cpp has
// megabytes.
TEST_P(Selection, what_one_copies_the_other_pastes) {
    if (waypipe_version().empty()) GTEST_SKIP() << "skipped: no waypipe is installed";
    compositor_ = start_compositor();
    ASSERT_TRUE(compositor_);
    auto receiver = Receiver::start(dir() / "channel", *compositor_, session_config());
    ASSERT_TRUE(receiver.has_value());
    receiver_ = std::move(*receiver);
    const bool remote_copies = GetParam().remote != Remote::Pastes;
    const std::string size = remote_copies ? "30000" : "300000";
    auto copy = GetParam().pair.copy;
    copy.insert(copy.end(), {size, remote_copies ? "1000" : "1"});
    auto owner = client(copy, remote_copies);
    ASSERT_TRUE(owner.has_value());
    ASSERT_TRUE(owner->wait_for_output("offering", 20s)) << owner->out() << owner->err();
    auto reader = client(GetParam().pair.paste, GetParam().remote != Remote::Copies);
    ASSERT_TRUE(reader.has_value());
    auto read = reader->wait(remote_copies ? 200ms : 20s);
    std::vector<Child> others;
    for (int attempt = 0; attempt < 50 && !read; ++attempt) {
        auto other = client(GetParam().pair.paste, false);
        ASSERT_TRUE(other.has_value());
        others.push_back(std::move(*other));
        read = reader->wait(200ms);
    }
    EXPECT_TRUE(read && read->ok()) << reader->out() << reader->err();
    if (!remote_copies) {
        const auto owned = owner->wait(20s);
        EXPECT_TRUE(owned && owned->ok()) << owner->out() << owner->err();
    }
    EXPECT_EQ(told_after(reader->out(), "received", size), told_after(owner->out(), "sent", size));
    EXPECT_NE(told_after(owner->out(), "sent", size), "no sent");
    owner->kill_group(SIGTERM);
    others.clear();
    EXPECT_TRUE(compositor_->wait_until_no_clients(10s));
}

std::vector<Case> cases() {
    const Pair pairs[] = {
        {{"clipboard-copy"}, {"clipboard-paste"}},
        {{"primary-copy"}, {"primary-paste"}},
        {{"data-control-copy", "wlr-data-control"}, {"data-control-paste", "wlr-data-control"}},
        {{"data-control-copy", "wlr-data-control-primary"}, {"primary-paste"}},
    };
    std::vector<Case> all;
    for (const Pair& pair : pairs) {
        for (const Remote remote : {Remote::Copies, Remote::Pastes, Remote::Both})
            all.push_back({pair, remote});
    }
    return all;
}

std::string case_name(const testing::TestParamInfo<Case>& info) {
    const char* remote[] = {"_remote_copies", "_remote_pastes", "_both_remote"};
    std::string name = info.param.pair.copy.back() + "_to_" + info.param.pair.paste.back() +
                       remote[static_cast<int>(info.param.remote)];
    std::ranges::replace(name, '-', '_');
    return name;
}
INSTANTIATE_TEST_SUITE_P(Waypipe, Selection, testing::ValuesIn(cases()), case_name);

} // namespace
