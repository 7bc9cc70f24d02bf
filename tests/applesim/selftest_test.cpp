// `tunnelview selftest` as it is on a Mac, on the simulation: VideoToolbox's pictures through Metal and
// through the CPU.
#include <gtest/gtest.h>

#include "cli/selftest/selftest.h"
#include "objc/runtime.h"
#include "sim/metal.h"
#include "sim/object.h"
#include "sim/vt.h"
#include "video/decoders.h"

namespace tv::cli {
namespace {

class AppleSelftest : public testing::Test {
protected:
    void SetUp() override {
        sim::reset_gpu();
        sim::configure({});
        mark_ = sim::mark();
        objects_ = objc::alive();
    }
    void TearDown() override {
        sim::inject(sim::GpuFault::None, 0);
        sim::drain_gpu();
        EXPECT_EQ(sim::alive_since(mark_), std::vector<std::string>{});
        EXPECT_EQ(objc::alive(), objects_);
        EXPECT_EQ(sim::complaints(), std::vector<std::string>{});
    }
    static SelftestReport run() {
        const auto clips = built_in_clips().value();
        const auto factory = video::videotoolbox_decoders();
        SelftestParts parts;
        parts.decoders = {factory.get()};
        parts.surfaces = surface_converters();
        return run_selftest(clips, parts);
    }
    static std::vector<const SelftestRow*> rows(const SelftestReport& report, const std::string& converter) {
        std::vector<const SelftestRow*> found;
        for (const SelftestRow& row : report.rows)
            if (row.stage == "decode" && row.converter == converter) found.push_back(&row);
        return found;
    }

private:
    std::uint64_t mark_ = 0;
    std::vector<std::string> objects_;
};

TEST_F(AppleSelftest, every_codec_is_right_through_metal_and_through_the_cpu) {
    const SelftestReport report = run();
    EXPECT_EQ(report.exit_code(), 0) << report.table();
    for (const char* converter : {"metal surface", "cpu surface"}) {
        EXPECT_EQ(rows(report, converter).size(), 4U) << report.table();
        for (const SelftestRow* row : rows(report, converter)) {
            EXPECT_EQ(row->verdict, Verdict::Right) << report.table();
            EXPECT_TRUE(row->hardware);
            EXPECT_EQ(row->decoder, "videotoolbox");
        }
    }
}

TEST_F(AppleSelftest, apples_software_decoder_is_not_called_hardware) {
    sim::configure({.hardware = false});
    for (const SelftestRow* row : rows(run(), "metal surface")) EXPECT_FALSE(row->hardware);
}

TEST_F(AppleSelftest, a_gpu_that_fails_is_exit_code_1_although_a_session_would_go_on) {
    sim::fail_gpu(0, 1, 1);
    const SelftestReport report = run();
    EXPECT_EQ(report.exit_code(), 1) << report.table();
    EXPECT_EQ(rows(report, "metal surface").front()->verdict, Verdict::Failed);
}

TEST_F(AppleSelftest, without_a_gpu_that_is_a_row_and_the_cpu_is_right) {
    sim::inject(sim::GpuFault::NoDevice, 1000);
    const SelftestReport report = run();
    EXPECT_EQ(report.exit_code(), 0) << report.table();
    EXPECT_TRUE(rows(report, "metal surface").empty());
    EXPECT_EQ(rows(report, "cpu surface").size(), 4U);
    EXPECT_FALSE(describe_gpu().why_none.empty());
}

TEST_F(AppleSelftest, a_decoder_that_fails_is_a_row_with_its_error) {
    sim::configure(
        {.faults = {{.kind = sim::Fault::Kind::ReportsError, .session = -1, .sample = 4, .status = -12911}}});
    const SelftestReport report = run();
    EXPECT_EQ(report.exit_code(), 1) << report.table();
}

TEST_F(AppleSelftest, a_virtual_machines_gpu_is_told) {
    sim::set_gpus({{.name = "Apple Paravirtual device"}});
    EXPECT_TRUE(describe_gpu().is_virtual);
    sim::set_gpus({{.name = "Apple M3"}});
    EXPECT_FALSE(describe_gpu().is_virtual);
    EXPECT_EQ(describe_gpu().name, "Apple M3");
}

} // namespace
} // namespace tv::cli
