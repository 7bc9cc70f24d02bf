// The Metal conversion on the simulated GPU: what it shows, what it holds, what it does when the GPU fails.
// Each test also asks that nothing is left behind.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "metal/paint.h"
#include "metal_bed.h"
#include "objc/runtime.h"
#include "sim/metal.h"
#include "sim/object.h"
#include "sim/random.h"

namespace tv::metal {
namespace {

using sim::GpuFault;

// Waits for one call.
class Answer {
public:
    video::PaintDone done() {
        return [this](Status outcome) {
            const std::lock_guard lock(mutex_);
            ++calls_;
            thread_ = std::this_thread::get_id();
            outcome_ = std::move(outcome);
            changed_.notify_all();
        };
    }
    Status wait() {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, std::chrono::seconds(20), [this] { return calls_ > 0; }))
            return fail(ErrorCategory::TryAgain, "never called");
        return outcome_;
    }
    int calls() {
        const std::lock_guard lock(mutex_);
        return calls_;
    }
    std::thread::id thread() {
        const std::lock_guard lock(mutex_);
        return thread_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int calls_ = 0;
    Status outcome_;
    std::thread::id thread_;
};

class MetalTest : public testing::TestWithParam<std::uint64_t> {
protected:
    void SetUp() override {
        sim::set_seed(GetParam());
        sim::reset_gpu();
        mark_ = sim::mark();
        objects_ = objc::alive();
    }
    void TearDown() override {
        sim::hold_gpu(false);
        sim::drain_gpu();
        EXPECT_EQ(sim::alive_since(mark_), std::vector<std::string>{});
        EXPECT_EQ(objc::alive(), objects_);
        EXPECT_EQ(sim::gpu_counts().cached, 0U);
    }

    // A worker of the session prepares the GPU; here it is done when this returns.
    std::shared_ptr<Gpu> ready_gpu() {
        auto gpu = Gpu::create(executor_, log_);
        EXPECT_EQ(gpu->converter(), nullptr);
        executor_.run();
        return gpu;
    }

    static std::shared_ptr<surface::IOSurface> surface(video::Size size) {
        auto made = surface::IOSurface::create(size.width, size.height, {});
        EXPECT_TRUE(made) << describe(made.error());
        return made ? *made : nullptr;
    }

    test::QueuedExecutor executor_;
    test::KeptLog kept_;
    Log log_ = kept_.log();
    std::shared_ptr<Orientation> upright_ = std::make_shared<Orientation>();

private:
    std::uint64_t mark_ = 0;
    std::vector<std::string> objects_;
};
INSTANTIATE_TEST_SUITE_P(Seeds, MetalTest, testing::Values(1, 2, 3));

TEST_P(MetalTest, every_size_crop_and_direction_shows_what_the_cpu_would_show) {
    auto gpu = ready_gpu();
    for (const video::Size picture_size : {video::Size{64, 48}, {67, 35}, {321, 9}, {2, 2}, {1, 1}})
        for (const bool bottom_up : {false, true})
            for (const std::uint32_t less : {0U, 1U}) {
                if (less >= picture_size.width || less >= picture_size.height) continue;
                const video::Size size{picture_size.width - less, picture_size.height - less};
                auto target = surface(size);
                upright_->bottom_up = bottom_up;
                const test::PixelBuffer picture(picture_size, 5);
                const video::Paint paint = paint_iosurface(target, upright_, gpu);
                Answer answer;
                paint(picture.picture(), answer.done());
                ASSERT_TRUE(answer.wait());
                EXPECT_EQ(test::shown(*target), picture.expected(size, bottom_up));
            }
    EXPECT_EQ(gpu->statistics().by_cpu, 0U);
}

TEST_P(MetalTest, nothing_is_made_before_the_first_picture_and_then_once) {
    auto gpu = Gpu::create(executor_, log_);
    auto target = surface({40, 30});
    const video::Paint paint = paint_iosurface(target, upright_, gpu);
    EXPECT_EQ(sim::gpu_counts().devices, 0U);
    const test::PixelBuffer picture({40, 30}, 9);
    for (int i = 0; i < 4; ++i) {
        Answer answer;
        paint(picture.picture(), answer.done());
        ASSERT_TRUE(answer.wait());
        EXPECT_EQ(test::shown(*target), picture.expected({40, 30}, false));
        if (i == 0) {
            EXPECT_EQ(sim::gpu_counts().devices, 0U) << "made on the frame path";
        }
        executor_.run();
    }
    const auto counts = sim::gpu_counts();
    EXPECT_EQ(counts.libraries, 1U);
    EXPECT_EQ(counts.pipelines, 1U);
    EXPECT_EQ(counts.queues, 1U);
    EXPECT_EQ(counts.caches, 1U);
    EXPECT_EQ(counts.surface_textures, 1U) << "one for the surface, not one for each picture";
    EXPECT_EQ(gpu->statistics().by_cpu, 1U) << "the first one did not wait for the compiler";
    EXPECT_EQ(gpu->statistics().by_gpu, 3U);
}

TEST_P(MetalTest, the_frame_path_does_not_wait_for_the_gpu) {
    auto gpu = ready_gpu();
    auto target = surface({64, 64});
    const video::Paint paint = paint_iosurface(target, upright_, gpu);
    sim::hold_gpu(true);
    const test::PixelBuffer picture({64, 64}, 3);
    Answer answer;
    std::atomic<bool> returned = false;
    std::thread caller([&] {
        paint(picture.picture(), answer.done());
        returned = true;
    });
    for (int i = 0; i < 2000 && !returned; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_TRUE(returned);
    EXPECT_EQ(answer.calls(), 0);
    sim::hold_gpu(false);
    caller.join();
    ASSERT_TRUE(answer.wait());
    EXPECT_EQ(test::shown(*target), picture.expected({64, 64}, false));
}

// Of the converter alone: a painter holds the picture, too.
TEST_P(MetalTest, the_decoder_gets_its_memory_back_only_when_the_gpu_has_read_it) {
    auto converter = make_converter();
    ASSERT_TRUE(converter);
    auto target = surface({64, 64});
    auto texture = (*converter)->target(target->ref(), {64, 64});
    ASSERT_TRUE(texture);
    sim::hold_gpu(true);
    Answer answer;
    test::Pool pool({64, 64});
    std::vector<std::uint8_t> expected;
    {
        auto picture = pool.take(17);
        expected = picture->expected({64, 64}, false);
        (*converter)
            ->convert(static_cast<CVPixelBufferRef>(picture->picture().native), *texture, false,
                      answer.done());
    } // the decoder's own reference is gone: what nobody holds is poisoned and used again
    EXPECT_EQ(pool.poison_free(), 0U) << "memory that the GPU is about to read went back to the decoder";
    sim::hold_gpu(false);
    ASSERT_TRUE(answer.wait());
    EXPECT_EQ(test::shown(*target), expected);
    sim::drain_gpu();
    EXPECT_EQ(pool.poison_free(), 1U) << "a picture is held when the GPU no longer needs it";
}

TEST_P(MetalTest, textures_of_pictures_do_not_pile_up_in_the_cache) {
    auto gpu = ready_gpu();
    auto target = surface({32, 32});
    const video::Paint paint = paint_iosurface(target, upright_, gpu);
    for (int i = 0; i < 30; ++i) {
        const test::PixelBuffer picture({32, 32}, static_cast<unsigned>(i));
        Answer answer;
        paint(picture.picture(), answer.done());
        ASSERT_TRUE(answer.wait());
        EXPECT_LE(sim::gpu_counts().cached, 2U);
    }
}

TEST_P(MetalTest, a_failed_pass_is_repeated_by_the_cpu_before_anybody_hears_of_it) {
    auto gpu = ready_gpu();
    auto target = surface({50, 40});
    const video::Paint paint = paint_iosurface(target, upright_, gpu);
    for (const long code : {1L, 2L, 7L, 8L}) {
        sim::fail_gpu(0, 1, code);
        const test::PixelBuffer picture({50, 40}, static_cast<unsigned>(code));
        Answer answer;
        paint(picture.picture(), answer.done());
        ASSERT_TRUE(answer.wait());
        EXPECT_EQ(test::shown(*target), picture.expected({50, 40}, false)) << code;
        Answer next;
        paint(picture.picture(), next.done());
        ASSERT_TRUE(next.wait());
        EXPECT_EQ(answer.calls(), 1);
    }
    EXPECT_EQ(gpu->statistics().repeated, 4U);
    EXPECT_EQ(gpu->statistics().by_gpu, 4U);
    EXPECT_EQ(gpu->statistics().devices, 1U) << "single failures are no reason for a new device";
}

TEST_P(MetalTest, a_lost_device_is_made_again_and_no_picture_is_missed) {
    auto gpu = ready_gpu();
    auto target = surface({50, 40});
    const video::Paint paint = paint_iosurface(target, upright_, gpu);
    for (unsigned i = 0; i < 12; ++i) {
        if (i == 2 || i == 7) sim::lose_gpus();
        const test::PixelBuffer picture({50, 40}, i);
        Answer answer;
        paint(picture.picture(), answer.done());
        ASSERT_TRUE(answer.wait()) << i;
        EXPECT_EQ(test::shown(*target), picture.expected({50, 40}, false)) << i;
        executor_.run();
    }
    EXPECT_EQ(gpu->statistics().devices, 3U);
    EXPECT_EQ(gpu->statistics().by_gpu, 4U)
        << "three attempts tell that a device is lost, one picture passes meanwhile";
}

TEST_P(MetalTest, a_device_lost_under_a_pass_is_made_again_at_once) {
    auto gpu = ready_gpu();
    auto target = surface({50, 40});
    const video::Paint paint = paint_iosurface(target, upright_, gpu);
    sim::hold_gpu(true);
    const test::PixelBuffer picture({50, 40}, 4);
    Answer answer;
    paint(picture.picture(), answer.done());
    sim::lose_gpus();
    sim::hold_gpu(false);
    ASSERT_TRUE(answer.wait());
    EXPECT_EQ(test::shown(*target), picture.expected({50, 40}, false));
    EXPECT_EQ(gpu->converter(), nullptr);
    executor_.run();
    Answer next;
    paint(picture.picture(), next.done());
    ASSERT_TRUE(next.wait());
    EXPECT_EQ(gpu->statistics().devices, 2U);
    EXPECT_EQ(gpu->statistics().by_gpu, 1U);
}

TEST_P(MetalTest, a_gpu_that_keeps_failing_is_done_without) {
    auto gpu = ready_gpu();
    auto target = surface({50, 40});
    const video::Paint paint = paint_iosurface(target, upright_, gpu);
    sim::fail_gpu(0, 1000, 1);
    for (unsigned i = 0; i < 20; ++i) {
        const test::PixelBuffer picture({50, 40}, i);
        Answer answer;
        paint(picture.picture(), answer.done());
        ASSERT_TRUE(answer.wait()) << i;
        EXPECT_EQ(test::shown(*target), picture.expected({50, 40}, false)) << i;
        executor_.run();
    }
    EXPECT_EQ(gpu->statistics().devices, 3U);
    EXPECT_EQ(sim::gpu_counts().commits, 9U) << "three passes on each of three devices";
}

class MetalFaultTest : public MetalTest {
protected:
    void shows_pictures_without_a_device(GpuFault fault) {
        sim::inject(fault, 1000);
        auto gpu = ready_gpu();
        auto target = surface({33, 21});
        const video::Paint paint = paint_iosurface(target, upright_, gpu);
        for (unsigned i = 0; i < 6; ++i) {
            const test::PixelBuffer picture({33, 21}, i);
            Answer answer;
            paint(picture.picture(), answer.done());
            ASSERT_TRUE(answer.wait()) << i;
            EXPECT_EQ(test::shown(*target), picture.expected({33, 21}, false)) << i;
            EXPECT_EQ(answer.calls(), 1);
            executor_.run();
        }
        EXPECT_EQ(gpu->statistics().by_gpu, 0U);
        sim::inject(GpuFault::None, 0);
    }
};
INSTANTIATE_TEST_SUITE_P(Seeds, MetalFaultTest, testing::Values(1));

TEST_P(MetalFaultTest, without_a_device_the_cpu_shows_them) {
    shows_pictures_without_a_device(GpuFault::NoDevice);
}
TEST_P(MetalFaultTest, without_a_compiler_the_cpu_shows_them) {
    shows_pictures_without_a_device(GpuFault::Compile);
}
TEST_P(MetalFaultTest, without_the_function_the_cpu_shows_them) {
    shows_pictures_without_a_device(GpuFault::Function);
}
TEST_P(MetalFaultTest, without_a_pipeline_the_cpu_shows_them) {
    shows_pictures_without_a_device(GpuFault::Pipeline);
}
TEST_P(MetalFaultTest, without_a_cache_the_cpu_shows_them) {
    shows_pictures_without_a_device(GpuFault::Cache);
}
TEST_P(MetalFaultTest, without_a_texture_of_the_surface_the_cpu_shows_them) {
    shows_pictures_without_a_device(GpuFault::SurfaceTexture);
}
TEST_P(MetalFaultTest, without_textures_of_pictures_the_cpu_shows_them) {
    shows_pictures_without_a_device(GpuFault::PictureTexture);
}
TEST_P(MetalFaultTest, without_command_buffers_the_cpu_shows_them) {
    shows_pictures_without_a_device(GpuFault::CommandBuffer);
}

TEST_P(MetalTest, a_planar_picture_of_another_decoder_goes_through_the_cpu_and_asks_for_no_gpu) {
    auto gpu = Gpu::create(executor_, log_);
    auto target = surface({20, 10});
    const video::Paint paint = paint_iosurface(target, upright_, gpu);
    const test::PixelBuffer picture({20, 10}, 3);
    Answer answer;
    paint(picture.planar(), answer.done());
    ASSERT_TRUE(answer.wait());
    EXPECT_EQ(test::shown(*target), picture.expected({20, 10}, false));
    executor_.run();
    EXPECT_EQ(sim::gpu_counts().devices, 0U);
}

TEST_P(MetalTest, a_picture_smaller_than_the_surface_is_an_error_and_not_shown) {
    auto gpu = ready_gpu();
    auto target = surface({20, 10});
    const auto before = test::shown(*target);
    const video::Paint paint = paint_iosurface(target, upright_, gpu);
    const test::PixelBuffer picture({19, 10}, 3);
    Answer answer;
    paint(picture.picture(), answer.done());
    EXPECT_FALSE(answer.wait());
    EXPECT_EQ(test::shown(*target), before);
}

TEST_P(MetalTest, of_two_gpus_the_one_with_little_power_is_taken_and_memory_is_managed_there) {
    sim::set_gpus({{.name = "AMD", .unified_memory = false},
                   {.name = "eGPU", .low_power = true, .removable = true, .unified_memory = false},
                   {.name = "Intel", .low_power = true, .unified_memory = false}});
    auto gpu = ready_gpu();
    EXPECT_EQ(sim::gpu_counts().last_device, "Intel");
    auto target = surface({20, 10});
    const video::Paint paint = paint_iosurface(target, upright_, gpu);
    const test::PixelBuffer picture({20, 10}, 3);
    Answer answer;
    paint(picture.picture(), answer.done());
    ASSERT_TRUE(answer.wait());
    EXPECT_EQ(test::shown(*target), picture.expected({20, 10}, false));
    EXPECT_EQ(gpu->statistics().by_gpu, 1U);
}

// 33 pixels are 132 bytes: rows that are aligned for the system alone are not for this device.
TEST_P(MetalTest, surfaces_made_once_the_device_is_known_have_rows_as_it_wants_them) {
    sim::set_gpus({{.linear_alignment = 512}});
    auto alignment = std::make_shared<std::atomic<std::size_t>>(1);
    surface::IOSurfaceOptions options;
    options.linear_alignment = alignment;
    const auto show = [&](const std::shared_ptr<Gpu>& gpu, surface::IOSurface& target, unsigned seed) {
        const test::PixelBuffer picture({33, 21}, seed);
        Answer answer;
        paint_iosurface(std::shared_ptr<surface::IOSurface>(&target, [](auto*) {}), upright_,
                        gpu)(picture.picture(), answer.done());
        EXPECT_TRUE(answer.wait());
        EXPECT_EQ(test::shown(target), picture.expected({33, 21}, false));
    };
    auto early = surface::IOSurface::create(33, 21, options);
    ASSERT_TRUE(early);
    auto gpu = Gpu::create(executor_, log_, alignment);
    EXPECT_EQ(gpu->converter(), nullptr);
    executor_.run();
    EXPECT_EQ(*alignment, 512U);
    auto late = surface::IOSurface::create(33, 21, options);
    ASSERT_TRUE(late);
    EXPECT_EQ((*late)->stride() % 512, 0U);
    const bool fits = (*early)->stride() % 512 == 0;
    for (unsigned i = 0; i < 4; ++i) show(gpu, **early, i);
    for (unsigned i = 0; i < 4; ++i) show(gpu, **late, 100 + i);
    EXPECT_EQ(gpu->statistics().by_gpu, fits ? 8U : 4U);
    EXPECT_EQ(gpu->statistics().by_cpu, fits ? 0U : 4U);
    EXPECT_EQ(gpu->statistics().devices, 1U) << "rows that do not suit it are no failure of the device";
}

TEST_P(MetalTest, everything_may_be_let_go_of_while_the_gpu_works) {
    Answer answer;
    sim::hold_gpu(true);
    {
        auto gpu = ready_gpu();
        auto target = surface({64, 64});
        const test::PixelBuffer picture({64, 64}, 3);
        paint_iosurface(target, upright_, gpu)(picture.picture(), answer.done());
    }
    sim::hold_gpu(false);
    ASSERT_TRUE(answer.wait());
    EXPECT_EQ(answer.calls(), 1);
    EXPECT_NE(answer.thread(), std::this_thread::get_id());
}

TEST_P(MetalTest, many_streams_paint_at_once_through_one_gpu) {
    auto gpu = ready_gpu();
    std::vector<std::thread> streams;
    for (unsigned s = 0; s < 4; ++s)
        streams.emplace_back([&, s] {
            const video::Size size{40 + s, 30 + s};
            auto target = surface(size);
            const video::Paint paint = paint_iosurface(target, upright_, gpu);
            for (unsigned i = 0; i < 12; ++i) {
                const test::PixelBuffer picture(size, 100 * s + i);
                Answer answer;
                paint(picture.picture(), answer.done());
                ASSERT_TRUE(answer.wait());
                ASSERT_EQ(test::shown(*target), picture.expected(size, false));
            }
        });
    for (std::thread& stream : streams) stream.join();
    EXPECT_EQ(gpu->statistics().by_gpu, 48U);
}

} // namespace
} // namespace tv::metal
