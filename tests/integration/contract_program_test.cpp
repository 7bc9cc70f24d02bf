// The whole program as built for macOS, on the simulated system, before the contract compositor: which memory
// its listener chooses, and what doctor finds.
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "contract_bed.h"
#include "support/json.h"

namespace {

using namespace tv;
using namespace tv::test;

class ContractProgram : public ContractTest {
protected:
    [[nodiscard]] SpawnOptions program(const ContractCompositor& compositor,
                                       std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), TV_PROGRAM);
        SpawnOptions spawn = command(std::move(arguments));
        spawn.environment["TV_APPLESIM_MACHINE"] = dir().path().string();
        spawn.environment["WAYLAND_DISPLAY"] = compositor.display();
        return spawn;
    }
    // `environment`: of the simulated system.
    [[nodiscard]] Child start_client(const ContractCompositor& compositor,
                                     const std::map<std::string, std::string>& environment = {},
                                     std::vector<std::string> options = {"--debug"}) {
        options.insert(options.end(), {"-s", dir() / "channel", "client"});
        SpawnOptions spawn = program(compositor, std::move(options));
        for (const auto& [name, value] : environment) spawn.environment[name] = value;
        Child client = Child::spawn(std::move(spawn)).value();
        EXPECT_TRUE(
            eventually([&] { return !client.running() || std::filesystem::exists(dir() / "channel"); }, 20s));
        EXPECT_TRUE(client.running()) << client.err();
        return client;
    }
    // Plays a known application through the program; its lines. `video`: of the remote side.
    [[nodiscard]] RunResult run_application(std::vector<std::string> arguments,
                                            const std::string& video = "none") {
        arguments.insert(arguments.begin(), TV_TEST_DMABUF_CLIENT);
        std::vector<std::string> words = waypipe_server("lz4", dir() / "channel", "app", arguments);
        if (video != "none") words.insert(words.begin() + 1, "--video=" + video);
        SpawnOptions spawn = command(std::move(words));
        spawn.environment["LD_PRELOAD"] = TV_FAKE_DMA ":" TV_FAKE_GBM;
        const auto result = run(spawn, 60s);
        std::filesystem::remove(dir() / "app");
        EXPECT_TRUE(result && !result->timed_out);
        return result.value_or(RunResult{});
    }
    [[nodiscard]] std::string play(std::vector<std::string> arguments, const std::string& video = "none") {
        const RunResult result = run_application(std::move(arguments), video);
        EXPECT_TRUE(result.out.ends_with("done\n")) << result.out << result.err;
        return result.out;
    }
    // The checksums of frames, as drawn or as shown.
    static std::vector<std::string> sums(const std::string& text) {
        std::vector<std::string> found;
        std::istringstream words(text);
        for (std::string word; words >> word;)
            if (word.starts_with("crc=")) found.push_back(word);
        return found;
    }
    static std::vector<std::string> shown(ContractCompositor& compositor) {
        std::vector<std::string> found;
        for (const ContractCommit& commit : compositor.commits())
            found.push_back(fmt::format("crc={:08x}", commit.crc));
        return found;
    }
    static void end(Child& client) {
        client.kill(SIGTERM);
        EXPECT_TRUE(client.wait(10s).has_value());
    }

    [[nodiscard]] RunResult doctor(const ContractCompositor& compositor, std::vector<std::string> more = {}) {
        more.insert(more.begin(), "doctor");
        auto result = run(program(compositor, std::move(more)), 60s);
        EXPECT_TRUE(result && !result->timed_out);
        return result.value_or(RunResult{});
    }
    static Json finding(const RunResult& result, const std::string& check) {
        const auto report = Json::parse(result.out);
        EXPECT_TRUE(report) << result.out;
        if (report)
            for (const Json& one : (*report)["findings"].items)
                if (one["check"].text == check) return one;
        ADD_FAILURE() << "no finding " << check << " in " << result.out;
        return {};
    }
};

class ContractProgramPlays : public ContractProgram {
protected:
    void SetUp() override {
        ContractProgram::SetUp();
        if (!waypipe_version().starts_with("0.8.")) GTEST_SKIP() << "skipped: no waypipe 0.8 is installed";
    }
};

TEST_F(ContractProgramPlays, a_compositor_that_takes_two_surfaces_gets_iosurfaces) {
    auto compositor = start_contract({"--exit-on-bad", "--release", "replaced"});
    Child client = start_client(*compositor);
    const std::string drawn = play({"--frames", "4", "--size", "333x217"});
    EXPECT_EQ(sums(drawn).size(), 4u);
    EXPECT_EQ(shown(*compositor), sums(drawn));
    end(client);
    EXPECT_NE(client.err().find(R"("op":"present")"), std::string::npos) << client.err();
    EXPECT_EQ(client.err().find("pixels go through wl_shm"), std::string::npos) << client.err();
}

TEST_F(ContractProgramPlays, video_shows_the_same_pictures_also_when_videotoolbox_holds_them_back) {
    std::vector<std::string> expected;
    for (const char* withhold : {"0", "1", "4"}) {
        SCOPED_TRACE(withhold);
        auto compositor = start_contract({"--exit-on-bad", "--use-counts"});
        Child client = start_client(*compositor, {{"TV_APPLESIM_WITHHOLD", withhold}});
        const std::string drawn =
            play({"--frames", "8", "--size", "333x217", "--pattern", "smooth"}, "sw,h264");
        EXPECT_EQ(sums(drawn).size(), 8u);
        const std::vector<std::string> pictures = shown(*compositor);
        EXPECT_EQ(pictures.size(), 8u);
        if (expected.empty()) expected = pictures;
        EXPECT_EQ(pictures, expected);
        EXPECT_EQ(std::set<std::string>(pictures.begin(), pictures.end()).size(), pictures.size());
        end(client);
        EXPECT_NE(client.err().find("pictures are converted by Simulated GPU"), std::string::npos)
            << client.err();
        std::filesystem::remove(dir() / "channel");
    }
}

TEST_F(ContractProgramPlays, one_that_refuses_either_gets_wl_shm_and_the_reason_is_logged) {
    for (const auto& [nth, width] : {std::pair{"1", "64"}, std::pair{"2", "333"}}) {
        SCOPED_TRACE(nth);
        auto compositor = start_contract({"--exit-on-bad", "--reject", nth});
        Child client = start_client(*compositor);
        EXPECT_NE(client.err().find("pixels go through wl_shm: "), std::string::npos) << client.err();
        EXPECT_NE(client.err().find(fmt::format("a surface was refused, of width ({})", width)),
                  std::string::npos)
            << client.err();
        const std::string drawn = play({"--frames", "4"});
        EXPECT_EQ(shown(*compositor), sums(drawn));
        EXPECT_EQ(client.err().find(R"("op":"create)"), std::string::npos) << client.err();
        end(client);
        std::filesystem::remove(dir() / "channel");
    }
}

TEST_F(ContractProgramPlays, one_that_goes_away_in_the_probe_gets_nothing_more_and_the_listener_lives) {
    for (const char* request : {"create_params", "destroy"}) {
        SCOPED_TRACE(request);
        const std::string interface =
            std::string(request) == "destroy" ? "zwp_linux_buffer_params_v1." : "zwp_linux_dmabuf_v1.";
        auto compositor = start_contract({"--exit", interface + request + ":1"});
        Child client = start_client(*compositor);
        EXPECT_NE(client.err().find("pixels go through wl_shm: "), std::string::npos) << client.err();
        EXPECT_TRUE(eventually([&] { return !compositor->running(); }, 10s));
        // The next compositor at that place is served.
        compositor.reset();
        compositor = start_contract();
        const std::string drawn = play({"--frames", "3"});
        EXPECT_EQ(shown(*compositor), sums(drawn));
        end(client);
        std::filesystem::remove(dir() / "channel");
    }
}

TEST_F(ContractProgramPlays, hardware_decodes_whatever_was_asked_for_but_software) {
    for (const char* words : {"", "hw", "hwdec"}) {
        SCOPED_TRACE(words);
        auto compositor = start_contract({"--exit-on-bad", "--release", "replaced"});
        Child client = start_client(*compositor, {}, {"--stats", std::string("--video=") + words});
        const std::string drawn = play({"--frames", "4", "--size", "333x217"}, "sw,h264");
        EXPECT_EQ(sums(drawn).size(), 4u);
        EXPECT_EQ(shown(*compositor).size(), 4u);
        end(client);
        EXPECT_NE(client.err().find(R"("decoder":"videotoolbox","hardware":true)"), std::string::npos)
            << client.err();
        std::filesystem::remove(dir() / "channel");
    }
}

// This build has no software decoder: nothing is left, and nothing is offered.
TEST_F(ContractProgramPlays, with_sw_or_swdec_no_hardware_decodes) {
    for (const char* words : {"sw", "swdec"}) {
        SCOPED_TRACE(words);
        auto compositor = start_contract({"--exit-on-bad", "--release", "replaced"});
        Child client = start_client(*compositor, {}, {"--stats", std::string("--video=") + words});
        const RunResult application = run_application({"--frames", "4"}, "sw,h264");
        EXPECT_EQ(sums(application.out).size(), 0u) << application.out;
        end(client);
        EXPECT_NE(client.err().find("nothing here decodes the H.264 video"), std::string::npos)
            << client.err();
        EXPECT_EQ(client.err().find("videotoolbox"), std::string::npos) << client.err();
        std::filesystem::remove(dir() / "channel");
    }
}

// --- doctor
// ---------------------------------------------------------------------------------------------------------

TEST_F(ContractProgram, doctor_says_that_two_surfaces_were_taken) {
    auto compositor = start_contract({"--exit-on-bad"});
    const RunResult text = doctor(*compositor);
    EXPECT_NE(text.out.find("published as IOSurfaces: the compositor took two of them for a test"),
              std::string::npos)
        << text.out;
    const Json modifiers = finding(doctor(*compositor, {"--json"}), "dmabuf modifiers");
    EXPECT_EQ(modifiers["found"].text, "2 of 2 name IOSurfaces");
    const Json store = finding(doctor(*compositor, {"--json"}), "buffers");
    EXPECT_EQ(store["health"].text, "ok");
    EXPECT_EQ(store["found"].text, "published as IOSurfaces: the compositor took two of them for a test");
    EXPECT_EQ(compositor->count("contract refused"), 0u);
}

TEST_F(ContractProgram, doctor_says_which_surface_was_refused_and_brings_no_compositor_down) {
    for (const auto& [nth, width] : {std::pair{"1", "64"}, std::pair{"2", "333"}}) {
        SCOPED_TRACE(nth);
        const std::string refused = fmt::format("a surface was refused, of width ({})", width);
        for (const bool json : {false, true}) {
            auto compositor = start_contract({"--exit-on-bad", "--reject", nth});
            const RunResult result =
                doctor(*compositor, json ? std::vector<std::string>{"--json"} : std::vector<std::string>{});
            if (json) {
                const Json store = finding(result, "buffers");
                EXPECT_NE(store["found"].text.find(refused), std::string::npos) << result.out;
                EXPECT_EQ(store["health"].text, "problem");
                EXPECT_EQ(store["advice"].text,
                          "windows are shown by way of wl_shm, which costs a copy a frame; if either program "
                          "runs in a sandbox, that may be why");
            } else {
                EXPECT_NE(result.out.find(refused), std::string::npos) << result.out;
            }
            EXPECT_TRUE(compositor->running());
        }
    }
}

} // namespace
