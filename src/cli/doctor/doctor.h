// `tunnelview doctor`: what could keep remote applications from being shown here, one line each, with what to
// do about it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/compositor.h"
#include "cli/options.h"
#include "surface/surface.h"

namespace tv::cli {

enum class Health : std::uint8_t {
    Ok,
    Note,    // works, but is worth knowing
    Problem, // applications will not be shown, or not all of them
};

struct Finding {
    std::string check; // "compositor socket"
    Health health = Health::Ok;
    std::string found;
    std::string advice; // what to do; of Note and Problem
};

class Findings {
public:
    void ok(std::string_view check, std::string found) { add(check, Health::Ok, std::move(found), ""); }
    void note(std::string_view check, std::string found, std::string advice) {
        add(check, Health::Note, std::move(found), std::move(advice));
    }
    void problem(std::string_view check, std::string found, std::string advice) {
        add(check, Health::Problem, std::move(found), std::move(advice));
    }
    [[nodiscard]] const std::vector<Finding>& all() const { return all_; }
    [[nodiscard]] int exit_code() const; // 1: there is a problem
    [[nodiscard]] std::string text() const;
    [[nodiscard]] std::string json() const; // one line

private:
    void add(std::string_view check, Health health, std::string found, std::string advice) {
        all_.push_back({std::string(check), health, std::move(found), std::move(advice)});
    }
    std::vector<Finding> all_;
};

// --- the checks, each in the file of its subject -----------------------------------------------------------

// Socket and path length, globals, modifiers, whether it takes surfaces of `store` (nullptr: there are none).
void check_compositor(Findings& findings, const WaylandEnvironment& environment,
                      surface::SurfaceStore* store);
// Built-in clips through every decoder; the GPU.
void check_video(Findings& findings);
// Descriptor limit, temporary folder, XDG_RUNTIME_DIR, which waypipe a launcher would find.
void check_environment(Findings& findings, const Options& options);
// Kind of system, sandbox, translation: by platform.
void check_system(Findings& findings);
// ssh here; with a destination also waypipe, its features and encoders there.
void check_ssh(Findings& findings, const Options& options);
// What a failed connection means on this system, beyond what ssh said; empty: nothing.
[[nodiscard]] std::string network_permission_advice(std::string_view ssh_words);

// What `waypipe --version` of any version says: what it is and what it was built with.
struct WaypipeVersion {
    std::string name; // "0.8.4"; empty: it is no waypipe
    unsigned minor = 0;
    bool lz4 = false, zstd = false, dmabuf = false, video = false;
};
[[nodiscard]] WaypipeVersion read_waypipe_version(std::string_view text);

// --- running other programs --------------------------------------------------------------------------------

struct Ran {
    bool started = false;
    bool in_time = true;
    int exit_code = -1;
    std::string output; // both streams, at most 64 KiB
};
[[nodiscard]] Ran run_and_read(std::vector<std::string> command, int seconds);
// As a shell finds it; empty: not there.
[[nodiscard]] std::string find_in_path(std::string_view program);

// The whole mode: prints, returns the exit code.
[[nodiscard]] int doctor_mode(const Options& options, surface::SurfaceStore* store);

} // namespace tv::cli
