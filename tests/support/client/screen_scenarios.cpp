// Screen capture, gamma ramps, colour profiles: pixels and tables that travel against the usual direction.
#include <cstring>
#include <memory>

#include <color-management-v1-client.h>
#include <ext-image-capture-source-v1-client.h>
#include <ext-image-copy-capture-v1-client.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wlr-gamma-control-unstable-v1-client.h>
#include <wlr-screencopy-unstable-v1-client.h>
#include <zlib.h>

#include "drawing.h"
#include "scenario.h"

namespace tv::test {

namespace {

std::uint32_t crc(const void* bytes, std::size_t size) {
    return static_cast<std::uint32_t>(crc32_z(0, static_cast<const Bytef*>(bytes), size));
}

void say_picture(Connection& connection, const Buffer& buffer) {
    const std::size_t bytes =
        static_cast<std::size_t>(buffer.width) * static_cast<std::size_t>(buffer.height) * 4;
    connection.say(
        fmt::format("picture {}x{} crc={:08x}", buffer.width, buffer.height, crc(buffer.pixels(), bytes)));
}

// A capture of the nth output, "again" twice into the same buffer; numbers 2 to 5 give a region.
bool screencopy_wlr(Connection& connection, const Arguments& arguments) {
    Basics basics(connection);
    auto* manager = connection.bind<zwlr_screencopy_manager_v1>(zwlr_screencopy_manager_v1_interface, 3);
    connection.be_quiet(true);
    auto* output = connection.bind<wl_output>(wl_output_interface, 2, {}, arguments.number(0, 1));
    if (!basics.complete() || manager == nullptr || output == nullptr || !connection.roundtrip())
        return false;
    connection.be_quiet(false);
    std::unique_ptr<Pool> pool;
    std::unique_ptr<Buffer> buffer;
    for (int round = 0; round < 2; ++round) {
        int width = 0;
        int height = 0;
        int ended = 0;
        zwlr_screencopy_frame_v1* frame =
            arguments.words.size() >= 5
                ? zwlr_screencopy_manager_v1_capture_output_region(
                      manager, 0, output, arguments.number(1, 0), arguments.number(2, 0),
                      arguments.number(3, 1), arguments.number(4, 1))
                : zwlr_screencopy_manager_v1_capture_output(manager, 0, output);
        connection.listen(frame, [&](std::string_view event, const wl_argument* values) {
            if (event == "buffer") {
                width = static_cast<int>(values[1].u);
                height = static_cast<int>(values[2].u);
            }
            if (event == "ready") ended = 1;
            if (event == "failed") ended = -1;
        });
        if (!connection.wait([&] { return width > 0; })) return false;
        if (!pool) {
            pool = Pool::create(basics.shm,
                                static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 4);
            if (!pool) return false;
            buffer = std::make_unique<Buffer>(connection, *pool, 0, width, height);
        }
        // Once only: through waypipe what did not change since the last capture is not sent again.
        if (round == 0) std::memset(pool->data(), 0x5a, pool->size());
        const bool plain = round == 0 || zwlr_screencopy_frame_v1_get_version(frame) < 2;
        plain ? zwlr_screencopy_frame_v1_copy(frame, buffer->buffer)
              : zwlr_screencopy_frame_v1_copy_with_damage(frame, buffer->buffer);
        if (!connection.wait([&] { return ended != 0; }) || ended < 0) return false;
        say_picture(connection, *buffer);
        connection.forget(frame);
        zwlr_screencopy_frame_v1_destroy(frame);
    }
    return connection.roundtrip();
}

bool screencopy_ext(Connection& connection, const Arguments& arguments) {
    Basics basics(connection);
    auto* sources = connection.bind<ext_output_image_capture_source_manager_v1>(
        ext_output_image_capture_source_manager_v1_interface, 1);
    auto* manager =
        connection.bind<ext_image_copy_capture_manager_v1>(ext_image_copy_capture_manager_v1_interface, 1);
    connection.be_quiet(true);
    auto* output = connection.bind<wl_output>(wl_output_interface, 2, {}, arguments.number(0, 1));
    if (!basics.complete() || sources == nullptr || manager == nullptr || output == nullptr ||
        !connection.roundtrip()) {
        return false;
    }
    connection.be_quiet(false);
    ext_image_capture_source_v1* source =
        ext_output_image_capture_source_manager_v1_create_source(sources, output);
    int width = 0;
    int height = 0;
    bool described = false;
    ext_image_copy_capture_session_v1* session =
        ext_image_copy_capture_manager_v1_create_session(manager, source, 0);
    connection.listen(session, [&](std::string_view event, const wl_argument* values) {
        if (event == "buffer_size") {
            width = static_cast<int>(values[0].u);
            height = static_cast<int>(values[1].u);
        }
        if (event == "done") described = true;
    });
    if (!connection.wait([&] { return described; }) || width <= 0 || height <= 0) return false;
    const auto pool =
        Pool::create(basics.shm, static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 4);
    if (!pool) return false;
    const Buffer buffer(connection, *pool, 0, width, height);
    for (int round = 0; round < 2; ++round) {
        int ended = 0;
        ext_image_copy_capture_frame_v1* frame = ext_image_copy_capture_session_v1_create_frame(session);
        connection.listen(frame, [&](std::string_view event, const wl_argument*) {
            if (event == "ready") ended = 1;
            if (event == "failed") ended = -1;
        });
        if (round == 0) std::memset(pool->data(), 0x5a, pool->size());
        ext_image_copy_capture_frame_v1_attach_buffer(frame, buffer.buffer);
        ext_image_copy_capture_frame_v1_damage_buffer(frame, 0, 0, width, height);
        ext_image_copy_capture_frame_v1_capture(frame);
        if (!connection.wait([&] { return ended != 0; }) || ended < 0) return false;
        say_picture(connection, buffer);
        connection.forget(frame);
        ext_image_copy_capture_frame_v1_destroy(frame);
    }
    connection.forget(session);
    ext_image_copy_capture_session_v1_destroy(session);
    ext_image_capture_source_v1_destroy(source);
    return connection.roundtrip();
}

bool gamma_ramps(Connection& connection, const Arguments&) {
    auto* manager =
        connection.bind<zwlr_gamma_control_manager_v1>(zwlr_gamma_control_manager_v1_interface, 1);
    connection.be_quiet(true);
    auto* output = connection.bind<wl_output>(wl_output_interface, 2);
    if (manager == nullptr || output == nullptr || !connection.roundtrip()) return false;
    connection.be_quiet(false);
    std::uint32_t size = 0;
    auto* control = connection.listen(zwlr_gamma_control_manager_v1_get_gamma_control(manager, output),
                                      [&](std::string_view event, const wl_argument* values) {
                                          if (event == "gamma_size") size = values[0].u;
                                      });
    if (!connection.wait([&] { return size > 0; })) return false;
    for (std::uint32_t step = 1; step <= 3; ++step) {
        std::vector<std::uint16_t> ramps;
        ramps.reserve(std::size_t{size} * 3);
        for (std::uint32_t index = 0; index < size * 3; ++index)
            ramps.push_back(static_cast<std::uint16_t>(index * 37 * step));
        const UniqueFd fd = UniqueFd::adopt(memfd_create("gamma", MFD_CLOEXEC));
        const std::size_t bytes = ramps.size() * sizeof ramps[0];
        if (write(fd.get(), ramps.data(), bytes) != static_cast<ssize_t>(bytes)) return false;
        lseek(fd.get(), 0, SEEK_SET);
        zwlr_gamma_control_v1_set_gamma(control, fd.get());
        connection.say(fmt::format("ramps crc={:08x}", crc(ramps.data(), bytes)));
    }
    if (!connection.roundtrip()) return false;
    zwlr_gamma_control_v1_destroy(control);
    connection.forget(control);
    return connection.roundtrip();
}

// Sends an ICC profile, from the middle of a file, and reads one.
bool icc(Connection& connection, const Arguments&) {
    auto* manager = connection.bind<wp_color_manager_v1>(wp_color_manager_v1_interface, 1);
    connection.be_quiet(true);
    auto* output = connection.bind<wl_output>(wl_output_interface, 2);
    if (manager == nullptr || output == nullptr || !connection.roundtrip()) return false;
    connection.be_quiet(false);
    constexpr std::uint32_t kOffset = 100;
    constexpr std::uint32_t kLength = 5000;
    std::string file(kOffset + kLength + 50, '\0');
    for (std::size_t index = 0; index < file.size(); ++index)
        file[index] = static_cast<char>(index * 31 + index / 256);
    const UniqueFd fd = UniqueFd::adopt(memfd_create("icc", MFD_CLOEXEC));
    if (write(fd.get(), file.data(), file.size()) != static_cast<ssize_t>(file.size())) return false;
    auto* creator = wp_color_manager_v1_create_icc_creator(manager);
    connection.listen(creator);
    wp_image_description_creator_icc_v1_set_icc_file(creator, fd.get(), kOffset, kLength);
    connection.say(fmt::format("profile size={} crc={:08x}", kLength, crc(file.data() + kOffset, kLength)));
    bool ready = false;
    connection.forget(creator);
    auto* ours = connection.listen(
        wp_image_description_creator_icc_v1_create(creator),
        [&](std::string_view event, const wl_argument*) { ready = event.starts_with("ready"); });
    if (!connection.wait([&] { return ready; })) return false;
    auto* colour = wp_color_manager_v1_get_output(manager, output);
    connection.listen(colour);
    ready = false;
    auto* theirs = connection.listen(
        wp_color_management_output_v1_get_image_description(colour),
        [&](std::string_view event, const wl_argument*) { ready = event.starts_with("ready"); });
    if (!connection.wait([&] { return ready; })) return false;
    bool read = false;
    auto* information =
        connection.listen(wp_image_description_v1_get_information(theirs), [&](std::string_view event,
                                                                               const wl_argument* values) {
            if (event == "done") read = true;
            if (event != "icc_file") return;
            const UniqueFd got = UniqueFd::adopt(values[0].h);
            std::string bytes(values[1].u, '\0');
            const ssize_t size = pread(got.get(), bytes.data(), bytes.size(), 0);
            connection.say(fmt::format("read size={} crc={:08x}", size, crc(bytes.data(), bytes.size())));
        });
    if (!connection.wait([&] { return read; })) return false;
    connection.forget(information);
    wp_image_description_info_v1_destroy(information);
    connection.forget(ours);
    wp_image_description_v1_destroy(ours);
    return connection.roundtrip();
}

constexpr Scenario kScenarios[] = {
    {"screencopy-wlr", "[OUTPUT [X Y W H]]", "captures an output twice; prints the pixels' CRC",
     screencopy_wlr},
    {"screencopy-ext", "[OUTPUT]", "the same with ext-image-copy-capture", screencopy_ext},
    {"gamma", "", "sets three gamma ramps", gamma_ramps},
    {"icc", "", "sends a colour profile and reads one", icc},
};

} // namespace

std::span<const Scenario> screen_scenarios() {
    return kScenarios;
}

} // namespace tv::test
