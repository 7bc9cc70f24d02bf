#include "apple_bed.h"

#include "sim/iosurface.h"
#include "sim/object.h"
#include "support/contract/contract.h"

namespace tv::test {

void CapiApple::SetUp() {
    CapiTest::SetUp();
    sim::use_machine(dir().path().string());
    mark_ = sim::mark();
}

void CapiApple::TearDown() {
    EXPECT_EQ(tv_receiver_destroy(std::exchange(receiver_, nullptr)), TV_OK);
    if (HasFailure() && contract_)
        fmt::print(stderr, "--- the compositor:\n{}---\n", contract_->complaints());
    contract_.reset();
    compositor_.reset();
    leaks_.check();
    EXPECT_EQ(sim::surfaces_alive(), 0u);
    EXPECT_EQ(sim::alive_since(mark_), std::vector<std::string>{});
    sim::use_machine(""); // before the folder goes
    CapiTest::TearDown();
}

bool CapiApple::open_display() {
    config_.display_fd = -1;
    if (place_ == Place::AnotherProcess) {
        contract_ = ContractCompositor::start(command({}), dir().path().string(), options_);
        if (!contract_) return false;
        config_.display_path = contract_->display().c_str();
        return true;
    }
    CompositorOptions options;
    options.foreign_buffers = std::make_shared<ContractBuffers>(ContractOptions{}, false);
    compositor_ = start_compositor(std::move(options));
    if (!compositor_) return false;
    config_.display_path = compositor_->display().c_str();
    return true;
}

std::vector<ContractCommit> CapiApple::shown() {
    if (contract_) return contract_->commits();
    std::vector<ContractCommit> commits;
    for (const CommitRecord& commit : compositor_->commits())
        commits.push_back(
            {commit.surface, commit.width, commit.height, format_name(commit.format), commit.crc});
    return commits;
}

void CapiApple::present(std::uint32_t buffer) {
    show(buffer);
    ++presented_;
    EXPECT_TRUE(eventually([this] { return shown().size() >= presented_; }));
}

} // namespace tv::test
