#include "frames.h"

#include <algorithm>
#include <cstring>
#include <fstream>

namespace tv::test {

std::optional<Pattern> find_pattern(const std::string& name) {
    if (name == "gradient") return Pattern::Gradient;
    if (name == "noise") return Pattern::Noise;
    if (name == "text") return Pattern::Text;
    if (name == "smooth") return Pattern::Smooth;
    return std::nullopt;
}

Result<FrameSource> FrameSource::from_file(const std::string& path, int width, int height) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(ErrorCategory::Io, "cannot read the file of frames");
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    const std::size_t frame_size = static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 4;
    const std::size_t whole = bytes.size() / frame_size * frame_size;
    if (whole == 0) return fail(ErrorCategory::Usage, "the file has not got one whole frame");
    FrameSource source(Pattern::Gradient);
    source.file_width_ = width;
    source.file_height_ = height;
    source.file_.resize(whole / 4);
    std::memcpy(source.file_.data(), bytes.data(), whole);
    for (std::uint32_t& pixel : source.file_) pixel |= 0xff000000U;
    return source;
}

Frame FrameSource::frame(std::uint32_t number, int width, int height) const {
    Frame pixels(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), 0xff000000U);
    if (file_.empty()) {
        draw(pattern_, number, pixels.data(), width, height, width);
        return pixels;
    }
    const std::size_t size = static_cast<std::size_t>(file_width_) * static_cast<std::size_t>(file_height_);
    const std::uint32_t* source = file_.data() + number % (file_.size() / size) * size;
    for (int y = 0; y < std::min(height, file_height_); ++y) {
        std::copy_n(source + static_cast<std::ptrdiff_t>(y) * file_width_, std::min(width, file_width_),
                    pixels.begin() + static_cast<std::ptrdiff_t>(y) * width);
    }
    return pixels;
}

int read_frame_number(std::span<const std::uint32_t> frame, int width) {
    int number = 0;
    for (int bit = 0; bit < kNumberBits; ++bit) {
        const int x = bit * kNumberBlock + kNumberBlock / 2;
        const std::uint32_t middle = frame[static_cast<std::size_t>(kNumberBlock / 2 * width + x)];
        if ((middle >> 8 & 0xff) >= 0x80) number |= 1 << bit;
    }
    return number;
}

} // namespace tv::test
