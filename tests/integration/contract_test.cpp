// Raw dmabufs of a stock waypipe server as IOSurfaces, before a compositor that keeps Wawona's buffer
// contract: every frame bit for bit, and nothing rewritten while it is shown.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <sstream>

#include <fmt/format.h>

#include "contract_live.h"
#include "sim/iosurface.h"
#include "surface/iosurface/store.h"
#include "surface/probe.h"
#include "surface/store.h"

namespace {

using namespace tv;
using namespace tv::test;

class Contract : public ContractLive {};

TEST_F(Contract, a_buffer_of_64_by_64_pixels_is_shown_from_an_iosurface) {
    auto compositor = start_contract();
    expect_exact(play(*compositor, {"--size", "64x64", "--frames", "1"}), *compositor);
    EXPECT_TRUE(log_.contains(R"("op":"create_immed")")) << log_.text();
    EXPECT_TRUE(log_.contains(R"("format":"XR24","copy":"cpu")")) << log_.text();
}

// The gate's lines in their order, surfaces called by the order of their first.
std::vector<std::string> gate_lines(const std::string& log) {
    std::vector<std::string> lines, ids;
    std::istringstream in(log);
    for (std::string line; std::getline(in, line);) {
        constexpr std::string_view kId = R"("backing_id":)";
        if (!line.starts_with(R"({"target":"wwn.dmabuf",)")) continue;
        if (const auto at = line.find(kId); at != std::string::npos) {
            const auto begin = at + kId.size(), end = line.find(',', begin);
            const std::string id = line.substr(begin, end - begin);
            const std::string modifier =
                fmt::format("{:#018x}", surface::kIOSurfaceModifier | std::stoul(id));
            auto known = std::ranges::find(ids, id);
            if (id != "0" && known == ids.end()) known = ids.insert(ids.end(), id);
            if (id != "0") line.replace(begin, end - begin, fmt::format("#{}", known - ids.begin() + 1));
            // An ID leads to the modifier and back.
            const auto modifier_at = line.find(modifier);
            if (id != "0" && modifier_at != std::string::npos)
                line.replace(modifier_at, modifier.size(), "ID");
        }
        lines.push_back(line);
    }
    return lines;
}

TEST_F(Contract, each_step_of_a_buffer_is_told_once_in_the_form_of_the_zero_copy_gate) {
    for (const bool immed : {true, false}) {
        SCOPED_TRACE(immed);
        const std::size_t before = log_.text().size();
        auto compositor = start_contract({"--release", "replaced"});
        std::vector<std::string> arguments{"--size",    "64x64", "--frames", "6",
                                           "--buffers", "2",     "--bind",   "3"};
        if (!immed) arguments.emplace_back("--create");
        expect_exact(play(*compositor, arguments), *compositor);
        auto lines = gate_lines(log_.text().substr(before));
        const auto line = [](const std::string& op, const std::string& rest) {
            return R"({"target":"wwn.dmabuf","client":"waypipe","op":")" + op + "\"," + rest + "}";
        };
        const auto of = [&](const std::string& op, int surface) {
            return line(
                op, fmt::format(R"("modifier":"ID","backing_id":#{},"format":"XR24","copy":"cpu")", surface));
        };
        const std::string family = R"("modifier":"0x8000000000000000","backing_id":0,"format":")";
        std::vector<std::string> expected{line("bind", family + R"(other","copy":"zero")"),
                                          line("modifier_ad", family + R"(AR24","copy":"zero")"),
                                          line("modifier_ad", family + R"(XR24","copy":"zero")")};
        for (const int surface : {1, 2}) {
            expected.push_back(of("add_plane", surface));
            expected.push_back(of(immed ? "create_immed" : "create", surface));
            expected.push_back(of("import", surface));
            expected.push_back(of("present", surface));
        }
        // Which buffer is made, and which one is shown, first is the application's affair.
        std::ranges::sort(lines);
        std::ranges::sort(expected);
        EXPECT_EQ(lines, expected) << log_.text();
    }
}

TEST_F(Contract, every_frame_is_shown_bit_for_bit_with_each_compression_and_format) {
    for (const std::string compression : {"none", "lz4", "zstd"}) {
        for (const std::string format : {"XR24", "AR24"}) {
            for (const std::string pattern : {"smooth", "noise", "text"}) {
                SCOPED_TRACE(compression + " " + format + " " + pattern);
                auto compositor = start_contract();
                const Played played = play(
                    *compositor, {"--pattern", pattern, "--format", format, "--frames", "6"}, compression);
                expect_exact(played, *compositor);
                EXPECT_EQ(played.drawn.size(), 6u);
            }
        }
    }
}

TEST_F(Contract, sizes_and_strides_of_every_kind_are_shown_bit_for_bit) {
    auto compositor = start_contract();
    std::size_t before = 0;
    for (const std::string format : {"XR24", "AR24"}) {
        for (const std::vector<std::string>& more :
             std::vector<std::vector<std::string>>{{"--size", "1x1"},
                                                   {"--size", "333x217"},
                                                   {"--size", "65x33", "--stride-padding", "100"},
                                                   {"--size", "64x64", "--stride-padding", "256"},
                                                   {"--size", "65x33", "--offset", "4096"},
                                                   {"--size", "33x17", "--y-invert"},
                                                   {"--size", "128x16", "--y-invert"},
                                                   {"--size", "1919x1079"},
                                                   {"--size", "320x240", "--modifier", "invalid"}}) {
            std::vector<std::string> arguments{"--format", format, "--frames", "3"};
            arguments.insert(arguments.end(), more.begin(), more.end());
            SCOPED_TRACE(fmt::format("{}", fmt::join(arguments, " ")));
            expect_exact(play(*compositor, arguments), *compositor, before);
            before = compositor->commits().size();
        }
    }
}

TEST_F(Contract, buffers_may_be_made_with_create_and_with_create_immed_at_every_version) {
    auto compositor = start_contract();
    std::size_t before = 0;
    for (const std::string version : {"3", "4"}) {
        for (const bool with_create : {false, true}) {
            std::vector<std::string> arguments{"--bind", version, "--frames", "4", "--offer"};
            if (with_create) arguments.emplace_back("--create");
            SCOPED_TRACE(fmt::format("{}", fmt::join(arguments, " ")));
            const Played played = play(*compositor, arguments);
            expect_exact(played, *compositor, before);
            before = compositor->commits().size();
            // What the compositor calls its own modifier is two that the other machine knows.
            for (const char* offer : {"offered XR24 0x0", "offered AR24 0x0", "offered XR24 0xffffffffffffff",
                                      "offered AR24 0xffffffffffffff"})
                EXPECT_TRUE(played.has_line(offer)) << played.out;
        }
    }
}

TEST_F(Contract, windows_are_resized_and_their_surfaces_used_again) {
    auto compositor = start_contract({"--use-counts", "--release", "replaced"});
    const Played played = play(*compositor, {"--frames", "20", "--resize", "4:640x480", "--resize", "8:17x11",
                                             "--resize", "12:640x480", "--resize", "16:320x240"});
    expect_exact(played, *compositor);
    EXPECT_EQ(compositor->rewrites(), 0u);
    const auto memory = store_->counts();
    EXPECT_EQ(memory.live, 0u);
    EXPECT_GT(memory.recycled, 0u);
    // Four sizes, four free ones of each.
    EXPECT_LE(memory.free, 16u);
    EXPECT_LE(memory.created, 16u);
}

// --- release
// -----------------------------------------------------------------------------------------------------------

struct ReleaseCase {
    const char* name;
    std::vector<std::string> options;
    bool safe;        // it holds a use until its last read, within a refresh, or releases after it
    bool never_alone; // a single buffer is never released
};
void PrintTo(const ReleaseCase& of, std::ostream* out) {
    *out << of.name;
}
class ContractRelease : public Contract, public testing::WithParamInterface<ReleaseCase> {};

TEST_P(ContractRelease,
       nothing_is_rewritten_while_shown_or_it_is_counted_and_nobody_waits_longer_than_a_refresh) {
    for (const std::string buffers : {"1", "2", "3"}) {
        if (buffers == "1" && GetParam().never_alone) continue;
        for (const std::string format : {"XR24", "AR24"}) {
            SCOPED_TRACE(buffers + " buffers " + format);
            constexpr std::size_t kFrames = 12;
            auto compositor = start_contract(GetParam().options);
            const auto begun = std::chrono::steady_clock::now();
            const Played played =
                play(*compositor, {"--buffers", buffers, "--frames", std::to_string(kFrames), "--format",
                                   format, "--size", "200x100"});
            const auto took = std::chrono::steady_clock::now() - begun;
            expect_exact(played, *compositor);
            const surface::GuardCounts writes = last_snapshot().surface_writes;
            EXPECT_TRUE(busiest_surface().in_store);
            EXPECT_EQ(busiest_surface().writes, writes); // one window
            if (GetParam().safe) {
                EXPECT_EQ(compositor->rewrites(), 0u);
                EXPECT_EQ(writes.forced, 0u);
            } else {
                EXPECT_EQ(compositor->rewrites(), writes.forced + writes.attached);
                EXPECT_EQ(compositor->rewrites(), kFrames - 1); // of an application that waits for no more
            }
            // Start-up, and a refresh a frame at the most.
            EXPECT_LT(took, 5s + kFrames * 40ms);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    Policies, ContractRelease,
    testing::Values(ReleaseCase{"early_release_without_use_counts", {"--release", "now"}, false, false},
                    ReleaseCase{"early_release_with_use_counts_until_replaced",
                                {"--release", "now", "--use-counts"},
                                false,
                                false},
                    ReleaseCase{"early_release_with_use_counts_until_the_last_read",
                                {"--release", "now", "--use-counts", "--read-for", "8"},
                                true,
                                false},
                    ReleaseCase{"release_after_the_last_read", {"--release", "5"}, true, false},
                    ReleaseCase{"release_when_replaced", {"--release", "replaced"}, true, true},
                    ReleaseCase{"release_when_replaced_with_use_counts",
                                {"--release", "replaced", "--use-counts"},
                                true,
                                true}),
    [](const auto& info) { return std::string(info.param.name); });

// --- no release at all
// -----------------------------------------------------------------------------------------------------------

struct NeverCase {
    const char* name;
    std::vector<std::string> options;
    int buffers;
    // Of twelve frames of an application that draws into its buffers in turn.
    std::uint64_t forced;
    std::size_t rewrites;
};
void PrintTo(const NeverCase& of, std::ostream* out) {
    *out << of.name;
}
class ContractNoRelease : public Contract, public testing::WithParamInterface<NeverCase> {};

TEST_P(ContractNoRelease, writes_wait_a_refresh_at_most_and_are_counted_and_the_surfaces_are_no_more) {
    constexpr std::size_t kFrames = 12;
    std::vector<std::string> options = GetParam().options;
    options.insert(options.end(), {"--release", "never"});
    auto compositor = start_contract(options);
    const Played played =
        play(*compositor, {"--buffers", std::to_string(GetParam().buffers), "--frames",
                           std::to_string(kFrames), "--size", "200x100", "--ignore-release"});
    expect_exact(played, *compositor);
    const SurfaceStatistics window = busiest_surface();
    EXPECT_EQ(window.writes.forced, GetParam().forced);
    EXPECT_EQ(window.writes.waited, GetParam().forced);
    EXPECT_EQ(window.writes.attached, 0u);
    EXPECT_EQ(compositor->rewrites(), GetParam().rewrites);
    EXPECT_EQ(store_->counts().created, static_cast<std::uint64_t>(GetParam().buffers));
    EXPECT_EQ(store_->counts().live, 0u);
    // From the arrival of the pixels to the commit: a forced write takes a refresh, and most take little
    // more.
    const StageTimes& held = window.stages[static_cast<std::size_t>(Stage::WaitForCommit)];
    EXPECT_GE(held.sum, static_cast<std::int64_t>(GetParam().forced) * surface::kOneRefresh * 9 / 10);
    EXPECT_LT(held.latest.p50, 2 * surface::kOneRefresh);
}

INSTANTIATE_TEST_SUITE_P(Policies, ContractNoRelease,
                         testing::Values(NeverCase{"one_buffer", {}, 1, 11, 11},
                                         NeverCase{"two_buffers", {}, 2, 0, 0},
                                         NeverCase{"two_with_uses_until_replaced", {"--use-counts"}, 2, 0, 0},
                                         NeverCase{"one_with_uses_for_good", {"--keep-uses"}, 1, 11, 11},
                                         NeverCase{"two_with_uses_for_good", {"--keep-uses"}, 2, 10, 0},
                                         NeverCase{"three_with_uses_for_good", {"--keep-uses"}, 3, 9, 0}),
                         [](const auto& info) { return std::string(info.param.name); });

// --- what the compositor refuses
// -----------------------------------------------------------------------------------------------------------

TEST_F(Contract, a_refused_create_is_passed_on_and_told_to_whoever_chooses_the_store) {
    auto compositor = start_contract({"--reject", "1"});
    std::atomic<int> told = 0;
    SessionConfig config = surface_config();
    config.surfaces_refused = [&told] { ++told; };
    const Played played = play(*compositor, {"--create", "--buffers", "2"}, "lz4", config);
    EXPECT_TRUE(played.has_line("window 1 buffer 0 failed")) << played.out;
    EXPECT_TRUE(played.has_line("done"));
    EXPECT_GE(told.load(), 1);
    EXPECT_TRUE(log_.contains("the compositor refuses an IOSurface: id "));
}

// The second buffer's and all later ones. Its pictures are lost, and nothing else is.
TEST_F(Contract, a_refused_create_immed_is_told_and_the_application_goes_on) {
    for (const bool drop_params : {false, true}) {
        SCOPED_TRACE(drop_params);
        const std::size_t before = log_.text().size();
        auto compositor = start_contract({"--reject", "2", "--release", "replaced"});
        std::atomic<int> told = 0;
        SessionConfig config = surface_config();
        config.surfaces_refused = [&told] { ++told; };
        std::vector<std::string> arguments{"--buffers", "2", "--frames", "6", "--ignore-release"};
        if (drop_params) arguments.emplace_back("--drop-params");
        const Played played = play(*compositor, arguments, "lz4", config);
        EXPECT_TRUE(played.has_line("done")) << played.out << played.complaints;
        // Who has destroyed the params does not hear it.
        EXPECT_EQ(played.has_line("window 1 buffer 1 failed"), !drop_params) << played.out;
        EXPECT_FALSE(played.has_line("window 1 buffer 0 failed")) << played.out;
        EXPECT_EQ(told.load(), 1);
        EXPECT_NE(log_.text().find("the compositor refuses an IOSurface: id ", before), std::string::npos);
        EXPECT_EQ(compositor->count("contract refused: on purpose"), 1u);
        ASSERT_EQ(played.drawn.size(), 6u);
        std::vector<ContractCommit> shown;
        for (const ContractCommit& commit : compositor->commits())
            if (commit.width > 0) shown.push_back(commit);
        EXPECT_EQ(shown, (std::vector{played.drawn[0], played.drawn[2], played.drawn[4]}));
        EXPECT_EQ(store_->counts().live, 0u);
    }
}

TEST_F(Contract, a_surface_that_would_be_refused_never_reaches_the_compositor) {
    for (const bool immed : {false, true}) {
        SCOPED_TRACE(immed);
        auto compositor = start_contract({"--exit-on-bad"});
        sim::inject(sim::SurfaceFault::Stride, 1000);
        auto receiver =
            Receiver::start(dir() / "channel", [&] { return compositor->connect(); }, surface_config());
        std::vector<std::string> arguments{TV_TEST_DMABUF_CLIENT, "--frames", "2"};
        if (!immed) arguments.emplace_back("--create");
        SpawnOptions spawn = command(waypipe_server("lz4", dir() / "channel", "app-x", arguments));
        spawn.environment["LD_PRELOAD"] = TV_FAKE_DMA ":" TV_FAKE_GBM;
        const auto result = run(spawn, 60s);
        const auto reports = (*receiver)->wait(1, 10s);
        sim::inject(sim::SurfaceFault::None, 0);
        std::filesystem::remove(dir() / "app-x");
        ASSERT_EQ(reports.size(), 1u);
        EXPECT_EQ(compositor->count("contract refused"), 0u);
        EXPECT_TRUE(compositor->running());
        if (immed) {
            EXPECT_EQ(reports[0].end, SessionEnd::Failed);
            ASSERT_TRUE(reports[0].error.has_value());
            EXPECT_NE(describe(*reports[0].error).find("no IOSurface can be made"), std::string::npos);
        } else {
            EXPECT_EQ(reports[0].end, SessionEnd::ApplicationClosed);
            EXPECT_NE(result->out.find("window 1 buffer 0 failed"), std::string::npos) << result->out;
        }
    }
}

TEST_F(Contract, what_cannot_be_shown_fails_and_the_application_lives) {
    auto compositor = start_contract({"--exit-on-bad"});
    for (const std::string format : {"NV12", "XB48", "XB24"}) {
        SCOPED_TRACE(format);
        const Played played =
            play(*compositor, {"--format", format, "--buffers", "2", "--frames", "4", "--size", "64x48"});
        EXPECT_TRUE(played.has_line("done")) << played.out << played.complaints;
        EXPECT_TRUE(played.has_line("window 1 buffer 0 failed"));
    }
    EXPECT_TRUE(compositor->running());
    const auto shown = compositor->commits();
    EXPECT_EQ(shown.size(), 12u);
    for (const ContractCommit& commit : shown) EXPECT_EQ(commit.crc, shown[0].crc); // black
}

TEST_F(Contract, a_compositor_that_offers_linear_alone_offers_nothing) {
    auto compositor = start_contract({"--linear"});
    const Played played = play(*compositor, {"--offer", "--frames", "0"});
    EXPECT_EQ(played.out.find("offered "), std::string::npos) << played.out;
}

TEST_F(Contract, a_format_that_comes_with_linear_alone_is_not_offered) {
    auto compositor = start_contract({"--opaque-only"});
    for (const std::string version : {"3", "4"}) {
        const Played played = play(*compositor, {"--bind", version, "--offer", "--frames", "2"});
        EXPECT_TRUE(played.has_line("offered XR24 0x0")) << played.out;
        EXPECT_EQ(played.out.find("offered AR24"), std::string::npos) << played.out;
        EXPECT_TRUE(played.has_line("done")) << played.out;
    }
}

TEST_F(Contract, without_a_gpu_by_wish_there_are_no_dmabufs_and_it_is_said) {
    auto compositor = start_contract();
    SessionConfig config = surface_config();
    config.offer_gpu = false;
    const Played played = play(*compositor, {"--frames", "1"}, "lz4", config);
    EXPECT_TRUE(played.has_line("no zwp_linux_dmabuf_v1")) << played.out;
    EXPECT_TRUE(log_.contains(R"("op":"fallback_shm")")) << log_.text();
}

// --- video
// -----------------------------------------------------------------------------------------------------------

TEST_F(Contract, video_of_a_stock_server_is_shown_frame_for_frame) {
    if (surface_config().decoders.empty()) GTEST_SKIP() << "skipped: built without libavcodec";
    for (const std::string size : {"640x480", "333x217"}) {
        SCOPED_TRACE(size);
        auto compositor = start_contract({"--release", "replaced", "--use-counts"});
        const Played played = play(*compositor, {"--size", size, "--frames", "12", "--pattern", "smooth"},
                                   "lz4", {}, "sw,h264");
        EXPECT_TRUE(played.has_line("done")) << played.out << played.complaints;
        const auto shown = compositor->commits();
        ASSERT_EQ(shown.size(), played.drawn.size());
        EXPECT_EQ(shown.size(), 12u);
        for (std::size_t i = 0; i < shown.size(); ++i) {
            EXPECT_EQ(shown[i].width, played.drawn[i].width);
            EXPECT_EQ(shown[i].height, played.drawn[i].height);
            EXPECT_EQ(shown[i].format, "XR24");
            if (i > 0) {
                EXPECT_NE(shown[i].crc, shown[i - 1].crc) << "frame " << i;
            }
        }
        const StatisticsSnapshot last = last_snapshot();
        ASSERT_FALSE(last.surfaces.empty());
        EXPECT_STREQ(last.surfaces[0].codec, "H.264");
        EXPECT_EQ(compositor->rewrites(), 0u);
        EXPECT_EQ(compositor->count("contract translucent"), 0u);
    }
}

// --- the probe
// -----------------------------------------------------------------------------------------------------------

class Probe : public ContractTest {};

TEST_F(Probe, a_compositor_that_keeps_the_contract_is_taken_at_its_word) {
    auto compositor = start_contract();
    auto survey = surface::survey_compositor(compositor->connect().value());
    ASSERT_TRUE(survey.has_value()) << describe(survey.error());
    EXPECT_EQ(surface::offered_store(*survey), surface::StoreKind::IOSurface);
    const Status taken = surface::probe_surfaces(compositor->connect().value(), *store_);
    EXPECT_TRUE(taken.has_value()) << describe(taken.error());
    EXPECT_EQ(compositor->count("contract refused"), 0u);
    EXPECT_EQ(store_->counts().live, 0u);
}

TEST_F(Probe, one_refusal_is_enough_and_brings_no_compositor_down) {
    for (const std::string nth : {"1", "2"}) {
        auto compositor = start_contract({"--reject", nth, "--exit-on-bad"});
        const Status taken = surface::probe_surfaces(compositor->connect().value(), *store_);
        ASSERT_FALSE(taken.has_value());
        EXPECT_EQ(taken.error().category, ErrorCategory::Unsupported);
        EXPECT_TRUE(compositor->running());
    }
}

TEST_F(Probe, an_old_version_with_linear_alone_is_not_asked) {
    auto compositor = start_contract({"--linear"});
    auto survey = surface::survey_compositor(compositor->connect().value());
    ASSERT_TRUE(survey.has_value());
    EXPECT_EQ(surface::offered_store(*survey), surface::StoreKind::Shm);
}

TEST_F(Probe, surfaces_that_are_not_global_are_not_found_in_another_process) {
    auto compositor = start_contract();
    store_ = surface::make_iosurface_store({.other_process = false}, system_clock());
    EXPECT_FALSE(surface::probe_surfaces(compositor->connect().value(), *store_).has_value());
    EXPECT_EQ(compositor->count("contract refused: no surface"), 1u);
}

} // namespace
