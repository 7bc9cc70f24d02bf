// Images that live in surfaces: what an update writes, when, and for how long the surface is locked.
#include <algorithm>
#include <cstring>
#include <random>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/fourcc.h"
#include "mirror/replica.h"
#include "mirror/surface_rows.h"
#include "sim/iosurface.h"
#include "sim/object.h"
#include "surface/iosurface/store.h"

namespace {

using namespace tv;
using namespace tv::mirror;

std::vector<std::byte> noise(std::size_t size) {
    std::mt19937 random(7);
    std::vector<std::byte> bytes(size);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    return bytes;
}

// Pixel by pixel, as plainly as can be.
std::vector<std::byte> expected(Bytes view, const ImageLayout& layout, bool opaque) {
    std::vector<std::byte> rows(layout.row_bytes * layout.height);
    for (std::size_t y = 0; y < layout.height; ++y)
        for (std::size_t x = 0; x < layout.row_bytes; ++x) {
            const std::size_t from = layout.flipped ? layout.height - 1 - y : y;
            rows[y * layout.row_bytes + x] =
                opaque && x % 4 == 3 ? std::byte{0xff} : view[from * layout.view_stride + x];
        }
    return rows;
}

ImageLayout make_layout(std::uint32_t width, std::uint32_t height, std::size_t view_padding,
                        std::size_t surface_padding, bool flipped) {
    ImageLayout layout;
    layout.width = width;
    layout.height = height;
    layout.row_bytes = std::size_t{width} * 4;
    layout.view_stride = layout.row_bytes + view_padding;
    layout.file_stride = layout.row_bytes + surface_padding;
    layout.flipped = flipped;
    return layout;
}

TEST(SurfaceRows, any_part_of_a_view_lands_where_its_pixels_are_and_nowhere_else) {
    for (const std::size_t view_padding : {0u, 3u, 4u, 100u})
        for (const std::size_t surface_padding : {0u, 64u, 192u})
            for (const bool flipped : {false, true})
                for (const bool opaque : {false, true})
                    for (const std::size_t piece : {std::size_t{4}, std::size_t{7}, std::size_t{333},
                                                    std::size_t{40'000}, std::size_t{1'000'000}}) {
                        const ImageLayout layout = make_layout(piece > 10'000 ? 1'001 : 33, 29, view_padding,
                                                               surface_padding, flipped);
                        const auto view = noise(layout.view_size());
                        std::vector<std::byte> pixels(layout.file_size() + 64, std::byte{0x11});
                        for (std::size_t at = 0; at < view.size(); at += piece)
                            write_view(MutableBytes(pixels).first(layout.file_size()), layout, opaque, at,
                                       Bytes(view).subspan(at, std::min(piece, view.size() - at)));
                        const auto rows = expected(view, layout, opaque);
                        for (std::size_t y = 0; y < layout.height; ++y) {
                            const std::byte* row = pixels.data() + y * layout.file_stride;
                            ASSERT_EQ(std::memcmp(row, rows.data() + y * layout.row_bytes, layout.row_bytes),
                                      0)
                                << "row " << y << " padding " << view_padding << " " << surface_padding
                                << " piece " << piece << " flipped " << flipped << " opaque " << opaque;
                        }
                        ASSERT_TRUE(std::all_of(pixels.end() - 64, pixels.end(),
                                                [](std::byte byte) { return byte == std::byte{0x11}; }));
                    }
}

class SurfaceImage : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        sim::use_machine("");
        mark_ = sim::mark();
        store_ = surface::make_iosurface_store({}, system_clock());
    }
    void TearDown() override {
        image_.reset();
        published_.reset();
        store_.reset();
        EXPECT_EQ(sim::surfaces_alive(), 0u);
        EXPECT_EQ(sim::alive_since(mark_), std::vector<std::string>{});
    }
    void make(std::uint32_t width, std::uint32_t height, std::size_t view_padding) {
        published_ = std::make_shared<surface::Published>();
        published_->surface = store_->create(width, height).value();
        layout_ = make_layout(width, height, view_padding, 0, false);
        layout_.file_stride = published_->surface->stride();
        layout_.format = opaque() ? fourcc("XR24") : fourcc("AR24");
        image_ = Replica::create_image(state_, 1, layout_, published_).value();
    }
    [[nodiscard]] static bool opaque() { return std::string_view(GetParam()) == "XR24"; }
    Status fill(std::size_t at, Bytes data) {
        return image_->receive({Update::Kind::Fill, static_cast<std::uint32_t>(at),
                                static_cast<std::uint32_t>(at + data.size())},
                               data);
    }
    // As another process would read it.
    std::vector<std::byte> rows() {
        IOSurfaceRef ref = IOSurfaceLookup(published_->surface->id());
        EXPECT_EQ(IOSurfaceLock(ref, kIOSurfaceLockReadOnly, nullptr), 0);
        std::vector<std::byte> all(layout_.row_bytes * layout_.height);
        for (std::size_t y = 0; y < layout_.height; ++y)
            std::memcpy(all.data() + y * layout_.row_bytes,
                        static_cast<const std::byte*>(IOSurfaceGetBaseAddress(ref)) + y * layout_.file_stride,
                        layout_.row_bytes);
        EXPECT_EQ(IOSurfaceUnlock(ref, kIOSurfaceLockReadOnly, nullptr), 0);
        CFRelease(ref);
        return all;
    }

    MirrorState state_;
    std::shared_ptr<surface::SurfaceStore> store_;
    std::shared_ptr<surface::Published> published_;
    ImageLayout layout_;
    std::shared_ptr<Replica> image_;

private:
    std::uint64_t mark_ = 0;
};

TEST_P(SurfaceImage, a_new_image_is_black_even_in_memory_that_was_another_one) {
    for (int round = 0; round < 2; ++round) {
        make(40, 30, 0);
        const auto black = expected(std::vector<std::byte>(layout_.view_size()), layout_, opaque());
        EXPECT_EQ(rows(), black);
        ASSERT_TRUE(fill(0, noise(layout_.view_size())));
        image_.reset();
        published_.reset();
    }
    EXPECT_EQ(store_->counts().recycled, 1u);
    make(40, 30, 0);
}

TEST_P(SurfaceImage, updates_reach_the_pixels_at_once_and_leave_nothing_locked) {
    make(65, 33, 12);
    auto view = noise(layout_.view_size());
    ASSERT_TRUE(fill(0, view));
    EXPECT_EQ(image_->applied(), 1u);
    EXPECT_EQ(sim::surface_calls().locked, 0u);
    EXPECT_EQ(rows(), expected(view, layout_, opaque()));
    ASSERT_TRUE(image_->show(true));
    layout_.flipped = true;
    EXPECT_EQ(rows(), expected(view, layout_, opaque()));
    std::fill_n(view.begin() + 500, 333, std::byte{0x77});
    ASSERT_TRUE(fill(500, Bytes(view).subspan(500, 333)));
    EXPECT_EQ(rows(), expected(view, layout_, opaque()));
}

TEST_P(SurfaceImage, lengths_are_checked_before_anything_is_written) {
    make(16, 16, 0);
    const auto before = rows();
    const auto view = noise(layout_.view_size() + 256);
    EXPECT_FALSE(fill(4, view)); // beyond the end
    EXPECT_FALSE(image_->receive({Update::Kind::Fill, 0, 64}, Bytes(view).first(32)));
    EXPECT_EQ(rows(), before);
    EXPECT_EQ(sim::surface_calls().locked, 0u);
}

TEST_P(SurfaceImage, what_is_shown_waits_for_its_release_and_a_refresh_at_the_most) {
    make(16, 16, 0);
    const auto view = noise(layout_.view_size());
    const auto before = rows();
    state_.now = 1'000;
    published_->guard.attached();
    published_->guard.handed_out();
    published_->guard.shown();
    ASSERT_TRUE(fill(0, view));
    EXPECT_TRUE(image_->waiting());
    EXPECT_EQ(rows(), before);
    EXPECT_FALSE(image_->pump().value());
    EXPECT_GT(state_.recheck_at, state_.now);
    state_.now += surface::kOneRefresh - 1;
    EXPECT_FALSE(image_->pump().value());
    state_.now += 1;
    EXPECT_TRUE(image_->pump().value());
    EXPECT_EQ(rows(), expected(view, layout_, opaque()));
    EXPECT_EQ(state_.surface_writes.forced, 1u);
    published_->guard.released();
    published_->guard.detached();
}

INSTANTIATE_TEST_SUITE_P(Formats, SurfaceImage, testing::Values("XR24", "AR24"),
                         [](const auto& info) { return std::string(info.param); });

} // namespace
