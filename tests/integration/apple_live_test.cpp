// Video of a stock waypipe server, encoded as it plays, as a Mac would show it, on the simulated system that
// holds pictures back: decoded by VideoToolbox, converted by Metal, published as IOSurfaces.
#include "apple_config.h"
#include "applesim/metal_leaks.h"
#include "applesim/sim/random.h"
#include "applesim/sim/vt.h"
#include "contract_live.h"

namespace {

using namespace tv;
using namespace tv::test;

struct Case {
    unsigned withhold;
    bool finish_emits;
    bool promise_of_order_helps;
    std::uint64_t seed;
};

std::vector<Case> cases() {
    std::vector<Case> all;
    for (unsigned withhold = 1; withhold <= 4; ++withhold)
        for (std::uint64_t seed = 1; seed <= 3; ++seed)
            all.push_back({withhold, seed == 1, seed != 3, 10 * withhold + seed});
    return all;
}

std::string test_name(const testing::TestParamInfo<Case>& info) {
    return "withholding_" + std::to_string(info.param.withhold) + "_seed_" + std::to_string(info.param.seed);
}

class AppleLive : public ContractLive, public testing::WithParamInterface<Case> {
protected:
    void TearDown() override {
        leaks_.check();
        ContractLive::TearDown();
    }
    // What the compositor was shown; the encoder makes the same of the same frames.
    std::vector<ContractCommit> show(SessionConfig config) {
        auto compositor = start_contract({"--use-counts", "--read-for", "8"});
        const Played played =
            play(*compositor, {"--size", "333x217", "--frames", "12", "--pattern", "smooth"}, "lz4",
                 std::move(config), "sw,h264");
        EXPECT_TRUE(played.has_line("done")) << played.out << played.complaints;
        (void)compositor->wait_for_commits(played.drawn.size());
        // On a busy machine it may not get to release a buffer within a refresh.
        EXPECT_LE(compositor->rewrites(), last_snapshot().surface_writes.forced);
        EXPECT_EQ(compositor->count("contract refused"), 0U);
        EXPECT_EQ(compositor->count("contract translucent"), 0U);
        EXPECT_EQ(compositor->commits().size(), played.drawn.size());
        return compositor->commits();
    }

private:
    const MetalLeaks leaks_;
};

TEST_P(AppleLive, every_picture_is_the_one_that_libavcodec_shows) {
    sim::set_seed(GetParam().seed);
    sim::reset_gpu();
    sim::configure({.withhold = GetParam().withhold,
                    .finish_emits = GetParam().finish_emits,
                    .promise_of_order_helps = GetParam().promise_of_order_helps});
    if (video::available_decoders(true).empty()) GTEST_SKIP() << "skipped: built without libavcodec";
    const std::vector<ContractCommit> expected = show(surface_config());
    EXPECT_EQ(expected.size(), 12U);
    ASSERT_EQ(sim::sessions_made(), 0U);

    EXPECT_EQ(sim::gpu_counts().commits, 0U);
    const unsigned long locked = locked_pictures();
    const std::size_t taken = surfaces_taken();
    EXPECT_EQ(show(on_a_mac(surface_config(), log_)), expected);
    // Each picture of VideoToolbox's was converted in one pass, and the CPU has looked at none. A sender
    // encodes a buffer once before it is shown.
    EXPECT_GE(sim::gpu_counts().completed, busiest_surface().failovers == 0 ? expected.size() : 1U);
    EXPECT_LE(sim::gpu_counts().completed, expected.size() + surfaces_taken() - taken);
    EXPECT_EQ(sim::gpu_counts().completed, sim::gpu_counts().commits);
    EXPECT_EQ(locked_pictures(), locked);
    EXPECT_GT(sim::sessions_made(), 0U);
    const auto complaints = sim::complaints();
    EXPECT_TRUE(complaints.empty()) << complaints.front();
}

INSTANTIATE_TEST_SUITE_P(Withholding, AppleLive, testing::ValuesIn(cases()), test_name);

} // namespace
