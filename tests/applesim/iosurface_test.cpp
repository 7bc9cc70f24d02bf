// The IOSurface store on the simulated system.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

#include <unistd.h>

#include <gtest/gtest.h>

#include "base/limits.h"
#include "sim/iosurface.h"
#include "sim/object.h"
#include "surface/iosurface/store.h"
#include "surface/release_guard.h"

namespace {

using namespace tv;
using namespace tv::surface;

class FakeClock final : public Clock {
public:
    bool now(LinuxClock, std::int64_t&) const override { return false; }
    [[nodiscard]] std::int64_t steady() const override { return time; }
    std::int64_t time = 1'000;
};

class IOSurfaceStoreTest : public testing::Test {
protected:
    void SetUp() override {
        sim::use_machine("");
        mark_ = sim::mark();
    }
    void TearDown() override {
        store_.reset();
        EXPECT_EQ(sim::surfaces_alive(), 0u);
        EXPECT_EQ(sim::alive_since(mark_), std::vector<std::string>{});
    }
    std::shared_ptr<Surface> make(std::uint32_t width, std::uint32_t height) {
        auto made = store_->create(width, height);
        EXPECT_TRUE(made.has_value()) << describe(made.error());
        return made.value_or(nullptr);
    }
    FakeClock clock_;
    std::shared_ptr<SurfaceStore> store_ = make_iosurface_store({}, clock_);

private:
    std::uint64_t mark_ = 0;
};

TEST_F(IOSurfaceStoreTest, a_surface_is_of_the_exact_size_with_rows_aligned_for_the_system_and_the_device) {
    for (const std::uint32_t width : {1u, 15u, 16u, 17u, 64u, 333u, 1919u}) {
        for (const std::size_t device : {std::size_t{1}, std::size_t{256}}) {
            auto made = IOSurface::create(
                width, 7,
                {.other_process = true,
                 .linear_alignment = std::make_shared<const std::atomic<std::size_t>>(device)});
            ASSERT_TRUE(made.has_value());
            IOSurfaceRef ref = (*made)->ref();
            EXPECT_EQ(IOSurfaceGetWidth(ref), width);
            EXPECT_EQ(IOSurfaceGetHeight(ref), 7u);
            EXPECT_EQ(IOSurfaceGetPixelFormat(ref), 0x42475241u);
            EXPECT_EQ((*made)->stride(), IOSurfaceGetBytesPerRow(ref));
            EXPECT_GE((*made)->stride(), width * 4u);
            EXPECT_EQ((*made)->stride() % std::max<std::size_t>(64, device), 0u);
            EXPECT_NE((*made)->id(), 0u);
        }
    }
}

TEST_F(IOSurfaceStoreTest, pixels_are_writable_only_between_begin_and_end) {
    auto surface = make(33, 5);
    {
        auto writing = Writing::begin(*surface);
        ASSERT_TRUE(writing.has_value());
        ASSERT_EQ(writing->bytes().size(), surface->stride() * 5);
        std::ranges::fill(writing->bytes(), std::byte{0x5a});
        EXPECT_EQ(sim::surface_calls().locked, 1u);
    }
    EXPECT_EQ(sim::surface_calls().locked, 0u);
    auto bytes = surface->begin_write();
    ASSERT_TRUE(bytes.has_value());
    std::byte* first = bytes->data();
    surface->end_write();
    EXPECT_DEATH(*first = std::byte{1}, "");
}

TEST_F(IOSurfaceStoreTest, a_free_surface_is_used_again_for_its_size_for_a_second) {
    auto first = make(64, 64);
    const std::uint32_t id = first->id();
    first.reset();
    EXPECT_EQ(store_->counts().free, 1u);
    EXPECT_NE(make(64, 65)->id(), id);
    auto again = make(64, 64);
    EXPECT_EQ(again->id(), id);
    again.reset();
    const auto due = store_->service(clock_.time);
    ASSERT_TRUE(due.has_value());
    clock_.time += kFreeSurfaceTime;
    EXPECT_LE(*due, clock_.time);
    EXPECT_EQ(store_->service(clock_.time), std::nullopt);
    EXPECT_EQ(store_->counts().free, 0u);
    EXPECT_EQ(store_->counts().bytes, 0u);
    EXPECT_EQ(sim::surfaces_alive(), 0u);
}

TEST_F(IOSurfaceStoreTest, a_surface_that_somebody_still_uses_is_not_used_again) {
    auto first = make(64, 64);
    const std::uint32_t id = first->id();
    IOSurfaceRef shown = IOSurfaceLookup(id);
    sim::add_use(shown);
    first.reset();
    auto second = make(64, 64);
    EXPECT_NE(second->id(), id);
    sim::remove_use(shown);
    CFRelease(shown);
    EXPECT_EQ(make(64, 64)->id(), id);
}

TEST_F(IOSurfaceStoreTest, no_more_than_four_free_surfaces_of_a_size_are_kept) {
    std::vector<std::shared_ptr<Surface>> many;
    for (int i = 0; i < 9; ++i) many.push_back(make(32, 32));
    EXPECT_EQ(store_->counts().live, 9u);
    many.clear();
    EXPECT_EQ(store_->counts().free, limits::kMaxFreeSurfaces);
    EXPECT_EQ(sim::surfaces_alive(), limits::kMaxFreeSurfaces);
}

TEST_F(IOSurfaceStoreTest, limits_are_asked_before_anything_is_allocated) {
    const auto before = sim::surface_calls().creates;
    for (const auto& [width, height] : {std::pair{16385u, 1u}, {1u, 16385u}}) {
        const auto made = store_->create(width, height);
        ASSERT_FALSE(made.has_value());
        EXPECT_EQ(made.error().category, ErrorCategory::Limit);
    }
    EXPECT_FALSE(store_->create(0, 4).has_value());
    EXPECT_EQ(sim::surface_calls().creates, before);
    // 1 GiB each, which nobody touches: the second one is already too many because of the rows' padding.
    auto large = make(16384, 16384);
    const auto created = sim::surface_calls().creates;
    const auto second = store_->create(16384, 16384);
    if (!second) {
        EXPECT_EQ(second.error().category, ErrorCategory::Limit);
        EXPECT_EQ(sim::surface_calls().creates, created);
    }
    EXPECT_EQ(store_->create(16384, 16384).has_value(), false);
}

TEST_F(IOSurfaceStoreTest, what_is_not_as_it_was_asked_for_is_tried_once_more_and_then_refused) {
    using enum sim::SurfaceFault;
    for (const auto fault : {Null, Width, Height, Stride, PixelFormat, Id}) {
        SCOPED_TRACE(static_cast<int>(fault));
        sim::inject(fault, 1);
        auto second_try = store_->create(40, 30);
        EXPECT_TRUE(second_try.has_value());
        sim::inject(fault, 2);
        const auto made = store_->create(41, 30);
        ASSERT_FALSE(made.has_value());
        EXPECT_EQ(made.error().category, ErrorCategory::Unsupported) << describe(made.error());
    }
    EXPECT_EQ(store_->counts().live, 0u);
}

// What the test below has this program do as another process.
TEST(InAnotherProcess, a_surface_is_looked_up) {
    const char* id = std::getenv("TV_LOOKUP_ID");
    if (id == nullptr) GTEST_SKIP() << "skipped: started by another test alone";
    IOSurfaceRef found = IOSurfaceLookup(static_cast<IOSurfaceID>(std::strtoul(id, nullptr, 10)));
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(IOSurfaceGetWidth(found), 33u);
    CFRelease(found);
    sim::use_machine("");
}

TEST(TwoProcesses, only_global_surfaces_are_found_by_their_id) {
    std::string folder = testing::TempDir() + "applesimXXXXXX";
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    sim::use_machine(folder);
    for (const bool other_process : {true, false}) {
        auto surface = IOSurface::create(33, 5, {.other_process = other_process}).value();
        std::array<char, 4096> program{};
        ASSERT_GT(readlink("/proc/self/exe", program.data(), program.size() - 1), 0);
        const std::string command = "TV_APPLESIM_MACHINE=" + folder +
                                    " TV_LOOKUP_ID=" + std::to_string(surface->id()) + " '" + program.data() +
                                    "' --gtest_filter=InAnotherProcess.* > /dev/null 2>&1";
        EXPECT_EQ(std::system(command.c_str()) == 0, other_process);
    }
    sim::use_machine("");
    std::filesystem::remove_all(folder);
}

class GuardTest : public IOSurfaceStoreTest {
protected:
    void SetUp() override {
        IOSurfaceStoreTest::SetUp();
        surface_ = make(8, 8);
        used_ = IOSurfaceLookup(surface_->id());
    }
    void TearDown() override {
        CFRelease(used_);
        surface_.reset();
        IOSurfaceStoreTest::TearDown();
    }
    bool ready() { return guard_.ready(clock_.time, *surface_, counts_); }

    std::shared_ptr<Surface> surface_;
    IOSurfaceRef used_ = nullptr;
    ReleaseGuard guard_;
    GuardCounts counts_;
};

TEST_F(GuardTest, what_was_never_shown_may_be_written) {
    EXPECT_TRUE(ready());
    EXPECT_EQ(counts_.waited, 0u);
}

TEST_F(GuardTest, what_is_shown_is_written_after_release_and_use) {
    guard_.attached();
    guard_.handed_out();
    guard_.shown();
    sim::add_use(used_);
    EXPECT_FALSE(ready());
    guard_.released();
    EXPECT_FALSE(ready());
    guard_.detached();
    EXPECT_FALSE(ready());
    sim::remove_use(used_);
    EXPECT_TRUE(ready());
    EXPECT_EQ(counts_.forced, 0u);
    EXPECT_EQ(counts_.waited, 1u);
    EXPECT_EQ(counts_.attached, 0u);
}

TEST_F(GuardTest, nobody_waits_longer_than_a_refresh_and_it_is_counted) {
    for (std::uint64_t round = 1; round < 4; ++round) {
        guard_.attached();
        guard_.handed_out();
        guard_.shown();
        EXPECT_FALSE(ready());
        clock_.time += kOneRefresh - 1;
        EXPECT_FALSE(ready());
        clock_.time += 1;
        EXPECT_TRUE(ready());
        EXPECT_TRUE(ready()); // once for each time that it was shown
        EXPECT_EQ(counts_.forced, round);
        guard_.detached();
        guard_.released();
    }
}

TEST_F(GuardTest, what_another_buffer_has_replaced_needs_no_release) {
    guard_.attached();
    guard_.handed_out();
    guard_.shown();
    guard_.detached();
    EXPECT_TRUE(ready());
    EXPECT_EQ(counts_.forced, 0u);
}

TEST_F(GuardTest, a_release_that_comes_while_it_is_shown_is_believed_and_counted) {
    guard_.attached();
    guard_.handed_out();
    guard_.shown();
    guard_.released();
    EXPECT_TRUE(ready());
    EXPECT_EQ(counts_.attached, 1u);
    EXPECT_EQ(counts_.forced, 0u);
}

} // namespace
