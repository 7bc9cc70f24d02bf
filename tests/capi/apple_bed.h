// A tv_receiver as it is on Apple's systems, on the simulated one: before the contract compositor, which is
// another process of that machine or runs in this one.
#pragma once

#include "applesim/metal_leaks.h"
#include "bed.h"
#include "contract_bed.h"

namespace tv::test {

class CapiApple : public CapiTest {
protected:
    enum class Place { AnotherProcess, ThisProcess };

    void SetUp() override;
    void TearDown() override;
    [[nodiscard]] bool open_display() override;
    void present(std::uint32_t buffer) override;

    [[nodiscard]] std::vector<ContractCommit> shown();
    [[nodiscard]] bool logged(const std::string& words) {
        return host_.log().find(words) != std::string::npos;
    }
    // What the receiver says when it has not got surfaces.
    static constexpr const char* kThroughShm = "pixels go through wl_shm: ";

    Place place_ = Place::AnotherProcess;
    std::vector<std::string> options_; // of the one that is another process
    std::unique_ptr<ContractCompositor> contract_;

private:
    const MetalLeaks leaks_;
    std::uint64_t mark_ = 0;
};

} // namespace tv::test
