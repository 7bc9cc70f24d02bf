// What --stats writes: JSON whatever a title is, a status line that fits, and nobody who waits.
#include <cerrno>
#include <chrono>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include "cli/stats_hub.h"
#include "cli/stats_json.h"
#include "cli/stats_line.h"
#include "cli/stats_pipe.h"
#include "support/json.h"

namespace tv::cli {
namespace {

using test::Json;

constexpr std::int64_t kSecond = 1'000'000'000;

SurfaceStatistics video_surface(std::uint32_t id = 7) {
    SurfaceStatistics surface;
    surface.id = id;
    surface.title = "player";
    surface.codec = "H.264";
    surface.decoder = "ffmpeg";
    surface.width = 1920;
    surface.height = 1080;
    surface.frames = 100;
    surface.measured = 90;
    surface.bytes = 123'456;
    for (std::size_t i = 0; i < surface.stages.size(); ++i)
        surface.stages[i] = {90, 1'000'000'007 * static_cast<std::int64_t>(i + 1), {1'234'567, 9'876'543}};
    surface.total = {90, 15 * 1'000'000'007ll, {5'000'000, 90'000'000}};
    return surface;
}

StatisticsSnapshot snapshot_of(std::vector<SurfaceStatistics> surfaces) {
    StatisticsSnapshot snapshot;
    snapshot.time = 1'795'387'308'220'999'999;
    snapshot.compression = "lz4";
    snapshot.wire_version = 16;
    snapshot.gpu = true;
    snapshot.frames = 100;
    snapshot.bytes = 200'000;
    snapshot.frames_per_second = 59.94;
    snapshot.bytes_per_second = 125'000;
    snapshot.surfaces = std::move(surfaces);
    return snapshot;
}

bool printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

Json parsed(std::string line) {
    EXPECT_TRUE(line.ends_with('\n'));
    line.pop_back();
    EXPECT_TRUE(printable(line)) << line;
    auto json = Json::parse(line);
    EXPECT_TRUE(json) << line;
    return json.value_or(Json{});
}

// --- JSON
// ---------------------------------------------------------------------------------------------------------

TEST(StatsJson, has_every_field_with_its_unit) {
    const Json json = parsed(stats_json(snapshot_of({video_surface()}), 4711));
    EXPECT_EQ(json["time"].digits, "1795387308.220");
    EXPECT_EQ(json["process"].digits, "4711");
    EXPECT_FALSE(json["final"].truth);
    EXPECT_EQ(json["compression"].text, "lz4");
    EXPECT_EQ(json["wire_version"].number, 16);
    EXPECT_TRUE(json["gpu"].truth);
    EXPECT_EQ(json["frames"].number, 100);
    EXPECT_EQ(json["bytes"].number, 200'000);
    EXPECT_EQ(json["frames_per_second"].digits, "59.9");
    EXPECT_EQ(json["mbit_per_second"].digits, "1.000");
    ASSERT_EQ(json["surfaces"].items.size(), 1u);
    const Json& surface = json["surfaces"].items[0];
    EXPECT_EQ(surface["surface"].number, 7);
    EXPECT_EQ(surface["codec"].text, "h264");
    EXPECT_EQ(surface["decoder"].text, "ffmpeg");
    EXPECT_FALSE(surface["hardware"].truth);
    EXPECT_EQ(surface["width"].number, 1920);
    EXPECT_EQ(surface["height"].number, 1080);
    EXPECT_EQ(surface["frames"].number, 100);
    EXPECT_EQ(surface["measured"].number, 90);
    EXPECT_EQ(surface["bytes"].number, 123'456);
    for (const char* stage : {"receive", "queue", "decode", "convert", "wait_for_commit"}) {
        EXPECT_EQ(surface["stages"][stage]["p50"].digits, "1.235");
        EXPECT_EQ(surface["stages"][stage]["p99"].digits, "9.877");
    }
    EXPECT_EQ(surface["stages"]["queue"]["sum"].digits, "2000.000014");
    EXPECT_EQ(surface["stages"]["total"]["sum"].digits, "15000.000105");
    EXPECT_FALSE(json.has("omitted"));
    EXPECT_FALSE(surface.has("destroyed"));
}

TEST(StatsJson, a_raw_surface_names_its_compression_and_has_no_decoder) {
    SurfaceStatistics surface = video_surface();
    surface.codec = "raw";
    surface.stages[1] = surface.stages[2] = surface.stages[3] = {};
    surface.destroyed = true;
    const Json json = parsed(stats_json(snapshot_of({surface}), 1))["surfaces"].items[0];
    EXPECT_EQ(json["codec"].text, "raw");
    EXPECT_EQ(json["compression"].text, "lz4");
    EXPECT_TRUE(json["destroyed"].truth);
    EXPECT_FALSE(json.has("decoder"));
    EXPECT_FALSE(json["stages"].has("decode"));
    EXPECT_TRUE(json["stages"].has("receive"));
}

TEST(StatsJson, writes_into_surfaces_are_told_of_each_and_of_all) {
    SurfaceStatistics stored = video_surface();
    stored.in_store = true;
    stored.writes = {.forced = 2, .attached = 3, .waited = 5};
    StatisticsSnapshot snapshot = snapshot_of({stored, video_surface(8)});
    snapshot.surface_store = true;
    snapshot.surface_memory = {.created = 4, .recycled = 6, .live = 3, .free = 1, .bytes = 1'048'576};
    snapshot.surface_writes = {.forced = 12, .attached = 13, .waited = 15};
    const Json json = parsed(stats_json(snapshot, 1));
    const Json& store = json["store"];
    EXPECT_EQ(store["created"].number, 4);
    EXPECT_EQ(store["recycled"].number, 6);
    EXPECT_EQ(store["live"].number, 3);
    EXPECT_EQ(store["free"].number, 1);
    EXPECT_EQ(store["bytes"].number, 1'048'576);
    EXPECT_EQ(store["writes"]["waited"].number, 15);
    EXPECT_EQ(store["writes"]["forced"].number, 12);
    EXPECT_EQ(store["writes"]["attached"].number, 13);
    const Json& writes = json["surfaces"].items[0]["writes"];
    EXPECT_EQ(writes["waited"].number, 5);
    EXPECT_EQ(writes["forced"].number, 2);
    EXPECT_EQ(writes["attached"].number, 3);
    // A buffer in a file is none of the store's, whatever the session has.
    EXPECT_EQ(stats_json(snapshot_of({video_surface()}), 1).find("writes"), std::string::npos);
    EXPECT_EQ(stats_json(snapshot_of({video_surface()}), 1).find("store"), std::string::npos);
    EXPECT_EQ(stats_json(snapshot, 1).find("writes", stats_json(snapshot, 1).find(R"("surface":8)")),
              std::string::npos);
}

TEST(StatusLine, writes_that_could_wait_no_longer_are_told_for_all_applications) {
    StatisticsSnapshot snapshot = snapshot_of({video_surface()});
    snapshot.surface_store = true;
    snapshot.surfaces[0].in_store = true;
    snapshot.surfaces[0].writes.forced = 100; // part of what the connection counts
    AppSummary app = summarize(stats_json(snapshot, 1));
    EXPECT_EQ(app.forced, 0);
    EXPECT_EQ(status_line(std::vector{app}, 200).find("forced"), std::string::npos);
    snapshot.surface_writes.forced = 1;
    app = summarize(stats_json(snapshot, 1));
    EXPECT_NE(status_line(std::vector{app}, 200).find("  1 forced write  player"), std::string::npos);
    EXPECT_NE(status_line(std::vector{app, app}, 200).find("  2 forced writes  player"), std::string::npos);
}

TEST(StatsJson, titles_come_back_as_they_were) {
    for (const std::string title : {"plain", "with \"quotes\" and \\", "line\nfeed\tand\x1b[2J",
                                    "Z\xc3\xbcrich \xe2\x82\xac", "\xf0\x9f\x98\x80", "\x7f"}) {
        SurfaceStatistics surface = video_surface();
        surface.title = surface.app_id = title;
        const Json json = parsed(stats_json(snapshot_of({surface}), 1))["surfaces"].items[0];
        EXPECT_EQ(json["title"].text, title);
        EXPECT_EQ(json["app_id"].text, title);
    }
}

TEST(StatsJson, bytes_that_are_no_utf8_become_replacement_characters) {
    const std::string kReplacement = "\xef\xbf\xbd";
    EXPECT_EQ(Json::parse(json_string("a\xff"
                                      "b"))
                  ->text,
              "a" + kReplacement + "b");
    EXPECT_EQ(Json::parse(json_string("\xc0\xaf"))->text, kReplacement + kReplacement) << "overlong";
    EXPECT_EQ(Json::parse(json_string("\xed\xa0\x80"))->text, kReplacement + kReplacement + kReplacement);
    EXPECT_EQ(Json::parse(json_string("\xf4\x90\x80\x80"))->text.size(), 4 * kReplacement.size());
    EXPECT_EQ(Json::parse(json_string("\xe2\x82"))->text, kReplacement + kReplacement) << "cut off";
    for (int byte = 0; byte < 256; ++byte) {
        const std::string quoted = json_string(std::string(3, static_cast<char>(byte)));
        EXPECT_TRUE(printable(quoted) && Json::parse(quoted)) << byte;
    }
}

TEST(StatsJson, a_line_fits_into_one_write_and_counts_what_it_leaves_out) {
    std::vector<SurfaceStatistics> surfaces;
    for (std::uint32_t id = 1; id <= 64; ++id) {
        surfaces.push_back(video_surface(id));
        surfaces.back().title = std::string(80, '\x01');
        surfaces.back().app_id = std::string(80, '\xff');
    }
    const std::string line = stats_json(snapshot_of(std::move(surfaces)), 1);
    EXPECT_LE(line.size(), kMaxStatsLine);
    const Json json = parsed(line);
    EXPECT_GE(json["surfaces"].items.size(), 1u);
    EXPECT_EQ(json["surfaces"].items.size() + static_cast<std::size_t>(json["omitted"].number), 64u);
}

// --- the status line
// ----------------------------------------------------------------------------------------------

TEST(StatusLine, tells_what_the_line_of_an_application_says) {
    const AppSummary app = summarize(stats_json(snapshot_of({video_surface()}), 1));
    EXPECT_EQ(app.name, "player");
    EXPECT_DOUBLE_EQ(app.frames_per_second, 59.9);
    EXPECT_DOUBLE_EQ(app.mbit_per_second, 1);
    EXPECT_EQ(app.codec, "h264");
    EXPECT_EQ(app.decoder, "ffmpeg");
    EXPECT_DOUBLE_EQ(app.decode_ms, 1.235);
    EXPECT_EQ(status_line(std::vector{app}, 200),
              "1 app  59.9 frames/s  1.00 Mbit/s  h264 1.24 ms (ffmpeg)  player");
}

TEST(StatusLine, sums_applications_up_and_names_the_busiest) {
    const std::vector<AppSummary> apps{{"editor", 1.5, 0.25, "", "", 0},
                                       {"film", 60, 8, "vp9", "ffmpeg", 2.5},
                                       {"clock", 1, 0.25, "h264", "ffmpeg", 9}};
    EXPECT_EQ(status_line(apps, 200),
              "3 apps  62.5 frames/s  8.50 Mbit/s  vp9 2.50 ms (ffmpeg)  film 60.0/s");
    EXPECT_EQ(status_line({}, 200), "no application");
}

TEST(StatusLine, is_never_wider_than_the_terminal) {
    SurfaceStatistics surface = video_surface();
    surface.title = std::string(80, 'w');
    const AppSummary app = summarize(stats_json(snapshot_of({surface}), 1));
    for (std::size_t width = 0; width < 250; ++width) {
        const std::string line = status_line(std::vector(3, app), width);
        EXPECT_LE(line.size(), width);
        EXPECT_EQ(status_line(std::vector(3, app), width + 1).substr(0, width), line);
    }
}

TEST(StatusLine, a_title_cannot_move_the_cursor_or_pretend_to_be_a_number) {
    SurfaceStatistics surface = video_surface();
    surface.title = "\x1b[2J\r\n\x9b\xc2\x9b\"frames_per_second\":9999,\"decoder\":\"trap\"\\";
    const AppSummary app = summarize(stats_json(snapshot_of({surface}), 1));
    EXPECT_DOUBLE_EQ(app.frames_per_second, 59.9);
    EXPECT_EQ(app.decoder, "ffmpeg");
    const std::string line = status_line(std::vector{app}, 1'000);
    EXPECT_TRUE(printable(line)) << line;
    EXPECT_NE(line.find("?[2J"), line.npos);
}

TEST(StatusLine, lines_of_other_origin_are_no_trouble) {
    for (const char* line :
         {"", "{", "\"frames_per_second\":", "{\"surface\":", "{\"surface\":1,\"title\":\"x",
          "{\"surface\":1,\"title\":\"\\u", "{\"surface\":1,\"title\":\"\\"}) {
        const AppSummary app = summarize(line);
        EXPECT_DOUBLE_EQ(app.frames_per_second, 0) << line;
        EXPECT_TRUE(printable(status_line(std::vector{app}, 100)));
    }
}

// --- pipes
// ---------------------------------------------------------------------------------------------------------

// Standard error's place: a pipe, so no terminal.
class StatsPipes : public testing::Test {
protected:
    void SetUp() override {
        int ends[2];
        ASSERT_EQ(::pipe(ends), 0);
        reader = UniqueFd::adopt(ends[0]);
        writer = UniqueFd::adopt(ends[1]);
        ASSERT_EQ(::fcntl(reader.get(), F_SETFL, O_NONBLOCK), 0);
        hub = std::make_unique<StatsHub>(writer.get());
    }
    UniqueFd connection() {
        auto end = hub->add_connection();
        EXPECT_TRUE(end);
        return end ? std::move(*end) : UniqueFd{};
    }
    static void write_all(const UniqueFd& end, std::string_view text) {
        ASSERT_EQ(::write(end.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }
    std::string read_all() {
        std::string all;
        char block[4096];
        for (ssize_t count = 0; (count = ::read(reader.get(), block, sizeof block)) > 0;)
            all.append(block, static_cast<std::size_t>(count));
        return all;
    }

    UniqueFd reader, writer;
    std::unique_ptr<StatsHub> hub;
};

TEST_F(StatsPipes, whole_lines_of_all_connections_pass_as_they_are) {
    const UniqueFd one = connection(), two = connection();
    write_all(one, "{\"n\":1}\n{\"n\":");
    write_all(two, "{\"n\":2}\n");
    hub->serve(1);
    EXPECT_EQ(read_all(), "{\"n\":1}\n{\"n\":2}\n");
    write_all(one, "3}\n");
    hub->serve(2);
    EXPECT_EQ(read_all(), "{\"n\":3}\n");
}

TEST_F(StatsPipes, a_process_that_dies_within_a_line_leaves_no_half_line) {
    UniqueFd one = connection();
    const UniqueFd two = connection();
    write_all(one, "{\"n\":1}\n{\"half\":");
    one.reset();
    write_all(two, "{\"n\":2}\n");
    hub->finish();
    EXPECT_EQ(read_all(), "{\"n\":1}\n{\"n\":2}\n");
}

TEST_F(StatsPipes, what_could_drive_a_terminal_is_dropped) {
    const UniqueFd one = connection();
    write_all(one, "\x1b[2J\n{\"n\":\"\x9b\"}\n\n{\"n\":1}\n");
    hub->serve(1);
    EXPECT_EQ(read_all(), "{\"n\":1}\n");
}

TEST_F(StatsPipes, a_connection_that_knows_no_lines_is_let_go) {
    const UniqueFd one = connection();
    std::vector<pollfd> entries;
    hub->collect(entries);
    EXPECT_EQ(entries.size(), 1u);
    write_all(one, std::string(2 * kMaxStatsLine, 'x'));
    hub->serve(1);
    entries.clear();
    hub->collect(entries);
    EXPECT_TRUE(entries.empty());
}

TEST_F(StatsPipes, a_reader_that_does_not_read_holds_nobody_up_and_still_gets_whole_lines) {
    const UniqueFd one = connection();
    const std::string line = "{\"filler\":\"" + std::string(3'000, 'f') + "\"}\n";
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 1'000; ++i) {
        write_all(one, line);
        hub->serve(i * kSecond);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
    std::string got;
    for (int i = 0; i < 100; ++i) {
        got += read_all();
        hub->serve(2'000 * kSecond);
    }
    got += read_all();
    EXPECT_GE(got.size(), 10 * line.size());
    EXPECT_LT(got.size(), 200 * line.size()) << "the rest was dropped, not kept";
    ASSERT_EQ(got.size() % line.size(), 0u);
    for (std::size_t at = 0; at < got.size(); at += line.size())
        EXPECT_EQ(got.compare(at, line.size(), line), 0);
}

TEST_F(StatsPipes, a_session_drops_lines_when_nobody_reads_and_never_breaks_one) {
    UniqueFd write_end = std::move(writer);
    auto pipe = StatsPipe::create(std::move(write_end));
    ASSERT_TRUE(pipe);
    const std::string line = "{\"filler\":\"" + std::string(3'001, 'f') + "\"}\n";
    for (int i = 0; i < 100; ++i) pipe->write(line);
    const auto begin = std::chrono::steady_clock::now();
    pipe->finish("{\"last\":1}\n");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
    std::string got = read_all();
    EXPECT_GE(got.size(), line.size());
    pipe->write("{\"after\":1}\n");
    got += read_all();
    for (std::size_t at = 0; at < got.size();) {
        const std::size_t end = got.find('\n', at);
        ASSERT_NE(end, got.npos);
        EXPECT_TRUE(Json::parse(std::string_view(got).substr(at, end - at)));
        at = end + 1;
    }
    EXPECT_TRUE(got.ends_with("{\"after\":1}\n"));
}

} // namespace
} // namespace tv::cli
