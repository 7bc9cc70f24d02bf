// `tunnelview selftest`: the built-in clips through every decoder and every conversion of this machine,
// compared with the pictures that are known to be right.
#pragma once

#include <string>
#include <vector>

#include "cli/selftest/clips.h"
#include "cli/selftest/surfaces.h"

namespace tv::cli {

enum class Verdict : std::uint8_t { Right, Wrong, Failed, Absent };

struct SelftestRow {
    std::string stage;     // "convert" or "decode"
    std::string codec;     // decode: "H.264", ...
    std::string decoder;   // decode: "ffmpeg", ...
    bool hardware = false; // decode
    std::string converter; // "avx2", "metal", ...
    Verdict verdict = Verdict::Absent;
    double psnr = 0;       // dB against the exact picture; kExact: no difference. Of Right and Wrong
    unsigned pictures = 0; // decode: as many packets gave one
    double milliseconds = 0;
    std::string reason; // of Failed and Absent
};

// What two equal pictures have.
inline constexpr double kExact = 99;
// One code value off everywhere is 48 dB; another matrix, a shifted or swapped plane is far below 40.
inline constexpr double kRightPsnr = 45;

struct SelftestReport {
    std::vector<SelftestRow> rows;

    // 0: everything that is there is right, and there is a way from packets to pixels; 1: something is wrong
    // or failed; 2: nothing here decodes.
    [[nodiscard]] int exit_code() const;
    [[nodiscard]] std::string table() const;
    [[nodiscard]] std::string json() const; // one line
};

struct SelftestParts {
    std::vector<video::DecoderFactory*> decoders;
    SurfaceConverters surfaces;
};

[[nodiscard]] SelftestReport run_selftest(const std::vector<Clip>& clips, const SelftestParts& parts);

// The whole mode: prints, returns the exit code.
[[nodiscard]] int selftest_mode(bool json);

} // namespace tv::cli
