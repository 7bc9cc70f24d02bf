#include "dmabuf_player.h"

#include <algorithm>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

namespace tv::test {

namespace {

// What drivers align rows to.
constexpr std::size_t kStrideAlignment = 64;
constexpr std::byte kJunk{0xa7};

std::uint32_t crc_of(std::uint32_t so_far, const std::byte* bytes, std::size_t size) {
    return static_cast<std::uint32_t>(crc32_z(so_far, reinterpret_cast<const Bytef*>(bytes), size));
}

// Alpha of all kinds, colours premultiplied.
std::uint32_t translucent(std::uint32_t opaque, int x, int y, int number) {
    const auto alpha = static_cast<std::uint32_t>(x + y + 16 * number) & 0xff;
    std::uint32_t pixel = alpha << 24;
    for (unsigned shift = 0; shift < 24; shift += 8) pixel |= (opaque >> shift & 0xff) * alpha / 255 << shift;
    return pixel;
}

} // namespace

// --- DmaBuffer ---

DmaBuffer::DmaBuffer(Connection& connection, Dmabuf& dmabuf, const PlaySettings& settings, std::string format,
                     Size size)
    : connection_(connection), settings_(settings), name_(std::move(format)),
      format_(find_pixel_format(name_)), width_(size.first), height_(size.second) {
    allocate();
    params_ = connection_.listen(zwp_linux_dmabuf_v1_create_params(dmabuf.get()),
                                 [this](std::string_view name, const wl_argument* arguments) {
                                     if (name == "failed") failed_ = true;
                                     if (name == "created")
                                         adopt(reinterpret_cast<wl_buffer*>(arguments[0].o));
                                 });
    const auto add = [&](std::uint32_t plane, std::size_t offset) {
        zwp_linux_buffer_params_v1_add(params_, file_.get(), plane, static_cast<std::uint32_t>(offset),
                                       static_cast<std::uint32_t>(stride_),
                                       static_cast<std::uint32_t>(settings.modifier >> 32),
                                       static_cast<std::uint32_t>(settings.modifier));
    };
    const auto offset = static_cast<std::size_t>(settings.offset);
    add(0, offset);
    if (format_ == nullptr) add(1, offset + stride_ * static_cast<std::size_t>(height_));
    const std::uint32_t flags = settings.y_invert ? ZWP_LINUX_BUFFER_PARAMS_V1_FLAGS_Y_INVERT : 0;
    const std::uint32_t fourcc = fourcc_of(name_);
    if (settings.immediately) {
        adopt(zwp_linux_buffer_params_v1_create_immed(params_, width_, height_, fourcc, flags));
        if (settings.drop_params) drop_params();
    } else {
        zwp_linux_buffer_params_v1_create(params_, width_, height_, fourcc, flags);
    }
}

DmaBuffer::~DmaBuffer() {
    if (buffer_ != nullptr) {
        connection_.forget(buffer_);
        wl_buffer_destroy(buffer_);
    }
    drop_params();
    if (bytes_ != nullptr) munmap(bytes_, size_);
}

void DmaBuffer::drop_params() {
    if (params_ == nullptr) return;
    connection_.forget(params_);
    zwp_linux_buffer_params_v1_destroy(std::exchange(params_, nullptr));
}

void DmaBuffer::allocate() {
    const std::size_t pixel = format_ == nullptr ? 1 : format_->bytes;
    const std::size_t row = static_cast<std::size_t>(width_) * pixel;
    stride_ = (row + kStrideAlignment - 1) / kStrideAlignment * kStrideAlignment +
              static_cast<std::size_t>(settings_.stride_padding);
    const auto rows = static_cast<std::size_t>(format_ == nullptr ? height_ + (height_ + 1) / 2 : height_);
    size_ = static_cast<std::size_t>(settings_.offset) + stride_ * rows;
    file_ = UniqueFd::adopt(memfd_create("dmabuf", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file_.valid() || ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) return;
    void* map = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
    if (map == MAP_FAILED) return;
    bytes_ = static_cast<std::byte*>(map);
    std::memset(bytes_, 0, size_);
}

void DmaBuffer::adopt(wl_buffer* buffer) {
    buffer_ = connection_.listen(buffer, [this](std::string_view, const wl_argument*) { busy = false; });
}

std::string DmaBuffer::describe() const {
    return fmt::format("{}x{} {} stride {}", width_, height_, name_, stride_);
}

std::uint32_t DmaBuffer::fill(const Frame& frame, int number) {
    if (bytes_ == nullptr) return 0;
    if (format_ == nullptr) {
        fill_planes(frame);
        return 0;
    }
    std::memset(bytes_, static_cast<int>(kJunk), static_cast<std::size_t>(settings_.offset));
    const std::size_t row = static_cast<std::size_t>(width_) * format_->bytes;
    std::uint32_t crc = 0;
    for (int y = 0; y < height_; ++y) {
        const int line = settings_.y_invert ? height_ - 1 - y : y;
        std::byte* out = bytes_ + settings_.offset + static_cast<std::size_t>(line) * stride_;
        for (int x = 0; x < width_; ++x) {
            const std::uint32_t pixel = frame[static_cast<std::size_t>(y * width_ + x)];
            format_->pack(format_->has_alpha() ? translucent(pixel, x, y, number) : pixel,
                          out + static_cast<std::size_t>(x) * format_->bytes);
        }
        std::memset(out + row, static_cast<int>(kJunk) + number, stride_ - row);
        crc = crc_of(crc, out, row);
    }
    return crc;
}

// Luma is the green channel, there is no colour: nobody will look at it.
void DmaBuffer::fill_planes(const Frame& frame) {
    std::byte* luma = bytes_ + settings_.offset;
    for (int y = 0; y < height_; ++y) {
        for (int x = 0; x < width_; ++x)
            luma[static_cast<std::size_t>(y) * stride_ + static_cast<std::size_t>(x)] =
                static_cast<std::byte>(frame[static_cast<std::size_t>(y * width_ + x)] >> 8);
    }
    std::memset(luma + stride_ * static_cast<std::size_t>(height_), 128,
                stride_ * static_cast<std::size_t>((height_ + 1) / 2));
}

// --- Player ---

Player::Player(Basics& basics, Dmabuf& dmabuf, const PlaySettings& settings, int number)
    : basics_(basics), dmabuf_(dmabuf), settings_(settings), number_(number),
      window_(basics, fmt::format("dmabuf {}", number)), size_(settings.size) {}

bool Player::open() {
    if (!window_.open()) return false;
    make_buffers(size_);
    return true;
}

void Player::make_buffers(Size size) {
    size_ = size;
    for (auto& buffer : buffers_) old_.push_back(std::move(buffer));
    buffers_.clear();
    const std::string& format =
        settings_.formats[static_cast<std::size_t>(number_ - 1) % settings_.formats.size()];
    for (int i = 0; i < settings_.buffers; ++i)
        buffers_.push_back(std::make_unique<DmaBuffer>(basics_.connection, dmabuf_, settings_, format, size));
    failure_said_.assign(buffers_.size(), false);
}

DmaBuffer* Player::free_buffer() const {
    for (const auto& buffer : buffers_) {
        if (!buffer->decided()) return nullptr;
    }
    if (settings_.ignore_release) return buffers_[static_cast<std::size_t>(frame_) % buffers_.size()].get();
    const auto found = std::ranges::find_if(buffers_, [](const auto& buffer) { return !buffer->busy; });
    return found == buffers_.end() ? nullptr : found->get();
}

std::size_t Player::index_of(const DmaBuffer& wanted) const {
    return static_cast<std::size_t>(
        std::ranges::find_if(buffers_, [&](const auto& buffer) { return buffer.get() == &wanted; }) -
        buffers_.begin());
}

bool Player::ready() const {
    return !finished() && window_.frames_done == window_.frames_asked && free_buffer() != nullptr;
}

void Player::step() {
    std::erase_if(old_, [](const auto& buffer) { return !buffer->busy; });
    for (std::size_t i = 0; i < buffers_.size(); ++i) {
        if (!buffers_[i]->failed() || failure_said_[i]) continue;
        failure_said_[i] = true;
        basics_.connection.say(fmt::format("window {} buffer {} failed", number_, i));
    }
    if (!ready()) return;
    const auto resize = settings_.resizes.find(frame_);
    if (resize != settings_.resizes.end() && resize->second != size_) {
        make_buffers(resize->second);
        if (!ready()) return;
    }
    DmaBuffer* buffer = free_buffer();
    if (buffer->get() == nullptr) {
        given_up_ = true; // nothing to attach: `create` failed
        return;
    }
    const Frame frame = settings_.source.frame(static_cast<std::uint32_t>(frame_), size_.first, size_.second);
    const std::uint32_t crc = buffer->fill(frame, frame_);
    basics_.connection.say(
        fmt::format("{} frame {} buffer {} {} crc={:08x}",
                    basics_.connection.name_of(reinterpret_cast<wl_proxy*>(window_.surface)), frame_,
                    index_of(*buffer), buffer->describe(), crc));
    buffer->busy = true;
    wl_surface_attach(window_.surface, buffer->get(), 0, 0);
    wl_surface_damage_buffer(window_.surface, 0, 0, size_.first, size_.second);
    window_.ask_frame();
    window_.commit();
    ++frame_;
}

// --- all of them ---

bool play(Connection& connection, Dmabuf& dmabuf, const PlaySettings& settings, int windows) {
    Basics basics(connection);
    if (!basics.complete()) return false;
    connection.be_quiet(true);
    std::vector<std::unique_ptr<Player>> players;
    for (int number = 1; number <= windows; ++number) {
        players.push_back(std::make_unique<Player>(basics, dmabuf, settings, number));
        if (!players.back()->open()) return false;
    }
    if (!dmabuf.report_surface_feedback(players.front()->surface())) return false;
    const auto any = [&](auto condition) { return std::ranges::any_of(players, condition); };
    while (any([](const auto& player) { return !player->finished(); })) {
        for (const auto& player : players) player->step();
        const bool more = any([](const auto& player) { return !player->finished(); });
        if (more &&
            !connection.wait([&] { return any([](const auto& player) { return player->ready(); }); })) {
            connection.say("no answer");
            return false;
        }
    }
    if (!connection.wait([&] { return !any([](const auto& player) { return !player->settled(); }); }))
        return false;
    if (any([](const auto& player) { return player->given_up(); })) connection.say("given up");
    // A buffer's `failed` may come last.
    if (!connection.roundtrip()) return false;
    for (const auto& player : players) player->step();
    if (settings.hold_ms > 0)
        (void)connection.wait([] { return false; }, std::chrono::milliseconds(settings.hold_ms));
    return connection.roundtrip();
}

} // namespace tv::test
