#include <fmt/format.h>

#include "cli/doctor/doctor.h"
#include "cli/selftest/selftest.h"
#include "video/decoders.h"

namespace tv::cli {
namespace {

void check_gpu(Findings& findings) {
    const GpuDescription gpu = describe_gpu();
    if (gpu.name.empty())
        findings.ok("GPU", gpu.why_none);
    else if (gpu.is_virtual)
        findings.note(
            "GPU", gpu.name + " (virtual)",
            "a virtual machine's GPU: pictures are converted, but hardware decoders are rarely there");
    else
        findings.ok("GPU", gpu.name);
}

} // namespace

void check_video(Findings& findings) {
    check_gpu(findings);
    const auto clips = built_in_clips();
    if (!clips) return findings.problem("decoders", describe(clips.error()), "this build is broken");
    const auto owned = video::available_decoders();
    SelftestParts parts;
    for (const auto& factory : owned) parts.decoders.push_back(factory.get());
    const SelftestReport report = run_selftest(*clips, parts);
    for (const Clip& clip : *clips) {
        const std::string codec = video::codec_name(clip.codec);
        std::string works, faults;
        for (const SelftestRow& row : report.rows) {
            if (row.codec != codec) continue;
            const std::string name = row.decoder + (row.hardware ? " (hardware)" : " (software)");
            if (row.verdict == Verdict::Right)
                works += (works.empty() ? "" : ", ") + name;
            else if (row.verdict != Verdict::Absent)
                faults += (faults.empty() ? "" : ", ") + name + ": " +
                          (row.reason.empty() ? "wrong picture" : row.reason);
        }
        const std::string check = "decoder " + codec;
        if (!faults.empty())
            findings.problem(check, faults, "run `tunnelview selftest` and report what it prints");
        else if (works.empty())
            findings.note(check, "none",
                          "fine unless the remote side encodes it; software decoding comes with FFmpeg's "
                          "libavcodec, which has to be installed where tunnelview was built with it");
        else
            findings.ok(check, works);
    }
}

} // namespace tv::cli
