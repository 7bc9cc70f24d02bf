// Where a receiver's pixels live on Apple's systems, on the simulated one: in IOSurfaces if the compositor
// takes them, private ones if it is this process, else behind wl_shm, and it says why.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "apple_bed.h"
#include "sim/iosurface.h"

namespace {

using namespace tv;
using namespace tv::test;
using Clock = std::chrono::steady_clock;

class CapiSurfaces : public CapiApple {
protected:
    void SetUp() override {
        CapiApple::SetUp();
        created_before_ = sim::surface_calls().creates;
        config_.frames = 1; // the frame callback tells the surface's number
    }
    // A picture that the compositor shows; the number that the frame callback tells with it.
    std::uint32_t show_raw() {
        const Video raw = make_raw();
        const std::size_t told = host_.frames().size(); // also of a receiver before this one
        present(raw.buffer);
        EXPECT_TRUE(eventually([&] { return host_.frames().size() > told; }));
        const auto commits = shown();
        if (!commits.empty()) {
            EXPECT_EQ(commits.back().width, static_cast<int>(kSize.width));
        }
        return host_.frames().empty() ? 0 : host_.frames().back().surface_id;
    }
    static bool is_surface_of_this_process(std::uint32_t id) {
        const IOSurfaceRef found = IOSurfaceLookup(id);
        if (found != nullptr) CFRelease(found);
        return found != nullptr;
    }

    std::uint64_t created_before_ = 0;
};

TEST_F(CapiSurfaces, are_published_to_a_compositor_of_another_process) {
    ASSERT_TRUE(start_video());
    const std::uint32_t id = show_raw();
    EXPECT_TRUE(is_surface_of_this_process(id)) << "the key of lookups is the IOSurfaceID";
    EXPECT_FALSE(logged(kThroughShm));
    EXPECT_EQ(contract_->count("contract refused"), 0u);
    EXPECT_EQ(contract_->commits().back().format, "XR24");
    close_cleanly();
}

TEST_F(CapiSurfaces, are_private_where_the_compositor_is_this_process) {
    place_ = Place::ThisProcess;
    config_.same_process = 1;
    ASSERT_TRUE(start_video());
    EXPECT_TRUE(is_surface_of_this_process(show_raw()));
    EXPECT_FALSE(logged(kThroughShm));
    close_cleanly();
}

TEST_F(CapiSurfaces, that_are_private_are_found_by_no_other_process) {
    config_.same_process = 1; // which is not so
    ASSERT_TRUE(start_video());
    EXPECT_FALSE(is_surface_of_this_process(show_raw())) << "wl_shm";
    EXPECT_TRUE(
        logged(std::string(kThroughShm) +
               "the compositor offers IOSurfaces and did not take one: not supported: a surface was refused"))
        << host_.log();
    EXPECT_GT(contract_->count("contract refused"), 0u);
    close_cleanly();
}

TEST_F(CapiSurfaces, that_the_compositor_refuses_give_way_to_wl_shm_with_the_reason) {
    options_ = {"--reject", "2"};
    ASSERT_TRUE(start_video());
    EXPECT_FALSE(is_surface_of_this_process(show_raw()));
    EXPECT_TRUE(logged(std::string(kThroughShm) + "the compositor offers IOSurfaces and did not take one: "
                                                  "not supported: a surface was refused, of width (333)"))
        << host_.log();
    close_cleanly();
}

TEST_F(CapiSurfaces, are_not_tried_on_a_compositor_that_offers_none) {
    options_ = {"--linear"};
    ASSERT_TRUE(start_video());
    EXPECT_FALSE(is_surface_of_this_process(show_raw()));
    EXPECT_TRUE(logged("offers no modifier for IOSurfaces")) << host_.log();
    EXPECT_EQ(sim::surface_calls().creates, created_before_);
    close_cleanly();
}

TEST_F(CapiSurfaces, are_not_used_where_the_host_wants_none) {
    config_.surfaces = TV_SURFACES_OFF;
    ASSERT_TRUE(start_video());
    EXPECT_FALSE(is_surface_of_this_process(show_raw()));
    EXPECT_EQ(sim::surface_calls().creates, created_before_);
    close_cleanly();
}

TEST_F(CapiSurfaces, a_lent_connection_alone_leaves_nobody_to_ask_unless_the_host_knows) {
    for (const tv_surface_policy policy : {TV_SURFACES_AUTO, TV_SURFACES_ON}) {
        presented_ = 0;
        config_.surfaces = policy;
        ASSERT_TRUE(prepare());
        auto lent = contract_->connect();
        ASSERT_TRUE(lent.has_value());
        display_ = std::move(*lent);
        config_.display_fd = display_.get();
        config_.display_path = nullptr;
        ASSERT_TRUE(begin_video());
        EXPECT_EQ(is_surface_of_this_process(show_raw()), policy == TV_SURFACES_ON);
        close_cleanly();
        EXPECT_EQ(tv_receiver_destroy(std::exchange(receiver_, nullptr)), TV_OK);
        contract_.reset();
    }
}

TEST_F(CapiSurfaces, a_compositor_that_does_not_answer_is_waited_for_no_longer_than_the_host_wants) {
    // Takes connections and says nothing.
    const std::string path = dir() / "mute";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const UniqueFd mute = UniqueFd::adopt(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(mute.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(mute.get(), 8), 0);
    ASSERT_TRUE(prepare());
    config_.display_path = path.c_str();
    receiver_ = make_receiver();
    ASSERT_EQ(tv_receiver_start(receiver_), TV_OK);
    EXPECT_EQ(tv_receiver_wait(receiver_, 100), TV_ERROR_TIMEOUT);
    const auto begin = Clock::now();
    EXPECT_EQ(tv_receiver_stop(receiver_, TV_STOP_TIMEOUT_MS), TV_OK);
    EXPECT_LT(Clock::now() - begin, 1000ms);
    EXPECT_EQ(host_.last(TV_STATE_CLOSED)->reason, TV_CLOSE_HOST);
    ::unlink(path.c_str());
}

} // namespace
