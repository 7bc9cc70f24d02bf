#include "cli/selftest/selftest.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include <unistd.h>

#include <fmt/format.h>

#include "cli/report.h"
#include "cli/tell.h"
#include "video/convert/convert.h"
#include "video/convert/rows.h"
#include "video/decoders.h"

namespace tv::cli {
namespace {

using Pixels = std::vector<std::uint8_t>;

// A decoder that does not answer within this is given up; its thread may hang for good.
constexpr auto kLongest = std::chrono::seconds(10);

// --- pictures ----------------------------------------------------------------------------------------------

// The rule itself, in double precision: BT.601, limited range, each chroma sample for its 2x2 block.
std::array<double, 3> exact_pixel(int y, int cb, int cr) {
    const double luma = 255.0 / 219.0 * (y - 16);
    const double red = 255.0 / 224.0 * 2 * (1 - 0.299), blue = 255.0 / 224.0 * 2 * (1 - 0.114);
    auto byte = [](double value) { return std::clamp(value, 0.0, 255.0); };
    return {byte(luma + blue * (cb - 128)),
            byte(luma - blue * 0.114 / 0.587 * (cb - 128) - red * 0.299 / 0.587 * (cr - 128)),
            byte(luma + red * (cr - 128))};
}

Pixels exact_pixels(const Clip& clip) {
    const video::Picture picture = clip.picture();
    auto sample = [&](std::size_t plane, std::uint32_t x, std::uint32_t y) {
        return static_cast<int>(picture.planes[plane].bytes[y * picture.planes[plane].stride + x]);
    };
    Pixels pixels;
    for (std::uint32_t y = 0; y < clip.size.height; ++y)
        for (std::uint32_t x = 0; x < clip.size.width; ++x) {
            for (const double channel :
                 exact_pixel(sample(0, x, y), sample(1, x / 2, y / 2), sample(2, x / 2, y / 2)))
                pixels.push_back(static_cast<std::uint8_t>(std::lround(channel)));
            pixels.push_back(255);
        }
    return pixels;
}

double psnr(const Pixels& got, const Pixels& want) {
    double squares = 0;
    for (std::size_t i = 0; i < want.size(); ++i) {
        const double difference = double{1} * got[i] - want[i];
        squares += difference * difference;
    }
    if (squares == 0) return kExact;
    // Alpha is right or wrong, but not part of the mean.
    const double mean = squares / (static_cast<double>(want.size()) * 3 / 4);
    return std::min(kExact, 10 * std::log10(255.0 * 255.0 / mean));
}

void judge(SelftestRow& row, const Result<Pixels>& got, const Pixels& want) {
    if (!got) {
        row.verdict = Verdict::Failed;
        row.reason = describe(got.error());
        return;
    }
    row.psnr = got->size() == want.size() ? psnr(*got, want) : 0;
    row.verdict = row.psnr >= kRightPsnr ? Verdict::Right : Verdict::Wrong;
}

// --- conversion --------------------------------------------------------------------------------------------

Pixels convert_rows(const Clip& clip, const video::RowFunctions& functions, bool nv12) {
    const video::Picture picture = clip.picture();
    const auto* base = clip.last.data();
    const std::size_t chroma_width = (clip.size.width + 1) / 2;
    const std::size_t cb = std::size_t{clip.size.width} * clip.size.height;
    const std::size_t cr = cb + chroma_width * ((clip.size.height + 1) / 2);
    Pixels pixels(std::size_t{4} * clip.size.width * clip.size.height);
    for (std::uint32_t y = 0; y < clip.size.height; ++y) {
        const std::uint8_t* blue = base + cb + y / 2 * chroma_width;
        const std::uint8_t* red = base + cr + y / 2 * chroma_width;
        Pixels both;
        for (std::size_t x = 0; nv12 && x < chroma_width; ++x) {
            both.push_back(blue[x]);
            both.push_back(red[x]);
        }
        const video::RowSource source{base + std::size_t{y} * clip.size.width, nv12 ? both.data() : blue,
                                      nv12 ? nullptr : red};
        functions.by_format[nv12 ? 1 : 0][static_cast<std::size_t>(video::PixelFormat::Xrgb8888)](
            source, &pixels[std::size_t{4} * clip.size.width * y], clip.size.width);
    }
    return pixels;
}

void test_conversions(SelftestReport& report, const std::vector<Clip>& clips) {
    for (const auto* const* functions = video::row_functions(); *functions != nullptr; ++functions)
        for (const bool nv12 : {false, true}) {
            SelftestRow row;
            row.stage = "convert";
            row.converter = fmt::format("cpu {} {}", (*functions)->name, nv12 ? "nv12" : "i420");
            row.psnr = kExact;
            row.verdict = Verdict::Right;
            for (const Clip& clip : clips) {
                SelftestRow one;
                judge(one, convert_rows(clip, **functions, nv12), exact_pixels(clip));
                row.psnr = std::min(row.psnr, one.psnr);
                if (one.verdict != Verdict::Right) row.verdict = one.verdict;
            }
            report.rows.push_back(std::move(row));
        }
}

// --- decoding ----------------------------------------------------------------------------------------------

// What became of the packets; shared with a decoder that may never end.
struct Decoded final : video::DecodeSink {
    void decoded(std::uint64_t ticket, Result<std::optional<video::Picture>> outcome) override {
        const std::lock_guard lock(mutex);
        outcomes.insert_or_assign(ticket, std::move(outcome));
    }
    void using_hardware(bool uses) override {
        const std::lock_guard lock(mutex);
        hardware = uses;
    }
    std::mutex mutex;
    std::condition_variable changed;
    bool ended = false;
    Status status;
    std::optional<bool> hardware;
    std::map<std::uint64_t, Result<std::optional<video::Picture>>> outcomes;
};

Status decode_all(const Clip& clip, video::DecoderFactory& factory, const std::shared_ptr<Decoded>& result) {
    video::StreamParameters parameters;
    parameters.codec = clip.codec;
    parameters.buffer = clip.size;
    parameters.threads = 1;
    TV_ASSIGN(auto decoder, factory.create(parameters, result));
    for (std::size_t i = 0; i < clip.frames.size(); ++i) {
        const video::AccessUnit unit{clip.frames[i].packet->bytes(), clip.frames[i].key, i,
                                     clip.frames[i].packet};
        TV_TRY(decoder->decode(unit));
    }
    TV_TRY(decoder->ask_for_delayed());
    decoder->wait_for_delayed();
    return {};
}

// On a thread of its own, which is left behind when it does not come back.
std::shared_ptr<Decoded> decode(const Clip& clip, video::DecoderFactory& factory) {
    auto result = std::make_shared<Decoded>();
    std::thread worker([clip, &factory, result] {
        Status status = decode_all(clip, factory, result);
        const std::lock_guard lock(result->mutex);
        result->status = std::move(status);
        result->ended = true;
        result->changed.notify_all();
    });
    std::unique_lock lock(result->mutex);
    const bool ended = result->changed.wait_for(lock, kLongest, [&] { return result->ended; });
    lock.unlock();
    if (ended) {
        worker.join();
    } else {
        worker.detach();
        result = std::make_shared<Decoded>();
        result->status = fail(ErrorCategory::TryAgain, "no answer within 10 s");
    }
    return result;
}

Result<Pixels> convert_planes(const video::Picture& picture, video::Size size) {
    Pixels pixels(std::size_t{4} * size.width * size.height);
    TV_TRY(video::convert(picture, {std::as_writable_bytes(std::span(pixels)), std::size_t{4} * size.width,
                                    size, video::PixelFormat::Xrgb8888}));
    return pixels;
}

// One row a conversion of what the decoder gave.
void test_pictures(SelftestReport& report, SelftestRow row, const Clip& clip, const video::Picture& picture,
                   const SurfaceConverters& surfaces) {
    const Pixels want = exact_pixels(clip);
    if (picture.native == nullptr) {
        row.converter = "cpu";
        judge(row, convert_planes(picture, clip.size), want);
        report.rows.push_back(row);
    }
    for (const SurfaceConverter& converter : surfaces.converters) {
        if (picture.native == nullptr && !converter.takes_planes) continue;
        row.converter = converter.name + " surface";
        judge(row, converter.convert(picture, clip.size), want);
        report.rows.push_back(row);
    }
}

void test_decoder(SelftestReport& report, const Clip& clip, video::DecoderFactory& factory,
                  const SurfaceConverters& surfaces) {
    SelftestRow row;
    row.stage = "decode";
    row.codec = video::codec_name(clip.codec);
    row.decoder = factory.name();
    row.hardware = factory.hardware_for(clip.codec);
    if (!factory.may_decode(clip.codec)) {
        row.reason = "this system does not have it";
        report.rows.push_back(std::move(row));
        return;
    }
    const auto begin = std::chrono::steady_clock::now();
    const auto result = decode(clip, factory);
    row.milliseconds =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
    row.verdict = Verdict::Failed;
    if (!result->status) {
        const Error& error = result->status.error();
        if (error.category == ErrorCategory::Unsupported) row.verdict = Verdict::Absent;
        row.reason = describe(error);
        report.rows.push_back(std::move(row));
        return;
    }
    row.hardware = result->hardware.value_or(row.hardware);
    std::optional<video::Picture> last;
    for (auto& [ticket, outcome] : result->outcomes) {
        if (!outcome)
            row.reason = describe(outcome.error());
        else if (*outcome)
            last = std::move(*outcome), ++row.pictures;
    }
    if (row.pictures != clip.frames.size()) {
        if (row.reason.empty())
            row.reason = fmt::format("{} of {} packets gave a picture", row.pictures, clip.frames.size());
        report.rows.push_back(std::move(row));
        return;
    }
    test_pictures(report, row, clip, *last, surfaces);
}

// --- reports -----------------------------------------------------------------------------------------------

const char* word(Verdict verdict) {
    constexpr const char* kWords[] = {"right", "WRONG", "FAILED", "absent"};
    return kWords[static_cast<std::size_t>(verdict)];
}

std::string psnr_text(double value) {
    return value >= kExact ? "exact" : fmt::format("{:.1f} dB", value);
}

std::string row_json(const SelftestRow& row) {
    JsonObject json;
    json.text("stage", row.stage);
    if (!row.codec.empty()) json.text("codec", row.codec);
    if (!row.decoder.empty()) json.text("decoder", row.decoder).flag("hardware", row.hardware);
    if (!row.converter.empty()) json.text("converter", row.converter);
    std::string verdict = word(row.verdict);
    std::ranges::transform(verdict, verdict.begin(), [](char c) { return c < 'a' ? char(c + 32) : c; });
    json.text("verdict", verdict);
    if (row.verdict == Verdict::Right || row.verdict == Verdict::Wrong) json.decimal("psnr", row.psnr);
    if (row.pictures != 0) json.number("pictures", row.pictures).decimal("ms", row.milliseconds);
    if (!row.reason.empty()) json.text("reason", row.reason);
    return json.str();
}

const char* result_words(int code) {
    constexpr const char* kWords[] = {"everything that is here is right", "something is wrong",
                                      "nothing here decodes video"};
    return kWords[code];
}

} // namespace

int SelftestReport::exit_code() const {
    auto any = [this](auto&& holds) { return std::ranges::any_of(rows, holds); };
    if (any([](const auto& row) { return row.verdict == Verdict::Wrong || row.verdict == Verdict::Failed; }))
        return 1;
    return any([](const auto& row) { return row.stage == "decode" && row.verdict == Verdict::Right; }) ? 0
                                                                                                       : 2;
}

std::string SelftestReport::table() const {
    std::vector<std::vector<std::string>> lines{
        {"stage", "codec", "decoder", "converter", "result", "", "packets", "time"}};
    for (const SelftestRow& row : rows) {
        const bool compared = row.verdict == Verdict::Right || row.verdict == Verdict::Wrong;
        std::vector<std::string> line{row.stage, row.codec.empty() ? "-" : row.codec,
                                      row.decoder.empty() ? "-"
                                      : row.hardware      ? row.decoder + " (hardware)"
                                                          : row.decoder,
                                      row.converter.empty() ? "-" : row.converter, word(row.verdict)};
        if (!compared)
            line.push_back(row.reason);
        else if (row.stage == "decode")
            line.insert(line.end(), {psnr_text(row.psnr), fmt::format("{}", row.pictures),
                                     fmt::format("{:.1f} ms", row.milliseconds)});
        else
            line.push_back(psnr_text(row.psnr));
        lines.push_back(std::move(line));
    }
    return columns(lines) + "\n" + result_words(exit_code()) + "\n";
}

std::string SelftestReport::json() const {
    std::vector<std::string> items;
    items.reserve(rows.size());
    for (const SelftestRow& row : rows) items.push_back(row_json(row));
    return JsonObject()
               .text("report", "selftest")
               .text("tunnelview", TV_VERSION)
               .number("exit", exit_code())
               .text("result", result_words(exit_code()))
               .raw("rows", json_array(items))
               .str() +
           "\n";
}

SelftestReport run_selftest(const std::vector<Clip>& clips, const SelftestParts& parts) {
    SelftestReport report;
    test_conversions(report, clips);
    if (!parts.surfaces.no_gpu.empty()) {
        SelftestRow row;
        row.stage = "convert";
        row.converter = "metal";
        row.reason = parts.surfaces.no_gpu;
        report.rows.push_back(std::move(row));
    }
    for (video::DecoderFactory* factory : parts.decoders)
        for (const Clip& clip : clips) test_decoder(report, clip, *factory, parts.surfaces);
    // What other builds and systems have.
    for (const char* name : {"videotoolbox", "ffmpeg"}) {
        if (std::ranges::any_of(parts.decoders,
                                [&](const auto* known) { return std::string_view(known->name()) == name; }))
            continue;
        SelftestRow row;
        row.stage = "decode";
        row.decoder = name;
        row.hardware = std::string_view(name) == "videotoolbox";
        row.reason = row.hardware ? "only on macOS" : "not in this build";
        report.rows.push_back(std::move(row));
    }
    return report;
}

int selftest_mode(bool json) {
    auto clips = built_in_clips();
    if (!clips) {
        tell(describe(clips.error()));
        return 1;
    }
    const auto owned = video::available_decoders();
    SelftestParts parts;
    for (const auto& factory : owned) parts.decoders.push_back(factory.get());
    parts.surfaces = surface_converters();
    const SelftestReport report = run_selftest(*clips, parts);
    if (!print_out(json ? report.json() : report.table())) return 1;
    // A decoder that never came back must not hold the program.
    if (std::ranges::any_of(report.rows, [](const auto& row) { return row.reason.contains("no answer"); }))
        ::_exit(report.exit_code());
    return report.exit_code();
}

} // namespace tv::cli
