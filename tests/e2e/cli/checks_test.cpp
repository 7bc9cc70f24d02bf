// doctor and selftest as a user meets them.
#include <algorithm>
#include <filesystem>

#include "program.h"
#include "support/json.h"

namespace tv::test {
namespace {

using namespace std::chrono_literals;

class Checks : public Program {
protected:
    [[nodiscard]] RunResult run_check(std::vector<std::string> arguments) const {
        SpawnOptions options = command(std::move(arguments));
        if (real_) options.environment["WAYLAND_DISPLAY"] = "wl";
        auto result = run(options, 60s);
        EXPECT_TRUE(result && !result->timed_out);
        return result.value_or(RunResult{});
    }
    [[nodiscard]] Json doctor(std::vector<std::string> arguments, int exit_code) const {
        arguments.emplace_back("--json");
        const RunResult result = run_check(std::move(arguments));
        EXPECT_EQ(result.exit, (Exit{false, exit_code})) << result.out << result.err;
        EXPECT_EQ(result.err, "");
        EXPECT_EQ(std::ranges::count(result.out, '\n'), 1);
        auto json = Json::parse(result.out);
        EXPECT_TRUE(json) << result.out;
        if (json) {
            EXPECT_EQ((*json)["exit"].number, exit_code);
        }
        return json.value_or(Json{});
    }
    // Of the first finding of that name: "health: found -> advice".
    static std::string finding(const Json& report, const std::string& check) {
        for (const Json& one : report["findings"].items)
            if (one["check"].text == check)
                return one["health"].text + ": " + one["found"].text +
                       (one.has("advice") ? " -> " + one["advice"].text : "");
        return "no such finding";
    }
    static void expect_starts(const std::string& text, const std::string& start) {
        EXPECT_TRUE(text.starts_with(start)) << text;
    }
    void start_compositor() {
        compositor_.reset();
        SpawnOptions options;
        options.arguments = {TV_TEST_COMPOSITOR, "--directory", folder_.path().string(),
                             "--socket",         "wl",          "--no-stdin"};
        real_.emplace(Child::spawn(options).value());
        ASSERT_TRUE(real_->wait_for_output("ready", kPatience)) << real_->err();
    }
    void TearDown() override {
        real_.reset();
        Program::TearDown();
    }
    // Runs the remote command here, with that folder alone in front of PATH.
    [[nodiscard]] std::string ssh_to_here() const {
        return script("ssh", R"(if [ "$1" = -V ]; then echo OpenSSH_9.9 >&2; exit; fi
for last; do :; done
PATH=$(dirname "$0")/remote:/usr/bin:/bin exec sh -c "$last")");
    }
    void remote_waypipe(const std::string& says) const {
        std::filesystem::create_directories(folder_ / "remote");
        (void)script("remote/waypipe", "printf '" + says + "'");
    }

    std::optional<Child> real_;
};

TEST_F(Checks, selftest_finds_this_machine_right_and_prints_a_row_for_every_codec) {
    const RunResult table = run_check({"selftest"});
    if (table.exit == Exit{false, 2}) GTEST_SKIP() << "nothing here decodes: " << table.out;
    EXPECT_EQ(table.exit, (Exit{false, 0})) << table.out;
    for (const char* codec : {"H.264", "HEVC", "VP9", "AV1"})
        EXPECT_NE(table.out.find(codec), std::string::npos) << table.out;
    const RunResult line = run_check({"selftest", "--json"});
    EXPECT_EQ(line.exit, (Exit{false, 0}));
    const auto json = Json::parse(line.out);
    ASSERT_TRUE(json) << line.out;
    EXPECT_EQ((*json)["rows"].items.size() + 3, static_cast<std::size_t>(std::ranges::count(table.out, '\n')))
        << "a heading, an empty line, a sum";
    for (const Json& row : (*json)["rows"].items) EXPECT_NE(row["verdict"].text, "wrong");
}

TEST_F(Checks, doctor_finds_nothing_wrong_with_a_good_compositor) {
    start_compositor();
    const Json report = doctor({"doctor"}, 0);
    expect_starts(finding(report, "compositor socket"), "ok: " + (folder_ / "wl") + " answers");
    expect_starts(finding(report, "globals"), "ok: ");
    EXPECT_NE(finding(report, "globals").find("wl_compositor"), std::string::npos);
    expect_starts(finding(report, "buffers"), "ok: published by way of wl_shm");
    expect_starts(finding(report, "decoder H.264"), "ok: ");
    for (const char* check :
         {"system", "translation", "sandbox", "descriptor limit", "temp directory", "XDG_RUNTIME_DIR",
          "channel socket", "local waypipe", "dmabuf modifiers", "GPU", "ssh", "remote"})
        EXPECT_NE(finding(report, check), "no such finding") << check;
}

TEST_F(Checks, every_note_and_problem_of_doctor_says_what_to_do) {
    compositor_.reset();
    const Json report = doctor({"doctor"}, 1);
    expect_starts(finding(report, "compositor socket"), "problem: ");
    for (const Json& one : report["findings"].items) {
        EXPECT_EQ(one["health"].text != "ok", one.has("advice")) << one["check"].text;
    }
}

TEST_F(Checks, doctor_names_a_compositor_that_never_says_a_word) {
    const Json report = doctor({"doctor"}, 1);
    expect_starts(finding(report, "globals"), "problem: ");
}

TEST_F(Checks, doctor_reports_the_other_machines_waypipe_of_every_version) {
    start_compositor();
    const std::vector<std::string> words = {"--ssh-bin", ssh_to_here(), "doctor", "user@host"};
    remote_waypipe("waypipe 0.8.4\\nfeatures: lz4 zstd dmabuf video vaapi\\n");
    expect_starts(finding(doctor(words, 0), "remote waypipe"),
                  "ok: " + (folder_ / "remote/waypipe") + " 0.8.4, built with: lz4 zstd dmabuf video");
    remote_waypipe("waypipe 0.11.2\\n\\nlz4: true\\nzstd: true\\ndmabuf: true\\nvideo: false\\n");
    const Json newer = doctor(words, 0);
    EXPECT_NE(finding(newer, "remote waypipe").find("0.11.2, built with: lz4 zstd dmabuf"),
              std::string::npos);
    EXPECT_NE(finding(newer, "remote GPU").find("built without"), std::string::npos);
    remote_waypipe("waypipe 0.7.2\\n");
    expect_starts(finding(doctor(words, 1), "remote waypipe"), "problem: ");
    remote_waypipe("something else\\n");
    expect_starts(finding(doctor(words, 1), "remote waypipe"), "problem: ");
}

TEST_F(Checks, doctor_gives_the_last_words_of_an_ssh_that_fails) {
    start_compositor();
    const std::string ssh = script("ssh", R"([ "$1" = -V ] && exit; echo noise >&2
echo 'ssh: connect to host host port 22: No route to host' >&2; exit 255)");
    const Json report = doctor({"--ssh-bin", ssh, "doctor", "host"}, 1);
    expect_starts(finding(report, "remote"),
                  "problem: ssh: connect to host host port 22: No route to host -> ");
}

TEST_F(Checks, modes_that_take_no_more_words_say_so) {
    expect_one_line(run_program({"selftest", "now"}), "'now'");
    expect_one_line(run_program({"doctor", "one", "two"}), "'two'");
    expect_one_line(run_program({"--json", "client"}), "--json");
}

} // namespace
} // namespace tv::test
