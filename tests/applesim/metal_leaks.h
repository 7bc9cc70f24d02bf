// That what Objective-C and the simulated GPU keep at the end of a test is what they kept before it.
#pragma once

#include <gtest/gtest.h>

#include "applesim/objc/runtime.h"
#include "applesim/sim/metal.h"

namespace tv::test {

class MetalLeaks {
public:
    // Of objects, blocks and textures, once the GPU is done.
    void check() const {
        sim::drain_gpu();
        EXPECT_EQ(objc::alive(), objects_);
        EXPECT_EQ(sim::gpu_counts().cached, 0U);
    }

private:
    const std::vector<std::string> objects_ = objc::alive();
};

} // namespace tv::test
