#include "cli/doctor/doctor.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/process.h"
#include "cli/report.h"
#include "cli/tell.h"

namespace tv::cli {
namespace {

const char* word(Health health) {
    constexpr const char* kWords[] = {"ok", "note", "PROBLEM"};
    return kWords[static_cast<std::size_t>(health)];
}
const char* json_word(Health health) {
    constexpr const char* kWords[] = {"ok", "note", "problem"};
    return kWords[static_cast<std::size_t>(health)];
}

} // namespace

int Findings::exit_code() const {
    return std::ranges::any_of(all_, [](const Finding& f) { return f.health == Health::Problem; }) ? 1 : 0;
}

std::string Findings::text() const {
    std::vector<std::vector<std::string>> rows;
    std::size_t problems = 0;
    for (const Finding& finding : all_) {
        rows.push_back({word(finding.health), finding.check, finding.found});
        // Under what was found, so that lines stay short.
        if (!finding.advice.empty()) rows.push_back({"", "", "-> " + finding.advice});
        problems += finding.health == Health::Problem ? 1 : 0;
    }
    const std::string sum = problems == 0   ? "no problem found"
                            : problems == 1 ? "1 problem found"
                                            : fmt::format("{} problems found", problems);
    return columns(rows) + "\n" + sum + "\n";
}

std::string Findings::json() const {
    std::vector<std::string> items;
    for (const Finding& finding : all_) {
        JsonObject item;
        item.text("check", finding.check)
            .text("health", json_word(finding.health))
            .text("found", finding.found);
        if (!finding.advice.empty()) item.text("advice", finding.advice);
        items.push_back(item.str());
    }
    return JsonObject()
               .text("report", "doctor")
               .text("tunnelview", TV_VERSION)
               .number("exit", exit_code())
               .raw("findings", json_array(items))
               .str() +
           "\n";
}

int doctor_mode(const Options& options, surface::SurfaceStore* store) {
    const WaylandEnvironment environment = WaylandEnvironment::take();
    ignore_sigpipe();
    Findings findings;
    check_system(findings);
    check_environment(findings, options); // before the limit is raised
    raise_descriptor_limit();
    check_compositor(findings, environment, store);
    check_video(findings);
    check_ssh(findings, options);
    if (!print_out(options.json ? findings.json() : findings.text())) return 1;
    return findings.exit_code();
}

} // namespace tv::cli
